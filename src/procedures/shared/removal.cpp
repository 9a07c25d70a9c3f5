#include "procedures/shared/removal.h"

#include "pg/ids.h"
#include "procedures/shared/events.h"
#include "procedures/shared/segment_store.h"

namespace s2t::procedures {

using pg::Session;
using pg::Table;
using pg::TableId;

RecordingRemoval RecordingRemoval::open(Session* session) {
  RecordingRemoval removal;
  removal.recordings_ = Table::open(session, pg::recordings::kTable, pg::kLockRows | pg::kDelete,
                                    {TableId::kSegments, TableId::kSegmentRevisions});
  removal.segments_ = Table::open(session, pg::segments::kTable, pg::kDelete);
  if (Table::exists(session, pg::segment_revisions::kTable))
    removal.revisions_ = Table::open(session, pg::segment_revisions::kTable, pg::kDelete);
  removal.totals_ = Account::open(session);
  return removal;
}

void RecordingRemoval::add(const pg::Row& locked) {
  namespace r = pg::recordings;
  bool holds = locked.as_text(r::status) == "processing";
  doomed_.push({.tid = locked.tid(),
                .id = *locked.as_uuid(r::id),
                .user_id = *locked.as_uuid(r::user_id),
                .duration_ms = locked.as_int32(r::duration_ms),
                .segments = locked.as_int32(r::segment_count),
                .held = holds ? locked.as_int32(r::held_seconds) : 0,
                .removed = false});
}

int64_t RecordingRemoval::remove_rows() {
  int64_t removed = 0;
  recordings_.begin(CMD_DELETE);
  for (Doomed& recording : doomed_) {
    CHECK_FOR_INTERRUPTS();
    recording.removed = recordings_.remove(recording.tid);
    if (recording.removed) removed++;
  }
  recordings_.end();
  return removed;
}

// What the foreign key would do on cascade, of segments or of revisions. Its parent being locked
// and removed, no segment can be added any more; those that were added after this transaction's
// snapshot must go too, or be refused.
int64_t RecordingRemoval::remove_from(Table* segments) {
  Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
  int64_t removed = 0;
  segments->begin(CMD_DELETE);
  for (const Doomed& recording : doomed_)
    if (recording.removed) removed += remove_segments(segments, &recording.id, latest);
  segments->end();
  UnregisterSnapshot(latest);
  return removed;
}

Removed RecordingRemoval::remove() {
  Removed removed;
  if (doomed_.empty()) return removed;
  removed.recordings = remove_rows();
  removed.segments = remove_from(&segments_);
  if (revisions_) (void)remove_from(&*revisions_);
  return removed;
}

int RecordingRemoval::by_user(const void* left, const void* right) {
  return memcmp(&static_cast<const Doomed*>(left)->user_id,
                &static_cast<const Doomed*>(right)->user_id, UUID_LEN);
}

void RecordingRemoval::settle(const char* reason) {
  Session* session = recordings_.session();
  if (!recordings_.counts_natively() && !events::wanted(session, events::Type::kRecordingDeleted))
    return;
  qsort(doomed_.begin(), doomed_.size(), sizeof(Doomed), by_user);
  std::span<const Doomed> rest = doomed_.all();
  while (!rest.empty()) {
    size_t count = 1;
    while (count < rest.size() && pg::same_id(rest[count].user_id, rest[0].user_id)) count++;
    settle_owner(rest.first(count), reason);
    rest = rest.subspan(count);
  }
}

void RecordingRemoval::settle_owner(std::span<const Doomed> part, const char* reason) {
  int removed = 0;
  int64_t duration_ms = 0;
  int64_t segments = 0;
  int64_t held = 0;
  for (const Doomed& recording : part) {
    if (!recording.removed) continue;
    removed++;
    duration_ms += recording.duration_ms;
    segments += recording.segments;
    held += recording.held;
  }
  if (removed == 0) return;
  bool subscribed = totals_.lock(&part[0].user_id);
  if (subscribed) {
    if (recordings_.counts_natively()) totals_.count(-removed, -duration_ms, -segments, -held);
    totals_.store(Session::now(), removed);
  }
  for (const Doomed& recording : part) {
    if (!recording.removed) continue;
    events::write(recordings_.session(),
                  {.type = events::Type::kRecordingDeleted,
                   .user_id = &recording.user_id,
                   .recording_id = &recording.id,
                   .times = subscribed ? totals_.times() : nullptr},
                  [&](events::Data* data) { data->add_text("reason", reason); });
  }
}

}  // namespace s2t::procedures
