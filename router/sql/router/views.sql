-- ------------------------------------------------------------------------------------------------
-- Views over all servers.
-- ------------------------------------------------------------------------------------------------

CREATE VIEW @extschema@.s2t_api AS
    SELECT * FROM @extschema@.s2t_read_api();

REVOKE ALL ON TABLE @extschema@.s2t_api FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_api
    IS 'The routines of the API: kind, profiles that may call them, arguments, results, which of these can be NULL, and the SQLSTATEs of their own errors.';

CREATE VIEW @extschema@.s2t_dead_events AS
    SELECT * FROM @extschema@.s2t_read_dead_events();

REVOKE ALL ON TABLE @extschema@.s2t_dead_events FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_dead_events
    IS 'Events that were given up, with what the consumer said last; s2t_revive_events() and s2t_discard_events() take care of them.';

CREATE VIEW @extschema@.s2t_event_queues AS
    SELECT q.consumer, min(q.types) AS types, sum(q.waiting)::bigint AS waiting, sum(q.given)::bigint AS given,
           sum(q.put_off)::bigint AS put_off, max(q.oldest_seconds) AS oldest_seconds, sum(q.dead)::bigint AS dead,
           min(q.created_at) AS created_at
      FROM @extschema@.s2t_read_event_queues() AS q
     GROUP BY q.consumer
     ORDER BY q.consumer;

REVOKE ALL ON TABLE @extschema@.s2t_event_queues FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_event_queues
    IS 'The consumers of events: what waits to be given for the first time, what was given and not acknowledged, what is put off, the age of the oldest, and what was given up; counted up to 10,000 on each server.';

CREATE VIEW @extschema@.s2t_queue AS
    SELECT * FROM @extschema@.s2t_read_queue();

REVOKE ALL ON TABLE @extschema@.s2t_queue FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_queue
    IS 'The recordings in the queue: waiting, leased, expired (anybody may claim it), put off, or used up (the job for stale recordings fails it).';
