// What the procedures accept as arguments (docs/reference.md, "Conventions"). Every function
// returns a Status that names the argument and its value; texts are in the server's encoding, which
// is read as UTF-8.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stdint.h>

#include <string_view>

#include "core/base/status.h"

namespace s2t::core {

inline constexpr int kMaxEmailBytes = 254;  // RFC 5321, section 4.5.3.1.3, less the angle brackets
inline constexpr int kMaxUserNameChars = 64;
inline constexpr int kMaxSourceChars = 64;
inline constexpr int kMaxWorkerChars = 200;
inline constexpr int kMaxClaims = 1000;
inline constexpr int kMaxKeyChars = 255;
inline constexpr int kMaxLanguageBytes = 255;  // RFC 5646, section 4.4 lets us choose, from 35 up

// Without surrounding ASCII white space.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

// Nothing but ASCII white space.
[[nodiscard]] bool is_blank(std::string_view text) noexcept;

// Characters of UTF-8, counting every byte that does not continue one.
[[nodiscard]] int count_chars(std::string_view text) noexcept;

// A trimmed e-mail address: exactly one '@' with something on both sides, no blank (Unicode's
// White_Space) or control character, at most kMaxEmailBytes.
[[nodiscard]] Status check_email(std::string_view email) noexcept;

// A trimmed user name: 1 .. kMaxUserNameChars characters, no control characters.
[[nodiscard]] Status check_user_name(std::string_view user_name) noexcept;

// A password hash is opaque but not blank. The value never appears in the Status.
[[nodiscard]] Status check_password_hash(std::string_view hash) noexcept;

// A trimmed state of an account, which is the application's word: 1 .. kMaxUserNameChars
// characters, no control characters.
[[nodiscard]] Status check_account_status(std::string_view status) noexcept;

// A plan code as an argument: not blank.
[[nodiscard]] Status check_plan_code(std::string_view code) noexcept;

// Where a recording comes from: not blank, at most kMaxSourceChars characters.
[[nodiscard]] Status check_source(std::string_view source) noexcept;

// A well-formed language tag (BCP 47, RFC 5646 section 2.1: langtag, private use or grandfathered),
// case-insensitive, at most kMaxLanguageBytes. See language_tag.h.
[[nodiscard]] Status check_language(std::string_view tag) noexcept;

// Who claims recordings: not blank, at most kMaxWorkerChars characters.
[[nodiscard]] Status check_worker(std::string_view worker) noexcept;

// How many recordings are claimed at once: 1 to kMaxClaims.
[[nodiscard]] Status check_claim_limit(int32_t limit) noexcept;

// Why a recording failed: not blank.
[[nodiscard]] Status check_reason(std::string_view reason) noexcept;

// What went wrong with a recording that is given back: not blank.
[[nodiscard]] Status check_release_error(std::string_view error) noexcept;

// Milliseconds of a recording: >= 0.
[[nodiscard]] Status check_duration(int32_t duration_ms) noexcept;

// Milliseconds announced for a recording: >= 1.
[[nodiscard]] Status check_expected_duration(int32_t expected_ms) noexcept;

// The key of a call that may be repeated: not blank, at most kMaxKeyChars characters.
[[nodiscard]] Status check_key(std::string_view key) noexcept;

// Why a counter is adjusted: not blank.
[[nodiscard]] Status check_note(std::string_view note) noexcept;

// Batch sizes (>= 1) and days of retention (>= 0).
[[nodiscard]] Status check_batch_size(int32_t batch_size) noexcept;
[[nodiscard]] Status check_retention_days(int32_t days) noexcept;

}  // namespace s2t::core
