-- sp_get_user_stats in queries, read-only transactions and beside calls that write. Its figures: test/pgtap/stats.sql.
CALL t.plans();
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'FREE');

-- By name.
SELECT recording_id AS r1 FROM sp_check_quota_and_create_recording(t.uid('an'), 'realtime') \gset
SELECT recording_id AS r2 FROM sp_check_quota_and_create_recording(t.uid('an'), 'realtime') \gset
CALL sp_complete_recording(:'r1', 60000, t.segments(5));
CALL sp_complete_recording(:'r2', 90300, t.segments(7));
SELECT * FROM sp_get_user_stats(in_user_id => t.uid('an'));

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
