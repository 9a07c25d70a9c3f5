// Transcripts as files that users download: plain text, subtitles, tables (docs/reference.md,
// "sp_export_transcript").
//
// Nothing is allocated: the caller asks how much room a part takes, and gives it.
//
//   SubtitleWriter writer(format, duration_ms, language);
//   size_t bytes = writer.write_head(nullptr);   // only measures
//   writer.write_head(memory_of(bytes));
//   bytes = writer.write_cue(cue, memory_of(SubtitleWriter::room_for(cue)));
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>
#include <stdint.h>

#include <span>
#include <string_view>

#include "core/base/status.h"
#include "core/transcript/segment.h"

namespace s2t::core {

enum class SubtitleFormat : uint8_t {
  kTxt,   // a line for each segment
  kSrt,   // SubRip
  kVtt,   // WebVTT (W3C)
  kJson,  // the extension's own format, which can be imported again
  kTsv,   // as whisper writes it: milliseconds and text
  kCsv,   // RFC 4180, with a header
  kMd,    // Markdown: a paragraph for each turn of a speaker
  kTtml,  // Timed Text Markup Language 1 (W3C)
};

// What a format leaves open. Each has some of them; the defaults are those of the format.
struct RenderOptions {
  bool speakers = true;  // txt, md, srt, vtt, ttml
  bool times = false;    // txt, md: when a line or paragraph begins
  bool words = false;    // vtt: when each word begins
};

// The format called `name`: txt, srt, vtt, json, tsv, csv, md or ttml. kInvalidParameter for any
// other.
[[nodiscard]] Status find_subtitle_format(std::string_view name, SubtitleFormat* format) noexcept;

[[nodiscard]] RenderOptions default_options(SubtitleFormat format) noexcept;

// Sets the option called `name`. kInvalidParameter for one that the format does not have.
[[nodiscard]] Status set_render_option(SubtitleFormat format, std::string_view name, bool value,
                                       RenderOptions* options) noexcept;

// Whether the segments must come in the order of their beginning rather than of their numbers.
[[nodiscard]] constexpr bool wants_time_order(SubtitleFormat format) noexcept {
  return format == SubtitleFormat::kSrt || format == SubtitleFormat::kVtt ||
         format == SubtitleFormat::kTtml;
}

struct CueWord {
  std::string_view text;
  int32_t start_ms;
};

struct Cue {
  Segment segment;
  std::string_view speaker;  // "" if unknown
  std::string_view meta;     // JSON text, "" if there is none; an object has none of the four keys
                             // of a segment
  std::span<const CueWord> words = {};  // for times of words
};

// Writes one file, part by part. Every function returns the bytes of its part; without `out` it
// changes nothing and only measures. Texts are UTF-8.
//
// Subtitles: a speaker is told in WebVTT by a voice tag, in SubRip and plain text by "Name: " where
// it is not the one of the segment before. Blank lines are left out, long ones are broken at about
// 42 columns of display. A cue without text is left out, one without duration lasts a millisecond.
// What would be taken for markup is escaped in WebVTT; SubRip knows no escapes, so that there an
// invisible word joiner (U+2060) keeps "-->", "<b" and "{\" apart.
class SubtitleWriter {
 public:
  SubtitleWriter(SubtitleFormat format, int32_t duration_ms, std::string_view language) noexcept
      : SubtitleWriter(format, duration_ms, language, default_options(format)) {}
  SubtitleWriter(SubtitleFormat format, int32_t duration_ms, std::string_view language,
                 RenderOptions options) noexcept
      : format_(format), duration_ms_(duration_ms), language_(language), options_(options) {}

  [[nodiscard]] size_t write_head(char* out) const noexcept;
  // No fewer bytes than write_cue() writes, in any format: to write without measuring first.
  // Several times what most cues take.
  [[nodiscard]] static size_t room_for(const Cue& cue) noexcept;
  // The texts of a cue must live until the next one is written.
  size_t write_cue(const Cue& cue, char* out) noexcept;
  [[nodiscard]] size_t write_tail(char* out) const noexcept;

 private:
  SubtitleFormat format_;
  int32_t duration_ms_;
  std::string_view language_;
  RenderOptions options_;
  int32_t written_ = 0;       // cues
  std::string_view speaker_;  // of the cue before
};

}  // namespace s2t::core
