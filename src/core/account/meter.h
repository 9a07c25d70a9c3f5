// The meter's arithmetic: what is left, whether a recording may begin and what it holds, and who
// pays for a charge: the plan, credits, or nobody (docs/reference.md,
// "sp_check_quota_and_create_recording").
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stdint.h>

#include <optional>
#include <span>

#include "core/account/quota.h"
#include "core/base/status.h"

namespace s2t::core {

// So many recordings and seconds.
struct Amount {
  int32_t recordings = 0;
  int32_t seconds = 0;

  [[nodiscard]] constexpr bool is_zero() const noexcept { return recordings == 0 && seconds == 0; }
  friend constexpr bool operator==(const Amount&, const Amount&) = default;
};

// What a cycle has used. What is not paid by credits is the plan's part, and what of that was
// beyond the plan when it was charged is overage: credits + overage <= used, unless the tables'
// owner has changed a counter by hand.
struct Counters {
  Amount used;
  Amount credits;
  Amount overage;

  friend constexpr bool operator==(const Counters&, const Counters&) = default;
};

// What open credits have left, all together.
struct Balance {
  int64_t recordings = 0;
  int64_t seconds = 0;
};

// What may still be used; nullopt is unlimited. Seconds are below zero where holds exceed what is
// left, since a plan or a credit became smaller after they were made.
struct Left {
  std::optional<int64_t> recordings;
  std::optional<int64_t> seconds;
};

// greatest(0, limit - (used - credits)) + balance, and of seconds less `held`.
[[nodiscard]] Left what_is_left(const Limits& limits, const Counters& counters,
                                const Balance& balance, int64_t held_seconds) noexcept;

// Why a recording may or may not begin, in the order in which it is looked at.
enum class Reason : uint8_t {
  kRepeated,        // "repeated": the key's recording is there already
  kNoSubscription,  // "no_subscription"
  kNotActive,       // "not_active": the account is blocked
  kTooLong,         // "too_long": more is announced than the plan allows one recording
  kRecordings,      // "recordings": none is left
  kMinutes,         // "minutes": none is left, or fewer than announced
  kOk,              // "ok"
};

[[nodiscard]] const char* name_of(Reason reason) noexcept;

// What is asked for when a recording begins, or begins again.
struct Demand {
  std::optional<int32_t> expected_ms;  // the length announced, >= 1
  bool charges_recording = true;       // false if this recording is charged already
  int32_t charged_seconds = 0;         // what of its length is charged already
};

struct Decision {
  Reason reason = Reason::kOk;  // kTooLong, kRecordings, kMinutes or kOk
  int32_t hold_seconds = 0;     // what an accepted recording holds
};

// Whether a recording may begin, and what it holds until it ends: what is announced, less what is
// charged of it already (if that is all of it, no minutes need to be left), or else the
// plan's maximum or what is left, whichever is less, or nothing where there is no maximum.
[[nodiscard]] Decision decide(const Limits& limits, const Left& left,
                              const Demand& demand) noexcept;

// The reason a user reads for a refusal, zero-terminated, cut to `size` bytes; "" for kOk.
void describe_refusal(Reason reason, const Limits& limits, const Counters& counters,
                      const Balance& balance, int64_t held_seconds, const Demand& demand, char* out,
                      int size) noexcept;

// An open credit: not expired, not cancelled. `drawn` is what a charge takes from it.
struct Credit {
  Amount left;
  Amount drawn;
};

// Charges `amount` (>= 0) to a cycle: the plan pays what it has left, then the credits in their
// order, and what nobody pays is overage. Holds are not looked at: else a recording's own would
// drive it into credits. Returns kOutOfRange rather than let a counter wrap; then nothing is
// changed. `overage` is what this charge added to the counters' overage.
[[nodiscard]] Status charge(const Limits& limits, const Amount& amount, std::span<Credit> credits,
                            Counters* counters, Amount* overage) noexcept;

// What a refund took from a cycle.
struct Refund {
  Amount taken;
  Amount overage;  // the part of `taken` that lowered the overage
};

// Gives back a share that the plan was charged: overage first, at most the plan's part of the
// counters.
[[nodiscard]] Refund refund_plan(const Amount& share, Counters* counters) noexcept;

// Takes a share that a credit paid out of the counters of the cycle it was charged to, at most the
// credits' part of them. The credit itself gets all of it back, whatever the cycle.
[[nodiscard]] Amount refund_credit(const Amount& share, Counters* counters) noexcept;

// Moves the plan's part of the counters, without the overage. kOutOfRange, and nothing changed, if
// it would fall below zero or a counter would wrap.
[[nodiscard]] Status adjust(const Amount& by, Counters* counters) noexcept;

// Adds what a proration had closed to the open cycle again. kOutOfRange rather than wrap.
[[nodiscard]] Status carry(const Counters& closed, Counters* open) noexcept;

// Whether `plan` allows at least as much as `other` of both.
[[nodiscard]] bool allows_as_much(const Limits& plan, const Limits& other) noexcept;

// The minutes that become a credit when a cycle is rolled over: the whole minutes that the plan had
// left in the last month before the cycle that is opened (all of them if it was `skipped`), at most
// `carry_over_minutes`. None if the plan is unlimited.
[[nodiscard]] int32_t minutes_to_carry_over(const Limits& limits, int32_t carry_over_minutes,
                                            const Counters& counters, bool skipped) noexcept;

// The least of `percents` that is above `noted` and that moving from `before` to `after`, of
// `limit`, reaches upwards; 0 if there is none, or no limit to speak of. Call it again with what it
// returned for the next one.
[[nodiscard]] int32_t next_threshold(int64_t before, int64_t after, std::optional<int64_t> limit,
                                     std::span<const int32_t> percents, int32_t noted) noexcept;

}  // namespace s2t::core
