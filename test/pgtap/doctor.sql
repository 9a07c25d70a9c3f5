-- s2t_doctor(): finds each of these faults by name and nothing else; what it repairs is what a recount in other words gives.
\ir include/begin.sql
SET LOCAL client_min_messages = error;
SELECT plan(144);

-- As of PostgreSQL 15; before, it is a risk that the doctor tells of.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

CREATE ROLE tap_nobody;
CREATE ROLE tap_owner;
CREATE ROLE tap_monitor;
CREATE ROLE tap_admin;
SELECT s2t_note_set_aside('sp_purge_audit_log', 0) \g /dev/null

-- Marks are counted since the server started, in all its databases: other tests may have lost some.
CREATE TEMPORARY VIEW doctor AS SELECT * FROM s2t_doctor() WHERE check_name <> 'marks_lost';
GRANT SELECT ON doctor TO PUBLIC;

SELECT is_empty('SELECT * FROM doctor', 'of a fresh install there is nothing to tell');

-- Users of every kind: An has credits, a closed cycle, a proration, overage; Binh what is under way; Chi nothing.
INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('S', 'S', 2, 3), ('L', 'L', 20, 30), ('U', 'U', NULL, NULL);
SELECT s2t_add_consumer('hooks') \g /dev/null
SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'S') AS an \gset
SELECT s2t_register_user('binh@example.com', 'binh', 'hash', NULL, 'L') AS binh \gset
SELECT s2t_register_user('chi@example.com', 'chi', 'hash', NULL, 'U') AS chi \gset
CREATE FUNCTION pg_temp.one(u uuid, ms int, n int) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE r uuid := recording_id FROM s2t_create_recording(u, 'upload');
BEGIN
  PERFORM s2t_complete_recording(r, ms, (SELECT coalesce(jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 10, 'end_ms', i * 10 + 10, 'text', 'x')), '[]') FROM generate_series(0, n - 1) AS i));
  RETURN r;
END $$;
SELECT pg_temp.one(:'an', 50000, 3) \g /dev/null
UPDATE user_subscriptions SET cycle_start = now() - interval '40 days', cycle_end = now() - interval '9 days' WHERE user_id = :'an';
SELECT s2t_add_credit(:'an', 3, 5) AS credit \gset
SELECT pg_temp.one(:'an', 100000, 2) AS first \gset
SELECT pg_temp.one(:'an', 50000, 2), s2t_change_user_plan(:'an', 'L', true) \g /dev/null
SELECT pg_temp.one(:'an', 1500000, 1) \g /dev/null
SELECT s2t_cancel_credit(:'an', s2t_add_credit(:'an', 1, 1)) \g /dev/null
SELECT recording_id AS held FROM s2t_create_recording(:'binh', 'upload', in_expected_ms => 60000) \gset
SELECT pg_temp.one(:'binh', 1000, 2) AS binhs \gset
SELECT recording_id AS stale FROM s2t_create_recording(:'binh', 'upload', in_expected_ms => 1000) \gset
SELECT recording_id AS refunded FROM s2t_create_recording(:'binh', 'upload', in_expected_ms => 1000) \gset
SELECT * FROM s2t_fail_recording(:'refunded', 'it does not') \g /dev/null
SELECT recording_id AS leased FROM s2t_create_recording(:'binh', 'upload', in_priority => 1) \gset
SELECT * FROM s2t_claim_recordings('w') \g /dev/null
SELECT recording_id AS put_off FROM s2t_create_recording(:'binh', 'upload') \gset
SELECT * FROM s2t_queue_recording(:'put_off', 5, now() + interval '1 hour') \g /dev/null
SELECT s2t_edit_segment(:'binh', :'binhs', 0, 'y'), s2t_merge_segments(:'binh', :'binhs', 0, 1) \g /dev/null
SELECT is((SELECT ROW (s.prorated_cycle_id IS NOT NULL, s.overage_seconds > 0, s.credit_seconds > 0, s.credit_count, (SELECT count(*) FROM usage_cycles WHERE user_id = s.user_id))::text
             FROM user_subscriptions AS s WHERE s.user_id = :'an'), ROW (true, true, true, 1, 2)::text, 'there is something of each kind');
SELECT is_empty('SELECT * FROM doctor', 'nor of calls of every kind');
SELECT set_config('tap.' || n, v, true) FROM (VALUES ('an', :'an'), ('binh', :'binh'), ('chi', :'chi'), ('held', :'held'), ('stale', :'stale'), ('binhs', :'binhs'), ('first', :'first'), ('credit', :'credit'),
  ('refunded', :'refunded'), ('leased', :'leased'), ('put_off', :'put_off')) AS s (n, v) \g /dev/null

-- What is found where a statement was run before it, of which nothing stays.
CREATE FUNCTION pg_temp.found(fault text, repair boolean DEFAULT false) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  rows text[];
BEGIN
  EXECUTE fault;
  rows := ARRAY(SELECT concat_ws(' ', CASE WHEN d.repaired THEN 'repaired' END, d.check_name, d.object) FROM s2t_doctor(repair) AS d
                 WHERE d.check_name <> 'marks_lost' AND d.severity IN ('error', 'warning') AND d.problem <> '' AND (d.remedy <> '') IS DISTINCT FROM d.repaired);
  RAISE EXCEPTION USING ERRCODE = 'TAP00';
EXCEPTION WHEN SQLSTATE 'TAP00' THEN
  PERFORM s2t_note_set_aside('sp_purge_audit_log', 0);
  RETURN QUERY SELECT unnest(rows);
END $$;

CREATE TEMPORARY TABLE faults (seq serial, fault text, expected text[]);
INSERT INTO faults (fault, expected) VALUES
  ('DROP TABLE usage_credits', '{missing_table table usage_credits,not_examined books and work}'),
  ('ALTER TABLE user_profiles RENAME TO profiles; CREATE VIEW user_profiles AS SELECT * FROM profiles', '{wrong_kind table user_profiles,not_examined books and work}'),
  ('ALTER TABLE recordings DROP COLUMN error', '{missing_column column recordings.error,not_examined books and work}'),
  ('ALTER TABLE recordings ALTER COLUMN duration_ms TYPE bigint', '{wrong_type column recordings.duration_ms,not_examined books and work}'),
  ('ALTER TABLE recordings ALTER COLUMN created_at DROP DEFAULT', '{missing_default column recordings.created_at}'),
  ('ALTER TABLE recordings ADD COLUMN shelf int NOT NULL DEFAULT 1; ALTER TABLE recordings ALTER COLUMN shelf DROP DEFAULT', '{missing_default column recordings.shelf}'),
  ('ALTER TABLE recordings DROP CONSTRAINT recordings_duration_ms_check', '{missing_constraint check recordings_duration_ms_check}'),
  ('ALTER TABLE segments DROP CONSTRAINT segments_recording_id_fkey', '{missing_constraint foreign key segments_recording_id_fkey}'),
  ('ALTER TABLE segments DROP CONSTRAINT segments_pkey', '{missing_constraint primary key segments_pkey}'),
  ('DROP INDEX recordings_user_id_id_idx', '{missing_index index recordings_user_id_id_idx}'),
  ('DROP INDEX users_email_lower_key', '{missing_index unique index users_email_lower_key}'),
  ('UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''recordings_user_id_id_idx''::regclass', '{invalid_index index recordings_user_id_id_idx}'),
  ('ALTER TABLE recordings DROP CONSTRAINT recordings_duration_ms_check, ADD CONSTRAINT recordings_duration_ms_check CHECK (duration_ms >= 0) NOT VALID', '{not_validated constraint recordings_duration_ms_check}'),
  ('ALTER TABLE segments DROP CONSTRAINT segments_recording_id_fkey, ADD CONSTRAINT segments_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES recordings', '{foreign_key_action foreign key segments_recording_id_fkey}'),
  ('DROP TRIGGER s2t_count_update ON recordings', '{missing_trigger trigger recordings.s2t_count_update}'),
  ('ALTER TABLE segments DISABLE TRIGGER s2t_count_delete', '{disabled_trigger trigger segments.s2t_count_delete}'),
  ('CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN UPDATE user_subscriptions SET usage_count = usage_count + 1 WHERE user_id = NEW.user_id; RETURN NEW; END $f$;
    CREATE TRIGGER count_usage AFTER INSERT ON recordings FOR EACH ROW EXECUTE FUNCTION bump()', '{counting_trigger trigger recordings.count_usage}'),
  ('CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN NEW.segment_count := 5; RETURN NEW; END $f$;
    CREATE TRIGGER bump BEFORE INSERT ON recordings FOR EACH ROW EXECUTE FUNCTION bump()', '{counting_trigger trigger recordings.bump}'),
  ('ALTER TABLE plans OWNER TO tap_owner', '{table_owner table plans}'),
  ('ALTER FUNCTION sp_list_plans() OWNER TO tap_owner', '{routine_owner routine public.sp_list_plans()}'),
  ('GRANT CREATE ON SCHEMA public TO tap_owner; CALL s2t_set_owner(''tap_owner''); REVOKE CREATE ON SCHEMA public FROM tap_owner; ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY; ALTER TABLE audit_log FORCE ROW LEVEL SECURITY',
   '{row_security table audit_log}'),
  ('GRANT CREATE ON SCHEMA public TO tap_owner; CALL s2t_set_owner(''tap_owner''); REVOKE CREATE ON SCHEMA public FROM tap_owner; ALTER TABLE recordings ENABLE ROW LEVEL SECURITY; ALTER TABLE recordings FORCE ROW LEVEL SECURITY',
   '{row_security table recordings,not_examined books and work}'),
  ('GRANT TRIGGER ON recordings TO tap_nobody', '{risk rights}'),
  ('UPDATE pg_extension SET extversion = ''1.1.0'' WHERE extname = ''s2t''', '{version extension s2t}'),
  ('SELECT s2t_note_set_aside(''sp_purge_audit_log'', 2)', '{set_aside jobs}'),
  ('UPDATE user_subscriptions SET cycle_start = now() - interval ''40 days'', cycle_end = now() - interval ''9 days'' WHERE user_id = current_setting(''tap.chi'')::uuid', '{ended_cycles table user_subscriptions}'),
  ('UPDATE recordings SET created_at = now() - interval ''2 days'', active_at = NULL WHERE id = current_setting(''tap.stale'')::uuid', '{stale_recordings table recordings}');

-- What pg_cron keeps, as far as it is looked at.
CREATE FUNCTION pg_temp.cron(schedule text, active boolean, status text, age interval) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  CREATE SCHEMA cron
    CREATE TABLE job (jobid bigint, schedule text, command text, database text, username text, active boolean, jobname text)
    CREATE TABLE job_run_details (jobid bigint, runid bigint, status text, return_message text, start_time timestamptz, end_time timestamptz);
  INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) VALUES (1, 'pg_cron', 10, 'cron'::regnamespace, false, '1.4');
  INSERT INTO cron.job VALUES (1, schedule, 'CALL x()', current_database(), 'postgres', active, 'cleanup-old-recordings');
  INSERT INTO cron.job_run_details VALUES (1, 1, status, 'ERROR: x', now() - age, now() - age);
END $$;
INSERT INTO faults (fault, expected) SELECT f, e::text[] FROM (VALUES
  ('SELECT pg_temp.cron(''0 2 * * *'', true, ''succeeded'', ''20 hours'')', '{}'),
  ('SELECT pg_temp.cron(''0 2 * * *'', false, ''succeeded'', ''3 days'')', '{job_off job cleanup-old-recordings of role postgres}'),
  ('SELECT pg_temp.cron(''0 2 * * *'', true, ''failed'', ''1 hour'')', '{job_failing job cleanup-old-recordings of role postgres}'),
  ('SELECT pg_temp.cron(''0 2 * * *'', true, ''succeeded'', ''2 days'')', '{job_late job cleanup-old-recordings of role postgres}'),
  ('SELECT pg_temp.cron(''*/10 * * * *'', true, ''succeeded'', ''3 hours'')', '{job_late job cleanup-old-recordings of role postgres}'),
  ('SELECT pg_temp.cron(''0 0 1 * *'', true, ''succeeded'', ''20 days'')', '{}'),
  ('SELECT pg_temp.cron(''0 2 * * *'', true, ''succeeded'', ''20 hours''); INSERT INTO cron.job VALUES (2, ''0 0 1 * *'', ''CALL attic.sp_reset_monthly_cycles()'', current_database(), ''postgres'', true, ''old'')',
   '{job_left job old of role postgres}'),
  ('SELECT pg_temp.cron(''0 2 * * *'', true, ''succeeded'', ''20 hours''); INSERT INTO cron.job VALUES (2, ''0 0 1 * *'', ''CALL public.sp_reset_monthly_cycles()'', ''no_such_database'', ''postgres'', true, ''old'')',
   '{job_left job old of role postgres}'),
  ('SELECT pg_temp.cron(''0 2 * * *'', true, ''succeeded'', ''20 hours''); INSERT INTO cron.job SELECT 2 + n, ''0 0 1 * *'', c, current_database(), ''postgres'', true, ''old''
      FROM unnest(ARRAY[''CALL public.sp_reset_monthly_cycles()'', ''CALL sp_reset_monthly_cycles()'', ''CALL attic.sp_of_mine()'', ''VACUUM'']) WITH ORDINALITY AS v (c, n)', '{}'),
-- What edits replaced.
  ('DELETE FROM segment_revisions WHERE revision = 1', format('{revisions_lost recording %s}', :'binhs')),
  ('DELETE FROM segment_revisions WHERE revision = 2 AND item = 2', format('{revisions_lost recording %s}', :'binhs')),
  ('TRUNCATE segment_revisions', format('{revisions_lost recording %s}', :'binhs')),
-- Functions that only read counters, or move what has such a name elsewhere.
  ('CREATE TABLE tally (usage_count int); CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
      -- UPDATE user_subscriptions SET usage_count = 0;
      UPDATE tally SET usage_count = 3; UPDATE recordings SET meta = ''{}'' WHERE segment_count = 3 AND id = NEW.id; IF NEW.segment_count = 3 THEN NULL; END IF; RETURN NEW; END $f$;
    CREATE TRIGGER look AFTER INSERT ON recordings FOR EACH ROW EXECUTE FUNCTION look()', '{}'),
  ('CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN UPDATE public.user_subscriptions AS s SET (used_seconds, usage_count) = (1, 2); RETURN NULL; END $f$;
    CREATE TRIGGER bump AFTER UPDATE ON recordings FOR EACH STATEMENT EXECUTE FUNCTION bump()', '{counting_trigger trigger recordings.bump}'),
  ('CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN UPDATE user_subscriptions SET usage_count = 1; RETURN NULL; END $f$;
    CREATE TRIGGER bump AFTER UPDATE ON recordings FOR EACH STATEMENT EXECUTE FUNCTION bump(); ALTER TABLE recordings DISABLE TRIGGER bump', '{}')) AS v (f, e);
SELECT bag_eq(format('SELECT pg_temp.found(%L)', f.fault), format('SELECT unnest(%L::text[])', f.expected), coalesce(f.expected[1], 'nothing') || ': ' || left(split_part(f.fault, E'\n', 1), 90))
  FROM faults AS f ORDER BY f.seq;

-- The remedy is what is to be typed.
CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE user_subscriptions SET usage_count = usage_count + 1 WHERE user_id = NEW.user_id; RETURN NEW; END $$;
CREATE TRIGGER count_usage AFTER INSERT ON recordings FOR EACH ROW EXECUTE FUNCTION bump();
SELECT is((SELECT problem || '|' || remedy FROM doctor),
  'calls public.bump(), which moves usage_count by itself: counted twice|DROP TRIGGER count_usage ON public.recordings; then SELECT * FROM public.s2t_doctor(true);', 'a trigger that counts, and the statement against it');
DROP TRIGGER count_usage ON recordings;

-- The books, each figure put wrong and then right.
CREATE TEMPORARY VIEW recounted AS
  SELECT s.user_id, (SELECT count(*) FROM recordings WHERE user_id = s.user_id) AS recordings, (SELECT coalesce(sum(duration_ms), 0) FROM recordings WHERE user_id = s.user_id) AS ms,
         (SELECT count(*) FROM segments JOIN recordings AS r ON r.id = recording_id WHERE r.user_id = s.user_id) AS segments,
         (SELECT coalesce(sum(held_seconds), 0) FROM recordings WHERE user_id = s.user_id AND status = 'processing') AS held, l.*
    FROM user_subscriptions AS s CROSS JOIN LATERAL (
         SELECT coalesce(sum(e.recordings), 0) AS usage, coalesce(sum(e.seconds), 0) AS seconds, coalesce(sum(e.credit_recordings), 0) AS credits, coalesce(sum(e.credit_seconds), 0) AS credit_seconds,
                coalesce(sum(e.overage_recordings), 0) AS over, coalesce(sum(e.overage_seconds), 0) AS over_seconds
           FROM usage_entries AS e WHERE e.user_id = s.user_id AND e.cycle_id = s.cycle_id AND e.kind NOT IN ('credit', 'return')) AS l;
CREATE TEMPORARY VIEW standing AS
  SELECT user_id, total_recordings, total_duration_ms, total_segments, held_seconds, usage_count, used_seconds, credit_recordings, credit_seconds, overage_recordings, overage_seconds
    FROM user_subscriptions;
CREATE TEMPORARY TABLE before AS SELECT * FROM standing;
CREATE TEMPORARY TABLE before_cycles AS SELECT * FROM usage_cycles;
CREATE TEMPORARY TABLE before_credits AS SELECT * FROM usage_credits;
CREATE TEMPORARY TABLE before_counts AS SELECT id, segment_count, charged_cycle_id, charged_seconds, revision FROM recordings;
CREATE FUNCTION pg_temp.subscription(who text, change text) RETURNS text LANGUAGE sql AS $$
  SELECT format('UPDATE user_subscriptions SET %s WHERE user_id = %L', change, current_setting('tap.' || who))
$$;
DELETE FROM faults;
INSERT INTO faults (fault, expected)
SELECT pg_temp.subscription(who, change), ARRAY[check_name || ' user ' || current_setting('tap.' || who)]
  FROM (VALUES ('an', 'total_recordings = 77', 'totals'), ('an', 'total_duration_ms = 0', 'totals'), ('chi', 'total_segments = 5', 'totals'),
               ('binh', 'held_seconds = held_seconds + 1', 'held'), ('an', 'usage_count = usage_count + 1', 'usage'), ('binh', 'used_seconds = 0', 'usage'),
               ('an', 'credit_seconds = credit_seconds - 1', 'credit_part'), ('an', 'overage_seconds = 0', 'overage'), ('chi', 'overage_recordings = 1', 'overage'),
               ('an', 'prorated_used_seconds = 1', 'prorated'), ('an', 'credit_count = 0', 'credit_count'), ('chi', 'credit_count = 2', 'credit_count')) AS v (who, change, check_name);
INSERT INTO faults (fault, expected)
SELECT format('UPDATE usage_cycles SET used_seconds = used_seconds + 7 WHERE id = %L', id), ARRAY[format('closed_cycle cycle %s of user %s', id, user_id)]
  FROM usage_cycles WHERE reason = 'rollover'
UNION ALL
SELECT format('UPDATE usage_cycles SET credit_recordings = credit_recordings + 1 WHERE id = %L', id),
       ARRAY[format('closed_cycle cycle %s of user %s', id, user_id), format('prorated user %s', user_id)] FROM usage_cycles WHERE reason = 'prorate'
UNION ALL
SELECT format('UPDATE usage_credits SET left_seconds = left_seconds + 9 WHERE id = %L', :'credit'), ARRAY[format('credit_left credit %s of user %s', :'credit', :'an')]
UNION ALL
SELECT format('UPDATE usage_credits SET left_recordings = 1 WHERE id = %L', id), ARRAY[format('credit_left credit %s of user %s', id, user_id)] FROM usage_credits WHERE cancelled_at IS NOT NULL
UNION ALL
-- The counting trigger takes it into the totals.
SELECT format('UPDATE recordings SET segment_count = 40 WHERE id = %L', :'binhs'), ARRAY[format('segment_count recording %s', :'binhs'), format('totals user %s', :'binh')]
UNION ALL
-- Statements that were not counted.
SELECT format('SET LOCAL session_replication_role = replica; DELETE FROM segments WHERE recording_id = %L AND idx = 0; SET LOCAL session_replication_role = origin', :'first'),
       ARRAY[format('segment_count recording %s', :'first'), format('totals user %s', :'an')]
UNION ALL
SELECT format('SET LOCAL session_replication_role = replica; UPDATE recordings SET status = ''failed'' WHERE id = %L; SET LOCAL session_replication_role = origin', :'held'),
       ARRAY[format('held user %s', :'binh')]
UNION ALL
SELECT format('SET LOCAL session_replication_role = replica; INSERT INTO recordings (user_id, source, duration_ms) VALUES (%L, ''x'', 5); SET LOCAL session_replication_role = origin', :'chi'),
       ARRAY[format('totals user %s', :'chi')];
-- What a recording says of itself, and rows that belong together of each other.
INSERT INTO faults (fault, expected)
SELECT format('UPDATE recordings SET %s WHERE id = %L', change, current_setting('tap.' || which)), ARRAY[format('%s recording %s', check_name, current_setting('tap.' || which))]
  FROM (VALUES ('binhs', 'charged_seconds = charged_seconds + 1', 'charged'), ('first', 'charged_seconds = 0', 'charged'), ('binhs', 'charged_cycle_id = NULL', 'charged'),
               ('refunded', 'charged_cycle_id = gen_random_uuid()', 'charged'), ('leased', 'lease_until = NULL', 'lease'), ('leased', 'lease_worker = NULL', 'lease'),
               ('leased', 'lease = NULL', 'lease'), ('binhs', 'lease = gen_random_uuid(), lease_until = now()', 'lease'), ('refunded', 'lease_until = now()', 'lease'),
               ('binhs', 'queue_priority = 1', 'queue'), ('refunded', 'due_at = now(), due_priority = 1', 'queue'), ('put_off', 'due_priority = NULL', 'queue'),
               ('put_off', 'due_at = NULL', 'queue'), ('put_off', 'queue_priority = 1', 'queue'), ('binhs', 'revision = 1', 'revision'), ('binhs', 'revision = 0', 'revision')) AS v (which, change, check_name)
UNION ALL
SELECT pg_temp.subscription('an', 'last_event_at = last_event_at - interval ''1 minute'''), ARRAY[format('events_order user %s', :'an')]
UNION ALL
SELECT format('UPDATE events SET at = now() + interval ''1 day'' WHERE user_id = %L AND type = ''cycle.closed''; ', :'an') || pg_temp.subscription('an', 'last_event_at = NULL'), ARRAY[format('events_order user %s', :'an')]
UNION ALL
SELECT 'DELETE FROM event_consumers', ARRAY[format('events_ownerless queue %s', queue_id)] FROM event_consumers
UNION ALL
SELECT format('UPDATE events SET queue_id = %L WHERE type = ''user.registered''', gen), ARRAY[format('events_ownerless queue %s', gen)] FROM gen_random_uuid() AS gen;
SELECT bag_eq(format('SELECT pg_temp.found(%L)', f.fault), format('SELECT unnest(%L::text[])', f.expected), 'found: ' || f.fault) FROM faults AS f ORDER BY f.seq;
SELECT bag_eq(format('SELECT pg_temp.found(%L, true)', f.fault), format('SELECT ''repaired '' || unnest(%L::text[])', f.expected), 'repaired, and nothing is left: ' || f.fault)
  FROM faults AS f ORDER BY f.seq;

-- All of them at once.
CREATE FUNCTION pg_temp.break_all() RETURNS void LANGUAGE plpgsql AS $$
DECLARE f text;
BEGIN
  FOR f IN SELECT fault FROM faults WHERE fault !~ 'replica' LOOP EXECUTE f; END LOOP;
END $$;
SELECT pg_temp.break_all() \g /dev/null
SELECT isnt_empty('SELECT * FROM standing EXCEPT SELECT * FROM before', 'all of it is wrong');
DELETE FROM audit_log;
CREATE TEMPORARY TABLE did AS SELECT * FROM s2t_doctor(true) WHERE check_name <> 'marks_lost';
SELECT is_empty('SELECT * FROM did WHERE NOT repaired', 'and all of it put right');
SELECT bag_eq('SELECT * FROM standing', 'SELECT * FROM before', 'to what it was');
SELECT bag_eq('SELECT * FROM standing', 'SELECT * FROM recounted', 'which is what a recount gives');
SELECT bag_eq('SELECT * FROM usage_cycles', 'SELECT * FROM before_cycles', 'closed cycles as well');
SELECT bag_eq('SELECT * FROM usage_credits', 'SELECT * FROM before_credits', 'and credits');
SELECT bag_eq('SELECT id, segment_count, charged_cycle_id, charged_seconds, revision FROM recordings', 'SELECT * FROM before_counts', 'and what recordings say of themselves');
SELECT bag_eq($$SELECT user_id, outcome, detail FROM audit_log WHERE procedure_name = 's2t_doctor'$$,
  $$SELECT (regexp_match(object, '(?:user) (\S+)$'))[1]::uuid, 'done', format('%s of %s repaired: %s', check_name, object, problem) FROM did WHERE object !~ '^recording '
    UNION ALL SELECT r.user_id, 'done', format('%s of %s repaired: %s', check_name, object, problem) FROM did JOIN recordings AS r ON object = 'recording ' || r.id$$, 'each with a row of audit_log');

-- Very many of one kind.
UPDATE user_subscriptions SET credit_count = 9;
INSERT INTO users (email, user_name, password_hash) SELECT 'm' || i || '@example.com', 'm' || i, 'x' FROM generate_series(1, 150) AS i;
INSERT INTO user_subscriptions (user_id, plan_id, cycle_start, cycle_end, credit_count) SELECT u.id, p.id, now(), now() + interval '1 day', 5 FROM users AS u, plans AS p WHERE u.user_name ~ '^m\d' AND p.code = 'U';
SELECT is((SELECT count(*) || ' ' || string_agg(object || ': ' || problem, '') FILTER (WHERE object = 'and more') FROM doctor), '101 and more: 53 more', 'a hundred rows of each, and how many more there are');
SELECT is((SELECT count(*) FROM s2t_doctor(true) WHERE repaired), 153::bigint, 'all of which are repaired');

-- Who may.
SELECT throws_ok('SELECT * FROM s2t_doctor(NULL)', '22023', NULL, 'to repair or not');
CALL s2t_grant('tap_monitor', 'monitor');
CALL s2t_grant('tap_admin', 'admin');
UPDATE user_subscriptions SET held_seconds = 0 WHERE user_id = :'binh';
SET ROLE tap_monitor;
SELECT is((SELECT string_agg(check_name, ' ') FROM doctor), 'held', 'monitor asks');
SELECT throws_ok('SELECT * FROM s2t_doctor(true)', '42501', NULL, 'but may not have repaired');
SET ROLE tap_admin;
SELECT is((SELECT string_agg(check_name, ' ') FROM s2t_doctor(true) WHERE repaired), 'held', 'admin may');
SET ROLE tap_nobody;
SELECT throws_ok('SELECT * FROM s2t_doctor()', '42501', NULL, 'others may not even ask');
RESET ROLE;
-- An owner who is no superuser.
GRANT CREATE ON SCHEMA public TO tap_owner;
CALL s2t_set_owner('tap_owner');
REVOKE CREATE ON SCHEMA public FROM tap_owner;
UPDATE user_subscriptions SET used_seconds = 12345 WHERE user_id = :'binh';
SET ROLE tap_owner;
SELECT is((SELECT string_agg(check_name || repaired, ' ') FROM s2t_doctor(true) WHERE check_name <> 'marks_lost'), 'usagetrue', 'an owner without superuser has repaired');
SET LOCAL transaction_read_only = on;
SELECT is_empty('SELECT * FROM doctor', 'and asks in a transaction that may not write');

SET LOCAL ROLE NONE;
SELECT is((SELECT count(*) FROM s2t_doctor() WHERE check_name = 'marks_lost'), (s2t_failure_marks_lost() > 0)::int::bigint, 'marks that were lost are told of');

SELECT * FROM finish();
ROLLBACK;
