// ElevenLabs Scribe: seconds as numbers; words, blanks and sounds one after the other, each telling
// its type. Several channels are transcripts of their own.
#include <array>

#include "core/transcript/reader.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;

bool has_typed_words(const TranscriptValue& document) {
  return first_with(document["words"],
                    [](const TranscriptValue& word) {
                      return word["type"].is_string() && word["text"].exists();
                    })
             .exists() ||
         (document["language_probability"].exists() && document["words"].is_array());
}

bool recognise(const TranscriptValue& document) {
  return has_typed_words(document) || first_with(document["transcripts"], has_typed_words).exists();
}

void read_transcript(const TranscriptValue& document, std::string_view channel,
                     TranscriptBuilder* builder) {
  std::vector<Word> words;
  bool blank = true;
  for (const TranscriptValue element : required_array(document, "words").elements()) {
    builder->stop()->poll();
    require_object(element);
    const std::string_view text = trim_blanks(required_text(element, "text"));
    if (text.empty()) {
      blank = true;
      continue;
    }
    Word word;
    word.text = text;
    word.times = required_times(element, "start", "end", kUnit);
    word.speaker = label_of(element["speaker_id"]);
    word.joined = !blank;
    blank = false;
    words.push_back(std::move(word));
  }
  if (words.empty()) {
    Draft draft;
    draft.text = document["text"].text();
    draft.channel = channel;
    add_untimed(draft, builder);
    return;
  }
  builder->add_words(words, {channel, {}});
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  require_object(document);
  const TranscriptValue transcripts = document["transcripts"];
  const TranscriptValue& first = transcripts.is_array() ? transcripts.first() : document;
  builder->set_language(label_of(first["language_code"]));
  builder->set_duration(optional_time(document["audio_duration_secs"], kUnit));
  if (!transcripts.is_array()) return read_transcript(document, {}, builder);
  for (const TranscriptValue transcript : transcripts.elements()) {
    require_object(transcript);
    read_transcript(transcript, label_of(transcript["channel_index"]), builder);
  }
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"elevenlabs", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> elevenlabs_formats() { return kFormats; }

}  // namespace s2t::core
