// s2t_rename_speaker: docs/reference.md, "s2t_rename_speaker".
#include "core/edit/edit.h"

#include "metrics/metrics.h"
#include "pg/array.h"
#include "pg/encoding.h"
#include "pg/error.h"
#include "procedures/shared/transcript_edit.h"

namespace s2t::procedures {

namespace {

constexpr const char* kName = "s2t_rename_speaker";

// In UTF-8.
struct Names {
  std::string_view from;
  std::string_view to;
};

// The segments of the speaker, as they are and as they will be; only their meta.
struct Spoken {
  pg::Array<Line> before;
  pg::Array<Line> now;
};

Line only_meta(const Line& line, Jsonb* meta) {
  Line copy;
  copy.idx = line.idx;
  copy.meta = meta;
  copy.only_meta = true;
  return copy;
}

void rename_in(const Line& line, const Names& names, MemoryContext keep, Spoken* spoken) {
  std::string_view meta = meta_text(line.meta);
  core::Room room = room_for(core::rename_room(meta, names.to));
  core::Renamed renamed;
  pg::raise_unless_ok(core::rename_speaker(meta, names.from, names.to, room, &renamed));
  if (!renamed.changed) return;
  MemoryContext scratch = MemoryContextSwitchTo(keep);
  spoken->before.push(only_meta(line, copy_line(only_meta(line, line.meta)).meta));
  spoken->now.push(only_meta(line, meta_from(renamed.meta)));
  MemoryContextSwitchTo(scratch);
}

Edited rename(pg::Session* session, const EditRequest& request, const Names& names) {
  TranscriptEdit edit = TranscriptEdit::open(session, request, pg::kUpdate);
  if (names.from == names.to) return edit.unchanged();
  Spoken spoken;
  MemoryContext keep = CurrentMemoryContext;
  MemoryContext scratch = AllocSetContextCreate(keep, "s2t rename", ALLOCSET_DEFAULT_SIZES);
  edit.each([&](const Line& line) {
    if (line.meta == nullptr) return;
    MemoryContextSwitchTo(scratch);
    rename_in(line, names, keep, &spoken);
    MemoryContextSwitchTo(keep);
    MemoryContextReset(scratch);
  });
  MemoryContextDelete(scratch);
  if (spoken.now.empty()) return edit.unchanged();
  edit.change(spoken.before.all(), spoken.now.all());
  return edit.finish(edit_kind::kRename, static_cast<int64_t>(spoken.now.size()), 0);
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_rename_speaker) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  s2t::pg::Arguments arguments(fcinfo);
  EditRequest request = EditRequest::read(arguments, kName, 4);
  Names names{s2t::pg::to_utf8(arguments.as_text(2, "in_from")),
              s2t::pg::to_utf8(arguments.as_text(3, "in_to"))};
  s2t::pg::raise_unless_ok(s2t::core::check_speaker(names.to, "in_to"));
  s2t::pg::Session session = s2t::pg::Session::open(fcinfo, kName);
  Edited edited = rename(&session, request, names);
  session.close();
  return edited.make_row(&row_type);
}
