// Failure marks on their way from the sessions whose transactions were rolled back to the worker
// that makes them.
//
// A mark cannot be made by the failing transaction, which rolls back, nor can that wait for
// anybody: it holds the recording's row lock. So the marks go through a ring in shared memory, and
// one worker per database makes them.
#pragma once

#include <stdint.h>

#include <string_view>

#include "pg/server.h"

namespace s2t::failures {

// A recording whose completion has failed for good.
struct FailureMark {
  static constexpr int kReasonBytes = 200;

  Oid database;
  Oid schema;  // of the extension
  Oid owner;   // on whose behalf the recording is changed
  pg_uuid_t recording_id;
  char reason[kReasonBytes];  // zero-terminated
};

namespace ring {

// Reserves the memory, where the library is preloaded; called from _PG_init.
void request();

// Finds the memory; called within a transaction before anything else is, in every process.
void attach();

// Puts `mark` where the database's worker finds it, and starts or wakes that worker. False if there
// is no room (any more) or no shared memory. Neither raises nor waits: called from the end of a
// transaction.
bool put(const FailureMark& mark);

// Takes up to `limit` marks of this database; called by its worker.
int take(FailureMark* marks, int limit);

// Announces the calling process as the worker of this database. False if there is another one
// already.
bool enter_worker();

// Ends the calling worker's duty. False, with the duty going on, if marks have come in meanwhile
// and `even_if_busy` is not set.
bool leave_worker(bool even_if_busy);

// Marks that were given up since the server started, for want of room, of a worker or of a lock.
[[nodiscard]] uint64_t lost();
void count_lost();

}  // namespace ring

}  // namespace s2t::failures
