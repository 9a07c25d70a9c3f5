#include "core/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <algorithm>

#include "core/base/text.h"

namespace s2t::core {

namespace {

// Takes an incomplete character off the end of `text`, which holds `length` bytes.
void drop_partial_char(char* text, int length) noexcept {
  int lead = length - 1;
  while (lead > 0 && continues_char(text[lead])) --lead;
  if (lead >= 0 && lead + char_bytes(text[lead]) > length) text[lead] = '\0';
}

}  // namespace

Status failure(Code code, const char* message, const char* hint, const char* format, ...) noexcept {
  Status status;
  status.code = code;
  status.message = message;
  status.hint = hint;

  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(status.detail, sizeof status.detail, format, arguments);
  va_end(arguments);
  if (length >= Status::kDetailBytes) drop_partial_char(status.detail, Status::kDetailBytes - 1);
  return status;
}

Status quoting(Status failure, size_t at, std::string_view shown) noexcept {
  const size_t length = strlen(failure.detail);
  failure.quote_at = static_cast<int16_t>(std::min(at, length));
  failure.quote_bytes =
      static_cast<int16_t>(std::min(shown.size(), length - static_cast<size_t>(failure.quote_at)));
  return failure;
}

const char* excerpt(std::string_view value, char* out, int max_bytes) noexcept {
  static constexpr int kMarkBytes = 3;  // "..."
  if (max_bytes <= 0) return out;

  const int room = max_bytes - 1;
  int length = 0;
  int length_before_mark = 0;  // the longest prefix that leaves room for the mark
  while (!value.empty()) {
    const Char next = first_char(value);
    const int bytes = is_control(next.code) ? 1 : next.bytes;
    if (length + bytes > room) {
      length = length_before_mark;
      const int mark = std::min(kMarkBytes, room - length);
      memset(out + length, '.', mark);
      length += mark;
      break;
    }
    if (is_control(next.code)) {
      out[length] = '?';
    } else {
      memcpy(out + length, value.data(), bytes);
    }
    length += bytes;
    if (length + kMarkBytes <= room) length_before_mark = length;
    value.remove_prefix(next.bytes);
  }
  out[length] = '\0';
  return out;
}

}  // namespace s2t::core
