// What was counted, as rows for SQL; views in the install script make it readable.
#include "failures/ring.h"
#include "metrics/counters.h"
#include "pg/compat.h"
#include "pg/function.h"

namespace s2t::metrics {

namespace {

void require_memory() {
  if (counters::available()) return;
  ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                  errmsg("calls are not counted on this server"),
                  errdetail("Counting needs shared memory."),
                  errhint("Add s2t to \"shared_preload_libraries\", and restart the server.")));
}

double seconds(pg_atomic_uint64* ns) { return static_cast<double>(pg_atomic_read_u64(ns)) / 1e9; }

Datum make_array(Datum* values, int count, Oid type) {
  int16 length;
  bool by_value;
  char alignment;
  get_typlenbyvalalign(type, &length, &by_value, &alignment);
  return PointerGetDatum(construct_array(values, count, type, length, by_value, alignment));
}

Datum class_name(uint32_t category) {
  if (category == Counters::kOtherClasses) return pg::make_text("other");
  char name[] = {static_cast<char>(PGUNSIXBIT(category)),
                 static_cast<char>(PGUNSIXBIT(category >> 6))};
  return pg::make_text({name, 2});
}

// Errors by class, as arrays that go together and as a JSON object.
struct Errors {
  Datum classes[Counters::kErrorClasses + 1];
  Datum counts[Counters::kErrorClasses + 1];
  int used = 0;
  int64 total = 0;
  StringInfoData json;
};

Errors read_errors(Counters* counters) {
  Errors errors;
  initStringInfo(&errors.json);
  for (Counters::Errors& error : counters->errors) {
    auto count = static_cast<int64>(pg_atomic_read_u64(&error.count));
    if (count == 0) continue;
    Datum name = class_name(pg_atomic_read_u32(&error.category));
    appendStringInfo(&errors.json, "%s\"%s\": " INT64_FORMAT, errors.used == 0 ? "{" : ", ",
                     TextDatumGetCString(name), count);
    errors.classes[errors.used] = name;
    errors.counts[errors.used++] = Int64GetDatum(count);
    errors.total += count;
  }
  appendStringInfoString(&errors.json, errors.used == 0 ? "{}" : "}");
  return errors;
}

void put_row(Counters* counters, ReturnSetInfo* rows) {
  Datum buckets[core::kLatencyBuckets];
  int64 calls = 0;
  for (int i = 0; i < core::kLatencyBuckets; i++) {
    calls += static_cast<int64>(pg_atomic_read_u64(&counters->buckets[i]));
    buckets[i] = Int64GetDatum(calls);
  }
  double total = seconds(&counters->total_ns);
  Errors errors = read_errors(counters);
  auto count = [](pg_atomic_uint64* counter) {
    return Int64GetDatum(static_cast<int64>(pg_atomic_read_u64(counter)));
  };
  Datum values[] = {
      pg::make_text(counters->procedure),
      Int64GetDatum(calls),
      Int64GetDatum(errors.total),
      DirectFunctionCall1(jsonb_in, CStringGetDatum(errors.json.data)),
      count(&counters->refusals),
      count(&counters->rows),
      Float8GetDatum(total),
      Float8GetDatum(calls == 0 ? 0 : total / static_cast<double>(calls)),
      Float8GetDatum(seconds(&counters->slowest_ns)),
      count(&counters->since),
      make_array(buckets, core::kLatencyBuckets, INT8OID),
      make_array(errors.classes, errors.used, TEXTOID),
      make_array(errors.counts, errors.used, INT8OID),
  };
  bool nulls[lengthof(values)] = {};
  if (rows->setDesc->natts != lengthof(values))
    elog(ERROR, "s2t_procedure_counters() is declared with other columns");
  tuplestore_putvalues(rows->setResult, rows->setDesc, values, nulls);
}

}  // namespace

}  // namespace s2t::metrics

S2T_FUNCTION(s2t_procedure_counters) {
  using namespace s2t::metrics;
  if (s2t::pg::Arguments(fcinfo).as_bool(0, "in_required")) require_memory();
  s2t::pg::compat::begin_materialized(fcinfo);
  auto* rows = castNode(ReturnSetInfo, fcinfo->resultinfo);
  int position = 0;
  while (Counters* counters = counters::next(&position)) put_row(counters, rows);
  return static_cast<Datum>(0);
}

S2T_FUNCTION(s2t_duration_bounds) {
  (void)fcinfo;
  Datum bounds[s2t::core::kLatencyBounds];
  for (int i = 0; i < s2t::core::kLatencyBounds; i++)
    bounds[i] = Float8GetDatum(s2t::core::latency_bound_seconds(i));
  return s2t::metrics::make_array(bounds, s2t::core::kLatencyBounds, FLOAT8OID);
}

S2T_FUNCTION(s2t_reset_metrics) {
  using namespace s2t::metrics;
  (void)fcinfo;
  require_memory();
  int position = 0;
  while (Counters* counters = counters::next(&position)) counters->reset();
  PG_RETURN_VOID();
}

S2T_FUNCTION(s2t_failure_marks_lost) {
  (void)fcinfo;
  s2t::failures::ring::attach();
  PG_RETURN_INT64(static_cast<int64>(s2t::failures::ring::lost()));
}
