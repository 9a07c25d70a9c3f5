// The extension's own format: what sp_complete_recording takes and sp_export_transcript writes.
#include <algorithm>
#include <array>
#include <charconv>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

constexpr std::array<std::string_view, 4> kKeys = {"idx", "start_ms", "end_ms", "text"};

bool recognise(const TranscriptValue& document) {
  if (document.is_array()) return document.is_empty() || document.first()["start_ms"].exists();
  const TranscriptValue segments = document["segments"];
  return segments.is_array() &&
         (document["duration_ms"].exists() || segments.first()["start_ms"].exists());
}

// Integers are written without a point, as the procedures want them.
int32_t read_integer(const TranscriptValue& value) {
  const std::string_view text = value.text();
  int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!value.is_number() || error == std::errc::invalid_argument ||
      end != text.data() + text.size()) {
    refuse_value(value, "an integer");
  }
  if (error == std::errc::result_out_of_range) refuse_value(value, "an integer of 32 bits");
  return number;
}

int32_t required_integer(const TranscriptValue& parent, std::string_view key) {
  const TranscriptValue value = parent[key];
  if (!value.exists()) refuse_missing(parent, key);
  const int32_t number = read_integer(value);
  if (number < 0) refuse_value(value, "at least 0");
  return number;
}

Segment read_segment(const TranscriptValue& element) {
  require_object(element);
  const Segment segment{required_integer(element, "idx"), required_integer(element, "start_ms"),
                        required_integer(element, "end_ms"), required_text(element, "text")};
  if (segment.end_ms < segment.start_ms) {
    refuse_value(element["end_ms"], "at least its \"start_ms\"");
  }
  return segment;
}

void check_unique(std::vector<int32_t>* numbers) {
  if (std::is_sorted(numbers->begin(), numbers->end(), std::less_equal<>())) return;
  std::sort(numbers->begin(), numbers->end());
  const auto repeated = std::adjacent_find(numbers->begin(), numbers->end());
  if (repeated == numbers->end()) return;
  throw Refusal{failure(Code::kInvalidParameter, "invalid transcript", nullptr,
                        "Two segments have the number %d for key \"idx\".", *repeated)};
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  if (document.is_object()) {
    builder->set_language(label_of(document["language"]));
    if (document["duration_ms"].is_set()) {
      builder->set_duration(required_integer(document, "duration_ms"));
    }
  } else if (!document.is_array()) {
    refuse_kind(document, "an array of segments");
  }
  const TranscriptValue segments =
      document.is_array() ? document : required_array(document, "segments");
  std::vector<int32_t> numbers;
  for (const TranscriptValue element : segments.elements()) {
    const Segment segment = read_segment(element);
    numbers.push_back(segment.idx);

    std::vector<TranscriptValue::Member> further = element.members();
    std::erase_if(further, [](const TranscriptValue::Member& member) {
      return std::find(kKeys.begin(), kKeys.end(), member.key) != kKeys.end();
    });
    builder->add_verbatim(segment, further);
  }
  check_unique(&numbers);
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"s2t", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> own_formats() { return kFormats; }

}  // namespace s2t::core
