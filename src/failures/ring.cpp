#include "failures/ring.h"

#include "pg/shared_memory.h"

namespace s2t::failures::ring {

namespace {

constexpr const char* kName = "s2t failure marks";
constexpr int kMaxWorkers = 16;  // databases with marks at the same time

// Where the memory is reserved at the start there is plenty; where it comes out of the server's
// spare shared memory the ring must be small.
constexpr int kSmallCapacity = 240;
constexpr int kLargeCapacity = 4000;

struct Worker {
  Oid database;          // InvalidOid: the entry is free
  Latch* latch;          // nullptr: being started
  TimestampTz asked_at;  // when it was asked for
};

struct Ring {
  slock_t lock;
  int capacity;
  int used;
  pg_atomic_uint64 lost;
  Worker workers[kMaxWorkers];
  FailureMark marks[FLEXIBLE_ARRAY_MEMBER];  // the first `used` are taken
};

size_t bytes_for(int capacity) {
  return offsetof(Ring, marks) + sizeof(FailureMark) * static_cast<size_t>(capacity);
}

int capacity() { return pg::shared_memory::is_plentiful(kName) ? kLargeCapacity : kSmallCapacity; }

void initialize(void* memory) {
  auto* fresh = static_cast<Ring*>(memory);
  memset(fresh, 0, offsetof(Ring, marks));
  SpinLockInit(&fresh->lock);
  pg_atomic_init_u64(&fresh->lost, 0);
  fresh->capacity = capacity();
}

// The ring, once attach() has been called in this process; nullptr if it is not to be had.
Ring* ring = nullptr;

// The lock is held.
Worker* find_worker(Oid database) {
  for (Worker& worker : ring->workers)
    if (worker.database == database) return &worker;
  return nullptr;
}

bool has_marks(Oid database) {
  for (int i = 0; i < ring->used; i++)
    if (ring->marks[i].database == database) return true;
  return false;
}

// Asks the postmaster for a worker; it starts on its own time. False if all worker slots are taken.
bool start_worker() {
  BackgroundWorker worker = {};
  strlcpy(worker.bgw_name, "s2t failure marks", BGW_MAXLEN);
  strlcpy(worker.bgw_type, "s2t failure marks", BGW_MAXLEN);
  worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
  worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
  worker.bgw_restart_time = BGW_NEVER_RESTART;
  strlcpy(worker.bgw_library_name, "s2t", sizeof(worker.bgw_library_name));
  strlcpy(worker.bgw_function_name, "s2t_failure_worker_main", BGW_MAXLEN);
  worker.bgw_main_arg = ObjectIdGetDatum(MyDatabaseId);
  return RegisterDynamicBackgroundWorker(&worker, nullptr);
}

// Wakes the database's worker, or finds that one must be started.
bool wake_or_ask() {
  constexpr int64_t kStartTimeoutUs = 5 * USECS_PER_SEC;
  TimestampTz now = GetCurrentTimestamp();
  bool ask = false;
  SpinLockAcquire(&ring->lock);
  Worker* worker = find_worker(MyDatabaseId);
  if (worker == nullptr) {
    worker = find_worker(InvalidOid);
    if (worker != nullptr) {
      *worker = {MyDatabaseId, nullptr, now};
      ask = true;
    }
  } else if (worker->latch == nullptr && worker->asked_at < now - kStartTimeoutUs) {
    worker->asked_at = now;
    ask = true;
  }
  Latch* latch = worker != nullptr ? worker->latch : nullptr;
  SpinLockRelease(&ring->lock);
  if (latch != nullptr) SetLatch(latch);
  return ask;
}

// The next failure may find a free worker slot.
void forget_asking() {
  SpinLockAcquire(&ring->lock);
  Worker* worker = find_worker(MyDatabaseId);
  if (worker != nullptr && worker->latch == nullptr) worker->database = InvalidOid;
  SpinLockRelease(&ring->lock);
}

// The marks stay in the ring; the next failure in this database asks again.
void tell_no_worker() {
  static bool told = false;
  if (told) return;
  told = true;
  ereport(LOG, (errmsg("no background worker is free to mark recordings as failed"),
                errdetail("The marks wait for the next failure in this database; a restart of the "
                          "server loses them."),
                errhint("Consider a larger \"max_worker_processes\".")));
}

}  // namespace

void attach() {
  if (ring == nullptr) {
    ring =
        static_cast<Ring*>(pg::shared_memory::attach(kName, bytes_for(capacity()), initialize, true));
  }
}

void request() { pg::shared_memory::request(kName, bytes_for(kLargeCapacity), initialize); }

bool put(const FailureMark& mark) {
  if (ring == nullptr) return false;
  SpinLockAcquire(&ring->lock);
  bool room = ring->used < ring->capacity;
  if (room) ring->marks[ring->used++] = mark;
  SpinLockRelease(&ring->lock);
  if (wake_or_ask() && !start_worker()) {
    forget_asking();
    tell_no_worker();
  }
  return room;
}

int take(FailureMark* marks, int limit) {
  if (ring == nullptr) return 0;
  int taken = 0;
  SpinLockAcquire(&ring->lock);
  for (int i = ring->used - 1; i >= 0 && taken < limit; i--) {
    if (ring->marks[i].database != MyDatabaseId) continue;
    marks[taken++] = ring->marks[i];
    ring->marks[i] = ring->marks[--ring->used];
  }
  SpinLockRelease(&ring->lock);
  return taken;
}

bool enter_worker() {
  if (ring == nullptr) return false;
  SpinLockAcquire(&ring->lock);
  Worker* worker = find_worker(MyDatabaseId);
  if (worker == nullptr) worker = find_worker(InvalidOid);
  bool entered = worker != nullptr && worker->latch == nullptr;
  if (entered) *worker = {MyDatabaseId, MyLatch, GetCurrentTimestamp()};
  SpinLockRelease(&ring->lock);
  return entered;
}

bool leave_worker(bool even_if_busy) {
  if (ring == nullptr) return true;
  SpinLockAcquire(&ring->lock);
  bool leave = even_if_busy || !has_marks(MyDatabaseId);
  Worker* worker = find_worker(MyDatabaseId);
  if (leave && worker != nullptr && worker->latch == MyLatch) *worker = {InvalidOid, nullptr, 0};
  SpinLockRelease(&ring->lock);
  return leave;
}

uint64_t lost() { return ring == nullptr ? 0 : pg_atomic_read_u64(&ring->lost); }

void count_lost() {
  if (ring != nullptr) pg_atomic_fetch_add_u64(&ring->lost, 1);
}

}  // namespace s2t::failures::ring
