// A build for testing (make S2T_FLAGS=-DS2T_INVALIDATE): every look into a catalog, and whatever
// may look into one on our behalf, finds the caches of the server emptied and rebuilt first, as if
// an invalidation had arrived at that very moment. What is held across it and belongs to a cache is
// then a pointer to freed memory every time, not once in a thousand. Included by pg/server.h, after
// everything of the server.
#pragma once

namespace s2t::pg {

inline void invalidate_caches() {
  if (IsTransactionState()) InvalidateSystemCaches();
}

}  // namespace s2t::pg

// A macro does not expand itself again.
#define S2T_AFTER_INVALIDATION(call) (s2t::pg::invalidate_caches(), call)

// Names of objects, and what they are.
#define SearchSysCache1(...) S2T_AFTER_INVALIDATION(SearchSysCache1(__VA_ARGS__))
#define get_attname(...) S2T_AFTER_INVALIDATION(get_attname(__VA_ARGS__))
#define get_attnum(...) S2T_AFTER_INVALIDATION(get_attnum(__VA_ARGS__))
#define GetDefaultOpClass(...) S2T_AFTER_INVALIDATION(GetDefaultOpClass(__VA_ARGS__))
#define get_opclass_family(...) S2T_AFTER_INVALIDATION(get_opclass_family(__VA_ARGS__))
#define get_func_name(...) S2T_AFTER_INVALIDATION(get_func_name(__VA_ARGS__))
#define get_func_namespace(...) S2T_AFTER_INVALIDATION(get_func_namespace(__VA_ARGS__))
#define get_namespace_name(...) S2T_AFTER_INVALIDATION(get_namespace_name(__VA_ARGS__))
#define get_rel_name(...) S2T_AFTER_INVALIDATION(get_rel_name(__VA_ARGS__))
#define get_rel_relkind(...) S2T_AFTER_INVALIDATION(get_rel_relkind(__VA_ARGS__))
#define get_relname_relid(...) S2T_AFTER_INVALIDATION(get_relname_relid(__VA_ARGS__))
#define format_type_be(...) S2T_AFTER_INVALIDATION(format_type_be(__VA_ARGS__))
#define GetUserNameFromId(...) S2T_AFTER_INVALIDATION(GetUserNameFromId(__VA_ARGS__))
#define pg_class_aclmask(...) S2T_AFTER_INVALIDATION(pg_class_aclmask(__VA_ARGS__))
#define check_enable_rls(...) S2T_AFTER_INVALIDATION(check_enable_rls(__VA_ARGS__))

// Relations and what belongs to them.
#define table_open(...) S2T_AFTER_INVALIDATION(table_open(__VA_ARGS__))
#define index_open(...) S2T_AFTER_INVALIDATION(index_open(__VA_ARGS__))
#define LockRelationOid(...) S2T_AFTER_INVALIDATION(LockRelationOid(__VA_ARGS__))
#define IndexGetRelation(...) S2T_AFTER_INVALIDATION(IndexGetRelation(__VA_ARGS__))
#define RelationGetFKeyList(...) S2T_AFTER_INVALIDATION(RelationGetFKeyList(__VA_ARGS__))
#define RelationGetIndexList(...) S2T_AFTER_INVALIDATION(RelationGetIndexList(__VA_ARGS__))
#define RelationGetIndexExpressions(...) \
  S2T_AFTER_INVALIDATION(RelationGetIndexExpressions(__VA_ARGS__))
#define RelationGetIndexPredicate(...) \
  S2T_AFTER_INVALIDATION(RelationGetIndexPredicate(__VA_ARGS__))
#define BuildIndexInfo(...) S2T_AFTER_INVALIDATION(BuildIndexInfo(__VA_ARGS__))
#define build_column_default(...) S2T_AFTER_INVALIDATION(build_column_default(__VA_ARGS__))
#define CheckCmdReplicaIdentity(...) S2T_AFTER_INVALIDATION(CheckCmdReplicaIdentity(__VA_ARGS__))

// Expressions and triggers: they call functions, which look up what they like.
#define check_functions_in_node(...) S2T_AFTER_INVALIDATION(check_functions_in_node(__VA_ARGS__))
#define contain_volatile_functions_not_nextval(...) \
  S2T_AFTER_INVALIDATION(contain_volatile_functions_not_nextval(__VA_ARGS__))
#define ExecPrepareExpr(...) S2T_AFTER_INVALIDATION(ExecPrepareExpr(__VA_ARGS__))
#define ExecPrepareExprList(...) S2T_AFTER_INVALIDATION(ExecPrepareExprList(__VA_ARGS__))
#define ExecPrepareQual(...) S2T_AFTER_INVALIDATION(ExecPrepareQual(__VA_ARGS__))
#define ExecEvalExpr(...) S2T_AFTER_INVALIDATION(ExecEvalExpr(__VA_ARGS__))
#define ExecConstraints(...) S2T_AFTER_INVALIDATION(ExecConstraints(__VA_ARGS__))
#define ExecComputeStoredGenerated(...) \
  S2T_AFTER_INVALIDATION(ExecComputeStoredGenerated(__VA_ARGS__))
#define ExecOpenIndices(...) S2T_AFTER_INVALIDATION(ExecOpenIndices(__VA_ARGS__))
#define ExecInsertIndexTuples(...) S2T_AFTER_INVALIDATION(ExecInsertIndexTuples(__VA_ARGS__))
#define ExecBRInsertTriggers(...) S2T_AFTER_INVALIDATION(ExecBRInsertTriggers(__VA_ARGS__))
#define ExecARInsertTriggers(...) S2T_AFTER_INVALIDATION(ExecARInsertTriggers(__VA_ARGS__))
#define ExecBRUpdateTriggers(...) S2T_AFTER_INVALIDATION(ExecBRUpdateTriggers(__VA_ARGS__))
#define ExecARUpdateTriggers(...) S2T_AFTER_INVALIDATION(ExecARUpdateTriggers(__VA_ARGS__))
#define ExecBRDeleteTriggers(...) S2T_AFTER_INVALIDATION(ExecBRDeleteTriggers(__VA_ARGS__))
#define ExecARDeleteTriggers(...) S2T_AFTER_INVALIDATION(ExecARDeleteTriggers(__VA_ARGS__))
#define AfterTriggerEndQuery(...) S2T_AFTER_INVALIDATION(AfterTriggerEndQuery(__VA_ARGS__))
