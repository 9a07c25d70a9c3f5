// Leases: who holds a recording for work, and the fence that keeps out whoever lost one
// (docs/reference.md, "Leases").
#pragma once

#include "failures/marks.h"
#include "pg/function.h"
#include "pg/table.h"
#include "procedures/shared/recording.h"

namespace s2t::procedures {

// The lease that a call shows; none: it works without one, and nothing is looked at.
using Lease = std::optional<pg_uuid_t>;

// Argument `index`, in_lease.
[[nodiscard]] Lease read_lease(const pg::Arguments& arguments, int index);

// The fence. Raises 55000 where the call shows a lease that another claim, a release or a failure
// has replaced; its time alone takes none away. Where the recording is done nothing is looked at:
// there it depends on the content whether the call is a repetition. Called twice: for the recording
// as it was found, before the payload is read, and once it is locked. `witness`, of calls that
// leave a failure mark, learns whose work would fail.
void require_lease(const Recording& recording, const Lease& lease,
                   failures::Witness* witness = nullptr);

// The same where a recording that is done is refused, too: heartbeats and releases.
void require_held(const Recording& recording, const pg_uuid_t& lease);

// Whether somebody holds the recording at `now`.
[[nodiscard]] bool is_leased(const pg::Row& recording, TimestampTz now);

// Whether it waits in the queue, or is put off. So does what a worker holds, until it ends.
[[nodiscard]] bool is_queued(const pg::Row& recording);

// Whether it is put off for no longer than its lease lasts: a claim has put it out of the way of
// others.
[[nodiscard]] bool is_put_off_for_lease(const pg::Row& recording);

// Whether it cannot be claimed any more: its attempts are used up.
[[nodiscard]] bool is_used_up(const pg::Row& recording);

// Why a recording in processing is to fail by the stale rule (docs/reference.md,
// "sp_fail_stale_recordings").
enum class Stale : uint8_t {
  kNo,
  kSilent,  // no sign of life since the time given, and nobody else takes it up
  kUsedUp,  // its last attempt is over, and there is none left
};
[[nodiscard]] Stale is_stale(const pg::Row& recording, TimestampTz alive_before, TimestampTz now);

// Whether a failure that was witnessed may be marked: it is the same attempt still, the lease of
// then is the lease of now, and none that was not the caller's is in force.
[[nodiscard]] bool is_same_attempt(const pg::Row& recording, const failures::Witness& witness,
                                   TimestampTz now);

// Takes a recording that ends, done or failed, out of the queue and ends its lease.
void leave_queue(const pg::Row& recording, pg::Values* change);

}  // namespace s2t::procedures
