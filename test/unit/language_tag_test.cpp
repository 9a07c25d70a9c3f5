#include "core/account/language_tag.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

namespace s2t::core {
namespace {

using namespace std::string_view_literals;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

using Tags = std::initializer_list<std::string>;

void expect_well_formed(const Tags& tags) {
  for (const std::string& tag : tags) {
    EXPECT_TRUE(is_language_tag(tag)) << tag;
    EXPECT_TRUE(is_language_tag(upper(tag))) << upper(tag);
  }
}

void expect_malformed(const Tags& tags) {
  for (const std::string& tag : tags) {
    EXPECT_FALSE(is_language_tag(tag)) << tag;
    EXPECT_FALSE(is_language_tag(upper(tag))) << upper(tag);
  }
}

// RFC 5646, appendix A.
TEST(LanguageTagTest, AcceptsTheExamplesOfTheRfc) {
  expect_well_formed({"de",
                      "fr",
                      "ja",
                      "i-enochian",
                      "zh-Hant",
                      "zh-Hans",
                      "sr-Cyrl",
                      "sr-Latn",
                      "zh-cmn-Hans-CN",
                      "cmn-Hans-CN",
                      "zh-yue-HK",
                      "yue-HK",
                      "zh-Hans-CN",
                      "sr-Latn-RS",
                      "sl-rozaj",
                      "sl-rozaj-biske",
                      "sl-nedis",
                      "de-CH-1901",
                      "sl-IT-nedis",
                      "hy-Latn-IT-arevela",
                      "de-DE",
                      "en-US",
                      "es-419",
                      "de-CH-x-phonebk",
                      "az-Arab-x-AZE-derbend",
                      "x-whatever",
                      "qaa-Qaaa-QM-x-southern",
                      "de-Qaaa",
                      "sr-Latn-QM",
                      "sr-Qaaa-RS",
                      "en-US-u-islamcal",
                      "zh-CN-a-myext-x-private",
                      "en-a-myext-b-another"});
}

// Each rule of the grammar at its limits, registered or not.
TEST(LanguageTagTest, AcceptsEveryRuleAtItsLimits) {
  expect_well_formed({"vi",
                      "vi-VN",
                      "vie",
                      "abcd",
                      "abcdefgh",
                      "en-123",
                      "en-abc-def-ghi",
                      "en-abc-def-ghi-Latn-GB",
                      "en-1abc-abcde-12345678",
                      "en-0-aa",
                      "en-9-aa",
                      "en-a-aa",
                      "en-w-aa",
                      "en-y-aa",
                      "en-z-12345678-ab",
                      "en-a-bbbbb-bbbbb",
                      "en-x-a",
                      "en-x-1-12345678-x",
                      "x-a",
                      "x-12345678-x",
                      "en-x-a-a",
                      "en-0-aa-9-aa-a-aa-z-aa",
                      "en-abcde-x-abcde"});
}

TEST(LanguageTagTest, AcceptsIrregularGrandfatheredTags) {
  expect_well_formed({"en-GB-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak",
                      "i-klingon", "i-lux", "i-mingo", "i-navajo", "i-pwn", "i-tao", "i-tay",
                      "i-tsu", "sgn-BE-FR", "sgn-BE-NL", "sgn-CH-DE"});
}

TEST(LanguageTagTest, AcceptsRegularGrandfatheredTags) {
  expect_well_formed({"art-lojban", "cel-gaulish", "no-bok", "no-nyn", "zh-guoyu", "zh-hakka",
                      "zh-min", "zh-min-nan", "zh-xiang"});
}

TEST(LanguageTagTest, RefusesStraySeparators) {
  expect_malformed({"", "-", "vi-", "-vi", "vi--VN", "vi_VN", "vi VN", " vi", "vi ", "vi\n",
                    "vi.UTF-8", "x", "x-", "x--a", "en-x", "en-x-", "en-x--a"});
}

TEST(LanguageTagTest, RefusesSubtagsOutOfPlace) {
  expect_malformed({"a",
                    "1",
                    "e1",
                    "12",
                    "abcdefghi",
                    "a-DE",
                    "i-unknown",
                    "en-GB-oede-x",
                    "abcd-abc",            // extlang after a language of four letters
                    "en-abc-def-ghi-jkl",  // four extlangs
                    "en-GB-Latn",          // script after region
                    "en-Latn-Cyrl",        // two scripts
                    "en-GB-US",            // two regions
                    "en-12",
                    "en-1234567890",  // region, variant of a wrong length
                    "en-1a",
                    "en-12a",       // neither region nor variant
                    "en-abcde-GB",  // region after variant
                    "en-x-123456789",
                    "en-a",
                    "en-a-",
                    "en-a-b",
                    "en-a-b-cc",
                    "en-a-x-foo",
                    "en-a-123456789",
                    "de-419-DE",
                    "tiếng-VN",
                    "vi-Việt"});
}

// RFC 5646, section 2.2.9.
TEST(LanguageTagTest, RefusesRepeatedVariantsAndSingletons) {
  expect_malformed({"de-DE-1901-1901", "sl-rozaj-ROZAJ", "de-abcde-fghij-klmno-abcde",
                    "de-abcde-fghij-fghij", "ar-a-aaa-b-bbb-a-ccc", "en-a-bbb-A-ccc",
                    "en-1-bb-c-dd-1-ee", "de-1901-x-a-"});
}

TEST(LanguageTagTest, NeedsEveryByteOfTheText) {
  EXPECT_FALSE(is_language_tag("vi\0"sv));
  EXPECT_FALSE(is_language_tag("vi\0-VN"sv));
  EXPECT_TRUE(is_language_tag("vi-VN"sv.substr(0, 2)));
}

TEST(LanguageTagTest, VariantsThatShareABeginningDiffer) {
  EXPECT_TRUE(is_language_tag("de-abcde-abcdef"));
  EXPECT_TRUE(is_language_tag("de-abcdef-abcde"));
}

TEST(LanguageTagTest, EverySingletonIsItsOwn) {
  std::string tag = "en";
  for (const char singleton : "0123456789abcdefghijklmnopqrstuvwyz"sv) {
    tag += {'-', singleton, '-', 'q', 'q'};
    ASSERT_TRUE(is_language_tag(tag)) << tag;
  }
  for (const char singleton : "0123456789abcdefghijklmnopqrstuvwyz"sv) {
    EXPECT_FALSE(is_language_tag(tag + '-' + singleton + "-qq")) << singleton;
  }
  EXPECT_TRUE(is_language_tag(tag + "-x-a"));
}

}  // namespace
}  // namespace s2t::core
