// sp_get_chunks: a transcript in pieces for embedding and retrieval (docs/reads.md).
#include "core/export/chunks.h"

#include "core/transcript/script.h"
#include "core/transcript/segment.h"
#include "metrics/metrics.h"
#include "pg/array.h"
#include "pg/compat.h"
#include "pg/encoding.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "pg/table.h"
#include "procedures/shared/speaker.h"

namespace s2t::procedures {

using core::Chunk;
using core::Chunker;
using core::Segment;
using pg::Row;
using pg::Session;
using pg::Table;

namespace {

struct Spoken {
  Segment segment;  // its text in UTF-8, without blanks around it
  std::string_view speaker;
};

// In the order of their numbers; those without text left out.
using Transcript = std::span<const Spoken>;

// The text as a whole, and where the segments end in it.
struct Flat {
  char* characters;
  size_t bytes;
  Chunker::SegmentEnd* ends;
};

Spoken read_segment(const Row& row) {
  namespace s = pg::segments;
  Spoken spoken{{row.as_int32(s::idx), row.as_int32(s::start_ms), row.as_int32(s::end_ms), {}}, {}};
  std::string_view text = core::trim_blanks(pg::to_utf8(row.as_text(s::text)));
  if (text.empty()) return spoken;
  spoken.segment.text = pg::copy(text);
  bool null;
  Datum meta = row.datum(s::meta, &null);
  if (!null) spoken.speaker = speaker_in(DatumGetJsonbP(meta));
  return spoken;
}

int by_idx(const void* left, const void* right) {
  int32_t a = static_cast<const Spoken*>(left)->segment.idx;
  int32_t b = static_cast<const Spoken*>(right)->segment.idx;
  return static_cast<int>(a > b) - static_cast<int>(a < b);
}

Transcript read_transcript(Session* session, const pg_uuid_t* id) {
  namespace s = pg::segments;
  Table segments = Table::open(session, s::kTable, pg::kRead);
  ScanKeyData key = pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(id));
  pg::Scan scan = pg::Scan::begin(&segments, s::by_recording_id, &key, 1);
  pg::Array<Spoken> transcript;
  Row row;
  while (scan.next(&row)) {
    CHECK_FOR_INTERRUPTS();
    Spoken spoken = read_segment(row);
    if (!spoken.segment.text.empty()) transcript.push(spoken);
  }
  scan.end();
  qsort(transcript.begin(), transcript.size(), sizeof(Spoken), by_idx);
  return transcript.all();
}

Flat flatten(Transcript transcript) {
  size_t room = 1;
  for (size_t i = 0; i < transcript.size(); i++) {
    room += transcript[i].segment.text.size() + 1;
  }
  Flat flat{static_cast<char*>(MemoryContextAllocHuge(CurrentMemoryContext, room)), 0,
            static_cast<Chunker::SegmentEnd*>(MemoryContextAllocHuge(
                CurrentMemoryContext, sizeof(Chunker::SegmentEnd) * (transcript.size() + 1)))};
  auto append = [&flat](std::string_view text) {
    memcpy(flat.characters + flat.bytes, text.data(), text.size());
    flat.bytes += text.size();
  };
  for (size_t i = 0; i < transcript.size(); i++) {
    const Spoken& spoken = transcript[i];
    if (i > 0) {
      const Spoken& before = transcript[i - 1];
      bool same = before.speaker == spoken.speaker;
      flat.ends[i - 1].turn = !same;
      append(core::chunk_separator(before.segment.text, spoken.segment.text, same));
    }
    append(spoken.segment.text);
    flat.ends[i] = {flat.bytes, true};
  }
  return flat;
}

// Segments of which something is in a chunk, the first one being `first`.
struct Extent {
  int64_t first;
  int64_t last;
  int32_t start_ms;
  int32_t end_ms;
};

Extent extent_of(Transcript transcript, const Flat& flat, Chunk chunk, int64_t first) {
  while (flat.ends[first].at <= chunk.from) first++;
  const Segment& begin = transcript[first].segment;
  Extent extent{first, first, begin.start_ms, begin.end_ms};
  while (flat.ends[extent.last].at < chunk.to) {
    const Segment& next = transcript[++extent.last].segment;
    extent.start_ms = Min(extent.start_ms, next.start_ms);
    extent.end_ms = Max(extent.end_ms, next.end_ms);
  }
  return extent;
}

void put_chunks(Transcript transcript, int32_t max_chars, int32_t overlap, ReturnSetInfo* result) {
  Flat flat = flatten(transcript);
  std::string_view text{flat.characters, flat.bytes};
  Chunker chunker(text, flat.ends, transcript.size(), max_chars, overlap);
  Extent extent{};
  Chunk chunk;
  for (int32_t index = 0; chunker.next(&chunk); index++) {
    CHECK_FOR_INTERRUPTS();
    extent = extent_of(transcript, flat, chunk, extent.first);
    Datum piece =
        pg::make_text(pg::from_utf8({flat.characters + chunk.from, chunk.to - chunk.from}));
    Datum values[] = {Int32GetDatum(index),
                      Int32GetDatum(extent.start_ms),
                      Int32GetDatum(extent.end_ms),
                      piece,
                      Int32GetDatum(transcript[extent.first].segment.idx),
                      Int32GetDatum(transcript[extent.last].segment.idx)};
    bool nulls[lengthof(values)] = {};
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    pfree(DatumGetPointer(piece));
  }
}

// Nobody learns whether a recording of somebody else exists.
bool is_owner(Session* session, const pg_uuid_t* user, const pg_uuid_t* recording) {
  Table recordings = Table::open(session, pg::recordings::kTable, pg::kRead);
  Row row;
  return recordings.find(pg::recordings::by_id, UUIDPGetDatum(recording), &row) &&
         pg::same_id(*row.as_uuid(pg::recordings::user_id), *user);
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_get_chunks) {
  using namespace s2t;
  pg::Arguments arguments(fcinfo);
  const pg_uuid_t* user = arguments.as_uuid(0, "in_user_id");
  const pg_uuid_t* recording = arguments.as_uuid(1, "in_recording_id");
  int32_t max_chars = arguments.as_int32(2, "in_max_chars");
  int32_t overlap = arguments.as_int32(3, "in_overlap");
  pg::raise_unless_ok(core::check_chunk_sizes(max_chars, overlap));
  pg::compat::begin_materialized(fcinfo);

  MemoryContext scratch =
      AllocSetContextCreate(CurrentMemoryContext, "s2t chunks", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(scratch);
  pg::Session session = pg::Session::open(fcinfo, "sp_get_chunks", pg::Session::Mode::kRead);
  if (procedures::is_owner(&session, user, recording)) {
    procedures::put_chunks(procedures::read_transcript(&session, recording), max_chars, overlap,
                           castNode(ReturnSetInfo, fcinfo->resultinfo));
  }
  session.close();
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(scratch);
  return static_cast<Datum>(0);
}
