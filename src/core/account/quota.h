// The quota of a plan and what a cycle has used of it (docs/reference.md,
// "sp_check_quota_and_create_recording").
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stdint.h>

#include <optional>

#include "core/base/status.h"

namespace s2t::core {

// A plan's monthly limits; nullopt is unlimited. Values are >= 0.
struct Limits {
  std::optional<int32_t> minutes;
  std::optional<int32_t> recordings;
  std::optional<int32_t> max_recording_minutes = std::nullopt;  // of one recording, > 0
};

// What the current cycle has used. Values are >= 0.
struct Usage {
  int32_t recordings = 0;
  int32_t seconds = 0;
};

// Seconds charged for a recording of `duration_ms` >= 0: rounded up.
[[nodiscard]] constexpr int32_t billable_seconds(int32_t duration_ms) noexcept {
  return duration_ms / 1000 + (duration_ms % 1000 != 0 ? 1 : 0);
}

// a + b for counters, both >= 0: kOutOfRange instead of wrapping, and `*sum` is
// left alone. `what` names the counter in the detail.
[[nodiscard]] Status add_to_counter(int32_t a, int32_t b, const char* what, int32_t* sum) noexcept;

// used / limit as hundredths of a percent, rounded half up: 3333 is 33.33 %. An unlimited quota
// reads 0, a limit of 0 reads 10000. `used` >= 0 in the unit of `limit`.
[[nodiscard]] int64_t usage_percent_hundredths(int64_t used, std::optional<int64_t> limit) noexcept;

// Milliseconds as hundredths of minutes, rounded half up.
[[nodiscard]] int64_t duration_minutes_hundredths(int64_t duration_ms) noexcept;

}  // namespace s2t::core
