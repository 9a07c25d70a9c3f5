#include "core/transcript/transcript.h"

#include <memory>
#include <new>

#include "core/transcript/builder.h"
#include "core/transcript/document.h"
#include "core/transcript/reader.h"

namespace s2t::core {

Status parse_transcript(std::string_view document, std::string_view format, StopFunction stop,
                        void* stop_context, Transcript** out) noexcept {
  try {
    StopCheck stop_check(stop, stop_context);
    const TranscriptDocument parsed = TranscriptDocument::parse(document, &stop_check);
    const TranscriptFormat& reader = find_transcript_format(format, parsed.root());
    auto transcript = std::make_unique<Transcript>();
    transcript->format = reader.name;
    TranscriptBuilder builder(transcript.get(), &stop_check);
    reader.read(parsed.root(), &builder);
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
