#include "metrics/counters.h"

#include "pg/shared_memory.h"

namespace s2t::metrics {

namespace {

constexpr const char* kName = "s2t metrics";
constexpr int kCapacity = 1024;  // procedures times databases, 640 kB

struct CounterTable {
  pg_atomic_uint32 used;
  Counters entries[kCapacity];
};

void initialize(void* memory) {
  auto* table = static_cast<CounterTable*>(memory);
  pg_atomic_init_u32(&table->used, 0);
  for (Counters& entry : table->entries) {
    pg_atomic_init_u32(&entry.database, InvalidOid);
    pg_atomic_init_u64(&entry.since, 0);
    for (pg_atomic_uint64& bucket : entry.buckets) pg_atomic_init_u64(&bucket, 0);
    pg_atomic_init_u64(&entry.total_ns, 0);
    pg_atomic_init_u64(&entry.slowest_ns, 0);
    pg_atomic_init_u64(&entry.rows, 0);
    pg_atomic_init_u64(&entry.refusals, 0);
    for (Counters::Errors& errors : entry.errors) {
      pg_atomic_init_u32(&errors.category, 0);
      pg_atomic_init_u64(&errors.count, 0);
    }
  }
}

CounterTable* attach() {
  static CounterTable* table = nullptr;
  if (table == nullptr) {
    table = static_cast<CounterTable*>(
        pg::shared_memory::attach(kName, sizeof(CounterTable), initialize, false));
  }
  return table;
}

bool is_ours(Counters* entry) {
  if (pg_atomic_read_u32(&entry->database) != MyDatabaseId) return false;
  pg_read_barrier();
  return true;
}

Counters* find(CounterTable* table, const char* procedure) {
  int used = static_cast<int>(pg_atomic_read_u32(&table->used));
  pg_read_barrier();
  for (int i = 0; i < used; i++) {
    if (is_ours(&table->entries[i]) && strcmp(table->entries[i].procedure, procedure) == 0)
      return &table->entries[i];
  }
  return nullptr;
}

// Gives the entry to a procedure of this database. The lock is held, and nobody uses the entry.
void take(Counters* entry, const char* procedure) {
  pg_atomic_write_u32(&entry->database, InvalidOid);
  pg_write_barrier();
  strlcpy(entry->procedure, procedure, sizeof(entry->procedure));
  entry->reset();
  pg_write_barrier();
  pg_atomic_write_u32(&entry->database, MyDatabaseId);
}

// An entry of a database that has been dropped: no backend is connected to it, or will be.
int find_orphan(CounterTable* table) {
  for (int i = 0; i < kCapacity; i++) {
    Oid database = pg_atomic_read_u32(&table->entries[i].database);
    if (database != MyDatabaseId && !SearchSysCacheExists1(DATABASEOID, ObjectIdGetDatum(database)))
      return i;
  }
  return -1;
}

// Another backend may have been faster, with the procedure or with the orphan.
Counters* claim(CounterTable* table, const char* procedure) {
  bool full = pg_atomic_read_u32(&table->used) == kCapacity;
  int orphan = full ? find_orphan(table) : -1;
  Oid gone = orphan >= 0 ? pg_atomic_read_u32(&table->entries[orphan].database) : InvalidOid;
  LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
  Counters* entry = find(table, procedure);
  uint32_t used = pg_atomic_read_u32(&table->used);
  if (entry == nullptr && used < kCapacity) {
    entry = &table->entries[used];
    take(entry, procedure);
    pg_write_barrier();
    pg_atomic_write_u32(&table->used, used + 1);
  } else if (entry == nullptr && orphan >= 0 &&
             pg_atomic_read_u32(&table->entries[orphan].database) == gone) {
    entry = &table->entries[orphan];
    take(entry, procedure);
  }
  LWLockRelease(AddinShmemInitLock);
  return entry;
}

}  // namespace

void Counters::add_duration(int64_t ns) {
  pg_atomic_fetch_add_u64(&buckets[core::latency_bucket(ns)], 1);
  pg_atomic_fetch_add_u64(&total_ns, ns);
  uint64 slowest = pg_atomic_read_u64(&slowest_ns);
  while (static_cast<uint64>(ns) > slowest &&
         !pg_atomic_compare_exchange_u64(&slowest_ns, &slowest, ns)) {
  }
}

void Counters::add_error(int sqlstate) {
  uint32_t wanted = ERRCODE_TO_CATEGORY(sqlstate);
  for (int i = 0; i < kErrorClasses; i++) {
    uint32 category = pg_atomic_read_u32(&errors[i].category);
    // If another backend takes the place first, `category` is what it has put there.
    if (category == 0 && pg_atomic_compare_exchange_u32(&errors[i].category, &category, wanted))
      category = wanted;
    if (category != wanted) continue;
    pg_atomic_fetch_add_u64(&errors[i].count, 1);
    return;
  }
  pg_atomic_write_u32(&errors[kErrorClasses].category, kOtherClasses);
  pg_atomic_fetch_add_u64(&errors[kErrorClasses].count, 1);
}

// The classes keep their places: somebody may be counting.
void Counters::reset() {
  for (pg_atomic_uint64& bucket : buckets) pg_atomic_write_u64(&bucket, 0);
  pg_atomic_write_u64(&total_ns, 0);
  pg_atomic_write_u64(&slowest_ns, 0);
  pg_atomic_write_u64(&rows, 0);
  pg_atomic_write_u64(&refusals, 0);
  for (Errors& error : errors) pg_atomic_write_u64(&error.count, 0);
  pg_atomic_write_u64(&since, static_cast<uint64>(GetCurrentTimestamp()));
}

namespace counters {

void request() { pg::shared_memory::request(kName, sizeof(CounterTable), initialize); }

bool available() { return attach() != nullptr; }

Counters* of(const char* procedure) {
  CounterTable* table = attach();
  if (table == nullptr) return nullptr;
  Counters* entry = find(table, procedure);
  return entry != nullptr ? entry : claim(table, procedure);
}

Counters* next(int* position) {
  CounterTable* table = attach();
  if (table == nullptr) return nullptr;
  int used = static_cast<int>(pg_atomic_read_u32(&table->used));
  pg_read_barrier();
  while (*position < used) {
    Counters* entry = &table->entries[(*position)++];
    if (is_ours(entry)) return entry;
  }
  return nullptr;
}

}  // namespace counters

}  // namespace s2t::metrics
