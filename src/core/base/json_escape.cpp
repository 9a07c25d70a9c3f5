#include "core/base/json_escape.h"

#include <string.h>

#include <algorithm>

#include "core/base/text.h"

namespace s2t::core {

namespace {

constexpr int hex_value(char c) noexcept {
  if (is_ascii_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

size_t write_utf8(uint32_t code, char* out) noexcept {
  const auto tail = [&](unsigned shift) {
    return static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) {
    out[0] = static_cast<char>(code);
    return 1;
  }
  if (code < 0x800) {
    out[0] = static_cast<char>(0xC0U | (code >> 6U));
    out[1] = tail(0);
    return 2;
  }
  if (code < 0x10000) {
    out[0] = static_cast<char>(0xE0U | (code >> 12U));
    out[1] = tail(6);
    out[2] = tail(0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0U | (code >> 18U));
  out[1] = tail(12);
  out[2] = tail(6);
  out[3] = tail(0);
  return 4;
}

char simple_escape(char c) noexcept {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;  // quotation mark, backslash, slash
  }
}

}  // namespace

int json_code_unit(std::string_view text) noexcept {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return -1;
  int unit = 0;
  for (size_t i = 2; i < 6; ++i) {
    const int digit = hex_value(text[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

size_t write_json_escape(std::string_view content, char* out, size_t* written) noexcept {
  if (content[1] != 'u') {
    out[0] = simple_escape(content[1]);
    *written = 1;
    return 2;
  }
  const int unit = json_code_unit(content);
  if (!is_high_surrogate(unit)) {
    *written = write_utf8(static_cast<uint32_t>(unit), out);
    return 6;
  }
  const int low = json_code_unit(content.substr(6));
  *written = write_utf8(0x10000U + ((static_cast<uint32_t>(unit) - 0xD800U) << 10U) +
                            static_cast<uint32_t>(low) - 0xDC00U,
                        out);
  return 12;
}

size_t unescape(std::string_view content, char* out) noexcept {
  size_t length = 0;
  while (!content.empty()) {
    const size_t plain = std::min(content.find('\\'), content.size());
    memcpy(out + length, content.data(), plain);
    length += plain;
    content.remove_prefix(plain);
    if (content.empty()) break;
    size_t written;
    content.remove_prefix(write_json_escape(content, out + length, &written));
    length += written;
  }
  return length;
}

}  // namespace s2t::core
