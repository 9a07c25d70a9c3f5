#include "core/search/fold.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "core/base/utf8.h"

namespace s2t::core {
namespace {

std::string folded(std::string_view text) {
  std::string out(kMaxFoldedGrowth * text.size(), '\0');
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
  EXPECT_EQ(folded("Ӂ Ӄ"), "ж ӄ");
  EXPECT_EQ(folded("ՀԱՅ"), "հայ");
  EXPECT_EQ(folded("ＡＢｚ１？"), "abz1?");
}

TEST(FoldTest, OtherScriptsStay) {
  for (const std::string_view text :
       {"你好。世界", "こんにちは", "สวัสดี", "नमस्ते", "שלום", "مرحبا", "😀"}) {
    EXPECT_EQ(folded(text), text);
  }
}

TEST(FoldTest, WhatShowsNothingGoes) {
  EXPECT_EQ(folded("a\u00ADb\u200Bc\u200Dd\u2060e\uFEFFf\uFE0F"), "abcdef");
}

TEST(FoldTest, BytesThatAreNotUtf8Stay) {
  EXPECT_EQ(folded("A\x80\xFF\xC3"), "a\x80\xFF\xC3");
  EXPECT_EQ(folded("\xE1\xBA"), "\xE1\xBA");
  EXPECT_EQ(folded("\uFFFD"), "\uFFFD");
}

TEST(FoldCharTest, TellsTheMarks) {
  const Diacritics grave = fold_char(0x300).marks;
  const Diacritics acute = fold_char(0x301).marks;
  const Diacritics circumflex = fold_char(0x302).marks;
  EXPECT_EQ(fold_char(U'a').marks, 0U);
  EXPECT_EQ(fold_char(U'à').marks, grave);
  EXPECT_EQ(fold_char(U'Ấ').marks, circumflex | acute);
  EXPECT_EQ(fold_char(U'ấ').letters[0], U'a');
  EXPECT_EQ(fold_char(U'ấ').letters[1], U'\0');
  EXPECT_NE(fold_char(U'đ').marks, 0U);
  EXPECT_EQ(fold_char(0x300).letters[0], U'\0');

  // The marks of Vietnamese are told apart.
  Diacritics all = 0;
  for (const char32_t letter : {U'à', U'á', U'ả', U'ã', U'ạ', U'â', U'ă', U'ơ', U'đ'}) {
    const Diacritics mark = fold_char(letter).marks;
    EXPECT_EQ(all & mark, 0U);
    all |= mark;
  }
}

TEST(FoldTest, ComposedAndDecomposedAlikeInEveryScript) {
  const std::pair<const char*, const char*> kPairs[] = {
      {"한글", "\u1112\u1161\u11AB\u1100\u1173\u11AF"},
      {"が ぱ", "か\u3099 は\u309A"},
      {"أحمد آن", "ا\u0654حمد ا\u0653ن"},
      {"\u0958", "\u0915\u093C"},
      {"\u0BCA", "\u0BC6\u0BBE"},
      {"ἄ", "α\u0313\u0301"},
      {"й ӂ", "и\u0306 ж\u0306"},
      {"\u1026", "\u1025\u102E"},
      {"\uFB2A", "ש\u05C1"},
  };
  for (const auto& [composed, decomposed] : kPairs) EXPECT_EQ(folded(composed), folded(decomposed));
}

TEST(FoldTest, FormsFoldToWhatTheyAreFormsOf) {
  EXPECT_EQ(folded("ﬁne oﬃce ﬆ"), "fine office st");
  EXPECT_EQ(folded("ﻻ ﷲ ﺐ"), "لا الله ب");
  EXPECT_EQ(folded("ｶﾞｷﾞ"), folded("ガギ"));
  EXPECT_EQ(folded("ﬓ"), "մն");
  EXPECT_EQ(folded("محـمد"), "محمد");
  EXPECT_EQ(folded("豈"), "豈");
}

TEST(FoldTest, ArabicAndHebrewLoseTheirPoints) {
  EXPECT_EQ(folded("مُحَمَّد"), "محمد");
  EXPECT_EQ(folded("שָׁלוֹם"), "שלום");
}

TEST(FoldTest, NeverGrowsBeyondItsRoom) {
  for (char32_t code = 1; code < 0x110000; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    char text[4];
    const size_t size = put_char(code, text) - text;
    char out[64];
    const size_t written = fold({text, size}, out);
    ASSERT_LE(written, kMaxFoldedGrowth * size) << std::hex << static_cast<uint32_t>(code);
    char again[200];
    const size_t twice = fold({out, written}, again);
    ASSERT_EQ(std::string_view(again, twice), std::string_view(out, written))
        << std::hex << static_cast<uint32_t>(code);
  }
}

}  // namespace
}  // namespace s2t::core
