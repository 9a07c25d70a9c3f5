// sp_import_transcript, sp_import_transcript_bytes: a speech engine's own output completes a
// recording, by the code and the rules of sp_complete_recording (docs/reference.md,
// "sp_import_transcript").
#include "failures/marks.h"
#include "metrics/metrics.h"
#include "pg/function.h"
#include "procedures/shared/completion.h"
#include "segments/document_segments.h"

namespace s2t::procedures {

namespace {

// What both have in their results; the form for bytes has one column more.
constexpr int kColumns = 5;

struct ImportResult {
  Datum values[kColumns];
  bool nulls[kColumns];
};

using Parse = segments::DocumentSegments (*)(std::string_view document, std::string_view format);

// A text and bytes are passed alike.
ImportResult import(FunctionCallInfo fcinfo, const char* name, Parse parse) {
  pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  ImportResult result{};
  failures::marking_failure(fcinfo, id, [&] {
    std::string_view document = arguments.as_text(1, "in_document");
    std::string_view format = arguments.as_text(2, "in_format");
    segments::DocumentSegments transcript = parse(document, format);

    pg::Session session = pg::Session::open(fcinfo, name);
    complete_recording(&session, id, {name, transcript.duration_ms(), &transcript});
    session.close();

    std::string_view language = transcript.language();
    result = {{pg::make_text(transcript.format()), pg::make_text(language),
               Int32GetDatum(transcript.duration_ms()), Int32GetDatum(transcript.count()),
               Int64GetDatum(transcript.replaced())},
              {false, language.empty(), false, false, false}};
    transcript.close();
  });
  return result;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_import_transcript) {
  using namespace s2t;
  static TupleDesc row_type = nullptr;
  constexpr pg::ResultColumn kColumns[] = {
      {"format", TEXTOID}, {"language", TEXTOID}, {"duration_ms", INT4OID}, {"segments", INT4OID}};
  procedures::ImportResult result =
      procedures::import(fcinfo, "sp_import_transcript", segments::DocumentSegments::parse);
  return pg::make_row(&row_type, kColumns, 4, result.values, result.nulls);
}

S2T_PROCEDURE(sp_import_transcript_bytes) {
  using namespace s2t;
  static TupleDesc row_type = nullptr;
  constexpr pg::ResultColumn kColumns[] = {{"format", TEXTOID},
                                           {"language", TEXTOID},
                                           {"duration_ms", INT4OID},
                                           {"segments", INT4OID},
                                           {"replaced", INT8OID}};
  procedures::ImportResult result = procedures::import(fcinfo, "sp_import_transcript_bytes",
                                                       segments::DocumentSegments::parse_utf8);
  return pg::make_row(&row_type, kColumns, result.values, result.nulls);
}
