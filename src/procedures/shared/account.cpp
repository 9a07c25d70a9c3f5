#include "procedures/shared/account.h"

#include <utility>

#include "audit/audit.h"
#include "core/account/cycle.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "pg/settings.h"

namespace s2t::procedures {

using pg::Locked;
using pg::Row;
using pg::RowLock;
using pg::Session;
using pg::Table;

namespace c = pg::usage_cycles;
namespace s = pg::user_subscriptions;

namespace {

constexpr CounterColumns kCounters = {s::usage_count,        s::used_seconds,
                                      s::credit_recordings,  s::credit_seconds,
                                      s::overage_recordings, s::overage_seconds};
constexpr CounterColumns kProrated = {s::prorated_usage_count,        s::prorated_used_seconds,
                                      s::prorated_credit_recordings,  s::prorated_credit_seconds,
                                      s::prorated_overage_recordings, s::prorated_overage_seconds};
constexpr CounterColumns kClosed = {c::usage_count,    c::used_seconds,       c::credit_recordings,
                                    c::credit_seconds, c::overage_recordings, c::overage_seconds};

}  // namespace

bool hold_user(Session* session, const pg_uuid_t* user_id, bool* blocked) {
  Table users = Table::open(session, pg::users::kTable, pg::kLockRows);
  Row user;
  if (users.lock(pg::users::by_id, UUIDPGetDatum(user_id), RowLock::kKeyShare, &user) !=
      Locked::kYes)
    return false;
  if (blocked != nullptr) *blocked = pg::settings::is_blocked(user.as_text(pg::users::status));
  return true;
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
  account.subscriptions_ = Table::open(session, s::kTable, pg::kUpdate, {pg::TableId::kPlans});
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
  if (subscriptions_.lock(s::by_user_id, UUIDPGetDatum(user_id), RowLock::kNoKeyUpdate, &row) !=
      Locked::kYes)
    return false;
  read(row);
  return true;
}

Locked Account::try_lock(const pg_uuid_t* user_id) {
  Row row;
  if (!subscriptions_.find(s::by_user_id, UUIDPGetDatum(user_id), &row)) return Locked::kNo;
  Locked locked = subscriptions_.lock_found(&row, RowLock::kNoKeyUpdate, pg::OnConflict::kSkip);
  if (locked == Locked::kYes) read(row);
  return locked;
}

void Account::take(const Row& found) { read(found); }

bool Account::lock_found(Row* row) {
  if (subscriptions_.lock_found(row, RowLock::kNoKeyUpdate, pg::OnConflict::kWait) != Locked::kYes)
    return false;
  read(*row);
  return true;
}

void Account::read(const Row& row) {
  row_ = row;
  user_id_ = *row.as_uuid(s::user_id);
  plan_id_ = *row.as_uuid(s::plan_id);
  cycle_id_ = row.as_optional_uuid(s::cycle_id).value_or(pg_uuid_t{});
  counters_ = kCounters.read(row);
  held_ = row.as_int64(s::held_seconds);
  credit_count_ = row.as_int32(s::credit_count);
  noted_recordings_ = row.as_int32(s::noted_recordings);
  noted_minutes_ = row.as_int32(s::noted_minutes);
  plan_changed_ = !row.is_null(s::plan_changed_at);
  carried_cycle_id_ = row.as_optional_uuid(s::carried_cycle_id);
  prorated_cycle_id_ = row.as_optional_uuid(s::prorated_cycle_id);
  prorated_ = prorated_cycle_id_ ? kProrated.read(row) : core::Counters{};
  // An adopted row without dates has never been in a cycle: the next rollover opens its first one.
  cycle_ = {row.as_timestamp(s::cycle_start, DT_NOBEGIN),
            row.as_timestamp(s::cycle_end, DT_NOBEGIN)};
  change_ = {};
  counted_ = {};
  closed_count_ = 0;
  prorated_moved_ = false;
  prorated_carried_ = false;
  granted_seconds_ = 0;
  entries_.clear();
  credit_moves_.clear();
  dropped_ = nullptr;
  told_ = {};  // a copy of the account may still have them
  times_ = {};
}

const Plan& Account::plan() {
  bool known = !plan_.code.empty() && pg::same_id(plan_.id, plan_id_);
  if (!known && !find_plan(plans(), &plan_id_, &plan_)) pg::raise_not_found("plan", &plan_id_);
  return plan_;
}

bool Account::cycle_ended(TimestampTz now) const { return core::cycle_ended(cycle_.end, now); }

void Account::close_cycle(TimestampTz end, TimestampTz now, const char* reason) {
  Assert(closed_count_ < static_cast<int>(lengthof(closed_)));
  (void)cycles();  // opened before the first statement: see pg::Table
  pg::Values& closed = closed_[closed_count_++];
  closed = {};
  // Tables of earlier versions give a cycle no id before it is closed.
  bool named = row_.has(s::cycle_id);
  closed.set(c::id, pg::make_uuid(named ? cycle_id_ : pg::new_id(now, pg::slot_of(&user_id_))));
  closed.set(c::user_id, pg::make_uuid(user_id_));
  closed.set(c::plan_code, pg::make_text(plan().code));
  closed.set_or_null(c::monthly_minutes, plan_.limits.minutes);
  closed.set_or_null(c::monthly_usage_limit, plan_.limits.recordings);
  closed.set(c::cycle_start, TimestampTzGetDatum(cycle_.start));
  closed.set(c::cycle_end, TimestampTzGetDatum(end));
  kClosed.set(counters_, &closed);
  closed.set(c::closed_at, TimestampTzGetDatum(now));
  closed.set(c::reason, pg::make_text(reason));
  closed.set(c::carried, BoolGetDatum(false));
  tell(events::Type::kCycleClosed, [&](events::Data* data) {
    data->add_id("cycle_id", *DatumGetUUIDP(closed.value(c::id)));
    data->add_text("plan_code", plan_.code);
    data->add_text("reason", reason);
    data->add_time("cycle_start", cycle_.start);
    data->add_time("cycle_end", end);
    data->add_number("usage_count", counters_.used.recordings);
    data->add_number("used_seconds", counters_.used.seconds);
  });

  cycle_id_ = pg::new_id(now, pg::slot_of(&user_id_));
  change_.set(s::cycle_id, pg::make_uuid(cycle_id_));
  counters_ = {};
  change_.set(s::usage_count, Int32GetDatum(0));
  change_.set(s::used_seconds, Int32GetDatum(0));
  set_counters();
  if (noted_recordings_ != 0) change_.set(s::noted_recordings, Int32GetDatum(0));
  if (noted_minutes_ != 0) change_.set(s::noted_minutes, Int32GetDatum(0));
  noted_recordings_ = noted_minutes_ = 0;
}

// The plan that was scheduled; one that is no longer active, or gone, is dropped.
void Account::take_scheduled_plan() {
  std::optional<pg_uuid_t> next = row_.as_optional_uuid(s::next_plan_id);
  if (!next) return;
  change_.set_null(s::next_plan_id);
  std::string_view former = plan().code;
  Plan scheduled;
  bool taken = find_plan(plans(), &*next, &scheduled) && scheduled.active &&
               hold_plan(plans(), scheduled.code, &scheduled) && scheduled.active;
  if (taken) {
    move_to(scheduled);
  } else {
    dropped_ = scheduled.code.empty()
                   ? "scheduled change of plan dropped, the plan is gone"
                   : psprintf("scheduled change to plan \"%.*s\" dropped, it is not active",
                              static_cast<int>(scheduled.code.size()), scheduled.code.data());
  }
  tell_plan_changed(taken ? "made" : "dropped", former, scheduled.code);
}

void Account::tell_plan_changed(const char* change, std::string_view from, std::string_view to) {
  tell(events::Type::kPlanChanged, [&](events::Data* data) {
    data->add_text("change", change);
    data->add_text("from", from);
    data->add_text("to", to);
  });
}

void Account::roll_over(TimestampTz now) {
  core::Counters before = counters_;
  close_cycle(cycle_.end, now, kRollover);
  bool skipped;
  cycle_ = pg::cycle_after(cycle_.end, now, row_.as_int32(s::anchor_day), &skipped);
  change_.set(s::cycle_start, TimestampTzGetDatum(cycle_.start));
  change_.set(s::cycle_end, TimestampTzGetDatum(cycle_.end));
  granted_seconds_ =
      60 * core::minutes_to_carry_over(plan().limits, plan().carry_over_minutes, before, skipped);
  if (granted_seconds_ != 0) {
    granted_id_ = pg::new_id(now, pg::slot_of(&user_id_));
    count_credits(1);
  }

  if (plan_changed_) change_.set_null(s::plan_changed_at);
  plan_changed_ = false;
  if (prorated_cycle_id_) {
    prorated_cycle_id_.reset();
    prorated_ = {};
    set_prorated();
  }
  if (carried_cycle_id_) change_.set_null(s::carried_cycle_id);
  carried_cycle_id_.reset();

  take_scheduled_plan();
  Plan fallback;
  if (plan().active || !hold_default_plan(plans(), &fallback)) return;
  tell_plan_changed("made", plan_.code, fallback.code);
  move_to(fallback);
}

void Account::roll_over_if_ended(TimestampTz now) {
  if (cycle_ended(now) && pg::settings::lazy_rollover()) roll_over(now);
}

void Account::prorate(TimestampTz now) {
  prorated_ = counters_;
  prorated_cycle_id_ = cycle_id_;
  close_cycle(now, now, kProrate);
  set_prorated();
  cycle_.start = now;
  change_.set(s::cycle_start, TimestampTzGetDatum(now));
}

void Account::erase(TimestampTz now) { close_cycle(Min(cycle_.end, now), now, kErased); }

void Account::carry_back() {
  if (!prorated_cycle_id_) return;
  pg::raise_unless_ok(core::carry(prorated_, &counters_));
  entries_.push({.kind = entry_kind::kCarry,
                 .cycle_id = cycle_id_,
                 .credit_id = std::nullopt,
                 .amount = prorated_.used,
                 .credits = prorated_.credits,
                 .overage = prorated_.overage,
                 .note = {}});
  set_counters();
  carried_cycle_id_ = prorated_cycle_id_;
  change_.set(s::carried_cycle_id, pg::make_uuid(*carried_cycle_id_));
  prorated_carried_ = true;
  prorated_ = {};
  set_prorated();
}

void Account::move_to(const Plan& plan) {
  plan_ = plan;
  plan_id_ = plan.id;
  change_.set(s::plan_id, pg::make_uuid(plan.id));
}

void Account::change_plan(const Plan& plan, TimestampTz now) {
  move_to(plan);
  if (!plan_changed_) change_.set(s::plan_changed_at, TimestampTzGetDatum(now));
  plan_changed_ = true;
  schedule(nullptr);
}

void Account::schedule(const pg_uuid_t* plan_id) {
  if (plan_id != nullptr) {
    change_.set(s::next_plan_id, pg::make_uuid(*plan_id));
  } else if (!row_.is_null(s::next_plan_id)) {
    change_.set_null(s::next_plan_id);
  }
}

void Account::count_credits(int32_t by) {
  credit_count_ = Max(credit_count_ + by, 0);
  change_.set(s::credit_count, Int32GetDatum(credit_count_));
}

void Account::set_counters() { kCounters.set_changed(counters_, row_, &change_); }

void Account::set_prorated() {
  bool open = prorated_cycle_id_ && !prorated_carried_;
  if (open) {
    change_.set(s::prorated_cycle_id, pg::make_uuid(*prorated_cycle_id_));
  } else {
    change_.set_null(s::prorated_cycle_id);
  }
  kProrated.set(prorated_, &change_);
}

void Account::count(int64_t recordings, int64_t duration_ms, int64_t segments,
                    int64_t held_seconds) {
  counted_.recordings += recordings;
  counted_.duration_ms += duration_ms;
  counted_.segments += segments;
  counted_.held += held_seconds;
}

// The row of a cycle that a proration closed follows what is taken off it, or carried back.
void Account::update_closed_row() {
  Table cycles = Table::open(subscriptions_.session(), c::kTable, pg::kUpdate);
  Row row;
  if (cycles.lock(c::by_id, UUIDPGetDatum(&*prorated_cycle_id_), RowLock::kNoKeyUpdate, &row) !=
      Locked::kYes)
    return;  // the owner has removed it
  pg::Values change;
  if (prorated_carried_) {
    change.set(c::carried, BoolGetDatum(true));
  } else {
    kClosed.set(prorated_, &change);
  }
  (void)cycles.update_one(row, change);
}

void Account::store(TimestampTz now, int times) {
  for (int i = 0; i < closed_count_; i++) (void)cycles()->insert_one(closed_[i]);
  bool moves_closed = prorated_moved_ || prorated_carried_;
  if (moves_closed) update_closed_row();
  // What a trigger made of the subscription, its totals for instance, stays.
  if ((closed_count_ > 0 || moves_closed) && subscriptions_.session()->runs_foreign_code() &&
      subscriptions_.lock(s::by_user_id, UUIDPGetDatum(&user_id_), RowLock::kNoKeyUpdate, &row_) !=
          Locked::kYes)
    return;
  auto move = [&](int column, int64_t by) {
    if (by != 0) change_.set(column, Int64GetDatum(Max(row_.as_int64(column) + by, 0)));
  };
  move(s::total_recordings, counted_.recordings);
  move(s::total_duration_ms, counted_.duration_ms);
  move(s::total_segments, counted_.segments);
  move(s::held_seconds, counted_.held);
  set_times_aside(now, times);
  (void)subscriptions_.update_one(row_, change_);
  store_more(now);
  for (const CreditMove& move : credit_moves_)
    procedures::move_credit(subscriptions_.session(), &user_id_, &move.id, move.by);
  credit_moves_.clear();
}

void Account::set_times_aside(TimestampTz now, int count) {
  if (!events::anybody(subscriptions_.session())) return;
  times_.set_aside(row_, now, count, &change_);
}

void Account::store_more(TimestampTz now) {
  if (granted_seconds_ != 0) grant(now);
  for (const Told& told : told_)
    events::write_wanted(subscriptions_.session(),
                         {.type = told.type, .user_id = &user_id_, .times = &times_}, told.data);
  told_.clear();
  if (dropped_ == nullptr) return;
  Session* session = subscriptions_.session();
  audit::write(session, pg::settings::Audit::kChanges,
               {.procedure = session->name(),
                .user_id = &user_id_,
                .detail = std::exchange(dropped_, nullptr)});
}

// The credit that a rollover has granted.
void Account::grant(TimestampTz now) {
  core::Amount amount{0, granted_seconds_};
  granted_seconds_ = 0;
  Session* session = subscriptions_.session();
  insert_credit(session, &user_id_, &granted_id_, amount, cycle_.end, "minutes carried over", now);
  Entry entry{.kind = entry_kind::kCredit,
              .cycle_id = cycle_id_,
              .credit_id = granted_id_,
              .amount = {},
              .credits = amount,
              .overage = {},
              .note = "minutes carried over"};
  procedures::write_entries(session, &user_id_, nullptr, {&entry, 1}, now);
}

void Account::write_growth(const pg_uuid_t* recording_id, TimestampTz now, Metered* recording) {
  procedures::write_growth(subscriptions_.session(), &user_id_, recording_id, entries_.all(), now,
                           &recording->entry_id);
  entries_.clear();
}

void Account::write_entries(const pg_uuid_t* recording_id, TimestampTz now) {
  // Tables of earlier versions have no ledger.
  if (row_.has(s::cycle_id))
    procedures::write_entries(subscriptions_.session(), &user_id_, recording_id, entries_.all(),
                              now);
  entries_.clear();
}

}  // namespace s2t::procedures
