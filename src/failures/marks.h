// A completion that fails for good leaves its recording marked as failed, although the caller's
// transaction rolls back (docs/reference.md, "Failure marks"; docs/architecture.md tells the
// mechanism).
#pragma once

#include "pg/server.h"

namespace s2t::failures {

// Whose work it is that fails: what the recording was like when the call first looked at it.
struct Witness {
  int32_t attempt = 0;  // 0: it was not looked at, or there is none
  pg_uuid_t lease{};    // all zero: nobody had claimed it
  bool owned = false;   // whether that lease was the caller's
};

// Called before a completion begins.
void prepare_for_failure();

// Called while the error of a completion is being handled: notes it if a retry would meet it again.
// When the top-level transaction has ended, either way, a worker marks the recording, if it is
// still in processing then, in the same attempt.
void remember_failure(const pg_uuid_t* recording_id, const Witness& witness, Oid schema);

// Called before an error is raised that is the call's fault, not the transcript's: the recording is
// not marked.
void spare_recording();

// Forgets what this transaction has noted of a recording: it went on to complete it.
void forget_failure(const pg_uuid_t* recording_id);

// Runs `body`, which completes the recording and tells a Witness what it finds first: an error is
// noted and goes on to the caller unchanged.
template <typename Body>
void marking_failure(FunctionCallInfo fcinfo, const pg_uuid_t* recording_id, Body&& body) {
  prepare_for_failure();
  // Not on the stack, where an error leaves it undefined.
  auto* witness = static_cast<Witness*>(palloc0(sizeof(Witness)));
  // Looked up beforehand: while an error is being handled, no catalog can be read.
  Oid schema = get_func_namespace(fcinfo->flinfo->fn_oid);
  PG_TRY();
  { body(witness); }
  PG_CATCH();
  {
    remember_failure(recording_id, *witness, schema);
    PG_RE_THROW();
  }
  PG_END_TRY();
  forget_failure(recording_id);
}

}  // namespace s2t::failures
