-- Stress: definitions that change under the calls.  The life of an account, whose figures
-- afterwards are known exactly: three recordings, 61 + 2 + 1 seconds, five segments.
-- Nothing of it may fail, but a read that has waited for a table being rewritten, which is to be repeated.
SELECT quote_literal(s2t_register_user(format('u%s@example.com', n), format('u%s', n), 'hash', 'U', 'ENTERPRISE')) AS user FROM nextval('names') AS n \gset
SELECT quote_literal(recording_id) AS first, 1 / quota_ok::int AS yes FROM sp_check_quota_and_create_recording(:user, 'upload') \gset
CALL sp_complete_recording(:first, 61000, '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "x"}, {"idx": 1, "start_ms": 1, "end_ms": 2, "text": "y"}, {"idx": 2, "start_ms": 2, "end_ms": 3, "text": "z"}]');
SELECT quote_literal(recording_id) AS second, 1 / quota_ok::int AS yes FROM s2t_create_recording(:user, 'upload', in_expected_ms => 5000) \gset
SELECT 1 / (segment_count = 1 AND charged_seconds = 1)::int AS yes FROM s2t_append_segments(:second, '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "gone"}]', 1000) \gset
CALL sp_fail_recording(:second, 'engine');
SELECT 1 / quota_ok::int AS yes FROM s2t_retry_recording(:second) \gset
SELECT 1 / (segment_count = 0)::int AS yes FROM s2t_append_segments(:second, '[]') \gset
CALL sp_complete_recording(:second, 1500, '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "x"}]');
CALL sp_change_user_plan(:user, 'PREMIUM', true);
SELECT quote_literal(recording_id) AS third, 1 / quota_ok::int AS yes FROM sp_check_quota_and_create_recording(:user, 'live') \gset
SELECT 1 / (segments = 1)::int AS yes FROM sp_import_transcript(:third, '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "needle"}]') \gset
SELECT 1 / s2t_set_verified(:user, true)::int AS yes, 1 / s2t_set_password(:user, 'other')::int AS yes_too \gset
SELECT 1 / s2t_update_profile(:user, 'Other')::int AS yes \gset
SELECT 1 / (total_recordings = 3 AND total_segments = 5)::int AS yes FROM sp_get_user_stats(:user) \gset
SELECT 1 / (sp_export_transcript(:third) LIKE '%needle%')::int AS yes \gset
SELECT 1 / (ddl_ask(format('SELECT count(*) FROM sp_search_segments(%L, %L)', :user, 'needle')) = '1')::int AS yes \gset
CALL sp_reset_monthly_cycles();
CALL sp_fail_stale_recordings();
SELECT count(*) AS cleaned FROM sp_cleanup_old_recordings(90, 10) \gset
CALL sp_purge_old_recordings(90, 10);
CALL sp_purge_audit_log();
SELECT s2t_ack_events('taken', coalesce(array_agg(id), '{}')) >= 0 AS taken FROM s2t_take_events('taken', 10) \gset
