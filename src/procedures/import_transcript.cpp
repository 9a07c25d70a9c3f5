// sp_import_transcript, sp_import_transcript_bytes, s2t_import_transcript: a speech engine's own
// output completes a recording, by the code and the rules of sp_complete_recording
// (docs/reference.md, "sp_import_transcript").
#include "failures/marks.h"
#include "metrics/metrics.h"
#include "pg/function.h"
#include "procedures/shared/completion.h"
#include "segments/document_segments.h"

namespace s2t::procedures {

namespace {

// What all have in their results, and what one of them has beside.
enum Column : int {
  kFormat,
  kLanguage,
  kDuration,
  kSegments,
  kReplaced,
  kRepeated,
  kCharged,
  kColumns
};

struct ImportResult {
  Datum values[kColumns];
  bool nulls[kColumns];
};

using Parse = segments::DocumentSegments (*)(std::string_view document, std::string_view format);

// A text and bytes are passed alike.
ImportResult import(FunctionCallInfo fcinfo, const char* name, const Lease& lease, Parse parse) {
  pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  ImportResult result{};
  failures::marking_failure(fcinfo, id, [&](failures::Witness* witness) {
    pg::Session session = pg::Session::open(fcinfo, name);
    Recording recording;
    (void)recording.find(&session, id);
    require_lease(recording, lease, witness);
    session.in_callers_memory([&] {
      std::string_view document = arguments.as_text(1, "in_document");
      std::string_view format = arguments.as_text(2, "in_format");
      segments::DocumentSegments transcript = parse(document, format);
      Completed completed;
      session.in_own_memory([&] {
        completed = complete_recording(
            &recording, {name, transcript.duration_ms(), &transcript, lease, witness});
      });
      std::string_view language = transcript.language();
      result = {{pg::make_text(transcript.format()), pg::make_text(language),
                 Int32GetDatum(transcript.duration_ms()), Int32GetDatum(transcript.count()),
                 Int64GetDatum(transcript.replaced()), BoolGetDatum(completed.repeated),
                 Int32GetDatum(completed.charged_seconds)},
                {false, language.empty()}};
      transcript.close();
    });
    session.close();
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
  procedures::ImportResult result = procedures::import(fcinfo, "sp_import_transcript", std::nullopt,
                                                       segments::DocumentSegments::parse);
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
  procedures::ImportResult result = procedures::import(
      fcinfo, "sp_import_transcript_bytes", std::nullopt, segments::DocumentSegments::parse_utf8);
  return pg::make_row(&row_type, kColumns, 5, result.values, result.nulls);
}

S2T_PROCEDURE(s2t_import_transcript) {
  using namespace s2t;
  static TupleDesc row_type = nullptr;
  constexpr pg::ResultColumn kColumns[] = {{"format", TEXTOID},      {"language", TEXTOID},
                                           {"duration_ms", INT4OID}, {"segment_count", INT4OID},
                                           {"repeated", BOOLOID},    {"charged_seconds", INT4OID}};
  procedures::Lease lease = procedures::read_lease(pg::Arguments(fcinfo), 3);
  procedures::ImportResult result =
      procedures::import(fcinfo, "s2t_import_transcript", lease, segments::DocumentSegments::parse);
  // In the place of what only the form for bytes tells.
  result.values[procedures::kReplaced] = result.values[procedures::kRepeated];
  result.values[procedures::kRepeated] = result.values[procedures::kCharged];
  return pg::make_row(&row_type, kColumns, 6, result.values, result.nulls);
}
