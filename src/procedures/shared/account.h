// A user's subscription while a procedure works on it: the plan in force, the open cycle, and what
// is charged and counted (docs/reference.md, "Conventions" and "Accounts").
#pragma once

#include <stdint.h>

#include <string_view>

#include "core/account/quota.h"
#include "pg/calendar.h"
#include "pg/table.h"

namespace s2t::procedures {

struct Plan {
  pg_uuid_t id;
  std::string_view code;  // lives as long as the session
  core::Limits limits;
  std::optional<int32_t> retention_days;
  bool active = false;
};

// Finds a plan by its code or id, without locking it. False if there is none.
[[nodiscard]] bool find_plan(pg::Table* plans, std::string_view code, Plan* plan);
[[nodiscard]] bool find_plan(pg::Table* plans, const pg_uuid_t* id, Plan* plan);

// Locks the plan of this code against removal (KEY SHARE), as a foreign key would. False if there
// is none.
[[nodiscard]] bool hold_plan(pg::Table* plans, std::string_view code, Plan* plan);

// Holds the user against removal (KEY SHARE), as a foreign key would: users come first in the order
// of locks. False if there is no such user.
[[nodiscard]] bool hold_user(pg::Session* session, const pg_uuid_t* user_id);
// The same without waiting: kSkipped if somebody is about to remove it.
[[nodiscard]] pg::Locked try_hold_user(pg::Session* session, const pg_uuid_t* user_id);

// Why a cycle is closed; the values of usage_cycles.reason.
inline constexpr const char* kRollover = "rollover";
inline constexpr const char* kProrate = "prorate";

class Account {
 public:
  static Account open(pg::Session* session);

  // Locks the user's subscription (NO KEY UPDATE) and reads it. False if the user has none.
  [[nodiscard]] bool lock(const pg_uuid_t* user_id);

  // Reads a subscription that a scan found, without locking it: for Table::update_found().
  void take(const pg::Row& found);

  // The same for a subscription that a scan found, which moves to its latest version; false if it
  // is gone.
  [[nodiscard]] bool lock_found(pg::Row* row);

  [[nodiscard]] bool cycle_ended(TimestampTz now) const;

  // Closes an ended cycle as of `now`: its figures go to usage_cycles, the counters start at zero
  // in the current month, several missed months being one; a plan that is no longer active gives
  // way to the default plan, if there is one. Nothing is written before store().
  void roll_over(TimestampTz now);

  // Closes the open cycle early, at `now`; the new one ends when the old one would have.
  void prorate(TimestampTz now);

  // Puts the subscription under another plan, whose row the caller holds.
  void move_to(const Plan& plan);

  // Charges the open cycle. Raises 22003 rather than wrap.
  void charge(int32_t recordings, int32_t seconds);

  // Moves the running totals, which never go below zero: by what was changed in a table that
  // counts_natively().
  void count(int64_t recordings, int64_t duration_ms, int64_t segments);

  // Writes what was changed since lock(): the closed cycle, then the subscription. Nothing if
  // foreign code has removed it meanwhile.
  void store();

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
                                                 pg::usage_cycles::reason};
  static constexpr pg::Columns kRollOverColumns = {
      pg::user_subscriptions::plan_id, pg::user_subscriptions::cycle_start,
      pg::user_subscriptions::cycle_end, pg::user_subscriptions::usage_count,
      pg::user_subscriptions::used_seconds};
  [[nodiscard]] const pg::Values& closed_cycle() const { return closed_; }
  [[nodiscard]] const pg::Values& change() const { return change_; }

  // The plan in force. Raises P0002 if it is gone, which a foreign key prevents.
  [[nodiscard]] const Plan& plan();
  [[nodiscard]] const core::Usage& usage() const { return usage_; }
  [[nodiscard]] pg::Table* subscriptions() { return &subscriptions_; }
  [[nodiscard]] pg::Table* plans();
  [[nodiscard]] pg::Table* cycles();

 private:
  void read(const pg::Row& row);
  void close_cycle(TimestampTz end, TimestampTz now, const char* reason);

  pg::Table subscriptions_;
  pg::Table plans_;  // opened when it is needed
  bool plans_opened_ = false;
  pg::Table cycles_;  // likewise
  bool cycles_opened_ = false;
  pg::Row row_;
  pg_uuid_t user_id_;
  pg_uuid_t plan_id_;
  Plan plan_;  // looked up by plan()
  core::Usage usage_;
  pg::Cycle cycle_;
  struct {
    int64_t recordings, duration_ms, segments;
  } counted_ = {};
  pg::Values change_;
  pg::Values closed_;  // the row for usage_cycles
  bool closing_ = false;
};

}  // namespace s2t::procedures
