// parakeet-mlx: sentences with times in seconds, made of tokens that bring their blanks along.
#include <array>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;

bool recognise(const TranscriptValue& document) {
  return first_with(document["sentences"],
                    [](const TranscriptValue& sentence) {
                      return sentence["start"].is_number() && sentence["text"].exists();
                    })
      .exists();
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  require_object(document);
  builder->set_language(common_language(document));
  for (const TranscriptValue sentence : required_array(document, "sentences").elements()) {
    require_object(sentence);
    TokenJoiner joiner(builder);
    for (const TranscriptValue token : sentence["tokens"].elements()) {
      require_object(token);
      joiner.add(required_text(token, "text"), required_times(token, "start", "end", kUnit),
                 confidence_of(token["confidence"]), {});
    }
    Draft turn;
    turn.times = required_times(sentence, "start", "end", kUnit);
    turn.text = required_text(sentence, "text");
    turn.speaker = label_of(sentence["speaker"]);
    turn.confidence = confidence_of(sentence["confidence"]);
    add_turn(turn, joiner.finish(), builder);
  }
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"parakeet", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> parakeet_formats() { return kFormats; }

}  // namespace s2t::core
