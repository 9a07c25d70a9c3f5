// Who did what: rows of audit_log and lines of the server log (docs/reference.md, "audit_log" and
// "NOTICEs, WARNINGs and the server log").
#pragma once

#include <string_view>

#include "pg/session.h"
#include "pg/settings.h"

namespace s2t::audit {

// The values of audit_log.outcome.
enum class Outcome : uint8_t { kDone, kRefused, kFailed };

struct Event {
  const char* procedure;  // its SQL name
  Outcome outcome = Outcome::kDone;
  const pg_uuid_t* user_id = nullptr;
  const pg_uuid_t* recording_id = nullptr;
  const char* detail = nullptr;  // never a password hash, never the text of a transcript
};

// Notes what has just been done or refused: in the server log at s2t.log_level, and in audit_log if
// s2t.audit asks for events of this kind. The row commits and rolls back with the work it
// describes. `kind` is kChanges for changes of accounts and plans, refusals, failures, resets and
// cleanups, kAll for the rest.
void write(pg::Session* session, pg::settings::Audit kind, const Event& event);

}  // namespace s2t::audit
