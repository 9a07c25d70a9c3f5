// What is counted of the calls of a procedure, in memory that all backends share. Counting takes no
// lock; see metrics.h for who counts what.
#pragma once

#include <stdint.h>

#include "core/base/histogram.h"

#include "pg/server.h"

namespace s2t::metrics {

// The counters of one procedure in one database.
struct alignas(PG_CACHE_LINE_SIZE) Counters {
  // Classes of errors told apart; whatever comes after them is counted together.
  static constexpr int kErrorClasses = 16;
  static constexpr uint32_t kOtherClasses = PG_UINT32_MAX;

  struct Errors {
    pg_atomic_uint32 category;  // ERRCODE_TO_CATEGORY() of the class; 0 is free
    pg_atomic_uint64 count;
  };

  pg_atomic_uint32 database;  // InvalidOid until the rest is set up
  char procedure[NAMEDATALEN];
  pg_atomic_uint64 since;  // the TimestampTz of the last reset

  pg_atomic_uint64 buckets[core::kLatencyBuckets];  // calls by duration; their sum is all calls
  pg_atomic_uint64 total_ns;
  pg_atomic_uint64 slowest_ns;
  pg_atomic_uint64 rows;
  pg_atomic_uint64 refusals;
  Errors errors[kErrorClasses + 1];

  void add_duration(int64_t ns);
  void add_error(int sqlstate);
  void reset();
};

namespace counters {

// Reserves the memory, where the library is preloaded; called from _PG_init().
void request();

// Whether there is memory for counting. At its first call in a backend within a transaction that
// has not failed; see shared_memory::attach().
[[nodiscard]] bool available();

// The counters of a procedure in the current database, new ones if need be; nullptr if there is no
// memory, or no room for one more procedure. Takes a lock: a backend asks once per procedure.
[[nodiscard]] Counters* of(const char* procedure);

// All counters of the current database, one after the other: begin with *position = 0; nullptr
// after the last.
[[nodiscard]] Counters* next(int* position);

}  // namespace counters

}  // namespace s2t::metrics
