-- audit_log: what is and is not recorded at each level of s2t.audit, who and whom a row names, that it goes the way of its
-- transaction, and that it never holds a password hash or what was said.
\ir include/begin.sql
SELECT plan(34);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default) VALUES ('AU1', 'One', 100, 2, false), ('AU2', 'Two', 100, 100, false);

-- One of everything that can happen, with secrets where secrets go.
CREATE FUNCTION pg_temp.segments(n int) RETURNS jsonb LANGUAGE sql AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i, 'end_ms', i, 'text', 'spoken secret ' || i, 'speaker', 'meta secret')), '[]') FROM generate_series(0, n - 1) AS i
$$;
CREATE PROCEDURE pg_temp.life(tag text) LANGUAGE plpgsql AS $$
DECLARE
  u uuid;
  r uuid[];
  ok boolean;
  message text;
BEGIN
  CALL sp_register_user(tag || 'one@example.com', tag || 'one', 'hash secret', 'One', 'AU1');
  u := s2t_register_user(tag || 'two@example.com', tag || 'two', 'hash secret', 'Two', 'AU1');
  PERFORM set_config('tap.user', u::text, true);
  r[1] := (SELECT recording_id FROM sp_check_quota_and_create_recording(u, 'upload', 'vi', '{"key": "meta secret"}'));
  r[2] := (SELECT recording_id FROM sp_check_quota_and_create_recording(u, 'upload'));
  PERFORM sp_check_quota_and_create_recording(u, 'upload');           -- refused: the limit is 2
  PERFORM sp_check_quota_and_create_recording(gen_random_uuid(), 'upload');  -- refused: nobody
  PERFORM set_config('tap.recording', r[1]::text, true), set_config('tap.failed', r[2]::text, true);
  CALL sp_complete_recording(r[1], 1000, pg_temp.segments(3));
  CALL sp_complete_recording(r[1], 1000, pg_temp.segments(3));       -- a repetition: nothing happens
  CALL sp_fail_recording(r[2], 'reason secret');
  CALL sp_fail_recording(r[2], 'reason secret');                     -- has failed already
  CALL sp_change_user_plan(u, 'AU2', false, ok, message);
  CALL sp_change_user_plan(u, 'AU2', false, ok, message);                                -- refused: already there
  PERFORM sp_get_user_stats(u);
  BEGIN
    CALL sp_register_user(tag || 'two@example.com', tag || 'two', 'hash secret', 'Two', 'AU1');
  EXCEPTION WHEN unique_violation THEN NULL;
  END;
  BEGIN
    CALL sp_complete_recording(r[2], 1000, '[{"idx": 0, "start_ms": 0, "end_ms": "spoken secret", "text": "spoken secret"}]');
  EXCEPTION WHEN invalid_parameter_value THEN NULL;
  END;
  UPDATE user_subscriptions SET cycle_start = cycle_start - interval '3 months', cycle_end = cycle_end - interval '3 months' WHERE user_id = u;
  CALL sp_reset_monthly_cycles();
  CALL sp_reset_monthly_cycles();                                    -- nothing is left to reset
  UPDATE recordings SET created_at = now() - interval '1000 days' WHERE id = r[1];
  PERFORM sp_cleanup_old_recordings(999);
  PERFORM sp_cleanup_old_recordings(999);                            -- nothing is left to delete
  r[3] := (SELECT recording_id FROM sp_check_quota_and_create_recording(u, 'upload'));
  UPDATE recordings SET created_at = now() - interval '7 hours' WHERE id = r[3];
  PERFORM s2t_fail_stale_batch('6 hours', 10);
  PERFORM s2t_fail_stale_batch('6 hours', 10);                       -- nothing is left to fail
END $$;

CREATE FUNCTION pg_temp.recorded() RETURNS TABLE (name text, outcome text, n bigint, users bigint, recordings bigint) LANGUAGE sql AS $$
  SELECT procedure_name, outcome, count(*), count(user_id), count(recording_id) FROM audit_log GROUP BY 1, 2
$$;

DELETE FROM audit_log;
SET LOCAL s2t.audit = off;
CALL pg_temp.life('off');
SELECT is_empty('SELECT * FROM audit_log', 'off: nothing');

CREATE TEMPORARY TABLE changes AS SELECT * FROM (VALUES
  ('sp_register_user', 'done', 1::bigint, 1::bigint, 0::bigint),
  ('s2t_register_user', 'done', 1, 1, 0),
  ('sp_check_quota_and_create_recording', 'refused', 2, 2, 0),
  ('sp_fail_recording', 'failed', 1, 1, 1),
  ('sp_fail_stale_recordings', 'failed', 1, 1, 1),
  ('sp_change_user_plan', 'done', 1, 1, 0),
  ('sp_change_user_plan', 'refused', 1, 1, 0),
  ('sp_reset_monthly_cycles', 'done', 1, 0, 0),
  ('sp_cleanup_old_recordings', 'done', 1, 0, 0)) AS x;
SET LOCAL s2t.audit = changes;
CALL pg_temp.life('changes');
SELECT bag_eq('SELECT * FROM pg_temp.recorded()', 'SELECT * FROM changes',
  'changes: changes of accounts and plans, refusals, failures, reset, cleanup; not creation and completion, not what changed nothing');

DELETE FROM audit_log;
SET LOCAL s2t.audit = 'all';
CALL pg_temp.life('all');
SELECT bag_eq('SELECT * FROM pg_temp.recorded()', $$SELECT * FROM changes UNION ALL VALUES
  ('sp_check_quota_and_create_recording', 'done', 3::bigint, 3::bigint, 3::bigint), ('sp_complete_recording', 'done', 1, 1, 1)$$,
  'all: creation and completion, too; never reads');

-- Whom, what.
SELECT set_eq($$SELECT user_id FROM audit_log WHERE procedure_name IN ('s2t_register_user', 'sp_change_user_plan', 'sp_complete_recording', 'sp_fail_recording', 'sp_fail_stale_recordings')$$,
  ARRAY[current_setting('tap.user')::uuid], 'the user it was done to');
SELECT is((SELECT recording_id::text FROM audit_log WHERE procedure_name = 'sp_complete_recording'), current_setting('tap.recording'), 'and the recording');
SELECT is((SELECT recording_id::text FROM audit_log WHERE procedure_name = 'sp_fail_recording'), current_setting('tap.failed'), 'the one that failed');
SELECT bag_eq('SELECT procedure_name, outcome, detail FROM audit_log WHERE user_id IS NULL OR procedure_name IN ('
  || quote_literal('sp_change_user_plan') || ', ' || quote_literal('s2t_register_user') || ', ' || quote_literal('sp_complete_recording') || ', ' || quote_literal('sp_fail_stale_recordings') || ')',
  $$VALUES ('s2t_register_user', 'done', 'plan "AU1"'),
           ('sp_change_user_plan', 'done', 'plan changed from "AU1" to "AU2"'), ('sp_change_user_plan', 'refused', 'already on plan "AU2"'),
           ('sp_complete_recording', 'done', '1000 ms, 3 segments'), ('sp_fail_stale_recordings', 'failed', 'not completed within 06:00:00'),
           ('sp_reset_monthly_cycles', 'done', '1 cycles closed'), ('sp_cleanup_old_recordings', 'done', '1 recordings, 3 segments')$$::text,
  'and what exactly');
SELECT is((SELECT count(*) FROM audit_log WHERE outcome = 'refused' AND detail = 'recording limit reached: 2 of 2 recordings used in this cycle'), 1::bigint, 'a refusal says why');

-- Never a secret, in any column of any row, at the level that records most.
SELECT cmp_ok((SELECT count(*) FROM audit_log), '>', 10::bigint, 'there are rows to search');
SELECT is_empty($$SELECT a::text FROM audit_log AS a WHERE a::text ~* 'secret'$$, 'no password hash, no transcript, no metadata, no reason');
SELECT isnt_empty($$SELECT FROM segments WHERE text ~ 'secret' UNION ALL SELECT FROM users WHERE password_hash ~ 'secret'$$, 'which the tables do hold');

-- When, in order.
SELECT is_empty($$SELECT at FROM audit_log WHERE at NOT BETWEEN now() AND clock_timestamp()$$, 'the time is that of the event');
SELECT is_empty($$SELECT id FROM audit_log WHERE get_byte(uuid_send(id), 6) >> 4 <> 7 OR get_byte(uuid_send(id), 8) >> 6 <> 2$$, 'ids are version 7 UUIDs');
SELECT is_empty($$SELECT id FROM audit_log WHERE abs(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint - extract(epoch FROM at) * 1000) > 5$$, 'of that time');

-- Who, from where.
DELETE FROM audit_log;
CREATE ROLE tap_audited;
CALL s2t_grant('tap_audited', 'admin');
SET LOCAL application_name = 'pgtap of the audit';
SET ROLE tap_audited;
SELECT set_config('tap.other', s2t_register_user('three@example.com', 'three', 'hash', NULL, 'AU1')::text, true) AS other \gset
SELECT set_config('tap.stale', recording_id::text, true) AS stale FROM sp_check_quota_and_create_recording(:'other', 'upload') \gset
RESET ROLE;
UPDATE recordings SET created_at = now() - interval '7 hours' WHERE id = :'stale';
SET ROLE tap_audited;
SELECT is(s2t_fail_stale_batch('6 hours', 10), 1, 'one is stale');
RESET ROLE;
SELECT is_empty(format('SELECT procedure_name, session_role, effective_role FROM audit_log WHERE (session_role, effective_role, application_name) IS DISTINCT FROM (%L, %L, %L)',
  session_user, 'tap_audited', 'pgtap of the audit'), 'who logged in, in which role, with which application');
SELECT is((SELECT count(*) FROM audit_log), 3::bigint, 'of native procedures and others');
SELECT is_empty('SELECT client_addr FROM audit_log WHERE client_addr IS DISTINCT FROM inet_client_addr()', 'and from where');
SELECT set_config('application_name', '', true) AS none \gset
CALL sp_change_user_plan(:'other', 'AU2') \gset plan_
SELECT is((SELECT application_name FROM audit_log WHERE procedure_name = 'sp_change_user_plan'), NULL, 'no name is NULL');
SELECT is((SELECT effective_role FROM audit_log WHERE procedure_name = 'sp_change_user_plan')::name, current_user, 'without SET ROLE both roles are one');

-- With its transaction.
DELETE FROM audit_log;
SAVEPOINT undone;
CALL sp_change_user_plan(:'other', 'AU1') \gset plan_
SELECT sp_check_quota_and_create_recording(:'other', 'upload') AS c \gset
CREATE TEMPORARY TABLE seen AS SELECT count(*) AS n FROM audit_log;
SELECT n AS seen FROM seen \gset
ROLLBACK TO undone;
SELECT is(:seen, 2, 'seen by its transaction');
SELECT is_empty('SELECT * FROM audit_log', 'gone with it');

-- A purge of the log is itself recorded, by time, in batches, and reaches nothing younger.
SET LOCAL s2t.audit = changes;
INSERT INTO audit_log (id, at, session_role, effective_role, procedure_name, outcome)
SELECT (lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || '7000800000000000' || lpad(to_hex(i), 4, '0'))::uuid, t, 'x', 'x', 'old', 'done'
  FROM generate_series(1, 25) AS i, LATERAL (SELECT now() - i * interval '1 day' AS t) AS x;
SELECT is(s2t_purge_audit_batch('10 days 1 hour', 10), 10, 'a batch');
SELECT bag_eq($$SELECT (now() - at) / 24 FROM audit_log WHERE procedure_name = 'old'$$, $$SELECT i * interval '1 hour' FROM generate_series(1, 15) AS i$$, 'of the oldest');
SELECT is(s2t_purge_audit_batch('10 days 1 hour', 10), 5, 'the rest');
SELECT is(s2t_purge_audit_batch('10 days 1 hour', 10), 0, 'nothing is left');
SELECT is((SELECT count(*) FROM audit_log WHERE procedure_name = 'old'), 10::bigint, 'younger rows are');
SELECT bag_eq($$SELECT outcome, split_part(detail, ' from', 1) FROM audit_log WHERE procedure_name = 'sp_purge_audit_log'$$, $$VALUES ('done', '10 rows'), ('done', '5 rows')$$, 'recorded');
SELECT throws_ok(format('SELECT s2t_purge_audit_batch(%L, %L)', a, b), '22023', 'invalid age or batch size', format('refused: %s, %s', a, b))
  FROM (VALUES (NULL, '10'), ('-1 day', '10'), ('1 day', NULL), ('1 day', '0')) AS x (a, b);
-- Each batch writes a row, which is none for the next.
SELECT cmp_ok((SELECT count(*) FROM generate_series(1, 10000) AS i WHERE s2t_purge_audit_batch('0', 5) > 0), '<', 10000::bigint, 'a purge of everything comes to its end');

-- What it costs, side by side. Write-ahead log by what the server counts for the call.
CREATE FUNCTION pg_temp.wal_of(command text, OUT records int, OUT bytes int) LANGUAGE plpgsql AS $$
DECLARE
  plan json;
BEGIN
  EXECUTE 'EXPLAIN (ANALYZE, WAL, FORMAT JSON) ' || command INTO plan;
  records := plan -> 0 -> 'Plan' ->> 'WAL Records';
  bytes := plan -> 0 -> 'Plan' ->> 'WAL Bytes';
END $$;
CREATE TEMPORARY TABLE cost (call text, level text, n int, microseconds numeric, records int, bytes int);
DO $$
DECLARE
  n CONSTANT int := 300;
  u uuid := s2t_register_user('cost@example.com', 'cost', 'hash', NULL, 'AU2');
  command text;
  level text;
  turn int;
  started timestamptz;
  r record;
BEGIN
  UPDATE plans SET monthly_usage_limit = NULL, monthly_minutes = NULL WHERE code = 'AU2';
  -- Of several calls the least: what the server tidies on the way only adds.
  FOR turn IN 1 .. 2 LOOP  -- the first is to warm up
    FOREACH level IN ARRAY '{off,changes,all}'::text[] LOOP
      PERFORM set_config('s2t.audit', level, true);
      FOREACH command IN ARRAY ARRAY[
        format('SELECT * FROM sp_check_quota_and_create_recording(%L, ''upload'')', u),
        'SELECT s2t_register_user(''c'' || x || ''@example.com'', ''c'' || x, ''hash'', NULL, ''AU2'') FROM (SELECT gen_random_uuid() AS x) AS x'] LOOP
        started := clock_timestamp();
        FOR i IN 1 .. n LOOP EXECUTE command; END LOOP;
        IF turn = 2 THEN
          SELECT min(w.records) AS records, min(w.bytes) AS bytes INTO r FROM generate_series(1, 20) AS i, LATERAL (SELECT * FROM pg_temp.wal_of(command) WHERE i > 0) AS w;
          INSERT INTO cost VALUES (CASE WHEN command ~ 'quota' THEN 'create' ELSE 'register' END, level, n,
                                   extract(epoch FROM clock_timestamp() - started) / n * 1e6, r.records, r.bytes);
        END IF;
      END LOOP;
    END LOOP;
  END LOOP;
END $$;
SELECT diag(format('%s, %s: %s us, %s bytes of WAL in %s records a call', rpad(call, 8), rpad(level, 7), round(microseconds, 1), bytes, records)) FROM cost ORDER BY call, level DESC;
-- Registering puts entries anywhere into indexes, whose pages are tidied now and then; creating appends.
SELECT results_eq($$SELECT c.level, c.records - o.records FROM cost AS c JOIN cost AS o ON o.call = c.call AND o.level = 'off' WHERE c.call = 'create' AND c.level <> 'off' ORDER BY 1$$,
  $$VALUES ('all', 2), ('changes', 0)$$::text,
  'a row of audit_log is two records of WAL, itself and its index entry, and nothing where nothing is recorded');

SELECT * FROM finish();
ROLLBACK;
