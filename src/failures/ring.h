// Failure marks on their way from the sessions whose transactions were rolled back to the worker
// that makes them.
//
// A mark cannot be made by the failing transaction, which rolls back, nor can that wait for
// anybody: it holds the recording's row lock. So the marks go through shared memory, a queue for
// each database, and one worker per database makes them.
#pragma once

#include <stdint.h>

#include "failures/marks.h"
#include "pg/server.h"

namespace s2t::failures {

// A recording whose completion has failed for good.
struct FailureMark {
  static constexpr int kReasonBytes = 200;

  Oid database;
  Oid schema;  // of the extension
  Oid owner;   // on whose behalf the recording is changed
  pg_uuid_t recording_id;
  Witness witness;
  char reason[kReasonBytes];  // zero-terminated
};

namespace ring {

// Reserves the memory, where the library is preloaded; called from _PG_init.
void request();

// Finds the memory; called in every process before anything else is, within a transaction except in
// the worker.
void attach();

// Puts `mark` where the database's worker finds it, and starts or wakes that worker. False if there
// is no room (any more) or no shared memory. Neither raises nor waits: called from the end of a
// transaction.
bool put(const FailureMark& mark);

// Counts, and says in the server log, that a mark is given up. Asks for no memory.
void give_up(const FailureMark& mark, const char* why);

// Only says it, where the shared memory is gone already.
void tell_given_up(const FailureMark& mark, const char* why);

// Marks that were given up since the server started.
[[nodiscard]] uint64_t lost();

// The worker's side. One process at a time is the worker of a database.

// Announces the calling process as the worker of `database`. False if there is another one already.
bool enter_worker(Oid database);

// Takes up to `limit` marks of the worker's database.
int take(FailureMark* marks, int limit);

// Whether take() would find a mark.
[[nodiscard]] bool has_marks();

// Ends the worker's duty, unless marks have come in meanwhile. False if they have.
bool leave_if_idle();

// Ends the worker's duty in any case, and does nothing if that has ended: the `count` marks it has
// taken and not made go back, those without room are given up, and another worker is asked for.
// Returns how many marks wait for it.
int leave(const FailureMark* marks, int count);

// Ends the duty of a worker that cannot get at its database: gives all its marks up.
void leave_for_good(const char* why);

}  // namespace ring

}  // namespace s2t::failures
