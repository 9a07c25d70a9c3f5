// sp_purge_audit_log: docs/reference.md, "sp_purge_audit_log".
#include "metrics/metrics.h"
#include "procedures/shared/batches.h"

S2T_PROCEDURE(sp_purge_audit_log) {
  return s2t::procedures::purge_in_batches(fcinfo, "sp_purge_audit_log", "s2t_purge_audit_batch");
}
