// A user's subscription while a procedure works on it: the plan in force, the open cycle, what is
// charged, held and counted (docs/reference.md, "Conventions"; docs/metering.md).
#pragma once

#include <stdint.h>

#include <span>
#include <string_view>

#include "pg/calendar.h"
#include "pg/table.h"
#include "procedures/shared/events.h"
#include "procedures/shared/ledger.h"
#include "procedures/shared/plan.h"

namespace s2t::procedures {

// Holds the user against removal (KEY SHARE), as a foreign key would: users come first in the order
// of locks. False if there is no such user. `blocked`, if given, tells whether s2t.blocked_statuses
// has the user's status.
[[nodiscard]] bool hold_user(pg::Session* session, const pg_uuid_t* user_id,
                             bool* blocked = nullptr);
// The same without waiting: kSkipped if somebody is about to remove it.
[[nodiscard]] pg::Locked try_hold_user(pg::Session* session, const pg_uuid_t* user_id);

// Why a cycle is closed; the values of usage_cycles.reason.
inline constexpr const char* kRollover = "rollover";
inline constexpr const char* kProrate = "prorate";
inline constexpr const char* kErased = "erased";

// What the meter keeps in a recording's row.
struct Metered {
  std::optional<pg_uuid_t> cycle_id;  // that it is charged to; none: not charged, or refunded
  int32_t seconds = 0;                // charged for it
  int32_t held = 0;                   // seconds it holds while it is in processing
  bool credit_drawn = false;          // whether a credit paid for a part of it
  // Of the entry that its audio is charged in while it grows.
  std::optional<pg_uuid_t> entry_id = std::nullopt;
  bool appended = false;  // it has grown: some of what it was charged may be kept

  static Metered of(const pg::Row& recording);
  // Sets the columns that differ from `before`.
  void store(const Metered& before, pg::Values* recording) const;
};

class Account {
 public:
  static Account open(pg::Session* session);

  // Locks the user's subscription (NO KEY UPDATE) and reads it. False if the user has none.
  [[nodiscard]] bool lock(const pg_uuid_t* user_id);

  // The same without waiting: kSkipped if somebody holds it, kNo if the user has none.
  [[nodiscard]] pg::Locked try_lock(const pg_uuid_t* user_id);

  // Reads a subscription that a scan found, without locking it: for Table::update_found().
  void take(const pg::Row& found);

  // The same for a subscription that a scan found, which moves to its latest version; false if it
  // is gone.
  [[nodiscard]] bool lock_found(pg::Row* row);

  [[nodiscard]] bool cycle_ended(TimestampTz now) const;

  // Closes an ended cycle as of `now`: its figures go to usage_cycles, the counters start at zero
  // in the cycle that follows (core/account/boundary.h), several missed ones being one. The plan
  // that was scheduled takes over, if it is still active; a plan that is no longer active gives way
  // to the default plan, if there is one; minutes that the plan carries over become a credit.
  // Nothing is written before store().
  void roll_over(TimestampTz now);

  // The same where s2t.lazy_rollover allows it and the cycle has ended.
  void roll_over_if_ended(TimestampTz now);

  // Closes the open cycle early, at `now`; the new one ends when the old one would have.
  void prorate(TimestampTz now);

  // Closes the open cycle for good, at `now` or when it ended: the user is about to be erased.
  void erase(TimestampTz now);

  // Takes back into the open cycle what a proration closed since the last rollover, if anything.
  void carry_back();

  // Puts the subscription under another plan, whose row the caller holds.
  void move_to(const Plan& plan);
  // The same as a change of plan that the user asked for, at `now`.
  void change_plan(const Plan& plan, TimestampTz now);
  // The plan that the next rollover moves to; nullptr takes that back.
  void schedule(const pg_uuid_t* plan_id);

  // What may still be used at `now`: plan and open credits less all holds. This and what charges
  // look at the credits as they are stored: what was charged and given back before is stored first.
  [[nodiscard]] core::Left left(TimestampTz now);
  // What open credits have left; {} for a user without credits, without looking.
  [[nodiscard]] core::Balance balance(TimestampTz now);

  // Charges the open cycle for a recording: the plan, then open credits, then overage. Raises 22003
  // rather than wrap.
  void charge(const core::Amount& amount, TimestampTz now, Metered* recording);

  // Gives back what a recording was charged, where it was drawn: the plan's part of cycles that are
  // still open, a credit's share whatever the cycle.
  void refund(const pg_uuid_t* recording_id, Metered* recording);

  // Makes final what a recording was charged so far: its segments are removed, but somebody could
  // read them. The user may have no subscription.
  void keep_charges(const pg_uuid_t* user_id, const pg_uuid_t* recording_id, Metered* recording);

  // Moves the plan's part of the open cycle's counters. Raises 22003 below zero.
  void adjust(const core::Amount& by, std::string_view note);

  // Notes that a credit was given (+ 1) or cancelled (- 1).
  void count_credits(int32_t by);

  // Moves the running totals, which never go below zero, and the seconds held: by what was changed
  // in a table that counts_natively().
  void count(int64_t recordings, int64_t duration_ms, int64_t segments, int64_t held_seconds);

  // Sets further columns of the subscription.
  [[nodiscard]] pg::Values* change_of() { return &change_; }

  // Notes an event of the user, which store() writes. `fill` is called with an events::Data* if
  // there is somebody to read it.
  template <typename Fill>
  void tell(events::Type type, Fill&& fill) {
    if (!events::wanted(subscriptions_.session(), type)) return;
    events::Data data;
    fill(&data);
    told_.push({type, data.end()});
  }

  // The same for plan.changed; `change` is made, scheduled, cancelled or dropped.
  void tell_plan_changed(const char* change, std::string_view from, std::string_view to);

  // Writes what was changed since lock(): the closed cycle, the subscription, the credits, the
  // events of the account. Sets so many times() aside.
  void store(TimestampTz now, int times = events::Times::kRoom);

  // Times for further events of the user, of those that store() has set aside.
  [[nodiscard]] events::Times* times() { return &times_; }

  // Writes the entries of what was charged and given back since lock(), about this recording
  // (nullptr: about none). After store().
  void write_entries(const pg_uuid_t* recording_id, TimestampTz now);

  // The same for a recording that grows: its audio is one entry of each cycle and payer.
  void write_growth(const pg_uuid_t* recording_id, TimestampTz now, Metered* recording);

  // The same in two halves, for many accounts in one statement each: the row for usage_cycles and
  // the change of the subscription, with the columns that they set. Both stay valid as long as the
  // session.
  static constexpr pg::Columns kClosedColumns = {pg::usage_cycles::id,
                                                 pg::usage_cycles::user_id,
                                                 pg::usage_cycles::plan_code,
                                                 pg::usage_cycles::monthly_minutes,
                                                 pg::usage_cycles::monthly_usage_limit,
                                                 pg::usage_cycles::cycle_start,
                                                 pg::usage_cycles::cycle_end,
                                                 pg::usage_cycles::usage_count,
                                                 pg::usage_cycles::used_seconds,
                                                 pg::usage_cycles::closed_at,
                                                 pg::usage_cycles::reason,
                                                 pg::usage_cycles::credit_recordings,
                                                 pg::usage_cycles::credit_seconds,
                                                 pg::usage_cycles::overage_recordings,
                                                 pg::usage_cycles::overage_seconds,
                                                 pg::usage_cycles::carried};
  static constexpr pg::Columns kRollOverColumns = {
      pg::user_subscriptions::plan_id,
      pg::user_subscriptions::cycle_id,
      pg::user_subscriptions::cycle_start,
      pg::user_subscriptions::cycle_end,
      pg::user_subscriptions::usage_count,
      pg::user_subscriptions::used_seconds,
      pg::user_subscriptions::credit_recordings,
      pg::user_subscriptions::credit_seconds,
      pg::user_subscriptions::overage_recordings,
      pg::user_subscriptions::overage_seconds,
      pg::user_subscriptions::noted_recordings,
      pg::user_subscriptions::noted_minutes,
      pg::user_subscriptions::plan_changed_at,
      pg::user_subscriptions::prorated_cycle_id,
      pg::user_subscriptions::prorated_usage_count,
      pg::user_subscriptions::prorated_used_seconds,
      pg::user_subscriptions::prorated_credit_recordings,
      pg::user_subscriptions::prorated_credit_seconds,
      pg::user_subscriptions::prorated_overage_recordings,
      pg::user_subscriptions::prorated_overage_seconds,
      pg::user_subscriptions::carried_cycle_id,
      pg::user_subscriptions::next_plan_id,
      pg::user_subscriptions::credit_count};
  // Where events are written, change() sets this one too, by set_times_aside().
  static constexpr pg::Columns kRollOverAndTellColumns =
      kRollOverColumns | pg::Columns{pg::user_subscriptions::last_event_at};
  void set_times_aside(TimestampTz now, int count = events::Times::kRoom);
  [[nodiscard]] const pg::Values& closed_cycle() const { return closed_[0]; }
  [[nodiscard]] const pg::Values& change() const { return change_; }
  // What store() and write_entries() do beside: credits of minutes carried over, and events.
  [[nodiscard]] bool has_more_to_store() const {
    return granted_seconds_ != 0 || dropped_ != nullptr || !told_.empty();
  }
  void store_more(TimestampTz now);

  // The plan in force. Raises P0002 if it is gone, which a foreign key prevents.
  [[nodiscard]] const Plan& plan();
  [[nodiscard]] const pg_uuid_t* user_id() const { return &user_id_; }
  [[nodiscard]] const pg_uuid_t* cycle_id() const { return &cycle_id_; }
  [[nodiscard]] const core::Counters& counters() const { return counters_; }
  [[nodiscard]] int64_t held_seconds() const { return held_; }
  // Whether the user's plan was changed since the last rollover.
  [[nodiscard]] bool plan_changed() const { return plan_changed_; }
  [[nodiscard]] const pg::Cycle& cycle() const { return cycle_; }
  [[nodiscard]] const pg::Row& row() const { return row_; }
  [[nodiscard]] pg::Table* subscriptions() { return &subscriptions_; }
  [[nodiscard]] pg::Table* plans();
  [[nodiscard]] pg::Table* cycles();

 private:
  struct CreditMove {
    pg_uuid_t id;
    core::Amount by;
  };

  void read(const pg::Row& row);
  void close_cycle(TimestampTz end, TimestampTz now, const char* reason);
  void take_scheduled_plan();
  void set_counters();
  void set_prorated();
  void note_thresholds(const core::Counters& before);
  // The counters that a refund of this cycle moves; nullptr if it is closed for good.
  [[nodiscard]] core::Counters* book_of(const pg_uuid_t& cycle_id, pg_uuid_t* entry_cycle);
  [[nodiscard]] core::Amount give_back(const Share& share);
  void move_credit(const pg_uuid_t& id, const core::Amount& by);
  [[nodiscard]] std::span<OpenCredit> open_credits(TimestampTz now);
  void update_closed_row();
  void grant(TimestampTz now);

  pg::Table subscriptions_;
  pg::Table plans_;  // opened when it is needed
  bool plans_opened_ = false;
  pg::Table cycles_;  // likewise
  bool cycles_opened_ = false;
  pg::Row row_;
  pg_uuid_t user_id_;
  pg_uuid_t plan_id_;
  Plan plan_;  // looked up by plan()
  pg_uuid_t cycle_id_;
  core::Counters counters_;
  int64_t held_ = 0;
  int32_t credit_count_ = 0;
  int32_t noted_recordings_ = 0;
  int32_t noted_minutes_ = 0;
  bool plan_changed_ = false;
  std::optional<pg_uuid_t> prorated_cycle_id_;
  core::Counters prorated_;
  bool prorated_moved_ = false;
  bool prorated_carried_ = false;
  std::optional<pg_uuid_t> carried_cycle_id_;
  pg::Cycle cycle_;
  struct {
    int64_t recordings, duration_ms, segments, held;
  } counted_ = {};
  pg::Values change_;
  pg::Values closed_[2];  // rows for usage_cycles: a rollover, and a proration right after it
  int closed_count_ = 0;
  int32_t granted_seconds_ = 0;  // a credit until the end of the new cycle, not stored yet
  pg_uuid_t granted_id_;
  pg::Array<Entry> entries_;
  pg::Array<CreditMove> credit_moves_;
  struct Told {
    events::Type type;
    Jsonb* data;
  };
  pg::Array<Told> told_;
  const char* dropped_ = nullptr;  // why a change of plan that was scheduled is not made
  events::Times times_;
};

}  // namespace s2t::procedures
