// s2t_slot and s2t_version.
#include "pg/function.h"
#include "pg/ids.h"

S2T_FUNCTION(s2t_slot) { PG_RETURN_INT32(s2t::pg::slot_of(PG_GETARG_UUID_P(0))); }

S2T_FUNCTION(s2t_version) {
  (void)fcinfo;
  PG_RETURN_DATUM(s2t::pg::make_text(S2T_VERSION));
}
