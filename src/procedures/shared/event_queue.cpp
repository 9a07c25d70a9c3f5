#include "procedures/shared/event_queue.h"

#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"

namespace s2t::procedures::events {

using pg::Locked;
using pg::OnConflict;
using pg::Row;
using pg::RowLock;
using pg::Scan;
using pg::Session;
using pg::Table;
using pg::Values;

namespace e = pg::events;

Queues queues_of(Session* session, std::string_view consumer) {
  namespace c = pg::event_consumers;
  Table consumers = Table::open(session, c::kTable, pg::kRead);
  Row row;
  if (!consumers.find(c::by_name, pg::make_text(consumer), &row)) {
    ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND), errmsg("consumer not found"),
                    errdetail("No consumer has the name \"%.*s\".",
                              static_cast<int>(consumer.size()), consumer.data()),
                    errhint("Consumers are registered by s2t_add_consumer().")));
  }
  return {*row.as_uuid(c::queue_id), *row.as_uuid(c::dead_queue_id)};
}

int compare_places(const void* left, const void* right) {
  const auto& a = *static_cast<const Found*>(left);
  const auto& b = *static_cast<const Found*>(right);
  if (int by_user = memcmp(&a.user_id, &b.user_id, UUID_LEN)) return by_user;
  if (a.at != b.at) return a.at < b.at ? -1 : 1;
  return memcmp(&a.id, &b.id, UUID_LEN);
}

void set_dead(const Queues& queues, TimestampTz now, Values* change) {
  change->set(e::queue_id, pg::make_uuid(queues.dead));
  change->set(e::dead_at, TimestampTzGetDatum(now));
}

Scan scan_user(Table* events, const pg_uuid_t* queue, const pg_uuid_t* user_id, Snapshot snapshot) {
  ScanKeyData keys[] = {pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(queue)),
                        pg::scan_key(2, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(user_id))};
  return Scan::begin(events, e::by_user, keys, lengthof(keys), snapshot);
}

void Removal::find(std::span<const pg_uuid_t> ids) {
  for (const pg_uuid_t& id : ids) {
    CHECK_FOR_INTERRUPTS();
    (void)events_->enter(id);
    ScanKeyData keys[] = {
        pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(&queues_.waiting)),
        pg::scan_key(2, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(&id))};
    Scan scan = Scan::begin(events_, e::taken, keys, lengthof(keys));
    Row row;
    while (scan.next(&row)) {
      found_.push({row.tid(), *row.as_uuid(e::user_id), *row.as_uuid(e::id),
                   row.as_timestamp(e::at, DT_NOBEGIN), row.as_int32(e::attempt)});
    }
    scan.end();
  }
}

// Whoever removes an event of the user does this first, so that no two of them take each other's
// event for one that stays.
void Removal::lock_first(const pg_uuid_t* user_id) {
  for (;;) {
    CHECK_FOR_INTERRUPTS();
    Scan scan = scan_user(events_, &queues_.waiting, user_id);
    Row row;
    bool found = scan.next(&row);
    Locked locked =
        found ? events_->lock_found(&row, RowLock::kUpdate, OnConflict::kWait) : Locked::kNo;
    scan.end();
    if (!found) return;
    if (locked == Locked::kYes && pg::same_id(*row.as_uuid(e::queue_id), queues_.waiting)) return;
  }
}

// Whether it is still there to be removed, in its latest version.
bool Removal::lock_found(Found* found) {
  ScanKeyData keys[] = {
      pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(&queues_.waiting)),
      pg::scan_key(2, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(&found->id))};
  Scan scan = Scan::begin(events_, e::taken, keys, lengthof(keys));
  Row row;
  bool there = scan.next(&row) &&
               events_->lock_found(&row, RowLock::kUpdate, OnConflict::kWait) == Locked::kYes &&
               pg::same_id(*row.as_uuid(e::queue_id), queues_.waiting) && !row.is_null(e::due_at);
  if (there) {
    found->tid = row.tid();
    found->attempt = row.as_int32(e::attempt);
  }
  scan.end();
  return there;
}

std::span<Found> Removal::lock(std::span<const pg_uuid_t> ids) {
  find(ids);
  qsort(found_.begin(), found_.size(), sizeof(Found), compare_places);
  size_t kept = 0;
  for (size_t i = 0; i < found_.size(); i++) {
    Found& found = found_[i];
    if (i > 0 && compare_places(&found_[i - 1], &found) == 0) continue;  // an id given twice
    if (users_.empty() || !pg::same_id(users_[users_.size() - 1], found.user_id)) {
      lock_first(&found.user_id);
      users_.push(found.user_id);
    }
    Found latest = found;
    if (lock_found(&latest)) found_[kept++] = latest;
  }
  return {found_.begin(), kept};
}

namespace {

// The first event of the user, if it is one that was put behind: as it is now, also where the
// transaction's snapshot is older.
std::optional<ItemPointerData> first_behind(Table* events, const pg_uuid_t* queue,
                                            const pg_uuid_t* user_id) {
  std::optional<ItemPointerData> behind;
  Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
  Scan scan = scan_user(events, queue, user_id, latest);
  Row row;
  if (scan.next(&row) && TIMESTAMP_IS_NOEND(row.as_timestamp(e::due_at, DT_NOBEGIN)) &&
      events->lock_found(&row, RowLock::kUpdate, OnConflict::kWait) == Locked::kYes)
    behind = row.tid();
  scan.end();
  UnregisterSnapshot(latest);
  return behind;
}

int64_t remove_from(Table* events, const pg_uuid_t* queue, const pg_uuid_t* user_id) {
  int64_t removed = 0;
  events->begin(CMD_DELETE);
  Scan scan = scan_user(events, queue, user_id);
  Row row;
  while (scan.next(&row)) {
    if (row.as_text(e::type) == name_of(Type::kUserDeleted)) continue;
    if (events->remove(row.tid())) removed++;
  }
  scan.end();
  events->end();
  return removed;
}

}  // namespace

void bring_forward(Table* events, const pg_uuid_t* queue, std::span<const pg_uuid_t> users) {
  pg::Array<ItemPointerData> firsts;
  for (const pg_uuid_t& user_id : users)
    if (std::optional<ItemPointerData> behind = first_behind(events, queue, &user_id))
      firsts.push(*behind);
  if (firsts.empty()) return;
  events->begin(CMD_UPDATE, {e::due_at});
  Values change;
  change.set(e::due_at, TimestampTzGetDatum(DT_NOBEGIN));
  for (const ItemPointerData& tid : firsts) (void)events->update(events->locked_at(tid), change);
  events->end();
}

int64_t remove_events_of(Session* session, const pg_uuid_t* user_id) {
  namespace c = pg::event_consumers;
  if (!Table::exists(session, c::kTable) || !Table::exists(session, e::kTable)) return 0;
  Table consumers = Table::open(session, c::kTable, pg::kRead);
  Table events = Table::open(session, e::kTable, pg::kDelete);
  pg::Array<pg_uuid_t> queues;
  Scan scan = consumers.scan();
  Row row;
  while (scan.next(&row)) {
    queues.push(*row.as_uuid(c::queue_id));
    queues.push(*row.as_uuid(c::dead_queue_id));
  }
  scan.end();
  int64_t removed = 0;
  for (const pg_uuid_t& queue : queues) removed += remove_from(&events, &queue, user_id);
  return removed;
}

}  // namespace s2t::procedures::events
