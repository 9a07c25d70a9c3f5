#include "procedures/shared/completion.h"

#include "audit/audit.h"
#include "pg/bulk_insert.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/settings.h"
#include "procedures/shared/account.h"
#include "procedures/shared/recording.h"
#include "segments/fingerprint.h"

namespace s2t::procedures {

using pg::BulkInsert;
using pg::make_text;
using pg::Row;
using pg::Session;
using pg::Table;
using pg::TableId;
using pg::Values;
using segments::Fingerprint;

namespace {

// Checks every segment and tells the transcript apart from any other, without storing anything.
bytea* fingerprint_of(const Completion& completion) {
  Fingerprint fingerprint = Fingerprint::begin(completion.duration_ms);
  core::Segment segment;
  Jsonb* meta;
  while (completion.segments->next(&segment, &meta)) {
    CHECK_FOR_INTERRUPTS();
    fingerprint.add(segment, meta);
  }
  return fingerprint.end();
}

// A retry: nothing is changed, and only the same content is accepted.
void accept_repetition(const Row& recording, const pg_uuid_t* id, const Completion& completion) {
  bytea* fingerprint = fingerprint_of(completion);
  bool null;
  Datum stored = recording.datum(pg::recordings::fingerprint, &null);
  if (null || !DatumGetBool(DirectFunctionCall2(byteaeq, stored, PointerGetDatum(fingerprint)))) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("recording is already completed with other content"),
                    errdetail("The recording %s is done; its transcript is not the one given.",
                              pg::to_cstring(id))));
  }
  ereport(NOTICE, (errmsg("recording %s is already completed with this content, nothing changed",
                          pg::to_cstring(id))));
}

void require_no_segments(const Row& recording, const pg_uuid_t* id) {
  int32_t count = recording.as_int32(pg::recordings::segment_count);
  if (count != 0) {
    ereport(ERROR,
            (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
             errmsg("recording already has segments"),
             errdetail("The recording %s is not completed, but has %d segments.",
                       pg::to_cstring(id), count),
             errhint("Delete these segments first; completing a recording stores all of them.")));
  }
}

// Stores all segments; the recording is locked. Returns how many were stored.
int64_t store_segments(Table* segments, const pg_uuid_t* id, const Completion& completion,
                       Fingerprint* fingerprint) {
  namespace s = pg::segments;
  BulkInsert bulk = BulkInsert::begin(
      segments, {s::recording_id, s::idx, s::start_ms, s::end_ms, s::text, s::meta},
      completion.segments->count());
  MemoryContext scratch =
      AllocSetContextCreate(CurrentMemoryContext, "s2t segment", ALLOCSET_DEFAULT_SIZES);
  MemoryContext outer = MemoryContextSwitchTo(scratch);
  core::Segment segment;
  Jsonb* meta;
  while (completion.segments->next(&segment, &meta)) {
    fingerprint->add(segment, meta);
    Values row;
    row.set(s::recording_id, UUIDPGetDatum(id));
    row.set(s::idx, Int32GetDatum(segment.idx));
    row.set(s::start_ms, Int32GetDatum(segment.start_ms));
    row.set(s::end_ms, Int32GetDatum(segment.end_ms));
    row.set(s::text, make_text(segment.text));
    row.set_or_null(s::meta, meta);
    bulk.add(row,
             static_cast<int64_t>(segment.text.size()) + (meta != nullptr ? VARSIZE(meta) : 0));
    MemoryContextReset(scratch);
  }
  MemoryContextSwitchTo(outer);
  MemoryContextDelete(scratch);
  return bulk.end();
}

// What a completion adds to the running totals, unless triggers count it.
struct Growth {
  int64_t duration_ms = 0;
  int64_t segments = 0;
  int64_t held = 0;  // seconds
};

// Charges the recording's seconds, less what it was charged already, and the recording itself if it
// is charged to no cycle. Stores the account, which is locked.
void charge_owner(Account* account, Metered* recording, int32_t duration_ms, const Growth& growth,
                  TimestampTz now) {
  account->roll_over_if_ended(now);
  core::Amount amount{recording->cycle_id ? 0 : 1,
                      Max(core::billable_seconds(duration_ms) - recording->seconds, 0)};
  if (!amount.is_zero()) account->charge(amount, now, recording);
  account->count(0, growth.duration_ms, growth.segments, growth.held);
  account->store(now);
}

}  // namespace

Completed complete_recording(Session* session, const pg_uuid_t* id, const Completion& completion) {
  namespace r = pg::recordings;
  Recording recording = Recording::lock(session, id);
  if (recording.status() == Status::kDone) {
    accept_repetition(recording.row(), id, completion);
    return {true, recording.row().as_int32(r::segment_count), completion.duration_ms,
            recording.row().as_int32(r::charged_seconds)};
  }
  require_no_segments(recording.row(), id);

  Account account = Account::open(session);
  Table segments = Table::open(session, pg::segments::kTable, pg::kInsert, {TableId::kRecordings});
  // Settled for both tables before the first statement: a table that is opened later, for a credit
  // or a closed cycle, changes nothing of it.
  bool natively = segments.counts_natively() && recording.table()->counts_natively();
  Fingerprint fingerprint = Fingerprint::begin(completion.duration_ms);
  int64_t stored = store_segments(&segments, id, completion, &fingerprint);
  if (session->runs_foreign_code()) recording.lock_again();

  Metered before = Metered::of(recording.row());
  Metered after = before;
  Growth growth;
  if (natively) {
    growth = {completion.duration_ms - recording.row().as_int32(r::duration_ms), stored, 0};
    if (recording.status() == Status::kProcessing) growth.held = -int64_t{before.held};
  }
  // Without a subscription there is nothing to charge.
  bool subscribed = account.lock(recording.user_id());
  TimestampTz now = Session::now();
  if (subscribed) charge_owner(&account, &after, completion.duration_ms, growth, now);
  if (session->runs_foreign_code()) recording.lock_again();
  after.held = 0;

  Values change;
  change.set(r::status, make_text("done"));
  change.set(r::duration_ms, Int32GetDatum(completion.duration_ms));
  change.set(r::completed_at, TimestampTzGetDatum(now));
  change.set_null(r::error);
  change.set(r::fingerprint, PointerGetDatum(fingerprint.end()));
  if (natively) change.set(r::segment_count, Int32GetDatum(static_cast<int32_t>(stored)));
  after.store(before, &change);
  const Row* done = recording.update(change);
  pg_uuid_t user_id = *done->as_uuid(r::user_id);
  if (subscribed) account.write_entries(id, now);
  events::write(session,
                {.type = events::Type::kRecordingCompleted,
                 .user_id = &user_id,
                 .recording_id = id,
                 .times = subscribed ? account.times() : nullptr},
                [&](events::Data* data) {
                  data->add_number("duration_ms", completion.duration_ms);
                  data->add_number("segment_count", stored);
                  data->add_number("charged_seconds", after.seconds);
                });
  audit::write(
      session, pg::settings::Audit::kAll,
      {.procedure = completion.procedure,
       .user_id = &user_id,
       .recording_id = id,
       .detail = psprintf("%d ms, " INT64_FORMAT " segments", completion.duration_ms, stored)});
  return {false, static_cast<int32_t>(stored), completion.duration_ms, after.seconds};
}

}  // namespace s2t::procedures
