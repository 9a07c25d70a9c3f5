// Folding of letters for search: what is left when case and diacritics do not matter.
//
// Characters are taken apart as Unicode does, so that composed and decomposed text fold alike, in
// Hangul and kana as in Latin; ligatures, presentation forms and half-width forms fold to what they
// are forms of. Diacritics are taken off: those of Latin (of "đ" as well), Greek and Cyrillic, the
// points of Hebrew and Arabic, nuktas. Latin, Greek, Cyrillic, Armenian and full-width letters lose
// their case. The result depends on nothing but the text: it may stand in an index.
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
using Diacritics = uint64_t;

inline constexpr int kMaxFoldedLetters = 4;

// One character, folded: its letters ("æ" is "ae"), and the marks that were taken off. A
// diacritical mark has no letters; neither has an invisible character (soft hyphen, joiners).
struct Folded {
  char32_t letters[kMaxFoldedLetters];  // 0 where there is none
  Diacritics marks;
};

[[nodiscard]] Folded fold_char(char32_t code) noexcept;

inline constexpr size_t kMaxFoldedGrowth = 3;

// Folds `text`, which is UTF-8, into `out`, which has room for kMaxFoldedGrowth * text.size()
// bytes. Bytes that are not UTF-8 stay as they are. Returns the bytes written.
[[nodiscard]] size_t fold(std::string_view text, char* out) noexcept;

}  // namespace s2t::core
