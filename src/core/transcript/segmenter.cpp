#include "core/transcript/segmenter.h"

#include <algorithm>
#include <limits>

#include "core/base/text.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

// At least 1, so that every word moves the middle.
int columns_of_word(const Word& word) {
  return std::max(1, columns_of(word.text) + (word.joined ? 0 : 1));
}

// Whether a segment ends between two words whatever its length.
bool must_break(const Word& before, const Word& after) {
  return before.speaker != after.speaker ||
         int64_t{after.times->start_ms} - before.times->end_ms >= kPauseMs ||
         ends_sentence(before.text, after.text);
}

// Halves stretches of words until each fits into a segment.
class Halver {
 public:
  Halver(std::span<const Word> words, std::vector<WordRange>* segments)
      : words_(words), segments_(segments) {}

  void halve(WordRange whole) {
    std::vector<WordRange> open = {whole};
    while (!open.empty()) {
      const WordRange range = open.back();
      open.pop_back();
      const int64_t columns = columns_of_range(range);
      if (range.to - range.from == 1 || fits(range, columns)) {
        segments_->push_back(range);
        continue;
      }
      const size_t middle = best_break(range, columns);
      open.push_back({middle, range.to});
      open.push_back({range.from, middle});
    }
  }

 private:
  [[nodiscard]] int64_t columns_of_range(WordRange range) const {
    int64_t columns = 0;
    for (size_t i = range.from; i < range.to; ++i) columns += columns_of_word(words_[i]);
    return columns;
  }

  [[nodiscard]] bool fits(WordRange range, int64_t columns) const {
    const Times times = *times_of(words_.subspan(range.from, range.to - range.from));
    // The blank before the first word is not written.
    return columns <= kSegmentColumns + 1 && int64_t{times.end_ms} - times.start_ms <= kSegmentMs;
  }

  // The word to begin the second half with. What speaks for a place weighs as much as a quarter of
  // the length between it and the middle.
  [[nodiscard]] size_t best_break(WordRange range, int64_t columns) const {
    constexpr int32_t kBreathMs = 250;
    size_t best = range.from + 1;
    int64_t least = std::numeric_limits<int64_t>::max();
    int64_t before = columns_of_word(words_[range.from]);
    for (size_t i = range.from + 1; i < range.to; ++i) {
      int64_t cost = std::abs(2 * before - columns);
      if (!ends_clause(words_[i - 1].text)) cost += columns / 4;
      if (words_[i].times->start_ms - words_[i - 1].times->end_ms < kBreathMs) cost += columns / 8;
      if (cost < least) {
        least = cost;
        best = i;
      }
      before += columns_of_word(words_[i]);
    }
    return best;
  }

  std::span<const Word> words_;
  std::vector<WordRange>* segments_;
};

bool equal_letters(char a, char b) { return ascii_lower(a) == ascii_lower(b); }

bool starts_with(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), equal_letters);
}

// What of `gap`, the text between two words, belongs to the one before and to the one after.
struct Gap {
  std::string_view before;
  std::string_view after;
  bool blank = false;  // whether there is a blank in it
};

Gap divide(std::string_view gap) {
  Gap result{gap, {}, false};
  size_t after_last = 0;
  for (size_t at = 0; at < gap.size();) {
    const Char next = first_char(gap.substr(at));
    if (is_blank_char(next.code)) {
      after_last = at + next.bytes;
      result.blank = true;
    }
    at += next.bytes;
  }
  if (!result.blank) return result;
  result.after = gap.substr(after_last);
  // A mark that stands alone between blanks, a dash say, stays with the word before.
  result.before = gap.substr(0, after_last);
  while (!result.before.empty() && is_blank_char(last_char(result.before))) {
    drop_last_char(&result.before);
  }
  return result;
}

// Where the words stand in the text, as offsets of their first bytes; empty if they do not.
std::vector<size_t> locate(std::string_view text, std::span<const Word> words) {
  std::vector<size_t> places;
  places.reserve(words.size());
  size_t at = 0;
  for (const Word& word : words) {
    while (at < text.size() && !starts_with(text.substr(at), word.text)) {
      const Char next = first_char(text.substr(at));
      if (!is_blank_char(next.code) && !is_punctuation(next.code)) return {};
      at += next.bytes;
    }
    if (at >= text.size()) return {};
    places.push_back(at);
    at += word.text.size();
  }
  return places;
}

// Whether nothing but blanks and punctuation is left.
bool is_rest(std::string_view text) {
  while (!text.empty()) {
    const Char next = first_char(text);
    if (!is_blank_char(next.code) && !is_punctuation(next.code)) return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

}  // namespace

std::vector<WordRange> segment_words(std::span<const Word> words) {
  std::vector<WordRange> segments;
  Halver halver(words, &segments);
  size_t from = 0;
  for (size_t i = 1; i <= words.size(); ++i) {
    if (i < words.size() && !must_break(words[i - 1], words[i])) continue;
    halver.halve({from, i});
    from = i;
  }
  return segments;
}

std::string join_words(std::span<const Word> words) {
  std::string text;
  for (const Word& word : words) {
    if (!text.empty() && !word.joined) text += ' ';
    text += word.text;
  }
  return text;
}

std::optional<Times> times_of(std::span<const Word> words) {
  std::optional<Times> all;
  for (const Word& word : words) {
    if (!word.times) continue;
    if (!all) {
      all = word.times;
    } else {
      all->start_ms = std::min(all->start_ms, word.times->start_ms);
      all->end_ms = std::max(all->end_ms, word.times->end_ms);
    }
  }
  return all;
}

void join_by_script(std::span<Word> words) {
  for (size_t i = 1; i < words.size(); ++i) {
    if (joins_without_blank(words[i - 1].text, words[i].text)) words[i].joined = true;
  }
}

bool align_words(std::string_view text, std::span<Word> words) {
  const std::vector<size_t> places = locate(text, words);
  if (places.size() != words.size() || words.empty()) return false;
  if (!is_rest(text.substr(places.back() + words.back().text.size()))) return false;

  std::string_view opening = text.substr(0, places.front());
  while (!opening.empty() && is_blank_char(first_char(opening).code)) {
    opening.remove_prefix(first_char(opening).bytes);
  }
  bool joined = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const size_t end = places[i] + words[i].text.size();
    const bool last = i + 1 == words.size();
    const Gap gap = divide(text.substr(end, last ? std::string_view::npos : places[i + 1] - end));
    std::string whole(opening);
    whole += text.substr(places[i], words[i].text.size());
    whole += gap.before;
    if (last && !gap.after.empty()) (whole += ' ') += gap.after;
    words[i].text = std::move(whole);
    words[i].joined = joined;
    opening = gap.after;
    joined = !gap.blank;
  }
  return true;
}

}  // namespace s2t::core
