#include "pg/error.h"

namespace s2t::pg {

namespace {

int sqlstate_of(core::Code code) {
  switch (code) {
    case core::Code::kInvalidParameter:
      return ERRCODE_INVALID_PARAMETER_VALUE;
    case core::Code::kOutOfRange:
      return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
    case core::Code::kOutOfMemory:
      return ERRCODE_OUT_OF_MEMORY;
    case core::Code::kCancelled:
      return ERRCODE_QUERY_CANCELED;
    case core::Code::kOk:
      break;
  }
  return ERRCODE_INTERNAL_ERROR;
}

// What may be kept of a detail: without the value that it quotes.
const char* kept_detail(const core::Status& status) {
  return psprintf("%.*s...%s", status.quote_at, status.detail,
                  status.detail + status.quote_at + status.quote_bytes);
}

}  // namespace

void raise_unless_ok(const core::Status& status) {
  if (likely(status.ok())) return;
  ereport(ERROR, (errcode(sqlstate_of(status.code)), errmsg("%s", status.message),
                  status.detail[0] != '\0' ? errdetail("%s", status.detail) : 0,
                  status.quote_bytes != 0 ? errdetail_log("%s", kept_detail(status)) : 0,
                  status.hint != nullptr ? errhint("%s", status.hint) : 0));
}

void raise_not_found(const char* what, const pg_uuid_t* id) {
  ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND), errmsg("%s not found", what),
                  errdetail("No %s has the id %s.", what, to_cstring(id))));
  pg_unreachable();
}

void raise_suppressed_by_trigger(Relation relation) {
  ereport(ERROR,
          (errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
           errmsg("change of table \"%s\" was suppressed by a trigger",
                  RelationGetRelationName(relation)),
           errdetail("A BEFORE ROW trigger returned NULL for a row that the procedure depends on."),
           errtable(relation)));
  pg_unreachable();
}

void raise_cannot_commit(const char* procedure, const char* batch) {
  ereport(ERROR, (errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
                  errmsg("%s cannot run inside a transaction block", procedure),
                  errdetail("It commits after each batch."),
                  errhint("Call it on its own with autocommit on, or use %s().", batch)));
  pg_unreachable();
}

void raise_serialization_failure() {
  ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                  errmsg("could not serialize access due to concurrent update")));
  pg_unreachable();
}

const char* to_cstring(const pg_uuid_t* id) {
  return DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(id)));
}

}  // namespace s2t::pg
