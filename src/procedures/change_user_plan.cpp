// sp_change_user_plan, s2t_change_user_plan and s2t_cancel_plan_change: docs/reference.md,
// "sp_change_user_plan" and "s2t_change_user_plan".
#include "core/account/validate.h"

#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/settings.h"
#include "procedures/shared/account.h"
#include "procedures/shared/key.h"

namespace s2t::procedures {

using pg::Arguments;
using pg::make_text;
using pg::Row;
using pg::Session;
using pg::Table;

namespace {

struct Request {
  const char* procedure;
  const pg_uuid_t* user_id;
  std::string_view plan_code;
  bool prorate;
  bool at_cycle_end = false;
  std::optional<std::string_view> key = std::nullopt;
};

struct Answer {
  bool success;
  const char* message;
};

Answer refuse(const char* message) { return {false, message}; }

bytea* hash_of(const Request& request) {
  KeyHash hash;
  hash.add(request.plan_code);
  hash.add(request.prorate);
  hash.add(request.at_cycle_end);
  return hash.end();
}

// The answer that an earlier call with this key got; 22023 if that call had other arguments.
std::optional<Answer> repeated(const Account& account, const Request& request) {
  namespace s = pg::user_subscriptions;
  const Row& row = account.row();
  if (!request.key || row.is_null(s::change_key) || row.as_text(s::change_key) != *request.key)
    return std::nullopt;
  require_same_key(row, s::change_key_hash, hash_of(request));
  std::string_view message = row.as_text(s::change_message);
  return Answer{row.as_bool(s::change_success), pnstrdup(message.data(), message.size())};
}

// A refusal uses up no key.
void remember(Account* account, const Request& request, const Answer& answer) {
  namespace s = pg::user_subscriptions;
  if (!request.key || !answer.success) return;
  pg::Values* change = account->change_of();
  change->set(s::change_key, make_text(*request.key));
  change->set(s::change_key_hash, PointerGetDatum(hash_of(request)));
  change->set(s::change_success, BoolGetDatum(answer.success));
  change->set(s::change_message, make_text(answer.message));
}

Answer schedule(Account* account, const Request& request, const Plan& plan, const char* code) {
  bool in_force = account->plan().code == request.plan_code;
  bool scheduled = !account->row().is_null(pg::user_subscriptions::next_plan_id);
  account->schedule(in_force ? nullptr : &plan.id);
  if (!in_force || scheduled)
    account->tell_plan_changed(in_force ? "cancelled" : "scheduled", account->plan().code,
                               plan.code);
  return {true, in_force ? psprintf("plan stays \"%s\"", code)
                         : psprintf("plan changes to \"%s\" at the end of the cycle", code)};
}

// Moves the user to `plan` at once. Fresh counters belong to the plan they were bought with:
// whoever leaves it without proration takes back what the proration closed.
Answer move(Account* account, const Request& request, const Plan& plan, TimestampTz now,
            const char* code) {
  std::string_view old_code = account->plan().code;
  if (old_code == request.plan_code) return refuse(psprintf("already on plan \"%s\"", code));
  if (request.prorate) {
    if (account->plan_changed()) return refuse("plan was already changed this month");
    if (!core::allows_as_much(plan.limits, account->plan().limits))
      return refuse("plan allows less: change without proration or at the end of the cycle");
    account->prorate(now);
  } else {
    account->carry_back();
  }
  account->tell_plan_changed("made", old_code, plan.code);
  account->change_plan(plan, now);
  return {true, psprintf("plan changed from \"%.*s\" to \"%s\"", static_cast<int>(old_code.size()),
                         old_code.data(), code)};
}

Answer change_plan(Session* session, const Request& request) {
  const auto* code = pnstrdup(request.plan_code.data(), request.plan_code.size());
  Account account = Account::open(session);
  bool subscribed = hold_user(session, request.user_id) && account.lock(request.user_id);
  if (subscribed) {
    if (std::optional<Answer> answer = repeated(account, request)) return *answer;
  }
  Plan plan;
  if (!hold_plan(account.plans(), request.plan_code, &plan))
    return refuse(psprintf("plan \"%s\" not found", code));
  if (!plan.active) return refuse(psprintf("plan \"%s\" is not active", code));
  if (!subscribed) return refuse("no active subscription");

  TimestampTz now = Session::now();
  if (request.prorate && account.cycle_ended(now) && !pg::settings::lazy_rollover())
    return refuse("no active subscription");
  account.roll_over_if_ended(now);
  Answer answer = request.at_cycle_end ? schedule(&account, request, plan, code)
                                       : move(&account, request, plan, now, code);
  if (!answer.success) return answer;
  remember(&account, request, answer);
  account.store(now);
  account.write_entries(nullptr, now);
  return answer;
}

// The answer, whose message lives in the caller's context.
Answer handle(FunctionCallInfo fcinfo, const Request& request) {
  pg::raise_unless_ok(core::check_plan_code(request.plan_code));
  MemoryContext caller = CurrentMemoryContext;
  Session session = Session::open(fcinfo, request.procedure);
  Answer answer = change_plan(&session, request);
  audit::write(&session, pg::settings::Audit::kChanges,
               {.procedure = request.procedure,
                .outcome = answer.success ? audit::Outcome::kDone : audit::Outcome::kRefused,
                .user_id = request.user_id,
                .detail = answer.message});
  answer.message = MemoryContextStrdup(caller, answer.message);
  session.close();
  return answer;
}

Datum make_answer(const Answer& answer) {
  static TupleDesc row_type = nullptr;
  constexpr pg::ResultColumn kColumns[] = {{"success", BOOLOID}, {"message", TEXTOID}};
  Datum values[] = {BoolGetDatum(answer.success), make_text(answer.message)};
  bool nulls[] = {false, false};
  return pg::make_row(&row_type, kColumns, values, nulls);
}

// "now" is false, "cycle_end" is true.
bool read_at(const Arguments& arguments, int index, bool prorate) {
  std::string_view at = arguments.as_text(index, "in_at");
  if (at == "now") return false;
  if (at != "cycle_end") {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid time of a change"),
                    errdetail("Argument in_at is \"%.*s\"; \"now\" or \"cycle_end\" is expected.",
                              static_cast<int>(Min(at.size(), 50)), at.data())));
  }
  if (prorate) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("a change at the end of the cycle has no proration"),
                    errhint("Leave in_prorate false.")));
  }
  return true;
}

// A cycle that has ended is closed first: what was scheduled for its end is then done.
bool cancel_change(Session* session, const pg_uuid_t* user_id) {
  Account account = Account::open(session);
  if (!hold_user(session, user_id)) pg::raise_not_found("user", user_id);
  if (!account.lock(user_id)) return false;
  TimestampTz now = Session::now();
  bool ended = account.cycle_ended(now) && pg::settings::lazy_rollover();
  bool scheduled = !ended && !account.row().is_null(pg::user_subscriptions::next_plan_id);
  if (!ended && !scheduled) return false;
  if (ended) {
    account.roll_over(now);
  } else {
    account.tell_plan_changed("cancelled", account.plan().code, account.plan().code);
    account.schedule(nullptr);
  }
  account.store(now);
  return scheduled;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_change_user_plan) {
  using namespace s2t::procedures;
  s2t::pg::Arguments arguments(fcinfo);
  Request request{"sp_change_user_plan", arguments.as_uuid(0, "in_user_id"),
                  arguments.as_text(1, "in_new_plan_code"), arguments.as_bool(2, "in_prorate")};
  return make_answer(handle(fcinfo, request));
}

S2T_PROCEDURE(s2t_change_user_plan) {
  using namespace s2t::procedures;
  s2t::pg::Arguments arguments(fcinfo);
  Request request{"s2t_change_user_plan", arguments.as_uuid(0, "in_user_id"),
                  arguments.as_text(1, "in_new_plan_code"), arguments.as_bool(2, "in_prorate")};
  request.at_cycle_end = read_at(arguments, 3, request.prorate);
  request.key = read_key(arguments, 4);
  return make_answer(handle(fcinfo, request));
}

S2T_PROCEDURE(s2t_cancel_plan_change) {
  using namespace s2t::procedures;
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* user_id = arguments.as_uuid(0, "in_user_id");
  Session session = Session::open(fcinfo, "s2t_cancel_plan_change");
  bool cancelled = cancel_change(&session, user_id);
  if (cancelled) {
    s2t::audit::write(&session, s2t::pg::settings::Audit::kChanges,
                      {.procedure = "s2t_cancel_plan_change", .user_id = user_id});
  }
  session.close();
  PG_RETURN_BOOL(cancelled);
}
