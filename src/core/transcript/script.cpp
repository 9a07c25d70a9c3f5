#include "core/transcript/script.h"

#include <algorithm>
#include <array>
#include <limits>

namespace s2t::core {

namespace {

struct CharRange {
  char32_t from;
  char32_t to;
};

template <size_t n>
bool is_in(const std::array<CharRange, n>& ranges, char32_t code) noexcept {
  return std::any_of(ranges.begin(), ranges.end(), [code](const CharRange& range) {
    return code >= range.from && code <= range.to;
  });
}

constexpr std::array<CharRange, 8> kIdeographic = {{
    {0x2E80, 0x303E},    // radicals, punctuation
    {0x3041, 0x312F},    // Hiragana, Katakana, Bopomofo
    {0x3190, 0x33FF},    // strokes, enclosed and compatibility characters
    {0x3400, 0x4DBF},    // unified ideographs, extension A
    {0x4E00, 0x9FFF},    // unified ideographs
    {0xF900, 0xFAFF},    // compatibility ideographs
    {0xFF01, 0xFF60},    // full-width forms
    {0x20000, 0x3FFFD},  // further extensions
}};

constexpr std::array<CharRange, 3> kUnspacedBeyondIdeographic = {{
    {0x0E00, 0x0EFF},  // Thai, Lao
    {0x1000, 0x109F},  // Burmese
    {0x1780, 0x17FF},  // Khmer
}};

constexpr std::array<CharRange, 11> kPunctuation = {{
    {0x21, 0x2F},
    {0x3A, 0x40},
    {0x5B, 0x60},
    {0x7B, 0x7E},
    {0xA1, 0xBF},      // Latin-1's, its signs among them
    {0x2010, 0x205E},  // general punctuation
    {0x3001, 0x3003},
    {0x3008, 0x3020},
    {0xFF01, 0xFF0F},
    {0xFF1A, 0xFF20},
    {0xFF61, 0xFF65},  // half-width forms of Japanese punctuation
}};

constexpr std::array<CharRange, 6> kCombining = {{
    {0x0300, 0x036F},
    {0x0E31, 0x0E31},
    {0x0E34, 0x0E3A},
    {0x0E47, 0x0E4E},
    {0x200B, 0x200D},
    {0xFE00, 0xFE0F},
}};

constexpr std::u32string_view kTerminators =
    U".?!…。．？！｡"
    U"\u061F\u06D4\u0589\u0964\u0965\u104A\u104B\u17D4\u17D5\u203C\u2047\u2048\u2049";
constexpr std::u32string_view kClauseEnds = U",;:—–，、；：､\u060C\u061B";
constexpr std::u32string_view kClosers = U"\"')]}»”’›」』）】》〉］｝";

constexpr bool contains(std::u32string_view set, char32_t code) noexcept {
  return set.find(code) != std::u32string_view::npos;
}

std::string_view without_closers(std::string_view word) noexcept {
  while (!word.empty() && contains(kClosers, last_char(word))) drop_last_char(&word);
  return word;
}

// Whether the word, which ends in a full stop, is a single letter or one of the abbreviations that
// usually stand before a name or a number.
bool is_abbreviation(std::string_view word) noexcept {
  constexpr std::array<std::string_view, 15> kKnown = {"Mr",  "Mrs", "Ms",  "Dr", "Prof",
                                                       "St",  "vs",  "No",  "Jr", "Nr",
                                                       "Mme", "Sr",  "Sra", "TP", "ThS"};
  word.remove_suffix(1);
  while (!word.empty() && is_punctuation(first_char(word).code)) {
    word.remove_prefix(first_char(word).bytes);
  }
  if (word.empty()) return false;
  const Char first = first_char(word);
  if (first.bytes == static_cast<int>(word.size())) return !is_ascii_digit(word[0]);
  return std::any_of(kKnown.begin(), kKnown.end(),
                     [word](std::string_view known) { return word == known; });
}

}  // namespace

bool is_ideographic(char32_t code) noexcept { return is_in(kIdeographic, code); }

bool is_unspaced(char32_t code) noexcept {
  return is_ideographic(code) || is_in(kUnspacedBeyondIdeographic, code);
}

bool is_punctuation(char32_t code) noexcept { return is_in(kPunctuation, code); }

char32_t last_char(std::string_view text) noexcept {
  size_t from = text.size() - 1;
  while (from > 0 && continues_char(text[from])) --from;
  return first_char(text.substr(from)).code;
}

void drop_last_char(std::string_view* text) noexcept {
  size_t bytes = 1;
  while (bytes < text->size() && continues_char((*text)[text->size() - bytes])) ++bytes;
  text->remove_suffix(bytes);
}

bool is_blank_char(char32_t code) noexcept { return is_space(code) || is_control(code); }

std::string_view trim_blanks(std::string_view text) noexcept {
  while (!text.empty() && is_blank_char(first_char(text).code)) {
    text.remove_prefix(first_char(text).bytes);
  }
  while (!text.empty() && is_blank_char(last_char(text))) drop_last_char(&text);
  return text;
}

bool joins_without_blank(std::string_view before, std::string_view after) noexcept {
  const char32_t last = last_char(before);
  const char32_t first = first_char(after).code;
  return is_ideographic(last) || is_ideographic(first) || (is_unspaced(last) && is_unspaced(first));
}

bool ends_sentence(std::string_view word, std::string_view next) noexcept {
  const std::string_view bare = without_closers(word);
  if (bare.empty()) return false;
  const char32_t last = last_char(bare);
  if (!contains(kTerminators, last)) return false;
  if (last != U'.' && last != U'…') return true;
  if (!next.empty() && next[0] >= 'a' && next[0] <= 'z') return false;
  return last == U'…' || next.empty() || !is_abbreviation(bare);
}

bool ends_clause(std::string_view word) noexcept {
  const std::string_view bare = without_closers(word);
  return !bare.empty() && contains(kClauseEnds, last_char(bare));
}

int columns_of(char32_t code) noexcept {
  if (code < 0x300) return 1;
  if (is_in(kCombining, code)) return 0;
  return is_ideographic(code) ? 2 : 1;
}

int columns_of(std::string_view text) noexcept {
  constexpr int kMost = std::numeric_limits<int>::max() / 2;
  int columns = 0;
  while (!text.empty()) {
    const Char next = first_char(text);
    if (columns < kMost) columns += columns_of(next.code);
    text.remove_prefix(next.bytes);
  }
  return columns;
}

}  // namespace s2t::core
