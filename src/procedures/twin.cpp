// s2t_twin: what is behind each of the schema s2t_shard's twins, which a router calls. A twin has
// the name and the arguments of a routine of the API, and who calls as one more; it returns what
// that routine does, and one more column for an error and NOTICEs (docs/scale.md, "The parts").
#include "pg/compat.h"
#include "pg/function.h"
#include "pg/function_cache.h"
#include "pg/remote.h"
#include "pg/subtransaction.h"
#include "procedures/shared/remote_caller.h"

extern "C" {
#include "catalog/indexing.h"
#include "catalog/pg_extension.h"
#include "executor/tstoreReceiver.h"
#include "nodes/params.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
}

namespace {

namespace remote = s2t::pg::remote;
using s2t::pg::run_in_subtransaction;

// What this session knows of a twin, by the twin's number, which is new when it is made anew.
struct Twin {
  Oid oid;
  HeapTuple own;  // of pg_proc
  TupleDesc row;  // what it returns; nullptr if that is nothing but a problem
  Oid schema;     // of the routine; InvalidOid until it has been looked up
  NameData name;  // of that schema, at that time
  uint64_t seen;  // changes of routines before that
  Oid direct;     // the routine, where it needs no plan
  SPIPlanPtr call;
  SPIPlanPtr fence;  // or nullptr
  int depth;         // calls of it that are going on, one within another
};

// Changes of any routine that this session has heard of.
uint64_t changes = 0;

Form_pg_proc form(HeapTuple routine) { return reinterpret_cast<Form_pg_proc>(GETSTRUCT(routine)); }

Oid find_schema() {
  Relation extensions = table_open(ExtensionRelationId, AccessShareLock);
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
              CStringGetDatum("s2t"));
  SysScanDesc scan = systable_beginscan(extensions, ExtensionNameIndexId, true, nullptr, 1, &key);
  HeapTuple extension = systable_getnext(scan);
  Oid schema = InvalidOid;
  if (HeapTupleIsValid(extension))
    schema = reinterpret_cast<Form_pg_extension>(GETSTRUCT(extension))->extnamespace;
  systable_endscan(scan);
  table_close(extensions, AccessShareLock);
  return schema;
}

// The routine of the twin's name and arguments; others may have put some of that name beside it.
HeapTuple find_routine(const Form_pg_proc twin, Oid schema) {
  const char* name = NameStr(twin->proname);
  const int count = twin->pronargs - 1;
  HeapTuple found = nullptr;
  CatCList* list = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
  for (int i = 0; i < list->n_members; i++) {
    HeapTuple tuple = &list->members[i]->tuple;
    const Form_pg_proc routine = form(tuple);
    if (routine->pronamespace == schema && routine->pronargs == count &&
        memcmp(routine->proargtypes.values, twin->proargtypes.values, sizeof(Oid) * count) == 0)
      found = heap_copytuple(tuple);
  }
  ReleaseSysCacheList(list);
  if (found == nullptr) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
                    errmsg("extension s2t has no routine %s", quote_identifier(name)),
                    errhint("Update the extensions s2t and s2t_shard to one version.")));
  }
  return found;
}

const char* print_mismatch(const Form_pg_proc twin) {
  return psprintf("%s() returns something else than its twin", NameStr(twin->proname));
}

// Who owns the routines may have put another in the place of one.
[[noreturn]] void raise_mismatch(const Form_pg_proc twin) {
  ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("%s", print_mismatch(twin)),
                  errhint("Update the extensions s2t and s2t_shard to one version.")));
  pg_unreachable();
}

// How the routine is called. What returns rows gets the column for the problem here.
const char* print_call(const Form_pg_proc routine, const char* schema) {
  const char* begin = "SELECT r.* FROM";
  if (routine->proretset) begin = "SELECT r.*, NULL::pg_catalog.jsonb FROM";
  if (routine->prokind == PROKIND_PROCEDURE) begin = "CALL";
  StringInfoData query;
  initStringInfo(&query);
  appendStringInfo(&query, "%s %s.%s(", begin, schema, quote_identifier(NameStr(routine->proname)));
  for (int i = 1; i <= routine->pronargs; i++)
    appendStringInfo(&query, "%s$%d", i == 1 ? "" : ", ", i);
  appendStringInfoString(&query, routine->prokind == PROKIND_PROCEDURE ? ")" : ") AS r");
  return query.data;
}

// Routines in C look by themselves whether a slot is here; for others it is done before them, since
// a router whose map is old must not read what has left. Returns nullptr if no argument has a slot.
const char* print_fence(HeapTuple twin, const char* schema) {
  Oid* types;
  char** names;
  char* modes;
  int count = get_func_arg_info(twin, &types, &names, &modes);
  for (const char* key : {"in_user_id", "in_recording_id", "in_ids"}) {
    for (int i = 0; names != nullptr && i < count; i++) {
      if (strcmp(names[i], key) != 0) continue;
      int n = i + 1;
      if (types[i] == UUIDOID) {
        return psprintf("SELECT %s.s2t_check_slot(%s.s2t_slot($%d)) WHERE $%d IS NOT NULL", schema,
                        schema, n, n);
      }
      return psprintf(
          "SELECT %s.s2t_hold_slot(i.slot)"
          "  FROM (SELECT DISTINCT %s.s2t_slot(id) AS slot FROM pg_catalog.unnest($%d) AS id"
          "         WHERE id IS NOT NULL ORDER BY 1) AS i",
          schema, schema, n);
    }
  }
  return nullptr;
}

SPIPlanPtr prepare(const char* query, const Twin* twin) {
  // All arguments but the last, which says who calls.
  Form_pg_proc own = form(twin->own);
  SPIPlanPtr plan = SPI_prepare(query, own->pronargs - 1, own->proargtypes.values);
  if (plan == nullptr || SPI_keepplan(plan) != 0) elog(ERROR, "cannot prepare \"%s\"", query);
  return plan;
}

// Whether the columns of a routine that returns one row are those of its twin.
bool has_columns(Oid routine, const Twin* twin) {
  const int count = twin->row == nullptr ? 0 : twin->row->natts - 1;
  Oid type = InvalidOid;
  TupleDesc row = nullptr;
  TypeFuncClass kind = get_func_result_type(routine, &type, &row);
  if (kind == TYPEFUNC_SCALAR && type == VOIDOID) return count == 0;
  if (kind == TYPEFUNC_SCALAR) return count == 1 && TupleDescAttr(twin->row, 0)->atttypid == type;
  if (kind != TYPEFUNC_COMPOSITE || row->natts != count) return false;
  for (int i = 0; i < count; i++) {
    if (TupleDescAttr(row, i)->atttypid != TupleDescAttr(twin->row, i)->atttypid) return false;
  }
  return true;
}

// Whether a routine is called without a plan: what a statement does around a function in C is
// little, but takes 10 us. It would not call a strict one without all of its arguments.
bool needs_no_plan(const Form_pg_proc routine) {
  return routine->prolang == ClanguageId && routine->prokind == PROKIND_FUNCTION &&
         !routine->proretset && !routine->proisstrict;
}

void look_up_routine(Twin* twin) {
  const uint64_t seen = changes;
  Form_pg_proc own = form(twin->own);
  Oid schema_oid = find_schema();
  Form_pg_proc routine = form(find_routine(own, schema_oid));
  if (routine->proretset != own->proretset) raise_mismatch(own);
  if (!routine->proretset && !has_columns(routine->oid, twin)) raise_mismatch(own);

  const char* name = get_namespace_name(schema_oid);
  const char* schema = quote_identifier(name);
  // What a call further out is at stays there: a schema renamed in the middle of it is rare enough.
  if (twin->depth == 1 && twin->call != nullptr) SPI_freeplan(twin->call);
  if (twin->depth == 1 && twin->fence != nullptr) SPI_freeplan(twin->fence);
  twin->schema = twin->direct = InvalidOid;
  twin->call = twin->fence = nullptr;
  if (needs_no_plan(routine)) {
    twin->direct = routine->oid;
  } else {
    const char* fence = routine->prolang == ClanguageId ? nullptr : print_fence(twin->own, schema);
    SPI_connect();
    twin->call = prepare(print_call(routine, schema), twin);
    if (fence != nullptr) twin->fence = prepare(fence, twin);
    SPI_finish();
  }
  namestrcpy(&twin->name, name);
  twin->seen = seen;
  twin->schema = schema_oid;
}

void note_change(Datum /*argument*/, int /*cache*/, uint32 /*hash*/) { changes++; }

// Another routine may be in the place of the one that was looked up; and the texts of the plans
// have the schema's name, so that they are made anew after ALTER SCHEMA ... RENAME.
bool is_up_to_date(const Twin* twin) {
  if (!OidIsValid(twin->schema) || twin->seen != changes) return false;
  const char* name = get_namespace_name(twin->schema);
  return name != nullptr && strcmp(name, NameStr(twin->name)) == 0;
}

// What a superuser may have bound to s2t_twin(): who calls is last, and so is the problem.
bool is_twin(const Form_pg_proc own, TypeFuncClass kind, const TupleDesc row) {
  if (own->prokind != PROKIND_FUNCTION || own->pronargs == 0) return false;
  if (own->proargtypes.values[own->pronargs - 1] != TEXTARRAYOID) return false;
  if (kind == TYPEFUNC_SCALAR) return own->prorettype == JSONBOID && !own->proretset;
  return kind == TYPEFUNC_COMPOSITE && own->prorettype == RECORDOID &&
         TupleDescAttr(row, row->natts - 1)->atttypid == JSONBOID;
}

Twin* find_twin(FunctionCallInfo fcinfo) {
  static constinit s2t::pg::FunctionCache<Twin> twins("s2t twins");
  static bool registered = false;
  if (!registered) CacheRegisterSyscacheCallback(PROCOID, note_change, 0);
  registered = true;
  Oid oid = fcinfo->flinfo->fn_oid;
  if (Twin* known = twins.find(oid)) return known;

  TupleDesc row = nullptr;
  TypeFuncClass kind = get_func_result_type(oid, nullptr, &row);
  HeapTuple own = SearchSysCache1(PROCOID, ObjectIdGetDatum(oid));
  if (!HeapTupleIsValid(own)) elog(ERROR, "cache lookup failed for function %u", oid);
  if (!is_twin(form(own), kind, row)) {
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_FUNCTION_DEFINITION),
             errmsg("%s() cannot be a twin", NameStr(form(own)->proname)),
             errdetail("Its last argument must be of text[], and its last column of jsonb.")));
  }
  Twin twin = {};
  twin.oid = oid;
  MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);
  twin.own = heap_copytuple(own);
  if (kind == TYPEFUNC_COMPOSITE) twin.row = BlessTupleDesc(CreateTupleDescCopy(row));
  MemoryContextSwitchTo(before);
  ReleaseSysCache(own);
  return twins.add(twin);
}

ParamListInfo make_parameters(FunctionCallInfo fcinfo, const Twin* twin) {
  Form_pg_proc own = form(twin->own);
  ParamListInfo parameters = makeParamList(own->pronargs - 1);
  for (int i = 0; i < own->pronargs - 1; i++) {
    parameters->params[i] = {fcinfo->args[i].value, fcinfo->args[i].isnull, PARAM_FLAG_CONST,
                             own->proargtypes.values[i]};
  }
  return parameters;
}

// Calls the routine as a statement would, and takes its row.
void call_directly(FunctionCallInfo fcinfo, const Twin* twin, Datum* values, bool* nulls) {
  const int inputs = form(twin->own)->pronargs - 1;
  const bool returns_row = type_is_rowtype(get_func_rettype(twin->direct));
  if (!s2t::pg::compat::may_execute(twin->direct, GetUserId()))
    aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, NameStr(form(twin->own)->proname));
  LOCAL_FCINFO(call, FUNC_MAX_ARGS);
  FmgrInfo function;
  fmgr_info(twin->direct, &function);
  InitFunctionCallInfoData(*call, &function, inputs, InvalidOid, nullptr, nullptr);
  memcpy(call->args, fcinfo->args, sizeof(NullableDatum) * inputs);
  CommandCounterIncrement();
  PushActiveSnapshot(GetTransactionSnapshot());
  Datum result = FunctionCallInvoke(call);
  PopActiveSnapshot();
  CommandCounterIncrement();

  if (twin->row == nullptr || call->isnull) return;
  if (!returns_row) {
    values[0] = result;
    nulls[0] = false;
    return;
  }
  s2t::pg::read_row(result, twin->row, values, nulls);
}

// Calls the routine by a statement. Rows go to `rows`, which is nullptr for what returns one; that
// is in SPI_tuptable.
void call_by_plan(FunctionCallInfo fcinfo, const Twin* twin, Tuplestorestate* rows) {
  SPIExecuteOptions options = {};
  options.params = make_parameters(fcinfo, twin);
  if (twin->fence != nullptr && SPI_execute_plan_extended(twin->fence, &options) < 0)
    elog(ERROR, "cannot look at a slot");
  if (rows != nullptr) {
    options.dest = CreateDestReceiver(DestTuplestore);
    SetTuplestoreDestReceiverParams(options.dest, rows, CurrentMemoryContext, false, twin->row,
                                    print_mismatch(form(twin->own)));
  }
  if (SPI_execute_plan_extended(twin->call, &options) < 0)
    elog(ERROR, "cannot call %s()", NameStr(form(twin->own)->proname));
}

// Copies the row in SPI_tuptable, which has all columns of the twin's but the last.
void take_row(const Twin* twin, MemoryContext context, Datum* values, bool* nulls) {
  int count = twin->row->natts - 1;
  if (SPI_processed != 1 || SPI_tuptable == nullptr || SPI_tuptable->tupdesc->natts != count)
    raise_mismatch(form(twin->own));
  MemoryContext before = MemoryContextSwitchTo(context);
  for (int i = 0; i < count; i++) {
    Form_pg_attribute column = TupleDescAttr(twin->row, i);
    if (TupleDescAttr(SPI_tuptable->tupdesc, i)->atttypid != column->atttypid)
      raise_mismatch(form(twin->own));
    values[i] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1, &nulls[i]);
    if (!nulls[i]) values[i] = datumCopy(values[i], column->attbyval, column->attlen);
  }
  MemoryContextSwitchTo(before);
}

// The store of a function that returns rows, as "C-Language Functions" of the manual has it.
Tuplestorestate* begin_rows(FunctionCallInfo fcinfo, const Twin* twin) {
  auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  if (result == nullptr || !IsA(result, ReturnSetInfo) ||
      (result->allowedModes & SFRM_Materialize) == 0)
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("set-valued function called in context that cannot accept a set")));
  MemoryContext before = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
  result->returnMode = SFRM_Materialize;
  result->setResult = tuplestore_begin_heap(true, false, work_mem);
  result->setDesc = CreateTupleDescCopy(twin->row);
  MemoryContextSwitchTo(before);
  return result->setResult;
}

}  // namespace

S2T_FUNCTION(s2t_twin) {
  Twin* twin = find_twin(fcinfo);
  Form_pg_proc own = form(twin->own);
  Tuplestorestate* rows = own->proretset ? begin_rows(fcinfo, twin) : nullptr;
  int columns = twin->row == nullptr ? 1 : twin->row->natts;
  auto* values = static_cast<Datum*>(palloc0(sizeof(Datum) * columns));
  auto* nulls = static_cast<bool*>(palloc(sizeof(bool) * columns));
  memset(nulls, true, sizeof(bool) * columns);

  MemoryContext context = CurrentMemoryContext;
  ErrorData* error = run_in_subtransaction(context, [&] {
    twin->depth++;
    s2t::procedures::begin_remote(fcinfo->args[own->pronargs - 1]);
    if (!is_up_to_date(twin)) look_up_routine(twin);
    if (OidIsValid(twin->direct)) {
      call_directly(fcinfo, twin, values, nulls);
      return;
    }
    SPI_connect();
    call_by_plan(fcinfo, twin, rows);
    if (rows == nullptr && twin->row != nullptr) take_row(twin, context, values, nulls);
    SPI_finish();
  });
  twin->depth--;
  const char* notices = remote::end();
  // What WHEN OTHERS of PL/pgSQL lets pass, too.
  if (error != nullptr &&
      (error->sqlerrcode == ERRCODE_QUERY_CANCELED || error->sqlerrcode == ERRCODE_ASSERT_FAILURE))
    ReThrowError(error);

  const char* problem = remote::problem(error, notices);
  if (error != nullptr) {
    memset(nulls, true, sizeof(bool) * columns);
    if (rows != nullptr) tuplestore_clear(rows);
  }
  if (problem != nullptr) {
    values[columns - 1] = DirectFunctionCall1(jsonb_in, CStringGetDatum(problem));
    nulls[columns - 1] = false;
  }
  if (rows != nullptr) {
    if (problem != nullptr) tuplestore_putvalues(rows, twin->row, values, nulls);
    PG_RETURN_NULL();
  }
  if (twin->row == nullptr) {
    if (problem == nullptr) PG_RETURN_NULL();
    PG_RETURN_DATUM(values[0]);
  }
  PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(twin->row, values, nulls)));
}
