#include "procedures/shared/lease.h"

#include "pg/error.h"
#include "pg/ids.h"
#include "pg/settings.h"

namespace s2t::procedures {

using pg::Row;

namespace {

bool has_lease(const Row& recording, const pg_uuid_t& lease) {
  std::optional<pg_uuid_t> held = recording.as_optional_uuid(pg::recordings::lease);
  return held && pg::same_id(*held, lease);
}

[[noreturn]] void raise_lost(const Recording& recording, const pg_uuid_t& lease) {
  ereport(ERROR,
          (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("lease is no longer held"),
           errdetail("The lease %s of recording %s has been given back, claimed by another worker, "
                     "or ended with the recording.",
                     pg::to_cstring(&lease), pg::to_cstring(recording.id())),
           errhint("Drop this work; what is there to do comes from s2t_claim_recordings().")));
  pg_unreachable();
}

TimestampTz last_sign_of_life(const Row& recording) {
  namespace r = pg::recordings;
  return Max(recording.as_timestamp(r::created_at, DT_NOEND),
             recording.as_timestamp(r::active_at, DT_NOBEGIN));
}

}  // namespace

Lease read_lease(const pg::Arguments& arguments, int index) {
  if (arguments.is_null(index)) return std::nullopt;
  return *arguments.as_uuid(index, "in_lease");
}

void require_lease(const Recording& recording, const Lease& lease, failures::Witness* witness) {
  namespace r = pg::recordings;
  if (!recording.found()) return;
  const Row& row = recording.row();
  if (witness != nullptr) {
    witness->attempt = row.as_int32(r::attempt, 1);
    witness->lease = row.as_optional_uuid(r::lease).value_or(pg_uuid_t{});
    witness->owned = lease && has_lease(row, *lease);
  }
  if (lease && recording.status() != Status::kDone && !has_lease(row, *lease))
    raise_lost(recording, *lease);
}

void require_held(const Recording& recording, const pg_uuid_t& lease) {
  if (recording.status() != Status::kProcessing || !has_lease(recording.row(), lease))
    raise_lost(recording, lease);
}

bool is_leased(const Row& recording, TimestampTz now) {
  namespace r = pg::recordings;
  return !recording.is_null(r::lease) && recording.as_timestamp(r::lease_until, DT_NOBEGIN) > now;
}

bool is_queued(const Row& recording) {
  namespace r = pg::recordings;
  return !recording.is_null(r::priority) || !recording.is_null(r::due_at);
}

bool is_put_off_for_lease(const Row& recording) {
  namespace r = pg::recordings;
  return !recording.is_null(r::lease) && recording.as_timestamp(r::due_at, DT_NOEND) <=
                                             recording.as_timestamp(r::lease_until, DT_NOBEGIN);
}

bool is_used_up(const Row& recording) {
  return recording.as_int32(pg::recordings::claims) >= pg::settings::max_attempts();
}

Stale is_stale(const Row& recording, TimestampTz alive_before, TimestampTz now) {
  if (is_leased(recording, now)) return Stale::kNo;
  if (is_used_up(recording)) return Stale::kUsedUp;
  if (is_queued(recording)) return Stale::kNo;
  return last_sign_of_life(recording) < alive_before ? Stale::kSilent : Stale::kNo;
}

bool is_same_attempt(const Row& recording, const failures::Witness& witness, TimestampTz now) {
  namespace r = pg::recordings;
  pg_uuid_t lease = recording.as_optional_uuid(r::lease).value_or(pg_uuid_t{});
  return recording.as_int32(r::attempt, 1) == witness.attempt &&
         pg::same_id(lease, witness.lease) && (witness.owned || !is_leased(recording, now));
}

void leave_queue(const Row& recording, pg::Values* change) {
  namespace r = pg::recordings;
  for (int column : {r::priority, r::due_at, r::due_priority, r::lease, r::lease_until})
    if (!recording.is_null(column)) change->set_null(column);
}

}  // namespace s2t::procedures
