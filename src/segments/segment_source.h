// Where the segments of a transcript come from.
#pragma once

#include "core/transcript/segment.h"
#include "pg/server.h"

namespace s2t::segments {

// Yields the segments one after the other, once.
class SegmentSource {
 public:
  // The next segment, checked, its idx included: not one that an earlier segment has. False at the
  // end. `meta`, what is known of it beyond a Segment, is a JSON object or nullptr; it lives in the
  // current memory context. Raises 22023 for a broken segment.
  virtual bool next(core::Segment* segment, Jsonb** meta) = 0;

  // How many segments there are.
  [[nodiscard]] virtual int count() const = 0;

 protected:
  ~SegmentSource() = default;
};

// Raises 22023 for an argument that is no array, and so no transcript that a recording could have
// failed with: it is spared the failure mark.
void raise_no_array(const core::Status& status);

}  // namespace s2t::segments
