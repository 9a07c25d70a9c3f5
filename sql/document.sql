-- The SQL of the document "Stored Procedures & Functions", word for word.
-- Its Python passes these statements with named parameters; psql's variables have the same form.

-- Testing: Setup: Ensure FREE plan exists.
INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('FREE', 'Free Plan', 30, 10);

\set email '\'test@example.com\''
\set user_name '\'testuser\''
\set hashed_pass '\'hashed_pass\''
\set pass '\'hashed_pass\''
\set name '\'Test User\''
\set plan '\'FREE\''
\set plan_code '\'FREE\''
CALL sp_register_user(:email, :user_name, :pass, :name, :plan);

-- Verify.
SELECT count(*) FROM (SELECT * FROM users WHERE email = :email) AS u;
SELECT id AS user_id FROM users WHERE email = :email \gset
\set user_id '\'' :user_id '\''
SELECT name FROM (SELECT * FROM user_profiles WHERE user_id = :user_id) AS profile;
SELECT count(*) FROM (SELECT * FROM user_subscriptions WHERE user_id = :user_id) AS subscription;

-- 1. sp_register_user.
\set email '\'an@example.com\''
\set user_name '\'an\''
            CALL sp_register_user(
                :email, :user_name, :hashed_pass, :name, :plan_code
            );

-- 2. sp_check_quota_and_create_recording.
\set source '\'realtime\''
\set language '\'vi\''
            SELECT * FROM sp_check_quota_and_create_recording(
                :user_id, :source, :language
            ) \gset
SELECT :'quota_ok' AS quota_ok, :'error_message' = '' AS no_reason,
       pg_typeof(recording_id) AS recording_id, pg_typeof(quota_ok) AS quota_ok, pg_typeof(error_message) AS error_message
FROM sp_check_quota_and_create_recording(:user_id, :source, :language);

-- 3. sp_complete_recording.
\set recording_id '\'' :recording_id '\''
\set duration_ms 60000
\set segments '\'[{"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "First segment"}, {"idx": 1, "start_ms": 3000, "end_ms": 6000, "text": "Second segment"}]\''
            CALL sp_complete_recording(
                :recording_id, :duration_ms, :segments::jsonb
            );
SELECT idx, start_ms, end_ms, text FROM segments ORDER BY idx;

-- 4. sp_reset_monthly_cycles. (Its NOTICE names the month.)
SET client_min_messages = warning;
CALL sp_reset_monthly_cycles();
RESET client_min_messages;

-- 5. sp_get_user_stats.
SELECT * FROM sp_get_user_stats(:user_id);
SELECT pg_typeof(total_recordings) AS total_recordings, pg_typeof(total_duration_minutes) AS total_duration_minutes,
       pg_typeof(total_segments) AS total_segments, pg_typeof(current_cycle_usage) AS current_cycle_usage,
       pg_typeof(current_cycle_seconds) AS current_cycle_seconds, pg_typeof(quota_usage_percent) AS quota_usage_percent,
       pg_typeof(quota_minutes_percent) AS quota_minutes_percent
FROM sp_get_user_stats(:user_id);

-- 6. sp_change_user_plan.
INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('PREMIUM', 'Premium Plan', 1500, 500);
\set plan_code '\'PREMIUM\''
\set prorate True
            CALL sp_change_user_plan(
                :user_id, :plan_code, :prorate, NULL, NULL
            );

-- 7. sp_cleanup_old_recordings.
\set retention_days 90
\set batch_size 1000
                SELECT * FROM sp_cleanup_old_recordings(
                    :retention_days, :batch_size
                );

-- EXPLAIN ANALYZE: times differ from run to run, so the plan goes nowhere and is looked at below.
\o /dev/null
EXPLAIN ANALYZE
SELECT * FROM sp_check_quota_and_create_recording(
    '123e4567-e89b-12d3-a456-426614174000',
    'realtime',
    'vi'
);
\o
CREATE FUNCTION explained() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  line text;
BEGIN
  FOR line IN
    EXPLAIN ANALYZE
    SELECT * FROM sp_check_quota_and_create_recording(
        '123e4567-e89b-12d3-a456-426614174000',
        'realtime',
        'vi'
    )
  LOOP
    RETURN NEXT line;
  END LOOP;
END
$$;
SELECT count(*) FILTER (WHERE line LIKE 'Function Scan on sp_check_quota_and_create_recording %') AS function_scans,
       count(*) FILTER (WHERE line LIKE 'Execution Time:%') AS execution_times
FROM explained() AS line;
DROP FUNCTION explained();

-- Tối Ưu Index: the first cannot exist in PostgreSQL, the second can.
CREATE INDEX idx_user_subscriptions_active_cycle 
ON user_subscriptions(user_id, cycle_start, cycle_end) 
WHERE cycle_end > now();
SELECT state FROM t.error_of('CREATE INDEX idx_user_subscriptions_active_cycle ON user_subscriptions(user_id, cycle_start, cycle_end) WHERE cycle_end > now()');
CREATE INDEX idx_recordings_cleanup 
ON recordings(created_at, status) 
WHERE status = 'done';
DROP INDEX idx_recordings_cleanup;

-- Monitoring. The view answers where pg_stat_statements is preloaded; that its columns are there can be seen everywhere.
CREATE EXTENSION pg_stat_statements;
PREPARE monitoring AS
SELECT 
    query,
    calls,
    total_exec_time,
    mean_exec_time,
    max_exec_time
FROM pg_stat_statements
WHERE query LIKE '%sp_%'
ORDER BY mean_exec_time DESC;
DEALLOCATE monitoring;
DROP EXTENSION pg_stat_statements;

-- Migration: what belongs to an extension is dropped with it, not by itself.
\set VERBOSITY sqlstate
DROP PROCEDURE IF EXISTS sp_register_user;
DROP FUNCTION IF EXISTS sp_check_quota_and_create_recording;
\set VERBOSITY default

CALL t.clear();
