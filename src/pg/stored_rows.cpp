#include "pg/stored_rows.h"

namespace s2t::pg::stored_rows {

namespace {

struct Stored {
  FullTransactionId transaction;
  Oid relation;
  pg_uuid_t key;
  ItemPointerData tid;
  uint64_t used;  // when it was noted or asked for last, by `uses`
};

// A key may be in any place of one set, so that a few that are changed again and again do not drive
// each other out.
constexpr uint32_t kSets = 32;
constexpr uint32_t kPlaces = 4;
Stored stored[kSets][kPlaces];
uint64_t uses = 0;

// The last bytes of an id are random.
Stored (&set_of(const pg_uuid_t& key))[kPlaces] { return stored[key.data[UUID_LEN - 1] % kSets]; }

Stored* find(FullTransactionId now, Oid relation, const pg_uuid_t& key) {
  for (Stored& one : set_of(key)) {
    if (FullTransactionIdEquals(one.transaction, now) && one.relation == relation &&
        memcmp(&one.key, &key, UUID_LEN) == 0)
      return &one;
  }
  return nullptr;
}

// The one of the set that has not been used for the longest time; those of other transactions are
// older than all of this one.
Stored* oldest_of(const pg_uuid_t& key) {
  Stored* oldest = nullptr;
  for (Stored& one : set_of(key)) {
    if (oldest == nullptr || one.used < oldest->used) oldest = &one;
  }
  return oldest;
}

}  // namespace

void note(Relation relation, const pg_uuid_t& key, const ItemPointerData& tid) {
  FullTransactionId now = GetTopFullTransactionId();
  Oid id = RelationGetRelid(relation);
  Stored* place = find(now, id, key);
  if (place == nullptr) place = oldest_of(key);
  *place = {now, id, key, tid, ++uses};
}

std::optional<ItemPointerData> place_of(Relation relation, const pg_uuid_t& key) {
  FullTransactionId now = GetTopFullTransactionIdIfAny();
  if (!FullTransactionIdIsValid(now)) return std::nullopt;
  Stored* found = find(now, RelationGetRelid(relation), key);
  if (found == nullptr) return std::nullopt;
  found->used = ++uses;
  // What a subtransaction stored that was rolled back may have been cut off since.
  if (ItemPointerGetBlockNumberNoCheck(&found->tid) >= RelationGetNumberOfBlocks(relation))
    return std::nullopt;
  return found->tid;
}

}  // namespace s2t::pg::stored_rows
