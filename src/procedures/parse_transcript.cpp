// s2t_parse_transcript: what sp_import_transcript would store of a document.
#include "metrics/metrics.h"
#include "pg/compat.h"
#include "pg/function.h"
#include "segments/document_segments.h"

S2T_PROCEDURE(s2t_parse_transcript) {
  using namespace s2t;
  pg::Arguments arguments(fcinfo);
  std::string_view document = arguments.as_text(0, "document");
  std::string_view format = arguments.as_text(1, "format");
  pg::compat::begin_materialized(fcinfo);
  auto* result = castNode(ReturnSetInfo, fcinfo->resultinfo);

  segments::DocumentSegments transcript = segments::DocumentSegments::parse(document, format);
  MemoryContext scratch =
      AllocSetContextCreate(CurrentMemoryContext, "s2t segment", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(scratch);
  core::Segment segment;
  Jsonb* meta;
  while (transcript.next(&segment, &meta)) {
    CHECK_FOR_INTERRUPTS();
    Datum values[] = {Int32GetDatum(segment.idx), Int32GetDatum(segment.start_ms),
                      Int32GetDatum(segment.end_ms), pg::make_text(segment.text),
                      JsonbPGetDatum(meta)};
    bool nulls[] = {false, false, false, false, meta == nullptr};
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    MemoryContextReset(scratch);
  }
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(scratch);
  transcript.close();
  return static_cast<Datum>(0);
}
