// Gladia: seconds as numbers; utterances with words that bring their blanks along.
#include <array>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;
constexpr WordShape kWord = {"word", nullptr, "start", "end", "confidence", nullptr, kUnit, true};

// The object that holds "transcription": the result of a job, what a callback brings, or the
// document itself.
TranscriptValue holder_of_transcription(const TranscriptValue& document) {
  for (const std::string_view key : {"result", "payload"}) {
    const TranscriptValue holder = document[key];
    if (holder.is_object()) return holder;
  }
  return document;
}

bool has_several_channels(const TranscriptValue& utterances) {
  const std::string_view channel = label_of(utterances.first()["channel"]);
  return first_with(utterances,
                    [channel](const TranscriptValue& utterance) {
                      return label_of(utterance["channel"]) != channel;
                    })
      .exists();
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
  const TranscriptValue utterances = required_array(transcription, "utterances");
  const bool several_channels = has_several_channels(utterances);
  for (const TranscriptValue utterance : utterances.elements()) {
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
