// The document's quota rule, as the meter decides it and words its refusals.
#include "core/account/meter.h"

#include <gtest/gtest.h>
#include <stdint.h>
#include <string.h>

#include <optional>
#include <string>

namespace s2t::core {
namespace {

constexpr Limits kUnlimited{};

// The document's rule: whether one more recording may start, without announcement, holds or
// credits. A limit is exhausted when usage has reached it; recordings are looked at first.
Reason verdict_of(const Limits& limits, const Amount& used) {
  return decide(limits, what_is_left(limits, {used, {}, {}}, {}, 0), {}).reason;
}

TEST(QuotaTest, UnlimitedAcceptsEverything) {
  EXPECT_EQ(verdict_of(kUnlimited, {}), Reason::kOk);
  EXPECT_EQ(verdict_of(kUnlimited, {INT32_MAX, INT32_MAX}), Reason::kOk);
}

TEST(QuotaTest, RecordingsAreExhaustedAtTheLimit) {
  const Limits limits{.minutes = std::nullopt, .recordings = 10};
  EXPECT_EQ(verdict_of(limits, {0, 0}), Reason::kOk);
  EXPECT_EQ(verdict_of(limits, {9, INT32_MAX}), Reason::kOk);
  EXPECT_EQ(verdict_of(limits, {10, 0}), Reason::kRecordings);
  EXPECT_EQ(verdict_of(limits, {11, 0}), Reason::kRecordings);
}

TEST(QuotaTest, MinutesAreExhaustedAtTheLimitInSeconds) {
  const Limits limits{.minutes = 30, .recordings = std::nullopt};
  EXPECT_EQ(verdict_of(limits, {0, 0}), Reason::kOk);
  EXPECT_EQ(verdict_of(limits, {INT32_MAX, 1799}), Reason::kOk);
  EXPECT_EQ(verdict_of(limits, {0, 1800}), Reason::kMinutes);
  EXPECT_EQ(verdict_of(limits, {0, 1801}), Reason::kMinutes);
}

TEST(QuotaTest, LooksAtRecordingsFirst) {
  const Limits limits{.minutes = 30, .recordings = 10};
  EXPECT_EQ(verdict_of(limits, {9, 1799}), Reason::kOk);
  EXPECT_EQ(verdict_of(limits, {10, 1800}), Reason::kRecordings);
  EXPECT_EQ(verdict_of(limits, {9, 1800}), Reason::kMinutes);
}

TEST(QuotaTest, ALimitOfZeroAcceptsNothing) {
  EXPECT_EQ(verdict_of({.minutes = std::nullopt, .recordings = 0}, {}), Reason::kRecordings);
  EXPECT_EQ(verdict_of({.minutes = 0, .recordings = std::nullopt}, {}), Reason::kMinutes);
}

TEST(QuotaTest, LimitsBeyond32BitsOfSecondsDoNotWrap) {
  // 35,791,394 minutes are 2,147,483,640 seconds, the last whole minute of 32 bits.
  EXPECT_EQ(verdict_of({.minutes = 35791394, .recordings = std::nullopt}, {0, INT32_MAX}),
            Reason::kMinutes);
  EXPECT_EQ(verdict_of({.minutes = 35791395, .recordings = std::nullopt}, {0, INT32_MAX}),
            Reason::kOk);
  EXPECT_EQ(verdict_of({.minutes = INT32_MAX, .recordings = std::nullopt}, {0, INT32_MAX}),
            Reason::kOk);
}

std::string refusal(Reason reason, const Limits& limits, const Amount& used, int size = 128) {
  char out[160];
  memset(out, '#', sizeof out);
  describe_refusal(reason, limits, {used, {}, {}}, {}, 0, {}, out, size);
  EXPECT_EQ(out[size], '#') << "wrote past its size";
  return out;
}

TEST(RefusalTest, GivesTheNumbers) {
  const Limits limits{.minutes = 30, .recordings = 10};
  EXPECT_EQ(refusal(Reason::kRecordings, limits, {10, 0}),
            "recording limit reached: 10 of 10 recordings used in this cycle");
  EXPECT_EQ(refusal(Reason::kRecordings, limits, {12, 0}),
            "recording limit reached: 12 of 10 recordings used in this cycle");
  EXPECT_EQ(refusal(Reason::kMinutes, limits, {0, 1800}),
            "minute limit reached: 30 of 30 minutes used in this cycle");
}

TEST(RefusalTest, RoundsMinutesDown) {
  const Limits limits{.minutes = 30, .recordings = std::nullopt};
  EXPECT_EQ(refusal(Reason::kMinutes, limits, {0, 1859}),
            "minute limit reached: 30 of 30 minutes used in this cycle");
  EXPECT_EQ(refusal(Reason::kMinutes, limits, {0, 1860}),
            "minute limit reached: 31 of 30 minutes used in this cycle");
  EXPECT_EQ(refusal(Reason::kMinutes, {.minutes = 0, .recordings = {}}, {0, INT32_MAX}),
            "minute limit reached: 35791394 of 0 minutes used in this cycle");
}

TEST(RefusalTest, NothingIsSaidOfAcceptance) {
  EXPECT_EQ(refusal(Reason::kOk, kUnlimited, {}), "");
}

TEST(RefusalTest, IsCutToItsSize) {
  const Limits limits{.minutes = 30, .recordings = 10};
  EXPECT_EQ(refusal(Reason::kRecordings, limits, {10, 0}, 10), "recording");
  EXPECT_EQ(refusal(Reason::kMinutes, limits, {10, 0}, 7), "minute");
  EXPECT_EQ(refusal(Reason::kMinutes, limits, {10, 0}, 1), "");
  EXPECT_EQ(refusal(Reason::kOk, limits, {}, 1), "");

  char out[] = "kept";
  describe_refusal(Reason::kRecordings, limits, {{10, 0}, {}, {}}, {}, 0, {}, out, 0);
  describe_refusal(Reason::kOk, limits, {{10, 0}, {}, {}}, {}, 0, {}, out, -1);
  EXPECT_STREQ(out, "kept");
}

}  // namespace
}  // namespace s2t::core
