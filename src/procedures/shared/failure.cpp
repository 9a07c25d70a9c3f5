#include "procedures/shared/failure.h"

#include "audit/audit.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "pg/settings.h"
#include "procedures/shared/lease.h"

namespace s2t::procedures {

using pg::Locked;
using pg::make_text;
using pg::Row;
using pg::RowLock;
using pg::Session;
using pg::Table;
using pg::Values;

namespace {

// At most so many at a time: what is left over ends with the next call, or with the job.
constexpr int kMaxStale = 100;

// Looking back this far: what is older is the job's.
constexpr int64_t kStaleReach = 62 * USECS_PER_DAY;

bool is_stale_now(const Row& recording, TimestampTz now) {
  return recording.as_text(pg::recordings::status) == "processing" &&
         is_stale(recording, now - pg::settings::stale_after(), now) != Stale::kNo;
}

// Where the user's stale recordings lie, in the order of their ids.
int find_stale(Table* recordings, const pg_uuid_t* user_id, TimestampTz now, pg_uuid_t* ids) {
  namespace r = pg::recordings;
  pg_uuid_t from = pg::first_id_at(now - kStaleReach);
  ScanKeyData keys[] = {
      pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(user_id)),
      pg::scan_key(2, BTGreaterEqualStrategyNumber, F_UUID_GE, UUIDPGetDatum(&from))};
  pg::Scan scan = pg::Scan::begin(recordings, r::by_user_id, keys,
                                  recordings->index_continues_with(r::by_user_id, r::id) ? 2 : 1);
  int count = 0;
  Row row;
  while (count < kMaxStale && scan.next(&row)) {
    CHECK_FOR_INTERRUPTS();
    if (is_stale_now(row, now)) ids[count++] = *row.as_uuid(r::id);
  }
  scan.end();
  return count;
}

}  // namespace

core::Amount fail_locked(Account* account, Table* recordings, const Row& locked,
                         std::string_view reason, const char* procedure, TimestampTz now,
                         const char* detail) {
  namespace r = pg::recordings;
  pg_uuid_t id = *locked.as_uuid(r::id);
  pg_uuid_t user_id = *locked.as_uuid(r::user_id);
  Metered before = Metered::of(locked);
  Metered after = before;
  after.held = 0;
  if (account != nullptr) {
    if (locked.as_int32(r::segment_count) == 0 && pg::settings::refund_failed())
      account->refund(&id, &after);
    if (recordings->counts_natively()) account->count(0, 0, 0, -int64_t{before.held});
    account->store(now);
  }
  Row row = locked;
  if (account != nullptr && recordings->session()->runs_foreign_code() &&
      recordings->lock(r::by_id, UUIDPGetDatum(&id), RowLock::kNoKeyUpdate, &row) != Locked::kYes)
    pg::raise_not_found("recording", &id);
  Values change;
  change.set(r::status, make_text("failed"));
  change.set(r::error, make_text(reason));
  leave_queue(row, &change);
  after.store(before, &change);
  // What a trigger changes beside is counted by triggers.
  (void)recordings->update_one(row, change);
  if (account != nullptr) account->write_entries(&id, now);
  core::Amount refunded{before.cycle_id && !after.cycle_id ? 1 : 0, before.seconds - after.seconds};
  events::write(recordings->session(),
                {.type = events::Type::kRecordingFailed,
                 .user_id = &user_id,
                 .recording_id = &id,
                 .times = account != nullptr ? account->times() : nullptr},
                [&](events::Data* data) {
                  data->add_text("error", reason);
                  data->add_number("refunded_recordings", refunded.recordings);
                  data->add_number("refunded_seconds", refunded.seconds);
                });
  audit::write(recordings->session(), pg::settings::Audit::kChanges,
               {.procedure = procedure,
                .outcome = audit::Outcome::kFailed,
                .user_id = &user_id,
                .recording_id = &id,
                .detail = detail});
  return refunded;
}

namespace {

// Whether failing the recording touches its owner's subscription.
bool concerns_account(const Row& recording) {
  Metered metered = Metered::of(recording);
  return metered.cycle_id || metered.seconds != 0 || metered.held != 0;
}

// `account`: locked, or nullptr.
core::Amount fail_processing(Recording* recording, Account* account, std::string_view reason,
                             const char* procedure, const char* detail) {
  TimestampTz now = Session::now();
  if (account != nullptr) account->roll_over_if_ended(now);
  return fail_locked(account, recording->table(), recording->row(), reason, procedure, now, detail);
}

}  // namespace

// Where nothing is charged or held, the subscription is not waited for.
Failure fail_if_processing(Recording* recording, std::string_view reason, const char* procedure,
                           const char* detail) {
  Status status = recording->status();
  if (status != Status::kProcessing) return {status, {}};
  Account account = Account::open(recording->table()->session());
  bool locked = concerns_account(recording->row()) && account.lock(recording->user_id());
  return {status,
          fail_processing(recording, locked ? &account : nullptr, reason, procedure, detail)};
}

Locked Accounts::lock(Account* account, const pg_uuid_t* user_id) {
  if (any_ && memcmp(user_id, &last_, UUID_LEN) < 0) return account->try_lock(user_id);
  // Also where it is refused afterwards: whether the lock is given back then is not looked at.
  last_ = *user_id;
  any_ = true;
  return account->lock(user_id) ? Locked::kYes : Locked::kNo;
}

Tried try_to_fail(Session* session, const pg_uuid_t* id, const char* procedure, Accounts* accounts,
                  Verdict (*judge)(const Row& recording, void* argument), void* argument) {
  Recording recording;
  switch (recording.try_lock(session, id)) {
    case pg::Locked::kSkipped:
      return Tried::kHeld;
    case pg::Locked::kNo:
      return Tried::kNothing;
    case pg::Locked::kYes:
      break;
  }
  if (recording.status() != Status::kProcessing) return Tried::kNothing;
  Verdict verdict = judge(recording.row(), argument);
  if (verdict.reason == nullptr) return Tried::kNothing;
  Account account = Account::open(session);
  Locked locked = Locked::kNo;
  if (concerns_account(recording.row())) locked = accounts->lock(&account, recording.user_id());
  if (locked == Locked::kSkipped) return Tried::kHeld;
  (void)fail_processing(&recording, locked == Locked::kYes ? &account : nullptr, verdict.reason,
                        procedure, verdict.detail);
  return Tried::kFailed;
}

int fail_stale_of(Account* account, const char* procedure, TimestampTz now) {
  namespace r = pg::recordings;
  Session* session = account->subscriptions()->session();
  pg_uuid_t user_id = *account->user_id();
  Table recordings = Table::open(session, r::kTable, pg::kUpdate);
  auto* ids = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t) * kMaxStale));
  int found = find_stale(&recordings, &user_id, now, ids);
  int failed = 0;
  for (int i = 0; i < found; i++) {
    Row row;
    // The subscription is held already: waiting here could end in a deadlock.
    if (!recordings.find(r::by_id, UUIDPGetDatum(&ids[i]), &row) ||
        recordings.lock_found(&row, RowLock::kNoKeyUpdate, pg::OnConflict::kSkip) != Locked::kYes ||
        !is_stale_now(row, now))
      continue;
    (void)fail_locked(account, &recordings, row, "stale: no sign of life", procedure, now);
    failed++;
    if (!account->lock(&user_id)) break;
  }
  return failed;
}

}  // namespace s2t::procedures
