-- ------------------------------------------------------------------------------------------------
-- Events: who is told of what, and the queues of those who are.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_event_types()
RETURNS SETOF text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT unnest('{user.registered,user.deleted,recording.created,recording.completed,recording.failed,recording.deleted,usage.threshold,cycle.closed,plan.changed,transcript.edited}'::text[])
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_event_types() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_event_types()
    IS 'The types of events that this version writes.';

CREATE FUNCTION @extschema@.s2t_take_events(
    in_consumer text,
    in_limit integer DEFAULT 100,
    in_lease_time interval DEFAULT '30 seconds')
RETURNS TABLE (id uuid, type text, at timestamptz, user_id uuid, recording_id uuid, data jsonb, attempt integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_take_events';

REVOKE ALL ON FUNCTION @extschema@.s2t_take_events(text, integer, interval) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_take_events(text, integer, interval)
    IS 'Gives a consumer its next events, those of one user in order, for as long as the lease lasts; they are given again unless they are acknowledged.';

CREATE FUNCTION @extschema@.s2t_ack_events(
    in_consumer text,
    in_ids uuid[])
RETURNS integer
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_ack_events';

REVOKE ALL ON FUNCTION @extschema@.s2t_ack_events(text, uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_ack_events(text, uuid[])
    IS 'Removes events that a consumer has done with, and returns how many; safe to repeat.';

CREATE FUNCTION @extschema@.s2t_release_events(
    in_consumer text,
    in_ids uuid[],
    in_retry_after interval DEFAULT NULL,
    in_error text DEFAULT NULL)
RETURNS integer
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_release_events';

REVOKE ALL ON FUNCTION @extschema@.s2t_release_events(text, uuid[], interval, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_release_events(text, uuid[], interval, text)
    IS 'Gives events back, to be given again after a time; with an error it was an attempt, and after the last one an event is dead. Returns how many.';

CREATE FUNCTION @extschema@.s2t_queues_of(
    in_consumer text,
    OUT queue_id uuid,
    OUT dead_queue_id uuid)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF in_consumer IS NULL THEN
        RAISE EXCEPTION 'argument must not be null'
              USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Argument in_consumer is null.';
    END IF;
    SELECT c.queue_id, c.dead_queue_id INTO queue_id, dead_queue_id FROM @extschema@.event_consumers AS c WHERE c.name = in_consumer;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'consumer not found'
              USING ERRCODE = 'no_data_found',
                    DETAIL = pg_catalog.format('No consumer has the name "%s".', in_consumer),
                    HINT = 'Consumers are registered by s2t_add_consumer().';
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_queues_of(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_queues_of(text)
    IS 'The queues of a consumer; P0002 if there is none of the name, 22023 for NULL.';

CREATE FUNCTION @extschema@.s2t_remove_consumerless_events()
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    queue   uuid;
    removed bigint := 0;
    more    bigint;
BEGIN
    -- A few queues, and many rows in each: from one queue to the next by the index.
    LOOP
        SELECT e.queue_id INTO queue
          FROM @extschema@.events AS e
         WHERE queue IS NULL OR e.queue_id > queue
         ORDER BY e.queue_id
         LIMIT 1;
        EXIT WHEN NOT FOUND;
        IF NOT EXISTS (SELECT FROM @extschema@.event_consumers AS c WHERE queue IN (c.queue_id, c.dead_queue_id)) THEN
            DELETE FROM @extschema@.events AS e WHERE e.queue_id = queue;
            GET DIAGNOSTICS more = ROW_COUNT;
            removed := removed + more;
        END IF;
    END LOOP;
    RETURN removed;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_remove_consumerless_events() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_remove_consumerless_events()
    IS 'Removes events whose consumer was dropped while they were being written, and returns how many; called by s2t_add_consumer() and s2t_drop_consumer().';

CREATE FUNCTION @extschema@.s2t_queue_id(
    in_kind text,
    in_name text)
RETURNS uuid
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    -- Version 8 of RFC 9562, as ids of plans that are seeded.
    SELECT overlay(overlay(left(encode(sha256(convert_to(format('s2t %s %s', in_kind, in_name), 'UTF8')), 'hex'), 32)
                           PLACING '8' FROM 13 FOR 1) PLACING '8' FROM 17 FOR 1)::uuid
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_queue_id(text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_queue_id(text, text)
    IS 'The id of a consumer''s queue, made from its name.';

CREATE FUNCTION @extschema@.s2t_add_consumer(
    in_name text,
    in_types text[] DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    wrong text;
    fresh boolean;
BEGIN
    IF in_name IS NULL OR in_name !~ '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,62}$' THEN
        RAISE EXCEPTION 'invalid name of a consumer'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = pg_catalog.format('Argument in_name is %s.', coalesce(pg_catalog.quote_literal(pg_catalog.left(in_name, 100)), 'null')),
                    HINT = 'Use 1 to 63 of the letters A to Z, digits, and any of _ . : - after the first.';
    END IF;
    SELECT coalesce(pg_catalog.quote_literal(pg_catalog.left(t.type, 100)), 'null') INTO wrong
      FROM pg_catalog.unnest(in_types) AS t (type)
     WHERE t.type IS NULL OR t.type NOT IN (SELECT y FROM @extschema@.s2t_event_types() AS y)
     LIMIT 1;
    IF wrong IS NOT NULL OR pg_catalog.cardinality(in_types) = 0 THEN
        RAISE EXCEPTION 'unknown type of event'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = pg_catalog.format('Argument in_types has %s.', coalesce(wrong, 'no element')),
                    HINT = pg_catalog.format('The types are %s; NULL is all of them.',
                                             (SELECT pg_catalog.string_agg(y, ', ') FROM @extschema@.s2t_event_types() AS y));
    END IF;

    -- Waits for whoever adds or drops a consumer of this name at the same time.
    -- Its queues have ids of its name, the same on every shard, so that events move with their users: what
    -- was left over under that name is nobody's.
    PERFORM @extschema@.s2t_remove_consumerless_events();
    INSERT INTO @extschema@.event_consumers AS c (queue_id, dead_queue_id, name, types)
    VALUES (@extschema@.s2t_queue_id('queue', in_name), @extschema@.s2t_queue_id('dead queue', in_name), in_name, in_types)
        ON CONFLICT (name) DO UPDATE SET types = excluded.types
    RETURNING c.xmax = 0 INTO fresh;
    PERFORM @extschema@.s2t_remove_consumerless_events();
    PERFORM @extschema@.s2t_note('s2t_add_consumer', NULL, NULL, 'done',
                                 pg_catalog.format('consumer "%s", %s', in_name, coalesce(pg_catalog.array_to_string(in_types, ', '), 'all types')));
    RETURN fresh;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_add_consumer(text, text[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_add_consumer(text, text[])
    IS 'Registers a consumer of events of these types (NULL: all), or changes the types of one that is there; true if it is new.';

CREATE FUNCTION @extschema@.s2t_drop_consumer(in_name text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    DELETE FROM @extschema@.event_consumers AS c WHERE c.name = in_name;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM @extschema@.s2t_remove_consumerless_events();
    PERFORM @extschema@.s2t_note('s2t_drop_consumer', NULL, NULL, 'done', pg_catalog.format('consumer "%s"', in_name));
    RETURN true;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_drop_consumer(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_drop_consumer(text)
    IS 'Removes a consumer with all events that wait for it, dead ones included; false if there is none of the name.';

CREATE FUNCTION @extschema@.s2t_read_dead_events()
RETURNS TABLE (consumer text, id uuid, type text, at timestamptz, user_id uuid, recording_id uuid, data jsonb,
               attempt integer, dead_at timestamptz, error text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN QUERY
    SELECT c.name, e.id, e.type, e.at, e.user_id, e.recording_id, e.data, e.attempt, e.dead_at, e.error
      FROM @extschema@.event_consumers AS c
      JOIN @extschema@.events AS e ON e.queue_id = c.dead_queue_id;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_read_dead_events() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_read_dead_events()
    IS 'What the view s2t_dead_events shows.';

CREATE VIEW @extschema@.s2t_dead_events AS
    SELECT * FROM @extschema@.s2t_read_dead_events();

REVOKE ALL ON TABLE @extschema@.s2t_dead_events FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_dead_events
    IS 'Events that were given up, with what the consumer said last; s2t_revive_events() and s2t_discard_events() take care of them.';

CREATE FUNCTION @extschema@.s2t_revive_events(
    in_consumer text,
    in_ids uuid[] DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    queues  record;
    revived bigint;
BEGIN
    SELECT * INTO queues FROM @extschema@.s2t_queues_of(in_consumer);
    -- Never given, so that they come in the order of their users again.
    UPDATE @extschema@.events AS e
       SET queue_id = queues.queue_id, attempt = 0, due_at = NULL, dead_at = NULL
     WHERE e.queue_id = queues.dead_queue_id AND (in_ids IS NULL OR e.id = ANY (in_ids))
       AND @extschema@.s2t_try_slot(@extschema@.s2t_slot(e.user_id));
    GET DIAGNOSTICS revived = ROW_COUNT;
    IF revived > 0 THEN
        PERFORM @extschema@.s2t_note('s2t_revive_events', NULL, NULL, 'done', pg_catalog.format('consumer "%s", %s events', in_consumer, revived));
    END IF;
    RETURN revived;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_revive_events(text, uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_revive_events(text, uuid[])
    IS 'Puts dead events of a consumer (NULL: all) back into its queue, in their old place, with all attempts; returns how many.';

CREATE FUNCTION @extschema@.s2t_discard_events(
    in_consumer text,
    in_ids uuid[] DEFAULT NULL,
    in_older_than interval DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    queues    record;
    bound     timestamptz := pg_catalog.clock_timestamp() - in_older_than;
    discarded bigint;
BEGIN
    IF in_ids IS NULL AND in_older_than IS NULL THEN
        RAISE EXCEPTION 'nothing says which events are meant'
              USING ERRCODE = 'invalid_parameter_value',
                    HINT = 'Give in_ids, in_older_than, or both; an interval of zero is all of them.';
    END IF;
    IF in_older_than < '0' THEN
        RAISE EXCEPTION 'invalid age'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = pg_catalog.format('Argument in_older_than is %s; it must not be negative.', in_older_than);
    END IF;
    SELECT * INTO queues FROM @extschema@.s2t_queues_of(in_consumer);
    DELETE FROM @extschema@.events AS e
     WHERE e.queue_id = queues.dead_queue_id
       AND (in_ids IS NULL OR e.id = ANY (in_ids))
       AND (in_older_than IS NULL OR e.dead_at < bound)
       AND @extschema@.s2t_try_slot(@extschema@.s2t_slot(e.user_id));
    GET DIAGNOSTICS discarded = ROW_COUNT;
    IF discarded > 0 THEN
        PERFORM @extschema@.s2t_note('s2t_discard_events', NULL, NULL, 'done', pg_catalog.format('consumer "%s", %s events', in_consumer, discarded));
    END IF;
    RETURN discarded;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_discard_events(text, uuid[], interval) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_discard_events(text, uuid[], interval)
    IS 'Removes dead events of a consumer, by their ids, by when they were given up, or by both; returns how many.';

-- Cheap enough for every scrape: of each queue at most so many are counted.
CREATE FUNCTION @extschema@.s2t_read_event_queues(in_look_at integer DEFAULT 10000)
RETURNS TABLE (consumer text, types text[], waiting bigint, given bigint, put_off bigint, oldest_seconds float8, dead bigint,
               created_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    now_is timestamptz := pg_catalog.clock_timestamp();
BEGIN
    IF pg_catalog.to_regclass('@extschema@.event_consumers') IS NULL OR pg_catalog.to_regclass('@extschema@.events') IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT c.name, c.types,
           (SELECT count(*) FROM (SELECT FROM @extschema@.events AS e WHERE e.queue_id = c.queue_id AND e.due_at IS NULL LIMIT in_look_at) AS e),
           taken.given, taken.put_off,
           (SELECT greatest(extract(epoch FROM now_is - min(e.at)), 0)::float8
              FROM ((SELECT e.at FROM @extschema@.events AS e WHERE e.queue_id = c.queue_id AND e.due_at IS NULL ORDER BY e.id LIMIT 1)
                    UNION ALL
                    (SELECT e.at FROM @extschema@.events AS e WHERE e.queue_id = c.queue_id AND e.due_at IS NOT NULL ORDER BY e.id LIMIT 1)) AS e),
           (SELECT count(*) FROM (SELECT FROM @extschema@.events AS e WHERE e.queue_id = c.dead_queue_id LIMIT in_look_at) AS e),
           c.created_at
      FROM @extschema@.event_consumers AS c
     CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE e.error IS NULL AND e.due_at < 'infinity') AS given,
                                count(*) FILTER (WHERE e.error IS NOT NULL OR e.due_at = 'infinity') AS put_off
                           FROM (SELECT e.due_at, e.error FROM @extschema@.events AS e
                                  WHERE e.queue_id = c.queue_id AND e.due_at IS NOT NULL LIMIT in_look_at) AS e) AS taken
     ORDER BY c.name;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_read_event_queues(integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_read_event_queues(integer)
    IS 'What the view s2t_event_queues shows, counting up to a limit.';

CREATE VIEW @extschema@.s2t_event_queues AS
    SELECT * FROM @extschema@.s2t_read_event_queues();

REVOKE ALL ON TABLE @extschema@.s2t_event_queues FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_event_queues
    IS 'The consumers of events: what waits to be given for the first time, what was given and not acknowledged, what is put off, the age of the oldest, and what was given up; counted up to 10,000.';
