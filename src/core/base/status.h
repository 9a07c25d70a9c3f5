// The one result type that crosses the wall between the rules (core) and the server.
//
// Core never raises: it returns a Status by value, in memory of the caller, and the
// server side turns it into an error report (see pg/error.h).
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>
#include <stdint.h>

#include <string_view>

namespace s2t::core {

// What kind of failure a Status reports; pg/error.h maps each to one SQLSTATE.
enum class Code : uint8_t {
  kOk,
  kInvalidParameter,  // 22023 invalid_parameter_value
  kOutOfRange,        // 22003 numeric_value_out_of_range
  kOutOfMemory,       // 53200 out_of_memory
  kCancelled,         // 57014 query_canceled: the caller asked to stop
};

// Trivially destructible, so that an error raised over it leaks nothing.
struct Status {
  static constexpr int kDetailBytes = 384;

  Code code = Code::kOk;
  const char* message = nullptr;  // static text, lower case, without a full stop
  const char* hint = nullptr;     // static text, whole sentences, or nullptr
  char detail[kDetailBytes];      // whole sentences, zero-terminated; "" if none
  int16_t quote_at = 0;           // where in the detail a value is quoted that the caller gave
  int16_t quote_bytes = 0;        // 0: nowhere

  Status() noexcept { detail[0] = '\0'; }

  [[nodiscard]] bool ok() const noexcept { return code == Code::kOk; }
};

// A failed Status whose detail is printed from `format` as snprintf does; a detail that
// does not fit is cut at a character boundary of UTF-8.
[[nodiscard]] Status failure(Code code, const char* message, const char* hint, const char* format,
                             ...) noexcept __attribute__((format(printf, 4, 5)));

// `failure`, whose detail quotes, from the byte `at` on, the value `shown` of a transcript: for the
// caller to see, and for nobody to keep.
[[nodiscard]] Status quoting(Status failure, size_t at, std::string_view shown) noexcept;

// Copies `value` into `out` for display in a detail: at most `max_bytes` - 1 bytes, cut at a
// character boundary and marked with "..." if it is longer, control characters replaced by '?'.
// Returns `out`.
const char* excerpt(std::string_view value, char* out, int max_bytes) noexcept;

}  // namespace s2t::core
