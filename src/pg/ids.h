// New identifiers (docs/reference.md, "Library").
#pragma once

#include <string_view>

#include "core/base/ids.h"
#include "pg/server.h"

namespace s2t::pg {

// A new UUID version 7 for `slot` (0 .. core::kSlots - 1), stamped with `now`: to the microsecond,
// and in the order of the calls where a backend makes several for one instant and slot. Raises
// XX000 if the server's source of strong random numbers fails.
[[nodiscard]] pg_uuid_t new_id(TimestampTz now, int slot);

// The lowest UUID version 7 that new_id() could have made at `at` or later.
[[nodiscard]] pg_uuid_t first_id_at(TimestampTz at);

// The slot of a new user: that of the e-mail as lower() of this database gives it, so that
// addresses which users_email_lower_key holds for one have one slot. Allocates.
[[nodiscard]] int slot_of_email(std::string_view email);

// Whether two ids are the same.
[[nodiscard]] inline bool same_id(const pg_uuid_t& a, const pg_uuid_t& b) {
  return memcmp(&a, &b, UUID_LEN) == 0;
}

// The slot an id carries.
[[nodiscard]] int slot_of(const pg_uuid_t* id);

}  // namespace s2t::pg
