// What was read from a small table that hardly ever changes: whether it is so still.
//
// A table of one page has not changed, for any snapshot, if the page has not (whatever is stored or
// removed is logged, and leaves its place in the log on the page: "WAL Internals" of the manual),
// and if nothing on it was undecided when it was read: a row of a transaction that was still under
// way appears without another change of the page, when that commits.
#pragma once

#include "pg/server.h"

namespace s2t::pg {

struct QuietPage {
  XLogRecPtr lsn;
  TransactionId newest;  // that has stored or removed a row, of those whose rows are not frozen
};

// The table's only page, if all that is on it was decided before `snapshot` was taken. To be asked
// for before the table is read. `relation` is a heap, and locked.
[[nodiscard]] std::optional<QuietPage> quiet_page_of(Relation relation, Snapshot snapshot);

// Whether the table is still this page alone, and `snapshot` sees what was read of it. Whoever asks
// knows that the table has the same file still.
[[nodiscard]] bool is_unchanged(Relation relation, const QuietPage& page, Snapshot snapshot);

}  // namespace s2t::pg
