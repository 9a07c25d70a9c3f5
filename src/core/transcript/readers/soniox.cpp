// Soniox: tokens with milliseconds; a token that begins with a blank begins a word. What it
// translated stands among them, without times.
#include <array>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kMilliseconds;

bool recognise(const TranscriptValue& document) {
  return any_has_key(document["tokens"], "start_ms") ||
         (document["tokens"].is_array() && document["tokens"].is_empty() &&
          document["text"].is_string() && document["id"].exists());
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  require_object(document);
  const TranscriptValue tokens = required_array(document, "tokens");
  builder->set_language(label_of(first_with_key(tokens, "language")["language"]));
  TokenJoiner joiner(builder);
  for (const TranscriptValue token : tokens.elements()) {
    require_object(token);
    if (token["translation_status"].text() == "translation") continue;
    const std::string_view text = required_text(token, "text");
    if (text == "<end>" || text == "<fin>") continue;  // marks of its streams
    joiner.add(text, required_times(token, "start_ms", "end_ms", kUnit),
               confidence_of(token["confidence"]), label_of(token["speaker"]));
  }
  builder->add_words(*joiner.finish(), {});
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"soniox", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> soniox_formats() { return kFormats; }

}  // namespace s2t::core
