// Between the database's encoding and UTF-8, which the core works in.
#pragma once

#include <string_view>

#include "pg/server.h"

namespace s2t::pg {

// Both return `text` itself where there is nothing to convert (the database's encoding is UTF8, or
// SQL_ASCII, which is none), else a copy in the current memory context. 22P05 for a character that
// the other encoding does not have.
[[nodiscard]] std::string_view to_utf8(std::string_view text);
[[nodiscard]] std::string_view from_utf8(std::string_view text);

// Whether these two have anything to convert.
[[nodiscard]] bool is_utf8_database();

// Calls `body` while the client's encoding is that of the database: the server's send and receive
// functions convert nothing there.
void in_database_encoding(void (*body)(void*), void* argument);

// The same for anything that can be called; it captures by reference what it leaves behind.
template <typename Body>
void in_database_encoding(Body&& body) {
  in_database_encoding(
      [](void* argument) { (*static_cast<std::remove_reference_t<Body>*>(argument))(); }, &body);
}

}  // namespace s2t::pg
