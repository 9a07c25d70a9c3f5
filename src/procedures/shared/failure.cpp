#include "procedures/shared/failure.h"

#include "audit/audit.h"
#include "pg/function.h"

namespace s2t::procedures {

using pg::make_text;
using pg::Session;
using pg::Values;

namespace {

// Marks a recording that is held.
Status fail(Session* session, Recording* held, const pg_uuid_t* id, std::string_view reason,
            const char* procedure) {
  Recording& recording = *held;
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

}  // namespace

Status fail_if_processing(Session* session, const pg_uuid_t* id, std::string_view reason,
                          const char* procedure) {
  Recording recording = Recording::lock(session, id);
  return fail(session, &recording, id, reason, procedure);
}

bool try_fail_if_processing(Session* session, const pg_uuid_t* id, std::string_view reason,
                            const char* procedure) {
  Recording recording;
  if (!recording.try_lock(session, id)) return false;
  (void)fail(session, &recording, id, reason, procedure);
  return true;
}

}  // namespace s2t::procedures
