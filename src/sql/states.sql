-- ------------------------------------------------------------------------------------------------
-- States: what the columns of a recording, or rows that belong together, say of each other. Leases and
-- the queue, charges of a recording, revisions of a transcript, times and consumers of events.
-- Of in_users or in_items NULL all are meant.
-- ------------------------------------------------------------------------------------------------

-- Of recordings whose entries are all there: none that may have been charged to a cycle whose entries were
-- purged, and none that somebody gave to another user (if that one is meant, too). Whether a recording is charged is told where its
-- charges are in the ledger: those from before it are in the entry that opened it.
CREATE FUNCTION @extschema@.s2t_recording_sums(in_users uuid[])
RETURNS TABLE (user_id uuid, recording_id uuid, seconds bigint, charges bigint, cycle_id uuid)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $function$
BEGIN
    RETURN QUERY
    WITH
    booked AS MATERIALIZED (
        SELECT e.user_id, e.recording_id,
               sum(CASE WHEN e.credit_id IS NULL THEN e.seconds ELSE e.credit_seconds END) AS seconds,
               sum(CASE WHEN e.credit_id IS NULL THEN e.recordings ELSE e.credit_recordings END)
                   FILTER (WHERE e.recordings <> 0 OR e.credit_recordings <> 0) AS charges,
               (array_agg(e.cycle_id ORDER BY e.at DESC, e.id DESC) FILTER (WHERE e.recordings > 0))[1] AS cycle_id
          FROM @extschema@.usage_entries AS e
         WHERE e.recording_id IS NOT NULL
           AND (in_users IS NULL OR e.user_id = ANY (in_users))
         GROUP BY e.user_id, e.recording_id
    ),
    opened AS MATERIALIZED (
        SELECT e.user_id, max(e.at) AS at
          FROM @extschema@.usage_entries AS e
         WHERE e.kind = 'opening' AND (in_users IS NULL OR e.user_id = ANY (in_users))
         GROUP BY e.user_id
    ),
    silent AS MATERIALIZED (
        SELECT q.user_id, q.cycle_start, greatest(q.cycle_end, q.closed_at) AS until
          FROM @extschema@.usage_cycles AS q
         WHERE (in_users IS NULL OR q.user_id = ANY (in_users))
           AND NOT EXISTS (SELECT FROM @extschema@.usage_entries AS e WHERE e.user_id = q.user_id AND e.cycle_id = q.id)
    )
    SELECT r.user_id, r.id, coalesce(b.seconds, 0), CASE WHEN o.at >= r.created_at THEN NULL ELSE b.charges END, b.cycle_id
      FROM @extschema@.recordings AS r
      LEFT JOIN booked AS b ON b.recording_id = r.id
      LEFT JOIN opened AS o ON o.user_id = r.user_id
     WHERE (in_users IS NULL OR r.user_id = ANY (in_users))
       AND NOT EXISTS (SELECT FROM booked AS o WHERE o.recording_id = r.id AND o.user_id <> r.user_id)
       AND NOT EXISTS (SELECT
                         FROM silent AS q
                        WHERE q.user_id = r.user_id AND q.until >= r.created_at
                          AND (r.status = 'processing' OR r.revision > 0
                               OR q.cycle_start <= greatest(r.created_at, r.active_at, r.completed_at)));
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_recording_sums(uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_recording_sums(uuid[])
    IS 'What the ledger gives of each recording whose entries are all there: seconds, how often it is charged (NULL: not told), and the cycle of its last charge.';

CREATE FUNCTION @extschema@.s2t_check_states(in_users uuid[] DEFAULT NULL, in_items uuid[] DEFAULT NULL)
RETURNS TABLE (check_name text, object text, problem text, user_id uuid, item uuid)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $function$
BEGIN
    RETURN QUERY
    SELECT 'charged', format('recording %s', r.id),
           concat_ws('; ', @extschema@.s2t_difference('charged_seconds', r.charged_seconds, c.seconds),
                           CASE WHEN (r.charged_cycle_id IS NOT NULL)::integer <> c.charges THEN
                               format('charged_cycle_id is %s, and the ledger charges %s recordings', coalesce(r.charged_cycle_id::text, 'null'), c.charges) END),
           r.user_id, r.id
      FROM @extschema@.s2t_recording_sums(in_users) AS c
      JOIN @extschema@.recordings AS r ON r.id = c.recording_id
     WHERE (in_items IS NULL OR r.id = ANY (in_items))
       AND (r.charged_seconds <> c.seconds OR (r.charged_cycle_id IS NOT NULL)::integer <> c.charges);

    RETURN QUERY
    SELECT v.finding, format('recording %s', r.id), v.problem, r.user_id, r.id
      FROM @extschema@.recordings AS r
     CROSS JOIN LATERAL (VALUES
               ('lease', CASE WHEN r.status <> 'processing' THEN
                                  CASE WHEN r.lease IS NOT NULL OR r.lease_until IS NOT NULL THEN format('has a lease, and is %s', r.status) END
                              WHEN r.lease IS NULL THEN CASE WHEN r.lease_until IS NOT NULL THEN 'has the end of a lease, and no lease' END
                              ELSE concat_ws('; ', CASE WHEN r.lease_until IS NULL THEN 'has a lease without an end' END,
                                                   CASE WHEN r.lease_worker IS NULL THEN 'has a lease of no worker' END) END),
               ('queue', CASE WHEN r.status <> 'processing' THEN
                                  CASE WHEN r.queue_priority IS NOT NULL OR r.due_at IS NOT NULL OR r.due_priority IS NOT NULL
                                       THEN format('is in the queue, and is %s', r.status) END
                              WHEN r.queue_priority IS NOT NULL AND (r.due_at IS NOT NULL OR r.due_priority IS NOT NULL) THEN 'waits and is put off at once'
                              WHEN r.due_at IS NOT NULL AND r.due_priority IS NULL THEN 'is put off without a priority'
                              WHEN r.due_at IS NULL AND r.due_priority IS NOT NULL THEN 'has a priority of what is put off, and is not' END)
           ) AS v (finding, problem)
     WHERE v.problem <> ''
       AND (in_users IS NULL OR r.user_id = ANY (in_users))
       AND (in_items IS NULL OR r.id = ANY (in_items));

    -- The next edit would take the number of one that is there.
    RETURN QUERY
    SELECT 'revision', format('recording %s', r.id), format('revision is %s, and %s is kept', r.revision, v.latest), r.user_id, r.id
      FROM (SELECT i.recording_id, max(i.revision) AS latest
              FROM @extschema@.segment_revisions AS i
             WHERE i.item = 0 AND (in_items IS NULL OR i.recording_id = ANY (in_items))
             GROUP BY i.recording_id) AS v
      JOIN @extschema@.recordings AS r ON r.id = v.recording_id
     WHERE r.revision < v.latest
       AND (in_users IS NULL OR r.user_id = ANY (in_users));

    -- The next event would stand before one that is there.
    RETURN QUERY
    SELECT 'events_order', format('user %s', s.user_id),
           format('last_event_at is %s, and an event is of %s', coalesce(s.last_event_at::text, 'null'), e.latest), s.user_id, s.user_id
      FROM (SELECT i.user_id, max(i.at) AS latest
              FROM @extschema@.events AS i
             WHERE in_users IS NULL OR i.user_id = ANY (in_users)
             GROUP BY i.user_id) AS e
      JOIN @extschema@.user_subscriptions AS s ON s.user_id = e.user_id
     WHERE coalesce(s.last_event_at, clock_timestamp()) < e.latest;

    -- Queues are few, and rows in them many: from one to the next by the index.
    RETURN QUERY
    WITH RECURSIVE queue AS (
        (SELECT e.queue_id FROM @extschema@.events AS e ORDER BY e.queue_id LIMIT 1)
        UNION ALL
        SELECT n.queue_id
          FROM queue AS q
         CROSS JOIN LATERAL (SELECT e.queue_id FROM @extschema@.events AS e WHERE e.queue_id > q.queue_id ORDER BY e.queue_id LIMIT 1) AS n
    )
    SELECT 'events_ownerless', format('queue %s', q.queue_id), 'has events, and there is no such consumer', NULL::uuid, q.queue_id
      FROM queue AS q
     WHERE NOT EXISTS (SELECT FROM @extschema@.event_consumers AS c WHERE q.queue_id IN (c.queue_id, c.dead_queue_id))
       AND (in_items IS NULL OR q.queue_id = ANY (in_items));
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_check_states(uuid[], uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_check_states(uuid[], uuid[])
    IS 'What leases, queue, charges, revisions and events say that cannot be; part of s2t_doctor().';

-- With the locks that s2t_repair() holds: recordings and subscriptions of what was found.
CREATE FUNCTION @extschema@.s2t_repair_states(in_users uuid[], in_charged uuid[], in_items uuid[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, @extschema@, pg_temp
AS $function$
BEGIN
    -- A ledger that gives less than nothing is no help.
    UPDATE @extschema@.recordings AS r
       SET charged_seconds = c.seconds::integer,
           charged_cycle_id = CASE WHEN c.charges IS NULL THEN r.charged_cycle_id
                                   WHEN c.charges > 0::bigint THEN coalesce(r.charged_cycle_id, c.cycle_id) END
      FROM @extschema@.s2t_recording_sums(in_users) AS c
     WHERE r.id = c.recording_id AND r.id = ANY (in_charged) AND c.seconds >= 0::bigint
       AND (r.charged_seconds <> c.seconds OR (r.charged_cycle_id IS NOT NULL) <> (c.charges > 0::bigint));

    -- A lease whose end nobody knows is over: whoever has it may go on until another claim.
    UPDATE @extschema@.recordings AS r
       SET lease = n.lease, lease_until = n.lease_until, lease_worker = n.lease_worker,
           queue_priority = n.queue_priority, due_at = n.due_at, due_priority = n.due_priority
      FROM (SELECT i.id,
                   CASE WHEN i.status = 'processing' THEN i.lease END AS lease,
                   CASE WHEN i.status = 'processing' AND i.lease IS NOT NULL THEN coalesce(i.lease_until, pg_catalog.clock_timestamp()) END AS lease_until,
                   CASE WHEN i.status = 'processing' AND i.lease IS NOT NULL THEN coalesce(i.lease_worker, 'unknown') ELSE i.lease_worker END AS lease_worker,
                   CASE WHEN i.status = 'processing' THEN i.queue_priority END AS queue_priority,
                   CASE WHEN i.status = 'processing' AND i.queue_priority IS NULL THEN i.due_at END AS due_at,
                   CASE WHEN i.status = 'processing' AND i.queue_priority IS NULL AND i.due_at IS NOT NULL THEN coalesce(i.due_priority, 0) END AS due_priority
              FROM @extschema@.recordings AS i
             WHERE i.id = ANY (in_items)) AS n
     WHERE r.id = n.id
       AND (r.lease, r.lease_until, r.lease_worker, r.queue_priority, r.due_at, r.due_priority)
           IS DISTINCT FROM (n.lease, n.lease_until, n.lease_worker, n.queue_priority, n.due_at, n.due_priority);

    UPDATE @extschema@.recordings AS r
       SET revision = v.latest
      FROM (SELECT i.recording_id, pg_catalog.max(i.revision) AS latest
              FROM @extschema@.segment_revisions AS i
             WHERE i.item = 0 AND i.recording_id = ANY (in_items)
             GROUP BY i.recording_id) AS v
     WHERE r.id = v.recording_id AND r.revision < v.latest;

    UPDATE @extschema@.user_subscriptions AS s
       SET last_event_at = e.latest
      FROM (SELECT i.user_id, pg_catalog.max(i.at) AS latest
              FROM @extschema@.events AS i
             WHERE i.user_id = ANY (in_users)
             GROUP BY i.user_id) AS e
     WHERE s.user_id = e.user_id AND coalesce(s.last_event_at, pg_catalog.clock_timestamp()) < e.latest;

    PERFORM @extschema@.s2t_remove_consumerless_events();
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_repair_states(uuid[], uuid[], uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_repair_states(uuid[], uuid[], uuid[])
    IS 'Puts right what s2t_check_states() has found of these users, recordings charged otherwise than the ledger says, and items; part of s2t_doctor().';
