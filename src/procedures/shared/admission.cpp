#include "procedures/shared/admission.h"

#include "audit/audit.h"
#include "pg/error.h"
#include "procedures/shared/failure.h"

namespace s2t::procedures {

std::optional<int32_t> read_expected_ms(const pg::Arguments& arguments, int index) {
  std::optional<int32_t> expected_ms = arguments.as_optional_int32(index);
  if (expected_ms) pg::raise_unless_ok(core::check_expected_duration(*expected_ms));
  return expected_ms;
}

core::Decision decide(Account* account, const core::Demand& demand, const char* procedure,
                      TimestampTz now, bool* locked) {
  core::Decision decision = core::decide(account->plan().limits, account->left(now), demand);
  *locked = true;
  if (decision.reason != core::Reason::kRecordings && decision.reason != core::Reason::kMinutes)
    return decision;
  pg_uuid_t user_id = *account->user_id();
  if (fail_stale_of(account, procedure, now) == 0) return decision;
  // A trigger of the database's owner may have removed the subscription.
  *locked = account->lock(&user_id);
  if (!*locked) return {core::Reason::kNoSubscription, 0};
  return core::decide(account->plan().limits, account->left(now), demand);
}

core::Left remaining_for(core::Left left, int64_t own) {
  if (left.seconds) left.seconds = Max(*left.seconds + own, 0);
  return left;
}

void describe_refusal(Account* account, const core::Demand& demand, TimestampTz now,
                      Admission* admission) {
  const core::Limits& limits = account->plan().limits;
  core::Balance balance = account->balance(now);
  core::describe_refusal(admission->reason, limits, account->counters(), balance,
                         account->held_seconds(), demand, admission->message,
                         Admission::kMessageBytes);
  core::Left left =
      core::what_is_left(limits, account->counters(), balance, account->held_seconds());
  admission->remaining = remaining_for(left, 0);
}

void finish(pg::Session* session, const char* procedure, const pg_uuid_t* user_id,
            Admission* admission) {
  using pg::settings::Audit;
  if (admission->reason == core::Reason::kOk) {
    audit::write(session, Audit::kAll,
                 {.procedure = procedure, .user_id = user_id, .recording_id = &admission->id});
    return;
  }
  if (admission->accepted()) return;
  if (admission->message[0] == '\0') {
    core::describe_refusal(admission->reason, {}, {}, {}, 0, {}, admission->message,
                           Admission::kMessageBytes);
  }
  audit::write(session, Audit::kChanges,
               {.procedure = procedure,
                .outcome = audit::Outcome::kRefused,
                .user_id = user_id,
                .detail = admission->message});
}

Datum make_row(const Admission& admission) {
  static TupleDesc row_type = nullptr;
  constexpr pg::ResultColumn kColumns[] = {
      {"recording_id", UUIDOID},         {"quota_ok", BOOLOID},
      {"error_message", TEXTOID},        {"reason", TEXTOID},
      {"remaining_recordings", INT4OID}, {"remaining_seconds", INT8OID}};
  const core::Left& left = admission.remaining;
  int64_t recordings = Min(left.recordings.value_or(0), int64_t{INT_MAX});
  Datum values[] = {UUIDPGetDatum(&admission.id),
                    BoolGetDatum(admission.accepted()),
                    pg::make_text(admission.message),
                    pg::make_text(core::name_of(admission.reason)),
                    Int32GetDatum(static_cast<int32_t>(recordings)),
                    Int64GetDatum(left.seconds.value_or(0))};
  bool nulls[] = {!admission.accepted(), false, false, false, !left.recordings, !left.seconds};
  return pg::make_row(&row_type, kColumns, values, nulls);
}

}  // namespace s2t::procedures
