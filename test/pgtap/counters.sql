-- Counters never wrap and never go negative (docs/reference.md, "Conventions"): 22003, and nothing written.
\ir include/begin.sql
SELECT plan(15);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default) VALUES
  ('FREE', 'Free', 30, 10, true), ('BASIC', 'Basic', 300, 100, false), ('TINY', 'Tiny', 1, 2, false), ('OPEN', 'Open', NULL, NULL, false);
CREATE FUNCTION pg_temp.uid(who text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM users WHERE user_name = who $$;
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

CALL sp_register_user('an@example.com', 'an', 'hash', NULL, 'OPEN');
CREATE TEMPORARY TABLE r AS SELECT recording_id AS id FROM sp_check_quota_and_create_recording(pg_temp.uid('an'), 'upload');
CREATE FUNCTION pg_temp.r() RETURNS uuid LANGUAGE sql AS 'SELECT id FROM r';

UPDATE user_subscriptions SET usage_count = 2147483646;
SELECT ok(quota_ok, 'the last recording that can be counted') FROM sp_check_quota_and_create_recording(pg_temp.uid('an'), 'upload');
SELECT throws_ok($$SELECT sp_check_quota_and_create_recording(pg_temp.uid('an'), 'upload')$$, '22003', NULL, 'one more');
SELECT results_eq('SELECT usage_count, total_recordings FROM user_subscriptions', 'VALUES (2147483647, 2::bigint)', 'nothing was written');
SELECT is((SELECT count(*) FROM recordings), 2::bigint, 'nor stored');

UPDATE user_subscriptions SET used_seconds = 2147483647 - 3;
SELECT throws_ok($$CALL sp_complete_recording(pg_temp.r(), 3001, '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "a"}]')$$, '22003', NULL, 'four seconds more than fit');
SELECT results_eq($$SELECT status, segment_count FROM recordings WHERE id = (SELECT id FROM r)$$, $$VALUES ('processing'::text, 0)$$, 'nothing of it was written');
SELECT is((SELECT count(*) FROM segments), 0::bigint, 'no segment');
SELECT lives_ok($$CALL sp_complete_recording(pg_temp.r(), 3000, '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "a"}]')$$, 'three fit');
SELECT is((SELECT used_seconds FROM user_subscriptions), 2147483647, 'exactly');
SELECT lives_ok($$CALL sp_complete_recording(pg_temp.r(), 3000, '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "a"}]')$$, 'a retry charges nothing');
-- The cycle's end makes room.
UPDATE user_subscriptions SET cycle_start = now() - interval '60 days', cycle_end = now() - interval '30 days';
SELECT ok(quota_ok, 'a new cycle') FROM sp_check_quota_and_create_recording(pg_temp.uid('an'), 'upload');
SELECT results_eq('SELECT usage_count, used_seconds FROM usage_cycles', 'VALUES (2147483647, 2147483647)', 'the closed one keeps the figures');
SELECT is_empty('TABLE inexact', 'totals');
-- Totals are of 64 bits: more than 2147483647 milliseconds.
INSERT INTO recordings (user_id, source, duration_ms) SELECT pg_temp.uid('an'), 'long', 2147483647 FROM generate_series(1, 3);
SELECT is((SELECT total_duration_ms FROM user_subscriptions), 3 * 2147483647::bigint + 3000, 'of 64 bits');
SELECT lives_ok($$SELECT sp_get_user_stats(pg_temp.uid('an'))$$, 'and stats read them');

SELECT * FROM finish();
ROLLBACK;
