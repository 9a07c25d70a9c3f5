// Transcripts as speech engines emit them, turned into segments (docs/transcripts.md tells how each
// engine's output is read).
//
//   Transcript* transcript = nullptr;
//   Status status = parse_transcript(document, "auto", nullptr, nullptr, &transcript);
//   ... transcript_segment(transcript, i) ...
//   free_transcript(transcript);
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>
#include <stdint.h>

#include <string_view>

#include "core/base/status.h"
#include "core/transcript/limits.h"
#include "core/transcript/segment.h"

namespace s2t::core {

// A parsed transcript; made by parse_transcript(), owned by the caller.
class Transcript;

struct TranscriptSegment {
  Segment segment;
  std::string_view meta;  // an object as JSON text, "" if nothing more is known of the segment
};

// Reads `document`, JSON or subtitles in UTF-8, whose format is called `format`, or recognised if
// that is "auto". What PostgreSQL cannot store, or UTF-8 does not allow (the character U+0000, lone
// surrogates, bytes that form no character), becomes U+FFFD. `stop` may be nullptr.
//
// The segments come in the order of their beginning and are numbered from 0, except those of the
// extension's own format, which are as they stand in the document. Within one channel the order of
// the document is the order of speech: times that run back are raised. All of them pass
// check_segment(), and no two have the same number.
//
// Takes memory of about three times the document's size.
// Only success sets `*out`. Failures: kInvalidParameter for a document that is too large or too
// deep, is not JSON (with the offset in bytes), comes from no known engine, or has a broken element
// (with its path); kOutOfRange for a time beyond 32 bits; kCancelled as `stop` says; kOutOfMemory.
[[nodiscard]] Status parse_transcript(std::string_view document, std::string_view format,
                                      StopFunction stop, void* stop_context,
                                      Transcript** out) noexcept;

// Accepts nullptr.
void free_transcript(Transcript* transcript) noexcept;

// What follows lives as long as the transcript.

// The name of the format it was read as, one of those that parse_transcript() accepts.
[[nodiscard]] std::string_view transcript_format(const Transcript* transcript) noexcept;

// The language as the document names it, "" if it does not; names are turned into codes ("english"
// into "en").
[[nodiscard]] std::string_view transcript_language(const Transcript* transcript) noexcept;

// What the document says, else the last end of a segment.
[[nodiscard]] int32_t transcript_duration_ms(const Transcript* transcript) noexcept;

// How many sequences of bytes of the document were not UTF-8.
[[nodiscard]] size_t transcript_replaced(const Transcript* transcript) noexcept;

[[nodiscard]] int32_t transcript_count(const Transcript* transcript) noexcept;

// `index` from 0 to transcript_count() - 1.
[[nodiscard]] TranscriptSegment transcript_segment(const Transcript* transcript,
                                                   int32_t index) noexcept;

}  // namespace s2t::core
