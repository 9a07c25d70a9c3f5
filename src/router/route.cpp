// s2t_route_read, s2t_route_write: what is behind each of a router's routines that goes by an id
// and returns one row. It has the name, the arguments and the results of a routine of the API,
// finds the server by the slot of the id, and calls the twin that is there (docs/scale.md, "The
// parts").
#include "pg/encoding.h"
#include "pg/function.h"
#include "pg/function_cache.h"
#include "pg/packed.h"
#include "pg/remote.h"
#include "pg/subtransaction.h"
#include "procedures/shared/remote_caller.h"
#include "router/helper.h"
#include "router/map.h"
#include "router/transaction.h"

namespace s2t::router {

namespace {

using pg::Packing;

constexpr const char* kMoved = "S2M01";

// What this session knows of a routine, by its number.
struct Route {
  Oid oid;
  int inputs;
  int key;            // the argument that has the slot
  TupleDesc row;      // what it returns; nullptr if that is one value or nothing
  int columns;        // 0 for nothing
  Packing* question;  // the arguments, and who calls
  Packing* answer;    // the columns, and what a server tells beside them
};

// What of a server's answer is no result.
struct Problem {
  NullableDatum told;
  const char* sqlstate;  // nullptr where it is nothing but NOTICEs
  const char* message;
};

Form_pg_proc form(HeapTuple routine) { return reinterpret_cast<Form_pg_proc>(GETSTRUCT(routine)); }

// By the id of the user, else of the recording.
int find_key(HeapTuple routine) {
  Oid* types;
  char** names;
  char* modes;
  const int count = get_func_arg_info(routine, &types, &names, &modes);
  for (const char* key : {"in_user_id", "in_recording_id"}) {
    for (int i = 0; names != nullptr && i < Min(count, form(routine)->pronargs); i++)
      if (types[i] == UUIDOID && strcmp(names[i], key) == 0) return i;
  }
  ereport(ERROR, (errcode(ERRCODE_INVALID_FUNCTION_DEFINITION),
                  errmsg("%s() cannot be routed", NameStr(form(routine)->proname)),
                  errdetail("It has no argument in_user_id or in_recording_id of type uuid.")));
  pg_unreachable();
}

int find_columns(HeapTuple routine, TupleDesc row, Oid* types) {
  if (row == nullptr) {
    types[0] = form(routine)->prorettype;
    return types[0] == VOIDOID ? 0 : 1;
  }
  for (int i = 0; i < row->natts; i++) types[i] = TupleDescAttr(row, i)->atttypid;
  return row->natts;
}

Route make_route(Oid oid) {
  HeapTuple routine = SearchSysCache1(PROCOID, ObjectIdGetDatum(oid));
  if (!HeapTupleIsValid(routine)) elog(ERROR, "cache lookup failed for function %u", oid);
  Route route = {};
  route.oid = oid;
  route.inputs = form(routine)->pronargs;
  route.key = find_key(routine);

  Oid types[Packing::kMost];
  memcpy(types, form(routine)->proargtypes.values, sizeof(Oid) * route.inputs);
  types[route.inputs] = TEXTARRAYOID;
  route.question = Packing::make(TopMemoryContext, types, route.inputs + 1);

  TupleDesc row = nullptr;
  TypeFuncClass kind = get_func_result_type(oid, nullptr, &row);
  if (form(routine)->proretset || (row != nullptr && row->natts >= Packing::kMost) ||
      (kind != TYPEFUNC_SCALAR && kind != TYPEFUNC_COMPOSITE)) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_FUNCTION_DEFINITION),
                    errmsg("%s() cannot be routed", NameStr(form(routine)->proname)),
                    errdetail("It does not return one row.")));
  }
  if (kind == TYPEFUNC_COMPOSITE) {
    MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);
    route.row = BlessTupleDesc(CreateTupleDescCopy(row));
    MemoryContextSwitchTo(before);
  }
  route.columns = find_columns(routine, route.row, types);
  types[route.columns] = JSONBOID;
  route.answer = Packing::make(TopMemoryContext, types, route.columns + 1);
  ReleaseSysCache(routine);
  return route;
}

const Route* find_route(Oid oid) {
  static constinit pg::FunctionCache<Route> routes("s2t routes");
  if (const Route* known = routes.find(oid)) return known;
  return routes.add(make_route(oid));
}

text* ask(int shard, Datum twin, text* question) {
  // What PL/Proxy itself tells is not for the caller; ask_and_follow() puts it back.
  client_min_messages = ERROR;
  NullableDatum answer = call_helper(
      "call", {INT4OID, TEXTOID, TEXTOID},
      {{Int32GetDatum(shard), false}, {twin, false}, {PointerGetDatum(question), false}});
  if (answer.isnull) elog(ERROR, "server %d has not answered", shard);
  return DatumGetTextPP(answer.value);
}

// nullptr if there is none.
const char* field_of(Jsonb* problem, const char* key) {
  JsonbValue found;
  if (getKeyJsonValueFromContainer(&problem->root, key, static_cast<int>(strlen(key)), &found) ==
          nullptr ||
      found.type != jbvString)
    return nullptr;
  return pnstrdup(found.val.string.val, found.val.string.len);
}

Problem read_problem(NullableDatum told) {
  Problem problem = {told, nullptr, nullptr};
  if (told.isnull) return problem;
  Jsonb* json = DatumGetJsonbP(told.value);
  problem.sqlstate = field_of(json, "sqlstate");
  problem.message = field_of(json, "message");
  return problem;
}

// The server to repeat a failed call on, null if the error is the answer; raises another error
// where the server cannot be reached.
NullableDatum elsewhere(int shard, int attempt, const char* sqlstate, const char* message) {
  return call_helper("elsewhere", {INT4OID, INT4OID, TEXTOID, TEXTOID},
                     {{Int32GetDatum(shard), false},
                      {Int32GetDatum(attempt), false},
                      {CStringGetTextDatum(sqlstate), false},
                      {CStringGetTextDatum(message != nullptr ? message : ""), false}});
}

// Asks a server, and once more another one if the slot has moved there. Errors are raised.
void ask_and_follow(const Route* route, NullableDatum id, Datum twin, text* question, Datum* values,
                    bool* nulls) {
  int shard = shard_of(id);
  for (int attempt = 1;; attempt++) {
    text* answer = nullptr;
    const int level = client_min_messages;
    ErrorData* error = pg::run_in_subtransaction(CurrentMemoryContext,
                                                 [&] { answer = ask(shard, twin, question); });
    client_min_messages = level;
    NullableDatum next = {0, true};
    if (error != nullptr) {
      // A cancel is no answer, nor is what is out of order here.
      if (error->sqlerrcode != ERRCODE_QUERY_CANCELED)
        next = elsewhere(shard, attempt, unpack_sql_state(error->sqlerrcode), error->message);
      if (next.isnull) ReThrowError(error);
    } else {
      pg::in_database_encoding([&] { route->answer->unpack(answer, values, nulls); });
      const Problem problem = read_problem({values[route->columns], nulls[route->columns]});
      if (problem.told.isnull) return;
      if (problem.sqlstate != nullptr && strcmp(problem.sqlstate, kMoved) == 0)
        next = elsewhere(shard, attempt, problem.sqlstate, problem.message);
      if (next.isnull) {
        (void)call_helper("tell", {JSONBOID}, {problem.told});
        return;
      }
    }
    shard = DatumGetInt32(next.value);
  }
}

Datum route_call(FunctionCallInfo fcinfo, bool writes) {
  const Route* route = find_route(fcinfo->flinfo->fn_oid);
  const char* name = get_func_name(route->oid);
  if (writes) require_may_write(name);

  Datum values[Packing::kMost];
  bool nulls[Packing::kMost];
  for (int i = 0; i < route->inputs; i++) {
    values[i] = fcinfo->args[i].value;
    nulls[i] = fcinfo->args[i].isnull;
  }
  values[route->inputs] = procedures::tell_remote(pg::remote::session_caller());
  nulls[route->inputs] = false;
  text* question = nullptr;
  // Texts travel in the encoding of the database, as PL/Proxy tells the server.
  pg::in_database_encoding([&] { question = route->question->pack(values, nulls); });

  ask_and_follow(route, fcinfo->args[route->key], CStringGetTextDatum(name), question, values,
                 nulls);
  if (route->row != nullptr)
    PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(route->row, values, nulls)));
  if (route->columns == 0) PG_RETURN_VOID();
  if (nulls[0]) PG_RETURN_NULL();
  PG_RETURN_DATUM(values[0]);
}

}  // namespace

}  // namespace s2t::router

S2T_FUNCTION(s2t_route_read) { return s2t::router::route_call(fcinfo, false); }

S2T_FUNCTION(s2t_route_write) { return s2t::router::route_call(fcinfo, true); }
