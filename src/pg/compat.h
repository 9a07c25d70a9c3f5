// Where PostgreSQL 14 to 18 differ. The rest of src/pg is written against these names alone.
#pragma once

#include "pg/server.h"

#if PG_VERSION_NUM >= 170000
extern "C" {
#include "storage/dsm_registry.h"
}
#endif

#if PG_VERSION_NUM < 140000 || PG_VERSION_NUM >= 190000
#error "s2t supports PostgreSQL 14 to 18"
#endif

namespace s2t::pg::compat {

// Memory for a setting's extra data, which the server frees; nullptr when there is none.
inline void* guc_alloc(size_t size) {
#if PG_VERSION_NUM >= 160000
  return guc_malloc(LOG, size);
#else
  return malloc(size);
#endif
}

// Whether shared memory is asked for in a hook; before PostgreSQL 15, while the library is loaded.
inline constexpr bool kHasRequestHook = PG_VERSION_NUM >= 150000;

// Calls `request`, after whatever was there, when the server asks how much shared memory its
// libraries need. Called once.
inline void on_shmem_request(void (*request)()) {
#if PG_VERSION_NUM >= 150000
  static shmem_request_hook_type next = nullptr;
  static void (*ours)() = nullptr;
  next = shmem_request_hook;
  ours = request;
  shmem_request_hook = [] {
    if (next != nullptr) next();
    ours();
  };
#else
  (void)request;
#endif
}

// Whether there is a registry of dynamic shared memory.
inline constexpr bool kHasNamedSegments = PG_VERSION_NUM >= 170000;

// The segment of this name, mapped for the life of the backend; `init` is called for a new one.
inline void* named_segment(const char* name, size_t bytes, void (*init)(void*)) {
#if PG_VERSION_NUM >= 170000
  bool found;
  return GetNamedDSMSegment(name, bytes, init, &found);
#else
  (void)name;
  (void)bytes;
  (void)init;
  return nullptr;
#endif
}

// A time or a difference of times in nanoseconds.
inline int64_t nanoseconds(const instr_time& time) {
#if PG_VERSION_NUM >= 160000
  return INSTR_TIME_GET_NANOSEC(time);
#elif defined(WIN32)
  return static_cast<int64_t>(INSTR_TIME_GET_DOUBLE(time) * 1e9);
#else
  return time.tv_sec * INT64CONST(1000000000) + time.tv_nsec;
#endif
}

// Whether `role` may execute a function.
inline bool may_execute(Oid function, Oid role) {
#if PG_VERSION_NUM >= 160000
  return object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE) == ACLCHECK_OK;
#else
  return pg_proc_aclcheck(function, role, ACL_EXECUTE) == ACLCHECK_OK;
#endif
}

// The index of a primary key that is not deferrable; InvalidOid if there is none.
inline Oid primary_key_of(Relation relation) {
#if PG_VERSION_NUM >= 180000
  return RelationGetPrimaryKeyIndex(relation, false);
#else
  return RelationGetPrimaryKeyIndex(relation);
#endif
}

using TreeWalker = bool (*)(Node* node, void* context);

// expression_tree_walker(), whose declaration before PostgreSQL 16 is an unprototyped function
// pointer.
inline bool walk_expression(Node* node, TreeWalker walker, void* context) {
#if PG_VERSION_NUM >= 160000
  return expression_tree_walker(node, walker, context);
#else
  return expression_tree_walker(node, __builtin_bit_cast(bool (*)(), walker), context);
#endif
}

inline IndexScanDesc begin_index_scan(Relation heap, Relation index, Snapshot snapshot, int keys) {
#if PG_VERSION_NUM >= 180000
  return index_beginscan(heap, index, snapshot, nullptr, keys, 0);
#else
  return index_beginscan(heap, index, snapshot, keys, 0);
#endif
}

inline void init_epq(EPQState* epq, EState* estate) {
#if PG_VERSION_NUM >= 160000
  EvalPlanQualInit(epq, estate, nullptr, NIL, -1, NIL);
#else
  EvalPlanQualInit(epq, estate, nullptr, NIL, -1);
#endif
}

inline List* insert_index_tuples(ResultRelInfo* rri, TupleTableSlot* slot, EState* estate,
                                 bool update, bool only_summarizing) {
#if PG_VERSION_NUM >= 160000
  return ExecInsertIndexTuples(rri, slot, estate, update, false, nullptr, NIL, only_summarizing);
#else
  (void)only_summarizing;
  return ExecInsertIndexTuples(rri, slot, estate, update, false, nullptr, NIL);
#endif
}

// Whether reading a row means computing columns that are not stored.
inline bool has_virtual_columns(TupleDesc descriptor) {
#if PG_VERSION_NUM >= 180000
  return descriptor->constr != nullptr && descriptor->constr->has_generated_virtual;
#else
  (void)descriptor;
  return false;
#endif
}

inline bool is_enforced(const ConstrCheck& check) {
#if PG_VERSION_NUM >= 180000
  return check.ccenforced;
#else
  (void)check;
  return true;
#endif
}

// Gives `rri` the CHECK constraints of its relation ready to run; nullptr leaves it to the server.
inline void set_checks(ResultRelInfo* rri, ExprState** checks) {
#if PG_VERSION_NUM >= 180000
  rri->ri_CheckConstraintExprs = checks;
#else
  rri->ri_ConstraintExprs = checks;
#endif
}

// Adds `rte` to the range table of `estate` and returns its index.
inline Index add_range_table_entry(EState* estate, RangeTblEntry* rte) {
#if PG_VERSION_NUM >= 160000
  addRTEPermissionInfo(&estate->es_rteperminfos, rte);
#endif
  estate->es_range_table = lappend(estate->es_range_table, rte);
  return ++estate->es_range_table_size;
}

// The set of columns an UPDATE of the relation behind `rte` assigns to, as triggers and generated
// columns ask for it.
inline Bitmapset** updated_columns(EState* estate, RangeTblEntry* rte) {
#if PG_VERSION_NUM >= 160000
  return &getRTEPermissionInfo(estate->es_rteperminfos, rte)->updatedCols;
#else
  (void)estate;
  return &rte->updatedCols;
#endif
}

inline bool before_row_update(EState* estate, EPQState* epq, ResultRelInfo* rri, ItemPointer tid,
                              TupleTableSlot* slot) {
#if PG_VERSION_NUM >= 180000
  return ExecBRUpdateTriggers(estate, epq, rri, tid, nullptr, slot, nullptr, nullptr, false);
#elif PG_VERSION_NUM >= 160000
  return ExecBRUpdateTriggers(estate, epq, rri, tid, nullptr, slot, nullptr, nullptr);
#elif PG_VERSION_NUM >= 150000
  return ExecBRUpdateTriggers(estate, epq, rri, tid, nullptr, slot, nullptr);
#else
  return ExecBRUpdateTriggers(estate, epq, rri, tid, nullptr, slot);
#endif
}

inline void after_row_update(EState* estate, ResultRelInfo* rri, ItemPointer tid,
                             TupleTableSlot* slot, List* recheck, TransitionCaptureState* capture) {
#if PG_VERSION_NUM >= 150000
  ExecARUpdateTriggers(estate, rri, nullptr, nullptr, tid, nullptr, slot, recheck, capture, false);
#else
  ExecARUpdateTriggers(estate, rri, tid, nullptr, slot, recheck, capture);
#endif
}

inline bool before_row_delete(EState* estate, EPQState* epq, ResultRelInfo* rri, ItemPointer tid) {
#if PG_VERSION_NUM >= 180000
  return ExecBRDeleteTriggers(estate, epq, rri, tid, nullptr, nullptr, nullptr, nullptr, false);
#elif PG_VERSION_NUM >= 160000
  return ExecBRDeleteTriggers(estate, epq, rri, tid, nullptr, nullptr, nullptr, nullptr);
#else
  return ExecBRDeleteTriggers(estate, epq, rri, tid, nullptr, nullptr);
#endif
}

inline void after_row_delete(EState* estate, ResultRelInfo* rri, ItemPointer tid,
                             TransitionCaptureState* capture) {
#if PG_VERSION_NUM >= 150000
  ExecARDeleteTriggers(estate, rri, tid, nullptr, capture, false);
#else
  ExecARDeleteTriggers(estate, rri, tid, nullptr, capture);
#endif
}

// Which indexes a table_tuple_update() leaves to be filled.
struct IndexUpdate {
  bool needed;
  bool only_summarizing;
};

inline TM_Result update_tuple(Relation relation, ItemPointer tid, TupleTableSlot* slot,
                              CommandId cid, Snapshot snapshot, TM_FailureData* failure,
                              IndexUpdate* indexes) {
  LockTupleMode mode;
#if PG_VERSION_NUM >= 160000
  TU_UpdateIndexes update = TU_None;
  TM_Result result = table_tuple_update(relation, tid, slot, cid, snapshot, InvalidSnapshot, true,
                                        failure, &mode, &update);
  *indexes = {update != TU_None, update == TU_Summarizing};
#else
  bool update = false;
  TM_Result result = table_tuple_update(relation, tid, slot, cid, snapshot, InvalidSnapshot, true,
                                        failure, &mode, &update);
  *indexes = {update, false};
#endif
  return result;
}

// Prepares a set-returning function to fill the tuple store of its result at once.
inline void begin_materialized(FunctionCallInfo fcinfo) {
#if PG_VERSION_NUM >= 150000
  InitMaterializedSRF(fcinfo, 0);
#else
  auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  if (result == nullptr || !IsA(result, ReturnSetInfo) ||
      (result->allowedModes & SFRM_Materialize) == 0)
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("set-valued function called in context that cannot accept a set")));
  MemoryContext caller = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
  TupleDesc descriptor;
  if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE)
    elog(ERROR, "return type must be a row type");
  result->returnMode = SFRM_Materialize;
  result->setResult =
      tuplestore_begin_heap((result->allowedModes & SFRM_Materialize_Random) != 0, false, work_mem);
  result->setDesc = descriptor;
  MemoryContextSwitchTo(caller);
#endif
}

}  // namespace s2t::pg::compat
