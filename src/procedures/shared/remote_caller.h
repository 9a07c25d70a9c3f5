// Who a call is made for, as a router tells it (docs/reference.md, "Calls for somebody else").
#pragma once

#include "pg/remote.h"

namespace s2t::procedures {

// Begins a call for somebody else (pg::remote::begin()). `told` is a text[] of four: the session's
// role, the role in force, the client's address, the application's name; 22023 unless it is.
void begin_remote(NullableDatum told);

// What begin_remote() takes, of a caller.
[[nodiscard]] Datum tell_remote(const pg::remote::Caller& caller);

}  // namespace s2t::procedures
