// What segmenting, joining and wrapping text must know of the world's scripts.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <string_view>

#include "core/base/text.h"

namespace s2t::core {

// Characters of Chinese and Japanese writing and their full-width punctuation: no blank stands next
// to them, a line may break between two of them, and each takes two columns.
[[nodiscard]] bool is_ideographic(char32_t code) noexcept;

// Letters of scripts that are written without blanks between words: the above, and Thai, Lao, Khmer
// and Burmese.
[[nodiscard]] bool is_unspaced(char32_t code) noexcept;

// Punctuation as far as transcripts have it: not a letter, digit, mark or blank.
[[nodiscard]] bool is_punctuation(char32_t code) noexcept;

// The last character of a text that is not empty.
[[nodiscard]] char32_t last_char(std::string_view text) noexcept;

// Takes the last character off a text that is not empty.
void drop_last_char(std::string_view* text) noexcept;

// Blanks and control characters.
[[nodiscard]] bool is_blank_char(char32_t code) noexcept;

// Without the blanks around it.
[[nodiscard]] std::string_view trim_blanks(std::string_view text) noexcept;

// Whether the words `before` and `after`, neither of them empty, are written without a blank
// between them.
[[nodiscard]] bool joins_without_blank(std::string_view before, std::string_view after) noexcept;

// Whether a word ends a sentence that `next` does not continue: its end is a terminator, closing
// quotation marks and brackets not counted. A full stop after an initial or a common abbreviation,
// or before a small letter, does not count. `next` is "" at the end.
[[nodiscard]] bool ends_sentence(std::string_view word, std::string_view next) noexcept;

// Whether a word ends a clause: a comma, semicolon, colon or dash of some script.
[[nodiscard]] bool ends_clause(std::string_view word) noexcept;

// No letter before it is of a script without blanks.
inline constexpr char32_t kFirstUnspaced = 0xE00;

// Whether a line may be broken between two characters of scripts without blanks: not within what is
// written as one, a letter with its vowels and marks.
[[nodiscard]] bool may_break_between(char32_t before, char32_t after) noexcept;

// Columns a text takes up: two for each wide character (ideographs, Hangul, pictures), none for
// marks above and below others, one for any other.
[[nodiscard]] int columns_of(char32_t code) noexcept;
[[nodiscard]] int columns_of(std::string_view text) noexcept;

}  // namespace s2t::core
