// s2t_router_may_write, s2t_router_caller: the caller's transaction, and who that is.
#include "router/transaction.h"

#include "pg/function.h"
#include "procedures/shared/remote_caller.h"

namespace s2t::router {

namespace {

constexpr const char* kWrote = "s2t_router.wrote";
constexpr const char* kInTransaction = "s2t_router.in_transaction";

// A setting of this name that has none of the library's checks.
bool is_set(const char* name, const char* value) {
  const char* found = GetConfigOption(name, true, false);
  return found != nullptr && strcmp(found, value) == 0;
}

}  // namespace

void require_may_write(const char* routine) {
  if (XactReadOnly) {
    ereport(ERROR, (errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
                    errmsg("cannot execute %s in a read-only transaction", routine)));
  }
  if (is_set(kWrote, "yes") && !is_set(kInTransaction, "allow")) {
    ereport(
        ERROR,
        (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
         errmsg("cannot execute %s as a second writing call in one transaction", routine),
         errdetail("Each call is committed on its server at once: ROLLBACK undoes neither this one "
                   "nor the first."),
         errhint("Commit after each writing call, or set %s to \"allow\".", kInTransaction)));
  }
  (void)set_config_option(kWrote, "yes", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0,
                          false);
}

}  // namespace s2t::router

S2T_FUNCTION(s2t_router_may_write) {
  s2t::router::require_may_write(TextDatumGetCString(PG_GETARG_DATUM(0)));
  PG_RETURN_BOOL(true);
}

S2T_FUNCTION(s2t_router_caller) {
  (void)fcinfo;
  PG_RETURN_DATUM(s2t::procedures::tell_remote(s2t::pg::remote::session_caller()));
}
