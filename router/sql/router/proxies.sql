-- Written by router/generate from the API of s2t: not by hand.
-- The twins of a server, called by PL/Proxy.

CREATE FUNCTION s2t_router.s2t_ack_events(
    in_shard integer,
    in_consumer text,
    in_ids uuid[],
    in_caller text[],
    OUT result integer,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_ack_events(in_consumer, in_ids, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_ack_events(integer, text, uuid[], text[])
    IS 'Calls the twin of s2t_ack_events() on a server.';

CREATE FUNCTION s2t_router.s2t_add_consumer(
    in_shard integer,
    in_name text,
    in_types text[],
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_add_consumer(in_name, in_types, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_add_consumer(integer, text, text[], text[])
    IS 'Calls the twin of s2t_add_consumer() on a server.';

CREATE FUNCTION s2t_router.s2t_claim_recordings(
    in_shard integer,
    in_worker text,
    in_limit integer,
    in_lease_time interval,
    in_caller text[])
RETURNS TABLE (recording_id uuid, user_id uuid, source text, language text, meta jsonb, attempt integer, lease uuid, lease_until timestamp with time zone, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_claim_recordings(in_worker, in_limit, in_lease_time, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_claim_recordings(integer, text, integer, interval, text[])
    IS 'Calls the twin of s2t_claim_recordings() on a server.';

CREATE FUNCTION s2t_router.s2t_discard_events(
    in_shard integer,
    in_consumer text,
    in_ids uuid[],
    in_older_than interval,
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_discard_events(in_consumer, in_ids, in_older_than, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_discard_events(integer, text, uuid[], interval, text[])
    IS 'Calls the twin of s2t_discard_events() on a server.';

CREATE FUNCTION s2t_router.s2t_doctor(
    in_shard integer,
    in_repair boolean,
    in_caller text[])
RETURNS TABLE (check_name text, severity text, object text, problem text, remedy text, repaired boolean, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_doctor(in_repair, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_doctor(integer, boolean, text[])
    IS 'Calls the twin of s2t_doctor() on a server.';

CREATE FUNCTION s2t_router.s2t_drop_consumer(
    in_shard integer,
    in_name text,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_drop_consumer(in_name, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_drop_consumer(integer, text, text[])
    IS 'Calls the twin of s2t_drop_consumer() on a server.';

CREATE FUNCTION s2t_router.s2t_event_types(
    in_shard integer,
    in_caller text[])
RETURNS TABLE (result text, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_event_types(in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_event_types(integer, text[])
    IS 'Calls the twin of s2t_event_types() on a server.';

CREATE FUNCTION s2t_router.s2t_examine(
    in_shard integer,
    in_caller text[])
RETURNS TABLE (check_name text, severity text, object text, problem text, remedy text, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_examine(in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_examine(integer, text[])
    IS 'Calls the twin of s2t_examine() on a server.';

CREATE FUNCTION s2t_router.s2t_export_user(
    in_shard integer,
    in_user_id uuid,
    in_caller text[])
RETURNS TABLE (kind text, data jsonb, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_export_user(in_user_id, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_export_user(integer, uuid, text[])
    IS 'Calls the twin of s2t_export_user() on a server.';

CREATE FUNCTION s2t_router.s2t_fail_stale_batch(
    in_shard integer,
    in_older_than interval,
    in_batch_size integer,
    in_caller text[],
    OUT result integer,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_fail_stale_batch(in_older_than, in_batch_size, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_fail_stale_batch(integer, interval, integer, text[])
    IS 'Calls the twin of s2t_fail_stale_batch() on a server.';

CREATE FUNCTION s2t_router.s2t_failure_marks_lost(
    in_shard integer,
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_failure_marks_lost(in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_failure_marks_lost(integer, text[])
    IS 'Calls the twin of s2t_failure_marks_lost() on a server.';

CREATE FUNCTION s2t_router.s2t_fold(
    in_shard integer,
    in_text text,
    in_caller text[],
    OUT result text,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_fold(in_text, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_fold(integer, text, text[])
    IS 'Calls the twin of s2t_fold() on a server.';

CREATE FUNCTION s2t_router.s2t_get_subscription(
    in_shard integer,
    in_user_id uuid,
    in_caller text[])
RETURNS TABLE (plan_code text, plan_name text, monthly_minutes integer, monthly_usage_limit integer, max_recording_minutes integer, usage_count integer, used_seconds integer, credit_recordings integer, credit_seconds integer, overage_recordings integer, overage_seconds integer, held_seconds bigint, open_credit_recordings bigint, open_credit_seconds bigint, remaining_recordings bigint, remaining_seconds bigint, alert_percents integer[], noted_recordings_percent integer, noted_minutes_percent integer, next_plan_code text, anchor_day integer, cycle_id uuid, cycle_start timestamp with time zone, cycle_end timestamp with time zone, active boolean, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_get_subscription(in_user_id, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_get_subscription(integer, uuid, text[])
    IS 'Calls the twin of s2t_get_subscription() on a server.';

CREATE FUNCTION s2t_router.s2t_job_commands(
    in_shard integer,
    in_reset_schedule text,
    in_cleanup_schedule text,
    in_stale_schedule text,
    in_audit_schedule text,
    in_retention_days integer,
    in_stale_after interval,
    in_audit_retention interval,
    in_caller text[])
RETURNS TABLE (job text, schedule text, command text, statement text, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_job_commands(in_reset_schedule, in_cleanup_schedule, in_stale_schedule, in_audit_schedule, in_retention_days, in_stale_after, in_audit_retention, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_job_commands(integer, text, text, text, text, integer, interval, interval, text[])
    IS 'Calls the twin of s2t_job_commands() on a server.';

CREATE FUNCTION s2t_router.s2t_matches(
    in_shard integer,
    in_text text,
    in_query text,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_matches(in_text, in_query, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_matches(integer, text, text, text[])
    IS 'Calls the twin of s2t_matches() on a server.';

CREATE FUNCTION s2t_router.s2t_parse_transcript(
    in_shard integer,
    document text,
    format text,
    in_caller text[])
RETURNS TABLE (idx integer, start_ms integer, end_ms integer, text text, meta jsonb, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_parse_transcript(document, format, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_parse_transcript(integer, text, text, text[])
    IS 'Calls the twin of s2t_parse_transcript() on a server.';

CREATE FUNCTION s2t_router.s2t_purge_audit_batch(
    in_shard integer,
    in_older_than interval,
    in_batch_size integer,
    in_caller text[],
    OUT result integer,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_purge_audit_batch(in_older_than, in_batch_size, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_purge_audit_batch(integer, interval, integer, text[])
    IS 'Calls the twin of s2t_purge_audit_batch() on a server.';

CREATE FUNCTION s2t_router.s2t_purge_usage_batch(
    in_shard integer,
    in_older_than interval,
    in_batch_size integer,
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_purge_usage_batch(in_older_than, in_batch_size, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_purge_usage_batch(integer, interval, integer, text[])
    IS 'Calls the twin of s2t_purge_usage_batch() on a server.';

CREATE FUNCTION s2t_router.s2t_read_dead_events(
    in_shard integer,
    in_caller text[])
RETURNS TABLE (consumer text, id uuid, type text, at timestamp with time zone, user_id uuid, recording_id uuid, data jsonb, attempt integer, dead_at timestamp with time zone, error text, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_read_dead_events(in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_read_dead_events(integer, text[])
    IS 'Calls the twin of s2t_read_dead_events() on a server.';

CREATE FUNCTION s2t_router.s2t_read_event_queues(
    in_shard integer,
    in_look_at integer,
    in_caller text[])
RETURNS TABLE (consumer text, types text[], waiting bigint, given bigint, put_off bigint, oldest_seconds double precision, dead bigint, created_at timestamp with time zone, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_read_event_queues(in_look_at, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_read_event_queues(integer, integer, text[])
    IS 'Calls the twin of s2t_read_event_queues() on a server.';

CREATE FUNCTION s2t_router.s2t_read_queue(
    in_shard integer,
    in_limit integer,
    in_caller text[])
RETURNS TABLE (recording_id uuid, user_id uuid, state text, priority integer, due_at timestamp with time zone, claims integer, worker text, lease_until timestamp with time zone, created_at timestamp with time zone, error text, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_read_queue(in_limit, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_read_queue(integer, integer, text[])
    IS 'Calls the twin of s2t_read_queue() on a server.';

CREATE FUNCTION s2t_router.s2t_release_events(
    in_shard integer,
    in_consumer text,
    in_ids uuid[],
    in_retry_after interval,
    in_error text,
    in_caller text[],
    OUT result integer,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_release_events(in_consumer, in_ids, in_retry_after, in_error, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_release_events(integer, text, uuid[], interval, text, text[])
    IS 'Calls the twin of s2t_release_events() on a server.';

CREATE FUNCTION s2t_router.s2t_repair(
    in_shard integer,
    in_caller text[])
RETURNS TABLE (check_name text, object text, problem text, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_repair(in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_repair(integer, text[])
    IS 'Calls the twin of s2t_repair() on a server.';

CREATE FUNCTION s2t_router.s2t_require_cron(
    in_shard integer,
    in_statements text,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_require_cron(in_statements, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_require_cron(integer, text, text[])
    IS 'Calls the twin of s2t_require_cron() on a server.';

CREATE FUNCTION s2t_router.s2t_reset_metrics(
    in_shard integer,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_reset_metrics(in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_reset_metrics(integer, text[])
    IS 'Calls the twin of s2t_reset_metrics() on a server.';

CREATE FUNCTION s2t_router.s2t_revive_events(
    in_shard integer,
    in_consumer text,
    in_ids uuid[],
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_revive_events(in_consumer, in_ids, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_revive_events(integer, text, uuid[], text[])
    IS 'Calls the twin of s2t_revive_events() on a server.';

CREATE FUNCTION s2t_router.s2t_rows_set_aside(
    in_shard integer,
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_rows_set_aside(in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_rows_set_aside(integer, text[])
    IS 'Calls the twin of s2t_rows_set_aside() on a server.';

CREATE FUNCTION s2t_router.s2t_snippet(
    in_shard integer,
    in_text text,
    in_query text,
    in_caller text[],
    OUT result text,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_snippet(in_text, in_query, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_snippet(integer, text, text, text[])
    IS 'Calls the twin of s2t_snippet() on a server.';

CREATE FUNCTION s2t_router.s2t_take_events(
    in_shard integer,
    in_consumer text,
    in_limit integer,
    in_lease_time interval,
    in_caller text[])
RETURNS TABLE (id uuid, type text, at timestamp with time zone, user_id uuid, recording_id uuid, data jsonb, attempt integer, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_take_events(in_consumer, in_limit, in_lease_time, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_take_events(integer, text, integer, interval, text[])
    IS 'Calls the twin of s2t_take_events() on a server.';

CREATE FUNCTION s2t_router.s2t_version(
    in_shard integer,
    in_caller text[],
    OUT result text,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.s2t_version(in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.s2t_version(integer, text[])
    IS 'Calls the twin of s2t_version() on a server.';

CREATE FUNCTION s2t_router.sp_cleanup_old_recordings(
    in_shard integer,
    in_retention_days integer,
    in_batch_size integer,
    in_caller text[],
    OUT deleted_recordings integer,
    OUT deleted_segments integer,
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_cleanup_old_recordings(in_retention_days, in_batch_size, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_cleanup_old_recordings(integer, integer, integer, text[])
    IS 'Calls the twin of sp_cleanup_old_recordings() on a server.';

CREATE FUNCTION s2t_router.sp_create_search_index(
    in_shard integer,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_create_search_index(in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_create_search_index(integer, text[])
    IS 'Calls the twin of sp_create_search_index() on a server.';

CREATE FUNCTION s2t_router.sp_drop_search_index(
    in_shard integer,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_drop_search_index(in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_drop_search_index(integer, text[])
    IS 'Calls the twin of sp_drop_search_index() on a server.';

CREATE FUNCTION s2t_router.sp_get_chunks(
    in_shard integer,
    in_user_id uuid,
    in_recording_id uuid,
    in_max_chars integer,
    in_overlap integer,
    in_caller text[])
RETURNS TABLE (chunk_index integer, start_ms integer, end_ms integer, text text, first_idx integer, last_idx integer, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_get_chunks(in_user_id, in_recording_id, in_max_chars, in_overlap, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_get_chunks(integer, uuid, uuid, integer, integer, text[])
    IS 'Calls the twin of sp_get_chunks() on a server.';

CREATE FUNCTION s2t_router.sp_get_progress(
    in_shard integer,
    in_user_id uuid,
    in_recording_ids uuid[],
    in_caller text[])
RETURNS TABLE (id uuid, status text, heard_ms integer, segment_count integer, charged_seconds integer, queue_state text, claims integer, active_at timestamp with time zone, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_get_progress(in_user_id, in_recording_ids, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_get_progress(integer, uuid, uuid[], text[])
    IS 'Calls the twin of sp_get_progress() on a server.';

CREATE FUNCTION s2t_router.sp_get_recording(
    in_shard integer,
    in_user_id uuid,
    in_recording_id uuid,
    in_caller text[])
RETURNS TABLE (id uuid, source text, language text, status text, duration_ms integer, segment_count integer, created_at timestamp with time zone, completed_at timestamp with time zone, error text, meta jsonb, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_get_recording(in_user_id, in_recording_id, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_get_recording(integer, uuid, uuid, text[])
    IS 'Calls the twin of sp_get_recording() on a server.';

CREATE FUNCTION s2t_router.sp_get_segments(
    in_shard integer,
    in_user_id uuid,
    in_recording_id uuid,
    in_from_ms integer,
    in_limit integer,
    in_caller text[])
RETURNS TABLE (idx integer, start_ms integer, end_ms integer, text text, meta jsonb, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_get_segments(in_user_id, in_recording_id, in_from_ms, in_limit, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_get_segments(integer, uuid, uuid, integer, integer, text[])
    IS 'Calls the twin of sp_get_segments() on a server.';

CREATE FUNCTION s2t_router.sp_get_subscription(
    in_shard integer,
    in_user_id uuid,
    in_caller text[])
RETURNS TABLE (plan_code text, plan_name text, monthly_minutes integer, monthly_usage_limit integer, usage_count integer, used_seconds integer, remaining_recordings integer, remaining_seconds bigint, cycle_start timestamp with time zone, cycle_end timestamp with time zone, active boolean, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_get_subscription(in_user_id, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_get_subscription(integer, uuid, text[])
    IS 'Calls the twin of sp_get_subscription() on a server.';

CREATE FUNCTION s2t_router.sp_list_credits(
    in_shard integer,
    in_user_id uuid,
    in_caller text[])
RETURNS TABLE (id uuid, recordings integer, seconds integer, left_recordings integer, left_seconds integer, expires_at timestamp with time zone, cancelled_at timestamp with time zone, created_at timestamp with time zone, note text, open boolean, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_list_credits(in_user_id, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_list_credits(integer, uuid, text[])
    IS 'Calls the twin of sp_list_credits() on a server.';

CREATE FUNCTION s2t_router.sp_list_plans(
    in_shard integer,
    in_caller text[])
RETURNS TABLE (code text, name text, description text, plan_type text, plan_cost integer, plan_discount integer, monthly_minutes integer, monthly_usage_limit integer, retention_days integer, is_default boolean, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_list_plans(in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_list_plans(integer, text[])
    IS 'Calls the twin of sp_list_plans() on a server.';

CREATE FUNCTION s2t_router.sp_list_recordings(
    in_shard integer,
    in_user_id uuid,
    in_limit integer,
    in_before uuid,
    in_status text,
    in_caller text[])
RETURNS TABLE (id uuid, source text, language text, status text, duration_ms integer, segment_count integer, created_at timestamp with time zone, completed_at timestamp with time zone, error text, meta jsonb, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_list_recordings(in_user_id, in_limit, in_before, in_status, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_list_recordings(integer, uuid, integer, uuid, text, text[])
    IS 'Calls the twin of sp_list_recordings() on a server.';

CREATE FUNCTION s2t_router.sp_list_revisions(
    in_shard integer,
    in_user_id uuid,
    in_recording_id uuid,
    in_caller text[])
RETURNS TABLE (revision integer, kind text, at timestamp with time zone, kept_count integer, undoes integer, undone boolean, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_list_revisions(in_user_id, in_recording_id, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_list_revisions(integer, uuid, uuid, text[])
    IS 'Calls the twin of sp_list_revisions() on a server.';

CREATE FUNCTION s2t_router.sp_list_usage(
    in_shard integer,
    in_user_id uuid,
    in_limit integer,
    in_before uuid,
    in_caller text[])
RETURNS TABLE (id uuid, at timestamp with time zone, kind text, recordings integer, seconds integer, credit_recordings integer, credit_seconds integer, overage_recordings integer, overage_seconds integer, recording_id uuid, credit_id uuid, cycle_id uuid, note text, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_list_usage(in_user_id, in_limit, in_before, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_list_usage(integer, uuid, integer, uuid, text[])
    IS 'Calls the twin of sp_list_usage() on a server.';

CREATE FUNCTION s2t_router.sp_reset_monthly_cycles(
    in_shard integer,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_reset_monthly_cycles(in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_reset_monthly_cycles(integer, text[])
    IS 'Calls the twin of sp_reset_monthly_cycles() on a server.';

CREATE FUNCTION s2t_router.sp_schedule_jobs(
    in_shard integer,
    in_reset_schedule text,
    in_cleanup_schedule text,
    in_stale_schedule text,
    in_audit_schedule text,
    in_retention_days integer,
    in_stale_after interval,
    in_audit_retention interval,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_schedule_jobs(in_reset_schedule, in_cleanup_schedule, in_stale_schedule, in_audit_schedule, in_retention_days, in_stale_after, in_audit_retention, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_schedule_jobs(integer, text, text, text, text, integer, interval, interval, text[])
    IS 'Calls the twin of sp_schedule_jobs() on a server.';

CREATE FUNCTION s2t_router.sp_search_segments(
    in_shard integer,
    in_user_id uuid,
    in_query text,
    in_limit integer,
    in_caller text[])
RETURNS TABLE (recording_id uuid, idx integer, start_ms integer, end_ms integer, snippet text, s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_search_segments(in_user_id, in_query, in_limit, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_search_segments(integer, uuid, text, integer, text[])
    IS 'Calls the twin of sp_search_segments() on a server.';

CREATE FUNCTION s2t_router.sp_seed_plans(
    in_shard integer,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_seed_plans(in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_seed_plans(integer, text[])
    IS 'Calls the twin of sp_seed_plans() on a server.';

CREATE FUNCTION s2t_router.sp_unschedule_jobs(
    in_shard integer,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.sp_unschedule_jobs(in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.sp_unschedule_jobs(integer, text[])
    IS 'Calls the twin of sp_unschedule_jobs() on a server.';
