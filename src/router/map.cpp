// s2t_router_shard_of, s2t_router_shard_of_slot, s2t_router_slot_of_name: the map of the slots; and
// s2t_router_map_changed, the trigger that tells of its changes.
#include "router/map.h"

#include "pg/compat.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "router/helper.h"

namespace s2t::router {

namespace {

// The columns of the table "slots", as the extension's script makes it.
enum Column : AttrNumber { kSlot = 1, kShard = 2 };

// What has been looked up, as of the table's last invalidation.
struct Cache {
  std::optional<int32_t> shards[core::kSlots];
  bool empty = true;
  Oid relation = InvalidOid;
};

constinit Cache cache;

// Invalidations of any table that this session has heard of.
uint64_t changes = 0;

void forget(Datum /*argument*/, Oid relation) {
  changes++;
  if (cache.empty || (OidIsValid(relation) && relation != cache.relation)) return;
  for (std::optional<int32_t>& shard : cache.shards) shard.reset();
  cache.empty = true;
}

[[noreturn]] void raise_no_server(const char* slot) {
  ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                  errmsg("no server has slot %s", slot), errhint("Use %s.set_slots().", kSchema)));
  pg_unreachable();
}

// As the map is now, whatever the transaction's snapshot has: a shard says so where it is wrong.
std::optional<int32_t> read_shard(Relation map, int slot) {
  Oid index = pg::compat::primary_key_of(map);
  Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
  ScanKeyData key;
  ScanKeyInit(&key, kSlot, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(slot));
  SysScanDesc scan = systable_beginscan(map, index, OidIsValid(index), snapshot, 1, &key);
  HeapTuple row = systable_getnext(scan);
  bool is_null = true;
  Datum shard = 0;
  if (HeapTupleIsValid(row)) shard = heap_getattr(row, kShard, RelationGetDescr(map), &is_null);
  systable_endscan(scan);
  UnregisterSnapshot(snapshot);
  if (is_null) return std::nullopt;
  return DatumGetInt32(shard);
}

int shard_of_slot(int slot) {
  const bool known = slot >= 0 && slot < core::kSlots;
  if (known && cache.shards[slot]) return *cache.shards[slot];

  static bool registered = false;
  if (!registered) CacheRegisterRelcacheCallback(forget, 0);
  registered = true;
  // Opening it takes the invalidations that are there. One that comes while the index is opened may
  // be of a change that the snapshot does not have: what was read is not kept then.
  Oid oid = get_relname_relid("slots", get_namespace_oid(kSchema, false));
  Relation map = table_open(oid, AccessShareLock);
  const uint64_t seen = changes;
  const std::optional<int32_t> shard = read_shard(map, slot);
  if (known && shard && seen == changes) {
    cache.shards[slot] = shard;
    cache.empty = false;
    cache.relation = RelationGetRelid(map);
  }
  table_close(map, AccessShareLock);
  if (!shard) raise_no_server(psprintf("%d", slot));
  return *shard;
}

}  // namespace

int shard_of(NullableDatum id) {
  if (id.isnull) return DatumGetInt32(call_helper("any_shard", {}, {}).value);
  return shard_of_slot(pg::slot_of(DatumGetUUIDP(id.value)));
}

}  // namespace s2t::router

S2T_FUNCTION(s2t_router_shard_of) { PG_RETURN_INT32(s2t::router::shard_of(fcinfo->args[0])); }

S2T_FUNCTION(s2t_router_shard_of_slot) {
  if (PG_ARGISNULL(0)) s2t::router::raise_no_server("null");
  PG_RETURN_INT32(s2t::router::shard_of_slot(PG_GETARG_INT32(0)));
}

S2T_FUNCTION(s2t_router_slot_of_name) {
  PG_RETURN_INT32(s2t::pg::slot_of_email(s2t::pg::Arguments(fcinfo).as_text(0, "in_name")));
}

// On the table "slots": after a statement.
S2T_FUNCTION(s2t_router_map_changed) {
  CacheInvalidateRelcache(s2t::pg::read_trigger(fcinfo)->tg_relation);
  return PointerGetDatum(nullptr);
}
