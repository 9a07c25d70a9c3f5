// s2t_schema_changed: the event trigger that keeps the routines in step with the name of their
// schema (docs/reference.md, "s2t_follow_rename").
#include "pg/catalog.h"
#include "pg/function.h"
#include "pg/identity.h"
#include "pg/subtransaction.h"

extern "C" {
#include "commands/event_trigger.h"
#include "utils/guc.h"
}

namespace {

using s2t::pg::run_in_subtransaction;

// Whoever renames the schema, be it a superuser, must not lend its rights to what the owner of the
// routines has made of them: as the server does it for its own maintenance of a role's objects.
// What it sets is undone.
void follow_as_owner(Oid routine_owner, const char* schema) {
  s2t::pg::Identity identity;
  identity.take(routine_owner, SECURITY_RESTRICTED_OPERATION);
  int level = NewGUCNestLevel();
  (void)set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
                          GUC_ACTION_SAVE, true, 0, false);
  SPI_connect();
  const char* query = psprintf("SELECT FROM %s.s2t_follow_rename()", schema);
  if (SPI_execute(query, false, 0) != SPI_OK_SELECT)
    elog(ERROR, "s2t_follow_rename() cannot be called");
  SPI_finish();
  AtEOXact_GUC(false, level);
  identity.give_back();
}

}  // namespace

S2T_FUNCTION(s2t_schema_changed) {
  if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
    ereport(ERROR, (errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
                    errmsg("s2t_schema_changed() was not called by an event trigger")));
  Oid schema = get_func_namespace(fcinfo->flinfo->fn_oid);
  Oid routine_owner = s2t::pg::owner_if_renamed(schema);
  if (!OidIsValid(routine_owner)) PG_RETURN_NULL();

  // A rename goes on without what follows it: there is the call for doing it later.
  const char* name = quote_identifier(get_namespace_name(schema));
  ErrorData* error =
      run_in_subtransaction(CurrentMemoryContext, [&] { follow_as_owner(routine_owner, name); });
  if (error == nullptr) {
    ereport(NOTICE, (errmsg("routines of extension s2t follow their schema, which is now %s", name),
                     errhint("If its jobs are scheduled, use CALL %s.sp_schedule_jobs().", name)));
    PG_RETURN_NULL();
  }
  if (error->sqlerrcode == ERRCODE_QUERY_CANCELED) ReThrowError(error);
  ereport(WARNING,
          (errcode(error->sqlerrcode),
           errmsg("routines of extension s2t could not follow their schema, which is now %s", name),
           errdetail_internal("%s", error->message),
           errhint("Use SELECT * FROM %s.s2t_follow_rename() as their owner.", name)));
  PG_RETURN_NULL();
}
