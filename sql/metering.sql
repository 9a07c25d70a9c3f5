-- The meter (docs/metering.md): a worked month, what must not be had twice, keys, credits, holds.
CALL t.plans();
SELECT s2t_register_user('lan@example.com', 'lan', 'hash', 'Lan', 'FREE') AS lan \gset

-- The month of the page.
SELECT s2t_add_credit(:'lan', 5, 60, in_note => 'referral') IS NOT NULL AS credited;
SELECT recording_id AS a FROM s2t_create_recording(:'lan', 'upload', in_expected_ms => 600000) \gset
CALL sp_complete_recording(:'a', 590500, '[]');
SELECT recording_id AS b FROM s2t_create_recording(:'lan', 'upload', in_expected_ms => 900000) \gset
CALL sp_fail_recording(:'b', 'engine down');
SELECT recording_id AS c FROM s2t_create_recording(:'lan', 'upload', in_expected_ms => 1500000) \gset
CALL sp_complete_recording(:'c', 1500000, '[]');
SELECT quota_ok, error_message, reason, remaining_recordings, remaining_seconds FROM s2t_create_recording(:'lan', 'upload', in_expected_ms => 5400000);
SELECT * FROM s2t_adjust_usage(:'lan', -1, 0, 'ticket 4711: wrong file');
SELECT kind, recordings, seconds, credit_seconds, overage_seconds, credit_id IS NOT NULL AS of_credit, note FROM sp_list_usage(:'lan') ORDER BY at, seconds;
SELECT usage_count, used_seconds, credit_seconds, held_seconds, remaining_recordings, remaining_seconds FROM s2t_get_subscription(:'lan');

-- Minutes beyond the quota: announced, they are refused before the work is done; else they are overage, noted when they are charged.
SELECT s2t_register_user('a@example.com', 'a', 'hash', 'A', 'FREE') AS a \gset
SELECT quota_ok, reason FROM s2t_create_recording(:'a', 'upload', in_expected_ms => 10800000);
SELECT recording_id AS r1 FROM sp_check_quota_and_create_recording(:'a', 'upload') \gset
SELECT recording_id AS r2 FROM sp_check_quota_and_create_recording(:'a', 'upload') \gset
CALL sp_complete_recording(:'r1', 10800000, '[]');
CALL sp_complete_recording(:'r2', 10800000, '[]');
SELECT used_seconds, overage_seconds FROM user_subscriptions WHERE user_id = :'a';
-- A bound for one recording: too_long; and a hold of its own for what announces nothing.
UPDATE plans SET max_recording_minutes = 20 WHERE code = 'FREE';
SELECT s2t_register_user('m@example.com', 'm', 'hash', 'M', 'FREE') AS m \gset
SELECT quota_ok, reason FROM s2t_create_recording(:'m', 'upload', in_expected_ms => 1200001);
SELECT quota_ok, reason, remaining_seconds FROM s2t_create_recording(:'m', 'upload');
SELECT quota_ok, reason, remaining_seconds FROM s2t_create_recording(:'m', 'upload');
SELECT quota_ok, reason, remaining_seconds FROM s2t_create_recording(:'m', 'upload');
SELECT held_seconds FROM user_subscriptions WHERE user_id = :'m';
-- What has given no sign of life is failed by the create that would be refused.
UPDATE recordings SET created_at = created_at - interval '7 hours' WHERE user_id = :'m' AND held_seconds = 1200;
SELECT quota_ok, reason, remaining_seconds FROM s2t_create_recording(:'m', 'upload', in_expected_ms => 900000);
SELECT status, error, charged_cycle_id IS NULL AS given_back FROM recordings WHERE user_id = :'m' ORDER BY created_at LIMIT 1;
UPDATE plans SET max_recording_minutes = NULL WHERE code = 'FREE';

-- A second free quota by going to and fro: there is none.
SELECT s2t_register_user('b@example.com', 'b', 'hash', 'B', 'FREE') AS b \gset
SELECT count(*) FROM (SELECT (sp_check_quota_and_create_recording(:'b', 'upload')).quota_ok FROM generate_series(1, 10)) AS s WHERE quota_ok;
CALL sp_change_user_plan(:'b', 'BASIC', true);
CALL sp_change_user_plan(:'b', 'FREE', false);
SELECT count(*) FROM (SELECT (sp_check_quota_and_create_recording(:'b', 'upload')).quota_ok FROM generate_series(1, 12)) AS s WHERE quota_ok;

-- Ten failures of the engine eat nothing; completed after all, the recording is charged again.
SELECT s2t_register_user('c@example.com', 'c', 'hash', 'C', 'FREE') AS c \gset
SELECT recording_id AS r FROM sp_check_quota_and_create_recording(:'c', 'upload') \gset
CALL sp_fail_recording(:'r', 'engine down');
SELECT usage_count FROM user_subscriptions WHERE user_id = :'c';
CALL sp_complete_recording(:'r', 1000, '[]');
SELECT usage_count, used_seconds FROM user_subscriptions WHERE user_id = :'c';
-- Tried again by the user: one charge, whatever happens in between.
SELECT recording_id AS r FROM s2t_create_recording(:'c', 'upload', in_expected_ms => 60000) \gset
CALL sp_fail_recording(:'r', 'engine down');
SELECT quota_ok, reason, remaining_recordings FROM s2t_retry_recording(:'r', 60000);
SELECT status, attempt, held_seconds, error FROM recordings WHERE id = :'r';
SELECT state, message FROM t.error_of(format('SELECT s2t_retry_recording(%L)', :'r'));
SELECT usage_count, held_seconds FROM user_subscriptions WHERE user_id = :'c';
-- Settings.
SET s2t.refund_failed = off;
CALL sp_fail_recording(:'r', 'engine down');
RESET s2t.refund_failed;
SELECT usage_count, held_seconds FROM user_subscriptions WHERE user_id = :'c';

-- Keys: the same result, and no second effect.
SELECT s2t_register_user('k@example.com', 'k', 'hash', 'K', 'FREE') AS k \gset
SELECT recording_id AS r, reason FROM s2t_create_recording(:'k', 'upload', in_key => 'one') \gset
SELECT recording_id = :'r' AS same, quota_ok, reason FROM s2t_create_recording(:'k', 'upload', in_key => 'one');
SELECT state, message FROM t.error_of(format('SELECT s2t_create_recording(%L, %L, in_key => %L)', :'k', 'fax', 'one'));
SELECT usage_count FROM user_subscriptions WHERE user_id = :'k';
SELECT state, message FROM t.error_of(format('SELECT s2t_create_recording(%L, %L, in_key => %L)', :'k', 'upload', ' '));
SELECT s2t_add_credit(:'k', 1, 1, in_key => 'gift') = s2t_add_credit(:'k', 1, 1, in_key => 'gift') AS same;
SELECT count(*) FROM sp_list_credits(:'k');
SELECT state, message FROM t.error_of(format('SELECT s2t_add_credit(%L, 2, 1, in_key => %L)', :'k', 'gift'));
SELECT state, message FROM t.error_of(format('SELECT s2t_add_credit(%L)', :'k'));
SELECT s2t_cancel_credit(:'k', id) AS first, s2t_cancel_credit(:'k', id) AS again FROM sp_list_credits(:'k');
SELECT * FROM s2t_change_user_plan(:'k', 'BASIC', in_key => 'up');
SELECT * FROM s2t_change_user_plan(:'k', 'BASIC', in_key => 'up');
SELECT state, message FROM t.error_of(format('SELECT s2t_change_user_plan(%L, %L, in_key => %L)', :'k', 'FREE', 'up'));
SELECT user_id AS n, repeated FROM s2t_register('n@example.com', 'n', 'hash', 'N', 'FREE', 'reg') \gset
SELECT user_id = :'n' AS same, repeated FROM s2t_register('n@example.com', 'n', 'another hash', 'N', 'FREE', 'reg');
SELECT state, message FROM t.error_of($$SELECT s2t_register('n@example.com', 'nn', 'hash', 'N', 'FREE', 'reg')$$);
SELECT state FROM t.error_of($$SELECT s2t_register('n@example.com', 'n', 'hash', 'N', 'FREE', 'another')$$);

-- At the end of the cycle.
SELECT * FROM s2t_change_user_plan(:'k', 'FREE', in_at => 'cycle_end');
SELECT plan_code, next_plan_code FROM s2t_get_subscription(:'k');
SELECT s2t_cancel_plan_change(:'k') AS first, s2t_cancel_plan_change(:'k') AS again;
SELECT * FROM s2t_change_user_plan(:'k', 'FREE', in_at => 'cycle_end');
SELECT state, message FROM t.error_of(format('SELECT s2t_change_user_plan(%L, %L, true, %L)', :'k', 'FREE', 'cycle_end'));
SELECT state, message FROM t.error_of(format('SELECT s2t_change_user_plan(%L, %L, in_at => %L)', :'k', 'FREE', 'soon'));
CALL t.age_cycle('k', 1);
SELECT quota_ok FROM sp_check_quota_and_create_recording(:'k', 'upload');
SELECT plan_code, next_plan_code, usage_count FROM s2t_get_subscription(:'k');

-- Unused minutes carried over end with the cycle that they were carried into.
UPDATE plans SET carry_over_minutes = 20 WHERE code = 'FREE';
CALL t.age_cycle('k', 1);
SELECT quota_ok FROM sp_check_quota_and_create_recording(:'k', 'upload');
SELECT c.seconds, c.left_seconds, c.expires_at = s.cycle_end AS until_its_end, c.open FROM sp_list_credits(:'k') AS c, s2t_get_subscription(:'k') AS s WHERE c.cancelled_at IS NULL;

-- A locked account begins nothing; what it has begun goes on.
SELECT recording_id AS r FROM sp_check_quota_and_create_recording(:'c', 'upload') \gset
SELECT s2t_set_status(:'c', 'suspended');
SELECT quota_ok, error_message FROM sp_check_quota_and_create_recording(:'c', 'upload');
SELECT quota_ok, reason FROM s2t_create_recording(:'c', 'upload');
CALL sp_complete_recording(:'r', 1000, '[]');
SET s2t.blocked_statuses = 'gone';
SELECT quota_ok FROM sp_check_quota_and_create_recording(:'c', 'upload');
RESET s2t.blocked_statuses;

-- By anniversary.
SET s2t.cycle_anchor = registration;
SELECT s2t_register_user('y@example.com', 'y', 'hash', 'Y', 'FREE') AS y \gset
RESET s2t.cycle_anchor;
SELECT anchor_day = extract(day FROM now() AT TIME ZONE 'UTC') AS today, cycle_start <= now() AND cycle_end > now() + interval '27 days' AS a_month FROM s2t_get_subscription(:'y');
SELECT state, message FROM t.error_of(format('SELECT s2t_adjust_usage(%L, -1, 0, %L)', :'y', 'x'));
SELECT state, message FROM t.error_of(format('SELECT s2t_adjust_usage(%L, 1, 0, %L)', :'y', ' '));

-- The ledger says what the counters say.
SELECT count(*) AS wrong
FROM user_subscriptions AS s
CROSS JOIN LATERAL (SELECT coalesce(sum(e.recordings), 0) AS recordings, coalesce(sum(e.seconds), 0) AS seconds
                    FROM usage_entries AS e WHERE e.user_id = s.user_id AND e.cycle_id = s.cycle_id AND e.kind NOT IN ('credit', 'return')) AS l
WHERE (s.usage_count, s.used_seconds) <> (l.recordings, l.seconds);
TABLE t.inexact;
CALL t.clear();
