#include "core/account/meter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

namespace s2t::core {
namespace {

constexpr Limits kUnlimited{};
constexpr Limits kFree{.minutes = 30, .recordings = 10};

Counters counters(Amount used, Amount credits = {}, Amount overage = {}) {
  return {used, credits, overage};
}

TEST(WhatIsLeftTest, UnlimitedStaysUnlimited) {
  const Left left = what_is_left(kUnlimited, counters({INT32_MAX, INT32_MAX}), {5, 5}, 100);
  EXPECT_FALSE(left.recordings);
  EXPECT_FALSE(left.seconds);
}

TEST(WhatIsLeftTest, PlanAndCreditsLessHolds) {
  Left left = what_is_left(kFree, counters({3, 600}), {2, 60}, 100);
  EXPECT_EQ(left.recordings, 9);
  EXPECT_EQ(left.seconds, 1200 + 60 - 100);
  // What credits paid does not use up the plan.
  left = what_is_left(kFree, counters({12, 1860}, {2, 60}), {0, 0}, 0);
  EXPECT_EQ(left.recordings, 0);
  EXPECT_EQ(left.seconds, 0);
}

TEST(WhatIsLeftTest, OverageDoesNotEatCredits) {
  const Left left = what_is_left(kFree, counters({15, 3000}, {}, {5, 1200}), {1, 60}, 0);
  EXPECT_EQ(left.recordings, 1);
  EXPECT_EQ(left.seconds, 60);
}

TEST(WhatIsLeftTest, HoldsMayExceedIt) {
  EXPECT_EQ(what_is_left(kFree, counters({0, 0}), {}, 2000).seconds, -200);
}

TEST(WhatIsLeftTest, CountersSetByHandGiveNoMoreThanThePlan) {
  const Left left = what_is_left(kFree, counters({0, 0}, {3, 300}), {}, 0);
  EXPECT_EQ(left.recordings, 10);
  EXPECT_EQ(left.seconds, 1800);
}

TEST(DecideTest, UnlimitedAcceptsAndHoldsWhatIsAnnounced) {
  EXPECT_EQ(decide(kUnlimited, {}, {}).hold_seconds, 0);
  const Decision decision = decide(kUnlimited, {}, {.expected_ms = INT32_MAX});
  EXPECT_EQ(decision.reason, Reason::kOk);
  EXPECT_EQ(decision.hold_seconds, 2147484);
}

TEST(DecideTest, OneRecordingAndOneSecondMustBeLeft) {
  EXPECT_EQ(decide(kFree, {1, 1}, {}).reason, Reason::kOk);
  EXPECT_EQ(decide(kFree, {0, 1}, {}).reason, Reason::kRecordings);
  EXPECT_EQ(decide(kFree, {1, 0}, {}).reason, Reason::kMinutes);
  EXPECT_EQ(decide(kFree, {1, -5}, {}).reason, Reason::kMinutes);
  EXPECT_EQ(decide(kFree, {0, 0}, {}).reason, Reason::kRecordings);
}

TEST(DecideTest, WhatIsAnnouncedMustBeWithinWhatIsLeft) {
  Decision decision = decide(kFree, {1, 60}, {.expected_ms = 60000});
  EXPECT_EQ(decision.reason, Reason::kOk);
  EXPECT_EQ(decision.hold_seconds, 60);
  EXPECT_EQ(decide(kFree, {1, 60}, {.expected_ms = 60001}).reason, Reason::kMinutes);
  EXPECT_EQ(decide(kFree, {1, 60}, {.expected_ms = 1}).hold_seconds, 1);
}

TEST(DecideTest, TooLongComesFirst) {
  Limits limits = kFree;
  limits.max_recording_minutes = 5;
  EXPECT_EQ(decide(limits, {0, 0}, {.expected_ms = 300001}).reason, Reason::kTooLong);
  EXPECT_EQ(decide(limits, {1, 300}, {.expected_ms = 300000}).hold_seconds, 300);
}

TEST(DecideTest, WithoutAnAnnouncementThePlansMaximumIsHeld) {
  Limits limits = kFree;
  limits.max_recording_minutes = 5;
  EXPECT_EQ(decide(limits, {1, 1800}, {}).hold_seconds, 300);
  EXPECT_EQ(decide(limits, {1, 120}, {}).hold_seconds, 120);
  EXPECT_EQ(decide(limits, {}, {}).hold_seconds, 300);
  limits.max_recording_minutes = INT32_MAX;
  EXPECT_EQ(decide(limits, {}, {}).hold_seconds, INT32_MAX);
}

TEST(DecideTest, ARetryHoldsWhatIsNotChargedYet) {
  Demand demand{.expected_ms = 90000, .charges_recording = false, .charged_seconds = 40};
  EXPECT_EQ(decide(kFree, {0, 50}, demand).hold_seconds, 50);
  EXPECT_EQ(decide(kFree, {0, 49}, demand).reason, Reason::kMinutes);
  demand.charged_seconds = 100;
  EXPECT_EQ(decide(kFree, {0, 1}, demand).hold_seconds, 0);
  EXPECT_EQ(decide(kFree, {0, 0}, demand).reason, Reason::kOk) << "all of it is charged already";
  demand.charges_recording = true;
  EXPECT_EQ(decide(kFree, {0, 1}, demand).reason, Reason::kRecordings);
}

std::string refusal(Reason reason, const Limits& limits, const Counters& used,
                    const Balance& balance = {}, int64_t held = 0, const Demand& demand = {},
                    int size = 256) {
  char out[256];
  describe_refusal(reason, limits, used, balance, held, demand, out, size);
  return out;
}

TEST(DescribeRefusalTest, TellsTheNumbers) {
  EXPECT_EQ(refusal(Reason::kRecordings, kFree, counters({10, 0})),
            "recording limit reached: 10 of 10 recordings used in this cycle");
  EXPECT_EQ(refusal(Reason::kMinutes, kFree, counters({1, 1859})),
            "minute limit reached: 30 of 30 minutes used in this cycle");
  EXPECT_EQ(
      refusal(Reason::kMinutes, kFree, counters({1, 600}), {0, 30}, 1200, {.expected_ms = 40001}),
      "minute limit reached: 10 of 30 minutes used in this cycle, 1200 seconds held by "
      "recordings in progress, 30 seconds of credit, 41 seconds announced");
  Limits limits = kFree;
  limits.max_recording_minutes = 5;
  EXPECT_EQ(refusal(Reason::kTooLong, limits, {}, {}, 0, {.expected_ms = 10800000}),
            "recording is too long: 10800 seconds announced, 5 minutes allowed");
  EXPECT_EQ(refusal(Reason::kNoSubscription, {}, {}), "no active subscription");
  EXPECT_EQ(refusal(Reason::kNotActive, {}, {}), "account is not active");
  EXPECT_EQ(refusal(Reason::kOk, {}, {}), "");
  EXPECT_EQ(refusal(Reason::kRepeated, {}, {}), "");
}

TEST(DescribeRefusalTest, IsCutToTheRoomThereIs) {
  for (int size = 1; size < 140; ++size) {
    EXPECT_EQ(refusal(Reason::kMinutes, kFree, counters({1, 600}), {0, 30}, 1200,
                      {.expected_ms = 40001}, size)
                  .size(),
              static_cast<size_t>(std::min(size - 1, 140)));
  }
}

TEST(ReasonTest, HasNames) {
  EXPECT_STREQ(name_of(Reason::kRepeated), "repeated");
  EXPECT_STREQ(name_of(Reason::kNoSubscription), "no_subscription");
  EXPECT_STREQ(name_of(Reason::kNotActive), "not_active");
  EXPECT_STREQ(name_of(Reason::kTooLong), "too_long");
  EXPECT_STREQ(name_of(Reason::kRecordings), "recordings");
  EXPECT_STREQ(name_of(Reason::kMinutes), "minutes");
  EXPECT_STREQ(name_of(Reason::kOk), "ok");
}

TEST(ChargeTest, ThePlanPaysThenCreditsThenNobody) {
  Counters used = counters({9, 1700});
  std::array<Credit, 2> credits = {{{{1, 50}, {}}, {{3, 30}, {}}}};
  Amount overage;
  ASSERT_TRUE(charge(kFree, {3, 200}, credits, &used, &overage).ok());
  EXPECT_EQ(used.used, (Amount{12, 1900}));
  EXPECT_EQ(used.credits, (Amount{2, 80}));
  EXPECT_EQ(used.overage, (Amount{0, 20}));
  EXPECT_EQ(overage, (Amount{0, 20}));
  EXPECT_EQ(credits[0].drawn, (Amount{1, 50}));
  EXPECT_EQ(credits[1].drawn, (Amount{1, 30}));
}

TEST(ChargeTest, AnUnlimitedPlanPaysAll) {
  Counters used;
  std::array<Credit, 1> credits = {{{{1, 50}, {}}}};
  Amount overage;
  ASSERT_TRUE(charge(kUnlimited, {3, 200}, credits, &used, &overage).ok());
  EXPECT_EQ(used, counters({3, 200}));
  EXPECT_TRUE(credits[0].drawn.is_zero());
}

TEST(ChargeTest, CountersDoNotWrap) {
  Counters used = counters({1, INT32_MAX - 1});
  const Counters before = used;
  Amount overage;
  const Status status = charge(kUnlimited, {1, 2}, {}, &used, &overage);
  EXPECT_EQ(status.code, Code::kOutOfRange);
  EXPECT_EQ(used, before);
}

TEST(RefundTest, TakesOverageFirst) {
  Counters used = counters({12, 1900}, {1, 80}, {1, 20});
  Refund refund = refund_plan({1, 0}, &used);
  EXPECT_EQ(refund.taken, (Amount{1, 0}));
  EXPECT_EQ(refund.overage, (Amount{1, 0}));
  refund = refund_plan({1, 50}, &used);
  EXPECT_EQ(refund.overage, (Amount{0, 20}));
  EXPECT_EQ(used, counters({10, 1850}, {1, 80}, {0, 0}));
}

TEST(RefundTest, TakesAtMostThePlansPart) {
  Counters used = counters({2, 100}, {2, 40});
  const Refund refund = refund_plan({1, 100}, &used);
  EXPECT_EQ(refund.taken, (Amount{0, 60}));
  EXPECT_EQ(used.used, (Amount{2, 40}));
}

TEST(RefundTest, ACreditsShareComesOutOfItsPart) {
  Counters used = counters({2, 100}, {1, 40});
  EXPECT_EQ(refund_credit({1, 50}, &used), (Amount{1, 40}));
  EXPECT_EQ(used, counters({1, 60}));
}

TEST(AdjustTest, MovesThePlansPartOnly) {
  Counters used = counters({12, 1900}, {1, 80}, {1, 20});
  ASSERT_TRUE(adjust({-10, -1800}, &used).ok());
  EXPECT_EQ(used, counters({2, 100}, {1, 80}, {1, 20}));
  EXPECT_EQ(adjust({-1, 0}, &used).code, Code::kOutOfRange);
  EXPECT_EQ(adjust({0, -1}, &used).code, Code::kOutOfRange);
  EXPECT_EQ(used, counters({2, 100}, {1, 80}, {1, 20}));
  ASSERT_TRUE(adjust({3, 0}, &used).ok());
  EXPECT_EQ(used.used, (Amount{5, 100}));
  EXPECT_EQ(adjust({INT32_MAX, 0}, &used).code, Code::kOutOfRange);
}

TEST(CarryTest, AddsWhatWasClosed) {
  Counters open = counters({1, 10}, {1, 5});
  ASSERT_TRUE(carry(counters({10, 1800}, {0, 3}, {2, 7}), &open).ok());
  EXPECT_EQ(open, counters({11, 1810}, {1, 8}, {2, 7}));
  EXPECT_EQ(carry(counters({INT32_MAX, 0}), &open).code, Code::kOutOfRange);
  EXPECT_EQ(open.used.recordings, 11);
}

TEST(AllowsAsMuchTest, OfBoth) {
  EXPECT_TRUE(allows_as_much(kFree, kFree));
  EXPECT_TRUE(allows_as_much(kUnlimited, kFree));
  EXPECT_FALSE(allows_as_much(kFree, kUnlimited));
  EXPECT_TRUE(allows_as_much({.minutes = 30, .recordings = 11}, kFree));
  EXPECT_FALSE(allows_as_much({.minutes = 29, .recordings = 11}, kFree));
  EXPECT_FALSE(allows_as_much({.minutes = std::nullopt, .recordings = 9}, kFree));
}

TEST(CarryOverTest, WholeUnusedMinutesOfThePlan) {
  EXPECT_EQ(minutes_to_carry_over(kFree, 0, {}, false), 0);
  EXPECT_EQ(minutes_to_carry_over(kFree, 20, {}, false), 20);
  EXPECT_EQ(minutes_to_carry_over(kFree, 60, {}, false), 30);
  EXPECT_EQ(minutes_to_carry_over(kFree, 60, counters({1, 61}), false), 28);
  EXPECT_EQ(minutes_to_carry_over(kFree, 60, counters({1, 61}, {0, 60}), false), 29);
  EXPECT_EQ(minutes_to_carry_over(kFree, 60, counters({1, 4000}), false), 0);
  EXPECT_EQ(minutes_to_carry_over(kFree, 60, counters({1, 4000}), true), 30);
  EXPECT_EQ(minutes_to_carry_over(kUnlimited, 60, {}, true), 0);
}

TEST(ThresholdTest, CrossedUpwardsOnce) {
  constexpr std::array<int32_t, 2> kPercents = {100, 80};
  EXPECT_EQ(next_threshold(7, 8, 10, kPercents, 0), 80);
  EXPECT_EQ(next_threshold(8, 9, 10, kPercents, 80), 0);
  EXPECT_EQ(next_threshold(7, 8, 10, kPercents, 80), 0);
  EXPECT_EQ(next_threshold(0, 12, 10, kPercents, 0), 80);
  EXPECT_EQ(next_threshold(0, 12, 10, kPercents, 80), 100);
  EXPECT_EQ(next_threshold(0, 12, 10, kPercents, 100), 0);
  EXPECT_EQ(next_threshold(9, 8, 10, kPercents, 0), 0);
  EXPECT_EQ(next_threshold(0, 5, std::nullopt, kPercents, 0), 0);
  EXPECT_EQ(next_threshold(0, 5, 0, kPercents, 0), 0);
}

TEST(ThresholdTest, StrangePercentsDoNoHarm) {
  constexpr std::array<int32_t, 4> kPercents = {0, -5, INT32_MAX, INT32_MIN};
  EXPECT_EQ(next_threshold(0, INT64_MAX, INT64_MAX, kPercents, 0), 0);
  EXPECT_EQ(next_threshold(0, INT64_MAX, 1, kPercents, 0), INT32_MAX);
}

// A user's month against a book kept beside it: every share of every charge is written down where
// it was drawn, and whatever happens, the counters are the sums of the book.
class Month {
 public:
  explicit Month(uint64_t seed) : random_(seed) {}

  void run() {
    limits_ = pick_limits();
    for (int step = 0; step < 200; ++step) {
      switch (pick(0, 7)) {
        case 0:
          granted_.push_back(
              {static_cast<int32_t>(pick(0, 3)), static_cast<int32_t>(pick(0, 200))});
          credits_.push_back(granted_.back());
          break;
        case 1:
          limits_ = pick_limits();
          break;
        case 2:
        case 3:
          refund_one();
          break;
        default:
          charge_one();
      }
      ASSERT_NO_FATAL_FAILURE(compare());
    }
  }

 private:
  struct Entry {
    Amount plan;  // overage included
    std::vector<Amount> credits;
    bool open = true;
  };

  int64_t pick(int64_t from, int64_t to) {
    return std::uniform_int_distribution<int64_t>(from, to)(random_);
  }

  Limits pick_limits() {
    Limits limits;
    if (pick(0, 5) != 0) limits.minutes = static_cast<int32_t>(pick(0, 20));
    if (pick(0, 5) != 0) limits.recordings = static_cast<int32_t>(pick(0, 20));
    return limits;
  }

  Balance balance() const {
    Balance balance;
    for (const Amount& credit : credits_) {
      balance.recordings += credit.recordings;
      balance.seconds += credit.seconds;
    }
    return balance;
  }

  void charge_one() {
    const Amount amount{static_cast<int32_t>(pick(0, 2)), static_cast<int32_t>(pick(0, 400))};
    const Left left = what_is_left(limits_, counters_, balance(), 0);
    std::vector<Credit> credits;
    for (const Amount& credit : credits_) credits.push_back({credit, {}});
    Amount overage;
    ASSERT_TRUE(charge(limits_, amount, credits, &counters_, &overage).ok());

    Entry entry{amount, {}};
    for (size_t i = 0; i < credits.size(); ++i) {
      const Amount& drawn = credits[i].drawn;
      ASSERT_GE(drawn.recordings, 0);
      ASSERT_GE(drawn.seconds, 0);
      credits_[i] = {credits_[i].recordings - drawn.recordings,
                     credits_[i].seconds - drawn.seconds};
      entry.plan = {entry.plan.recordings - drawn.recordings, entry.plan.seconds - drawn.seconds};
      entry.credits.push_back(drawn);
    }
    // Overage is exactly what exceeds what was left, and what was left falls by the rest.
    const auto expect_overage = [](std::optional<int64_t> had, int32_t asked, int32_t beyond) {
      ASSERT_EQ(beyond, had ? std::max<int64_t>(0, asked - *had) : 0);
    };
    expect_overage(left.recordings, amount.recordings, overage.recordings);
    expect_overage(left.seconds, amount.seconds, overage.seconds);
    const Left after = what_is_left(limits_, counters_, balance(), 0);
    if (left.seconds) {
      ASSERT_EQ(*after.seconds, std::max<int64_t>(0, *left.seconds - amount.seconds));
    }
    overage_ = {overage_.recordings + overage.recordings, overage_.seconds + overage.seconds};
    book_.push_back(entry);
  }

  void refund_one() {
    std::vector<size_t> open;
    for (size_t i = 0; i < book_.size(); ++i) {
      if (book_[i].open) open.push_back(i);
    }
    if (open.empty()) return;
    Entry& entry = book_[open[static_cast<size_t>(pick(0, static_cast<int64_t>(open.size()) - 1))]];
    const Refund refund = refund_plan(entry.plan, &counters_);
    ASSERT_EQ(refund.taken, entry.plan);
    overage_ = {overage_.recordings - refund.overage.recordings,
                overage_.seconds - refund.overage.seconds};
    for (size_t i = 0; i < entry.credits.size(); ++i) {
      ASSERT_EQ(refund_credit(entry.credits[i], &counters_), entry.credits[i]);
      credits_[i] = {credits_[i].recordings + entry.credits[i].recordings,
                     credits_[i].seconds + entry.credits[i].seconds};
    }
    entry.open = false;
  }

  void compare() const {
    Amount used;
    Amount by_credits;
    std::vector<Amount> left = granted_;
    for (const Entry& entry : book_) {
      if (!entry.open) continue;
      used = {used.recordings + entry.plan.recordings, used.seconds + entry.plan.seconds};
      for (size_t i = 0; i < entry.credits.size(); ++i) {
        const Amount& drawn = entry.credits[i];
        used = {used.recordings + drawn.recordings, used.seconds + drawn.seconds};
        by_credits = {by_credits.recordings + drawn.recordings, by_credits.seconds + drawn.seconds};
        left[i] = {left[i].recordings - drawn.recordings, left[i].seconds - drawn.seconds};
      }
    }
    ASSERT_EQ(counters_.used, used);
    ASSERT_EQ(counters_.credits, by_credits);
    ASSERT_EQ(counters_.overage, overage_);
    ASSERT_EQ(credits_, left);
    for (const Amount& credit : credits_) {
      ASSERT_GE(credit.recordings, 0);
      ASSERT_GE(credit.seconds, 0);
    }
    ASSERT_GE(counters_.overage.recordings, 0);
    ASSERT_LE(counters_.overage.recordings + counters_.credits.recordings,
              counters_.used.recordings);
    ASSERT_GE(counters_.overage.seconds, 0);
    ASSERT_LE(counters_.overage.seconds + counters_.credits.seconds, counters_.used.seconds);
  }

  std::mt19937_64 random_;
  Limits limits_;
  Counters counters_;
  Amount overage_;
  std::vector<Amount> granted_;
  std::vector<Amount> credits_;
  std::vector<Entry> book_;
};

TEST(MeterTest, CountersAreTheSumsOfWhatWasBooked) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(seed);
    ASSERT_NO_FATAL_FAILURE(Month(seed).run());
  }
}

// Where every announcement is kept, nothing is ever beyond what was left.
TEST(MeterTest, HoldsKeepRecordingsWithinTheQuota) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto pick = [&](int64_t from, int64_t to) {
      return static_cast<int32_t>(std::uniform_int_distribution<int64_t>(from, to)(random));
    };
    Counters used;
    std::vector<int32_t> holds;
    int64_t held = 0;
    for (int step = 0; step < 300; ++step) {
      if (pick(0, 1) == 0) {
        const Demand demand{.expected_ms = pick(1, 400000)};
        const Decision decision = decide(kFree, what_is_left(kFree, used, {}, held), demand);
        if (decision.reason != Reason::kOk) continue;
        Amount overage;
        ASSERT_TRUE(charge(kFree, {1, 0}, {}, &used, &overage).ok());
        ASSERT_TRUE(overage.is_zero());
        holds.push_back(decision.hold_seconds);
        held += decision.hold_seconds;
      } else if (!holds.empty()) {
        const auto which = static_cast<size_t>(pick(0, static_cast<int64_t>(holds.size()) - 1));
        const int32_t hold = holds[which];
        holds.erase(holds.begin() + static_cast<std::ptrdiff_t>(which));
        held -= hold;
        if (pick(0, 3) == 0) {
          (void)refund_plan({1, 0}, &used);
          continue;
        }
        Amount overage;
        ASSERT_TRUE(charge(kFree, {0, pick(0, hold)}, {}, &used, &overage).ok());
        ASSERT_TRUE(overage.is_zero());
      }
    }
  }
}

}  // namespace
}  // namespace s2t::core
