-- ------------------------------------------------------------------------------------------------
-- Work: the queue of recordings, and the leases of those who take them.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_queue_recording(
    in_recording_id uuid,
    in_priority integer,
    in_not_before timestamptz DEFAULT NULL,
    OUT queued boolean,
    OUT error_message text)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_queue_recording';

REVOKE ALL ON FUNCTION @extschema@.s2t_queue_recording(uuid, integer, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_queue_recording(uuid, integer, timestamptz)
    IS 'Puts a recording in processing into the queue, the lowest priority first, or moves it in there; without a priority takes it out. A refusal is a row that says why.';

CREATE FUNCTION @extschema@.s2t_claim_recordings(
    in_worker text,
    in_limit integer DEFAULT 1,
    in_lease_time interval DEFAULT '5 minutes')
RETURNS TABLE (recording_id uuid, user_id uuid, source text, language text, meta jsonb,
               attempt integer, lease uuid, lease_until timestamptz)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_claim_recordings';

REVOKE ALL ON FUNCTION @extschema@.s2t_claim_recordings(text, integer, interval) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_claim_recordings(text, integer, interval)
    IS 'Gives a worker the next recordings of the queue, each with a lease, by priority and then the oldest first; waits for nobody, and fails nothing.';

CREATE FUNCTION @extschema@.s2t_extend_lease(
    in_recording_id uuid,
    in_lease uuid,
    in_lease_time interval DEFAULT '5 minutes',
    OUT lease_until timestamptz)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_extend_lease';

REVOKE ALL ON FUNCTION @extschema@.s2t_extend_lease(uuid, uuid, interval) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_extend_lease(uuid, uuid, interval)
    IS 'The heartbeat of a worker: its lease lasts for so long from now on, also if its time was over and nobody has claimed the recording.';

CREATE FUNCTION @extschema@.s2t_release_recording(
    in_recording_id uuid,
    in_lease uuid,
    in_retry_after interval DEFAULT NULL,
    in_error text DEFAULT NULL,
    OUT status text,
    OUT attempts_left integer,
    OUT due_at timestamptz)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_release_recording';

REVOKE ALL ON FUNCTION @extschema@.s2t_release_recording(uuid, uuid, interval, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_release_recording(uuid, uuid, interval, text)
    IS 'Gives a recording back to the queue, at once or after a pause; with an error the attempt counts, and a recording without any left fails.';

CREATE FUNCTION @extschema@.s2t_leases_lost()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 's2t_leases_lost';

REVOKE ALL ON FUNCTION @extschema@.s2t_leases_lost() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_leases_lost()
    IS 'Leases in this database, since the server started, whose time was over and whose recordings another worker has claimed.';

-- Late bound, since the tables may be those of an earlier version: then nothing is queued.
CREATE FUNCTION @extschema@.s2t_read_queue(in_limit integer DEFAULT NULL)
RETURNS TABLE (recording_id uuid, user_id uuid, state text, priority integer, due_at timestamptz,
               claims integer, worker text, lease_until timestamptz, created_at timestamptz, error text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    now_is       timestamptz := clock_timestamp();
    max_attempts integer;
BEGIN
    -- Before the library is loaded there is no such setting, or anybody's.
    PERFORM @extschema@.s2t_version();
    max_attempts := current_setting('s2t.max_attempts')::integer;
    RETURN QUERY
    SELECT q.id, q.user_id,
           CASE WHEN q.lease IS NOT NULL AND q.lease_until > now_is THEN 'leased'
                WHEN q.claims >= max_attempts THEN 'used up'
                WHEN q.lease IS NOT NULL THEN 'expired'
                WHEN q.due_at IS NOT NULL THEN 'put off'
                ELSE 'waiting' END,
           coalesce(q.queue_priority, q.due_priority), q.due_at, q.claims, q.lease_worker,
           CASE WHEN q.lease IS NOT NULL THEN q.lease_until END, q.created_at, q.error
      FROM ((SELECT r.*
               FROM @extschema@.recordings AS r
              WHERE r.status = 'processing' AND r.queue_priority IS NOT NULL
              ORDER BY r.queue_priority, r.created_at, r.id
              LIMIT in_limit)
            UNION ALL
            (SELECT r.*
               FROM @extschema@.recordings AS r
              WHERE r.status = 'processing' AND r.due_at IS NOT NULL
              ORDER BY r.due_at, r.id
              LIMIT in_limit)) AS q;
EXCEPTION
    WHEN undefined_column THEN
        NULL;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_read_queue(integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_read_queue(integer)
    IS 'What the view s2t_queue shows, of at most so many recordings that are in the queue and so many that are put off.';

CREATE VIEW @extschema@.s2t_queue AS
    SELECT q.* FROM @extschema@.s2t_read_queue() AS q;

REVOKE ALL ON TABLE @extschema@.s2t_queue FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_queue
    IS 'The recordings in the queue: waiting, leased, expired (anybody may claim it), put off, or used up (the job for stale recordings fails it).';

CREATE FUNCTION @extschema@.s2t_read_work(
    in_look_at integer DEFAULT 100000,
    OUT queue_waiting bigint,
    OUT queue_put_off bigint,
    OUT oldest_waiting_seconds float8,
    OUT leases_in_force bigint,
    OUT queue_attempts bigint,
    OUT queue_used_up bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT count(*) FILTER (WHERE q.state IN ('waiting', 'expired')),
           count(*) FILTER (WHERE q.state = 'put off'),
           greatest(coalesce(max(extract(epoch FROM clock_timestamp() - q.created_at))
                                 FILTER (WHERE q.state IN ('waiting', 'expired')), 0), 0)::float8,
           count(*) FILTER (WHERE q.state = 'leased'),
           coalesce(sum(q.claims), 0),
           count(*) FILTER (WHERE q.state = 'used up')
      FROM @extschema@.s2t_read_queue(in_look_at) AS q
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_read_work(integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_read_work(integer)
    IS 'What s2t_health and s2t_metrics() tell of the queue, looking at that many recordings at most.';
