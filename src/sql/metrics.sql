-- ------------------------------------------------------------------------------------------------
-- What is counted of the calls, and the state of the data.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_procedure_counters(
    in_required boolean)
RETURNS TABLE (procedure_name text, calls bigint, errors bigint, errors_by_class jsonb, refusals bigint, rows bigint,
               total_seconds float8, mean_seconds float8, max_seconds float8, since timestamptz,
               duration_buckets bigint[], error_classes text[], error_counts bigint[])
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 's2t_procedure_counters';

REVOKE ALL ON FUNCTION @extschema@.s2t_procedure_counters(boolean) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_procedure_counters(boolean)
    IS 'What has been counted of the calls in this database. Where nothing can be counted: an error if in_required, else no rows.';

CREATE FUNCTION @extschema@.s2t_duration_bounds()
RETURNS float8[]
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 's2t_duration_bounds';

REVOKE ALL ON FUNCTION @extschema@.s2t_duration_bounds() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_duration_bounds()
    IS 'Upper bounds, in seconds, of the buckets that durations are counted in; one more bucket is above them.';

CREATE FUNCTION @extschema@.s2t_reset_metrics()
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 's2t_reset_metrics';

REVOKE ALL ON FUNCTION @extschema@.s2t_reset_metrics() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_reset_metrics()
    IS 'Sets all that is counted of the calls in this database to zero.';

CREATE FUNCTION @extschema@.s2t_failure_marks_lost()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 's2t_failure_marks_lost';

REVOKE ALL ON FUNCTION @extschema@.s2t_failure_marks_lost() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_failure_marks_lost()
    IS 'Failed completions, since the server started and in all its databases, whose recordings could not be marked as failed.';

CREATE FUNCTION @extschema@.s2t_rows_set_aside()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 's2t_rows_set_aside';

REVOKE ALL ON FUNCTION @extschema@.s2t_rows_set_aside() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_rows_set_aside()
    IS 'How many rows the last runs of the jobs in this database set aside, since the server started.';

CREATE FUNCTION @extschema@.s2t_note_set_aside(in_procedure text, in_rows integer)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 's2t_note_set_aside';

REVOKE ALL ON FUNCTION @extschema@.s2t_note_set_aside(text, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_note_set_aside(text, integer)
    IS 'Notes how many rows a purge of the audit log or the ledger has set aside.';

-- Each view calls the function itself: who reads a view needs the right to call what it calls.

CREATE VIEW @extschema@.s2t_procedure_stats AS
    SELECT c.procedure_name, c.calls, c.errors, c.errors_by_class, c.refusals, c.rows,
           c.total_seconds, c.mean_seconds, c.max_seconds, c.since
      FROM @extschema@.s2t_procedure_counters(true) AS c;

REVOKE ALL ON TABLE @extschema@.s2t_procedure_stats FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_procedure_stats
    IS 'Calls of each procedure in this database, with their errors by class of SQLSTATE, refusals, changed rows and times.';

CREATE VIEW @extschema@.s2t_procedure_histogram AS
    SELECT c.procedure_name,
           @extschema@.s2t_duration_bounds() AS duration_seconds,
           pg_catalog.trim_array(c.duration_buckets, 1) AS duration_seconds_bucket,
           c.total_seconds AS duration_seconds_sum,
           c.calls AS duration_seconds_count
      FROM @extschema@.s2t_procedure_counters(true) AS c;

REVOKE ALL ON TABLE @extschema@.s2t_procedure_histogram FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_procedure_histogram
    IS 'Durations of calls as a histogram: for each procedure the bounds in seconds and the number of calls up to each, as prometheus-postgres-exporter reads them.';

CREATE VIEW @extschema@.s2t_procedure_buckets AS
    SELECT c.procedure_name, coalesce(b.bound::text, '+Inf') AS le, b.calls
      FROM @extschema@.s2t_procedure_counters(true) AS c,
           ROWS FROM (pg_catalog.unnest(@extschema@.s2t_duration_bounds()),
                      pg_catalog.unnest(c.duration_buckets)) AS b (bound, calls);

REVOKE ALL ON TABLE @extschema@.s2t_procedure_buckets FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_procedure_buckets
    IS 'Durations of calls as a histogram: a row for each procedure and bound, with the number of calls up to it.';

CREATE VIEW @extschema@.s2t_procedure_errors AS
    SELECT c.procedure_name, e.sqlstate_class, e.errors
      FROM @extschema@.s2t_procedure_counters(true) AS c,
           ROWS FROM (pg_catalog.unnest(c.error_classes), pg_catalog.unnest(c.error_counts)) AS e (sqlstate_class, errors);

REVOKE ALL ON TABLE @extschema@.s2t_procedure_errors FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_procedure_errors
    IS 'Errors of each procedure in this database by class of SQLSTATE: a row for each that has happened.';

-- The state of the data, cheap enough for every scrape: a few looks into an index for the oldest
-- recording in processing, those passed over that grow and are older than it; one pass over the subscriptions (a row for each user) for the cycles.
-- Recordings past their retention: for each retention that is in force, those that are just beyond
-- it. A purge takes the oldest first, so these remain wherever it does not keep up; and what others
-- may keep for longer does not hide them.
CREATE FUNCTION @extschema@.s2t_read_health(
    in_retention_days integer DEFAULT 90,
    in_look_at integer DEFAULT 10000,
    OUT oldest_processing_seconds float8,
    OUT ended_cycles bigint,
    OUT purge_backlog bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    now_is timestamptz := clock_timestamp();
    day    interval := '24 hours'::interval;
    alive  timestamptz;
    one    record;
BEGIN
    -- Tables of earlier versions know of no sign of life after the creation, and of no queue: what waits in
    -- there, or is claimed from there, is no trouble of this kind.
    FOR one IN
        SELECT r.created_at, greatest(r.created_at, (j ->> 'active_at')::timestamptz) AS alive,
               (j ->> 'queue_priority') IS NOT NULL OR (j ->> 'due_at') IS NOT NULL AS queued
          FROM @extschema@.recordings AS r, to_jsonb(r) AS j
         WHERE r.status = 'processing'
         ORDER BY r.created_at, r.id
         LIMIT in_look_at
    LOOP
        EXIT WHEN one.created_at >= alive;
        CONTINUE WHEN one.queued;
        alive := least(alive, one.alive);
    END LOOP;
    oldest_processing_seconds := greatest(coalesce(extract(epoch FROM now_is - alive), 0), 0);

    SELECT count(*) INTO ended_cycles FROM @extschema@.user_subscriptions AS s WHERE s.cycle_end <= now_is;

    SELECT count(*)
      INTO purge_backlog
      FROM (SELECT in_retention_days AS days
            UNION
            SELECT p.retention_days FROM @extschema@.plans AS p WHERE p.retention_days IS NOT NULL) AS kept
     CROSS JOIN LATERAL (SELECT r.user_id
                           FROM @extschema@.recordings AS r
                          WHERE r.status <> 'processing'
                                -- A thousand years are as good as for ever, and fit.
                            AND r.created_at < now_is - least(kept.days, 365000) * day
                          ORDER BY r.created_at DESC
                          LIMIT in_look_at) AS old
      LEFT JOIN @extschema@.user_subscriptions AS s ON s.user_id = old.user_id
      LEFT JOIN @extschema@.plans AS p ON p.id = s.plan_id
     WHERE coalesce(p.retention_days, in_retention_days) = kept.days;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_read_health(integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_read_health(integer, integer)
    IS 'What the view s2t_health shows, for a retention in days where a plan has none, looking at that many recordings of each retention at most.';

CREATE VIEW @extschema@.s2t_health AS
    SELECT h.oldest_processing_seconds, h.ended_cycles, h.purge_backlog,
           @extschema@.s2t_failure_marks_lost() AS failure_marks_lost_total,
           @extschema@.s2t_rows_set_aside() AS rows_set_aside,
           w.queue_waiting, w.oldest_waiting_seconds, w.queue_put_off, w.leases_in_force, w.queue_attempts, w.queue_used_up,
           @extschema@.s2t_leases_lost() AS leases_lost_total
      FROM @extschema@.s2t_read_health() AS h, @extschema@.s2t_read_work() AS w;

REVOKE ALL ON TABLE @extschema@.s2t_health FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_health
    IS 'Signs of trouble: how long a recording in processing has given no sign of life, ended cycles that were not reset, recordings past their retention (a lower bound where there are very many), failures that could not be marked, rows that the jobs set aside; and the queue: what waits and for how long, what is put off, leases in force, attempts that what is in there has had, what has none left, leases that were lost.';

-- A job that has only failed so far succeeded infinitely long ago; one that has not run yet is not
-- there.
CREATE VIEW @extschema@.s2t_job_ages AS
    SELECT j.job AS job_name,
           pg_catalog.min(CASE WHEN j.last_success IS NULL THEN 'Infinity'::float8
                               ELSE greatest(EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) j.last_success)::float8, 0::float8)
                          END) AS success_age_seconds
      FROM @extschema@.s2t_read_jobs() AS j
     WHERE j.last_start IS NOT NULL OR j.last_success IS NOT NULL
     GROUP BY j.job;

REVOKE ALL ON TABLE @extschema@.s2t_job_ages FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_job_ages
    IS 'Seconds since each scheduled job last succeeded; empty where pg_cron is not.';

CREATE FUNCTION @extschema@.s2t_metric_label(in_value text)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT '"' || replace(replace(replace(in_value, '\', '\\'), '"', '\"'), E'\n', '\n') || '"'
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_metric_label(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_metric_label(text)
    IS 'A label''s value as the text format of Prometheus quotes it.';

CREATE FUNCTION @extschema@.s2t_metrics()
RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET extra_float_digits = 1
AS $function$
    WITH counted AS MATERIALIZED (
        SELECT c.*, format('{datname=%s,procedure_name="%s"', d.label, c.procedure_name) AS labels
          FROM @extschema@.s2t_procedure_counters(false) AS c, @extschema@.s2t_metric_label(current_database()) AS d (label)
    ), health AS MATERIALIZED (
        SELECT h.*, format('{datname=%s}', d.label) AS labels
          FROM @extschema@.s2t_read_health() AS h, @extschema@.s2t_metric_label(current_database()) AS d (label)
    ), work AS MATERIALIZED (
        SELECT w.*, format('{datname=%s}', d.label) AS labels
          FROM @extschema@.s2t_read_work() AS w, @extschema@.s2t_metric_label(current_database()) AS d (label)
    ), sample (family, name, place, value) AS (
        SELECT 1, '_bucket', format('%s,le="%s"}', c.labels, coalesce(b.bound::text, '+Inf')), b.calls::text
          FROM counted AS c,
               ROWS FROM (unnest(@extschema@.s2t_duration_bounds()), unnest(c.duration_buckets)) AS b (bound, calls)
        UNION ALL
        SELECT 1, v.name, c.labels || '}', v.value
          FROM counted AS c, LATERAL (VALUES ('_sum', c.total_seconds::text), ('_count', c.calls::text)) AS v (name, value)
        UNION ALL
        SELECT 2, '', format('%s,sqlstate_class="%s"}', c.labels, e.class), e.errors::text
          FROM counted AS c, ROWS FROM (unnest(c.error_classes), unnest(c.error_counts)) AS e (class, errors)
        UNION ALL
        SELECT v.family, '', c.labels || '}', v.value::text
          FROM counted AS c, LATERAL (VALUES (3, c.refusals), (4, c.rows)) AS v (family, value)
        UNION ALL
        SELECT v.family, '', h.labels, v.value
          FROM health AS h,
               LATERAL (VALUES (5, h.oldest_processing_seconds::text), (6, h.ended_cycles::text),
                               (7, h.purge_backlog::text)) AS v (family, value)
        UNION ALL
        SELECT 8, '', format('{datname=%s,job_name=%s}', @extschema@.s2t_metric_label(current_database()),
                             @extschema@.s2t_metric_label(j.job_name)),
               replace(j.success_age_seconds::text, 'Infinity', '+Inf')
          FROM @extschema@.s2t_job_ages AS j
        UNION ALL
        SELECT 9, '', '', @extschema@.s2t_failure_marks_lost()::text
        UNION ALL
        SELECT 10, '', format('{datname=%s}', @extschema@.s2t_metric_label(current_database())), @extschema@.s2t_rows_set_aside()::text
        UNION ALL
        SELECT v.family, '', format('{datname=%s,consumer=%s}', @extschema@.s2t_metric_label(current_database()), @extschema@.s2t_metric_label(q.consumer)),
               v.value
          FROM @extschema@.s2t_read_event_queues() AS q,
               LATERAL (VALUES (21, (q.waiting + q.given + q.put_off)::text), (22, coalesce(q.oldest_seconds, 0)::text), (23, q.dead::text)) AS v (family, value)
        UNION ALL
        SELECT v.family, '', w.labels, v.value
          FROM work AS w,
               LATERAL (VALUES (30, w.queue_waiting::text), (31, w.oldest_waiting_seconds::text), (32, w.queue_put_off::text),
                               (33, w.leases_in_force::text), (34, w.queue_attempts::text), (35, w.queue_used_up::text),
                               (36, @extschema@.s2t_leases_lost()::text)) AS v (family, value)
    ), family (family, name, type, help) AS (
        VALUES
        (1, 'procedure_duration_seconds',  'histogram', 'Time that calls of a procedure took.'),
        (2, 'procedure_errors_total',      'counter',   'Calls that ended with an error, by class of SQLSTATE.'),
        (3, 'procedure_refusals_total',    'counter',   'Calls that were refused in their result.'),
        (4, 'procedure_rows_total',        'counter',   'Rows that calls inserted, changed and removed.'),
        (5, 's2t_oldest_processing_seconds', 'gauge',   'Time since the last sign of life of the recording in processing that gave one longest ago, 0 if there is none.'),
        (6, 's2t_ended_cycles',            'gauge',     'Billing cycles that have ended and were not reset.'),
        (7, 's2t_purge_backlog',           'gauge',     'Recordings past their retention.'),
        (8, 's2t_job_success_age_seconds', 'gauge',     'Time since a scheduled job last succeeded.'),
        (9, 's2t_failure_marks_lost_total', 'counter',  'Failed completions whose recordings could not be marked as failed.'),
        (10, 's2t_rows_set_aside',         'gauge',     'Rows that the last runs of the jobs set aside.'),
        (21, 's2t_events_waiting',         'gauge',     'Events that wait for a consumer, given and put off ones included.'),
        (22, 's2t_events_oldest_seconds',  'gauge',     'Age of the oldest of them, 0 if there is none.'),
        (23, 's2t_events_dead',            'gauge',     'Events of a consumer that were given up.'),
        (30, 's2t_queue_waiting',          'gauge',     'Recordings that wait for a worker.'),
        (31, 's2t_queue_oldest_seconds',   'gauge',     'Age of the oldest recording that waits for a worker, 0 if there is none.'),
        (32, 's2t_queue_put_off',          'gauge',     'Recordings that wait for their time.'),
        (33, 's2t_leases_in_force',        'gauge',     'Recordings that a worker holds.'),
        (34, 's2t_queue_attempts',         'gauge',     'Attempts that the recordings in the queue have had.'),
        (35, 's2t_queue_used_up',          'gauge',     'Recordings without attempts left, which the job for stale ones fails.'),
        (36, 's2t_leases_lost_total',      'counter',   'Leases whose time was over and whose recordings another worker has claimed.')
    )
    SELECT string_agg(format(E'# HELP %1$s %2$s\n# TYPE %1$s %3$s\n', f.name, f.help, f.type) || coalesce(l.lines, ''), ''
                      ORDER BY f.family)
      FROM family AS f
      LEFT JOIN LATERAL (SELECT string_agg(format(E'%s%s%s %s\n', f.name, s.name, s.place, s.value), '')
                           FROM sample AS s
                          WHERE s.family = f.family) AS l (lines) ON true
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_metrics() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_metrics()
    IS 'All metrics of this database in the text format of Prometheus; without what is counted of calls where nothing can be counted.';
