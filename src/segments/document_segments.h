// The segments of a transcript that the core has read (docs/transcripts.md).
#pragma once

#include "core/transcript/transcript.h"
#include "segments/segment_source.h"

namespace s2t::segments {

// Holds what the core made of a document until it is closed, or until the memory context that was
// current when it was parsed goes away, an error included. What next() returns lives until its next
// call.
class DocumentSegments final : public SegmentSource {
 public:
  // Both in the database's encoding. What is not UTF-8 is replaced, with a NOTICE. Raises 22023 for
  // a document that is not a transcript of the format, 22003 for a time beyond 32 bits.
  static DocumentSegments parse(std::string_view document, std::string_view format);
  // The same for a document that is UTF-8 whatever the database's encoding is, or ought to be.
  static DocumentSegments parse_utf8(std::string_view document, std::string_view format);
  void close();

  bool next(core::Segment* segment, Jsonb** meta) override;
  [[nodiscard]] int count() const override;

  // Of the whole; copies in the current memory context. The language is "" if it is not known.
  [[nodiscard]] std::string_view format() const;
  [[nodiscard]] std::string_view language() const;
  [[nodiscard]] int32_t duration_ms() const;
  // How many sequences of bytes were not UTF-8. parse() has told so in a NOTICE.
  [[nodiscard]] int64_t replaced() const;

 private:
  // What the memory context's callback frees.
  struct Holder {
    MemoryContextCallback callback;
    core::Transcript* transcript;
  };

  static void release(void* holder);

  Holder* holder_ = nullptr;
  MemoryContext scratch_ = nullptr;
  int position_ = 0;
};

}  // namespace s2t::segments
