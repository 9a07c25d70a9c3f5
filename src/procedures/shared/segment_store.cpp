#include "procedures/shared/segment_store.h"

#include "pg/bulk_insert.h"
#include "pg/error.h"
#include "pg/function.h"

namespace s2t::procedures {

using pg::BulkInsert;
using pg::Row;
using pg::Scan;
using pg::Table;
using pg::Values;
using segments::Fingerprint;
using segments::SegmentSource;

namespace {

namespace r = pg::recordings;
namespace s = pg::segments;

bool is_same_meta(const Row& row, Jsonb* meta) {
  bool null;
  Datum stored = row.datum(s::meta, &null);
  if (null || meta == nullptr) return null && meta == nullptr;
  return compareJsonbContainers(&DatumGetJsonbP(stored)->root, &meta->root) == 0;
}

bool is_same(const Row& row, const core::Segment& segment, Jsonb* meta) {
  return row.as_int32(s::start_ms) == segment.start_ms &&
         row.as_int32(s::end_ms) == segment.end_ms && row.as_text(s::text) == segment.text &&
         is_same_meta(row, meta);
}

[[noreturn]] void raise_not_appended(const pg_uuid_t* id, int64_t count) {
  ereport(
      ERROR,
      (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("recording already has segments"),
       errdetail("The recording %s is not completed, but has " INT64_FORMAT " segments.",
                 pg::to_cstring(id), count),
       errhint("Delete these segments first; completing a recording stores all of them.")));
  pg_unreachable();
}

}  // namespace

SegmentStore SegmentStore::open(const Recording& recording) {
  const Row& row = recording.row();
  SegmentStore store;
  store.recording_id_ = *recording.id();
  store.attempt_ = row.as_int32(r::attempt, 1);
  store.present_ = row.as_int32(r::segment_count);
  bool appended = !row.is_null(r::segments_attempt);
  if (store.present_ != 0 && !appended) raise_not_appended(recording.id(), store.present_);
  store.first_ = !appended || row.as_int32(r::segments_attempt) != store.attempt_;
  store.replaces_ = store.first_ && store.present_ != 0;
  pg::Use use = store.replaces_ ? pg::kInsert | pg::kDelete : pg::kInsert;
  store.segments_ = Table::open(recording.session(), s::kTable, use, {pg::TableId::kRecordings});
  return store;
}

SegmentStore SegmentStore::replacing(const Recording& recording, const Table& segments) {
  SegmentStore store;
  store.recording_id_ = *recording.id();
  store.present_ = recording.row().as_int32(r::segment_count);
  store.first_ = store.replaces_ = true;
  store.segments_ = segments;
  return store;
}

bool SegmentStore::has(int position, const core::Segment& segment, Jsonb* meta) {
  ScanKeyData keys[] = {
      pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(&recording_id_)),
      pg::scan_key(2, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(segment.idx))};
  Scan scan = Scan::begin(&segments_, s::by_idx, keys, lengthof(keys));
  Row row;
  bool found = scan.next(&row);
  if (found && !is_same(row, segment, meta)) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("segment is already stored with other content"),
                    errdetail("Element %d has the idx %d, which the recording %s has with other "
                              "columns.",
                              position, segment.idx, pg::to_cstring(&recording_id_)),
                    errhint("What an attempt has stored stays. If it is worth nothing, fail the "
                            "recording and use s2t_retry_recording().")));
  }
  scan.end();
  return found;
}

void SegmentStore::take(SegmentSource* source, Fingerprint* fingerprint) {
  if (replaces_) {
    Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
    segments_.begin(CMD_DELETE);
    removed_ = remove_segments(&segments_, &recording_id_, latest);
    segments_.end();
    UnregisterSnapshot(latest);
  }
  bool may_have = present_ != 0 && !replaces_;
  BulkInsert bulk = BulkInsert::begin(
      &segments_, {s::recording_id, s::idx, s::start_ms, s::end_ms, s::text, s::meta},
      source->count());
  MemoryContext scratch =
      AllocSetContextCreate(CurrentMemoryContext, "s2t segment", ALLOCSET_DEFAULT_SIZES);
  MemoryContext outer = MemoryContextSwitchTo(scratch);
  core::Segment segment;
  Jsonb* meta;
  for (int position = 0; source->next(&segment, &meta); position++) {
    if (fingerprint != nullptr) fingerprint->add(segment, meta);
    end_ms_ = Max(end_ms_, segment.end_ms);
    if (!may_have || !has(position, segment, meta)) {
      Values row;
      row.set(s::recording_id, UUIDPGetDatum(&recording_id_));
      row.set(s::idx, Int32GetDatum(segment.idx));
      row.set(s::start_ms, Int32GetDatum(segment.start_ms));
      row.set(s::end_ms, Int32GetDatum(segment.end_ms));
      row.set(s::text, pg::make_text(segment.text));
      row.set_or_null(s::meta, meta);
      bulk.add(row,
               static_cast<int64_t>(segment.text.size()) + (meta != nullptr ? VARSIZE(meta) : 0));
    }
    MemoryContextReset(scratch);
  }
  MemoryContextSwitchTo(outer);
  MemoryContextDelete(scratch);
  stored_ = bulk.end();
}

void SegmentStore::note(bool natively, bool appends, Values* recording) const {
  if (first_ && appends) recording->set(r::segments_attempt, Int32GetDatum(attempt_));
  if (natively && growth() != 0)
    recording->set(r::segment_count, Int32GetDatum(static_cast<int32_t>(present_ + growth())));
}

int32_t heard_in_attempt(const Row& recording) {
  bool appended = !recording.is_null(r::segments_attempt) &&
                  recording.as_int32(r::segments_attempt) == recording.as_int32(r::attempt, 1);
  return appended ? recording.as_int32(r::heard_ms) : 0;
}

int64_t remove_segments(Table* segments, const pg_uuid_t* recording_id, Snapshot latest) {
  ScanKeyData key = pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(recording_id));
  static_assert(int{s::by_recording_id} == int{pg::segment_revisions::by_recording_id});
  Scan scan = Scan::begin(segments, s::by_recording_id, &key, 1, latest);
  int64_t removed = 0;
  Row row;
  while (scan.next(&row)) {
    if (IsolationUsesXactSnapshot() &&
        !table_tuple_satisfies_snapshot(segments->relation(), row.slot,
                                        segments->session()->snapshot()))
      pg::raise_serialization_failure();
    if (segments->remove(row.tid())) removed++;
  }
  scan.end();
  return removed;
}

}  // namespace s2t::procedures
