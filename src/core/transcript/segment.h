// One segment of a transcript and what makes it valid (docs/reference.md, "sp_complete_recording").
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stdint.h>

#include <string_view>

#include "core/base/status.h"

namespace s2t::core {

struct Segment {
  int32_t idx;       // place in the transcript, >= 0, unique in a recording
  int32_t start_ms;  // milliseconds from the start of the recording
  int32_t end_ms;    // >= start_ms
  std::string_view text;
};

// Below, `position` is an element's place in the array, counted from 0 as JSON paths do; it is what
// the detail calls "Element 17". All of them report kInvalidParameter.

// The ranges of a segment: idx, then start_ms, then end_ms.
[[nodiscard]] Status check_segment(const Segment& segment, int position) noexcept;

// What segments look like, for those who pass something else.
inline constexpr const char* kSegmentsHint =
    "Pass an array of objects such as {\"idx\": 0, \"start_ms\": 0, \"end_ms\": 1000, \"text\": "
    "\"...\"}; an empty array means silence.";

// What an argument is that should be an array of segments and is none.
enum class NoArray : uint8_t { kObject, kString, kScalar };

// The failure that tells so; of a string, that it may be an array that was encoded twice.
[[nodiscard]] Status segments_not_array(NoArray found) noexcept;

// Failures of shape, found while the array is read. `found` says what the element is instead, with
// its article ("a string"); `key` is the member, `value` its value as JSON text or a type's name,
// and `expected` what should be there ("an integer").
[[nodiscard]] Status segment_not_object(int position, std::string_view found) noexcept;
[[nodiscard]] Status segment_key_missing(int position, const char* key) noexcept;
[[nodiscard]] Status segment_value_invalid(int position, const char* key, const char* expected,
                                           std::string_view value) noexcept;
[[nodiscard]] Status segment_idx_repeated(int position, int32_t idx) noexcept;

}  // namespace s2t::core
