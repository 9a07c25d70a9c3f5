// The text of a transcript on its way into the JSON parser, freed of what cannot be stored.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>

#include <iterator>
#include <string_view>

namespace s2t::core {

// Yields the bytes of a JSON document one by one. The escapes \u0000 and of lone surrogates come
// out as \ufffd, and so does every part of the text that is not UTF-8 as the character U+FFFD
// (each maximal part of a character once, as the Unicode standard recommends); everything else
// comes out as it is.
class TranscriptInput {
 public:
  explicit TranscriptInput(std::string_view text) : text_(text) { refill(); }

  [[nodiscard]] bool at_end() const { return unit_.empty(); }
  [[nodiscard]] char current() const { return unit_.front(); }
  void advance() {
    unit_.remove_prefix(1);
    if (unit_.empty()) refill();
  }

  // By how many bytes what was read is longer than the text it stands for.
  [[nodiscard]] size_t added_bytes() const { return added_bytes_; }

 private:
  void refill();
  void take(size_t bytes);
  void replace(std::string_view replacement, size_t bytes);
  void take_escape();
  void take_char();

  std::string_view text_;  // what follows
  std::string_view unit_;  // what of it is being read: a byte, a character or an escape
  size_t added_bytes_ = 0;
  bool in_string_ = false;
};

// The input as the pair of iterators that the parser wants; a default one is the end.
class TranscriptInputIterator {
 public:
  // The standard's names.
  // NOLINTBEGIN(readability-identifier-naming)
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = ptrdiff_t;
  using pointer = const char*;
  using reference = char;
  // NOLINTEND(readability-identifier-naming)

  TranscriptInputIterator() = default;
  explicit TranscriptInputIterator(TranscriptInput* input) : input_(input) {}

  char operator*() const { return input_->current(); }
  TranscriptInputIterator& operator++() {
    input_->advance();
    return *this;
  }
  // Only whether the end is reached can be told.
  bool operator==(const TranscriptInputIterator& other) const {
    return finished() == other.finished();
  }
  bool operator!=(const TranscriptInputIterator& other) const { return !(*this == other); }

 private:
  [[nodiscard]] bool finished() const { return input_ == nullptr || input_->at_end(); }

  TranscriptInput* input_ = nullptr;
};

}  // namespace s2t::core
