#include "core/transcript/reader.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

constexpr const char* kInvalid = "invalid transcript";
constexpr const char* kNamesHint =
    "Formats are auto, assemblyai, aws, aws-call-analytics, azure, azure-fast, deepgram, "
    "elevenlabs, faster-whisper, gladia, google (google-v1, google-v2), hugging-face, mistral, "
    "nemo, "
    "openai, parakeet, podcasting, revai, riva, s2t, sherpa-onnx, soniox, speechmatics, srt, vosk, "
    "vtt, watson, whisper, whisper-timestamped, whisper.cpp, whisperx and youtube.";
constexpr int kShownBytes = 81;  // of a name in a detail, terminator included

constexpr std::string_view kAuto = "auto";
constexpr std::string_view kGoogle = "google";  // either version

// An object that tells of an error is no transcript, whatever else it holds.
void require_no_error(const TranscriptValue& document) {
  const TranscriptValue error = document["error"];
  const bool told = error.is_object() || error.is_true() || !error.text().empty();
  if (told) refuse_document("The document tells of an error: it is no transcript.");
}

bool is_one_of(std::string_view key, std::span<const std::string_view> keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// What engines call times and what they are beside a text of the whole.
constexpr std::array<std::string_view, 21> kTimeKeys = {
    "start",       "end",       "start_time", "end_time", "startTime",       "endTime", "start_ms",
    "end_ms",      "timestamp", "timestamps", "offset",   "offsets",         "ts",      "from",
    "startOffset", "endOffset", "tStartMs",   "begin",    "start_timestamp", "startMs", "time"};
constexpr std::array<std::string_view, 4> kPartKeys = {"result", "tokens", "chunks", "sentences"};
constexpr std::array<std::string_view, 7> kSpeakerKeys = {
    "speaker",       "speaker_id",   "speakerTag", "speaker_tag",
    "speaker_label", "speakerLabel", "speakerId"};

bool tells_times(const TranscriptValue::Member& member, bool in_array) {
  const TranscriptValue& value = member.value;
  if (value.is_array()) {
    return !value.is_empty() &&
           (is_one_of(member.key, kTimeKeys) || is_one_of(member.key, kPartKeys));
  }
  return in_array && is_one_of(member.key, kTimeKeys) &&
         (value.is_number() || value.is_string() || value.is_object());
}

bool tells_speaker(const TranscriptValue::Member& member, bool in_array) {
  constexpr std::array<std::string_view, 4> kNobody = {"", "0", "UU", "unknown"};
  return in_array && is_one_of(member.key, kSpeakerKeys) &&
         !is_one_of(member.value.text(), kNobody);
}

using Tells = bool (*)(const TranscriptValue::Member& member, bool in_array);

// The first value, in the order of the document, that tells what is asked for.
TranscriptValue find_told(const TranscriptValue& value, bool in_array, Tells tells) {
  for (const TranscriptValue element : value.elements()) {
    const TranscriptValue found = find_told(element, true, tells);
    if (found.exists()) return found;
  }
  for (const TranscriptValue::Member& member : value.members()) {
    if (tells(member, in_array)) return member.value;
    const TranscriptValue found = find_told(member.value, in_array, tells);
    if (found.exists()) return found;
  }
  return {};
}

bool may_have_any(const TranscriptValue& document, std::span<const std::string_view> keys) {
  return std::any_of(keys.begin(), keys.end(),
                     [&document](std::string_view key) { return document.document_may_have(key); });
}

void require_untold(const TranscriptValue& document, Tells tells, const char* what) {
  const TranscriptValue told = find_told(document, false, tells);
  if (!told.exists()) return;
  char shown[kShownBytes];
  throw Refusal{failure(Code::kInvalidParameter, kInvalid, kNamesHint,
                        "The document tells %s that no format reads there: %s.", what,
                        excerpt(told.path(), shown, sizeof shown))};
}

// The first of the formats that `wanted` holds for, or nullptr.
template <typename Wanted>
const TranscriptFormat* first_format(Wanted wanted) {
  for (const std::span<const TranscriptFormat> family : all_formats()) {
    for (const TranscriptFormat& format : family) {
      if (wanted(format)) return &format;
    }
  }
  return nullptr;
}

}  // namespace

std::span<const std::span<const TranscriptFormat>> all_formats() {
  static const std::array<std::span<const TranscriptFormat>, 20> formats = {
      own_formats(),        azure_formats(),      aws_formats(),          deepgram_formats(),
      gladia_formats(),     watson_formats(),     speechmatics_formats(), nvidia_formats(),
      google_formats(),     elevenlabs_formats(), revai_formats(),        soniox_formats(),
      vosk_formats(),       sherpa_formats(),     parakeet_formats(),     hugging_face_formats(),
      podcasting_formats(), youtube_formats(),    assemblyai_formats(),   whisper_formats()};
  return formats;
}

void require_format_name(std::string_view name) {
  if (name == kAuto || name == kGoogle) return;
  for (const TextFormat& format : text_formats()) {
    if (format.name == name) return;
  }
  if (first_format([&](const TranscriptFormat& format) { return format.name == name; }) != nullptr)
    return;
  char shown[kShownBytes];
  throw Refusal{failure(Code::kInvalidParameter, "unknown transcript format", kNamesHint,
                        "There is no format \"%s\".", excerpt(name, shown, sizeof shown))};
}

const TextFormat* find_text_format(std::string_view name, std::string_view text) {
  for (const TextFormat& format : text_formats()) {
    if (format.name == name || (name == kAuto && format.recognise(text))) return &format;
  }
  return nullptr;
}

const TranscriptFormat& find_transcript_format(std::string_view name,
                                               const TranscriptValue& document) {
  require_no_error(document);
  const TranscriptFormat* found = first_format([&](const TranscriptFormat& format) {
    const bool eligible = name == kAuto || (name == kGoogle && format.name.starts_with(kGoogle));
    return format.name == name || (eligible && format.recognise(document));
  });
  if (found != nullptr) return *found;
  throw Refusal{failure(Code::kInvalidParameter, kInvalid, kNamesHint, "%s",
                        "The document comes from no speech engine that is known.")};
}

const TranscriptFormat* recognised_format(const TranscriptValue& document) {
  return first_format([&](const TranscriptFormat& format) { return format.recognise(document); });
}

void require_all_read(const TranscriptValue& document, const TranscriptBuilder& builder) {
  if (builder.untimed()) require_untold(document, tells_times, "times or words");
  if (builder.count() > 0 && !builder.has_speakers() && may_have_any(document, kSpeakerKeys)) {
    require_untold(document, tells_speaker, "a speaker");
  }
}

TranscriptValue first_with_key(const TranscriptValue& array, std::string_view key) {
  return first_with(array, [key](const TranscriptValue& element) { return element[key].exists(); });
}

bool any_has_key(const TranscriptValue& array, std::string_view key) {
  return first_with_key(array, key).exists();
}

std::string_view common_language(const TranscriptValue& document) {
  for (const std::string_view key : {"language", "language_code", "lang", "detected_language"}) {
    if (document[key].is_string()) return document[key].text();
  }
  for (const std::string_view key :
       {"info", "transcription_info", "result", "params", "metadata"}) {
    const TranscriptValue language = document[key]["language"];
    if (language.is_string() && language.text() != "auto") return language.text();
  }
  return {};
}

TranscriptValue required_array(const TranscriptValue& parent, std::string_view key) {
  const TranscriptValue value = parent[key];
  if (!value.exists()) refuse_missing(parent, key);
  if (!value.is_array()) refuse_kind(value, "an array");
  return value;
}

std::string_view required_text(const TranscriptValue& parent, std::string_view key) {
  const TranscriptValue value = parent[key];
  if (!value.exists()) refuse_missing(parent, key);
  if (!value.is_string()) refuse_kind(value, "a string");
  return value.text();
}

void require_object(const TranscriptValue& value) {
  if (!value.is_object()) refuse_kind(value, "an object");
}

std::string_view label_of(const TranscriptValue& value) { return value.text(); }

std::string_view confidence_of(const TranscriptValue& value) {
  return is_json_number(value.text()) ? value.text() : std::string_view();
}

void refuse_time(const TranscriptValue& value, TimeParse parse, const char* expected) {
  if (parse == TimeParse::kMalformed) refuse_value(value, expected);
  if (parse == TimeParse::kNegative) refuse_value(value, "at least 0");
  char shown[kShownBytes];
  throw Refusal{failure(Code::kOutOfRange, kInvalid, nullptr,
                        "%s is beyond 2147483647 milliseconds.",
                        excerpt(value.path(), shown, sizeof shown))};
}

namespace {

const char* expected_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return "a number of seconds";
    case TimeUnit::kMilliseconds:
      return "a number of milliseconds";
    case TimeUnit::kWholeMilliseconds:
      return "a whole number of milliseconds";
    case TimeUnit::kTicks:
      break;
  }
  return "a number of ticks";
}

}  // namespace

std::optional<int32_t> optional_time(const TranscriptValue& value, TimeUnit unit) {
  if (!value.is_set()) return std::nullopt;
  std::string_view text = value.text();
  if (value.is_string() && unit == TimeUnit::kSeconds && text.ends_with('s')) text.remove_suffix(1);
  int32_t ms = 0;
  const TimeParse parse = parse_time(text, unit, &ms);
  if (parse != TimeParse::kOk) refuse_time(value, parse, expected_of(unit));
  return ms;
}

int32_t required_time(const TranscriptValue& parent, std::string_view key, TimeUnit unit) {
  const TranscriptValue value = parent[key];
  if (!value.exists()) refuse_missing(parent, key);
  const std::optional<int32_t> time = optional_time(value, unit);
  if (!time) refuse_value(value, "a time");
  return *time;
}

Times make_times(int32_t start_ms, int32_t end_ms) {
  return {start_ms, std::max(start_ms, end_ms)};
}

Times required_times(const TranscriptValue& parent, std::string_view start_key,
                     std::string_view end_key, TimeUnit unit) {
  const int32_t start_ms = required_time(parent, start_key, unit);
  return make_times(start_ms, required_time(parent, end_key, unit));
}

namespace {

std::optional<Times> read_times(const TranscriptValue& word, const WordShape& shape) {
  if (shape.times_required) {
    return required_times(word, shape.start, shape.end, shape.unit);
  }
  const std::optional<int32_t> start = optional_time(word[shape.start], shape.unit);
  const std::optional<int32_t> end = optional_time(word[shape.end], shape.unit);
  if (!start || !end) return std::nullopt;
  return make_times(*start, *end);
}

bool all_have_times(std::span<const Word> words) {
  return std::all_of(words.begin(), words.end(),
                     [](const Word& word) { return word.times.has_value(); });
}

}  // namespace

std::vector<Word> read_words(const TranscriptValue& array, const WordShape& shape,
                             StopCheck* stop) {
  std::vector<Word> words;
  if (!array.is_set()) return words;
  if (!array.is_array()) refuse_kind(array, "an array");
  for (const TranscriptValue element : array.elements()) {
    stop->poll();
    require_object(element);
    const bool other = !element[shape.text].is_set() && shape.other_text != nullptr;
    Word word;
    word.text = trim_blanks(required_text(element, other ? shape.other_text : shape.text));
    word.times = read_times(element, shape);
    word.confidence = confidence_of(element[shape.confidence]);
    if (shape.speaker != nullptr) word.speaker = label_of(element[shape.speaker]);
    if (!word.text.empty()) words.push_back(std::move(word));
  }
  return words;
}

void TokenJoiner::close() {
  if (words_.empty() || !words_.back().confidence.empty()) return;
  if (confidences_.size() == 1) {
    words_.back().confidence = confidences_.front();
  } else if (!confidences_.empty()) {
    words_.back().confidence = builder_->keep(TranscriptBuilder::mean_of(confidences_));
  }
  confidences_.clear();
}

void TokenJoiner::add(std::string_view token, std::optional<Times> times,
                      std::string_view confidence, std::string_view speaker) {
  constexpr std::string_view kBlank = "\xE2\x96\x81";  // "▁", a blank as tokenizers write it
  builder_->stop()->poll();
  const auto skip_blank = [&token, kBlank] {
    if (token.starts_with(kBlank)) {
      token.remove_prefix(kBlank.size());
    } else if (!token.empty() && is_blank_char(first_char(token).code)) {
      token.remove_prefix(first_char(token).bytes);
    } else {
      return false;
    }
    return true;
  };
  while (skip_blank()) blank_before_ = true;
  const std::string_view text = trim_blanks(token);
  if (text.empty()) return;
  const bool apart = !words_.empty() && !is_punctuation(first_char(text).code) &&
                     joins_without_blank(words_.back().text, text);
  const bool other = !words_.empty() && words_.back().speaker != speaker;
  if (words_.empty() || blank_before_ || apart || other) {
    close();
    Word word;
    word.text = text;
    word.times = times;
    word.speaker = speaker;
    word.joined = !blank_before_;
    words_.push_back(std::move(word));
  } else {
    Word& word = words_.back();
    word.text += text;
    if (word.times && times) word.times->end_ms = std::max(word.times->end_ms, times->end_ms);
    if (!word.times) word.times = times;
  }
  if (!confidence.empty()) confidences_.push_back(confidence);
  blank_before_ = text.size() < token.size();
}

std::vector<Word>* TokenJoiner::finish() {
  close();
  return &words_;
}

void add_words_by_script(std::vector<Word>* words, const WordContext& context,
                         TranscriptBuilder* builder) {
  join_by_script(*words);
  builder->add_words(*words, context);
}

void add_text_of_words(const Draft& draft, std::vector<Word>* words, TranscriptBuilder* builder) {
  if (words->empty() || !all_have_times(*words)) {
    Draft whole = draft;
    whole.words = *words;
    const std::optional<Times> times = times_of(*words);
    if (!times) return add_untimed(whole, builder);
    whole.times = *times;
    builder->add(whole);
    return;
  }
  if (!align_words(draft.text, *words)) join_by_script(*words);
  builder->add_words(*words, {draft.channel, draft.confidence});
}

void add_turn(const Draft& turn, std::vector<Word>* words, TranscriptBuilder* builder) {
  const bool fits = columns_of(trim_blanks(turn.text)) <= kSegmentColumns &&
                    int64_t{turn.times.end_ms} - turn.times.start_ms <= kSegmentMs;
  if (!fits && all_have_times(*words) && align_words(turn.text, *words)) {
    for (Word& word : *words) {
      if (word.speaker.empty()) word.speaker = turn.speaker;
    }
    builder->add_words(*words, {turn.channel, turn.confidence});
    return;
  }
  Draft draft = turn;
  draft.words = *words;
  builder->add(draft);
}

void add_untimed(const Draft& draft, TranscriptBuilder* builder) {
  if (!trim_blanks(draft.text).empty() || !draft.words.empty()) builder->note_untimed();
  Draft whole = draft;
  whole.times = {0, builder->known_duration()};
  builder->add(whole);
}

}  // namespace s2t::core
