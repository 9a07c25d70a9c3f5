// The extension's settings (documented in docs/reference.md). All are superuser-settable: a caller
// cannot change what the procedures do.
#pragma once

#include "pg/server.h"

namespace s2t::pg::settings {

// Defines the settings; called once, when the library is loaded.
void define();

// s2t.timezone: where calendar months begin and end. Never null.
[[nodiscard]] pg_tz* timezone();

// s2t.lazy_rollover: whether a procedure closes an ended cycle it meets.
[[nodiscard]] bool lazy_rollover();

}  // namespace s2t::pg::settings
