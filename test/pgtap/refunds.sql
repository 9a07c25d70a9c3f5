-- What is given back is given back once, where it was drawn (docs/metering.md, "What is charged, and when").
\ir include/begin.sql
SELECT plan(8);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('ONE', 'One', 10, 1), ('TWO', 'Two', 20, 2);

-- A recording that a credit paid, in a cycle that a proration closed and that was carried back: whoever pays for
-- its next attempts, the credit gets its share back once.
SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'ONE') AS an \gset
SELECT s2t_add_credit(:'an', 2, 0) AS credit \gset
SELECT recording_id AS first FROM s2t_create_recording(:'an', 'upload') \gset
SELECT recording_id AS second FROM s2t_create_recording(:'an', 'upload') \gset
SELECT is((SELECT left_recordings FROM usage_credits WHERE id = :'credit'), 1, 'the second recording is paid by the credit');
SELECT ok((SELECT success FROM s2t_change_user_plan(:'an', 'TWO', true)), 'a proration closes its cycle');
SELECT ok((SELECT success FROM s2t_change_user_plan(:'an', 'ONE')), 'and a change back carries it');
CALL sp_fail_recording(:'second', 'engine');
SELECT is((SELECT left_recordings FROM usage_credits WHERE id = :'credit'), 2, 'failing gives the credit its share');
CALL sp_fail_recording(:'first', 'engine');
SELECT ok(quota_ok, 'the plan pays for the next attempt') FROM s2t_retry_recording(:'second');
CALL sp_fail_recording(:'second', 'engine');
SELECT is((SELECT left_recordings FROM usage_credits WHERE id = :'credit'), 2, 'whose failure gives the credit nothing more');
-- The same after the cycle has ended.
UPDATE user_subscriptions SET cycle_start = now() - interval '60 days', cycle_end = now() - interval '1 day' WHERE user_id = :'an';
SELECT ok(quota_ok, 'the plan pays for one in the next cycle') FROM s2t_retry_recording(:'second');
CALL sp_fail_recording(:'second', 'engine');
SELECT is((SELECT left_recordings FROM usage_credits WHERE id = :'credit'), 2, 'whose failure gives the credit nothing either');
SELECT * FROM finish();
ROLLBACK;
