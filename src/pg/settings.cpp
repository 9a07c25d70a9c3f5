#include "pg/settings.h"

#include "pg/compat.h"

namespace s2t::pg::settings {

namespace {

char* timezone_name = nullptr;
pg_tz* timezone_value = nullptr;
bool lazy_rollover_value = true;

// The zone found by the check travels to the assignment in `extra`, which the server frees.
bool check_timezone(char** new_value, void** extra, GucSource /*source*/) {
  pg_tz* zone = pg_tzset(*new_value);
  if (zone == nullptr) {
    GUC_check_errdetail("The time zone \"%s\" is not known.", *new_value);
    return false;
  }
  if (!pg_tz_acceptable(zone)) {
    GUC_check_errdetail(
        "The time zone \"%s\" uses leap seconds, which PostgreSQL does not support.", *new_value);
    return false;
  }
  auto* holder = static_cast<pg_tz**>(compat::guc_alloc(sizeof(pg_tz*)));
  if (holder == nullptr) return false;
  *holder = zone;
  *extra = holder;
  return true;
}

void assign_timezone(const char* /*new_value*/, void* extra) {
  timezone_value = *static_cast<pg_tz**>(extra);
}

}  // namespace

void define() {
  DefineCustomStringVariable(
      "s2t.timezone", "Sets the time zone in which billing cycles begin and end.",
      "Cycles are calendar months of this time zone, whatever the session's is.", &timezone_name,
      "UTC", PGC_SUSET, 0, check_timezone, assign_timezone, nullptr);
  DefineCustomBoolVariable(
      "s2t.lazy_rollover", "Closes an ended billing cycle as soon as a procedure meets it.",
      "When off, an ended cycle stays open until sp_reset_monthly_cycles() closes it, and "
      "no recording can be created in it.",
      &lazy_rollover_value, true, PGC_SUSET, 0, nullptr, nullptr, nullptr);
#if PG_VERSION_NUM >= 150000
  MarkGUCPrefixReserved("s2t");
#else
  EmitWarningsOnPlaceholders("s2t");
#endif
}

pg_tz* timezone() { return timezone_value; }

bool lazy_rollover() { return lazy_rollover_value; }

}  // namespace s2t::pg::settings
