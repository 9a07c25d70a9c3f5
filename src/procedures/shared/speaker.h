// Who speaks in a segment (docs/transcripts.md, "`segments.meta`").
#pragma once

#include <string_view>

#include "pg/server.h"

namespace s2t::procedures {

// The speaker that a segment's meta names, in UTF-8, in the current memory context; "" if none.
[[nodiscard]] std::string_view speaker_in(Jsonb* meta);

}  // namespace s2t::procedures
