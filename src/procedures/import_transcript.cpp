// sp_import_transcript: a speech engine's own output completes a recording, by the code and the
// rules of sp_complete_recording (docs/reference.md, "sp_import_transcript").
#include "failures/marks.h"
#include "metrics/metrics.h"
#include "pg/function.h"
#include "procedures/shared/completion.h"
#include "segments/document_segments.h"

S2T_PROCEDURE(sp_import_transcript) {
  using namespace s2t;
  constexpr const char* kName = "sp_import_transcript";
  static TupleDesc row_type = nullptr;
  constexpr pg::ResultColumn kColumns[] = {
      {"format", TEXTOID}, {"language", TEXTOID}, {"duration_ms", INT4OID}, {"segments", INT4OID}};

  pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  Datum row = 0;
  failures::marking_failure(fcinfo, id, [&] {
    std::string_view document = arguments.as_text(1, "in_document");
    std::string_view format = arguments.as_text(2, "in_format");
    segments::DocumentSegments transcript = segments::DocumentSegments::parse(document, format);

    pg::Session session = pg::Session::open(fcinfo, kName);
    procedures::complete_recording(&session, id, {kName, transcript.duration_ms(), &transcript});
    session.close();

    std::string_view language = transcript.language();
    Datum values[] = {pg::make_text(transcript.format()), pg::make_text(language),
                      Int32GetDatum(transcript.duration_ms()), Int32GetDatum(transcript.count())};
    bool nulls[] = {false, language.empty(), false, false};
    row = pg::make_row(&row_type, kColumns, values, nulls);
    transcript.close();
  });
  return row;
}
