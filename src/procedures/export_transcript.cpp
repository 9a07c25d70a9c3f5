// sp_export_transcript, sp_render_transcript: a completed recording as a file for its user
// (docs/transcripts.md).
#include "core/export/export.h"

#include "metrics/metrics.h"
#include "pg/array.h"
#include "pg/encoding.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/table.h"
#include "procedures/shared/speaker.h"

namespace s2t::procedures {

using core::Cue;
using core::SubtitleFormat;
using core::SubtitleWriter;
using pg::Row;
using pg::Session;
using pg::Table;

namespace {

// A recording that has not become a transcript (yet) is 55000.
void require_done(const Row& recording, const pg_uuid_t* id) {
  std::string_view status = recording.as_text(pg::recordings::status);
  if (status == "done") return;
  ereport(ERROR,
          (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("recording is not completed"),
           errdetail("The recording %s has the status \"%.*s\".", pg::to_cstring(id),
                     static_cast<int>(status.size()), status.data())));
}

// The words of a segment that tell when they begin.
std::span<const core::CueWord> words_in(Jsonb* meta) {
  JsonbValue value;
  if (!JB_ROOT_IS_OBJECT(meta) ||
      getKeyJsonValueFromContainer(&meta->root, "words", 5, &value) == nullptr ||
      value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))
    return {};
  JsonbContainer* array = value.val.binary.data;
  uint32 count = JsonContainerSize(array);
  auto* words = static_cast<core::CueWord*>(palloc(count * sizeof(core::CueWord)));
  size_t known = 0;
  JsonbIterator* iterator = JsonbIteratorInit(array);
  JsonbValue word;
  for (JsonbIteratorToken token; (token = JsonbIteratorNext(&iterator, &word, true)) != WJB_DONE;) {
    if (token != WJB_ELEM || word.type != jbvBinary || !JsonContainerIsObject(word.val.binary.data))
      continue;
    JsonbValue text;
    JsonbValue start;
    JsonbContainer* object = word.val.binary.data;
    if (getKeyJsonValueFromContainer(object, "text", 4, &text) == nullptr ||
        text.type != jbvString ||
        getKeyJsonValueFromContainer(object, "start_ms", 8, &start) == nullptr ||
        start.type != jbvNumeric)
      continue;
    bool out_of_range = false;
    int32 start_ms = numeric_int4_opt_error(start.val.numeric, &out_of_range);
    if (out_of_range) continue;
    words[known++] = {
        pg::copy(pg::to_utf8({text.val.string.val, static_cast<size_t>(text.val.string.len)})),
        start_ms};
  }
  return {words, known};
}

// The further keys of a segment as JSON. Keys of the segment's own may have come in by a direct
// INSERT: they would stand twice.
std::string_view members_of(Jsonb* meta) {
  for (const char* key : {"idx", "start_ms", "end_ms", "text"}) {
    JsonbValue value;
    // Looking costs a fraction of what making the object anew does.
    if (!JB_ROOT_IS_OBJECT(meta) ||
        getKeyJsonValueFromContainer(&meta->root, key, static_cast<int>(strlen(key)), &value) ==
            nullptr)
      continue;
    meta = DatumGetJsonbP(
        DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(meta), CStringGetTextDatum(key)));
  }
  return pg::to_utf8(JsonbToCString(nullptr, &meta->root, static_cast<int>(VARSIZE(meta))));
}

Cue read_cue(const Row& row, SubtitleFormat format, bool words) {
  namespace s = pg::segments;
  Cue cue{{row.as_int32(s::idx), row.as_int32(s::start_ms), row.as_int32(s::end_ms),
           pg::copy(pg::to_utf8(row.as_text(s::text)))},
          {},
          {}};
  bool null;
  Datum datum = row.datum(s::meta, &null);
  if (null) return cue;
  Jsonb* meta = DatumGetJsonbP(datum);
  cue.speaker = speaker_in(meta);
  if (format == SubtitleFormat::kJson) cue.meta = members_of(meta);
  if (words) cue.words = words_in(meta);
  // Kept are copies; words make a meta large.
  if (reinterpret_cast<Pointer>(meta) != DatumGetPointer(datum)) pfree(meta);
  return cue;
}

std::span<Cue> read_cues(Session* session, const pg_uuid_t* id, SubtitleFormat format, bool words) {
  namespace s = pg::segments;
  Table segments = Table::open(session, s::kTable, pg::kRead);
  ScanKeyData key = pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(id));
  pg::Scan scan = pg::Scan::begin(&segments, s::by_recording_id, &key, 1);
  pg::Array<Cue> cues;
  Row row;
  while (scan.next(&row)) {
    CHECK_FOR_INTERRUPTS();
    cues.push(read_cue(row, format, words));
  }
  scan.end();
  return cues.all();
}

int compare(int32_t a, int32_t b) {
  if (a == b) return 0;
  return a < b ? -1 : 1;
}

int by_idx(const void* left, const void* right) {
  return compare(static_cast<const Cue*>(left)->segment.idx,
                 static_cast<const Cue*>(right)->segment.idx);
}

int by_start(const void* left, const void* right) {
  int order = compare(static_cast<const Cue*>(left)->segment.start_ms,
                      static_cast<const Cue*>(right)->segment.start_ms);
  return order != 0 ? order : by_idx(left, right);
}

// Appends what `write` writes to the memory it is given, or only measures without any.
template <typename Write>
void append(StringInfo file, Write write) {
  size_t bytes = write(nullptr);
  if (bytes > MaxAllocSize)
    ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("transcript is too long")));
  if (pg::is_utf8_database()) {
    enlargeStringInfo(file, static_cast<int>(bytes));
    (void)write(file->data + file->len);
    file->len += static_cast<int>(bytes);
    return;
  }
  auto* part = static_cast<char*>(palloc(bytes + 1));
  (void)write(part);
  std::string_view converted = pg::from_utf8({part, bytes});
  appendBinaryStringInfo(file, converted.data(), static_cast<int>(converted.size()));
}

// The same for a cue, which needs no measuring while it is short.
void append_cue(StringInfo file, SubtitleWriter* writer, const Cue& cue) {
  constexpr size_t kMostRoom = 64 * 1024;
  size_t room = SubtitleWriter::room_for(cue);
  if (room > kMostRoom || !pg::is_utf8_database())
    return append(file, [&](char* out) { return writer->write_cue(cue, out); });
  enlargeStringInfo(file, static_cast<int>(room));
  file->len += static_cast<int>(writer->write_cue(cue, file->data + file->len));
}

void write_file(Session* session, const pg_uuid_t* id, SubtitleFormat format,
                core::RenderOptions options, StringInfo file) {
  Table recordings = Table::open(session, pg::recordings::kTable, pg::kRead);
  Row recording;
  if (!recordings.find(pg::recordings::by_id, UUIDPGetDatum(id), &recording))
    pg::raise_not_found("recording", id);
  require_done(recording, id);
  SubtitleWriter writer(format, recording.as_int32(pg::recordings::duration_ms),
                        pg::to_utf8(recording.as_text(pg::recordings::language)), options);

  std::span<Cue> cues = read_cues(session, id, format, options.words);
  qsort(cues.data(), cues.size(), sizeof(Cue), core::wants_time_order(format) ? by_start : by_idx);
  append(file, [&](char* out) { return writer.write_head(out); });
  for (const Cue& cue : cues) {
    CHECK_FOR_INTERRUPTS();
    append_cue(file, &writer, cue);
  }
  append(file, [&](char* out) { return writer.write_tail(out); });
}

core::RenderOptions read_options(Jsonb* json, SubtitleFormat format) {
  core::RenderOptions options = core::default_options(format);
  if (!JB_ROOT_IS_OBJECT(json))
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid export options"),
                    errdetail("Argument in_options is not an object.")));
  JsonbIterator* iterator = JsonbIteratorInit(&json->root);
  JsonbValue key;
  JsonbValue value;
  for (JsonbIteratorToken token; (token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE;) {
    if (token != WJB_KEY) continue;
    (void)JsonbIteratorNext(&iterator, &value, true);
    std::string_view name = {key.val.string.val, static_cast<size_t>(key.val.string.len)};
    bool on = value.type == jbvBool && value.val.boolean;
    pg::raise_unless_ok(core::set_render_option(format, name, on, &options));
    if (value.type != jbvBool)
      ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid export options"),
                      errdetail("The option \"%.*s\" is neither true nor false.",
                                static_cast<int>(name.size()), name.data())));
  }
  return options;
}

SubtitleFormat read_format(std::string_view name) {
  SubtitleFormat format;
  pg::raise_unless_ok(core::find_subtitle_format(name, &format));
  return format;
}

// The file becomes the result as it is: a text begins with the room for its size.
text* export_file(FunctionCallInfo fcinfo, const char* name, const pg_uuid_t* id,
                  SubtitleFormat format, core::RenderOptions options) {
  StringInfoData file;
  initStringInfo(&file);
  appendStringInfoSpaces(&file, VARHDRSZ);
  Session session = Session::open(fcinfo, name, Session::Mode::kRead);
  write_file(&session, id, format, options, &file);
  session.close();
  SET_VARSIZE(file.data, file.len);
  return reinterpret_cast<text*>(file.data);
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_export_transcript) {
  using namespace s2t;
  pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  core::SubtitleFormat format = procedures::read_format(arguments.as_text(1, "in_format"));
  PG_RETURN_TEXT_P(procedures::export_file(fcinfo, "sp_export_transcript", id, format,
                                           core::default_options(format)));
}

S2T_PROCEDURE(sp_render_transcript) {
  using namespace s2t;
  pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_recording_id");
  core::SubtitleFormat format = procedures::read_format(arguments.as_text(1, "in_format"));
  core::RenderOptions options =
      procedures::read_options(arguments.as_jsonb(2, "in_options"), format);
  PG_RETURN_TEXT_P(procedures::export_file(fcinfo, "sp_render_transcript", id, format, options));
}
