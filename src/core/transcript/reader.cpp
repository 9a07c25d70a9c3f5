#include "core/transcript/reader.h"

#include <algorithm>
#include <array>

#include "core/transcript/script.h"

namespace s2t::core {

namespace {

constexpr const char* kInvalid = "invalid transcript";
constexpr const char* kNamesHint =
    "Formats are auto, s2t, openai, whisper, faster-whisper, whisper-timestamped, whisperx, "
    "whisper.cpp, deepgram, assemblyai, google (google-v1, google-v2), aws and speechmatics.";
constexpr int kShownBytes = 81;  // of a name in a detail, terminator included

constexpr std::string_view kAuto = "auto";
constexpr std::string_view kGoogle = "google";  // either version

std::array<std::span<const TranscriptFormat>, 7> all_formats() {
  return {own_formats(),    aws_formats(),        deepgram_formats(), speechmatics_formats(),
          google_formats(), assemblyai_formats(), whisper_formats()};
}

}  // namespace

const TranscriptFormat& find_transcript_format(std::string_view name,
                                               const TranscriptValue& document) {
  const bool search = name == kAuto || name == kGoogle;
  for (const std::span<const TranscriptFormat> family : all_formats()) {
    for (const TranscriptFormat& format : family) {
      if (format.name == name) return format;
      const bool eligible = name == kAuto || (name == kGoogle && format.name.starts_with(kGoogle));
      if (eligible && format.recognise(document)) return format;
    }
  }
  if (search) {
    throw Refusal{failure(Code::kInvalidParameter, kInvalid, kNamesHint, "%s",
                          "The document comes from no speech engine that is known.")};
  }
  char shown[kShownBytes];
  throw Refusal{failure(Code::kInvalidParameter, "unknown transcript format", kNamesHint,
                        "There is no format \"%s\".", excerpt(name, shown, sizeof shown))};
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

std::optional<int32_t> optional_time(const TranscriptValue& value, TimeUnit unit) {
  if (!value.is_set()) return std::nullopt;
  const char* expected =
      unit == TimeUnit::kSeconds ? "a number of seconds" : "a number of milliseconds";
  std::string_view text = value.text();
  if (value.is_string() && unit == TimeUnit::kSeconds && text.ends_with('s')) text.remove_suffix(1);
  int32_t ms = 0;
  switch (parse_time(text, unit, &ms)) {
    case TimeParse::kOk:
      return ms;
    case TimeParse::kMalformed:
      refuse_value(value, expected);
    case TimeParse::kNegative:
      refuse_value(value, "at least 0");
    case TimeParse::kTooLarge:
      break;
  }
  char shown[kShownBytes];
  throw Refusal{failure(Code::kOutOfRange, kInvalid, nullptr,
                        "%s is beyond 2147483647 milliseconds.",
                        excerpt(value.path(), shown, sizeof shown))};
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
  Draft whole = draft;
  whole.times = {0, builder->known_duration()};
  builder->add(whole);
}

}  // namespace s2t::core
