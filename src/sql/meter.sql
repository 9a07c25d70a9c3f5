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

-- Credits, adjustments, and what the ledger tells.

CREATE FUNCTION @extschema@.s2t_add_credit(
    in_user_id uuid,
    in_recordings integer DEFAULT 0,
    in_minutes integer DEFAULT 0,
    in_expires_at timestamptz DEFAULT NULL,
    in_note text DEFAULT NULL,
    in_key text DEFAULT NULL)
RETURNS uuid
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_add_credit';

REVOKE ALL ON FUNCTION @extschema@.s2t_add_credit(uuid, integer, integer, timestamptz, text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_add_credit(uuid, integer, integer, timestamptz, text, text)
    IS 'Gives a user recordings and minutes beside the plan, and returns the id of the credit; safe to repeat with a key.';

CREATE FUNCTION @extschema@.s2t_cancel_credit(
    in_user_id uuid,
    in_credit_id uuid)
RETURNS boolean
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_cancel_credit';

REVOKE ALL ON FUNCTION @extschema@.s2t_cancel_credit(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_cancel_credit(uuid, uuid)
    IS 'Takes what is left of a credit; true unless it was cancelled before.';

CREATE FUNCTION @extschema@.s2t_adjust_usage(
    in_user_id uuid,
    in_recordings integer,
    in_seconds integer,
    in_note text,
    OUT usage_count integer,
    OUT used_seconds integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_adjust_usage';

REVOKE ALL ON FUNCTION @extschema@.s2t_adjust_usage(uuid, integer, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_adjust_usage(uuid, integer, integer, text)
    IS 'Moves the counters of the open cycle, the plans part of them, with a note in the ledger.';

CREATE FUNCTION @extschema@.sp_list_credits(in_user_id uuid)
RETURNS TABLE (
    id uuid,
    recordings integer,
    seconds integer,
    left_recordings integer,
    left_seconds integer,
    expires_at timestamptz,
    cancelled_at timestamptz,
    created_at timestamptz,
    note text,
    open boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN
    IF in_user_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_user_id');
    END IF;

    -- In the order in which they pay.
    RETURN QUERY
    SELECT c.id, c.recordings, c.seconds, c.left_recordings, c.left_seconds, c.expires_at, c.cancelled_at, c.created_at, c.note::text,
           c.cancelled_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > clock_timestamp())
      FROM @extschema@.usage_credits AS c
     WHERE c.user_id = in_user_id
     ORDER BY c.expires_at NULLS LAST, c.id;

    IF NOT FOUND THEN
        PERFORM @extschema@.s2t_require_seen('{usage_credits}');
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_list_credits(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_list_credits(uuid)
    IS 'The credits of a user, in the order in which they pay.';

CREATE FUNCTION @extschema@.sp_list_usage(
    in_user_id uuid,
    in_limit integer DEFAULT 50,
    in_before uuid DEFAULT NULL)
RETURNS TABLE (
    id uuid,
    at timestamptz,
    kind text,
    recordings integer,
    seconds integer,
    credit_recordings integer,
    credit_seconds integer,
    overage_recordings integer,
    overage_seconds integer,
    recording_id uuid,
    credit_id uuid,
    cycle_id uuid,
    note text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN
    IF in_user_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_user_id');
    ELSIF in_limit IS NULL OR in_limit NOT BETWEEN 1 AND 1000 THEN
        PERFORM @extschema@.s2t_raise_limit(in_limit);
    END IF;

    RETURN QUERY
    SELECT e.id, e.at, e.kind::text, e.recordings, e.seconds, e.credit_recordings, e.credit_seconds,
           e.overage_recordings, e.overage_seconds, e.recording_id, e.credit_id, e.cycle_id, e.note::text
      FROM @extschema@.usage_entries AS e
     WHERE e.user_id = in_user_id
       AND e.id < coalesce(in_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
     ORDER BY e.id DESC
     LIMIT in_limit;

    IF NOT FOUND THEN
        PERFORM @extschema@.s2t_require_seen('{usage_entries}');
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_list_usage(uuid, integer, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_list_usage(uuid, integer, uuid)
    IS 'The ledger of a user, the newest entry first: what was charged, given back and adjusted, when and for what.';

CREATE FUNCTION @extschema@.s2t_get_subscription(in_user_id uuid)
RETURNS TABLE (
    plan_code text,
    plan_name text,
    monthly_minutes integer,
    monthly_usage_limit integer,
    max_recording_minutes integer,
    usage_count integer,
    used_seconds integer,
    credit_recordings integer,
    credit_seconds integer,
    overage_recordings integer,
    overage_seconds integer,
    held_seconds bigint,
    open_credit_recordings bigint,
    open_credit_seconds bigint,
    remaining_recordings bigint,
    remaining_seconds bigint,
    alert_percents integer[],
    noted_recordings_percent integer,
    noted_minutes_percent integer,
    next_plan_code text,
    anchor_day integer,
    cycle_id uuid,
    cycle_start timestamptz,
    cycle_end timestamptz,
    active boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN
    IF in_user_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_user_id');
    END IF;

    PERFORM @extschema@.s2t_require_seen('{user_subscriptions,plans,usage_credits}');

    -- A cycle that the next call will roll over reads as if that had been done.
    RETURN QUERY
    SELECT p.code::text, p.name::text, p.monthly_minutes, p.monthly_usage_limit, p.max_recording_minutes,
           CASE WHEN n.rolls_over THEN 0 ELSE s.usage_count END,
           CASE WHEN n.rolls_over THEN 0 ELSE s.used_seconds END,
           CASE WHEN n.rolls_over THEN 0 ELSE s.credit_recordings END,
           CASE WHEN n.rolls_over THEN 0 ELSE s.credit_seconds END,
           CASE WHEN n.rolls_over THEN 0 ELSE s.overage_recordings END,
           CASE WHEN n.rolls_over THEN 0 ELSE s.overage_seconds END,
           s.held_seconds, b.recordings, b.seconds,
           CASE WHEN n.ended AND NOT n.rolls_over THEN 0
                WHEN p.monthly_usage_limit IS NOT NULL THEN
                     greatest(0, p.monthly_usage_limit - CASE WHEN n.rolls_over THEN 0 ELSE s.usage_count - s.credit_recordings END)
                     + b.recordings END,
           CASE WHEN n.ended AND NOT n.rolls_over THEN 0
                WHEN p.monthly_minutes IS NOT NULL THEN
                     greatest(0, greatest(0, p.monthly_minutes * 60::bigint
                                             - CASE WHEN n.rolls_over THEN 0 ELSE s.used_seconds - s.credit_seconds END)
                                 + b.seconds - s.held_seconds) END,
           p.alert_percents,
           CASE WHEN n.rolls_over THEN 0 ELSE s.noted_recordings END,
           CASE WHEN n.rolls_over THEN 0 ELSE s.noted_minutes END,
           CASE WHEN NOT n.rolls_over THEN (SELECT o.code::text FROM @extschema@.plans AS o WHERE o.id = s.next_plan_id) END,
           s.anchor_day,
           CASE WHEN NOT n.rolls_over THEN s.cycle_id END,
           CASE WHEN n.rolls_over THEN n.month_start ELSE s.cycle_start END,
           CASE WHEN n.rolls_over THEN n.month_end ELSE s.cycle_end END,
           NOT n.ended OR n.rolls_over
      FROM @extschema@.user_subscriptions AS s
     CROSS JOIN LATERAL @extschema@.s2t_next_cycle(s.cycle_end, s.anchor_day) AS n
     CROSS JOIN LATERAL (
               SELECT o.*
                 FROM @extschema@.plans AS o
                WHERE o.id = s.plan_id
                   OR (n.rolls_over AND o.id = s.next_plan_id AND coalesce(o.is_active, true))
                   OR (n.rolls_over AND o.is_default AND coalesce(o.is_active, true))
                ORDER BY CASE WHEN n.rolls_over AND o.id = s.next_plan_id AND coalesce(o.is_active, true) THEN 0
                              WHEN o.id = s.plan_id AND (NOT n.rolls_over OR coalesce(o.is_active, true)) THEN 1
                              WHEN n.rolls_over AND o.is_default THEN 2
                              ELSE 3 END
                LIMIT 1
           ) AS p
     CROSS JOIN LATERAL (
               -- What the rollover carries over: unused whole minutes of the plan of the last month, which was wholly unused if nobody called in it.
               SELECT coalesce(sum(60 * least(o.carry_over_minutes,
                                              CASE WHEN n.month_start > s.cycle_end THEN o.monthly_minutes
                                                   ELSE greatest(0, o.monthly_minutes * 60::bigint - (s.used_seconds - s.credit_seconds)) / 60 END)), 0)::bigint AS seconds
                 FROM @extschema@.plans AS o
                WHERE n.rolls_over AND o.id = s.plan_id AND o.monthly_minutes IS NOT NULL
           ) AS k
     CROSS JOIN LATERAL (
               SELECT coalesce(sum(c.left_recordings), 0)::bigint AS recordings, coalesce(sum(c.left_seconds), 0)::bigint + k.seconds AS seconds
                 FROM @extschema@.usage_credits AS c
                WHERE s.credit_count > 0
                  AND c.user_id = s.user_id
                  AND c.cancelled_at IS NULL
                  AND (c.expires_at IS NULL OR c.expires_at > clock_timestamp())
           ) AS b
     WHERE s.user_id = in_user_id;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_get_subscription(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_get_subscription(uuid)
    IS 'All that the meter knows of a user: plan, usage with the parts of credits and overage, holds, credits, what is left, thresholds told, and the plan to come.';

-- Whole cycles, the oldest first, that no recording in processing is charged to. Where a trigger or a constraint of the
-- database's owner refuses to let an entry go, or keeps it, it goes cycle by cycle.
CREATE FUNCTION @extschema@.s2t_purge_usage_batch(
    in_older_than interval,
    in_batch_size integer)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, @extschema@, pg_temp
AS $function$
DECLARE
    bound     timestamptz := pg_catalog.statement_timestamp() - in_older_than;
    deleted   bigint := 0;
    purged    integer := 0;
    set_aside integer := 0;
    whole     boolean;
    cycles    uuid[];
    chosen    bigint;
    gone      bigint;
    first     uuid;
    reason    text;
BEGIN
    IF in_older_than IS NULL OR in_older_than < '0'::interval OR in_batch_size IS NULL OR in_batch_size < 1 THEN
        RAISE EXCEPTION 'invalid age or batch size'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = pg_catalog.format('The age is %s, the batch size %s.',
                                               coalesce(in_older_than::text, 'null'), coalesce(in_batch_size::text, 'null')),
                    HINT = 'Neither may be null, the age not negative, and the batch size is at least 1.';
    END IF;

    FOREACH whole IN ARRAY '{true,false}'::boolean[] LOOP
        FOR cycles IN
            SELECT pg_catalog.array_agg(o.id)
              FROM (
                    SELECT c.id, pg_catalog.row_number() OVER (ORDER BY c.closed_at, c.id) AS n
                      FROM @extschema@.usage_cycles AS c
                     WHERE c.closed_at < bound
                       AND @extschema@.s2t_try_slot(@extschema@.s2t_slot(c.user_id))
                       AND NOT EXISTS (SELECT FROM @extschema@.recordings AS r
                                        WHERE r.user_id = c.user_id AND r.status = 'processing' AND r.charged_cycle_id = c.id)
                       AND EXISTS (SELECT FROM @extschema@.usage_entries AS e WHERE e.user_id = c.user_id AND e.cycle_id = c.id)
                     ORDER BY c.closed_at, c.id
                     LIMIT CASE WHEN whole THEN in_batch_size END
                   ) AS o
             GROUP BY CASE WHEN NOT whole THEN o.n END
             ORDER BY pg_catalog.min(o.n)
        LOOP
            EXIT WHEN purged = in_batch_size;
            BEGIN
                -- What somebody is emptying, whose user is erased, goes with the next batch.
                WITH entry AS MATERIALIZED (
                    SELECT e.user_id, e.id
                      FROM @extschema@.usage_entries AS e
                      JOIN @extschema@.usage_cycles AS c ON c.user_id = e.user_id AND c.id = e.cycle_id
                     WHERE c.id = ANY (cycles)
                     ORDER BY e.user_id, e.id
                       FOR UPDATE OF e SKIP LOCKED
                ), deletion AS (
                    DELETE FROM @extschema@.usage_entries AS e USING entry AS o WHERE e.user_id = o.user_id AND e.id = o.id RETURNING e.id
                )
                SELECT (SELECT pg_catalog.count(*) FROM entry), (SELECT pg_catalog.count(*) FROM deletion) INTO chosen, gone;
                IF gone < chosen THEN
                    RAISE EXCEPTION 'a trigger keeps an entry' USING ERRCODE = 'triggered_action_exception';
                END IF;
                deleted := deleted + gone;
                purged := purged + (gone > 0)::integer;
            EXCEPTION
                WHEN triggered_action_exception OR cardinality_violation OR data_exception OR integrity_constraint_violation
                     OR triggered_data_change_violation OR with_check_option_violation OR plpgsql_error THEN
                    IF NOT whole THEN
                        first := coalesce(first, cycles[1]);
                        reason := coalesce(reason, SQLERRM);
                        set_aside := set_aside + 1;
                    END IF;
            END;
        END LOOP;
        EXIT WHEN deleted > 0;
    END LOOP;

    -- A run ends with a batch that removes nothing, which has met all of them.
    IF deleted = 0 THEN
        PERFORM @extschema@.s2t_tell_set_aside('sp_purge_usage_entries', set_aside, pg_catalog.format('cycle %s: %s.', first, reason));
    ELSE
        PERFORM @extschema@.s2t_note('sp_purge_usage_entries', NULL, NULL, 'done',
                                     pg_catalog.format('%s entries of cycles closed before %s', deleted, bound));
    END IF;
    RETURN deleted;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_purge_usage_batch(interval, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_purge_usage_batch(interval, integer)
    IS 'Deletes the entries of one batch of closed cycles, and returns how many entries.';

CREATE PROCEDURE @extschema@.sp_purge_usage_entries(
    in_older_than interval DEFAULT '3 years',
    in_batch_size integer DEFAULT 1000,
    INOUT deleted bigint DEFAULT 0)
LANGUAGE c
AS 'MODULE_PATHNAME', 'sp_purge_usage_entries';

REVOKE ALL ON PROCEDURE @extschema@.sp_purge_usage_entries(interval, integer, bigint) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_purge_usage_entries(interval, integer, bigint)
    IS 'Deletes the entries of cycles that were closed longer ago than the interval, whole cycles only, with a commit after each batch.';
