#include "pg/catalog.h"

#include "pg/compat.h"

namespace s2t::pg {

namespace {

struct CachedMap {
  TableMap* map = nullptr;
  Oid relation = InvalidOid;  // of the map, or of the one being built
  bool valid = false;         // no invalidation has come since the map was begun
};

CachedMap cache[static_cast<int>(TableId::kCount)];
Oid cache_schema = InvalidOid;

void forget_relation(Datum /*argument*/, Oid relation) {
  for (CachedMap& entry : cache)
    if (!OidIsValid(relation) || entry.relation == relation) entry.valid = false;
}

constexpr const TableSpec* kSpecs[] = {
    &plans::kTable,      &users::kTable,    &user_profiles::kTable, &user_subscriptions::kTable,
    &recordings::kTable, &segments::kTable, &usage_cycles::kTable,  &audit_log::kTable,
};
static_assert(lengthof(kSpecs) == static_cast<int>(TableId::kCount));

void hint_at_install(Oid schema) {
  errhint("Call %s.s2t_install() to bring the tables up to date.",
          quote_identifier(get_namespace_name(schema)));
}

bool is_usable(Oid found, Oid wanted) {
  return found == wanted || (wanted == TEXTOID && found == VARCHAROID);
}

AttrNumber find_attribute(Relation relation, Oid schema, const ColumnSpec& column) {
  AttrNumber number = get_attnum(RelationGetRelid(relation), column.name);
  if (number == InvalidAttrNumber) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                    errmsg("column \"%s\" of table \"%s\" does not exist", column.name,
                           RelationGetRelationName(relation)),
                    (hint_at_install(schema), 0)));
  }
  Oid type = TupleDescAttr(RelationGetDescr(relation), number - 1)->atttypid;
  if (!is_usable(type, column.type)) {
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                    errmsg("column \"%s\" of table \"%s\" has type %s", column.name,
                           RelationGetRelationName(relation), format_type_be(type)),
                    errdetail("The type %s is expected.", format_type_be(column.type)),
                    (hint_at_install(schema), 0)));
  }
  return number;
}

// A whole, valid B-tree that leads with the column; unique on it alone where asked for.
bool serves(Relation index, AttrNumber column, bool unique_column) {
  Form_pg_index form = index->rd_index;
  return index->rd_rel->relam == BTREE_AM_OID && form->indisvalid &&
         form->indkey.values[0] == column &&
         heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, nullptr) &&
         (!unique_column || (form->indisunique && form->indimmediate && form->indnkeyatts == 1));
}

Oid find_index(Relation relation, Oid schema, const IndexSpec& spec, AttrNumber column) {
  Oid found = InvalidOid;
  if (spec.name != nullptr) {
    Oid named = get_relname_relid(spec.name, schema);
    if (OidIsValid(named) && get_rel_relkind(named) == RELKIND_INDEX &&
        IndexGetRelation(named, true) == RelationGetRelid(relation))
      found = named;
  } else {
    List* indexes = RelationGetIndexList(relation);
    ListCell* cell;
    foreach (cell, indexes) {
      Relation index = index_open(lfirst_oid(cell), AccessShareLock);
      if (serves(index, column, spec.unique_column)) found = RelationGetRelid(index);
      index_close(index, AccessShareLock);
      if (OidIsValid(found)) break;
    }
    list_free(indexes);
  }
  if (!OidIsValid(found)) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                    errmsg("table \"%s\" has no %sindex on column \"%s\"",
                           RelationGetRelationName(relation), spec.unique_column ? "unique " : "",
                           get_attname(RelationGetRelid(relation), column, false)),
                    spec.name != nullptr ? errdetail("The index \"%s\" is missing.", spec.name) : 0,
                    (hint_at_install(schema), 0)));
  }
  return found;
}

bool is_user_function(Oid function, void* /*context*/) { return function >= FirstNormalObjectId; }

bool calls_user_code(Node* node, void* context) {
  if (node == nullptr) return false;
  if (IsA(node, CoerceToDomain) || check_functions_in_node(node, is_user_function, context))
    return true;
  return compat::walk_expression(node, calls_user_code, context);
}

// Whether storing a row may run functions that are not the server's own (triggers apart).
bool has_foreign_code(Relation relation) {
  TupleConstr* constraints = RelationGetDescr(relation)->constr;
  if (constraints != nullptr) {
    for (int i = 0; i < constraints->num_check; i++) {
      if (calls_user_code(static_cast<Node*>(stringToNode(constraints->check[i].ccbin)), nullptr))
        return true;
    }
    for (int i = 0; i < constraints->num_defval; i++) {
      if (calls_user_code(static_cast<Node*>(stringToNode(constraints->defval[i].adbin)), nullptr))
        return true;
    }
  }
  bool found = false;
  List* indexes = RelationGetIndexList(relation);
  ListCell* cell;
  foreach (cell, indexes) {
    Relation index = index_open(lfirst_oid(cell), AccessShareLock);
    found = found ||
            calls_user_code(reinterpret_cast<Node*>(RelationGetIndexExpressions(index)), nullptr) ||
            calls_user_code(reinterpret_cast<Node*>(RelationGetIndexPredicate(index)), nullptr);
    index_close(index, AccessShareLock);
  }
  list_free(indexes);
  return found;
}

void find_defaults(Relation relation, TableMap* map) {
  TupleDesc descriptor = RelationGetDescr(relation);
  for (int i = 0; i < descriptor->natts; i++) {
    Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
    if (attribute->attisdropped || attribute->attgenerated != '\0') continue;
    if (build_column_default(relation, i + 1) != nullptr)
      map->defaults = bms_add_member(map->defaults, i + 1);
  }
}

// Parsing and planning the expressions of a table costs more than storing a row.
void prepare_expressions(Relation relation, TableMap* map) {
  TupleDesc descriptor = RelationGetDescr(relation);
  if (map->foreign_code || compat::has_virtual_columns(descriptor)) return;
  EState* estate = CreateExecutorState();
  TupleConstr* constraints = descriptor->constr;
  if (constraints != nullptr && constraints->num_check > 0) {
    map->checks = static_cast<ExprState**>(palloc0(sizeof(ExprState*) * constraints->num_check));
    for (int i = 0; i < constraints->num_check; i++) {
      if (compat::is_enforced(constraints->check[i])) {
        map->checks[i] =
            ExecPrepareExpr(static_cast<Expr*>(stringToNode(constraints->check[i].ccbin)), estate);
      }
    }
  }
  if (map->defaults == nullptr) return;
  map->default_states = static_cast<ExprState**>(palloc0(sizeof(ExprState*) * descriptor->natts));
  int number = -1;
  while ((number = bms_next_member(map->defaults, number)) >= 0) {
    map->default_states[number - 1] =
        ExecPrepareExpr(reinterpret_cast<Expr*>(build_column_default(relation, number)), estate);
  }
}

// The expressions and predicates of the indexes, likewise.
void prepare_indexes(Relation relation, TableMap* map) {
  if (map->foreign_code) return;
  EState* estate = CreateExecutorState();
  List* indexes = RelationGetIndexList(relation);
  map->open_indexes = static_cast<Oid*>(palloc(sizeof(Oid) * list_length(indexes)));
  map->index_infos = static_cast<IndexInfo**>(palloc(sizeof(IndexInfo*) * list_length(indexes)));
  ListCell* cell;
  foreach (cell, indexes) {
    Relation index = index_open(lfirst_oid(cell), AccessShareLock);
    IndexInfo* info = BuildIndexInfo(index);
    info->ii_ExpressionsState = ExecPrepareExprList(info->ii_Expressions, estate);
    info->ii_PredicateState = ExecPrepareQual(info->ii_Predicate, estate);
    map->open_indexes[map->open_index_count] = RelationGetRelid(index);
    map->index_infos[map->open_index_count++] = info;
    index_close(index, AccessShareLock);
  }
  list_free(indexes);
}

// Whether the foreign key `constraint` leads from one column of `child` to the column `id` of one
// of the tables.
bool is_simple_foreign_key(Relation child, Oid constraint, Oid parent) {
  AttrNumber id = get_attnum(parent, "id");
  // The list is the relation cache's own: nothing is looked up while it is read.
  ListCell* cell;
  foreach (cell, RelationGetFKeyList(child)) {
    auto* key = static_cast<ForeignKeyCacheInfo*>(lfirst(cell));
    if (key->conoid == constraint)
      return key->confrelid == parent && key->nkeys == 1 && key->confkey[0] == id;
  }
  return false;
}

bool is_counting_function(Oid function, Oid schema) {
  if (get_func_namespace(function) != schema) return false;
  const char* name = get_func_name(function);
  return strcmp(name, "s2t_count_recordings") == 0 || strcmp(name, "s2t_count_segments") == 0 ||
         strcmp(name, "s2t_count_subscription") == 0;
}

TableId table_of(Oid relation, Oid schema) {
  for (const TableSpec* spec : kSpecs)
    if (get_relname_relid(spec->name, schema) == relation) return spec->id;
  return TableId::kCount;
}

void find_known_triggers(Relation relation, Oid schema, TableMap* map) {
  using Kind = TableMap::KnownTrigger::Kind;
  map->known_count = 0;
  // The relation cache replaces its own copy when an invalidation comes, ANALYZE's for instance.
  TriggerDesc* triggers = CopyTriggerDesc(relation->trigdesc);
  for (int i = 0; triggers != nullptr && i < triggers->numtriggers; i++) {
    if (map->known_count == TableMap::kMaxTriggers) return;
    const Trigger& trigger = triggers->triggers[i];
    TableMap::KnownTrigger* known = &map->known[map->known_count];
    if (is_counting_function(trigger.tgfoid, schema)) {
      *known = {trigger.tgoid, Kind::kCounting, TableId::kCount};
    } else if (trigger.tgfoid == F_RI_FKEY_CHECK_INS || trigger.tgfoid == F_RI_FKEY_CHECK_UPD) {
      TableId parent = table_of(trigger.tgconstrrelid, schema);
      if (parent == TableId::kCount ||
          !is_simple_foreign_key(relation, trigger.tgconstraint, trigger.tgconstrrelid))
        continue;
      *known = {trigger.tgoid, Kind::kForeignKeyCheck, parent};
    } else if (trigger.tgfoid == F_RI_FKEY_CASCADE_DEL) {
      TableId child = table_of(trigger.tgconstrrelid, schema);
      if (child == TableId::kCount) continue;
      Relation child_relation = table_open(trigger.tgconstrrelid, AccessShareLock);
      bool simple =
          is_simple_foreign_key(child_relation, trigger.tgconstraint, RelationGetRelid(relation));
      table_close(child_relation, AccessShareLock);
      if (!simple) continue;
      *known = {trigger.tgoid, Kind::kCascadingDelete, child};
    } else {
      continue;
    }
    map->known_count++;
  }
}

TableMap* build_map(const TableSpec& spec, Oid schema, Relation relation) {
  if (relation->rd_rel->relkind != RELKIND_RELATION) {
    ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                    errmsg("\"%s\" is not an ordinary table", spec.name)));
  }

  MemoryContext memory =
      AllocSetContextCreate(CurrentMemoryContext, "s2t table map", ALLOCSET_SMALL_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(memory);
  auto* map = static_cast<TableMap*>(palloc0(sizeof(TableMap)));
  map->memory = memory;
  map->relation = RelationGetRelid(relation);
  for (size_t i = 0; i < spec.columns.size(); i++)
    map->attribute[i] = find_attribute(relation, schema, spec.columns[i]);
  for (size_t i = 0; i < spec.indexes.size(); i++) {
    map->index[i] =
        find_index(relation, schema, spec.indexes[i], map->attribute[spec.indexes[i].column]);
  }
  find_defaults(relation, map);
  map->foreign_code = has_foreign_code(relation);
  prepare_expressions(relation, map);
  prepare_indexes(relation, map);
  find_known_triggers(relation, schema, map);
  MemoryContextSwitchTo(caller);
  return map;
}

}  // namespace

Oid relation_of(const TableSpec& spec, Oid schema) {
  Oid relation = get_relname_relid(spec.name, schema);
  if (!OidIsValid(relation)) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
                    errmsg("table \"%s.%s\" does not exist", get_namespace_name(schema), spec.name),
                    (hint_at_install(schema), 0)));
  }
  return relation;
}

const TableMap* map_of(const TableSpec& spec, Oid schema, Relation relation) {
  static bool registered = false;
  if (!registered) {
    CacheRegisterRelcacheCallback(forget_relation, static_cast<Datum>(0));
    registered = true;
  }
  if (cache_schema != schema) {
    forget_relation(static_cast<Datum>(0), InvalidOid);
    cache_schema = schema;
  }
  CachedMap* entry = &cache[static_cast<int>(spec.id)];
  if (entry->map != nullptr && entry->valid && entry->relation == RelationGetRelid(relation))
    return entry->map;

  // A caller further up may still be reading the old one.
  if (entry->map != nullptr) MemoryContextSetParent(entry->map->memory, TopTransactionContext);
  entry->map = nullptr;
  // An invalidation that comes while the map is being built must not be lost.
  entry->relation = RelationGetRelid(relation);
  entry->valid = true;
  TableMap* map = build_map(spec, schema, relation);
  MemoryContextSetParent(map->memory, TopMemoryContext);
  entry->map = map;
  return map;
}

}  // namespace s2t::pg
