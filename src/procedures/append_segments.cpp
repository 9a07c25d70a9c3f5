// s2t_append_segments: docs/reference.md, "s2t_append_segments".
#include "core/account/validate.h"

#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/settings.h"
#include "procedures/shared/admission.h"
#include "procedures/shared/lease.h"
#include "procedures/shared/recording.h"
#include "procedures/shared/segment_store.h"
#include "segments/jsonb_segments.h"

namespace s2t::procedures {

using pg::Session;
using pg::Values;

namespace {

namespace r = pg::recordings;

constexpr const char* kName = "s2t_append_segments";

struct Request {
  segments::JsonbSegments segments;
  std::optional<int32_t> duration_ms;  // heard so far; none: the end of the last segment
};

// What the recording has afterwards, and what its owner has left.
struct Appended {
  int32_t segments = 0;
  int32_t heard_ms = 0;
  int32_t charged_seconds = 0;
  bool quota_ok = false;
  std::optional<int64_t> remaining_seconds;  // none: unlimited
};

Request read_arguments(const pg::Arguments& arguments) {
  Request request{segments::JsonbSegments(arguments.as_jsonb(1, "in_segments")),
                  arguments.as_optional_int32(2)};
  if (request.duration_ms) pg::raise_unless_ok(core::check_duration(*request.duration_ms));
  return request;
}

// Charges the seconds that were not charged yet, which are held no more, and stores the account.
// What is left is the answer's.
void charge_owner(Account* account, const Metered& before, Metered* after, int64_t segments,
                  bool natively, TimestampTz now, Appended* appended) {
  account->roll_over_if_ended(now);
  int32_t more = core::billable_seconds(appended->heard_ms) - after->seconds;
  if (more > 0) {
    account->charge({0, more}, now, after);
    after->held = Max(after->held - more, 0);
  }
  if (natively) account->count(0, 0, segments, int64_t{after->held} - before.held);
  account->store(now);
  // The recording's own hold, as it was when the account was locked, is there for itself.
  appended->remaining_seconds = remaining_for(account->left(now), before.held).seconds;
  appended->quota_ok = appended->remaining_seconds.value_or(1) > 0;
}

Appended append_to(Recording* recording, Request* request) {
  Session* session = recording->session();
  Account account = Account::open(session);
  SegmentStore store = SegmentStore::open(*recording);
  // As in complete_recording().
  bool natively = store.table()->counts_natively() && recording->table()->counts_natively();
  store.take(&request->segments, nullptr);
  if (session->runs_foreign_code()) recording->lock_again();

  int32_t heard_before = recording->row().as_int32(r::heard_ms);
  Appended appended;
  appended.heard_ms =
      Max(heard_in_attempt(recording->row()), request->duration_ms.value_or(store.end_ms()));
  appended.remaining_seconds = 0;
  Metered before = Metered::of(recording->row());
  Metered after = before;
  bool subscribed = account.lock(recording->user_id());
  TimestampTz now = Session::now();
  if (store.replaces()) account.keep_charges(recording->user_id(), recording->id(), &after);
  if (subscribed) {
    charge_owner(&account, before, &after, store.growth(), natively, now, &appended);
    account.write_growth(recording->id(), now, &after);
  }
  if (session->runs_foreign_code()) recording->lock_again();

  Values change;
  change.set(r::active_at, TimestampTzGetDatum(now));
  if (appended.heard_ms != heard_before) change.set(r::heard_ms, Int32GetDatum(appended.heard_ms));
  store.note(natively, true, &change);
  after.store(before, &change);
  const pg::Row* grown = recording->update(change);
  appended.segments = grown->as_int32(r::segment_count);
  appended.charged_seconds = after.seconds;
  pg_uuid_t user_id = *grown->as_uuid(r::user_id);
  audit::write(session, pg::settings::Audit::kAll,
               {.procedure = kName,
                .user_id = &user_id,
                .recording_id = recording->id(),
                .detail = psprintf("%d ms heard, " INT64_FORMAT " segments stored",
                                   appended.heard_ms, store.stored())});
  return appended;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_append_segments) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  constexpr s2t::pg::ResultColumn kColumns[] = {{"segment_count", INT4OID},
                                                {"duration_ms", INT4OID},
                                                {"charged_seconds", INT4OID},
                                                {"quota_ok", BOOLOID},
                                                {"remaining_seconds", INT8OID}};
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  Lease lease = read_lease(arguments, 3);

  Session session = Session::open(fcinfo, kName);
  Recording recording;
  (void)recording.find(&session, id);
  require_lease(recording, lease);
  Request request = read_arguments(arguments);
  bool blocked = false;
  recording.lock_found(&blocked);
  require_lease(recording, lease);
  recording.table()->require(r::heard_ms);
  recording.require_processing();
  Appended appended = append_to(&recording, &request);
  session.close();

  Datum values[] = {Int32GetDatum(appended.segments), Int32GetDatum(appended.heard_ms),
                    Int32GetDatum(appended.charged_seconds),
                    BoolGetDatum(appended.quota_ok && !blocked),
                    Int64GetDatum(appended.remaining_seconds.value_or(0))};
  bool nulls[] = {false, false, false, false, !appended.remaining_seconds};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}
