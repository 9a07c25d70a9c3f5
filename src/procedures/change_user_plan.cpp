// sp_change_user_plan: docs/reference.md, "sp_change_user_plan".
#include "core/account/validate.h"

#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/settings.h"
#include "procedures/shared/account.h"

namespace s2t::procedures {

using pg::Arguments;
using pg::make_text;
using pg::Row;
using pg::Session;
using pg::Table;

namespace {

struct Request {
  const pg_uuid_t* user_id;
  std::string_view plan_code;
  bool prorate;
};

struct Answer {
  bool success;
  const char* message;
};

Answer refuse(const char* message) { return {false, message}; }

// Whether the user's cycle was closed early in this calendar month: a second time would be free
// quota.
bool was_prorated(Session* session, const pg_uuid_t* user_id, TimestampTz now) {
  namespace c = pg::usage_cycles;
  pg::Cycle month = pg::month_of(now);
  Table cycles = Table::open(session, c::kTable, pg::kRead);
  ScanKeyData key = pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(user_id));
  pg::Scan scan = pg::Scan::begin(&cycles, c::by_user_id, &key, 1);
  bool found = false;
  Row row;
  while (!found && scan.next(&row)) {
    found = row.as_text(c::reason) == kProrate &&
            row.as_timestamp(c::closed_at, DT_NOBEGIN) >= month.start;
  }
  scan.end();
  return found;
}

Answer change_plan(Session* session, const Request& request) {
  const auto* code = pnstrdup(request.plan_code.data(), request.plan_code.size());
  Account account = Account::open(session);
  bool subscribed = hold_user(session, request.user_id) && account.lock(request.user_id);
  Plan plan;
  if (!hold_plan(account.plans(), request.plan_code, &plan))
    return refuse(psprintf("plan \"%s\" not found", code));
  if (!plan.active) return refuse(psprintf("plan \"%s\" is not active", code));
  if (!subscribed) return refuse("no active subscription");

  TimestampTz now = Session::now();
  bool ended = account.cycle_ended(now);
  std::string_view old_code = account.plan().code;
  if (old_code == request.plan_code) return refuse(psprintf("already on plan \"%s\"", code));
  if (request.prorate && ended && !pg::settings::lazy_rollover())
    return refuse("no active subscription");
  if (request.prorate && !ended && was_prorated(session, request.user_id, now))
    return refuse("plan was already changed with proration this month");

  if (ended && pg::settings::lazy_rollover()) {
    account.roll_over(now);
  } else if (request.prorate) {
    account.prorate(now);
  }
  account.move_to(plan);
  account.store();
  return {true, psprintf("plan changed from \"%.*s\" to \"%s\"", static_cast<int>(old_code.size()),
                         old_code.data(), code)};
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_change_user_plan) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  constexpr s2t::pg::ResultColumn kColumns[] = {{"success", BOOLOID}, {"message", TEXTOID}};

  Arguments arguments(fcinfo);
  Request request{arguments.as_uuid(0, "in_user_id"), arguments.as_text(1, "in_new_plan_code"),
                  arguments.as_bool(2, "in_prorate")};
  s2t::pg::raise_unless_ok(s2t::core::check_plan_code(request.plan_code));

  MemoryContext caller = CurrentMemoryContext;
  Session session = Session::open(fcinfo, "sp_change_user_plan");
  Answer answer = change_plan(&session, request);
  s2t::audit::write(
      &session, s2t::pg::settings::Audit::kChanges,
      {.procedure = "sp_change_user_plan",
       .outcome = answer.success ? s2t::audit::Outcome::kDone : s2t::audit::Outcome::kRefused,
       .user_id = request.user_id,
       .detail = answer.message});
  Datum message = PointerGetDatum(MemoryContextStrdup(caller, answer.message));
  session.close();

  Datum values[] = {BoolGetDatum(answer.success), make_text(DatumGetCString(message))};
  bool nulls[] = {false, false};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}
