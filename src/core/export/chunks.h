// A transcript in pieces for embedding and retrieval (docs/reads.md, "Transcripts").
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>
#include <stdint.h>

#include <string_view>

#include "core/base/status.h"

namespace s2t::core {

inline constexpr int32_t kMaxChunkChars = 1000000;

// What is asked for, in characters: kInvalidParameter if `max_chars` is not 1 to kMaxChunkChars, or
// `overlap` is negative or more than half of it.
[[nodiscard]] Status check_chunk_sizes(int32_t max_chars, int32_t overlap) noexcept;

// What stands between the texts of two segments, neither of them empty: a line end where another
// speaker begins, else a blank or, in scripts without them, nothing.
[[nodiscard]] std::string_view chunk_separator(std::string_view before, std::string_view after,
                                               bool same_speaker) noexcept;

// Bytes of the whole text, blanks at its ends left out.
struct Chunk {
  size_t from;
  size_t to;
};

// Cuts the text of a transcript into chunks, one after the other. None has more than `max_chars`
// characters, and every character but blanks is in one of them at least.
//
// A chunk ends at the last turn of a speaker in its second half, else at the last end of a sentence
// that fits, else of a segment or of a clause in the second half, else of a word, and only within a
// word that is longer than a chunk between two letters. The next one begins behind it or, with an
// overlap, at most so many characters earlier: at a sentence, or else at a word. Nothing is
// allocated.
class Chunker {
 public:
  // Where segments end in the text, ascending, and whether it is another speaker's turn then.
  struct SegmentEnd {
    size_t at;
    bool turn;
  };

  // The text is UTF-8, and lives as long as the chunker.
  Chunker(std::string_view text, const SegmentEnd* ends, size_t count, int32_t max_chars,
          int32_t overlap) noexcept;

  // False after the last one.
  [[nodiscard]] bool next(Chunk* chunk) noexcept;

 private:
  [[nodiscard]] size_t skip_blanks(size_t at) const noexcept;
  [[nodiscard]] size_t end_from(size_t from) noexcept;
  [[nodiscard]] size_t start_after(size_t from, size_t to) const noexcept;
  [[nodiscard]] std::string_view word_before(size_t at) const noexcept;
  [[nodiscard]] std::string_view word_after(size_t at) const noexcept;
  [[nodiscard]] bool sentence_ends(size_t at) const noexcept;

  std::string_view text_;
  const SegmentEnd* ends_;
  size_t count_;
  int32_t max_chars_;
  int32_t overlap_;
  size_t first_end_ = 0;  // of those behind the start of the chunk
  size_t from_;
  size_t to_ = 0;  // of the chunk before
};

}  // namespace s2t::core
