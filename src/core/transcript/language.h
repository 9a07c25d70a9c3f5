// Languages as speech engines name them.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <string>
#include <string_view>

namespace s2t::core {

// The code of a language that OpenAI's service calls by its English name ("vietnamese" is "vi");
// any other text, a code already, comes back as it is.
[[nodiscard]] std::string language_code(std::string_view name);

}  // namespace s2t::core
