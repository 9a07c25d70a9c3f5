#include "pg/session.h"

namespace s2t::pg {

Session Session::open(FunctionCallInfo fcinfo, const char* name, Mode mode) {
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(fcinfo->flinfo->fn_oid));
  if (!HeapTupleIsValid(tuple))
    elog(ERROR, "cache lookup failed for function %u", fcinfo->flinfo->fn_oid);
  auto* function = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
  Oid schema = function->pronamespace;
  Oid owner = function->proowner;
  ReleaseSysCache(tuple);
  return open(schema, owner, name, mode);
}

Session Session::open(Oid schema, Oid owner, const char* name, Mode mode) {
  Session session;
  session.mode_ = mode;
  session.schema_ = schema;
  session.owner_ = owner;
  if (mode == Mode::kWrite) {
    PreventCommandIfReadOnly(name);
    PreventCommandIfParallelMode(name);
    CommandCounterIncrement();
    PushActiveSnapshot(GetTransactionSnapshot());
  }
  session.estate_ = CreateExecutorState();
  session.estate_->es_snapshot = GetActiveSnapshot();
  session.caller_context_ = MemoryContextSwitchTo(session.estate_->es_query_cxt);
  return session;
}

void Session::close() {
  MemoryContextSwitchTo(caller_context_);
  ExecResetTupleTable(estate_->es_tupleTable, false);
  ExecCloseResultRelations(estate_);
  for (int i = 0; i < relation_count_; i++) table_close(relations_[i], NoLock);
  FreeExecutorState(estate_);
  if (mode_ == Mode::kWrite) PopActiveSnapshot();
  if (guc_level_ != 0) AtEOXact_GUC(false, guc_level_);
}

void Session::keep(Relation relation) {
  if (relation_count_ == kMaxRelations) elog(ERROR, "too many tables opened in one session");
  relations_[relation_count_++] = relation;
}

void Session::refresh_snapshot() {
  if (IsolationUsesXactSnapshot()) return;
  PopActiveSnapshot();
  PushActiveSnapshot(GetTransactionSnapshot());
  estate_->es_snapshot = GetActiveSnapshot();
}

void Session::advance_command() {
  CommandCounterIncrement();
  UpdateActiveSnapshotCommandId();
}

void Session::fix_search_path() {
  if (guc_level_ != 0) return;
  guc_level_ = NewGUCNestLevel();
  const char* path =
      psprintf("pg_catalog, %s, pg_temp", quote_identifier(get_namespace_name(schema_)));
  (void)set_config_option("search_path", path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
                          false);
}

void commit_and_go_on() {
  SPI_commit();
  SPI_start_transaction();
}

}  // namespace s2t::pg
