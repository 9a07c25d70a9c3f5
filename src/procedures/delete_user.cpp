// s2t_delete_user: docs/reference.md, "s2t_delete_user".
#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "procedures/shared/event_queue.h"
#include "procedures/shared/removal.h"

namespace s2t::procedures {

using pg::Locked;
using pg::OnConflict;
using pg::Row;
using pg::RowLock;
using pg::Scan;
using pg::Session;
using pg::Table;

namespace {

constexpr const char* kName = "s2t_delete_user";

// The rows of `scan` that `mode` locks and `concerned` holds for, as they are now.
template <typename Concerned>
pg::Array<ItemPointerData> lock_rows(Table* table, Scan scan, RowLock mode, Concerned concerned) {
  pg::Array<ItemPointerData> rows;
  Row row;
  while (scan.next(&row)) {
    CHECK_FOR_INTERRUPTS();
    if (concerned(row) && table->lock_found(&row, mode, OnConflict::kWait) == Locked::kYes)
      rows.push(row.tid());
  }
  scan.end();
  return rows;
}

Scan scan_user(Table* table, int index, const pg_uuid_t* user_id, Snapshot snapshot = nullptr) {
  ScanKeyData key = pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(user_id));
  return Scan::begin(table, index, &key, 1, snapshot);
}

bool always(const Row& /*row*/) { return true; }

// A table whose rows go with the user, or outlive it emptied. One that earlier versions did not
// make is passed over.
class Remains {
 public:
  static Remains open(Session* session, const pg::TableSpec& spec, pg::Use use) {
    Remains remains;
    remains.exists_ = Table::exists(session, spec);
    if (remains.exists_) remains.table_ = Table::open(session, spec, use);
    return remains;
  }

  void remove(int by_user, const pg_uuid_t* user_id) {
    if (!exists_) return;
    pg::Array<ItemPointerData> rows =
        lock_rows(&table_, scan_user(&table_, by_user, user_id), RowLock::kUpdate, always);
    table_.begin(CMD_DELETE);
    for (const ItemPointerData& tid : rows) (void)table_.remove(tid);
    table_.end();
  }

  // Sets the columns to NULL, also of what the transaction's snapshot is too old for. Reads the
  // whole table where it has no such index.
  void empty(int by_user, int user_column, const pg_uuid_t* user_id,
             std::initializer_list<int> columns) {
    if (!exists_) return;
    auto says_something = [&](const Row& row) {
      std::optional<pg_uuid_t> owner = row.as_optional_uuid(user_column);
      if (!owner || !pg::same_id(*owner, *user_id)) return false;
      for (int column : columns)
        if (!row.is_null(column)) return true;
      return false;
    };
    Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
    Scan scan = table_.has_index(by_user) ? scan_user(&table_, by_user, user_id, latest)
                                          : table_.scan(latest);
    pg::Array<ItemPointerData> rows =
        lock_rows(&table_, scan, RowLock::kNoKeyUpdate, says_something);
    UnregisterSnapshot(latest);
    if (rows.empty()) return;
    pg::Values nothing;
    for (int column : columns) nothing.set_null(column);
    table_.begin(CMD_UPDATE, columns);
    for (const ItemPointerData& tid : rows) (void)table_.update(table_.locked_at(tid), nothing);
    table_.end();
  }

 private:
  Table table_;
  bool exists_ = false;
};

constexpr pg::Use kRemove = pg::kLockRows | pg::kDelete;

class Erasure {
 public:
  // Opens all the tables that it changes: before the first statement, see pg::Table.
  Erasure(Session* session, const pg_uuid_t* user_id)
      : session_(session),
        id_(user_id),
        users_(Table::open(session, pg::users::kTable, kRemove)),
        recordings_(RecordingRemoval::open(session)),
        account_(Account::open(session)),
        subscriptions_(Remains::open(session, pg::user_subscriptions::kTable, kRemove)),
        profiles_(Remains::open(session, pg::user_profiles::kTable, kRemove)),
        credits_(Remains::open(session, pg::usage_credits::kTable, kRemove)),
        entries_(Remains::open(session, pg::usage_entries::kTable, pg::kUpdate)),
        audit_(Remains::open(session, pg::audit_log::kTable, pg::kUpdate)) {}

  // Whoever works for the user is waited for, and nobody begins any more. False if there is no such
  // user.
  bool lock() {
    Row row;
    if (!lock_user(&row)) return false;
    // What was committed while nobody had to be waited for is seen, too.
    session_->refresh_snapshot();
    Table* recordings = recordings_.recordings();
    Scan scan = scan_user(recordings, pg::recordings::by_user_id, id_);
    while (scan.next(&row)) {
      CHECK_FOR_INTERRUPTS();
      if (recordings->lock_found(&row, RowLock::kUpdate, OnConflict::kWait) == Locked::kYes)
        recordings_.add(row);
    }
    scan.end();
    subscribed_ = account_.lock(id_);
    return true;
  }

  // Closes the open cycle, and leaves to those who listen one event: that the user is gone.
  void tell() {
    TimestampTz now = Session::now();
    if (subscribed_) {
      account_.erase(now);
      account_.store(now);
    }
    remove_events();
    events::write(session_,
                  {.type = events::Type::kUserDeleted,
                   .user_id = id_,
                   .times = subscribed_ ? account_.times() : nullptr},
                  [](events::Data*) {});
  }

  void remove_events() { (void)events::remove_events_of(session_, id_); }

  Removed remove() {
    Removed removed = recordings_.remove();
    credits_.remove(pg::usage_credits::by_user_id, id_);
    profiles_.remove(pg::user_profiles::by_user_id, id_);
    subscriptions_.remove(pg::user_subscriptions::by_user_id, id_);
    Row row;
    if (!lock_user(&row)) return removed;  // a trigger was faster
    users_.begin(CMD_DELETE);
    if (!users_.remove(row.tid())) pg::raise_suppressed_by_trigger(users_.relation());
    users_.end();
    return removed;
  }

  // What outlives a user says nothing about it: closed cycles and entries are figures, and the
  // audit tells what was done and when.
  void empty_what_stays() {
    namespace a = pg::audit_log;
    namespace e = pg::usage_entries;
    entries_.empty(e::by_user_id, e::user_id, id_, {e::note});
    audit_.empty(a::by_user_id, a::user_id, id_, {a::client_addr, a::application_name, a::detail});
  }

 private:
  bool lock_user(Row* row) {
    return users_.lock(pg::users::by_id, UUIDPGetDatum(id_), RowLock::kUpdate, row) == Locked::kYes;
  }

  Session* session_;
  const pg_uuid_t* id_;
  Table users_;
  RecordingRemoval recordings_;
  Account account_;
  Remains subscriptions_;
  Remains profiles_;
  Remains credits_;
  Remains entries_;
  Remains audit_;
  bool subscribed_ = false;
};

// Of a user whose row somebody has deleted already, what that leaves is put in order.
bool delete_user(Session* session, const pg_uuid_t* user_id) {
  Erasure erasure(session, user_id);
  if (!erasure.lock()) {
    erasure.remove_events();
    erasure.empty_what_stays();
    return false;
  }
  erasure.tell();
  Removed removed = erasure.remove();
  erasure.empty_what_stays();
  audit::write(session, pg::settings::Audit::kChanges,
               {.procedure = kName,
                .user_id = user_id,
                .detail = psprintf(INT64_FORMAT " recordings, " INT64_FORMAT " segments",
                                   removed.recordings, removed.segments)});
  return true;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_delete_user) {
  using namespace s2t::procedures;
  const pg_uuid_t* user_id = s2t::pg::Arguments(fcinfo).as_uuid(0, "in_user_id");
  s2t::pg::Session session = s2t::pg::Session::open(fcinfo, kName);
  bool deleted = delete_user(&session, user_id);
  session.close();
  PG_RETURN_BOOL(deleted);
}
