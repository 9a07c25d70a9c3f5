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

// The calendar month that `now` falls into. Raises 22008 for times outside the supported range.
[[nodiscard]] Cycle month_of(TimestampTz now);

}  // namespace s2t::pg
