#include "core/base/histogram.h"

#include <gtest/gtest.h>
#include <stdint.h>

namespace s2t::core {
namespace {

constexpr int64_t kMicrosecond = 1000;
constexpr int64_t kSecond = 1'000'000'000;

TEST(LatencyHistogramTest, BoundsGoFromTenMicrosecondsToTenSeconds) {
  constexpr int64_t kExpected[] = {
      10 * kMicrosecond,     20 * kMicrosecond,     50 * kMicrosecond,     100 * kMicrosecond,
      200 * kMicrosecond,    500 * kMicrosecond,    1000 * kMicrosecond,   2000 * kMicrosecond,
      5000 * kMicrosecond,   10000 * kMicrosecond,  20000 * kMicrosecond,  50000 * kMicrosecond,
      100000 * kMicrosecond, 200000 * kMicrosecond, 500000 * kMicrosecond, kSecond,
      2 * kSecond,           5 * kSecond,           10 * kSecond};
  ASSERT_EQ(sizeof kExpected / sizeof *kExpected, static_cast<size_t>(kLatencyBounds));
  for (int i = 0; i < kLatencyBounds; i++) EXPECT_EQ(kLatencyBoundsNs[i], kExpected[i]) << i;
}

TEST(LatencyHistogramTest, ABoundBelongsToItsBucket) {
  for (int i = 0; i < kLatencyBounds; i++) {
    EXPECT_EQ(latency_bucket(kLatencyBoundsNs[i] - 1), i);
    EXPECT_EQ(latency_bucket(kLatencyBoundsNs[i]), i);
    EXPECT_EQ(latency_bucket(kLatencyBoundsNs[i] + 1), i + 1);
  }
}

TEST(LatencyHistogramTest, TakesWhateverAClockGives) {
  EXPECT_EQ(latency_bucket(0), 0);
  EXPECT_EQ(latency_bucket(-5), 0);
  EXPECT_EQ(latency_bucket(INT64_MIN), 0);
  EXPECT_EQ(latency_bucket(INT64_MAX), kLatencyBounds);
}

TEST(LatencyHistogramTest, BoundsInSecondsAreTheDecimalsThatOneReads) {
  EXPECT_EQ(latency_bound_seconds(0), 0.00001);
  EXPECT_EQ(latency_bound_seconds(2), 0.00005);
  EXPECT_EQ(latency_bound_seconds(6), 0.001);
  EXPECT_EQ(latency_bound_seconds(14), 0.5);
  EXPECT_EQ(latency_bound_seconds(18), 10.0);
}

}  // namespace
}  // namespace s2t::core
