// Retention: removing old recordings a batch at a time (docs/reference.md,
// "sp_cleanup_old_recordings").
#pragma once

#include <stdint.h>

#include "pg/attempt.h"
#include "pg/table.h"
#include "procedures/shared/removal.h"
#include "procedures/shared/set_aside.h"

namespace s2t::procedures {

struct RetentionPolicy {
  const char* procedure;  // the SQL name of the caller
  int32_t days;           // of users whose plan sets no retention
  int32_t batch_size;     // recordings a batch
  pg::Deferred deferred;  // when deferred constraints are looked at
  // Recording by recording in one transaction, and so not in the order of their owners: accounts
  // that others hold are not waited for, either.
  bool one_by_one = false;
};

// Where a run of several batches has got to, so that none looks again at what the one before kept.
struct CleanupPosition {
  pg::Place place;
  bool finished = false;  // the last batch found fewer recordings than it could take
};

// Removes the oldest recordings after the position that have ended, done or failed, and are older
// than their owners keep them, with their segments, and moves the owners' running totals.
// Recordings somebody else holds are skipped, not waited for; those that a constraint or a trigger
// refuses to let go are set aside. Opens its sessions itself.
[[nodiscard]] Removed remove_batch(FunctionCallInfo fcinfo, const RetentionPolicy& policy,
                                   CleanupPosition* position, SetAside* set_aside);

}  // namespace s2t::procedures
