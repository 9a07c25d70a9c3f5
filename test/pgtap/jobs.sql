-- The work of the scheduled jobs that is done in SQL, the commands that register them, and what is said where pg_cron is not.
-- With pg_cron: test/t/010_cron.pl.
\ir include/begin.sql
SELECT plan(42);

-- Recordings that nobody completes.
INSERT INTO plans (code, name) VALUES ('JB', 'Jobs');
SELECT s2t_register_user('jobs@example.com', 'jobs', 'hash', NULL, 'JB') AS u \gset
INSERT INTO recordings (user_id, source, status, created_at, error)
SELECT :'u', status || age, status, clock_timestamp() - age * interval '1 hour', CASE status WHEN 'failed' THEN 'before' END
  FROM unnest('{processing,done,failed}'::text[]) AS status, generate_series(1, 12) AS age;
SELECT is(s2t_fail_stale_batch('6 hours 30 minutes', 4), 4, 'a batch');
SELECT bag_eq($$SELECT source FROM recordings WHERE error = 'not completed within 06:30:00'$$, $$SELECT 'processing' || i FROM generate_series(9, 12) AS i$$, 'of the oldest');
SELECT is(s2t_fail_stale_batch('6 hours 30 minutes', 4), 2, 'the rest');
SELECT is(s2t_fail_stale_batch('6 hours 30 minutes', 4), 0, 'nothing is left');
SELECT bag_eq($$SELECT status, source FROM recordings WHERE source LIKE 'processing%'$$,
  $$SELECT CASE WHEN i > 6 THEN 'failed' ELSE 'processing' END, 'processing' || i FROM generate_series(1, 12) AS i$$, 'younger ones go on');
SELECT is((SELECT count(*) FROM recordings WHERE source LIKE 'done%' AND status = 'done' AND error IS NULL), 12::bigint, 'what is done stays');
SELECT is((SELECT count(*) FROM recordings WHERE source LIKE 'failed%' AND error = 'before'), 12::bigint, 'what has failed keeps its reason');
SELECT bag_eq($$SELECT recording_id, user_id, outcome, detail FROM audit_log WHERE procedure_name = 'sp_fail_stale_recordings'$$,
  $$SELECT id, user_id, status, error FROM recordings WHERE status = 'failed' AND source LIKE 'processing%'$$, 'each is in the audit log');
SELECT lives_ok($$SET LOCAL s2t.audit = off$$, 'audit off');
UPDATE recordings SET created_at = clock_timestamp() - interval '1 day' WHERE source = 'processing1';
SELECT is(s2t_fail_stale_batch('6 hours 30 minutes', 4), 1, 'another one');
SELECT is((SELECT count(*) FROM audit_log WHERE procedure_name = 'sp_fail_stale_recordings'), 6::bigint, 'not in the audit log');
SET LOCAL s2t.audit = changes;
SELECT bag_eq($$SELECT total_recordings FROM user_subscriptions WHERE user_id = (SELECT id FROM users WHERE email = 'jobs@example.com')$$, 'VALUES (36::bigint)', 'totals stay');
SELECT lives_ok(format('CALL sp_complete_recording(%L, 1000, %L)', id, '[]'), 'one that failed so can still be completed') FROM recordings WHERE source = 'processing12';
SELECT throws_ok(format('SELECT s2t_fail_stale_batch(%L, %L)', a, b), '22023', 'invalid age or batch size', format('refused: %s, %s', a, b))
  FROM (VALUES (NULL, '10'), ('-1 second', '10'), ('1 day', NULL), ('1 day', '0')) AS x (a, b);

-- It finds them by their index, whatever else there is.
INSERT INTO recordings (user_id, source, status, created_at) SELECT :'u', 'many', 'done', clock_timestamp() - interval '2 days' FROM generate_series(1, 5000);
ANALYZE recordings;
SELECT pg_stat_get_xact_numscans('recordings_processing_idx'::regclass) AS before \gset
UPDATE recordings SET created_at = clock_timestamp() - interval '1 day' WHERE source = 'processing2';
SELECT pg_stat_get_xact_numscans('recordings'::regclass) AS seq_scans \gset
SELECT is(s2t_fail_stale_batch('6 hours 30 minutes', 4), 1, 'one among many');
SELECT cmp_ok(pg_stat_get_xact_numscans('recordings_processing_idx'::regclass), '>', :before::bigint, 'by the index');
SELECT is(pg_stat_get_xact_numscans('recordings'::regclass), :seq_scans::bigint, 'without reading the table from end to end');

-- A trigger that keeps a recording as it is does not keep the batch going for ever.
CREATE FUNCTION pg_temp.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER keep BEFORE UPDATE ON recordings FOR EACH ROW EXECUTE FUNCTION pg_temp.keep();
SET LOCAL client_min_messages = error;
SELECT is(s2t_fail_stale_batch('1 second', 4), 0, 'suppressed by a trigger');
SET LOCAL client_min_messages = warning;
DROP TRIGGER keep ON recordings;

-- The commands.
SELECT results_eq('SELECT job, schedule, command FROM s2t_job_commands()', format($$VALUES
  ('reset-monthly-cycles', '0 0 1 * *', 'CALL %1$s.sp_reset_monthly_cycles()'),
  ('cleanup-old-recordings', '0 2 * * *', 'CALL %1$s.sp_purge_old_recordings(90)'),
  ('fail-stale-recordings', '*/10 * * * *', 'CALL %1$s.sp_fail_stale_recordings(''06:00:00'')'),
  ('purge-audit-log', NULL, NULL)$$, (SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 's2t')), 'names and schedules of the defaults; commands with their schema');
SET LOCAL intervalstyle = 'sql_standard';
SELECT results_eq($$SELECT job, schedule, split_part(command, '.', 2) FROM s2t_job_commands('1 0 1 * *', NULL, '@hourly', '5 5 * * *', 30, '1 day 2 hours', '2 years')$$, $$VALUES
  ('reset-monthly-cycles', '1 0 1 * *', 'sp_reset_monthly_cycles()'), ('cleanup-old-recordings', NULL, 'sp_purge_old_recordings(30)'),
  ('fail-stale-recordings', '@hourly', 'sp_fail_stale_recordings(''1 day 02:00:00'')'), ('purge-audit-log', '5 5 * * *', 'sp_purge_audit_log(''2 years'')')$$, 'and of others, whatever the style of intervals');
RESET intervalstyle;
SELECT is((SELECT statement FROM s2t_job_commands() WHERE job = 'reset-monthly-cycles'),
  format('DO %L;', format('BEGIN IF EXISTS (SELECT FROM cron.job WHERE jobname = %1$L AND username = %5$L AND database <> %4$L) THEN RAISE EXCEPTION %6$L USING ERRCODE = ''duplicate_object'', HINT = %7$L; END IF; PERFORM cron.schedule_in_database(%1$L, %2$L, %3$L, %4$L, %5$L); END', 'reset-monthly-cycles', '0 0 1 * *',
         format('CALL %s.sp_reset_monthly_cycles()', (SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 's2t')), current_database(), current_user,
         format('job "reset-monthly-cycles" of role "%s" belongs to another database than "%s"', current_user, current_database()), 'Let another role call s2t_job_commands(): names of jobs are unique for each role.')), 'the statement for where pg_cron is');
SELECT is((SELECT statement FROM s2t_job_commands() WHERE job = 'purge-audit-log'),
  format('SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = %L AND database = %L;', 'purge-audit-log', current_database()), 'and for a job without a schedule');
SELECT is(count(*), 4::bigint, 'four jobs') FROM s2t_job_commands();
SELECT throws_ok('SELECT * FROM s2t_job_commands(' || a || ')', '22023', 'invalid retention or age', 'refused: ' || a)
  FROM unnest(ARRAY['in_retention_days => -1', 'in_retention_days => NULL', $$in_stale_after => '0'$$, 'in_stale_after => NULL', $$in_audit_retention => '-1 day'$$]) AS a;
SELECT throws_ok('CALL sp_schedule_jobs(in_retention_days => -1)', '22023', 'invalid retention or age', 'by sp_schedule_jobs, too');

-- Without pg_cron here. Whoever makes a schema of its name makes no pg_cron.
SELECT is_empty('SELECT * FROM s2t_jobs', 'the view is empty');
CREATE FUNCTION pg_temp.error_of(command text, OUT state text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE command;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
END $$;
CREATE SCHEMA cron;
CREATE TABLE cron.job (jobid bigint, jobname name, schedule text, command text, database text, username text, active boolean);
CREATE TABLE cron.job_run_details (jobid bigint, runid bigint, status text, return_message text, start_time timestamptz, end_time timestamptz);
CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE 'taken in'; END $$;
INSERT INTO cron.job VALUES (1, 'reset-monthly-cycles', '* * * * *', 'x', current_database(), current_user, true);
SELECT is_empty('SELECT * FROM s2t_jobs', 'nor does the view believe it');
SELECT is(state, '55000', 'sp_schedule_jobs: an error') FROM pg_temp.error_of('CALL sp_schedule_jobs()');
SELECT matches(message, '^pg_cron is not', 'that says what is wrong') FROM pg_temp.error_of('CALL sp_schedule_jobs()');
SELECT matches(hint, 'CREATE EXTENSION pg_cron|cron.schedule_in_database\(''''reset-monthly-cycles''''', 'and what to do') FROM pg_temp.error_of('CALL sp_schedule_jobs()');
SELECT is(state, '55000', 'sp_unschedule_jobs: an error') FROM pg_temp.error_of('CALL sp_unschedule_jobs()');
SELECT matches(message, '^pg_cron is not', 'that says what is wrong') FROM pg_temp.error_of('CALL sp_unschedule_jobs()');
-- The setting may be there without the library.
SELECT coalesce(current_setting('cron.database_name', true), set_config('cron.database_name', 'elsewhere', true)) AS home \gset
SELECT matches(message || ' ' || hint, 'pg_cron is not in this database .*cron.schedule_in_database\(''''fail-stale-recordings''''.*cron.unschedule', 'where pg_cron is elsewhere: the statements to run there')
  FROM pg_temp.error_of('CALL sp_schedule_jobs()');
SELECT matches(hint, 'cron.unschedule\(jobid\) FROM cron.job WHERE jobname = ''reset-monthly-cycles''', 'to remove them, too') FROM pg_temp.error_of('CALL sp_unschedule_jobs()');

-- The extension needs nothing of it.
SELECT is((SELECT requires FROM pg_available_extension_versions WHERE name = 's2t' AND installed), '{plpgsql}'::name[], 'the extension requires plpgsql only');

SELECT * FROM finish();
ROLLBACK;
