// s2t_begin_remote, s2t_end_remote, s2t_remote_caller: what a router's calls are wrapped in
// (docs/reference.md, "Calls for somebody else").
#include "procedures/shared/remote_caller.h"

#include "pg/function.h"

namespace {

namespace remote = s2t::pg::remote;

// The places in the array that tells a caller.
enum Part { kSessionRole, kEffectiveRole, kAddress, kApplication, kParts };

void raise_bad_caller() {
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid caller"),
                  errdetail("The caller is an array of four texts: the session's role, the role in "
                            "force, the client's address, the application's name."),
                  errhint("The two roles must not be null or empty.")));
}

const char* cstring_of(Datum value, bool is_null) {
  return is_null ? "" : TextDatumGetCString(value);
}

}  // namespace

void s2t::procedures::begin_remote(NullableDatum array) {
  if (array.isnull) raise_bad_caller();
  ArrayType* told = DatumGetArrayTypeP(array.value);
  Datum* values = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  deconstruct_array(told, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
  if (ARR_NDIM(told) != 1 || count != kParts) raise_bad_caller();

  remote::Caller caller = {};
  caller.session_role = cstring_of(values[kSessionRole], nulls[kSessionRole]);
  caller.effective_role = cstring_of(values[kEffectiveRole], nulls[kEffectiveRole]);
  caller.application = cstring_of(values[kApplication], nulls[kApplication]);
  if (caller.session_role[0] == '\0' || caller.effective_role[0] == '\0') raise_bad_caller();
  if (!nulls[kAddress]) {
    const char* address = TextDatumGetCString(values[kAddress]);
    caller.address = DatumGetInetP(DirectFunctionCall1(inet_in, CStringGetDatum(address)));
  }
  remote::begin(caller);
}

Datum s2t::procedures::tell_remote(const remote::Caller& caller) {
  Datum values[kParts] = {};
  bool nulls[kParts] = {};
  values[kSessionRole] = CStringGetTextDatum(caller.session_role);
  values[kEffectiveRole] = CStringGetTextDatum(caller.effective_role);
  nulls[kAddress] = caller.address == nullptr;
  if (!nulls[kAddress])
    values[kAddress] = DirectFunctionCall1(network_host, InetPGetDatum(caller.address));
  nulls[kApplication] = caller.application[0] == '\0';
  if (!nulls[kApplication]) values[kApplication] = CStringGetTextDatum(caller.application);
  int dimensions[] = {kParts};
  int bounds[] = {1};
  return PointerGetDatum(
      construct_md_array(values, nulls, 1, dimensions, bounds, TEXTOID, -1, false, TYPALIGN_INT));
}

S2T_FUNCTION(s2t_begin_remote) {
  s2t::procedures::begin_remote(fcinfo->args[0]);
  PG_RETURN_VOID();
}

S2T_FUNCTION(s2t_end_remote) {
  const char* notices = remote::end();
  if (notices == nullptr) PG_RETURN_NULL();
  PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(notices)));
}

S2T_FUNCTION(s2t_remote_caller) {
  const remote::Caller* caller = remote::caller();
  if (caller == nullptr) PG_RETURN_NULL();
  PG_RETURN_DATUM(s2t::procedures::tell_remote(*caller));
}
