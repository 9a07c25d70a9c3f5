#include "core/transcript/scanner.h"

#include <string.h>

#include <array>
#include <charconv>

#include "core/base/text.h"
#include "core/base/utf8.h"

namespace s2t::core {

namespace {

constexpr const char* kInvalid = "invalid transcript";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// How many nodes `text` can have at most: each one but the root follows one of these characters.
size_t count_nodes(std::string_view text) {
  size_t nodes = 1;
  for (const char c : text) nodes += c == ',' || c == '[' || c == '{' ? 1 : 0;
  return nodes;
}

// The characters of ASCII that a string may contain as they are.
constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain = {};
  for (int c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr std::array<bool, 256> kPlain = make_plain();

bool is_plain(char c) { return kPlain[static_cast<unsigned char>(c)]; }

constexpr bool is_high_surrogate(unsigned unit) { return unit >> 10U == 0xD800U >> 10U; }
constexpr bool is_low_surrogate(unsigned unit) { return unit >> 10U == 0xDC00U >> 10U; }

// Numbers that a double cannot hold are no measure of anything; tiny ones are zero.
bool is_beyond_double(std::string_view number, bool exponent) {
  constexpr size_t kAlwaysFits = 300;
  if (number.size() < kAlwaysFits && !exponent) return false;
  double value = 0;
  const char* end = number.data() + number.size();
  if (std::from_chars(number.data(), end, value).ec == std::errc()) return false;
  return number.find("e-") == std::string_view::npos && number.find("E-") == std::string_view::npos;
}

}  // namespace

void TranscriptDocument::Scanner::expected(const char* what) const {
  throw Refusal{failure(Code::kInvalidParameter, kInvalid, nullptr,
                        "The document is not JSON: %s is expected at byte %zu.", what, at_)};
}

void TranscriptDocument::Scanner::scan() {
  document_->nodes_.reserve(count_nodes(text_));
  if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  do {
    while (scan_value()) {
    }
  } while (scan_rest());
}

void TranscriptDocument::Scanner::add(Kind kind, Span span) {
  stop_->poll();
  Node node{};
  node.offset = span.offset;
  node.length = span.length;
  node.kind = static_cast<uint32_t>(kind);
  node.end = static_cast<uint32_t>(document_->nodes_.size() + 1);
  node.key = key_;
  document_->nodes_.push_back(node);
}

bool TranscriptDocument::Scanner::scan_value() {
  skip_blanks();
  switch (here()) {
    case '{':
      return scan_container(Kind::kObject, '}');
    case '[':
      return scan_container(Kind::kArray, ']');
    case '"':
      add(Kind::kString, scan_string(false));
      return false;
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      scan_number();
      return false;
    default:
      scan_literal();
      return false;
  }
}

bool TranscriptDocument::Scanner::scan_container(Kind kind, char closing) {
  if (open_.size() >= kMaxTranscriptDepth) {
    throw Refusal{failure(Code::kInvalidParameter, kInvalid, nullptr,
                          "The document is nested deeper than %d levels.", kMaxTranscriptDepth)};
  }
  ++at_;
  add(kind, {});
  skip_blanks();
  if (skip(closing)) return false;
  open_.push_back(static_cast<uint32_t>(document_->nodes_.size() - 1));
  if (kind == Kind::kObject) scan_key();
  return true;
}

void TranscriptDocument::Scanner::scan_literal() {
  if (skip("null")) return add(Kind::kNull, {});
  if (skip("true")) return add(Kind::kTrue, {});
  if (skip("false")) return add(Kind::kFalse, {});
  if (skip("NaN") || skip("Infinity")) return add(Kind::kNotANumber, {});
  expected("a value");
}

void TranscriptDocument::Scanner::scan_digits() {
  if (!is_ascii_digit(here())) expected("a digit");
  while (is_ascii_digit(here())) ++at_;
}

void TranscriptDocument::Scanner::scan_number() {
  const size_t begin = at_;
  if (skip('-') && skip("Infinity")) return add(Kind::kNotANumber, {});
  if (!skip('0')) scan_digits();
  if (skip('.')) scan_digits();
  const bool exponent = skip('e') || skip('E');
  if (exponent) {
    if (!skip('+')) (void)skip('-');
    scan_digits();
  }
  const std::string_view number = text_.substr(begin, at_ - begin);
  if (is_beyond_double(number, exponent)) {
    throw Refusal{failure(Code::kOutOfRange, kInvalid, nullptr,
                          "The number that ends at byte %zu is out of range.", at_ - 1)};
  }
  add(Kind::kNumber, {static_cast<uint32_t>(begin), static_cast<uint32_t>(number.size())});
}

bool TranscriptDocument::Scanner::scan_rest() {
  for (;;) {
    skip_blanks();
    if (open_.empty()) {
      if (at_ < text_.size()) expected("the end");
      return false;
    }
    Node& container = document_->nodes_[open_.back()];
    const bool object = static_cast<Kind>(container.kind) == Kind::kObject;
    if (skip(',')) {
      if (object) scan_key();
      return true;
    }
    if (!skip(object ? '}' : ']')) expected(object ? "a comma or \"}\"" : "a comma or \"]\"");
    container.end = static_cast<uint32_t>(document_->nodes_.size());
    open_.pop_back();
  }
}

void TranscriptDocument::Scanner::scan_key() {
  skip_blanks();
  if (here() != '"') expected("a key in quotation marks");
  key_ = scan_string(true).offset;
  skip_blanks();
  if (!skip(':')) expected("a colon");
}

void TranscriptDocument::Scanner::skip_plain() {
  while (at_ < text_.size()) {
    if (is_plain(text_[at_])) {
      ++at_;
      continue;
    }
    if (static_cast<unsigned char>(text_[at_]) < 0x80U) return;
    const Utf8Part part = first_utf8_part(text_.substr(at_));
    if (!part.valid) return;
    at_ += part.bytes;
  }
}

TranscriptDocument::Scanner::Span TranscriptDocument::Scanner::scan_string(bool is_key) {
  const size_t begin = ++at_;
  skip_plain();
  if (here() != '"') return decode_rest(begin, is_key);
  ++at_;
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(at_ - 1 - begin)};
}

TranscriptDocument::Scanner::Span TranscriptDocument::Scanner::decode_rest(size_t begin,
                                                                           bool is_key) {
  std::string& out = document_->decoded_;
  const size_t start = out.size();
  uint32_t length = 0;
  if (is_key) out.append(sizeof length, '\0');
  const size_t first = out.size();
  out.append(text_.substr(begin, at_ - begin));
  while (!skip('"')) {
    if (at_ >= text_.size()) expected("a quotation mark");
    if (text_[at_] == '\\') {
      ++at_;
      decode_escape();
    } else if (static_cast<unsigned char>(text_[at_]) >= 0x80U) {
      out.append(kReplacementBytes);
      ++document_->replaced_;
      at_ += first_utf8_part(text_.substr(at_)).bytes;
    } else {
      expected("an escape of the control character");
    }
    const size_t plain = at_;
    skip_plain();
    out.append(text_.substr(plain, at_ - plain));
  }
  if (out.size() - first > Node::kMaxLength) {
    refuse_document("A string of the document is too long.");
  }
  length = static_cast<uint32_t>(out.size() - first);
  if (is_key) memcpy(out.data() + start, &length, sizeof length);
  return {static_cast<uint32_t>(text_.size() + start), length};
}

// Four hexadecimal digits.
unsigned TranscriptDocument::Scanner::scan_unit() {
  unsigned unit = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = here();
    const char small = ascii_lower(c);
    if (is_ascii_digit(c)) {
      unit = unit << 4U | static_cast<unsigned>(c - '0');
    } else if (small >= 'a' && small <= 'f') {
      unit = unit << 4U | static_cast<unsigned>(small - 'a' + 10);
    } else {
      expected("a hexadecimal digit");
    }
    ++at_;
  }
  return unit;
}

// We are behind the backslash.
void TranscriptDocument::Scanner::decode_escape() {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
  std::string& out = document_->decoded_;
  const size_t simple = here() == '\0' ? std::string_view::npos : kNames.find(here());
  if (simple != std::string_view::npos) {
    ++at_;
    out += kValues[simple];
    return;
  }
  if (!skip('u')) expected("an escape");
  char32_t code = scan_unit();
  if (is_high_surrogate(code) && text_.substr(at_).starts_with("\\u")) {
    const size_t second = at_;
    at_ += 2;
    const unsigned low = scan_unit();
    if (is_low_surrogate(low)) {
      code = 0x10000 + ((code & 0x3FFU) << 10U) + (low & 0x3FFU);
    } else {
      at_ = second;  // it stands for itself
    }
  }
  if (code == 0 || (code >= 0xD800 && code <= 0xDFFF)) code = kReplacementChar;
  char bytes[4];
  out.append(bytes, put_char(code, bytes));
}

TranscriptDocument TranscriptDocument::parse(std::string_view text, StopCheck* stop) {
  TranscriptDocument document;
  document.text_ = text;
  Scanner(&document, stop).scan();
  return document;
}

}  // namespace s2t::core
