-- Written by router/generate from the API of s2t: not by hand.
-- The routines of the API with errors as values.

CREATE FUNCTION s2t_shard.s2t_ack_events(
    in_consumer text,
    in_ids uuid[],
    in_caller text[],
    OUT result integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_ack_events(text, uuid[], text[])
    IS 'Twin of s2t_ack_events() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_add_consumer(
    in_name text,
    in_types text[],
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_add_consumer(text, text[], text[])
    IS 'Twin of s2t_add_consumer() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_add_credit(
    in_user_id uuid,
    in_recordings integer,
    in_minutes integer,
    in_expires_at timestamp with time zone,
    in_note text,
    in_key text,
    in_caller text[],
    OUT result uuid,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_add_credit(uuid, integer, integer, timestamp with time zone, text, text, text[])
    IS 'Twin of s2t_add_credit() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_adjust_usage(
    in_user_id uuid,
    in_recordings integer,
    in_seconds integer,
    in_note text,
    in_caller text[],
    OUT usage_count integer,
    OUT used_seconds integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_adjust_usage(uuid, integer, integer, text, text[])
    IS 'Twin of s2t_adjust_usage() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_append_segments(
    in_recording_id uuid,
    in_segments jsonb,
    in_duration_ms integer,
    in_lease uuid,
    in_caller text[],
    OUT segment_count integer,
    OUT duration_ms integer,
    OUT charged_seconds integer,
    OUT quota_ok boolean,
    OUT remaining_seconds bigint,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_append_segments(uuid, jsonb, integer, uuid, text[])
    IS 'Twin of s2t_append_segments() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_cancel_credit(
    in_user_id uuid,
    in_credit_id uuid,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_cancel_credit(uuid, uuid, text[])
    IS 'Twin of s2t_cancel_credit() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_cancel_plan_change(
    in_user_id uuid,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_cancel_plan_change(uuid, text[])
    IS 'Twin of s2t_cancel_plan_change() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_change_user_plan(
    in_user_id uuid,
    in_new_plan_code text,
    in_prorate boolean,
    in_at text,
    in_key text,
    in_caller text[],
    OUT success boolean,
    OUT message text,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_change_user_plan(uuid, text, boolean, text, text, text[])
    IS 'Twin of s2t_change_user_plan() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_claim_recordings(
    in_worker text,
    in_limit integer,
    in_lease_time interval,
    in_caller text[])
RETURNS TABLE (recording_id uuid, user_id uuid, source text, language text, meta jsonb, attempt integer, lease uuid, lease_until timestamp with time zone, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_claim_recordings(text, integer, interval, text[])
    IS 'Twin of s2t_claim_recordings() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_complete_recording(
    in_recording_id uuid,
    in_duration_ms integer,
    in_segments jsonb,
    in_lease uuid,
    in_caller text[],
    OUT repeated boolean,
    OUT segment_count integer,
    OUT duration_ms integer,
    OUT charged_seconds integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_complete_recording(uuid, integer, jsonb, uuid, text[])
    IS 'Twin of s2t_complete_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_complete_recording_text(
    in_recording_id uuid,
    in_duration_ms integer,
    in_segments text,
    in_lease uuid,
    in_caller text[],
    OUT repeated boolean,
    OUT segment_count integer,
    OUT duration_ms integer,
    OUT charged_seconds integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_complete_recording_text(uuid, integer, text, uuid, text[])
    IS 'Twin of s2t_complete_recording_text() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_create_recording(
    in_user_id uuid,
    in_source text,
    in_language text,
    in_meta jsonb,
    in_expected_ms integer,
    in_key text,
    in_priority integer,
    in_caller text[],
    OUT recording_id uuid,
    OUT quota_ok boolean,
    OUT error_message text,
    OUT reason text,
    OUT remaining_recordings integer,
    OUT remaining_seconds bigint,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_create_recording(uuid, text, text, jsonb, integer, text, integer, text[])
    IS 'Twin of s2t_create_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_delete_recording(
    in_user_id uuid,
    in_recording_id uuid,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_delete_recording(uuid, uuid, text[])
    IS 'Twin of s2t_delete_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_discard_events(
    in_consumer text,
    in_ids uuid[],
    in_older_than interval,
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_discard_events(text, uuid[], interval, text[])
    IS 'Twin of s2t_discard_events() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_doctor(
    in_repair boolean,
    in_caller text[])
RETURNS TABLE (check_name text, severity text, object text, problem text, remedy text, repaired boolean, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_doctor(boolean, text[])
    IS 'Twin of s2t_doctor() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_drop_consumer(
    in_name text,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_drop_consumer(text, text[])
    IS 'Twin of s2t_drop_consumer() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_edit_segment(
    in_user_id uuid,
    in_recording_id uuid,
    in_idx integer,
    in_text text,
    in_start_ms integer,
    in_end_ms integer,
    in_speaker text,
    in_revision integer,
    in_caller text[],
    OUT revision integer,
    OUT segment_count integer,
    OUT changed integer,
    OUT lost_words integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_edit_segment(uuid, uuid, integer, text, integer, integer, text, integer, text[])
    IS 'Twin of s2t_edit_segment() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_event_types(
    in_caller text[])
RETURNS TABLE (result text, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_event_types(text[])
    IS 'Twin of s2t_event_types() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_examine(
    in_caller text[])
RETURNS TABLE (check_name text, severity text, object text, problem text, remedy text, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_examine(text[])
    IS 'Twin of s2t_examine() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_export_user(
    in_user_id uuid,
    in_caller text[])
RETURNS TABLE (kind text, data jsonb, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_export_user(uuid, text[])
    IS 'Twin of s2t_export_user() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_extend_lease(
    in_recording_id uuid,
    in_lease uuid,
    in_lease_time interval,
    in_caller text[],
    OUT lease_until timestamp with time zone,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_extend_lease(uuid, uuid, interval, text[])
    IS 'Twin of s2t_extend_lease() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_fail_recording(
    in_recording_id uuid,
    in_reason text,
    in_lease uuid,
    in_caller text[],
    OUT repeated boolean,
    OUT refunded_recordings integer,
    OUT refunded_seconds integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_fail_recording(uuid, text, uuid, text[])
    IS 'Twin of s2t_fail_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_fail_stale_batch(
    in_older_than interval,
    in_batch_size integer,
    in_caller text[],
    OUT result integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_fail_stale_batch(interval, integer, text[])
    IS 'Twin of s2t_fail_stale_batch() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_failure_marks_lost(
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_failure_marks_lost(text[])
    IS 'Twin of s2t_failure_marks_lost() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_fold(
    in_text text,
    in_caller text[],
    OUT result text,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_fold(text, text[])
    IS 'Twin of s2t_fold() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_get_subscription(
    in_user_id uuid,
    in_caller text[])
RETURNS TABLE (plan_code text, plan_name text, monthly_minutes integer, monthly_usage_limit integer, max_recording_minutes integer, usage_count integer, used_seconds integer, credit_recordings integer, credit_seconds integer, overage_recordings integer, overage_seconds integer, held_seconds bigint, open_credit_recordings bigint, open_credit_seconds bigint, remaining_recordings bigint, remaining_seconds bigint, alert_percents integer[], noted_recordings_percent integer, noted_minutes_percent integer, next_plan_code text, anchor_day integer, cycle_id uuid, cycle_start timestamp with time zone, cycle_end timestamp with time zone, active boolean, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_get_subscription(uuid, text[])
    IS 'Twin of s2t_get_subscription() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_import_transcript(
    in_recording_id uuid,
    in_document text,
    in_format text,
    in_lease uuid,
    in_caller text[],
    OUT format text,
    OUT language text,
    OUT duration_ms integer,
    OUT segment_count integer,
    OUT repeated boolean,
    OUT charged_seconds integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_import_transcript(uuid, text, text, uuid, text[])
    IS 'Twin of s2t_import_transcript() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_job_commands(
    in_reset_schedule text,
    in_cleanup_schedule text,
    in_stale_schedule text,
    in_audit_schedule text,
    in_retention_days integer,
    in_stale_after interval,
    in_audit_retention interval,
    in_caller text[])
RETURNS TABLE (job text, schedule text, command text, statement text, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_job_commands(text, text, text, text, integer, interval, interval, text[])
    IS 'Twin of s2t_job_commands() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_matches(
    in_text text,
    in_query text,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_matches(text, text, text[])
    IS 'Twin of s2t_matches() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_merge_segments(
    in_user_id uuid,
    in_recording_id uuid,
    in_first integer,
    in_last integer,
    in_revision integer,
    in_caller text[],
    OUT revision integer,
    OUT segment_count integer,
    OUT changed integer,
    OUT lost_words integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_merge_segments(uuid, uuid, integer, integer, integer, text[])
    IS 'Twin of s2t_merge_segments() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_parse_transcript(
    document text,
    format text,
    in_caller text[])
RETURNS TABLE (idx integer, start_ms integer, end_ms integer, text text, meta jsonb, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_parse_transcript(text, text, text[])
    IS 'Twin of s2t_parse_transcript() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_purge_audit_batch(
    in_older_than interval,
    in_batch_size integer,
    in_caller text[],
    OUT result integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_purge_audit_batch(interval, integer, text[])
    IS 'Twin of s2t_purge_audit_batch() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_purge_usage_batch(
    in_older_than interval,
    in_batch_size integer,
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_purge_usage_batch(interval, integer, text[])
    IS 'Twin of s2t_purge_usage_batch() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_queue_recording(
    in_recording_id uuid,
    in_priority integer,
    in_not_before timestamp with time zone,
    in_caller text[],
    OUT queued boolean,
    OUT error_message text,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_queue_recording(uuid, integer, timestamp with time zone, text[])
    IS 'Twin of s2t_queue_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_read_dead_events(
    in_caller text[])
RETURNS TABLE (consumer text, id uuid, type text, at timestamp with time zone, user_id uuid, recording_id uuid, data jsonb, attempt integer, dead_at timestamp with time zone, error text, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_read_dead_events(text[])
    IS 'Twin of s2t_read_dead_events() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_read_event_queues(
    in_look_at integer,
    in_caller text[])
RETURNS TABLE (consumer text, types text[], waiting bigint, given bigint, put_off bigint, oldest_seconds double precision, dead bigint, created_at timestamp with time zone, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_read_event_queues(integer, text[])
    IS 'Twin of s2t_read_event_queues() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_read_queue(
    in_limit integer,
    in_caller text[])
RETURNS TABLE (recording_id uuid, user_id uuid, state text, priority integer, due_at timestamp with time zone, claims integer, worker text, lease_until timestamp with time zone, created_at timestamp with time zone, error text, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_read_queue(integer, text[])
    IS 'Twin of s2t_read_queue() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_release_events(
    in_consumer text,
    in_ids uuid[],
    in_retry_after interval,
    in_error text,
    in_caller text[],
    OUT result integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_release_events(text, uuid[], interval, text, text[])
    IS 'Twin of s2t_release_events() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_release_recording(
    in_recording_id uuid,
    in_lease uuid,
    in_retry_after interval,
    in_error text,
    in_caller text[],
    OUT status text,
    OUT attempts_left integer,
    OUT due_at timestamp with time zone,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_release_recording(uuid, uuid, interval, text, text[])
    IS 'Twin of s2t_release_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_rename_speaker(
    in_user_id uuid,
    in_recording_id uuid,
    in_from text,
    in_to text,
    in_revision integer,
    in_caller text[],
    OUT revision integer,
    OUT segment_count integer,
    OUT changed integer,
    OUT lost_words integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_rename_speaker(uuid, uuid, text, text, integer, text[])
    IS 'Twin of s2t_rename_speaker() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_repair(
    in_caller text[])
RETURNS TABLE (check_name text, object text, problem text, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_repair(text[])
    IS 'Twin of s2t_repair() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_replace_segments(
    in_user_id uuid,
    in_recording_id uuid,
    in_duration_ms integer,
    in_segments jsonb,
    in_charge boolean,
    in_caller text[],
    OUT repeated boolean,
    OUT revision integer,
    OUT segment_count integer,
    OUT duration_ms integer,
    OUT charged_seconds integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_replace_segments(uuid, uuid, integer, jsonb, boolean, text[])
    IS 'Twin of s2t_replace_segments() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_replace_transcript(
    in_user_id uuid,
    in_recording_id uuid,
    in_document text,
    in_format text,
    in_charge boolean,
    in_caller text[],
    OUT repeated boolean,
    OUT revision integer,
    OUT segment_count integer,
    OUT duration_ms integer,
    OUT charged_seconds integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_replace_transcript(uuid, uuid, text, text, boolean, text[])
    IS 'Twin of s2t_replace_transcript() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_require_cron(
    in_statements text,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_require_cron(text, text[])
    IS 'Twin of s2t_require_cron() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_reset_metrics(
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_reset_metrics(text[])
    IS 'Twin of s2t_reset_metrics() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_retry_recording(
    in_recording_id uuid,
    in_expected_ms integer,
    in_caller text[],
    OUT recording_id uuid,
    OUT quota_ok boolean,
    OUT error_message text,
    OUT reason text,
    OUT remaining_recordings integer,
    OUT remaining_seconds bigint,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_retry_recording(uuid, integer, text[])
    IS 'Twin of s2t_retry_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_revive_events(
    in_consumer text,
    in_ids uuid[],
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_revive_events(text, uuid[], text[])
    IS 'Twin of s2t_revive_events() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_rows_set_aside(
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_rows_set_aside(text[])
    IS 'Twin of s2t_rows_set_aside() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_set_password(
    in_user_id uuid,
    in_hashed_pass text,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_set_password(uuid, text, text[])
    IS 'Twin of s2t_set_password() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_set_status(
    in_user_id uuid,
    in_status text,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_set_status(uuid, text, text[])
    IS 'Twin of s2t_set_status() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_set_verified(
    in_user_id uuid,
    in_verified boolean,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_set_verified(uuid, boolean, text[])
    IS 'Twin of s2t_set_verified() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_snippet(
    in_text text,
    in_query text,
    in_caller text[],
    OUT result text,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_snippet(text, text, text[])
    IS 'Twin of s2t_snippet() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_split_segment(
    in_user_id uuid,
    in_recording_id uuid,
    in_idx integer,
    in_at_ms integer,
    in_at_char integer,
    in_revision integer,
    in_caller text[],
    OUT revision integer,
    OUT segment_count integer,
    OUT changed integer,
    OUT lost_words integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_split_segment(uuid, uuid, integer, integer, integer, integer, text[])
    IS 'Twin of s2t_split_segment() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_take_events(
    in_consumer text,
    in_limit integer,
    in_lease_time interval,
    in_caller text[])
RETURNS TABLE (id uuid, type text, at timestamp with time zone, user_id uuid, recording_id uuid, data jsonb, attempt integer, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_take_events(text, integer, interval, text[])
    IS 'Twin of s2t_take_events() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_undo(
    in_user_id uuid,
    in_recording_id uuid,
    in_revision integer,
    in_caller text[],
    OUT revision integer,
    OUT segment_count integer,
    OUT changed integer,
    OUT lost_words integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_undo(uuid, uuid, integer, text[])
    IS 'Twin of s2t_undo() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_update_profile(
    in_user_id uuid,
    in_name text,
    in_avatar_url text,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_update_profile(uuid, text, text, text[])
    IS 'Twin of s2t_update_profile() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_version(
    in_caller text[],
    OUT result text,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.s2t_version(text[])
    IS 'Twin of s2t_version() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_change_user_plan(
    in_user_id uuid,
    in_new_plan_code text,
    in_prorate boolean,
    given_success boolean,
    given_message text,
    in_caller text[],
    OUT success boolean,
    OUT message text,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_change_user_plan(uuid, text, boolean, boolean, text, text[])
    IS 'Twin of sp_change_user_plan() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_check_quota_and_create_recording(
    in_user_id uuid,
    in_source text,
    in_language text,
    in_meta jsonb,
    in_caller text[],
    OUT recording_id uuid,
    OUT quota_ok boolean,
    OUT error_message text,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_check_quota_and_create_recording(uuid, text, text, jsonb, text[])
    IS 'Twin of sp_check_quota_and_create_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_cleanup_old_recordings(
    in_retention_days integer,
    in_batch_size integer,
    in_caller text[],
    OUT deleted_recordings integer,
    OUT deleted_segments integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_cleanup_old_recordings(integer, integer, text[])
    IS 'Twin of sp_cleanup_old_recordings() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_complete_recording(
    in_recording_id uuid,
    in_duration_ms integer,
    in_segments jsonb,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_complete_recording(uuid, integer, jsonb, text[])
    IS 'Twin of sp_complete_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_create_search_index(
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_create_search_index(text[])
    IS 'Twin of sp_create_search_index() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_drop_search_index(
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_drop_search_index(text[])
    IS 'Twin of sp_drop_search_index() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_export_transcript(
    in_recording_id uuid,
    in_format text,
    in_caller text[],
    OUT result text,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_export_transcript(uuid, text, text[])
    IS 'Twin of sp_export_transcript() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_fail_recording(
    in_recording_id uuid,
    in_reason text,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_fail_recording(uuid, text, text[])
    IS 'Twin of sp_fail_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_get_chunks(
    in_user_id uuid,
    in_recording_id uuid,
    in_max_chars integer,
    in_overlap integer,
    in_caller text[])
RETURNS TABLE (chunk_index integer, start_ms integer, end_ms integer, text text, first_idx integer, last_idx integer, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_get_chunks(uuid, uuid, integer, integer, text[])
    IS 'Twin of sp_get_chunks() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_get_progress(
    in_user_id uuid,
    in_recording_ids uuid[],
    in_caller text[])
RETURNS TABLE (id uuid, status text, heard_ms integer, segment_count integer, charged_seconds integer, queue_state text, claims integer, active_at timestamp with time zone, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_get_progress(uuid, uuid[], text[])
    IS 'Twin of sp_get_progress() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_get_recording(
    in_user_id uuid,
    in_recording_id uuid,
    in_caller text[])
RETURNS TABLE (id uuid, source text, language text, status text, duration_ms integer, segment_count integer, created_at timestamp with time zone, completed_at timestamp with time zone, error text, meta jsonb, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_get_recording(uuid, uuid, text[])
    IS 'Twin of sp_get_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_get_segments(
    in_user_id uuid,
    in_recording_id uuid,
    in_from_ms integer,
    in_limit integer,
    in_caller text[])
RETURNS TABLE (idx integer, start_ms integer, end_ms integer, text text, meta jsonb, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_get_segments(uuid, uuid, integer, integer, text[])
    IS 'Twin of sp_get_segments() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_get_subscription(
    in_user_id uuid,
    in_caller text[])
RETURNS TABLE (plan_code text, plan_name text, monthly_minutes integer, monthly_usage_limit integer, usage_count integer, used_seconds integer, remaining_recordings integer, remaining_seconds bigint, cycle_start timestamp with time zone, cycle_end timestamp with time zone, active boolean, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_get_subscription(uuid, text[])
    IS 'Twin of sp_get_subscription() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_get_user_stats(
    in_user_id uuid,
    in_caller text[],
    OUT total_recordings bigint,
    OUT total_duration_minutes numeric,
    OUT total_segments bigint,
    OUT current_cycle_usage integer,
    OUT current_cycle_seconds integer,
    OUT quota_usage_percent numeric,
    OUT quota_minutes_percent numeric,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_get_user_stats(uuid, text[])
    IS 'Twin of sp_get_user_stats() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_import_transcript(
    in_recording_id uuid,
    in_document text,
    in_format text,
    in_caller text[],
    OUT format text,
    OUT language text,
    OUT duration_ms integer,
    OUT segments integer,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_import_transcript(uuid, text, text, text[])
    IS 'Twin of sp_import_transcript() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_import_transcript_bytes(
    in_recording_id uuid,
    in_document bytea,
    in_format text,
    in_caller text[],
    OUT format text,
    OUT language text,
    OUT duration_ms integer,
    OUT segments integer,
    OUT replaced bigint,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_import_transcript_bytes(uuid, bytea, text, text[])
    IS 'Twin of sp_import_transcript_bytes() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_list_credits(
    in_user_id uuid,
    in_caller text[])
RETURNS TABLE (id uuid, recordings integer, seconds integer, left_recordings integer, left_seconds integer, expires_at timestamp with time zone, cancelled_at timestamp with time zone, created_at timestamp with time zone, note text, open boolean, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_list_credits(uuid, text[])
    IS 'Twin of sp_list_credits() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_list_plans(
    in_caller text[])
RETURNS TABLE (code text, name text, description text, plan_type text, plan_cost integer, plan_discount integer, monthly_minutes integer, monthly_usage_limit integer, retention_days integer, is_default boolean, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_list_plans(text[])
    IS 'Twin of sp_list_plans() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_list_recordings(
    in_user_id uuid,
    in_limit integer,
    in_before uuid,
    in_status text,
    in_caller text[])
RETURNS TABLE (id uuid, source text, language text, status text, duration_ms integer, segment_count integer, created_at timestamp with time zone, completed_at timestamp with time zone, error text, meta jsonb, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_list_recordings(uuid, integer, uuid, text, text[])
    IS 'Twin of sp_list_recordings() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_list_revisions(
    in_user_id uuid,
    in_recording_id uuid,
    in_caller text[])
RETURNS TABLE (revision integer, kind text, at timestamp with time zone, kept_count integer, undoes integer, undone boolean, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_list_revisions(uuid, uuid, text[])
    IS 'Twin of sp_list_revisions() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_list_usage(
    in_user_id uuid,
    in_limit integer,
    in_before uuid,
    in_caller text[])
RETURNS TABLE (id uuid, at timestamp with time zone, kind text, recordings integer, seconds integer, credit_recordings integer, credit_seconds integer, overage_recordings integer, overage_seconds integer, recording_id uuid, credit_id uuid, cycle_id uuid, note text, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_list_usage(uuid, integer, uuid, text[])
    IS 'Twin of sp_list_usage() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_render_transcript(
    in_recording_id uuid,
    in_format text,
    in_options jsonb,
    in_caller text[],
    OUT result text,
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_render_transcript(uuid, text, jsonb, text[])
    IS 'Twin of sp_render_transcript() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_reset_monthly_cycles(
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_reset_monthly_cycles(text[])
    IS 'Twin of sp_reset_monthly_cycles() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_schedule_jobs(
    in_reset_schedule text,
    in_cleanup_schedule text,
    in_stale_schedule text,
    in_audit_schedule text,
    in_retention_days integer,
    in_stale_after interval,
    in_audit_retention interval,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_schedule_jobs(text, text, text, text, integer, interval, interval, text[])
    IS 'Twin of sp_schedule_jobs() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_search_segments(
    in_user_id uuid,
    in_query text,
    in_limit integer,
    in_caller text[])
RETURNS TABLE (recording_id uuid, idx integer, start_ms integer, end_ms integer, snippet text, s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_search_segments(uuid, text, integer, text[])
    IS 'Twin of sp_search_segments() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_seed_plans(
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_seed_plans(text[])
    IS 'Twin of sp_seed_plans() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_unschedule_jobs(
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_twin';

COMMENT ON FUNCTION s2t_shard.sp_unschedule_jobs(text[])
    IS 'Twin of sp_unschedule_jobs() for a router, with errors as values.';
