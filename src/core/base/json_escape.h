// Escapes in JSON strings (RFC 8259, section 7).
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>
#include <stdint.h>

#include <string_view>

namespace s2t::core {

// The code unit of "\uXXXX" at the beginning of `text`; -1 if there is none.
[[nodiscard]] int json_code_unit(std::string_view text) noexcept;

constexpr bool is_high_surrogate(int unit) noexcept { return unit >= 0xD800 && unit < 0xDC00; }
constexpr bool is_low_surrogate(int unit) noexcept { return unit >= 0xDC00 && unit < 0xE000; }

// One escape at the beginning of `content`: what it stands for goes to `out`, four bytes at most.
// Returns the bytes it takes up there, and in `*written` here. The escape is a valid one.
[[nodiscard]] size_t write_json_escape(std::string_view content, char* out,
                                       size_t* written) noexcept;

// What the content of a JSON string stands for, written to `out`, which has room for as many bytes
// as `content` has. Returns how many it is. Its escapes are valid ones.
[[nodiscard]] size_t unescape(std::string_view content, char* out) noexcept;

}  // namespace s2t::core
