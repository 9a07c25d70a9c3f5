// s2t_router_shard_of, s2t_router_shard_of_slot, s2t_router_slot_of_name: the map of the slots.
#include "router/map.h"

#include "pg/function.h"
#include "pg/ids.h"
#include "router/helper.h"

namespace s2t::router {

namespace {

// The columns of the table "slots", as the extension's script makes it.
enum Column : AttrNumber { kSlot = 1, kShard = 2 };

[[noreturn]] void raise_no_server(const char* slot) {
  ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                  errmsg("no server has slot %s", slot), errhint("Use %s.set_slots().", kSchema)));
  pg_unreachable();
}

// As the map is now, whatever the transaction's snapshot has: a shard says so where it is wrong.
int shard_of_slot(int slot) {
  Oid oid = get_relname_relid("slots", get_namespace_oid(kSchema, false));
  Relation map = table_open(oid, AccessShareLock);
  Oid index = RelationGetPrimaryKeyIndex(map);
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
  table_close(map, AccessShareLock);
  if (is_null) raise_no_server(psprintf("%d", slot));
  return DatumGetInt32(shard);
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
