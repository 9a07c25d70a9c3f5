#include "core/edit/json_members.h"

#include <charconv>

#include "core/base/json_text.h"
#include "core/base/text.h"
#include "core/base/utf8.h"

namespace s2t::core {

namespace {

// Walks over JSON text that something else has checked already; whatever it is given, it stays
// within it.
class Walk {
 public:
  explicit Walk(std::string_view json) : json_(json) { skip_space(); }

  [[nodiscard]] bool at_end() const { return at_ == json_.size(); }

  [[nodiscard]] bool take(char expected) {
    if (at_end() || json_[at_] != expected) return false;
    ++at_;
    skip_space();
    return true;
  }

  // A string with its quotation marks.
  [[nodiscard]] bool take_string(std::string_view* token) {
    const size_t begin = at_;
    if (!pass_string()) return false;
    *token = json_.substr(begin, at_ - begin);
    skip_space();
    return true;
  }

  // Any value.
  [[nodiscard]] bool take_value(std::string_view* token) {
    const size_t begin = at_;
    if (at_end() || !(json_[at_] == '"' ? pass_string() : pass_nested())) return false;
    *token = json_.substr(begin, at_ - begin);
    skip_space();
    return true;
  }

 private:
  void skip_space() {
    while (!at_end() && is_ascii_space(json_[at_])) ++at_;
  }

  [[nodiscard]] bool pass_string() {
    if (at_end() || json_[at_] != '"') return false;
    for (++at_; !at_end(); ++at_) {
      if (json_[at_] == '"') {
        ++at_;
        return true;
      }
      if (json_[at_] == '\\') ++at_;
      if (at_end()) break;
    }
    return false;
  }

  // A number, a word, an array or an object.
  [[nodiscard]] bool pass_nested() {
    const size_t begin = at_;
    size_t depth = 0;
    while (!at_end()) {
      const char c = json_[at_];
      if (c == '"') {
        if (depth == 0 || !pass_string()) return false;
        continue;
      }
      if (c == '[' || c == '{') {
        ++depth;
      } else if (c == ']' || c == '}') {
        if (depth == 0) return at_ > begin;
        if (--depth == 0) {
          ++at_;
          return true;
        }
      } else if (depth == 0 && (c == ',' || is_ascii_space(c))) {
        return at_ > begin;
      }
      ++at_;
    }
    return depth == 0 && at_ > begin;
  }

  std::string_view json_;
  size_t at_ = 0;
};

// Takes what `take_one` takes, between commas, up to `closing` and the end of the text.
template <typename TakeOne>
bool read_list(Walk* walk, char opening, char closing, TakeOne take_one) {
  if (!walk->take(opening)) return false;
  if (walk->take(closing)) return walk->at_end();
  do {
    if (!take_one()) return false;
  } while (walk->take(','));
  return walk->take(closing) && walk->at_end();
}

std::optional<char32_t> read_hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  uint32_t code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, code, 16);
  if (error != std::errc() || end != text.data() + 4) return std::nullopt;
  return code;
}

// The character of the escape \uXXXX at `text`, or of two of them; kReplacementChar for half of
// one.
char32_t read_unicode(std::string_view text, size_t* used) {
  *used = 6;
  const auto first = read_hex4(text.substr(2));
  if (!first) {
    *used = 2;
    return kReplacementChar;
  }
  if (*first < 0xD800 || *first > 0xDFFF) return *first;
  if (*first > 0xDBFF || text.size() < 12 || text[6] != '\\' || text[7] != 'u')
    return kReplacementChar;
  const auto second = read_hex4(text.substr(8));
  if (!second || *second < 0xDC00 || *second > 0xDFFF) return kReplacementChar;
  *used = 12;
  return 0x10000 + ((*first - 0xD800) << 10U) + (*second - 0xDC00);
}

char simple_escape(char escape) {
  switch (escape) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return escape;
  }
}

}  // namespace

bool read_json_object(std::string_view json, std::vector<JsonMember>* members) {
  members->clear();
  Walk walk(json);
  return read_list(&walk, '{', '}', [&] {
    std::string_view key;
    std::string_view value;
    if (!walk.take_string(&key) || !walk.take(':') || !walk.take_value(&value)) return false;
    members->push_back({key.substr(1, key.size() - 2), value});
    return true;
  });
}

bool read_json_array(std::string_view json, std::vector<std::string_view>* elements) {
  elements->clear();
  Walk walk(json);
  return read_list(&walk, '[', ']', [&] {
    std::string_view value;
    if (!walk.take_value(&value)) return false;
    elements->push_back(value);
    return true;
  });
}

std::optional<std::string> decode_json_string(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
  value = value.substr(1, value.size() - 2);
  std::string text;
  text.reserve(value.size());
  for (size_t i = 0; i < value.size();) {
    if (value[i] != '\\' || i + 1 == value.size()) {
      text += value[i++];
      continue;
    }
    if (value[i + 1] != 'u') {
      text += simple_escape(value[i + 1]);
      i += 2;
      continue;
    }
    size_t used = 0;
    char bytes[4];
    const char* end = put_char(read_unicode(value.substr(i), &used), bytes);
    text.append(bytes, static_cast<size_t>(end - bytes));
    i += used;
  }
  return text;
}

std::optional<int32_t> read_json_int32(std::string_view value) noexcept {
  int32_t number = 0;
  const char* end = value.data() + value.size();
  const auto [stopped, error] = std::from_chars(value.data(), end, number);
  if (value.empty() || error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

std::string_view json_member(const std::vector<JsonMember>& members,
                             std::string_view key) noexcept {
  std::string_view value;
  for (const JsonMember& member : members) {
    if (member.key == key) value = member.value;
  }
  return value;
}

void append_json_text(std::string_view text, std::string* out) { append_json_string(text, out); }

}  // namespace s2t::core
