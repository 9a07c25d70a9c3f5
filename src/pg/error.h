// From a Status of the core to an error report, and the errors several places share.
#pragma once

#include "core/base/status.h"
#include "pg/server.h"

namespace s2t::pg {

// Raises `status` as an error, with its SQLSTATE, unless it is ok.
void raise_unless_ok(const core::Status& status);

// P0002: no row of `what` ("user", "recording") has this id.
[[noreturn]] void raise_not_found(const char* what, const pg_uuid_t* id);

// 09000: a trigger of the database's owner kept a change back that the procedure cannot do without.
[[noreturn]] void raise_suppressed_by_trigger(Relation relation);

// 2D000: `procedure` commits and was called where it must not; `batch` does a batch of its work
// there.
[[noreturn]] void raise_cannot_commit(const char* procedure, const char* batch);

// 40001, as the server words it.
[[noreturn]] void raise_serialization_failure();

// The text form of an id, in the current memory context.
[[nodiscard]] const char* to_cstring(const pg_uuid_t* id);

}  // namespace s2t::pg
