// The meta of a segment, from the core's JSON into the server's.
#pragma once

#include <string_view>

#include "pg/server.h"

namespace s2t::segments {

// `json` is an object as core/base/json_text.h and the reader of transcripts write it, in the
// database's encoding: well-formed, without white space. The result is what jsonb's input function
// makes of it, in half of the time. In the current memory context. Raises 54000 for a string that
// jsonb cannot hold.
[[nodiscard]] Jsonb* read_meta(std::string_view json);

}  // namespace s2t::segments
