// How many rows each job set aside when it last ran in this database, since the server started
// (docs/reference.md, "One bad row").
#pragma once

#include <stdint.h>

#include "pg/server.h"

namespace s2t::metrics::set_aside {

// The jobs that work through rows.
enum class Job : uint8_t { kReset, kCleanup, kStale, kAudit, kLedger, kCount };

// Reserves the memory, where the library is preloaded; called from _PG_init().
void request();

// Notes what a run of the job came to. Where there is no shared memory nothing is noted.
void note(Job job, int64_t rows);

// The sum over the last runs of all jobs in this database.
[[nodiscard]] int64_t total();

}  // namespace s2t::metrics::set_aside
