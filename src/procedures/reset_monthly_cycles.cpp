// sp_reset_monthly_cycles: docs/reference.md, "sp_reset_monthly_cycles".
#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/bulk_insert.h"
#include "pg/function.h"
#include "pg/settings.h"
#include "procedures/shared/account.h"
#include "procedures/shared/set_aside.h"

namespace s2t::procedures {

using pg::Arguments;
using pg::BulkInsert;
using pg::Row;
using pg::Session;
using pg::Table;
using pg::Values;

namespace {

constexpr const char* kName = "sp_reset_monthly_cycles";
constexpr int kBatch = 1000;
constexpr int64_t kArchivedBytes = 60;  // of a row of usage_cycles, as BulkInsert counts them

// A subscription whose cycle has ended, by where it lies.
struct Ended {
  pg_uuid_t user_id;
  ItemPointerData tid;
};

// Where the next batch begins: ended cycles are visited in the order in which they ended, and of
// one end in that of the users; or in that of the users where all were found before.
struct Position {
  pg::Place place;
  bool finished = false;
  bool found_all = false;
  std::span<Ended> found;  // those that are left
};

int compare_users(const void* left, const void* right) {
  return memcmp(&static_cast<const Ended*>(left)->user_id,
                &static_cast<const Ended*>(right)->user_id, UUID_LEN);
}

// The next `most` subscriptions at most whose cycles have ended, in the order of their users, which
// is that of all locks. All of them where the index does not go on with the user: there is no
// telling then where to go on.
std::span<Ended> find_ended(Table* subscriptions, TimestampTz now, size_t most,
                            Position* position) {
  namespace s = pg::user_subscriptions;
  bool indexed = subscriptions->has_index(s::by_cycle_end);
  bool ordered = indexed && subscriptions->index_continues_with(s::by_cycle_end, s::user_id);
  pg::Array<Ended> ended;
  const pg::Place begin = position->place;
  ScanKeyData members[2];
  ScanKeyData keys[] = {
      pg::scan_key(1, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE, TimestampTzGetDatum(now)),
      pg::after(begin, members)};
  pg::Scan scan = indexed ? pg::Scan::begin(subscriptions, s::by_cycle_end, keys, ordered ? 2 : 1)
                          : subscriptions->scan();
  Row row;
  position->finished = true;
  while (scan.next(&row)) {
    TimestampTz end = row.as_timestamp(s::cycle_end, DT_NOBEGIN);
    const pg_uuid_t* user_id = row.as_uuid(s::user_id);
    if (end > now) continue;
    if (ordered && ended.size() == most) {
      position->finished = false;
      break;
    }
    position->place = {end, *user_id};
    // Whose slot moves is left for the next run, here or on another server.
    if (!subscriptions->enter(*user_id, pg::OnConflict::kSkip)) continue;
    ended.push({*user_id, row.tid()});
  }
  scan.end();
  qsort(ended.begin(), ended.size(), sizeof(Ended), compare_users);
  return ended.all();
}

std::span<Ended> next_batch(Table* subscriptions, TimestampTz now, Position* position) {
  if (!position->found_all) return find_ended(subscriptions, now, kBatch, position);
  std::span<Ended> batch = position->found.first(Min(position->found.size(), size_t{kBatch}));
  position->found = position->found.subspan(batch.size());
  position->finished = position->found.empty();
  return batch;
}

// All of them, in memory that outlives the session. Where nothing is committed between batches, the
// locks of all are held at once: they have one order over all batches. What was found lies where it
// does as long as a snapshot of before is held.
void find_all(FunctionCallInfo fcinfo, Position* position) {
  Session session = Session::open(fcinfo, kName);
  Account account = Account::open(&session);
  std::span<Ended> ended = find_ended(account.subscriptions(), Session::now(), SIZE_MAX, position);
  session.in_callers_memory([&] {
    pg::Array<Ended> kept;
    for (const Ended& one : ended) kept.push(one);
    position->found = kept.all();
  });
  position->found_all = true;
  position->finished = false;
  session.close();
}

// Opens the next cycle for one subscription whose cycle has ended, as the scan found it or, if
// somebody has changed it since, as it is now. False if there is nothing to close any more.
bool renew(Account* account, Row* row, TimestampTz now) {
  Table* subscriptions = account->subscriptions();
  account->take(*row);
  account->roll_over(now);
  account->set_times_aside(now);
  switch (subscriptions->update_found(*row, account->change())) {
    case pg::Changed::kYes:
      return true;
    case pg::Changed::kSuppressed:
      return false;
    case pg::Changed::kMoved:
      break;
  }
  if (!account->lock_found(row) || !account->cycle_ended(now)) return false;
  account->roll_over(now);
  account->set_times_aside(now);
  return subscriptions->update(*row, account->change()) != nullptr;
}

// Closes ended cycles. Returns how many.
int close_cycles(Account* opened, std::span<const Ended> ended, TimestampTz now) {
  Account& account = *opened;
  Table* subscriptions = account.subscriptions();
  if (ended.empty()) return 0;

  auto* closed = static_cast<Values*>(
      MemoryContextAllocHuge(CurrentMemoryContext, sizeof(Values) * ended.size()));
  auto* granting = static_cast<Account*>(
      MemoryContextAllocHuge(CurrentMemoryContext, sizeof(Account) * ended.size()));
  int count = 0;
  int granted = 0;
  (void)account.cycles();  // opened before the first statement: see pg::Table
  bool told = events::anybody(subscriptions->session());
  subscriptions->begin(CMD_UPDATE,
                       told ? Account::kRollOverAndTellColumns : Account::kRollOverColumns);
  for (const Ended& one : ended) {
    CHECK_FOR_INTERRUPTS();
    Row row = subscriptions->locked_at(one.tid);
    if (!renew(&account, &row, now)) continue;
    closed[count++] = account.closed_cycle();
    if (account.has_more_to_store()) granting[granted++] = account;
  }
  subscriptions->end();
  if (count == 0) return 0;

  BulkInsert archive = BulkInsert::begin(account.cycles(), Account::kClosedColumns, count);
  for (int i = 0; i < count; i++) archive.add(closed[i], kArchivedBytes);
  (void)archive.end();
  for (int i = 0; i < granted; i++) granting[i].store_more(now);
  return count;
}

// The next batch, in an attempt of its own.
bool try_to_close(FunctionCallInfo fcinfo, pg::Deferred deferred, Position* position, int* closed,
                  pg::Refusal* refusal) {
  return pg::attempt(refusal, deferred, [&] {
    Session session = Session::open(fcinfo, kName);
    TimestampTz now = Session::now();
    Account account = Account::open(&session);
    *closed = close_cycles(&account, next_batch(account.subscriptions(), now, position), now);
    session.close();
  });
}

// The users of the next batch, in memory that outlives the session.
std::span<const pg_uuid_t> find_users(FunctionCallInfo fcinfo, Position* position) {
  MemoryContext caller = CurrentMemoryContext;
  Session session = Session::open(fcinfo, kName);
  Account account = Account::open(&session);
  std::span<Ended> ended = next_batch(account.subscriptions(), Session::now(), position);
  auto* users = static_cast<pg_uuid_t*>(
      MemoryContextAllocHuge(caller, sizeof(pg_uuid_t) * Max(ended.size(), 1)));
  for (size_t i = 0; i < ended.size(); i++) users[i] = ended[i].user_id;
  session.close();
  return {users, ended.size()};
}

// Closes the cycle of one user, if it has ended.
int close_one(Session* session, const pg_uuid_t& user_id) {
  namespace s = pg::user_subscriptions;
  TimestampTz now = Session::now();
  Account account = Account::open(session);
  Row row;
  if (!account.subscriptions()->enter(user_id, pg::OnConflict::kSkip) ||
      !account.subscriptions()->find(s::by_user_id, UUIDPGetDatum(&user_id), &row) ||
      row.as_timestamp(s::cycle_end, DT_NOBEGIN) > now)
    return 0;
  Ended ended{user_id, row.tid()};
  return close_cycles(&account, {&ended, 1}, now);
}

// A batch that was refused as a whole, user by user.
int close_one_by_one(FunctionCallInfo fcinfo, pg::Deferred deferred, Position* position,
                     SetAside* set_aside) {
  int total = 0;
  for (const pg_uuid_t& user_id : find_users(fcinfo, position)) {
    CHECK_FOR_INTERRUPTS();
    pg::Refusal refusal;
    bool done = pg::attempt(&refusal, deferred, [&] {
      Session session = Session::open(fcinfo, kName);
      total += close_one(&session, user_id);
      session.close();
    });
    if (!done) set_aside->add(user_id, refusal);
  }
  return total;
}

// Closes up to kBatch ended cycles; those that a constraint or a trigger refuses to close are set
// aside. Returns how many were closed.
int close_batch(FunctionCallInfo fcinfo, pg::Deferred deferred, Position* position,
                SetAside* set_aside) {
  Position begin = *position;
  int closed = 0;
  pg::Refusal refusal;
  if (!try_to_close(fcinfo, deferred, position, &closed, &refusal)) {
    *position = begin;
    closed = close_one_by_one(fcinfo, deferred, position, set_aside);
  }
  if (closed > 0) {
    Session session = Session::open(fcinfo, kName);
    audit::write(&session, pg::settings::Audit::kChanges,
                 {.procedure = kName, .detail = psprintf("%d cycles closed", closed)});
    session.close();
  }
  return closed;
}

void report(int64_t closed) {
  pg::Cycle current = pg::month_of(Session::now());
  pg_tz* zone = pg::settings::timezone();
  struct pg_tm civil = {};
  int offset;
  fsec_t fraction;
  (void)timestamp2tm(current.start, &offset, &civil, &fraction, nullptr, zone);
  ereport(NOTICE, (errmsg_plural("reset %lld subscription, current cycle is %04d-%02d (%s)",
                                 "reset %lld subscriptions, current cycle is %04d-%02d (%s)",
                                 static_cast<unsigned long>(closed), static_cast<long long>(closed),
                                 civil.tm_year, civil.tm_mon, pg_get_timezone_name(zone))));
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_reset_monthly_cycles) {
  using namespace s2t::procedures;
  bool atomic = Arguments(fcinfo).atomic();
  SPI_connect_ext(atomic ? 0 : SPI_OPT_NONATOMIC);
  auto deferred = atomic ? s2t::pg::Deferred::kAtCommit : s2t::pg::Deferred::kNow;
  SetAside set_aside(s2t::metrics::set_aside::Job::kReset, "user");
  Position position;
  Snapshot held = nullptr;
  if (atomic) {
    held = RegisterSnapshot(GetTransactionSnapshot());
    find_all(fcinfo, &position);
  }
  int64_t closed = 0;
  while (!position.finished) {
    closed += close_batch(fcinfo, deferred, &position, &set_aside);
    if (!atomic) s2t::pg::commit_and_go_on();
  }
  if (atomic)
    UnregisterSnapshot(held);
  else
    s2t::pg::wait_for_commits();
  set_aside.tell();
  report(closed);
  SPI_finish();
  PG_RETURN_VOID();
}
