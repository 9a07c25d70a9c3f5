// The worker that makes failure marks: one per database, started when there is something to do,
// gone when there is not.
#include "failures/ring.h"
#include "pg/error.h"
#include "pg/fence.h"
#include "pg/function.h"
#include "pg/identity.h"
#include "pg/ids.h"
#include "pg/session.h"
#include "pg/settings.h"
#include "procedures/shared/failure.h"
#include "procedures/shared/lease.h"

extern "C" {
#include "postmaster/interrupt.h"
}

namespace s2t::failures {

namespace {

constexpr int kBatch = 64;
constexpr long kIdleMs = 1000;  // before a worker without anything to do leaves

// Between two tries of one mark.
constexpr int kFirstPauseMs = 1000;
constexpr int kLongestPauseMs = 64 * 1000;

enum class Outcome : uint8_t {
  kOver,     // made, or nothing to be made any more
  kHeld,     // somebody holds the recording: to be tried again
  kGivenUp,  // and told
};

// Whether the extension that the mark comes from is still there: its schema or its owner may have
// been dropped meanwhile, and the recording with them.
bool still_there(const FailureMark& mark) {
  return SearchSysCacheExists1(NAMESPACEOID, ObjectIdGetDatum(mark.schema)) &&
         SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(mark.owner));
}

// A recording that has left with its slot is another server's to fail, which finds it stale.
bool has_left(const FailureMark& mark, pg::Session* session) {
  return pg::settings::sharded() &&
         pg::fence::is_elsewhere(session, pg::slot_of(&mark.recording_id));
}

procedures::Tried mark_recording(const FailureMark& mark) {
  pg::Session session = pg::Session::open(mark.schema, mark.owner, "s2t failure marks");
  if (has_left(mark, &session)) {
    ring::give_up(mark, "The recording has moved to another shard.");
    session.close();
    return procedures::Tried::kNothing;
  }
  TimestampTz now = pg::Session::now();
  procedures::Accounts accounts;  // a mark is a transaction
  procedures::Tried tried =
      procedures::try_to_fail(&session, &mark.recording_id, "sp_complete_recording", &accounts,
                              [&](const pg::Row& recording) -> procedures::Verdict {
                                if (!procedures::is_same_attempt(recording, mark.witness, now))
                                  return {};
                                return {mark.reason};
                              });
  session.close();
  return tried;
}

// What an error means for the mark that met it.
Outcome judge(const FailureMark& mark, const ErrorData* error) {
  switch (error->sqlerrcode) {
    case ERRCODE_LOCK_NOT_AVAILABLE:
      return Outcome::kHeld;
    case ERRCODE_NO_DATA_FOUND:
      return Outcome::kOver;
    default:
      if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_TRANSACTION_ROLLBACK)
        return Outcome::kHeld;
      ring::give_up(mark, error->message);
      return Outcome::kGivenUp;
  }
}

// Makes one mark in a transaction of its own.
Outcome make_mark(const FailureMark& mark) {
  volatile Outcome outcome = Outcome::kOver;
  MemoryContext caller = CurrentMemoryContext;
  // Deferred triggers run at the commit, and must find the owner's rights.
  pg::Identity identity;
  SetCurrentStatementStartTimestamp();
  StartTransactionCommand();
  PG_TRY();
  {
    PushActiveSnapshot(GetTransactionSnapshot());
    if (still_there(mark)) {
      enable_timeout_after(STATEMENT_TIMEOUT, 5000);
      identity.take(mark.owner);
      if (mark_recording(mark) == procedures::Tried::kHeld) outcome = Outcome::kHeld;
      disable_timeout(STATEMENT_TIMEOUT, false);
      PopActiveSnapshot();
      CommitTransactionCommand();
      identity.give_back();
    } else {
      PopActiveSnapshot();
      CommitTransactionCommand();
    }
  }
  PG_CATCH();
  {
    MemoryContextSwitchTo(caller);
    ErrorData* error = CopyErrorData();
    FlushErrorState();
    disable_timeout(STATEMENT_TIMEOUT, false);
    AbortCurrentTransaction();
    outcome = judge(mark, error);
    FreeErrorData(error);
  }
  PG_END_TRY();
  MemoryContextSwitchTo(caller);
  return outcome;
}

// The marks in the worker's hands: taken from the ring, and not made yet.
class Hands {
 public:
  // Takes marks from the ring; the room for them is made first. False if there were none.
  bool take() {
    if (count_ + kBatch > room_) grow();
    FailureMark batch[kBatch];
    int taken = ring::take(batch, kBatch);
    for (int i = 0; i < taken; i++) {
      if (contains(batch[i])) continue;
      marks_[count_] = batch[i];
      tries_[count_++] = {0, 0};
    }
    return taken > 0;
  }

  // Tries the new ones, and then those whose time has come again until more come in.
  void work() {
    for (int i = count_; i-- > 0 && tries_[i].pause_ms == 0;) make(i);
    for (int i = count_; i-- > 0 && !ring::has_marks();)
      if (tries_[i].due <= GetCurrentTimestamp()) make(i);
  }

  // Gives them back, or up, when the worker ends early. Returns how many wait for another one.
  int put_back() {
    int waiting = ring::leave(marks_, count_);
    count_ = 0;
    return waiting;
  }

  [[nodiscard]] bool empty() const { return count_ == 0; }

 private:
  struct Tries {
    TimestampTz due;  // of the next one
    int pause_ms;     // before that; 0: there has been none
  };

  // Whoever fails again while the recording is held adds nothing.
  [[nodiscard]] bool contains(const FailureMark& mark) const {
    for (int i = 0; i < count_; i++) {
      if (marks_[i].schema == mark.schema &&
          pg::same_id(marks_[i].recording_id, mark.recording_id) &&
          marks_[i].witness.attempt == mark.witness.attempt &&
          marks_[i].witness.owned == mark.witness.owned &&
          pg::same_id(marks_[i].witness.lease, mark.witness.lease))
        return true;
    }
    return false;
  }

  // Its place is taken by the last one, which the loops of work() have been at already.
  void make(int i) {
    CHECK_FOR_INTERRUPTS();
    if (make_mark(marks_[i]) == Outcome::kHeld) {
      int pause_ms = Min(Max(tries_[i].pause_ms * 2, kFirstPauseMs), kLongestPauseMs);
      tries_[i] = {TimestampTzPlusMilliseconds(GetCurrentTimestamp(), pause_ms), pause_ms};
      return;
    }
    count_--;
    marks_[i] = marks_[count_];
    tries_[i] = tries_[count_];
  }

  void grow() {
    int room = Max(room_ * 2, 2 * kBatch);
    marks_ = enlarge(marks_, room);
    tries_ = enlarge(tries_, room);
    room_ = room;
  }

  template <typename Item>
  static Item* enlarge(Item* items, int count) {
    Size bytes = sizeof(Item) * static_cast<Size>(count);
    return static_cast<Item*>(items == nullptr ? MemoryContextAllocHuge(TopMemoryContext, bytes)
                                               : repalloc_huge(items, bytes));
  }

  FailureMark* marks_ = nullptr;
  Tries* tries_ = nullptr;
  int count_ = 0;
  int room_ = 0;
};

constinit Hands hands;
bool connected = false;
volatile sig_atomic_t terminated = 0;

void on_terminate(int signal) {
  terminated = 1;
  die(signal);
}

// However the worker ends, nothing in its hands is lost without a word.
void on_exit(int /*code*/, Datum /*argument*/) {
  if (!connected && terminated == 0) {
    ring::leave_for_good("The worker could not connect to the database.");
    return;
  }
  int waiting = hands.put_back();
  if (waiting == 0) return;
  ereport(LOG, (errmsg_plural("%d recording remains to be marked as failed",
                              "%d recordings remain to be marked as failed", waiting, waiting),
                errdetail("The worker was terminated. The marks wait for another one; a restart of "
                          "the server loses them.")));
}

void reload_settings() {
  if (ConfigReloadPending == 0) return;
  ConfigReloadPending = 0;
  ProcessConfigFile(PGC_SIGHUP);
}

void work() {
  MemoryContext scratch =
      AllocSetContextCreate(TopMemoryContext, "s2t failure marks", ALLOCSET_DEFAULT_SIZES);
  MemoryContextSwitchTo(scratch);
  for (;;) {
    CHECK_FOR_INTERRUPTS();
    reload_settings();
    bool taken = hands.take();
    hands.work();
    MemoryContextReset(scratch);
    if (taken || ring::has_marks()) continue;
    int events = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, kIdleMs,
                           PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    if ((events & WL_TIMEOUT) != 0 && hands.empty() && ring::leave_if_idle()) return;
  }
}

void set(const char* name, const char* value) {
  (void)set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SET, true, 0, false);
}

}  // namespace

}  // namespace s2t::failures

extern "C" PGDLLEXPORT void s2t_failure_worker_main(Datum database);

extern "C" void s2t_failure_worker_main(Datum database) {
  using namespace s2t::failures;
  pqsignal(SIGTERM, on_terminate);
  pqsignal(SIGHUP, SignalHandlerForConfigReload);
  BackgroundWorkerUnblockSignals();
  // Before the connection: where there is none to be had, the marks of the database are given up.
  ring::attach();
  if (!ring::enter_worker(DatumGetObjectId(database))) proc_exit(0);
  before_shmem_exit(on_exit, static_cast<Datum>(0));
  BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database), InvalidOid, 0);
  connected = true;
  set("lock_timeout", "1s");
  set("synchronous_commit", "off");
  set("application_name", "s2t failure marks");
  pgstat_report_appname("s2t failure marks");
  work();
  proc_exit(0);
}
