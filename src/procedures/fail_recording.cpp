// sp_fail_recording and s2t_fail_recording: docs/reference.md, "sp_fail_recording".
#include "core/account/validate.h"

#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "procedures/shared/failure.h"
#include "procedures/shared/lease.h"

namespace s2t::procedures {

namespace {

Failure fail(FunctionCallInfo fcinfo, const char* name, const Lease& lease) {
  pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  pg::Session session = pg::Session::open(fcinfo, name);
  Recording recording;
  (void)recording.find(&session, id);
  require_lease(recording, lease);
  std::string_view reason = arguments.as_text(1, "in_reason");
  pg::raise_unless_ok(core::check_reason(reason));

  recording.lock_found();
  require_lease(recording, lease);
  Failure failure = fail_if_processing(&recording, reason, name);
  switch (failure.was) {
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
  session.close();
  return failure;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_fail_recording) {
  (void)s2t::procedures::fail(fcinfo, "sp_fail_recording", std::nullopt);
  PG_RETURN_VOID();
}

S2T_PROCEDURE(s2t_fail_recording) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  constexpr s2t::pg::ResultColumn kColumns[] = {
      {"repeated", BOOLOID}, {"refunded_recordings", INT4OID}, {"refunded_seconds", INT4OID}};
  Lease lease = read_lease(s2t::pg::Arguments(fcinfo), 2);
  Failure failure = fail(fcinfo, "s2t_fail_recording", lease);
  Datum values[] = {BoolGetDatum(failure.was != Status::kProcessing),
                    Int32GetDatum(failure.refunded.recordings),
                    Int32GetDatum(failure.refunded.seconds)};
  bool nulls[lengthof(values)] = {};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}
