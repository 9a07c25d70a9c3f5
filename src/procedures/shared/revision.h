// What edits of a transcript leave behind: rows of segment_revisions (docs/reference.md,
// "segment_revisions"; docs/editing.md).
#pragma once

#include <span>
#include <string_view>

#include "pg/bulk_insert.h"
#include "pg/table.h"
#include "segments/segment_source.h"

namespace s2t::procedures {

// A segment as it is stored, in the database's encoding.
struct Line {
  int32_t idx = 0;
  int32_t start_ms = 0;
  int32_t end_ms = 0;
  std::string_view text;
  Jsonb* meta = nullptr;
  bool only_meta = false;  // nothing else is meant
};

// The values of segment_revisions.kind.
namespace edit_kind {
inline constexpr const char* kEdit = "edit";
inline constexpr const char* kRename = "rename";
inline constexpr const char* kSplit = "split";
inline constexpr const char* kMerge = "merge";
inline constexpr const char* kReplace = "replace";
inline constexpr const char* kUndo = "undo";
}  // namespace edit_kind

// Segments by their idx, from the first to the last.
struct IdxRange {
  int32_t first;
  int32_t last;
};
inline constexpr IdxRange kAllIdx = {0, PG_INT32_MAX};

// An edit: what stood in the place of the kept segments after it, and what an undo goes by.
struct Revision {
  int32_t revision = 0;
  const char* kind = nullptr;
  std::optional<int32_t> undoes;
  std::optional<int32_t> undo_next;    // the revision that is taken back after this one
  std::optional<int32_t> replacement;  // in force after it
  std::optional<IdxRange> range;       // none: the kept segments were changed where they are
  int32_t moved_by = 0;                // what came after the range
  std::optional<int32_t> duration_ms;  // before, if it changed
  bytea* fingerprint = nullptr;        // of a replacement

  [[nodiscard]] bool is_undo() const;
  // The revision that an undo takes back right after this one.
  [[nodiscard]] std::optional<int32_t> undone_first() const;
};

// The revisions of one recording, which the caller has locked.
class Revisions {
 public:
  // Opens the table. Raises 55000 where tables of an earlier version do not have it.
  static Revisions open(pg::Session* session, const pg_uuid_t* recording_id);

  // A revision that is kept; nullopt if there is none of this number.
  [[nodiscard]] std::optional<Revision> find(int32_t revision);
  // The segments that it kept, all at once.
  [[nodiscard]] std::span<Line> lines(int32_t revision);

  // Writes a revision with what it keeps.
  void write(const Revision& revision, std::span<const Line> kept, TimestampTz now);

  // The same in two steps, for a whole transcript, which is not held in memory. Returns how many
  // segments are kept.
  [[nodiscard]] int64_t keep_all(int32_t revision, pg::Table* segments);
  void write_edit(const Revision& revision, int64_t kept, TimestampTz now);

  [[nodiscard]] pg::Table* table() { return &table_; }
  [[nodiscard]] const pg_uuid_t* recording_id() const { return &recording_id_; }

 private:
  [[nodiscard]] pg::Values edit_row(const Revision& revision, int64_t kept, TimestampTz now) const;
  [[nodiscard]] pg::Values line_row(int32_t revision, int32_t item, const Line& line) const;

  pg::Table table_;
  pg_uuid_t recording_id_;
};

// The segments that a revision kept, one after the other.
class RevisionSegments final : public segments::SegmentSource {
 public:
  RevisionSegments(Revisions* revisions, int32_t revision, int count)
      : revisions_(revisions), revision_(revision), count_(count) {}
  bool next(core::Segment* segment, Jsonb** meta) override;
  [[nodiscard]] int count() const override { return count_; }
  // So many were handed out.
  [[nodiscard]] int64_t read() const { return read_; }

 private:
  Revisions* revisions_;
  int32_t revision_;
  int count_;
  int64_t read_ = 0;
  bool begun_ = false;
  bool ended_ = false;
  MemoryContext memory_ = CurrentMemoryContext;
  pg::Scan scan_;
  ScanKeyData keys_[2];
};

// A row of segments, or of segment_revisions below item 0, as it stands: what it points to lives as
// long as the row.
[[nodiscard]] Line line_of_segment(const pg::Row& row);
// The same with what it points to, in the current memory context.
[[nodiscard]] Line copy_line(const Line& line);

}  // namespace s2t::procedures
