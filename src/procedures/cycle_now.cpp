// s2t_cycle_now and s2t_next_cycle: what the procedures would make of a cycle now
// (docs/reference.md, "Conventions").
#include "core/account/cycle.h"

#include "pg/calendar.h"
#include "pg/function.h"
#include "pg/session.h"
#include "pg/settings.h"

namespace {

Datum describe_cycle(FunctionCallInfo fcinfo, int anchor_day) {
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
  bool skipped;
  s2t::pg::Cycle cycle = ended ? s2t::pg::cycle_after(end, now, anchor_day, &skipped)
                               : s2t::pg::cycle_at(now, anchor_day);
  Datum values[] = {
      BoolGetDatum(ended),
      BoolGetDatum(ended && s2t::pg::settings::lazy_rollover()),
      TimestampTzGetDatum(cycle.start),
      TimestampTzGetDatum(cycle.end),
  };
  bool nulls[lengthof(values)] = {};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}

}  // namespace

S2T_FUNCTION(s2t_cycle_now) { return describe_cycle(fcinfo, 0); }

S2T_FUNCTION(s2t_next_cycle) {
  return describe_cycle(fcinfo, PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1));
}
