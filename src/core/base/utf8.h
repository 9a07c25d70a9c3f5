// What is well-formed UTF-8 (the Unicode standard, section 3.9), and what to do about the rest.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>

#include <string_view>

namespace s2t::core {

inline constexpr std::string_view kReplacementBytes = "\xEF\xBF\xBD";  // U+FFFD

// What a text that is not empty starts with.
struct Utf8Part {
  int bytes;
  bool valid;  // a character; else the part of one, or the byte, that one U+FFFD stands for
};

// How a character goes on after its first byte (table 3-7 of the Unicode standard).
struct Utf8Continuation {
  int bytes;  // that follow; 0 if the first byte starts no character of several bytes
  unsigned char first_from;
  unsigned char first_to;  // range of the first of them; the others are 80 to BF
};

[[nodiscard]] constexpr Utf8Continuation utf8_continuation(unsigned char lead) noexcept {
  if (lead >= 0xC2U && lead <= 0xDFU) return {1, 0x80, 0xBF};
  if (lead == 0xE0U) return {2, 0xA0, 0xBF};
  if (lead == 0xEDU) return {2, 0x80, 0x9F};
  if (lead >= 0xE1U && lead <= 0xEFU) return {2, 0x80, 0xBF};
  if (lead == 0xF0U) return {3, 0x90, 0xBF};
  if (lead == 0xF4U) return {3, 0x80, 0x8F};
  if (lead >= 0xF1U && lead <= 0xF3U) return {3, 0x80, 0xBF};
  return {0, 0, 0};
}

// Each maximal part of a character is one part, as the Unicode standard recommends.
[[nodiscard]] constexpr Utf8Part first_utf8_part(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80U) return {1, true};
  const Utf8Continuation rest = utf8_continuation(lead);
  int good = 1;
  while (good <= rest.bytes && static_cast<size_t>(good) < text.size()) {
    const auto byte = static_cast<unsigned char>(text[good]);
    const unsigned char from = good == 1 ? rest.first_from : 0x80;
    const unsigned char to = good == 1 ? rest.first_to : 0xBF;
    if (byte < from || byte > to) break;
    ++good;
  }
  return {good, rest.bytes > 0 && good == rest.bytes + 1};
}

// Writes one character as UTF-8, and returns the end of its one to four bytes.
constexpr char* put_char(char32_t code, char* out) noexcept {
  const auto put = [&out](char32_t byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | code >> 6U);
    put(0x80U | (code & 0x3FU));
  } else {
    if (code < 0x10000) {
      put(0xE0U | code >> 12U);
    } else {
      put(0xF0U | code >> 18U);
      put(0x80U | (code >> 12U & 0x3FU));
    }
    put(0x80U | (code >> 6U & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
  return out;
}

}  // namespace s2t::core
