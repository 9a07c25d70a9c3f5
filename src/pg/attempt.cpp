#include "pg/attempt.h"

#include "pg/subtransaction.h"

extern "C" {
#include "nodes/parsenodes.h"
}

namespace s2t::pg {

namespace {

// Classes that the SQL standard leaves to implementations begin with 5 to 9 or I to Z; these are
// the server's own ("PostgreSQL Error Codes" of the manual), all others an owner's.
bool is_owners_class(int sqlstate) {
  int first = sqlstate & 0x3F;
  if (first < '5' - '0' || (first > '9' - '0' && first < 'I' - '0')) return false;
  switch (ERRCODE_TO_CATEGORY(sqlstate)) {
    case MAKE_SQLSTATE('5', '3', '0', '0', '0'):
    case MAKE_SQLSTATE('5', '4', '0', '0', '0'):
    case MAKE_SQLSTATE('5', '5', '0', '0', '0'):
    case MAKE_SQLSTATE('5', '7', '0', '0', '0'):
    case MAKE_SQLSTATE('5', '8', '0', '0', '0'):
    case MAKE_SQLSTATE('7', '2', '0', '0', '0'):
    case MAKE_SQLSTATE('P', '0', '0', '0', '0'):
    case MAKE_SQLSTATE('X', 'X', '0', '0', '0'):
      return false;
    default:
      return true;
  }
}

// SET CONSTRAINTS ALL IMMEDIATE: what waits for the commit is looked at here.
void settle_deferred() {
  auto* statement = makeNode(ConstraintsSetStmt);
  statement->constraints = NIL;
  statement->deferred = false;
  AfterTriggerSetState(statement);
}

}  // namespace

bool is_about_data(int sqlstate) {
  switch (ERRCODE_TO_CATEGORY(sqlstate)) {
    case MAKE_SQLSTATE('0', '9', '0', '0', '0'):  // triggered action
    case MAKE_SQLSTATE('2', '1', '0', '0', '0'):  // cardinality
    case MAKE_SQLSTATE('2', '2', '0', '0', '0'):  // data
    case MAKE_SQLSTATE('2', '3', '0', '0', '0'):  // integrity constraint
    case MAKE_SQLSTATE('2', '7', '0', '0', '0'):  // triggered data change
    case MAKE_SQLSTATE('4', '4', '0', '0', '0'):  // check option
    case MAKE_SQLSTATE('P', '0', '0', '0', '0'):  // raised by a trigger
      return true;
    default:
      return false;
  }
}

bool attempt(Refusal* refusal, Deferred deferred, void (*body)(void*), void* argument) {
  MemoryContext scratch =
      AllocSetContextCreate(CurrentMemoryContext, "s2t attempt", ALLOCSET_DEFAULT_SIZES);
  ErrorData* error = run_in_subtransaction(scratch, [&] {
    body(argument);
    if (deferred == Deferred::kNow) settle_deferred();
  });
  MemoryContextDelete(scratch);
  if (error == nullptr) return true;
  if (!is_about_data(error->sqlerrcode) && !is_owners_class(error->sqlerrcode)) ReThrowError(error);
  const char* message = error->message != nullptr ? error->message : "";
  int bytes = pg_mbcliplen(message, static_cast<int>(strlen(message)), Refusal::kReasonBytes - 1);
  memcpy(refusal->reason, message, bytes);
  refusal->reason[bytes] = '\0';
  FreeErrorData(error);
  return false;
}

}  // namespace s2t::pg
