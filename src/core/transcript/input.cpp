#include "core/transcript/input.h"

#include <optional>

namespace s2t::core {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEscapedReplacement = "\\ufffd";
constexpr size_t kEscapeBytes = 6;  // of \uXXXX

constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The code unit of the escape \uXXXX that `text` starts with, if it does.
std::optional<unsigned> escaped_unit(std::string_view text) noexcept {
  if (text.size() < kEscapeBytes || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  unsigned unit = 0;
  for (const char c : text.substr(2, 4)) {
    const int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    unit = unit << 4U | static_cast<unsigned>(digit);
  }
  return unit;
}

constexpr bool is_high_surrogate(unsigned unit) noexcept { return unit >> 10U == 0xD800U >> 10U; }
constexpr bool is_low_surrogate(unsigned unit) noexcept { return unit >> 10U == 0xDC00U >> 10U; }

// How a sequence of UTF-8 goes on after its first byte (table 3-7 of the Unicode standard).
struct Continuation {
  size_t bytes;  // that follow; 0 if the first byte starts no character of several bytes
  unsigned char first_from;
  unsigned char first_to;  // range of the first of them; the others are 80 to BF
};

constexpr Continuation continuation_of(unsigned char lead) noexcept {
  if (lead >= 0xC2U && lead <= 0xDFU) return {1, 0x80, 0xBF};
  if (lead == 0xE0U) return {2, 0xA0, 0xBF};
  if (lead == 0xEDU) return {2, 0x80, 0x9F};
  if (lead >= 0xE1U && lead <= 0xEFU) return {2, 0x80, 0xBF};
  if (lead == 0xF0U) return {3, 0x90, 0xBF};
  if (lead == 0xF4U) return {3, 0x80, 0x8F};
  if (lead >= 0xF1U && lead <= 0xF3U) return {3, 0x80, 0xBF};
  return {0, 0, 0};
}

}  // namespace

void TranscriptInput::take(size_t bytes) {
  unit_ = text_.substr(0, bytes);
  text_.remove_prefix(bytes);
}

void TranscriptInput::replace(std::string_view replacement, size_t bytes) {
  unit_ = replacement;
  text_.remove_prefix(bytes);
  added_bytes_ += replacement.size() - bytes;
}

void TranscriptInput::refill() {
  if (text_.empty()) {
    unit_ = {};
    return;
  }
  const char c = text_.front();
  if (static_cast<unsigned char>(c) >= 0x80U) {
    take_char();
  } else if (in_string_ && c == '\\') {
    take_escape();
  } else {
    if (c == '"') in_string_ = !in_string_;
    take(1);
  }
}

// An escape is one unit, so that an escaped quotation mark or backslash is not taken for what it
// is not.
void TranscriptInput::take_escape() {
  const std::optional<unsigned> unit = escaped_unit(text_);
  if (!unit) {
    take(text_.size() < 2 ? 1 : 2);
    return;
  }
  if (is_high_surrogate(*unit)) {
    const std::optional<unsigned> next = escaped_unit(text_.substr(kEscapeBytes));
    if (next && is_low_surrogate(*next)) {
      take(2 * kEscapeBytes);
      return;
    }
  }
  if (*unit == 0 || is_high_surrogate(*unit) || is_low_surrogate(*unit)) {
    replace(kEscapedReplacement, kEscapeBytes);
  } else {
    take(kEscapeBytes);
  }
}

void TranscriptInput::take_char() {
  const Continuation rest = continuation_of(static_cast<unsigned char>(text_.front()));
  size_t good = 1;
  while (good <= rest.bytes && good < text_.size()) {
    const auto byte = static_cast<unsigned char>(text_[good]);
    const unsigned char from = good == 1 ? rest.first_from : 0x80;
    const unsigned char to = good == 1 ? rest.first_to : 0xBF;
    if (byte < from || byte > to) break;
    ++good;
  }
  if (rest.bytes > 0 && good == rest.bytes + 1) {
    take(good);
  } else {
    replace(kReplacement, good);
  }
}

}  // namespace s2t::core
