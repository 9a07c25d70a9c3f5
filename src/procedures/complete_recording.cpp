// sp_complete_recording: docs/reference.md, "sp_complete_recording".
#include "core/account/validate.h"
#include "failures/marks.h"
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "procedures/shared/completion.h"
#include "segments/jsonb_segments.h"

S2T_PROCEDURE(sp_complete_recording) {
  using namespace s2t;
  constexpr const char* kName = "sp_complete_recording";
  pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  failures::marking_failure(fcinfo, id, [&] {
    int32_t duration_ms = arguments.as_int32(1, "in_duration_ms");
    segments::JsonbSegments segments(arguments.as_jsonb(2, "in_segments"));
    pg::raise_unless_ok(core::check_duration(duration_ms));

    pg::Session session = pg::Session::open(fcinfo, kName);
    procedures::complete_recording(&session, id, {kName, duration_ms, &segments});
    session.close();
  });
  PG_RETURN_VOID();
}
