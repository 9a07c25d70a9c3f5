// Where exported text goes.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <array>
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
    std::array<char, 24> digits{};
    append({digits.data(), static_cast<size_t>(snprintf(digits.data(), digits.size(), "%lld",
                                                        static_cast<long long>(value)))});
  }
  [[nodiscard]] size_t bytes() const { return bytes_; }

  // From now on time_before() knows the words of this cue.
  void time_words(const Cue* cue) {
    cue_ = cue;
    next_word_ = 0;
    next_byte_ = cue->segment.text.data();
    last_ms_ = cue->segment.start_ms;
    find_word();
  }
  // The time of the word that begins at `byte`, a place in the cue's text; -1 if none does.
  int64_t time_before(const char* byte) {
    if (cue_ == nullptr || next_word_ == cue_->words.size() || byte != next_byte_) return -1;
    const CueWord& word = cue_->words[next_word_];
    const bool first = byte == cue_->segment.text.data();
    next_byte_ += word.text.size();
    ++next_word_;
    find_word();
    // Times within a cue ascend, and lie within it (WebVTT, section 4.2.2).
    if (first || word.start_ms <= last_ms_ || word.start_ms >= cue_->segment.end_ms) return -1;
    last_ms_ = word.start_ms;
    return word.start_ms;
  }

 private:
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
