// sp_check_quota_and_create_recording: docs/reference.md, "sp_check_quota_and_create_recording".
#include "core/account/validate.h"

#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "pg/settings.h"
#include "pg/table.h"
#include "procedures/shared/account.h"

namespace s2t::procedures {

using pg::Arguments;
using pg::Locked;
using pg::make_text;
using pg::Row;
using pg::RowLock;
using pg::Session;
using pg::Table;
using pg::TableId;
using pg::Values;

namespace {

constexpr const char* kNoSubscription = "no active subscription";
constexpr int kReasonBytes = 128;

struct Request {
  const pg_uuid_t* user_id;
  std::string_view source;
  std::string_view language;
  Jsonb* meta;
};

Request read_arguments(const Arguments& arguments) {
  Request request{arguments.as_uuid(0, "in_user_id"), arguments.as_text(1, "in_source"),
                  arguments.as_text(2, "in_language"), arguments.as_jsonb(3, "in_meta")};
  pg::raise_unless_ok(core::check_source(request.source));
  pg::raise_unless_ok(core::check_language(request.language));
  if (!JB_ROOT_IS_OBJECT(request.meta)) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("metadata must be an object"),
                    errdetail("Argument in_meta is %s.",
                              JB_ROOT_IS_SCALAR(request.meta) ? "a scalar" : "an array")));
  }
  return request;
}

// Stores the recording; the user is held. Returns the id it was stored under.
pg_uuid_t insert_recording(Table* recordings, const Request& request, TimestampTz now) {
  namespace r = pg::recordings;
  pg_uuid_t id = pg::new_id(now, pg::slot_of(request.user_id));
  Values recording;
  recording.set(r::id, UUIDPGetDatum(&id));
  recording.set(r::user_id, UUIDPGetDatum(request.user_id));
  recording.set(r::source, make_text(request.source));
  recording.set(r::language, make_text(request.language));
  recording.set(r::status, make_text("processing"));
  recording.set(r::duration_ms, Int32GetDatum(0));
  recording.set(r::created_at, TimestampTzGetDatum(now));
  recording.set(r::meta, JsonbPGetDatum(request.meta));
  recording.set(r::segment_count, Int32GetDatum(0));
  const Row* stored = recordings->insert_one(recording);
  if (memcmp(stored->as_uuid(r::user_id), request.user_id, UUID_LEN) != 0) {
    ereport(ERROR, (errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
                    errmsg("owner of a new recording was changed by a trigger"),
                    errtable(recordings->relation())));
  }
  return *stored->as_uuid(r::id);
}

// Charges one recording and stores it. False, with the reason, if the quota does not allow it.
bool create(Session* session, const Request& request, pg_uuid_t* id, char* reason) {
  strlcpy(reason, kNoSubscription, kReasonBytes);
  if (!hold_user(session, request.user_id)) return false;
  Account account = Account::open(session);
  if (!account.lock(request.user_id)) return false;
  TimestampTz now = Session::now();
  if (account.cycle_ended(now)) {
    if (!pg::settings::lazy_rollover()) return false;
    account.roll_over(now);
  }
  core::Verdict verdict = core::check_quota(account.plan().limits, account.usage());
  core::describe_refusal(verdict, account.plan().limits, account.usage(), reason, kReasonBytes);
  if (verdict != core::Verdict::kAccepted) return false;

  Table recordings = Table::open(session, pg::recordings::kTable, pg::kInsert, {TableId::kUsers});
  account.charge(1, 0);
  if (recordings.counts_natively()) account.count(1, 0, 0);
  account.store();
  *id = insert_recording(&recordings, request, now);
  return true;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_check_quota_and_create_recording) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  constexpr s2t::pg::ResultColumn kColumns[] = {
      {"recording_id", UUIDOID}, {"quota_ok", BOOLOID}, {"error_message", TEXTOID}};

  Request request = read_arguments(Arguments(fcinfo));
  constexpr const char* kName = "sp_check_quota_and_create_recording";
  Session session = Session::open(fcinfo, kName);
  pg_uuid_t id;
  char reason[kReasonBytes];
  bool created = create(&session, request, &id, reason);
  using s2t::pg::settings::Audit;
  if (created) {
    s2t::audit::write(&session, Audit::kAll,
                      {.procedure = kName, .user_id = request.user_id, .recording_id = &id});
  } else {
    s2t::audit::write(&session, Audit::kChanges,
                      {.procedure = kName,
                       .outcome = s2t::audit::Outcome::kRefused,
                       .user_id = request.user_id,
                       .detail = reason});
  }
  session.close();

  Datum values[] = {UUIDPGetDatum(&id), BoolGetDatum(created), make_text(reason)};
  bool nulls[] = {!created, false, false};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}
