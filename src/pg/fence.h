// The fence around slots that move to another server, and what this one serves (docs/reference.md,
// "Shards"). With s2t.sharded on, whoever changes rows of a person holds the person's slot, in
// share, until the end of the transaction: an advisory lock that pg_advisory_xact_lock(kLockClass,
// slot) conflicts with. Whoever changes a row of the table "slots" holds it exclusively (take()),
// so that a state, once the lock is had, stays what it is.
#pragma once

#include "pg/session.h"

namespace s2t::pg::fence {

// The first key of the advisory locks: "S2T".
inline constexpr uint32_t kLockClass = 0x533254;

// Holds `slot` for writing until the end of the transaction. What waits for the slot waits here:
// for whoever moves it, and as long as it is read-only (lock_timeout, else kPatienceMs, then
// 55P03). The snapshot of `session` is then not older than the state that was found: 40001 where it
// is the transaction's. Raises S2M01 where another server has the slot, S2M02 where none is known
// to. With `wait` false neither waits nor raises, and returns false where the slot is not to be
// had.
[[nodiscard]] bool hold(Session* session, int slot, bool wait);

// Raises S2M01 or S2M02 unless the slot may be read here. Holds nothing.
void require_readable(Session* session, int slot);

// Whether another server has the slot for good.
[[nodiscard]] bool is_elsewhere(Session* session, int slot);

// A row of the table "slots", `relation`, is about to be changed: waits for all who hold the slot
// and keeps others out until the end of the transaction.
void take(int slot);

// Rows of the table changed: tells every session, when the transaction commits.
void tell(Relation relation);

}  // namespace s2t::pg::fence
