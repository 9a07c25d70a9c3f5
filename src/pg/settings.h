// The extension's settings (documented in docs/reference.md). All are superuser-settable: a caller
// cannot change what the procedures do.
#pragma once

#include "pg/server.h"

namespace s2t::pg::settings {

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

}  // namespace s2t::pg::settings
