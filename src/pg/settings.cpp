#include "pg/settings.h"

#include "pg/compat.h"

namespace s2t::pg::settings {

bool detail::sharded = false;

namespace {

char* timezone_name = nullptr;
pg_tz* timezone_value = nullptr;
bool lazy_rollover_value = true;
bool mark_failed_value = true;
int audit_value = static_cast<int>(Audit::kChanges);
int log_level_value = DEBUG1;
bool refund_failed_value = true;
int stale_after_value = 6 * 3600;  // seconds
int max_attempts_value = 5;
int cycle_anchor_value = static_cast<int>(CycleAnchor::kCalendar);
char* blocked_statuses_value = nullptr;
int event_attempts_value = 10;
bool notify_value = false;
bool plans_read_only_value = false;

const config_enum_entry kCycleAnchorOptions[] = {
    {"calendar", static_cast<int>(CycleAnchor::kCalendar), false},
    {"registration", static_cast<int>(CycleAnchor::kRegistration), false},
    {nullptr, 0, false},
};

const config_enum_entry kAuditOptions[] = {
    {"off", static_cast<int>(Audit::kOff), false},
    {"changes", static_cast<int>(Audit::kChanges), false},
    {"all", static_cast<int>(Audit::kAll), false},
    {nullptr, 0, false},
};

const config_enum_entry kLogLevelOptions[] = {
    {"debug1", DEBUG1, false},
    {"log", LOG, false},
    {nullptr, 0, false},
};

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

bool is_blank(char letter) {
  return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r';
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
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
  DefineCustomBoolVariable(
      "s2t.mark_failed", "Marks a recording as failed when completing it fails for good.",
      "The mark is made after the caller's transaction has ended, also when it was rolled back.",
      &mark_failed_value, true, PGC_SUSET, 0, nullptr, nullptr, nullptr);
  DefineCustomEnumVariable(
      "s2t.audit", "Sets which events are recorded in audit_log.",
      "With \"changes\": changes of accounts and plans, refusals, failures, resets and cleanups; "
      "with \"all\": recordings created and completed, too.",
      &audit_value, static_cast<int>(Audit::kChanges), kAuditOptions, PGC_SUSET, 0, nullptr,
      nullptr, nullptr);
  DefineCustomEnumVariable(
      "s2t.log_level", "Sets the level at which changes of state are written to the server log.",
      nullptr, &log_level_value, DEBUG1, kLogLevelOptions, PGC_SUSET, 0, nullptr, nullptr, nullptr);
  DefineCustomBoolVariable(
      "s2t.refund_failed",
      "Gives back what a recording was charged when it fails without segments.",
      "Looked at when the recording fails.", &refund_failed_value, true, PGC_SUSET, 0, nullptr,
      nullptr, nullptr);
  DefineCustomIntVariable(
      "s2t.stale_after", "Sets how long a recording may be in processing without a sign of life.",
      "Older ones are failed when a create would be refused, and by sp_fail_stale_recordings().",
      &stale_after_value, 6 * 3600, 1, INT_MAX, PGC_SUSET, GUC_UNIT_S, nullptr, nullptr, nullptr);
  DefineCustomIntVariable(
      "s2t.max_attempts", "Sets how often a recording may be claimed before it has failed.",
      "A claim that was given back without an error does not count.", &max_attempts_value, 5, 1,
      INT_MAX, PGC_SUSET, 0, nullptr, nullptr, nullptr);
  DefineCustomEnumVariable("s2t.cycle_anchor", "Sets where billing cycles of new users begin.",
                           "With \"calendar\" on the first of a month, with \"registration\" on "
                           "the day of registration.",
                           &cycle_anchor_value, static_cast<int>(CycleAnchor::kCalendar),
                           kCycleAnchorOptions, PGC_SUSET, 0, nullptr, nullptr, nullptr);
  DefineCustomStringVariable(
      "s2t.blocked_statuses", "Sets the states of an account that may not begin recordings.",
      "A list of values of users.status, separated by commas.", &blocked_statuses_value,
      "blocked, disabled, suspended, banned, deleted", PGC_SUSET, GUC_LIST_INPUT, nullptr, nullptr,
      nullptr);
  DefineCustomIntVariable(
      "s2t.event_attempts", "Sets how often an event is given to a consumer before it is given up.",
      nullptr, &event_attempts_value, 10, 1, 1000000, PGC_SUSET, 0, nullptr, nullptr, nullptr);
  DefineCustomBoolVariable("s2t.notify",
                           "Wakes who listens when there is work or an event for them.",
                           "A commit that notifies takes a lock of the whole server.",
                           &notify_value, false, PGC_SUSET, 0, nullptr, nullptr, nullptr);
  DefineCustomBoolVariable(
      "s2t.sharded", "Says that this server is one of several, each with some of the slots.",
      "Rows of users are then written only where the table slots says that their slot is served.",
      &detail::sharded, false, PGC_SUSET, 0, nullptr, nullptr, nullptr);
  DefineCustomBoolVariable("s2t.plans_read_only",
                           "Refuses changes of plans, which another server publishes.",
                           "What a subscription brings is not refused.", &plans_read_only_value,
                           false, PGC_SUSET, 0, nullptr, nullptr, nullptr);
#if PG_VERSION_NUM >= 150000
  MarkGUCPrefixReserved("s2t");
#else
  EmitWarningsOnPlaceholders("s2t");
#endif
}

pg_tz* timezone() { return timezone_value; }

Audit audit() { return static_cast<Audit>(audit_value); }

int log_level() { return log_level_value; }

bool mark_failed() { return mark_failed_value; }

bool lazy_rollover() { return lazy_rollover_value; }

bool refund_failed() { return refund_failed_value; }

int64_t stale_after() { return int64_t{stale_after_value} * USECS_PER_SEC; }

int32_t max_attempts() { return max_attempts_value; }

CycleAnchor cycle_anchor() { return static_cast<CycleAnchor>(cycle_anchor_value); }

int event_attempts() { return event_attempts_value; }

bool plans_read_only() { return plans_read_only_value; }

bool notify() { return notify_value; }

bool is_blocked(std::string_view status) {
  std::string_view list = blocked_statuses_value != nullptr ? blocked_statuses_value : "";
  while (!list.empty()) {
    size_t comma = list.find(',');
    if (without_blanks(list.substr(0, comma)) == status) return !status.empty();
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace s2t::pg::settings
