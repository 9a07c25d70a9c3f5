// sp_purge_usage_entries: docs/reference.md, "sp_purge_usage_entries".
#include "metrics/metrics.h"
#include "procedures/shared/batches.h"

S2T_PROCEDURE(sp_purge_usage_entries) {
  return s2t::procedures::purge_in_batches(fcinfo, "sp_purge_usage_entries",
                                           "s2t_purge_usage_batch");
}
