// Language tags (BCP 47).
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <string_view>

namespace s2t::core {

// Whether `tag` is well-formed in the sense of RFC 5646, section 2.2.9: it has the shape of section
// 2.1 (langtag, private use or grandfathered, in any case of letters) and repeats no variant and no
// extension's singleton. Subtags are not looked up in the registry. Time grows with the square of
// the number of variants: the caller limits the length.
[[nodiscard]] bool is_language_tag(std::string_view tag) noexcept;

}  // namespace s2t::core
