// How many leases were lost in this database, since the server started: their time was over, and
// another worker has claimed the recording (docs/reference.md, "Metrics").
#pragma once

#include <stdint.h>

#include "pg/server.h"

namespace s2t::metrics::leases {

// Where there is no shared memory nothing is counted. One that is counted in a transaction that is
// rolled back has been counted.
void count_lost();

[[nodiscard]] int64_t lost();

}  // namespace s2t::metrics::leases
