#include "core/transcript/segment.h"

namespace s2t::core {

namespace {

constexpr const char* kMessage = "invalid segment";
constexpr const char* kShapeHint =
    "A segment is an object such as {\"idx\": 0, \"start_ms\": 0, \"end_ms\": 1000, \"text\": "
    "\"...\"}.";

constexpr int kShownBytes = 161;  // of a value in a detail, terminator included

// `shown` comes after the first `before` in the detail.
Status quoting_after(const Status& failure, std::string_view before, const char* shown) noexcept {
  return quoting(failure, std::string_view(failure.detail).find(before) + before.size(), shown);
}

Status negative(int position, const char* key, int32_t value) noexcept {
  return failure(Code::kInvalidParameter, kMessage, nullptr,
                 "Element %d has the value %d for key \"%s\"; at least 0 is expected.", position,
                 value, key);
}

}  // namespace

Status check_segment(const Segment& segment, int position) noexcept {
  if (segment.idx < 0) return negative(position, "idx", segment.idx);
  if (segment.start_ms < 0) return negative(position, "start_ms", segment.start_ms);
  if (segment.end_ms < segment.start_ms) {
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "Element %d has the value %d for key \"end_ms\"; at least %d, its "
                   "\"start_ms\", is expected.",
                   position, segment.end_ms, segment.start_ms);
  }
  return {};
}

Status segments_not_array(NoArray found) noexcept {
  if (found == NoArray::kString) {
    return failure(Code::kInvalidParameter, "segments must be an array",
                   "It seems to be JSON that was encoded once more: pass the array itself, not a "
                   "string that contains it.",
                   "Argument in_segments is a string.");
  }
  return failure(Code::kInvalidParameter, "segments must be an array", kSegmentsHint,
                 "Argument in_segments is %s.",
                 found == NoArray::kObject ? "an object" : "a scalar");
}

Status segment_not_object(int position, std::string_view found) noexcept {
  char shown[kShownBytes];
  return quoting_after(failure(Code::kInvalidParameter, kMessage, kShapeHint,
                               "Element %d is %s; an object is expected.", position,
                               excerpt(found, shown, sizeof shown)),
                       " is ", shown);
}

Status segment_key_missing(int position, const char* key) noexcept {
  return failure(Code::kInvalidParameter, kMessage, kShapeHint, "Element %d has no key \"%s\".",
                 position, key);
}

Status segment_value_invalid(int position, const char* key, const char* expected,
                             std::string_view value) noexcept {
  char shown[kShownBytes];
  return quoting_after(failure(Code::kInvalidParameter, kMessage, nullptr,
                               "Element %d has the value %s for key \"%s\"; %s is expected.",
                               position, excerpt(value, shown, sizeof shown), key, expected),
                       " has the value ", shown);
}

Status segment_idx_repeated(int position, int32_t idx) noexcept {
  return failure(Code::kInvalidParameter, kMessage, nullptr,
                 "Element %d has the value %d for key \"idx\", which an earlier element has too.",
                 position, idx);
}

}  // namespace s2t::core
