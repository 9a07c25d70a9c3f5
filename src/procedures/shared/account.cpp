#include "procedures/shared/account.h"

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

namespace {

std::optional<int32_t> limit(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return Max(row.as_int32(column), 0);
}

// NULL elements are left out.
std::span<const int32_t> read_percents(const Row& row) {
  bool null;
  Datum value = row.datum(pg::plans::alert_percents, &null);
  if (null) return {};
  Datum* elements;
  bool* nulls;
  int count;
  deconstruct_array(DatumGetArrayTypeP(value), INT4OID, sizeof(int32), true, TYPALIGN_INT,
                    &elements, &nulls, &count);
  auto* percents = static_cast<int32_t*>(palloc(sizeof(int32_t) * Max(count, 1)));
  size_t used = 0;
  for (int i = 0; i < count; i++) {
    if (!nulls[i]) percents[used++] = DatumGetInt32(elements[i]);
  }
  return {percents, used};
}

void read_plan(const Row& row, Plan* plan) {
  namespace p = pg::plans;
  std::string_view code = row.as_text(p::code);
  plan->id = *row.as_uuid(p::id);
  plan->code = {pnstrdup(code.data(), code.size()), code.size()};
  plan->limits = {limit(row, p::monthly_minutes), limit(row, p::monthly_usage_limit),
                  limit(row, p::max_recording_minutes)};
  plan->carry_over_minutes = row.as_int32(p::carry_over_minutes);
  plan->alert_percents = read_percents(row);
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

bool same(const std::optional<pg_uuid_t>& a, const pg_uuid_t& b) {
  return a && pg::same_id(*a, b);
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

bool hold_user(Session* session, const pg_uuid_t* user_id, bool* blocked) {
  Table users = Table::open(session, pg::users::kTable, pg::kLockRows);
  Row user;
  if (users.lock(pg::users::by_id, UUIDPGetDatum(user_id), RowLock::kKeyShare, &user) !=
      Locked::kYes)
    return false;
  if (blocked != nullptr) *blocked = pg::settings::is_blocked(user.as_text(pg::users::status));
  return true;
}

Metered Metered::of(const Row& recording) {
  namespace r = pg::recordings;
  // Tables of earlier versions know nothing of it: there a recording is charged when it is created.
  if (!recording.has(r::charged_cycle_id)) return {.cycle_id = pg_uuid_t{}};
  return {recording.as_optional_uuid(r::charged_cycle_id), recording.as_int32(r::charged_seconds),
          recording.as_int32(r::held_seconds), recording.as_bool(r::credit_drawn)};
}

void Metered::store(const Metered& before, pg::Values* recording) const {
  namespace r = pg::recordings;
  if (cycle_id && !same(before.cycle_id, *cycle_id)) {
    recording->set(r::charged_cycle_id, pg::make_uuid(*cycle_id));
  } else if (!cycle_id && before.cycle_id) {
    recording->set_null(r::charged_cycle_id);
  }
  if (seconds != before.seconds) recording->set(r::charged_seconds, Int32GetDatum(seconds));
  if (held != before.held) recording->set(r::held_seconds, Int32GetDatum(held));
  if (credit_drawn != before.credit_drawn)
    recording->set(r::credit_drawn, BoolGetDatum(credit_drawn));
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
  plan_id_ = *row.as_uuid(s::plan_id);
  cycle_id_ = row.as_optional_uuid(s::cycle_id).value_or(pg_uuid_t{});
  counters_ = {{row.as_int32(s::usage_count), row.as_int32(s::used_seconds)},
               {row.as_int32(s::credit_recordings), row.as_int32(s::credit_seconds)},
               {row.as_int32(s::overage_recordings), row.as_int32(s::overage_seconds)}};
  held_ = row.as_int64(s::held_seconds);
  credit_count_ = row.as_int32(s::credit_count);
  noted_recordings_ = row.as_int32(s::noted_recordings);
  noted_minutes_ = row.as_int32(s::noted_minutes);
  plan_changed_ = !row.is_null(s::plan_changed_at);
  carried_cycle_id_ = row.as_optional_uuid(s::carried_cycle_id);
  prorated_cycle_id_ = row.as_optional_uuid(s::prorated_cycle_id);
  prorated_ = {};
  if (prorated_cycle_id_) {
    prorated_ = {
        {row.as_int32(s::prorated_usage_count), row.as_int32(s::prorated_used_seconds)},
        {row.as_int32(s::prorated_credit_recordings), row.as_int32(s::prorated_credit_seconds)},
        {row.as_int32(s::prorated_overage_recordings), row.as_int32(s::prorated_overage_seconds)}};
  }
  // An adopted row without dates has never been in a cycle: the next rollover opens its first one.
  cycle_ = {row.as_timestamp(s::cycle_start, DT_NOBEGIN),
            row.as_timestamp(s::cycle_end, DT_NOBEGIN)};
  change_ = {};
  counted_ = {};
  closed_count_ = 0;
  prorated_moved_ = false;
  prorated_carried_ = false;
  granted_seconds_ = 0;
  entry_count_ = 0;
  credit_move_count_ = 0;
}

const Plan& Account::plan() {
  bool known = !plan_.code.empty() && pg::same_id(plan_.id, plan_id_);
  if (!known && !find_plan(plans(), &plan_id_, &plan_)) pg::raise_not_found("plan", &plan_id_);
  return plan_;
}

bool Account::cycle_ended(TimestampTz now) const { return core::cycle_ended(cycle_.end, now); }

void Account::close_cycle(TimestampTz end, TimestampTz now, const char* reason) {
  namespace c = pg::usage_cycles;
  Assert(closed_count_ < static_cast<int>(lengthof(closed_)));
  (void)cycles();  // opened before the first statement: see pg::Table
  pg::Values& closed = closed_[closed_count_++];
  closed = {};
  // Tables of earlier versions give a cycle no id before it is closed.
  bool named = row_.has(pg::user_subscriptions::cycle_id);
  closed.set(c::id, pg::make_uuid(named ? cycle_id_ : pg::new_id(now, pg::slot_of(&user_id_))));
  closed.set(c::user_id, pg::make_uuid(user_id_));
  closed.set(c::plan_code, pg::make_text(plan().code));
  closed.set_or_null(c::monthly_minutes, plan_.limits.minutes);
  closed.set_or_null(c::monthly_usage_limit, plan_.limits.recordings);
  closed.set(c::cycle_start, TimestampTzGetDatum(cycle_.start));
  closed.set(c::cycle_end, TimestampTzGetDatum(end));
  closed.set(c::usage_count, Int32GetDatum(counters_.used.recordings));
  closed.set(c::used_seconds, Int32GetDatum(counters_.used.seconds));
  closed.set(c::closed_at, TimestampTzGetDatum(now));
  closed.set(c::reason, pg::make_text(reason));
  closed.set(c::credit_recordings, Int32GetDatum(counters_.credits.recordings));
  closed.set(c::credit_seconds, Int32GetDatum(counters_.credits.seconds));
  closed.set(c::overage_recordings, Int32GetDatum(counters_.overage.recordings));
  closed.set(c::overage_seconds, Int32GetDatum(counters_.overage.seconds));
  closed.set(c::carried, BoolGetDatum(false));

  namespace s = pg::user_subscriptions;
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
  namespace s = pg::user_subscriptions;
  std::optional<pg_uuid_t> next = row_.as_optional_uuid(s::next_plan_id);
  if (!next) return;
  change_.set_null(s::next_plan_id);
  Plan scheduled;
  if (find_plan(plans(), &*next, &scheduled) && scheduled.active &&
      hold_plan(plans(), scheduled.code, &scheduled) && scheduled.active)
    move_to(scheduled);
}

void Account::roll_over(TimestampTz now) {
  namespace s = pg::user_subscriptions;
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
  if (!plan().active && hold_default_plan(plans(), &fallback)) move_to(fallback);
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
  change_.set(pg::user_subscriptions::cycle_start, TimestampTzGetDatum(now));
}

void Account::carry_back() {
  namespace s = pg::user_subscriptions;
  if (!prorated_cycle_id_) return;
  pg::raise_unless_ok(core::carry(prorated_, &counters_));
  add_entry({.kind = entry_kind::kCarry,
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
  change_.set(pg::user_subscriptions::plan_id, pg::make_uuid(plan.id));
}

void Account::change_plan(const Plan& plan, TimestampTz now) {
  namespace s = pg::user_subscriptions;
  move_to(plan);
  if (!plan_changed_) change_.set(s::plan_changed_at, TimestampTzGetDatum(now));
  plan_changed_ = true;
  schedule(nullptr);
}

void Account::schedule(const pg_uuid_t* plan_id) {
  namespace s = pg::user_subscriptions;
  if (plan_id != nullptr) {
    change_.set(s::next_plan_id, pg::make_uuid(*plan_id));
  } else if (!row_.is_null(s::next_plan_id)) {
    change_.set_null(s::next_plan_id);
  }
}

// What the rollover of this very call has granted is among them.
std::span<OpenCredit> Account::open_credits(TimestampTz now) {
  std::optional<OpenCredit> granted;
  if (granted_seconds_ != 0)
    granted =
        OpenCredit{granted_id_, cycle_.end, now, {.left = {0, granted_seconds_}, .drawn = {}}};
  return read_open_credits(subscriptions_.session(), &user_id_, now, granted);
}

core::Balance Account::balance(TimestampTz now) {
  core::Balance balance;
  if (credit_count_ == 0) return balance;
  for (const OpenCredit& credit : open_credits(now)) {
    balance.recordings += credit.state.left.recordings;
    balance.seconds += credit.state.left.seconds;
  }
  // What this call has moved and not yet stored.
  for (int i = 0; i < credit_move_count_; i++) {
    balance.recordings += credit_moves_[i].by.recordings;
    balance.seconds += credit_moves_[i].by.seconds;
  }
  return balance;
}

core::Left Account::left(TimestampTz now) {
  return core::what_is_left(plan().limits, counters_, balance(now), held_);
}

void Account::charge(const core::Amount& amount, TimestampTz now, Metered* recording) {
  core::Left of_plan = core::what_is_left(plan().limits, counters_, {}, 0);
  bool plan_pays = (!of_plan.recordings || *of_plan.recordings >= amount.recordings) &&
                   (!of_plan.seconds || *of_plan.seconds >= amount.seconds);
  std::span<OpenCredit> open;
  if (!plan_pays && credit_count_ != 0) open = open_credits(now);
  auto* credits = static_cast<core::Credit*>(palloc(sizeof(core::Credit) * (open.size() + 1)));
  for (size_t i = 0; i < open.size(); i++) {
    credits[i] = open[i].state;
    for (int m = 0; m < credit_move_count_; m++) {
      if (memcmp(&credit_moves_[m].id, &open[i].id, UUID_LEN) != 0) continue;
      credits[i].left.recordings += credit_moves_[m].by.recordings;
      credits[i].left.seconds += credit_moves_[m].by.seconds;
    }
  }

  core::Counters before = counters_;
  core::Amount overage;
  pg::raise_unless_ok(
      core::charge(plan().limits, amount, {credits, open.size()}, &counters_, &overage));
  core::Amount of_plan_paid = amount;
  for (size_t i = 0; i < open.size(); i++) {
    const core::Amount& drawn = credits[i].drawn;
    if (drawn.is_zero()) continue;
    of_plan_paid.recordings -= drawn.recordings;
    of_plan_paid.seconds -= drawn.seconds;
    move_credit(open[i].id, {-drawn.recordings, -drawn.seconds});
    add_entry({.kind = entry_kind::kCharge,
               .cycle_id = cycle_id_,
               .credit_id = open[i].id,
               .amount = drawn,
               .credits = drawn,
               .overage = {},
               .note = {}});
    recording->credit_drawn = true;
  }
  if (!of_plan_paid.is_zero()) {
    add_entry({.kind = entry_kind::kCharge,
               .cycle_id = cycle_id_,
               .credit_id = std::nullopt,
               .amount = of_plan_paid,
               .credits = {},
               .overage = overage,
               .note = {}});
  }
  if (amount.recordings != 0) recording->cycle_id = cycle_id_;
  recording->seconds += amount.seconds;
  set_counters();
  note_thresholds(before);
}

void Account::note_thresholds(const core::Counters& before) {
  namespace s = pg::user_subscriptions;
  auto note = [&](int column, int64_t from, int64_t to, std::optional<int64_t> limit,
                  int32_t* noted) {
    int32_t highest = 0;
    for (int32_t percent = *noted;;) {
      percent = core::next_threshold(from, to, limit, plan_.alert_percents, percent);
      if (percent == 0) break;
      highest = percent;
    }
    if (highest == 0) return;
    *noted = highest;
    change_.set(column, Int32GetDatum(highest));
  };
  std::optional<int64_t> recordings = plan_.limits.recordings;
  std::optional<int64_t> seconds;
  if (plan_.limits.minutes) seconds = int64_t{*plan_.limits.minutes} * 60;
  note(s::noted_recordings, before.used.recordings - before.credits.recordings,
       counters_.used.recordings - counters_.credits.recordings, recordings, &noted_recordings_);
  note(s::noted_minutes, before.used.seconds - before.credits.seconds,
       counters_.used.seconds - counters_.credits.seconds, seconds, &noted_minutes_);
}

core::Counters* Account::book_of(const pg_uuid_t& cycle_id, pg_uuid_t* entry_cycle) {
  *entry_cycle = cycle_id;
  if (pg::same_id(cycle_id, cycle_id_)) return &counters_;
  if (same(carried_cycle_id_, cycle_id)) {
    *entry_cycle = cycle_id_;
    return &counters_;
  }
  if (same(prorated_cycle_id_, cycle_id)) {
    prorated_moved_ = true;
    return &prorated_;
  }
  return nullptr;
}

core::Amount Account::give_back(const Share& share) {
  pg_uuid_t entry_cycle;
  core::Counters* book = book_of(share.cycle_id, &entry_cycle);
  if (share.credit_id) {
    move_credit(*share.credit_id, share.amount);
    core::Amount taken;
    if (book != nullptr) taken = core::refund_credit(share.amount, book);
    add_entry({.kind = book != nullptr ? entry_kind::kRefund : entry_kind::kReturn,
               .cycle_id = entry_cycle,
               .credit_id = share.credit_id,
               .amount = {-taken.recordings, -taken.seconds},
               .credits = {-share.amount.recordings, -share.amount.seconds},
               .overage = {},
               .note = {}});
    return share.amount;
  }
  if (book == nullptr) return {};
  core::Refund refund = core::refund_plan(share.amount, book);
  if (refund.taken.is_zero()) return {};
  add_entry({.kind = entry_kind::kRefund,
             .cycle_id = entry_cycle,
             .credit_id = std::nullopt,
             .amount = {-refund.taken.recordings, -refund.taken.seconds},
             .credits = {},
             .overage = {-refund.overage.recordings, -refund.overage.seconds},
             .note = {}});
  return refund.taken;
}

void Account::refund(const pg_uuid_t* recording_id, Metered* recording) {
  if (!row_.has(pg::user_subscriptions::cycle_id)) return;
  if (!recording->cycle_id && recording->seconds == 0) return;
  Share whole{recording->cycle_id.value_or(pg_uuid_t{}), std::nullopt, {1, 0}};
  std::span<Share> shares{&whole, 1};
  // Nearly always one recording of the plan, and nothing else.
  if (recording->credit_drawn || recording->seconds != 0)
    shares = read_shares(subscriptions_.session(), &user_id_, recording_id);
  for (const Share& share : shares) {
    if (share.amount.recordings <= 0 && share.amount.seconds <= 0) continue;
    core::Amount taken = give_back(share);
    if (taken.recordings > 0) recording->cycle_id.reset();
    recording->seconds = Max(recording->seconds - taken.seconds, 0);
  }
  set_counters();
  if (prorated_moved_) set_prorated();
}

void Account::adjust(const core::Amount& by, std::string_view note) {
  pg::raise_unless_ok(core::adjust(by, &counters_));
  add_entry({.kind = entry_kind::kAdjust,
             .cycle_id = cycle_id_,
             .credit_id = std::nullopt,
             .amount = by,
             .credits = {},
             .overage = {},
             .note = note});
  set_counters();
}

void Account::count_credits(int32_t by) {
  credit_count_ = Max(credit_count_ + by, 0);
  change_.set(pg::user_subscriptions::credit_count, Int32GetDatum(credit_count_));
}

// Only what differs from the row is set: a trigger may be for one of the columns.
void Account::set_counters() {
  namespace s = pg::user_subscriptions;
  auto set = [&](int column, int32_t value) {
    if (change_.is_set(column) || row_.as_int32(column) != value)
      change_.set(column, Int32GetDatum(value));
  };
  set(s::usage_count, counters_.used.recordings);
  set(s::used_seconds, counters_.used.seconds);
  set(s::credit_recordings, counters_.credits.recordings);
  set(s::credit_seconds, counters_.credits.seconds);
  set(s::overage_recordings, counters_.overage.recordings);
  set(s::overage_seconds, counters_.overage.seconds);
}

void Account::set_prorated() {
  namespace s = pg::user_subscriptions;
  bool open = prorated_cycle_id_ && !prorated_carried_;
  if (open) {
    change_.set(s::prorated_cycle_id, pg::make_uuid(*prorated_cycle_id_));
  } else {
    change_.set_null(s::prorated_cycle_id);
  }
  change_.set(s::prorated_usage_count, Int32GetDatum(prorated_.used.recordings));
  change_.set(s::prorated_used_seconds, Int32GetDatum(prorated_.used.seconds));
  change_.set(s::prorated_credit_recordings, Int32GetDatum(prorated_.credits.recordings));
  change_.set(s::prorated_credit_seconds, Int32GetDatum(prorated_.credits.seconds));
  change_.set(s::prorated_overage_recordings, Int32GetDatum(prorated_.overage.recordings));
  change_.set(s::prorated_overage_seconds, Int32GetDatum(prorated_.overage.seconds));
}

void Account::add_entry(const Entry& entry) {
  if (entry_count_ == entry_room_) {
    entry_room_ = Max(entry_room_ * 2, 4);
    auto* more = static_cast<Entry*>(palloc(sizeof(Entry) * entry_room_));
    for (int i = 0; i < entry_count_; i++) more[i] = entries_[i];
    entries_ = more;
  }
  entries_[entry_count_++] = entry;
}

void Account::move_credit(const pg_uuid_t& id, const core::Amount& by) {
  for (int i = 0; i < credit_move_count_; i++) {
    if (!pg::same_id(credit_moves_[i].id, id)) continue;
    credit_moves_[i].by.recordings += by.recordings;
    credit_moves_[i].by.seconds += by.seconds;
    return;
  }
  if (credit_move_count_ == credit_move_room_) {
    credit_move_room_ = Max(credit_move_room_ * 2, 4);
    auto* more = static_cast<CreditMove*>(palloc(sizeof(CreditMove) * credit_move_room_));
    for (int i = 0; i < credit_move_count_; i++) more[i] = credit_moves_[i];
    credit_moves_ = more;
  }
  credit_moves_[credit_move_count_++] = {id, by};
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
  namespace c = pg::usage_cycles;
  Table cycles = Table::open(subscriptions_.session(), c::kTable, pg::kUpdate);
  Row row;
  if (cycles.lock(c::by_id, UUIDPGetDatum(&*prorated_cycle_id_), RowLock::kNoKeyUpdate, &row) !=
      Locked::kYes)
    return;  // the owner has removed it
  pg::Values change;
  if (prorated_carried_) {
    change.set(c::carried, BoolGetDatum(true));
  } else {
    change.set(c::usage_count, Int32GetDatum(prorated_.used.recordings));
    change.set(c::used_seconds, Int32GetDatum(prorated_.used.seconds));
    change.set(c::credit_recordings, Int32GetDatum(prorated_.credits.recordings));
    change.set(c::credit_seconds, Int32GetDatum(prorated_.credits.seconds));
    change.set(c::overage_recordings, Int32GetDatum(prorated_.overage.recordings));
    change.set(c::overage_seconds, Int32GetDatum(prorated_.overage.seconds));
  }
  (void)cycles.update_one(row, change);
}

void Account::store(TimestampTz now) {
  namespace s = pg::user_subscriptions;
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
  (void)subscriptions_.update_one(row_, change_);
  store_more(now);
  for (int i = 0; i < credit_move_count_; i++)
    procedures::move_credit(subscriptions_.session(), &user_id_, &credit_moves_[i].id,
                            credit_moves_[i].by);
  credit_move_count_ = 0;
}

void Account::store_more(TimestampTz now) {
  if (granted_seconds_ == 0) return;
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

void Account::write_entries(const pg_uuid_t* recording_id, TimestampTz now) {
  procedures::write_entries(subscriptions_.session(), &user_id_, recording_id,
                            {entries_, static_cast<size_t>(entry_count_)}, now);
  entry_count_ = 0;
}

}  // namespace s2t::procedures
