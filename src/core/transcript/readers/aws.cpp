// Amazon Transcribe: seconds as strings; punctuation as items without times, which belong to the
// word before; speakers in a list of their own, except in newer documents.
#include <algorithm>
#include <array>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;

bool recognise(const TranscriptValue& document) {
  const TranscriptValue results = document["results"];
  return results["items"].is_array() || results["transcripts"].is_array() ||
         results["channel_labels"].is_object();
}

// When a speaker spoke.
struct Turn {
  Times times;
  std::string_view speaker;
};

Turn read_turn(const TranscriptValue& element) {
  require_object(element);
  return {required_times(element, "start_time", "end_time", kUnit),
          label_of(element["speaker_label"])};
}

std::vector<Turn> read_turns(const TranscriptValue& speaker_labels) {
  std::vector<Turn> turns;
  for (const TranscriptValue segment : speaker_labels["segments"].elements()) {
    const TranscriptValue items = segment["items"];
    if (items.is_empty()) turns.push_back(read_turn(segment));
    for (const TranscriptValue item : items.elements()) turns.push_back(read_turn(item));
  }
  std::stable_sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) {
    return a.times.start_ms < b.times.start_ms;
  });
  return turns;
}

// Who spoke at the beginning of a word: the turn that began last before it.
std::string_view speaker_at(int32_t start_ms, const std::vector<Turn>& turns) {
  const auto after =
      std::upper_bound(turns.begin(), turns.end(), start_ms,
                       [](int32_t time, const Turn& turn) { return time < turn.times.start_ms; });
  if (after == turns.begin()) return {};
  const Turn& turn = *std::prev(after);
  return start_ms <= turn.times.end_ms ? turn.speaker : std::string_view();
}

std::vector<Word> read_items(const TranscriptValue& items, const std::vector<Turn>& turns,
                             StopCheck* stop) {
  std::vector<Word> words;
  for (const TranscriptValue item : items.elements()) {
    stop->poll();
    require_object(item);
    const TranscriptValue best = required_array(item, "alternatives").first();
    if (!best.exists()) continue;
    const std::string_view content = required_text(best, "content");
    if (content.empty()) continue;
    const bool mark = item["type"].text() == "punctuation";
    if (mark && !words.empty()) {
      words.back().text += content;
      continue;
    }
    if (mark && !item["start_time"].exists()) continue;  // nothing to attach it to
    Word word;
    word.text = content;
    word.times = required_times(item, "start_time", "end_time", kUnit);
    word.confidence = confidence_of(best["confidence"]);
    const std::string_view label = label_of(item["speaker_label"]);
    word.speaker = label.empty() ? speaker_at(word.times->start_ms, turns) : label;
    words.push_back(std::move(word));
  }
  return words;
}

std::string_view language_of(const TranscriptValue& results) {
  const std::string_view language = results["language_code"].text();
  if (!language.empty()) return language;
  return results["language_codes"].first()["language_code"].text();
}

void require_completed(const TranscriptValue& document) {
  const TranscriptValue status = document["status"];
  if (status.is_set() && status.text() != "COMPLETED") refuse_value(status, "\"COMPLETED\"");
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  require_object(document);
  require_completed(document);
  const TranscriptValue results = document["results"];
  if (!results.is_object()) refuse_missing(document, "results");
  builder->set_language(language_of(results));

  const TranscriptValue channels = results["channel_labels"]["channels"];
  for (const TranscriptValue channel : channels.elements()) {
    std::vector<Word> words = read_items(required_array(channel, "items"), {}, builder->stop());
    join_by_script(words);
    builder->add_words(words, {label_of(channel["channel_label"]), {}});
  }
  if (!channels.is_empty()) return;

  std::vector<Word> words = read_items(required_array(results, "items"),
                                       read_turns(results["speaker_labels"]), builder->stop());
  const std::string_view transcript = results["transcripts"].first()["transcript"].text();
  if (!align_words(transcript, words)) join_by_script(words);
  builder->add_words(words, {});
}

// ---- Call Analytics: turns with milliseconds, by the party that spoke ----

constexpr TimeUnit kCallUnit = TimeUnit::kMilliseconds;

bool recognise_call(const TranscriptValue& document) {
  const TranscriptValue turns = document["Transcript"];
  return turns.is_array() && (document["ConversationCharacteristics"].exists() ||
                              any_has_key(turns, "BeginOffsetMillis"));
}

void read_call(const TranscriptValue& document, TranscriptBuilder* builder) {
  require_object(document);
  const TranscriptValue status = document["JobStatus"];
  if (status.is_set() && status.text() != "COMPLETED") refuse_value(status, "\"COMPLETED\"");
  builder->set_language(label_of(document["LanguageCode"]));
  const TranscriptValue total =
      document["ConversationCharacteristics"]["TotalConversationDurationMillis"];
  builder->set_duration(optional_time(total, kCallUnit));
  for (const TranscriptValue turn : required_array(document, "Transcript").elements()) {
    require_object(turn);
    std::vector<Word> words;
    for (const TranscriptValue item : turn["Items"].elements()) {
      builder->stop()->poll();
      require_object(item);
      const std::string_view content = required_text(item, "Content");
      if (item["Type"].text() == "punctuation" && !words.empty()) {
        words.back().text += content;
        continue;
      }
      if (content.empty() || !item["BeginOffsetMillis"].exists()) continue;
      Word word;
      word.text = content;
      word.times = required_times(item, "BeginOffsetMillis", "EndOffsetMillis", kCallUnit);
      word.confidence = confidence_of(item["Confidence"]);
      words.push_back(std::move(word));
    }
    Draft draft;
    draft.times = required_times(turn, "BeginOffsetMillis", "EndOffsetMillis", kCallUnit);
    draft.text = required_text(turn, "Content");
    draft.speaker = label_of(turn["ParticipantRole"]);
    // Parties speak at the same time: each is a stream of its own.
    draft.channel = draft.speaker;
    add_turn(draft, &words, builder);
  }
}

constexpr std::array<TranscriptFormat, 2> kFormats = {
    {{"aws", recognise, read}, {"aws-call-analytics", recognise_call, read_call}}};

}  // namespace

std::span<const TranscriptFormat> aws_formats() { return kFormats; }

}  // namespace s2t::core
