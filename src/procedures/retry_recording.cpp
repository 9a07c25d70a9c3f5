// s2t_retry_recording: docs/reference.md, "s2t_retry_recording".
#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/settings.h"
#include "procedures/shared/admission.h"
#include "procedures/shared/recording.h"

namespace s2t::procedures {

using pg::make_text;
using pg::Session;
using pg::Values;

namespace {

void require_failed(Recording* recording, const pg_uuid_t* id) {
  if (recording->status() == Status::kFailed) return;
  ereport(ERROR,
          (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("recording has not failed"),
           errdetail("The recording %s is %s.", pg::to_cstring(id),
                     recording->status() == Status::kDone ? "done" : "in processing")));
}

// A new attempt, from which staleness counts. A recording is charged only if it is charged to no
// cycle; what was charged of its length is held no more.
void begin_again(Account* account, Recording* recording, int32_t hold_seconds, TimestampTz now) {
  namespace r = pg::recordings;
  pg_uuid_t id = *recording->row().as_uuid(r::id);
  int32_t attempt = recording->row().as_int32(r::attempt, 1);
  Metered before = Metered::of(recording->row());
  Metered after = before;
  if (!after.cycle_id) account->charge({1, 0}, now, &after);
  after.held = hold_seconds;
  if (recording->table()->counts_natively()) account->count(0, 0, 0, hold_seconds);
  account->store(now);
  if (recording->table()->session()->runs_foreign_code()) recording->lock_again();

  Values change;
  change.set(r::status, make_text("processing"));
  change.set_null(r::error);
  change.set(r::attempt, Int32GetDatum(attempt + 1));
  change.set(r::active_at, TimestampTzGetDatum(now));
  change.set(r::claims, Int32GetDatum(0));
  change.set_null(r::lease_worker);
  after.store(before, &change);
  (void)recording->update(change);
  account->write_entries(&id, now);
}

void retry(Session* session, Recording* recording, std::optional<int32_t> expected_ms,
           const char* procedure, Admission* answer) {
  bool blocked = false;
  Account account = Account::open(session);
  if (!hold_user(session, recording->user_id(), &blocked) || !account.lock(recording->user_id()))
    return;
  TimestampTz now = Session::now();
  if (account.cycle_ended(now) && !pg::settings::lazy_rollover()) return;
  if (blocked) {
    answer->reason = core::Reason::kNotActive;
    return;
  }
  account.roll_over_if_ended(now);
  Metered metered = Metered::of(recording->row());
  core::Demand demand{.expected_ms = expected_ms,
                      .charges_recording = !metered.cycle_id,
                      .charged_seconds = metered.seconds};
  bool subscribed;
  core::Decision decision = decide(&account, demand, procedure, now, &subscribed);
  answer->reason = decision.reason;
  if (!subscribed) return;
  if (decision.reason != core::Reason::kOk) {
    describe_refusal(&account, demand, now, answer);
    return;
  }
  begin_again(&account, recording, decision.hold_seconds, now);
  answer->remaining = remaining_for(account.left(now), 0);
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_retry_recording) {
  using namespace s2t::procedures;
  constexpr const char* kName = "s2t_retry_recording";
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  std::optional<int32_t> expected_ms = read_expected_ms(arguments, 1);

  Session session = Session::open(fcinfo, kName);
  Recording recording = Recording::lock(&session, id);
  require_failed(&recording, id);
  Admission answer;
  answer.id = *id;
  retry(&session, &recording, expected_ms, kName, &answer);
  finish(&session, kName, recording.user_id(), &answer);
  session.close();
  return make_row(answer);
}
