// sp_reset_monthly_cycles: contract, section 4.4.
#include "ops/audit.h"
#include "ops/metrics.h"
#include "pg/bulk_insert.h"
#include "pg/function.h"
#include "pg/settings.h"
#include "procedures/account.h"

namespace s2t::procedures {

using pg::Arguments;
using pg::BulkInsert;
using pg::Row;
using pg::Session;
using pg::Table;
using pg::Values;

namespace {

constexpr int kBatch = 1000;

// Where the next batch begins: subscriptions are visited in the order of their primary key.
struct Position {
  pg_uuid_t after;
  bool begun = false;
  bool finished = false;
};

// Where the ended cycles after `position` lie, kBatch of them at most.
int find_ended(Table* subscriptions, TimestampTz now, Position* position, ItemPointerData* ended) {
  namespace s = pg::user_subscriptions;
  ScanKeyData key =
      pg::scan_key(1, BTGreaterStrategyNumber, F_UUID_GT, UUIDPGetDatum(&position->after));
  pg::Scan scan = pg::Scan::begin(subscriptions, s::by_user_id, &key, position->begun ? 1 : 0);
  int found = 0;
  Row row;
  while (found < kBatch && scan.next(&row)) {
    position->after = *row.as_uuid(s::user_id);
    position->begun = true;
    if (row.as_timestamp(s::cycle_end, DT_NOBEGIN) <= now) ended[found++] = row.tid();
  }
  scan.end();
  position->finished = found < kBatch;
  return found;
}

// Closes up to kBatch ended cycles: first all go to usage_cycles, then all subscriptions change.
// Returns how many.
int close_batch(Session* session, Position* position) {
  Account account = Account::open(session);
  TimestampTz now = Session::now();
  auto* rows = static_cast<ItemPointerData*>(palloc(sizeof(ItemPointerData) * kBatch));
  auto* changes = static_cast<Values*>(palloc(sizeof(Values) * kBatch));
  int found = find_ended(account.subscriptions(), now, position, rows);
  if (found == 0) return 0;

  Table cycles = Table::open(session, pg::usage_cycles::kTable, pg::kInsert);
  cycles.begin(CMD_INSERT);
  BulkInsert archive = BulkInsert::begin(&cycles, found);
  int closed = 0;
  for (int i = 0; i < found; i++) {
    Row row = account.subscriptions()->row_at(rows[i]);
    // Somebody may have closed it, or removed the user, since it was found.
    if (!account.lock_found(&row) || !account.cycle_ended(now)) continue;
    account.roll_over(now);
    archive.add(account.closed_cycle(), 100);
    rows[closed] = row.tid();
    changes[closed] = account.change();
    closed++;
  }
  (void)archive.end();
  cycles.end();

  Table* subscriptions = account.subscriptions();
  subscriptions->begin(CMD_UPDATE);
  for (int i = 0; i < closed; i++)
    (void)subscriptions->update(subscriptions->locked_at(rows[i]), changes[i]);
  subscriptions->end();
  if (closed > 0)
    ops::note(
        session, pg::settings::Audit::kChanges,
        {.procedure = "sp_reset_monthly_cycles", .detail = psprintf("%d cycles closed", closed)});
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
