// The worker that makes failure marks: one per database, started when there is something to do,
// gone when there is not.
#include "failures/ring.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/session.h"
#include "procedures/shared/failure.h"

namespace s2t::failures {

namespace {

constexpr int kBatch = 64;
constexpr int kMaxTries = 60;  // of a mark whose recording somebody holds
constexpr long kPauseMs = 1000;

struct Attempt {
  FailureMark mark;
  int tries;
};

// Makes one mark in a transaction of its own. False if it should be tried again, because the
// recording is held.
bool make_mark(const FailureMark& mark) {
  volatile bool again = false;
  MemoryContext caller = CurrentMemoryContext;
  SetCurrentStatementStartTimestamp();
  StartTransactionCommand();
  PG_TRY();
  {
    SetUserIdAndSecContext(mark.owner, SECURITY_LOCAL_USERID_CHANGE);
    PushActiveSnapshot(GetTransactionSnapshot());
    enable_timeout_after(STATEMENT_TIMEOUT, 5000);
    pg::Session session = pg::Session::open(mark.schema, mark.owner, "s2t failure marks");
    procedures::fail_if_processing(&session, &mark.recording_id, mark.reason,
                                   "sp_complete_recording");
    session.close();
    disable_timeout(STATEMENT_TIMEOUT, false);
    PopActiveSnapshot();
    CommitTransactionCommand();
  }
  PG_CATCH();
  {
    MemoryContextSwitchTo(caller);
    ErrorData* error = CopyErrorData();
    FlushErrorState();
    disable_timeout(STATEMENT_TIMEOUT, false);
    AbortCurrentTransaction();
    again = error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
            ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_TRANSACTION_ROLLBACK;
    if (!again && error->sqlerrcode != ERRCODE_NO_DATA_FOUND) {
      ring::count_lost();
      ereport(LOG, (errmsg("recording %s could not be marked as failed",
                           pg::to_cstring(&mark.recording_id)),
                    errdetail("%s", error->message)));
    }
    FreeErrorData(error);
  }
  PG_END_TRY();
  MemoryContextSwitchTo(caller);
  return !again;
}

// Marks whose recordings are held, tried again once a second.
class Held {
 public:
  void add(const FailureMark& mark, int tries) {
    if (tries >= kMaxTries || count_ == kBatch) {
      ring::count_lost();
      ereport(LOG, (errmsg("recording %s could not be marked as failed",
                           pg::to_cstring(&mark.recording_id)),
                    errdetail("It is held by another transaction for too long.")));
      return;
    }
    attempts_[count_++] = {mark, tries};
  }
  void try_again() {
    int count = count_;
    count_ = 0;
    for (int i = 0; i < count; i++) {
      Attempt attempt = attempts_[i];
      if (!make_mark(attempt.mark)) add(attempt.mark, attempt.tries + 1);
    }
  }
  [[nodiscard]] bool empty() const { return count_ == 0; }

 private:
  Attempt attempts_[kBatch] = {};
  int count_ = 0;
};

void on_exit(int /*code*/, Datum /*argument*/) { (void)ring::leave_worker(true); }

void work() {
  static constinit Held held;
  static FailureMark marks[kBatch];
  MemoryContext scratch =
      AllocSetContextCreate(TopMemoryContext, "s2t failure marks", ALLOCSET_DEFAULT_SIZES);
  MemoryContextSwitchTo(scratch);
  TimestampTz last_retry = GetCurrentTimestamp();
  for (;;) {
    CHECK_FOR_INTERRUPTS();
    int taken = ring::take(marks, kBatch);
    for (int i = 0; i < taken; i++)
      if (!make_mark(marks[i])) held.add(marks[i], 1);
    MemoryContextReset(scratch);
    if (TimestampDifferenceExceeds(last_retry, GetCurrentTimestamp(), kPauseMs)) {
      held.try_again();
      last_retry = GetCurrentTimestamp();
    }
    if (taken > 0) continue;
    int events = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, kPauseMs,
                           PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    if ((events & WL_TIMEOUT) != 0 && held.empty() && ring::leave_worker(false)) return;
  }
}

}  // namespace

}  // namespace s2t::failures

extern "C" PGDLLEXPORT void s2t_failure_worker_main(Datum database);

extern "C" void s2t_failure_worker_main(Datum database) {
  using namespace s2t::failures;
  pqsignal(SIGTERM, die);
  BackgroundWorkerUnblockSignals();
  BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database), InvalidOid, 0);
  StartTransactionCommand();
  ring::attach();
  CommitTransactionCommand();
  if (!ring::enter_worker()) proc_exit(0);
  before_shmem_exit(on_exit, static_cast<Datum>(0));
  (void)set_config_option("lock_timeout", "1s", PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SET, true, 0,
                          false);
  (void)set_config_option("synchronous_commit", "off", PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SET,
                          true, 0, false);
  (void)set_config_option("application_name", "s2t failure marks", PGC_SUSET, PGC_S_SESSION,
                          GUC_ACTION_SET, true, 0, false);
  pgstat_report_appname("s2t failure marks");
  work();
  proc_exit(0);
}
