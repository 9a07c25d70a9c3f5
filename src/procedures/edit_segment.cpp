// s2t_edit_segment: docs/reference.md, "s2t_edit_segment".
#include "core/edit/edit.h"

#include "metrics/metrics.h"
#include "pg/encoding.h"
#include "pg/error.h"
#include "procedures/shared/transcript_edit.h"

namespace s2t::procedures {

namespace {

constexpr const char* kName = "s2t_edit_segment";

struct Request {
  EditRequest edit;
  int32_t idx;
  core::Correction correction;
};

// The values in UTF-8.
Request read_arguments(const pg::Arguments& arguments) {
  Request request{EditRequest::read(arguments, kName, 7), arguments.as_int32(2, "in_idx"), {}};
  core::Correction* correction = &request.correction;
  correction->text = arguments.as_optional_text(3);
  if (correction->text) correction->text = pg::to_utf8(*correction->text);
  correction->start_ms = arguments.as_optional_int32(4);
  correction->end_ms = arguments.as_optional_int32(5);
  correction->speaker = arguments.as_optional_text(6);
  if (correction->speaker) {
    correction->speaker = pg::to_utf8(*correction->speaker);
    if (!correction->speaker->empty())
      pg::raise_unless_ok(core::check_speaker(*correction->speaker, "in_speaker"));
  }
  return request;
}

Edited edit_segment(pg::Session* session, const Request& request) {
  TranscriptEdit edit = TranscriptEdit::open(session, request.edit, pg::kUpdate);
  Line before = edit.read_one(request.idx);
  core::Utterance utterance = utterance_of(before);
  core::Room room = room_for(core::correct_room(utterance, request.correction));
  core::Corrected corrected;
  pg::raise_unless_ok(core::correct(utterance, request.correction, room, &corrected));
  Line now = line_from(request.idx, corrected.now);
  if (is_same_line(before, now)) return edit.unchanged();
  edit.change({&before, 1}, {&now, 1});
  return edit.finish(edit_kind::kEdit, 1, corrected.lost_words);
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_edit_segment) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  Request request = read_arguments(s2t::pg::Arguments(fcinfo));
  s2t::pg::Session session = s2t::pg::Session::open(fcinfo, kName);
  Edited edited = edit_segment(&session, request);
  session.close();
  return edited.make_row(&row_type);
}
