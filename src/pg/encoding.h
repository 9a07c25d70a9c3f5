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

}  // namespace s2t::pg
