// Completing a recording, from whatever its transcript was given in (docs/reference.md,
// "sp_complete_recording").
#pragma once

#include <stdint.h>

#include "procedures/shared/lease.h"
#include "segments/segment_source.h"

namespace s2t::procedures {

struct Completion {
  const char* procedure;  // the SQL name of the caller
  int32_t duration_ms;    // >= 0
  segments::SegmentSource* segments;
  Lease lease = std::nullopt;            // that the caller shows
  failures::Witness* witness = nullptr;  // of a failure of the call
};

// What a recording has when it is done.
struct Completed {
  bool repeated;  // it was done already, with the same content
  int32_t segments;
  int32_t duration_ms;
  int32_t charged_seconds;  // for all of it
};

// Stores all segments of the recording, which was found and is locked here, marks it done and
// charges its owner. A recording that is done already and was completed with the same content stays
// as it is, with a NOTICE. Raises P0002 for an unknown recording, 55000 if it is done with other
// content or has segments, 22023 for a broken segment, 22003 for a counter that cannot grow; 55000,
// too, for a lease that is lost.
Completed complete_recording(Recording* recording, const Completion& completion);

}  // namespace s2t::procedures
