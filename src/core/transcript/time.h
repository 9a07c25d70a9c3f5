// Times of transcripts: decimal numbers turned into milliseconds, exactly.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stdint.h>

#include <string_view>

namespace s2t::core {

enum class TimeUnit : uint8_t {
  kSeconds,
  kMilliseconds,
  kWholeMilliseconds,  // written without point and exponent: with them it is another unit
  kTicks,              // of 100 nanoseconds
};

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

// Reads a duration of hours, minutes and seconds as ISO 8601 writes it ("PT1M2.5S").
[[nodiscard]] TimeParse parse_iso_duration(std::string_view text, int32_t* ms) noexcept;

// Takes a time as subtitles write it ("01:02:03,400", "02:03.4", ...) off the beginning of `*text`.
[[nodiscard]] TimeParse take_clock(std::string_view* text, int32_t* ms) noexcept;

}  // namespace s2t::core
