#include "segments/document_segments.h"

#include "pg/encoding.h"
#include "pg/error.h"
#include "pg/function.h"
#include "segments/meta.h"

namespace s2t::segments {

namespace {

// Other interrupts can wait until a document is read, which takes seconds at most.
bool is_cancelled(void* /*context*/) noexcept {
  return QueryCancelPending != 0 || ProcDiePending != 0;
}

// Details quote the document, which the core has read as UTF-8.
void make_printable(core::Status* status) {
  if (pg::is_utf8_database()) return;
  for (char* at = status->detail; *at != '\0'; at++)
    if (IS_HIGHBIT_SET(*at)) *at = '?';
}

}  // namespace

void DocumentSegments::release(void* holder) {
  auto* held = static_cast<Holder*>(holder);
  core::free_transcript(held->transcript);
  held->transcript = nullptr;
}

DocumentSegments DocumentSegments::parse(std::string_view document, std::string_view format) {
  return parse_utf8(pg::to_utf8(document), format);
}

DocumentSegments DocumentSegments::parse_utf8(std::string_view document, std::string_view format) {
  DocumentSegments source;
  source.holder_ = static_cast<Holder*>(palloc0(sizeof(Holder)));
  source.holder_->callback.func = release;
  source.holder_->callback.arg = source.holder_;
  MemoryContextRegisterResetCallback(CurrentMemoryContext, &source.holder_->callback);
  source.scratch_ =
      AllocSetContextCreate(CurrentMemoryContext, "s2t transcript", ALLOCSET_DEFAULT_SIZES);

  core::Status status = core::parse_transcript(document, pg::to_utf8(format), is_cancelled, nullptr,
                                               &source.holder_->transcript);
  if (status.code == core::Code::kCancelled) CHECK_FOR_INTERRUPTS();
  make_printable(&status);
  pg::raise_unless_ok(status);
  if (source.replaced() > 0)
    ereport(NOTICE,
            (errmsg_plural("%lld sequence of bytes is not UTF-8 and was replaced by U+FFFD",
                           "%lld sequences of bytes are not UTF-8 and were replaced by U+FFFD",
                           source.replaced(), static_cast<long long>(source.replaced()))));
  return source;
}

void DocumentSegments::close() {
  MemoryContextDelete(scratch_);
  release(holder_);
}

bool DocumentSegments::next(core::Segment* segment, Jsonb** meta) {
  if (position_ >= count()) return false;
  MemoryContextReset(scratch_);
  MemoryContext caller = MemoryContextSwitchTo(scratch_);
  core::TranscriptSegment found = core::transcript_segment(holder_->transcript, position_++);
  *segment = found.segment;
  segment->text = pg::from_utf8(segment->text);
  *meta = nullptr;
  if (!found.meta.empty()) {
    *meta = read_meta(pg::from_utf8(found.meta));
  }
  MemoryContextSwitchTo(caller);
  return true;
}

int DocumentSegments::count() const { return core::transcript_count(holder_->transcript); }

std::string_view DocumentSegments::format() const {
  return pg::copy(core::transcript_format(holder_->transcript));
}

std::string_view DocumentSegments::language() const {
  return pg::copy(pg::from_utf8(core::transcript_language(holder_->transcript)));
}

int64_t DocumentSegments::replaced() const {
  return static_cast<int64_t>(core::transcript_replaced(holder_->transcript));
}

int32_t DocumentSegments::duration_ms() const {
  return core::transcript_duration_ms(holder_->transcript);
}

}  // namespace s2t::segments
