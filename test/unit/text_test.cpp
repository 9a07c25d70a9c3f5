#include "core/base/text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace s2t::core {
namespace {

using namespace std::string_view_literals;

TEST(TextTest, AsciiClassesEndWhereTheyShould) {
  std::string space;
  std::string digits;
  std::string letters;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (is_ascii_space(c)) space += c;
    if (is_ascii_digit(c)) digits += c;
    if (is_ascii_letter(c)) letters += c;
  }
  EXPECT_EQ(space, "\t\n\v\f\r ");
  EXPECT_EQ(digits, "0123456789");
  EXPECT_EQ(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}

TEST(TextTest, LowersAsciiLettersOnly) {
  EXPECT_EQ(ascii_lower('A'), 'a');
  EXPECT_EQ(ascii_lower('Z'), 'z');
  EXPECT_EQ(ascii_lower('@'), '@');
  EXPECT_EQ(ascii_lower('['), '[');
  EXPECT_EQ(ascii_lower('m'), 'm');
  EXPECT_EQ(ascii_lower('\xC4'), '\xC4');
}

TEST(TextTest, TellsWhatContinuesACharacter) {
  EXPECT_FALSE(continues_char('\x7F'));
  EXPECT_TRUE(continues_char('\x80'));
  EXPECT_TRUE(continues_char('\xBF'));
  EXPECT_FALSE(continues_char('\xC0'));
  EXPECT_FALSE(continues_char('\xFF'));
}

TEST(TextTest, LeadTellsBytes) {
  EXPECT_EQ(char_bytes('\x00'), 1);
  EXPECT_EQ(char_bytes('\x7F'), 1);
  EXPECT_EQ(char_bytes('\x80'), 1);
  EXPECT_EQ(char_bytes('\xBF'), 1);
  EXPECT_EQ(char_bytes('\xC0'), 2);
  EXPECT_EQ(char_bytes('\xDF'), 2);
  EXPECT_EQ(char_bytes('\xE0'), 3);
  EXPECT_EQ(char_bytes('\xEF'), 3);
  EXPECT_EQ(char_bytes('\xF0'), 4);
  EXPECT_EQ(char_bytes('\xF7'), 4);
  EXPECT_EQ(char_bytes('\xF8'), 1);
  EXPECT_EQ(char_bytes('\xFF'), 1);
}

void expect_char(std::string_view text, char32_t code, int bytes) {
  const Char found = first_char(text);
  EXPECT_EQ(found.code, code) << text;
  EXPECT_EQ(found.bytes, bytes) << text;
}

TEST(TextTest, ReadsCharactersOfEveryLength) {
  expect_char("a", U'a', 1);
  expect_char("\0"sv, 0, 1);
  expect_char("éa", 0xE9, 2);
  expect_char("ễn", 0x1EC5, 3);
  expect_char("😀!", 0x1F600, 4);
}

TEST(TextTest, ReadsBrokenBytesOneByOne) {
  expect_char("\x80", kReplacementChar, 1);      // continues nothing
  expect_char("\xFF", kReplacementChar, 1);      // starts nothing
  expect_char("\xC3", kReplacementChar, 1);      // cut short
  expect_char("\xE1\xBB", kReplacementChar, 1);  // cut short
  expect_char("\xF0\x9F\x98", kReplacementChar, 1);
  expect_char("\xC3(", kReplacementChar, 1);  // interrupted
  expect_char("\xE1\xBB(", kReplacementChar, 1);
}

TEST(TextTest, ControlsAreTheCategoryCc) {
  EXPECT_TRUE(is_control(0x00));
  EXPECT_TRUE(is_control(0x1F));
  EXPECT_FALSE(is_control(0x20));
  EXPECT_FALSE(is_control(0x7E));
  EXPECT_TRUE(is_control(0x7F));
  EXPECT_TRUE(is_control(0x9F));
  EXPECT_FALSE(is_control(0xA0));
}

TEST(TextTest, SpacesAreUnicodes) {
  std::u32string found;
  for (char32_t code = 0; code <= 0xFFFF; ++code) {
    if (is_space(code)) found += code;
  }
  EXPECT_EQ(found,
            U"\u0020\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A"
            U"\u2028\u2029\u202F\u205F\u3000");
}

}  // namespace
}  // namespace s2t::core
