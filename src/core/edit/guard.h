// What every entry of editing has around it.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <string.h>

#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "core/base/status.h"
#include "core/edit/edit.h"

namespace s2t::core {

// Runs `body`, which may allocate.
template <typename Body>
[[nodiscard]] Status guarded(Body body) noexcept {
  try {
    return body();
  } catch (const std::exception&) {
    return failure(Code::kOutOfMemory, "out of memory", nullptr,
                   "A segment could not be taken apart.");
  }
}

// Copies texts into memory of the caller's.
class RoomWriter {
 public:
  explicit RoomWriter(Room room) : room_(room) {}

  [[nodiscard]] std::string_view put(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > room_.bytes - used_) throw std::bad_alloc();
    char* at = room_.data + used_;
    memcpy(at, text.data(), text.size());
    used_ += text.size();
    return {at, text.size()};
  }

 private:
  Room room_;
  size_t used_ = 0;
};

// Bytes that a text takes up as a JSON string, at most.
[[nodiscard]] constexpr size_t json_bytes(std::string_view text) noexcept {
  return 6 * text.size() + 2;
}

}  // namespace s2t::core
