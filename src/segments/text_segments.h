// The segments of a transcript, read from the text of a JSON array without making a jsonb value of
// it (docs/reference.md, "s2t_complete_recording_text").
#pragma once

#include "core/transcript/segment_scanner.h"

#include "segments/segment_source.h"

namespace s2t::segments {

// Walks over the array once, by the rules of JsonbSegments; what jsonb itself would refuse is 22023
// as well. Texts point into the array, unless they have escapes; keys beyond the four of a segment
// are collected into a jsonb.
class TextSegments final : public SegmentSource {
 public:
  // Raises 22023 if `array` is no array. It must stay where it is.
  explicit TextSegments(std::string_view array);

  bool next(core::Segment* segment, Jsonb** meta) override;
  // An estimate, since nothing is read ahead.
  [[nodiscard]] int count() const override;

 private:
  void raise_unless_ok(core::Status* status) const;
  void check_unique(int32_t idx);
  void look_for_repeated_idx() const;

  std::string_view array_;  // in UTF-8
  core::SegmentScanner scanner_;
  int32_t highest_ = -1;       // of the idx read so far, while they ascend
  bool known_unique_ = false;  // they do not ascend, but the whole array has been looked through
};

}  // namespace s2t::segments
