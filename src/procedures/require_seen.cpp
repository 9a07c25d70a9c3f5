// s2t_require_seen: what the reads in PL/pgSQL ask before they say that there is nothing
// (docs/architecture.md, "The table layer").
#include "pg/function.h"
#include "pg/session.h"

S2T_FUNCTION(s2t_require_seen) {
  Datum* names;
  bool* nulls;
  int count;
  deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls,
                    &count);
  Oid schema = get_func_namespace(fcinfo->flinfo->fn_oid);
  for (int i = 0; i < count; i++)
    if (!nulls[i]) s2t::pg::require_seen(schema, TextDatumGetCString(names[i]));
  PG_RETURN_VOID();
}
