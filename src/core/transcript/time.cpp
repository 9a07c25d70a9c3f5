#include "core/transcript/time.h"

#include <limits>

#include "core/base/text.h"

namespace s2t::core {

namespace {

// Takes the digits that `text` starts with off it. False if there are none.
bool skip_digits(std::string_view* text) noexcept {
  const size_t before = text->size();
  while (!text->empty() && is_ascii_digit(text->front())) text->remove_prefix(1);
  return text->size() < before;
}

bool skip(std::string_view* text, char c) noexcept {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

// A decimal: digits * 10^exponent. Digits beyond the precision are dropped: they cannot lift a
// number over a half, only push it further beyond.
struct Decimal {
  static constexpr uint64_t kPrecision = 1'000'000'000'000'000'000;

  uint64_t digits = 0;
  int64_t exponent = 0;
  bool negative = false;

  void add_digit(char c, bool fraction) noexcept {
    if (digits < kPrecision / 10) {
      digits = digits * 10 + static_cast<uint64_t>(c - '0');
      if (fraction) --exponent;
    } else if (!fraction) {
      ++exponent;
    }
  }
};

int64_t read_exponent(std::string_view text) noexcept {
  constexpr int64_t kMost = 1'000'000'000;  // far beyond what matters
  const bool negative = skip(&text, '-');
  if (!negative) skip(&text, '+');
  int64_t exponent = 0;
  for (const char c : text) exponent = exponent >= kMost ? kMost : exponent * 10 + (c - '0');
  return negative ? -exponent : exponent;
}

// `text` is a number as JSON writes it.
Decimal read_decimal(std::string_view text) noexcept {
  Decimal decimal;
  decimal.negative = skip(&text, '-');
  bool fraction = false;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '.') {
      fraction = true;
    } else if (c == 'e' || c == 'E') {
      decimal.exponent += read_exponent(text);
      break;
    } else {
      decimal.add_digit(c, fraction);
    }
  }
  return decimal;
}

}  // namespace

bool is_json_number(std::string_view text) noexcept {
  skip(&text, '-');
  const bool zero = !text.empty() && text.front() == '0';
  const size_t before = text.size();
  if (!skip_digits(&text) || (zero && before - text.size() > 1)) return false;
  if (skip(&text, '.') && !skip_digits(&text)) return false;
  if (skip(&text, 'e') || skip(&text, 'E')) {
    if (!skip(&text, '+')) skip(&text, '-');
    if (!skip_digits(&text)) return false;
  }
  return text.empty();
}

TimeParse parse_time(std::string_view text, TimeUnit unit, int32_t* ms) noexcept {
  constexpr uint64_t kMost = std::numeric_limits<int32_t>::max();
  if (!is_json_number(text)) return TimeParse::kMalformed;
  const Decimal decimal = read_decimal(text);
  int64_t exponent = decimal.exponent + (unit == TimeUnit::kSeconds ? 3 : 0);

  uint64_t value = decimal.digits;
  for (; exponent > 0 && value > 0; --exponent) {
    if (value > kMost) break;
    value *= 10;
  }
  bool half = false;  // whether the last digit cut off is at least 5
  for (; exponent < 0 && (value > 0 || half); ++exponent) {
    half = value % 10 >= 5;
    value /= 10;
  }
  if (decimal.negative && (value > 0 || half)) return TimeParse::kNegative;
  if (half) ++value;
  if (value > kMost) return TimeParse::kTooLarge;
  *ms = static_cast<int32_t>(value);
  return TimeParse::kOk;
}

}  // namespace s2t::core
