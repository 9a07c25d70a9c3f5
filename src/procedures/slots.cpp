// The fence, for what is written in SQL: s2t_hold_slot, s2t_try_slot, s2t_check_slot, and the
// triggers that tell of changes of the table "slots" and refuse changes of plans:
// docs/reference.md, "Shards".
#include "pg/fence.h"
#include "pg/function.h"
#include "pg/settings.h"

namespace s2t::procedures {

namespace {

namespace fence = pg::fence;
using pg::Session;

int read_slot(FunctionCallInfo fcinfo) {
  int slot = pg::Arguments(fcinfo).as_int32(0, "in_slot");
  if (slot < 0 || slot >= core::kSlots) {
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid slot"),
             errdetail("Argument in_slot is %d; slots are 0 to %d.", slot, core::kSlots - 1)));
  }
  return slot;
}

bool hold(FunctionCallInfo fcinfo, const char* name, bool wait) {
  int slot = read_slot(fcinfo);
  if (!pg::settings::sharded()) return true;
  Session session = Session::open(fcinfo, name);
  bool held = fence::hold(&session, slot, wait);
  session.close();
  return held;
}

void take_slot_of(Relation slots, HeapTuple row) {
  bool is_null = true;
  AttrNumber column = get_attnum(RelationGetRelid(slots), "slot");
  if (column == InvalidAttrNumber) return;
  Datum slot = heap_getattr(row, column, RelationGetDescr(slots), &is_null);
  if (!is_null) fence::take(DatumGetInt32(slot));
}

}  // namespace

}  // namespace s2t::procedures

S2T_FUNCTION(s2t_hold_slot) {
  (void)s2t::procedures::hold(fcinfo, "s2t_hold_slot", true);
  PG_RETURN_VOID();
}

S2T_FUNCTION(s2t_try_slot) { PG_RETURN_BOOL(s2t::procedures::hold(fcinfo, "s2t_try_slot", false)); }

S2T_FUNCTION(s2t_check_slot) {
  using namespace s2t::procedures;
  int slot = read_slot(fcinfo);
  if (s2t::pg::settings::sharded()) {
    Session session = Session::open(fcinfo, "s2t_check_slot", Session::Mode::kRead);
    fence::require_readable(&session, slot);
    session.close();
  }
  PG_RETURN_VOID();
}

// On the table "slots": before a row changes, and after rows were added or all removed.
S2T_FUNCTION(s2t_slot_changed) {
  using namespace s2t::procedures;
  TriggerData* trigger = s2t::pg::read_trigger(fcinfo);
  fence::tell(trigger->tg_relation);
  if (!TRIGGER_FIRED_FOR_ROW(trigger->tg_event)) return PointerGetDatum(nullptr);
  bool updates = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
  take_slot_of(trigger->tg_relation, trigger->tg_trigtuple);
  if (updates) take_slot_of(trigger->tg_relation, trigger->tg_newtuple);
  return PointerGetDatum(updates ? trigger->tg_newtuple : trigger->tg_trigtuple);
}

// On the table "plans": before a statement.
S2T_FUNCTION(s2t_guard_plans) {
  using namespace s2t;
  (void)pg::read_trigger(fcinfo);
  if (pg::settings::plans_read_only()) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("plans are changed on another server"),
                    errdetail("This server subscribes to them (setting s2t.plans_read_only).")));
  }
  return PointerGetDatum(nullptr);
}
