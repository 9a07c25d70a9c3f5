// Changing rows: statements, constraints, triggers and indexes. Finding rows is in table.cpp.
#include "pg/table.h"

#include "pg/compat.h"
#include "pg/error.h"
#include "pg/stored_rows.h"

namespace s2t::pg {

namespace {

// The flags that tell which kinds of triggers there are, from the triggers that are left.
void recompute_flags(TriggerDesc* triggers) {
  Trigger* array = triggers->triggers;
  int count = triggers->numtriggers;
  *triggers = TriggerDesc{};
  triggers->triggers = array;
  triggers->numtriggers = count;
  for (int i = 0; i < count; i++) {
    int16 type = array[i].tgtype;
    bool row = TRIGGER_FOR_ROW(type);
    bool before = TRIGGER_FOR_BEFORE(type);
    bool after = TRIGGER_FOR_AFTER(type);
    auto note = [&](bool event, bool* before_row, bool* after_row, bool* before_statement,
                    bool* after_statement) {
      if (!event) return;
      *before_row |= row && before;
      *after_row |= row && after;
      *before_statement |= !row && before;
      *after_statement |= !row && after;
    };
    note(TRIGGER_FOR_INSERT(type), &triggers->trig_insert_before_row,
         &triggers->trig_insert_after_row, &triggers->trig_insert_before_statement,
         &triggers->trig_insert_after_statement);
    note(TRIGGER_FOR_UPDATE(type), &triggers->trig_update_before_row,
         &triggers->trig_update_after_row, &triggers->trig_update_before_statement,
         &triggers->trig_update_after_statement);
    note(TRIGGER_FOR_DELETE(type), &triggers->trig_delete_before_row,
         &triggers->trig_delete_after_row, &triggers->trig_delete_before_statement,
         &triggers->trig_delete_after_statement);
    bool old_table = array[i].tgoldtable != nullptr;
    bool new_table = array[i].tgnewtable != nullptr;
    triggers->trig_insert_new_table |= TRIGGER_FOR_INSERT(type) && new_table;
    triggers->trig_update_old_table |= TRIGGER_FOR_UPDATE(type) && old_table;
    triggers->trig_update_new_table |= TRIGGER_FOR_UPDATE(type) && new_table;
    triggers->trig_delete_old_table |= TRIGGER_FOR_DELETE(type) && old_table;
  }
}

// varchar(n) has a length that only its cast enforces.
Datum coerce(Form_pg_attribute attribute, Datum value) {
  if (attribute->atttypid != VARCHAROID || attribute->atttypmod < 0) return value;
  return DirectFunctionCall3(varchar, value, Int32GetDatum(attribute->atttypmod),
                             BoolGetDatum(false));
}

int64_t changed_so_far = 0;

}  // namespace

int64_t rows_changed() { return changed_so_far; }

void Table::count_changed(int64_t rows) { changed_so_far += rows; }

// Orders triggers by `place_of` each; those of one place stay in their order.
template <typename PlaceOf>
void sort_triggers(TriggerDesc* triggers, PlaceOf place_of) {
  Trigger* array = triggers->triggers;
  for (int i = 1; i < triggers->numtriggers; i++) {
    Trigger moving = array[i];
    int at = i;
    for (; at > 0 && place_of(array[at - 1]) > place_of(moving); at--) array[at] = array[at - 1];
    array[at] = moving;
  }
}

bool Table::counts_natively() {
  if (!counts_natively_) counts_natively_ = !session_->runs_foreign_code();
  return *counts_natively_;
}

// Takes the triggers out whose work the procedures do themselves: counting, and the foreign keys
// whose parent row the caller holds; not where foreign code may run, by the rule at the head of
// table.h. Children that the caller removes itself are removed once in any case.
void Table::leave_out_known_triggers() {
  using Kind = TableMap::KnownTrigger::Kind;
  TriggerDesc* triggers = result_->ri_TrigDesc;
  bool native = counts_natively();
  if (triggers == nullptr) return;

  auto known_as = [&](const Trigger& trigger) -> const TableMap::KnownTrigger* {
    for (int i = 0; i < map_->known_count; i++)
      if (map_->known[i].oid == trigger.tgoid) return &map_->known[i];
    return nullptr;
  };
  auto is_redundant = [&](const Trigger& trigger) {
    const TableMap::KnownTrigger* known = known_as(trigger);
    if (known == nullptr) return false;
    if (known->kind == Kind::kCounting) return native;
    return covered_.contains(known->other) && (native || known->kind == Kind::kCascadingDelete);
  };
  int left = 0;
  for (int i = 0; i < triggers->numtriggers; i++)
    if (!is_redundant(triggers->triggers[i])) triggers->triggers[left++] = triggers->triggers[i];
  triggers->numtriggers = left;
  if (!native) {
    // What is stored is counted before foreign triggers take it away again; what enters with a
    // count, after they have done their work.
    auto place_of = [&](const Trigger& trigger) {
      const TableMap::KnownTrigger* known = known_as(trigger);
      if (known == nullptr || known->kind != Kind::kCounting) return 1;
      return TRIGGER_FOR_BEFORE(trigger.tgtype) ? 2 : 0;
    };
    sort_triggers(triggers, place_of);
  }
  if (left == 0) {
    result_->ri_TrigDesc = nullptr;
  } else {
    recompute_flags(triggers);
  }
}

// As ExecOpenIndices() does, but with descriptions that were prepared before, and none is opened
// until a row needs an entry in it: an update that stays in its page needs none, and no row has one
// in every partial index.
void Table::note_indexes() {
  if (map_->index_infos == nullptr) {
    ExecOpenIndices(result_, false);
    return;
  }
  int count = map_->open_index_count;
  if (count == 0) return;
  result_->ri_IndexRelationDescs = static_cast<Relation*>(palloc(sizeof(Relation) * count));
  result_->ri_IndexRelationInfo = static_cast<IndexInfo**>(palloc(sizeof(IndexInfo*) * count));
  closed_indexes_ = static_cast<const IndexInfo**>(palloc(sizeof(IndexInfo*) * count));
  for (int i = 0; i < count; i++) closed_indexes_[i] = map_->index_infos[i];
}

// Opens the closed index `number`; those that are open stay in the order of the table's.
void Table::open_index(int number) {
  int place = number;
  for (int i = 0; i < number; i++) place -= static_cast<int>(closed_indexes_[i] != nullptr);
  int count = result_->ri_NumIndices;
  auto make_room = [&](auto** array) {
    memmove(array + place + 1, array + place, sizeof(*array) * (count - place));
  };
  MemoryContext caller = MemoryContextSwitchTo(session_->estate()->es_query_cxt);
  auto* info = static_cast<IndexInfo*>(palloc(sizeof(IndexInfo)));
  *info = *closed_indexes_[number];
  // What an access method keeps between the rows of a statement.
  info->ii_AmCache = nullptr;
  info->ii_Context = CurrentMemoryContext;
  Relation index = index_open(map_->open_indexes[number], RowExclusiveLock);
  MemoryContextSwitchTo(caller);
  make_room(result_->ri_IndexRelationDescs);
  make_room(result_->ri_IndexRelationInfo);
  result_->ri_IndexRelationDescs[place] = index;
  result_->ri_IndexRelationInfo[place] = info;
  result_->ri_NumIndices = count + 1;
  closed_indexes_[number] = nullptr;
}

// Opens the indexes that the row in `slot` is to have an entry in.
void Table::open_indexes(TupleTableSlot* slot) {
  ExprContext* context = GetPerTupleExprContext(session_->estate());
  context->ecxt_scantuple = slot;
  for (int i = 0; i < map_->open_index_count; i++) {
    const IndexInfo* info = closed_indexes_[i];
    if (info != nullptr && ExecQual(info->ii_PredicateState, context)) open_index(i);
  }
}

// Gives the row in `slot`, which has been stored, its entries in the indexes. Returns those whose
// uniqueness is to be checked again.
List* Table::store_index_entries(TupleTableSlot* slot, bool update, bool only_summarizing) {
  if (result_->ri_NumIndices < map_->open_index_count) open_indexes(slot);
  if (result_->ri_NumIndices == 0) return NIL;
  return compat::insert_index_tuples(result_, slot, session_->estate(), update, only_summarizing);
}

void Table::prepare_changes() {
  EState* estate = session_->estate();
  entry_ = makeNode(RangeTblEntry);
  entry_->rtekind = RTE_RELATION;
  entry_->relid = RelationGetRelid(relation_);
  entry_->relkind = relation_->rd_rel->relkind;
  entry_->rellockmode = RowExclusiveLock;

  result_ = makeNode(ResultRelInfo);
  InitResultRelInfo(result_, relation_, compat::add_range_table_entry(estate, entry_), nullptr, 0);
  compat::set_checks(result_, map_->checks);
  leave_out_known_triggers();
  note_indexes();
  estate->es_opened_result_relations = lappend(estate->es_opened_result_relations, result_);
  if (session_->runs_foreign_code()) session_->fix_search_path();

  if (stored_ != nullptr) return;
  epq_ = static_cast<EPQState*>(palloc0(sizeof(EPQState)));
  compat::init_epq(epq_, estate);
  stored_ = make_slot();
  stored_row_ = Row{stored_, map_};
}

namespace {

void add_attribute(Bitmapset** set, AttrNumber attribute) {
  if (attribute != InvalidAttrNumber)
    *set = bms_add_member(*set, attribute - FirstLowInvalidHeapAttributeNumber);
}

}  // namespace

// Tells the server which columns the statement sets, and finds out which defaults it needs.
void Table::name_columns(Columns columns) {
  columns_ = columns;
  if (command_ == CMD_INSERT) {
    bms_free(open_defaults_);
    open_defaults_ = bms_copy(map_->defaults);
    for (size_t i = 0; open_defaults_ != nullptr && i < spec_->columns.size(); i++) {
      if (columns.contains(static_cast<int>(i)) && map_->attribute[i] != InvalidAttrNumber)
        open_defaults_ = bms_del_member(open_defaults_, map_->attribute[i]);
    }
  }
  Bitmapset** updated = compat::updated_columns(session_->estate(), entry_);
  bms_free(*updated);
  *updated = nullptr;
  for (size_t i = 0; command_ == CMD_UPDATE && i < spec_->columns.size(); i++) {
    if (columns.contains(static_cast<int>(i))) add_attribute(updated, map_->attribute[i]);
  }
}

// Triggers and defaults have been chosen by the columns that the statement named.
void Table::require_named(const Values& values) const {
  if (columns_.contains(values.columns())) return;
  elog(ERROR, "a row for table \"%s\" sets columns that its statement has not named",
       RelationGetRelationName(relation_));
}

void Table::begin(CmdType command, Columns columns) {
  // What the server has prepared for generated columns is good for one set of columns.
  TupleConstr* constraints = RelationGetDescr(relation_)->constr;
  bool generates = constraints != nullptr && constraints->has_generated_stored;
  if (result_ == nullptr || (generates && !(command == command_ && columns == columns_)))
    prepare_changes();
  if (command != CMD_INSERT) CheckCmdReplicaIdentity(relation_, command);
  EState* estate = session_->estate();
  command_ = command;
  name_columns(columns);
  estate->es_output_cid = GetCurrentCommandId(true);
  AfterTriggerBeginQuery();
  if (result_->ri_TrigDesc == nullptr) return;
  capture_ = MakeTransitionCaptureState(result_->ri_TrigDesc, RelationGetRelid(relation_), command);
  switch (command) {
    case CMD_INSERT:
      ExecBSInsertTriggers(estate, result_);
      break;
    case CMD_UPDATE:
      ExecBSUpdateTriggers(estate, result_);
      break;
    default:
      ExecBSDeleteTriggers(estate, result_);
      break;
  }
}

void Table::end() {
  EState* estate = session_->estate();
  if (result_->ri_TrigDesc != nullptr) {
    switch (command_) {
      case CMD_INSERT:
        ExecASInsertTriggers(estate, result_, capture_);
        break;
      case CMD_UPDATE:
        ExecASUpdateTriggers(estate, result_, capture_);
        break;
      default:
        ExecASDeleteTriggers(estate, result_, capture_);
        break;
    }
  }
  AfterTriggerEndQuery(estate);
  capture_ = nullptr;
  session_->advance_command();
}

// Defaults of the columns that the statement leaves open, as COPY gives them to columns it has no
// data for.
void Table::fill_defaults(TupleTableSlot* slot) {
  TupleDesc descriptor = RelationGetDescr(relation_);
  EState* estate = session_->estate();
  if (default_states_ == nullptr) {
    default_states_ = map_->default_states;
    if (default_states_ == nullptr) {
      default_states_ = static_cast<ExprState**>(
          MemoryContextAllocZero(estate->es_query_cxt, sizeof(ExprState*) * descriptor->natts));
    }
  }
  int number = -1;
  while ((number = bms_next_member(open_defaults_, number)) >= 0) {
    ExprState** state = &default_states_[number - 1];
    if (*state == nullptr) {
      MemoryContext caller = MemoryContextSwitchTo(estate->es_query_cxt);
      auto* expression = reinterpret_cast<Expr*>(build_column_default(relation_, number));
      *state = ExecPrepareExpr(expression, estate);
      MemoryContextSwitchTo(caller);
    }
    slot->tts_values[number - 1] =
        ExecEvalExpr(*state, GetPerTupleExprContext(estate), &slot->tts_isnull[number - 1]);
  }
}

void Table::enter(const Values& values) {
  if (spec_->slot_column >= 0 && values.is_set(spec_->slot_column))
    (void)pass_fence(*DatumGetUUIDP(values.value(spec_->slot_column)), OnConflict::kWait);
}

// Makes `slot` a new row of `values`, and of defaults and NULL for the rest.
void Table::fill(TupleTableSlot* slot, const Values& values) {
  require_named(values);
  if (settings::sharded()) enter(values);
  TupleDesc descriptor = RelationGetDescr(relation_);
  ExecClearTuple(slot);
  memset(slot->tts_isnull, 1, sizeof(bool) * descriptor->natts);
  for (size_t i = 0; i < spec_->columns.size(); i++) {
    int column = static_cast<int>(i);
    if (!values.is_set(column) || values.is_null(column) ||
        map_->attribute[column] == InvalidAttrNumber)
      continue;
    int position = map_->attribute[column] - 1;
    slot->tts_values[position] = coerce(TupleDescAttr(descriptor, position), values.value(column));
    slot->tts_isnull[position] = false;
  }
  if (open_defaults_ != nullptr) fill_defaults(slot);
  ExecStoreVirtualTuple(slot);
}

// Generated columns and constraints of a row about to be stored.
void Table::check_row(TupleTableSlot* slot, CmdType command) {
  TupleConstr* constraints = RelationGetDescr(relation_)->constr;
  if (constraints == nullptr) return;
  if (constraints->has_generated_stored)
    ExecComputeStoredGenerated(result_, session_->estate(), slot, command);
  ExecConstraints(result_, slot, session_->estate());
}

const Row* Table::insert(const Values& values) {
  EState* estate = session_->estate();
  ResetPerTupleExprContext(estate);
  MemoryContext caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(estate));
  fill(stored_, values);
  MemoryContextSwitchTo(caller);
  TriggerDesc* triggers = result_->ri_TrigDesc;
  if (triggers != nullptr && triggers->trig_insert_before_row &&
      !ExecBRInsertTriggers(estate, result_, stored_))
    return nullptr;
  check_row(stored_, CMD_INSERT);
  table_tuple_insert(relation_, stored_, estate->es_output_cid, 0, nullptr);
  List* recheck = store_index_entries(stored_, false, false);
  ExecARInsertTriggers(estate, result_, stored_, recheck, capture_);
  list_free(recheck);
  count_changed(1);
  return &stored_row_;
}

// Makes stored_ the new version of `old`.
void Table::fill_change(const Row& old, const Values& change) {
  require_named(change);
  (void)enter(old, OnConflict::kWait);
  TupleDesc descriptor = RelationGetDescr(relation_);
  ExecClearTuple(stored_);
  slot_getallattrs(old.slot);
  memcpy(stored_->tts_values, old.slot->tts_values, sizeof(Datum) * descriptor->natts);
  memcpy(stored_->tts_isnull, old.slot->tts_isnull, sizeof(bool) * descriptor->natts);
  for (size_t i = 0; i < spec_->columns.size(); i++) {
    int column = static_cast<int>(i);
    if (!change.is_set(column) || map_->attribute[column] == InvalidAttrNumber) continue;
    int position = map_->attribute[column] - 1;
    stored_->tts_isnull[position] = change.is_null(column);
    if (!change.is_null(column)) {
      stored_->tts_values[position] =
          coerce(TupleDescAttr(descriptor, position), change.value(column));
    }
  }
  ExecStoreVirtualTuple(stored_);
}

// Notes where the row that was changed lies now, by the key that finds it.
void Table::note_place() {
  const IndexSpec& first = spec_->indexes[0];
  int column = first.unique_column ? first.column : 0;
  if (spec_->columns[column].type != UUIDOID || stored_row_.is_null(column)) return;
  stored_rows::note(relation_, *stored_row_.as_uuid(column), stored_->tts_tid);
}

// Puts stored_ in the place of the version at `tid`; anything but TM_Ok leaves the table as it was.
TM_Result Table::store_change(ItemPointerData tid) {
  EState* estate = session_->estate();
  check_row(stored_, CMD_UPDATE);
  TM_FailureData failure;
  compat::IndexUpdate indexes;
  TM_Result result = compat::update_tuple(relation_, &tid, stored_, estate->es_output_cid,
                                          session_->snapshot(), &failure, &indexes);
  if (result != TM_Ok) return result;
  List* recheck = NIL;
  if (indexes.needed) recheck = store_index_entries(stored_, true, indexes.only_summarizing);
  note_place();
  compat::after_row_update(estate, result_, &tid, stored_, recheck, capture_);
  list_free(recheck);
  count_changed(1);
  return TM_Ok;
}

const Row* Table::update(const Row& locked, const Values& change) {
  fill_change(locked, change);
  ItemPointerData tid = locked.slot->tts_tid;
  TriggerDesc* triggers = result_->ri_TrigDesc;
  if (triggers != nullptr && triggers->trig_update_before_row &&
      !compat::before_row_update(session_->estate(), epq_, result_, &tid, stored_))
    return nullptr;
  if (store_change(tid) != TM_Ok) {
    // The row is locked, so only this transaction can have changed it since: a BEFORE trigger did.
    ereport(ERROR, (errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
                    errmsg("row of table \"%s\" was already changed by a trigger of this statement",
                           RelationGetRelationName(relation_)),
                    errhint("Consider an AFTER trigger instead of a BEFORE trigger to propagate "
                            "changes to other rows.")));
  }
  return &stored_row_;
}

Changed Table::update_found(const Row& found, const Values& change) {
  TriggerDesc* triggers = result_->ri_TrigDesc;
  // A BEFORE trigger must see a version that stays the latest one.
  if (triggers != nullptr && triggers->trig_update_before_row) {
    Row latest = found;
    if (lock_found(&latest, RowLock::kNoKeyUpdate, OnConflict::kWait) != Locked::kYes ||
        !ItemPointerEquals(&latest.slot->tts_tid, &found.slot->tts_tid))
      return Changed::kMoved;
    return update(latest, change) != nullptr ? Changed::kYes : Changed::kSuppressed;
  }
  fill_change(found, change);
  TM_Result result = store_change(found.slot->tts_tid);
  if (result == TM_Ok) return Changed::kYes;
  if ((result == TM_Updated || result == TM_Deleted) && IsolationUsesXactSnapshot())
    raise_serialization_failure();
  return Changed::kMoved;
}

bool Table::remove(ItemPointerData tid) {
  EState* estate = session_->estate();
  Row latest;
  TriggerDesc* triggers = result_->ri_TrigDesc;
  if (triggers != nullptr && triggers->trig_delete_before_row) {
    // The trigger must see the row's latest version, and nobody may change it before the trigger's
    // verdict is carried out.
    if (lock_version(tid, &latest, RowLock::kUpdate, OnConflict::kWait) != Locked::kYes)
      return false;
    tid = latest.tid();
    if (!compat::before_row_delete(estate, epq_, result_, &tid)) return false;
  }
  for (;;) {
    TM_FailureData failure;
    TM_Result result =
        table_tuple_delete(relation_, &tid, estate->es_output_cid, session_->snapshot(),
                           InvalidSnapshot, true, &failure, false);
    if (result == TM_Ok) break;
    // Changed or removed by somebody else since it was found, or removed by a trigger of this
    // statement.
    if (result == TM_SelfModified || result == TM_Invisible) return false;
    if (IsolationUsesXactSnapshot()) raise_serialization_failure();
    if (result != TM_Updated ||
        lock_version(tid, &latest, RowLock::kUpdate, OnConflict::kWait) != Locked::kYes)
      return false;
    tid = latest.tid();
  }
  compat::after_row_delete(estate, result_, &tid, capture_);
  count_changed(1);
  return true;
}

const Row* Table::insert_one(const Values& values) {
  begin(CMD_INSERT, values.columns());
  const Row* row = insert(values);
  if (row == nullptr) raise_suppressed_by_trigger(relation_);
  end();
  return row;
}

const Row* Table::update_one(const Row& locked, const Values& change) {
  begin(CMD_UPDATE, change.columns());
  const Row* row = update(locked, change);
  if (row == nullptr) raise_suppressed_by_trigger(relation_);
  end();
  return row;
}

}  // namespace s2t::pg
