// Hugging Face's pipelines, and insanely-fast-whisper: chunks with a pair of times in seconds, the
// last one open where the audio ended in it. A chunk is a segment, or, as asked for, a word.
// insanely-fast-whisper adds the same chunks once more with their speakers.
#include <algorithm>
#include <array>

#include "core/transcript/reader.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;

bool recognise(const TranscriptValue& document) {
  return any_has_key(document["chunks"], "timestamp") ||
         any_has_key(document["speakers"], "timestamp");
}

// The chunks with speakers, if there are any.
TranscriptValue chunks_of(const TranscriptValue& document) {
  const TranscriptValue speakers = document["speakers"];
  return any_has_key(speakers, "timestamp") ? speakers : required_array(document, "chunks");
}

Times read_times(const TranscriptValue& chunk) {
  const TranscriptValue pair = required_array(chunk, "timestamp");
  std::array<std::optional<int32_t>, 2> times;
  size_t count = 0;
  for (const TranscriptValue time : pair.elements()) {
    if (count < times.size()) times[count] = optional_time(time, kUnit);
    ++count;
  }
  if (count != times.size() || !times[0]) refuse_value(pair, "a pair of times");
  return make_times(*times[0], times[1].value_or(*times[0]));
}

// Whether the chunks are words: none of several has a blank within.
bool are_words(const TranscriptValue& chunks) {
  int count = 0;
  for (const TranscriptValue chunk : chunks.elements()) {
    const std::string_view text = trim_blanks(chunk["text"].text());
    if (text.find(' ') != std::string_view::npos) return false;
    if (columns_of(text) > kSegmentColumns / 2) return false;  // not of writing without blanks
    ++count;
  }
  return count > 2;
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  require_object(document);
  const TranscriptValue chunks = chunks_of(document);
  const std::string_view language = common_language(document);
  builder->set_language(language.empty() ? label_of(first_with_key(chunks, "language")["language"])
                                         : language);
  std::vector<Word> words;
  const bool collect = are_words(chunks);
  for (const TranscriptValue chunk : chunks.elements()) {
    builder->stop()->poll();
    require_object(chunk);
    const std::string_view text = trim_blanks(required_text(chunk, "text"));
    Draft draft;
    draft.times = read_times(chunk);
    draft.text = text;
    draft.speaker = label_of(chunk["speaker"]);
    if (!collect) {
      builder->add(draft);
    } else if (!text.empty()) {
      Word word;
      word.text = text;
      word.times = draft.times;
      word.speaker = draft.speaker;
      words.push_back(std::move(word));
    }
  }
  if (words.empty()) return;
  Draft draft;
  draft.text = document["text"].text();
  add_text_of_words(draft, &words, builder);
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"hugging-face", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> hugging_face_formats() { return kFormats; }

}  // namespace s2t::core
