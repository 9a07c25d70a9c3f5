-- sp_complete_recording and sp_fail_recording (docs/reference.md, "sp_complete_recording").
\ir include/begin.sql
SELECT plan(47);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default) VALUES
  ('FREE', 'Free', 30, 10, true), ('BASIC', 'Basic', 300, 100, false), ('TINY', 'Tiny', 1, 2, false), ('OPEN', 'Open', NULL, NULL, false);
CREATE FUNCTION pg_temp.uid(who text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM users WHERE user_name = who $$;
CREATE FUNCTION pg_temp.segments(n int) RETURNS jsonb LANGUAGE sql AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 10, 'end_ms', i * 10 + 10, 'text', 'segment ' || i)), '[]')
  FROM generate_series(0, n - 1) AS i
$$;
-- The first of the month that is `n` months from the current one, in a time zone.
CREATE FUNCTION pg_temp.month(n int, zone text DEFAULT 'UTC') RETURNS timestamptz LANGUAGE sql AS $$
  SELECT (date_trunc('month', now() AT TIME ZONE zone) + make_interval(months => n)) AT TIME ZONE zone
$$;
-- Moves a user's cycle back, as if the clock had moved on.
CREATE FUNCTION pg_temp.age_cycle(who text, n int) RETURNS void LANGUAGE sql AS $$
  UPDATE user_subscriptions SET cycle_start = pg_temp.month(-n), cycle_end = pg_temp.month(1 - n) WHERE user_id = pg_temp.uid(who)
$$;
-- Running totals that are not what a recount gives.
CREATE TEMPORARY VIEW inexact AS
  SELECT 'recording' AS what, r.id, r.segment_count::bigint AS kept, (SELECT count(*) FROM segments AS s WHERE s.recording_id = r.id) AS counted
  FROM recordings AS r
  WHERE r.segment_count <> (SELECT count(*) FROM segments AS s WHERE s.recording_id = r.id)
  UNION ALL
  SELECT 'subscription', s.user_id, s.total_recordings, c.n
  FROM user_subscriptions AS s CROSS JOIN LATERAL (
         SELECT count(*) AS n, coalesce(sum(r.duration_ms), 0) AS ms, coalesce(sum((SELECT count(*) FROM segments AS g WHERE g.recording_id = r.id)), 0) AS segs
         FROM recordings AS r WHERE r.user_id = s.user_id) AS c
  WHERE (s.total_recordings, s.total_duration_ms, s.total_segments) <> (c.n, c.ms, c.segs);

CREATE FUNCTION pg_temp.new_recording(who text) RETURNS uuid LANGUAGE sql AS $$
  SELECT recording_id FROM sp_check_quota_and_create_recording(pg_temp.uid(who), 'upload')
$$;
CREATE FUNCTION pg_temp.seconds(who text) RETURNS int LANGUAGE sql AS $$ SELECT used_seconds FROM user_subscriptions WHERE user_id = pg_temp.uid(who) $$;
CREATE TEMPORARY TABLE r (n int PRIMARY KEY, id uuid);
CREATE FUNCTION pg_temp.r(n int) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM r WHERE r.n = $1 $$;
CALL sp_register_user('an@example.com', 'an', 'hash', NULL, 'OPEN');
INSERT INTO r SELECT i, pg_temp.new_recording('an') FROM generate_series(1, 40) AS i;

SELECT lives_ok($$CALL sp_complete_recording(pg_temp.r(1), 60000, '[{"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "First segment"}, {"idx": 1, "start_ms": 3000, "end_ms": 6000, "text": "Second segment"}]')$$, 'completes');
SELECT results_eq($$SELECT idx, start_ms, end_ms, text, meta FROM segments ORDER BY idx$$,
  $$VALUES (0, 0, 3000, 'First segment'::text, NULL::jsonb), (1, 3000, 6000, 'Second segment', NULL)$$, 'the segments');
SELECT results_eq($$SELECT status, duration_ms, segment_count, error FROM recordings WHERE id = pg_temp.r(1)$$, $$VALUES ('done'::text, 60000, 2, NULL::text)$$, 'the recording');
SELECT ok(completed_at BETWEEN now() AND clock_timestamp(), 'completed now') FROM recordings WHERE id = pg_temp.r(1);
SELECT results_eq($$SELECT usage_count, used_seconds, total_recordings, total_duration_ms, total_segments FROM user_subscriptions$$, $$VALUES (40, 60, 40::bigint, 60000::bigint, 2::bigint)$$, 'the subscription');

-- Seconds are rounded up.
CREATE FUNCTION pg_temp.charge(n int, ms int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  before int := pg_temp.seconds('an');
BEGIN
  CALL sp_complete_recording(pg_temp.r(n), ms, '[]');
  RETURN pg_temp.seconds('an') - before;
END
$$;
SELECT is(pg_temp.charge(n, ms), secs, format('%s ms cost %s s', ms, secs))
FROM (VALUES (2, 0, 0), (3, 1, 1), (4, 999, 1), (5, 1000, 1), (6, 1001, 2), (7, 59999, 60), (8, 3600000, 3600), (9, 3600001, 3601), (10, 2147483647, 2147484)) AS v (n, ms, secs);

-- Retries.
CREATE TEMPORARY TABLE before AS TABLE user_subscriptions;
CREATE TEMPORARY TABLE before_r AS TABLE recordings;
SELECT lives_ok($$CALL sp_complete_recording(pg_temp.r(1), 60000, '[{"text": "First segment", "end_ms": 3000, "start_ms": 0, "idx": 0}, {"idx": 1, "start_ms": 3000, "end_ms": 6000, "text": "Second segment"}]')$$, 'the same again');
SELECT lives_ok($$CALL sp_complete_recording(pg_temp.r(2), 0, '[]')$$, 'silence again');
SELECT results_eq('TABLE user_subscriptions', 'TABLE before', 'charged once');
SELECT bag_eq('TABLE recordings', 'TABLE before_r', 'recordings untouched');

-- Further keys are kept.
SELECT lives_ok($$CALL sp_complete_recording(pg_temp.r(11), 10, '[{"idx": 5, "start_ms": 1, "end_ms": 1, "text": "", "speaker": "A", "words": [1.5, {"w": "x"}]}, {"idx": 3, "start_ms": 0, "end_ms": 2147483647, "text": "x"}]')$$, 'further keys, any order, no text, no length');
SELECT results_eq($$SELECT idx, text, meta FROM segments WHERE recording_id = pg_temp.r(11) ORDER BY idx$$,
  $$VALUES (3, 'x'::text, NULL::jsonb), (5, '', '{"speaker": "A", "words": [1.5, {"w": "x"}]}')$$, 'kept in meta');
SELECT lives_ok($$CALL sp_complete_recording(pg_temp.r(11), 10, '[{"idx": 5, "start_ms": 1, "end_ms": 1, "text": "", "words": [1.5, {"w": "x"}], "speaker": "A"}, {"idx": 3, "start_ms": 0, "end_ms": 2147483647, "text": "x"}]')$$, 'a retry with them');

-- Any text there is.
SELECT lives_ok($$CALL sp_complete_recording(pg_temp.r(12), 10, jsonb_build_array(
  jsonb_build_object('idx', 0, 'start_ms', 0, 'end_ms', 1, 'text', E'quote " back \\ tab \t new \n line, \u0001, Tiếng Việt, 👋🏽'),
  jsonb_build_object('idx', 1, 'start_ms', 0, 'end_ms', 1, 'text', repeat('dài ', 100000))))$$, 'texts');
SELECT results_eq($$SELECT text FROM segments WHERE recording_id = pg_temp.r(12) ORDER BY idx$$,
  $$VALUES (E'quote " back \\ tab \t new \n line, \u0001, Tiếng Việt, 👋🏽'), (repeat('dài ', 100000))$$, 'come out as they went in');

-- (Bad input, and what is completed otherwise: sql/errors.sql, sql/complete_recording.sql.)
INSERT INTO segments SELECT pg_temp.r(14), 0, 0, 1, 'direct';

-- Failing.
SELECT lives_ok($$CALL sp_fail_recording(pg_temp.r(15), 'engine crashed')$$, 'fails');
SELECT results_eq($$SELECT status, error, completed_at, duration_ms, segment_count FROM recordings WHERE id = pg_temp.r(15)$$, $$VALUES ('failed'::text, 'engine crashed'::text, NULL::timestamptz, 0, 0)$$, 'with the reason');
SELECT lives_ok($$CALL sp_fail_recording(pg_temp.r(15), 'again')$$, 'fails again');
SELECT is((SELECT error FROM recordings WHERE id = pg_temp.r(15)), 'engine crashed', 'the first reason stays');
SELECT lives_ok($$CALL sp_complete_recording(pg_temp.r(15), 1000, pg_temp.segments(3))$$, 'completes all the same');
SELECT results_eq($$SELECT status, error, segment_count FROM recordings WHERE id = pg_temp.r(15)$$, $$VALUES ('done'::text, NULL::text, 3)$$, 'and has not failed then');

-- Rollover first, and what is charged is the new cycle.
UPDATE user_subscriptions SET usage_count = 7, used_seconds = 100;
SELECT pg_temp.age_cycle('an', 2);
SELECT lives_ok($$CALL sp_complete_recording(pg_temp.r(17), 2500, '[]')$$, 'completes after the month''s end');
SELECT results_eq('SELECT cycle_start, cycle_end, usage_count, used_seconds FROM user_subscriptions', 'VALUES (pg_temp.month(0), pg_temp.month(1), 0, 3)', 'charged to the new cycle');
SELECT results_eq('SELECT cycle_start, usage_count, used_seconds FROM usage_cycles', 'VALUES (pg_temp.month(-2), 7, 100)', 'the old one closed as it was');
SET LOCAL s2t.lazy_rollover = off;
SELECT pg_temp.age_cycle('an', 1);
SELECT lives_ok($$CALL sp_complete_recording(pg_temp.r(18), 2500, '[]')$$, 'completes without rollover');
SELECT results_eq('SELECT cycle_start, used_seconds FROM user_subscriptions', 'VALUES (pg_temp.month(-1), 6)', 'charged to the open cycle');
SET LOCAL s2t.lazy_rollover = on;

-- Sizes around what one multi-insert takes, by rows and by bytes.
SELECT lives_ok(format('CALL sp_complete_recording(pg_temp.r(%s), 1, pg_temp.segments(%s))', 20 + i, n), n || ' segments')
FROM unnest(ARRAY[1, 999, 1000, 1001, 2000, 2001, 5000]) WITH ORDINALITY AS v (n, i);
SELECT results_eq($$SELECT segment_count, (SELECT count(*)::int FROM segments AS s WHERE s.recording_id = r.id AND text = 'segment ' || idx AND start_ms = idx * 10)
                    FROM recordings AS r WHERE id IN (SELECT pg_temp.r(i) FROM generate_series(21, 27) AS i) ORDER BY 1$$,
  'VALUES (1, 1), (999, 999), (1000, 1000), (1001, 1001), (2000, 2000), (2001, 2001), (5000, 5000)', 'all of them, whole');
SELECT results_eq('SELECT repeated, segment_count FROM s2t_complete_recording(pg_temp.r(27), 1, pg_temp.segments(5000))', 'VALUES (true, 5000)', 'many again are a repetition');
CREATE FUNCTION pg_temp.large_segments() RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_agg(jsonb_build_object('idx', i, 'start_ms', 0, 'end_ms', 1, 'text', repeat(chr(65 + i % 26), 1900))) FROM generate_series(1, 300) AS i
$$;
SELECT lives_ok($$CALL sp_complete_recording(pg_temp.r(30), 1, pg_temp.large_segments())$$, 'large segments');
SELECT results_eq($$SELECT count(*), sum(length(text)) FROM segments WHERE recording_id = pg_temp.r(30)$$, 'VALUES (300::bigint, 570000::bigint)', 'all of them');
SELECT is_empty('TABLE inexact', 'totals');
SELECT is((SELECT count(*) FROM segments AS s WHERE (SELECT status FROM recordings AS r WHERE r.id = s.recording_id) <> 'done'), 1::bigint, 'only what was inserted directly has segments without being done');

SELECT * FROM finish();
ROLLBACK;
