// Google Speech-to-Text, versions 1 and 2. Times are durations in protobuf's JSON: "12.900s" or
// {"seconds": "12", "nanos": 900000000}; zero may be left out. Names come in camel case, or, from
// the Python client, in snake case.
#include <algorithm>
#include <array>
#include <map>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;

TranscriptValue either(const TranscriptValue& parent, std::string_view camel,
                       std::string_view snake) {
  const TranscriptValue value = parent[camel];
  return value.is_set() ? value : parent[snake];
}

// The object that holds "results": the document, the response in it, or, of a batch of one file,
// that file's transcript.
TranscriptValue holder_of_results(const TranscriptValue& document) {
  const TranscriptValue response = document["response"];
  const TranscriptValue holder = response.is_object() ? response : document;
  if (!holder["results"].is_object()) return holder;
  const std::vector<TranscriptValue::Member> files = holder["results"].members();
  if (files.size() != 1) return holder;
  const TranscriptValue file = files[0].value;
  const TranscriptValue in_line = either(file, "inlineResult", "inline_result")["transcript"];
  return in_line.is_set() ? in_line : file["transcript"];
}

bool has_offsets(const TranscriptValue& result) {
  const auto has = [](const TranscriptValue& word) {
    return either(word, "startOffset", "start_offset").exists() ||
           either(word, "endOffset", "end_offset").exists();
  };
  return either(result, "resultEndOffset", "result_end_offset").exists() ||
         first_with(result["alternatives"].first()["words"], has).exists();
}

bool is_google_result(const TranscriptValue& result) {
  const TranscriptValue best = result["alternatives"].first();
  return best["transcript"].exists() || best["words"].exists() || has_offsets(result) ||
         either(result, "resultEndTime", "result_end_time").exists();
}

bool is_google(const TranscriptValue& holder) {
  const TranscriptValue results = holder["results"];
  if (!results.is_array()) return false;
  if (results.is_empty()) {
    return either(holder, "totalBilledTime", "total_billed_time").exists() ||
           either(holder["metadata"], "totalBilledDuration", "total_billed_duration").exists();
  }
  return first_with(results, is_google_result).exists();
}

bool is_version_2(const TranscriptValue& holder) {
  return either(holder["metadata"], "totalBilledDuration", "total_billed_duration").exists() ||
         first_with(holder["results"], has_offsets).exists();
}

bool recognise_v1(const TranscriptValue& document) {
  const TranscriptValue holder = holder_of_results(document);
  return is_google(holder) && !is_version_2(holder);
}

bool recognise_v2(const TranscriptValue& document) {
  const TranscriptValue holder = holder_of_results(document);
  return is_google(holder) && is_version_2(holder);
}

// A duration; nothing if it is not set.
std::optional<int32_t> read_duration(const TranscriptValue& value) {
  // A bare number would be one of a service that took the shape only: its unit is not known.
  if (value.is_number()) refuse_value(value, "a duration such as \"1.500s\"");
  if (!value.is_object()) return optional_time(value, kUnit);
  const TranscriptValue nanos_value = value["nanos"];
  const int64_t seconds_ms = optional_time(value["seconds"], kUnit).value_or(0);
  if (!nanos_value.is_set()) return static_cast<int32_t>(seconds_ms);
  // Read as milliseconds, nanoseconds are a million times too many, but fit.
  const std::optional<int32_t> nanos = optional_time(nanos_value, TimeUnit::kMilliseconds);
  const int64_t sum = seconds_ms + (int64_t{*nanos} + 500'000) / 1'000'000;
  return static_cast<int32_t>(std::min<int64_t>(sum, INT32_MAX));
}

struct Names {
  const char* start;
  const char* start_snake;
  const char* end;
  const char* end_snake;
  const char* result_end;
  const char* result_end_snake;
};

constexpr Names kVersion1 = {"startTime", "start_time",    "endTime",
                             "end_time",  "resultEndTime", "result_end_time"};
constexpr Names kVersion2 = {"startOffset", "start_offset",    "endOffset",
                             "end_offset",  "resultEndOffset", "result_end_offset"};

std::string_view speaker_of(const TranscriptValue& word) {
  const TranscriptValue label = either(word, "speakerLabel", "speaker_label");
  if (label.is_set()) return label_of(label);
  const std::string_view tag = label_of(either(word, "speakerTag", "speaker_tag"));
  return tag == "0" ? std::string_view() : tag;  // protobuf's way of saying unknown
}

Word read_word(const TranscriptValue& element, const Names& names) {
  require_object(element);
  Word word;
  // Japanese words may bring their reading along: "word|reading".
  const std::string_view text = required_text(element, "word");
  word.text = text.substr(0, text.find('|'));
  const std::optional<int32_t> end = read_duration(either(element, names.end, names.end_snake));
  if (end) {
    word.times = make_times(
        read_duration(either(element, names.start, names.start_snake)).value_or(0), *end);
  }
  word.confidence = confidence_of(element["confidence"]);
  word.speaker = speaker_of(element);
  return word;
}

std::vector<Word> read_alternative(const TranscriptValue& best, const Names& names,
                                   StopCheck* stop) {
  std::vector<Word> words;
  const TranscriptValue array = best["words"];
  if (array.is_set() && !array.is_array()) refuse_kind(array, "an array");
  for (const TranscriptValue element : array.elements()) {
    stop->poll();
    Word word = read_word(element, names);
    if (!word.text.empty()) words.push_back(std::move(word));
  }
  if (!align_words(best["transcript"].text(), words)) join_by_script(words);
  return words;
}

struct Result {
  std::string_view channel;
  std::optional<int32_t> end_ms;
  std::string_view text;
  std::string_view confidence;
  std::vector<Word> words;  // all of which have times, or none has
};

Result read_result(const TranscriptValue& element, const Names& names, StopCheck* stop) {
  const TranscriptValue best = element["alternatives"].first();
  const std::string_view tag = label_of(either(element, "channelTag", "channel_tag"));
  Result result;
  result.channel = tag == "0" ? std::string_view() : tag;
  result.end_ms = read_duration(either(element, names.result_end, names.result_end_snake));
  result.text = best["transcript"].text();
  result.confidence = confidence_of(best["confidence"]);
  result.words = read_alternative(best, names, stop);
  const bool timed = std::all_of(result.words.begin(), result.words.end(),
                                 [](const Word& word) { return word.times.has_value(); });
  if (!timed) {
    for (Word& word : result.words) word.times.reset();
  }
  return result;
}

// What is known of one channel so far. Results that repeat what was said before replace it: with
// speakers, version 1 ends in one that has all words, which only then know who spoke them; streams
// may give all words so far with each result.
class Channel {
 public:
  void add(Result result) {
    if (!result.words.empty() && result.words.front().times) {
      if (repeats(result)) results_.clear();
      if (results_.empty() || words_ == 0) first_start_ms_ = result.words.front().times->start_ms;
      words_ = result.words.size() + (results_.empty() ? 0 : words_);
      last_end_ms_ = times_of(result.words)->end_ms;
    }
    results_.push_back(std::move(result));
  }

  void give(TranscriptBuilder* builder) const {
    int32_t done_ms = 0;
    for (const Result& result : results_) {
      if (!result.words.empty() && result.words.front().times) {
        builder->add_words(result.words, {result.channel, result.confidence});
        done_ms = std::max(done_ms, result.end_ms.value_or(times_of(result.words)->end_ms));
        continue;
      }
      Draft draft;
      draft.times = make_times(done_ms, result.end_ms.value_or(done_ms));
      draft.text = result.text;
      draft.channel = result.channel;
      draft.confidence = result.confidence;
      draft.words = result.words;
      if (!result.end_ms && done_ms == 0 && !result.text.empty()) builder->note_untimed();
      builder->add(draft);
      done_ms = draft.times.end_ms;
    }
  }

 private:
  // Two stretches of speech do not cover the same time.
  [[nodiscard]] bool repeats(const Result& result) const {
    return words_ > 0 && result.words.size() >= words_ &&
           result.words.front().times->start_ms <= first_start_ms_ &&
           times_of(result.words)->end_ms >= last_end_ms_;
  }

  std::vector<Result> results_;
  size_t words_ = 0;  // with times, of all results
  int32_t first_start_ms_ = 0;
  int32_t last_end_ms_ = 0;
};

void read(const TranscriptValue& document, const Names& names, TranscriptBuilder* builder) {
  const TranscriptValue results = required_array(holder_of_results(document), "results");
  std::optional<int32_t> duration;
  std::map<std::string_view, Channel> channels;
  std::string_view language;
  for (const TranscriptValue element : results.elements()) {
    require_object(element);
    if (language.empty()) language = label_of(either(element, "languageCode", "language_code"));
    Result result = read_result(element, names, builder->stop());
    if (result.end_ms) duration = std::max(*result.end_ms, duration.value_or(0));
    channels[result.channel].add(std::move(result));
  }
  builder->set_duration(duration);
  builder->set_language(language);
  for (const auto& [name, channel] : channels) channel.give(builder);
}

void read_v1(const TranscriptValue& document, TranscriptBuilder* builder) {
  read(document, kVersion1, builder);
}

void read_v2(const TranscriptValue& document, TranscriptBuilder* builder) {
  read(document, kVersion2, builder);
}

constexpr std::array<TranscriptFormat, 2> kFormats = {
    {{"google-v1", recognise_v1, read_v1}, {"google-v2", recognise_v2, read_v2}}};

}  // namespace

std::span<const TranscriptFormat> google_formats() { return kFormats; }

}  // namespace s2t::core
