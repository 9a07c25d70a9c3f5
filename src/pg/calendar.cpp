#include "pg/calendar.h"

#include "pg/settings.h"

namespace s2t::pg {

namespace {

[[noreturn]] void raise_out_of_range() {
  ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
  pg_unreachable();
}

// The first instant of a day. A zone whose clocks skip midnight begins it when they have moved on;
// where they turn back over midnight it begins at the first of the two.
TimestampTz beginning_of(const core::Date& date, pg_tz* zone) {
  struct pg_tm civil = {};
  civil.tm_year = date.year;
  civil.tm_mon = date.month;
  civil.tm_mday = date.day;
  int offset = DetermineTimeZoneOffset(&civil, zone);
  Timestamp instant;
  if (tm2timestamp(&civil, 0, &offset, &instant) != 0) raise_out_of_range();

  // The offset of the evening before gives the other candidate.
  struct pg_tm evening = {};
  int earlier_offset;
  fsec_t fraction;
  if (timestamp2tm(instant - 6 * USECS_PER_HOUR, &earlier_offset, &evening, &fraction, nullptr,
                   zone) != 0)
    raise_out_of_range();
  Timestamp other = instant + int64_t{earlier_offset - offset} * USECS_PER_SEC;
  if (other >= instant) return instant;
  struct pg_tm there = {};
  int there_offset;
  if (timestamp2tm(other, &there_offset, &there, &fraction, nullptr, zone) != 0)
    raise_out_of_range();
  bool is_midnight_too = there_offset == earlier_offset && there.tm_mday == date.day &&
                         there.tm_hour == 0 && there.tm_min == 0 && there.tm_sec == 0;
  return is_midnight_too ? other : instant;
}

// What core/account/boundary.h asks of a time zone.
struct Zone {
  pg_tz* zone = settings::timezone();

  [[nodiscard]] core::Date date_at(int64_t instant) const {
    struct pg_tm civil = {};
    int offset;
    fsec_t fraction;
    if (timestamp2tm(instant, &offset, &civil, &fraction, nullptr, zone) != 0) raise_out_of_range();
    return {civil.tm_year, civil.tm_mon, civil.tm_mday};
  }
  [[nodiscard]] int64_t start_of(const core::Date& date) const { return beginning_of(date, zone); }
};

}  // namespace

Cycle month_of(TimestampTz now) { return cycle_at(now, 0); }

int day_of(TimestampTz now) { return Zone().date_at(now).day; }

Cycle cycle_at(TimestampTz now, int anchor_day) {
  core::Period period = core::period_at(now, core::Anchor{anchor_day}, Zone());
  return {period.start, period.end};
}

Cycle cycle_after(TimestampTz last_end, TimestampTz now, int anchor_day, bool* skipped) {
  core::NextCycle next = core::next_cycle(last_end, !TIMESTAMP_NOT_FINITE(last_end), now,
                                          core::Anchor{anchor_day}, Zone());
  *skipped = next.skipped;
  return {next.period.start, next.period.end};
}

}  // namespace s2t::pg
