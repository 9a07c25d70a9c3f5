#include "core/base/status.h"

#include <gtest/gtest.h>
#include <string.h>

#include <string>
#include <string_view>
#include <type_traits>

namespace s2t::core {
namespace {

using namespace std::string_view_literals;

std::string excerpt_of(std::string_view value, int max_bytes) {
  char out[64];
  memset(out, '#', sizeof out);
  EXPECT_EQ(excerpt(value, out, max_bytes), out);
  // Nothing beyond the bytes it was given is written.
  for (size_t i = max_bytes; i < sizeof out; ++i) EXPECT_EQ(out[i], '#') << i;
  return out;
}

TEST(StatusTest, LeaksNothingWhenSkipped) { EXPECT_TRUE(std::is_trivially_destructible_v<Status>); }

TEST(StatusTest, IsOkByDefault) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.code, Code::kOk);
  EXPECT_EQ(status.message, nullptr);
  EXPECT_EQ(status.hint, nullptr);
  EXPECT_STREQ(status.detail, "");
}

TEST(StatusTest, FailureKeepsWhatItIsGiven) {
  const Status status =
      failure(Code::kOutOfRange, "too much", "Try less.", "%s is %d of %d.", "It", 3, 2);
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code, Code::kOutOfRange);
  EXPECT_STREQ(status.message, "too much");
  EXPECT_STREQ(status.hint, "Try less.");
  EXPECT_STREQ(status.detail, "It is 3 of 2.");
}

std::string detail_of(const std::string& text) {
  return failure(Code::kInvalidParameter, "m", nullptr, "%s", text.c_str()).detail;
}

TEST(StatusTest, DetailHoldsOneByteLessThanItsSize) {
  const std::string fits(Status::kDetailBytes - 1, 'x');
  EXPECT_EQ(detail_of(fits), fits);
  EXPECT_EQ(detail_of(fits + "y"), fits);
  EXPECT_EQ(detail_of(fits + std::string(5000, 'y')), fits);
}

// A character of n bytes is kept when it just fits and dropped whole when it does not.
TEST(StatusTest, DetailIsCutBetweenCharacters) {
  for (const std::string character : {"é", "ễ", "😀"}) {
    const int bytes = static_cast<int>(character.size());
    for (int missing = 0; missing <= bytes; ++missing) {
      const std::string before(Status::kDetailBytes - 1 - bytes + missing, 'x');
      const std::string kept = missing == 0 ? before + character : before;
      EXPECT_EQ(detail_of(before + character), kept) << character << " less " << missing;
      EXPECT_EQ(detail_of(before + character + "zz"), kept) << character << " less " << missing;
    }
  }
}

TEST(StatusTest, DetailOfNothingButContinuationsIsStillCut) {
  const std::string broken(Status::kDetailBytes + 10, '\x80');
  EXPECT_EQ(detail_of(broken).size(), static_cast<size_t>(Status::kDetailBytes - 1));
}

TEST(ExcerptTest, ShortValuesStayAsTheyAre) {
  EXPECT_EQ(excerpt_of("", 10), "");
  EXPECT_EQ(excerpt_of("abc", 10), "abc");
  EXPECT_EQ(excerpt_of("Nguyễn 😀", 20), "Nguyễn 😀");
}

TEST(ExcerptTest, LongValuesAreMarked) {
  EXPECT_EQ(excerpt_of("123456789", 10), "123456789");
  EXPECT_EQ(excerpt_of("1234567890", 10), "123456...");
  EXPECT_EQ(excerpt_of(std::string(5000, 'x'), 10), "xxxxxx...");
}

TEST(ExcerptTest, IsCutBetweenCharacters) {
  EXPECT_EQ(excerpt_of("12345ễ9012", 10), "12345...");
  EXPECT_EQ(excerpt_of("123ễ789012", 10), "123ễ...");
  EXPECT_EQ(excerpt_of("123456ễ", 10), "123456ễ");
  EXPECT_EQ(excerpt_of("1234567ễ", 10), "123456...");
  EXPECT_EQ(excerpt_of("ééééé", 10), "ééé...");
  EXPECT_EQ(excerpt_of("😀😀😀", 12), "😀😀...");
}

TEST(ExcerptTest, ControlsBecomeQuestionMarks) {
  EXPECT_EQ(excerpt_of("a\tb\nc\x7F", 20), "a?b?c?");
  EXPECT_EQ(excerpt_of("a\0b"sv, 20), "a?b");
  EXPECT_EQ(excerpt_of("a\u0085b\u009Fc", 20), "a?b?c");  // C1: two bytes become one
  EXPECT_EQ(excerpt_of("a\u00A0b", 20), "a\u00A0b");
  EXPECT_EQ(excerpt_of("\u0080\u0080\u0080\u0080", 5), "????");
  EXPECT_EQ(excerpt_of("\u0080\u0080\u0080\u0080\u0080", 5), "?...");
}

TEST(ExcerptTest, BrokenBytesPassThrough) {
  EXPECT_EQ(excerpt_of("a\xFF\xC3", 20), "a\xFF\xC3");
  EXPECT_EQ(excerpt_of("\xC3(", 20), "\xC3(");
}

TEST(ExcerptTest, TinyBuffersHoldWhatTheyCan) {
  EXPECT_EQ(excerpt_of("abcdef", 5), "a...");
  EXPECT_EQ(excerpt_of("abcdef", 4), "...");
  EXPECT_EQ(excerpt_of("abcdef", 3), "..");
  EXPECT_EQ(excerpt_of("abcdef", 2), ".");
  EXPECT_EQ(excerpt_of("abcdef", 1), "");
  EXPECT_EQ(excerpt_of("ab", 3), "ab");
}

TEST(ExcerptTest, NoBufferIsLeftAlone) {
  char out[] = "kept";
  EXPECT_EQ(excerpt("abc", out, 0), out);
  EXPECT_EQ(excerpt("abc", out, -1), out);
  EXPECT_STREQ(out, "kept");
}

}  // namespace
}  // namespace s2t::core
