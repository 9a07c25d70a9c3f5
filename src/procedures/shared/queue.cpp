#include "procedures/shared/queue.h"

#include "pg/settings.h"

namespace s2t::procedures {

using pg::Row;
using pg::Values;

namespace r = pg::recordings;

void put_in_queue(int32_t priority, std::optional<TimestampTz> due_at, Values* change) {
  if (due_at) {
    change->set_null(r::priority);
    change->set(r::due_at, TimestampTzGetDatum(*due_at));
    change->set(r::due_priority, Int32GetDatum(priority));
    return;
  }
  change->set(r::priority, Int32GetDatum(priority));
  change->set_null(r::due_at);
  change->set_null(r::due_priority);
}

namespace {

int32_t priority_of(const Row& recording) {
  return recording.as_int32(r::priority, recording.as_int32(r::due_priority));
}

}  // namespace

void put_off(const Row& recording, TimestampTz due_at, Values* change) {
  put_in_queue(priority_of(recording), due_at, change);
}

void bring_back(const Row& recording, Values* change) {
  put_in_queue(priority_of(recording), std::nullopt, change);
}

void tell_workers() {
  if (pg::settings::notify()) Async_Notify("s2t_work", "");
}

TimestampTz read_lease_end(const pg::Arguments& arguments, int index, TimestampTz now) {
  Interval* time = arguments.as_interval(index, "in_lease_time");
  TimestampTz until = DatumGetTimestampTz(DirectFunctionCall2(
      timestamptz_pl_interval, TimestampTzGetDatum(now), IntervalPGetDatum(time)));
  if (until > now && until <= now + kMaxLeaseDays * USECS_PER_DAY) return until;
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid lease time"),
                  errdetail("Argument in_lease_time is %s; more than nothing and at most %d days "
                            "are expected.",
                            pg::print(time), kMaxLeaseDays)));
  pg_unreachable();
}

}  // namespace s2t::procedures
