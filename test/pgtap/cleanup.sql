-- sp_cleanup_old_recordings (docs/reference.md, "sp_cleanup_old_recordings").
\ir include/begin.sql
SELECT plan(25);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default) VALUES
  ('FREE', 'Free', 30, 10, true), ('BASIC', 'Basic', 300, 100, false), ('TINY', 'Tiny', 1, 2, false), ('OPEN', 'Open', NULL, NULL, false);
CREATE FUNCTION pg_temp.uid(who text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM users WHERE user_name = who $$;
CREATE FUNCTION pg_temp.segments(n int) RETURNS jsonb LANGUAGE sql AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 10, 'end_ms', i * 10 + 10, 'text', 'segment ' || i)), '[]')
  FROM generate_series(0, n - 1) AS i
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

CALL sp_register_user('an@example.com', 'an', 'hash', NULL, 'OPEN');
CALL sp_register_user('b@example.com', 'b', 'hash', NULL, 'BASIC');
-- A recording that is done and so many days old, a minute more or less.
CREATE FUNCTION pg_temp.old(who text, days int, segs int, slack interval DEFAULT '1 minute') RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  rid uuid;
BEGIN
  SELECT recording_id INTO STRICT rid FROM sp_check_quota_and_create_recording(pg_temp.uid(who), who || ' ' || days);
  CALL sp_complete_recording(rid, 1000, pg_temp.segments(segs));
  UPDATE recordings SET created_at = clock_timestamp() - make_interval(days => days) - slack WHERE id = rid;
  RETURN rid;
END
$$;
CREATE FUNCTION pg_temp.left_over() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(source, ', ' ORDER BY created_at) FROM recordings $$;

SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings()', 'VALUES (0, 0)', 'nothing is there');
SELECT pg_temp.old('an', d, d % 5) FROM unnest(ARRAY[91, 95, 93, 90, 89, 92, 94]) AS d;
SELECT pg_temp.old('b', 90, 2, '-1 minute');
SAVEPOINT all_of_them;
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings()', 'VALUES (6, 10)', 'all that are older than 90 days');
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings()', 'VALUES (0, 0)', 'and no others');
ROLLBACK TO all_of_them;
SELECT is(pg_temp.left_over(), 'an 95, an 94, an 93, an 92, an 91, an 90, b 90, an 89', 'they are back with a rollback');
SELECT is_empty('TABLE inexact', 'and so are the totals');
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings(90, 2)', 'VALUES (2, 4)', 'a batch: of 95 and 94 days, with no segments and four');
SELECT is(pg_temp.left_over(), 'an 93, an 92, an 91, an 90, b 90, an 89', 'the oldest first');
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings(in_batch_size => 3)', 'VALUES (3, 6)', 'another: of 93, 92 and 91 days');
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings()', 'VALUES (1, 0)', 'the rest: a minute more than 90 days');
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings()', 'VALUES (0, 0)', 'nothing is left');
SELECT is(pg_temp.left_over(), 'b 90, an 89', 'a minute less than 90 days, and 89, are kept');
SELECT is_empty('TABLE inexact', 'totals follow');
SELECT is((SELECT sum(usage_count) FROM user_subscriptions), 8::bigint, 'nothing is refunded');
SELECT is((SELECT count(*) FROM segments), 6::bigint, 'no segment of a deleted one is left');

-- Only what has ended.
UPDATE recordings SET created_at = now() - interval '10 years', status = 'failed' WHERE source = 'an 89';
UPDATE recordings SET created_at = now() - interval '10 years', status = 'processing' WHERE source = 'b 90';
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings(0)', 'VALUES (1, 4)', 'failed ones, too, not those in processing');
DELETE FROM recordings;

-- Retention of the plan.
SELECT pg_temp.old(who, d, 1) FROM unnest(ARRAY['an', 'b']) AS who, unnest(ARRAY[5, 20, 100]) AS d;
UPDATE plans SET retention_days = 10 WHERE code = 'BASIC';
UPDATE plans SET retention_days = 1000 WHERE code = 'OPEN';
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings(50, 1)', 'VALUES (1, 1)', 'those to be kept do not fill a batch');
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings(50, 1)', 'VALUES (1, 1)', 'a plan may keep less than the argument');
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings(50, 1)', 'VALUES (0, 0)', 'and another more');
SELECT bag_eq('SELECT source FROM recordings', $$VALUES ('an 100'::text), ('an 20'), ('an 5'), ('b 5')$$, 'each by its plan');
UPDATE plans SET retention_days = 0 WHERE code = 'BASIC';
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings(50)', 'VALUES (1, 1)', 'a plan may keep nothing');
UPDATE plans SET retention_days = 30 WHERE code = 'OPEN';
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings(2147483647)', 'VALUES (1, 1)', 'the plan''s, whatever the argument');
UPDATE plans SET retention_days = NULL;
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings(2147483647)', 'VALUES (0, 0)', 'without it the argument, however large');
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings(2147483647, 2147483647)', 'VALUES (0, 0)', 'and both');
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings(10, 2147483647)', 'VALUES (1, 1)', 'and however large a batch');
DELETE FROM user_subscriptions;
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings(0)', 'VALUES (1, 1)', 'without a subscription too');

SELECT * FROM finish();
ROLLBACK;
