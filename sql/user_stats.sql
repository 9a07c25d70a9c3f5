-- sp_get_user_stats: always one row, never a write.
CALL t.plans();
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'FREE');

-- Nobody; nothing; no subscription.
SELECT * FROM sp_get_user_stats('123e4567-e89b-12d3-a456-426614174000');
SELECT * FROM sp_get_user_stats(t.uid('an'));

-- Some: minutes and percents with two decimals, rounded half up.
SELECT recording_id AS r1 FROM sp_check_quota_and_create_recording(t.uid('an'), 'realtime') \gset
SELECT recording_id AS r2 FROM sp_check_quota_and_create_recording(t.uid('an'), 'realtime') \gset
SELECT recording_id AS r3 FROM sp_check_quota_and_create_recording(t.uid('an'), 'realtime') \gset
CALL sp_complete_recording(:'r1', 60000, t.segments(5));
CALL sp_complete_recording(:'r2', 90300, t.segments(7));
SELECT * FROM sp_get_user_stats(in_user_id => t.uid('an'));
-- Totals count what is stored now; usage is what the cycle was charged.
DELETE FROM recordings WHERE id = :'r2';
SELECT * FROM sp_get_user_stats(t.uid('an'));

-- Percents are not capped; unlimited reads zero, a limit of zero reads a hundred.
UPDATE user_subscriptions SET usage_count = 25, used_seconds = 2401;
SELECT quota_usage_percent, quota_minutes_percent FROM sp_get_user_stats(t.uid('an'));
UPDATE plans SET monthly_minutes = 0, monthly_usage_limit = 0 WHERE code = 'FREE';
SELECT quota_usage_percent, quota_minutes_percent FROM sp_get_user_stats(t.uid('an'));
UPDATE plans SET monthly_minutes = NULL, monthly_usage_limit = NULL WHERE code = 'FREE';
SELECT quota_usage_percent, quota_minutes_percent FROM sp_get_user_stats(t.uid('an'));
UPDATE plans SET monthly_minutes = 2147483647, monthly_usage_limit = 3 WHERE code = 'FREE';
UPDATE user_subscriptions SET usage_count = 1, used_seconds = 2147483647;
SELECT * FROM sp_get_user_stats(t.uid('an'));
UPDATE plans SET monthly_minutes = 1, monthly_usage_limit = 1 WHERE code = 'FREE';
UPDATE user_subscriptions SET usage_count = 2147483647, used_seconds = 2147483647;
SELECT * FROM sp_get_user_stats(t.uid('an'));

-- A cycle that is over reads as zero usage, and reading does not close it.
CALL t.age_cycle('an', 1);
SELECT * FROM sp_get_user_stats(t.uid('an'));
SET s2t.lazy_rollover = off;
SELECT * FROM sp_get_user_stats(t.uid('an'));
RESET s2t.lazy_rollover;
SELECT * FROM t.subscriptions;
SELECT count(*) FROM usage_cycles;

-- Without a subscription the rows are still there to count.
DELETE FROM user_subscriptions;
SELECT * FROM sp_get_user_stats(t.uid('an'));

-- It works where nothing can be written, and in the middle of a query.
CALL sp_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'FREE');
BEGIN READ ONLY;
SELECT total_recordings, current_cycle_usage FROM sp_get_user_stats(t.uid('binh'));
COMMIT;
SELECT u.user_name, s.total_recordings, s.quota_usage_percent
FROM users AS u CROSS JOIN LATERAL sp_get_user_stats(u.id) AS s ORDER BY u.user_name;
SELECT (sp_get_user_stats(id)).total_segments FROM users ORDER BY user_name;

-- It reads with the snapshot of the statement: a volatile call beside it does not show through.
SELECT (SELECT total_recordings FROM sp_get_user_stats(t.uid('binh'))) AS before, c.quota_ok,
       (SELECT total_recordings FROM sp_get_user_stats(t.uid('binh'))) AS same_statement
FROM sp_check_quota_and_create_recording(t.uid('binh'), 'upload') AS c;
SELECT total_recordings FROM sp_get_user_stats(t.uid('binh'));

-- A transaction reads its own work, and not after it is rolled back.
BEGIN;
UPDATE plans SET monthly_usage_limit = 4 WHERE code = 'FREE';
SELECT quota_ok FROM sp_check_quota_and_create_recording(t.uid('binh'), 'upload');
SELECT total_recordings, current_cycle_usage, quota_usage_percent FROM sp_get_user_stats(t.uid('binh'));
ROLLBACK;
SELECT total_recordings, current_cycle_usage, quota_usage_percent FROM sp_get_user_stats(t.uid('binh'));

CALL t.clear();
