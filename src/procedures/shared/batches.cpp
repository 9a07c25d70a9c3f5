#include "procedures/shared/batches.h"

#include "pg/error.h"
#include "pg/session.h"

namespace s2t::procedures {

namespace {

// Removes one batch. Returns how many rows.
int64_t purge_batch(FunctionCallInfo fcinfo, const char* query, const char* batch) {
  Oid types[] = {INTERVALOID, INT4OID};
  Datum values[] = {fcinfo->args[0].value, fcinfo->args[1].value};
  char nulls[] = {fcinfo->args[0].isnull ? 'n' : ' ', fcinfo->args[1].isnull ? 'n' : ' '};
  if (SPI_execute_with_args(query, 2, types, values, nulls, false, 1) != SPI_OK_SELECT)
    elog(ERROR, "%s() cannot be called", batch);
  bool null;
  return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
}

}  // namespace

Datum purge_in_batches(FunctionCallInfo fcinfo, const char* name, const char* batch) {
  static TupleDesc row_type = nullptr;
  constexpr pg::ResultColumn kColumns[] = {{"deleted", INT8OID}};

  if (pg::Arguments(fcinfo).atomic()) pg::raise_cannot_commit(name, batch);
  SPI_connect_ext(SPI_OPT_NONATOMIC);
  const char* schema = get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid));
  const char* query = psprintf("SELECT %s.%s($1, $2)::bigint", quote_identifier(schema), batch);
  int64_t deleted = 0;
  for (;;) {
    int64_t removed = purge_batch(fcinfo, query, batch);
    deleted += removed;
    pg::commit_and_go_on();
    if (removed == 0) break;
  }
  pg::wait_for_commits();
  SPI_finish();

  Datum values[] = {Int64GetDatum(deleted)};
  bool nulls[] = {false};
  return pg::make_row(&row_type, kColumns, values, nulls);
}

}  // namespace s2t::procedures
