// A document as the parser of its grammar gets it, character by character: without the texts of
// plain strings and numbers, which the parser would copy and convert one character at a time.
//
//   TokenFeed feed(text);
//   Json::sax_parse(feed.begin(), feed.end(), &events);
//
// A string without escapes comes as an empty one, and so does a number without an exponent; blanks
// after punctuation do not come at all. All else comes as it stands, in particular all that is not
// JSON: but for a number where a key should be, what the parser takes is JSON if and only if the
// text is. While the parser's event for an empty string is handled, token() is its text; other
// strings and numbers have their own.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>

#include <iterator>
#include <string_view>

#include "core/base/text.h"

namespace s2t::core {

class TokenFeed {
 public:
  class Iterator;

  // The text outlives the feed.
  explicit TokenFeed(std::string_view text)
      : at_(text.data()), end_(text.data() + text.size()), whole_until_(at_) {}
  TokenFeed(const TokenFeed&) = delete;
  TokenFeed& operator=(const TokenFeed&) = delete;

  [[nodiscard]] Iterator begin();
  [[nodiscard]] Iterator end();

  // Part of the text: what a string has between its marks, or a number.
  [[nodiscard]] std::string_view token() const { return token_; }
  [[nodiscard]] bool is_number() const { return is_number_; }

 private:
  // As many digits as a double surely has a place for: what is out of its range is refused.
  static constexpr ptrdiff_t kMostDigits = 100;

  [[nodiscard]] bool at_end() const { return at_ == end_; }

  [[nodiscard]] char current() {
    if (!taken_) take();
    return current_;
  }

  void advance() {
    if (opened_) {  // the closing mark, now
      opened_ = false;
      return;
    }
    const bool punctuation = current_ == ',' || current_ == ':';
    ++at_;
    taken_ = at_ < whole_until_;
    if (taken_) {
      current_ = *at_;
    } else if (punctuation) {
      skip_blanks();
    }
  }

  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  // Looks at what begins here.
  void take() {
    taken_ = true;
    current_ = *at_;
    if (current_ == '"') {
      take_string();
    } else if (current_ == '-' || is_ascii_digit(current_)) {
      take_number();
    }
  }

  // Makes the text from `from` to `to` the token, and an empty string of it, which takes the place
  // of all before `next`.
  void shorten(const char* from, const char* to, const char* next) {
    token_ = {from, static_cast<size_t>(to - from)};
    current_ = '"';
    opened_ = true;
    at_ = next - 1;
  }

  void take_string() {
    const char* at = at_ + 1;
    while (at != end_ && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) ++at;
    if (at != end_ && *at == '"') {
      is_number_ = false;
      shorten(at_ + 1, at, at + 1);
      return;
    }
    while (at != end_ && *at != '"') at += *at == '\\' && at + 1 != end_ ? 2 : 1;
    whole_until_ = at == end_ ? end_ : at + 1;
  }

  void take_number() {
    const char* at = at_ + (*at_ == '-' ? 1 : 0);
    const char* digits = at;
    at = skip_digits(at);
    bool plain = at != digits && (*digits != '0' || at == digits + 1);
    if (at != end_ && *at == '.') {
      const char* fraction = ++at;
      at = skip_digits(at);
      plain = plain && at != fraction;
    }
    plain = plain && at - at_ <= kMostDigits;
    if (at != end_ && continues_number(*at)) {
      plain = false;
      while (at != end_ && continues_number(*at)) ++at;
    }
    if (!plain) {
      whole_until_ = at;
      return;
    }
    is_number_ = true;
    shorten(at_, at, at);
  }

  const char* skip_digits(const char* at) const {
    while (at != end_ && is_ascii_digit(*at)) ++at;
    return at;
  }
  static bool continues_number(char c) {
    return is_ascii_digit(c) || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
  }

  const char* at_;
  const char* end_;
  const char* whole_until_;  // what comes as it stands, being within a token
  char current_ = '\0';
  bool taken_ = false;   // current_ is the character at the position
  bool opened_ = false;  // and is the first of an empty string's two
  bool is_number_ = false;
  std::string_view token_;
};

// As the parser wants its input.
class TokenFeed::Iterator {
 public:
  // Names that std::iterator_traits asks for.
  // NOLINTBEGIN(readability-identifier-naming)
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = ptrdiff_t;
  using pointer = const char*;
  using reference = char;
  // NOLINTEND(readability-identifier-naming)

  explicit Iterator(TokenFeed* feed) : feed_(feed) {}

  char operator*() const { return feed_->current(); }
  Iterator& operator++() {
    feed_->advance();
    return *this;
  }
  // Only meant for a comparison with the end.
  bool operator==(const Iterator& other) const {
    return (feed_ == nullptr || feed_->at_end()) &&
           (other.feed_ == nullptr || other.feed_->at_end());
  }
  bool operator!=(const Iterator& other) const { return !(*this == other); }

 private:
  TokenFeed* feed_;  // nullptr: the end
};

inline TokenFeed::Iterator TokenFeed::begin() { return Iterator(this); }
inline TokenFeed::Iterator TokenFeed::end() { return Iterator(nullptr); }

}  // namespace s2t::core
