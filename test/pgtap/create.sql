-- sp_check_quota_and_create_recording (docs/reference.md, "sp_check_quota_and_create_recording").
\ir include/begin.sql
SELECT plan(66);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default) VALUES
  ('FREE', 'Free', 30, 10, true), ('BASIC', 'Basic', 300, 100, false), ('TINY', 'Tiny', 1, 2, false), ('OPEN', 'Open', NULL, NULL, false);
CREATE FUNCTION pg_temp.uid(who text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM users WHERE user_name = who $$;
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

CALL sp_register_user('an@example.com', 'an', 'hash', NULL, 'TINY');
CREATE TEMPORARY TABLE got AS SELECT * FROM sp_check_quota_and_create_recording(pg_temp.uid('an'), 'realtime');
SELECT results_eq('SELECT quota_ok, error_message FROM got', $$VALUES (true, ''::text)$$, 'accepted');
SELECT results_eq('SELECT id, user_id, source, language, status, duration_ms, completed_at, meta, error, segment_count, fingerprint FROM recordings',
  $$SELECT recording_id, pg_temp.uid('an'), 'realtime'::text, 'vi'::text, 'processing'::text, 0, NULL::timestamptz, '{}'::jsonb, NULL::text, 0, NULL::bytea FROM got$$, 'the recording');
SELECT ok(created_at BETWEEN now() AND clock_timestamp(), 'created now') FROM recordings;
SELECT results_eq('SELECT usage_count, used_seconds, total_recordings, total_duration_ms, total_segments FROM user_subscriptions',
  $$VALUES (1, 0, 1::bigint, 0::bigint, 0::bigint)$$, 'one more in use');
SELECT ok(quota_ok, 'language and meta as given') FROM sp_check_quota_and_create_recording(pg_temp.uid('an'), 'upload', 'zh-Hant-TW', '{"a": [1, {"b": null}]}');
SELECT results_eq($$SELECT language, meta FROM recordings WHERE source = 'upload'$$, $$VALUES ('zh-Hant-TW'::text, '{"a": [1, {"b": null}]}'::jsonb)$$, 'stored so');

-- Refusals write nothing. (Their texts: sql/create_recording.sql.)
CREATE TEMPORARY TABLE before AS TABLE user_subscriptions;
SELECT ok(NOT quota_ok, 'the limit of recordings') FROM sp_check_quota_and_create_recording(pg_temp.uid('an'), 'upload');
UPDATE plans SET monthly_usage_limit = NULL WHERE code = 'TINY';
UPDATE user_subscriptions SET used_seconds = 61;
UPDATE before SET used_seconds = 61;
SELECT ok(NOT quota_ok, 'the limit of minutes') FROM sp_check_quota_and_create_recording(pg_temp.uid('an'), 'upload');
SELECT ok(NOT quota_ok, 'nobody') FROM sp_check_quota_and_create_recording(gen_random_uuid(), 'upload');
SELECT results_eq('TABLE user_subscriptions', 'TABLE before', 'subscriptions untouched');
SELECT is((SELECT count(*) FROM recordings), 2::bigint, 'no recording');
SELECT is((SELECT count(*) FROM usage_cycles), 0::bigint, 'no cycle closed');

-- Just below, at and above each limit.
CREATE FUNCTION pg_temp.accepted(used int, lim int, secs int, mins int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE plans SET monthly_usage_limit = lim, monthly_minutes = mins WHERE code = 'TINY';
  UPDATE user_subscriptions SET usage_count = used, used_seconds = secs;
  RETURN (SELECT quota_ok FROM sp_check_quota_and_create_recording(pg_temp.uid('an'), 'edge'));
END
$$;
SELECT is(pg_temp.accepted(used, lim, secs, mins), ok, format('%s of %s recordings, %s s of %s min', used, lim, secs, mins))
FROM (VALUES (9, 10, 0, 30, true), (10, 10, 0, 30, false), (11, 10, 0, 30, false), (0, 0, 0, 30, false), (0, 1, 0, 30, true), (1, 1, 0, 30, false),
             (0, 100, 59, 1, true), (0, 100, 60, 1, false), (0, 10, 1799, 30, true), (0, 10, 1800, 30, false), (0, 10, 1801, 30, false), (0, 10, 0, 0, false), (0, NULL, 0, NULL, true),
             (1000000, NULL, 1000000, NULL, true), (2147483646, NULL, 2147483647, NULL, true), (5, NULL, 60, 1, false), (2147483646, 2147483647, 0, NULL, true), (2147483647, 2147483647, 0, NULL, false),
             (0, 1, 2147483647, 2147483647, true)) AS v (used, lim, secs, mins, ok);
SELECT pg_temp.accepted(0, NULL, 0, NULL);
SELECT is_empty('TABLE inexact', 'totals');

-- What is accepted. (What is refused as bad input: sql/errors.sql.)
SELECT ok(quota_ok, 'a source of 64 characters, 192 bytes') FROM sp_check_quota_and_create_recording(pg_temp.uid('an'), repeat('ữ', 64));
SELECT lives_ok(format('SELECT sp_check_quota_and_create_recording(pg_temp.uid(%L), %L, %L)', 'an', 'upload', tag), 'language ' || tag)
FROM unnest(ARRAY['vi', 'VI', 'vi-VN', 'en-US', 'zh-Hans-CN', 'zh-Hant-TW', 'es-419', 'de-CH-1996', 'de-CH-1901', 'sl-nedis', 'sl-rozaj-biske', 'en-u-islamcal', 'en-a-myext-b-another',
                  'x-whatever', 'i-default', 'i-klingon', 'en-GB-oed', 'zh-yue', 'zh-yue-HK']) AS tag;

-- Rollover: a cycle that is over is closed by the next call, whatever its usage was, and several months count as one.
CALL sp_register_user('binh@example.com', 'binh', 'hash', NULL, 'FREE');
UPDATE user_subscriptions SET usage_count = 10, used_seconds = 1800 WHERE user_id = pg_temp.uid('binh');
SELECT pg_temp.age_cycle('binh', 5);
SELECT ok(quota_ok, 'accepted in the new cycle') FROM sp_check_quota_and_create_recording(pg_temp.uid('binh'), 'upload');
SELECT results_eq($$SELECT cycle_start, cycle_end, usage_count, used_seconds FROM user_subscriptions WHERE user_id = pg_temp.uid('binh')$$,
  $$VALUES (pg_temp.month(0), pg_temp.month(1), 1, 0)$$, 'the current month is open, with one recording');
SELECT results_eq($$SELECT user_id, plan_code, monthly_minutes, monthly_usage_limit, cycle_start, cycle_end, usage_count, used_seconds, reason FROM usage_cycles$$,
  $$VALUES (pg_temp.uid('binh'), 'FREE'::text, 30, 10, pg_temp.month(-5), pg_temp.month(-4), 10, 1800, 'rollover'::text)$$, 'the old one is kept, as it ended');
SELECT ok(closed_at BETWEEN now() AND clock_timestamp(), 'closed now') FROM usage_cycles;
SELECT is((SELECT count(*) FROM generate_series(1, 20) AS i, LATERAL sp_check_quota_and_create_recording(pg_temp.uid('binh'), 'more' || i) AS c WHERE c.quota_ok), 9::bigint, 'one month''s quota and no more');
-- The end of a cycle is not part of it.
UPDATE user_subscriptions SET cycle_end = clock_timestamp() WHERE user_id = pg_temp.uid('binh');
SELECT ok(quota_ok, 'a cycle that ends now is over') FROM sp_check_quota_and_create_recording(pg_temp.uid('binh'), 'upload');
-- A cycle need not be a month to be in force.
UPDATE user_subscriptions SET cycle_start = now() - interval '3 days', cycle_end = now() + interval '1 hour', usage_count = 10 WHERE user_id = pg_temp.uid('binh');
SELECT ok(NOT quota_ok, 'a cycle that is not over is in force') FROM sp_check_quota_and_create_recording(pg_temp.uid('binh'), 'upload');
SET LOCAL s2t.lazy_rollover = off;
SELECT pg_temp.age_cycle('binh', 1);
SELECT ok(NOT quota_ok, 'lazy_rollover off: refused') FROM sp_check_quota_and_create_recording(pg_temp.uid('binh'), 'upload');
SELECT is((SELECT cycle_end FROM user_subscriptions WHERE user_id = pg_temp.uid('binh')), pg_temp.month(0), 'and left as it is');
SET LOCAL s2t.lazy_rollover = on;

-- Plans that are no longer offered.
UPDATE plans SET is_active = false WHERE code = 'BASIC';
UPDATE user_subscriptions SET plan_id = (SELECT id FROM plans WHERE code = 'BASIC'), cycle_start = pg_temp.month(0), cycle_end = pg_temp.month(1), usage_count = 0 WHERE user_id = pg_temp.uid('binh');
SELECT ok(quota_ok, 'usable until the cycle closes') FROM sp_check_quota_and_create_recording(pg_temp.uid('binh'), 'upload');
SELECT pg_temp.age_cycle('binh', 1);
SELECT ok(quota_ok, 'then closed') FROM sp_check_quota_and_create_recording(pg_temp.uid('binh'), 'upload');
SELECT is((SELECT p.code FROM user_subscriptions AS s JOIN plans AS p ON p.id = s.plan_id WHERE s.user_id = pg_temp.uid('binh')), 'FREE', 'and the default plan takes over');
SELECT is((SELECT plan_code FROM usage_cycles ORDER BY closed_at DESC, id DESC LIMIT 1), 'BASIC', 'the closed cycle names the plan that was in force');
SELECT is_empty('TABLE inexact', 'totals at the end');

SELECT * FROM finish();
ROLLBACK;
