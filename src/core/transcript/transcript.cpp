#include "core/transcript/transcript.h"

#include <algorithm>
#include <memory>
#include <new>

#include "core/base/utf8.h"
#include "core/transcript/builder.h"
#include "core/transcript/document.h"
#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

void require_size(std::string_view document) {
  if (document.size() <= kMaxTranscriptBytes) return;
  throw Refusal{failure(Code::kInvalidParameter, "invalid transcript", nullptr,
                        "The document has %zu bytes; at most %zu are allowed.", document.size(),
                        kMaxTranscriptBytes)};
}

// `text` in UTF-8 that PostgreSQL can store.
std::string cleaned(std::string_view text, size_t* replaced) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const Utf8Part part = first_utf8_part(text);
    if (!part.valid) ++*replaced;
    const bool good = part.valid && text.front() != '\0';
    clean.append(good ? text.substr(0, part.bytes) : kReplacementBytes);
    text.remove_prefix(part.bytes);
  }
  return clean;
}

void read_subtitles(std::string_view document, const TextFormat& format, TranscriptBuilder* builder,
                    Transcript* transcript) {
  const std::string text = cleaned(document, &transcript->replaced);
  transcript->format = format.name;
  format.read(text, builder);
}

bool says_nothing(const Transcript& transcript) {
  return std::all_of(transcript.entries.begin(), transcript.entries.end(),
                     [](const Transcript::Entry& entry) { return entry.text_bytes == 0; });
}

// Whether `format` finds any text in the document; what it refuses has none.
bool finds_text(const TranscriptFormat& format, const TranscriptValue& document, StopCheck* stop) {
  Transcript transcript;
  TranscriptBuilder builder(&transcript, stop);
  try {
    format.read(document, &builder);
  } catch (const Refusal&) {
    return false;
  }
  return !says_nothing(transcript);
}

// Silence under a name that the caller has given may be a wrong name: throws a Refusal where the
// document is another engine's, and says something.
void require_right_name(const TranscriptValue& document, const TranscriptFormat& format,
                        StopCheck* stop) {
  if (format.recognise(document)) return;
  const TranscriptFormat* other = recognised_format(document);
  if (other == nullptr || !finds_text(*other, document, stop)) return;
  throw Refusal{failure(Code::kInvalidParameter, "invalid transcript",
                        "Pass the format that the document has, or auto.",
                        "Read as \"%s\" the document says nothing, but it looks like \"%s\".",
                        format.name.data(), other->name.data())};
}

void read_json(std::string_view document, std::string_view format_name, StopCheck* stop,
               TranscriptBuilder* builder, Transcript* transcript) {
  const TranscriptDocument parsed = TranscriptDocument::parse(document, stop);
  const TranscriptFormat& format = find_transcript_format(format_name, parsed.root());
  transcript->format = format.name;
  transcript->replaced = parsed.replaced();
  // As much as texts and metas take, rarely more; untouched memory costs nothing.
  transcript->characters.reserve(document.size());
  format.read(parsed.root(), builder);
  if (format.name != format_name) {
    require_all_read(parsed.root(), *builder);
  } else if (says_nothing(*transcript)) {
    require_right_name(parsed.root(), format, stop);
  }
}

}  // namespace

Status parse_transcript(std::string_view document, std::string_view format, StopFunction stop,
                        void* stop_context, Transcript** out) noexcept {
  try {
    require_format_name(format);
    require_size(document);
    StopCheck stop_check(stop, stop_context);
    auto transcript = std::make_unique<Transcript>();
    TranscriptBuilder builder(transcript.get(), &stop_check);
    const TextFormat* subtitles = find_text_format(format, document);
    if (subtitles != nullptr) {
      read_subtitles(document, *subtitles, &builder, transcript.get());
    } else {
      read_json(document, format, &stop_check, &builder, transcript.get());
    }
    builder.finish();
    *out = transcript.release();
    return {};
  } catch (const Refusal& refusal) {
    return refusal.status;
  } catch (const std::bad_alloc&) {
    return failure(Code::kOutOfMemory, "out of memory", nullptr, "%s",
                   "There is not enough memory to read the transcript.");
  } catch (const std::exception& error) {
    // Nothing else is thrown on purpose; std::length_error is what a container too large throws.
    return failure(Code::kOutOfMemory, "transcript cannot be read", nullptr, "%s.", error.what());
  }
}

void free_transcript(Transcript* transcript) noexcept { delete transcript; }

std::string_view transcript_format(const Transcript* transcript) noexcept {
  return transcript->format;
}

std::string_view transcript_language(const Transcript* transcript) noexcept {
  return transcript->language;
}

int32_t transcript_duration_ms(const Transcript* transcript) noexcept {
  return transcript->duration_ms;
}

size_t transcript_replaced(const Transcript* transcript) noexcept { return transcript->replaced; }

int32_t transcript_count(const Transcript* transcript) noexcept {
  return static_cast<int32_t>(transcript->entries.size());
}

TranscriptSegment transcript_segment(const Transcript* transcript, int32_t index) noexcept {
  const Transcript::Entry& entry = transcript->entries[static_cast<size_t>(index)];
  const std::string_view characters = transcript->characters;
  TranscriptSegment result{entry.segment, characters.substr(entry.meta_at, entry.meta_bytes)};
  result.segment.text = characters.substr(entry.text_at, entry.text_bytes);
  return result;
}

}  // namespace s2t::core
