// New identifiers (docs/reference.md, "Library").
#pragma once

#include "core/base/ids.h"
#include "pg/server.h"

namespace s2t::pg {

// A new UUID version 7 for `slot` (0 .. core::kSlots - 1), stamped with `now`.
// Raises XX000 if the server's source of strong random numbers fails.
[[nodiscard]] pg_uuid_t new_id(TimestampTz now, int slot);

// The slot an id carries.
[[nodiscard]] int slot_of(const pg_uuid_t* id);

}  // namespace s2t::pg
