#include "core/search/fold.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace s2t::core {
namespace {

std::string folded(std::string_view text) {
  std::string out(text.size(), '\0');
  out.resize(fold(text, out.data()));
  return out;
}

TEST(FoldTest, AsciiLosesItsCase) {
  EXPECT_EQ(folded(""), "");
  EXPECT_EQ(folded("Hello, WORLD! @[`{ 0-9"), "hello, world! @[`{ 0-9");
}

// The 134 letters of the Vietnamese alphabet that are not ASCII.
TEST(FoldTest, VietnameseLosesItsMarks) {
  EXPECT_EQ(folded("àáảãạăằắẳẵặâầấẩẫậ"), "aaaaaaaaaaaaaaaaa");
  EXPECT_EQ(folded("èéẻẽẹêềếểễệ"), "eeeeeeeeeee");
  EXPECT_EQ(folded("ìíỉĩị"), "iiiii");
  EXPECT_EQ(folded("òóỏõọôồốổỗộơờớởỡợ"), "ooooooooooooooooo");
  EXPECT_EQ(folded("ùúủũụưừứửữự"), "uuuuuuuuuuu");
  EXPECT_EQ(folded("ỳýỷỹỵ"), "yyyyy");
  EXPECT_EQ(folded("đ"), "d");
  EXPECT_EQ(folded("ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬ"), "aaaaaaaaaaaaaaaaa");
  EXPECT_EQ(folded("ÈÉẺẼẸÊỀẾỂỄỆ"), "eeeeeeeeeee");
  EXPECT_EQ(folded("ÌÍỈĨỊ"), "iiiii");
  EXPECT_EQ(folded("ÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢ"), "ooooooooooooooooo");
  EXPECT_EQ(folded("ÙÚỦŨỤƯỪỨỬỮỰ"), "uuuuuuuuuuu");
  EXPECT_EQ(folded("ỲÝỶỸỴ"), "yyyyy");
  EXPECT_EQ(folded("Đ"), "d");
}

TEST(FoldTest, DecomposedTextFoldsAlike) {
  EXPECT_EQ(folded("Tie\u0302\u0301ng Vie\u0323\u0302t"), folded("Tiếng Việt"));
  EXPECT_EQ(folded("Tiếng Việt"), "tieng viet");
  EXPECT_EQ(folded("\u0300a\u036Fb"), "ab");
}

TEST(FoldTest, OtherLatinLetters) {
  EXPECT_EQ(folded("Straße ẞ Ærø Œuvre Þór Ðe łódź Ħ ŋ ı İ"),
            "strasse ss aero oeuvre thor de lodz h n i i");
  EXPECT_EQ(folded("Ǆ ǅ ǆ Ĳ ŉ ſ ǖ ǭ Ơ Ư Ș Ț Ḹ ẛ ẚ Ɓ"), "dz dz dz ij n s u o o u s t l s a b");
  EXPECT_EQ(folded("Ə Ɛ Ɔ × ÷"), "ə ɛ ɔ × ÷");
}

TEST(FoldTest, OtherAlphabetsLoseTheirCase) {
  EXPECT_EQ(folded("ΆΛΦΑ ΐ Σίσυφος"), "αλφα ι σισυφοσ");
  EXPECT_EQ(folded("ПРИВЕТ Ёлка Йод Ґанок Ӏ Ә Ѡ Ҋ"), "привет елка иод ганок ӏ ә ѡ ҋ");
  EXPECT_EQ(folded("Ӂ Ӄ"), "ӂ ӄ");
  EXPECT_EQ(folded("ՀԱՅ"), "հայ");
  EXPECT_EQ(folded("ＡＢｚ１？"), "abz1?");
}

TEST(FoldTest, OtherScriptsStay) {
  for (const std::string_view text :
       {"你好。世界", "こんにちは", "안녕하세요", "สวัสดี", "नमस्ते", "שלום", "مرحبا", "😀"}) {
    EXPECT_EQ(folded(text), text);
  }
}

TEST(FoldTest, WhatShowsNothingGoes) {
  EXPECT_EQ(folded("a\u00ADb\u200Bc\u200Dd\u2060e\uFEFFf\uFE0F"), "abcdef");
}

TEST(FoldTest, IsIdempotentAndNeverLonger) {
  char bytes[4];
  for (char32_t code = 1; code < 0x30000; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string_view text;
    if (code < 0x80) {
      bytes[0] = static_cast<char>(code);
      text = {bytes, 1};
    } else if (code < 0x800) {
      bytes[0] = static_cast<char>(0xC0U | code >> 6U);
      bytes[1] = static_cast<char>(0x80U | (code & 0x3FU));
      text = {bytes, 2};
    } else if (code < 0x10000) {
      bytes[0] = static_cast<char>(0xE0U | code >> 12U);
      bytes[1] = static_cast<char>(0x80U | (code >> 6U & 0x3FU));
      bytes[2] = static_cast<char>(0x80U | (code & 0x3FU));
      text = {bytes, 3};
    } else {
      bytes[0] = static_cast<char>(0xF0U | code >> 18U);
      bytes[1] = static_cast<char>(0x80U | (code >> 12U & 0x3FU));
      bytes[2] = static_cast<char>(0x80U | (code >> 6U & 0x3FU));
      bytes[3] = static_cast<char>(0x80U | (code & 0x3FU));
      text = {bytes, 4};
    }
    char out[16];
    const size_t size = fold(text, out);
    ASSERT_LE(size, text.size()) << std::hex << static_cast<unsigned>(code);
    const std::string once(out, size);
    ASSERT_EQ(folded(once), once) << std::hex << static_cast<unsigned>(code);
  }
}

TEST(FoldTest, BytesThatAreNotUtf8Stay) {
  EXPECT_EQ(folded("A\x80\xFF\xC3"), "a\x80\xFF\xC3");
  EXPECT_EQ(folded("\xE1\xBA"), "\xE1\xBA");
  EXPECT_EQ(folded("\uFFFD"), "\uFFFD");
}

TEST(FoldCharTest, TellsTheMarks) {
  const Marks grave = fold_char(0x300).marks;
  const Marks acute = fold_char(0x301).marks;
  const Marks circumflex = fold_char(0x302).marks;
  EXPECT_EQ(fold_char(U'a').marks, 0U);
  EXPECT_EQ(fold_char(U'à').marks, grave);
  EXPECT_EQ(fold_char(U'Ấ').marks, circumflex | acute);
  EXPECT_EQ(fold_char(U'ấ').letters[0], U'a');
  EXPECT_EQ(fold_char(U'ấ').letters[1], U'\0');
  EXPECT_NE(fold_char(U'đ').marks, 0U);
  EXPECT_EQ(fold_char(0x300).letters[0], U'\0');

  // The marks of Vietnamese are told apart.
  Marks all = 0;
  for (const char32_t letter : {U'à', U'á', U'ả', U'ã', U'ạ', U'â', U'ă', U'ơ', U'đ'}) {
    const Marks mark = fold_char(letter).marks;
    EXPECT_EQ(all & mark, 0U);
    all |= mark;
  }
}

}  // namespace
}  // namespace s2t::core
