#include "procedures/shared/account.h"

#include "core/account/cycle.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"

namespace s2t::procedures {

using pg::Locked;
using pg::Row;
using pg::RowLock;
using pg::Session;
using pg::Table;

namespace {

std::optional<int32_t> limit(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return Max(row.as_int32(column), 0);
}

void read_plan(const Row& row, Plan* plan) {
  namespace p = pg::plans;
  std::string_view code = row.as_text(p::code);
  plan->id = *row.as_uuid(p::id);
  plan->code = {pnstrdup(code.data(), code.size()), code.size()};
  plan->limits = {limit(row, p::monthly_minutes), limit(row, p::monthly_usage_limit)};
  plan->retention_days = limit(row, p::retention_days);
  plan->active = row.as_bool(p::is_active, true);
}

// There is at most one default plan, and few plans: no index needed.
bool hold_default_plan(Table* plans, Plan* plan) {
  pg::Scan scan = plans->scan();
  bool found = false;
  Row row;
  while (!found && scan.next(&row)) {
    if (!row.as_bool(pg::plans::is_default) || !row.as_bool(pg::plans::is_active, true)) continue;
    read_plan(row, plan);
    found = true;
  }
  scan.end();
  return found && hold_plan(plans, plan->code, plan) && plan->active;
}

}  // namespace

bool find_plan(Table* plans, std::string_view code, Plan* plan) {
  Row row;
  if (!plans->find(pg::plans::by_code, pg::make_text(code), &row)) return false;
  read_plan(row, plan);
  return true;
}

bool find_plan(Table* plans, const pg_uuid_t* id, Plan* plan) {
  Row row;
  if (!plans->find(pg::plans::by_id, UUIDPGetDatum(id), &row)) return false;
  read_plan(row, plan);
  return true;
}

bool hold_plan(Table* plans, std::string_view code, Plan* plan) {
  Row row;
  if (plans->lock(pg::plans::by_code, pg::make_text(code), RowLock::kKeyShare, &row) !=
      Locked::kYes)
    return false;
  read_plan(row, plan);
  return true;
}

bool hold_user(Session* session, const pg_uuid_t* user_id) {
  Table users = Table::open(session, pg::users::kTable, pg::kLockRows);
  Row user;
  return users.lock(pg::users::by_id, UUIDPGetDatum(user_id), RowLock::kKeyShare, &user) ==
         Locked::kYes;
}

Locked try_hold_user(Session* session, const pg_uuid_t* user_id) {
  Table users = Table::open(session, pg::users::kTable, pg::kLockRows);
  Row user;
  if (!users.find(pg::users::by_id, UUIDPGetDatum(user_id), &user)) return Locked::kNo;
  return users.lock_found(&user, RowLock::kKeyShare, pg::OnConflict::kSkip);
}

Account Account::open(Session* session) {
  Account account;
  // A new plan's row is held before the subscription is moved to it; see move_to().
  account.subscriptions_ =
      Table::open(session, pg::user_subscriptions::kTable, pg::kUpdate, {pg::TableId::kPlans});
  return account;
}

Table* Account::plans() {
  if (!plans_opened_)
    plans_ = Table::open(subscriptions_.session(), pg::plans::kTable, pg::kLockRows);
  plans_opened_ = true;
  return &plans_;
}

Table* Account::cycles() {
  if (!cycles_opened_)
    cycles_ = Table::open(subscriptions_.session(), pg::usage_cycles::kTable, pg::kInsert);
  cycles_opened_ = true;
  return &cycles_;
}

bool Account::lock(const pg_uuid_t* user_id) {
  Row row;
  if (subscriptions_.lock(pg::user_subscriptions::by_user_id, UUIDPGetDatum(user_id),
                          RowLock::kNoKeyUpdate, &row) != Locked::kYes)
    return false;
  read(row);
  return true;
}

void Account::take(const Row& found) { read(found); }

bool Account::lock_found(Row* row) {
  if (subscriptions_.lock_found(row, RowLock::kNoKeyUpdate, pg::OnConflict::kWait) != Locked::kYes)
    return false;
  read(*row);
  return true;
}

void Account::read(const Row& row) {
  namespace s = pg::user_subscriptions;
  row_ = row;
  user_id_ = *row.as_uuid(s::user_id);
  usage_ = {row.as_int32(s::usage_count), row.as_int32(s::used_seconds)};
  // An adopted row without dates has never been in a cycle: the next rollover opens its first one.
  cycle_ = {row.as_timestamp(s::cycle_start, DT_NOBEGIN),
            row.as_timestamp(s::cycle_end, DT_NOBEGIN)};
  change_ = {};
  counted_ = {};
  closing_ = false;
  plan_id_ = *row.as_uuid(s::plan_id);
}

const Plan& Account::plan() {
  bool known = !plan_.code.empty() && memcmp(&plan_.id, &plan_id_, UUID_LEN) == 0;
  if (!known && !find_plan(plans(), &plan_id_, &plan_)) pg::raise_not_found("plan", &plan_id_);
  return plan_;
}

bool Account::cycle_ended(TimestampTz now) const { return core::cycle_ended(cycle_.end, now); }

void Account::close_cycle(TimestampTz end, TimestampTz now, const char* reason) {
  namespace c = pg::usage_cycles;
  closing_ = true;
  (void)cycles();  // opened before the first statement: see pg::Table
  closed_ = {};
  closed_.set(c::id, pg::make_uuid(pg::new_id(now, pg::slot_of(&user_id_))));
  closed_.set(c::user_id, pg::make_uuid(user_id_));
  closed_.set(c::plan_code, pg::make_text(plan().code));
  closed_.set_or_null(c::monthly_minutes, plan_.limits.minutes);
  closed_.set_or_null(c::monthly_usage_limit, plan_.limits.recordings);
  closed_.set(c::cycle_start, TimestampTzGetDatum(cycle_.start));
  closed_.set(c::cycle_end, TimestampTzGetDatum(end));
  closed_.set(c::usage_count, Int32GetDatum(usage_.recordings));
  closed_.set(c::used_seconds, Int32GetDatum(usage_.seconds));
  closed_.set(c::closed_at, TimestampTzGetDatum(now));
  closed_.set(c::reason, pg::make_text(reason));

  namespace s = pg::user_subscriptions;
  usage_ = {};
  change_.set(s::usage_count, Int32GetDatum(0));
  change_.set(s::used_seconds, Int32GetDatum(0));
}

void Account::roll_over(TimestampTz now) {
  namespace s = pg::user_subscriptions;
  close_cycle(cycle_.end, now, kRollover);
  cycle_ = pg::month_of(now);
  change_.set(s::cycle_start, TimestampTzGetDatum(cycle_.start));
  change_.set(s::cycle_end, TimestampTzGetDatum(cycle_.end));
  Plan fallback;
  if (!plan().active && hold_default_plan(plans(), &fallback)) move_to(fallback);
}

void Account::prorate(TimestampTz now) {
  close_cycle(now, now, kProrate);
  cycle_.start = now;
  change_.set(pg::user_subscriptions::cycle_start, TimestampTzGetDatum(now));
}

void Account::move_to(const Plan& plan) {
  plan_ = plan;
  plan_id_ = plan.id;
  change_.set(pg::user_subscriptions::plan_id, pg::make_uuid(plan.id));
}

void Account::charge(int32_t recordings, int32_t seconds) {
  namespace s = pg::user_subscriptions;
  pg::raise_unless_ok(
      core::add_to_counter(usage_.recordings, recordings, "usage_count", &usage_.recordings));
  pg::raise_unless_ok(
      core::add_to_counter(usage_.seconds, seconds, "used_seconds", &usage_.seconds));
  // Only what moves is set: a trigger may be for one of the columns.
  if (recordings != 0) change_.set(s::usage_count, Int32GetDatum(usage_.recordings));
  if (seconds != 0) change_.set(s::used_seconds, Int32GetDatum(usage_.seconds));
}

void Account::count(int64_t recordings, int64_t duration_ms, int64_t segments) {
  counted_.recordings += recordings;
  counted_.duration_ms += duration_ms;
  counted_.segments += segments;
}

void Account::store() {
  namespace s = pg::user_subscriptions;
  if (closing_) {
    (void)cycles()->insert_one(closed_);
    // What a trigger made of the subscription, its totals for instance, stays.
    if (subscriptions_.session()->runs_foreign_code() &&
        subscriptions_.lock(s::by_user_id, UUIDPGetDatum(&user_id_), RowLock::kNoKeyUpdate,
                            &row_) != Locked::kYes)
      return;
  }
  auto move = [&](int column, int64_t by) {
    if (by != 0) change_.set(column, Int64GetDatum(Max(row_.as_int64(column) + by, 0)));
  };
  move(s::total_recordings, counted_.recordings);
  move(s::total_duration_ms, counted_.duration_ms);
  move(s::total_segments, counted_.segments);
  (void)subscriptions_.update_one(row_, change_);
}

}  // namespace s2t::procedures
