// Podcasting 2.0's JSON: seconds as numbers; a segment is a sentence or, often, a word or two.
#include <array>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;

bool recognise(const TranscriptValue& document) {
  return first_with(document["segments"],
                    [](const TranscriptValue& segment) {
                      return segment["startTime"].exists() && segment["body"].exists();
                    })
      .exists();
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  require_object(document);
  builder->set_language(common_language(document));
  for (const TranscriptValue segment : required_array(document, "segments").elements()) {
    require_object(segment);
    const int32_t start_ms = required_time(segment, "startTime", kUnit);
    Draft draft;
    draft.times = make_times(start_ms, optional_time(segment["endTime"], kUnit).value_or(start_ms));
    draft.text = required_text(segment, "body");
    draft.speaker = label_of(segment["speaker"]);
    builder->add(draft);
  }
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"podcasting", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> podcasting_formats() { return kFormats; }

}  // namespace s2t::core
