#include "core/export/wrap.h"

#include <array>
#include <cstdlib>
#include <span>

#include "core/base/text.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

constexpr int kLineColumns = 42;
constexpr size_t kBytesPerColumn = 16;  // at most, marks included, in what people write

// A place where a line may be broken.
struct Place {
  size_t end;
  size_t next;
  int columns;        // of the text before it
  bool after_letter;  // between letters of a script that has blanks elsewhere
};

// What there is within two lines: at blanks, and between letters of scripts without blanks. The
// columns in front of them ascend.
struct Places {
  std::array<Place, 2 * kLineColumns + 1> place;
  size_t count = 0;
  int columns = 0;  // of the text, or as many as are too many for two lines

  [[nodiscard]] std::span<const Place> all() const { return {place.data(), count}; }
};

// Goes through the text until it is too long for two lines and there is a place.
void find_places(std::string_view text, Places* found) {
  char32_t before = 0;
  size_t last = 0;  // where the text after the last place begins: none is right behind another
  int columns = 0;
  for (size_t at = 0; at < text.size();) {
    if (columns > 2 * kLineColumns && found->count > 0) break;
    const auto byte = static_cast<unsigned char>(text[at]);
    const Char c = byte < 0x80U ? Char{byte, 1} : first_char(text.substr(at));
    const bool blank = c.code == U' ';
    if (at > last && (blank || (c.code >= kFirstUnspaced && may_break_between(before, c.code)))) {
      last = at + (blank ? 1 : 0);
      found->place[found->count++] = {at, last, columns, !blank && !is_ideographic(c.code)};
    }
    // The letters that most texts are made of need no call.
    columns += c.code < 0x300 ? 1 : columns_of(c.code);
    before = c.code;
    at += static_cast<size_t>(c.bytes);
  }
  found->columns = columns;
}

// The place that comes nearest to the middle of a text of two lines; nullptr if none leaves two
// lines that are short enough.
const Place* middle_place(const Places& found) {
  const Place* best = nullptr;
  int least = found.columns + kLineColumns;
  for (const Place& place : found.all()) {
    if (place.columns > kLineColumns) break;
    const int second = found.columns - place.columns - static_cast<int>(place.next - place.end);
    int distance = std::abs(place.columns - second);
    // A blank is a better place than one between letters, except where there are no others.
    if (place.after_letter) distance += kLineColumns / 4;
    if (second > kLineColumns || distance >= least) continue;
    least = distance;
    best = &place;
  }
  return best;
}

// The last place that leaves a line short enough, or the first there is; nullptr if there is none.
const Place* last_place(const Places& found) {
  const Place* best = nullptr;
  for (const Place& place : found.all()) {
    if (best != nullptr && place.columns > kLineColumns) break;
    best = &place;
  }
  return best;
}

}  // namespace

LineBreak first_line_break(std::string_view text) noexcept {
  const LineBreak none{text.size(), text.size(), true};
  // No character takes more columns than bytes.
  if (text.size() <= kLineColumns) return none;
  Places found;
  find_places(text, &found);
  if (found.columns <= kLineColumns) return none;
  // Only what may fit into two lines is worth balancing.
  if (found.columns <= 2 * kLineColumns && text.size() <= kBytesPerColumn * kLineColumns) {
    const Place* middle = middle_place(found);
    if (middle != nullptr) return {middle->end, middle->next, true};
  }
  const Place* place = last_place(found);
  return place != nullptr ? LineBreak{place->end, place->next, false} : none;
}

}  // namespace s2t::core
