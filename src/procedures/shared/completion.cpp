#include "procedures/shared/completion.h"

#include "audit/audit.h"
#include "failures/marks.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/settings.h"
#include "procedures/shared/account.h"
#include "procedures/shared/segment_store.h"
#include "segments/fingerprint.h"

namespace s2t::procedures {

using pg::make_text;
using pg::Row;
using pg::Session;
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
  if (recording.as_int32(pg::recordings::revision) != 0) {
    ereport(NOTICE, (errmsg("recording %s is already completed with this content, edited since; "
                            "nothing changed",
                            pg::to_cstring(id))));
    return;
  }
  ereport(NOTICE, (errmsg("recording %s is already completed with this content, nothing changed",
                          pg::to_cstring(id))));
}

// What this attempt has heard is charged already: its completion cannot take it back. The recording
// is alive, and the call is wrong: no failure mark. What an earlier attempt reported, which may
// have been wrong, binds nobody: it stays charged, no more.
void require_heard(const Row& recording, const pg_uuid_t* id, const Completion& completion) {
  int32_t heard_ms = heard_in_attempt(recording);
  if (completion.duration_ms >= heard_ms) return;
  failures::spare_recording();
  ereport(ERROR,
          (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("duration is less than what was heard"),
           errdetail("Of the recording %s %d ms were heard; the duration given is %d ms.",
                     pg::to_cstring(id), heard_ms, completion.duration_ms)));
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

Completed complete_recording(Recording* found, const Completion& completion) {
  namespace r = pg::recordings;
  Recording& recording = *found;
  Session* session = recording.table()->session();
  const pg_uuid_t* id = recording.id();
  // Reading what was given may have taken a while.
  session->refresh_snapshot();
  recording.lock_found();
  require_lease(recording, completion.lease, completion.witness);
  if (recording.status() == Status::kDone) {
    accept_repetition(recording.row(), id, completion);
    return {true, recording.row().as_int32(r::segment_count), completion.duration_ms,
            recording.row().as_int32(r::charged_seconds)};
  }
  require_heard(recording.row(), id, completion);

  Account account = Account::open(session);
  SegmentStore store = SegmentStore::open(recording);
  // Settled for both tables before the first statement: a table that is opened later, for a credit
  // or a closed cycle, changes nothing of it.
  bool natively = store.table()->counts_natively() && recording.table()->counts_natively();
  Fingerprint fingerprint = Fingerprint::begin(completion.duration_ms);
  store.take(completion.segments, &fingerprint);
  if (session->runs_foreign_code()) recording.lock_again();

  Metered before = Metered::of(recording.row());
  Metered after = before;
  Growth growth;
  if (natively) {
    growth = {completion.duration_ms - recording.row().as_int32(r::duration_ms), store.growth(), 0};
    if (recording.status() == Status::kProcessing) growth.held = -int64_t{before.held};
  }
  // Without a subscription there is nothing to charge.
  bool subscribed = account.lock(recording.user_id());
  TimestampTz now = Session::now();
  if (store.replaces()) account.keep_charges(recording.user_id(), id, &after);
  if (subscribed) charge_owner(&account, &after, completion.duration_ms, growth, now);
  if (session->runs_foreign_code()) recording.lock_again();
  after.held = 0;

  Values change;
  change.set(r::status, make_text("done"));
  change.set(r::duration_ms, Int32GetDatum(completion.duration_ms));
  change.set(r::completed_at, TimestampTzGetDatum(now));
  change.set_null(r::error);
  change.set(r::fingerprint, PointerGetDatum(fingerprint.end()));
  store.note(natively, false, &change);
  leave_queue(recording.row(), &change);
  after.store(before, &change);
  const Row* done = recording.update(change);
  pg_uuid_t user_id = *done->as_uuid(r::user_id);
  int32_t segment_count = done->as_int32(r::segment_count);
  if (subscribed && after.entry_id) {
    account.write_growth(id, now, &after);
  } else if (subscribed) {
    account.write_entries(id, now);
  }
  events::write(session,
                {.type = events::Type::kRecordingCompleted,
                 .user_id = &user_id,
                 .recording_id = id,
                 .times = subscribed ? account.times() : nullptr},
                [&](events::Data* data) {
                  data->add_number("duration_ms", completion.duration_ms);
                  data->add_number("segment_count", segment_count);
                  data->add_number("charged_seconds", after.seconds);
                });
  audit::write(session, pg::settings::Audit::kAll,
               {.procedure = completion.procedure,
                .user_id = &user_id,
                .recording_id = id,
                .detail = psprintf("%d ms, " INT64_FORMAT " segments", completion.duration_ms,
                                   store.stored())});
  return {false, segment_count, completion.duration_ms, after.seconds};
}

}  // namespace s2t::procedures
