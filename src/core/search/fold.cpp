#include "core/search/fold.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/base/utf8.h"

namespace s2t::core {

namespace {

// Latin letters by code, four bytes each: the letter that is left, up to two marks taken off, and a
// blank. The signs of the marks are those of kMarkSigns; a digit stands for the letters of
// kDigraphs; a blank cell is a character that keeps its form. Made from Unicode's decompositions,
// with letters whose stroke or hook has none treated likewise.
constexpr std::string_view kLatin00C0 =
    "a`  a'  a^  a~  a:  a0  1   c,  e`  e'  e^  e:  i`  i'  i^  i:  "   // 00C0
    "d/  n~  o`  o'  o^  o~  o:      o/  u`  u'  u^  u:  y'  8   3   "   // 00D0
    "a`  a'  a^  a~  a:  a0  1   c,  e`  e'  e^  e:  i`  i'  i^  i:  "   // 00E0
    "d/  n~  o`  o'  o^  o~  o:      o/  u`  u'  u^  u:  y'  8   y:  "   // 00F0
    "a-  a-  a(  a(  a;  a;  c'  c'  c^  c^  c!  c!  cv  cv  dv  dv  "   // 0100
    "d/  d/  e-  e-  e(  e(  e!  e!  e;  e;  ev  ev  g^  g^  g(  g(  "   // 0110
    "g!  g!  g,  g,  h^  h^  h/  h/  i~  i~  i-  i-  i(  i(  i;  i;  "   // 0120
    "i!  i   4   4   j^  j^  k,  k,  q   l'  l'  l,  l,  lv  lv  l   "   // 0130
    "l   l/  l/  n'  n'  n,  n,  nv  nv  n   n   n   o-  o-  o(  o(  "   // 0140
    "o=  o=  2   2   r'  r'  r,  r,  rv  rv  s'  s'  s^  s^  s,  s,  "   // 0150
    "sv  sv  t,  t,  tv  tv  t/  t/  u~  u~  u-  u-  u(  u(  u0  u0  "   // 0160
    "u=  u=  u;  u;  w^  w^  y^  y^  y:  z'  z'  z!  z!  zv  zv  s   "   // 0170
    "b/  b   b   b               c   c   d/  d   d   d               "   // 0180
    "    f   f   g               i/  k   k   l/          n   n   o   "   // 0190
    "o+  o+          p   p                       t   t   t   t   u+  "   // 01A0
    "u+      v   y   y   z/  z/                                      "   // 01B0
    "                5   5   5   6   6   6   7   7   7   av  av  iv  "   // 01C0
    "iv  ov  ov  uv  uv  u:- u:- u:' u:' u:v u:v u:` u:`     a:- a:- "   // 01D0
    "a!- a!- 1-  1-  g/  g/  gv  gv  kv  kv  o;  o;  o;- o;-         "   // 01E0
    "jv  5   5   5   g'  g'          n`  n`  a0' a0' 1'  1'  o/' o/' "   // 01F0
    "a%  a%  a)  a)  e%  e%  e)  e)  i%  i%  i)  i)  o%  o%  o)  o)  "   // 0200
    "r%  r%  r)  r)  u%  u%  u)  u)  s<  s<  t<  t<          hv  hv  "   // 0210
    "n   d           z   z   a!  a!  e,  e,  o:- o:- o~- o~- o!  o!  "   // 0220
    "o!- o!- y-  y-  l   n   t   j           a/  c/  c/  l/  t/  s   "   // 0230
    "z           b/  u/      e/  e/  j/  j/  q   q   r/  r/  y/  y/  ";  // 0240

constexpr std::string_view kLatin1E00 =
    "a1  a1  b!  b!  b.  b.  b_  b_  c,' c,' d!  d!  d.  d.  d_  d_  "   // 1E00
    "d,  d,  d3  d3  e-` e-` e-' e-' e3  e3  e5  e5  e,( e,( f!  f!  "   // 1E10
    "g-  g-  h!  h!  h.  h.  h:  h:  h,  h,  h4  h4  i5  i5  i:' i:' "   // 1E20
    "k'  k'  k.  k.  k_  k_  l.  l.  l.- l.- l_  l_  l3  l3  m'  m'  "   // 1E30
    "m!  m!  m.  m.  n!  n!  n.  n.  n_  n_  n3  n3  o~' o~' o~: o~: "   // 1E40
    "o-` o-` o-' o-' p'  p'  p!  p!  r!  r!  r.  r.  r.- r.- r_  r_  "   // 1E50
    "s!  s!  s.  s.  s'! s'! sv! sv! s.! s.! t!  t!  t.  t.  t_  t_  "   // 1E60
    "t3  t3  u2  u2  u5  u5  u3  u3  u~' u~' u-: u-: v~  v~  v.  v.  "   // 1E70
    "w`  w`  w'  w'  w:  w:  w!  w!  w.  w.  x!  x!  x:  x:  y!  y!  "   // 1E80
    "z^  z^  z.  z.  z_  z_  h_  t:  w0  y0  a   s!  s   s   3       "   // 1E90
    "a.  a.  a?  a?  a^' a^' a^` a^` a^? a^? a^~ a^~ a.^ a.^ a(' a(' "   // 1EA0
    "a(` a(` a(? a(? a(~ a(~ a.( a.( e.  e.  e?  e?  e~  e~  e^' e^' "   // 1EB0
    "e^` e^` e^? e^? e^~ e^~ e.^ e.^ i?  i?  i.  i.  o.  o.  o?  o?  "   // 1EC0
    "o^' o^' o^` o^` o^? o^? o^~ o^~ o.^ o.^ o+' o+' o+` o+` o+? o+? "   // 1ED0
    "o+~ o+~ o+. o+. u.  u.  u?  u?  u+' u+' u+` u+` u+? u+? u+~ u+~ "   // 1EE0
    "u+. u+. y`  y`  y.  y.  y?  y?  y~  y~          v   v   y   y   ";  // 1EF0

constexpr size_t kCell = 4;
static_assert(kLatin00C0.size() == kCell * (0x250 - 0xC0));
static_assert(kLatin1E00.size() == kCell * (0x1F00 - 0x1E00));

constexpr std::array<std::array<char, 2>, 8> kDigraphs = {{
    {'a', 'e'},
    {'o', 'e'},
    {'s', 's'},
    {'i', 'j'},
    {'d', 'z'},
    {'l', 'j'},
    {'n', 'j'},
    {'t', 'h'},
}};

struct MarkSign {
  char sign;
  char16_t combining;
};

constexpr std::array<MarkSign, 25> kMarkSigns = {{
    {'`', 0x300}, {'\'', 0x301}, {'^', 0x302}, {'~', 0x303}, {'-', 0x304},
    {'(', 0x306}, {'!', 0x307},  {':', 0x308}, {'?', 0x309}, {'0', 0x30A},
    {'=', 0x30B}, {'v', 0x30C},  {'%', 0x30F}, {')', 0x311}, {'+', 0x31B},
    {'.', 0x323}, {'2', 0x324},  {'1', 0x325}, {'<', 0x326}, {',', 0x327},
    {';', 0x328}, {'3', 0x32D},  {'4', 0x32E}, {'5', 0x330}, {'_', 0x331},
}};
constexpr char16_t kStroke = 0x335;  // signed '/': Unicode does not decompose "đ" and its like

constexpr char32_t kFirstHangul = 0xAC00;
constexpr char32_t kLastHangul = 0xD7A3;

struct CharRange {
  char32_t first;
  char32_t last;
};

constexpr Diacritics mark_of(char32_t combining) noexcept {
  return Diacritics{1} << (combining & 63U);
}

constexpr std::array<Diacritics, 128> make_sign_table() noexcept {
  std::array<Diacritics, 128> marks = {};
  for (const MarkSign& mark : kMarkSigns) marks[mark.sign] = mark_of(mark.combining);
  marks['/'] = mark_of(kStroke);
  return marks;
}

constexpr std::array<Diacritics, 128> kMarkOfSign = make_sign_table();

struct CharPair {
  char16_t from;
  char16_t to;
};

// Letters of further alphabets that have a small letter somewhere else.
constexpr std::array<CharPair, 16> kSmallLetters = {{
    {0x186, 0x254},
    {0x18E, 0x1DD},
    {0x18F, 0x259},
    {0x190, 0x25B},
    {0x194, 0x263},
    {0x196, 0x269},
    {0x19C, 0x26F},
    {0x1A9, 0x283},
    {0x1B1, 0x28A},
    {0x1B7, 0x292},
    {0x1B8, 0x1B9},
    {0x1EE, 0x1EF},
    {0x241, 0x242},
    {0x245, 0x28C},
    // Greek: one sigma.
    {0x3C2, 0x3C3},
    {0x4C0, 0x4CF},
}};

struct Decomposition {
  char32_t from;
  char32_t parts[kMaxFoldedLetters];
};

constexpr Decomposition kDecompositions[] = {
#include "core/search/decompositions.inc"
};

const Decomposition* find_decomposition(char32_t code) noexcept {
  const auto* found =
      std::lower_bound(std::begin(kDecompositions), std::end(kDecompositions), code,
                       [](const Decomposition& one, char32_t wanted) { return one.from < wanted; });
  return found != std::end(kDecompositions) && found->from == code ? found : nullptr;
}

template <size_t n>
constexpr char32_t replaced(const std::array<CharPair, n>& pairs, char32_t code) noexcept {
  for (const CharPair& pair : pairs) {
    if (pair.from == code) return pair.to;
  }
  return code;
}

constexpr bool is_between(char32_t code, char32_t first, char32_t last) noexcept {
  return code >= first && code <= last;
}

// Greek, Cyrillic and Armenian, U+0370 to U+058F.
constexpr char32_t fold_european(char32_t code) noexcept {
  if (is_between(code, 0x391, 0x3A1) || is_between(code, 0x3A3, 0x3A9) ||
      is_between(code, 0x410, 0x42F)) {
    code += 0x20;
  } else if (is_between(code, 0x400, 0x40F)) {
    code += 0x50;
  } else if (is_between(code, 0x460, 0x481) || is_between(code, 0x48A, 0x4BF) ||
             is_between(code, 0x4D0, 0x52F)) {
    code |= 1U;
  } else if (is_between(code, 0x4C1, 0x4CE)) {
    code += code & 1U;
  } else if (is_between(code, 0x531, 0x556)) {
    code += 0x30;
  } else {
    code = replaced(kSmallLetters, code);
  }
  return code == 0x491 ? 0x433 : code;  // Ukrainian
}

// Marks that change or point letters: those of Latin, Greek and Cyrillic; the points of Hebrew and
// Arabic, hamza among them; nuktas.
constexpr bool is_diacritic(char32_t code) noexcept {
  constexpr CharRange kRanges[] = {{0x300, 0x36F}, {0x591, 0x5BD}, {0x5BF, 0x5BF}, {0x5C1, 0x5C2},
                                   {0x5C4, 0x5C5}, {0x5C7, 0x5C7}, {0x610, 0x61A}, {0x64B, 0x65F},
                                   {0x670, 0x670}, {0x6D6, 0x6DC}, {0x6DF, 0x6E4}, {0x6E7, 0x6E8},
                                   {0x6EA, 0x6ED}, {0x93C, 0x93C}, {0x9BC, 0x9BC}, {0xA3C, 0xA3C},
                                   {0xABC, 0xABC}, {0xB3C, 0xB3C}, {0xCBC, 0xCBC}};
  for (const CharRange& range : kRanges) {
    if (is_between(code, range.first, range.last)) return true;
  }
  return false;
}

// A syllable of Hangul is made of two or three letters (the Unicode standard, section 3.12).
Folded fold_hangul(char32_t code) noexcept {
  constexpr char32_t kVowels = 21;
  constexpr char32_t kFinals = 28;
  const char32_t at = code - kFirstHangul;
  const char32_t final = at % kFinals;
  return {{0x1100 + at / (kVowels * kFinals), 0x1161 + at / kFinals % kVowels,
           final == 0 ? 0 : 0x11A7 + final, 0},
          0};
}

// Characters that show nothing of their own: soft hyphen, the stretching of Arabic, zero-width
// space and joiners, word joiner, variation selectors, byte order mark.
constexpr bool is_invisible(char32_t code) noexcept {
  return code == 0xAD || code == 0x640 || is_between(code, 0x200B, 0x200D) || code == 0x2060 ||
         is_between(code, 0xFE00, 0xFE0F) || code == 0xFEFF;
}

Folded fold_latin(std::string_view cells, char32_t at, char32_t code) noexcept {
  const std::string_view cell = cells.substr(at * kCell, kCell);
  const char letter = cell[0];
  if (letter == ' ') return {{replaced(kSmallLetters, code), 0}, 0};
  const Diacritics marks = kMarkOfSign[cell[1]] | kMarkOfSign[cell[2]];
  if (!is_ascii_digit(letter)) return {{static_cast<char32_t>(letter), 0}, marks};
  const std::array<char, 2>& letters = kDigraphs[letter - '1'];
  return {{static_cast<char32_t>(letters[0]), static_cast<char32_t>(letters[1])}, marks};
}

// What the parts of a character fold to; none of them has parts of its own.
Folded fold_parts(const Decomposition& whole) noexcept {
  Folded folded{};
  size_t letters = 0;
  for (const char32_t part : whole.parts) {
    if (part == 0) break;
    const Folded one = fold_char(part);
    folded.marks |= one.marks;
    for (const char32_t letter : one.letters) {
      if (letter != 0 && letters < kMaxFoldedLetters) folded.letters[letters++] = letter;
    }
  }
  return folded;
}

}  // namespace

Folded fold_char(char32_t code) noexcept {
  if (code < 0x80) return {{static_cast<char32_t>(ascii_lower(static_cast<char>(code))), 0}, 0};
  if (is_between(code, 0xC0, 0x24F)) return fold_latin(kLatin00C0, code - 0xC0, code);
  if (is_between(code, 0x1E00, 0x1EFF)) return fold_latin(kLatin1E00, code - 0x1E00, code);
  if (is_diacritic(code)) return {{}, mark_of(code)};
  if (is_between(code, kFirstHangul, kLastHangul)) return fold_hangul(code);
  if (const Decomposition* whole = find_decomposition(code)) return fold_parts(*whole);
  if (is_between(code, 0x370, 0x58F)) return {{fold_european(code)}, 0};
  if (is_between(code, 0xFF01, 0xFF5E)) return fold_char(code - 0xFF01 + '!');
  if (is_invisible(code)) return {};
  return {{code}, 0};
}

size_t fold(std::string_view text, char* out) noexcept {
  char* const begin = out;
  while (!text.empty()) {
    const Char next = first_char(text);
    if (next.code == kReplacementChar) {
      out = std::copy_n(text.data(), next.bytes, out);
    } else {
      for (const char32_t letter : fold_char(next.code).letters) {
        if (letter != 0) out = put_char(letter, out);
      }
    }
    text.remove_prefix(next.bytes);
  }
  return out - begin;
}

}  // namespace s2t::core
