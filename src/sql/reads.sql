-- ------------------------------------------------------------------------------------------------
-- Reads.
--
-- What applications read. A user sees what is theirs and nothing else; an id that is not known or
-- belongs to somebody else gives no row. No procedure reads more than the user's own rows: the ids
-- grow with time, so that the index of recordings by user and id is the user's history in order.
-- Their statements are planned once in a session, for any user: there is one good plan for each.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.sp_get_login(in_email_or_user_name text)
RETURNS TABLE (id uuid, password_hash text, status text, role text, verified boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
    -- As sp_register_user() trims them.
    login CONSTANT text := lower(btrim(in_email_or_user_name, E' \t\n\x0B\f\r'));
BEGIN
    IF login IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_email_or_user_name');
    ELSIF login = '' THEN
        RAISE EXCEPTION 'invalid e-mail address or user name'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = 'Argument in_email_or_user_name is blank.';
    END IF;

    -- The address first: somebody else may have taken it for a user name.
    RETURN QUERY
    SELECT u.id, u.password_hash::text, u.status::text, u.role::text, u.verified
      FROM @extschema@.users AS u
     WHERE lower(u.email) = login;

    IF NOT FOUND THEN
        RETURN QUERY
        SELECT u.id, u.password_hash::text, u.status::text, u.role::text, u.verified
          FROM @extschema@.users AS u
         WHERE lower(u.user_name) = login;
        IF NOT FOUND THEN
            PERFORM @extschema@.s2t_require_seen('{users}');
        END IF;
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_login(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_login(text)
    IS 'What a service needs to check a password: the user of this e-mail address or, failing that, user name, in any case of letters; no row if there is none.';

CREATE FUNCTION @extschema@.sp_get_subscription(in_user_id uuid)
RETURNS TABLE (
    plan_code text,
    plan_name text,
    monthly_minutes integer,
    monthly_usage_limit integer,
    usage_count integer,
    used_seconds integer,
    remaining_recordings integer,
    remaining_seconds bigint,
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

    -- A cycle that the next call will roll over reads as if that had been done: nothing used in the
    -- current month, and the default plan in place of one that is no longer active.
    RETURN QUERY
    SELECT p.code::text, p.name::text, p.monthly_minutes, p.monthly_usage_limit, c.usage_count, c.used_seconds,
           CASE WHEN NOT c.active THEN 0
                WHEN p.monthly_usage_limit IS NOT NULL THEN greatest(p.monthly_usage_limit - c.usage_count, 0) END,
           CASE WHEN NOT c.active THEN 0
                WHEN p.monthly_minutes IS NOT NULL THEN greatest(p.monthly_minutes * 60::bigint - c.used_seconds, 0) END,
           c.cycle_start, c.cycle_end, c.active
      FROM @extschema@.user_subscriptions AS s
     CROSS JOIN LATERAL @extschema@.s2t_next_cycle(s.cycle_end, s.anchor_day) AS n
     CROSS JOIN LATERAL (
               SELECT NOT n.ended OR n.rolls_over AS active,
                      CASE WHEN n.rolls_over THEN 0 ELSE s.usage_count END AS usage_count,
                      CASE WHEN n.rolls_over THEN 0 ELSE s.used_seconds END AS used_seconds,
                      CASE WHEN n.rolls_over THEN n.month_start ELSE s.cycle_start END AS cycle_start,
                      CASE WHEN n.rolls_over THEN n.month_end ELSE s.cycle_end END AS cycle_end
           ) AS c
     CROSS JOIN LATERAL (
               SELECT o.code, o.name, o.monthly_minutes, o.monthly_usage_limit
                 FROM @extschema@.plans AS o
                WHERE o.id = s.plan_id
                   OR (n.rolls_over AND o.is_default AND coalesce(o.is_active, true)
                       AND NOT (SELECT coalesce(i.is_active, true) FROM @extschema@.plans AS i WHERE i.id = s.plan_id))
                ORDER BY o.id = s.plan_id
                LIMIT 1
           ) AS p
     WHERE s.user_id = in_user_id;

    IF NOT FOUND THEN
        PERFORM @extschema@.s2t_require_seen('{user_subscriptions,plans}');
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_subscription(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_subscription(uuid)
    IS 'Plan, limits, usage and what is left of the current cycle of a user; no row without a subscription.';

CREATE FUNCTION @extschema@.sp_list_plans()
RETURNS TABLE (
    code text,
    name text,
    description text,
    plan_type text,
    plan_cost integer,
    plan_discount integer,
    monthly_minutes integer,
    monthly_usage_limit integer,
    retention_days integer,
    is_default boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN QUERY
    SELECT p.code::text, p.name::text, p.description::text, p.plan_type::text, p.plan_cost, p.plan_discount,
           p.monthly_minutes, p.monthly_usage_limit, p.retention_days, p.is_default
      FROM @extschema@.plans AS p
     WHERE coalesce(p.is_active, true)
     ORDER BY p.plan_cost, p.code;

    IF NOT FOUND THEN
        PERFORM @extschema@.s2t_require_seen('{plans}');
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_list_plans() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_list_plans()
    IS 'The plans that users can move to, the cheapest first.';

CREATE FUNCTION @extschema@.sp_list_recordings(
    in_user_id uuid,
    in_limit integer DEFAULT 50,
    in_before uuid DEFAULT NULL,
    in_status text DEFAULT NULL)
RETURNS TABLE (
    id uuid,
    source text,
    language text,
    status text,
    duration_ms integer,
    segment_count integer,
    created_at timestamptz,
    completed_at timestamptz,
    error text,
    meta jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN
    IF in_user_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_user_id');
    ELSIF in_limit IS NULL OR in_limit NOT BETWEEN 1 AND 1000 THEN
        PERFORM @extschema@.s2t_raise_limit(in_limit);
    ELSIF in_status NOT IN ('processing', 'done', 'failed') THEN
        RAISE EXCEPTION 'invalid status'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = format('Argument in_status is "%s"; processing, done or failed is expected.', left(in_status, 50));
    END IF;

    RETURN QUERY
    SELECT r.id, r.source::text, r.language::text, r.status::text, r.duration_ms, r.segment_count,
           r.created_at, r.completed_at, r.error::text, r.meta
      FROM @extschema@.recordings AS r
     WHERE r.user_id = in_user_id
       -- One plan for the first page and the others: all ids are below the highest one.
       AND r.id < coalesce(in_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
       AND (in_status IS NULL OR r.status = in_status)
     ORDER BY r.id DESC
     LIMIT in_limit;

    IF NOT FOUND THEN
        PERFORM @extschema@.s2t_require_seen('{recordings}');
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_list_recordings(uuid, integer, uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_list_recordings(uuid, integer, uuid, text)
    IS 'The recordings of a user, the newest first; the next page is what comes before the last id of this one.';

CREATE FUNCTION @extschema@.sp_get_recording(in_user_id uuid, in_recording_id uuid)
RETURNS TABLE (
    id uuid,
    source text,
    language text,
    status text,
    duration_ms integer,
    segment_count integer,
    created_at timestamptz,
    completed_at timestamptz,
    error text,
    meta jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN
    IF in_user_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_user_id');
    ELSIF in_recording_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_recording_id');
    END IF;

    RETURN QUERY
    SELECT r.id, r.source::text, r.language::text, r.status::text, r.duration_ms, r.segment_count,
           r.created_at, r.completed_at, r.error::text, r.meta
      FROM @extschema@.recordings AS r
     WHERE r.id = in_recording_id
       AND r.user_id = in_user_id;

    IF NOT FOUND THEN
        PERFORM @extschema@.s2t_require_seen('{recordings}');
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_recording(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_recording(uuid, uuid)
    IS 'One recording, for its owner; no row for anybody else.';

CREATE FUNCTION @extschema@.sp_get_progress(in_user_id uuid, in_recording_ids uuid[])
RETURNS TABLE (
    id uuid,
    status text,
    heard_ms integer,
    segment_count integer,
    charged_seconds integer,
    queue_state text,
    claims integer,
    active_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
    now_is timestamptz := clock_timestamp();
BEGIN
    IF in_user_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_user_id');
    ELSIF in_recording_ids IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_recording_ids');
    ELSIF cardinality(in_recording_ids) > 1000 THEN
        RAISE EXCEPTION 'too many recordings'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = format('Argument in_recording_ids has %s elements; at most 1000 are expected.', cardinality(in_recording_ids));
    END IF;

    RETURN QUERY
    SELECT r.id, r.status::text, CASE WHEN r.segments_attempt = r.attempt THEN r.heard_ms ELSE 0 END, r.segment_count, r.charged_seconds,
           CASE WHEN r.status <> 'processing' THEN NULL
                WHEN r.lease IS NOT NULL AND r.lease_until > now_is THEN 'leased'
                WHEN r.queue_priority IS NULL AND r.due_at IS NULL THEN NULL
                WHEN r.due_at > now_is AND r.lease IS NULL THEN 'put off'
                ELSE 'waiting' END,
           r.claims, coalesce(r.active_at, r.created_at)
      FROM @extschema@.recordings AS r
     WHERE r.id = ANY (in_recording_ids)
       AND r.user_id = in_user_id
     ORDER BY r.id DESC;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_progress(uuid, uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_progress(uuid, uuid[])
    IS 'How far recordings are, for their owner: the audio heard in this attempt, what is stored and charged, whether they wait for a worker or are at one, and their last sign of life.';

CREATE FUNCTION @extschema@.sp_get_segments(
    in_user_id uuid,
    in_recording_id uuid,
    in_from_ms integer DEFAULT 0,
    in_limit integer DEFAULT NULL)
RETURNS TABLE (idx integer, start_ms integer, end_ms integer, text text, meta jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN
    IF in_user_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_user_id');
    ELSIF in_recording_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_recording_id');
    ELSIF in_from_ms IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_from_ms');
    ELSIF in_from_ms < 0 THEN
        RAISE EXCEPTION 'invalid start'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = format('Argument in_from_ms is %s; at least 0 is expected.', in_from_ms);
    ELSIF in_limit < 1 THEN
        PERFORM @extschema@.s2t_raise_limit(in_limit);
    END IF;

    RETURN QUERY
    SELECT s.idx, s.start_ms, s.end_ms, s.text::text, s.meta
      FROM @extschema@.recordings AS r
      JOIN @extschema@.segments AS s ON s.recording_id = r.id
     WHERE r.id = in_recording_id
       AND r.user_id = in_user_id
       -- Also what is being said at that moment.
       AND (s.start_ms >= in_from_ms OR s.end_ms > in_from_ms)
     ORDER BY s.idx
     LIMIT in_limit;

    IF NOT FOUND THEN
        PERFORM @extschema@.s2t_require_seen('{recordings,segments}');
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_segments(uuid, uuid, integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_segments(uuid, uuid, integer, integer)
    IS 'The segments of a recording in order, for its owner, from a moment of it on; no row for anybody else.';
