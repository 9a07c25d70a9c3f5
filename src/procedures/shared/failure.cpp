#include "procedures/shared/failure.h"

#include "audit/audit.h"
#include "pg/function.h"

namespace s2t::procedures {

using pg::make_text;
using pg::Session;
using pg::Values;

Status fail_if_processing(Session* session, const pg_uuid_t* id, std::string_view reason,
                          const char* procedure) {
  Recording recording = Recording::lock(session, id);
  Status status = recording.status();
  if (status != Status::kProcessing) return status;

  Values change;
  change.set(pg::recordings::status, make_text("failed"));
  change.set(pg::recordings::error, make_text(reason));
  // Nothing that is counted changes; what a trigger changes is counted by triggers.
  (void)recording.update(change);
  audit::write(session, pg::settings::Audit::kChanges,
               {.procedure = procedure,
                .outcome = audit::Outcome::kFailed,
                .user_id = recording.user_id(),
                .recording_id = id});
  return status;
}

}  // namespace s2t::procedures
