// Where the rows lie that the transaction in hand has changed.
//
// No version of a row can be removed before the transaction that replaced it has ended, so that
// whoever changes a row many times in one transaction would find it, by its index, at the end of a
// longer and longer walk over its own versions. The place where the last one was put leads there at
// once. It is a hint: whoever follows it looks whether the row there is the one meant, in a version
// that the snapshot sees.
#pragma once

#include "pg/server.h"

namespace s2t::pg::stored_rows {

// Notes that this transaction has put the row of the key at `tid`.
void note(Relation relation, const pg_uuid_t& key, const ItemPointerData& tid);

// Where this transaction has put it last, if that is known and is a place in the relation still.
[[nodiscard]] std::optional<ItemPointerData> place_of(Relation relation, const pg_uuid_t& key);

}  // namespace s2t::pg::stored_rows
