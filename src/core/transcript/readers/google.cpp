// Google Speech-to-Text, versions 1 and 2. Times are durations in protobuf's JSON: "12.900s" or
// {"seconds": "12", "nanos": 900000000}; zero may be left out. Names come in camel case, or, from
// the Python client, in snake case.
#include <algorithm>
#include <array>

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
  const TranscriptValue word = result["alternatives"].first()["words"].first();
  return either(result, "resultEndOffset", "result_end_offset").exists() ||
         either(word, "startOffset", "start_offset").exists() ||
         either(word, "endOffset", "end_offset").exists();
}

bool is_google(const TranscriptValue& holder) {
  const TranscriptValue results = holder["results"];
  if (!results.is_array()) return false;
  if (results.is_empty()) {
    return either(holder, "totalBilledTime", "total_billed_time").exists() ||
           either(holder["metadata"], "totalBilledDuration", "total_billed_duration").exists();
  }
  const TranscriptValue first = results.first();
  const TranscriptValue best = first["alternatives"].first();
  return best["transcript"].exists() || best["words"].exists() || has_offsets(first) ||
         either(first, "resultEndTime", "result_end_time").exists();
}

bool is_version_2(const TranscriptValue& holder) {
  bool found = either(holder["metadata"], "totalBilledDuration", "total_billed_duration").exists();
  for (const TranscriptValue result : holder["results"].elements()) {
    found = found || has_offsets(result);
  }
  return found;
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
  bool repeats_words;  // with speakers, a last result repeats the words of all others
};

constexpr Names kVersion1 = {"startTime",     "start_time",      "endTime", "end_time",
                             "resultEndTime", "result_end_time", true};
constexpr Names kVersion2 = {"startOffset",     "start_offset",      "endOffset", "end_offset",
                             "resultEndOffset", "result_end_offset", false};

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

// Whether a result is the one that repeats all words, which then are the only ones to know their
// speakers.
bool repeats_all(const TranscriptValue& result) {
  const TranscriptValue best = result["alternatives"].first();
  return best["transcript"].text().empty() && !speaker_of(best["words"].first()).empty();
}

// Where the results' times have got to, by channel.
struct Progress {
  std::string_view channel;
  int32_t end_ms;
};

int32_t& end_of_channel(std::string_view channel, std::vector<Progress>* progress) {
  for (Progress& entry : *progress) {
    if (entry.channel == channel) return entry.end_ms;
  }
  return progress->emplace_back(Progress{channel, 0}).end_ms;
}

void read_result(const TranscriptValue& result, const Names& names, std::vector<Progress>* progress,
                 TranscriptBuilder* builder) {
  const TranscriptValue best = result["alternatives"].first();
  const std::string_view tag = label_of(either(result, "channelTag", "channel_tag"));
  const std::string_view channel = tag == "0" ? std::string_view() : tag;
  int32_t& done_ms = end_of_channel(channel, progress);
  const std::optional<int32_t> end =
      read_duration(either(result, names.result_end, names.result_end_snake));
  const std::vector<Word> words = read_alternative(best, names, builder->stop());
  const bool timed =
      !words.empty() && std::all_of(words.begin(), words.end(),
                                    [](const Word& word) { return word.times.has_value(); });
  if (timed) {
    builder->add_words(words, {channel, confidence_of(best["confidence"])});
  } else {
    Draft draft;
    draft.times = make_times(done_ms, end.value_or(done_ms));
    draft.text = best["transcript"].text();
    draft.channel = channel;
    draft.confidence = confidence_of(best["confidence"]);
    draft.words = words;
    builder->add(draft);
  }
  done_ms = std::max(done_ms, end.value_or(timed ? times_of(words)->end_ms : done_ms));
}

void read(const TranscriptValue& document, const Names& names, TranscriptBuilder* builder) {
  const TranscriptValue results = required_array(holder_of_results(document), "results");
  std::optional<int32_t> duration;
  TranscriptValue last;
  for (const TranscriptValue result : results.elements()) {
    require_object(result);
    const std::optional<int32_t> end =
        read_duration(either(result, names.result_end, names.result_end_snake));
    if (end) duration = std::max(*end, duration.value_or(0));
    last = result;
  }
  builder->set_duration(duration);
  builder->set_language(label_of(either(results.first(), "languageCode", "language_code")));

  std::vector<Progress> progress;
  if (names.repeats_words && repeats_all(last)) {
    read_result(last, names, &progress, builder);
    return;
  }
  for (const TranscriptValue result : results.elements()) {
    read_result(result, names, &progress, builder);
  }
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
