// s2t_delete_recording: docs/reference.md, "s2t_delete_recording".
#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "procedures/shared/removal.h"

namespace s2t::procedures {

namespace {

constexpr const char* kName = "s2t_delete_recording";

// Waits for whoever works on the recording. Whether it was the user's, and is removed.
bool delete_recording(pg::Session* session, const pg_uuid_t* user_id, const pg_uuid_t* id) {
  namespace r = pg::recordings;
  if (!hold_user(session, user_id)) return false;
  RecordingRemoval removal = RecordingRemoval::open(session);
  pg::Row row;
  if (removal.recordings()->lock(r::by_id, UUIDPGetDatum(id), pg::RowLock::kUpdate, &row) !=
          pg::Locked::kYes ||
      !pg::same_id(*row.as_uuid(r::user_id), *user_id))
    return false;
  removal.add(row);
  Removed removed = removal.remove();
  if (removed.recordings == 0) return false;  // a trigger keeps it
  removal.settle("deleted");
  audit::write(session, pg::settings::Audit::kChanges,
               {.procedure = kName,
                .user_id = user_id,
                .recording_id = id,
                .detail = psprintf(INT64_FORMAT " segments", removed.segments)});
  return true;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_delete_recording) {
  using namespace s2t::procedures;
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* user_id = arguments.as_uuid(0, "in_user_id");
  const pg_uuid_t* recording_id = arguments.as_uuid(1, "in_recording_id");
  s2t::pg::Session session = s2t::pg::Session::open(fcinfo, kName);
  bool deleted = delete_recording(&session, user_id, recording_id);
  session.close();
  PG_RETURN_BOOL(deleted);
}
