#include "procedures/shared/cleanup.h"

#include "audit/audit.h"
#include "pg/error.h"
#include "pg/ids.h"
#include "procedures/shared/account.h"
#include "procedures/shared/segment_store.h"

namespace s2t::procedures {

using pg::Locked;
using pg::OnConflict;
using pg::Row;
using pg::RowLock;
using pg::Scan;
using pg::Session;
using pg::Table;
using pg::TableId;

namespace {

// What is known of a recording that is to be removed.
struct Candidate {
  ItemPointerData tid;
  pg_uuid_t id;
  pg_uuid_t user_id;
  int32_t duration_ms;
  int32_t segment_count;
  bool removed;
};

struct Batch {
  Candidate* recordings;
  int count;
};

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
Batch lock_due(Table* recordings, Owners* owners, const RetentionPolicy& policy,
               CleanupPosition* position) {
  namespace r = pg::recordings;
  TimestampTz now = Session::now();
  Batch batch{nullptr, 0};
  int room = 0;
  pg::Place begin = position->place;
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
  while (batch.count < policy.batch_size && scan.next(&row)) {
    position->place = {row.as_timestamp(r::created_at, DT_NOBEGIN), *row.as_uuid(r::id)};
    if (!is_due(row, owners, now)) continue;
    if (!owners->hold(row.as_uuid(r::user_id))) continue;
    if (recordings->lock_found(&row, RowLock::kUpdate, OnConflict::kSkip) != Locked::kYes) continue;
    if (!is_due(row, owners, now)) continue;
    if (batch.count == room) {
      room = room == 0 ? 256 : room * 2;
      Size bytes = sizeof(Candidate) * static_cast<Size>(room);
      batch.recordings = static_cast<Candidate*>(batch.recordings == nullptr
                                                     ? palloc_extended(bytes, MCXT_ALLOC_HUGE)
                                                     : repalloc_huge(batch.recordings, bytes));
    }
    batch.recordings[batch.count++] = {row.tid(),
                                       *row.as_uuid(r::id),
                                       *row.as_uuid(r::user_id),
                                       row.as_int32(r::duration_ms),
                                       row.as_int32(r::segment_count),
                                       false};
  }
  scan.end();
  position->finished = batch.count < policy.batch_size;
  return batch;
}

int64_t remove_recordings(Table* recordings, const Batch& batch) {
  int64_t removed = 0;
  recordings->begin(CMD_DELETE);
  for (int i = 0; i < batch.count; i++) {
    CHECK_FOR_INTERRUPTS();
    Candidate* candidate = &batch.recordings[i];
    candidate->removed = recordings->remove(candidate->tid);
    if (candidate->removed) removed++;
  }
  recordings->end();
  return removed;
}

// What the foreign key would do on cascade, of segments or of revisions. Its parent being locked
// and removed, no segment can be added any more; those that were added after this transaction's
// snapshot must go too, or be refused.
int64_t remove_segments_of(Table* segments, const Batch& batch) {
  Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
  int64_t removed = 0;
  segments->begin(CMD_DELETE);
  for (int i = 0; i < batch.count; i++) {
    if (batch.recordings[i].removed)
      removed += remove_segments(segments, &batch.recordings[i].id, latest);
  }
  segments->end();
  UnregisterSnapshot(latest);
  return removed;
}

int by_user(const void* left, const void* right) {
  return memcmp(&static_cast<const Candidate*>(left)->user_id,
                &static_cast<const Candidate*>(right)->user_id, UUID_LEN);
}

// What was removed of one owner's recordings, which lie together in the batch.
struct Part {
  std::span<const Candidate> recordings;
  int64_t removed = 0;
  int64_t duration_ms = 0;
  int64_t segments = 0;
};

Part part_from(const Batch& batch, int first) {
  Part part;
  int i = first;
  for (;
       i < batch.count && pg::same_id(batch.recordings[i].user_id, batch.recordings[first].user_id);
       i++) {
    if (!batch.recordings[i].removed) continue;
    part.removed++;
    part.duration_ms += batch.recordings[i].duration_ms;
    part.segments += batch.recordings[i].segment_count;
  }
  part.recordings = {batch.recordings + first, static_cast<size_t>(i - first)};
  return part;
}

void tell(Session* session, const Part& part, events::Times* times) {
  for (const Candidate& recording : part.recordings) {
    if (!recording.removed) continue;
    events::write(session,
                  {.type = events::Type::kRecordingDeleted,
                   .user_id = &recording.user_id,
                   .recording_id = &recording.id,
                   .times = times},
                  [](events::Data* data) { data->add_text("reason", "retention"); });
  }
}

// Moves the running totals of every owner, in the order of the primary key, unless triggers have
// done it, and tells who listens.
void settle(Account* totals, const Batch& batch, bool natively) {
  Session* session = totals->subscriptions()->session();
  bool wanted = events::wanted(session, events::Type::kRecordingDeleted);
  if (!natively && !wanted) return;
  qsort(batch.recordings, batch.count, sizeof(Candidate), by_user);
  for (int i = 0; i < batch.count;) {
    Part part = part_from(batch, i);
    i += static_cast<int>(part.recordings.size());
    if (part.removed == 0) continue;
    bool subscribed = totals->lock(&part.recordings.front().user_id);
    if (subscribed) {
      if (natively) totals->count(-part.removed, -part.duration_ms, -part.segments, 0);
      totals->store(Session::now(), static_cast<int>(part.removed));
    }
    if (wanted) tell(session, part, subscribed ? totals->times() : nullptr);
  }
}

}  // namespace

// Removes the next recordings after the position, as many as the policy's batch.
Removed remove_next(Session* session, const RetentionPolicy& policy, CleanupPosition* position) {
  Table recordings = Table::open(session, pg::recordings::kTable, pg::kLockRows | pg::kDelete,
                                 {TableId::kSegments, TableId::kSegmentRevisions});
  Owners owners = Owners::open(session, policy.days);
  Batch batch = lock_due(&recordings, &owners, policy, position);
  Removed removed;
  if (batch.count == 0) return removed;
  Table segments = Table::open(session, pg::segments::kTable, pg::kDelete);
  std::optional<Table> revisions;
  if (Table::exists(session, pg::segment_revisions::kTable))
    revisions = Table::open(session, pg::segment_revisions::kTable, pg::kDelete);
  Account totals = Account::open(session);
  removed.recordings = remove_recordings(&recordings, batch);
  removed.segments = remove_segments_of(&segments, batch);
  if (revisions) (void)remove_segments_of(&*revisions, batch);
  settle(&totals, batch, recordings.counts_natively());
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
