// sp_get_user_stats: docs/reference.md, "sp_get_user_stats".
#include "core/account/cycle.h"
#include "core/account/quota.h"

#include "metrics/metrics.h"
#include "pg/function.h"
#include "pg/table.h"
#include "procedures/shared/account.h"

namespace s2t::procedures {

using pg::Arguments;
using pg::Row;
using pg::Session;
using pg::Table;

namespace {

struct Stats {
  int64_t recordings = 0;
  int64_t duration_ms = 0;
  int64_t segments = 0;
  core::Usage usage;
  core::Limits limits;
};

// The running totals live in the subscription: the cost does not depend on what the user has
// recorded.
bool read_totals(Session* session, const pg_uuid_t* user_id, Stats* stats) {
  namespace s = pg::user_subscriptions;
  Table subscriptions = Table::open(session, s::kTable, pg::kRead);
  Row row;
  if (!subscriptions.find(s::by_user_id, UUIDPGetDatum(user_id), &row)) return false;
  stats->recordings = row.as_int64(s::total_recordings);
  stats->duration_ms = row.as_int64(s::total_duration_ms);
  stats->segments = row.as_int64(s::total_segments);
  if (!core::cycle_ended(row.as_timestamp(s::cycle_end, DT_NOBEGIN), Session::now()))
    stats->usage = {row.as_int32(s::usage_count), row.as_int32(s::used_seconds)};
  Table plans = Table::open(session, pg::plans::kTable, pg::kRead);
  Plan plan;
  if (find_plan(&plans, row.as_uuid(s::plan_id), &plan)) stats->limits = plan.limits;
  return true;
}

// A user without a subscription has no running totals: recount.
void count_recordings(Session* session, const pg_uuid_t* user_id, Stats* stats) {
  namespace r = pg::recordings;
  Table recordings = Table::open(session, r::kTable, pg::kRead);
  ScanKeyData key = pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(user_id));
  pg::Scan scan = pg::Scan::begin(&recordings, r::by_user_id, &key, 1);
  Row row;
  while (scan.next(&row)) {
    stats->recordings++;
    stats->duration_ms += row.as_int32(r::duration_ms);
    stats->segments += row.as_int32(r::segment_count);
  }
  scan.end();
}

Datum hundredths(int64_t value) { return NumericGetDatum(int64_div_fast_to_numeric(value, 2)); }

std::optional<int64_t> limit_in(std::optional<int32_t> limit, int64_t unit) {
  if (!limit) return std::nullopt;
  return *limit * unit;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_get_user_stats) {
  using namespace s2t::procedures;
  namespace core = s2t::core;
  static TupleDesc row_type = nullptr;
  constexpr s2t::pg::ResultColumn kColumns[] = {
      {"total_recordings", INT8OID},         {"total_duration_minutes", NUMERICOID},
      {"total_segments", INT8OID},           {"current_cycle_usage", INT4OID},
      {"current_cycle_seconds", INT4OID},    {"quota_usage_percent", NUMERICOID},
      {"quota_minutes_percent", NUMERICOID},
  };

  const pg_uuid_t* user_id = Arguments(fcinfo).as_uuid(0, "in_user_id");
  Session session = Session::open(fcinfo, "sp_get_user_stats", Session::Mode::kRead);
  Stats stats;
  if (!read_totals(&session, user_id, &stats)) count_recordings(&session, user_id, &stats);
  session.close();

  Datum values[] = {
      Int64GetDatum(stats.recordings),
      hundredths(core::duration_minutes_hundredths(stats.duration_ms)),
      Int64GetDatum(stats.segments),
      Int32GetDatum(stats.usage.recordings),
      Int32GetDatum(stats.usage.seconds),
      hundredths(core::usage_percent_hundredths(stats.usage.recordings,
                                                limit_in(stats.limits.recordings, 1))),
      hundredths(
          core::usage_percent_hundredths(stats.usage.seconds, limit_in(stats.limits.minutes, 60))),
  };
  bool nulls[lengthof(values)] = {};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}
