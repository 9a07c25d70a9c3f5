// Azure Speech. Batch transcription: ticks of 100 nanoseconds, or durations of ISO 8601; phrases of
// several channels, one after the other. Fast transcription: milliseconds.
#include <array>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

// A start and how long it takes.
Times from_duration(int64_t start_ms, int64_t duration_ms, const TranscriptValue& value) {
  const int64_t end_ms = start_ms + duration_ms;
  if (end_ms > INT32_MAX) refuse_time(value, TimeParse::kTooLarge, "");
  return {static_cast<int32_t>(start_ms), static_cast<int32_t>(end_ms)};
}

// ---- Batch ----

bool recognise_batch(const TranscriptValue& document) {
  return document["recognizedPhrases"].is_array();
}

std::optional<int32_t> batch_time(const TranscriptValue& parent, std::string_view ticks_key,
                                  std::string_view iso_key) {
  const TranscriptValue ticks = parent[ticks_key];
  if (ticks.is_set()) return optional_time(ticks, TimeUnit::kTicks);
  const TranscriptValue iso = parent[iso_key];
  if (!iso.is_set()) return std::nullopt;
  if (iso.is_number()) return optional_time(iso, TimeUnit::kTicks);
  int32_t ms = 0;
  const TimeParse parse = parse_iso_duration(iso.text(), &ms);
  if (parse != TimeParse::kOk) refuse_time(iso, parse, "a duration of ISO 8601");
  return ms;
}

Times batch_times(const TranscriptValue& parent) {
  const std::optional<int32_t> start = batch_time(parent, "offsetInTicks", "offset");
  if (!start) refuse_missing(parent, "offsetInTicks");
  const int32_t duration = batch_time(parent, "durationInTicks", "duration").value_or(0);
  return from_duration(*start, duration, parent);
}

std::vector<Word> batch_words(const TranscriptValue& best, StopCheck* stop) {
  const TranscriptValue display = best["displayWords"];
  const bool displayed = display.is_array() && !display.is_empty();
  std::vector<Word> words;
  for (const TranscriptValue element : (displayed ? display : best["words"]).elements()) {
    stop->poll();
    require_object(element);
    Word word;
    word.text = required_text(element, displayed ? "displayText" : "word");
    word.times = batch_times(element);
    word.confidence = confidence_of(element["confidence"]);
    if (!word.text.empty()) words.push_back(std::move(word));
  }
  return words;
}

void read_batch(const TranscriptValue& document, TranscriptBuilder* builder) {
  require_object(document);
  builder->set_duration(batch_time(document, "durationInTicks", "duration"));
  const TranscriptValue phrases = required_array(document, "recognizedPhrases");
  builder->set_language(label_of(first_with_key(phrases, "locale")["locale"]));

  bool several_channels = false;
  const std::string_view first_channel = label_of(phrases.first()["channel"]);
  for (const TranscriptValue phrase : phrases.elements()) {
    several_channels = several_channels || label_of(phrase["channel"]) != first_channel;
  }
  for (const TranscriptValue phrase : phrases.elements()) {
    require_object(phrase);
    const TranscriptValue best = phrase["nBest"].first();
    if (!best.exists()) continue;  // nothing was understood
    std::vector<Word> words = batch_words(best, builder->stop());
    Draft turn;
    turn.times = batch_times(phrase);
    turn.text = best[best["display"].is_set() ? "display" : "lexical"].text();
    // Version 3.0 of the service has it in the alternative.
    const TranscriptValue speaker = phrase["speaker"];
    turn.speaker = label_of(speaker.is_set() ? speaker : best["speaker"]);
    if (several_channels) turn.channel = label_of(phrase["channel"]);
    turn.confidence = confidence_of(best["confidence"]);
    add_turn(turn, &words, builder);
  }
}

// ---- Fast ----

bool recognise_fast(const TranscriptValue& document) {
  const TranscriptValue phrases = document["phrases"];
  return phrases.is_array() &&
         (document["combinedPhrases"].exists() || any_has_key(phrases, "offsetMilliseconds"));
}

// Previews called them without their unit.
Times fast_times(const TranscriptValue& parent) {
  const bool old = !parent["offsetMilliseconds"].exists();
  constexpr TimeUnit kUnit = TimeUnit::kMilliseconds;
  const int32_t start = required_time(parent, old ? "offset" : "offsetMilliseconds", kUnit);
  return from_duration(
      start, required_time(parent, old ? "duration" : "durationMilliseconds", kUnit), parent);
}

void read_fast(const TranscriptValue& document, TranscriptBuilder* builder) {
  require_object(document);
  const TranscriptValue duration = document["durationMilliseconds"];
  builder->set_duration(
      optional_time(duration.exists() ? duration : document["duration"], TimeUnit::kMilliseconds));
  const TranscriptValue phrases = required_array(document, "phrases");
  builder->set_language(label_of(first_with_key(phrases, "locale")["locale"]));
  for (const TranscriptValue phrase : phrases.elements()) {
    require_object(phrase);
    std::vector<Word> words;
    for (const TranscriptValue element : phrase["words"].elements()) {
      builder->stop()->poll();
      require_object(element);
      Word word;
      word.text = required_text(element, "text");
      word.times = fast_times(element);
      if (!word.text.empty()) words.push_back(std::move(word));
    }
    Draft turn;
    turn.times = fast_times(phrase);
    turn.text = required_text(phrase, "text");
    turn.speaker = label_of(phrase["speaker"]);
    turn.channel = label_of(phrase["channel"]);
    turn.confidence = confidence_of(phrase["confidence"]);
    add_turn(turn, &words, builder);
  }
}

constexpr std::array<TranscriptFormat, 2> kFormats = {
    {{"azure", recognise_batch, read_batch}, {"azure-fast", recognise_fast, read_fast}}};

}  // namespace

std::span<const TranscriptFormat> azure_formats() { return kFormats; }

}  // namespace s2t::core
