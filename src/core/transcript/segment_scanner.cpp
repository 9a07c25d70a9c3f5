#include "core/transcript/segment_scanner.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <algorithm>
#include <bitset>
#include <limits>

#include "core/base/json_escape.h"
#include "core/base/text.h"

namespace s2t::core {

namespace {

constexpr const char* kMessage = "segments are not valid JSON";
constexpr size_t kShownBytes = 200;  // of a string in a detail

constexpr bool is_json_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

// Bytes that a string may contain as they are, up to its end or an escape.
size_t plain_bytes(std::string_view text) noexcept {
  size_t i = 0;
  while (i < text.size()) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == '"' || byte == '\\') break;
    ++i;
  }
  return i;
}

// An integer as jsonb takes one: written without a decimal point that would leave digits behind it.
bool read_integer(std::string_view token, int32_t* result) noexcept {
  size_t i = 0;
  const bool negative = token[0] == '-';
  if (negative) ++i;
  // Digits that matter; more than these cannot be brought back into range.
  int64_t value = 0;
  int64_t scale = 0;  // digits behind the point
  bool point = false;
  bool overflow = false;
  for (; i < token.size() && (is_ascii_digit(token[i]) || token[i] == '.'); ++i) {
    if (token[i] == '.') {
      point = true;
      continue;
    }
    if (point) ++scale;
    if (value > (std::numeric_limits<int64_t>::max() - 9) / 10) {
      overflow = true;
      continue;
    }
    value = value * 10 + (token[i] - '0');
  }
  int64_t exponent = 0;
  if (i < token.size()) {  // e
    ++i;
    const bool down = token[i] == '-';
    if (token[i] == '-' || token[i] == '+') ++i;
    for (; i < token.size(); ++i)
      exponent = std::min<int64_t>(exponent * 10 + token[i] - '0', 9999999);
    if (down) exponent = -exponent;
  }
  if (scale - exponent > 0) return false;
  if (overflow) return false;
  for (int64_t times = exponent - scale; times > 0 && value != 0; --times) {
    value *= 10;
    if (value > int64_t{1} << 32) return false;
  }
  if (negative) value = -value;
  if (value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max())
    return false;
  *result = static_cast<int32_t>(value);
  return true;
}

enum class Kind : uint8_t { kAbsent, kNull, kTrue, kFalse, kNumber, kString, kObject, kArray };

}  // namespace

struct SegmentScanner::Value {
  Kind kind = Kind::kAbsent;
  std::string_view token;  // of a number, or the content of a string
  bool escaped = false;
};

struct SegmentScanner::Members {
  Value idx;
  Value start_ms;
  Value end_ms;
  Value text;

  Value* find(std::string_view key) noexcept {
    if (key == "idx") return &idx;
    if (key == "text") return &text;
    if (key == "end_ms") return &end_ms;
    if (key == "start_ms") return &start_ms;
    return nullptr;
  }
  // The same for a key as written, which may have escapes.
  Value* find(std::string_view key, bool escaped) noexcept {
    constexpr size_t kLongest = 6 * 8;  // of the four, every letter escaped
    if (!escaped) return find(key);
    if (key.size() > kLongest) return nullptr;
    char plain[kLongest];
    const size_t bytes = unescape(key, plain);
    return find({plain, bytes});
  }
};

namespace {

// What an element is, with its article, or a value in a detail. `shown` has room for kShownBytes.
template <typename Value>
std::string_view describe(const Value& value, char* shown) noexcept {
  switch (value.kind) {
    case Kind::kNull:
      return "null";
    case Kind::kTrue:
      return "true";
    case Kind::kFalse:
      return "false";
    case Kind::kNumber:
      return value.token;
    case Kind::kObject:
      return "an object";
    case Kind::kArray:
      return "an array";
    case Kind::kString:
    case Kind::kAbsent:
      break;
  }
  size_t length = 0;
  shown[length++] = '"';
  std::string_view rest = value.token;
  while (!rest.empty() && length + 5 < kShownBytes) {
    if (value.escaped && rest[0] == '\\') {
      size_t written;
      rest.remove_prefix(write_json_escape(rest, shown + length, &written));
      length += written;
    } else {
      shown[length++] = rest[0];
      rest.remove_prefix(1);
    }
  }
  // Cut at a character; the detail shows less than this anyway.
  if (!rest.empty() && continues_char(rest[0])) {
    while (length > 1 && continues_char(shown[length - 1])) --length;
    --length;
  }
  if (rest.empty()) shown[length++] = '"';
  return {shown, length};
}

}  // namespace

void SegmentScanner::skip_space() noexcept {
  while (at_ < json_.size() && is_json_space(json_[at_])) ++at_;
}

Status SegmentScanner::syntax_error(const char* expected) const noexcept {
  char shown[48] = "the end of the text";
  if (at_ < json_.size()) {
    char found[32];
    std::string_view rest = json_.substr(at_, 16);
    snprintf(shown, sizeof shown, "\"%s\"", excerpt(rest, found, 20));
  }
  const Status status =
      position_ < 0 ? failure(Code::kInvalidParameter, kMessage, kSegmentsHint,
                              "%s is expected, not %s.", expected, shown)
                    : failure(Code::kInvalidParameter, kMessage, nullptr,
                              "In or after element %d, at byte %zu, %s is expected, not %s.",
                              position_, at_ + 1, expected, shown);
  if (at_ >= json_.size()) return status;
  // It ends the sentence.
  return quoting(status, strlen(status.detail) - strlen(shown) - 1, shown);
}

// The quotation mark that begins it has been seen, not passed.
Status SegmentScanner::scan_string(std::string_view* content, bool* escaped) noexcept {
  const size_t begin = ++at_;
  *escaped = false;
  for (;;) {
    at_ += plain_bytes(json_.substr(at_));
    if (at_ >= json_.size()) return syntax_error("the end of a string");
    if (json_[at_] == '"') break;
    if (json_[at_] != '\\') return syntax_error("an escape for a control character");

    *escaped = true;
    const std::string_view rest = json_.substr(at_);
    const char kind = rest.size() > 1 ? rest[1] : '\0';
    if (kind != 'u') {
      if (kind == '\0' || strchr("\"\\/bfnrt", kind) == nullptr) return syntax_error("an escape");
      at_ += 2;
      continue;
    }
    const int unit = json_code_unit(rest);
    if (unit < 0) return syntax_error("an escape with four hexadecimal digits");
    if (unit == 0) {
      return failure(Code::kInvalidParameter, "invalid segment", nullptr,
                     "Element %d contains \\u0000, which cannot be stored.", position_);
    }
    const bool high = is_high_surrogate(unit);
    if (is_low_surrogate(unit) ||
        (high && !is_low_surrogate(rest.size() > 6 ? json_code_unit(rest.substr(6)) : -1)))
      return syntax_error("a pair of surrogates");
    at_ += high ? 12 : 6;
  }
  *content = json_.substr(begin, at_ - begin);
  ++at_;
  return {};
}

Status SegmentScanner::scan_key(std::string_view* key, bool* escaped) noexcept {
  if (peek() != '"') return syntax_error("a key");
  Status status = scan_string(key, escaped);
  if (!status.ok()) return status;
  skip_space();
  if (peek() != ':') return syntax_error("a colon");
  ++at_;
  skip_space();
  return {};
}

Status SegmentScanner::scan_number(std::string_view* token) noexcept {
  const size_t begin = at_;
  const auto digits = [&] {
    const size_t first = at_;
    while (is_ascii_digit(peek())) ++at_;
    return at_ > first;
  };
  if (peek() == '-') ++at_;
  if (peek() == '0') {
    ++at_;
  } else if (!digits()) {
    return syntax_error("a value");
  }
  if (peek() == '.') {
    ++at_;
    if (!digits()) return syntax_error("a digit");
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at_;
    if (peek() == '+' || peek() == '-') ++at_;
    if (!digits()) return syntax_error("a digit");
  }
  *token = json_.substr(begin, at_ - begin);
  return {};
}

Status SegmentScanner::scan_word(std::string_view word) noexcept {
  if (json_.substr(at_, word.size()) != word) return syntax_error("a value");
  at_ += word.size();
  return {};
}

Status SegmentScanner::scan_scalar(Value* value) noexcept {
  switch (peek()) {
    case '"':
      value->kind = Kind::kString;
      return scan_string(&value->token, &value->escaped);
    case 'n':
      value->kind = Kind::kNull;
      return scan_word("null");
    case 't':
      value->kind = Kind::kTrue;
      return scan_word("true");
    case 'f':
      value->kind = Kind::kFalse;
      return scan_word("false");
    default:
      value->kind = Kind::kNumber;
      return scan_number(&value->token);
  }
}

// An array or object of any depth, from its bracket to past its end.
Status SegmentScanner::skip_nested() noexcept {
  std::bitset<kMaxDepth> is_object;
  size_t depth = 0;
  bool first = false;  // whether nothing of the innermost one has been read yet
  do {
    // Here a value is to be read, or the innermost one ends.
    skip_space();
    if (depth > 0) {
      const bool object = is_object[depth - 1];
      if (peek() == (object ? '}' : ']')) {
        ++at_;
        --depth;
        first = false;
        continue;
      }
      if (!first) {
        if (peek() != ',') return syntax_error(object ? "a comma or \"}\"" : "a comma or \"]\"");
        ++at_;
        skip_space();
      }
      first = false;
      if (object) {
        std::string_view key;
        bool escaped;
        Status status = scan_key(&key, &escaped);
        if (!status.ok()) return status;
      }
    }
    if (peek() == '{' || peek() == '[') {
      if (depth == kMaxDepth) return syntax_error("an array or object of less depth");
      is_object[depth++] = peek() == '{';
      ++at_;
      first = true;
      continue;
    }
    Value scalar;
    Status status = scan_scalar(&scalar);
    if (!status.ok()) return status;
  } while (depth > 0);
  return {};
}

Status SegmentScanner::scan_value(Value* value) noexcept {
  *value = {};
  if (peek() == '{' || peek() == '[') {
    value->kind = peek() == '{' ? Kind::kObject : Kind::kArray;
    return skip_nested();
  }
  return scan_scalar(value);
}

// From an object's bracket to past its end.
Status SegmentScanner::scan_members(Members* members, bool* others) noexcept {
  ++at_;
  skip_space();
  if (peek() == '}') {
    ++at_;
    return {};
  }
  for (;;) {
    std::string_view key;
    bool escaped;
    Status status = scan_key(&key, &escaped);
    if (!status.ok()) return status;
    Value other;
    Value* value = members->find(key, escaped);
    if (value == nullptr) *others = true;
    status = scan_value(value == nullptr ? &other : value);
    if (!status.ok()) return status;
    skip_space();
    if (peek() == '}') break;
    if (peek() != ',') return syntax_error("a comma or \"}\"");
    ++at_;
    skip_space();
  }
  ++at_;
  return {};
}

Status SegmentScanner::check_member(const char* key, const Value& value, int32_t* result) noexcept {
  if (value.kind == Kind::kAbsent) return {};
  const bool wants_text = result == nullptr;
  if (wants_text ? value.kind == Kind::kString
                 : value.kind == Kind::kNumber && read_integer(value.token, result))
    return {};
  char shown[kShownBytes];
  return segment_value_invalid(position_, key, wants_text ? "a string" : "an integer",
                               describe(value, shown));
}

Status SegmentScanner::read_element(ScannedSegment* segment) noexcept {
  const size_t begin = at_;
  if (peek() != '{') {
    Value value;
    Status status = scan_value(&value);
    if (!status.ok()) return status;
    char shown[kShownBytes];
    return segment_not_object(position_, describe(value, shown));
  }
  Members members;
  *segment = {};
  Status status = scan_members(&members, &segment->others);
  // jsonb keeps the keys of an object by length, and so are they looked at.
  if (status.ok()) status = check_member("idx", members.idx, &segment->segment.idx);
  if (status.ok()) status = check_member("text", members.text, nullptr);
  if (status.ok()) status = check_member("end_ms", members.end_ms, &segment->segment.end_ms);
  if (status.ok()) status = check_member("start_ms", members.start_ms, &segment->segment.start_ms);
  if (!status.ok()) return status;
  const char* missing = members.idx.kind == Kind::kAbsent        ? "idx"
                        : members.start_ms.kind == Kind::kAbsent ? "start_ms"
                        : members.end_ms.kind == Kind::kAbsent   ? "end_ms"
                        : members.text.kind == Kind::kAbsent     ? "text"
                                                                 : nullptr;
  if (missing != nullptr) return segment_key_missing(position_, missing);
  segment->segment.text = members.text.token;
  segment->escaped = members.text.escaped;
  segment->source = json_.substr(begin, at_ - begin);
  return check_segment(segment->segment, position_);
}

Status SegmentScanner::begin() noexcept {
  skip_space();
  if (peek() == '[') {
    ++at_;
    return {};
  }
  Value value;
  Status status = scan_value(&value);
  if (status.ok()) {
    skip_space();
    if (at_ < json_.size()) status = syntax_error("The end of the text");
  }
  if (!status.ok()) return status;
  no_array_ = true;
  return segments_not_array(value.kind == Kind::kObject   ? NoArray::kObject
                            : value.kind == Kind::kString ? NoArray::kString
                                                          : NoArray::kScalar);
}

Status SegmentScanner::next(ScannedSegment* segment, bool* found) noexcept {
  skip_space();
  const bool first = position_ < 0;
  if (peek() == ']') {
    ++at_;
    skip_space();
    if (at_ < json_.size()) return syntax_error("the end of the text");
    *found = false;
    return {};
  }
  if (!first) {
    if (peek() != ',') return syntax_error("a comma or \"]\"");
    ++at_;
    skip_space();
  }
  ++position_;
  *found = true;
  return read_element(segment);
}

size_t others_of(std::string_view source, char* out) noexcept {
  SegmentScanner scanner(source);
  SegmentScanner::Members members;
  size_t length = 0;
  out[length++] = '{';
  // The element was read before: everything is where it should be.
  ++scanner.at_;
  for (;;) {
    scanner.skip_space();
    if (scanner.peek() != '"') break;
    const size_t begin = scanner.at_;
    std::string_view key;
    bool escaped;
    if (!scanner.scan_key(&key, &escaped).ok()) break;
    SegmentScanner::Value value;
    if (!scanner.scan_value(&value).ok()) break;
    if (members.find(key, escaped) == nullptr) {
      if (length > 1) out[length++] = ',';
      memcpy(out + length, source.data() + begin, scanner.at_ - begin);
      length += scanner.at_ - begin;
    }
    scanner.skip_space();
    if (scanner.peek() != ',') break;
    ++scanner.at_;
  }
  out[length++] = '}';
  return length;
}

}  // namespace s2t::core
