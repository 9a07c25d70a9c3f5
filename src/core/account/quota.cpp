#include "core/account/quota.h"

#include <limits>

namespace s2t::core {

Status add_to_counter(int32_t a, int32_t b, const char* what, int32_t* sum) noexcept {
  int32_t total = 0;
  if (__builtin_add_overflow(a, b, &total)) {
    return failure(Code::kOutOfRange, "usage counter out of range", nullptr,
                   "The counter %s is at %d and cannot grow by %d.", what, a, b);
  }
  *sum = total;
  return {};
}

int64_t usage_percent_hundredths(int64_t used, std::optional<int64_t> limit) noexcept {
  constexpr int kHundred = 10000;  // 100.00 %
  if (!limit) return 0;
  if (*limit <= 0) return kHundred;

  // Half up is rounding down after adding a half; 128 bits hold what twice the product needs.
  const __int128 rounded =
      (static_cast<__int128>(used) * kHundred * 2 + *limit) / (static_cast<__int128>(*limit) * 2);
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  return rounded > kMost ? kMost : static_cast<int64_t>(rounded);
}

int64_t duration_minutes_hundredths(int64_t duration_ms) noexcept {
  constexpr int kMsPerHundredth = 600;
  return duration_ms / kMsPerHundredth +
         (duration_ms % kMsPerHundredth >= kMsPerHundredth / 2 ? 1 : 0);
}

}  // namespace s2t::core
