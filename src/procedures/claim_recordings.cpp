// s2t_claim_recordings: docs/reference.md, "s2t_claim_recordings".
#include "core/account/validate.h"

#include "audit/audit.h"
#include "metrics/leases.h"
#include "metrics/metrics.h"
#include "pg/array.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/ids.h"
#include "pg/settings.h"
#include "procedures/shared/lease.h"
#include "procedures/shared/queue.h"

namespace s2t::procedures {

using pg::Locked;
using pg::make_text;
using pg::Row;
using pg::Session;
using pg::Table;
using pg::Values;

namespace {

namespace r = pg::recordings;

constexpr const char* kName = "s2t_claim_recordings";

// So many recordings at most are brought back, or put off, by one claim: the next one goes on.
constexpr size_t kMoved = 100;

// How long the recordings of an account that is not active are put off.
constexpr int64_t kBlockedPause = 10 * USECS_PER_MINUTE;

struct Request {
  std::string_view worker;
  int32_t limit;
  TimestampTz now;
  TimestampTz until;  // when the leases end
};

struct Deferral {
  pg_uuid_t id;
  TimestampTz due_at;
};

using Places = pg::Array<ItemPointerData>;

// Locks a row that a scan found, in its latest version, unless somebody else holds it.
bool try_lock(Table* recordings, Row* row) {
  return recordings->lock_found(row, pg::RowLock::kNoKeyUpdate, pg::OnConflict::kSkip) ==
             Locked::kYes &&
         row->as_text(r::status) == "processing";
}

// What was put off and is due comes back, as far as nobody holds it.
void bring_back_due(Table* recordings, TimestampTz now) {
  ScanKeyData key =
      pg::scan_key(1, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE, TimestampTzGetDatum(now));
  pg::Scan scan = pg::Scan::begin(recordings, r::by_due_at, &key, 1);
  Places due;
  Row row;
  while (due.size() < kMoved && scan.next(&row))
    if (try_lock(recordings, &row) && row.as_timestamp(r::due_at, DT_NOEND) <= now)
      due.push(row.tid());
  scan.end();
  if (due.empty()) return;
  recordings->begin(CMD_UPDATE, {r::priority, r::due_at, r::due_priority});
  for (const ItemPointerData& place : due.all()) {
    Row waiting = recordings->locked_at(place);
    Values change;
    bring_back(waiting, &change);
    (void)recordings->update(waiting, change);
  }
  recordings->end();
}

// The owners of the recordings met: whether their accounts are active.
class Owners {
 public:
  explicit Owners(Session* session) : users_(Table::open(session, pg::users::kTable, pg::kRead)) {}

  bool is_blocked(const pg_uuid_t* id) {
    if (known_ && pg::same_id(*id, last_)) return blocked_;
    Row user;
    blocked_ = users_.find(pg::users::by_id, UUIDPGetDatum(id), &user) &&
               pg::settings::is_blocked(user.as_text(pg::users::status));
    last_ = *id;
    known_ = true;
    return blocked_;
  }

 private:
  Table users_;
  pg_uuid_t last_;
  bool known_ = false;
  bool blocked_ = false;
};

// Finds and locks what is to be claimed, and what stands in the way: what has no attempts left
// waits for the job that fails it, what belongs to an account that is not active for some minutes.
void find_waiting(Table* recordings, Owners* owners, const Request& request, Places* claimed,
                  pg::Array<Deferral>* deferred) {
  // The queue holds what workers have claimed, too, until it ends: before the first one that waits
  // there are as many rows as there are leases in force.
  pg::Scan scan = pg::Scan::begin(recordings, r::by_priority, nullptr, 0);
  Row row;
  while (claimed->size() < static_cast<size_t>(request.limit) && scan.next(&row)) {
    if (is_leased(row, request.now)) continue;
    if (!try_lock(recordings, &row) || is_leased(row, request.now) || row.is_null(r::priority))
      continue;
    bool used_up = is_used_up(row);
    if (!used_up && !owners->is_blocked(row.as_uuid(r::user_id))) {
      claimed->push(row.tid());
    } else if (deferred->size() < kMoved) {
      deferred->push({*row.as_uuid(r::id), used_up ? DT_NOEND : request.now + kBlockedPause});
    }
  }
  scan.end();
}

// Code of the database's owner may have run meanwhile: the rows are locked anew, which waits for
// nobody, since they are held.
void defer(Table* recordings, const pg::Array<Deferral>& deferred, TimestampTz now) {
  for (const Deferral& one : deferred.all()) {
    Row row;
    if (recordings->lock(r::by_id, UUIDPGetDatum(&one.id), pg::RowLock::kNoKeyUpdate, &row) !=
            Locked::kYes ||
        row.is_null(r::priority) || is_leased(row, now))
      continue;
    Values change;
    put_off(row, one.due_at, &change);
    recordings->begin(CMD_UPDATE, change.columns());
    (void)recordings->update(row, change);
    recordings->end();
  }
}

// A new lease. Every claim is an attempt of its own, so that nothing that an earlier one left
// behind, segments or a failure on its way, counts for this one.
const Row* give_lease(Table* recordings, const ItemPointerData& place, const Request& request) {
  Row waiting = recordings->locked_at(place);
  if (!waiting.is_null(r::lease)) metrics::leases::count_lost();
  pg_uuid_t lease = pg::new_id(request.now, pg::slot_of(waiting.as_uuid(r::user_id)));
  Values change;
  change.set(r::claims, Int32GetDatum(waiting.as_int32(r::claims) + 1));
  change.set(r::attempt, Int32GetDatum(waiting.as_int32(r::attempt, 1) + 1));
  change.set(r::active_at, TimestampTzGetDatum(request.now));
  change.set(r::lease, UUIDPGetDatum(&lease));
  change.set(r::lease_until, TimestampTzGetDatum(request.until));
  change.set(r::lease_worker, make_text(request.worker));
  return recordings->update(waiting, change);
}

void put_row(const Row& claimed, ReturnSetInfo* result) {
  constexpr int kColumns[] = {r::id,   r::user_id, r::source, r::language,
                              r::meta, r::claims,  r::lease,  r::lease_until};
  Datum values[lengthof(kColumns)];
  bool nulls[lengthof(kColumns)];
  for (size_t i = 0; i < lengthof(kColumns); i++) values[i] = claimed.datum(kColumns[i], &nulls[i]);
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

void claim(Session* session, const Request& request, ReturnSetInfo* result) {
  Table recordings = Table::open(session, r::kTable, pg::kUpdate);
  recordings.require(r::lease);
  Owners owners(session);
  bring_back_due(&recordings, request.now);
  Places waiting;
  pg::Array<Deferral> deferred;
  find_waiting(&recordings, &owners, request, &waiting, &deferred);
  if (!waiting.empty()) {
    recordings.begin(CMD_UPDATE, {r::claims, r::attempt, r::active_at, r::lease, r::lease_until,
                                  r::lease_worker});
    for (const ItemPointerData& place : waiting.all()) {
      CHECK_FOR_INTERRUPTS();
      // One that a trigger keeps back is nobody's.
      const Row* claimed = give_lease(&recordings, place, request);
      if (claimed != nullptr) put_row(*claimed, result);
    }
    recordings.end();
  }
  defer(&recordings, deferred, request.now);
  audit::write(
      session, pg::settings::Audit::kAll,
      {.procedure = kName,
       .detail = psprintf("%zu recordings for worker %.*s", waiting.size(),
                          static_cast<int>(request.worker.size()), request.worker.data())});
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_claim_recordings) {
  using namespace s2t::procedures;
  s2t::pg::Arguments arguments(fcinfo);
  Request request{arguments.as_text(0, "in_worker"), arguments.as_int32(1, "in_limit"),
                  Session::now(), 0};
  s2t::pg::raise_unless_ok(s2t::core::check_worker(request.worker));
  s2t::pg::raise_unless_ok(s2t::core::check_claim_limit(request.limit));
  request.until = read_lease_end(arguments, 2, request.now);
  s2t::pg::compat::begin_materialized(fcinfo);
  Session session = Session::open(fcinfo, kName);
  claim(&session, request, castNode(ReturnSetInfo, fcinfo->resultinfo));
  session.close();
  return static_cast<Datum>(0);
}
