-- ------------------------------------------------------------------------------------------------
-- Slots: one server of several writes to those that it has.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_hold_slot(in_slot integer)
RETURNS void
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME';

REVOKE ALL ON FUNCTION @extschema@.s2t_hold_slot(integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_hold_slot(integer)
    IS 'Holds a slot for writing until the end of the transaction, as the procedures do: waits while it is read-only, S2M01 where another shard has it. Does nothing unless s2t.sharded is on.';

CREATE FUNCTION @extschema@.s2t_try_slot(in_slot integer)
RETURNS boolean
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME';

REVOKE ALL ON FUNCTION @extschema@.s2t_try_slot(integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_try_slot(integer)
    IS 'The same as s2t_hold_slot() without waiting, for jobs: false where the slot is not to be had.';

CREATE FUNCTION @extschema@.s2t_check_slot(in_slot integer)
RETURNS void
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME';

REVOKE ALL ON FUNCTION @extschema@.s2t_check_slot(integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_check_slot(integer)
    IS 'Raises S2M01 where another shard has the slot, for what reads; holds nothing. Does nothing unless s2t.sharded is on.';

CREATE FUNCTION @extschema@.s2t_slot_changed()
RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME';

REVOKE ALL ON FUNCTION @extschema@.s2t_slot_changed() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_slot_changed()
    IS 'Trigger of the table slots: waits for those who write to a slot that changes, and tells every session.';

CREATE FUNCTION @extschema@.s2t_guard_plans()
RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME';

REVOKE ALL ON FUNCTION @extschema@.s2t_guard_plans() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_guard_plans()
    IS 'Trigger of the table plans: refuses changes where s2t.plans_read_only is on.';
