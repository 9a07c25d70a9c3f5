// Edits of a transcript's segments: what becomes of their times, and of what is known of them
// beyond the text (docs/editing.md).
//
// Texts are UTF-8; `meta` is JSON text as the database prints it, "" if there is none. Results are
// written to memory that the caller provides, and their views point into it or into what was given.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>
#include <stdint.h>

#include <optional>
#include <span>
#include <string_view>

#include "core/base/status.h"

namespace s2t::core {

struct Utterance {
  int32_t start_ms = 0;
  int32_t end_ms = 0;
  std::string_view text;
  std::string_view meta;
};

// Memory of the caller's, as much as the function of the same name with `_room` asks for.
struct Room {
  char* data;
  size_t bytes;
};

// A name for a speaker: not blank, at most 255 characters, none of them a control character.
// kInvalidParameter otherwise, naming the argument.
[[nodiscard]] Status check_speaker(std::string_view name, const char* argument) noexcept;

// --- Correcting -------------------------------------------------------------

// What is to be changed; what is not given stays.
struct Correction {
  std::optional<std::string_view> text = std::nullopt;
  std::optional<int32_t> start_ms = std::nullopt;
  std::optional<int32_t> end_ms = std::nullopt;
  std::optional<std::string_view> speaker = std::nullopt;  // "" takes it away
};

struct Corrected {
  Utterance now;
  int32_t lost_words = 0;
};

// Words whose place in the text did not change keep everything; as many words as stood there in the
// place of others take over their times; of what else was rewritten the words are gone.
// kInvalidParameter for times that are negative or end before they begin.
[[nodiscard]] size_t correct_room(const Utterance& before, const Correction& correction) noexcept;
[[nodiscard]] Status correct(const Utterance& before, const Correction& correction, Room room,
                             Corrected* corrected) noexcept;

// --- Speakers ---------------------------------------------------------------

struct Renamed {
  bool changed = false;
  std::string_view meta;
};

// Gives the speaker `from`, of a segment and of its words, the name `to`.
[[nodiscard]] size_t rename_room(std::string_view meta, std::string_view to) noexcept;
[[nodiscard]] Status rename_speaker(std::string_view meta, std::string_view from,
                                    std::string_view to, Room room, Renamed* renamed) noexcept;

// --- Splitting and merging --------------------------------------------------

struct Split {
  Utterance head;
  Utterance tail;
  int32_t lost_words = 0;
};

// Cuts a segment in two: after `at_char` characters, at `at_ms`. One of them may be left to the
// words: the cut is then before the first word that begins at `at_ms` or later, or at the times of
// the words on both sides, or in proportion to the characters where these have none. Words follow
// by where they stand in the text, or else by their times. kInvalidParameter where that cannot be,
// and where nothing would be left on a side.
[[nodiscard]] size_t split_room(const Utterance& whole) noexcept;
[[nodiscard]] Status split(const Utterance& whole, std::optional<int32_t> at_ms,
                           std::optional<int32_t> at_char, Room room, Split* result) noexcept;

// Puts segments together, one at least. The speaker is the first one's: words of others are told
// theirs. Of the other keys those stay that are the same in all of them.
// SIZE_MAX where memory is too short to tell.
[[nodiscard]] size_t merge_room(std::span<const Utterance> parts) noexcept;
[[nodiscard]] Status merge(std::span<const Utterance> parts, Room room, Utterance* whole) noexcept;

}  // namespace s2t::core
