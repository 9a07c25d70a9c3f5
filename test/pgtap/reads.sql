-- What applications read: sp_get_login, sp_get_subscription, sp_list_plans, sp_list_recordings, sp_get_recording, sp_get_segments.
\ir include/begin.sql
SELECT plan(99);

CREATE FUNCTION pg_temp.uid(who text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM users WHERE user_name = who $$;
CREATE FUNCTION pg_temp.detail_of(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
  EXECUTE command;
  RETURN 'no error';
EXCEPTION WHEN invalid_parameter_value THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN SQLERRM || ': ' || detail;
END
$$;
INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default, plan_cost, plan_type, description, is_active, retention_days) VALUES
  ('FREE', 'Free plan', 30, 10, true, 0, 'free', 'To try', true, 7), ('BASIC', 'Basic plan', 300, 100, false, 499, 'paid', NULL, true, NULL),
  ('OPEN', 'Open plan', NULL, NULL, false, 9999, 'paid', NULL, true, NULL), ('OLD', 'Old plan', 5, 5, false, 1, 'paid', NULL, false, NULL);
CALL sp_register_user('An@Example.com', 'An', 'hash of an', NULL, 'FREE');
CALL sp_register_user('binh@example.com', 'Bình', 'hash of binh', NULL, 'BASIC');
CALL sp_register_user('chi@example.com', 'chi', 'hash of chi', NULL, 'OPEN');

-- How far recordings are.
SELECT s2t_register_user('giang@example.com', 'giang', 'hash', NULL, 'OPEN') AS giang \gset
SELECT recording_id AS alive FROM s2t_create_recording(:'giang', 'realtime') \gset
SELECT recording_id AS queued FROM s2t_create_recording(:'giang', 'upload', in_priority => 1) \gset
CREATE FUNCTION pg_temp.progress(who uuid, of uuid) RETURNS text LANGUAGE sql AS $$
  SELECT (p.status, p.heard_ms, p.segment_count, p.charged_seconds, p.queue_state, p.claims, p.active_at > now() - interval '1 hour')::text FROM sp_get_progress(who, ARRAY[of]) AS p
$$;
SELECT is(pg_temp.progress(:'giang', :'alive'), '(processing,0,0,0,,0,t)', 'nothing has been heard');
SELECT segment_count FROM s2t_append_segments(:'alive', '[{"idx": 0, "start_ms": 0, "end_ms": 900, "text": "x"}]', 2500) \gset
SELECT is(pg_temp.progress(:'giang', :'alive'), '(processing,2500,1,3,,0,t)', 'a part of it');
SELECT is(pg_temp.progress(:'giang', :'queued'), '(processing,0,0,0,waiting,0,t)', 'waiting for a worker');
SELECT lease FROM s2t_claim_recordings('w') \gset
SELECT is(pg_temp.progress(:'giang', :'queued'), '(processing,0,0,0,leased,1,t)', 'at a worker');
SELECT duration_ms FROM s2t_append_segments(:'queued', '[]', 7000, :'lease') \gset
SELECT is(pg_temp.progress(:'giang', :'queued'), '(processing,7000,0,7,leased,1,t)', 'which has heard something');
UPDATE recordings SET lease_until = now() - interval '1 second' WHERE id = :'queued';
SELECT is(pg_temp.progress(:'giang', :'queued'), '(processing,7000,0,7,waiting,1,t)', 'and is dead');
SELECT lease FROM s2t_claim_recordings('w2') \gset
SELECT is(pg_temp.progress(:'giang', :'queued'), '(processing,0,0,7,leased,2,t)', 'the next one begins anew');
SELECT status FROM s2t_release_recording(:'queued', :'lease', '1 hour', 'busy') \gset
SELECT is(pg_temp.progress(:'giang', :'queued'), '(processing,0,0,7,"put off",2,t)', 'put off');
SELECT is((SELECT array_agg(id) FROM sp_get_progress(:'giang', ARRAY[:'alive', NULL, :'queued']::uuid[])), ARRAY[:'queued', :'alive']::uuid[], 'the newest first');
SELECT is_empty(format('SELECT * FROM sp_get_progress(%L, %L)', pg_temp.uid('An'), ARRAY[:'alive', :'queued']), 'not for somebody else');
SELECT throws_ok(format('SELECT * FROM sp_get_progress(%L, array_fill(%L::uuid, %L))', :'giang', :'alive', '{1001}'), '22023', 'too many recordings', 'a thousand at most');
SELECT throws_ok('SELECT * FROM sp_get_progress(NULL, $$ {} $$)', '22023', 'argument must not be null', 'no user');
SELECT throws_ok(format('SELECT * FROM sp_get_progress(%L, NULL)', :'giang'), '22023', 'argument must not be null', 'no ids');
DELETE FROM users WHERE id = :'giang';

-- Declared as agreed.
CREATE TEMPORARY VIEW reads AS
  SELECT p.* FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 's2t'
   WHERE p.proname IN ('sp_get_login', 'sp_get_subscription', 'sp_list_plans', 'sp_list_recordings', 'sp_get_recording', 'sp_get_segments', 'sp_search_segments');
SELECT bag_eq($$SELECT proname || '(' || pg_get_function_arguments(oid) || ')' FROM reads$$, $$VALUES
  ('sp_get_login(in_email_or_user_name text)'), ('sp_get_subscription(in_user_id uuid)'), ('sp_list_plans()'),
  ('sp_list_recordings(in_user_id uuid, in_limit integer DEFAULT 50, in_before uuid DEFAULT NULL::uuid, in_status text DEFAULT NULL::text)'),
  ('sp_get_recording(in_user_id uuid, in_recording_id uuid)'),
  ('sp_get_segments(in_user_id uuid, in_recording_id uuid, in_from_ms integer DEFAULT 0, in_limit integer DEFAULT NULL::integer)'),
  ('sp_search_segments(in_user_id uuid, in_query text, in_limit integer DEFAULT 20)')$$, 'names, arguments, defaults');
SELECT is_empty($$SELECT proname FROM reads WHERE NOT prosecdef OR NOT proretset OR provolatile <> 's'$$, 'definer, set-returning, stable');
SELECT is_empty($$SELECT proname FROM reads WHERE NOT proconfig @> ARRAY['search_path=pg_catalog, pg_temp']$$, 'with a search_path of their own');

-- sp_get_login
SELECT results_eq($$SELECT * FROM sp_get_login('An@Example.com')$$, $$SELECT pg_temp.uid('An'), 'hash of an', 'active', 'user', false$$, 'by e-mail address');
SELECT results_eq($$SELECT id FROM sp_get_login('AN@example.COM')$$, $$SELECT pg_temp.uid('An')$$, 'in any case');
SELECT results_eq($$SELECT id FROM sp_get_login(E'\t an@example.com\n')$$, $$SELECT pg_temp.uid('An')$$, 'with white space around it, as in registering');
SELECT results_eq($$SELECT id, password_hash FROM sp_get_login('aN')$$, $$SELECT pg_temp.uid('An'), 'hash of an'$$, 'by user name');
SELECT results_eq($$SELECT id FROM sp_get_login('bÌNH')$$, $$SELECT pg_temp.uid('Bình')$$, 'which need not be ASCII');
SELECT is_empty($$SELECT * FROM sp_get_login('nobody')$$, 'nobody of this name');
SELECT is_empty($$SELECT * FROM sp_get_login('nobody@example.com')$$, 'or address');
SELECT is_empty($$SELECT * FROM sp_get_login('an%')$$, 'no patterns');
SELECT is_empty($$SELECT * FROM sp_get_login('vAn')$$, 'a letter is no white space');
CALL sp_register_user('evil@example.com', 'binh@example.com', 'evil hash', NULL, 'FREE');
SELECT results_eq($$SELECT password_hash FROM sp_get_login('Binh@example.com')$$, $$VALUES ('hash of binh')$$, 'an address taken for a user name does not stand in for the address');
UPDATE users SET status = 'locked', role = 'admin', verified = true WHERE user_name = 'chi';
SELECT results_eq($$SELECT status, role, verified FROM sp_get_login('chi')$$, $$VALUES ('locked', 'admin', true)$$, 'status, role and verified as they are');
SELECT is(pg_temp.detail_of('SELECT sp_get_login(NULL)'), 'argument must not be null: Argument in_email_or_user_name is null.', 'NULL');
SELECT is(pg_temp.detail_of($$SELECT sp_get_login(E' \n')$$), 'invalid e-mail address or user name: Argument in_email_or_user_name is blank.', 'blank');

-- sp_get_subscription
CREATE FUNCTION pg_temp.month(n int, zone text DEFAULT 'UTC') RETURNS timestamptz LANGUAGE sql AS $$
  SELECT (date_trunc('month', now() AT TIME ZONE zone) + make_interval(months => n)) AT TIME ZONE zone
$$;
SELECT is_empty('SELECT * FROM sp_get_subscription(gen_random_uuid())', 'nobody has no subscription');
SELECT is(pg_temp.detail_of('SELECT sp_get_subscription(NULL)'), 'argument must not be null: Argument in_user_id is null.', 'NULL');
SELECT results_eq($$SELECT * FROM sp_get_subscription(pg_temp.uid('An'))$$,
  $$VALUES ('FREE', 'Free plan', 30, 10, 0, 0, 10, 1800::bigint, pg_temp.month(0), pg_temp.month(1), true)$$, 'a new one');
-- Ids of the same millisecond are in no particular order: numbered as they are.
CREATE TEMPORARY TABLE r AS SELECT row_number() OVER (ORDER BY c.recording_id)::int AS n, c.recording_id AS id
  FROM generate_series(1, 6) AS g, LATERAL sp_check_quota_and_create_recording(pg_temp.uid('An'), 'upload' || g) AS c;
UPDATE recordings AS o SET source = 'upload' || r.n, meta = jsonb_build_object('n', r.n) FROM r WHERE r.id = o.id;
CREATE FUNCTION pg_temp.r(n int) RETURNS uuid LANGUAGE sql AS 'SELECT id FROM r WHERE r.n = $1';
CALL sp_complete_recording(pg_temp.r(1), 60500, '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "một"}, {"idx": 1, "start_ms": 1000, "end_ms": 2500, "text": "hai", "speaker": "A"}, {"idx": 2, "start_ms": 2500, "end_ms": 2500, "text": ""}, {"idx": 7, "start_ms": 2400, "end_ms": 4000, "text": "ba"}]');
CALL sp_fail_recording(pg_temp.r(2), 'no sound');
SELECT results_eq($$SELECT usage_count, used_seconds, remaining_recordings, remaining_seconds FROM sp_get_subscription(pg_temp.uid('An'))$$, 'VALUES (5, 61, 5, 1739::bigint)', 'used and left; what failed was given back');
UPDATE user_subscriptions SET usage_count = 12, used_seconds = 2000 WHERE user_id = pg_temp.uid('An');
SELECT results_eq($$SELECT usage_count, used_seconds, remaining_recordings, remaining_seconds FROM sp_get_subscription(pg_temp.uid('An'))$$, 'VALUES (12, 2000, 0, 0::bigint)', 'never less than nothing left');
UPDATE user_subscriptions SET usage_count = 12 WHERE user_id = pg_temp.uid('chi');
SELECT results_eq($$SELECT usage_count, remaining_recordings, remaining_seconds, active FROM sp_get_subscription(pg_temp.uid('chi'))$$, 'VALUES (12, NULL::int, NULL::bigint, true)', 'unlimited: NULL is left');
UPDATE plans SET monthly_minutes = 2147483647 WHERE code = 'OPEN';
SELECT results_eq($$SELECT remaining_seconds FROM sp_get_subscription(pg_temp.uid('chi'))$$, 'VALUES (128849018820)', 'seconds beyond 32 bits');
-- An ended cycle reads as what the next call will make of it.
CREATE FUNCTION pg_temp.end_cycle(who text) RETURNS void LANGUAGE sql AS $$
  UPDATE user_subscriptions SET cycle_start = pg_temp.month(-2), cycle_end = pg_temp.month(-1) WHERE user_id = pg_temp.uid(who)
$$;
SELECT pg_temp.end_cycle('An');
SELECT results_eq($$SELECT * FROM sp_get_subscription(pg_temp.uid('An'))$$,
  $$VALUES ('FREE', 'Free plan', 30, 10, 0, 0, 10, 1800::bigint, pg_temp.month(0), pg_temp.month(1), true)$$, 'an ended cycle: nothing used in the current month');
SELECT results_eq($$SELECT usage_count, used_seconds FROM sp_get_subscription(pg_temp.uid('An'))$$, $$SELECT current_cycle_usage, current_cycle_seconds FROM sp_get_user_stats(pg_temp.uid('An'))$$, 'as in the statistics');
SELECT is((SELECT usage_count FROM user_subscriptions WHERE user_id = pg_temp.uid('An')), 12, 'and reading closes nothing');
SET LOCAL s2t.timezone = 'Asia/Ho_Chi_Minh';
SELECT results_eq($$SELECT cycle_start, cycle_end FROM sp_get_subscription(pg_temp.uid('An'))$$,
  $$VALUES (pg_temp.month(0, 'Asia/Ho_Chi_Minh'), pg_temp.month(1, 'Asia/Ho_Chi_Minh'))$$, 'the current month of s2t.timezone');
RESET s2t.timezone;
UPDATE user_subscriptions SET plan_id = (SELECT id FROM plans WHERE code = 'OLD') WHERE user_id = pg_temp.uid('An');
SELECT results_eq($$SELECT plan_code, monthly_minutes, remaining_recordings FROM sp_get_subscription(pg_temp.uid('An'))$$, $$VALUES ('FREE', 30, 10)$$, 'the default plan in place of one that is not active any more');
SET LOCAL s2t.lazy_rollover = off;
SELECT results_eq($$SELECT * FROM sp_get_subscription(pg_temp.uid('An'))$$,
  $$VALUES ('OLD', 'Old plan', 5, 5, 12, 2000, 0, 0::bigint, pg_temp.month(-2), pg_temp.month(-1), false)$$, 'without lazy rollover the ended cycle itself, and nothing left of it');
RESET s2t.lazy_rollover;
UPDATE plans SET is_default = false;
SELECT results_eq($$SELECT plan_code, usage_count FROM sp_get_subscription(pg_temp.uid('An'))$$, $$VALUES ('OLD', 0)$$, 'no default plan: it stays');
UPDATE plans SET is_default = true, is_active = false WHERE code = 'FREE';
SELECT results_eq($$SELECT plan_code, usage_count FROM sp_get_subscription(pg_temp.uid('An'))$$, $$VALUES ('OLD', 0)$$, 'a default plan that is not active is none');
UPDATE plans SET is_active = true WHERE code = 'FREE';
CREATE TEMPORARY TABLE foretold AS SELECT plan_code, usage_count, used_seconds, cycle_start, cycle_end FROM sp_get_subscription(pg_temp.uid('An'));
SELECT recording_id FROM sp_check_quota_and_create_recording(pg_temp.uid('An'), 'upload7') \gset
SELECT results_eq($$SELECT plan_code, usage_count, used_seconds, cycle_start, cycle_end FROM sp_get_subscription(pg_temp.uid('An'))$$,
  $$SELECT plan_code, usage_count + 1, used_seconds, cycle_start, cycle_end FROM foretold$$, 'the next call does what was foretold');
DELETE FROM recordings WHERE id = :'recording_id';
UPDATE user_subscriptions SET plan_id = (SELECT id FROM plans WHERE code = 'OLD') WHERE user_id = pg_temp.uid('An');
SELECT results_eq($$SELECT plan_code FROM sp_get_subscription(pg_temp.uid('An'))$$, $$VALUES ('OLD')$$, 'a running cycle keeps its plan, active or not');
DELETE FROM user_subscriptions WHERE user_id = pg_temp.uid('chi');
SELECT is_empty($$SELECT * FROM sp_get_subscription(pg_temp.uid('chi'))$$, 'no subscription, no row');

-- sp_list_plans
SELECT results_eq('SELECT * FROM sp_list_plans()', $$VALUES
  ('FREE', 'Free plan', 'To try', 'free', 0, 0, 30, 10, 7, true), ('BASIC', 'Basic plan', NULL, 'paid', 499, 0, 300, 100, NULL, false),
  ('OPEN', 'Open plan', NULL, 'paid', 9999, 0, 2147483647, NULL, NULL, false)$$, 'active plans, the cheapest first');

-- sp_list_recordings
SELECT results_eq($$SELECT source FROM sp_list_recordings(pg_temp.uid('An'))$$, $$SELECT 'upload' || n FROM generate_series(6, 1, -1) AS n$$, 'the newest first');
SELECT results_eq($$SELECT * FROM sp_list_recordings(pg_temp.uid('An')) OFFSET 5$$,
  $$SELECT id, 'upload1', 'vi', 'done', 60500, 4, created_at, completed_at, NULL::text, '{"n": 1}'::jsonb FROM recordings WHERE id = pg_temp.r(1)$$, 'all of a recording that is done');
SELECT results_eq($$SELECT status, error, completed_at FROM sp_list_recordings(pg_temp.uid('An'), 1, pg_temp.r(3))$$, $$VALUES ('failed', 'no sound', NULL::timestamptz)$$, 'and of one that failed');
SELECT results_eq($$SELECT id FROM sp_list_recordings(pg_temp.uid('An'), 2)$$, 'SELECT pg_temp.r(n) FROM generate_series(6, 5, -1) AS n', 'first page');
SELECT results_eq($$SELECT id FROM sp_list_recordings(pg_temp.uid('An'), 2, pg_temp.r(5))$$, 'SELECT pg_temp.r(n) FROM generate_series(4, 3, -1) AS n', 'second page');
SELECT results_eq($$SELECT id FROM sp_list_recordings(in_user_id => pg_temp.uid('An'), in_before => pg_temp.r(3))$$, 'SELECT pg_temp.r(n) FROM generate_series(2, 1, -1) AS n', 'last page');
SELECT is_empty($$SELECT * FROM sp_list_recordings(pg_temp.uid('An'), 2, pg_temp.r(1))$$, 'nothing beyond it');
DELETE FROM recordings WHERE id = pg_temp.r(5);
SELECT results_eq($$SELECT id FROM sp_list_recordings(pg_temp.uid('An'), 2, pg_temp.r(5))$$, 'SELECT pg_temp.r(n) FROM generate_series(4, 3, -1) AS n', 'also after a recording that is gone meanwhile');
SELECT results_eq($$SELECT id FROM sp_list_recordings(pg_temp.uid('An'), in_status => 'processing')$$, 'SELECT pg_temp.r(n) FROM unnest(ARRAY[6, 4, 3]) AS n', 'by status');
SELECT results_eq($$SELECT id FROM sp_list_recordings(pg_temp.uid('An'), 1, pg_temp.r(4), 'processing')$$, 'SELECT pg_temp.r(3)', 'and page');
SELECT results_eq($$SELECT id FROM sp_list_recordings(pg_temp.uid('An'), in_status => 'done')$$, 'SELECT pg_temp.r(1)', 'done');
SELECT is_empty($$SELECT * FROM sp_list_recordings(pg_temp.uid('Bình'))$$, 'nothing of somebody else');
SELECT is_empty($$SELECT * FROM sp_list_recordings(pg_temp.uid('Bình'), 50, pg_temp.r(6))$$, 'also with an id of theirs');
SELECT is_empty('SELECT * FROM sp_list_recordings(gen_random_uuid())', 'nobody has none');
SELECT is(pg_temp.detail_of('SELECT sp_list_recordings(NULL)'), 'argument must not be null: Argument in_user_id is null.', 'no user');
SELECT is(pg_temp.detail_of('SELECT sp_list_recordings(gen_random_uuid(), NULL)'), 'argument must not be null: Argument in_limit is null.', 'no limit');
SELECT is(pg_temp.detail_of('SELECT sp_list_recordings(gen_random_uuid(), 0)'), 'invalid limit: Argument in_limit is 0; at least 1 is expected.', 'limit of 0');
SELECT is(pg_temp.detail_of('SELECT sp_list_recordings(gen_random_uuid(), 1001)'), 'invalid limit: Argument in_limit is 1001; at most 1000 is allowed.', 'limit of 1001');
SELECT is(pg_temp.detail_of('SELECT sp_list_recordings(gen_random_uuid(), 1000)'), 'no error', 'limit of 1000');
SELECT is(pg_temp.detail_of($$SELECT sp_list_recordings(gen_random_uuid(), 1, NULL, 'Done')$$), 'invalid status: Argument in_status is "Done"; processing, done or failed is expected.', 'a status that does not exist');

-- sp_get_recording
SELECT results_eq($$SELECT * FROM sp_get_recording(pg_temp.uid('An'), pg_temp.r(1))$$, $$SELECT * FROM sp_list_recordings(pg_temp.uid('An'), in_status => 'done')$$, 'one recording, as in the list');
SELECT results_eq($$SELECT status, error FROM sp_get_recording(pg_temp.uid('An'), pg_temp.r(2))$$, $$VALUES ('failed', 'no sound')$$, 'with the reason of a failure');
SELECT is_empty($$SELECT * FROM sp_get_recording(pg_temp.uid('Bình'), pg_temp.r(1))$$, 'not for somebody else');
SELECT is_empty($$SELECT * FROM sp_get_recording(pg_temp.uid('An'), gen_random_uuid())$$, 'nor one that does not exist');
SELECT is(pg_temp.detail_of('SELECT sp_get_recording(NULL, gen_random_uuid())'), 'argument must not be null: Argument in_user_id is null.', 'no user');
SELECT is(pg_temp.detail_of('SELECT sp_get_recording(gen_random_uuid(), NULL)'), 'argument must not be null: Argument in_recording_id is null.', 'no recording');

-- sp_get_segments
SELECT results_eq($$SELECT * FROM sp_get_segments(pg_temp.uid('An'), pg_temp.r(1))$$, $$VALUES
  (0, 0, 1000, 'một', NULL::jsonb), (1, 1000, 2500, 'hai', '{"speaker": "A"}'), (2, 2500, 2500, '', NULL), (7, 2400, 4000, 'ba', NULL)$$, 'all segments in order');
SELECT results_eq($$SELECT idx FROM sp_get_segments(pg_temp.uid('An'), pg_temp.r(1), 999)$$, 'VALUES (0), (1), (2), (7)', 'from the last millisecond of the first on');
SELECT results_eq($$SELECT idx FROM sp_get_segments(pg_temp.uid('An'), pg_temp.r(1), 1000)$$, 'VALUES (1), (2), (7)', 'from its end on');
SELECT results_eq($$SELECT idx FROM sp_get_segments(pg_temp.uid('An'), pg_temp.r(1), 2500)$$, 'VALUES (2), (7)', 'an empty one at that moment, and one that is being said');
SELECT results_eq($$SELECT idx FROM sp_get_segments(pg_temp.uid('An'), pg_temp.r(1), 2501)$$, 'VALUES (7)', 'after it');
SELECT is_empty($$SELECT * FROM sp_get_segments(pg_temp.uid('An'), pg_temp.r(1), 4000)$$, 'after all');
SELECT results_eq($$SELECT idx FROM sp_get_segments(pg_temp.uid('An'), pg_temp.r(1), 0, 2)$$, 'VALUES (0), (1)', 'so many');
SELECT results_eq($$SELECT idx FROM sp_get_segments(pg_temp.uid('An'), pg_temp.r(1), 1000, 1)$$, 'VALUES (1)', 'so many from there');
SELECT is_empty($$SELECT * FROM sp_get_segments(pg_temp.uid('An'), pg_temp.r(3))$$, 'none while it is in the making');
SELECT is_empty($$SELECT * FROM sp_get_segments(pg_temp.uid('Bình'), pg_temp.r(1))$$, 'not for somebody else');
SELECT is_empty($$SELECT * FROM sp_get_segments(gen_random_uuid(), pg_temp.r(1))$$, 'nor for nobody');
SELECT is(pg_temp.detail_of('SELECT sp_get_segments(NULL, gen_random_uuid())'), 'argument must not be null: Argument in_user_id is null.', 'no user');
SELECT is(pg_temp.detail_of('SELECT sp_get_segments(gen_random_uuid(), NULL)'), 'argument must not be null: Argument in_recording_id is null.', 'no recording');
SELECT is(pg_temp.detail_of('SELECT sp_get_segments(gen_random_uuid(), gen_random_uuid(), NULL)'), 'argument must not be null: Argument in_from_ms is null.', 'no start');
SELECT is(pg_temp.detail_of('SELECT sp_get_segments(gen_random_uuid(), gen_random_uuid(), -1)'), 'invalid start: Argument in_from_ms is -1; at least 0 is expected.', 'a start before the beginning');
SELECT is(pg_temp.detail_of('SELECT sp_get_segments(gen_random_uuid(), gen_random_uuid(), 0, 0)'), 'invalid limit: Argument in_limit is 0; at least 1 is expected.', 'limit of 0');
SELECT is(pg_temp.detail_of('SELECT sp_get_segments(gen_random_uuid(), gen_random_uuid(), 0, 100000)'), 'no error', 'a transcript may be long');

-- EXECUTE is enough, and what the caller brings along changes nothing.
CREATE ROLE s2t_test_reader;
SELECT format('GRANT USAGE ON SCHEMA %I TO s2t_test_reader', extnamespace::regnamespace) FROM pg_extension WHERE extname = 's2t' \gexec
GRANT SELECT ON r TO s2t_test_reader;
SET LOCAL ROLE s2t_test_reader;
SELECT throws_ok($$SELECT * FROM sp_list_plans()$$, '42501', NULL, 'without EXECUTE nothing');
RESET ROLE;
SELECT format('GRANT EXECUTE ON FUNCTION %s TO s2t_test_reader', oid::regprocedure) FROM reads \gexec
SELECT pg_temp.uid('An') AS an \gset
CREATE TEMPORARY TABLE recordings (LIKE recordings);
CREATE FUNCTION pg_temp.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'hijacked' $$;
SET LOCAL search_path = pg_temp, public;
SET LOCAL ROLE s2t_test_reader;
SELECT lives_ok($$SELECT * FROM sp_list_plans()$$, 'plans with EXECUTE alone');
SELECT is((SELECT count(*) FROM sp_get_login('an')), 1::bigint, 'login');
SELECT is((SELECT count(*) FROM sp_get_subscription(:'an')), 1::bigint, 'subscription');
SELECT is((SELECT count(*) FROM sp_list_recordings(:'an')), 5::bigint, 'recordings: those of the extension');
SELECT is((SELECT count(*) FROM sp_get_recording(:'an', pg_temp.r(1))), 1::bigint, 'recording');
SELECT is((SELECT count(*) FROM sp_get_segments(:'an', pg_temp.r(1))), 4::bigint, 'segments');
SELECT is((SELECT count(*) FROM sp_search_segments(:'an', 'mot')), 1::bigint, 'search');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
