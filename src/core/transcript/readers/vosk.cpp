// Vosk and Kaldi's servers: seconds as numbers; one result, a list of them, or alternatives. Words
// come without punctuation.
#include <array>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;
constexpr WordShape kWord = {"word", nullptr, "start", "end", "conf", nullptr, kUnit, true};

bool is_result(const TranscriptValue& value) {
  return any_has_key(value["result"], "word") ||
         any_has_key(value["alternatives"].first()["result"], "word");
}

bool recognise(const TranscriptValue& document) {
  return is_result(document) || first_with(document, is_result).exists();
}

void read_result(const TranscriptValue& result, TranscriptBuilder* builder) {
  require_object(result);
  const TranscriptValue alternative = result["alternatives"].first();
  const TranscriptValue& best = alternative.exists() ? alternative : result;
  std::vector<Word> words = read_words(best["result"], kWord, builder->stop());
  Draft draft;
  draft.text = best["text"].text();
  add_text_of_words(draft, &words, builder);
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  if (!document.is_array()) return read_result(document, builder);
  for (const TranscriptValue result : document.elements()) read_result(result, builder);
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"vosk", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> vosk_formats() { return kFormats; }

}  // namespace s2t::core
