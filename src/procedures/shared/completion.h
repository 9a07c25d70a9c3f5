// Completing a recording, from whatever its transcript was given in (docs/reference.md,
// "sp_complete_recording").
#pragma once

#include <stdint.h>

#include "pg/session.h"
#include "segments/segment_source.h"

namespace s2t::procedures {

struct Completion {
  const char* procedure;  // the SQL name of the caller
  int32_t duration_ms;    // >= 0
  segments::SegmentSource* segments;
};

// What a recording has when it is done.
struct Completed {
  bool repeated;  // it was done already, with the same content
  int32_t segments;
  int32_t duration_ms;
  int32_t charged_seconds;  // for all of it
};

// Stores all segments of the recording, marks it done and charges its owner. A recording that is
// done already and was completed with the same content stays as it is, with a NOTICE. Raises P0002
// for an unknown recording, 55000 if it is done with other content or has segments, 22023 for a
// broken segment, 22003 for a counter that cannot grow.
Completed complete_recording(pg::Session* session, const pg_uuid_t* id,
                             const Completion& completion);

}  // namespace s2t::procedures
