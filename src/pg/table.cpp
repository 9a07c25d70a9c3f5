// Opening tables and finding and locking rows. Changes are in table_change.cpp.
#include "pg/table.h"

#include "pg/compat.h"
#include "pg/error.h"
#include "pg/fence.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "pg/stored_rows.h"

namespace s2t::pg {

namespace {

LOCKMODE lock_for(Use use) {
  if ((use & (kInsert | kUpdate | kDelete)) != 0) return RowExclusiveLock;
  return (use & kLockRows) != 0 ? RowShareLock : AccessShareLock;
}

AclMode rights_for(Use use) {
  AclMode rights = 0;
  if ((use & (kRead | kLockRows | kUpdate | kDelete)) != 0) rights |= ACL_SELECT;
  if ((use & (kLockRows | kUpdate)) != 0) rights |= ACL_UPDATE;
  if ((use & kInsert) != 0) rights |= ACL_INSERT;
  if ((use & kDelete) != 0) rights |= ACL_DELETE;
  return rights;
}

// The tables in this schema that belong to another role than `owner`, for a message.
const char* tables_of_others(Oid schema, Oid owner) {
  StringInfoData names;
  initStringInfo(&names);
  for (const TableSpec* table : all_tables()) {
    HeapTuple tuple =
        SearchSysCache2(RELNAMENSP, CStringGetDatum(table->name), ObjectIdGetDatum(schema));
    if (!HeapTupleIsValid(tuple)) continue;
    if (reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relowner != owner)
      appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", table->name);
    ReleaseSysCache(tuple);
  }
  return names.data;
}

// Whatever another role put into a table of ours (checks, defaults, triggers) would run with the
// rights of the owner of the routines.
void check_owner(Relation relation, Oid owner) {
  if (relation->rd_rel->relowner == owner) return;
  Oid schema = RelationGetNamespace(relation);
  ereport(
      ERROR,
      (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
       errmsg("table \"%s\" does not belong to the owner of the extension",
              RelationGetRelationName(relation)),
       errdetail("It belongs to role \"%s\", the routines to \"%s\". Tables of another owner: %s.",
                 GetUserNameFromId(relation->rd_rel->relowner, true),
                 GetUserNameFromId(owner, true), tables_of_others(schema, owner)),
       errhint("Use CALL %s.s2t_set_owner(...) with the role that is to own both, if you trust "
               "what is in the tables.",
               quote_identifier(get_namespace_name(schema)))));
}

// Direct access asks nothing by itself; SQL would have.
void check_rights(Relation relation, AclMode rights) {
  Oid user = GetUserId();
  if (pg_class_aclmask(RelationGetRelid(relation), user, rights, ACLMASK_ALL) != rights)
    aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, RelationGetRelationName(relation));
  if (check_enable_rls(RelationGetRelid(relation), InvalidOid, true) == RLS_ENABLED) {
    ereport(ERROR,
            (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
             errmsg("row security on table \"%s\" applies to role \"%s\"",
                    RelationGetRelationName(relation), GetUserNameFromId(user, false)),
             errdetail("The procedures work on whole tables and do not evaluate policies."),
             errhint("Exempt this role from row security, or call as the owner of the tables.")));
  }
}

// Opens the table, which another one may have replaced, and somebody have dropped, while the lock
// was waited for; nullptr if there is none.
Relation open_relation(const TableSpec& spec, Oid schema, LOCKMODE mode) {
  for (;;) {
    uint64 seen = SharedInvalidMessageCounter;
    Oid relation = find_relation(spec, schema);
    if (!OidIsValid(relation)) return nullptr;
    LockRelationOid(relation, mode);
    if (seen == SharedInvalidMessageCounter || relation == find_relation(spec, schema))
      return table_open(relation, NoLock);
    UnlockRelationOid(relation, mode);
  }
}

LockTupleMode tuple_lock(RowLock mode) {
  switch (mode) {
    case RowLock::kKeyShare:
      return LockTupleKeyShare;
    case RowLock::kNoKeyUpdate:
      return LockTupleNoKeyExclusive;
    case RowLock::kUpdate:
      break;
  }
  return LockTupleExclusive;
}

}  // namespace

// --- Row --------------------------------------------------------------------

bool Row::has(int column) const { return map->attribute[column] != InvalidAttrNumber; }

Datum Row::datum(int column, bool* is_null) const {
  if (has(column)) return slot_getattr(slot, map->attribute[column], is_null);
  *is_null = true;
  return 0;
}

bool Row::is_null(int column) const {
  return !has(column) || slot_attisnull(slot, map->attribute[column]);
}

int32_t Row::as_int32(int column, int32_t if_null) const {
  bool null;
  Datum value = datum(column, &null);
  return null ? if_null : DatumGetInt32(value);
}

int64_t Row::as_int64(int column, int64_t if_null) const {
  bool null;
  Datum value = datum(column, &null);
  return null ? if_null : DatumGetInt64(value);
}

bool Row::as_bool(int column, bool if_null) const {
  bool null;
  Datum value = datum(column, &null);
  return null ? if_null : DatumGetBool(value);
}

TimestampTz Row::as_timestamp(int column, TimestampTz if_null) const {
  bool null;
  Datum value = datum(column, &null);
  return null ? if_null : DatumGetTimestampTz(value);
}

std::string_view Row::as_text(int column) const {
  bool null;
  Datum value = datum(column, &null);
  if (null) return {};
  ::text* content = DatumGetTextPP(value);
  return {VARDATA_ANY(content), static_cast<size_t>(VARSIZE_ANY_EXHDR(content))};
}

std::optional<pg_uuid_t> Row::as_optional_uuid(int column) const {
  if (is_null(column)) return std::nullopt;
  return *as_uuid(column);
}

const pg_uuid_t* Row::as_uuid(int column) const {
  bool null;
  Datum value = datum(column, &null);
  if (null) {
    ereport(ERROR, (errcode(ERRCODE_NOT_NULL_VIOLATION),
                    errmsg("null value in column \"%s\" of table \"%s\"",
                           get_attname(map->relation, map->attribute[column], false),
                           get_rel_name(map->relation))));
  }
  return DatumGetUUIDP(value);
}

// --- Values -----------------------------------------------------------------

void Values::set_or_null(int column, const pg_uuid_t* id) {
  if (id == nullptr) return set_null(column);
  set(column, UUIDPGetDatum(id));
}

void Values::set_or_null(int column, const Jsonb* document) {
  if (document == nullptr) return set_null(column);
  set(column, JsonbPGetDatum(document));
}

void Values::set_or_null(int column, const inet* address) {
  if (address == nullptr) return set_null(column);
  set(column, InetPGetDatum(address));
}

void Values::set_or_null(int column, std::optional<int32_t> number) {
  if (!number) return set_null(column);
  set(column, Int32GetDatum(*number));
}

void Values::set_or_null(int column, std::optional<std::string_view> text) {
  if (!text) return set_null(column);
  set(column, make_text(*text));
}

// --- Table ------------------------------------------------------------------

Table Table::open(Session* session, const TableSpec& spec, Use use, CoveredTables covered) {
  Table table;
  table.session_ = session;
  table.spec_ = &spec;
  table.covered_ = covered;
  table.relation_ = open_relation(spec, session->schema(), lock_for(use));
  if (table.relation_ == nullptr) raise_missing_table(spec, session->schema());
  session->keep(table.relation_);
  check_owner(table.relation_, session->owner());
  check_rights(table.relation_, rights_for(use));
  table.map_ = map_of(spec, session->schema(), table.relation_);
  table.expect_foreign_code(use);
  return table;
}

// Tells the session if what is to be done here may run code of the database's owner.
void Table::expect_foreign_code(Use use) {
  using Kind = TableMap::KnownTrigger::Kind;
  // The audit row is the last thing that a call does: nothing of it is left to be mistaken.
  if (spec_->id == TableId::kAuditLog) return;
  bool foreign = ((use & kInsert) != 0 && map_->foreign_on_insert) ||
                 ((use & kUpdate) != 0 && map_->foreign_on_update) ||
                 ((use & kDelete) != 0 && map_->foreign_on_delete);
  // A foreign key that does remove rows of another table fires the triggers there.
  for (int i = 0; (use & kDelete) != 0 && i < map_->known_count; i++) {
    if (map_->known[i].kind == Kind::kCascadingDelete && !covered_.contains(map_->known[i].other))
      foreign = true;
  }
  if (foreign) session_->expect_foreign_code();
}

TupleTableSlot* Table::make_slot() {
  EState* estate = session_->estate();
  MemoryContext caller = MemoryContextSwitchTo(estate->es_query_cxt);
  TupleTableSlot* slot = table_slot_create(relation_, &estate->es_tupleTable);
  MemoryContextSwitchTo(caller);
  return slot;
}

bool Table::pass_fence(const pg_uuid_t& id, OnConflict on_conflict) {
  return fence::hold(session_, slot_of(&id), on_conflict == OnConflict::kWait);
}

// Reading takes no lock: what is read of a slot that leaves is the past.
void Table::require_readable(int index, Datum key) {
  if (spec_->slot_column >= 0 && spec_->indexes[index].column == spec_->slot_column)
    fence::require_readable(session_, slot_of(DatumGetUUIDP(key)));
}

bool Table::find_changed(int column, const pg_uuid_t* key, Row* row) {
  // There a search takes predicate locks of the index, too.
  if (IsolationIsSerializable()) return false;
  std::optional<ItemPointerData> place = stored_rows::place_of(relation_, *key);
  if (!place) return false;
  if (found_ == nullptr) found_ = make_slot();
  Row changed{found_, map_};
  if (!table_tuple_fetch_row_version(relation_, &*place, session_->snapshot(), found_) ||
      !has_key(changed, column, UUIDPGetDatum(key)))
    return false;
  *row = changed;
  return true;
}

bool Table::find(int index, Datum key, Row* row) {
  if (settings::sharded() && !session_->writes()) require_readable(index, key);
  const IndexSpec& spec = spec_->indexes[index];
  Oid type = spec_->columns[spec.column].type;
  if (spec.unique_column && type == UUIDOID && find_changed(spec.column, DatumGetUUIDP(key), row))
    return true;
  Relation index_relation = index_open(known_index(index), AccessShareLock);
  ScanKeyData scan_key;
  ScanKeyEntryInitialize(&scan_key, 0, 1, BTEqualStrategyNumber, InvalidOid,
                         index_relation->rd_indcollation[0], type == UUIDOID ? F_UUID_EQ : F_TEXTEQ,
                         key);
  if (found_ == nullptr) found_ = make_slot();
  IndexScanDesc scan = compat::begin_index_scan(relation_, index_relation, session_->snapshot(), 1);
  index_rescan(scan, &scan_key, 1, nullptr, 0);
  bool found = index_getnext_slot(scan, ForwardScanDirection, found_);
  index_endscan(scan);
  index_close(index_relation, NoLock);
  *row = Row{found_, map_};
  return found;
}

bool Table::has_key(const Row& row, int column, Datum key) const {
  bool null;
  Datum value = row.datum(column, &null);
  if (null) return false;
  if (spec_->columns[column].type == UUIDOID)
    return memcmp(DatumGetUUIDP(value), DatumGetUUIDP(key), UUID_LEN) == 0;
  return DatumGetBool(DirectFunctionCall2Coll(texteq, DEFAULT_COLLATION_OID, value, key));
}

Locked Table::lock(int index, Datum key, RowLock mode, Row* row) {
  // Somebody may remove the row while we wait for it, or give it another key, and store another row
  // under this key: then that one is meant.
  int column = spec_->indexes[index].column;
  // A row that has left with its slot is not missing.
  if (settings::sharded() && column == spec_->slot_column) (void)enter(*DatumGetUUIDP(key));
  while (find(index, key, row)) {
    if (lock_found(row, mode, OnConflict::kWait) == Locked::kYes && has_key(*row, column, key))
      return Locked::kYes;
    CHECK_FOR_INTERRUPTS();
  }
  return Locked::kNo;
}

Locked Table::lock_found(Row* row, RowLock mode, OnConflict on_conflict) {
  if (!enter(*row, on_conflict)) return Locked::kSkipped;
  return lock_version(row->slot->tts_tid, row, mode, on_conflict);
}

Locked Table::lock_version(ItemPointerData tid, Row* row, RowLock mode, OnConflict on_conflict) {
  if (locked_ == nullptr) locked_ = make_slot();
  uint8_t flags = TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS;
  if (!IsolationUsesXactSnapshot()) flags |= TUPLE_LOCK_FLAG_FIND_LAST_VERSION;
  TM_FailureData failure;
  TM_Result result = table_tuple_lock(
      relation_, &tid, session_->snapshot(), locked_, GetCurrentCommandId(false), tuple_lock(mode),
      on_conflict == OnConflict::kSkip ? LockWaitSkip : LockWaitBlock, flags, &failure);
  switch (result) {
    case TM_Ok:
      *row = Row{locked_, map_};
      if (failure.traversed) session_->refresh_snapshot();
      return Locked::kYes;
    case TM_WouldBlock:
      return Locked::kSkipped;
    case TM_Updated:
    case TM_Deleted:
      if (IsolationUsesXactSnapshot()) raise_serialization_failure();
      session_->refresh_snapshot();
      return Locked::kNo;
    case TM_SelfModified:
      // Changed by a statement of this transaction that the snapshot does not see yet: cannot be,
      // since advance_command() follows every statement.
    case TM_Invisible:
    case TM_BeingModified:
      break;
  }
  elog(ERROR, "unexpected result %d of locking a row of \"%s\"", result,
       RelationGetRelationName(relation_));
  return Locked::kNo;
}

Row Table::locked_at(const ItemPointerData& tid) {
  if (locked_ == nullptr) locked_ = make_slot();
  ItemPointerData position = tid;
  if (!table_tuple_fetch_row_version(relation_, &position, SnapshotAny, locked_))
    elog(ERROR, "a locked row of \"%s\" has disappeared", RelationGetRelationName(relation_));
  return Row{locked_, map_};
}

// --- Scan -------------------------------------------------------------------

Oid Table::known_index(int index) const {
  if (!OidIsValid(map_->index[index]))
    raise_missing_index(relation_, session_->schema(), *spec_, spec_->indexes[index]);
  return map_->index[index];
}

bool Table::exists(const Session* session, const TableSpec& spec) {
  return OidIsValid(find_relation(spec, session->schema()));
}

bool Table::may_have_rows(const Session* session, const TableSpec& spec) {
  Relation relation = open_relation(spec, session->schema(), AccessShareLock);
  if (relation == nullptr) return false;
  // What is no table is refused by whoever opens it.
  bool may =
      relation->rd_rel->relkind != RELKIND_RELATION || RelationGetNumberOfBlocks(relation) != 0;
  table_close(relation, NoLock);
  return may;
}

void Table::require(int column) const {
  if (map_->attribute[column] == InvalidAttrNumber)
    raise_missing_column(relation_, session_->schema(), spec_->columns[column]);
}

bool Table::index_continues_with(int index, int column) const {
  Relation relation = index_open(known_index(index), AccessShareLock);
  bool continues = IndexRelationGetNumberOfKeyAttributes(relation) > 1 &&
                   relation->rd_index->indkey.values[1] == map_->attribute[column] &&
                   (relation->rd_indoption[1] & INDOPTION_DESC) == 0;
  index_close(relation, AccessShareLock);
  return continues;
}

Scan Scan::begin(Table* table, int index, ScanKeyData* keys, int key_count, Snapshot snapshot,
                 ScanDirection direction) {
  Scan scan;
  scan.direction_ = direction;
  scan.map_ = table->map_;
  scan.index_ = index_open(table->known_index(index), AccessShareLock);
  if (table->found_ == nullptr) table->found_ = table->make_slot();
  scan.slot_ = table->found_;
  for (int i = 0; i < key_count; i++)
    keys[i].sk_collation = scan.index_->rd_indcollation[keys[i].sk_attno - 1];
  // The session may move on to another snapshot while rows of this one are being locked.
  scan.snapshot_ = RegisterSnapshot(snapshot != nullptr ? snapshot : table->session_->snapshot());
  scan.scan_ = compat::begin_index_scan(table->relation_, scan.index_, scan.snapshot_, key_count);
  index_rescan(scan.scan_, keys, key_count, nullptr, 0);
  return scan;
}

Scan Table::scan(Snapshot snapshot) {
  Scan scan;
  scan.map_ = map_;
  scan.slot_ = make_slot();
  scan.snapshot_ = RegisterSnapshot(snapshot != nullptr ? snapshot : session_->snapshot());
  scan.whole_ = table_beginscan(relation_, scan.snapshot_, 0, nullptr);
  return scan;
}

bool Scan::next(Row* row) {
  CHECK_FOR_INTERRUPTS();
  bool found = whole_ != nullptr ? table_scan_getnextslot(whole_, ForwardScanDirection, slot_)
                                 : index_getnext_slot(scan_, direction_, slot_);
  if (!found) return false;
  *row = Row{slot_, map_};
  return true;
}

void Scan::end() {
  if (whole_ != nullptr) {
    table_endscan(whole_);
  } else {
    index_endscan(scan_);
    index_close(index_, NoLock);
  }
  UnregisterSnapshot(snapshot_);
}

ScanKeyData scan_key(int position, StrategyNumber strategy, RegProcedure procedure, Datum value) {
  ScanKeyData key;
  ScanKeyInit(&key, static_cast<AttrNumber>(position), strategy, procedure, value);
  return key;
}

ScanKeyData text_scan_key(int position, std::string_view value) {
  return scan_key(position, BTEqualStrategyNumber, F_TEXTEQ, make_text(value));
}

ScanKeyData after(const Place& place, ScanKeyData (&members)[2]) {
  // As the executor builds the key of a row comparison.
  ScanKeyEntryInitialize(&members[0], SK_ROW_MEMBER, 1, BTGreaterStrategyNumber, TIMESTAMPTZOID,
                         InvalidOid, F_TIMESTAMPTZ_CMP, TimestampTzGetDatum(place.at));
  ScanKeyEntryInitialize(&members[1], SK_ROW_MEMBER | SK_ROW_END, 2, BTGreaterStrategyNumber,
                         UUIDOID, InvalidOid, F_UUID_CMP, UUIDPGetDatum(&place.id));
  ScanKeyData key = {};
  key.sk_flags = SK_ROW_HEADER;
  key.sk_attno = 1;
  key.sk_strategy = BTGreaterStrategyNumber;
  key.sk_argument = PointerGetDatum(members);
  return key;
}

}  // namespace s2t::pg
