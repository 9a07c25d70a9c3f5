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
#include "procedures/shared/set_aside.h"

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

// So many leases in force are passed over in a claim; those beyond are put off until they are over.
constexpr size_t kPatience = 50;

// How long the recordings of an account that is not active are put off, and those that a constraint
// or a trigger of the database's owner keeps from being claimed.
constexpr int64_t kPause = 10 * USECS_PER_MINUTE;

// So many of the latter are set aside by one claim.
constexpr int kMostRefused = 1000;

struct Request {
  std::string_view worker;
  int32_t limit;
  TimestampTz now;
  TimestampTz until;  // when the leases end
};

// A recording that a walk has found, and locked.
struct Place {
  ItemPointerData tid;
  pg_uuid_t id;
  bool leased = false;
  TimestampTz due_at = 0;  // of what is to be put off
};

using Places = pg::Array<Place>;

// Locks a row that a scan found, in its latest version, unless somebody else holds it.
bool try_lock(Table* recordings, Row* row) {
  return recordings->lock_found(row, pg::RowLock::kNoKeyUpdate, pg::OnConflict::kSkip) ==
             Locked::kYes &&
         row->as_text(r::status) == "processing";
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

// One call. All of it is tried in one go; if a row is refused, by a constraint or a trigger of the
// database's owner, anew and row by row, so that it is known which one, and without it.
class Claim {
 public:
  Claim(FunctionCallInfo fcinfo, const Request& request)
      : fcinfo_(fcinfo),
        request_(request),
        row_type_(castNode(ReturnSetInfo, fcinfo->resultinfo)->setDesc),
        memory_(CurrentMemoryContext),
        set_aside_("recording") {}

  // What was claimed, as rows of the result.
  std::span<HeapTuple> run();

 private:
  void claim();
  void bring_back_due(Table* recordings);
  void find_waiting(Table* recordings, Places* claimed, Places* put_off);
  [[nodiscard]] bool is_passed_over(const Row& row);
  template <typename Change>
  void change_all(Table* recordings, pg::Columns columns, const Places& places, Change&& change);
  void give_lease(Table* recordings, const Row& waiting);
  void note_given(const Row& claimed);
  void set_aside(const pg::Refusal& refusal);

  FunctionCallInfo fcinfo_;
  const Request& request_;
  TupleDesc row_type_;
  MemoryContext memory_;
  pg::Array<HeapTuple> given_;
  int lost_ = 0;  // leases that were another worker's
  bool row_by_row_ = false;
  bool at_row_ = false;  // which row is being worked at is known:
  pg_uuid_t row_;
  HTAB* refused_ = nullptr;
  SetAside set_aside_;
};

// Whether the row was refused before. Notes that it is being looked at.
bool Claim::is_passed_over(const Row& row) {
  if (!row_by_row_) return false;
  row_ = *row.as_uuid(r::id);
  at_row_ = true;
  return refused_ != nullptr && hash_search(refused_, &row_, HASH_FIND, nullptr) != nullptr;
}

// Changes rows that are locked: one statement, or one for each row. `change` does without the row
// if it is not what it was: code of the database's owner may have run since it was found. It is
// locked anew then, which waits for nobody, since it is held.
template <typename Change>
void Claim::change_all(Table* recordings, pg::Columns columns, const Places& places,
                       Change&& change) {
  if (places.empty()) return;
  bool anew = recordings->session()->runs_foreign_code();
  if (!row_by_row_) recordings->begin(CMD_UPDATE, columns);
  for (const Place& place : places.all()) {
    CHECK_FOR_INTERRUPTS();
    row_ = place.id;
    if (row_by_row_) recordings->begin(CMD_UPDATE, columns);
    Row row;
    if (!anew) {
      row = recordings->locked_at(place.tid);
      change(row, place);
    } else if (recordings->lock(r::by_id, UUIDPGetDatum(&place.id), pg::RowLock::kNoKeyUpdate,
                                &row) == Locked::kYes &&
               row.as_text(r::status) == "processing") {
      change(row, place);
    }
    if (row_by_row_) recordings->end();
  }
  if (!row_by_row_) recordings->end();
}

// What was put off and is due comes back, as far as nobody holds it; what a lease covers still is
// put off until that is over.
void Claim::bring_back_due(Table* recordings) {
  TimestampTz now = request_.now;
  ScanKeyData key =
      pg::scan_key(1, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE, TimestampTzGetDatum(now));
  pg::Scan scan = pg::Scan::begin(recordings, r::by_due_at, &key, 1);
  Places due;
  Row row;
  while (due.size() < kMoved && scan.next(&row))
    if (!is_passed_over(row) && try_lock(recordings, &row) &&
        row.as_timestamp(r::due_at, DT_NOEND) <= now)
      due.push({row.tid(), *row.as_uuid(r::id)});
  scan.end();
  change_all(recordings, {r::priority, r::due_at, r::due_priority}, due,
             [&](const Row& waiting, const Place& /*place*/) {
               if (waiting.as_timestamp(r::due_at, DT_NOEND) > now) return;
               Values change;
               if (is_leased(waiting, now)) {
                 put_off(waiting, waiting.as_timestamp(r::lease_until, now), &change);
               } else {
                 bring_back(waiting, &change);
               }
               (void)recordings->update(waiting, change);
             });
}

// Finds and locks what is to be claimed, and what stands in the way: what has no attempts left
// waits for the job that fails it, what belongs to an account that is not active for some minutes,
// and what others have claimed, where it is much, for the end of its lease.
void Claim::find_waiting(Table* recordings, Places* claimed, Places* put_off) {
  TimestampTz now = request_.now;
  Owners owners(recordings->session());
  auto limit = static_cast<size_t>(request_.limit);
  size_t leased = 0;
  // Above READ COMMITTED a heartbeat that the snapshot does not see would be 40001.
  size_t patience = IsolationUsesXactSnapshot() ? SIZE_MAX : kPatience;
  // As many as a claim like this one adds, and some more, so that they do not become more and more.
  size_t room = kMoved + limit;
  pg::Scan scan = pg::Scan::begin(recordings, r::by_priority, nullptr, 0);
  Row row;
  while (claimed->size() < limit && scan.next(&row)) {
    if (is_passed_over(row)) continue;
    bool was_leased = is_leased(row, now);
    if (was_leased && (++leased <= patience || put_off->size() >= room)) continue;
    if (!try_lock(recordings, &row) || row.is_null(r::priority) ||
        is_leased(row, now) != was_leased)
      continue;
    Place place{row.tid(), *row.as_uuid(r::id), was_leased};
    if (was_leased) {
      place.due_at = row.as_timestamp(r::lease_until, now);
    } else if (is_used_up(row)) {
      place.due_at = DT_NOEND;
    } else if (owners.is_blocked(row.as_uuid(r::user_id))) {
      place.due_at = now + kPause;
    } else {
      claimed->push(place);
      continue;
    }
    if (put_off->size() < room) put_off->push(place);
  }
  scan.end();
}

// A new lease. Every claim is an attempt of its own, so that nothing that an earlier one left
// behind, segments or a failure on its way, counts for this one. One that a trigger keeps back is
// nobody's.
void Claim::give_lease(Table* recordings, const Row& waiting) {
  bool was_anothers = !waiting.is_null(r::lease);
  pg_uuid_t lease = pg::new_id(request_.now, pg::slot_of(waiting.as_uuid(r::user_id)));
  Values change;
  change.set(r::claims, Int32GetDatum(waiting.as_int32(r::claims) + 1));
  change.set(r::attempt, Int32GetDatum(waiting.as_int32(r::attempt, 1) + 1));
  change.set(r::active_at, TimestampTzGetDatum(request_.now));
  change.set(r::lease, UUIDPGetDatum(&lease));
  change.set(r::lease_until, TimestampTzGetDatum(request_.until));
  change.set(r::lease_worker, make_text(request_.worker));
  const Row* claimed = recordings->update(waiting, change);
  if (claimed == nullptr) return;
  note_given(*claimed);
  if (was_anothers) lost_++;
}

void Claim::note_given(const Row& claimed) {
  constexpr int kColumns[] = {r::id,   r::user_id, r::source, r::language,
                              r::meta, r::claims,  r::lease,  r::lease_until};
  Datum values[lengthof(kColumns)];
  bool nulls[lengthof(kColumns)];
  for (size_t i = 0; i < lengthof(kColumns); i++) values[i] = claimed.datum(kColumns[i], &nulls[i]);
  MemoryContext caller = MemoryContextSwitchTo(memory_);
  given_.push(heap_form_tuple(row_type_, values, nulls));
  MemoryContextSwitchTo(caller);
}

void Claim::claim() {
  given_.clear();
  lost_ = 0;
  at_row_ = false;
  TimestampTz now = request_.now;
  Session session = Session::open(fcinfo_, kName);
  Table recordings = Table::open(&session, r::kTable, pg::kUpdate);
  recordings.require(r::lease);
  bring_back_due(&recordings);
  Places claimed;
  Places put_off;
  find_waiting(&recordings, &claimed, &put_off);
  change_all(&recordings,
             {r::claims, r::attempt, r::active_at, r::lease, r::lease_until, r::lease_worker},
             claimed, [&](const Row& waiting, const Place& /*place*/) {
               if (!waiting.is_null(r::priority) && !is_leased(waiting, now))
                 give_lease(&recordings, waiting);
             });
  change_all(&recordings, {r::priority, r::due_at, r::due_priority}, put_off,
             [&](const Row& waiting, const Place& place) {
               if (waiting.is_null(r::priority) || is_leased(waiting, now) != place.leased) return;
               Values change;
               procedures::put_off(waiting, place.due_at, &change);
               (void)recordings.update(waiting, change);
             });
  session.close();
}

// A row that cannot be claimed is put off, with the reason, for those who look into the queue. If
// that is refused, too, it stays where it is, and claims pass it over.
void Claim::set_aside(const pg::Refusal& refusal) {
  if (refused_ == nullptr) {
    HASHCTL control = {};
    control.keysize = control.entrysize = UUID_LEN;
    control.hcxt = memory_;
    refused_ = hash_create("s2t refused", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
  }
  (void)hash_search(refused_, &row_, HASH_ENTER, nullptr);
  set_aside_.add(row_, refusal);
  pg::Refusal ignored;
  (void)pg::attempt(&ignored, pg::Deferred::kAtCommit, [&] {
    Session session = Session::open(fcinfo_, kName);
    Table recordings = Table::open(&session, r::kTable, pg::kUpdate);
    Row row;
    if (recordings.find(r::by_id, UUIDPGetDatum(&row_), &row) && try_lock(&recordings, &row) &&
        !row.is_null(r::priority)) {
      Values change;
      put_off(row, request_.now + kPause, &change);
      change.set(r::error, make_text(psprintf("not claimed: %s", refusal.reason)));
      (void)recordings.update_one(row, change);
    }
    session.close();
  });
}

std::span<HeapTuple> Claim::run() {
  pg::Refusal refusal;
  while (!pg::attempt(&refusal, pg::Deferred::kAtCommit, [this] { claim(); })) {
    given_.clear();
    if (row_by_row_ && !at_row_) elog(ERROR, "claiming is refused: %s", refusal.reason);
    if (row_by_row_) set_aside(refusal);
    if (refused_ != nullptr && hash_get_num_entries(refused_) >= kMostRefused) break;
    row_by_row_ = true;
  }
  for (; !given_.empty() && lost_ > 0; lost_--) metrics::leases::count_lost();
  set_aside_.tell();
  return given_.all();
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_claim_recordings) {
  using namespace s2t;
  using namespace s2t::procedures;
  pg::Arguments arguments(fcinfo);
  Request request{arguments.as_text(0, "in_worker"), arguments.as_int32(1, "in_limit"),
                  Session::now(), 0};
  pg::raise_unless_ok(core::check_worker(request.worker));
  pg::raise_unless_ok(core::check_claim_limit(request.limit));
  request.until = read_lease_end(arguments, 2, request.now);
  pg::compat::begin_materialized(fcinfo);
  std::span<HeapTuple> claimed = Claim(fcinfo, request).run();
  auto* result = castNode(ReturnSetInfo, fcinfo->resultinfo);
  for (HeapTuple row : claimed) tuplestore_puttuple(result->setResult, row);
  Session session = Session::open(fcinfo, kName);
  audit::write(
      &session, pg::settings::Audit::kAll,
      {.procedure = kName,
       .detail = psprintf("%zu recordings for worker %.*s", claimed.size(),
                          static_cast<int>(request.worker.size()), request.worker.data())});
  session.close();
  return static_cast<Datum>(0);
}
