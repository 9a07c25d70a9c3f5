// A part of a transaction that may fail without it.
#pragma once

#include "pg/server.h"

namespace s2t::pg {

// Calls `body` in a subtransaction, with `context` as its memory. Returns nullptr if it came to its
// end, and else the error that ended it, copied into the caller's memory: what the body did and
// held is given back by then, and the caller decides what becomes of the error.
[[nodiscard]] ErrorData* run_in_subtransaction(MemoryContext context, void (*body)(void*),
                                               void* argument);

// The same for anything that can be called; it captures by reference what it leaves behind.
template <typename Body>
[[nodiscard]] ErrorData* run_in_subtransaction(MemoryContext context, Body&& body) {
  return run_in_subtransaction(
      context, [](void* argument) { (*static_cast<std::remove_reference_t<Body>*>(argument))(); },
      &body);
}

}  // namespace s2t::pg
