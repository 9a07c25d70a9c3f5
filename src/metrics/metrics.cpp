#include "metrics/metrics.h"

#include "pg/compat.h"
#include "pg/table.h"

namespace s2t::metrics {

namespace {

struct Call {
  Call* caller;
  instr_time started;
  int64_t rows_before;
  bool refused;
};

Call* innermost = nullptr;

Counters* counters_of(Procedure* procedure) {
  if (unlikely(!procedure->looked_up)) {
    procedure->counters = counters::of(procedure->name);
    procedure->looked_up = true;
  }
  return procedure->counters;
}

int64_t elapsed_ns(const Call& call) {
  instr_time now;
  INSTR_TIME_SET_CURRENT(now);
  INSTR_TIME_SUBTRACT(now, call.started);
  return pg::compat::nanoseconds(now);
}

}  // namespace

void request() { counters::request(); }

void count_refusal() {
  if (innermost != nullptr) innermost->refused = true;
}

Datum measure(Procedure* procedure, Body body, FunctionCallInfo fcinfo) {
  Counters* counters = counters_of(procedure);
  if (counters == nullptr) return body(fcinfo);

  Call call;
  call.caller = innermost;
  call.refused = false;
  call.rows_before = pg::rows_changed();
  INSTR_TIME_SET_CURRENT(call.started);
  innermost = &call;
  Datum result;
  PG_TRY();
  { result = body(fcinfo); }
  PG_CATCH();
  {
    innermost = call.caller;
    counters->add_duration(elapsed_ns(call));
    counters->add_error(geterrcode());
    PG_RE_THROW();
  }
  PG_END_TRY();
  innermost = call.caller;
  counters->add_duration(elapsed_ns(call));
  if (int64_t rows = pg::rows_changed() - call.rows_before; rows != 0)
    pg_atomic_fetch_add_u64(&counters->rows, rows);
  if (call.refused) pg_atomic_fetch_add_u64(&counters->refusals, 1);
  return result;
}

}  // namespace s2t::metrics
