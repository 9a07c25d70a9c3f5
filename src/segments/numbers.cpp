#include "segments/numbers.h"

#include "pg/error.h"
#include "segments/segment_source.h"

namespace s2t::segments {

namespace {

int compare(const void* left, const void* right) {
  const auto* a = static_cast<const Numbered*>(left);
  const auto* b = static_cast<const Numbered*>(right);
  if (a->idx != b->idx) return a->idx < b->idx ? -1 : 1;
  if (a->position != b->position) return a->position < b->position ? -1 : 1;
  return 0;
}

}  // namespace

void require_unique(Numbered* numbers, int count) {
  qsort(numbers, count, sizeof(Numbered), compare);
  const Numbered* first = nullptr;
  for (int i = 1; i < count; i++) {
    if (numbers[i].idx == numbers[i - 1].idx &&
        (first == nullptr || numbers[i].position < first->position))
      first = &numbers[i];
  }
  if (first != nullptr)
    pg::raise_unless_ok(core::segment_idx_repeated(first->position, first->idx));
}

}  // namespace s2t::segments
