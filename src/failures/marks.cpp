#include "failures/marks.h"

#include "failures/ring.h"
#include "pg/attempt.h"
#include "pg/ids.h"
#include "pg/settings.h"

namespace s2t::failures {

namespace {

// Marks of the running transaction, and those of ended ones that found no room in the ring yet.
struct Pending {
  static constexpr int kLimit = 10000;

  FailureMark* marks = nullptr;
  int count = 0;
  int room = 0;
};

// The error that is about to be raised leaves no mark.
bool spared = false;

Pending running;
Pending undelivered;

// Whether a retry of the same call would fail in the same way: the data are at fault, not the
// circumstances. But an unknown recording cannot be marked.
bool is_permanent(int sqlstate) {
  return pg::is_about_data(sqlstate) && sqlstate != ERRCODE_NO_DATA_FOUND;
}

// Makes room for `more` marks: where they are put, at the end of a transaction, memory must not be
// asked for any more.
void reserve(Pending* pending, int more) {
  int wanted = pending->count + more;
  if (wanted <= pending->room) return;
  int room = Max(wanted, Max(16, pending->room * 2));
  size_t bytes = sizeof(FailureMark) * static_cast<size_t>(room);
  pending->marks = static_cast<FailureMark*>(pending->marks == nullptr
                                                 ? MemoryContextAlloc(TopMemoryContext, bytes)
                                                 : repalloc(pending->marks, bytes));
  pending->room = room;
}

// Notes a mark of the running transaction, with room for it in both lists.
void note(const FailureMark& mark) {
  if (running.count + undelivered.count == Pending::kLimit) {
    ring::give_up(mark, "Too many marks of this session are waiting.");
    return;
  }
  reserve(&undelivered, running.count + 1);
  reserve(&running, 1);
  running.marks[running.count++] = mark;
}

// Hands over what can be handed over and keeps the rest for the next time.
void deliver() {
  int kept = 0;
  for (int i = 0; i < undelivered.count; i++) {
    if (kept > 0 || !ring::put(undelivered.marks[i]))
      undelivered.marks[kept++] = undelivered.marks[i];
  }
  undelivered.count = kept;
}

// After the commit record nothing may fail: note() has made the room.
void end_of_transaction(XactEvent event, void* /*argument*/) {
  switch (event) {
    case XACT_EVENT_COMMIT:
    case XACT_EVENT_ABORT:
    case XACT_EVENT_PREPARE:
      for (int i = 0; i < running.count; i++)
        undelivered.marks[undelivered.count++] = running.marks[i];
      running.count = 0;
      if (undelivered.count > 0) deliver();
      break;
    default:
      break;
  }
}

// A session that ends while the ring is full gives the worker a moment: it holds no locks any more.
void end_of_session(int /*code*/, Datum /*argument*/) {
  constexpr int kTries = 100;
  constexpr long kPauseUs = 10000;
  for (int i = 0; i < kTries && undelivered.count > 0; i++) {
    deliver();
    if (undelivered.count > 0) pg_usleep(kPauseUs);
  }
  for (int i = 0; i < undelivered.count; i++)
    ring::give_up(undelivered.marks[i], "There is no room for more marks.");
  undelivered.count = 0;
}

// A session that is ended within a transaction delivers when that has been rolled back, too late to
// wait. The shared memory is gone here.
void end_of_process(int /*code*/, Datum /*argument*/) {
  for (int i = 0; i < undelivered.count; i++)
    ring::tell_given_up(undelivered.marks[i],
                        "The session ended while there was no room for more marks.");
}

void register_callbacks() {
  static bool registered = false;
  if (registered) return;
  RegisterXactCallback(end_of_transaction, nullptr);
  before_shmem_exit(end_of_session, static_cast<Datum>(0));
  on_proc_exit(end_of_process, static_cast<Datum>(0));
  registered = true;
}

bool is_own(const ErrorData* error) { return strcmp(error->domain, S2T_DOMAIN) == 0; }

// The server's messages about data quote them: what stands between quotation marks is left out.
void append_unquoted(StringInfo text, const char* message) {
  bool quoted = false;
  for (const char* at = message; *at != '\0'; at++) {
    if (*at == '"') {
      appendStringInfoString(text, quoted ? "\"" : "\"...");
      quoted = !quoted;
    } else if (!quoted) {
      appendStringInfoChar(text, *at);
    }
  }
}

// Why it failed, without what was said: the reason outlives the transcript, and what a transcript
// said is nothing to keep of one that was not stored. The server's details show whole rows.
void describe(const ErrorData* error, char* reason) {
  StringInfoData text;
  initStringInfo(&text);
  if (!is_own(error) && ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_DATA_EXCEPTION) {
    append_unquoted(&text, error->message);
  } else {
    appendStringInfoString(&text, error->message);
  }
  const char* detail = error->detail_log != nullptr ? error->detail_log
                       : is_own(error)              ? error->detail
                                                    : nullptr;
  if (detail != nullptr) appendStringInfo(&text, ": %s", detail);
  int bytes = pg_mbcliplen(text.data, text.len, FailureMark::kReasonBytes - 1);
  memcpy(reason, text.data, bytes);
  reason[bytes] = '\0';
  pfree(text.data);
}

}  // namespace

void spare_recording() { spared = true; }

void prepare_for_failure() {
  spared = false;
  if (pg::settings::mark_failed() && !RecoveryInProgress()) ring::attach();
}

void remember_failure(const pg_uuid_t* recording_id, const Witness& witness, Oid schema) {
  // On a standby nothing can be marked, and the primary has seen no failure.
  if (spared || witness.attempt == 0 || !pg::settings::mark_failed() ||
      !is_permanent(geterrcode()) || RecoveryInProgress())
    return;
  register_callbacks();
  // The error itself lives in memory that nothing else may touch.
  MemoryContext handling = MemoryContextSwitchTo(TopTransactionContext);
  ErrorData* error = CopyErrorData();
  FailureMark mark = {MyDatabaseId, schema, GetUserId(), *recording_id, witness, ""};
  describe(error, mark.reason);
  note(mark);
  FreeErrorData(error);
  MemoryContextSwitchTo(handling);
}

void forget_failure(const pg_uuid_t* recording_id) {
  int kept = 0;
  for (int i = 0; i < running.count; i++) {
    if (!pg::same_id(running.marks[i].recording_id, *recording_id))
      running.marks[kept++] = running.marks[i];
  }
  running.count = kept;
}

}  // namespace s2t::failures
