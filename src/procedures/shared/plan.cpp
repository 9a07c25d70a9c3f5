#include "procedures/shared/plan.h"

#include "pg/function.h"

namespace s2t::procedures {

using pg::Locked;
using pg::Row;
using pg::RowLock;
using pg::Table;

namespace {

std::optional<int32_t> limit(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return Max(row.as_int32(column), 0);
}

// NULL elements are left out.
std::span<const int32_t> read_percents(const Row& row) {
  bool null;
  Datum value = row.datum(pg::plans::alert_percents, &null);
  if (null) return {};
  Datum* elements;
  bool* nulls;
  int count;
  deconstruct_array(DatumGetArrayTypeP(value), INT4OID, sizeof(int32), true, TYPALIGN_INT,
                    &elements, &nulls, &count);
  auto* percents = static_cast<int32_t*>(palloc(sizeof(int32_t) * Max(count, 1)));
  size_t used = 0;
  for (int i = 0; i < count; i++) {
    if (!nulls[i]) percents[used++] = DatumGetInt32(elements[i]);
  }
  return {percents, used};
}

void read_plan(const Row& row, Plan* plan) {
  namespace p = pg::plans;
  std::string_view code = row.as_text(p::code);
  plan->id = *row.as_uuid(p::id);
  plan->code = {pnstrdup(code.data(), code.size()), code.size()};
  plan->limits = {limit(row, p::monthly_minutes), limit(row, p::monthly_usage_limit),
                  limit(row, p::max_recording_minutes)};
  plan->carry_over_minutes = row.as_int32(p::carry_over_minutes);
  plan->alert_percents = read_percents(row);
  plan->retention_days = limit(row, p::retention_days);
  plan->active = row.as_bool(p::is_active, true);
}

}  // namespace

bool find_plan(Table* plans, std::string_view code, Plan* plan) {
  Row row;
  if (!plans->find(pg::plans::by_code, pg::make_text(code), &row)) return false;
  read_plan(row, plan);
  return true;
}

bool find_plan(Table* plans, const pg_uuid_t* id, Plan* plan) {
  Row row;
  if (!plans->find(pg::plans::by_id, UUIDPGetDatum(id), &row)) return false;
  read_plan(row, plan);
  return true;
}

bool hold_plan(Table* plans, std::string_view code, Plan* plan) {
  Row row;
  if (plans->lock(pg::plans::by_code, pg::make_text(code), RowLock::kKeyShare, &row) !=
      Locked::kYes)
    return false;
  read_plan(row, plan);
  return true;
}

// There is at most one default plan, and few plans: no index needed.
bool hold_default_plan(Table* plans, Plan* plan) {
  pg::Scan scan = plans->scan();
  bool found = false;
  Row row;
  while (!found && scan.next(&row)) {
    if (!row.as_bool(pg::plans::is_default) || !row.as_bool(pg::plans::is_active, true)) continue;
    read_plan(row, plan);
    found = true;
  }
  scan.end();
  return found && hold_plan(plans, plan->code, plan) && plan->active;
}

}  // namespace s2t::procedures
