#include "core/transcript/clean_json.h"

#include <stdint.h>
#include <string.h>

#include <algorithm>
#include <charconv>

#include "core/base/utf8.h"

namespace s2t::core {

namespace {

constexpr size_t kEscapeBytes = 6;  // \u and four hexadecimal digits
constexpr int kNoUnit = -1;

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80U; }
bool is_high_surrogate(int unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(int unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

// The unit of UTF-16 whose escape the text starts with.
int unit_at(std::string_view text) {
  if (text.size() < kEscapeBytes || text[0] != '\\' || text[1] != 'u') return kNoUnit;
  unsigned unit = 0;
  const char* end = text.data() + kEscapeBytes;
  const auto [rest, error] = std::from_chars(text.data() + 2, end, unit, 16);
  return error == std::errc() && rest == end ? static_cast<int>(unit) : kNoUnit;
}

// NaN, Infinity or -Infinity at the start of the text, where it is a value; else nothing.
std::string_view not_a_number_at(std::string_view text) {
  for (const std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
    if (!text.starts_with(word)) continue;
    // A key is not to become one by the marks around it.
    const size_t next = text.find_first_not_of(" \t\r\n", word.size());
    if (next != std::string_view::npos && text[next] == ':') return {};
    return word;
  }
  return {};
}

// Goes through the text part by part, each of them either plain or replaced as a whole.
class Cleaner {
 public:
  explicit Cleaner(std::string_view text) : text_(text) {}

  struct Part {
    size_t at;     // in the text
    size_t bytes;  // of it that are taken; 0 at the end
    std::string_view clean;
    bool was_utf8;
  };

  Part next() {
    const std::string_view rest = text_.substr(at_);
    Part part{at_, 0, {}, true};
    if (rest.empty()) return part;
    part.bytes = plain_bytes(rest);
    if (part.bytes > 0) {
      part.clean = rest.substr(0, part.bytes);
    } else {
      replace(rest, &part);
    }
    at_ += part.bytes;
    return part;
  }

 private:
  // How much can be taken as it is. Follows where strings begin and end.
  size_t plain_bytes(std::string_view rest) {
    size_t at = 0;
    while (at < rest.size()) {
      const char c = rest[at];
      if (c == '\0') break;
      if (!is_ascii(c)) {
        const Utf8Part part = first_utf8_part(rest.substr(at));
        if (!part.valid) break;
        at += part.bytes;
      } else if (c == '"') {
        in_string_ = !in_string_;
        ++at;
      } else if (in_string_ && c == '\\') {
        const size_t escape = plain_escape_bytes(rest.substr(at));
        if (escape == 0) break;
        at += escape;
      } else if (!in_string_ && (c == 'N' || c == 'I' || c == '-') &&
                 !not_a_number_at(rest.substr(at)).empty()) {
        break;
      } else {
        ++at;
      }
    }
    return at;
  }

  // Of the escape that `rest` starts with; 0 if it cannot stay.
  static size_t plain_escape_bytes(std::string_view rest) {
    const int unit = unit_at(rest);
    // What is no escape is left to the parser; a quotation mark after a backslash ends no string.
    if (unit == kNoUnit) return rest.size() > 1 && is_ascii(rest[1]) && rest[1] != '\0' ? 2 : 1;
    if (is_high_surrogate(unit)) {
      return is_low_surrogate(unit_at(rest.substr(kEscapeBytes))) ? 2 * kEscapeBytes : 0;
    }
    return unit == 0 || is_low_surrogate(unit) ? 0 : kEscapeBytes;
  }

  void replace(std::string_view rest, Part* part) const {
    if (rest[0] == '\0') {  // the parser would take it for the end
      part->bytes = 1;
      part->clean = "\x01";
    } else if (!is_ascii(rest[0])) {
      part->bytes = static_cast<size_t>(first_utf8_part(rest).bytes);
      part->clean = kReplacementBytes;
      part->was_utf8 = false;
    } else if (in_string_) {
      part->bytes = kEscapeBytes;
      part->clean = kReplacementBytes;
    } else {
      part->bytes = not_a_number_at(rest).size();
      part->clean = R"("\u0000")";  // kNotANumberMark
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  bool in_string_ = false;
};

// Where the text stops being ASCII.
size_t ascii_bytes(std::string_view text) {
  size_t at = 0;
  for (uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
    memcpy(&word, text.data() + at, sizeof word);
    if ((word & 0x8080808080808080U) != 0) break;
  }
  while (at < text.size() && is_ascii(text[at])) ++at;
  return at;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(ascii_bytes(text));
    while (!text.empty() && !is_ascii(text.front())) {
      const Utf8Part part = first_utf8_part(text);
      if (!part.valid) return false;
      text.remove_prefix(part.bytes);
    }
  }
  return true;
}

// U+0000 or a surrogate, also a good pair of them, or text that looks like one.
bool has_doubtful_escape(std::string_view text) {
  for (size_t at = text.find("\\u"); at != std::string_view::npos; at = text.find("\\u", at + 2)) {
    const int unit = unit_at(text.substr(at));
    if (unit == 0 || is_high_surrogate(unit) || is_low_surrogate(unit)) return true;
  }
  return false;
}

}  // namespace

bool may_need_cleaning(std::string_view text) noexcept {
  return text.find('\0') != std::string_view::npos || text.find("NaN") != std::string_view::npos ||
         text.find("Infinity") != std::string_view::npos || has_doubtful_escape(text) ||
         !is_utf8(text);
}

std::string clean_json(std::string_view text, size_t* replaced) {
  std::string clean;
  clean.reserve(text.size());
  Cleaner cleaner(text);
  for (Cleaner::Part part = cleaner.next(); part.bytes > 0; part = cleaner.next()) {
    clean.append(part.clean);
    if (!part.was_utf8) ++*replaced;
  }
  return clean;
}

size_t offset_before_cleaning(std::string_view text, size_t offset) {
  Cleaner cleaner(text);
  size_t cleaned = 0;
  for (Cleaner::Part part = cleaner.next(); part.bytes > 0; part = cleaner.next()) {
    if (offset < cleaned + part.clean.size()) {
      return part.at + std::min(offset - cleaned, part.bytes - 1);
    }
    cleaned += part.clean.size();
  }
  return text.size();
}

}  // namespace s2t::core
