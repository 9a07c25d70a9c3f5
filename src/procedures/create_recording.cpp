// sp_check_quota_and_create_recording and s2t_create_recording: docs/reference.md,
// "sp_check_quota_and_create_recording" and "s2t_create_recording".
#include "core/account/validate.h"

#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "pg/settings.h"
#include "pg/table.h"
#include "procedures/shared/account.h"
#include "procedures/shared/admission.h"
#include "procedures/shared/key.h"
#include "procedures/shared/queue.h"

namespace s2t::procedures {

using pg::Arguments;
using pg::make_text;
using pg::Row;
using pg::Session;
using pg::Table;
using pg::TableId;
using pg::Values;

namespace {

struct Request {
  const char* procedure;
  const pg_uuid_t* user_id;
  std::string_view source;
  std::string_view language;
  Jsonb* meta;
  std::optional<int32_t> expected_ms;
  std::optional<std::string_view> key;
  bool tells_remaining = false;  // the caller is told what is left, too
  std::optional<int32_t> priority = std::nullopt;  // none: not queued

  [[nodiscard]] core::Demand demand() const { return {.expected_ms = expected_ms}; }
};

Request read_arguments(const Arguments& arguments, const char* procedure) {
  Request request{procedure,
                  arguments.as_uuid(0, "in_user_id"),
                  arguments.as_text(1, "in_source"),
                  arguments.as_text(2, "in_language"),
                  arguments.as_jsonb(3, "in_meta"),
                  std::nullopt,
                  std::nullopt};
  pg::raise_unless_ok(core::check_source(request.source));
  pg::raise_unless_ok(core::check_language(request.language));
  if (!JB_ROOT_IS_OBJECT(request.meta)) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("metadata must be an object"),
                    errdetail("Argument in_meta is %s.",
                              JB_ROOT_IS_SCALAR(request.meta) ? "a scalar" : "an array")));
  }
  return request;
}

// The arguments of a keyed call, as its key remembers them.
bytea* hash_of(const Request& request) {
  KeyHash hash;
  hash.add(request.source);
  hash.add(request.language);
  hash.add({VARDATA(request.meta), VARSIZE(request.meta) - VARHDRSZ});
  hash.add(request.expected_ms);
  // Only where there is one: what it was without is known by its hash.
  if (request.priority) hash.add(request.priority);
  return hash.end();
}

// The recording that an earlier call with this key created, and what it holds. False if there is
// none; 22023 if that call had other arguments.
bool find_repeated(Session* session, const Request& request, pg_uuid_t* id, int64_t* held) {
  namespace r = pg::recordings;
  Table recordings = Table::open(session, r::kTable, pg::kRead);
  ScanKeyData keys[] = {
      pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(request.user_id)),
      pg::text_scan_key(2, *request.key)};
  int count = recordings.index_continues_with(r::by_create_key, r::create_key) ? 2 : 1;
  pg::Scan scan = pg::Scan::begin(&recordings, r::by_create_key, keys, count);
  Row row;
  bool found = false;
  while (!found && scan.next(&row)) found = row.as_text(r::create_key) == *request.key;
  if (found) {
    require_same_key(row, r::create_key_hash, hash_of(request));
    *id = *row.as_uuid(r::id);
    *held = row.as_text(r::status) == "processing" ? row.as_int32(r::held_seconds) : 0;
  }
  scan.end();
  return found;
}

// Stores the recording; the user is held. Returns the id it was stored under.
pg_uuid_t insert_recording(Table* recordings, const Request& request, const Metered& metered,
                           TimestampTz now) {
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
  metered.store({}, &recording);
  if (request.priority) recordings->require(r::lease);
  if (request.priority) put_in_queue(*request.priority, std::nullopt, &recording);
  if (request.key) {
    recording.set(r::create_key, make_text(*request.key));
    recording.set(r::create_key_hash, PointerGetDatum(hash_of(request)));
  }
  const Row* stored = recordings->insert_one(recording);
  if (!pg::same_id(*stored->as_uuid(r::user_id), *request.user_id)) {
    ereport(ERROR, (errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
                    errmsg("owner of a new recording was changed by a trigger"),
                    errtable(recordings->relation())));
  }
  return *stored->as_uuid(r::id);
}

// Charges one recording, holds what it holds, and stores it.
void create(Table* recordings, Account* account, const Request& request, int32_t hold_seconds,
            TimestampTz now, Admission* answer) {
  Metered metered;
  account->charge({1, 0}, now, &metered);
  metered.held = hold_seconds;
  if (recordings->counts_natively()) account->count(1, 0, 0, hold_seconds);
  account->store(now);
  answer->id = insert_recording(recordings, request, metered, now);
  if (request.priority) tell_workers();
  account->write_entries(&answer->id, now);
  events::write(recordings->session(),
                {.type = events::Type::kRecordingCreated,
                 .user_id = request.user_id,
                 .recording_id = &answer->id,
                 .times = account->times()},
                [&](events::Data* data) {
                  data->add_text("source", request.source);
                  data->add_text("language", request.language);
                });
  if (request.tells_remaining) answer->remaining = remaining_for(account->left(now), 0);
}

void answer_request(Session* session, const Request& request, Admission* answer) {
  bool blocked = false;
  if (!hold_user(session, request.user_id, &blocked)) return;
  Account account = Account::open(session);
  Table recordings = Table::open(session, pg::recordings::kTable, pg::kInsert, {TableId::kUsers});
  bool subscribed = account.lock(request.user_id);
  TimestampTz now = Session::now();
  int64_t held;
  if (request.key && find_repeated(session, request, &answer->id, &held)) {
    answer->reason = core::Reason::kRepeated;
    if (subscribed && !account.cycle_ended(now))
      answer->remaining = remaining_for(account.left(now), held);
    return;
  }
  if (!subscribed || (account.cycle_ended(now) && !pg::settings::lazy_rollover())) return;
  if (blocked) {
    answer->reason = core::Reason::kNotActive;
    return;
  }
  account.roll_over_if_ended(now);
  core::Decision decision = decide(&account, request.demand(), request.procedure, now, &subscribed);
  answer->reason = decision.reason;
  if (!subscribed) return;
  if (decision.reason == core::Reason::kOk) {
    create(&recordings, &account, request, decision.hold_seconds, now, answer);
    return;
  }
  describe_refusal(&account, request.demand(), now, answer);
}

Admission handle(FunctionCallInfo fcinfo, const Request& request) {
  Session session = Session::open(fcinfo, request.procedure);
  Admission answer;
  answer_request(&session, request, &answer);
  finish(&session, request.procedure, request.user_id, &answer);
  session.close();
  return answer;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_check_quota_and_create_recording) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  constexpr s2t::pg::ResultColumn kColumns[] = {
      {"recording_id", UUIDOID}, {"quota_ok", BOOLOID}, {"error_message", TEXTOID}};

  Request request = read_arguments(Arguments(fcinfo), "sp_check_quota_and_create_recording");
  Admission answer = handle(fcinfo, request);
  Datum values[] = {UUIDPGetDatum(&answer.id), BoolGetDatum(answer.accepted()),
                    make_text(answer.message)};
  bool nulls[] = {!answer.accepted(), false, false};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}

S2T_PROCEDURE(s2t_create_recording) {
  using namespace s2t::procedures;
  s2t::pg::Arguments arguments(fcinfo);
  Request request = read_arguments(arguments, "s2t_create_recording");
  request.expected_ms = read_expected_ms(arguments, 4);
  request.key = read_key(arguments, 5);
  request.tells_remaining = true;
  request.priority = arguments.as_optional_int32(6);
  return make_row(handle(fcinfo, request));
}
