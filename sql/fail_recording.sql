-- sp_fail_recording: the NOTICE of a repetition, and transactions. What it does: test/pgtap/complete.sql; what it refuses: errors.sql.
CALL t.plans();
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'FREE');
SELECT recording_id AS r2 FROM sp_check_quota_and_create_recording(t.uid('an'), 'realtime') \gset

-- The first reason stays, and a NOTICE says so (of an id that is the same every time).
INSERT INTO recordings (id, user_id, source) VALUES ('018f3c2a-7b00-7000-8000-000000000001', t.uid('an'), 'direct');
CALL sp_fail_recording('018f3c2a-7b00-7000-8000-000000000001', 'engine crashed: không đọc được tệp');
CALL sp_fail_recording('018f3c2a-7b00-7000-8000-000000000001', 'twice');
SELECT status, error FROM recordings WHERE source = 'direct';

-- What is done cannot fail.
CALL sp_complete_recording(:'r2', 1000, t.segments(2));
SELECT state, message FROM t.error_of(format('CALL sp_fail_recording(%L, %L)', :'r2', 'too late'));
SELECT status, error FROM recordings WHERE id = :'r2';

-- By name; and it rolls back with its caller.
SELECT recording_id AS r3 FROM sp_check_quota_and_create_recording(t.uid('an'), 'realtime') \gset
BEGIN;
CALL sp_fail_recording(in_reason => 'timeout', in_recording_id => :'r3');
ROLLBACK;
SELECT status, error FROM recordings WHERE id = :'r3';
CALL sp_fail_recording(in_reason => 'timeout', in_recording_id => :'r3');
SELECT status, error FROM recordings WHERE id = :'r3';
SELECT * FROM t.inexact;

CALL t.clear();
