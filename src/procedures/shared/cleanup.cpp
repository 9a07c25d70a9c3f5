#include "procedures/shared/cleanup.h"

#include "audit/audit.h"
#include "pg/error.h"
#include "procedures/shared/plan.h"

namespace s2t::procedures {

using pg::Locked;
using pg::OnConflict;
using pg::Row;
using pg::RowLock;
using pg::Scan;
using pg::Session;
using pg::Table;

namespace {

struct Owner {
  pg_uuid_t user_id;  // the hash key
  int32_t days;       // how long the owner's recordings are kept
  bool asked;         // whether the owner's row was tried to be locked
  bool held;          // and was
};

// The instant before which something must have been created to be older than `days`.
TimestampTz days_before(TimestampTz now, int32_t days) {
  int64 span;
  TimestampTz result;
  if (pg_mul_s64_overflow(days, USECS_PER_DAY, &span) || pg_sub_s64_overflow(now, span, &result))
    return DT_NOBEGIN;
  return Max(result, MIN_TIMESTAMP);
}

// The owners of the recordings met: how long theirs are kept, and whether they are held against
// removal. Each is looked up once a batch.
class Owners {
 public:
  static Owners open(Session* session, int32_t days) {
    Owners owners;
    owners.days_ = days;
    owners.subscriptions_ = Table::open(session, pg::user_subscriptions::kTable, pg::kRead);
    owners.plans_ = Table::open(session, pg::plans::kTable, pg::kRead);
    owners.users_ = Table::open(session, pg::users::kTable, pg::kLockRows);
    HASHCTL control = {};
    control.keysize = UUID_LEN;
    control.entrysize = sizeof(Owner);
    control.hcxt = CurrentMemoryContext;
    owners.known_ = hash_create("s2t owners", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
    return owners;
  }

  // The shortest time that anybody's recordings are kept.
  int32_t shortest() {
    int32_t days = days_;
    Scan scan = plans_.scan();
    Row plan;
    while (scan.next(&plan))
      days = Min(days, Max(plan.as_int32(pg::plans::retention_days, days), 0));
    scan.end();
    return days;
  }

  int32_t days_for(const pg_uuid_t* user_id) { return owner(user_id)->days; }

  // Holds the owner (KEY SHARE), whose row comes before its recordings in the order of locks. False
  // if somebody is about to remove it.
  bool hold(const pg_uuid_t* user_id) {
    Owner* entry = owner(user_id);
    if (!entry->asked) {
      Row row;
      entry->held = users_.find(pg::users::by_id, UUIDPGetDatum(user_id), &row) &&
                    users_.lock_found(&row, RowLock::kKeyShare, OnConflict::kSkip) == Locked::kYes;
      entry->asked = true;
    }
    return entry->held;
  }

 private:
  Owner* owner(const pg_uuid_t* user_id) {
    bool known;
    auto* entry = static_cast<Owner*>(hash_search(known_, user_id, HASH_ENTER, &known));
    if (!known) {
      entry->days = look_up(user_id);
      entry->asked = entry->held = false;
    }
    return entry;
  }

  int32_t look_up(const pg_uuid_t* user_id) {
    namespace s = pg::user_subscriptions;
    Row subscription;
    Plan plan;
    if (!subscriptions_.find(s::by_user_id, UUIDPGetDatum(user_id), &subscription) ||
        !find_plan(&plans_, subscription.as_uuid(s::plan_id), &plan))
      return days_;
    return plan.retention_days.value_or(days_);
  }

  int32_t days_ = 0;
  Table subscriptions_;
  Table plans_;
  Table users_;
  HTAB* known_ = nullptr;
};

bool has_ended(const Row& recording) {
  std::string_view status = recording.as_text(pg::recordings::status);
  return status == "done" || status == "failed";
}

bool is_due(const Row& recording, Owners* owners, TimestampTz now) {
  namespace r = pg::recordings;
  return has_ended(recording) && !recording.is_null(r::user_id) &&
         recording.as_timestamp(r::created_at, DT_NOEND) <
             days_before(now, owners->days_for(recording.as_uuid(r::user_id)));
}

// Finds and locks the oldest recordings that are due, after the position, which moves on to the
// last one that was looked at.
void lock_due(RecordingRemoval* removal, Owners* owners, const RetentionPolicy& policy,
              CleanupPosition* position) {
  namespace r = pg::recordings;
  Table* recordings = removal->recordings();
  TimestampTz now = Session::now();
  size_t batch_size = static_cast<size_t>(policy.batch_size);
  const pg::Place begin = position->place;
  ScanKeyData members[2];
  ScanKeyData keys[] = {
      pg::scan_key(1, BTLessStrategyNumber, F_TIMESTAMPTZ_LT,
                   TimestampTzGetDatum(days_before(now, owners->shortest()))),
      pg::after(begin, members),
  };
  // Until s2t_install() has brought older tables up to date, what has failed stays.
  bool former = !recordings->has_index(r::ended_by_created_at) &&
                recordings->has_index(r::done_by_created_at);
  Scan scan = Scan::begin(recordings, former ? r::done_by_created_at : r::ended_by_created_at, keys,
                          lengthof(keys));
  Row row;
  while (removal->size() < batch_size && scan.next(&row)) {
    position->place = {row.as_timestamp(r::created_at, DT_NOBEGIN), *row.as_uuid(r::id)};
    if (!is_due(row, owners, now)) continue;
    if (!owners->hold(row.as_uuid(r::user_id))) continue;
    if (recordings->lock_found(&row, RowLock::kUpdate, OnConflict::kSkip) != Locked::kYes) continue;
    if (!is_due(row, owners, now)) continue;
    if (policy.one_by_one && !removal->hold_account(row.as_uuid(r::user_id))) continue;
    removal->add(row);
  }
  scan.end();
  position->finished = removal->size() < batch_size;
}

}  // namespace

// Removes the next recordings after the position, as many as the policy's batch.
Removed remove_next(Session* session, const RetentionPolicy& policy, CleanupPosition* position) {
  RecordingRemoval removal = RecordingRemoval::open(session);
  Owners owners = Owners::open(session, policy.days);
  lock_due(&removal, &owners, policy, position);
  if (removal.size() == 0) return {};
  Removed removed = removal.remove();
  removal.settle("retention");
  return removed;
}

// The same in an attempt of its own.
bool try_to_remove(FunctionCallInfo fcinfo, const RetentionPolicy& policy,
                   CleanupPosition* position, Removed* removed, pg::Refusal* refusal) {
  return pg::attempt(refusal, policy.deferred, [&] {
    Session session = Session::open(fcinfo, policy.procedure);
    *removed = remove_next(&session, policy, position);
    session.close();
  });
}

// A batch that was refused as a whole, recording by recording.
Removed remove_one_by_one(FunctionCallInfo fcinfo, const RetentionPolicy& policy,
                          CleanupPosition* position, SetAside* set_aside) {
  RetentionPolicy single = policy;
  single.batch_size = 1;
  single.one_by_one = true;
  Removed total;
  while (total.recordings < policy.batch_size && !position->finished) {
    Removed removed;
    pg::Refusal refusal;
    if (try_to_remove(fcinfo, single, position, &removed, &refusal)) {
      total.recordings += removed.recordings;
      total.segments += removed.segments;
    } else {
      set_aside->add(position->place.id, refusal);
    }
  }
  return total;
}

void write_audit(FunctionCallInfo fcinfo, const RetentionPolicy& policy, const Removed& removed) {
  if (removed.recordings == 0) return;
  Session session = Session::open(fcinfo, policy.procedure);
  audit::write(&session, pg::settings::Audit::kChanges,
               {.procedure = policy.procedure,
                .detail = psprintf(INT64_FORMAT " recordings, " INT64_FORMAT " segments",
                                   removed.recordings, removed.segments)});
  session.close();
}

Removed remove_batch(FunctionCallInfo fcinfo, const RetentionPolicy& policy,
                     CleanupPosition* position, SetAside* set_aside) {
  CleanupPosition begin = *position;
  Removed removed;
  pg::Refusal refusal;
  if (!try_to_remove(fcinfo, policy, position, &removed, &refusal)) {
    *position = begin;
    removed = remove_one_by_one(fcinfo, policy, position, set_aside);
  }
  write_audit(fcinfo, policy, removed);
  return removed;
}

}  // namespace s2t::procedures
