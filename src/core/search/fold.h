// Folding of letters for search: what is left when case and diacritics do not matter.
//
// Latin letters lose their marks and their case, those of Vietnamese and "đ" included; the
// combining marks U+0300 to U+036F are dropped, so that composed and decomposed text fold alike.
// Greek, Cyrillic, Armenian and full-width letters lose their case, and the first two their
// accents. Other scripts stay as they are. The result depends on nothing but the text: it may stand
// in an index.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>
#include <stdint.h>

#include <string_view>

namespace s2t::core {

// A set of diacritical marks. Two marks may share a place in it, but none of those that one
// language uses do.
using Marks = uint64_t;

// One character, folded: up to two letters ("æ" is "ae"), and the marks that were taken off. A
// combining mark has no letters; neither has an invisible character (soft hyphen, joiners).
struct Folded {
  char32_t letters[2];  // 0 where there is none
  Marks marks;
};

[[nodiscard]] Folded fold_char(char32_t code) noexcept;

// Folds `text`, which is UTF-8, into `out`, which has room for text.size() bytes: folding never
// makes a text longer. Bytes that are not UTF-8 stay as they are. Returns the bytes written.
[[nodiscard]] size_t fold(std::string_view text, char* out) noexcept;

}  // namespace s2t::core
