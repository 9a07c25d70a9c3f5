-- sp_check_quota_and_create_recording: check and create in one step.
CALL t.plans();
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'TINY');
SELECT t.uid('an') AS an \gset

-- Accepted.
SELECT recording_id AS first, quota_ok, error_message, error_message = '' AS empty
FROM sp_check_quota_and_create_recording(:'an', 'realtime') \gset
\echo :quota_ok :empty
SELECT user_id = :'an' AS mine, source, language, status, duration_ms, completed_at IS NULL AS open, meta, error IS NULL AS fine,
       segment_count, fingerprint IS NULL AS no_fingerprint, created_at BETWEEN now() - interval '1 hour' AND clock_timestamp() AS fresh
FROM recordings WHERE id = :'first';
SELECT * FROM t.subscriptions;

-- Every argument, by name; a JSON object is kept as it is.
SELECT recording_id IS NOT NULL AS id, quota_ok, error_message
FROM sp_check_quota_and_create_recording(in_meta => '{"device": {"os": "android", "tags": ["a", 1, null]}}', in_language => 'en-US',
                                         in_source => 'upload', in_user_id => :'an');
SELECT source, language, meta FROM recordings WHERE id <> :'first';

-- Refused: the limit of recordings. Nothing is written.
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');
SELECT * FROM t.subscriptions;
SELECT count(*) FROM recordings;

-- Refused: the limit of minutes. It is reached when the seconds charged are the minutes times sixty, not before.
UPDATE plans SET monthly_usage_limit = 100 WHERE code = 'TINY';
UPDATE user_subscriptions SET used_seconds = 59;
SELECT quota_ok, error_message FROM sp_check_quota_and_create_recording(:'an', 'realtime');
UPDATE user_subscriptions SET used_seconds = 60;
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');
UPDATE user_subscriptions SET used_seconds = 179;
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');
-- Both limits reached: the recordings are told first.
UPDATE plans SET monthly_usage_limit = 3 WHERE code = 'TINY';
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');

-- Zero is a limit, NULL is none.
UPDATE plans SET monthly_usage_limit = 0 WHERE code = 'TINY';
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');
UPDATE plans SET monthly_usage_limit = NULL, monthly_minutes = 0 WHERE code = 'TINY';
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');
UPDATE plans SET monthly_minutes = NULL WHERE code = 'TINY';
SELECT quota_ok FROM sp_check_quota_and_create_recording(:'an', 'realtime');
UPDATE user_subscriptions SET used_seconds = 2147483647, usage_count = 2147483646;
SELECT quota_ok FROM sp_check_quota_and_create_recording(:'an', 'realtime');
SELECT usage_count FROM user_subscriptions;
-- A counter never wraps: the call fails and writes nothing.
SELECT * FROM t.error_of(format('SELECT sp_check_quota_and_create_recording(%L, %L)', :'an', 'realtime'));
SELECT usage_count, total_recordings FROM user_subscriptions;
SELECT * FROM t.inexact;

-- The largest limits there are.
UPDATE plans SET monthly_minutes = 2147483647, monthly_usage_limit = 2147483647 WHERE code = 'TINY';
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');
UPDATE user_subscriptions SET usage_count = 0;
SELECT quota_ok FROM sp_check_quota_and_create_recording(:'an', 'realtime');

-- Nobody, and somebody without a subscription.
SELECT * FROM sp_check_quota_and_create_recording('123e4567-e89b-12d3-a456-426614174000', 'realtime');
DELETE FROM user_subscriptions;
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');

-- A plan that is no longer offered stays usable until its cycle closes.
CALL sp_register_user('binh@example.com', 'binh', 'hash', NULL, 'BASIC');
UPDATE plans SET is_active = false WHERE code = 'BASIC';
SELECT quota_ok FROM sp_check_quota_and_create_recording(t.uid('binh'), 'upload');
SELECT * FROM t.subscriptions;
-- A cycle that is over is closed on the spot, several months as one, and then the plan is the default one.
CALL t.age_cycle('binh', 3);
UPDATE user_subscriptions SET usage_count = 100, used_seconds = 777;
SELECT quota_ok, error_message FROM sp_check_quota_and_create_recording(t.uid('binh'), 'upload');
SELECT * FROM t.subscriptions;
SELECT user_id = t.uid('binh') AS mine, plan_code, monthly_minutes, monthly_usage_limit, usage_count, used_seconds, reason,
       cycle_start = (date_trunc('month', now() AT TIME ZONE 'UTC') - interval '3 months') AT TIME ZONE 'UTC' AS start_as_it_was,
       cycle_end = (date_trunc('month', now() AT TIME ZONE 'UTC') - interval '2 months') AT TIME ZONE 'UTC' AS end_as_it_was
FROM usage_cycles;
-- Refused in the new cycle: the old one is closed all the same, or nothing is written. Either way nobody gets a second month.
UPDATE plans SET monthly_usage_limit = 0 WHERE code = 'FREE';
CALL t.age_cycle('binh', 1);
SELECT quota_ok, error_message FROM sp_check_quota_and_create_recording(t.uid('binh'), 'upload');
SELECT quota_ok, error_message FROM sp_check_quota_and_create_recording(t.uid('binh'), 'upload');
SELECT sum(usage_count) AS closed_and_open
FROM (SELECT usage_count FROM usage_cycles UNION ALL SELECT usage_count FROM user_subscriptions) AS c;
UPDATE plans SET monthly_usage_limit = 10 WHERE code = 'FREE';

-- Without lazy rollover a cycle that is over is no subscription.
CALL sp_register_user('chi@example.com', 'chi', 'hash', NULL, 'FREE');
CALL t.age_cycle('chi', 1);
SET s2t.lazy_rollover = off;
SELECT * FROM sp_check_quota_and_create_recording(t.uid('chi'), 'upload');
SELECT * FROM t.subscriptions WHERE user_name = 'chi';
RESET s2t.lazy_rollover;
SELECT quota_ok FROM sp_check_quota_and_create_recording(t.uid('chi'), 'upload');
SELECT * FROM t.subscriptions WHERE user_name = 'chi';

-- In a loop of one transaction every call sees what the one before it did.
CALL sp_register_user('dung@example.com', 'dung', 'hash', NULL, 'FREE');
DO $$
DECLARE
  refused int := 0;
  r record;
BEGIN
  FOR i IN 1 .. 15 LOOP
    SELECT * INTO r FROM sp_check_quota_and_create_recording(t.uid('dung'), 'loop');
    IF NOT r.quota_ok THEN refused := refused + 1; END IF;
  END LOOP;
  RAISE NOTICE '% refused', refused;
END
$$;
-- So does every row of one statement.
CALL sp_register_user('em@example.com', 'em', 'hash', NULL, 'FREE');
SELECT count(*) FILTER (WHERE quota_ok) AS accepted, count(DISTINCT recording_id) AS ids, count(*) FILTER (WHERE NOT quota_ok) AS refused
FROM generate_series(1, 15) AS i CROSS JOIN LATERAL sp_check_quota_and_create_recording(t.uid('em'), 'statement' || i);
SELECT * FROM t.subscriptions WHERE user_name IN ('dung', 'em');
SELECT count(*) FROM recordings WHERE source IN ('loop') OR source LIKE 'statement%';
-- A savepoint takes it back.
CALL sp_register_user('giang@example.com', 'giang', 'hash', NULL, 'FREE');
BEGIN;
SAVEPOINT a;
SELECT quota_ok FROM sp_check_quota_and_create_recording(t.uid('giang'), 'upload');
ROLLBACK TO a;
SELECT quota_ok FROM sp_check_quota_and_create_recording(t.uid('giang'), 'upload');
COMMIT;
SELECT * FROM t.subscriptions WHERE user_name = 'giang';
-- It writes, so a read-only transaction refuses it.
BEGIN READ ONLY;
SELECT quota_ok FROM sp_check_quota_and_create_recording(t.uid('giang'), 'upload');
ROLLBACK;
SELECT * FROM t.inexact;

CALL t.clear();
