// What an account is charged and given back.
#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "procedures/shared/account.h"

namespace s2t::procedures {

using pg::Row;

namespace {

bool same(const std::optional<pg_uuid_t>& a, const pg_uuid_t& b) { return a && pg::same_id(*a, b); }

}  // namespace

Metered Metered::of(const Row& recording) {
  namespace r = pg::recordings;
  // Tables of earlier versions know nothing of it: there a recording is charged when it is created.
  if (!recording.has(r::charged_cycle_id)) return {.cycle_id = pg_uuid_t{}};
  return {.cycle_id = recording.as_optional_uuid(r::charged_cycle_id),
          .seconds = recording.as_int32(r::charged_seconds),
          .held = recording.as_int32(r::held_seconds),
          .credit_drawn = recording.as_bool(r::credit_drawn),
          .entry_id = recording.as_optional_uuid(r::charged_entry_id),
          .appended = !recording.is_null(r::segments_attempt)};
}

void Metered::store(const Metered& before, pg::Values* recording) const {
  namespace r = pg::recordings;
  auto store_id = [&](int column, const std::optional<pg_uuid_t>& was,
                      const std::optional<pg_uuid_t>& is) {
    if (is && !same(was, *is)) recording->set(column, pg::make_uuid(*is));
    if (!is && was) recording->set_null(column);
  };
  store_id(r::charged_cycle_id, before.cycle_id, cycle_id);
  store_id(r::charged_entry_id, before.entry_id, entry_id);
  if (seconds != before.seconds) recording->set(r::charged_seconds, Int32GetDatum(seconds));
  if (held != before.held) recording->set(r::held_seconds, Int32GetDatum(held));
  if (credit_drawn != before.credit_drawn)
    recording->set(r::credit_drawn, BoolGetDatum(credit_drawn));
}

// What the rollover of this very call has granted is among them.
std::span<OpenCredit> Account::open_credits(TimestampTz now) {
  Assert(credit_moves_.empty());
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
  for (size_t i = 0; i < open.size(); i++) credits[i] = open[i].state;

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
    entries_.push({.kind = entry_kind::kCharge,
                   .cycle_id = cycle_id_,
                   .credit_id = open[i].id,
                   .amount = drawn,
                   .credits = drawn,
                   .overage = {},
                   .note = {}});
    recording->credit_drawn = true;
  }
  if (!of_plan_paid.is_zero()) {
    entries_.push({.kind = entry_kind::kCharge,
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
      tell(events::Type::kUsageThreshold, [&](events::Data* data) {
        bool of_minutes = column == s::noted_minutes;
        data->add_text("quota", of_minutes ? "minutes" : "recordings");
        data->add_number("percent", percent);
        data->add_number(of_minutes ? "used_seconds" : "usage_count", to);
        data->add_number(of_minutes ? "limit_seconds" : "limit_count", *limit);
        data->add_id("cycle_id", cycle_id_);
      });
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
    entries_.push({.kind = book != nullptr ? entry_kind::kRefund : entry_kind::kReturn,
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
  entries_.push({.kind = entry_kind::kRefund,
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
  if (recording->credit_drawn || recording->seconds != 0 || recording->appended)
    shares = read_shares(subscriptions_.session(), &user_id_, recording_id);
  for (const Share& share : shares) {
    if (share.amount.recordings <= 0 && share.amount.seconds <= 0) continue;
    core::Amount taken = give_back(share);
    if (taken.recordings > 0) recording->cycle_id.reset();
    recording->seconds = Max(recording->seconds - taken.seconds, 0);
    if (taken.seconds > 0) recording->entry_id.reset();
  }
  set_counters();
  if (prorated_moved_) set_prorated();
}

void Account::keep_charges(const pg_uuid_t* user_id, const pg_uuid_t* recording_id,
                           Metered* recording) {
  keep_entries(subscriptions_.session(), user_id, recording_id);
  recording->entry_id.reset();
}

void Account::adjust(const core::Amount& by, std::string_view note) {
  pg::raise_unless_ok(core::adjust(by, &counters_));
  entries_.push({.kind = entry_kind::kAdjust,
                 .cycle_id = cycle_id_,
                 .credit_id = std::nullopt,
                 .amount = by,
                 .credits = {},
                 .overage = {},
                 .note = note});
  set_counters();
}

void Account::move_credit(const pg_uuid_t& id, const core::Amount& by) {
  for (CreditMove& move : credit_moves_) {
    if (!pg::same_id(move.id, id)) continue;
    move.by.recordings += by.recordings;
    move.by.seconds += by.seconds;
    return;
  }
  credit_moves_.push({id, by});
}

}  // namespace s2t::procedures
