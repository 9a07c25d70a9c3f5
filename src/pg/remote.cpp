#include "pg/remote.h"

namespace s2t::pg::remote {

namespace {

// Beyond this many bytes what is told goes where it always went.
constexpr int kMostBytes = 1024 * 1024;

// Everything of one call; its memory is a context of its own.
struct Call {
  MemoryContext memory = nullptr;
  Caller caller = {};
  StringInfoData notices = {};
  int log_min_messages = 0;  // as it stood before
};

Call current;
emit_log_hook_type next_hook = nullptr;

// Whether a message of `level` is for the server log, by the rule of the server (elog.c).
bool is_for_log(int level, int threshold) {
  if (level == LOG || level == LOG_SERVER_ONLY) return threshold == LOG || threshold <= ERROR;
  if (threshold == LOG) return level >= FATAL;
  return level >= threshold;
}

const char* name_of(int level) {
  switch (level) {
    case INFO:
      return "INFO";
    case NOTICE:
      return "NOTICE";
    default:
      return "WARNING";
  }
}

void add(StringInfo told, const char* key, const char* value) {
  if (value == nullptr || value[0] == '\0') return;
  appendStringInfo(told, "%s\"%s\": ", told->data[told->len - 1] == '{' ? "" : ", ", key);
  escape_json(told, value);
}

void add_words(StringInfo told, const ErrorData& error) {
  add(told, "sqlstate", unpack_sql_state(error.sqlerrcode));
  add(told, "message", error.message);
  add(told, "detail", error.detail);
  add(told, "hint", error.hint);
}

void collect(const ErrorData& error) {
  appendStringInfoString(&current.notices, current.notices.len == 0 ? "[{" : ", {");
  add(&current.notices, "level", name_of(error.elevel));
  add_words(&current.notices, error);
  appendStringInfoChar(&current.notices, '}');
}

// The server calls this for what goes to its log, which begin() has seen to.
void hook(ErrorData* error) {
  if (current.memory != nullptr) {
    const bool told = error->elevel == INFO || error->elevel == NOTICE || error->elevel == WARNING;
    if (told && current.notices.len < kMostBytes) {
      collect(*error);
      error->output_to_client = false;
    }
    error->output_to_server = is_for_log(error->elevel, current.log_min_messages);
  }
  if (error->output_to_server && next_hook != nullptr) next_hook(error);
}

void forget() {
  if (current.memory == nullptr) return;
  log_min_messages = current.log_min_messages;
  MemoryContext memory = current.memory;
  current = {};
  MemoryContextDelete(memory);
}

void at_end_of_transaction(XactEvent event, void* nothing) {
  (void)nothing;
  if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
    forget();
}

// The client's address as an inet, worked out once in the life of a backend; nullptr without one.
inet* client_address() {
  static inet* address = nullptr;
  static bool known = false;
  if (known) return address;
  known = true;
  LOCAL_FCINFO(call, 0);
  InitFunctionCallInfoData(*call, nullptr, 0, InvalidOid, nullptr, nullptr);
  MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
  Datum found = inet_client_addr(call);
  if (!call->isnull) address = DatumGetInetP(found);
  MemoryContextSwitchTo(caller);
  return address;
}

void prepare() {
  static bool prepared = false;
  if (prepared) return;
  RegisterXactCallback(at_end_of_transaction, nullptr);
  next_hook = emit_log_hook;
  emit_log_hook = hook;
  prepared = true;
}

}  // namespace

const Caller* caller() { return current.memory != nullptr ? &current.caller : nullptr; }

Caller session_caller() {
  return {GetUserNameFromId(GetSessionUserId(), false), GetUserNameFromId(GetOuterUserId(), false),
          client_address(), application_name != nullptr ? application_name : ""};
}

void begin(const Caller& told) {
  prepare();
  forget();
  Call call;
  call.memory = AllocSetContextCreate(TopMemoryContext, "s2t remote call", ALLOCSET_SMALL_SIZES);
  MemoryContext before = MemoryContextSwitchTo(call.memory);
  call.caller.session_role = pstrdup(told.session_role);
  call.caller.effective_role = pstrdup(told.effective_role);
  if (told.address != nullptr)
    call.caller.address = DatumGetInetP(datumCopy(InetPGetDatum(told.address), false, -1));
  call.caller.application = pstrdup(told.application);
  initStringInfo(&call.notices);
  MemoryContextSwitchTo(before);
  call.log_min_messages = log_min_messages;
  // The server shows its hook only what is for its log.
  log_min_messages = Min(log_min_messages, INFO);
  current = call;
}

const char* end() {
  const char* notices = nullptr;
  if (current.memory != nullptr && current.notices.len != 0)
    notices = psprintf("%s]", current.notices.data);
  forget();
  return notices;
}

const char* problem(const ErrorData* error, const char* notices) {
  if (error == nullptr && notices == nullptr) return nullptr;
  StringInfoData told;
  initStringInfo(&told);
  appendStringInfoChar(&told, '{');
  if (error != nullptr) {
    add_words(&told, *error);
    add(&told, "constraint", error->constraint_name);
    add(&told, "table", error->table_name);
    add(&told, "column", error->column_name);
    add(&told, "schema", error->schema_name);
    add(&told, "datatype", error->datatype_name);
  }
  if (notices != nullptr)
    appendStringInfo(&told, "%s\"notices\": %s", told.len == 1 ? "" : ", ", notices);
  appendStringInfoChar(&told, '}');
  return told.data;
}

}  // namespace s2t::pg::remote
