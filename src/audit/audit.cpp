#include "audit/audit.h"

#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "pg/remote.h"
#include "pg/table.h"

namespace s2t::audit {

using pg::make_text;
using pg::Session;
using pg::Table;
using pg::Values;

namespace {

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kDone:
      return "done";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kFailed:
      break;
  }
  return "failed";
}

// Who calls: the session's client or, in a call for somebody else, the router's. That one is
// copied: a default of the table may call what ends the call.
pg::remote::Caller caller() {
  if (const pg::remote::Caller* remote = pg::remote::caller(); remote != nullptr) {
    pg::remote::Caller copy = *remote;
    if (copy.address != nullptr)
      copy.address = DatumGetInetP(datumCopy(InetPGetDatum(copy.address), false, -1));
    return copy;
  }
  return pg::remote::session_caller();
}

std::optional<std::string_view> unless_empty(const char* text) {
  if (text == nullptr || text[0] == '\0') return std::nullopt;
  return text;
}

void insert_row(Session* session, const Event& event) {
  namespace a = pg::audit_log;
  TimestampTz now = Session::now();
  const pg_uuid_t* owner = event.user_id != nullptr ? event.user_id : event.recording_id;
  pg_uuid_t id = pg::new_id(now, owner != nullptr ? pg::slot_of(owner) : 0);
  Values row;
  row.set(a::id, UUIDPGetDatum(&id));
  row.set(a::at, TimestampTzGetDatum(now));
  const pg::remote::Caller who = caller();
  row.set(a::session_role, make_text(who.session_role));
  row.set(a::effective_role, make_text(who.effective_role));
  row.set_or_null(a::client_addr, who.address);
  row.set_or_null(a::application_name, unless_empty(who.application));
  row.set(a::procedure_name, make_text(event.procedure));
  row.set_or_null(a::user_id, event.user_id);
  row.set_or_null(a::recording_id, event.recording_id);
  row.set(a::outcome, make_text(name_of(event.outcome)));
  row.set_or_null(a::detail, unless_empty(event.detail));
  Table audit_log = Table::open(session, a::kTable, pg::kInsert);
  (void)audit_log.insert_one(row);
}

void log(const Event& event) {
  int level = pg::settings::log_level();
  if (!message_level_is_interesting(level)) return;
  StringInfoData line;
  initStringInfo(&line);
  appendStringInfo(&line, "%s: %s", event.procedure, name_of(event.outcome));
  if (event.user_id != nullptr) appendStringInfo(&line, ", user %s", pg::to_cstring(event.user_id));
  if (event.recording_id != nullptr)
    appendStringInfo(&line, ", recording %s", pg::to_cstring(event.recording_id));
  if (event.detail != nullptr) appendStringInfo(&line, ", %s", event.detail);
  ereport(level, (errmsg_internal("%s", line.data), errhidestmt(true)));
}

// A database whose extension has not been updated since the library was has no such table yet: it
// is not audited, and its procedures go on working.
bool has_audit_log(const Session& session) {
  if (OidIsValid(get_relname_relid(pg::audit_log::kTable.name, session.schema()))) return true;
  static bool told = false;
  if (!told) {
    ereport(LOG, (errmsg("table \"audit_log\" does not exist, nothing is audited"),
                  errhint("Use ALTER EXTENSION s2t UPDATE, and call s2t_install().")));
  }
  told = true;
  return false;
}

}  // namespace

void write(Session* session, pg::settings::Audit kind, const Event& event) {
  log(event);
  if (event.outcome == Outcome::kRefused) metrics::count_refusal();
  if (pg::settings::audit() < kind || !has_audit_log(*session)) return;
  insert_row(session, event);
}

}  // namespace s2t::audit
