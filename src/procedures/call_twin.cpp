// s2t_call: what a router calls, to call a twin (twin.cpp) whose arguments and results are in one
// text each: a statement with many columns costs a server more to parse than to carry out.
#include "pg/compat.h"
#include "pg/function.h"
#include "pg/function_cache.h"
#include "pg/packed.h"

namespace {

using s2t::pg::Packing;

// What this session knows of a twin, by the twin's number.
struct Known {
  Oid oid;
  TupleDesc row;  // what it returns; nullptr if that is one value
  Packing* arguments;
  Packing* results;
};

Form_pg_proc form(HeapTuple routine) { return reinterpret_cast<Form_pg_proc>(GETSTRUCT(routine)); }

// A function of this name and these arguments, in the schema that s2t_call() itself is in. Who may
// not execute it may not call it this way.
Oid find_function(FunctionCallInfo fcinfo, const char* name, const Oid* types, int count) {
  Oid found = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
                              PointerGetDatum(buildoidvector(types, count)),
                              ObjectIdGetDatum(get_func_namespace(fcinfo->flinfo->fn_oid)));
  if (!OidIsValid(found)) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
                    errmsg("extension s2t_shard has no twin %s", quote_identifier(name)),
                    errhint("Update s2t, s2t_shard and s2t_router to one version.")));
  }
  if (!s2t::pg::compat::may_execute(found, GetUserId()))
    aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, name);
  return found;
}

// Whether a function is s2t_twin() of this library, and returns one row. Others might return what
// they do not declare, or nothing.
bool is_twin_of_one_row(HeapTuple function) {
  bool is_null = true;
  Datum symbol = SysCacheGetAttr(PROCOID, function, Anum_pg_proc_prosrc, &is_null);
  return form(function)->prolang == ClanguageId && !form(function)->proretset && !is_null &&
         strcmp(TextDatumGetCString(symbol), "s2t_twin") == 0;
}

Known make_known(HeapTuple function) {
  Known twin = {};
  twin.oid = form(function)->oid;
  twin.arguments =
      Packing::make(TopMemoryContext, form(function)->proargtypes.values, form(function)->pronargs);
  Oid types[Packing::kMost] = {JSONBOID};
  int count = 1;
  TupleDesc row = nullptr;
  if (get_func_result_type(twin.oid, nullptr, &row) == TYPEFUNC_COMPOSITE) {
    MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);
    twin.row = CreateTupleDescCopy(row);
    MemoryContextSwitchTo(before);
    count = row->natts;
    if (count > Packing::kMost) elog(ERROR, "function %u has too many columns", twin.oid);
    for (int i = 0; i < count; i++) types[i] = TupleDescAttr(row, i)->atttypid;
  }
  twin.results = Packing::make(TopMemoryContext, types, count);
  return twin;
}

const Known* find(Oid oid) {
  static constinit s2t::pg::FunctionCache<Known> twins("s2t twins called");
  HeapTuple function = SearchSysCache1(PROCOID, ObjectIdGetDatum(oid));
  if (!HeapTupleIsValid(function)) elog(ERROR, "cache lookup failed for function %u", oid);
  // At every call: its owner may have put another in the place of one that is known.
  if (!is_twin_of_one_row(function)) {
    ereport(ERROR,
            (errcode(ERRCODE_WRONG_OBJECT_TYPE),
             errmsg("%s() is no twin that returns one row", NameStr(form(function)->proname))));
  }
  const Known* twin = twins.find(oid);
  if (twin == nullptr) twin = twins.add(make_known(function));
  ReleaseSysCache(function);
  return twin;
}

}  // namespace

S2T_FUNCTION(s2t_call) {
  const char* name = TextDatumGetCString(PG_GETARG_DATUM(0));
  text* packed = PG_GETARG_TEXT_PP(1);
  Oid types[Packing::kMost];
  const int count = s2t::pg::read_types(packed, types);
  const Known* twin = find(find_function(fcinfo, name, types, count));

  LOCAL_FCINFO(call, FUNC_MAX_ARGS);
  FmgrInfo function;
  fmgr_info(twin->oid, &function);
  InitFunctionCallInfoData(*call, &function, count, InvalidOid, nullptr, nullptr);
  Datum values[Packing::kMost];
  bool nulls[Packing::kMost];
  twin->arguments->unpack(packed, values, nulls);
  for (int i = 0; i < count; i++) call->args[i] = {values[i], nulls[i]};
  values[0] = FunctionCallInvoke(call);
  nulls[0] = call->isnull;

  if (twin->row != nullptr) {
    if (nulls[0]) elog(ERROR, "twin %s() has returned no row", name);
    s2t::pg::read_row(values[0], twin->row, values, nulls);
  }
  PG_RETURN_TEXT_P(twin->results->pack(values, nulls));
}
