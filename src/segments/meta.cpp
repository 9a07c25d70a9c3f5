#include "segments/meta.h"

#include "pg/error.h"

namespace s2t::segments {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view json) : at_(json.data()), end_(at_ + json.size()) {}

  Jsonb* read() {
    read_value(WJB_VALUE);
    return JsonbValueToJsonb(result_);
  }

 private:
  void push(JsonbIteratorToken token, JsonbValue* value) {
    result_ = pushJsonbValue(&state_, token, value);
  }

  // `token`: what a scalar is here.
  void read_value(JsonbIteratorToken token) {
    JsonbValue value;
    switch (*at_) {
      case '{':
        read_object();
        return;
      case '[':
        read_array();
        return;
      case '"':
        value = read_string();
        break;
      case 'n':
        value.type = jbvNull;
        at_ += 4;
        break;
      case 't':
      case 'f':
        value.type = jbvBool;
        value.val.boolean = *at_ == 't';
        at_ += value.val.boolean ? 4 : 5;
        break;
      default:
        value = read_number();
        break;
    }
    push(token, &value);
  }

  void read_object() {
    push(WJB_BEGIN_OBJECT, nullptr);
    for (++at_; *at_ != '}';) {
      if (*at_ == ',') ++at_;
      JsonbValue key = read_string();
      push(WJB_KEY, &key);
      ++at_;  // the colon
      read_value(WJB_VALUE);
    }
    ++at_;
    push(WJB_END_OBJECT, nullptr);
  }

  void read_array() {
    push(WJB_BEGIN_ARRAY, nullptr);
    for (++at_; *at_ != ']';) {
      if (*at_ == ',') ++at_;
      read_value(WJB_ELEM);
    }
    ++at_;
    push(WJB_END_ARRAY, nullptr);
  }

  // What the server's own conversion makes of it; the numbers of transcripts are short decimals.
  JsonbValue read_number() {
    constexpr int kInt64Digits = 18;
    const char* begin = at_;
    const char* point = nullptr;
    bool plain = true;
    int64_t digits = 0;
    for (; at_ < end_ && *at_ != ',' && *at_ != '}' && *at_ != ']'; ++at_) {
      if (*at_ >= '0' && *at_ <= '9') {
        if (at_ - begin <= kInt64Digits) digits = digits * 10 + (*at_ - '0');
      } else if (*at_ == '.' && point == nullptr) {
        point = at_;
      } else {
        plain = plain && *at_ == '-' && at_ == begin;
      }
    }
    const auto length = at_ - begin;
    JsonbValue value;
    value.type = jbvNumeric;
    if (plain && length <= kInt64Digits) {
      if (*begin == '-') digits = -digits;
      value.val.numeric =
          point == nullptr ? int64_to_numeric(digits)
                           : int64_div_fast_to_numeric(digits, static_cast<int>(at_ - point - 1));
      return value;
    }
    Datum numeric = DirectFunctionCall3(numeric_in, CStringGetDatum(pnstrdup(begin, length)),
                                        ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
    value.val.numeric = DatumGetNumeric(numeric);
    return value;
  }

  JsonbValue read_string() {
    const char* begin = ++at_;
    while (*at_ != '"' && *at_ != '\\') ++at_;
    JsonbValue value;
    value.type = jbvString;
    value.val.string.val = const_cast<char*>(begin);  // only read
    value.val.string.len = static_cast<int>(at_ - begin);
    if (*at_ == '\\') decode(begin, &value);
    ++at_;
    constexpr int kMostBytes = 0x0FFFFFFF;  // JENTRY_OFFLENMASK
    if (value.val.string.len > kMostBytes)
      ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                      errmsg("string too long to represent as jsonb string")));
    return value;
  }

  // At the first backslash of a string that begins at `begin`.
  void decode(const char* begin, JsonbValue* value) {
    const char* closing = at_;
    while (*closing != '"') closing += *closing == '\\' ? 2 : 1;
    auto* out = static_cast<char*>(palloc(closing - begin));
    value->val.string.val = out;
    out = static_cast<char*>(mempcpy(out, begin, at_ - begin));
    while (at_ < closing) {
      if (*at_ != '\\') {
        *out++ = *at_++;
        continue;
      }
      *out++ = unescaped();
    }
    value->val.string.len = static_cast<int>(out - value->val.string.val);
  }

  // Escapes of four digits are of control characters only.
  char unescaped() {
    char escape = at_[1];
    if (escape == 'u') {
      auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
      char code = static_cast<char>(digit(at_[4]) * 16 + digit(at_[5]));
      at_ += 6;
      return code;
    }
    at_ += 2;
    switch (escape) {
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

  const char* at_;
  const char* end_;
  JsonbParseState* state_ = nullptr;
  JsonbValue* result_ = nullptr;
};

}  // namespace

Jsonb* read_meta(std::string_view json) { return Reader(json).read(); }

}  // namespace s2t::segments
