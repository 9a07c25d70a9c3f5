// The segments that a recording has: storing those that it has not, and removing what an earlier
// attempt stored (docs/reference.md, "s2t_append_segments").
#pragma once

#include "pg/table.h"
#include "procedures/shared/recording.h"
#include "segments/fingerprint.h"
#include "segments/segment_source.h"

namespace s2t::procedures {

// The segments of a recording that is locked, while a call stores more of them.
class SegmentStore {
 public:
  // Opens the table for what is to be done. Raises 55000 if the recording has segments that no
  // attempt stored.
  static SegmentStore open(const Recording& recording);

  // For a whole transcript that takes the place of the one that the recording has. `segments` is
  // open for kInsert and kDelete.
  static SegmentStore replacing(const Recording& recording, const pg::Table& segments);

  // Removes what an earlier attempt stored, and stores the segments of `source` that the recording
  // does not have. One that it has with the same columns is passed over, with others it is 55000.
  // `fingerprint`, if given, gets them all.
  void take(segments::SegmentSource* source, segments::Fingerprint* fingerprint);

  [[nodiscard]] pg::Table* table() { return &segments_; }
  // Whether segments of an earlier attempt are to go. What was charged before is then kept:
  // Account::keep_charges().
  [[nodiscard]] bool replaces() const { return replaces_; }
  // When the last of the segments that were given ends.
  [[nodiscard]] int32_t end_ms() const { return end_ms_; }
  // So many are new; those that a BEFORE ROW trigger suppressed are not among them.
  [[nodiscard]] int64_t stored() const { return stored_; }
  // By how many the recording has more than before.
  [[nodiscard]] int64_t growth() const { return stored_ - removed_; }
  // Sets the recording's count, where the tables count `natively`, and if an attempt `appends`,
  // that its segments are this attempt's.
  void note(bool natively, bool appends, pg::Values* recording) const;

 private:
  [[nodiscard]] bool has(int position, const core::Segment& segment, Jsonb* meta);

  pg::Table segments_;
  pg_uuid_t recording_id_;
  int32_t attempt_ = 1;
  bool first_ = false;     // the attempt has stored nothing yet
  bool replaces_ = false;  // but an earlier one has
  int64_t present_ = 0;    // segments of the recording when the call came
  int64_t removed_ = 0;
  int64_t stored_ = 0;
  int32_t end_ms_ = 0;
};

// The audio that the attempt in hand has heard of a recording, in milliseconds: what its appends
// reported, and nothing of what earlier attempts did.
[[nodiscard]] int32_t heard_in_attempt(const pg::Row& recording);

// Removes the segments, or the revisions, of a recording that is locked, or removed itself, so that
// nobody can add any; those that only `latest` sees, too, or refuses. A part of a statement.
// Returns how many.
int64_t remove_segments(pg::Table* segments, const pg_uuid_t* recording_id, Snapshot latest);

}  // namespace s2t::procedures
