// sp_purge_audit_log: docs/reference.md, "sp_purge_audit_log". The work of a batch is in SQL, with
// the owner's rights.
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/session.h"

namespace s2t::procedures {

namespace {

constexpr const char* kName = "sp_purge_audit_log";

// Removes one batch. Returns how many rows.
int32_t purge_batch(FunctionCallInfo fcinfo) {
  const char* schema = get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid));
  const char* query = psprintf("SELECT %s.s2t_purge_audit_batch($1, $2)", quote_identifier(schema));
  Oid types[] = {INTERVALOID, INT4OID};
  Datum values[] = {fcinfo->args[0].value, fcinfo->args[1].value};
  char nulls[] = {fcinfo->args[0].isnull ? 'n' : ' ', fcinfo->args[1].isnull ? 'n' : ' '};
  if (SPI_execute_with_args(query, 2, types, values, nulls, false, 1) != SPI_OK_SELECT)
    elog(ERROR, "s2t_purge_audit_batch() cannot be called");
  bool null;
  return DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_purge_audit_log) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  constexpr s2t::pg::ResultColumn kColumns[] = {{"deleted", INT8OID}};

  if (s2t::pg::Arguments(fcinfo).atomic())
    s2t::pg::raise_cannot_commit(kName, "s2t_purge_audit_batch");
  int32_t batch_size = fcinfo->args[1].isnull ? 0 : DatumGetInt32(fcinfo->args[1].value);
  SPI_connect_ext(SPI_OPT_NONATOMIC);
  int64_t deleted = 0;
  for (;;) {
    int32_t batch = purge_batch(fcinfo);
    deleted += batch;
    s2t::pg::commit_and_go_on();
    if (batch < batch_size) break;
  }
  s2t::pg::wait_for_commits();
  SPI_finish();

  Datum values[] = {Int64GetDatum(deleted)};
  bool nulls[] = {false};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}
