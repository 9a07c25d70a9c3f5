// What a transcript may be, and how its reading is given up.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>

namespace s2t::core {

inline constexpr size_t kMaxTranscriptBytes = size_t{256} * 1024 * 1024;
inline constexpr int kMaxTranscriptDepth = 64;  // of arrays and objects in one another

// Whether reading is to be given up; called now and then.
using StopFunction = bool (*)(void* context) noexcept;

}  // namespace s2t::core
