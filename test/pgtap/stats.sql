-- sp_get_user_stats (docs/reference.md, "sp_get_user_stats"), and the rounding of its figures.
\ir include/begin.sql
SELECT plan(62);

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

SELECT results_eq('SELECT * FROM sp_get_user_stats(gen_random_uuid())', 'VALUES (0::bigint, 0.00, 0::bigint, 0, 0, 0.00, 0.00)', 'nobody: one row of zeros');
CALL sp_register_user('an@example.com', 'an', 'hash', NULL, 'FREE');
SELECT results_eq($$SELECT * FROM sp_get_user_stats(pg_temp.uid('an'))$$, 'VALUES (0::bigint, 0.00, 0::bigint, 0, 0, 0.00, 0.00)', 'nothing yet');
SELECT is((SELECT ARRAY[total_duration_minutes::text, quota_usage_percent::text, quota_minutes_percent::text] FROM sp_get_user_stats(pg_temp.uid('an'))), ARRAY['0.00', '0.00', '0.00'], 'zeros have two decimals too');
CREATE TEMPORARY TABLE r AS SELECT i AS n, recording_id AS id FROM generate_series(1, 3) AS i, LATERAL sp_check_quota_and_create_recording(pg_temp.uid('an'), 'upload' || i);
SELECT results_eq($$SELECT * FROM sp_get_user_stats(pg_temp.uid('an'))$$, 'VALUES (3::bigint, 0.00, 0::bigint, 3, 0, 30.00, 0.00)', 'three are being made');
CREATE FUNCTION pg_temp.r(n int) RETURNS uuid LANGUAGE sql AS 'SELECT id FROM r WHERE r.n = $1';
CALL sp_complete_recording(pg_temp.r(1), 60000, pg_temp.segments(2));
CALL sp_complete_recording(pg_temp.r(2), 90500, pg_temp.segments(3));
SELECT results_eq($$SELECT * FROM sp_get_user_stats(pg_temp.uid('an'))$$, 'VALUES (3::bigint, 2.51, 5::bigint, 3, 151, 30.00, 8.39)', 'two are done');
SELECT is((SELECT count(*) FROM sp_get_user_stats(pg_temp.uid('an'))), 1::bigint, 'one row');
-- 150500 ms are 2.50833 minutes; 151 s of 1800 are 8.38888 %.
DELETE FROM recordings WHERE id = (SELECT id FROM r WHERE n = 1);
SELECT results_eq($$SELECT * FROM sp_get_user_stats(pg_temp.uid('an'))$$, 'VALUES (2::bigint, 1.51, 3::bigint, 3, 151, 30.00, 8.39)', 'what is deleted is no longer counted, though it was used');

-- Percents: used, limit, expected, of recordings.
CREATE FUNCTION pg_temp.usage_percent(used int, lim int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  UPDATE plans SET monthly_usage_limit = lim WHERE code = 'FREE';
  UPDATE user_subscriptions SET usage_count = used;
  RETURN (SELECT quota_usage_percent::text FROM sp_get_user_stats(pg_temp.uid('an')));
END
$$;
SELECT is(pg_temp.usage_percent(used, lim), expected, format('%s of %s recordings', used, coalesce(lim::text, 'unlimited')))
FROM (VALUES (0, 10, '0.00'), (1, 3, '33.33'), (2, 3, '66.67'), (1, 6, '16.67'), (1, 7, '14.29'), (1, 8, '12.50'), (1, 800, '0.13'), (1, 1600, '0.06'),
             (1, 20000, '0.01'), (1, 20001, '0.00'), (3, 20000, '0.02'), (199, 200, '99.50'), (19999, 20000, '100.00'), (19998, 20000, '99.99'), (10, 10, '100.00'), (25, 10, '250.00'), (0, 0, '100.00'),
             (5, 0, '100.00'), (0, NULL, '0.00'), (5, NULL, '0.00'), (2147483647, 1, '214748364700.00'), (2147483647, 2147483647, '100.00'),
             (2147483646, 2147483647, '100.00'), (1, 2147483647, '0.00')) AS v (used, lim, expected);
-- Of minutes: seconds against minutes.
CREATE FUNCTION pg_temp.minutes_percent(secs int, lim int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  UPDATE plans SET monthly_minutes = lim WHERE code = 'FREE';
  UPDATE user_subscriptions SET used_seconds = secs;
  RETURN (SELECT quota_minutes_percent::text FROM sp_get_user_stats(pg_temp.uid('an')));
END
$$;
SELECT is(pg_temp.minutes_percent(secs, lim), expected, format('%s s of %s min', secs, coalesce(lim::text, 'unlimited')))
FROM (VALUES (0, 30, '0.00'), (1, 30, '0.06'), (900, 30, '50.00'), (1800, 30, '100.00'), (1801, 30, '100.06'), (2401, 30, '133.39'), (3600, 30, '200.00'), (0, 0, '100.00'), (60, 0, '100.00'),
             (60, NULL, '0.00'), (2147483647, 1, '3579139411.67'), (2147483647, 2147483647, '1.67'), (3, 1000, '0.01'), (2, 1000, '0.00'), (59, 1, '98.33')) AS v (secs, lim, expected);
-- Minutes of what is stored.
CREATE FUNCTION pg_temp.total_minutes(ms bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM recordings;
  WHILE ms > 2147483647 LOOP
    INSERT INTO recordings (user_id, source, duration_ms) VALUES (pg_temp.uid('an'), 'direct', 2147483647);
    ms := ms - 2147483647;
  END LOOP;
  INSERT INTO recordings (user_id, source, duration_ms) VALUES (pg_temp.uid('an'), 'direct', ms);
  RETURN (SELECT total_duration_minutes::text FROM sp_get_user_stats(pg_temp.uid('an')));
END
$$;
SELECT is(pg_temp.total_minutes(ms), expected, ms || ' ms') FROM (VALUES (0::bigint, '0.00'), (299, '0.00'), (300, '0.01'), (899, '0.01'), (900, '0.02'), (60000, '1.00'), (59699, '0.99'), (59700, '1.00'),
  (2147483647, '35791.39'), (10000000000, '166666.67')) AS v (ms, expected);

-- A cycle that is over reads as zero usage and is not closed by reading.
UPDATE plans SET monthly_minutes = 30, monthly_usage_limit = 10 WHERE code = 'FREE';
UPDATE user_subscriptions SET usage_count = 5, used_seconds = 500;
SELECT pg_temp.age_cycle('an', 1);
SELECT results_eq($$SELECT current_cycle_usage, current_cycle_seconds, quota_usage_percent, quota_minutes_percent FROM sp_get_user_stats(pg_temp.uid('an'))$$, 'VALUES (0, 0, 0.00, 0.00)', 'a cycle that is over');
SET LOCAL s2t.lazy_rollover = off;
SELECT results_eq($$SELECT current_cycle_usage, current_cycle_seconds, quota_usage_percent, quota_minutes_percent FROM sp_get_user_stats(pg_temp.uid('an'))$$, 'VALUES (0, 0, 0.00, 0.00)', 'whatever s2t.lazy_rollover is');
SET LOCAL s2t.lazy_rollover = on;
SELECT results_eq($$SELECT usage_count, cycle_start FROM user_subscriptions$$, 'VALUES (5, pg_temp.month(-1))', 'is left as it is');
SELECT is((SELECT count(*) FROM usage_cycles), 0::bigint, 'and not closed');
DELETE FROM recordings;
INSERT INTO recordings (user_id, source, duration_ms) VALUES (pg_temp.uid('an'), 'direct', 60000), (pg_temp.uid('an'), 'direct', 30000);
INSERT INTO segments SELECT id, 0, 0, 1, 'x' FROM recordings;
DELETE FROM user_subscriptions;
SELECT results_eq($$SELECT current_cycle_usage, current_cycle_seconds, quota_usage_percent, quota_minutes_percent FROM sp_get_user_stats(pg_temp.uid('an'))$$, 'VALUES (0, 0, 0.00, 0.00)', 'no subscription: no usage');
SELECT results_eq($$SELECT total_recordings, total_duration_minutes, total_segments FROM sp_get_user_stats(pg_temp.uid('an'))$$, 'VALUES (2::bigint, 1.50, 2::bigint)', 'no subscription: totals count what is stored');

SELECT * FROM finish();
ROLLBACK;
