#include "procedures/shared/transcript_edit.h"

#include "audit/audit.h"
#include "pg/array.h"
#include "pg/encoding.h"
#include "pg/error.h"
#include "pg/ids.h"
#include "procedures/shared/segment_store.h"

namespace s2t::procedures {

using pg::BulkInsert;
using pg::Changed;
using pg::make_text;
using pg::Row;
using pg::Scan;
using pg::Session;
using pg::Table;
using pg::Values;

namespace {

namespace r = pg::recordings;
namespace s = pg::segments;

[[noreturn]] void raise_changed_meanwhile(const pg_uuid_t* id, const char* detail) {
  ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                  errmsg("transcript was changed meanwhile"),
                  errdetail("The transcript of the recording %s %s.", pg::to_cstring(id), detail),
                  errhint("Read the transcript again, and edit what it is now.")));
  pg_unreachable();
}

void require_done(const Recording& recording) {
  Status status = recording.status();
  if (status == Status::kDone) return;
  ereport(ERROR,
          (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("recording is not completed"),
           errdetail("The recording %s %s.", pg::to_cstring(recording.id()),
                     status == Status::kFailed ? "has failed" : "is in processing")));
}

void require_revision(const Recording& recording, const EditRequest& request) {
  int32_t revision = recording.row().as_int32(r::revision);
  if (!request.revision || *request.revision == revision) return;
  raise_changed_meanwhile(recording.id(), psprintf("has the revision %d; in_revision is %d",
                                                   revision, *request.revision));
}

bool is_same_meta(const Jsonb* a, const Jsonb* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return compareJsonbContainers(&const_cast<Jsonb*>(a)->root, &const_cast<Jsonb*>(b)->root) == 0;
}

int32_t next_number(int32_t number, int32_t by, const char* what) {
  int32_t result;
  if (pg_add_s32_overflow(number, by, &result))
    ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("%s out of range", what)));
  return result;
}

// Nothing tells what was charged before there was a ledger; completing charged it.
int32_t charged_so_far(const Row& recording, const Metered& metered) {
  if (metered.cycle_id || metered.seconds != 0 || recording.is_null(r::fingerprint))
    return metered.seconds;
  return core::billable_seconds(recording.as_int32(r::duration_ms));
}

}  // namespace

EditRequest EditRequest::read(const pg::Arguments& arguments, const char* procedure,
                              int revision_argument) {
  EditRequest request{procedure, arguments.as_uuid(0, "in_user_id"),
                      arguments.as_uuid(1, "in_recording_id"), std::nullopt};
  if (revision_argument >= 0) request.revision = arguments.as_optional_int32(revision_argument);
  return request;
}

Datum Edited::make_row(TupleDesc* row_type) const {
  constexpr pg::ResultColumn kColumns[] = {{"revision", INT4OID},
                                           {"segment_count", INT4OID},
                                           {"changed", INT4OID},
                                           {"lost_words", INT4OID}};
  Datum values[] = {Int32GetDatum(revision), Int32GetDatum(segment_count), Int32GetDatum(changed),
                    Int32GetDatum(lost_words)};
  bool nulls[lengthof(values)] = {};
  return pg::make_row(row_type, kColumns, values, nulls);
}

TranscriptEdit TranscriptEdit::open(Session* session, const EditRequest& request, pg::Use use) {
  TranscriptEdit edit;
  edit.procedure_ = request.procedure;
  edit.recording_ = Recording::lock(session, request.recording_id);
  Recording* recording = &edit.recording_;
  // Nobody learns whether a recording of somebody else exists.
  if (!pg::same_id(*recording->user_id(), *request.user_id))
    pg::raise_not_found("recording", request.recording_id);
  edit.revisions_ = Revisions::open(session, request.recording_id);
  recording->table()->require(r::revision);
  require_done(*recording);
  require_revision(*recording, request);

  edit.account_ = Account::open(session);
  edit.segments_ = Table::open(session, s::kTable, use | pg::kRead, {pg::TableId::kRecordings});
  edit.natively_ = edit.segments_.counts_natively() && recording->table()->counts_natively();
  int32_t present = recording->row().as_int32(r::revision);
  if (present != 0) edit.latest_ = edit.revisions_.find(present);
  edit.revision_.revision = next_number(present, 1, "revision");
  return edit;
}

std::span<Line> TranscriptEdit::read(IdxRange range) {
  ScanKeyData keys[] = {
      pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(recording_.id())),
      pg::scan_key(2, BTGreaterEqualStrategyNumber, F_INT4GE, Int32GetDatum(range.first)),
      pg::scan_key(2, BTLessEqualStrategyNumber, F_INT4LE, Int32GetDatum(range.last))};
  Scan scan = Scan::begin(&segments_, s::by_idx, keys, lengthof(keys));
  pg::Array<Line> lines;
  Row row;
  while (scan.next(&row)) lines.push(copy_line(line_of_segment(row)));
  scan.end();
  return lines.all();
}

Line TranscriptEdit::read_one(int32_t idx) {
  std::span<Line> lines = read({idx, idx});
  if (lines.empty()) {
    ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND), errmsg("segment not found"),
                    errdetail("The recording %s has no segment with the idx %d.",
                              pg::to_cstring(recording_.id()), idx)));
  }
  return lines.front();
}

Line TranscriptEdit::read_present(int32_t idx) {
  std::span<Line> lines = read({idx, idx});
  if (lines.empty())
    raise_changed_meanwhile(recording_.id(),
                            psprintf("lost the segment %d by a direct statement", idx));
  return lines.front();
}

// The row is not locked; nobody but the owner of the tables changes it beside the recording's lock.
void TranscriptEdit::update(const Row& row, const Values& change) {
  int32_t idx = row.as_int32(s::idx);
  switch (segments_.update_found(row, change)) {
    case Changed::kYes:
      return;
    case Changed::kSuppressed:
      pg::raise_suppressed_by_trigger(segments_.relation());
    case Changed::kMoved:
      raise_changed_meanwhile(
          recording_.id(), psprintf("lost or changed the segment %d by a direct statement", idx));
  }
}

void TranscriptEdit::change_line(const Line& before, const Line& now) {
  Values change;
  if (!now.only_meta) {
    if (now.start_ms != before.start_ms) change.set(s::start_ms, Int32GetDatum(now.start_ms));
    if (now.end_ms != before.end_ms) change.set(s::end_ms, Int32GetDatum(now.end_ms));
    if (now.text != before.text) change.set(s::text, make_text(now.text));
  }
  if (!is_same_meta(before.meta, now.meta)) change.set_or_null(s::meta, now.meta);
  ScanKeyData keys[] = {
      pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(recording_.id())),
      pg::scan_key(2, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(now.idx))};
  Scan scan = Scan::begin(&segments_, s::by_idx, keys, lengthof(keys));
  Row row;
  if (!scan.next(&row))
    raise_changed_meanwhile(recording_.id(),
                            psprintf("lost the segment %d by a direct statement", now.idx));
  update(row, change);
  scan.end();
}

void TranscriptEdit::change(std::span<const Line> before, std::span<const Line> now) {
  kept_ = before;
  pg::Columns columns;
  for (size_t i = 0; i < now.size(); i++) {
    const Line& a = before[i];
    const Line& b = now[i];
    if (!b.only_meta && b.start_ms != a.start_ms) columns = columns | pg::Columns{s::start_ms};
    if (!b.only_meta && b.end_ms != a.end_ms) columns = columns | pg::Columns{s::end_ms};
    if (!b.only_meta && b.text != a.text) columns = columns | pg::Columns{s::text};
    if (!is_same_meta(a.meta, b.meta)) columns = columns | pg::Columns{s::meta};
  }
  if (columns == pg::Columns()) return;
  segments_.begin(CMD_UPDATE, columns);
  for (size_t i = 0; i < now.size(); i++) {
    CHECK_FOR_INTERRUPTS();
    if (!is_same_line(before[i], now[i])) change_line(before[i], now[i]);
  }
  segments_.end();
}

// From the far end where they move up, so that no idx is there twice: the key is checked row by
// row.
void TranscriptEdit::move_following(int32_t after, int32_t by) {
  if (by == 0 || after == PG_INT32_MAX) return;
  ScanKeyData keys[] = {
      pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(recording_.id())),
      pg::scan_key(2, BTGreaterStrategyNumber, F_INT4GT, Int32GetDatum(after))};
  Scan scan = Scan::begin(&segments_, s::by_idx, keys, lengthof(keys), nullptr,
                          by > 0 ? BackwardScanDirection : ForwardScanDirection);
  Row row;
  bool begun = false;
  while (scan.next(&row)) {
    if (!begun) segments_.begin(CMD_UPDATE, {s::idx});
    begun = true;
    Values change;
    change.set(s::idx, Int32GetDatum(next_number(row.as_int32(s::idx), by, "idx")));
    update(row, change);
  }
  scan.end();
  if (begun) segments_.end();
}

namespace {

bool has_idx(std::span<const Line> lines, int32_t idx) {
  size_t low = 0;
  size_t high = lines.size();
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (lines[middle].idx == idx) return true;
    if (lines[middle].idx < idx) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

// Those of `lines` whose idx the others have, or have not.
std::span<const Line> those_in(std::span<const Line> lines, std::span<const Line> others,
                               bool wanted) {
  pg::Array<Line> found;
  for (const Line& line : lines)
    if (has_idx(others, line.idx) == wanted) found.push(line);
  return found.all();
}

}  // namespace

// What is left would stand beside what takes its place.
void TranscriptEdit::raise_not_removed(int32_t idx) {
  const TriggerDesc* triggers = segments_.relation()->trigdesc;
  if (triggers != nullptr && triggers->trig_delete_before_row)
    pg::raise_suppressed_by_trigger(segments_.relation());
  raise_changed_meanwhile(recording_.id(),
                          psprintf("lost or changed the segment %d by a direct statement", idx));
}

void TranscriptEdit::remove_others(std::span<const Line> before, std::span<const Line> now) {
  std::span<const Line> gone = those_in(before, now, false);
  if (gone.empty()) return;
  ScanKeyData keys[] = {
      pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(recording_.id())),
      pg::scan_key(2, BTGreaterEqualStrategyNumber, F_INT4GE, Int32GetDatum(gone.front().idx)),
      pg::scan_key(2, BTLessEqualStrategyNumber, F_INT4LE, Int32GetDatum(gone.back().idx))};
  segments_.begin(CMD_DELETE);
  Scan scan = Scan::begin(&segments_, s::by_idx, keys, lengthof(keys));
  Row row;
  while (scan.next(&row)) {
    int32_t idx = row.as_int32(s::idx);
    if (!has_idx(gone, idx)) continue;
    if (!segments_.remove(row.tid())) raise_not_removed(idx);
    growth_--;
  }
  scan.end();
  segments_.end();
}

void TranscriptEdit::insert(std::span<const Line> before, std::span<const Line> now) {
  std::span<const Line> added = those_in(now, before, false);
  if (added.empty()) return;
  BulkInsert bulk = BulkInsert::begin(
      &segments_, {s::recording_id, s::idx, s::start_ms, s::end_ms, s::text, s::meta},
      static_cast<int64_t>(added.size()));
  for (const Line& line : added) {
    Values row;
    row.set(s::recording_id, UUIDPGetDatum(recording_.id()));
    row.set(s::idx, Int32GetDatum(line.idx));
    row.set(s::start_ms, Int32GetDatum(line.start_ms));
    row.set(s::end_ms, Int32GetDatum(line.end_ms));
    row.set(s::text, make_text(line.text));
    row.set_or_null(s::meta, line.meta);
    bulk.add(row, static_cast<int64_t>(line.text.size()) +
                      (line.meta != nullptr ? VARSIZE(line.meta) : 0));
  }
  // A segment's text would be lost, or the numbers would have a gap.
  int64_t stored = bulk.end();
  if (stored != static_cast<int64_t>(added.size()))
    pg::raise_suppressed_by_trigger(segments_.relation());
  growth_ += stored;
}

void TranscriptEdit::put(IdxRange range, std::span<const Line> before, std::span<const Line> now) {
  auto by =
      static_cast<int32_t>(static_cast<int64_t>(now.size()) - static_cast<int64_t>(before.size()));
  std::span<const Line> kept = before;
  remove_others(before, now);
  move_following(range.last, by);
  change(those_in(before, now, true), those_in(now, before, true));
  insert(before, now);
  kept_ = kept;
  revision_.range = IdxRange{now.front().idx, now.back().idx};
  revision_.moved_by = by;
}

void TranscriptEdit::put_all(segments::SegmentSource* source, int32_t duration_ms,
                             segments::Fingerprint* fingerprint) {
  keeps_all_ = true;
  kept_all_ = revisions_.keep_all(revision_.revision, &segments_);
  SegmentStore store = SegmentStore::replacing(recording_, segments_);
  store.take(source, fingerprint);
  growth_ = store.growth();
  revision_.range = kAllIdx;
  int32_t before_ms = recording_.row().as_int32(r::duration_ms);
  if (duration_ms != before_ms) {
    revision_.duration_ms = before_ms;
    duration_ms_ = duration_ms;
  }
}

Edited TranscriptEdit::unchanged() const {
  const Row& row = recording_.row();
  return {row.as_int32(r::revision), row.as_int32(r::segment_count), 0, 0};
}

// Moves the totals and charges; false if the owner's subscription was not touched.
bool TranscriptEdit::settle(bool charge, TimestampTz now, Metered* metered) {
  const Row& row = recording_.row();
  int64_t longer_ms =
      duration_ms_ ? int64_t{*duration_ms_} - row.as_int32(r::duration_ms) : int64_t{0};
  bool counts = natively_ && (growth_ != 0 || longer_ms != 0);
  int32_t duration_ms = duration_ms_.value_or(row.as_int32(r::duration_ms));
  int32_t more = charge ? core::billable_seconds(duration_ms) - charged_so_far(row, *metered) : 0;
  if ((!counts && more <= 0) || !account_.lock(recording_.user_id())) return false;
  if (more > 0) {
    account_.roll_over_if_ended(now);
    account_.charge({0, more}, now, metered);
  }
  if (counts) account_.count(0, longer_ms, growth_, 0);
  account_.store(now);
  return true;
}

Edited TranscriptEdit::finish(const char* kind, int64_t changed, int32_t lost_words, bool charge) {
  Session* session = recording_.session();
  TimestampTz now = Session::now();
  revision_.kind = kind;
  if (!revision_.is_undo()) {
    if (latest_) revision_.undo_next = latest_->undone_first();
    if (kind == edit_kind::kReplace) {
      revision_.replacement = revision_.revision;
    } else if (latest_) {
      revision_.replacement = latest_->replacement;
    }
  }
  if (keeps_all_) {
    revisions_.write_edit(revision_, kept_all_, now);
  } else {
    revisions_.write(revision_, kept_, now);
  }
  if (session->runs_foreign_code()) recording_.lock_again();

  Metered before = Metered::of(recording_.row());
  Metered after = before;
  bool subscribed = settle(charge, now, &after);
  if (session->runs_foreign_code()) recording_.lock_again();
  Values change;
  change.set(r::revision, Int32GetDatum(revision_.revision));
  if (natively_ && growth_ != 0) {
    int64_t count = recording_.row().as_int32(r::segment_count) + growth_;
    change.set(r::segment_count, Int32GetDatum(static_cast<int32_t>(count)));
  }
  if (duration_ms_) change.set(r::duration_ms, Int32GetDatum(*duration_ms_));
  after.store(before, &change);
  const Row* stored = stored_ = recording_.update(change);
  pg_uuid_t user_id = *stored->as_uuid(r::user_id);
  Edited edited{revision_.revision, stored->as_int32(r::segment_count),
                static_cast<int32_t>(changed), lost_words};
  if (subscribed) account_.write_entries(recording_.id(), now);
  events::write(session,
                {.type = events::Type::kTranscriptEdited,
                 .user_id = &user_id,
                 .recording_id = recording_.id(),
                 .times = subscribed ? account_.times() : nullptr},
                [&](events::Data* data) {
                  data->add_text("kind", kind);
                  data->add_number("revision", edited.revision);
                  data->add_number("segment_count", edited.segment_count);
                });
  audit::write(session, pg::settings::Audit::kAll,
               {.procedure = procedure_,
                .user_id = &user_id,
                .recording_id = recording_.id(),
                .detail = psprintf("revision %d, " INT64_FORMAT " segments changed",
                                   edited.revision, changed)});
  return edited;
}

void TranscriptEdit::charge_only() {
  TimestampTz now = Session::now();
  Metered before = Metered::of(recording_.row());
  Metered after = before;
  if (!settle(true, now, &after)) return;
  if (recording_.session()->runs_foreign_code()) recording_.lock_again();
  Values change;
  after.store(before, &change);
  stored_ = recording_.update(change);
  account_.write_entries(recording_.id(), now);
}

std::string_view meta_text(const Jsonb* meta) {
  if (meta == nullptr) return {};
  JsonbContainer* root = &const_cast<Jsonb*>(meta)->root;
  return pg::to_utf8(JsonbToCString(nullptr, root, static_cast<int>(VARSIZE(meta))));
}

Jsonb* meta_from(std::string_view json) {
  if (json.empty()) return nullptr;
  std::string_view text = pg::from_utf8(json);
  char* string = pnstrdup(text.data(), text.size());
  return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(string)));
}

core::Room room_for(size_t bytes) {
  return {static_cast<char*>(MemoryContextAllocHuge(CurrentMemoryContext, bytes + 1)), bytes};
}

core::Utterance utterance_of(const Line& line) {
  return {line.start_ms, line.end_ms, pg::to_utf8(line.text), meta_text(line.meta)};
}

Line line_from(int32_t idx, const core::Utterance& utterance) {
  return {idx,
          utterance.start_ms,
          utterance.end_ms,
          pg::from_utf8(utterance.text),
          meta_from(utterance.meta),
          false};
}

bool is_same_line(const Line& a, const Line& b) {
  if (!is_same_meta(a.meta, b.meta)) return false;
  if (a.only_meta || b.only_meta) return true;
  return a.start_ms == b.start_ms && a.end_ms == b.end_ms && a.text == b.text;
}

}  // namespace s2t::procedures
