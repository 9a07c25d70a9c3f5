#include "core/transcript/script.h"

#include <stdint.h>

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

// Marks above and below other letters, and what shows nothing: of Latin, of the scripts without
// blanks, and Hangul's letters after the first of a syllable.
constexpr std::array<CharRange, 37> kCombining = {{
    {0x0300, 0x036F}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A},   {0x0E47, 0x0E4E},  // Thai
    {0x0EB1, 0x0EB1}, {0x0EB4, 0x0EBC}, {0x0EC8, 0x0ECE},                      // Lao
    {0x102D, 0x1030}, {0x1032, 0x1037}, {0x1039, 0x103A},   {0x103D, 0x103E},  // Burmese
    {0x1058, 0x1059}, {0x105E, 0x1060}, {0x1071, 0x1074},   {0x1082, 0x1082},   {0x1085, 0x1086},
    {0x108D, 0x108D}, {0x109D, 0x109D}, {0x1160, 0x11FF},                      // Hangul
    {0x17B4, 0x17B5}, {0x17B7, 0x17BD}, {0x17C6, 0x17C6},   {0x17C9, 0x17D3},  // Khmer
    {0x17DD, 0x17DD}, {0x200B, 0x200F}, {0x202A, 0x202E},   {0x2060, 0x2064},   {0x302A, 0x302D},
    {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},   {0xFEFF, 0xFEFF},   {0x0591, 0x05BD},
    {0x064B, 0x065F}, {0x0670, 0x0670}, {0x1F3FB, 0x1F3FF}, {0xE0100, 0xE01EF},
}};

// What takes two columns beside ideographs (Unicode's East_Asian_Width, wide and full-width).
constexpr std::array<CharRange, 5> kWide = {{
    {0x1100, 0x115F},  // Hangul's first letters
    {0xA960, 0xA97C},
    {0xAC00, 0xD7A3},  // Hangul's syllables
    {0xFFE0, 0xFFE6},
    {0x1F300, 0x1FAFF},  // pictures
}};

// Letters that belong to the one after them: vowels that Thai and Lao write in front, and the signs
// that stack letters of Khmer and Burmese.
constexpr std::array<CharRange, 4> kLeading = {{
    {0x0E40, 0x0E44},
    {0x0EC0, 0x0EC4},
    {0x1039, 0x1039},
    {0x17D2, 0x17D2},
}};

// Letters and signs that belong to the one before them without standing above or below it.
constexpr std::array<CharRange, 16> kTrailing = {{
    {0x0E2F, 0x0E30},
    {0x0E32, 0x0E33},
    {0x0E45, 0x0E46},
    {0x0EAF, 0x0EB0},
    {0x0EB2, 0x0EB3},
    {0x0EBD, 0x0EBD},
    {0x0EC6, 0x0EC6},
    {0x102B, 0x102C},
    {0x1031, 0x1031},
    {0x1038, 0x1038},
    {0x103B, 0x103C},
    {0x104A, 0x104B},
    {0x1056, 0x1057},
    {0x17B6, 0x17B6},
    {0x17BE, 0x17C8},
    {0x17D4, 0x17DA},
}};

// How a block of 256 characters takes columns, so that most characters need no search.
enum class Page : uint8_t { kOneColumn, kTwoColumns, kMixed };

template <size_t n>
constexpr bool touches(const std::array<CharRange, n>& ranges, char32_t from, char32_t to) {
  for (const CharRange& range : ranges) {
    if (range.from <= to && range.to >= from) return true;
  }
  return false;
}

template <size_t n>
constexpr bool covers(const std::array<CharRange, n>& ranges, char32_t from, char32_t to) {
  for (const CharRange& range : ranges) {
    if (range.from <= from && range.to >= to) return true;
  }
  return false;
}

constexpr size_t kPageChars = 256;
constexpr size_t kPages = 0x30000 / kPageChars;

constexpr std::array<Page, kPages> make_pages() {
  std::array<Page, kPages> pages{};
  for (size_t i = 0; i < kPages; ++i) {
    const auto from = static_cast<char32_t>(i * kPageChars);
    const char32_t to = from + kPageChars - 1;
    if (touches(kCombining, from, to)) {
      pages[i] = Page::kMixed;
    } else if (covers(kIdeographic, from, to) || covers(kWide, from, to)) {
      pages[i] = Page::kTwoColumns;
    } else if (touches(kIdeographic, from, to) || touches(kWide, from, to)) {
      pages[i] = Page::kMixed;
    }
  }
  return pages;
}

constexpr std::array<Page, kPages> kColumnPages = make_pages();

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
  // Most letters of the world are in front of the first of them, Vietnamese's in the gap.
  if (code < kFirstUnspaced || (code >= 0x1800 && code < 0x2E80)) return false;
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
  const Page page = code / kPageChars < kPages ? kColumnPages[code / kPageChars] : Page::kMixed;
  if (page == Page::kOneColumn) return 1;
  if (page == Page::kTwoColumns) return 2;
  if (is_in(kCombining, code)) return 0;
  return is_ideographic(code) || is_in(kWide, code) ? 2 : 1;
}

bool may_break_between(char32_t before, char32_t after) noexcept {
  if (!is_unspaced(before) || !is_unspaced(after)) return false;
  if (is_punctuation(before) || is_punctuation(after)) return false;
  return columns_of(after) > 0 && !is_in(kTrailing, after) && !is_in(kLeading, before);
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
