#include "core/search/search.h"

#include <algorithm>
#include <array>

#include "core/account/validate.h"
#include "core/base/text.h"
#include "core/base/utf8.h"

namespace s2t::core {

namespace {

constexpr int kSnippetChars = 200;
constexpr int kCharsBeforeMatch = 50;
constexpr std::string_view kOpenMarker = "<b>";
constexpr std::string_view kCloseMarker = "</b>";
constexpr std::string_view kEllipsis = "...";

// Four bytes to a character, and a marked word to every other byte at most.
static_assert(SearchQuery::kMaxSnippetBytes >=
              size_t{kSnippetChars} * 4 +
                  size_t{kSnippetChars} * 2 * (kOpenMarker.size() + kCloseMarker.size()) +
                  2 * kEllipsis.size());

struct CharRange {
  char32_t first;
  char32_t last;
};

// Beyond ASCII, what separates words: blanks, punctuation, symbols. In ascending order.
constexpr std::array<CharRange, 34> kSeparators = {{
    {0x80, 0xA9},     {0xAB, 0xB4},     {0xB6, 0xB9},     {0xBB, 0xBF},       {0xD7, 0xD7},
    {0xF7, 0xF7},     {0x37E, 0x37E},   {0x387, 0x387},   {0x55A, 0x55F},     {0x589, 0x58A},
    {0x5BE, 0x5BE},   {0x5C0, 0x5C0},   {0x5F3, 0x5F4},   {0x60C, 0x60D},     {0x61B, 0x61F},
    {0x66A, 0x66D},   {0x6D4, 0x6D4},   {0x964, 0x965},   {0xE2F, 0xE2F},     {0xE3F, 0xE3F},
    {0xE5A, 0xE5B},   {0x104A, 0x104F}, {0x1361, 0x1368}, {0x1680, 0x1680},   {0x17D4, 0x17DA},
    {0x2000, 0x206F}, {0x20A0, 0x20CF}, {0x2190, 0x2BFF}, {0x2E00, 0x2E7F},   {0x3000, 0x3004},
    {0x3008, 0x3030}, {0xE000, 0xF8FF}, {0xFE10, 0xFE6F}, {0x1F000, 0x1FAFF},
}};

// Scripts written without blanks between words. In ascending order.
constexpr std::array<CharRange, 10> kUnspaced = {{
    {0xE00, 0xEFF},      // Thai, Lao
    {0x1000, 0x109F},    // Burmese
    {0x1780, 0x17FF},    // Khmer
    {0x2E80, 0x2FDF},    // radicals
    {0x3005, 0x312F},    // Hiragana, Katakana, Bopomofo
    {0x3190, 0x4DBF},    // ideographs
    {0x4E00, 0x9FFF},    // ideographs
    {0xF900, 0xFAFF},    // ideographs
    {0xFF66, 0xFF9F},    // half-width Katakana
    {0x20000, 0x3FFFD},  // ideographs
}};

template <size_t n>
bool is_in(const std::array<CharRange, n>& ranges, char32_t code) noexcept {
  const auto* after =
      std::upper_bound(ranges.begin(), ranges.end(), code,
                       [](char32_t value, const CharRange& range) { return value < range.first; });
  return after != ranges.begin() && code <= std::prev(after)->last;
}

enum class Kind : uint8_t {
  kSeparator,
  kLetter,  // or digit: goes on the word
  kWord,    // is a word by itself
  kMark,    // belongs to what stands before it
};

// Marks that make another letter of the one before, in scripts whose characters are words: the
// voice marks of kana, and the vowel that a letter of Burmese may be composed with.
constexpr bool is_attached(char32_t letter) noexcept {
  return letter == 0x3099 || letter == 0x309A || letter == 0x102E;
}

Kind kind_of(char32_t code) noexcept {
  if (code < 0x80) {
    const char c = static_cast<char>(code);
    return is_ascii_letter(c) || is_ascii_digit(c) ? Kind::kLetter : Kind::kSeparator;
  }
  if ((code >= 0xC0 && code <= 0x24F) || (code >= 0x1E00 && code <= 0x1EFF)) {
    return code == 0xD7 || code == 0xF7 ? Kind::kSeparator : Kind::kLetter;
  }
  if (code >= 0xFF01 && code <= 0xFF5E) return kind_of(code - 0xFF01 + '!');
  const char32_t letter = fold_char(code).letters[0];
  if (letter == 0 || is_attached(letter)) return Kind::kMark;
  if (is_in(kUnspaced, code)) return is_in(kSeparators, code) ? Kind::kSeparator : Kind::kWord;
  return is_in(kSeparators, code) ? Kind::kSeparator : Kind::kLetter;
}

bool is_quotation_mark(char32_t code) noexcept {
  return code == '"' || code == 0x201C || code == 0x201D;
}

char32_t first_letter(std::string_view text, size_t at) noexcept {
  return fold_char(first_char(text.substr(at)).code).letters[0];
}

// Where the character before `at` begins: at most four bytes back, also where it is not UTF-8.
size_t previous_char(std::string_view text, size_t at) noexcept {
  const size_t least = at < 4 ? 0 : at - 4;
  do --at;
  while (at > least && continues_char(text[at]));
  return at;
}

Kind kind_at(std::string_view text, size_t at) noexcept {
  return kind_of(first_char(text.substr(at)).code);
}

bool goes_on(std::string_view text, size_t at) noexcept {
  const Kind kind = kind_at(text, at);
  return kind == Kind::kLetter || kind == Kind::kMark;
}

// The beginning of the first whole word from `at` on that is not beyond `limit`; `at` if there is
// none.
size_t whole_word_after(std::string_view text, size_t at, size_t limit) noexcept {
  if (at == 0) return at;
  size_t place = at;
  auto advance = [&] { place += first_char(text.substr(place)).bytes; };
  if (goes_on(text, previous_char(text, at))) {
    while (place < limit && goes_on(text, place)) advance();
  }
  while (place < limit && is_space(first_char(text.substr(place)).code)) advance();
  return place <= limit ? place : at;
}

// The end of the last whole word up to `at` that is not before `limit`; `at` if there is none.
size_t whole_word_before(std::string_view text, size_t at, size_t limit) noexcept {
  if (at == text.size()) return at;
  size_t place = at;
  while (place > limit && goes_on(text, place)) place = previous_char(text, place);
  while (place > limit && text[place - 1] == ' ') --place;
  return place >= limit && place > 0 ? place : at;
}

// The first word that begins at `from` or later; false if there is none.
bool next_word(std::string_view text, size_t from, WordSpan* word) noexcept {
  Kind kind = Kind::kSeparator;
  for (; from < text.size(); from += first_char(text.substr(from)).bytes) {
    kind = kind_at(text, from);
    if (kind == Kind::kLetter || kind == Kind::kWord) break;
  }
  if (from >= text.size()) return false;

  word->begin = from;
  for (;;) {
    from += first_char(text.substr(from)).bytes;
    if (from == text.size()) break;
    const Kind next = kind_at(text, from);
    if (next != Kind::kMark && (kind == Kind::kWord || next != Kind::kLetter)) break;
  }
  word->end = from;
  return true;
}

// As first_char() has it: a byte that is not UTF-8 is a character.
size_t chars_of(std::string_view text) noexcept {
  size_t chars = 0;
  for (; !text.empty(); text.remove_prefix(first_char(text).bytes)) ++chars;
  return chars;
}

}  // namespace

bool SearchQuery::add_word(std::string_view word, bool follows) noexcept {
  if (word_count_ == kMaxQueryChars) return false;
  Word& added = words_[word_count_++];
  added = {static_cast<uint16_t>(letter_count_), 0, follows, false, 0};
  while (!word.empty()) {
    const Char next = first_char(word);
    const Folded folded = fold_char(next.code);
    for (const char32_t letter : folded.letters) {
      if (letter == 0) continue;
      if (letter_count_ == kMaxQueryLetters) return false;
      letters_[letter_count_++] = letter;
    }
    added.marks |= folded.marks;
    word.remove_prefix(next.bytes);
  }
  added.length = static_cast<uint16_t>(letter_count_ - added.first);
  return true;
}

Status SearchQuery::parse(std::string_view text) noexcept {
  static constexpr const char* kMessage = "invalid search query";
  if (is_blank(text)) {
    return failure(Code::kInvalidParameter, kMessage, nullptr, "Argument in_query is blank.");
  }
  const size_t chars = chars_of(text);
  if (chars > kMaxQueryChars) {
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "Argument in_query has %zu characters; at most %d are allowed.", chars,
                   kMaxQueryChars);
  }

  letter_count_ = word_count_ = 0;
  bool quoted = false;
  bool follows = false;
  size_t at = 0;
  WordSpan word;
  while (at < text.size()) {
    const Char next = first_char(text.substr(at));
    const Kind kind = kind_of(next.code);
    if (kind == Kind::kLetter || kind == Kind::kWord) {
      (void)next_word(text, at, &word);
      if (!add_word(text.substr(word.begin, word.end - word.begin), follows)) {
        return failure(Code::kInvalidParameter, kMessage, nullptr,
                       "Argument in_query is too long.");
      }
      follows = true;
      at = word.end;
      continue;
    }
    if (is_quotation_mark(next.code)) {
      quoted = !quoted;
      follows = false;
    } else if (!quoted && (is_space(next.code) || is_control(next.code))) {
      follows = false;
    }
    at += next.bytes;
  }
  // Still being typed: the query ends with the word, which is not one character by nature.
  if (word_count_ > 0 && word.end == text.size() && kind_at(text, word.begin) == Kind::kLetter) {
    words_[word_count_ - 1].open = true;
  }
  return {};
}

bool SearchQuery::word_matches(const Word& word, std::string_view text) const noexcept {
  const char32_t* wanted = letters_ + word.first;
  const char32_t* const end = wanted + word.length;
  Diacritics marks = 0;
  while (!text.empty()) {
    const Char next = first_char(text);
    const Folded folded = fold_char(next.code);
    for (const char32_t letter : folded.letters) {
      if (letter == 0) continue;
      if (wanted == end) {
        if (!word.open) return false;
      } else if (*wanted++ != letter) {
        return false;
      }
    }
    marks |= folded.marks;
    text.remove_prefix(next.bytes);
  }
  return wanted == end && (marks == 0 || (word.marks & ~marks) == 0);
}

bool SearchQuery::term_matches(int first, std::string_view text, WordSpan at,
                               size_t* end) const noexcept {
  for (int i = first;;) {
    if (!word_matches(words_[i], text.substr(at.begin, at.end - at.begin))) return false;
    *end = at.end;
    if (++i == word_count_ || !words_[i].follows) return true;
    if (!next_word(text, at.end, &at)) return false;
  }
}

size_t SearchQuery::end_of_match(std::string_view text, WordSpan at) const noexcept {
  size_t longest = 0;
  const char32_t letter = first_letter(text, at.begin);
  for (int i = 0; i < word_count_; ++i) {
    size_t end;
    if (begins_term(i, letter) && term_matches(i, text, at, &end)) longest = std::max(longest, end);
  }
  return longest;
}

bool SearchQuery::matches(std::string_view text) const noexcept {
  bool found[kMaxQueryChars] = {};
  int missing = 0;
  for (int i = 0; i < word_count_; ++i) missing += words_[i].follows ? 0 : 1;
  if (missing == 0) return false;

  WordSpan word;
  for (size_t at = 0; next_word(text, at, &word); at = word.end) {
    const char32_t letter = first_letter(text, word.begin);
    for (int i = 0; i < word_count_; ++i) {
      size_t end;
      if (!begins_term(i, letter) || found[i] || !term_matches(i, text, word, &end)) continue;
      found[i] = true;
      if (--missing == 0) return true;
    }
  }
  return false;
}

WordSpan SearchQuery::piece_to_show(std::string_view text) const noexcept {
  WordSpan match = {0, 0};
  WordSpan word;
  for (size_t at = 0; match.end == 0 && next_word(text, at, &word); at = word.end) {
    match = {word.begin, end_of_match(text, word)};
  }

  size_t begin = match.end == 0 ? 0 : match.begin;
  for (int i = 0; i < kCharsBeforeMatch && begin > 0; ++i) begin = previous_char(text, begin);
  size_t end = begin;
  int chars = 0;
  for (; chars < kSnippetChars && end < text.size(); ++chars) {
    end += first_char(text.substr(end)).bytes;
  }
  // Near the end of the text there is room for more in front.
  for (; chars < kSnippetChars && begin > 0; ++chars) begin = previous_char(text, begin);
  return {whole_word_after(text, begin, match.begin), whole_word_before(text, end, match.end)};
}

size_t SearchQuery::snippet(std::string_view text, char* out) const noexcept {
  char* const start = out;
  auto put = [&out](std::string_view what) { out = std::copy(what.begin(), what.end(), out); };

  const WordSpan piece = piece_to_show(text);
  if (piece.begin > 0) put(kEllipsis);
  const std::string_view shown = text.substr(0, piece.end);
  size_t written = piece.begin;
  WordSpan word;
  for (size_t at = piece.begin; next_word(shown, at, &word);) {
    const size_t end = end_of_match(shown, word);
    at = std::max(end, word.end);
    if (end == 0) continue;
    put(shown.substr(written, word.begin - written));
    put(kOpenMarker);
    put(shown.substr(word.begin, end - word.begin));
    put(kCloseMarker);
    written = end;
  }
  put(shown.substr(written));
  if (piece.end < text.size()) put(kEllipsis);
  return out - start;
}

void SearchQuery::condition(std::string_view prefix, char* out) const noexcept {
  auto put = [&out](std::string_view what) { out = std::copy(what.begin(), what.end(), out); };
  if (word_count_ > 0) {
    put("'");
    put(prefix);
    put("'");
  }
  for (int i = 0; i < word_count_; ++i) {
    const Word& word = words_[i];
    put(i == 0 ? " | '" : " & '");
    put(prefix);
    const char* const end = out + kMaxIndexedWordBytes;
    for (int letter = 0; letter < word.length; ++letter) {
      char bytes[4];
      const size_t size = put_char(letters_[word.first + letter], bytes) - bytes;
      if (out + size > end) break;
      put({bytes, size});
    }
    put(word.open ? "':*" : "'");
  }
  *out = '\0';
}

bool WordReader::next(char* out, size_t* size) noexcept {
  WordSpan word;
  if (!next_word(text_, 0, &word)) return false;
  char* const end = out + kMaxIndexedWordBytes;
  char* at = out;
  std::string_view rest = text_.substr(word.begin, word.end - word.begin);
  bool full = false;
  while (!rest.empty() && !full) {
    const Char next = first_char(rest);
    for (const char32_t letter : fold_char(next.code).letters) {
      char bytes[4];
      if (letter == 0 || full) continue;
      const char* const last = put_char(letter, bytes);
      full = last - bytes > end - at;
      if (!full) at = std::copy<const char*>(bytes, last, at);
    }
    rest.remove_prefix(next.bytes);
  }
  *size = at - out;
  text_.remove_prefix(word.end);
  return true;
}

}  // namespace s2t::core
