#include "core/transcript/time.h"

#include <gtest/gtest.h>

#include <string>

namespace s2t::core {
namespace {

int32_t ms_of(const std::string& text, TimeUnit unit = TimeUnit::kSeconds) {
  int32_t ms = -1;
  EXPECT_EQ(parse_time(text, unit, &ms), TimeParse::kOk) << text;
  return ms;
}

TimeParse outcome(const std::string& text, TimeUnit unit = TimeUnit::kSeconds) {
  int32_t ms = -1;
  const TimeParse result = parse_time(text, unit, &ms);
  EXPECT_TRUE(result == TimeParse::kOk || ms == -1) << text;
  return result;
}

TEST(ParseTimeTest, ReadsSeconds) {
  EXPECT_EQ(ms_of("0"), 0);
  EXPECT_EQ(ms_of("12"), 12000);
  EXPECT_EQ(ms_of("12.9"), 12900);
  EXPECT_EQ(ms_of("1e1"), 10000);
  EXPECT_EQ(ms_of("1.5E-2"), 15);
  EXPECT_EQ(ms_of("15e+2"), 1500000);
}

TEST(ParseTimeTest, RoundsToNearestAHalfUp) {
  EXPECT_EQ(ms_of("0.0004999999999999999999999"), 0);
  EXPECT_EQ(ms_of("0.0005"), 1);
  EXPECT_EQ(ms_of("1.0005"), 1001);  // as a binary fraction it lies below the half
  EXPECT_EQ(ms_of("2.0014999"), 2001);
  EXPECT_EQ(ms_of("0.029999999329447746"), 30);
  EXPECT_EQ(ms_of("999.9995"), 1000000);
}

TEST(ParseTimeTest, ReadsMilliseconds) {
  EXPECT_EQ(ms_of("170", TimeUnit::kMilliseconds), 170);
  EXPECT_EQ(ms_of("170.5", TimeUnit::kMilliseconds), 171);
  EXPECT_EQ(ms_of("2147483647", TimeUnit::kMilliseconds), 2147483647);
}

TEST(ParseTimeTest, KnowsTheRange) {
  EXPECT_EQ(ms_of("2147483.647"), 2147483647);
  EXPECT_EQ(ms_of("2147483.6474"), 2147483647);
  EXPECT_EQ(outcome("2147483.6475"), TimeParse::kTooLarge);
  EXPECT_EQ(outcome("1e30"), TimeParse::kTooLarge);
  EXPECT_EQ(outcome("1e999999999999999999999"), TimeParse::kTooLarge);
  EXPECT_EQ(ms_of("1e-999999999999999999999"), 0);
  EXPECT_EQ(ms_of("0e999999999"), 0);
  EXPECT_EQ(outcome("123456789012345678901234567890"), TimeParse::kTooLarge);
}

TEST(ParseTimeTest, RefusesWhatIsBelowZero) {
  EXPECT_EQ(ms_of("-0"), 0);
  EXPECT_EQ(ms_of("-0.0"), 0);
  EXPECT_EQ(ms_of("-0.0004"), 0);
  EXPECT_EQ(outcome("-0.0006"), TimeParse::kNegative);
  EXPECT_EQ(outcome("-1"), TimeParse::kNegative);
}

TEST(ParseTimeTest, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "-", ".5", "5.", "01", "1e", "1e+", "+1", " 1", "1 ", "1s", "0x10",
                           "1,5", "NaN", "Infinity", "--1", "1.2.3"}) {
    EXPECT_FALSE(is_json_number(text)) << text;
    EXPECT_EQ(outcome(text), TimeParse::kMalformed) << text;
  }
}

}  // namespace
}  // namespace s2t::core
