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

// Where the next batch begins: subscriptions are visited in the order of their primary key.
struct Position {
  pg_uuid_t after;
  bool begun = false;
  bool finished = false;
};

// Opens the current month for one subscription whose cycle has ended, as the scan found it or, if
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

// Renews the subscriptions after `position` whose cycles have ended, kBatch of them at most, and
// collects the rows for usage_cycles. Returns how many.
int renew_batch(Account* account, TimestampTz now, Position* position, Values* closed) {
  namespace s = pg::user_subscriptions;
  Table* subscriptions = account->subscriptions();
  pg_uuid_t after = position->after;
  ScanKeyData key = pg::scan_key(1, BTGreaterStrategyNumber, F_UUID_GT, UUIDPGetDatum(&after));
  int renewed = 0;
  subscriptions->begin(CMD_UPDATE, Account::kRollOverColumns);
  pg::Scan scan = pg::Scan::begin(subscriptions, s::by_user_id, &key, position->begun ? 1 : 0);
  Row row;
  position->finished = true;
  while (scan.next(&row)) {
    position->after = *row.as_uuid(s::user_id);
    position->begun = true;
    if (row.as_timestamp(s::cycle_end, DT_NOBEGIN) > now) continue;
    if (renew(account, &row, now)) closed[renewed++] = account->closed_cycle();
    if (renewed == kBatch) {
      position->finished = false;
      break;
    }
  }
  scan.end();
  subscriptions->end();
  return renewed;
}

// Closes up to kBatch ended cycles. Returns how many.
int close_batch(Session* session, Position* position) {
  Account account = Account::open(session);
  Table* cycles = account.cycles();
  auto* closed = static_cast<Values*>(palloc(sizeof(Values) * kBatch));
  int count = renew_batch(&account, Session::now(), position, closed);
  if (count == 0) return 0;

  BulkInsert archive = BulkInsert::begin(cycles, Account::kClosedColumns, count);
  for (int i = 0; i < count; i++) archive.add(closed[i], kArchivedBytes);
  (void)archive.end();
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
