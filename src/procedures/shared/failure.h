// Marking a recording as failed (docs/reference.md, "sp_fail_recording").
#pragma once

#include <string_view>

#include "pg/session.h"
#include "procedures/shared/recording.h"

namespace s2t::procedures {

// Marks the recording if it is in processing, and returns the status it had. `procedure` is the SQL
// name that the audit log tells. Raises P0002 for an unknown recording.
Status fail_if_processing(pg::Session* session, const pg_uuid_t* id, std::string_view reason,
                          const char* procedure);

// The same without waiting: false if somebody holds the recording or its owner.
[[nodiscard]] bool try_fail_if_processing(pg::Session* session, const pg_uuid_t* id,
                                          std::string_view reason, const char* procedure);

}  // namespace s2t::procedures
