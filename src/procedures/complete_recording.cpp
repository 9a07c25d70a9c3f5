// sp_complete_recording, s2t_complete_recording and s2t_complete_recording_text: docs/reference.md,
// "sp_complete_recording" and "s2t_complete_recording".
#include "core/account/validate.h"

#include "failures/marks.h"
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "procedures/shared/completion.h"
#include "segments/jsonb_segments.h"
#include "segments/text_segments.h"

namespace s2t::procedures {

namespace {

// `read` makes the source of the segments, within what is marked as a failure.
template <typename Read>
Completed complete(FunctionCallInfo fcinfo, const char* name, const Lease& lease, Read&& read) {
  pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  Completed completed;
  failures::marking_failure(fcinfo, id, [&](failures::Witness* witness) {
    pg::Session session = pg::Session::open(fcinfo, name);
    Recording recording;
    (void)recording.find(&session, id);
    require_lease(recording, lease, witness);
    session.in_callers_memory([&] {
      int32_t duration_ms = arguments.as_int32(1, "in_duration_ms");
      auto segments = read(arguments);
      pg::raise_unless_ok(core::check_duration(duration_ms));
      session.in_own_memory([&] {
        completed = complete_recording(&recording, {name, duration_ms, &segments, lease, witness});
      });
    });
    session.close();
  });
  return completed;
}

segments::JsonbSegments read_jsonb(const pg::Arguments& arguments) {
  return segments::JsonbSegments(arguments.as_jsonb(2, "in_segments"));
}

segments::TextSegments read_text(const pg::Arguments& arguments) {
  return segments::TextSegments(arguments.as_text(2, "in_segments"));
}

Datum make_row_of(const Completed& completed, TupleDesc* row_type) {
  constexpr pg::ResultColumn kColumns[] = {{"repeated", BOOLOID},
                                           {"segment_count", INT4OID},
                                           {"duration_ms", INT4OID},
                                           {"charged_seconds", INT4OID}};
  Datum values[] = {BoolGetDatum(completed.repeated), Int32GetDatum(completed.segments),
                    Int32GetDatum(completed.duration_ms), Int32GetDatum(completed.charged_seconds)};
  bool nulls[lengthof(values)] = {};
  return pg::make_row(row_type, kColumns, values, nulls);
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_complete_recording) {
  using namespace s2t::procedures;
  (void)complete(fcinfo, "sp_complete_recording", std::nullopt, read_jsonb);
  PG_RETURN_VOID();
}

S2T_PROCEDURE(s2t_complete_recording) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  Lease lease = read_lease(s2t::pg::Arguments(fcinfo), 3);
  return make_row_of(complete(fcinfo, "s2t_complete_recording", lease, read_jsonb), &row_type);
}

S2T_PROCEDURE(s2t_complete_recording_text) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  Lease lease = read_lease(s2t::pg::Arguments(fcinfo), 3);
  return make_row_of(complete(fcinfo, "s2t_complete_recording_text", lease, read_text), &row_type);
}
