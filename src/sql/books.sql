-- ------------------------------------------------------------------------------------------------
-- The books: counters against a recount and against the ledger, and putting them right.
--
-- Running totals, recordings.segment_count and held_seconds are what the rows give. The counters of a
-- cycle, open or closed, and what is left of a credit are what the entries of the ledger give, which
-- procedures write and nobody else. A closed cycle without entries was purged, or closed before there was
-- a ledger, and a credit may have been drawn on in there: of these nothing is told.
-- Of in_users NULL all users are meant.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_difference(in_what text, in_stands bigint, in_counted bigint)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN in_stands IS DISTINCT FROM in_counted THEN format('%s is %s, not %s', in_what, in_stands, in_counted) END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_difference(text, bigint, bigint) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_difference(text, bigint, bigint)
    IS 'What the doctor says of a figure that is not what was counted; NULL if it is.';

CREATE FUNCTION @extschema@.s2t_recount(in_users uuid[])
RETURNS TABLE (user_id uuid, recordings bigint, duration_ms bigint, segments bigint, held_seconds bigint, wrong_ids uuid[], wrong_counts bigint[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $function$
BEGIN
    RETURN QUERY
    SELECT r.user_id, count(*), sum(r.duration_ms), sum(coalesce(c.n, 0))::bigint,
           coalesce(sum(r.held_seconds) FILTER (WHERE r.status = 'processing'), 0),
           array_agg(r.id) FILTER (WHERE r.segment_count IS DISTINCT FROM coalesce(c.n, 0)),
           array_agg(coalesce(c.n, 0)) FILTER (WHERE r.segment_count IS DISTINCT FROM coalesce(c.n, 0))
      FROM @extschema@.recordings AS r
      LEFT JOIN (SELECT g.recording_id, count(*) AS n
                   FROM @extschema@.segments AS g
                  WHERE in_users IS NULL
                     OR g.recording_id IN (SELECT i.id FROM @extschema@.recordings AS i WHERE i.user_id = ANY (in_users))
                  GROUP BY g.recording_id) AS c ON c.recording_id = r.id
     WHERE in_users IS NULL OR r.user_id = ANY (in_users)
     GROUP BY r.user_id;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_recount(uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_recount(uuid[])
    IS 'What the recordings and segments of each user give, and the recordings whose segment_count is wrong, with the right ones.';

CREATE FUNCTION @extschema@.s2t_ledger_sums(in_users uuid[])
RETURNS TABLE (user_id uuid, cycle_id uuid, recordings bigint, seconds bigint, credit_recordings bigint, credit_seconds bigint,
               overage_recordings bigint, overage_seconds bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $function$
BEGIN
    RETURN QUERY
    SELECT e.user_id, e.cycle_id, sum(e.recordings), sum(e.seconds), sum(e.credit_recordings), sum(e.credit_seconds),
           sum(e.overage_recordings), sum(e.overage_seconds)
      FROM @extschema@.usage_entries AS e
     WHERE e.kind NOT IN ('credit', 'return')
       AND (in_users IS NULL OR e.user_id = ANY (in_users))
     GROUP BY e.user_id, e.cycle_id;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_ledger_sums(uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_ledger_sums(uuid[])
    IS 'The sums of the entries of each cycle: what its counters should be.';

CREATE FUNCTION @extschema@.s2t_credit_sums(in_users uuid[])
RETURNS TABLE (user_id uuid, credit_id uuid, left_recordings bigint, left_seconds bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $function$
BEGIN
    RETURN QUERY
    SELECT c.user_id, c.id,
           sum(CASE e.kind WHEN 'credit' THEN e.credit_recordings ELSE -e.credit_recordings END),
           sum(CASE e.kind WHEN 'credit' THEN e.credit_seconds ELSE -e.credit_seconds END)
      FROM @extschema@.usage_credits AS c
      JOIN @extschema@.usage_entries AS e ON e.user_id = c.user_id AND e.credit_id = c.id
     WHERE (in_users IS NULL OR c.user_id = ANY (in_users))
       AND NOT EXISTS (SELECT
                         FROM @extschema@.usage_cycles AS q
                        WHERE q.user_id = c.user_id AND q.closed_at > c.created_at AND (q.usage_count <> 0 OR q.used_seconds <> 0)
                          AND NOT EXISTS (SELECT FROM @extschema@.usage_entries AS o WHERE o.user_id = q.user_id AND o.cycle_id = q.id))
     GROUP BY c.user_id, c.id
    HAVING bool_or(e.kind = 'credit' AND e.credit_recordings = c.recordings AND e.credit_seconds = c.seconds);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_credit_sums(uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_credit_sums(uuid[])
    IS 'What should be left of each credit whose entries are all there.';

CREATE FUNCTION @extschema@.s2t_check_books(in_users uuid[] DEFAULT NULL)
RETURNS TABLE (check_name text, object text, problem text, user_id uuid, item uuid)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $function$
BEGIN
    RETURN QUERY
    WITH
    counted AS MATERIALIZED (SELECT * FROM @extschema@.s2t_recount(in_users)),
    booked AS MATERIALIZED (SELECT * FROM @extschema@.s2t_ledger_sums(in_users)),
    told AS (
        SELECT s.user_id, s.user_id AS item, v.finding, format('user %s', s.user_id) AS object, v.problem
          FROM @extschema@.user_subscriptions AS s
          LEFT JOIN counted AS c ON c.user_id = s.user_id
          LEFT JOIN booked AS b ON b.user_id = s.user_id AND b.cycle_id = s.cycle_id
         CROSS JOIN LATERAL (VALUES
                   ('totals', CASE WHEN (s.total_recordings, s.total_duration_ms, s.total_segments)
                                        IS DISTINCT FROM (coalesce(c.recordings, 0), coalesce(c.duration_ms, 0), coalesce(c.segments, 0)) THEN
                       concat_ws('; ', @extschema@.s2t_difference('total_recordings', s.total_recordings, coalesce(c.recordings, 0)),
                                       @extschema@.s2t_difference('total_duration_ms', s.total_duration_ms, coalesce(c.duration_ms, 0)),
                                       @extschema@.s2t_difference('total_segments', s.total_segments, coalesce(c.segments, 0))) END),
                   ('held', CASE WHEN s.held_seconds IS DISTINCT FROM coalesce(c.held_seconds, 0) THEN
                       @extschema@.s2t_difference('held_seconds', s.held_seconds, coalesce(c.held_seconds, 0)) END),
                   ('usage', CASE WHEN (s.usage_count, s.used_seconds) IS DISTINCT FROM (coalesce(b.recordings, 0), coalesce(b.seconds, 0)) THEN
                       concat_ws('; ', @extschema@.s2t_difference('usage_count', s.usage_count, coalesce(b.recordings, 0)),
                                       @extschema@.s2t_difference('used_seconds', s.used_seconds, coalesce(b.seconds, 0))) END),
                   ('credit_part', CASE WHEN (s.credit_recordings, s.credit_seconds)
                                             IS DISTINCT FROM (coalesce(b.credit_recordings, 0), coalesce(b.credit_seconds, 0)) THEN
                       concat_ws('; ', @extschema@.s2t_difference('credit_recordings', s.credit_recordings, coalesce(b.credit_recordings, 0)),
                                       @extschema@.s2t_difference('credit_seconds', s.credit_seconds, coalesce(b.credit_seconds, 0))) END),
                   ('overage', CASE WHEN (s.overage_recordings, s.overage_seconds)
                                         IS DISTINCT FROM (coalesce(b.overage_recordings, 0), coalesce(b.overage_seconds, 0)) THEN
                       concat_ws('; ', @extschema@.s2t_difference('overage_recordings', s.overage_recordings, coalesce(b.overage_recordings, 0)),
                                       @extschema@.s2t_difference('overage_seconds', s.overage_seconds, coalesce(b.overage_seconds, 0))) END)
               ) AS v (finding, problem)
         WHERE v.problem IS NOT NULL AND (in_users IS NULL OR s.user_id = ANY (in_users))
        UNION ALL
        SELECT c.user_id, w.id, 'segment_count', format('recording %s', w.id),
               (SELECT @extschema@.s2t_difference('segment_count', r.segment_count, w.n) FROM @extschema@.recordings AS r WHERE r.id = w.id)
          FROM counted AS c, unnest(c.wrong_ids, c.wrong_counts) AS w (id, n)
        UNION ALL
        SELECT q.user_id, q.id, 'closed_cycle', format('cycle %s of user %s', q.id, q.user_id),
               concat_ws('; ', @extschema@.s2t_difference('usage_count', q.usage_count, b.recordings),
                               @extschema@.s2t_difference('used_seconds', q.used_seconds, b.seconds),
                               @extschema@.s2t_difference('credit_recordings', q.credit_recordings, b.credit_recordings),
                               @extschema@.s2t_difference('credit_seconds', q.credit_seconds, b.credit_seconds),
                               @extschema@.s2t_difference('overage_recordings', q.overage_recordings, b.overage_recordings),
                               @extschema@.s2t_difference('overage_seconds', q.overage_seconds, b.overage_seconds))
          FROM @extschema@.usage_cycles AS q
          JOIN booked AS b ON b.user_id = q.user_id AND b.cycle_id = q.id
         WHERE (q.usage_count, q.used_seconds, q.credit_recordings, q.credit_seconds, q.overage_recordings, q.overage_seconds)
               IS DISTINCT FROM (b.recordings, b.seconds, b.credit_recordings, b.credit_seconds, b.overage_recordings, b.overage_seconds)
        UNION ALL
        SELECT s.user_id, s.user_id, 'prorated', format('user %s', s.user_id),
               concat_ws('; ', @extschema@.s2t_difference('prorated_usage_count', s.prorated_usage_count, q.usage_count),
                               @extschema@.s2t_difference('prorated_used_seconds', s.prorated_used_seconds, q.used_seconds),
                               @extschema@.s2t_difference('prorated_credit_recordings', s.prorated_credit_recordings, q.credit_recordings),
                               @extschema@.s2t_difference('prorated_credit_seconds', s.prorated_credit_seconds, q.credit_seconds),
                               @extschema@.s2t_difference('prorated_overage_recordings', s.prorated_overage_recordings, q.overage_recordings),
                               @extschema@.s2t_difference('prorated_overage_seconds', s.prorated_overage_seconds, q.overage_seconds))
          FROM @extschema@.user_subscriptions AS s
          JOIN @extschema@.usage_cycles AS q ON q.user_id = s.user_id AND q.id = s.prorated_cycle_id
         WHERE (in_users IS NULL OR s.user_id = ANY (in_users))
           AND (s.prorated_usage_count, s.prorated_used_seconds, s.prorated_credit_recordings, s.prorated_credit_seconds,
                s.prorated_overage_recordings, s.prorated_overage_seconds)
               IS DISTINCT FROM (q.usage_count, q.used_seconds, q.credit_recordings, q.credit_seconds, q.overage_recordings, q.overage_seconds)
        UNION ALL
        SELECT c.user_id, c.id, 'credit_left', format('credit %s of user %s', c.id, c.user_id),
               concat_ws('; ', @extschema@.s2t_difference('left_recordings', c.left_recordings, b.left_recordings),
                               @extschema@.s2t_difference('left_seconds', c.left_seconds, b.left_seconds))
          FROM @extschema@.s2t_credit_sums(in_users) AS b
          JOIN @extschema@.usage_credits AS c ON c.user_id = b.user_id AND c.id = b.credit_id
         WHERE (c.left_recordings, c.left_seconds) IS DISTINCT FROM (b.left_recordings, b.left_seconds)
        UNION ALL
        SELECT s.user_id, s.user_id, 'credit_count', format('user %s', s.user_id), @extschema@.s2t_difference('credit_count', s.credit_count, coalesce(c.n, 0))
          FROM @extschema@.user_subscriptions AS s
          LEFT JOIN (SELECT i.user_id, count(*) AS n FROM @extschema@.usage_credits AS i WHERE i.cancelled_at IS NULL GROUP BY i.user_id) AS c
               ON c.user_id = s.user_id
         WHERE (in_users IS NULL OR s.user_id = ANY (in_users))
           AND s.credit_count IS DISTINCT FROM coalesce(c.n, 0)
    )
    SELECT t.finding, t.object, t.problem, t.user_id, t.item FROM told AS t;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_check_books(uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_check_books(uuid[])
    IS 'What of the counters is not what a recount or the ledger gives; part of s2t_doctor().';

-- Owners, recordings and subscriptions are locked in the order in which all code of the extension does,
-- and everything that moves a counter of a user holds the subscription: what is counted under the locks
-- stays so. The statements in here may fire triggers of the database's owner, who writes these with
-- the extension's schema in mind: hence it is in search_path.
CREATE FUNCTION @extschema@.s2t_repair()
RETURNS TABLE (check_name text, object text, problem text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, @extschema@, pg_temp
SET row_security = off
SET jit = off
AS $function$
DECLARE
    -- As many as one transaction may well hold; another call goes on.
    most  CONSTANT bigint := 10000;
    found jsonb;
    users uuid[];
    items uuid[];
    -- The users whose recordings are to be counted.
    counted uuid[];
    -- The recordings whose charges are not what the ledger gives.
    charged uuid[];
    wrong record;
BEGIN
    IF EXISTS (SELECT FROM @extschema@.s2t_check_tables() AS t
                WHERE t.check_name IN ('missing_table', 'missing_column', 'wrong_kind', 'wrong_type')) THEN
        RETURN;
    END IF;

    SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(b)), pg_catalog.array_agg(b.user_id), pg_catalog.array_agg(b.item),
           coalesce(pg_catalog.array_agg(b.user_id) FILTER (WHERE b.check_name IN ('segment_count', 'totals', 'held')), '{}'::uuid[]),
           pg_catalog.array_agg(b.item) FILTER (WHERE b.check_name = 'charged')
      INTO found, users, items, counted, charged
      FROM (SELECT b.*
              FROM (SELECT * FROM @extschema@.s2t_check_books() UNION ALL SELECT * FROM @extschema@.s2t_check_states()) AS b
             WHERE b.user_id IS NULL OR @extschema@.s2t_try_slot(@extschema@.s2t_slot(b.user_id))
             ORDER BY b.user_id, b.check_name, b.item
             LIMIT most) AS b;
    IF found IS NULL THEN
        RETURN;
    END IF;

    PERFORM FROM @extschema@.users AS u WHERE u.id = ANY (users) ORDER BY u.id FOR KEY SHARE;
    PERFORM FROM @extschema@.recordings AS r WHERE r.id = ANY (items) ORDER BY r.id FOR NO KEY UPDATE;
    PERFORM FROM @extschema@.user_subscriptions AS s WHERE s.user_id = ANY (users) ORDER BY s.user_id FOR NO KEY UPDATE;
    PERFORM FROM @extschema@.usage_cycles AS q WHERE q.id = ANY (items) ORDER BY q.id FOR NO KEY UPDATE;
    PERFORM FROM @extschema@.usage_credits AS c WHERE c.id = ANY (items) ORDER BY c.user_id, c.id FOR NO KEY UPDATE;

    -- The counting trigger moves the totals by as much; what they should be is counted after it.
    UPDATE @extschema@.recordings AS r
       SET segment_count = w.n::integer
      FROM @extschema@.s2t_recount(counted) AS c,
           ROWS FROM (pg_catalog.unnest(c.wrong_ids), pg_catalog.unnest(c.wrong_counts)) AS w (id, n)
     WHERE r.id = w.id AND r.id = ANY (items);

    UPDATE @extschema@.user_subscriptions AS s
       SET total_recordings = n.recordings, total_duration_ms = n.duration_ms, total_segments = n.segments, held_seconds = n.held_seconds
      FROM (SELECT u.id, coalesce(c.recordings, 0::bigint) AS recordings, coalesce(c.duration_ms, 0::bigint) AS duration_ms,
                   coalesce(c.segments, 0::bigint) AS segments, coalesce(c.held_seconds, 0::bigint) AS held_seconds
              FROM (SELECT DISTINCT pg_catalog.unnest(counted) AS id) AS u
              LEFT JOIN @extschema@.s2t_recount(counted) AS c ON c.user_id = u.id) AS n
     WHERE s.user_id = n.id
       AND (s.total_recordings, s.total_duration_ms, s.total_segments, s.held_seconds)
           IS DISTINCT FROM (n.recordings, n.duration_ms, n.segments, n.held_seconds);

    UPDATE @extschema@.usage_cycles AS q
       SET usage_count = b.recordings::integer, used_seconds = b.seconds::integer,
           credit_recordings = b.credit_recordings::integer, credit_seconds = b.credit_seconds::integer,
           overage_recordings = b.overage_recordings::integer, overage_seconds = b.overage_seconds::integer
      FROM @extschema@.s2t_ledger_sums(users) AS b
     WHERE b.user_id = q.user_id AND b.cycle_id = q.id AND q.id = ANY (items);

    -- A ledger that gives less than nothing is no help.
    UPDATE @extschema@.user_subscriptions AS s
       SET usage_count = n.recordings::integer, used_seconds = n.seconds::integer,
           credit_recordings = n.credit_recordings::integer, credit_seconds = n.credit_seconds::integer,
           overage_recordings = n.overage_recordings::integer, overage_seconds = n.overage_seconds::integer
      FROM (SELECT i.user_id, coalesce(b.recordings, 0::bigint) AS recordings, coalesce(b.seconds, 0::bigint) AS seconds,
                   coalesce(b.credit_recordings, 0::bigint) AS credit_recordings, coalesce(b.credit_seconds, 0::bigint) AS credit_seconds,
                   coalesce(b.overage_recordings, 0::bigint) AS overage_recordings, coalesce(b.overage_seconds, 0::bigint) AS overage_seconds
              FROM @extschema@.user_subscriptions AS i
              LEFT JOIN @extschema@.s2t_ledger_sums(users) AS b ON b.user_id = i.user_id AND b.cycle_id = i.cycle_id
             WHERE i.user_id = ANY (users)) AS n
     WHERE s.user_id = n.user_id
       AND (s.usage_count, s.used_seconds, s.credit_recordings, s.credit_seconds, s.overage_recordings, s.overage_seconds)
           IS DISTINCT FROM (n.recordings, n.seconds, n.credit_recordings, n.credit_seconds, n.overage_recordings, n.overage_seconds)
       AND least(n.recordings, n.seconds, n.credit_recordings, n.credit_seconds, n.overage_recordings, n.overage_seconds) >= 0::bigint;

    UPDATE @extschema@.user_subscriptions AS s
       SET prorated_usage_count = q.usage_count, prorated_used_seconds = q.used_seconds,
           prorated_credit_recordings = q.credit_recordings, prorated_credit_seconds = q.credit_seconds,
           prorated_overage_recordings = q.overage_recordings, prorated_overage_seconds = q.overage_seconds
      FROM @extschema@.usage_cycles AS q
     WHERE s.user_id = ANY (users) AND q.user_id = s.user_id AND q.id = s.prorated_cycle_id
       AND (s.prorated_usage_count, s.prorated_used_seconds, s.prorated_credit_recordings, s.prorated_credit_seconds,
            s.prorated_overage_recordings, s.prorated_overage_seconds)
           IS DISTINCT FROM (q.usage_count, q.used_seconds, q.credit_recordings, q.credit_seconds, q.overage_recordings, q.overage_seconds);

    UPDATE @extschema@.usage_credits AS c
       SET left_recordings = b.left_recordings::integer, left_seconds = b.left_seconds::integer
      FROM @extschema@.s2t_credit_sums(users) AS b
     WHERE c.user_id = b.user_id AND c.id = b.credit_id AND c.id = ANY (items)
       AND least(b.left_recordings, b.left_seconds) >= 0::bigint;

    UPDATE @extschema@.user_subscriptions AS s
       SET credit_count = n.credits::integer
      FROM (SELECT u.id, (SELECT pg_catalog.count(*) FROM @extschema@.usage_credits AS c
                           WHERE c.user_id = u.id AND c.cancelled_at IS NULL) AS credits
              FROM (SELECT DISTINCT pg_catalog.unnest(users) AS id) AS u) AS n
     WHERE s.user_id = n.id AND s.credit_count IS DISTINCT FROM n.credits;

    PERFORM @extschema@.s2t_repair_states(users, charged, items);

    FOR wrong IN
        SELECT f.*
          FROM pg_catalog.jsonb_to_recordset(found) AS f (check_name text, object text, problem text, user_id uuid, item uuid)
         WHERE NOT EXISTS (SELECT
                             FROM (SELECT * FROM @extschema@.s2t_check_books(users)
                                   UNION ALL
                                   SELECT * FROM @extschema@.s2t_check_states(users, items)) AS b
                            WHERE b.check_name = f.check_name AND b.item = f.item)
           -- Who was removed meanwhile was not repaired; closed cycles outlive their user, and a queue has none.
           AND (f.check_name IN ('closed_cycle', 'events_ownerless') OR EXISTS (SELECT FROM @extschema@.users AS u WHERE u.id = f.user_id))
         ORDER BY f.check_name, f.object
    LOOP
        PERFORM @extschema@.s2t_note('s2t_doctor', wrong.user_id, CASE WHEN wrong.check_name IN ('segment_count', 'charged', 'lease', 'queue', 'revision') THEN wrong.item END, 'done',
                                     pg_catalog.concat(wrong.check_name, ' of ', wrong.object, ' repaired: ', wrong.problem));
        check_name := wrong.check_name;
        object := wrong.object;
        problem := wrong.problem;
        RETURN NEXT;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_repair() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_repair()
    IS 'Puts the books right, of up to 10,000 findings in a call, and returns what it has put right, each with a row of audit_log; part of s2t_doctor().';
