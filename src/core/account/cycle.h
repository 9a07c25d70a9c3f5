// When a billing cycle is over (docs/reference.md, "Conventions"); where cycles begin and end is in
// boundary.h.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

namespace s2t::core {

// Whether a cycle that ends at `cycle_end` is over at `now`: a cycle's end is not part of it. Both
// in the same unit.
[[nodiscard]] constexpr bool cycle_ended(long long cycle_end, long long now) noexcept {
  return cycle_end <= now;
}

}  // namespace s2t::core
