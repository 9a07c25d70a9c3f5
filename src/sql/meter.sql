-- ------------------------------------------------------------------------------------------------
-- Cycles and what is charged to them.
-- ------------------------------------------------------------------------------------------------

-- Procedures that commit can neither be SECURITY DEFINER nor carry a SET clause.
CREATE PROCEDURE @extschema@.sp_reset_monthly_cycles()
LANGUAGE c
AS 'MODULE_PATHNAME', 'sp_reset_monthly_cycles';

REVOKE ALL ON PROCEDURE @extschema@.sp_reset_monthly_cycles() FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_reset_monthly_cycles()
    IS 'Closes every ended cycle into usage_cycles and opens the current month; safe to run at any time and any number of times.';

CREATE FUNCTION @extschema@.s2t_cycle_now(
    in_cycle_end timestamptz,
    OUT ended boolean,
    OUT rolls_over boolean,
    OUT month_start timestamptz,
    OUT month_end timestamptz)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 's2t_cycle_now';

REVOKE ALL ON FUNCTION @extschema@.s2t_cycle_now(timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_cycle_now(timestamptz)
    IS 'Whether a cycle of this end is over, whether the next call of a procedure rolls it over, and the current month as the procedures see it.';

CREATE FUNCTION @extschema@.s2t_next_cycle(
    in_cycle_end timestamptz,
    in_anchor_day integer,
    OUT ended boolean,
    OUT rolls_over boolean,
    OUT month_start timestamptz,
    OUT month_end timestamptz)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 's2t_next_cycle';

REVOKE ALL ON FUNCTION @extschema@.s2t_next_cycle(timestamptz, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_next_cycle(timestamptz, integer)
    IS 'Whether a cycle of this end is over, whether the next call of a procedure rolls it over, and the cycle that it opens then, by the user''s anchor day.';
