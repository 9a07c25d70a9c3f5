// An edit of a transcript, from the lock on the recording to the revision that it leaves
// (docs/editing.md).
//
//   TranscriptEdit edit = TranscriptEdit::open(&session, request);
//   std::span<Line> before = edit.read({idx, idx});
//   edit.change(before, now);                       // or edit.put(...)
//   Edited edited = edit.finish(edit_kind::kEdit, before.size(), 0);
#pragma once

#include "core/edit/edit.h"

#include "pg/function.h"
#include "procedures/shared/account.h"
#include "procedures/shared/recording.h"
#include "procedures/shared/revision.h"
#include "segments/fingerprint.h"

namespace s2t::procedures {

// Whose transcript is edited, by whom.
struct EditRequest {
  const char* procedure;  // its SQL name
  const pg_uuid_t* user_id;
  const pg_uuid_t* recording_id;
  std::optional<int32_t> revision;  // that the caller has seen; none: whichever there is

  // Arguments 0 and 1 are the ids, `revision_argument` in_revision; -1: there is none.
  static EditRequest read(const pg::Arguments& arguments, const char* procedure,
                          int revision_argument);
};

// What all edits return.
struct Edited {
  int32_t revision = 0;
  int32_t segment_count = 0;
  int32_t changed = 0;  // segments that are new or other than before; moved ones are not counted
  int32_t lost_words = 0;

  [[nodiscard]] Datum make_row(TupleDesc* row_type) const;
};

class TranscriptEdit {
 public:
  // Locks the recording (NO KEY UPDATE) and its owner (KEY SHARE). Raises P0002 for one that is
  // unknown or somebody else's, 55000 if it is not done or was edited since `request.revision`.
  // `use`: what is done with its segments.
  static TranscriptEdit open(pg::Session* session, const EditRequest& request, pg::Use use);

  // The segments of a range as they are, in order; copies in the current memory context.
  [[nodiscard]] std::span<Line> read(IdxRange range);
  // P0002 unless there is one.
  [[nodiscard]] Line read_one(int32_t idx);

  // The segment of that idx, which an edit has left there: 55000 if it is gone.
  [[nodiscard]] Line read_present(int32_t idx);

  // Hands every segment to `take`, in order, as it stands: see line_of_segment().
  template <typename Take>
  void each(Take take) {
    ScanKeyData key =
        pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(recording_.id()));
    pg::Scan scan = pg::Scan::begin(&segments_, pg::segments::by_idx, &key, 1);
    pg::Row row;
    while (scan.next(&row)) take(line_of_segment(row));
    scan.end();
  }

  // Changes segments where they are: `now` has one for each of `before`, of the same idx.
  void change(std::span<const Line> before, std::span<const Line> now);

  // Puts `now`, one at least, in the place of `before`, which are all that `range` has, and moves
  // what comes after by as many as there are more. Those with an idx that is there already are
  // changed.
  void put(IdxRange range, std::span<const Line> before, std::span<const Line> now);

  // Puts a whole transcript in the place of this one.
  void put_all(segments::SegmentSource* source, int32_t duration_ms,
               segments::Fingerprint* fingerprint = nullptr);

  // What the edit is, beside what the calls above know.
  [[nodiscard]] Revision* revision() { return &revision_; }
  [[nodiscard]] Recording* recording() { return &recording_; }
  [[nodiscard]] Revisions* revisions() { return &revisions_; }

  // The revision in force; none before the first edit.
  [[nodiscard]] const std::optional<Revision>& latest() const { return latest_; }

  // As it is, for a call that changes nothing.
  [[nodiscard]] Edited unchanged() const;

  // Writes the revision, the recording, the running totals, the event and the audit row.
  // `charge`: the recording's seconds up to its new duration are charged.
  Edited finish(const char* kind, int64_t changed, int32_t lost_words, bool charge = false);
  // Only charges, for a call that changes nothing of the transcript.
  void charge_only();

  // A column of the recording as it was stored last.
  [[nodiscard]] int32_t stored_int32(int column) const {
    return (stored_ != nullptr ? *stored_ : recording_.row()).as_int32(column);
  }

 private:
  void move_following(int32_t after, int32_t by);
  [[noreturn]] void raise_not_removed(int32_t idx);
  void remove_others(std::span<const Line> before, std::span<const Line> now);
  void change_line(const Line& before, const Line& now);
  void update(const pg::Row& row, const pg::Values& change);
  void insert(std::span<const Line> before, std::span<const Line> now);
  [[nodiscard]] bool settle(bool charge, TimestampTz now, Metered* metered);

  const char* procedure_ = nullptr;
  Recording recording_;
  Revisions revisions_;
  Account account_;
  pg::Table segments_;
  bool natively_ = false;
  std::optional<Revision> latest_;
  Revision revision_;
  std::span<const Line> kept_;
  bool keeps_all_ = false;
  int64_t kept_all_ = 0;
  int64_t growth_ = 0;
  std::optional<int32_t> duration_ms_;  // from now on
  const pg::Row* stored_ = nullptr;     // the recording, once it is
};

// Text for the core, and back.
[[nodiscard]] std::string_view meta_text(const Jsonb* meta);
[[nodiscard]] Jsonb* meta_from(std::string_view json);

// Room for what the core writes, a byte at least, in the current memory context.
[[nodiscard]] core::Room room_for(size_t bytes);

// How the core sees a segment.
[[nodiscard]] core::Utterance utterance_of(const Line& line);
[[nodiscard]] Line line_from(int32_t idx, const core::Utterance& utterance);

// Whether two of them are the same.
[[nodiscard]] bool is_same_line(const Line& a, const Line& b);

}  // namespace s2t::procedures
