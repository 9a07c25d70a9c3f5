// Deepgram: seconds as numbers. Utterances where they were asked for, else the words of each
// channel.
#include <array>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;
constexpr WordShape kWord = {"punctuated_word", "word",    "start", "end",
                             "confidence",      "speaker", kUnit,   true};

bool recognise(const TranscriptValue& document) {
  const TranscriptValue results = document["results"];
  return results["channels"].is_array() || results["utterances"].is_array();
}

void read_utterances(const TranscriptValue& utterances, bool several_channels,
                     TranscriptBuilder* builder) {
  for (const TranscriptValue utterance : utterances.elements()) {
    require_object(utterance);
    std::vector<Word> words = read_words(utterance["words"], kWord, builder->stop());
    Draft turn;
    turn.times = required_times(utterance, "start", "end", kUnit);
    turn.text = required_text(utterance, "transcript");
    turn.speaker = label_of(utterance["speaker"]);
    turn.confidence = confidence_of(utterance["confidence"]);
    if (several_channels) turn.channel = label_of(utterance["channel"]);
    add_turn(turn, &words, builder);
  }
}

void read_channel(const TranscriptValue& channel, std::string_view number,
                  TranscriptBuilder* builder) {
  require_object(channel);
  const TranscriptValue best = required_array(channel, "alternatives").first();
  std::vector<Word> words = read_words(best["words"], kWord, builder->stop());
  if (words.empty()) {
    Draft draft;
    draft.text = best["transcript"].text();
    draft.channel = number;
    draft.confidence = confidence_of(best["confidence"]);
    add_untimed(draft, builder);
    return;
  }
  if (!align_words(best["transcript"].text(), words)) join_by_script(words);
  builder->add_words(words, {number, confidence_of(best["confidence"])});
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  const TranscriptValue results = document["results"];
  const TranscriptValue channels = results["channels"];
  const TranscriptValue best = channels.first()["alternatives"].first();
  builder->set_duration(optional_time(document["metadata"]["duration"], kUnit));
  const TranscriptValue detected = channels.first()["detected_language"];
  builder->set_language(detected.is_set() ? detected.text() : best["languages"].first().text());

  int count = 0;
  for ([[maybe_unused]] const TranscriptValue channel : channels.elements()) ++count;
  const TranscriptValue utterances = results["utterances"];
  if (utterances.is_array() && !utterances.is_empty()) {
    read_utterances(utterances, count > 1, builder);
    return;
  }
  int number = 0;
  for (const TranscriptValue channel : required_array(results, "channels").elements()) {
    read_channel(channel, count > 1 ? std::to_string(number) : "", builder);
    ++number;
  }
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"deepgram", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> deepgram_formats() { return kFormats; }

}  // namespace s2t::core
