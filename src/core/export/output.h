// Where exported text goes.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <array>
#include <charconv>
#include <string_view>

#include "core/export/export.h"

namespace s2t::core {

// Writes into the caller's memory, or counts what there would be to write.
class Output {
 public:
  explicit Output(char* out) : out_(out) {}

  void append(std::string_view text) {
    if (out_ != nullptr && !text.empty()) memcpy(out_ + bytes_, text.data(), text.size());
    bytes_ += text.size();
  }
  void append_number(int64_t value) {
    std::array<char, 24> digits;
    const char* end = std::to_chars(digits.begin(), digits.end(), value).ptr;
    append({digits.data(), static_cast<size_t>(end - digits.data())});
  }
  // Hours take as many digits as they need, at least two.
  void append_timestamp(int64_t ms, char point) {
    const int64_t hours = ms / 3600000;
    if (hours < 100) {
      append_digits<2>(hours);
    } else {
      append_number(hours);
    }
    append(":");
    append_digits<2>(ms / 60000 % 60);
    append(":");
    append_digits<2>(ms / 1000 % 60);
    append({&point, 1});
    append_digits<3>(ms % 1000);
  }
  [[nodiscard]] size_t bytes() const { return bytes_; }

  // From now on next_word_in() knows the words of this cue.
  void time_words(const Cue* cue) {
    cue_ = cue;
    next_word_ = 0;
    next_byte_ = cue->segment.text.data();
    last_ms_ = cue->segment.start_ms;
    find_word();
  }
  // Where in `text`, a part of the cue's text, the next word begins; what the text leaves out does
  // not count. Behind its end if none does.
  [[nodiscard]] size_t next_word_in(std::string_view text) const {
    if (cue_ == nullptr || next_word_ == cue_->words.size()) return std::string_view::npos;
    return next_byte_ > text.data() ? static_cast<size_t>(next_byte_ - text.data()) : 0;
  }
  // Goes on to the word after that one. Returns the time of the one that was next, -1 if it is not
  // to be told.
  int64_t take_word() {
    const CueWord& word = cue_->words[next_word_];
    const bool first = next_byte_ == cue_->segment.text.data();
    next_byte_ += word.text.size();
    ++next_word_;
    find_word();
    // Times within a cue ascend, and lie within it (WebVTT, section 4.2.2).
    if (first || word.start_ms <= last_ms_ || word.start_ms >= cue_->segment.end_ms) return -1;
    last_ms_ = word.start_ms;
    return word.start_ms;
  }

 private:
  // A number of so many digits.
  template <size_t digits>
  void append_digits(int64_t number) {
    std::array<char, digits> text;
    for (size_t i = digits; i-- > 0; number /= 10) text[i] = static_cast<char>('0' + number % 10);
    append({text.data(), digits});
  }

  // Goes to where the next word stands in the text; to the end of all if it does not.
  void find_word() {
    if (next_word_ == cue_->words.size()) return;
    const std::string_view text = cue_->segment.text;
    const std::string_view word = cue_->words[next_word_].text;
    const size_t at = word.empty() ? std::string_view::npos
                                   : text.find(word, static_cast<size_t>(next_byte_ - text.data()));
    if (at == std::string_view::npos) {
      next_word_ = cue_->words.size();
    } else {
      next_byte_ = text.data() + at;
    }
  }

  char* out_;
  size_t bytes_ = 0;
  const Cue* cue_ = nullptr;
  size_t next_word_ = 0;
  const char* next_byte_ = nullptr;
  int32_t last_ms_ = 0;
};

}  // namespace s2t::core
