// s2t_queue_recording: docs/reference.md, "s2t_queue_recording".
#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/settings.h"
#include "procedures/shared/admission.h"
#include "procedures/shared/lease.h"
#include "procedures/shared/queue.h"

namespace s2t::procedures {

namespace {

namespace r = pg::recordings;

constexpr const char* kName = "s2t_queue_recording";

// What is put off for ever would keep its hold, for no job fails what waits.
std::optional<TimestampTz> read_not_before(const pg::Arguments& arguments, int index) {
  std::optional<TimestampTz> not_before = arguments.as_optional_timestamp(index);
  if (not_before && TIMESTAMP_IS_NOEND(*not_before)) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid time"),
                    errdetail("Argument in_not_before is infinity."),
                    errhint("NULL as in_priority takes a recording out of the queue.")));
  }
  return not_before;
}

// Without a priority it is taken out of the queue; a lease stays as it is.
pg::Values change_of(std::optional<int32_t> priority, std::optional<TimestampTz> not_before,
                     TimestampTz now) {
  pg::Values change;
  if (!priority) {
    for (int column : {r::priority, r::due_at, r::due_priority}) change.set_null(column);
    return change;
  }
  if (not_before && *not_before <= now) not_before.reset();
  put_in_queue(*priority, not_before, &change);
  return change;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_queue_recording) {
  using namespace s2t::procedures;
  namespace r = s2t::pg::recordings;
  static TupleDesc row_type = nullptr;
  constexpr s2t::pg::ResultColumn kColumns[] = {{"queued", BOOLOID}, {"error_message", TEXTOID}};
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  std::optional<int32_t> priority = arguments.as_optional_int32(1);
  std::optional<TimestampTz> not_before = read_not_before(arguments, 2);

  s2t::pg::Session session = s2t::pg::Session::open(fcinfo, kName);
  bool blocked = false;
  Recording recording = Recording::lock(&session, id, &blocked);
  recording.table()->require(r::lease);
  recording.require_processing();
  Admission answer;
  answer.id = *id;
  bool refused = blocked && priority;
  answer.reason = refused ? s2t::core::Reason::kNotActive : s2t::core::Reason::kOk;
  if (!refused) {
    s2t::pg::Values change = change_of(priority, not_before, s2t::pg::Session::now());
    if (!recording.update(change)->is_null(r::priority)) tell_workers();
  }
  finish(&session, kName, recording.user_id(), &answer);
  session.close();

  Datum values[] = {BoolGetDatum(!refused && priority.has_value()),
                    s2t::pg::make_text(answer.message)};
  bool nulls[] = {false, false};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}
