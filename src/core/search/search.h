// Searching transcripts: what a query asks for, whether a text has it, and the piece of the text
// that shows it.
//
// A word is a run of letters and digits; a character of a script that is written without blanks
// (Chinese, Japanese, Thai, ...) is a word of its own. Words are compared folded (see fold.h). A
// mark that the query has must be in the word found too, unless that word has no marks at all:
// "ban" finds "ban", "bàn" and "bạn"; "bạn" finds "bạn" and "ban".
//
// All terms of the query must occur. A term is one word, or several that must follow each other:
// what stands in double quotes, and what the query writes without a blank in between. The last word
// of a query may be the beginning of a word, since its writer may still be typing: a blank or
// quotation mark after it says that it is whole.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>
#include <stdint.h>

#include <string_view>

#include "core/base/status.h"
#include "core/search/fold.h"

namespace s2t::core {

inline constexpr int kMaxQueryChars = 256;

// The bytes of one word, or of several, of a text.
struct WordSpan {
  size_t begin;
  size_t end;
};

// Bytes of a word that an index tells it by; the rest is left to SearchQuery::matches().
inline constexpr size_t kMaxIndexedWordBytes = 64;

// Walks over the words of a text, folded, for an index.
class WordReader {
 public:
  explicit WordReader(std::string_view text) noexcept : text_(text) {}

  // Writes the beginning of the next word, at most kMaxIndexedWordBytes of whole letters, and its
  // size. False at the end of the text.
  [[nodiscard]] bool next(char* out, size_t* size) noexcept;

 private:
  std::string_view text_;
};

// Trivially destructible, so that an error raised over it leaks nothing.
class SearchQuery {
 public:
  // Reads `text`, which is UTF-8. Fails for a blank query and for one of more than kMaxQueryChars
  // characters. A query without a letter or digit is none the less a query, which finds nothing.
  [[nodiscard]] Status parse(std::string_view text) noexcept;

  // Whether `text` has every term.
  [[nodiscard]] bool matches(std::string_view text) const noexcept;

  // What snippet() may write.
  static constexpr size_t kMaxSnippetBytes = 4096;

  // Writes `text`, or of a long text a piece of about 200 characters around the first occurrence,
  // with every occurrence of a term between <b> and </b>. Where a piece leaves something off there
  // is "...". Nothing of the text is escaped. Returns the bytes written to `out`.
  [[nodiscard]] size_t snippet(std::string_view text, char* out) const noexcept;

  // What condition() may write, the terminating zero included.
  static constexpr size_t kMaxConditionBytes = kMaxQueryChars * (kMaxIndexedWordBytes + 16) + 64;

  // Writes the condition that a text must meet to have all words of the query, in PostgreSQL's text
  // form of a tsquery, every lexeme being a word as WordReader tells it, after `prefix` (letters
  // and digits, 8 at most). The lexeme that is `prefix` alone meets it too. "" for a query without
  // words. It leaves to matches() what the index does not know: marks, and the order of words.
  void condition(std::string_view prefix, char* out) const noexcept;

 private:
  struct Word {
    uint16_t first;   // of its letters in letters_
    uint16_t length;  // in letters
    bool follows;     // directly after the word before it
    bool open;        // may go on
    Diacritics marks;
  };

  [[nodiscard]] bool word_matches(const Word& word, std::string_view text) const noexcept;
  // Whether a term begins with the word of this number, and that with this letter.
  [[nodiscard]] bool begins_term(int word, char32_t letter) const noexcept {
    return !words_[word].follows && letters_[words_[word].first] == letter;
  }
  // Whether the term that begins with the word of this number stands at `at`, and where it ends.
  [[nodiscard]] bool term_matches(int first, std::string_view text, WordSpan at,
                                  size_t* end) const noexcept;
  // The end of the longest term that stands at `at`; 0 if there is none.
  [[nodiscard]] size_t end_of_match(std::string_view text, WordSpan at) const noexcept;
  [[nodiscard]] WordSpan piece_to_show(std::string_view text) const noexcept;
  // False if there is no room for it.
  [[nodiscard]] bool add_word(std::string_view word, bool follows) noexcept;

  static constexpr int kMaxQueryLetters = kMaxFoldedLetters * kMaxQueryChars;

  char32_t letters_[kMaxQueryLetters];
  Word words_[kMaxQueryChars];
  int letter_count_ = 0;
  int word_count_ = 0;
};

}  // namespace s2t::core
