// What engines write and neither JSON's grammar nor PostgreSQL takes, mended before it is parsed.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>

#include <string>
#include <string_view>

namespace s2t::core {

// What stands for NaN, Infinity and -Infinity in what clean_json() gives: a string of this one
// character, which no other string of it contains.
inline constexpr char kNotANumberMark = '\0';

// Whether clean_json() may change the text: a fast look, which is true too often rather than not.
[[nodiscard]] bool may_need_cleaning(std::string_view text) noexcept;

// A copy in which U+0000, lone surrogates and bytes that are no UTF-8 are U+FFFD, and values that
// are not a number (Python's json.dumps writes them) are marked. Counts into `replaced` what was no
// UTF-8. Nothing else changes; text that is not JSON stays text that is not JSON.
[[nodiscard]] std::string clean_json(std::string_view text, size_t* replaced);

// Where in `text` the byte at `offset` of its cleaned copy comes from.
[[nodiscard]] size_t offset_before_cleaning(std::string_view text, size_t offset);

}  // namespace s2t::core
