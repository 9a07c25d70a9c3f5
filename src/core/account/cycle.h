// Billing cycles are calendar months (docs/reference.md, "Conventions"). Time zones are the
// server's business: these functions only know civil months.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

namespace s2t::core {

struct Month {
  int year;
  int month;  // 1 .. 12

  friend constexpr bool operator==(const Month&, const Month&) = default;
};

// The month after `month`.
[[nodiscard]] constexpr Month next_month(Month month) noexcept {
  return month.month == 12 ? Month{month.year + 1, 1} : Month{month.year, month.month + 1};
}

// Whether a cycle that ends at `cycle_end` is over at `now`: a cycle's end is not part of it. Both
// in the same unit.
[[nodiscard]] constexpr bool cycle_ended(long long cycle_end, long long now) noexcept {
  return cycle_end <= now;
}

}  // namespace s2t::core
