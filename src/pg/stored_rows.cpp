#include "pg/stored_rows.h"

namespace s2t::pg::stored_rows {

namespace {

struct Stored {
  FullTransactionId transaction;
  Oid relation;
  pg_uuid_t key;
  ItemPointerData tid;
};

constexpr uint32_t kRows = 64;
Stored stored[kRows];

// The last bytes of an id are random.
Stored* slot_of(const pg_uuid_t& key) { return &stored[key.data[UUID_LEN - 1] % kRows]; }

}  // namespace

void note(Relation relation, const pg_uuid_t& key, const ItemPointerData& tid) {
  *slot_of(key) = {GetTopFullTransactionId(), RelationGetRelid(relation), key, tid};
}

std::optional<ItemPointerData> place_of(Relation relation, const pg_uuid_t& key) {
  const Stored& found = *slot_of(key);
  FullTransactionId now = GetTopFullTransactionIdIfAny();
  if (!FullTransactionIdIsValid(now) || !FullTransactionIdEquals(found.transaction, now) ||
      found.relation != RelationGetRelid(relation) || memcmp(&found.key, &key, UUID_LEN) != 0)
    return std::nullopt;
  // What a subtransaction stored that was rolled back may have been cut off since.
  if (ItemPointerGetBlockNumberNoCheck(&found.tid) >= RelationGetNumberOfBlocks(relation))
    return std::nullopt;
  return found.tid;
}

}  // namespace s2t::pg::stored_rows
