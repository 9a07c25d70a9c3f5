// s2t_ack_events and s2t_release_events: docs/reference.md, "s2t_ack_events" and
// "s2t_release_events".
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/settings.h"
#include "procedures/shared/event_queue.h"

namespace s2t::procedures {

namespace {

using events::Found;
using pg::Session;
using pg::Table;
using pg::Values;

namespace e = pg::events;

// Argument 1, in_ids. NULL elements are left out.
std::span<const pg_uuid_t> read_ids(FunctionCallInfo fcinfo) {
  if (PG_ARGISNULL(1)) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("argument must not be null"),
                    errdetail("Argument in_ids is null.")));
  }
  Datum* elements;
  bool* nulls;
  int count;
  deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), UUIDOID, UUID_LEN, false, TYPALIGN_CHAR, &elements,
                    &nulls, &count);
  pg::Array<pg_uuid_t> ids;
  for (int i = 0; i < count; i++)
    if (!nulls[i]) ids.push(*DatumGetUUIDP(elements[i]));
  return ids.all();
}

// The time until the next attempt, which doubles with every one, from ten seconds to an hour.
TimestampTz back_off(TimestampTz now, int attempt) {
  constexpr int64_t kFirst = 10 * USECS_PER_SEC;
  constexpr int kDoublings = 9;
  int doublings = Min(Max(attempt - 1, 0), kDoublings);
  return now + Min(kFirst << doublings, static_cast<int64_t>(USECS_PER_HOUR));
}

struct Release {
  Interval* retry_after;  // nullptr: back_off() after an error, at once without one
  std::optional<std::string_view> error;
};

Release read_release(FunctionCallInfo fcinfo) {
  Release release{PG_ARGISNULL(2) ? nullptr : PG_GETARG_INTERVAL_P(2),
                  pg::Arguments(fcinfo).as_optional_text(3)};
  Interval zero = {};
  if (release.retry_after != nullptr &&
      DatumGetBool(DirectFunctionCall2(interval_lt, IntervalPGetDatum(release.retry_after),
                                       IntervalPGetDatum(&zero)))) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid time of a retry"),
                    errdetail("Argument in_retry_after is below zero.")));
  }
  return release;
}

// What is given back without an error does not count as an attempt; one with an error was the last
// one if the event has had them all.
Values change_of(const Found& found, const Release& release, const events::Queues& queues,
                 TimestampTz now) {
  Values change;
  TimestampTz due_at = now;
  if (release.retry_after != nullptr) {
    due_at = DatumGetTimestampTz(DirectFunctionCall2(
        timestamptz_pl_interval, TimestampTzGetDatum(now), IntervalPGetDatum(release.retry_after)));
    // Intervals are infinite from PostgreSQL 17 on; the queue has a meaning of its own for it.
    if (TIMESTAMP_NOT_FINITE(due_at)) {
      ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid time of a retry"),
                      errdetail("Argument in_retry_after is %s.", pg::print(release.retry_after))));
    }
  } else if (release.error) {
    due_at = back_off(now, found.attempt);
  }
  change.set(e::due_at, TimestampTzGetDatum(due_at));
  change.set_or_null(e::error, release.error);
  if (!release.error) {
    change.set(e::attempt, Int32GetDatum(Max(found.attempt - 1, 0)));
  } else if (found.attempt >= pg::settings::event_attempts()) {
    events::set_dead(queues, now, &change);
  }
  return change;
}

int acknowledge(Session* session, std::string_view consumer, std::span<const pg_uuid_t> ids) {
  events::Queues queues = events::queues_of(session, consumer);
  Table events = Table::open(session, e::kTable, pg::kUpdate | pg::kDelete);
  events::Removal removal(&events, queues);
  std::span<Found> found = removal.lock(ids);
  int removed = 0;
  events.begin(CMD_DELETE);
  for (const Found& event : found)
    if (events.remove(event.tid)) removed++;
  events.end();
  removal.bring_forward();
  return removed;
}

int release(Session* session, std::string_view consumer, std::span<const pg_uuid_t> ids,
            const Release& release) {
  events::Queues queues = events::queues_of(session, consumer);
  Table events = Table::open(session, e::kTable, pg::kUpdate);
  events::Removal removal(&events, queues);
  TimestampTz now = Session::now();
  int released = 0;
  std::span<Found> found = removal.lock(ids);
  events.begin(CMD_UPDATE, events::kMoved);
  for (const Found& event : found) {
    if (events.update(events.locked_at(event.tid), change_of(event, release, queues, now)) !=
        nullptr)
      released++;
  }
  events.end();
  removal.bring_forward();
  return released;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_ack_events) {
  using namespace s2t::procedures;
  std::string_view consumer = s2t::pg::Arguments(fcinfo).as_text(0, "in_consumer");
  std::span<const pg_uuid_t> ids = read_ids(fcinfo);
  Session session = Session::open(fcinfo, "s2t_ack_events");
  int removed = acknowledge(&session, consumer, ids);
  session.close();
  PG_RETURN_INT32(removed);
}

S2T_PROCEDURE(s2t_release_events) {
  using namespace s2t::procedures;
  std::string_view consumer = s2t::pg::Arguments(fcinfo).as_text(0, "in_consumer");
  std::span<const pg_uuid_t> ids = read_ids(fcinfo);
  Release wish = read_release(fcinfo);
  Session session = Session::open(fcinfo, "s2t_release_events");
  int released = release(&session, consumer, ids, wish);
  session.close();
  PG_RETURN_INT32(released);
}
