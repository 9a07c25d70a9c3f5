#include "pg/session.h"

#include "pg/error.h"

namespace s2t::pg {

namespace {

// Whether `snapshot` is older than the file that the relation's rows are in now, or than its end.
bool was_rewritten_since(Oid relation, Snapshot snapshot) {
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
  if (!HeapTupleIsValid(tuple)) return true;
  Oid file = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relfilenode;
  bool changed = XidInMVCCSnapshot(HeapTupleHeaderGetXmin(tuple->t_data), snapshot);
  ReleaseSysCache(tuple);
  if (!changed) return false;

  // Something was changed: what the snapshot sees tells whether it was the file.
  Relation classes = table_open(RelationRelationId, AccessShareLock);
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_class_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
  SysScanDesc scan = systable_beginscan(classes, ClassOidIndexId, true, snapshot, 1, &key);
  tuple = systable_getnext(scan);
  bool rewritten = !HeapTupleIsValid(tuple) ||
                   reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relfilenode != file;
  systable_endscan(scan);
  table_close(classes, AccessShareLock);
  return rewritten;
}

}  // namespace

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

Oid Session::owner_of(FunctionCallInfo fcinfo) {
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(fcinfo->flinfo->fn_oid));
  if (!HeapTupleIsValid(tuple))
    elog(ERROR, "cache lookup failed for function %u", fcinfo->flinfo->fn_oid);
  Oid owner = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple))->proowner;
  ReleaseSysCache(tuple);
  return owner;
}

Session Session::open(Oid schema, Oid owner, const char* name, Mode mode) {
  Session session;
  session.mode_ = mode;
  session.schema_ = schema;
  session.owner_ = owner;
  session.name_ = name;
  if (mode == Mode::kWrite) {
    PreventCommandIfReadOnly(name);
    PreventCommandIfParallelMode(name);
    CommandCounterIncrement();
    session.push_snapshot();
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
  if (own_snapshot_) PopActiveSnapshot();
  if (guc_level_ != 0) AtEOXact_GUC(false, guc_level_);
}

void Session::keep(Relation relation) {
  if (relation_count_ == relation_room_) {
    constexpr int kFirstRoom = 16;
    relation_room_ = Max(relation_room_ * 2, kFirstRoom);
    auto* more = static_cast<Relation*>(
        MemoryContextAlloc(estate_->es_query_cxt, sizeof(Relation) * relation_room_));
    for (int i = 0; i < relation_count_; i++) more[i] = relations_[i];
    relations_ = more;
  }
  relations_[relation_count_++] = relation;
  require_seen(relation);
}

void Session::push_snapshot() {
  invalidations_ = SharedInvalidMessageCounter;
  PushActiveSnapshot(GetTransactionSnapshot());
  own_snapshot_ = true;
}

void Session::refresh_snapshot() {
  if (IsolationUsesXactSnapshot()) return;
  if (own_snapshot_) PopActiveSnapshot();
  push_snapshot();
  estate_->es_snapshot = GetActiveSnapshot();
}

void Session::require_seen(Relation relation) {
  if (own_snapshot_ && !IsolationUsesXactSnapshot()) {
    // A rewrite is told to everybody before its lock is given back.
    if (invalidations_ != SharedInvalidMessageCounter) refresh_snapshot();
    return;
  }
  if (!was_rewritten_since(RelationGetRelid(relation), snapshot())) return;
  if (IsolationUsesXactSnapshot() || IsInParallelMode()) raise_serialization_failure();
  refresh_snapshot();
}

void require_seen(Oid schema, const char* table) {
  Oid relation = get_relname_relid(table, schema);
  if (!OidIsValid(relation)) return;
  LockRelationOid(relation, AccessShareLock);
  if (was_rewritten_since(relation, GetActiveSnapshot())) raise_serialization_failure();
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
  (void)set_config_option("synchronous_commit", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL,
                          true, 0, false);
  SPI_commit();
  SPI_start_transaction();
}

void wait_for_commits() {
  if (synchronous_commit <= SYNCHRONOUS_COMMIT_OFF || XLogRecPtrIsInvalid(XactLastCommitEnd))
    return;
  XLogFlush(XactLastCommitEnd);
  // As every commit does: who cancels gets a WARNING, since what was committed is.
  // HOLD_INTERRUPTS(), whose ++ of a volatile C++20 has deprecated.
  InterruptHoldoffCount = InterruptHoldoffCount + 1;
  SyncRepWaitForLSN(XactLastCommitEnd, true);
  InterruptHoldoffCount = InterruptHoldoffCount - 1;
}

}  // namespace s2t::pg
