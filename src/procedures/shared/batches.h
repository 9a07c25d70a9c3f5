// Procedures that commit after every batch and leave each to a function in SQL, which has the
// owner's rights; they cannot have them, since PostgreSQL makes such a call atomic.
#pragma once

#include "pg/function.h"

namespace s2t::procedures {

// Calls `batch(interval, integer)`, of the schema of the procedure `name`, with that one's first
// two arguments until it has removed nothing, and commits after each. Returns the row (deleted
// bigint). 2D000 where the procedure cannot commit.
Datum purge_in_batches(FunctionCallInfo fcinfo, const char* name, const char* batch);

}  // namespace s2t::procedures
