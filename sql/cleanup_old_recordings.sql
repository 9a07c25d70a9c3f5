-- sp_cleanup_old_recordings: one batch of the oldest, in the caller's transaction.
CALL t.plans();
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'OPEN');
CALL sp_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'BASIC');

-- Ten of an, a day apart from 86 to 95 days old, with as many segments as their number says.
CREATE PROCEDURE make_old(who text, first_age int, n int) LANGUAGE plpgsql AS $$
DECLARE
  rid uuid;
BEGIN
  FOR i IN 0 .. n - 1 LOOP
    SELECT recording_id INTO STRICT rid FROM sp_check_quota_and_create_recording(t.uid(who), 'age ' || first_age + i);
    CALL sp_complete_recording(rid, 1000, t.segments(i));
    UPDATE recordings SET created_at = clock_timestamp() - make_interval(days => first_age + i) WHERE id = rid;
  END LOOP;
END
$$;
CALL make_old('an', 86, 10);
SELECT * FROM t.subscriptions;

-- More than ninety days: those of 90 days and a moment to 95.
BEGIN;
SELECT * FROM sp_cleanup_old_recordings();
SELECT * FROM sp_cleanup_old_recordings();
ROLLBACK;
SELECT * FROM t.subscriptions;
-- The oldest first, a batch at a time, until nothing is left.
SELECT * FROM sp_cleanup_old_recordings(90, 2);
SELECT source FROM recordings ORDER BY created_at;
SELECT * FROM sp_cleanup_old_recordings(in_batch_size => 2, in_retention_days => 90);
SELECT * FROM sp_cleanup_old_recordings(90, 2);
SELECT * FROM sp_cleanup_old_recordings(90, 2);
SELECT source FROM recordings ORDER BY created_at;
-- Deleting refunds nothing; the totals follow.
SELECT * FROM t.subscriptions;
SELECT count(*) AS orphans FROM segments AS s WHERE NOT EXISTS (SELECT FROM recordings AS r WHERE r.id = s.recording_id);

-- Only what has ended: done or failed.
UPDATE recordings SET created_at = now() - interval '2 years';
UPDATE recordings SET status = 'failed' WHERE source = 'age 86';
UPDATE recordings SET status = 'processing' WHERE source = 'age 87';
SELECT * FROM sp_cleanup_old_recordings();
SELECT source, status FROM recordings ORDER BY source;
DELETE FROM recordings;

-- The plan's own retention replaces the argument for its users, whether it is longer or shorter.
CALL make_old('an', 30, 3);
CALL make_old('binh', 30, 3);
UPDATE plans SET retention_days = 365 WHERE code = 'OPEN';
SELECT * FROM sp_cleanup_old_recordings(10);
SELECT u.user_name, count(*) FROM recordings AS r JOIN users AS u ON u.id = r.user_id GROUP BY 1 ORDER BY 1;
CALL make_old('binh', 30, 3);
UPDATE plans SET retention_days = 7 WHERE code = 'BASIC';
SELECT * FROM sp_cleanup_old_recordings(90);
SELECT u.user_name, count(*) FROM recordings AS r JOIN users AS u ON u.id = r.user_id GROUP BY 1 ORDER BY 1;
-- Kept ones do not use up the batch of those that may go.
CALL make_old('binh', 8, 3);
SELECT * FROM sp_cleanup_old_recordings(1, 2);
SELECT * FROM sp_cleanup_old_recordings(1, 2);
SELECT * FROM sp_cleanup_old_recordings(1, 2);
SELECT u.user_name, count(*) FROM recordings AS r JOIN users AS u ON u.id = r.user_id GROUP BY 1 ORDER BY 1;
UPDATE plans SET retention_days = NULL;
DELETE FROM recordings;

-- Somebody without a subscription has the argument's.
CALL make_old('binh', 8, 2);
DELETE FROM user_subscriptions WHERE user_id = t.uid('binh');
SELECT * FROM sp_cleanup_old_recordings(7);

-- Zero days: everything done.
CALL make_old('an', 0, 3);
SELECT * FROM sp_cleanup_old_recordings(0);
-- The largest arguments are no error.
CALL make_old('an', 1, 1);
SELECT * FROM sp_cleanup_old_recordings(2147483647, 2147483647);
SELECT * FROM sp_cleanup_old_recordings(0, 2147483647);
SELECT * FROM t.subscriptions;
SELECT * FROM t.inexact;

DROP PROCEDURE make_old;
CALL t.clear();
