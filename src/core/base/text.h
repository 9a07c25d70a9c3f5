// Characters without a locale: ASCII classes, and UTF-8 one character at a time.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>

#include <string_view>

namespace s2t::core {

// Space, tab, line feed, vertical tab, form feed, carriage return.
[[nodiscard]] constexpr bool is_ascii_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

[[nodiscard]] constexpr bool is_ascii_digit(char c) noexcept { return c >= '0' && c <= '9'; }

[[nodiscard]] constexpr char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr bool is_ascii_letter(char c) noexcept {
  return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

// Whether a byte continues a character of UTF-8 rather than starting one.
[[nodiscard]] constexpr bool continues_char(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

// Bytes of the UTF-8 character that starts with `lead`; 1 for a byte that can start none.
[[nodiscard]] constexpr int char_bytes(char lead) noexcept {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte >= 0xF8U || byte < 0xC0U) return 1;
  if (byte >= 0xF0U) return 4;
  return byte >= 0xE0U ? 3 : 2;
}

// One character and the bytes it takes up.
struct Char {
  char32_t code;
  int bytes;
};

// What stands for a byte that is not UTF-8.
inline constexpr char32_t kReplacementChar = 0xFFFD;

// The first character of `text`, which must not be empty. A byte that is not part of a complete
// character reads as kReplacementChar of one byte, so that a walk always ends.
[[nodiscard]] constexpr Char first_char(std::string_view text) noexcept {
  const int bytes = char_bytes(text[0]);
  const auto lead = static_cast<unsigned char>(text[0]);
  if (bytes == 1) return {lead < 0x80U ? char32_t{lead} : kReplacementChar, 1};
  if (text.size() < static_cast<size_t>(bytes)) return {kReplacementChar, 1};

  char32_t code = lead & (0x7FU >> static_cast<unsigned>(bytes));
  for (int i = 1; i < bytes; ++i) {
    if (!continues_char(text[i])) return {kReplacementChar, 1};
    code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {code, bytes};
}

// The C0 and C1 controls and DEL: Unicode's general category Cc.
[[nodiscard]] constexpr bool is_control(char32_t code) noexcept {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F);
}

// Unicode's property White_Space, less the controls.
[[nodiscard]] constexpr bool is_space(char32_t code) noexcept {
  return code == 0x20 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
         code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

}  // namespace s2t::core
