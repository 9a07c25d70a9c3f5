#include "core/account/language_tag.h"

#include <stddef.h>
#include <stdint.h>

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace s2t::core {

namespace {

// The grandfathered tags that have not the shape of a langtag (RFC 5646, "irregular"). The regular
// ones do have it and need no list.
constexpr std::array<std::string_view, 17> kIrregular = {
    "en-gb-oed", "i-ami", "i-bnn",     "i-default", "i-enochian", "i-hak",
    "i-klingon", "i-lux", "i-mingo",   "i-navajo",  "i-pwn",      "i-tao",
    "i-tay",     "i-tsu", "sgn-be-fr", "sgn-be-nl", "sgn-ch-de"};

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

constexpr bool is_alphanumeric(char c) noexcept { return is_ascii_letter(c) || is_ascii_digit(c); }

// Walks over the subtags of a tag. Past the last one, `current` is empty and `done` is true; an
// empty subtag inside the tag leaves `current` empty too and fits no rule.
struct Subtags {
  std::string_view rest;
  std::string_view current;
  bool done = false;

  explicit Subtags(std::string_view tag) noexcept : rest(tag) { take(); }

  void advance() noexcept {
    if (rest.empty()) {
      current = {};
      done = true;
      return;
    }
    rest.remove_prefix(1);  // the hyphen
    take();
  }

  // Between `least` and `most` characters, each of which satisfies `condition`.
  bool is(size_t least, size_t most, bool (*condition)(char)) const noexcept {
    return current.size() >= least && current.size() <= most &&
           std::all_of(current.begin(), current.end(), condition);
  }

  bool is_letters(size_t least, size_t most) const noexcept {
    return is(least, most, is_ascii_letter);
  }

  bool is_alphanumerics(size_t least, size_t most) const noexcept {
    return is(least, most, is_alphanumeric);
  }

 private:
  void take() noexcept {
    current = rest.substr(0, rest.find('-'));
    rest.remove_prefix(current.size());
  }
};

// language = 2*3ALPHA ["-" extlang] / 4ALPHA / 5*8ALPHA; extlang = 3ALPHA *2("-" 3ALPHA)
bool skip_language(Subtags& at) noexcept {
  if (!at.is_letters(2, 8)) return false;
  int extlangs = at.current.size() <= 3 ? 3 : 0;
  at.advance();
  for (; extlangs > 0 && at.is_letters(3, 3); --extlangs) at.advance();
  return true;
}

// script = 4ALPHA, region = 2ALPHA / 3DIGIT, both optional
void skip_script_and_region(Subtags& at) noexcept {
  if (at.is_letters(4, 4)) at.advance();
  if (at.is_letters(2, 2) || at.is(3, 3, is_ascii_digit)) at.advance();
}

// variant = 5*8alphanum / (DIGIT 3alphanum), any number, each once
bool skip_variants(Subtags& at) noexcept {
  const Subtags first = at;
  while (at.is_alphanumerics(5, 8) ||
         (at.is_alphanumerics(4, 4) && is_ascii_digit(at.current[0]))) {
    for (Subtags earlier = first; earlier.rest.size() > at.rest.size(); earlier.advance()) {
      if (equal_ignoring_case(earlier.current, at.current)) return false;
    }
    at.advance();
  }
  return true;
}

// A bit of its own for each digit and letter.
constexpr uint64_t bit_of(char c) noexcept {
  const int place = is_ascii_digit(c) ? c - '0' : ascii_lower(c) - 'a' + 10;
  return uint64_t{1} << static_cast<unsigned>(place);
}

// extension = singleton 1*("-" (2*8alphanum)), any number, each singleton once
bool skip_extensions(Subtags& at) noexcept {
  uint64_t seen = 0;
  while (at.is_alphanumerics(1, 1) && ascii_lower(at.current[0]) != 'x') {
    const uint64_t singleton = bit_of(at.current[0]);
    if ((seen & singleton) != 0) return false;
    seen |= singleton;

    at.advance();
    if (!at.is_alphanumerics(2, 8)) return false;
    while (at.is_alphanumerics(2, 8)) at.advance();
  }
  return true;
}

// privateuse = "x" 1*("-" (1*8alphanum)), optional
bool skip_private_use(Subtags& at) noexcept {
  if (!equal_ignoring_case(at.current, "x")) return true;
  at.advance();
  if (!at.is_alphanumerics(1, 8)) return false;
  while (at.is_alphanumerics(1, 8)) at.advance();
  return true;
}

bool is_langtag(std::string_view tag) noexcept {
  Subtags at(tag);
  if (!skip_language(at)) return false;
  skip_script_and_region(at);
  return skip_variants(at) && skip_extensions(at) && skip_private_use(at) && at.done;
}

bool is_private_use(std::string_view tag) noexcept {
  Subtags at(tag);
  return !at.current.empty() && skip_private_use(at) && at.done;
}

bool is_irregular(std::string_view tag) noexcept {
  return std::any_of(kIrregular.begin(), kIrregular.end(),
                     [&](std::string_view known) { return equal_ignoring_case(tag, known); });
}

}  // namespace

bool is_language_tag(std::string_view tag) noexcept {
  return is_langtag(tag) || is_private_use(tag) || is_irregular(tag);
}

}  // namespace s2t::core
