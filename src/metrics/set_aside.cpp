#include "metrics/set_aside.h"

#include "metrics/leases.h"

#include "pg/function.h"
#include "pg/shared_memory.h"

namespace s2t::metrics::set_aside {

namespace {

constexpr const char* kName = "s2t set aside";
constexpr int kMaxDatabases = 32;
constexpr int kJobs = static_cast<int>(Job::kCount);

struct Entry {
  pg_atomic_uint32 database;  // 0: free
  pg_atomic_uint64 rows[kJobs];
  pg_atomic_uint64 leases_lost;
};

struct Board {
  Entry entries[kMaxDatabases];
};

void initialize(void* memory) {
  for (Entry& entry : static_cast<Board*>(memory)->entries) {
    pg_atomic_init_u32(&entry.database, InvalidOid);
    for (pg_atomic_uint64& rows : entry.rows) pg_atomic_init_u64(&rows, 0);
    pg_atomic_init_u64(&entry.leases_lost, 0);
  }
}

// This database's entry; nullptr if there is none and none is to be made, or no room for it.
Entry* find(bool make) {
  auto* board =
      static_cast<Board*>(pg::shared_memory::attach(kName, sizeof(Board), initialize, true));
  if (board == nullptr) return nullptr;
  for (Entry& entry : board->entries) {
    uint32 found = pg_atomic_read_u32(&entry.database);
    if (found == MyDatabaseId) return &entry;
    if (found != InvalidOid) continue;
    if (!make) return nullptr;
    if (pg_atomic_compare_exchange_u32(&entry.database, &found, MyDatabaseId) ||
        found == MyDatabaseId)
      return &entry;
  }
  return nullptr;
}

}  // namespace

void request() { pg::shared_memory::request(kName, sizeof(Board), initialize); }

void note(Job job, int64_t rows) {
  Entry* entry = find(rows > 0);
  if (entry != nullptr)
    pg_atomic_write_u64(&entry->rows[static_cast<int>(job)], static_cast<uint64>(rows));
}

int64_t total() {
  Entry* entry = find(false);
  if (entry == nullptr) return 0;
  uint64 sum = 0;
  for (pg_atomic_uint64& rows : entry->rows) sum += pg_atomic_read_u64(&rows);
  return static_cast<int64_t>(sum);
}

}  // namespace s2t::metrics::set_aside

namespace s2t::metrics::leases {

void count_lost() {
  set_aside::Entry* entry = set_aside::find(true);
  if (entry != nullptr) pg_atomic_fetch_add_u64(&entry->leases_lost, 1);
}

int64_t lost() {
  set_aside::Entry* entry = set_aside::find(false);
  return entry == nullptr ? 0 : static_cast<int64_t>(pg_atomic_read_u64(&entry->leases_lost));
}

}  // namespace s2t::metrics::leases

S2T_FUNCTION(s2t_leases_lost) {
  (void)fcinfo;
  PG_RETURN_INT64(s2t::metrics::leases::lost());
}

S2T_FUNCTION(s2t_rows_set_aside) {
  (void)fcinfo;
  PG_RETURN_INT64(s2t::metrics::set_aside::total());
}

// For the purges whose work is in SQL.
S2T_FUNCTION(s2t_note_set_aside) {
  namespace set_aside = s2t::metrics::set_aside;
  s2t::pg::Arguments arguments(fcinfo);
  bool ledger = arguments.as_text(0, "in_procedure") == "sp_purge_usage_entries";
  set_aside::note(ledger ? set_aside::Job::kLedger : set_aside::Job::kAudit,
                  arguments.as_int32(1, "in_rows"));
  PG_RETURN_VOID();
}
