// Reads the text of a document into its nodes.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stdint.h>

#include <string_view>
#include <vector>

#include "core/transcript/document.h"

namespace s2t::core {

// One pass over the text, without recursion. Throws a Refusal that tells where the text stops being
// JSON.
class TranscriptDocument::Scanner {
 public:
  Scanner(TranscriptDocument* document, StopCheck* stop)
      : document_(document), text_(document->text_), stop_(stop) {}

  void scan();

 private:
  struct Span {
    uint32_t offset;
    uint32_t length;
  };

  void skip_blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
      ++at_;
    }
  }
  // The character at the place we have got to; zero, which stands nowhere in JSON, at the end.
  [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] bool skip(char c) {
    if (here() != c) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] bool skip(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  // Reads a value; of an array or object that is not empty only its beginning, and true.
  [[nodiscard]] bool scan_value();
  [[nodiscard]] bool scan_container(Kind kind, char closing);
  void scan_number();
  void scan_digits();
  void scan_literal();
  // Closes what ends here; false once the document has ended, true before a further value.
  [[nodiscard]] bool scan_rest();
  void scan_key();

  // From the quotation mark up to and including the next.
  Span scan_string(bool is_key);
  // Skips what needs no decoding.
  void skip_plain();
  Span decode_rest(size_t begin, bool is_key);
  void decode_escape();
  [[nodiscard]] unsigned scan_unit();

  void add(Kind kind, Span span);
  [[noreturn]] void expected(const char* what) const;

  TranscriptDocument* document_;
  std::string_view text_;
  StopCheck* stop_;
  size_t at_ = 0;
  uint32_t key_ = 0;            // of the value that comes next
  std::vector<uint32_t> open_;  // the arrays and objects we are in
};

}  // namespace s2t::core
