// The numbers of a transcript's segments, which must be unique.
#pragma once

#include "pg/server.h"

namespace s2t::segments {

struct Numbered {
  int32_t idx;
  int32_t position;  // of the element, from 0
};

// Raises 22023 for the first element whose number an earlier one has. Sorts the numbers.
void require_unique(Numbered* numbers, int count);

}  // namespace s2t::segments
