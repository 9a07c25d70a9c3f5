// Everything of the server that s2t uses, behind one include. The C++ headers and what the core
// shares with the server side come first: the server's headers redefine names of the standard
// library.
#pragma once

#include <stdint.h>

#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

#include "core/account/boundary.h"
#include "core/account/cycle.h"
#include "core/account/meter.h"
#include "core/account/quota.h"
#include "core/account/validate.h"
#include "core/base/histogram.h"
#include "core/base/ids.h"
#include "core/base/json_escape.h"
#include "core/base/status.h"
#include "core/transcript/segment.h"
#include "core/transcript/segment_scanner.h"
#include "core/transcript/transcript.h"

extern "C" {
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/relscan.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation_d.h"
#include "catalog/pg_language_d.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type_d.h"
#include "commands/async.h"
#include "commands/defrem.h"
#include "commands/trigger.h"
#include "common/cryptohash.h"
#include "common/int.h"
#include "common/sha2.h"
#include "executor/executor.h"
#include "executor/nodeModifyTable.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_relation.h"
#include "pgstat.h"
#include "pgtime.h"
#include "port/atomics.h"
#include "port/pg_bswap.h"
#include "portability/instr_time.h"
#include "postmaster/bgworker.h"
#include "rewrite/rewriteHandler.h"
#include "replication/syncrep.h"
#include "storage/bufmgr.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "storage/sinval.h"
#include "storage/spin.h"
#include "tcop/tcopprot.h"
#include "tsearch/ts_type.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/formatting.h"
#include "utils/guc.h"
#include "utils/inet.h"
#include "utils/inval.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"
}

// Tells errors of this library from the server's and from those of an owner's triggers.
#define S2T_DOMAIN "s2t"
#undef TEXTDOMAIN
#define TEXTDOMAIN S2T_DOMAIN

#ifdef S2T_INVALIDATE
#include "pg/invalidate.h"
#endif
