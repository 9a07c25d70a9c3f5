// Working with the rights of another role for a while.
#pragma once

#include "pg/server.h"

namespace s2t::pg {

// Taken and given back in pairs, as fmgr does around a SECURITY DEFINER function; an error gives it
// back with the transaction or subtransaction that it was taken in. Restrictions of the server's
// (SECURITY_RESTRICTED_OPERATION) may come with it.
class Identity {
 public:
  void take(Oid role, int restrictions = 0) {
    GetUserIdAndSecContext(&role_, &context_);
    SetUserIdAndSecContext(role, context_ | SECURITY_LOCAL_USERID_CHANGE | restrictions);
  }
  void give_back() const { SetUserIdAndSecContext(role_, context_); }

 private:
  Oid role_ = InvalidOid;
  int context_ = 0;
};

}  // namespace s2t::pg
