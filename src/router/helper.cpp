#include "router/helper.h"

namespace s2t::router {

namespace {

constexpr int kMostArguments = 4;

}  // namespace

NullableDatum call_helper(const char* name, std::initializer_list<Oid> types,
                          std::initializer_list<NullableDatum> arguments) {
  const int count = static_cast<int>(types.size());
  Assert(count <= kMostArguments && arguments.size() == types.size());
  Oid found = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
                              PointerGetDatum(buildoidvector(types.begin(), count)),
                              ObjectIdGetDatum(get_namespace_oid(kSchema, false)));
  if (!OidIsValid(found)) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
                    errmsg("extension s2t_router has no function %s", name),
                    errhint("Update s2t and s2t_router to one version.")));
  }
  LOCAL_FCINFO(call, kMostArguments);
  FmgrInfo function;
  fmgr_info(found, &function);
  InitFunctionCallInfoData(*call, &function, count, InvalidOid, nullptr, nullptr);
  memcpy(call->args, arguments.begin(), sizeof(NullableDatum) * count);
  Datum result = FunctionCallInvoke(call);
  return {result, call->isnull};
}

}  // namespace s2t::router
