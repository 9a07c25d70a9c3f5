// What a router's routines may do in the transaction of their caller (docs/scale.md, "What differs
// for applications").
#pragma once

namespace s2t::router {

// Notes that `routine`, which writes, is called in this transaction; 25006 where that is read-only,
// 25001 where it is not the first one, unless the setting s2t_router.in_transaction is "allow".
void require_may_write(const char* routine);

}  // namespace s2t::router
