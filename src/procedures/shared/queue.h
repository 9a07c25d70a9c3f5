// The queue of recordings that workers claim (docs/reference.md, "Work").
#pragma once

#include "pg/function.h"
#include "pg/table.h"

namespace s2t::procedures {

// Puts a recording into the queue, at once or put off until `due_at`. What is put off has no
// priority: it stands in another index, out of the way of those that claim.
void put_in_queue(int32_t priority, std::optional<TimestampTz> due_at, pg::Values* change);

// Puts off what waits or is put off already.
void put_off(const pg::Row& recording, TimestampTz due_at, pg::Values* change);

// Puts back what is put off.
void bring_back(const pg::Row& recording, pg::Values* change);

// NOTIFY s2t_work at the commit, where s2t.notify is on: there is something to claim.
void tell_workers();

// Argument `index`, in_lease_time, of recordings and of events, from `now` on: more than nothing,
// at most kMaxLeaseDays. Raises 22023.
[[nodiscard]] TimestampTz read_lease_end(const pg::Arguments& arguments, int index,
                                         TimestampTz now);
inline constexpr int kMaxLeaseDays = 7;

}  // namespace s2t::procedures
