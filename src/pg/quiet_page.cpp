#include "pg/quiet_page.h"

namespace s2t::pg {

namespace {

// Whether nothing of the row version is undecided to whoever has a snapshot that begins at `xmin`,
// or to any later one. `newest` moves on.
bool is_decided(HeapTupleHeader tuple, TransactionId xmin, TransactionId* newest) {
  auto is_past = [&](TransactionId xid) {
    if (!TransactionIdPrecedes(xid, xmin)) return false;
    if (!TransactionIdIsValid(*newest) || TransactionIdPrecedes(*newest, xid)) *newest = xid;
    return true;
  };
  uint16 mask = tuple->t_infomask;
  if ((mask & HEAP_MOVED) != 0) return false;
  if (!HeapTupleHeaderXminFrozen(tuple) && !HeapTupleHeaderXminInvalid(tuple) &&
      !(HeapTupleHeaderXminCommitted(tuple) && is_past(HeapTupleHeaderGetRawXmin(tuple))))
    return false;
  if ((mask & HEAP_XMAX_INVALID) != 0) return true;
  return (mask & (HEAP_XMAX_IS_MULTI | HEAP_XMAX_COMMITTED)) == HEAP_XMAX_COMMITTED &&
         !HEAP_XMAX_IS_LOCKED_ONLY(mask) && is_past(HeapTupleHeaderGetRawXmax(tuple));
}

}  // namespace

std::optional<QuietPage> quiet_page_of(Relation relation, Snapshot snapshot) {
  // Under SERIALIZABLE, reading leaves predicate locks behind.
  if (!RelationNeedsWAL(relation) || IsolationIsSerializable() || !IsMVCCSnapshot(snapshot) ||
      RelationGetNumberOfBlocks(relation) != 1)
    return std::nullopt;
  Buffer buffer = ReadBuffer(relation, 0);
  LockBuffer(buffer, BUFFER_LOCK_SHARE);
  Page page = BufferGetPage(buffer);
  QuietPage quiet{PageGetLSN(page), InvalidTransactionId};
  bool decided = !PageIsNew(page);
  for (OffsetNumber i = FirstOffsetNumber; decided && i <= PageGetMaxOffsetNumber(page); i++) {
    ItemId item = PageGetItemId(page, i);
    if (ItemIdIsNormal(item)) {
      decided = is_decided(reinterpret_cast<HeapTupleHeader>(PageGetItem(page, item)),
                           snapshot->xmin, &quiet.newest);
    }
  }
  UnlockReleaseBuffer(buffer);
  if (!decided) return std::nullopt;
  return quiet;
}

bool is_unchanged(Relation relation, const QuietPage& page, Snapshot snapshot) {
  if (IsolationIsSerializable() || !IsMVCCSnapshot(snapshot) ||
      (TransactionIdIsValid(page.newest) && !TransactionIdPrecedes(page.newest, snapshot->xmin)) ||
      RelationGetNumberOfBlocks(relation) != 1)
    return false;
  Buffer buffer = ReadBuffer(relation, 0);
  bool same = BufferGetLSNAtomic(buffer) == page.lsn;
  ReleaseBuffer(buffer);
  return same;
}

}  // namespace s2t::pg
