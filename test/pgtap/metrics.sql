-- Metrics (docs/reference.md, "Metrics"): what can be seen with and without shared memory, gauges, text format, rights.
-- test/t/030_metrics.pl counts calls.
\ir include/begin.sql
SELECT plan(81);

CREATE TEMPORARY TABLE metric_view (name text);
INSERT INTO metric_view VALUES ('s2t_procedure_stats'), ('s2t_procedure_histogram'), ('s2t_procedure_buckets'), ('s2t_procedure_errors'), ('s2t_health'), ('s2t_job_ages');
CREATE TEMPORARY TABLE metric_function (name text);
INSERT INTO metric_function VALUES ('s2t_procedure_counters'), ('s2t_duration_bounds'), ('s2t_reset_metrics'), ('s2t_failure_marks_lost'), ('s2t_rows_set_aside'), ('s2t_note_set_aside'), ('s2t_read_health'), ('s2t_read_queue'), ('s2t_read_work'), ('s2t_leases_lost'), ('s2t_metric_label'), ('s2t_metrics');

SELECT has_view(name::name) FROM metric_view;
SELECT has_function(name::name) FROM metric_function;
SELECT isnt(obj_description(name::regclass, 'pg_class'), NULL, name || ' has a comment') FROM metric_view;
SELECT isnt(obj_description(name::regproc, 'pg_proc'), NULL, name || ' has a comment') FROM metric_function;
SELECT columns_are('s2t_procedure_stats', ARRAY['procedure_name', 'calls', 'errors', 'errors_by_class', 'refusals', 'rows', 'total_seconds', 'mean_seconds', 'max_seconds', 'since']);
SELECT columns_are('s2t_procedure_histogram', ARRAY['procedure_name', 'duration_seconds', 'duration_seconds_bucket', 'duration_seconds_sum', 'duration_seconds_count']);
SELECT col_type_is('s2t_procedure_histogram', 'duration_seconds', 'double precision[]', 'bounds as prometheus-postgres-exporter reads them');
SELECT col_type_is('s2t_procedure_histogram', 'duration_seconds_bucket', 'bigint[]', 'buckets as prometheus-postgres-exporter reads them');
SELECT col_type_is('s2t_procedure_buckets', 'le', 'text', 'le as prometheus-sql-exporter reads it');

SELECT is(s2t_duration_bounds(), '{1e-05,2e-05,5e-05,0.0001,0.0002,0.0005,0.001,0.002,0.005,0.01,0.02,0.05,0.1,0.2,0.5,1,2,5,10}'::float8[], 'bounds');

-- Before PostgreSQL 17 there is memory only if the library was preloaded.
CREATE FUNCTION pg_temp.has_memory() RETURNS boolean LANGUAGE sql AS $$
  SELECT current_setting('server_version_num')::int >= 170000 OR current_setting('shared_preload_libraries') ~ '\ms2t\M'
$$;
CREATE FUNCTION pg_temp.outcome(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  hint text;
BEGIN
  EXECUTE query;
  RETURN 'works';
EXCEPTION WHEN object_not_in_prerequisite_state THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RETURN hint;
END
$$;
SELECT is(pg_temp.outcome('SELECT * FROM ' || name), CASE WHEN pg_temp.has_memory() THEN 'works' ELSE 'Add s2t to "shared_preload_libraries", and restart the server.' END, name || ' without preloading')
FROM metric_view WHERE name LIKE 's2t_procedure%';
SELECT is(pg_temp.outcome('SELECT s2t_reset_metrics()'), CASE WHEN pg_temp.has_memory() THEN 'works' ELSE 'Add s2t to "shared_preload_libraries", and restart the server.' END, 's2t_reset_metrics() without preloading');
SELECT lives_ok('SELECT * FROM s2t_procedure_counters(false)', 'where nothing is required nothing is an error');
SELECT is(s2t_failure_marks_lost() >= 0, true, 'marks lost');

-- Gauges.
INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, retention_days) VALUES ('FREE', 'Free', 30, 10, NULL), ('LONG', 'Long', 30, 10, 2147483647), ('SHORT', 'Short', 30, 10, 0);
CALL sp_register_user('an@example.com', 'an', 'hash', NULL, 'FREE');
CALL sp_register_user('binh@example.com', 'binh', 'hash', NULL, 'LONG');
CALL sp_register_user('chi@example.com', 'chi', 'hash', NULL, 'SHORT');
SELECT results_eq('SELECT oldest_processing_seconds, ended_cycles, purge_backlog FROM s2t_health', 'VALUES (0::float8, 0::bigint, 0::bigint)', 'nothing yet');
INSERT INTO recordings (user_id, source, status, created_at)
SELECT u.id, 'x', s.status, now() - a.age FROM users AS u, (VALUES ('processing'), ('done'), ('failed')) AS s (status), (VALUES (interval '1 hour'), ('89 days'), ('91 days')) AS a (age);
SELECT cmp_ok((SELECT oldest_processing_seconds FROM s2t_health), '>=', 91 * 86400::float8, 'the oldest in processing');
SELECT cmp_ok((SELECT oldest_processing_seconds FROM s2t_health), '<', 91 * 86400 + 600::float8, 'the oldest in processing, to the minute');
SELECT is((SELECT purge_backlog FROM s2t_health), 8::bigint, 'past their retention, done and failed: one each of 90 days, none of ever, all three of none');
SELECT is((SELECT purge_backlog FROM s2t_read_health(88)), 10::bigint, 'another retention where the plan has none');
SELECT is((SELECT purge_backlog FROM s2t_read_health(2147483647)), 6::bigint, 'retention beyond all time');
UPDATE recordings SET status = 'done';
SELECT is((SELECT oldest_processing_seconds FROM s2t_health), 0::float8, 'nothing in processing');
UPDATE recordings SET status = 'processing', created_at = now() + interval '1 day';
SELECT is((SELECT oldest_processing_seconds FROM s2t_health), 0::float8, 'not younger than now');
UPDATE user_subscriptions SET cycle_start = cycle_start - interval '2 months', cycle_end = cycle_start - interval '1 month' WHERE user_id IN (SELECT id FROM users WHERE user_name IN ('an', 'binh'));
SELECT is((SELECT ended_cycles FROM s2t_health), 2::bigint, 'ended cycles');
CALL sp_reset_monthly_cycles();
SELECT is((SELECT ended_cycles FROM s2t_health), 0::bigint, 'none after a reset');

-- Text.
SELECT is(s2t_metric_label(E'a\\b"c\nd'), E'"a\\\\b\\"c\\nd"', 'a label is quoted');
SELECT matches(s2t_metrics(), '\n$', 'the text ends with a line feed');
SELECT is_empty($$SELECT line FROM regexp_split_to_table(rtrim(s2t_metrics(), E'\n'), E'\n') AS line
                  WHERE line !~ '^# (HELP [a-z0-9_]+ [A-Z].*\.|TYPE [a-z0-9_]+ (histogram|counter|gauge))$'
                    AND line !~ '^[a-z0-9_]+(\{([a-z_]+="([^"\\]|\\.)*",?)+\})? (\+Inf|[0-9.]+(e-?[0-9]+)?)$'$$, 'every line is one of the format');
SELECT results_eq($$SELECT substring(line FROM '^# TYPE (\S+)') FROM regexp_split_to_table(s2t_metrics(), E'\n') AS line WHERE line LIKE '# TYPE%'$$,
  ARRAY['procedure_duration_seconds', 'procedure_errors_total', 'procedure_refusals_total', 'procedure_rows_total', 's2t_oldest_processing_seconds',
        's2t_ended_cycles', 's2t_purge_backlog', 's2t_job_success_age_seconds', 's2t_failure_marks_lost_total', 's2t_rows_set_aside',
        's2t_events_waiting', 's2t_events_oldest_seconds', 's2t_events_dead',
        's2t_queue_waiting', 's2t_queue_oldest_seconds', 's2t_queue_put_off', 's2t_leases_in_force', 's2t_queue_attempts', 's2t_queue_used_up', 's2t_leases_lost_total'], 'each metric once');
SELECT matches(s2t_metrics(), format('\ns2t_ended_cycles\{datname="%s"\} 0\n', current_database()), 'a gauge');
SELECT is(s2t_metrics() ~ '\nprocedure_duration_seconds_count\{[^}]*procedure_name="sp_register_user"\} \d+\n', pg_temp.has_memory(), 'calls, where they are counted');

-- Rights.
CREATE ROLE s2t_test_monitor;
CALL s2t_grant('s2t_test_monitor', 'monitor');
CREATE ROLE s2t_test_app;
CALL s2t_grant('s2t_test_app', 'app');
GRANT SELECT ON metric_view, metric_function TO s2t_test_monitor, s2t_test_app;
SET LOCAL ROLE s2t_test_monitor;
SELECT lives_ok('SELECT s2t_metrics()', 'monitor reads the text');
SELECT lives_ok('SELECT * FROM s2t_health', 'monitor reads the gauges');
SELECT lives_ok('SELECT * FROM s2t_job_ages', 'monitor reads the ages of jobs');
SELECT isnt(pg_temp.outcome('SELECT * FROM ' || name), NULL, 'monitor may read ' || name) FROM metric_view WHERE name LIKE 's2t_procedure%';
SELECT throws_ok('SELECT s2t_reset_metrics()', '42501', NULL, 'monitor resets nothing');
SELECT throws_ok('SELECT * FROM recordings', '42501', NULL, 'monitor reads no table');
SET LOCAL ROLE s2t_test_app;
SELECT throws_ok('SELECT * FROM ' || name, '42501', NULL, 'app does not read ' || name) FROM metric_view;
SELECT throws_ok('SELECT s2t_metrics()', '42501', NULL, 'app does not read the text');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
