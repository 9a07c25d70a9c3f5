// s2t_undo: docs/reference.md, "s2t_undo".
#include "core/edit/edit.h"

#include "metrics/metrics.h"
#include "pg/array.h"
#include "pg/error.h"
#include "procedures/shared/transcript_edit.h"

namespace s2t::procedures {

namespace {

constexpr const char* kName = "s2t_undo";

// The revision that is to be taken back.
Revision find_target(TranscriptEdit* edit) {
  std::optional<int32_t> number;
  if (edit->latest()) number = edit->latest()->undone_first();
  std::optional<Revision> target;
  if (number) target = edit->revisions()->find(*number);
  if (!target)
    ereport(ERROR,
            (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("there is nothing to undo"),
             errdetail("The transcript of the recording %s is as it was completed, or what "
                       "was before is not kept.",
                       pg::to_cstring(edit->recording()->id()))));
  return *target;
}

// What is there now in the place of kept segments that were changed where they are.
std::span<Line> present_of(TranscriptEdit* edit, std::span<const Line> kept) {
  pg::Array<Line> present;
  for (const Line& line : kept) {
    Line now = edit->read_present(line.idx);
    now.only_meta = line.only_meta;
    present.push(now);
  }
  return present.all();
}

// A transcript that was replaced comes back with its duration; what it was charged stays charged.
int64_t put_back_all(TranscriptEdit* edit, const Revision& target) {
  int32_t before_ms = edit->recording()->row().as_int32(pg::recordings::duration_ms);
  RevisionSegments kept(edit->revisions(), target.revision, PG_INT16_MAX);
  edit->put_all(&kept, target.duration_ms.value_or(before_ms));
  return kept.read();
}

int64_t put_back(TranscriptEdit* edit, const Revision& target) {
  if (target.kind == edit_kind::kReplace) return put_back_all(edit, target);
  std::span<const Line> kept = edit->revisions()->lines(target.revision);
  if (target.range) {
    edit->put(*target.range, edit->read(*target.range), kept);
  } else {
    edit->change(present_of(edit, kept), kept);
  }
  return static_cast<int64_t>(kept.size());
}

Edited undo(pg::Session* session, const EditRequest& request) {
  TranscriptEdit edit =
      TranscriptEdit::open(session, request, pg::kInsert | pg::kUpdate | pg::kDelete);
  Revision target = find_target(&edit);
  Revision* undo = edit.revision();
  undo->undoes = target.revision;
  undo->undo_next = target.undo_next;
  undo->replacement = target.replacement;
  // What is in force is what was in force before it.
  if (target.kind == edit_kind::kReplace) {
    undo->replacement = std::nullopt;
    if (target.undo_next) {
      std::optional<Revision> before = edit.revisions()->find(*target.undo_next);
      if (before) undo->replacement = before->replacement;
    }
  }
  int64_t restored = put_back(&edit, target);
  return edit.finish(edit_kind::kUndo, restored, 0);
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_undo) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  EditRequest request = EditRequest::read(s2t::pg::Arguments(fcinfo), kName, 2);
  s2t::pg::Session session = s2t::pg::Session::open(fcinfo, kName);
  Edited edited = undo(&session, request);
  session.close();
  return edited.make_row(&row_type);
}
