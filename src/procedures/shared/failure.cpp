#include "procedures/shared/failure.h"

#include "audit/audit.h"
#include "pg/function.h"
#include "procedures/shared/account.h"

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
  int64_t old_duration_ms = recording.row().as_int32(pg::recordings::duration_ms);
  const pg::Row* failed = recording.update(change);
  int64_t more_duration_ms = failed->as_int32(pg::recordings::duration_ms) - old_duration_ms;
  audit::write(session, pg::settings::Audit::kChanges,
            {.procedure = procedure,
             .outcome = audit::Outcome::kFailed,
             .user_id = recording.user_id(),
             .recording_id = id});

  // A trigger of the database's owner may have given it another duration.
  if (more_duration_ms != 0) {
    Account account = Account::open(session);
    if (account.lock(recording.user_id())) {
      account.count(0, more_duration_ms, 0);
      account.store();
    }
  }
  return status;
}

}  // namespace s2t::procedures
