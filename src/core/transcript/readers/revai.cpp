// Rev.ai: seconds as numbers; monologues of words and punctuation, blanks included.
#include <array>

#include "core/transcript/reader.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;

bool recognise(const TranscriptValue& document) { return document["monologues"].is_array(); }

// The text of all elements tells which marks belong to which word.
void read_monologue(const TranscriptValue& monologue, TranscriptBuilder* builder) {
  require_object(monologue);
  const std::string_view speaker = label_of(monologue["speaker"]);
  std::string text;
  std::string untimed;  // words without times go with the next one
  std::vector<Word> words;
  for (const TranscriptValue element : required_array(monologue, "elements").elements()) {
    builder->stop()->poll();
    require_object(element);
    const std::string_view value = required_text(element, "value");
    text += value;
    if (element["type"].text() == "punct" || trim_blanks(value).empty()) continue;
    untimed += untimed.empty() ? "" : " ";
    untimed += trim_blanks(value);
    if (!element["ts"].is_set()) continue;
    Word word;
    word.text = std::move(untimed);
    untimed.clear();
    word.times = required_times(element, "ts", "end_ts", kUnit);
    word.confidence = confidence_of(element["confidence"]);
    word.speaker = speaker;
    words.push_back(std::move(word));
  }
  if (!untimed.empty() && !words.empty()) (words.back().text += ' ') += untimed;
  Draft draft;
  draft.text = text;
  draft.speaker = speaker;
  add_text_of_words(draft, &words, builder);
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  require_object(document);
  builder->set_language(common_language(document));
  for (const TranscriptValue monologue : required_array(document, "monologues").elements()) {
    read_monologue(monologue, builder);
  }
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"revai", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> revai_formats() { return kFormats; }

}  // namespace s2t::core
