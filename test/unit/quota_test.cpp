#include "core/account/quota.h"

#include <gtest/gtest.h>
#include <stdint.h>

#include <optional>

namespace s2t::core {
namespace {

TEST(BillableSecondsTest, RoundsUp) {
  EXPECT_EQ(billable_seconds(0), 0);
  EXPECT_EQ(billable_seconds(1), 1);
  EXPECT_EQ(billable_seconds(999), 1);
  EXPECT_EQ(billable_seconds(1000), 1);
  EXPECT_EQ(billable_seconds(1001), 2);
  EXPECT_EQ(billable_seconds(60000), 60);
  EXPECT_EQ(billable_seconds(INT32_MAX), 2147484);
}

TEST(AddToCounterTest, Adds) {
  int32_t sum = -1;
  EXPECT_TRUE(add_to_counter(0, 0, "used_seconds", &sum).ok());
  EXPECT_EQ(sum, 0);
  EXPECT_TRUE(add_to_counter(40, 2, "used_seconds", &sum).ok());
  EXPECT_EQ(sum, 42);
  EXPECT_TRUE(add_to_counter(INT32_MAX - 1, 1, "used_seconds", &sum).ok());
  EXPECT_EQ(sum, INT32_MAX);
  EXPECT_TRUE(add_to_counter(0, INT32_MAX, "used_seconds", &sum).ok());
  EXPECT_EQ(sum, INT32_MAX);
}

TEST(AddToCounterTest, NeverWraps) {
  int32_t sum = 7;
  const Status status = add_to_counter(INT32_MAX, 1, "usage_count", &sum);
  EXPECT_EQ(status.code, Code::kOutOfRange);
  EXPECT_STREQ(status.message, "usage counter out of range");
  EXPECT_STREQ(status.detail, "The counter usage_count is at 2147483647 and cannot grow by 1.");
  EXPECT_EQ(add_to_counter(1, INT32_MAX, "x", &sum).code, Code::kOutOfRange);
  EXPECT_EQ(add_to_counter(INT32_MAX, INT32_MAX, "x", &sum).code, Code::kOutOfRange);
  EXPECT_EQ(sum, 7) << "a refused addition changed the sum";
}

TEST(AddToCounterTest, MayAddInPlace) {
  int32_t counter = 5;
  EXPECT_TRUE(add_to_counter(counter, 3, "x", &counter).ok());
  EXPECT_EQ(counter, 8);
}

// Expected values of the next two were calculated with exact fractions.
TEST(UsagePercentTest, RoundsHalfUp) {
  EXPECT_EQ(usage_percent_hundredths(0, 10), 0);
  EXPECT_EQ(usage_percent_hundredths(1, 3), 3333);
  EXPECT_EQ(usage_percent_hundredths(2, 3), 6667);
  EXPECT_EQ(usage_percent_hundredths(7, 30), 2333);
  EXPECT_EQ(usage_percent_hundredths(1, 8000), 1);   // 1.25
  EXPECT_EQ(usage_percent_hundredths(1, 19999), 1);  // a little over a half
  EXPECT_EQ(usage_percent_hundredths(1, 20000), 1);  // a half
  EXPECT_EQ(usage_percent_hundredths(1, 20001), 0);  // a little under
  EXPECT_EQ(usage_percent_hundredths(3, 20000), 2);  // 1.5
  EXPECT_EQ(usage_percent_hundredths(1799, 1800), 9994);
}

TEST(UsagePercentTest, IsNotCappedAtAHundred) {
  EXPECT_EQ(usage_percent_hundredths(10, 10), 10000);
  EXPECT_EQ(usage_percent_hundredths(12, 10), 12000);
}

TEST(UsagePercentTest, NoLimitReadsZeroAndALimitOfZeroAHundred) {
  EXPECT_EQ(usage_percent_hundredths(0, std::nullopt), 0);
  EXPECT_EQ(usage_percent_hundredths(INT64_MAX, std::nullopt), 0);
  EXPECT_EQ(usage_percent_hundredths(0, 0), 10000);
  EXPECT_EQ(usage_percent_hundredths(5, 0), 10000);
}

TEST(UsagePercentTest, LargeNumbersDoNotWrap) {
  EXPECT_EQ(usage_percent_hundredths(1, INT32_MAX), 0);
  EXPECT_EQ(usage_percent_hundredths(INT32_MAX, 1), 21474836470000);
  EXPECT_EQ(usage_percent_hundredths(INT32_MAX, int64_t{INT32_MAX} * 60), 167);
  EXPECT_EQ(usage_percent_hundredths(INT64_MAX, INT64_MAX), 10000);
  EXPECT_EQ(usage_percent_hundredths(INT64_MAX / 2, INT64_MAX), 5000);
  EXPECT_EQ(usage_percent_hundredths(922337203685477, 1), 9223372036854770000);
  EXPECT_EQ(usage_percent_hundredths(922337203685478, 1), INT64_MAX);
  EXPECT_EQ(usage_percent_hundredths(INT64_MAX, 1), INT64_MAX);
}

TEST(DurationMinutesTest, RoundsHalfUp) {
  EXPECT_EQ(duration_minutes_hundredths(0), 0);
  EXPECT_EQ(duration_minutes_hundredths(299), 0);
  EXPECT_EQ(duration_minutes_hundredths(300), 1);
  EXPECT_EQ(duration_minutes_hundredths(899), 1);
  EXPECT_EQ(duration_minutes_hundredths(900), 2);
  EXPECT_EQ(duration_minutes_hundredths(60000), 100);
  EXPECT_EQ(duration_minutes_hundredths(60299), 100);
  EXPECT_EQ(duration_minutes_hundredths(60300), 101);
  EXPECT_EQ(duration_minutes_hundredths(90000), 150);
}

TEST(DurationMinutesTest, LargeNumbersDoNotWrap) {
  EXPECT_EQ(duration_minutes_hundredths(INT32_MAX), 3579139);
  EXPECT_EQ(duration_minutes_hundredths(INT64_MAX), 15372286728091293);
}

}  // namespace
}  // namespace s2t::core
