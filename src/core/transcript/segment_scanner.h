// Segments read from the text of a JSON array (RFC 8259), one after the other in one pass, without
// a tree of it (docs/reference.md, "sp_complete_recording").
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>
#include <stdint.h>

#include <string_view>

#include "core/base/status.h"
#include "core/transcript/segment.h"

namespace s2t::core {

// What an element of the array says. Views point into the array.
struct ScannedSegment {
  Segment segment;          // its text as written, between the quotation marks
  bool escaped = false;     // the text has escapes: unescape() makes it what it stands for
  bool others = false;      // it has keys beyond the four of a segment: others_of() gathers them
  std::string_view source;  // the element itself
};

// Reads what jsonb would read, by the same rules: of a key that is given twice the last one counts,
// a number may have an exponent if it is an integer all the same, and a string must be one that the
// database can store. The array is UTF-8, which is not checked.
class SegmentScanner {
 public:
  static constexpr int kMaxDepth = 4096;  // of arrays and objects in each other

  explicit SegmentScanner(std::string_view json) noexcept : json_(json) {}

  // Reads the array's beginning. kInvalidParameter if it is no array.
  [[nodiscard]] Status begin() noexcept;

  // Whether begin() found JSON, and no array.
  [[nodiscard]] bool is_no_array() const noexcept { return no_array_; }

  // Reads the next element; `*found` is false at the array's end, which must be the text's, too.
  // kInvalidParameter for an element that is no segment (see core/transcript/segment.h) and for
  // what is not JSON.
  [[nodiscard]] Status next(ScannedSegment* segment, bool* found) noexcept;

  // The place in the array, from 0, of the element that was read last.
  [[nodiscard]] int position() const noexcept { return position_; }

 private:
  struct Value;
  struct Members;

  [[nodiscard]] Status syntax_error(const char* expected) const noexcept;
  [[nodiscard]] Status scan_string(std::string_view* content, bool* escaped) noexcept;
  // A key and its colon, from the quotation mark to where its value begins.
  [[nodiscard]] Status scan_key(std::string_view* key, bool* escaped) noexcept;
  [[nodiscard]] Status scan_number(std::string_view* token) noexcept;
  [[nodiscard]] Status scan_word(std::string_view word) noexcept;
  [[nodiscard]] Status scan_value(Value* value) noexcept;
  [[nodiscard]] Status scan_scalar(Value* value) noexcept;
  [[nodiscard]] Status skip_nested() noexcept;
  [[nodiscard]] Status scan_members(Members* members, bool* others) noexcept;
  [[nodiscard]] Status check_member(const char* key, const Value& value, int32_t* result) noexcept;
  [[nodiscard]] Status read_element(ScannedSegment* segment) noexcept;
  void skip_space() noexcept;
  [[nodiscard]] char peek() const noexcept { return at_ < json_.size() ? json_[at_] : '\0'; }

  friend size_t others_of(std::string_view source, char* out) noexcept;

  std::string_view json_;
  size_t at_ = 0;
  int position_ = -1;
  bool no_array_ = false;
};

// The members of an element beyond the four of a segment, as an object, written to `out`, which has
// room for two bytes more than `source`. Returns how many it is.
[[nodiscard]] size_t others_of(std::string_view source, char* out) noexcept;

}  // namespace s2t::core
