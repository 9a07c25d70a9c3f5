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

// Which power of ten makes milliseconds of a unit.
int64_t exponent_of(TimeUnit unit) noexcept {
  switch (unit) {
    case TimeUnit::kSeconds:
      return 3;
    case TimeUnit::kTicks:
      return -4;
    default:
      return 0;
  }
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
  if (unit == TimeUnit::kWholeMilliseconds && text.find_first_of(".eE") != std::string_view::npos) {
    return TimeParse::kMalformed;
  }
  const Decimal decimal = read_decimal(text);
  int64_t exponent = decimal.exponent + exponent_of(unit);

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

TimeParse parse_iso_duration(std::string_view text, int32_t* ms) noexcept {
  constexpr std::string_view kUnits = "HMS";
  constexpr int64_t kFactors[] = {3600, 60, 1};
  if (!skip(&text, 'P') || !skip(&text, 'T') || text.empty()) return TimeParse::kMalformed;
  int64_t sum = 0;
  for (size_t next_unit = 0; !text.empty();) {
    const size_t length = text.find_first_of(kUnits);
    if (length == std::string_view::npos) return TimeParse::kMalformed;
    const size_t unit = kUnits.find(text[length]);
    int32_t part = 0;
    const TimeParse parse = parse_time(text.substr(0, length), TimeUnit::kSeconds, &part);
    if (parse != TimeParse::kOk) return parse;
    if (unit < next_unit) return TimeParse::kMalformed;
    sum += part * kFactors[unit];
    next_unit = unit + 1;
    text.remove_prefix(length + 1);
  }
  if (sum > std::numeric_limits<int32_t>::max()) return TimeParse::kTooLarge;
  *ms = static_cast<int32_t>(sum);
  return TimeParse::kOk;
}

TimeParse take_clock(std::string_view* text, int32_t* ms) noexcept {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  int64_t seconds = 0;
  int parts = 0;
  do {
    int64_t part = 0;
    if (text->empty() || !is_ascii_digit(text->front())) return TimeParse::kMalformed;
    while (!text->empty() && is_ascii_digit(text->front())) {
      if (part <= kMost) part = part * 10 + (text->front() - '0');
      text->remove_prefix(1);
    }
    seconds = seconds * 60 + part;
    if (seconds > kMost) return TimeParse::kTooLarge;
  } while (++parts < 3 && skip(text, ':'));
  if (parts == 1) return TimeParse::kMalformed;
  int64_t fraction = 0;
  if (skip(text, ',') || skip(text, '.')) {
    int64_t scale = 100;
    while (!text->empty() && is_ascii_digit(text->front())) {
      fraction += scale * (text->front() - '0');
      scale /= 10;
      text->remove_prefix(1);
    }
  }
  if (seconds * 1000 + fraction > kMost) return TimeParse::kTooLarge;
  *ms = static_cast<int32_t>(seconds * 1000 + fraction);
  return TimeParse::kOk;
}

}  // namespace s2t::core
