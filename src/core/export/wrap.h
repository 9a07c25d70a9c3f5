// Breaking what is shown on a screen into lines that are short enough.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>

#include <string_view>

namespace s2t::core {

// A place where a text is broken: what ends before `end` and goes on at `next`, which is behind the
// blank that the break takes the place of.
struct LineBreak {
  size_t end;
  size_t next;
  bool last;  // what goes on is one line
};

// Where the first line of `text` ends; both at the end of the text if it is one line. About 42
// columns of display: what fits into two lines is broken near its middle, by preference at a blank.
// Looks at the text once, and no further than two lines or a place for a break.
[[nodiscard]] LineBreak first_line_break(std::string_view text) noexcept;

}  // namespace s2t::core
