// Gladia: seconds as numbers; utterances with words that bring their blanks along.
#include <array>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;
constexpr WordShape kWord = {"word", nullptr, "start", "end", "confidence", nullptr, kUnit, true};

// The object that holds "transcription": the document, or the result in it.
TranscriptValue holder_of_transcription(const TranscriptValue& document) {
  const TranscriptValue result = document["result"];
  return result.is_object() ? result : document;
}

bool recognise(const TranscriptValue& document) {
  return holder_of_transcription(document)["transcription"]["utterances"].is_array();
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  require_object(document);
  const TranscriptValue status = document["status"];
  if (status.is_string() && status.text() != "done") refuse_value(status, "\"done\"");
  const TranscriptValue holder = holder_of_transcription(document);
  const TranscriptValue transcription = holder["transcription"];
  if (!transcription.is_object()) refuse_missing(holder, "transcription");
  builder->set_language(label_of(transcription["languages"].first()));
  builder->set_duration(optional_time(holder["metadata"]["audio_duration"], kUnit));
  const bool several_channels = label_of(holder["metadata"]["number_of_distinct_channels"]) != "1";
  for (const TranscriptValue utterance : required_array(transcription, "utterances").elements()) {
    require_object(utterance);
    std::vector<Word> words = read_words(utterance["words"], kWord, builder->stop());
    Draft turn;
    turn.times = required_times(utterance, "start", "end", kUnit);
    turn.text = required_text(utterance, "text");
    turn.speaker = label_of(utterance["speaker"]);
    if (several_channels) turn.channel = label_of(utterance["channel"]);
    turn.confidence = confidence_of(utterance["confidence"]);
    add_turn(turn, &words, builder);
  }
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"gladia", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> gladia_formats() { return kFormats; }

}  // namespace s2t::core
