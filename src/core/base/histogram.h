// The buckets that latencies are counted in (docs/reference.md, "Metrics").
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stdint.h>

#include <array>

namespace s2t::core {

inline constexpr int kLatencyBounds = 19;
// The last bucket takes what is above every bound.
inline constexpr int kLatencyBuckets = kLatencyBounds + 1;

// Upper bounds in nanoseconds, inclusive as Prometheus has it: from 10 µs, where the fastest
// procedures are, to 10 s, in steps of 1, 2 and 5.
inline constexpr std::array<int64_t, kLatencyBounds> kLatencyBoundsNs = [] {
  constexpr int64_t kSteps[] = {10'000, 20'000, 50'000};
  std::array<int64_t, kLatencyBounds> bounds{};
  int64_t scale = 1;
  for (int i = 0; i < kLatencyBounds; i++) {
    bounds[i] = kSteps[i % 3] * scale;
    if (i % 3 == 2) scale *= 10;
  }
  return bounds;
}();
static_assert(kLatencyBoundsNs.back() == 10'000'000'000);

// The bucket, from 0, of something that took `ns` nanoseconds.
[[nodiscard]] constexpr int latency_bucket(int64_t ns) noexcept {
  int bucket = 0;
  while (bucket < kLatencyBounds && ns > kLatencyBoundsNs[bucket]) bucket++;
  return bucket;
}

// The bound of a bucket but the last, in seconds.
[[nodiscard]] constexpr double latency_bound_seconds(int bucket) noexcept {
  return static_cast<double>(kLatencyBoundsNs[bucket]) / 1e9;
}

}  // namespace s2t::core
