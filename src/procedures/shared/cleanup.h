// Retention: removing old recordings a batch at a time (docs/reference.md,
// "sp_cleanup_old_recordings").
#pragma once

#include <stdint.h>

#include "pg/session.h"

namespace s2t::procedures {

struct RetentionPolicy {
  const char* procedure;  // the SQL name of the caller
  int32_t days;           // of users whose plan sets no retention
  int32_t batch_size;     // recordings a batch
};

// Where a run of several batches has got to, so that none looks again at what the one before kept.
struct CleanupPosition {
  TimestampTz from = DT_NOBEGIN;
  bool finished = false;  // the last batch found fewer recordings than it could take
};

struct Removed {
  int64_t recordings = 0;
  int64_t segments = 0;
};

// Removes the oldest recordings that are done and older than their owners keep them, with their
// segments, and moves the owners' running totals. Recordings somebody else holds are skipped, not
// waited for.
[[nodiscard]] Removed remove_batch(pg::Session* session, const RetentionPolicy& policy,
                                   CleanupPosition* position);

}  // namespace s2t::procedures
