// sp_fail_recording: contract, section 4.3, last point.
#include "core/validate.h"

#include "ops/audit.h"
#include "pg/error.h"
#include "pg/function.h"
#include "procedures/account.h"
#include "procedures/recording.h"

namespace s2t::procedures {

using pg::make_text;
using pg::Session;
using pg::Values;

namespace {

void fail(Session* session, const pg_uuid_t* id, std::string_view reason) {
  Recording recording = Recording::lock(session, id);
  switch (recording.status()) {
    case Status::kProcessing:
      break;
    case Status::kFailed:
      ereport(NOTICE,
              (errmsg("recording %s has already failed, nothing changed", pg::to_cstring(id))));
      return;
    case Status::kDone:
      ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                      errmsg("recording is already completed"),
                      errdetail("The recording %s is done and cannot fail any more.",
                                pg::to_cstring(id))));
  }
  Values change;
  change.set(pg::recordings::status, make_text("failed"));
  change.set(pg::recordings::error, make_text(reason));
  int64_t old_duration_ms = recording.row().as_int32(pg::recordings::duration_ms);
  const pg::Row* failed = recording.update(change);
  ops::note(session, pg::settings::Audit::kChanges,
            {.procedure = "sp_fail_recording",
             .outcome = ops::Outcome::kFailed,
             .user_id = recording.user_id(),
             .recording_id = id});

  // A trigger of the database's owner may have given it another duration.
  int64_t more_duration_ms = failed->as_int32(pg::recordings::duration_ms) - old_duration_ms;
  if (more_duration_ms == 0) return;
  Account account = Account::open(session);
  if (!account.lock(recording.user_id())) return;
  account.count(0, more_duration_ms, 0);
  account.store();
}

}  // namespace

}  // namespace s2t::procedures

S2T_FUNCTION(sp_fail_recording) {
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  std::string_view reason = arguments.as_text(1, "in_reason");
  s2t::pg::raise_unless_ok(s2t::core::check_reason(reason));

  s2t::pg::Session session = s2t::pg::Session::open(fcinfo, "sp_fail_recording");
  s2t::procedures::fail(&session, id, reason);
  session.close();
  PG_RETURN_VOID();
}
