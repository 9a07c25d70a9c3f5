// The segments of a transcript, read in place from jsonb (contract, section 4.3).
#pragma once

#include "core/segment.h"
#include "pg/server.h"

namespace s2t::pg {

// Walks over an array of segments. Texts point into the jsonb value; keys beyond the four of a
// segment are collected into a jsonb of their own. Every failure is 22023 and names the element,
// the key and the value.
class SegmentReader {
 public:
  // Raises 22023 if `document` is not an array.
  static SegmentReader begin(Jsonb* document);

  // The next segment, checked, its idx included: not one that an earlier element has. False at the
  // end. `meta` is nullptr where there are no further keys; else it lives in the current memory
  // context.
  bool next(core::Segment* segment, Jsonb** meta);

  [[nodiscard]] int count() const { return count_; }

 private:
  void read_members(core::Segment* segment, Jsonb** meta);
  void check_unique(int32_t idx);
  void look_for_repeated_idx();

  Jsonb* document_ = nullptr;
  JsonbIterator* iterator_ = nullptr;
  int count_ = 0;
  int position_ = -1;
  int32_t highest_ = -1;       // of the idx read so far, while they ascend
  bool known_unique_ = false;  // they do not ascend, but the whole array has been looked through
};

}  // namespace s2t::pg
