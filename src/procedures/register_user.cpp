// sp_register_user and s2t_register_user: docs/reference.md, "sp_register_user".
#include "core/account/validate.h"

#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/calendar.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "pg/settings.h"
#include "pg/table.h"
#include "procedures/shared/account.h"
#include "procedures/shared/events.h"

namespace s2t::procedures {

using pg::Arguments;
using pg::make_text;
using pg::Session;
using pg::Table;
using pg::TableId;
using pg::Values;

namespace {

struct Registration {
  std::string_view email;
  std::string_view user_name;
  std::string_view password_hash;
  std::optional<std::string_view> name;
  std::string_view plan_code;
};

Registration read_arguments(const Arguments& arguments) {
  Registration registration{
      core::trim(arguments.as_text(0, "in_email")),
      core::trim(arguments.as_text(1, "in_user_name")),
      arguments.as_text(2, "in_hashed_pass"),
      arguments.as_optional_text(3),
      arguments.as_text(4, "in_default_plan_code"),
  };
  pg::raise_unless_ok(core::check_email(registration.email));
  pg::raise_unless_ok(core::check_user_name(registration.user_name));
  pg::raise_unless_ok(core::check_password_hash(registration.password_hash));
  pg::raise_unless_ok(core::check_plan_code(registration.plan_code));
  return registration;
}

// The plan's row stays held, so that it cannot be removed before the subscription is there.
Plan hold_active_plan(Session* session, std::string_view code) {
  Table plans = Table::open(session, pg::plans::kTable, pg::kLockRows);
  Plan plan;
  bool found = hold_plan(&plans, code, &plan);
  if (!found || !plan.active) {
    ereport(
        ERROR,
        (errcode(ERRCODE_NO_DATA_FOUND), errmsg(found ? "plan is not active" : "plan not found"),
         errdetail(found ? "The plan \"%.*s\" is not active." : "No plan has the code \"%.*s\".",
                   static_cast<int>(code.size()), code.data())));
  }
  return plan;
}

// Returns the id the user was stored under.
pg_uuid_t insert_user(Table* users, const Registration& registration, TimestampTz now) {
  pg_uuid_t id = pg::new_id(now, pg::slot_of_email(registration.email));
  Values user;
  user.set(pg::users::id, UUIDPGetDatum(&id));
  user.set(pg::users::email, make_text(registration.email));
  user.set(pg::users::user_name, make_text(registration.user_name));
  user.set(pg::users::password_hash, make_text(registration.password_hash));
  user.set(pg::users::created_at, TimestampTzGetDatum(now));
  return *users->insert_one(user)->as_uuid(pg::users::id);
}

void insert_profile(Table* profiles, const Registration& registration, const pg_uuid_t* id) {
  Values profile;
  profile.set(pg::user_profiles::user_id, UUIDPGetDatum(id));
  profile.set_or_null(pg::user_profiles::name, registration.name);
  (void)profiles->insert_one(profile);
}

void insert_subscription(Table* subscriptions, const Plan& plan, const pg_uuid_t* id,
                         TimestampTz now, events::Times* times) {
  namespace s = pg::user_subscriptions;
  bool by_anniversary = pg::settings::cycle_anchor() == pg::settings::CycleAnchor::kRegistration;
  int anchor_day = by_anniversary ? pg::day_of(now) : 0;
  pg::Cycle cycle = pg::cycle_at(now, anchor_day);
  pg_uuid_t cycle_id = pg::new_id(now, pg::slot_of(id));
  Values subscription;
  subscription.set(s::cycle_id, UUIDPGetDatum(&cycle_id));
  if (by_anniversary) subscription.set(s::anchor_day, Int32GetDatum(anchor_day));
  subscription.set(s::user_id, UUIDPGetDatum(id));
  subscription.set(s::plan_id, UUIDPGetDatum(&plan.id));
  subscription.set(s::cycle_start, TimestampTzGetDatum(cycle.start));
  subscription.set(s::cycle_end, TimestampTzGetDatum(cycle.end));
  subscription.set(s::usage_count, Int32GetDatum(0));
  subscription.set(s::used_seconds, Int32GetDatum(0));
  subscription.set(s::total_recordings, Int64GetDatum(0));
  subscription.set(s::total_duration_ms, Int64GetDatum(0));
  subscription.set(s::total_segments, Int64GetDatum(0));
  subscription.set(s::held_seconds, Int64GetDatum(0));
  if (events::anybody(subscriptions->session())) times->begin(now, &subscription);
  (void)subscriptions->insert_one(subscription);
}

pg_uuid_t register_user(FunctionCallInfo fcinfo, const char* name) {
  Registration registration = read_arguments(Arguments(fcinfo));
  Session session = Session::open(fcinfo, name);
  Plan plan = hold_active_plan(&session, registration.plan_code);
  TimestampTz now = Session::now();
  Table users = Table::open(&session, pg::users::kTable, pg::kInsert);
  Table profiles = Table::open(&session, pg::user_profiles::kTable, pg::kInsert, {TableId::kUsers});
  Table subscriptions = Table::open(&session, pg::user_subscriptions::kTable, pg::kInsert,
                                    {TableId::kUsers, TableId::kPlans});
  pg_uuid_t id = insert_user(&users, registration, now);
  insert_profile(&profiles, registration, &id);
  events::Times times;
  insert_subscription(&subscriptions, plan, &id, now, &times);
  events::write(&session, {.type = events::Type::kUserRegistered, .user_id = &id, .times = &times},
                [&](events::Data* data) { data->add_text("plan_code", plan.code); });
  audit::write(
      &session, pg::settings::Audit::kChanges,
      {.procedure = name, .user_id = &id, .detail = psprintf("plan \"%s\"", plan.code.data())});
  session.close();
  return id;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_register_user) {
  (void)s2t::procedures::register_user(fcinfo, "sp_register_user");
  PG_RETURN_VOID();
}

S2T_PROCEDURE(s2t_register_user) {
  auto* id = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
  *id = s2t::procedures::register_user(fcinfo, "s2t_register_user");
  PG_RETURN_UUID_P(id);
}
