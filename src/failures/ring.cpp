#include "failures/ring.h"

#include "pg/shared_memory.h"

namespace s2t::failures::ring {

namespace {

constexpr const char* kName = "s2t failure marks";
constexpr int kMaxQueues = 16;  // databases with marks at the same time

// Where the memory is reserved at the start there is plenty; where it comes out of the server's
// spare shared memory the ring must be small.
constexpr int kSmallCapacity = 240;
constexpr int kLargeCapacity = 4000;

constexpr int64_t kAskAgainUs = 5 * USECS_PER_SEC;  // for a worker that has not come
constexpr int64_t kGiveUpUs = 60 * USECS_PER_SEC;   // a worker that has not come

constexpr int32_t kNone = -1;

// A place for a mark: in a queue, in the list of free ones, or in the hands of one process.
struct Slot {
  int32_t next;
  FailureMark mark;
};

// Slots in a row, linked.
struct Chain {
  int32_t first = kNone;
  int32_t last = kNone;

  [[nodiscard]] bool empty() const { return first == kNone; }
};

struct Queue {
  Oid database;          // InvalidOid: the queue is free
  Latch* latch;          // of the worker; nullptr: there is none (yet)
  TimestampTz asked_at;  // when a worker was asked for; 0: not, or in vain
  Chain marks;
};

// Under the lock only a few fields are read and set; marks are copied outside of it.
struct Ring {
  slock_t lock;
  int capacity;
  pg_atomic_uint64 lost;
  int32_t free;
  Queue queues[kMaxQueues];
  Slot slots[FLEXIBLE_ARRAY_MEMBER];
};

size_t bytes_for(int capacity) {
  return offsetof(Ring, slots) + sizeof(Slot) * static_cast<size_t>(capacity);
}

int capacity() { return pg::shared_memory::is_plentiful(kName) ? kLargeCapacity : kSmallCapacity; }

void initialize(void* memory) {
  auto* fresh = static_cast<Ring*>(memory);
  SpinLockInit(&fresh->lock);
  pg_atomic_init_u64(&fresh->lost, 0);
  fresh->capacity = capacity();
  for (Queue& queue : fresh->queues) queue = {InvalidOid, nullptr, 0, {}};
  for (int i = 0; i < fresh->capacity; i++)
    fresh->slots[i].next = i + 1 < fresh->capacity ? i + 1 : kNone;
  fresh->free = fresh->capacity > 0 ? 0 : kNone;
}

// The ring, once attach() has been called in this process; nullptr if it is not to be had.
Ring* ring = nullptr;

// Of a worker: its database, and the marks it has taken out of the queue but not copied yet.
Oid worker_database = InvalidOid;
Chain detached;

void append(Chain* chain, const Chain& more) {
  if (more.empty()) return;
  if (chain->empty()) {
    *chain = more;
    return;
  }
  ring->slots[chain->last].next = more.first;
  chain->last = more.last;
}

// The lock is held.
Queue* find_queue(Oid database) {
  for (Queue& queue : ring->queues)
    if (queue.database == database) return &queue;
  return nullptr;
}

// A slot that belongs to nobody else; kNone if all are taken.
int32_t take_free() {
  SpinLockAcquire(&ring->lock);
  int32_t slot = ring->free;
  if (slot != kNone) ring->free = ring->slots[slot].next;
  SpinLockRelease(&ring->lock);
  if (slot != kNone) ring->slots[slot].next = kNone;
  return slot;
}

void give_free(const Chain& chain) {
  if (chain.empty()) return;
  SpinLockAcquire(&ring->lock);
  ring->slots[chain.last].next = ring->free;
  ring->free = chain.first;
  SpinLockRelease(&ring->lock);
}

void give_up_all(const Chain& chain, const char* why) {
  for (int32_t slot = chain.first; slot != kNone; slot = ring->slots[slot].next)
    give_up(ring->slots[slot].mark, why);
  give_free(chain);
}

// Marks of a database whose worker was asked for long ago and has never come, to make room for
// another database. The lock is held.
Queue* forsake_one(TimestampTz now, Chain* forsaken) {
  for (Queue& queue : ring->queues) {
    if (queue.latch != nullptr || queue.asked_at == 0 || queue.asked_at > now - kGiveUpUs) continue;
    *forsaken = queue.marks;
    queue = {InvalidOid, nullptr, 0, {}};
    return &queue;
  }
  return nullptr;
}

// Puts `chain` at the end of the database's queue. False if there are too many databases. Sets
// `latch` to the one to wake, or `ask` if a worker is to be asked for.
bool enqueue(Oid database, const Chain& chain, Latch** latch, bool* ask, Chain* forsaken) {
  TimestampTz now = GetCurrentTimestamp();
  *latch = nullptr;
  *ask = false;
  SpinLockAcquire(&ring->lock);
  Queue* queue = find_queue(database);
  if (queue == nullptr) queue = find_queue(InvalidOid);
  if (queue == nullptr) queue = forsake_one(now, forsaken);
  if (queue != nullptr) {
    queue->database = database;
    append(&queue->marks, chain);
    *latch = queue->latch;
    *ask = queue->latch == nullptr && queue->asked_at < now - kAskAgainUs;
    if (*ask) queue->asked_at = now;
  }
  SpinLockRelease(&ring->lock);
  return queue != nullptr;
}

// Asks the postmaster for a worker; it starts on its own time. False if all worker slots are taken.
bool start_worker(Oid database) {
  BackgroundWorker worker = {};
  strlcpy(worker.bgw_name, "s2t failure marks", BGW_MAXLEN);
  strlcpy(worker.bgw_type, "s2t failure marks", BGW_MAXLEN);
  worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
  worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
  worker.bgw_restart_time = BGW_NEVER_RESTART;
  strlcpy(worker.bgw_library_name, "s2t", sizeof(worker.bgw_library_name));
  strlcpy(worker.bgw_function_name, "s2t_failure_worker_main", BGW_MAXLEN);
  worker.bgw_main_arg = ObjectIdGetDatum(database);
  return RegisterDynamicBackgroundWorker(&worker, nullptr);
}

// The next failure may find a free worker slot.
void forget_asking(Oid database) {
  SpinLockAcquire(&ring->lock);
  Queue* queue = find_queue(database);
  if (queue != nullptr && queue->latch == nullptr) queue->asked_at = 0;
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

// Takes the worker's queue out of service. Returns what is still in it.
Chain close_queue(bool only_if_empty, bool* closed) {
  Chain left;
  SpinLockAcquire(&ring->lock);
  Queue* queue = find_queue(worker_database);
  *closed = queue == nullptr || !only_if_empty || queue->marks.empty();
  if (queue != nullptr && *closed) {
    left = queue->marks;
    *queue = {InvalidOid, nullptr, 0, {}};
  }
  SpinLockRelease(&ring->lock);
  return left;
}

// The text of an id, where nothing may be allocated.
struct IdText {
  char text[37];

  explicit IdText(const pg_uuid_t& id) {
    char* out = text;
    for (int i = 0; i < UUID_LEN; i++) {
      if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
      constexpr char kDigits[] = "0123456789abcdef";
      *out++ = kDigits[id.data[i] >> 4];
      *out++ = kDigits[id.data[i] & 15];
    }
    *out = '\0';
  }
};

}  // namespace

void attach() {
  if (ring == nullptr) {
    ring = static_cast<Ring*>(
        pg::shared_memory::attach(kName, bytes_for(capacity()), initialize, true));
  }
}

void request() { pg::shared_memory::request(kName, bytes_for(kLargeCapacity), initialize); }

bool put(const FailureMark& mark) {
  if (ring == nullptr) return false;
  int32_t slot = take_free();
  if (slot == kNone) return false;
  ring->slots[slot].mark = mark;
  Latch* latch;
  bool ask;
  Chain chain{slot, slot};
  Chain forsaken;
  if (!enqueue(mark.database, chain, &latch, &ask, &forsaken)) {
    give_free(chain);
    return false;
  }
  give_up_all(forsaken, "No worker could be started in its database.");
  if (latch != nullptr) SetLatch(latch);
  if (ask && !start_worker(mark.database)) {
    forget_asking(mark.database);
    tell_no_worker();
  }
  return true;
}

void give_up(const FailureMark& mark, const char* why) {
  if (ring != nullptr) pg_atomic_fetch_add_u64(&ring->lost, 1);
  tell_given_up(mark, why);
}

void tell_given_up(const FailureMark& mark, const char* why) {
  ereport(
      LOG,
      (errmsg("recording %s could not be marked as failed", IdText(mark.recording_id).text),
       errdetail("%s", why),
       errhint(
           "sp_fail_stale_recordings() will find it when it has been in processing for long.")));
}

uint64_t lost() { return ring == nullptr ? 0 : pg_atomic_read_u64(&ring->lost); }

bool enter_worker(Oid database) {
  if (ring == nullptr) return false;
  SpinLockAcquire(&ring->lock);
  Queue* queue = find_queue(database);
  if (queue == nullptr) queue = find_queue(InvalidOid);
  bool entered = queue != nullptr && queue->latch == nullptr;
  if (entered) {
    queue->database = database;
    queue->latch = MyLatch;
  }
  SpinLockRelease(&ring->lock);
  if (entered) worker_database = database;
  return entered;
}

int take(FailureMark* marks, int limit) {
  if (detached.empty()) {
    SpinLockAcquire(&ring->lock);
    Queue* queue = find_queue(worker_database);
    if (queue != nullptr) {
      detached = queue->marks;
      queue->marks = {};
    }
    SpinLockRelease(&ring->lock);
  }
  int taken = 0;
  Chain done;
  while (taken < limit && !detached.empty()) {
    int32_t slot = detached.first;
    detached.first = slot == detached.last ? kNone : ring->slots[slot].next;
    marks[taken++] = ring->slots[slot].mark;
    append(&done, {slot, slot});
  }
  give_free(done);
  return taken;
}

bool has_marks() {
  if (!detached.empty()) return true;
  SpinLockAcquire(&ring->lock);
  Queue* queue = find_queue(worker_database);
  bool has = queue != nullptr && !queue->marks.empty();
  SpinLockRelease(&ring->lock);
  return has;
}

bool leave_if_idle() {
  bool closed;
  (void)close_queue(true, &closed);
  if (closed) worker_database = InvalidOid;
  return closed;
}

int leave(const FailureMark* marks, int count) {
  if (!OidIsValid(worker_database)) return 0;
  bool closed;
  Chain waiting = detached;
  append(&waiting, close_queue(false, &closed));
  detached = {};
  int waits = 0;
  for (int32_t slot = waiting.first; slot != kNone; slot = ring->slots[slot].next) waits++;
  for (int i = 0; i < count; i++) {
    int32_t slot = take_free();
    if (slot == kNone) {
      give_up(marks[i], "There is no room for more marks.");
      continue;
    }
    ring->slots[slot].mark = marks[i];
    append(&waiting, {slot, slot});
    waits++;
  }
  Oid database = worker_database;
  worker_database = InvalidOid;
  if (waits == 0) return 0;
  Latch* latch;
  bool ask;
  Chain forsaken;
  if (!enqueue(database, waiting, &latch, &ask, &forsaken)) {
    give_up_all(waiting, "There is no room for more marks.");
    return 0;
  }
  give_up_all(forsaken, "No worker could be started in its database.");
  if (latch != nullptr) SetLatch(latch);
  if (ask && !start_worker(database)) forget_asking(database);
  return waits;
}

void leave_for_good(const char* why) {
  if (!OidIsValid(worker_database)) return;
  bool closed;
  give_up_all(close_queue(false, &closed), why);
  worker_database = InvalidOid;
}

}  // namespace s2t::failures::ring
