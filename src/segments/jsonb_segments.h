// The segments of a transcript, read in place from jsonb (docs/reference.md,
// "sp_complete_recording").
#pragma once

#include "segments/segment_source.h"

namespace s2t::segments {

// Walks over an array of segments. Texts point into the jsonb value; keys beyond the four of a
// segment are collected into a jsonb of their own. Every failure is 22023 and names the element,
// the key and the value.
class JsonbSegments final : public SegmentSource {
 public:
  // Raises 22023 if `document` is not an array.
  explicit JsonbSegments(Jsonb* document);

  bool next(core::Segment* segment, Jsonb** meta) override;
  [[nodiscard]] int count() const override { return count_; }

 private:
  void read_members(core::Segment* segment, Jsonb** meta);
  void check_unique(int32_t idx);
  void look_for_repeated_idx();

  Jsonb* document_;
  JsonbIterator* iterator_ = nullptr;
  int count_ = 0;
  int position_ = -1;
  int32_t highest_ = -1;       // of the idx read so far, while they ascend
  bool known_unique_ = false;  // they do not ascend, but the whole array has been looked through
};

}  // namespace s2t::segments
