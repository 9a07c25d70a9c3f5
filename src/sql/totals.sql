-- ------------------------------------------------------------------------------------------------
-- Running totals.
--
-- recordings.segment_count is the number of a recording's segments; total_recordings,
-- total_duration_ms and total_segments of a subscription are the count and the sums over its user's
-- recordings, held_seconds the sum over those in processing. The procedures keep them themselves; these triggers keep them for every other
-- statement. Rows are locked in the order users, recordings, user_subscriptions, and within a table
-- by ascending key, with the lock that an UPDATE takes and that foreign-key checks do not wait for.
-- Each statement of a volatile function sees what was committed before it, so that under READ
-- COMMITTED a row that was waited for is read as it is now; above that, waiting ends in 40001.
--
-- The statements in here may fire triggers of the database's owner, who writes these with the
-- extension's schema in mind: hence it is in search_path. So that nothing in it can put itself
-- between, functions are qualified, and operators meet exactly the types they are made for.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_count_recordings()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, @extschema@, pg_temp
AS $function$
DECLARE
    -- One element for each user whose totals move, and by how much.
    users      uuid[];
    recordings bigint[];
    durations  bigint[];
    segments   bigint[];
    held       bigint[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM FROM @extschema@.user_subscriptions AS s ORDER BY s.user_id FOR NO KEY UPDATE;
        UPDATE @extschema@.user_subscriptions AS s
           SET total_recordings = 0, total_duration_ms = 0, total_segments = 0, held_seconds = 0
         WHERE s.total_recordings <> 0 OR s.total_duration_ms <> 0 OR s.total_segments <> 0 OR s.held_seconds <> 0;
        RETURN NULL;
    END IF;

    IF TG_OP = 'INSERT' THEN
        SELECT pg_catalog.array_agg(d.user_id), pg_catalog.array_agg(d.n),
               pg_catalog.array_agg(d.duration), pg_catalog.array_agg(d.segments),
               pg_catalog.array_agg(d.held)
          INTO users, recordings, durations, segments, held
          FROM (SELECT r.user_id, pg_catalog.count(*) AS n, pg_catalog.sum(r.duration_ms) AS duration,
                       pg_catalog.sum(r.segment_count) AS segments,
                       pg_catalog.sum(CASE WHEN r.status = 'processing' THEN r.held_seconds ELSE 0 END) AS held
                  FROM new_rows AS r
                 GROUP BY r.user_id) AS d;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT pg_catalog.array_agg(d.user_id), pg_catalog.array_agg(-d.n),
               pg_catalog.array_agg(-d.duration), pg_catalog.array_agg(-d.segments),
               pg_catalog.array_agg(-d.held)
          INTO users, recordings, durations, segments, held
          FROM (SELECT r.user_id, pg_catalog.count(*) AS n, pg_catalog.sum(r.duration_ms) AS duration,
                       pg_catalog.sum(r.segment_count) AS segments,
                       pg_catalog.sum(CASE WHEN r.status = 'processing' THEN r.held_seconds ELSE 0 END) AS held
                  FROM old_rows AS r
                 GROUP BY r.user_id) AS d;
    ELSE
        SELECT pg_catalog.array_agg(d.user_id), pg_catalog.array_agg(d.n),
               pg_catalog.array_agg(d.duration), pg_catalog.array_agg(d.segments), pg_catalog.array_agg(d.held)
          INTO users, recordings, durations, segments, held
          FROM (SELECT r.user_id, pg_catalog.sum(r.sign)::bigint AS n,
                       pg_catalog.sum(r.sign * r.duration_ms)::bigint AS duration,
                       pg_catalog.sum(r.sign * r.segment_count)::bigint AS segments,
                       pg_catalog.sum(CASE WHEN r.status = 'processing' THEN r.sign * r.held_seconds ELSE 0 END)::bigint AS held
                  FROM (SELECT 1::bigint AS sign, n.user_id, n.duration_ms, n.segment_count, n.status, n.held_seconds FROM new_rows AS n
                        UNION ALL
                        SELECT -1::bigint, o.user_id, o.duration_ms, o.segment_count, o.status, o.held_seconds FROM old_rows AS o) AS r
                 GROUP BY r.user_id) AS d
         WHERE d.n <> 0 OR d.duration <> 0 OR d.segments <> 0 OR d.held <> 0;
    END IF;

    IF users IS NOT NULL THEN
        PERFORM FROM @extschema@.user_subscriptions AS s
          WHERE s.user_id = ANY (users)
          ORDER BY s.user_id
            FOR NO KEY UPDATE;
        UPDATE @extschema@.user_subscriptions AS s
           SET total_recordings  = s.total_recordings + d.recordings,
               total_duration_ms = s.total_duration_ms + coalesce(d.duration, 0),
               total_segments    = s.total_segments + coalesce(d.segments, 0),
               held_seconds      = s.held_seconds + coalesce(d.held, 0)
          FROM ROWS FROM (pg_catalog.unnest(users), pg_catalog.unnest(recordings), pg_catalog.unnest(durations),
                          pg_catalog.unnest(segments), pg_catalog.unnest(held))
               AS d (user_id, recordings, duration, segments, held)
         WHERE s.user_id = d.user_id;
    END IF;

    -- A restored dump brings the count before the segments, which are yet to be counted, and a
    -- statement that stores both has perhaps counted them already: what came along with the row is
    -- taken off. This UPDATE fires the trigger in turn, which takes it off the totals.
    IF TG_OP = 'INSERT' THEN
        UPDATE @extschema@.recordings AS r
           SET segment_count = r.segment_count - i.segment_count
          FROM new_rows AS i
         WHERE r.id = i.id
           AND i.segment_count <> 0;
    END IF;

    RETURN NULL;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_count_recordings() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_count_recordings()
    IS 'Trigger function: keeps the running totals of user_subscriptions when recordings change outside the procedures.';

CREATE FUNCTION @extschema@.s2t_count_segments()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, @extschema@, pg_temp
AS $function$
DECLARE
    -- One element for each recording whose count moves, and by how much.
    recordings uuid[];
    segments   bigint[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM FROM @extschema@.recordings AS r
          WHERE r.segment_count <> 0
          ORDER BY r.id
            FOR NO KEY UPDATE;
        UPDATE @extschema@.recordings AS r SET segment_count = 0 WHERE r.segment_count <> 0;
        RETURN NULL;
    END IF;

    IF TG_OP = 'INSERT' THEN
        SELECT pg_catalog.array_agg(d.recording_id), pg_catalog.array_agg(d.n)
          INTO recordings, segments
          FROM (SELECT s.recording_id, pg_catalog.count(*) AS n FROM new_rows AS s GROUP BY s.recording_id) AS d;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT pg_catalog.array_agg(d.recording_id), pg_catalog.array_agg(-d.n)
          INTO recordings, segments
          FROM (SELECT s.recording_id, pg_catalog.count(*) AS n FROM old_rows AS s GROUP BY s.recording_id) AS d;
    ELSE
        SELECT pg_catalog.array_agg(d.recording_id), pg_catalog.array_agg(d.n)
          INTO recordings, segments
          FROM (SELECT s.recording_id, pg_catalog.sum(s.sign) AS n
                  FROM (SELECT 1 AS sign, n.recording_id FROM new_rows AS n
                        UNION ALL
                        SELECT -1, o.recording_id FROM old_rows AS o) AS s
                 GROUP BY s.recording_id) AS d
         WHERE d.n <> 0;
    END IF;

    -- A recording that was deleted, and its segments through it, is not there any more: its own
    -- trigger has taken its count off the totals.
    IF recordings IS NOT NULL THEN
        PERFORM FROM @extschema@.recordings AS r
          WHERE r.id = ANY (recordings)
          ORDER BY r.id
            FOR NO KEY UPDATE;
        UPDATE @extschema@.recordings AS r
           SET segment_count = r.segment_count + d.n
          FROM ROWS FROM (pg_catalog.unnest(recordings), pg_catalog.unnest(segments)) AS d (id, n)
         WHERE r.id = d.id;
    END IF;

    RETURN NULL;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_count_segments() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_count_segments()
    IS 'Trigger function: keeps recordings.segment_count when segments change outside the procedures.';

CREATE FUNCTION @extschema@.s2t_count_subscription()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    -- Inserting a recording holds a key lock on its user: who waits here sees that recording.
    PERFORM FROM @extschema@.users AS u WHERE u.id = NEW.user_id FOR UPDATE;

    SELECT count(*), coalesce(sum(r.duration_ms), 0), coalesce(sum(r.segment_count), 0),
           coalesce(sum(r.held_seconds) FILTER (WHERE r.status = 'processing'), 0)
      INTO NEW.total_recordings, NEW.total_duration_ms, NEW.total_segments, NEW.held_seconds
      FROM @extschema@.recordings AS r
     WHERE r.user_id = NEW.user_id;

    RETURN NEW;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_count_subscription() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_count_subscription()
    IS 'Trigger function: gives a subscription that enters outside the procedures the totals of its user''s recordings.';
