#include "core/export/chunks.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

// Where a chunk may end, the best place last.
enum Place : uint8_t { kLetter, kWord, kClause, kSegment, kSentence, kTurn, kPlaces };

// As much of a word as abbreviations and marks after it take.
constexpr size_t kWordBytes = 64;

// Where the character before `at`, which is not 0, begins.
size_t step_back(std::string_view text, size_t at) noexcept {
  --at;
  while (at > 0 && continues_char(text[at])) --at;
  return at;
}

bool is_blank_at(std::string_view text, size_t at) noexcept {
  return is_blank_char(first_char(text.substr(at)).code);
}

bool is_blank_before(std::string_view text, size_t at) noexcept {
  return at == 0 || is_blank_at(text, step_back(text, at));
}

}  // namespace

Status check_chunk_sizes(int32_t max_chars, int32_t overlap) noexcept {
  if (max_chars < 1 || max_chars > kMaxChunkChars) {
    return failure(Code::kInvalidParameter, "invalid chunk size", nullptr,
                   "Argument in_max_chars is %d; 1 to %d is expected.", max_chars, kMaxChunkChars);
  }
  if (overlap < 0 || overlap > max_chars / 2) {
    return failure(Code::kInvalidParameter, "invalid overlap", nullptr,
                   "Argument in_overlap is %d; 0 to %d, half of in_max_chars, is expected.",
                   overlap, max_chars / 2);
  }
  return {};
}

std::string_view chunk_separator(std::string_view before, std::string_view after,
                                 bool same_speaker) noexcept {
  if (!same_speaker) return "\n";
  return joins_without_blank(before, after) ? "" : " ";
}

Chunker::Chunker(std::string_view text, const SegmentEnd* ends, size_t count, int32_t max_chars,
                 int32_t overlap) noexcept
    : text_(text),
      ends_(ends),
      count_(count),
      max_chars_(max_chars),
      overlap_(overlap),
      from_(skip_blanks(0)) {}

bool Chunker::next(Chunk* chunk) noexcept {
  if (from_ >= text_.size()) return false;
  size_t to = end_from(from_);
  if (to <= to_) {  // nothing but blanks behind the overlap
    from_ = skip_blanks(to_);
    to = end_from(from_);
  }
  *chunk = {from_, to};
  const size_t rest = skip_blanks(to);
  from_ = rest == text_.size() ? rest : start_after(from_, to);
  to_ = to;
  return true;
}

size_t Chunker::skip_blanks(size_t at) const noexcept {
  while (at < text_.size() && is_blank_at(text_, at)) at += first_char(text_.substr(at)).bytes;
  return at;
}

// Looks at every place up to the length of a chunk, and remembers the last one of each kind that
// takes us beyond the chunk before.
size_t Chunker::end_from(size_t from) noexcept {
  std::array<size_t, kPlaces> last{};
  while (first_end_ < count_ && ends_[first_end_].at <= from) ++first_end_;
  size_t end = first_end_;
  size_t at = from;
  size_t filled = from;  // without the blanks at the end
  size_t half = from;    // what ends before it would leave the chunk short
  char32_t before = 0;
  for (int32_t chars = 0;; ++chars) {
    const bool at_end = at == text_.size();
    const Char here = at_end ? Char{' ', 0} : first_char(text_.substr(at));
    const bool blank = is_blank_char(here.code);
    while (end < count_ && ends_[end].at < at) ++end;
    if (at > from && at > to_ && !is_blank_char(before)) {
      if (at_end) return at;
      const bool wide_mark = is_ideographic(before) && is_punctuation(before);
      if (blank || columns_of(here.code) > 0) last[kLetter] = at;
      if (blank || may_break_between(before, here.code)) last[kWord] = at;
      if ((blank || wide_mark) && ends_clause(word_before(at))) last[kClause] = at;
      if (sentence_ends(at)) last[kSentence] = at;
      if (end < count_ && ends_[end].at == at) {
        last[kSegment] = at;
        if (ends_[end].turn) last[kTurn] = at;
      }
      filled = at;
    }
    if (at_end || chars == max_chars_) break;
    before = here.code;
    at += here.bytes;
    if (chars < max_chars_ / 2) half = at;
  }
  if (skip_blanks(at) == text_.size() && filled > from) return filled;
  if (last[kTurn] > 0 && last[kTurn] >= half) return last[kTurn];
  if (last[kSentence] > 0) return last[kSentence];
  for (const Place place : {kSegment, kClause}) {
    if (last[place] > 0 && last[place] >= half) return last[place];
  }
  if (last[kWord] > 0) return last[kWord];
  return last[kLetter] > 0 ? last[kLetter] : filled;
}

// Behind the chunk or, with an overlap, so much earlier that a sentence or word is begun anew.
size_t Chunker::start_after(size_t from, size_t to) const noexcept {
  size_t sentence = to;
  size_t word = to;
  size_t at = to;
  for (int32_t chars = 0; chars < overlap_; ++chars) {
    at = step_back(text_, at);
    if (at <= from) break;
    if (is_blank_at(text_, at)) continue;
    size_t end = at;  // of what stands before
    while (end > from && is_blank_before(text_, end)) end = step_back(text_, end);
    if (end < at) word = at;
    if (sentence_ends(end)) sentence = at;
  }
  if (sentence < to) return sentence;
  if (word < to) return word;
  // No word begins there: in scripts without blanks any letter is as good.
  if (overlap_ > 0 && at > from && is_unspaced(first_char(text_.substr(at)).code)) {
    const char32_t before = first_char(text_.substr(step_back(text_, at))).code;
    if (may_break_between(before, first_char(text_.substr(at)).code)) return at;
  }
  return skip_blanks(to);
}

std::string_view Chunker::word_before(size_t at) const noexcept {
  size_t from = at;
  while (from > 0 && at - from < kWordBytes && !is_blank_before(text_, from)) {
    from = step_back(text_, from);
  }
  return text_.substr(from, at - from);
}

std::string_view Chunker::word_after(size_t at) const noexcept {
  const size_t from = skip_blanks(at);
  size_t to = from;
  while (to < text_.size() && to - from < kWordBytes && !is_blank_at(text_, to)) {
    to += first_char(text_.substr(to)).bytes;
  }
  return text_.substr(from, to - from);
}

// Between words, or behind a mark of scripts that have no blanks.
bool Chunker::sentence_ends(size_t at) const noexcept {
  if (at == 0 || at >= text_.size()) return false;
  if (!is_blank_at(text_, at)) {
    const char32_t before = first_char(text_.substr(step_back(text_, at))).code;
    if (!is_ideographic(before) || !is_punctuation(before)) return false;
    if (is_punctuation(first_char(text_.substr(at)).code)) return false;
  }
  const std::string_view word = word_before(at);
  return !word.empty() && ends_sentence(word, word_after(at));
}

}  // namespace s2t::core
