#include "procedures/shared/revision.h"

#include "pg/array.h"
#include "pg/error.h"
#include "pg/function.h"

namespace s2t::procedures {

using pg::BulkInsert;
using pg::make_text;
using pg::Row;
using pg::Scan;
using pg::Table;
using pg::Values;

namespace {

namespace s = pg::segments;
namespace v = pg::segment_revisions;

constexpr pg::Columns kEditColumns = {v::recording_id, v::revision,   v::item,      v::kind,
                                      v::at,           v::undoes,     v::undo_next, v::replacement,
                                      v::first_idx,    v::last_idx,   v::moved_by,  v::kept_count,
                                      v::duration_ms,  v::fingerprint};
constexpr pg::Columns kLineColumns = {v::recording_id, v::revision, v::item, v::idx,
                                      v::start_ms,     v::end_ms,   v::text, v::meta};

constexpr const char* kKinds[] = {edit_kind::kEdit,  edit_kind::kRename,  edit_kind::kSplit,
                                  edit_kind::kMerge, edit_kind::kReplace, edit_kind::kUndo};

const char* kind_of(std::string_view text) {
  for (const char* kind : kKinds)
    if (text == kind) return kind;
  return edit_kind::kEdit;
}

std::optional<int32_t> number_of(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.as_int32(column);
}

Jsonb* meta_of(const Row& row, int column) {
  bool null;
  Datum meta = row.datum(column, &null);
  return null ? nullptr : DatumGetJsonbP(meta);
}

Line kept_line(const Row& row) {
  return {row.as_int32(v::idx), row.as_int32(v::start_ms), row.as_int32(v::end_ms),
          row.as_text(v::text), meta_of(row, v::meta),     row.is_null(v::text)};
}

Revision read_revision(const Row& row) {
  Revision revision;
  revision.revision = row.as_int32(v::revision);
  revision.kind = kind_of(row.as_text(v::kind));
  revision.undoes = number_of(row, v::undoes);
  revision.undo_next = number_of(row, v::undo_next);
  revision.replacement = number_of(row, v::replacement);
  if (!row.is_null(v::first_idx))
    revision.range = IdxRange{row.as_int32(v::first_idx), row.as_int32(v::last_idx)};
  revision.moved_by = row.as_int32(v::moved_by);
  revision.duration_ms = number_of(row, v::duration_ms);
  bool null;
  Datum fingerprint = row.datum(v::fingerprint, &null);
  if (!null) revision.fingerprint = DatumGetByteaPCopy(fingerprint);
  return revision;
}

// Keys of a scan for one revision.
void fill_keys(ScanKeyData (&keys)[2], const pg_uuid_t* recording_id, int32_t revision) {
  keys[0] = pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(recording_id));
  keys[1] = pg::scan_key(2, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(revision));
}

int64_t bytes_of(const Line& line) {
  return static_cast<int64_t>(line.text.size()) + (line.meta != nullptr ? VARSIZE(line.meta) : 0);
}

}  // namespace

bool Revision::is_undo() const { return kind == edit_kind::kUndo; }

std::optional<int32_t> Revision::undone_first() const {
  if (is_undo()) return undo_next;
  return revision;
}

Line line_of_segment(const Row& row) {
  return {row.as_int32(s::idx), row.as_int32(s::start_ms), row.as_int32(s::end_ms),
          row.as_text(s::text), meta_of(row, s::meta),     false};
}

Line copy_line(const Line& line) {
  Line copy = line;
  copy.text = pg::copy(line.text);
  if (line.meta != nullptr) {
    copy.meta = static_cast<Jsonb*>(palloc(VARSIZE(line.meta)));
    memcpy(copy.meta, line.meta, VARSIZE(line.meta));
  }
  return copy;
}

Revisions Revisions::open(pg::Session* session, const pg_uuid_t* recording_id) {
  if (!Table::exists(session, v::kTable)) {
    const char* schema = get_namespace_name(session->schema());
    ereport(ERROR,
            (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
             errmsg("tables are not ready for edits"),
             errdetail("The table \"%s\" does not exist.", v::kTable.name),
             schema != nullptr ? errhint("Call %s.s2t_install() to bring the tables up to date.",
                                         quote_identifier(schema))
                               : 0));
  }
  Revisions revisions;
  revisions.recording_id_ = *recording_id;
  revisions.table_ =
      Table::open(session, v::kTable, pg::kRead | pg::kInsert, {pg::TableId::kRecordings});
  return revisions;
}

std::optional<Revision> Revisions::find(int32_t revision) {
  ScanKeyData keys[2];
  fill_keys(keys, &recording_id_, revision);
  Scan scan = Scan::begin(&table_, v::by_revision, keys, lengthof(keys));
  std::optional<Revision> found;
  Row row;
  while (!found && scan.next(&row))
    if (row.as_int32(v::item) == 0) found = read_revision(row);
  scan.end();
  return found;
}

std::span<Line> Revisions::lines(int32_t revision) {
  ScanKeyData keys[2];
  fill_keys(keys, &recording_id_, revision);
  Scan scan = Scan::begin(&table_, v::by_revision, keys, lengthof(keys));
  pg::Array<Line> lines;
  Row row;
  while (scan.next(&row))
    if (row.as_int32(v::item) != 0) lines.push(copy_line(kept_line(row)));
  scan.end();
  return lines.all();
}

Values Revisions::edit_row(const Revision& revision, int64_t kept, TimestampTz now) const {
  Values row;
  row.set(v::recording_id, UUIDPGetDatum(&recording_id_));
  row.set(v::revision, Int32GetDatum(revision.revision));
  row.set(v::item, Int32GetDatum(0));
  row.set(v::kind, make_text(revision.kind));
  row.set(v::at, TimestampTzGetDatum(now));
  row.set_or_null(v::undoes, revision.undoes);
  row.set_or_null(v::undo_next, revision.undo_next);
  row.set_or_null(v::replacement, revision.replacement);
  std::optional<int32_t> none;
  row.set_or_null(v::first_idx, revision.range ? std::optional(revision.range->first) : none);
  row.set_or_null(v::last_idx, revision.range ? std::optional(revision.range->last) : none);
  row.set(v::moved_by, Int32GetDatum(revision.moved_by));
  row.set(v::kept_count, Int32GetDatum(static_cast<int32_t>(kept)));
  row.set_or_null(v::duration_ms, revision.duration_ms);
  if (revision.fingerprint != nullptr) {
    row.set(v::fingerprint, PointerGetDatum(revision.fingerprint));
  } else {
    row.set_null(v::fingerprint);
  }
  return row;
}

Values Revisions::line_row(int32_t revision, int32_t item, const Line& line) const {
  Values row;
  row.set(v::recording_id, UUIDPGetDatum(&recording_id_));
  row.set(v::revision, Int32GetDatum(revision));
  row.set(v::item, Int32GetDatum(item));
  row.set(v::idx, Int32GetDatum(line.idx));
  if (!line.only_meta) {
    row.set(v::start_ms, Int32GetDatum(line.start_ms));
    row.set(v::end_ms, Int32GetDatum(line.end_ms));
    row.set(v::text, make_text(line.text));
  }
  row.set_or_null(v::meta, line.meta);
  return row;
}

void Revisions::write(const Revision& revision, std::span<const Line> kept, TimestampTz now) {
  auto count = static_cast<int64_t>(kept.size());
  BulkInsert bulk = BulkInsert::begin(&table_, kEditColumns | kLineColumns, count + 1);
  bulk.add(edit_row(revision, count, now), 0);
  int32_t item = 0;
  for (const Line& line : kept) bulk.add(line_row(revision.revision, ++item, line), bytes_of(line));
  (void)bulk.end();
}

int64_t Revisions::keep_all(int32_t revision, Table* segments) {
  ScanKeyData key =
      pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(&recording_id_));
  BulkInsert bulk = BulkInsert::begin(&table_, kLineColumns, PG_INT16_MAX);
  MemoryContext scratch =
      AllocSetContextCreate(CurrentMemoryContext, "s2t revision", ALLOCSET_DEFAULT_SIZES);
  Scan scan = Scan::begin(segments, s::by_idx, &key, 1);
  Row row;
  for (int32_t item = 0; scan.next(&row);) {
    // What the scan keeps is not to go with the row.
    MemoryContext outer = MemoryContextSwitchTo(scratch);
    Line line = line_of_segment(row);
    bulk.add(line_row(revision, ++item, line), bytes_of(line));
    MemoryContextSwitchTo(outer);
    MemoryContextReset(scratch);
  }
  scan.end();
  MemoryContextDelete(scratch);
  return bulk.end();
}

void Revisions::write_edit(const Revision& revision, int64_t kept, TimestampTz now) {
  (void)table_.insert_one(edit_row(revision, kept, now));
}

bool RevisionSegments::next(core::Segment* segment, Jsonb** meta) {
  if (ended_) return false;
  // The caller's memory goes with each segment.
  MemoryContext caller = MemoryContextSwitchTo(memory_);
  // Begun here, so that no statement ends while it is open.
  if (!begun_) {
    fill_keys(keys_, revisions_->recording_id(), revision_);
    scan_ = Scan::begin(revisions_->table(), v::by_revision, keys_, lengthof(keys_));
    begun_ = true;
  }
  Row row;
  do {
    ended_ = !scan_.next(&row);
  } while (!ended_ && row.as_int32(v::item) == 0);
  if (ended_) scan_.end();
  MemoryContextSwitchTo(caller);
  if (ended_) return false;
  read_++;
  Line line = kept_line(row);
  *segment = {line.idx, line.start_ms, line.end_ms, line.text};
  *meta = line.meta;
  return true;
}

}  // namespace s2t::procedures
