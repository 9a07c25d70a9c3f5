#include "core/transcript/segment.h"

#include <gtest/gtest.h>
#include <stdint.h>
#include <string.h>

#include <string>

namespace s2t::core {
namespace {

void expect_refused(const Status& status, const std::string& detail) {
  EXPECT_EQ(status.code, Code::kInvalidParameter);
  EXPECT_STREQ(status.message, "invalid segment");
  EXPECT_EQ(status.detail, detail);
}

TEST(CheckSegmentTest, AcceptsTheLimits) {
  EXPECT_TRUE(check_segment({0, 0, 0, ""}, 0).ok());
  EXPECT_TRUE(check_segment({0, 0, 1000, "xin chào"}, 0).ok());
  EXPECT_TRUE(check_segment({INT32_MAX, INT32_MAX, INT32_MAX, "x"}, INT32_MAX).ok());
}

TEST(CheckSegmentTest, RefusesNegativeNumbers) {
  expect_refused(check_segment({-1, 0, 1, ""}, 17),
                 "Element 17 has the value -1 for key \"idx\"; at least 0 is expected.");
  expect_refused(check_segment({0, -1, 1, ""}, 0),
                 "Element 0 has the value -1 for key \"start_ms\"; at least 0 is expected.");
  expect_refused(check_segment({INT32_MIN, 0, 1, ""}, INT32_MAX),
                 "Element 2147483647 has the value -2147483648 for key \"idx\"; at least 0 is "
                 "expected.");
}

TEST(CheckSegmentTest, RefusesAnEndBeforeTheStart) {
  expect_refused(check_segment({0, 1000, 999, ""}, 3),
                 "Element 3 has the value 999 for key \"end_ms\"; at least 1000, its \"start_ms\", "
                 "is expected.");
  expect_refused(check_segment({0, 0, -1, ""}, 3),
                 "Element 3 has the value -1 for key \"end_ms\"; at least 0, its \"start_ms\", is "
                 "expected.");
}

TEST(CheckSegmentTest, ReportsTheFirstFailure) {
  expect_refused(check_segment({-5, -6, -7, ""}, 1),
                 "Element 1 has the value -5 for key \"idx\"; at least 0 is expected.");
  expect_refused(check_segment({5, -6, -7, ""}, 1),
                 "Element 1 has the value -6 for key \"start_ms\"; at least 0 is expected.");
}

TEST(SegmentShapeTest, NamesWhatIsNoObject) {
  const Status status = segment_not_object(2, "a string");
  expect_refused(status, "Element 2 is a string; an object is expected.");
  EXPECT_STREQ(status.hint,
               "A segment is an object such as {\"idx\": 0, \"start_ms\": 0, \"end_ms\": 1000, "
               "\"text\": \"...\"}.");
}

TEST(SegmentShapeTest, NamesTheMissingKey) {
  const Status status = segment_key_missing(0, "end_ms");
  expect_refused(status, "Element 0 has no key \"end_ms\".");
  EXPECT_NE(status.hint, nullptr);
}

TEST(SegmentShapeTest, NamesKeyAndValue) {
  expect_refused(segment_value_invalid(17, "start_ms", "an integer", "\"abc\""),
                 "Element 17 has the value \"abc\" for key \"start_ms\"; an integer is expected.");
  expect_refused(segment_value_invalid(0, "text", "a string", "null"),
                 "Element 0 has the value null for key \"text\"; a string is expected.");
  expect_refused(segment_value_invalid(0, "idx", "an integer", "1\t"),
                 "Element 0 has the value 1? for key \"idx\"; an integer is expected.");
}

TEST(SegmentShapeTest, ALongValueLeavesRoomForTheRest) {
  const Status status =
      segment_value_invalid(INT32_MAX, "start_ms", "an integer", std::string(5000, '9'));
  EXPECT_EQ(std::string(status.detail), "Element 2147483647 has the value " +
                                            std::string(157, '9') +
                                            "... for key \"start_ms\"; an integer is expected.");
  EXPECT_LT(strlen(segment_not_object(INT32_MAX, std::string(5000, 'x')).detail),
            static_cast<size_t>(Status::kDetailBytes - 1));
}

TEST(SegmentShapeTest, NamesTheRepeatedIdx) {
  expect_refused(segment_idx_repeated(4, 7),
                 "Element 4 has the value 7 for key \"idx\", which an earlier element has too.");
}

}  // namespace
}  // namespace s2t::core
