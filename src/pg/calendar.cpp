#include "pg/calendar.h"

#include "pg/settings.h"

namespace s2t::pg {

namespace {

[[noreturn]] void raise_out_of_range() {
  ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
  pg_unreachable();
}

// The first instant of a month. A zone whose clocks skip midnight begins it when they have moved
// on.
TimestampTz beginning_of(core::Month month, pg_tz* zone) {
  struct pg_tm civil = {};
  civil.tm_year = month.year;
  civil.tm_mon = month.month;
  civil.tm_mday = 1;
  int offset = DetermineTimeZoneOffset(&civil, zone);
  Timestamp instant;
  if (tm2timestamp(&civil, 0, &offset, &instant) != 0) raise_out_of_range();
  return instant;
}

}  // namespace

Cycle month_of(TimestampTz now) {
  pg_tz* zone = settings::timezone();
  struct pg_tm civil = {};
  int offset;
  fsec_t fraction;
  if (timestamp2tm(now, &offset, &civil, &fraction, nullptr, zone) != 0) raise_out_of_range();
  core::Month month{civil.tm_year, civil.tm_mon};
  return {beginning_of(month, zone), beginning_of(core::next_month(month), zone)};
}

}  // namespace s2t::pg
