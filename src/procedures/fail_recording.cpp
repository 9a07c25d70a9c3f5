// sp_fail_recording: docs/reference.md, "sp_fail_recording".
#include "core/account/validate.h"
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "procedures/shared/failure.h"

namespace s2t::procedures {

namespace {

void fail(pg::Session* session, const pg_uuid_t* id, std::string_view reason) {
  switch (fail_if_processing(session, id, reason, "sp_fail_recording")) {
    case Status::kProcessing:
      break;
    case Status::kFailed:
      ereport(NOTICE,
              (errmsg("recording %s has already failed, nothing changed", pg::to_cstring(id))));
      break;
    case Status::kDone:
      ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                      errmsg("recording is already completed"),
                      errdetail("The recording %s is done and cannot fail any more.",
                                pg::to_cstring(id))));
  }
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_fail_recording) {
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  std::string_view reason = arguments.as_text(1, "in_reason");
  s2t::pg::raise_unless_ok(s2t::core::check_reason(reason));

  s2t::pg::Session session = s2t::pg::Session::open(fcinfo, "sp_fail_recording");
  s2t::procedures::fail(&session, id, reason);
  session.close();
  PG_RETURN_VOID();
}
