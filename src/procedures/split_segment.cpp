// s2t_split_segment, s2t_merge_segments: docs/reference.md, "s2t_split_segment" and
// "s2t_merge_segments".
#include "core/edit/edit.h"

#include "metrics/metrics.h"
#include "pg/error.h"
#include "procedures/shared/transcript_edit.h"

namespace s2t::procedures {

namespace {

constexpr const char* kSplit = "s2t_split_segment";
constexpr const char* kMerge = "s2t_merge_segments";
constexpr pg::Use kUse = pg::kInsert | pg::kUpdate | pg::kDelete;

struct Cut {
  int32_t idx;
  std::optional<int32_t> at_ms;
  std::optional<int32_t> at_char;
};

Edited split(pg::Session* session, const EditRequest& request, const Cut& cut) {
  TranscriptEdit edit = TranscriptEdit::open(session, request, kUse);
  Line before = edit.read_one(cut.idx);
  core::Utterance whole = utterance_of(before);
  core::Split parts;
  pg::raise_unless_ok(
      core::split(whole, cut.at_ms, cut.at_char, room_for(core::split_room(whole)), &parts));
  if (cut.idx == PG_INT32_MAX)
    ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("idx out of range")));
  Line now[] = {line_from(cut.idx, parts.head), line_from(cut.idx + 1, parts.tail)};
  edit.put({cut.idx, cut.idx}, {&before, 1}, now);
  return edit.finish(edit_kind::kSplit, 2, parts.lost_words);
}

core::Utterance merged(std::span<const Line> lines) {
  auto* parts = static_cast<core::Utterance*>(
      MemoryContextAllocHuge(CurrentMemoryContext, sizeof(core::Utterance) * lines.size()));
  for (size_t i = 0; i < lines.size(); i++) parts[i] = utterance_of(lines[i]);
  std::span<const core::Utterance> all{parts, lines.size()};
  size_t bytes = core::merge_room(all);
  if (bytes >= MaxAllocSize)
    ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("segment is too long"),
                    errdetail("The merged segments have more than a gigabyte in all.")));
  core::Utterance whole;
  pg::raise_unless_ok(core::merge(all, room_for(bytes), &whole));
  return whole;
}

Edited merge(pg::Session* session, const EditRequest& request, IdxRange range) {
  TranscriptEdit edit = TranscriptEdit::open(session, request, kUse);
  (void)edit.read_one(range.first);
  (void)edit.read_one(range.last);
  if (range.first == range.last) return edit.unchanged();
  std::span<const Line> before = edit.read(range);
  Line now = line_from(range.first, merged(before));
  edit.put(range, before, {&now, 1});
  return edit.finish(edit_kind::kMerge, 1, 0);
}

IdxRange read_range(const pg::Arguments& arguments) {
  IdxRange range{arguments.as_int32(2, "in_first"), arguments.as_int32(3, "in_last")};
  if (range.last < range.first)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid range of segments"),
                    errdetail("The value of in_last is %d; at least %d, that of in_first, is "
                              "expected.",
                              range.last, range.first)));
  return range;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_split_segment) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  s2t::pg::Arguments arguments(fcinfo);
  EditRequest request = EditRequest::read(arguments, kSplit, 5);
  Cut cut{arguments.as_int32(2, "in_idx"), arguments.as_optional_int32(3),
          arguments.as_optional_int32(4)};
  s2t::pg::Session session = s2t::pg::Session::open(fcinfo, kSplit);
  Edited edited = split(&session, request, cut);
  session.close();
  return edited.make_row(&row_type);
}

S2T_PROCEDURE(s2t_merge_segments) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  s2t::pg::Arguments arguments(fcinfo);
  EditRequest request = EditRequest::read(arguments, kMerge, 4);
  IdxRange range = read_range(arguments);
  s2t::pg::Session session = s2t::pg::Session::open(fcinfo, kMerge);
  Edited edited = merge(&session, request, range);
  session.close();
  return edited.make_row(&row_type);
}
