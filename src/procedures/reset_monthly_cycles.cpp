// sp_reset_monthly_cycles: docs/reference.md, "sp_reset_monthly_cycles".
#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/bulk_insert.h"
#include "pg/function.h"
#include "pg/settings.h"
#include "procedures/shared/account.h"

namespace s2t::procedures {

using pg::Arguments;
using pg::BulkInsert;
using pg::Row;
using pg::Session;
using pg::Table;
using pg::Values;

namespace {

constexpr int kBatch = 1000;
constexpr int64_t kArchivedBytes = 60;  // of a row of usage_cycles, as BulkInsert counts them

// Where the next batch begins: ended cycles are visited in the order in which they ended, and of
// one end in that of the users.
struct Position {
  TimestampTz end = DT_NOBEGIN;
  pg_uuid_t user_id{};
  bool begun = false;
  bool finished = false;

  [[nodiscard]] bool is_behind(TimestampTz other_end, const pg_uuid_t& other_user) const {
    if (!begun) return true;
    if (other_end != end) return other_end > end;
    return memcmp(&other_user, &user_id, UUID_LEN) > 0;
  }
};

// A subscription whose cycle has ended, by where it lies.
struct Ended {
  pg_uuid_t user_id;
  ItemPointerData tid;
};

int compare_users(const void* left, const void* right) {
  return memcmp(&static_cast<const Ended*>(left)->user_id,
                &static_cast<const Ended*>(right)->user_id, UUID_LEN);
}

// The next kBatch subscriptions at most whose cycles have ended, in the order of their users, which
// is that of all locks. All of them where the index does not go on with the user: there is no
// telling then where to go on.
std::span<Ended> find_ended(Table* subscriptions, TimestampTz now, Position* position) {
  namespace s = pg::user_subscriptions;
  bool indexed = subscriptions->has_index(s::by_cycle_end);
  bool ordered = indexed && subscriptions->index_continues_with(s::by_cycle_end, s::user_id);
  int room = kBatch;
  auto* ended = static_cast<Ended*>(palloc(sizeof(Ended) * room));
  ScanKeyData keys[] = {
      pg::scan_key(1, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE, TimestampTzGetDatum(now)),
      pg::scan_key(1, BTGreaterEqualStrategyNumber, F_TIMESTAMPTZ_GE,
                   TimestampTzGetDatum(position->end))};
  pg::Scan scan =
      indexed ? pg::Scan::begin(subscriptions, s::by_cycle_end, keys, position->begun ? 2 : 1)
              : subscriptions->scan();
  int count = 0;
  Row row;
  position->finished = true;
  while (scan.next(&row)) {
    TimestampTz end = row.as_timestamp(s::cycle_end, DT_NOBEGIN);
    const pg_uuid_t* user_id = row.as_uuid(s::user_id);
    if (end > now) continue;
    if (ordered && !position->is_behind(end, *user_id)) continue;
    if (ordered && count == kBatch) {
      position->finished = false;
      break;
    }
    if (count == room) {
      room *= 2;
      ended = static_cast<Ended*>(repalloc_huge(ended, sizeof(Ended) * room));
    }
    position->end = end;
    position->user_id = *user_id;
    position->begun = true;
    ended[count++] = {*user_id, row.tid()};
  }
  scan.end();
  qsort(ended, count, sizeof(Ended), compare_users);
  return {ended, static_cast<size_t>(count)};
}

// Opens the next cycle for one subscription whose cycle has ended, as the scan found it or, if
// somebody has changed it since, as it is now. False if there is nothing to close any more.
bool renew(Account* account, Row* row, TimestampTz now) {
  Table* subscriptions = account->subscriptions();
  account->take(*row);
  account->roll_over(now);
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
  return subscriptions->update(*row, account->change()) != nullptr;
}

// Closes up to kBatch ended cycles. Returns how many.
int close_batch(Session* session, Position* position) {
  TimestampTz now = Session::now();
  Account account = Account::open(session);
  Table* subscriptions = account.subscriptions();
  std::span<Ended> ended = find_ended(subscriptions, now, position);
  if (ended.empty()) return 0;

  auto* closed = static_cast<Values*>(
      MemoryContextAllocHuge(CurrentMemoryContext, sizeof(Values) * ended.size()));
  auto* granting = static_cast<Account*>(
      MemoryContextAllocHuge(CurrentMemoryContext, sizeof(Account) * ended.size()));
  int count = 0;
  int granted = 0;
  (void)account.cycles();  // opened before the first statement: see pg::Table
  subscriptions->begin(CMD_UPDATE, Account::kRollOverColumns);
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
  audit::write(
      session, pg::settings::Audit::kChanges,
      {.procedure = "sp_reset_monthly_cycles", .detail = psprintf("%d cycles closed", count)});
  return count;
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
  Position position;
  int64_t closed = 0;
  while (!position.finished) {
    Session session = Session::open(fcinfo, "sp_reset_monthly_cycles");
    closed += close_batch(&session, &position);
    session.close();
    if (!atomic) s2t::pg::commit_and_go_on();
  }
  report(closed);
  SPI_finish();
  PG_RETURN_VOID();
}
