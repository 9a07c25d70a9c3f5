// s2t_replace_segments, s2t_replace_transcript: docs/reference.md, "s2t_replace_segments" and
// "s2t_replace_transcript".
#include "core/account/validate.h"
#include "core/edit/edit.h"

#include "metrics/metrics.h"
#include "pg/error.h"
#include "procedures/shared/transcript_edit.h"
#include "segments/document_segments.h"
#include "segments/jsonb_segments.h"

namespace s2t::procedures {

namespace {

constexpr const char* kSegments = "s2t_replace_segments";
constexpr const char* kTranscript = "s2t_replace_transcript";

struct Replaced {
  bool repeated;
  Edited edited;
  int32_t duration_ms;
  int32_t charged_seconds;

  [[nodiscard]] Datum make_row(TupleDesc* row_type) const {
    constexpr pg::ResultColumn kColumns[] = {{"repeated", BOOLOID},
                                             {"revision", INT4OID},
                                             {"segment_count", INT4OID},
                                             {"duration_ms", INT4OID},
                                             {"charged_seconds", INT4OID}};
    Datum values[] = {BoolGetDatum(repeated), Int32GetDatum(edited.revision),
                      Int32GetDatum(edited.segment_count), Int32GetDatum(duration_ms),
                      Int32GetDatum(charged_seconds)};
    bool nulls[lengthof(values)] = {};
    return pg::make_row(row_type, kColumns, values, nulls);
  }
};

// Whether the transcript in force, edits of it aside, is this one.
template <typename Source>
bool is_repetition(TranscriptEdit* edit, Source source, int32_t duration_ms) {
  if (!edit->latest() || !edit->latest()->replacement) return false;
  std::optional<Revision> replacement = edit->revisions()->find(*edit->latest()->replacement);
  if (!replacement || replacement->fingerprint == nullptr) return false;
  segments::Fingerprint fingerprint = segments::Fingerprint::begin(duration_ms);
  core::Segment segment;
  Jsonb* meta;
  while (source.next(&segment, &meta)) {
    CHECK_FOR_INTERRUPTS();
    fingerprint.add(segment, meta);
  }
  return DatumGetBool(DirectFunctionCall2(byteaeq, PointerGetDatum(replacement->fingerprint),
                                          PointerGetDatum(fingerprint.end())));
}

// `make` makes the source of the segments, each time anew.
template <typename Make>
Replaced replace(pg::Session* session, const EditRequest& request, int32_t duration_ms, bool charge,
                 Make make) {
  namespace r = pg::recordings;
  TranscriptEdit edit = TranscriptEdit::open(session, request, pg::kInsert | pg::kDelete);
  Replaced replaced{};
  replaced.repeated = is_repetition(&edit, make(), duration_ms);
  if (replaced.repeated) {
    replaced.edited = edit.unchanged();
    if (charge) edit.charge_only();
    ereport(NOTICE, (errmsg("transcript of recording %s is already replaced by this content, "
                            "nothing changed",
                            pg::to_cstring(request.recording_id))));
  } else {
    auto source = make();
    segments::Fingerprint fingerprint = segments::Fingerprint::begin(duration_ms);
    edit.put_all(&source, duration_ms, &fingerprint);
    edit.revision()->fingerprint = fingerprint.end();
    replaced.edited = edit.finish(edit_kind::kReplace, source.count(), 0, charge);
  }
  replaced.duration_ms = edit.stored_int32(r::duration_ms);
  replaced.charged_seconds = edit.stored_int32(r::charged_seconds);
  return replaced;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_replace_segments) {
  using namespace s2t;
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  pg::Arguments arguments(fcinfo);
  EditRequest request = EditRequest::read(arguments, kSegments, -1);
  int32_t duration_ms = arguments.as_int32(2, "in_duration_ms");
  Jsonb* array = arguments.as_jsonb(3, "in_segments");
  bool charge = arguments.as_bool(4, "in_charge");
  pg::raise_unless_ok(core::check_duration(duration_ms));
  pg::Session session = pg::Session::open(fcinfo, kSegments);
  Replaced replaced = procedures::replace(&session, request, duration_ms, charge,
                                          [&] { return segments::JsonbSegments(array); });
  session.close();
  return replaced.make_row(&row_type);
}

S2T_PROCEDURE(s2t_replace_transcript) {
  using namespace s2t;
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  pg::Arguments arguments(fcinfo);
  EditRequest request = EditRequest::read(arguments, kTranscript, -1);
  std::string_view document = arguments.as_text(2, "in_document");
  std::string_view format = arguments.as_text(3, "in_format");
  bool charge = arguments.as_bool(4, "in_charge");
  segments::DocumentSegments transcript = segments::DocumentSegments::parse(document, format);
  pg::Session session = pg::Session::open(fcinfo, kTranscript);
  Replaced replaced = procedures::replace(&session, request, transcript.duration_ms(), charge,
                                          [&] { return transcript; });
  session.close();
  transcript.close();
  return replaced.make_row(&row_type);
}
