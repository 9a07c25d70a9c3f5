#include "core/export/export.h"

#include <algorithm>
#include <array>

#include "core/base/json_text.h"
#include "core/base/text.h"
#include "core/export/output.h"
#include "core/export/wrap.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

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

void append_times(const Segment& segment, char point, Output* out) {
  out->append_timestamp(segment.start_ms, point);
  out->append(" --> ");
  out->append_timestamp(std::max(int64_t{segment.end_ms}, int64_t{segment.start_ms} + 1), point);
  out->append("\n");
}

// ---- Text of subtitles ----

// Text with some of its characters replaced: `replaced(c)` is what stands for one, with a pointer
// of nullptr where that is the character itself.
template <typename Replaced>
void append_replaced(std::string_view text, Replaced replaced, Output* out) {
  size_t plain = 0;  // where what stays as it is begins
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view other = replaced(text[i]);
    if (other.data() == nullptr) continue;
    out->append(text.substr(plain, i - plain));
    out->append(other);
    plain = i + 1;
  }
  out->append(text.substr(plain));
}

using AppendText = void (*)(std::string_view text, Output* out);

// What markup of every kind wants escaped.
constexpr auto kMarkupEscape = [](char c) -> std::string_view {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    default:
      return {};
  }
};

void append_vtt_text(std::string_view text, Output* out) {
  for (size_t at = out->next_word_in(text); at < text.size(); at = out->next_word_in(text)) {
    append_replaced(text.substr(0, at), kMarkupEscape, out);
    text.remove_prefix(at);
    const int64_t ms = out->take_word();
    if (ms < 0) continue;
    out->append("<");
    out->append_timestamp(ms, '.');
    out->append(">");
  }
  append_replaced(text, kMarkupEscape, out);
}

// Whether players would take what begins at `text` for markup or the line of times.
bool looks_like_markup(std::string_view text) {
  const char next = text.size() > 1 ? text[1] : ' ';
  switch (text[0]) {
    case '<':
      return is_ascii_letter(next) || next == '/' || next == '!';
    case '{':
      return next == '\\';
    case '-':
      return next == '>';
    default:
      return false;
  }
}

void append_srt_text(std::string_view text, Output* out) {
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!looks_like_markup(text.substr(i))) continue;
    out->append(text.substr(plain, i + 1 - plain));
    out->append(kWordJoiner);
    plain = i + 1;
  }
  out->append(text.substr(plain));
}

void append_wrapped(std::string_view line, AppendText append_text, Output* out) {
  for (bool last = false; !last;) {
    const LineBreak at = first_line_break(line);
    append_text(line.substr(0, at.end), out);
    if (at.end == line.size()) return;
    out->append("\n");
    line.remove_prefix(at.next);
    last = at.last;
  }
  append_text(line, out);
}

bool ends_line(char c) { return c == '\n' || c == '\r'; }

// The next line of `text` that is not blank, without the blanks around it; "" at the end.
std::string_view take_line(std::string_view* text) {
  while (!text->empty()) {
    const size_t end =
        static_cast<size_t>(std::find_if(text->begin(), text->end(), ends_line) - text->begin());
    const std::string_view line = trim_blanks(text->substr(0, end));
    text->remove_prefix(std::min(end + 1, text->size()));
    if (!line.empty()) return line;
  }
  return {};
}

bool is_blank(std::string_view text) {
  while (!text.empty() && is_blank_char(first_char(text).code)) {
    text.remove_prefix(first_char(text).bytes);
  }
  return text.empty();
}

void append_lines(std::string_view text, AppendText append_text, Output* out) {
  for (std::string_view line = take_line(&text); !line.empty(); line = take_line(&text)) {
    append_wrapped(line, append_text, out);
    out->append("\n");
  }
}

// In one line, the blanks of line ends and tabs made spaces.
void append_flat(std::string_view text, AppendText append_text, Output* out) {
  const auto breaks = [](char c) { return ends_line(c) || c == '\t'; };
  while (!text.empty()) {
    const auto end =
        static_cast<size_t>(std::find_if(text.begin(), text.end(), breaks) - text.begin());
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
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '\\':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '<':
      case '>':
      case '#':
      case '|':
      case '~':
      case '&':
        out->append(text.substr(plain, i - plain));
        out->append("\\");
        plain = i;
        break;
      default:
        break;
    }
  }
  out->append(text.substr(plain));
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
    out->append_timestamp(cue.segment.start_ms, '.');
    out->append("] ");
  }
  append_flat(trim_blanks(cue.segment.text), append_md_text, out);
}

constexpr auto kXmlEscape = [](char c) -> std::string_view {
  if (c == '"') return "&quot;";
  // XML 1.0 has no control characters but those that are blanks.
  if (static_cast<unsigned char>(c) < 0x20 && c != '\t') return std::string_view("");
  return kMarkupEscape(c);
};

void append_xml_text(std::string_view text, Output* out) { append_replaced(text, kXmlEscape, out); }

void append_ttml(const Cue& cue, RenderOptions options, Output* out) {
  const int64_t start_ms = cue.segment.start_ms;
  out->append("<p begin=\"");
  out->append_timestamp(start_ms, '.');
  out->append("\" end=\"");
  out->append_timestamp(std::max(int64_t{cue.segment.end_ms}, start_ms + 1), '.');
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

constexpr auto kCsvEscape = [](char c) -> std::string_view {
  return c == '"' ? std::string_view("\"\"") : std::string_view();
};

void append_csv_field(std::string_view text, Output* out) {
  const auto wants_quotes = [](char c) { return c == ',' || c == '"' || ends_line(c); };
  const bool quoted = std::any_of(text.begin(), text.end(), wants_quotes);
  if (quoted) out->append("\"");
  append_replaced(text, kCsvEscape, out);
  if (quoted) out->append("\"");
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
    out->append_timestamp(cue.segment.start_ms, '.');
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

size_t SubtitleWriter::room_for(const Cue& cue) noexcept {
  constexpr size_t kAround = 256;       // numbers, times, names of keys, tags
  constexpr size_t kBytesPerByte = 6;   // an escape such as &quot; or \u0001
  constexpr size_t kBytesPerWord = 32;  // its time
  return kAround + kBytesPerByte * (cue.segment.text.size() + cue.speaker.size()) +
         cue.meta.size() + kBytesPerWord * cue.words.size();
}

size_t SubtitleWriter::write_cue(const Cue& cue, char* out) noexcept {
  if (wants_time_order(format_) && is_blank(cue.segment.text)) return 0;
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
