#include "segments/segment_source.h"

#include "failures/marks.h"
#include "pg/error.h"

namespace s2t::segments {

void raise_no_array(const core::Status& status) {
  failures::spare_recording();
  pg::raise_unless_ok(status);
}

}  // namespace s2t::segments
