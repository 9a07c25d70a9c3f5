// s2t_take_events: docs/reference.md, "s2t_take_events".
#include "metrics/metrics.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "pg/settings.h"
#include "procedures/shared/event_queue.h"
#include "procedures/shared/queue.h"

namespace s2t::procedures {

namespace {

using events::Found;
using pg::Locked;
using pg::OnConflict;
using pg::Row;
using pg::RowLock;
using pg::Scan;
using pg::Session;
using pg::Table;
using pg::Values;

namespace e = pg::events;

// So many events that have to wait are passed over in a call; what is beyond is put behind.
constexpr int kPatience = 20;
// So many are put behind in a call.
constexpr int kMostBehind = 10000;

struct Request {
  std::string_view consumer;
  int32_t limit;
  TimestampTz now;
  TimestampTz until;  // when the lease ends
};

// What became of a user whose events were looked at.
struct Visit {
  pg_uuid_t user_id;  // the hash key
  bool any;           // whether an event was given
  Found last;         // the last one that was
  bool blocked;       // whether one that has to wait comes next
  pg_uuid_t blocker;  // that one
  bool held;          // whether the user's first event is locked
};

class Taking {
 public:
  Taking(Session* session, const Request& request)
      : queues_(events::queues_of(session, request.consumer)),
        events_(Table::open(session, e::kTable, pg::kUpdate)),
        scanned_(Table::open(session, e::kTable, pg::kRead)),
        limit_(request.limit),
        now_(request.now),
        until_(request.until) {
    HASHCTL control = {};
    control.keysize = UUID_LEN;
    control.entrysize = sizeof(Visit);
    control.hcxt = CurrentMemoryContext;
    visits_ = hash_create("s2t users", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
  }

  // Finds what is to be given: first what is due again, then what was never given.
  void find() {
    find(e::due,
         pg::scan_key(2, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE, TimestampTzGetDatum(now_)));
    find(e::ready, std::nullopt);
    qsort(given_.begin(), given_.size(), sizeof(Found), compare_times);
  }

  // Notes in the rows what was found, and puts what is given into the result.
  void store(ReturnSetInfo* result);

 private:
  static int compare_times(const void* left, const void* right) {
    const auto& a = *static_cast<const Found*>(left);
    const auto& b = *static_cast<const Found*>(right);
    if (a.at != b.at) return a.at < b.at ? -1 : 1;
    return memcmp(&a.id, &b.id, UUID_LEN);
  }
  [[nodiscard]] bool full() const { return given_.size() == static_cast<size_t>(limit_); }
  void find(int index, std::optional<ScanKeyData> bound);
  void visit(Visit* visit);
  // Whether the event may be given; false if it has to wait.
  [[nodiscard]] bool is_due(const Row& event) const {
    return event.as_timestamp(e::due_at, DT_NOBEGIN) <= now_ ||
           TIMESTAMP_IS_NOEND(event.as_timestamp(e::due_at, DT_NOBEGIN));
  }
  [[nodiscard]] bool is_waiting(const Row& event) const {
    return pg::same_id(*event.as_uuid(e::queue_id), queues_.waiting);
  }
  static void block(Visit* visit, const Row& blocker);
  void pass_over(Visit* visit, const Row& event);
  [[nodiscard]] bool hold_first(Visit* visit);
  void put(const Row& event, ReturnSetInfo* result);

  events::Queues queues_;
  Table events_;   // what is locked and changed
  Table scanned_;  // the same table, for the walks that lead to users
  int32_t limit_;
  TimestampTz now_;
  TimestampTz until_;
  HTAB* visits_;
  int passed_over_ = 0;
  pg::Array<Found> given_;
  pg::Array<Found> dead_;
  pg::Array<ItemPointerData> behind_;
};

// A walk through an index of the queue, that leads to users who have something.
void Taking::find(int index, std::optional<ScanKeyData> bound) {
  ScanKeyData keys[2] = {
      pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(&queues_.waiting))};
  if (bound) keys[1] = *bound;
  Scan scan = Scan::begin(&scanned_, index, keys, bound ? 2 : 1);
  Row row;
  while (!full() && behind_.size() < kMostBehind && scan.next(&row)) {
    bool known;
    auto* found =
        static_cast<Visit*>(hash_search(visits_, row.as_uuid(e::user_id), HASH_ENTER, &known));
    if (!known) visit(found);
    if (!full() && found->blocked) pass_over(found, row);
  }
  scan.end();
}

// Gives the events of a user, in order, until one has to wait.
void Taking::visit(Visit* visit) {
  visit->any = visit->blocked = visit->held = false;
  Scan scan = events::scan_user(&events_, &queues_.waiting, &visit->user_id);
  Row row;
  while (!full() && scan.next(&row)) {
    // What is on its way elsewhere is not even locked: whoever acknowledges it waits for nobody.
    if (!is_due(row)) {
      block(visit, row);
      break;
    }
    Locked locked = events_.lock_found(&row, RowLock::kUpdate, OnConflict::kSkip);
    if (locked == Locked::kNo || (locked == Locked::kYes && !is_waiting(row))) continue;
    if (locked == Locked::kSkipped || !is_due(row)) {
      block(visit, row);
      break;
    }
    Found found{row.tid(), *row.as_uuid(e::user_id), *row.as_uuid(e::id),
                row.as_timestamp(e::at, DT_NOBEGIN), row.as_int32(e::attempt)};
    if (found.attempt >= pg::settings::event_attempts()) {
      dead_.push(found);
      continue;
    }
    given_.push(found);
    visit->last = found;
    visit->any = visit->held = true;
  }
  scan.end();
}

void Taking::block(Visit* visit, const Row& blocker) {
  visit->blocked = true;
  visit->blocker = *blocker.as_uuid(e::id);
}

// An event that has to wait for one before it. Where there are many, they are put out of the way.
void Taking::pass_over(Visit* visit, const Row& event) {
  TimestampTz at = event.as_timestamp(e::at, DT_NOEND);
  bool given =
      visit->any && (at < visit->last.at || pg::same_id(*event.as_uuid(e::id), visit->last.id));
  if (given || pg::same_id(*event.as_uuid(e::id), visit->blocker)) return;
  if (++passed_over_ <= kPatience || !hold_first(visit)) return;
  Row row = event;
  if (events_.lock_found(&row, RowLock::kUpdate, OnConflict::kSkip) == Locked::kYes &&
      is_waiting(row) && row.as_timestamp(e::due_at, DT_NOBEGIN) <= now_)
    behind_.push(row.tid());
}

// Sees to it that the user's first event stays for as long as this transaction lasts, and is not
// one of those that are put behind.
bool Taking::hold_first(Visit* visit) {
  if (visit->held) return true;
  Scan scan = events::scan_user(&events_, &queues_.waiting, &visit->user_id);
  Row row;
  visit->held = scan.next(&row) &&
                events_.lock_found(&row, RowLock::kKeyShare, OnConflict::kSkip) == Locked::kYes &&
                is_waiting(row) && !TIMESTAMP_IS_NOEND(row.as_timestamp(e::due_at, DT_NOBEGIN)) &&
                row.as_timestamp(e::due_at, DT_NOBEGIN) > now_;
  scan.end();
  if (!visit->held) visit->blocked = false;  // not to be tried again
  return visit->held;
}

void Taking::put(const Row& event, ReturnSetInfo* result) {
  bool no_recording = event.is_null(e::recording_id);
  events::Data ids;
  ids.add_id("user_id", *event.as_uuid(e::user_id));
  if (!no_recording) ids.add_id("recording_id", *event.as_uuid(e::recording_id));
  bool null;
  Datum data =
      DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(ids.end()), event.datum(e::data, &null));
  bool none;
  Datum values[] = {event.datum(e::id, &none),           event.datum(e::type, &none),
                    event.datum(e::at, &none),           event.datum(e::user_id, &none),
                    event.datum(e::recording_id, &none), data,
                    event.datum(e::attempt, &none)};
  bool nulls[lengthof(values)] = {false, false, false, false, no_recording, false, false};
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

void Taking::store(ReturnSetInfo* result) {
  if (given_.empty() && dead_.empty() && behind_.empty()) return;
  MemoryContext scratch =
      AllocSetContextCreate(CurrentMemoryContext, "s2t event", ALLOCSET_DEFAULT_SIZES);
  events_.begin(CMD_UPDATE, events::kMoved);
  MemoryContext caller = MemoryContextSwitchTo(scratch);
  for (const Found& found : given_) {
    CHECK_FOR_INTERRUPTS();
    Values change;
    change.set(e::attempt, Int32GetDatum(found.attempt + 1));
    change.set(e::due_at, TimestampTzGetDatum(until_));
    const Row* stored = events_.update(events_.locked_at(found.tid), change);
    if (stored != nullptr) put(*stored, result);
    MemoryContextReset(scratch);
  }
  for (const Found& found : dead_) {
    Values change;
    events::set_dead(queues_, now_, &change);
    change.set(e::error, pg::make_text("not acknowledged in time"));
    (void)events_.update(events_.locked_at(found.tid), change);
  }
  for (const ItemPointerData& tid : behind_) {
    CHECK_FOR_INTERRUPTS();
    Values change;
    change.set(e::due_at, TimestampTzGetDatum(DT_NOEND));
    (void)events_.update(events_.locked_at(tid), change);
  }
  MemoryContextSwitchTo(caller);
  events_.end();
  for (const Found& found : dead_)
    events::bring_forward(&events_, &queues_.waiting, {&found.user_id, 1});
}

Request read_arguments(FunctionCallInfo fcinfo) {
  pg::Arguments arguments(fcinfo);
  Request request{arguments.as_text(0, "in_consumer"), arguments.as_int32(1, "in_limit"),
                  Session::now(), 0};
  request.until = read_lease_end(arguments, 2, request.now);
  if (request.limit < 1) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid limit"),
                    errdetail("Argument in_limit is %d; at least 1 is expected.", request.limit)));
  }
  return request;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_take_events) {
  using namespace s2t;
  procedures::Request request = procedures::read_arguments(fcinfo);
  pg::compat::begin_materialized(fcinfo);
  pg::Session session = pg::Session::open(fcinfo, "s2t_take_events");
  procedures::Taking taking(&session, request);
  taking.find();
  taking.store(castNode(ReturnSetInfo, fcinfo->resultinfo));
  session.close();
  return static_cast<Datum>(0);
}
