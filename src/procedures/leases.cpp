// s2t_extend_lease and s2t_release_recording: docs/reference.md, "s2t_extend_lease" and
// "s2t_release_recording".
#include "core/account/validate.h"

#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/settings.h"
#include "procedures/shared/failure.h"
#include "procedures/shared/lease.h"
#include "procedures/shared/queue.h"

namespace s2t::procedures {

using pg::Session;
using pg::Values;

namespace {

namespace r = pg::recordings;

// Looked at before anything else, and again under the lock.
void find_held(Recording* recording, Session* session, const pg_uuid_t* id,
               const pg_uuid_t& lease) {
  if (!recording->find(session, id)) pg::raise_not_found("recording", id);
  recording->table()->require(r::lease);
  require_held(*recording, lease);
}

constexpr const char* kRelease = "s2t_release_recording";

// When a recording that is given back may be claimed again; none: at once.
std::optional<TimestampTz> read_pause(const pg::Arguments& arguments, int index) {
  if (arguments.is_null(index)) return std::nullopt;
  TimestampTz now = Session::now();
  Interval* pause = arguments.as_interval(index, "in_retry_after");
  TimestampTz due_at = DatumGetTimestampTz(DirectFunctionCall2(
      timestamptz_pl_interval, TimestampTzGetDatum(now), IntervalPGetDatum(pause)));
  if (due_at < now || TIMESTAMP_NOT_FINITE(due_at)) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid pause"),
                    errdetail("Argument in_retry_after is %s; it must not be negative.",
                              pg::print(pause))));
  }
  if (due_at == now) return std::nullopt;
  return due_at;
}

// Without an error the claim is as if it had not been. What was taken out of the queue meanwhile
// stays out of it.
Values give_back(const pg::Row& held, std::optional<TimestampTz> due_at,
                 std::optional<std::string_view> error) {
  Values change;
  change.set_null(r::lease);
  change.set_null(r::lease_until);
  if (error) {
    change.set(r::error, pg::make_text(*error));
  } else {
    change.set(r::claims, Int32GetDatum(Max(held.as_int32(r::claims) - 1, 0)));
  }
  if (!is_queued(held)) return change;
  // By claims it was put off for as long as it was held, or for good.
  if (due_at) {
    put_off(held, *due_at, &change);
  } else if (held.as_timestamp(r::due_at, DT_NOBEGIN) == DT_NOEND || is_put_off_for_lease(held)) {
    bring_back(held, &change);
  }
  return change;
}

struct Released {
  bool failed = false;
  int32_t attempts_left = 0;
  std::optional<TimestampTz> due_at;
};

Released release(Recording* recording, std::optional<TimestampTz> due_at,
                 std::optional<std::string_view> error) {
  pg_uuid_t user_id = *recording->user_id();
  if (error && is_used_up(recording->row())) {
    (void)fail_if_processing(recording, *error, kRelease, "no attempts left");
    return {true, 0, std::nullopt};
  }
  const pg::Row* stored = recording->update(give_back(recording->row(), due_at, error));
  Released released;
  released.attempts_left = Max(pg::settings::max_attempts() - stored->as_int32(r::claims), 0);
  if (!stored->is_null(r::due_at)) released.due_at = stored->as_timestamp(r::due_at, DT_NOEND);
  if (!stored->is_null(r::priority)) tell_workers();
  audit::write(recording->session(), pg::settings::Audit::kAll,
               {.procedure = kRelease, .user_id = &user_id, .recording_id = recording->id()});
  return released;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_extend_lease) {
  using namespace s2t::procedures;
  namespace r = s2t::pg::recordings;
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  const pg_uuid_t* lease = arguments.as_uuid(1, "in_lease");
  (void)read_lease_end(arguments, 2, Session::now());

  Session session = Session::open(fcinfo, "s2t_extend_lease");
  Recording recording;
  find_held(&recording, &session, id, *lease);
  recording.lock_only();
  require_held(recording, *lease);
  TimestampTz now = Session::now();
  TimestampTz until = read_lease_end(arguments, 2, now);
  Values change;
  change.set(r::lease_until, TimestampTzGetDatum(until));
  change.set(r::active_at, TimestampTzGetDatum(now));
  // A lease that is cut short is over sooner; one that lasts longer is put off again when it is
  // due.
  if (is_put_off_for_lease(recording.row()) &&
      recording.row().as_timestamp(r::due_at, DT_NOEND) > until)
    change.set(r::due_at, TimestampTzGetDatum(until));
  (void)recording.update(change);
  session.close();
  return TimestampTzGetDatum(until);
}

S2T_PROCEDURE(s2t_release_recording) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  constexpr s2t::pg::ResultColumn kColumns[] = {
      {"status", TEXTOID}, {"attempts_left", INT4OID}, {"due_at", TIMESTAMPTZOID}};
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  const pg_uuid_t* lease = arguments.as_uuid(1, "in_lease");

  Session session = Session::open(fcinfo, kRelease);
  Recording recording;
  find_held(&recording, &session, id, *lease);
  std::optional<TimestampTz> due_at = read_pause(arguments, 2);
  std::optional<std::string_view> error = arguments.as_optional_text(3);
  if (error) s2t::pg::raise_unless_ok(s2t::core::check_release_error(*error));
  recording.lock_found();
  require_held(recording, *lease);
  Released released = release(&recording, due_at, error);
  session.close();

  Datum values[] = {s2t::pg::make_text(released.failed ? "failed" : "processing"),
                    Int32GetDatum(released.attempts_left),
                    TimestampTzGetDatum(released.due_at.value_or(0))};
  bool nulls[] = {false, false, !released.due_at};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}
