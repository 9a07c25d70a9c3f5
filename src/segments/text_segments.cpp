#include "segments/text_segments.h"

#include "pg/array.h"
#include "pg/encoding.h"
#include "pg/error.h"
#include "segments/numbers.h"

namespace s2t::segments {

namespace {

constexpr size_t kUsualBytes = 100;  // of an element

std::string_view unescaped(std::string_view content) {
  auto* bytes = static_cast<char*>(palloc(content.size() + 1));
  size_t length = core::unescape(content, bytes);
  return {bytes, length};
}

Jsonb* read_others(std::string_view element) {
  auto* bytes = static_cast<char*>(palloc(element.size() + 3));
  bytes[core::others_of(element, bytes)] = '\0';
  std::string_view text = pg::from_utf8({bytes, strlen(bytes)});
  char* object = pnstrdup(text.data(), text.size());
  return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(object)));
}

}  // namespace

TextSegments::TextSegments(std::string_view array) : array_(pg::to_utf8(array)), scanner_(array_) {
  core::Status status = scanner_.begin();
  if (scanner_.is_no_array()) raise_no_array(status);
  raise_unless_ok(&status);
}

// Details quote the array, which the core reads as UTF-8.
void TextSegments::raise_unless_ok(core::Status* status) const {
  if (likely(status->ok())) return;
  if (!pg::is_utf8_database()) {
    for (char* at = status->detail; *at != '\0'; at++)
      if (IS_HIGHBIT_SET(*at)) *at = '?';
  }
  pg::raise_unless_ok(*status);
}

int TextSegments::count() const {
  return static_cast<int>(Min(array_.size() / kUsualBytes, PG_INT32_MAX));
}

bool TextSegments::next(core::Segment* segment, Jsonb** meta) {
  core::ScannedSegment scanned;
  bool found = false;
  core::Status status = scanner_.next(&scanned, &found);
  raise_unless_ok(&status);
  if (!found) return false;

  *segment = scanned.segment;
  if (scanned.escaped) segment->text = unescaped(segment->text);
  segment->text = pg::from_utf8(segment->text);
  *meta = scanned.others ? read_others(scanned.source) : nullptr;
  check_unique(segment->idx);
  return true;
}

// Segments nearly always come in ascending order, which proves their numbers unique in passing.
void TextSegments::check_unique(int32_t idx) {
  if (likely(idx > highest_) || known_unique_) {
    highest_ = idx;
    return;
  }
  look_for_repeated_idx();
  known_unique_ = true;
}

// Looks through all numbers of the array, up to the first element that is broken in another way:
// that is left to next().
void TextSegments::look_for_repeated_idx() const {
  core::SegmentScanner scanner(array_);
  pg::Array<Numbered> numbers;
  core::ScannedSegment scanned;
  bool found = true;
  core::Status status = scanner.begin();
  while (status.ok()) {
    status = scanner.next(&scanned, &found);
    if (!status.ok() || !found) break;
    numbers.push({scanned.segment.idx, scanner.position()});
    CHECK_FOR_INTERRUPTS();
  }
  require_unique(numbers.begin(), static_cast<int>(numbers.size()));
  pfree(numbers.begin());
}

}  // namespace s2t::segments
