#include "pg/fence.h"

#include "pg/compat.h"
#include "pg/error.h"
#include "pg/table.h"

namespace s2t::pg::fence {

namespace {

// How long a writer waits for a slot that is read-only where lock_timeout sets no bound.
constexpr int kPatienceMs = 10 * 1000;
constexpr long kPauseMs = 10;

enum class State : uint8_t {
  kUnknown,  // not looked up since the last invalidation
  kServed,
  kReadOnly,
  kGone,     // to `shard`
  kMissing,  // the table does not have the slot
};

struct Known {
  State state = State::kUnknown;
  int32_t shard = 0;
};

// What the table says, as of its last invalidation.
struct Cache {
  Known slots[core::kSlots];
  bool empty = true;
  Oid schema = InvalidOid;
  Oid relation = InvalidOid;
};

constinit Cache cache;

void forget_all() {
  if (cache.empty) return;
  for (Known& slot : cache.slots) slot = {};
  cache.empty = true;
}

void forget_relation(Datum /*argument*/, Oid relation) {
  if (!OidIsValid(relation) || relation == cache.relation) forget_all();
}

[[noreturn]] void raise_elsewhere(int slot, const Known& known) {
  if (known.state == State::kGone) {
    ereport(ERROR, (errcode(MAKE_SQLSTATE('S', '2', 'M', '0', '1')),
                    errmsg("slot %d is on shard %d", slot, known.shard)));
  }
  ereport(ERROR,
          (errcode(MAKE_SQLSTATE('S', '2', 'M', '0', '2')), errmsg("slot is not on this server"),
           errdetail("The table \"slots\" has no row for slot %d.", slot),
           errhint("A server that is a shard (setting s2t.sharded) writes to the slots that its "
                   "table names only.")));
  pg_unreachable();
}

ItemPointerData find(Table* slots, int slot, Snapshot snapshot, Known* known) {
  namespace s = pg::slots;
  ScanKeyData key = scan_key(1, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(slot));
  Scan scan = Scan::begin(slots, s::by_slot, &key, 1, snapshot);
  Row row;
  *known = {State::kMissing, 0};
  ItemPointerData tid;
  ItemPointerSetInvalid(&tid);
  if (scan.next(&row)) {
    std::string_view state = row.as_text(s::state);
    if (state == "rw") known->state = State::kServed;
    if (state == "ro") known->state = State::kReadOnly;
    if (state == "gone") *known = {State::kGone, row.as_int32(s::shard)};
    tid = row.tid();
  }
  scan.end();
  return tid;
}

// The state as of the last commit that changed it. `fresh` tells whether it was looked up just now.
Known look_up(Session* session, int slot, bool* fresh) {
  static bool registered = false;
  if (!registered) {
    CacheRegisterRelcacheCallback(forget_relation, static_cast<Datum>(0));
    registered = true;
  }
  if (cache.schema != session->schema()) forget_all();
  *fresh = cache.slots[slot].state == State::kUnknown;
  if (!*fresh) return cache.slots[slot];

  Table slots = Table::open(session, pg::slots::kTable, kRead);
  cache.schema = session->schema();
  cache.relation = RelationGetRelid(slots.relation());
  Known known;
  // A parallel worker, which only reads, has its leader's snapshots and no others.
  if (IsInParallelMode()) {
    (void)find(&slots, slot, session->snapshot(), &known);
    return known;
  }
  uint64 seen = SharedInvalidMessageCounter;
  Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
  (void)find(&slots, slot, latest, &known);
  UnregisterSnapshot(latest);
  // Nothing that came meanwhile is lost.
  if (seen == SharedInvalidMessageCounter) {
    cache.slots[slot] = known;
    cache.empty = false;
  }
  return known;
}

// Where the snapshot is the transaction's, it must see the state in force: else it may not see rows
// that came with the slot.
void require_seen(Session* session, int slot) {
  Table slots = Table::open(session, pg::slots::kTable, kRead);
  Known known;
  ItemPointerData seen = find(&slots, slot, session->snapshot(), &known);
  Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
  ItemPointerData now = find(&slots, slot, latest, &known);
  UnregisterSnapshot(latest);
  if (!ItemPointerIsValid(&seen) || !ItemPointerIsValid(&now) || !ItemPointerEquals(&seen, &now))
    raise_serialization_failure();
}

LOCKTAG tag_of(int slot) {
  LOCKTAG tag;
  SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, kLockClass, static_cast<uint32_t>(slot), 2);
  return tag;
}

// Whether the lock was had, and if so, whether it was waited for.
bool lock(int slot, bool wait, bool* waited) {
  LOCKTAG tag = tag_of(slot);
  if (LockAcquire(&tag, ShareLock, false, true) != LOCKACQUIRE_NOT_AVAIL) return true;
  if (!wait) return false;
  *waited = true;
  (void)LockAcquire(&tag, ShareLock, false, false);
  return true;
}

void unlock(int slot) {
  LOCKTAG tag = tag_of(slot);
  (void)LockRelease(&tag, ShareLock, false);
}

// A little while, within the time that a writer waits from `begin` on.
void pause(int slot, TimestampTz begin) {
  int patience = LockTimeout > 0 ? LockTimeout : kPatienceMs;
  if (TimestampDifferenceExceeds(begin, GetCurrentTimestamp(), patience)) {
    ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE), errmsg("slot is read-only"),
                    errdetail("Slot %d is being moved to another shard.", slot),
                    errhint("Repeat the call.")));
  }
  (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, kPauseMs,
                  PG_WAIT_EXTENSION);
  ResetLatch(MyLatch);
  CHECK_FOR_INTERRUPTS();
}

}  // namespace

bool hold(Session* session, int slot, bool wait) {
  if (session->holds_slot(slot)) return true;
  TimestampTz begin = 0;
  bool moved = false;  // the snapshot may be older than the state
  for (;;) {
    if (!lock(slot, wait, &moved)) return false;
    // Whoever changed the state told so before giving the lock back.
    AcceptInvalidationMessages();
    bool fresh;
    Known known = look_up(session, slot, &fresh);
    moved |= fresh;
    if (known.state == State::kServed) break;
    unlock(slot);
    if (!wait) return false;
    if (known.state != State::kReadOnly) raise_elsewhere(slot, known);
    if (begin == 0) begin = GetCurrentTimestamp();
    moved = true;
    pause(slot, begin);
  }
  if (IsolationUsesXactSnapshot()) {
    require_seen(session, slot);
  } else if (moved) {
    session->refresh_snapshot();
  }
  session->keep_slot(slot);
  return true;
}

void require_readable(Session* session, int slot) {
  bool fresh;
  Known known = look_up(session, slot, &fresh);
  if (known.state == State::kGone || known.state == State::kMissing) raise_elsewhere(slot, known);
}

bool is_elsewhere(Session* session, int slot) {
  AcceptInvalidationMessages();
  bool fresh;
  return look_up(session, slot, &fresh).state == State::kGone;
}

void take(int slot) {
  LOCKTAG tag = tag_of(slot);
  (void)LockAcquire(&tag, ExclusiveLock, false, false);
}

void tell(Relation relation) { CacheInvalidateRelcache(relation); }

}  // namespace s2t::pg::fence
