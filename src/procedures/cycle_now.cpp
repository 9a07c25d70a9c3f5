// s2t_cycle_now: what the procedures would make of a cycle now (docs/reference.md, "Conventions").
#include "core/account/cycle.h"

#include "pg/calendar.h"
#include "pg/function.h"
#include "pg/session.h"
#include "pg/settings.h"

S2T_FUNCTION(s2t_cycle_now) {
  static TupleDesc row_type = nullptr;
  constexpr s2t::pg::ResultColumn kColumns[] = {
      {"ended", BOOLOID},
      {"rolls_over", BOOLOID},
      {"month_start", TIMESTAMPTZOID},
      {"month_end", TIMESTAMPTZOID},
  };

  TimestampTz now = s2t::pg::Session::now();
  // An adopted subscription without dates has never been in a cycle.
  TimestampTz end = PG_ARGISNULL(0) ? DT_NOBEGIN : PG_GETARG_TIMESTAMPTZ(0);
  bool ended = s2t::core::cycle_ended(end, now);
  s2t::pg::Cycle month = s2t::pg::month_of(now);
  Datum values[] = {
      BoolGetDatum(ended),
      BoolGetDatum(ended && s2t::pg::settings::lazy_rollover()),
      TimestampTzGetDatum(month.start),
      TimestampTzGetDatum(month.end),
  };
  bool nulls[lengthof(values)] = {};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}
