// sherpa-onnx: tokens in one list, when each begins, in seconds, in another one. How long they last
// is told by newer releases only; else a token lasts until the next one, but not through a pause.
#include <algorithm>
#include <array>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;
constexpr int32_t kTokenMs = 500;  // at most, where it is not told

bool recognise(const TranscriptValue& document) {
  return document["tokens"].first().is_string() && document["timestamps"].is_array();
}

std::vector<int32_t> read_times(const TranscriptValue& array) {
  std::vector<int32_t> times;
  for (const TranscriptValue element : array.elements()) {
    const std::optional<int32_t> time = optional_time(element, kUnit);
    if (!time) refuse_value(element, "a number of seconds");
    times.push_back(*time);
  }
  return times;
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  require_object(document);
  builder->set_language(common_language(document));
  const TranscriptValue tokens = required_array(document, "tokens");
  const std::vector<int32_t> starts = read_times(required_array(document, "timestamps"));
  const std::vector<int32_t> durations = read_times(document["durations"]);
  TokenJoiner joiner(builder);
  size_t i = 0;
  for (const TranscriptValue token : tokens.elements()) {
    if (i >= starts.size()) refuse_value(token, "a time for each token");
    const int64_t next = i + 1 < starts.size() ? starts[i + 1] : int64_t{starts[i]} + kTokenMs;
    const int64_t end = i < durations.size() ? int64_t{starts[i]} + durations[i]
                                             : std::min(next, int64_t{starts[i]} + kTokenMs);
    joiner.add(token.text(),
               make_times(starts[i], static_cast<int32_t>(std::min<int64_t>(end, INT32_MAX))), {},
               {});
    ++i;
  }
  Draft draft;
  draft.text = document["text"].text();
  add_text_of_words(draft, joiner.finish(), builder);
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"sherpa-onnx", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> sherpa_formats() { return kFormats; }

}  // namespace s2t::core
