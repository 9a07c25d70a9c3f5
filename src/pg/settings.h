// The extension's settings (documented in docs/reference.md). All are superuser-settable: a caller
// cannot change what the procedures do.
#pragma once

#include <string_view>

#include "pg/server.h"

namespace s2t::pg::settings {

namespace detail {
extern bool sharded;
}

// s2t.sharded: whether this server is one of several, each with some of the slots (pg/fence.h).
// Asked for every row.
[[nodiscard]] inline bool sharded() { return detail::sharded; }

// Defines the settings; called once, when the library is loaded.
void define();

// s2t.timezone: where calendar months begin and end. Never null.
[[nodiscard]] pg_tz* timezone();

// s2t.audit: which events go to audit_log, in ascending order of how many.
enum class Audit : int { kOff, kChanges, kAll };
[[nodiscard]] Audit audit();

// s2t.log_level: the level at which changes of state are written to the server log (DEBUG1 or LOG).
[[nodiscard]] int log_level();

// s2t.mark_failed: whether a recording whose completion fails for good ends as failed, though the
// caller rolls back.
[[nodiscard]] bool mark_failed();

// s2t.lazy_rollover: whether a procedure closes an ended cycle it meets.
[[nodiscard]] bool lazy_rollover();

// s2t.refund_failed: whether a recording that fails without segments is given back.
[[nodiscard]] bool refund_failed();

// s2t.stale_after: how long a recording may be in processing without a sign of life, in
// microseconds.
[[nodiscard]] int64_t stale_after();

// s2t.max_attempts: how often a recording may be claimed before it has failed.
[[nodiscard]] int32_t max_attempts();

// s2t.cycle_anchor: where cycles of new users begin.
enum class CycleAnchor : int { kCalendar, kRegistration };
[[nodiscard]] CycleAnchor cycle_anchor();

// s2t.blocked_statuses: whether an account of this status (users.status) may create nothing.
[[nodiscard]] bool is_blocked(std::string_view status);

// s2t.event_attempts: how often an event is given before it is given up.
[[nodiscard]] int event_attempts();

// s2t.plans_read_only: whether the plans are another server's.
[[nodiscard]] bool plans_read_only();

// s2t.notify: whether commits that bring work or events wake who listens.
[[nodiscard]] bool notify();

}  // namespace s2t::pg::settings
