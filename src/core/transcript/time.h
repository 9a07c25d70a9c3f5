// Times of transcripts: decimal numbers turned into milliseconds, exactly.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stdint.h>

#include <string_view>

namespace s2t::core {

enum class TimeUnit : uint8_t { kSeconds, kMilliseconds };

enum class TimeParse : uint8_t {
  kOk,
  kMalformed,  // not a number as JSON writes it
  kNegative,   // below zero by half a millisecond or more
  kTooLarge,   // beyond 2147483647 ms
};

// Whether `text` is a number as JSON writes it (RFC 8259, section 6).
[[nodiscard]] bool is_json_number(std::string_view text) noexcept;

// Reads a number as JSON writes it, given in `unit`, as milliseconds rounded to nearest, a half up.
// The decimal digits are taken as they stand, not through a binary fraction. `*ms` is only set for
// kOk.
[[nodiscard]] TimeParse parse_time(std::string_view text, TimeUnit unit, int32_t* ms) noexcept;

}  // namespace s2t::core
