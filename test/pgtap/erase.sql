-- s2t_delete_recording, s2t_delete_user, s2t_export_user (docs/reference.md, "s2t_delete_recording", "s2t_delete_user", "s2t_export_user").
\ir include/begin.sql
SELECT no_plan();
\set nobody '01900000-0000-7000-8000-000000000000'

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('FREE', 'Free', 30, 10), ('BIG', 'Big', 300, 100);
SELECT s2t_add_consumer('hooks', NULL) \g /dev/null
SELECT user_id AS an FROM s2t_register('an@example.com', 'an', 'hash', 'An', 'FREE', 'register key') \gset
SELECT s2t_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'FREE') AS binh \gset
CREATE FUNCTION pg_temp.segs(n int) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i, 'end_ms', i + 1, 'text', 'said')) FROM generate_series(0, n - 1) AS i
$$;
CREATE FUNCTION pg_temp.totals(u uuid) RETURNS text LANGUAGE sql AS $$
  SELECT format('%s recordings, %s ms, %s segments, %s held; used %s, %s', total_recordings, total_duration_ms, total_segments, held_seconds, usage_count, used_seconds)
  FROM user_subscriptions WHERE user_id = u
$$;
SELECT recording_id AS done FROM s2t_create_recording(:'an', 'upload', in_key => 'done') \gset
CALL sp_complete_recording(:'done', 60000, pg_temp.segs(3));
SELECT recording_id AS running FROM s2t_create_recording(:'an', 'live', in_expected_ms => 90000) \gset
SELECT recording_id AS others FROM s2t_create_recording(:'binh', 'upload') \gset

-- One recording.
SELECT is(pg_temp.totals(:'an'), '2 recordings, 60000 ms, 3 segments, 90 held; used 2, 60', 'before');
SELECT ok(s2t_delete_recording(:'an', :'running'), 'a recording in processing is deleted');
SELECT is(pg_temp.totals(:'an'), '1 recordings, 60000 ms, 3 segments, 0 held; used 2, 60', 'its hold ends, and nothing is given back');
SELECT ok(NOT s2t_delete_recording(:'an', :'running'), 'a second time there is none');
SELECT ok(NOT s2t_delete_recording(:'an', :'others'), 'somebody else''s is none');
SELECT is((SELECT count(*) FROM recordings WHERE id = :'others'), 1::bigint, 'and stays');
SELECT ok(NOT s2t_delete_recording(:'nobody', :'done'), 'nobody has none');
SELECT ok(s2t_delete_recording(:'an', :'done'), 'one that is done');
SELECT is(pg_temp.totals(:'an'), '0 recordings, 0 ms, 0 segments, 0 held; used 2, 60', 'and the totals follow, the usage stays');
SELECT is((SELECT count(*) FROM segments WHERE recording_id = :'done'), 0::bigint, 'no segment is left');
SELECT is((SELECT count(*)::int FROM usage_entries WHERE recording_id = :'done'), 2, 'its entries are');
SELECT results_eq(format('SELECT recording_id, data FROM events WHERE user_id = %L AND type = ''recording.deleted'' ORDER BY at', :'an'),
  format($$VALUES (%L::uuid, '{"reason": "deleted"}'::jsonb), (%L, '{"reason": "deleted"}')$$, :'running', :'done'), 'who listens is told');
SELECT results_eq($$SELECT detail FROM audit_log WHERE procedure_name = 's2t_delete_recording' ORDER BY id$$, $$VALUES ('0 segments'), ('3 segments')$$, 'it is audited');
SELECT recording_id AS again FROM s2t_create_recording(:'an', 'upload', in_key => 'done') \gset
SELECT isnt(:'again'::text, :'done', 'a key goes with its recording');
SELECT throws_ok('SELECT s2t_delete_recording(NULL, NULL)', '22023', NULL, 'no user');

-- A trigger of the owner's that keeps a row, and one that counts beside.
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER keep BEFORE DELETE ON recordings FOR EACH ROW EXECUTE FUNCTION keep();
SELECT ok(NOT s2t_delete_recording(:'an', :'again'), 'a recording that a trigger keeps');
DROP TRIGGER keep ON recordings;
CREATE TABLE seen (id uuid);
CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO seen VALUES (OLD.id); RETURN NULL; END';
CREATE TRIGGER see AFTER DELETE ON recordings FOR EACH ROW EXECUTE FUNCTION see();
SELECT ok(s2t_delete_recording(:'an', :'again'), 'one that a trigger sees go');
SELECT is((SELECT id::text FROM seen), :'again', 'it did');
SELECT is(pg_temp.totals(:'an'), '0 recordings, 0 ms, 0 segments, 0 held; used 3, 60', 'and the totals are right');
DROP TRIGGER see ON recordings;

-- What is there of a person.
SELECT recording_id AS kept FROM s2t_create_recording(:'an', 'upload', in_meta => '{"title": "mine"}', in_key => 'kept') \gset
CALL sp_complete_recording(:'kept', 1000, pg_temp.segs(2));
SELECT recording_id AS processing FROM s2t_create_recording(:'an', 'live', in_expected_ms => 60000) \gset
SELECT s2t_add_credit(:'an', 5, 10, NULL, 'for An', 'credit key') \g /dev/null
SELECT s2t_adjust_usage(:'an', 1, 0, 'a ticket of An''s') \g /dev/null
SELECT * FROM s2t_change_user_plan(:'an', 'BIG', true) \g /dev/null
CREATE TEMPORARY TABLE exported AS SELECT * FROM s2t_export_user(:'an');
SELECT set_eq('SELECT kind, count(*) FROM exported WHERE kind NOT IN (''usage_entries'', ''events'', ''audit_log'', ''segment_revisions'') GROUP BY kind',
  $$VALUES ('users', 1::bigint), ('user_profiles', 1), ('user_subscriptions', 1), ('recordings', 2), ('segments', 2), ('usage_cycles', 1), ('usage_credits', 1)$$, 'a row of everything');
SELECT is((SELECT count(*) FROM exported WHERE kind = 'audit_log'), (SELECT count(*) FROM audit_log WHERE user_id = :'an'), 'the audit');
SELECT is((SELECT count(*) FROM exported WHERE kind = 'events'), (SELECT count(*) FROM events WHERE user_id = :'an'), 'what waits to be told');
SELECT is((SELECT count(*) FROM exported WHERE kind = 'usage_entries'), (SELECT count(*) FROM usage_entries WHERE user_id = :'an'), 'the ledger');
SELECT is((SELECT data ->> 'email' FROM exported WHERE kind = 'users'), 'an@example.com', 'with its values');
SELECT is_empty($$SELECT * FROM exported WHERE data ? 'password_hash' OR data::text LIKE '%binh%'$$, 'no hash of a password, and nobody else');
SELECT set_eq($$SELECT DISTINCT kind FROM exported$$,
  $$SELECT DISTINCT c.relname::text FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
     JOIN s2t_wanted_tables() AS w ON w.tab = c.relname AND c.relnamespace = (SELECT extnamespace FROM pg_extension WHERE extname = 's2t')
    WHERE a.attname IN ('user_id', 'recording_id') OR w.tab = 'users' EXCEPT SELECT 'segment_revisions'$$, 'every table that says whose its rows are');
SELECT is_empty(format('SELECT * FROM s2t_export_user(%L)', :'nobody'), 'nobody has nothing');
SELECT throws_ok('SELECT * FROM s2t_export_user(NULL)', '22023', NULL, 'of whom');

-- Erased.
SELECT usage_count AS used, cycle_id AS cycle FROM user_subscriptions WHERE user_id = :'an' \gset
SELECT count(*) AS entries FROM usage_entries WHERE user_id = :'an' \gset
SELECT ok(s2t_delete_user(:'an'), 'a user is deleted');
SELECT set_eq(format('SELECT kind, count(*) FROM s2t_export_user(%L) WHERE kind <> ''audit_log'' GROUP BY kind', :'an'),
  format($$VALUES ('usage_cycles', 2::bigint), ('usage_entries', %s), ('events', 1)$$, :'entries'), 'what is left: cycles, entries, one event');
SELECT results_eq(format('SELECT type, recording_id, data FROM events WHERE user_id = %L', :'an'), $$VALUES ('user.deleted', NULL::uuid, '{}'::jsonb)$$, 'that it is gone');
SELECT results_eq(format('SELECT plan_code, usage_count, reason, cycle_end <= clock_timestamp() FROM usage_cycles WHERE id = %L', :'cycle'),
  format($$VALUES ('BIG', %s, 'erased', true)$$, :'used'), 'the open cycle is closed');
SELECT is_empty(format('SELECT * FROM usage_entries WHERE user_id = %L AND note IS NOT NULL', :'an'), 'no note is left');
SELECT results_eq(format('SELECT procedure_name, detail FROM audit_log WHERE user_id = %L AND (detail IS NOT NULL OR application_name IS NOT NULL OR client_addr IS NOT NULL)', :'an'),
  $$VALUES ('s2t_delete_user', '2 recordings, 2 segments')$$, 'no detail but that of the deletion');
SELECT is((SELECT count(*)::int FROM audit_log WHERE user_id = :'an' AND procedure_name = 's2t_delete_recording'), 3, 'what was done is still told');
SELECT ok(NOT s2t_delete_user(:'an'), 'a second time there is none');
SELECT is((SELECT count(*)::int FROM events WHERE user_id = :'an'), 1, 'and the event stays');
SELECT ok(NOT s2t_delete_user(:'nobody'), 'nobody');
SELECT throws_ok('SELECT s2t_delete_user(NULL)', '22023', NULL, 'no user');
SELECT is(pg_temp.totals(:'binh'), '1 recordings, 0 ms, 0 segments, 0 held; used 1, 0', 'nobody else is touched');
SELECT lives_ok($$SELECT s2t_register_user('an@example.com', 'an', 'hash', 'An', 'FREE')$$, 'the address and the name are free');

-- A cycle that has ended is closed as of its end; a user without a subscription; one whose row somebody has deleted.
SELECT s2t_register_user('chi@example.com', 'chi', 'hash', NULL, 'FREE') AS chi \gset
UPDATE user_subscriptions SET cycle_start = '2020-01-01', cycle_end = '2020-02-01' WHERE user_id = :'chi';
SELECT ok(s2t_delete_user(:'chi'), 'a user whose cycle has ended');
SELECT results_eq(format('SELECT cycle_end, reason FROM usage_cycles WHERE user_id = %L', :'chi'), $$VALUES ('2020-02-01'::timestamptz, 'erased')$$, 'as of its end');
SELECT s2t_register_user('dao@example.com', 'dao', 'hash', NULL, 'FREE') AS dao \gset
DELETE FROM user_subscriptions WHERE user_id = :'dao';
SELECT ok(s2t_delete_user(:'dao'), 'a user without a subscription');
SELECT results_eq(format('SELECT type FROM events WHERE user_id = %L', :'dao'), $$VALUES ('user.deleted')$$, 'is told of, too');
SELECT s2t_register_user('em@example.com', 'em', 'hash', NULL, 'FREE') AS em \gset
SELECT s2t_adjust_usage(:'em', 1, 0, 'of Em') \g /dev/null
DELETE FROM users WHERE id = :'em';
SELECT ok(NOT s2t_delete_user(:'em'), 'a user whose row was deleted directly');
SELECT is_empty(format('SELECT note FROM usage_entries WHERE user_id = %1$L AND note IS NOT NULL UNION ALL SELECT detail FROM audit_log WHERE user_id = %1$L AND detail IS NOT NULL UNION ALL SELECT type FROM events WHERE user_id = %1$L', :'em'),
  'is forgotten all the same');

-- A table of the application that refers to the user without a cascade: nothing is half done.
CREATE TABLE invoices (user_id uuid REFERENCES users);
INSERT INTO invoices VALUES (:'binh');
SELECT throws_ok(format('SELECT s2t_delete_user(%L)', :'binh'), '23503', NULL, 'a reference refuses it');
SELECT is(pg_temp.totals(:'binh'), '1 recordings, 0 ms, 0 segments, 0 held; used 1, 0', 'and all is as before');
DELETE FROM invoices;

-- A foreign key to users that does not cascade, as an adopted application may have it.
ALTER TABLE recordings DROP CONSTRAINT recordings_user_id_fkey, ADD CONSTRAINT recordings_user_id_fkey FOREIGN KEY (user_id) REFERENCES users;
CALL sp_complete_recording(:'others', 1000, pg_temp.segs(2));
SELECT ok(s2t_delete_user(:'binh'), 'with a foreign key that does not cascade');
SELECT is((SELECT count(*) FROM recordings), 0::bigint, 'all the same');

SELECT * FROM finish();
ROLLBACK;
