// The ledger and the credits of one user, whose subscription the caller holds (docs/reference.md,
// "usage_entries" and "usage_credits").
#pragma once

#include <stdint.h>

#include <span>

#include "pg/array.h"
#include "pg/table.h"

namespace s2t::procedures {

// The values of usage_entries.kind.
namespace entry_kind {
inline constexpr const char* kCharge = "charge";
inline constexpr const char* kRefund = "refund";
inline constexpr const char* kReturn = "return";
inline constexpr const char* kAdjust = "adjust";
inline constexpr const char* kCarry = "carry";
inline constexpr const char* kCredit = "credit";
}  // namespace entry_kind

// One row of usage_entries: what one payer was charged or given back.
struct Entry {
  const char* kind = nullptr;
  pg_uuid_t cycle_id{};
  std::optional<pg_uuid_t> credit_id;
  core::Amount amount;   // by how much the counters moved
  core::Amount credits;  // by how much the credits' part of them did
  core::Amount overage;  // by how much the overage did
  std::string_view note;
};

// What of a recording's charges has not been given back, for one cycle and payer.
struct Share {
  pg_uuid_t cycle_id;
  std::optional<pg_uuid_t> credit_id;
  core::Amount amount;
};

// Where a table has the counters of a cycle.
struct CounterColumns {
  int recordings, seconds;
  int credit_recordings, credit_seconds;
  int overage_recordings, overage_seconds;

  [[nodiscard]] core::Counters read(const pg::Row& row) const;
  void set(const core::Counters& counters, pg::Values* values) const;
  // Sets only what differs from the row or is set already: a trigger may be for one of the columns.
  void set_changed(const core::Counters& counters, const pg::Row& row, pg::Values* values) const;
};

// Writes entries of a user about a recording (nullptr: about none), stamped `now`.
void write_entries(pg::Session* session, const pg_uuid_t* user_id, const pg_uuid_t* recording_id,
                   std::span<const Entry> entries, TimestampTz now);

// The same about a recording that grows: what a payer is charged of its audio in a cycle goes into
// the entry that there is. `entry_id` is the entry that was written last; nullopt: none yet.
void write_growth(pg::Session* session, const pg_uuid_t* user_id, const pg_uuid_t* recording_id,
                  std::span<const Entry> entries, TimestampTz now,
                  std::optional<pg_uuid_t>* entry_id);

// Marks the entries about a recording as kept: read_shares() passes them over.
void keep_entries(pg::Session* session, const pg_uuid_t* user_id, const pg_uuid_t* recording_id);

// The shares of a recording, in the order of their entries. In the current memory context.
[[nodiscard]] std::span<Share> read_shares(pg::Session* session, const pg_uuid_t* user_id,
                                           const pg_uuid_t* recording_id);

// An open credit as it stands.
struct OpenCredit {
  pg_uuid_t id;
  TimestampTz expires_at;  // DT_NOEND: never
  TimestampTz created_at;
  core::Credit state;
};

// The user's credits that are open at `now`, in the order in which they pay: the first to expire
// first, then the oldest; `granted` is one of them that is not stored yet. In the current memory
// context.
[[nodiscard]] std::span<OpenCredit> read_open_credits(pg::Session* session,
                                                      const pg_uuid_t* user_id, TimestampTz now,
                                                      const std::optional<OpenCredit>& granted);

// Moves what a credit has left. Raises P0002 if it is gone.
void move_credit(pg::Session* session, const pg_uuid_t* user_id, const pg_uuid_t* credit_id,
                 const core::Amount& by);

// Gives a credit; `row` may have set further columns.
void insert_credit(pg::Session* session, const pg_uuid_t* user_id, const pg_uuid_t* credit_id,
                   const core::Amount& amount, TimestampTz expires_at,
                   std::optional<std::string_view> note, TimestampTz now, pg::Values row = {});

}  // namespace s2t::procedures
