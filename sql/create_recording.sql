-- sp_check_quota_and_create_recording: its calls, the texts of its refusals, and what it is in transactions, loops and statements.
-- What it does: test/pgtap/create.sql; what it refuses as bad input: errors.sql.
CALL t.plans();
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'TINY');
SELECT t.uid('an') AS an \gset

-- Accepted.
SELECT recording_id AS first, quota_ok, error_message, error_message = '' AS empty
FROM sp_check_quota_and_create_recording(:'an', 'realtime') \gset
\echo :quota_ok :empty

-- Every argument, by name; a JSON object is kept as it is.
SELECT recording_id IS NOT NULL AS id, quota_ok, error_message
FROM sp_check_quota_and_create_recording(in_meta => '{"device": {"os": "android", "tags": ["a", 1, null]}}', in_language => 'en-US',
                                         in_source => 'upload', in_user_id => :'an');
SELECT source, language, meta FROM recordings WHERE id <> :'first';

-- Refused: the limit of recordings.
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');
-- Refused: the limit of minutes, of which whole ones are told.
UPDATE plans SET monthly_usage_limit = 100 WHERE code = 'TINY';
UPDATE user_subscriptions SET used_seconds = 61;
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');
UPDATE user_subscriptions SET used_seconds = 179;
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');
-- Both limits reached: the recordings are told first.
UPDATE plans SET monthly_usage_limit = 2 WHERE code = 'TINY';
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');

-- Limits of zero, and the largest.
UPDATE plans SET monthly_usage_limit = 0 WHERE code = 'TINY';
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');
UPDATE plans SET monthly_usage_limit = NULL, monthly_minutes = 0 WHERE code = 'TINY';
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');
UPDATE plans SET monthly_minutes = 2147483647, monthly_usage_limit = 2147483647 WHERE code = 'TINY';
UPDATE user_subscriptions SET used_seconds = 2147483647, usage_count = 2147483647;
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');

-- Nobody, and somebody without a subscription.
SELECT * FROM sp_check_quota_and_create_recording('123e4567-e89b-12d3-a456-426614174000', 'realtime');
DELETE FROM user_subscriptions;
SELECT * FROM sp_check_quota_and_create_recording(:'an', 'realtime');

-- A cycle that is over is closed on the spot. Refused in the new cycle: the old one is closed all the same, or nothing is written; either
-- way nobody gets a second month.
CALL sp_register_user('binh@example.com', 'binh', 'hash', NULL, 'FREE');
SELECT quota_ok FROM sp_check_quota_and_create_recording(t.uid('binh'), 'upload');
CALL t.age_cycle('binh', 3);
SELECT quota_ok, error_message FROM sp_check_quota_and_create_recording(t.uid('binh'), 'upload');
SELECT * FROM t.subscriptions;
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
RESET s2t.lazy_rollover;
SELECT quota_ok FROM sp_check_quota_and_create_recording(t.uid('chi'), 'upload');

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
