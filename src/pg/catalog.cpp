#include "pg/catalog.h"

#include "pg/compat.h"
#include "pg/schema.h"

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
    &plans::kTable,
    &users::kTable,
    &recordings::kTable,
    &user_profiles::kTable,
    &user_subscriptions::kTable,
    &segments::kTable,
    &segment_revisions::kTable,
    &usage_cycles::kTable,
    &audit_log::kTable,
    &usage_entries::kTable,
    &usage_credits::kTable,
    &event_consumers::kTable,
    &events::kTable,
    &slots::kTable,
};
static_assert(lengthof(kSpecs) == static_cast<int>(TableId::kCount));

// The schema may have been dropped meanwhile.
void hint_at_install(Oid schema) {
  const char* name = get_namespace_name(schema);
  if (name == nullptr) return;
  errhint("Call %s.s2t_install() to bring the tables up to date.", quote_identifier(name));
}

bool is_usable(Oid found, Oid wanted) {
  return found == wanted || (wanted == TEXTOID && found == VARCHAROID);
}

AttrNumber find_attribute(Relation relation, Oid schema, const ColumnSpec& column, bool later) {
  AttrNumber number = get_attnum(RelationGetRelid(relation), column.name);
  if (number == InvalidAttrNumber) {
    if (later) return number;
    raise_missing_column(relation, schema, column);
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

// The order that comparisons of the column's values go by.
Oid family_of(const TableSpec& table, int column) {
  return get_opclass_family(GetDefaultOpClass(table.columns[column].type, BTREE_AM_OID));
}

// Whether scans for the column can go by this index: a valid B-tree that leads with it, in the
// type's own order. One that finds a single row is unique on the column alone and holds every row;
// one that is known by its name may be for a part of them.
bool serves(Relation index, const TableSpec& table, const IndexSpec& spec, AttrNumber column,
            AttrNumber then) {
  auto orders = [&](int position, int key, AttrNumber attribute) {
    return attribute != InvalidAttrNumber &&
           index->rd_index->indkey.values[position] == attribute &&
           index->rd_opfamily[position] == family_of(table, key) &&
           (index->rd_indoption[position] & INDOPTION_DESC) == 0;
  };
  Form_pg_index form = index->rd_index;
  return index->rd_rel->relkind == RELKIND_INDEX && index->rd_rel->relam == BTREE_AM_OID &&
         form->indisvalid && orders(0, spec.column, column) &&
         (spec.then < 0 || (form->indnkeyatts > 1 && orders(1, spec.then, then))) &&
         (spec.name != nullptr ||
          heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, nullptr)) &&
         (!spec.unique_column ||
          (form->indisunique && form->indimmediate && form->indnkeyatts == 1));
}

Oid find_index(Relation relation, Oid schema, const TableSpec& table, const IndexSpec& spec,
               const AttrNumber* attributes) {
  Oid named = spec.name != nullptr ? get_relname_relid(spec.name, schema) : InvalidOid;
  Oid found = InvalidOid;
  List* indexes = RelationGetIndexList(relation);
  ListCell* cell;
  foreach (cell, indexes) {
    if (spec.name != nullptr && lfirst_oid(cell) != named) continue;
    Relation index = index_open(lfirst_oid(cell), AccessShareLock);
    if (serves(index, table, spec, attributes[spec.column],
               spec.then < 0 ? InvalidAttrNumber : attributes[spec.then]))
      found = RelationGetRelid(index);
    index_close(index, AccessShareLock);
    if (OidIsValid(found)) break;
  }
  list_free(indexes);
  if (!OidIsValid(found) && !spec.later) raise_missing_index(relation, schema, table, spec);
  return found;
}

// What the functions called by an expression are.
struct CalledFunctions {
  bool user = false;     // not the server's own
  bool foreign = false;  // written by the database's owner: in SQL or a procedural language
};

bool look_at_function(Oid function, void* context) {
  if (function < FirstNormalObjectId) return false;
  auto* called = static_cast<CalledFunctions*>(context);
  called->user = true;
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for function %u", function);
  Oid language = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple))->prolang;
  ReleaseSysCache(tuple);
  if (language != ClanguageId && language != INTERNALlanguageId) called->foreign = true;
  return false;
}

bool look_at_functions(Node* node, void* context) {
  if (node == nullptr) return false;
  auto* called = static_cast<CalledFunctions*>(context);
  // A domain's constraints may change, and call what they like.
  if (IsA(node, CoerceToDomain)) called->user = called->foreign = true;
  (void)check_functions_in_node(node, look_at_function, context);
  return compat::walk_expression(node, look_at_functions, context);
}

// What storing a row calls, triggers apart.
CalledFunctions functions_of(Relation relation) {
  CalledFunctions called;
  TupleConstr* constraints = RelationGetDescr(relation)->constr;
  if (constraints != nullptr) {
    for (int i = 0; i < constraints->num_check; i++)
      look_at_functions(static_cast<Node*>(stringToNode(constraints->check[i].ccbin)), &called);
    for (int i = 0; i < constraints->num_defval; i++)
      look_at_functions(static_cast<Node*>(stringToNode(constraints->defval[i].adbin)), &called);
  }
  List* indexes = RelationGetIndexList(relation);
  ListCell* cell;
  foreach (cell, indexes) {
    Relation index = index_open(lfirst_oid(cell), AccessShareLock);
    look_at_functions(reinterpret_cast<Node*>(RelationGetIndexExpressions(index)), &called);
    look_at_functions(reinterpret_cast<Node*>(RelationGetIndexPredicate(index)), &called);
    index_close(index, AccessShareLock);
  }
  list_free(indexes);
  return called;
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
  if (map->user_functions || compat::has_virtual_columns(descriptor)) return;
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
  if (map->user_functions) return;
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

// Whether the trigger is one whose work the native code can do, and which.
bool know_trigger(Relation relation, Oid schema, const Trigger& trigger,
                  TableMap::KnownTrigger* known) {
  using Kind = TableMap::KnownTrigger::Kind;
  if (is_counting_function(trigger.tgfoid, schema)) {
    *known = {trigger.tgoid, Kind::kCounting, TableId::kCount};
    return true;
  }
  if (trigger.tgfoid == F_RI_FKEY_CHECK_INS || trigger.tgfoid == F_RI_FKEY_CHECK_UPD) {
    TableId parent = table_of(trigger.tgconstrrelid, schema);
    *known = {trigger.tgoid, Kind::kForeignKeyCheck, parent};
    return parent != TableId::kCount &&
           is_simple_foreign_key(relation, trigger.tgconstraint, trigger.tgconstrrelid);
  }
  if (trigger.tgfoid != F_RI_FKEY_CASCADE_DEL) return false;
  TableId child = table_of(trigger.tgconstrrelid, schema);
  if (child == TableId::kCount) return false;
  *known = {trigger.tgoid, Kind::kCascadingDelete, child};
  Relation child_relation = table_open(trigger.tgconstrrelid, AccessShareLock);
  bool simple =
      is_simple_foreign_key(child_relation, trigger.tgconstraint, RelationGetRelid(relation));
  table_close(child_relation, AccessShareLock);
  return simple;
}

// What a foreign key does to the rows that refer to a removed or renamed one, in whatever table.
bool cascades(Oid function) {
  switch (function) {
    case F_RI_FKEY_CASCADE_DEL:
    case F_RI_FKEY_SETNULL_DEL:
    case F_RI_FKEY_SETDEFAULT_DEL:
      return true;
    default:
      return false;
  }
}

void expect_foreign_trigger(const Trigger& trigger, TableMap* map) {
  if (trigger.tgisinternal && !cascades(trigger.tgfoid)) return;
  if (trigger.tgenabled == TRIGGER_DISABLED) return;
  map->foreign_on_insert |= TRIGGER_FOR_INSERT(trigger.tgtype);
  map->foreign_on_update |= TRIGGER_FOR_UPDATE(trigger.tgtype);
  map->foreign_on_delete |= TRIGGER_FOR_DELETE(trigger.tgtype);
}

void find_known_triggers(Relation relation, Oid schema, TableMap* map) {
  map->known_count = 0;
  // The relation cache replaces its own copy when an invalidation comes, ANALYZE's for instance.
  TriggerDesc* triggers = CopyTriggerDesc(relation->trigdesc);
  for (int i = 0; triggers != nullptr && i < triggers->numtriggers; i++) {
    const Trigger& trigger = triggers->triggers[i];
    if (map->known_count == TableMap::kMaxTriggers ||
        !know_trigger(relation, schema, trigger, &map->known[map->known_count])) {
      expect_foreign_trigger(trigger, map);
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
    map->attribute[i] = find_attribute(relation, schema, spec.columns[i],
                                       static_cast<int>(i) >= spec.first_columns);
  for (size_t i = 0; i < spec.indexes.size(); i++) {
    map->index[i] = find_index(relation, schema, spec, spec.indexes[i], map->attribute);
  }
  find_defaults(relation, map);
  CalledFunctions called = functions_of(relation);
  map->user_functions = called.user;
  map->foreign_on_insert = map->foreign_on_update = called.foreign;
  prepare_expressions(relation, map);
  prepare_indexes(relation, map);
  find_known_triggers(relation, schema, map);
  MemoryContextSwitchTo(caller);
  return map;
}

}  // namespace

std::span<const TableSpec* const> all_tables() { return kSpecs; }

void raise_missing_column(Relation relation, Oid schema, const ColumnSpec& spec) {
  ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                  errmsg("column \"%s\" of table \"%s\" does not exist", spec.name,
                         RelationGetRelationName(relation)),
                  (hint_at_install(schema), 0)));
  pg_unreachable();
}

void raise_missing_index(Relation relation, Oid schema, const TableSpec& table,
                         const IndexSpec& spec) {
  const char* columns = psprintf("column \"%s\"", table.columns[spec.column].name);
  if (spec.then >= 0 && spec.name == nullptr)
    columns = psprintf("columns \"%s\" and \"%s\"", table.columns[spec.column].name,
                       table.columns[spec.then].name);
  ereport(ERROR,
          (errcode(ERRCODE_UNDEFINED_OBJECT),
           errmsg("table \"%s\" has no %sindex on %s", RelationGetRelationName(relation),
                  spec.unique_column ? "unique " : "", columns),
           spec.name != nullptr
               ? errdetail("The index \"%s\" is missing, invalid or of another kind.", spec.name)
               : 0,
           (hint_at_install(schema), 0)));
}

void raise_missing_table(const TableSpec& spec, Oid schema) {
  const char* name = get_namespace_name(schema);
  ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
                  name != nullptr ? errmsg("table \"%s.%s\" does not exist", name, spec.name)
                                  : errmsg("table \"%s\" does not exist", spec.name),
                  (hint_at_install(schema), 0)));
  pg_unreachable();
}

namespace {

// Whether a routine's setting puts another schema where ours stands, between pg_catalog and
// pg_temp.
bool names_another_schema(const char* setting, const char* schema) {
  const char* wanted = psprintf("search_path=pg_catalog, %s, pg_temp", quote_identifier(schema));
  constexpr std::string_view kBegin = "search_path=pg_catalog, ";
  constexpr std::string_view kEnd = ", pg_temp";
  std::string_view found = setting;
  return found.starts_with(kBegin) && found.ends_with(kEnd) && found != wanted;
}

// Whether a routine's settings name another schema than ours.
bool has_former_name(HeapTuple routine, const char* schema) {
  bool is_null = false;
  Datum settings = SysCacheGetAttr(PROCNAMEARGSNSP, routine, Anum_pg_proc_proconfig, &is_null);
  if (is_null) return false;
  Datum* elements = nullptr;
  int count = 0;
  deconstruct_array(DatumGetArrayTypePCopy(settings), TEXTOID, -1, false, TYPALIGN_INT, &elements,
                    nullptr, &count);
  bool former = false;
  for (int i = 0; i < count; i++)
    former |= names_another_schema(TextDatumGetCString(elements[i]), schema);
  return former;
}

void warn_if_renamed(Oid schema) {
  if (!OidIsValid(owner_if_renamed(schema))) return;
  ereport(WARNING, (errmsg("schema of extension s2t was renamed"),
                    errdetail("Its routines in SQL and PL/pgSQL name the schema that was."),
                    errhint("Use SELECT * FROM %s.s2t_follow_rename().",
                            quote_identifier(get_namespace_name(schema)))));
}

}  // namespace

// A routine that is always there, and names the schema in its settings.
Oid owner_if_renamed(Oid schema) {
  const char* name = get_namespace_name(schema);
  oidvector* none = buildoidvector(nullptr, 0);
  HeapTuple routine = SearchSysCache3(PROCNAMEARGSNSP, CStringGetDatum("s2t_count_segments"),
                                      PointerGetDatum(none), ObjectIdGetDatum(schema));
  if (!HeapTupleIsValid(routine)) return InvalidOid;
  Oid owner = InvalidOid;
  if (name != nullptr && has_former_name(routine, name))
    owner = reinterpret_cast<Form_pg_proc>(GETSTRUCT(routine))->proowner;
  ReleaseSysCache(routine);
  return owner;
}

Oid find_relation(const TableSpec& spec, Oid schema) {
  const CachedMap& entry = cache[static_cast<int>(spec.id)];
  if (entry.map != nullptr && entry.valid && cache_schema == schema) return entry.relation;
  return get_relname_relid(spec.name, schema);
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
    warn_if_renamed(schema);
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
  static uint64_t generations = 0;
  map->generation = ++generations;
  entry->map = map;
  return map;
}

bool is_current(TableId table, uint64_t generation) {
  const CachedMap& entry = cache[static_cast<int>(table)];
  return entry.map != nullptr && entry.valid && entry.map->generation == generation;
}

}  // namespace s2t::pg
