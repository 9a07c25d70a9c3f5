#include "core/export/export.h"

#include <stdio.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/base/json_text.h"
#include "core/base/text.h"
#include "core/export/output.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

constexpr int kLineColumns = 42;
constexpr size_t kBytesPerColumn = 16;  // at most, marks included, in what people write
constexpr std::string_view kWordJoiner = "\xE2\x81\xA0";  // U+2060

struct FormatName {
  std::string_view name;
  SubtitleFormat format;
};
constexpr std::array<FormatName, 8> kFormats = {{{"txt", SubtitleFormat::kTxt},
                                                 {"srt", SubtitleFormat::kSrt},
                                                 {"vtt", SubtitleFormat::kVtt},
                                                 {"json", SubtitleFormat::kJson},
                                                 {"tsv", SubtitleFormat::kTsv},
                                                 {"csv", SubtitleFormat::kCsv},
                                                 {"md", SubtitleFormat::kMd},
                                                 {"ttml", SubtitleFormat::kTtml}}};

// Hours take as many digits as they need, at least two.
void append_timestamp(int64_t ms, char point, Output* out) {
  std::array<char, 40> stamp{};
  const int bytes =
      snprintf(stamp.data(), stamp.size(), "%02lld:%02d:%02d%c%03d",
               static_cast<long long>(ms / 3600000), static_cast<int>(ms / 60000 % 60),
               static_cast<int>(ms / 1000 % 60), point, static_cast<int>(ms % 1000));
  out->append({stamp.data(), static_cast<size_t>(bytes)});
}

void append_times(const Segment& segment, char point, Output* out) {
  append_timestamp(segment.start_ms, point, out);
  out->append(" --> ");
  append_timestamp(std::max(int64_t{segment.end_ms}, int64_t{segment.start_ms} + 1), point, out);
  out->append("\n");
}

// ---- Text of subtitles ----

using AppendText = void (*)(std::string_view text, Output* out);

void append_vtt_text(std::string_view text, Output* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const int64_t ms = out->time_before(text.data() + i);
    if (ms >= 0) {
      out->append("<");
      append_timestamp(ms, '.', out);
      out->append(">");
    }
    out->append(c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : text.substr(i, 1));
  }
}

// Whether players would take what begins at `text` for markup or the line of times.
bool looks_like_markup(std::string_view text) {
  const char next = text.size() > 1 ? text[1] : ' ';
  if (text[0] == '<') return is_ascii_letter(next) || next == '/' || next == '!';
  if (text[0] == '{') return next == '\\';
  return text.starts_with("->");
}

void append_srt_text(std::string_view text, Output* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    out->append(text.substr(i, 1));
    if (looks_like_markup(text.substr(i))) out->append(kWordJoiner);
  }
}

// A place where a line may be broken: what ends before `end` and goes on at `next`.
struct Break {
  size_t end;
  size_t next;
};

// The first break in `text` after `from`; one at the end of the text if there is no other.
Break next_break(std::string_view text, size_t from) {
  char32_t before = 0;
  for (size_t at = from; at < text.size();) {
    const Char c = first_char(text.substr(at));
    if (at > from) {
      if (c.code == U' ') return {at, at + 1};
      if (may_break_between(before, c.code)) return {at, at};
    }
    before = c.code;
    at += c.bytes;
  }
  return {text.size(), text.size()};
}

// The break of a text of two lines that comes nearest to its middle; at the end of the text if none
// leaves two lines that are short enough.
Break balanced_break(std::string_view text) {
  const int columns = columns_of(text);
  Break best{text.size(), text.size()};
  int least = columns + kLineColumns;
  for (Break at = next_break(text, 0); at.end < text.size(); at = next_break(text, at.next)) {
    const int first = columns_of(text.substr(0, at.end));
    const int second = columns_of(text.substr(at.next));
    int distance = std::abs(first - second);
    if (first > kLineColumns) break;
    // A blank is a better place than one between letters, except where there are no others.
    if (at.next == at.end && !is_ideographic(first_char(text.substr(at.end)).code)) {
      distance += kLineColumns / 4;
    }
    if (second > kLineColumns || distance >= least) continue;
    least = distance;
    best = at;
  }
  return best;
}

// The last break that leaves a line short enough, or the first there is.
Break greedy_break(std::string_view text) {
  Break best = next_break(text, 0);
  int columns = columns_of(text.substr(0, best.end));
  for (Break at = best; at.end < text.size();) {
    const Break further = next_break(text, at.next);
    columns += columns_of(text.substr(at.end, further.end - at.end));
    if (columns > kLineColumns) break;
    best = at = further;
  }
  return best;
}

void append_wrapped(std::string_view line, AppendText append_text, Output* out) {
  while (columns_of(line.substr(0, kBytesPerColumn * size_t{kLineColumns})) > kLineColumns) {
    // Only what may fit into two lines is worth balancing.
    const bool two_lines = line.size() <= kBytesPerColumn * size_t{kLineColumns} &&
                           columns_of(line) <= 2 * kLineColumns;
    Break at = two_lines ? balanced_break(line) : greedy_break(line);
    if (at.end == line.size()) at = greedy_break(line);
    if (at.end == line.size()) break;
    append_text(line.substr(0, at.end), out);
    out->append("\n");
    line.remove_prefix(at.next);
  }
  append_text(line, out);
}

// The next line of `text` that is not blank, without the blanks around it; "" at the end.
std::string_view take_line(std::string_view* text) {
  while (!text->empty()) {
    const size_t end = std::min(text->find_first_of("\r\n"), text->size());
    const std::string_view line = trim_blanks(text->substr(0, end));
    text->remove_prefix(std::min(end + 1, text->size()));
    if (!line.empty()) return line;
  }
  return {};
}

void append_lines(std::string_view text, AppendText append_text, Output* out) {
  for (std::string_view line = take_line(&text); !line.empty(); line = take_line(&text)) {
    append_wrapped(line, append_text, out);
    out->append("\n");
  }
}

// In one line, the blanks of line ends and tabs made spaces.
void append_flat(std::string_view text, AppendText append_text, Output* out) {
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("\r\n\t"), text.size());
    append_text(text.substr(0, end), out);
    if (end < text.size()) out->append(" ");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void append_as_is(std::string_view text, Output* out) { out->append(text); }

// ---- One cue in each format ----

void append_prefix(const Cue& cue, std::string_view speaker_before, AppendText append_text,
                   Output* out) {
  if (cue.speaker.empty() || cue.speaker == speaker_before) return;
  append_flat(cue.speaker, append_text, out);
  out->append(": ");
}

void append_srt(const Cue& cue, int32_t number, std::string_view speaker_before,
                RenderOptions options, Output* out) {
  out->append_number(int64_t{number} + 1);
  out->append("\n");
  append_times(cue.segment, ',', out);
  if (options.speakers) append_prefix(cue, speaker_before, append_srt_text, out);
  append_lines(cue.segment.text, append_srt_text, out);
  out->append("\n");
}

void append_vtt(const Cue& cue, RenderOptions options, Output* out) {
  append_times(cue.segment, '.', out);
  if (options.speakers && !cue.speaker.empty()) {
    out->append("<v ");
    append_flat(cue.speaker, append_vtt_text, out);
    out->append(">");
  }
  if (options.words) out->time_words(&cue);
  append_lines(cue.segment.text, append_vtt_text, out);
  out->append("\n");
}

// What Markdown (CommonMark, section 2.4) might take for markup is escaped.
void append_md_text(std::string_view text, Output* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    constexpr std::string_view kMarkup = "\\`*_[]<>#|~&";
    if (kMarkup.find(text[i]) != std::string_view::npos) out->append("\\");
    out->append(text.substr(i, 1));
  }
}

// A turn of a speaker is a paragraph; so is each segment where speakers are not told.
void append_md(const Cue& cue, int32_t number, std::string_view speaker_before,
               RenderOptions options, Output* out) {
  const bool named = options.speakers && !cue.speaker.empty();
  const bool goes_on = number > 0 && named && cue.speaker == speaker_before;
  if (number > 0) out->append(goes_on ? "\n" : "\n\n");
  if (named && !goes_on) {
    out->append("**");
    append_flat(cue.speaker, append_md_text, out);
    out->append(":** ");
  }
  if (options.times && !goes_on) {
    out->append("[");
    append_timestamp(cue.segment.start_ms, '.', out);
    out->append("] ");
  }
  append_flat(trim_blanks(cue.segment.text), append_md_text, out);
}

void append_xml_text(std::string_view text, Output* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    // XML 1.0 has no control characters but those that are blanks.
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t') continue;
    out->append(c == '&'   ? "&amp;"
                : c == '<' ? "&lt;"
                : c == '>' ? "&gt;"
                : c == '"' ? "&quot;"
                           : text.substr(i, 1));
  }
}

void append_ttml(const Cue& cue, RenderOptions options, Output* out) {
  const int64_t start_ms = cue.segment.start_ms;
  out->append("<p begin=\"");
  append_timestamp(start_ms, '.', out);
  out->append("\" end=\"");
  append_timestamp(std::max(int64_t{cue.segment.end_ms}, start_ms + 1), '.', out);
  if (options.speakers && !cue.speaker.empty()) {
    out->append("\" ttm:title=\"");
    append_flat(cue.speaker, append_xml_text, out);
  }
  out->append("\">");
  std::string_view text = cue.segment.text;
  std::string_view separator;
  for (std::string_view line = take_line(&text); !line.empty(); line = take_line(&text)) {
    out->append(separator);
    append_xml_text(line, out);
    separator = "<br/>";
  }
  out->append("</p>\n");
}

void append_json(const Cue& cue, int32_t number, Output* out) {
  const Segment& segment = cue.segment;
  out->append(number == 0 ? "\n{\"idx\":" : ",\n{\"idx\":");
  out->append_number(segment.idx);
  out->append(",\"start_ms\":");
  out->append_number(segment.start_ms);
  out->append(",\"end_ms\":");
  out->append_number(segment.end_ms);
  out->append(",\"text\":");
  append_json_string(segment.text, out);
  if (cue.meta.starts_with('{')) {
    const std::string_view members = trim_blanks(cue.meta.substr(1, cue.meta.size() - 2));
    if (!members.empty()) out->append(",");
    out->append(members);
  } else if (!cue.meta.empty()) {
    out->append(",\"meta\":");
    out->append(cue.meta);
  }
  out->append("}");
}

void append_tsv(const Segment& segment, Output* out) {
  out->append_number(segment.start_ms);
  out->append("\t");
  out->append_number(segment.end_ms);
  out->append("\t");
  append_flat(segment.text, append_as_is, out);
  out->append("\n");
}

void append_csv_field(std::string_view text, Output* out) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out->append(text);
    return;
  }
  out->append("\"");
  for (size_t i = 0; i < text.size(); ++i) out->append(text[i] == '"' ? "\"\"" : text.substr(i, 1));
  out->append("\"");
}

void append_csv(const Cue& cue, Output* out) {
  for (const int32_t number : {cue.segment.idx, cue.segment.start_ms, cue.segment.end_ms}) {
    out->append_number(number);
    out->append(",");
  }
  append_csv_field(cue.speaker, out);
  out->append(",");
  append_csv_field(cue.segment.text, out);
  out->append("\r\n");
}

void append_txt(const Cue& cue, std::string_view speaker_before, RenderOptions options,
                Output* out) {
  if (options.times) {
    out->append("[");
    append_timestamp(cue.segment.start_ms, '.', out);
    out->append("] ");
  }
  if (options.speakers) append_prefix(cue, speaker_before, append_as_is, out);
  out->append(cue.segment.text);
  out->append("\n");
}

}  // namespace

Status find_subtitle_format(std::string_view name, SubtitleFormat* format) noexcept {
  const auto* found =
      std::find_if(kFormats.begin(), kFormats.end(),
                   [name](const FormatName& candidate) { return candidate.name == name; });
  if (found != kFormats.end()) {
    *format = found->format;
    return {};
  }
  char shown[81];
  return failure(Code::kInvalidParameter, "unknown export format",
                 "Formats are txt, srt, vtt, json, tsv, csv, md and ttml.",
                 "There is no format \"%s\".", excerpt(name, shown, sizeof shown));
}

RenderOptions default_options(SubtitleFormat format) noexcept {
  RenderOptions options;
  options.times = format == SubtitleFormat::kMd;
  return options;
}

namespace {

// The options that a format has, and the hint that lists them.
struct FormatOptions {
  bool speakers;
  bool times;
  bool words;
  const char* hint;
};

FormatOptions options_of(SubtitleFormat format) noexcept {
  switch (format) {
    case SubtitleFormat::kTxt:
    case SubtitleFormat::kMd:
      return {true, true, false, "Options of this format are speakers and times."};
    case SubtitleFormat::kVtt:
      return {true, false, true, "Options of this format are speakers and words."};
    case SubtitleFormat::kSrt:
    case SubtitleFormat::kTtml:
      return {true, false, false, "The option of this format is speakers."};
    default:
      return {false, false, false, "This format has no options."};
  }
}

}  // namespace

Status set_render_option(SubtitleFormat format, std::string_view name, bool value,
                         RenderOptions* options) noexcept {
  const FormatOptions known = options_of(format);
  if (known.speakers && name == "speakers") {
    options->speakers = value;
  } else if (known.times && name == "times") {
    options->times = value;
  } else if (known.words && name == "words") {
    options->words = value;
  } else {
    char shown[81];
    return failure(Code::kInvalidParameter, "unknown export option", known.hint,
                   "There is no option \"%s\".", excerpt(name, shown, sizeof shown));
  }
  return {};
}

size_t SubtitleWriter::write_head(char* out) const noexcept {
  Output output(out);
  switch (format_) {
    case SubtitleFormat::kVtt:
      output.append("WEBVTT\n\n");
      break;
    case SubtitleFormat::kJson:
      output.append("{\"duration_ms\":");
      output.append_number(duration_ms_);
      output.append(",\"language\":");
      append_json_string(language_, &output);
      output.append(",\"segments\":[");
      break;
    case SubtitleFormat::kTsv:
      output.append("start\tend\ttext\n");
      break;
    case SubtitleFormat::kCsv:
      output.append("idx,start_ms,end_ms,speaker,text\r\n");
      break;
    case SubtitleFormat::kTtml:
      output.append(
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<tt xmlns=\"http://www.w3.org/ns/ttml\" "
          "xmlns:ttm=\"http://www.w3.org/ns/ttml#metadata\" xml:lang=\"");
      append_xml_text(language_, &output);
      output.append("\">\n<body>\n<div>\n");
      break;
    default:
      break;
  }
  return output.bytes();
}

size_t SubtitleWriter::write_cue(const Cue& cue, char* out) noexcept {
  if (wants_time_order(format_)) {
    std::string_view text = cue.segment.text;
    if (take_line(&text).empty()) return 0;
  }
  Output output(out);
  switch (format_) {
    case SubtitleFormat::kTxt:
      append_txt(cue, speaker_, options_, &output);
      break;
    case SubtitleFormat::kSrt:
      append_srt(cue, written_, speaker_, options_, &output);
      break;
    case SubtitleFormat::kVtt:
      append_vtt(cue, options_, &output);
      break;
    case SubtitleFormat::kJson:
      append_json(cue, written_, &output);
      break;
    case SubtitleFormat::kTsv:
      append_tsv(cue.segment, &output);
      break;
    case SubtitleFormat::kCsv:
      append_csv(cue, &output);
      break;
    case SubtitleFormat::kMd:
      append_md(cue, written_, speaker_, options_, &output);
      break;
    case SubtitleFormat::kTtml:
      append_ttml(cue, options_, &output);
      break;
  }
  if (out != nullptr) {
    ++written_;
    speaker_ = cue.speaker;
  }
  return output.bytes();
}

size_t SubtitleWriter::write_tail(char* out) const noexcept {
  Output output(out);
  if (format_ == SubtitleFormat::kJson) output.append("\n]}\n");
  if (format_ == SubtitleFormat::kMd && written_ > 0) output.append("\n");
  if (format_ == SubtitleFormat::kTtml) output.append("</div>\n</body>\n</tt>\n");
  return output.bytes();
}

}  // namespace s2t::core
