// Calendar months in the time zone of s2t.timezone.
#pragma once

#include "core/account/cycle.h"
#include "pg/server.h"

namespace s2t::pg {

// A billing cycle: from `start`, which is part of it, to `end`, which is not.
struct Cycle {
  TimestampTz start;
  TimestampTz end;
};

// The calendar month that `now` falls into. Raises 22008 for times outside the supported range, as
// all of these do.
[[nodiscard]] Cycle month_of(TimestampTz now);

// The day of the month, 1 .. 31.
[[nodiscard]] int day_of(TimestampTz now);

// The cycle in which a user begins at `now`: the month, or the one between two anchor days
// (core/account/boundary.h). `anchor_day` 0 is a calendar month.
[[nodiscard]] Cycle cycle_at(TimestampTz now, int anchor_day);

// The cycle that follows one that ended at `last_end`, and whether unused months lie between them.
[[nodiscard]] Cycle cycle_after(TimestampTz last_end, TimestampTz now, int anchor_day,
                                bool* skipped);

}  // namespace s2t::pg
