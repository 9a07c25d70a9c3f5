// Subtitles: SubRip and WebVTT. Voices are speakers; other tags are markup and go, what only looks
// like one stays. Hours may be missing, the point may be a comma, lines may end in any way.
#include <algorithm>
#include <array>

#include "core/transcript/reader.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

constexpr const char* kInvalid = "invalid transcript";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kArrow = "-->";

// Takes a line off the beginning of a text, without its end (LF, CR LF or CR).
std::string_view take_line(std::string_view* text) {
  const size_t end = std::min(text->find_first_of("\r\n"), text->size());
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(end);
  if (text->starts_with("\r\n")) text->remove_prefix(1);
  if (!text->empty()) text->remove_prefix(1);
  return line;
}

// Reads "start --> end", and what WebVTT lets follow.
bool read_times(std::string_view line, Times* times) {
  line = trim_blanks(line);
  int32_t start_ms = 0;
  int32_t end_ms = 0;
  if (take_clock(&line, &start_ms) != TimeParse::kOk) return false;
  line = trim_blanks(line);
  if (!line.starts_with(kArrow)) return false;
  line = trim_blanks(line.substr(kArrow.size()));
  if (take_clock(&line, &end_ms) != TimeParse::kOk) return false;
  if (!line.empty() && !is_blank_char(first_char(line).code)) return false;
  *times = make_times(start_ms, end_ms);
  return true;
}

// ---- Markup ----

constexpr std::array<std::string_view, 11> kTags = {"b", "i",    "u",  "c",    "v", "lang",
                                                    "s", "ruby", "rt", "font", "em"};

// Whether what stands between < and > is a tag: one of those that subtitles have, or a time.
bool is_tag(std::string_view inside) {
  if (inside.starts_with('/')) inside.remove_prefix(1);
  int32_t ms = 0;
  std::string_view clock = inside;
  if (take_clock(&clock, &ms) == TimeParse::kOk) return clock.empty();
  const std::string_view name = inside.substr(0, inside.find_first_of(". \t="));
  return std::any_of(kTags.begin(), kTags.end(), [name](std::string_view tag) {
    return name.size() == tag.size() &&
           std::equal(name.begin(), name.end(), tag.begin(),
                      [](char a, char b) { return ascii_lower(a) == b; });
  });
}

struct Entity {
  std::string_view written;
  std::string_view means;
};
constexpr std::array<Entity, 8> kEntities = {{{"&amp;", "&"},
                                              {"&lt;", "<"},
                                              {"&gt;", ">"},
                                              {"&nbsp;", "\xC2\xA0"},
                                              {"&lrm;", "\xE2\x80\x8E"},
                                              {"&rlm;", "\xE2\x80\x8F"},
                                              {"&quot;", "\""},
                                              {"&#39;", "'"}}};

std::string without_entities(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const auto* entity =
        std::find_if(kEntities.begin(), kEntities.end(),
                     [text](const Entity& one) { return text.starts_with(one.written); });
    const bool found = entity != kEntities.end();
    plain += found ? entity->means : text.substr(0, 1);
    text.remove_prefix(found ? entity->written.size() : 1);
  }
  return plain;
}

// One voice's part of a cue.
struct Part {
  std::string speaker;
  std::string text;
};

// The text of a cue by voices. `entities`: whether "&amp;" stands for "&".
std::vector<Part> read_text(std::string_view text, bool entities) {
  constexpr std::string_view kWordJoiner = "\xE2\x81\xA0";  // U+2060: see the export of SubRip
  std::vector<Part> parts(1);
  const auto plain = [entities](std::string_view from) {
    return entities ? without_entities(from) : std::string(from);
  };
  size_t at = 0;
  for (size_t open = 0; open < text.size(); ++open) {
    if (!entities && text.substr(open).starts_with(kWordJoiner)) {
      // The exports put one where "<b", "{\" or "-->" would be taken for markup.
      parts.back().text += text.substr(at, open - at);
      at = open + kWordJoiner.size();
      open = at - 1;
      continue;
    }
    if (!entities && text.substr(open).starts_with("{\\")) {
      // How and where a cue is shown.
      const size_t close = text.find('}', open);
      if (close == std::string_view::npos) continue;
      parts.back().text += text.substr(at, open - at);
      at = close + 1;
      open = close;
      continue;
    }
    if (text[open] != '<') continue;
    const size_t close = text.find('>', open);
    if (close == std::string_view::npos) break;
    const std::string_view inside = text.substr(open + 1, close - open - 1);
    if (!is_tag(inside)) continue;
    parts.back().text += plain(text.substr(at, open - at));
    at = close + 1;
    open = close;
    if (inside[0] != 'v' && inside[0] != 'V') continue;
    const size_t blank = inside.find_first_of(" \t\n");
    const std::string_view voice =
        blank == std::string_view::npos ? std::string_view() : inside.substr(blank);
    if (!trim_blanks(parts.back().text).empty()) parts.emplace_back();
    parts.back().speaker = plain(trim_blanks(voice));
  }
  parts.back().text += plain(text.substr(at));
  return parts;
}

// ---- Cues ----

// Reads the cues of `text`; those of SubRip after a number, those of WebVTT after a name, if any.
void read_cues(std::string_view text, bool entities, TranscriptBuilder* builder) {
  int cues = 0;
  bool blank_before = true;
  while (!text.empty()) {
    builder->stop()->poll();
    const std::string_view line = take_line(&text);
    Times times{};
    if (!read_times(line, &times)) {
      // Comments, styles and regions go on up to a blank line, as cues do.
      const bool skipped = entities && blank_before &&
                           (line.starts_with("NOTE") || line == "STYLE" || line == "REGION");
      if (skipped) {
        while (!text.empty() && !trim_blanks(take_line(&text)).empty()) {
        }
      }
      blank_before = skipped || trim_blanks(line).empty();
      continue;
    }
    ++cues;
    std::string cue;
    while (!text.empty()) {
      const std::string_view more = take_line(&text);
      if (trim_blanks(more).empty()) break;
      if (!cue.empty()) cue += '\n';
      cue += more;
    }
    blank_before = true;
    for (const Part& part : read_text(cue, entities)) {
      Draft draft;
      draft.times = times;
      draft.text = part.text;
      draft.speaker = part.speaker;
      builder->add(draft);
    }
  }
  if (cues > 0 || entities) return;
  throw Refusal{failure(Code::kInvalidParameter, kInvalid, nullptr, "%s",
                        "The document has no cue: a line such as \"00:00:01,000 --> "
                        "00:00:02,500\" is expected.")};
}

std::string_view without_mark(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

bool is_vtt(std::string_view text) {
  constexpr std::string_view kHead = "WEBVTT";
  text = without_mark(text);
  return text.starts_with(kHead) &&
         (text.size() == kHead.size() || is_ascii_space(text[kHead.size()]));
}

// A number and a line of times, or that line alone.
bool is_srt(std::string_view text) {
  text = without_mark(text);
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || !is_ascii_digit(text[first])) return false;
  std::string_view line;
  while (!text.empty() && trim_blanks(line).empty()) line = take_line(&text);
  Times times{};
  if (read_times(line, &times)) return true;
  line = trim_blanks(line);
  const bool number = !line.empty() && std::all_of(line.begin(), line.end(), is_ascii_digit);
  return number && read_times(take_line(&text), &times);
}

void read_vtt(std::string_view text, TranscriptBuilder* builder) {
  if (!is_vtt(text)) {
    throw Refusal{failure(Code::kInvalidParameter, kInvalid, nullptr, "%s",
                          "The document does not begin with \"WEBVTT\".")};
  }
  text = without_mark(text);
  // The head goes on up to a blank line; YouTube and others tell the language there.
  constexpr std::string_view kLanguage = "Language:";
  while (!text.empty()) {
    const std::string_view line = trim_blanks(take_line(&text));
    if (line.empty()) break;
    if (line.starts_with(kLanguage)) {
      builder->set_language(trim_blanks(line.substr(kLanguage.size())));
    }
  }
  read_cues(text, true, builder);
}

void read_srt(std::string_view text, TranscriptBuilder* builder) {
  read_cues(without_mark(text), false, builder);
}

constexpr std::array<TextFormat, 2> kFormats = {
    {{"vtt", is_vtt, read_vtt}, {"srt", is_srt, read_srt}}};

}  // namespace

std::span<const TextFormat> text_formats() { return kFormats; }

}  // namespace s2t::core
