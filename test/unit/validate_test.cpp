#include "core/account/validate.h"

#include <gtest/gtest.h>
#include <stdint.h>
#include <string.h>

#include <string>
#include <string_view>

namespace s2t::core {
namespace {

using namespace std::string_view_literals;

std::string repeat(std::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

void expect_refused(const Status& status, const char* message, const std::string& detail) {
  EXPECT_EQ(status.code, Code::kInvalidParameter);
  EXPECT_STREQ(status.message, message);
  EXPECT_EQ(status.detail, detail);
}

TEST(TrimTest, TakesAsciiWhiteSpaceOffBothEnds) {
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim(" \t\n\v\f\r"), "");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \t\n\v\f\ra b\r\f\v\n\t "), "a b");
  EXPECT_EQ(trim("a "), "a");
  EXPECT_EQ(trim(" a"), "a");
  EXPECT_EQ(trim("\u00A0a"), "\u00A0a");
  EXPECT_EQ(trim("\0 "sv), "\0"sv);
}

TEST(IsBlankTest, TellsWhiteSpaceFromText) {
  EXPECT_TRUE(is_blank(""));
  EXPECT_TRUE(is_blank(" "));
  EXPECT_TRUE(is_blank(" \t\n\v\f\r"));
  EXPECT_FALSE(is_blank("  x  "));
  EXPECT_FALSE(is_blank("\0"sv));
  EXPECT_FALSE(is_blank("\u00A0"));
}

TEST(CountCharsTest, CountsCharactersNotBytes) {
  EXPECT_EQ(count_chars(""), 0);
  EXPECT_EQ(count_chars("abc"), 3);
  EXPECT_EQ(count_chars("Nguyễn"), 6);
  EXPECT_EQ(count_chars("😀😀"), 2);
  EXPECT_EQ(count_chars("\xFF\xC3"), 2);
  EXPECT_EQ(count_chars("\x80"), 0);
}

constexpr const char* kEmail = "invalid e-mail address";

TEST(CheckEmailTest, AcceptsWhatLooksLikeOne) {
  EXPECT_TRUE(check_email("a@b").ok());
  EXPECT_TRUE(check_email("test@example.com").ok());
  EXPECT_TRUE(check_email("first.last+tag@sub.example.co.uk").ok());
  EXPECT_TRUE(check_email("nguyễn@ví-dụ.vn").ok());
  EXPECT_TRUE(check_email("o'brien@[192.0.2.1]").ok());
}

TEST(CheckEmailTest, RefusesBlank) {
  expect_refused(check_email(""), kEmail, "Argument in_email is blank.");
  expect_refused(check_email("  \t"), kEmail, "Argument in_email is blank.");
}

TEST(CheckEmailTest, LimitIsInBytes) {
  const std::string domain = "@example.com";
  const std::string longest = std::string(kMaxEmailBytes - domain.size(), 'a') + domain;
  EXPECT_EQ(longest.size(), 254U);
  EXPECT_TRUE(check_email(longest).ok());
  expect_refused(check_email("a" + longest), kEmail,
                 "The e-mail address \"" + std::string(157, 'a') +
                     "...\" has 255 bytes; at most 254 are allowed.");
  EXPECT_TRUE(check_email(repeat("é", 126) + "@b").ok());
  expect_refused(
      check_email(repeat("é", 126) + "@bc"), kEmail,
      "The e-mail address \"" + repeat("é", 78) + "...\" has 255 bytes; at most 254 are allowed.");
}

TEST(CheckEmailTest, RefusesBlanksAndControls) {
  expect_refused(check_email("a b"), kEmail,
                 "The e-mail address \"a b\" contains a blank or control character.");
  for (const char* bad : {"a b@c", "a@b c", "a@\tb", "a\n@b", "a@b\u007F", "a@b\u0085c",
                          "a\u00A0@b", "a@b\u3000c", "a\u2028@b", " a@b", "a@b "}) {
    const Status status = check_email(bad);
    EXPECT_EQ(status.code, Code::kInvalidParameter) << bad;
    EXPECT_NE(strstr(status.detail, "contains a blank or control character."), nullptr) << bad;
  }
  expect_refused(check_email("a\0@b"sv), kEmail,
                 "The e-mail address \"a?@b\" contains a blank or control character.");
}

TEST(CheckEmailTest, WantsExactlyOneAt) {
  expect_refused(check_email("example.com"), kEmail,
                 "The e-mail address \"example.com\" does not contain exactly one \"@\".");
  expect_refused(check_email("a@b@c"), kEmail,
                 "The e-mail address \"a@b@c\" does not contain exactly one \"@\".");
  expect_refused(check_email("@@"), kEmail,
                 "The e-mail address \"@@\" does not contain exactly one \"@\".");
}

TEST(CheckEmailTest, WantsSomethingOnBothSides) {
  expect_refused(check_email("@b"), kEmail,
                 "The e-mail address \"@b\" has nothing before its \"@\".");
  expect_refused(check_email("a@"), kEmail,
                 "The e-mail address \"a@\" has nothing after its \"@\".");
  expect_refused(check_email("@"), kEmail,
                 "The e-mail address \"@\" has nothing before its \"@\".");
}

constexpr const char* kUserName = "invalid user name";

TEST(CheckUserNameTest, LimitIsInCharacters) {
  EXPECT_TRUE(check_user_name("a").ok());
  EXPECT_TRUE(check_user_name("Nguyễn Văn An").ok());
  EXPECT_TRUE(check_user_name(std::string(64, 'x')).ok());
  EXPECT_TRUE(check_user_name(repeat("😀", 64)).ok());
  expect_refused(
      check_user_name(std::string(65, 'x')), kUserName,
      "The user name \"" + std::string(65, 'x') + "\" has 65 characters; at most 64 are allowed.");
  expect_refused(
      check_user_name(repeat("😀", 65)), kUserName,
      "The user name \"" + repeat("😀", 39) + "...\" has 65 characters; at most 64 are allowed.");
}

TEST(CheckUserNameTest, RefusesBlankAndControls) {
  expect_refused(check_user_name(""), kUserName, "Argument in_user_name is blank.");
  expect_refused(check_user_name(" \n"), kUserName, "Argument in_user_name is blank.");
  expect_refused(check_user_name("a\tb"), kUserName,
                 "The user name \"a?b\" contains a control character.");
  expect_refused(check_user_name("a\u009Fb"), kUserName,
                 "The user name \"a?b\" contains a control character.");
  expect_refused(check_user_name("ab\u007F"), kUserName,
                 "The user name \"ab?\" contains a control character.");
}

TEST(CheckPasswordHashTest, IsOpaqueButNotBlank) {
  EXPECT_TRUE(check_password_hash("x").ok());
  EXPECT_TRUE(check_password_hash("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA\n").ok());
  EXPECT_TRUE(check_password_hash(std::string(100000, 'x')).ok());
  expect_refused(check_password_hash(""), "invalid password hash",
                 "Argument in_hashed_pass is blank.");
  expect_refused(check_password_hash("\t \t"), "invalid password hash",
                 "Argument in_hashed_pass is blank.");
}

TEST(CheckAccountStatusTest, IsAShortWord) {
  EXPECT_TRUE(check_account_status("active").ok());
  EXPECT_TRUE(check_account_status("chờ duyệt").ok());
  EXPECT_TRUE(check_account_status(std::string(64, 'x')).ok());
  expect_refused(check_account_status(""), "invalid account status",
                 "Argument in_status is blank.");
  expect_refused(check_account_status("a\tb"), "invalid account status",
                 "The status \"a?b\" contains a control character.");
  EXPECT_FALSE(check_account_status(std::string(65, 'x')).ok());
}

TEST(CheckPlanCodeTest, IsNotBlank) {
  EXPECT_TRUE(check_plan_code("FREE").ok());
  EXPECT_TRUE(check_plan_code(" x ").ok());
  expect_refused(check_plan_code(""), "invalid plan code", "The plan code is blank.");
  expect_refused(check_plan_code("  "), "invalid plan code", "The plan code is blank.");
}

TEST(CheckSourceTest, LimitIsInCharacters) {
  EXPECT_TRUE(check_source("realtime").ok());
  EXPECT_TRUE(check_source(std::string(64, 'x')).ok());
  EXPECT_TRUE(check_source(repeat("ễ", 64)).ok());
  expect_refused(check_source(""), "invalid source", "Argument in_source is blank.");
  expect_refused(check_source("   "), "invalid source", "Argument in_source is blank.");
  expect_refused(check_source(std::string(65, 'x')), "invalid source",
                 "Argument in_source, \"" + std::string(65, 'x') +
                     "\", has 65 characters; at most 64 are allowed.");
  expect_refused(check_source(repeat("ễ", 65)), "invalid source",
                 "Argument in_source, \"" + repeat("ễ", 52) +
                     "...\", has 65 characters; at most 64 are allowed.");
}

constexpr const char* kLanguage = "invalid language tag";

// The grammar has tests of its own: language_tag_test.cpp.
TEST(CheckLanguageTest, WantsATag) {
  EXPECT_TRUE(check_language("vi").ok());
  EXPECT_TRUE(check_language("zh-Hant-TW").ok());
  EXPECT_TRUE(check_language("EN-us").ok());
  expect_refused(check_language(""), kLanguage, "Argument in_language is blank.");
  expect_refused(check_language(" "), kLanguage, "Argument in_language is blank.");

  const Status status = check_language("vi_VN");
  expect_refused(status, kLanguage,
                 "Argument in_language is \"vi_VN\", which is not a well-formed BCP 47 tag.");
  EXPECT_STREQ(status.hint, "Use a tag such as \"vi\", \"en-US\" or \"zh-Hant-TW\".");
}

TEST(CheckLanguageTest, LengthIsLimited) {
  const std::string longest = "vi-x-" + repeat("12345678-", 27) + "1234567";
  EXPECT_EQ(longest.size(), 255U);
  EXPECT_TRUE(check_language(longest).ok());
  expect_refused(check_language(longest + "8"), kLanguage,
                 "Argument in_language, \"" + longest.substr(0, 157) +
                     "...\", has 256 bytes; at most 255 are allowed.");
}

TEST(CheckReasonTest, IsNotBlank) {
  EXPECT_TRUE(check_reason("engine crashed").ok());
  EXPECT_TRUE(check_reason(" \n.").ok());
  expect_refused(check_reason(""), "invalid failure reason", "Argument in_reason is blank.");
  expect_refused(check_reason("\r\n"), "invalid failure reason", "Argument in_reason is blank.");
}

TEST(CheckDurationTest, IsNotNegative) {
  EXPECT_TRUE(check_duration(0).ok());
  EXPECT_TRUE(check_duration(INT32_MAX).ok());
  expect_refused(check_duration(-1), "invalid duration",
                 "Argument in_duration_ms is -1; at least 0 is expected.");
  expect_refused(check_duration(INT32_MIN), "invalid duration",
                 "Argument in_duration_ms is -2147483648; at least 0 is expected.");
}

TEST(CheckBatchSizeTest, IsPositive) {
  EXPECT_TRUE(check_batch_size(1).ok());
  EXPECT_TRUE(check_batch_size(INT32_MAX).ok());
  expect_refused(check_batch_size(0), "invalid batch size",
                 "Argument in_batch_size is 0; at least 1 is expected.");
  expect_refused(check_batch_size(-1), "invalid batch size",
                 "Argument in_batch_size is -1; at least 1 is expected.");
}

TEST(CheckRetentionDaysTest, IsNotNegative) {
  EXPECT_TRUE(check_retention_days(0).ok());
  EXPECT_TRUE(check_retention_days(INT32_MAX).ok());
  expect_refused(check_retention_days(-1), "invalid retention period",
                 "Argument in_retention_days is -1; at least 0 is expected.");
}

// No refusal's detail reaches the size where it would be cut, however long the value.
TEST(ValidateTest, LongValuesLeaveDetailsWhole) {
  const std::string huge(1000000, 'x');
  const std::string controls = std::string(200, 'x') + "\n";
  for (const Status& status :
       {check_email(huge), check_email(controls), check_user_name(huge), check_source(huge),
        check_language(huge), check_language(std::string(255, '-'))}) {
    const std::string_view detail = status.detail;
    EXPECT_FALSE(status.ok());
    EXPECT_LT(detail.size(), 300U);
    EXPECT_EQ(detail.back(), '.');
  }
}

}  // namespace
}  // namespace s2t::core
