#include "core/account/validate.h"

#include <algorithm>
#include <array>

#include "core/account/language_tag.h"
#include "core/base/text.h"

namespace s2t::core {

namespace {

constexpr int kShownBytes = 161;  // of a value in a detail, terminator included

Status blank(const char* message, const char* argument) noexcept {
  return failure(Code::kInvalidParameter, message, nullptr, "Argument %s is blank.", argument);
}

Status too_small(const char* message, const char* argument, int32_t value, int32_t least) noexcept {
  return failure(Code::kInvalidParameter, message, nullptr,
                 "Argument %s is %d; at least %d is expected.", argument, value, least);
}

// Whether any character of `text` satisfies `condition`.
template <typename Condition>
bool any_char(std::string_view text, Condition condition) noexcept {
  while (!text.empty()) {
    const Char next = first_char(text);
    if (condition(next.code)) return true;
    text.remove_prefix(next.bytes);
  }
  return false;
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ascii_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_blank(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), is_ascii_space);
}

int count_chars(std::string_view text) noexcept {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !continues_char(byte); }));
}

Status check_email(std::string_view email) noexcept {
  static constexpr const char* kMessage = "invalid e-mail address";
  if (is_blank(email)) return blank(kMessage, "in_email");

  char shown[kShownBytes];
  excerpt(email, shown, sizeof shown);
  if (email.size() > kMaxEmailBytes) {
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "The e-mail address \"%s\" has %zu bytes; at most %d are allowed.", shown,
                   email.size(), kMaxEmailBytes);
  }
  if (any_char(email, [](char32_t code) { return is_space(code) || is_control(code); })) {
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "The e-mail address \"%s\" contains a blank or control character.", shown);
  }
  if (std::count(email.begin(), email.end(), '@') != 1) {
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "The e-mail address \"%s\" does not contain exactly one \"@\".", shown);
  }
  if (email.front() == '@' || email.back() == '@') {
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "The e-mail address \"%s\" has nothing %s its \"@\".", shown,
                   email.front() == '@' ? "before" : "after");
  }
  return {};
}

Status check_user_name(std::string_view user_name) noexcept {
  static constexpr const char* kMessage = "invalid user name";
  if (is_blank(user_name)) return blank(kMessage, "in_user_name");

  char shown[kShownBytes];
  excerpt(user_name, shown, sizeof shown);
  const int chars = count_chars(user_name);
  if (chars > kMaxUserNameChars) {
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "The user name \"%s\" has %d characters; at most %d are allowed.", shown, chars,
                   kMaxUserNameChars);
  }
  if (any_char(user_name, is_control)) {
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "The user name \"%s\" contains a control character.", shown);
  }
  return {};
}

Status check_password_hash(std::string_view hash) noexcept {
  if (is_blank(hash)) return blank("invalid password hash", "in_hashed_pass");
  return {};
}

Status check_account_status(std::string_view status) noexcept {
  static constexpr const char* kMessage = "invalid account status";
  if (is_blank(status)) return blank(kMessage, "in_status");

  char shown[kShownBytes];
  excerpt(status, shown, sizeof shown);
  const int chars = count_chars(status);
  if (chars > kMaxUserNameChars) {
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "The status \"%s\" has %d characters; at most %d are allowed.", shown, chars,
                   kMaxUserNameChars);
  }
  if (any_char(status, is_control)) {
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "The status \"%s\" contains a control character.", shown);
  }
  return {};
}

Status check_plan_code(std::string_view code) noexcept {
  // Two procedures take a plan code, under two names.
  if (is_blank(code)) {
    return failure(Code::kInvalidParameter, "invalid plan code", nullptr,
                   "The plan code is blank.");
  }
  return {};
}

namespace {

// A name in one argument: not blank, of so many characters at most.
Status check_name(const char* message, const char* argument, std::string_view name,
                  int max_chars) noexcept {
  if (is_blank(name)) return blank(message, argument);
  const int chars = count_chars(name);
  if (chars <= max_chars) return {};
  char shown[kShownBytes];
  return failure(Code::kInvalidParameter, message, nullptr,
                 "Argument %s, \"%s\", has %d characters; at most %d are allowed.", argument,
                 excerpt(name, shown, sizeof shown), chars, max_chars);
}

}  // namespace

Status check_source(std::string_view source) noexcept {
  return check_name("invalid source", "in_source", source, kMaxSourceChars);
}

Status check_worker(std::string_view worker) noexcept {
  return check_name("invalid worker", "in_worker", worker, kMaxWorkerChars);
}

Status check_claim_limit(int32_t limit) noexcept {
  static constexpr const char* kMessage = "invalid limit";
  if (limit < 1) return too_small(kMessage, "in_limit", limit, 1);
  if (limit <= kMaxClaims) return {};
  return failure(Code::kInvalidParameter, kMessage, nullptr,
                 "Argument in_limit is %d; at most %d is allowed.", limit, kMaxClaims);
}

Status check_language(std::string_view tag) noexcept {
  static constexpr const char* kMessage = "invalid language tag";
  if (is_blank(tag)) return blank(kMessage, "in_language");

  char shown[kShownBytes];
  excerpt(tag, shown, sizeof shown);
  if (tag.size() > kMaxLanguageBytes) {
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "Argument in_language, \"%s\", has %zu bytes; at most %d are allowed.", shown,
                   tag.size(), kMaxLanguageBytes);
  }
  if (!is_language_tag(tag)) {
    return failure(Code::kInvalidParameter, kMessage,
                   "Use a tag such as \"vi\", \"en-US\" or \"zh-Hant-TW\".",
                   "Argument in_language is \"%s\", which is not a well-formed BCP 47 tag.", shown);
  }
  return {};
}

Status check_reason(std::string_view reason) noexcept {
  if (is_blank(reason)) return blank("invalid failure reason", "in_reason");
  return {};
}

Status check_release_error(std::string_view error) noexcept {
  if (is_blank(error)) return blank("invalid error", "in_error");
  return {};
}

Status check_duration(int32_t duration_ms) noexcept {
  if (duration_ms < 0) return too_small("invalid duration", "in_duration_ms", duration_ms, 0);
  return {};
}

Status check_expected_duration(int32_t expected_ms) noexcept {
  if (expected_ms < 1) return too_small("invalid duration", "in_expected_ms", expected_ms, 1);
  return {};
}

Status check_key(std::string_view key) noexcept {
  static constexpr const char* kMessage = "invalid key";
  if (is_blank(key)) return blank(kMessage, "in_key");
  const int chars = count_chars(key);
  if (chars > kMaxKeyChars) {
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "Argument in_key has %d characters; at most %d are allowed.", chars,
                   kMaxKeyChars);
  }
  return {};
}

Status check_note(std::string_view note) noexcept {
  if (is_blank(note)) return blank("invalid note", "in_note");
  return {};
}

Status check_batch_size(int32_t batch_size) noexcept {
  if (batch_size < 1) return too_small("invalid batch size", "in_batch_size", batch_size, 1);
  return {};
}

Status check_retention_days(int32_t days) noexcept {
  if (days < 0) return too_small("invalid retention period", "in_retention_days", days, 0);
  return {};
}

}  // namespace s2t::core
