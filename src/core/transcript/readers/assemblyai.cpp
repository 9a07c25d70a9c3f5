// AssemblyAI: milliseconds as integers, but audio_duration in seconds. Utterances where speakers
// were asked for, else words.
#include <array>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

WordShape word_shape(TimeUnit unit) {
  return {"text", nullptr, "start", "end", "confidence", "speaker", unit, true};
}

// Services that write the same shape in seconds say so; fractions tell them, too, and are refused.
TimeUnit unit_of(const TranscriptValue& document) {
  return document["timestamps"].text() == "s" ? TimeUnit::kSeconds : TimeUnit::kWholeMilliseconds;
}

bool recognise(const TranscriptValue& document) {
  const bool has_transcript =
      document["words"].exists() || document["utterances"].exists() || document["text"].exists();
  return has_transcript && (document["audio_url"].exists() || document["audio_duration"].exists() ||
                            document["acoustic_model"].exists() || document["utterances"].exists());
}

void require_completed(const TranscriptValue& document) {
  const TranscriptValue status = document["status"];
  if (status.is_set() && status.text() != "completed") refuse_value(status, "\"completed\"");
}

void read_utterances(const TranscriptValue& utterances, TimeUnit unit, TranscriptBuilder* builder) {
  for (const TranscriptValue utterance : utterances.elements()) {
    require_object(utterance);
    std::vector<Word> words = read_words(utterance["words"], word_shape(unit), builder->stop());
    Draft turn;
    turn.times = required_times(utterance, "start", "end", unit);
    turn.text = required_text(utterance, "text");
    turn.speaker = label_of(utterance["speaker"]);
    turn.channel = label_of(utterance["channel"]);
    turn.confidence = confidence_of(utterance["confidence"]);
    add_turn(turn, &words, builder);
  }
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  require_object(document);
  require_completed(document);
  builder->set_language(label_of(document["language_code"]));
  builder->set_duration(optional_time(document["audio_duration"], TimeUnit::kSeconds));

  const TranscriptValue utterances = document["utterances"];
  if (utterances.is_array() && !utterances.is_empty()) {
    read_utterances(utterances, unit_of(document), builder);
    return;
  }
  std::vector<Word> words =
      read_words(document["words"], word_shape(unit_of(document)), builder->stop());
  if (words.empty()) {
    Draft draft;
    draft.text = document["text"].text();
    draft.confidence = confidence_of(document["confidence"]);
    add_untimed(draft, builder);
    return;
  }
  if (!align_words(document["text"].text(), words)) join_by_script(words);
  builder->add_words(words, {});
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"assemblyai", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> assemblyai_formats() { return kFormats; }

}  // namespace s2t::core
