#include "core/account/meter.h"

#include <stdio.h>

#include <algorithm>
#include <limits>

namespace s2t::core {

namespace {

constexpr int64_t kSecondsPerMinute = 60;
constexpr int64_t kMsPerMinute = 60000;
constexpr int64_t kMost = std::numeric_limits<int32_t>::max();

std::optional<int64_t> limit_in_seconds(const std::optional<int32_t>& minutes) noexcept {
  if (!minutes) return std::nullopt;
  return *minutes * kSecondsPerMinute;
}

// The tables' owner may have set a counter by hand: below what credits paid of it there is nothing.
int64_t plan_part(int32_t used, int32_t credits) noexcept {
  return std::max<int64_t>(0, int64_t{used} - credits);
}

// What the plan has left of one of the two counts; nullopt is unlimited.
std::optional<int64_t> room(std::optional<int64_t> limit, int32_t used, int32_t credits) noexcept {
  if (!limit) return std::nullopt;
  return std::max<int64_t>(0, *limit - plan_part(used, credits));
}

int32_t at_most(int64_t amount, int64_t most) noexcept {
  return static_cast<int32_t>(std::clamp<int64_t>(amount, 0, std::max<int64_t>(0, most)));
}

// Takes `amount` from the plan and from the credits, for one of the two counts. Returns what is
// left of it: overage.
template <typename Member>
int32_t pay(std::optional<int64_t> plan, int32_t amount, std::span<Credit> credits, Member member,
            int32_t* paid_by_credits) noexcept {
  *paid_by_credits = 0;
  if (!plan) return 0;
  int32_t open = amount - at_most(amount, *plan);
  for (Credit& credit : credits) {
    const int32_t drawn = at_most(open, credit.left.*member);
    credit.drawn.*member = drawn;
    *paid_by_credits += drawn;
    open -= drawn;
  }
  return open;
}

Status sum(const Amount& a, const Amount& b, Amount* total) noexcept {
  Amount result;
  Status status = add_to_counter(a.recordings, b.recordings, "usage_count", &result.recordings);
  if (status.ok()) status = add_to_counter(a.seconds, b.seconds, "used_seconds", &result.seconds);
  if (status.ok()) *total = result;
  return status;
}

Status below_zero(const char* what, int64_t part, int32_t by) noexcept {
  return failure(Code::kOutOfRange, "usage counter out of range", nullptr,
                 "The plan's part of %s is at %lld and cannot move by %d.", what,
                 static_cast<long long>(part), by);
}

// One of the two counts of refund_plan().
void take(int32_t share, int32_t* used, int32_t credits, int32_t* overage, int32_t* taken,
          int32_t* taken_overage) noexcept {
  *taken = at_most(share, plan_part(*used, credits));
  *taken_overage = at_most(*taken, *overage);
  *used -= *taken;
  *overage -= *taken_overage;
}

}  // namespace

Left what_is_left(const Limits& limits, const Counters& counters, const Balance& balance,
                  int64_t held_seconds) noexcept {
  Left left;
  left.recordings = room(limits.recordings, counters.used.recordings, counters.credits.recordings);
  if (left.recordings) *left.recordings += balance.recordings;
  left.seconds =
      room(limit_in_seconds(limits.minutes), counters.used.seconds, counters.credits.seconds);
  if (left.seconds) *left.seconds += balance.seconds - held_seconds;
  return left;
}

const char* name_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::kRepeated:
      return "repeated";
    case Reason::kNoSubscription:
      return "no_subscription";
    case Reason::kNotActive:
      return "not_active";
    case Reason::kTooLong:
      return "too_long";
    case Reason::kRecordings:
      return "recordings";
    case Reason::kMinutes:
      return "minutes";
    case Reason::kOk:
      break;
  }
  return "ok";
}

Decision decide(const Limits& limits, const Left& left, const Demand& demand) noexcept {
  const auto longest = limits.max_recording_minutes;
  if (demand.expected_ms && longest && *demand.expected_ms > *longest * kMsPerMinute)
    return {Reason::kTooLong, 0};
  if (demand.charges_recording && left.recordings && *left.recordings < 1)
    return {Reason::kRecordings, 0};

  if (demand.expected_ms) {
    const int32_t seconds = billable_seconds(*demand.expected_ms);
    const int32_t wanted = at_most(int64_t{seconds} - demand.charged_seconds, kMost);
    // What is charged already asks nothing of the minutes.
    if (left.seconds && wanted > 0 && wanted > *left.seconds) return {Reason::kMinutes, 0};
    return {Reason::kOk, wanted};
  }
  if (left.seconds && *left.seconds < 1) return {Reason::kMinutes, 0};
  if (!longest) return {Reason::kOk, 0};
  const int64_t most = *longest * kSecondsPerMinute - demand.charged_seconds;
  return {Reason::kOk, at_most(std::min(most, left.seconds.value_or(most)), kMost)};
}

void describe_refusal(Reason reason, const Limits& limits, const Counters& counters,
                      const Balance& balance, int64_t held_seconds, const Demand& demand, char* out,
                      int size) noexcept {
  if (size <= 0) return;
  out[0] = '\0';
  const auto room_left = [&](int written) { return std::max(0, size - written); };
  int written = 0;
  switch (reason) {
    case Reason::kNoSubscription:
      snprintf(out, size, "no active subscription");
      return;
    case Reason::kNotActive:
      snprintf(out, size, "account is not active");
      return;
    case Reason::kTooLong:
      snprintf(out, size, "recording is too long: %d seconds announced, %d minutes allowed",
               billable_seconds(demand.expected_ms.value_or(0)),
               limits.max_recording_minutes.value_or(0));
      return;
    case Reason::kRecordings:
      snprintf(out, size, "recording limit reached: %d of %d recordings used in this cycle",
               counters.used.recordings, limits.recordings.value_or(0));
      return;
    case Reason::kMinutes:
      written = snprintf(out, size, "minute limit reached: %lld of %d minutes used in this cycle",
                         counters.used.seconds / static_cast<long long>(kSecondsPerMinute),
                         limits.minutes.value_or(0));
      if (held_seconds > 0 && written < size) {
        written += snprintf(out + written, room_left(written),
                            ", %lld seconds held by recordings in progress",
                            static_cast<long long>(held_seconds));
      }
      if (balance.seconds > 0 && written < size) {
        written += snprintf(out + written, room_left(written), ", %lld seconds of credit",
                            static_cast<long long>(balance.seconds));
      }
      if (demand.expected_ms && written < size) {
        snprintf(out + written, room_left(written), ", %d seconds announced",
                 billable_seconds(*demand.expected_ms));
      }
      return;
    case Reason::kRepeated:
    case Reason::kOk:
      return;
  }
}

Status charge(const Limits& limits, const Amount& amount, std::span<Credit> credits,
              Counters* counters, Amount* overage) noexcept {
  Counters next = *counters;
  Status status = sum(counters->used, amount, &next.used);
  if (!status.ok()) return status;

  Amount paid;
  Amount beyond;
  beyond.recordings =
      pay(room(limits.recordings, counters->used.recordings, counters->credits.recordings),
          amount.recordings, credits, &Amount::recordings, &paid.recordings);
  beyond.seconds =
      pay(room(limit_in_seconds(limits.minutes), counters->used.seconds, counters->credits.seconds),
          amount.seconds, credits, &Amount::seconds, &paid.seconds);
  status = sum(counters->credits, paid, &next.credits);
  if (status.ok()) status = sum(counters->overage, beyond, &next.overage);
  if (!status.ok()) return status;
  *counters = next;
  *overage = beyond;
  return {};
}

Refund refund_plan(const Amount& share, Counters* counters) noexcept {
  Refund refund;
  take(share.recordings, &counters->used.recordings, counters->credits.recordings,
       &counters->overage.recordings, &refund.taken.recordings, &refund.overage.recordings);
  take(share.seconds, &counters->used.seconds, counters->credits.seconds,
       &counters->overage.seconds, &refund.taken.seconds, &refund.overage.seconds);
  return refund;
}

Amount refund_credit(const Amount& share, Counters* counters) noexcept {
  const auto take_back = [](int32_t part, int32_t* used, int32_t* credits) {
    const int32_t taken = at_most(part, std::min(*used, *credits));
    *used -= taken;
    *credits -= taken;
    return taken;
  };
  return {take_back(share.recordings, &counters->used.recordings, &counters->credits.recordings),
          take_back(share.seconds, &counters->used.seconds, &counters->credits.seconds)};
}

Status adjust(const Amount& by, Counters* counters) noexcept {
  const auto check = [](int32_t move, int32_t used, int32_t credits, int32_t overage,
                        const char* what) -> Status {
    const int64_t part = plan_part(used, credits) - overage;
    // Upwards is possible whatever the owner has made of the counter.
    if (move < 0 && part + move < 0) return below_zero(what, part, move);
    return {};
  };
  Status status = check(by.recordings, counters->used.recordings, counters->credits.recordings,
                        counters->overage.recordings, "usage_count");
  if (status.ok()) {
    status = check(by.seconds, counters->used.seconds, counters->credits.seconds,
                   counters->overage.seconds, "used_seconds");
  }
  if (!status.ok()) return status;
  return sum(counters->used, by, &counters->used);
}

Status carry(const Counters& closed, Counters* open) noexcept {
  Counters next;
  Status status = sum(open->used, closed.used, &next.used);
  if (status.ok()) status = sum(open->credits, closed.credits, &next.credits);
  if (status.ok()) status = sum(open->overage, closed.overage, &next.overage);
  if (status.ok()) *open = next;
  return status;
}

bool allows_as_much(const Limits& plan, const Limits& other) noexcept {
  const auto at_least = [](const std::optional<int32_t>& a, const std::optional<int32_t>& b) {
    return !a || (b && *a >= *b);
  };
  return at_least(plan.minutes, other.minutes) && at_least(plan.recordings, other.recordings);
}

int32_t minutes_to_carry_over(const Limits& limits, int32_t carry_over_minutes,
                              const Counters& counters, bool skipped) noexcept {
  if (!limits.minutes || carry_over_minutes <= 0) return 0;
  const int64_t unused = skipped ? *limits.minutes
                                 : *room(limit_in_seconds(limits.minutes), counters.used.seconds,
                                         counters.credits.seconds) /
                                       kSecondsPerMinute;
  return at_most(unused, carry_over_minutes);
}

int32_t next_threshold(int64_t before, int64_t after, std::optional<int64_t> limit,
                       std::span<const int32_t> percents, int32_t noted) noexcept {
  if (!limit || *limit <= 0 || after <= before) return 0;
  int32_t least = 0;
  for (const int32_t percent : percents) {
    if (percent <= noted || percent <= 0 || (least != 0 && percent >= least)) continue;
    const __int128 mark = static_cast<__int128>(*limit) * percent;
    if (static_cast<__int128>(before) * 100 < mark && static_cast<__int128>(after) * 100 >= mark)
      least = percent;
  }
  return least;
}

}  // namespace s2t::core
