// One call of a procedure: the schema it lives in, its snapshot, its memory and the executor state
// that its table changes share.
#pragma once

#include "pg/server.h"

namespace s2t::pg {

// Opened at the start of a call and closed at its end; an error in between needs no cleaning up,
// since the server's transaction abort releases everything a session holds. Trivially destructible
// on purpose.
class Session {
 public:
  enum class Mode {
    kRead,   // sees what the calling statement sees
    kWrite,  // sees what has been committed when it starts (under READ COMMITTED), and its own
             // transaction's changes
  };

  // `name` is the SQL name of the procedure, for error messages. A writing session raises 25006 in
  // a read-only transaction or on a standby.
  static Session open(FunctionCallInfo fcinfo, const char* name, Mode mode = Mode::kWrite);
  // The same for code that no SQL function called, on behalf of the extension's `owner`.
  static Session open(Oid schema, Oid owner, const char* name, Mode mode = Mode::kWrite);
  void close();

  // The schema of the extension: the one of the function called, whatever search_path says.
  [[nodiscard]] Oid schema() const { return schema_; }
  // The owner of the function called: the tables must be the same role's.
  [[nodiscard]] Oid owner() const { return owner_; }
  // The SQL name of the procedure.
  [[nodiscard]] const char* name() const { return name_; }
  [[nodiscard]] EState* estate() const { return estate_; }
  [[nodiscard]] Snapshot snapshot() const { return GetActiveSnapshot(); }

  // Under READ COMMITTED, moves on to a snapshot that sees what was committed meanwhile (while a
  // lock was waited for).
  void refresh_snapshot();

  // Runs `body` in the caller's memory, where what it makes outlives the session.
  template <typename Body>
  void in_callers_memory(Body&& body) {
    MemoryContext own = MemoryContextSwitchTo(caller_context_);
    body();
    MemoryContextSwitchTo(own);
  }

  // And back, within that.
  template <typename Body>
  void in_own_memory(Body&& body) {
    MemoryContext callers = MemoryContextSwitchTo(estate_->es_query_cxt);
    body();
    MemoryContextSwitchTo(callers);
  }

  // Makes the changes of the statement that just ended visible to the next one.
  void advance_command();

  // Whether code of the database's owner (triggers, constraints, defaults, and what cascades from
  // the tables) may run in this call, as far as its tables have been opened: see Table. Never taken
  // back.
  [[nodiscard]] bool runs_foreign_code() const { return foreign_code_; }
  void expect_foreign_code() { foreign_code_ = true; }

  // From now on, and until the session is closed, search_path is fixed to pg_catalog and the
  // extension's schema: called before code of the database's owner (triggers, functions in
  // constraints and defaults) may run.
  void fix_search_path();

  // Keeps `relation` open, with its lock, until the session is closed, and sees to it that the
  // snapshot is not older than the table: what was rewritten while its lock was waited for is empty
  // to an older one ("Caveats" of the manual's chapter on concurrency control). Where the snapshot
  // is the transaction's, that is 40001.
  void keep(Relation relation);

  // What pg/fence.h holds for this session: the last slot, until the subtransaction ends that it
  // was taken in.
  [[nodiscard]] bool holds_slot(int slot) const {
    return slot == held_slot_ && GetCurrentSubTransactionId() == held_in_;
  }
  void keep_slot(int slot) {
    held_slot_ = slot;
    held_in_ = GetCurrentSubTransactionId();
  }

  [[nodiscard]] bool writes() const { return mode_ == Mode::kWrite; }

  // What a room above has found out and keeps for as long as the session is open; nullptr until
  // then.
  [[nodiscard]] const void* finding() const { return finding_; }
  void keep_finding(const void* finding) { finding_ = finding; }

  // The owner of the function that is called.
  [[nodiscard]] static Oid owner_of(FunctionCallInfo fcinfo);

  // The instant that decides on cycles and stamps new rows: the clock's, not the transaction's
  // start, which may lie before the wait for a lock.
  [[nodiscard]] static TimestampTz now() { return GetCurrentTimestamp(); }

 private:
  void push_snapshot();
  void require_seen(Relation relation);

  Oid schema_ = InvalidOid;
  Oid owner_ = InvalidOid;
  const char* name_ = nullptr;
  EState* estate_ = nullptr;
  MemoryContext caller_context_ = nullptr;
  int guc_level_ = 0;
  Mode mode_ = Mode::kRead;
  bool own_snapshot_ = false;
  bool foreign_code_ = false;
  uint64 invalidations_ = 0;       // seen when the snapshot was taken
  Relation* relations_ = nullptr;  // in the memory of the executor's state
  int relation_count_ = 0;
  int relation_room_ = 0;
  const void* finding_ = nullptr;
  int held_slot_ = -1;
  SubTransactionId held_in_ = InvalidSubTransactionId;
};

// 40001 if the table of this name was rewritten after the caller's snapshot was taken, to which it
// is empty: for what is not in a session. Keeps the lock of a read.
void require_seen(Oid schema, const char* table);

// Commits the transaction of a procedure that was called where it may, and begins the next. No
// session is open, and SPI_connect_ext(SPI_OPT_NONATOMIC) came before. Does not wait for the disk,
// as with synchronous_commit = off: a crash may undo the last of such transactions, whole ones and
// in the reverse order, and the job's next run does them again.
void commit_and_go_on();

// Waits until what commit_and_go_on() has committed is safe, as far as the caller's
// synchronous_commit asks for it: before a job tells what it has done.
void wait_for_commits();

}  // namespace s2t::pg
