// Words with times, put together into segments that a reader can follow.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>
#include <stdint.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace s2t::core {

// Milliseconds from the start of the recording; end_ms >= start_ms.
struct Times {
  int32_t start_ms;
  int32_t end_ms;
};

struct Word {
  std::string text;  // not empty; its punctuation included
  std::optional<Times> times;
  std::string_view confidence;  // a JSON number, "" if unknown
  std::string_view speaker;     // "" if unknown
  bool joined = false;          // written without a blank after the word before
};

// What a segment keeps within where its words allow it: two lines of a subtitle, and the time that
// one is shown at most.
inline constexpr int kSegmentColumns = 84;
inline constexpr int32_t kSegmentMs = 7000;

// A silence of this length ends a segment.
inline constexpr int32_t kPauseMs = 1000;

// Words from `from` up to, not including, `to`.
struct WordRange {
  size_t from;
  size_t to;
};

// Cuts `words`, all of which have times, into segments: at every end of a sentence, change of
// speaker and pause; what is still longer than a segment may be is halved, at the end of a clause
// or a longer silence where there is one near the middle, until it fits.
[[nodiscard]] std::vector<WordRange> segment_words(std::span<const Word> words);

// The text of the words, each preceded by a blank unless it is joined.
[[nodiscard]] std::string join_words(std::span<const Word> words);

// From the first start to the last end of those words that have times; nothing if none has.
[[nodiscard]] std::optional<Times> times_of(std::span<const Word> words);

// Sets `joined` of every word by the scripts its end and its neighbour's beginning are written in,
// leaving what is joined already.
void join_by_script(std::span<Word> words);

// Finds the words in `text`, the same words as the engine put them together, and gives each one the
// punctuation it has there, and the blanks between them. False, and nothing is changed, if the text
// is not made of these words.
[[nodiscard]] bool align_words(std::string_view text, std::span<Word> words);

}  // namespace s2t::core
