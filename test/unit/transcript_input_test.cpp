#include "core/transcript/input.h"

#include <gtest/gtest.h>

#include <string>

namespace s2t::core {
namespace {

std::string cleaned(std::string_view text, size_t added_bytes = 0) {
  TranscriptInput input(text);
  std::string result;
  for (; !input.at_end(); input.advance()) result += input.current();
  EXPECT_EQ(input.added_bytes(), added_bytes) << text;
  return result;
}

TEST(TranscriptInputTest, LeavesGoodTextAlone) {
  for (const char* text : {"", "{}", R"({"a": "xin chào \"bạn\" \\ 😀", "b": [1, 2.5e3]})",
                           R"("\u0001\uFFFD\ud83d\ude00")", R"("\\u0000 \\ud800")",
                           "\"\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80\""}) {
    EXPECT_EQ(cleaned(text), text);
  }
}

TEST(TranscriptInputTest, ReplacesWhatCannotBeStored) {
  EXPECT_EQ(cleaned(R"("a\u0000b")"), R"("a\ufffdb")");
  EXPECT_EQ(cleaned(R"("\ud800")"), R"("\ufffd")");
  EXPECT_EQ(cleaned(R"("\uDC00x")"), R"("\ufffdx")");
  EXPECT_EQ(cleaned(R"("\ud800\ud83d\ude00")"), R"("\ufffd\ud83d\ude00")");
  EXPECT_EQ(cleaned(R"("\ude00\ud83d")"), R"("\ufffd\ufffd")");
  EXPECT_EQ(cleaned(R"("\ud83d\u0041")"), R"("\ufffd\u0041")");
  EXPECT_EQ(cleaned(R"("\\\u0000")"), R"("\\\ufffd")");
}

TEST(TranscriptInputTest, LeavesBrokenEscapesToTheParser) {
  for (const char* text : {"\"\\", "\"\\u", "\"\\u00", "\"\\u00g0\"", "\"\\x41\"", "\\u0000"}) {
    EXPECT_EQ(cleaned(text), text);
  }
}

TEST(TranscriptInputTest, ReplacesEveryPartThatIsNotUtf8) {
  EXPECT_EQ(cleaned("\"\xFF\"", 2), "\"\uFFFD\"");
  EXPECT_EQ(cleaned("\"\xC3\"", 2), "\"\uFFFD\"");
  EXPECT_EQ(cleaned("\"\xE1\xBA\"", 1), "\"\uFFFD\"");
  EXPECT_EQ(cleaned("\"\xF0\x9F\x98", 0), "\"\uFFFD");
  EXPECT_EQ(cleaned("\xC0\xAF", 4), "\uFFFD\uFFFD");                      // overlong
  EXPECT_EQ(cleaned("\xED\xA0\x80", 6), "\uFFFD\uFFFD\uFFFD");            // a surrogate
  EXPECT_EQ(cleaned("\xF4\x90\x80\x80", 8), "\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond U+10FFFF
  EXPECT_EQ(cleaned("\xE1\xBA\x61", 1), "\uFFFD\x61");
}

}  // namespace
}  // namespace s2t::core
