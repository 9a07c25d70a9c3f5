-- Written by router/generate from the API of s2t: not by hand.
-- The routines of the API with errors as values.

CREATE FUNCTION s2t_shard.s2t_ack_events(
    in_consumer text,
    in_ids uuid[],
    in_caller text[],
    OUT result integer,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(i.slot)
       FROM (SELECT DISTINCT @s2t@.s2t_slot(id) AS slot FROM unnest(in_ids) AS id WHERE id IS NOT NULL ORDER BY 1) AS i;
    result := @s2t@.s2t_ack_events(in_consumer, in_ids);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_ack_events(text, uuid[], text[])
    IS 'Twin of s2t_ack_events() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_add_consumer(
    in_name text,
    in_types text[],
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    result := @s2t@.s2t_add_consumer(in_name, in_types);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    result := @s2t@.s2t_add_credit(in_user_id, in_recordings, in_minutes, in_expires_at, in_note, in_key);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    SELECT r.usage_count, r.used_seconds INTO usage_count, used_seconds FROM @s2t@.s2t_adjust_usage(in_user_id, in_recordings, in_seconds, in_note) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    SELECT r.segment_count, r.duration_ms, r.charged_seconds, r.quota_ok, r.remaining_seconds INTO segment_count, duration_ms, charged_seconds, quota_ok, remaining_seconds FROM @s2t@.s2t_append_segments(in_recording_id, in_segments, in_duration_ms, in_lease) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_append_segments(uuid, jsonb, integer, uuid, text[])
    IS 'Twin of s2t_append_segments() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_cancel_credit(
    in_user_id uuid,
    in_credit_id uuid,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    result := @s2t@.s2t_cancel_credit(in_user_id, in_credit_id);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_cancel_credit(uuid, uuid, text[])
    IS 'Twin of s2t_cancel_credit() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_cancel_plan_change(
    in_user_id uuid,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    result := @s2t@.s2t_cancel_plan_change(in_user_id);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    SELECT r.success, r.message INTO success, message FROM @s2t@.s2t_change_user_plan(in_user_id, in_new_plan_code, in_prorate, in_at, in_key) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_change_user_plan(uuid, text, boolean, text, text, text[])
    IS 'Twin of s2t_change_user_plan() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_claim_recordings(
    in_worker text,
    in_limit integer,
    in_lease_time interval,
    in_caller text[])
RETURNS TABLE (recording_id uuid, user_id uuid, source text, language text, meta jsonb, attempt integer, lease uuid, lease_until timestamp with time zone, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    RETURN QUERY SELECT r.recording_id, r.user_id, r.source, r.language, r.meta, r.attempt, r.lease, r.lease_until, NULL::jsonb FROM @s2t@.s2t_claim_recordings(in_worker, in_limit, in_lease_time) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    SELECT r.repeated, r.segment_count, r.duration_ms, r.charged_seconds INTO repeated, segment_count, duration_ms, charged_seconds FROM @s2t@.s2t_complete_recording(in_recording_id, in_duration_ms, in_segments, in_lease) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    SELECT r.repeated, r.segment_count, r.duration_ms, r.charged_seconds INTO repeated, segment_count, duration_ms, charged_seconds FROM @s2t@.s2t_complete_recording_text(in_recording_id, in_duration_ms, in_segments, in_lease) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    SELECT r.recording_id, r.quota_ok, r.error_message, r.reason, r.remaining_recordings, r.remaining_seconds INTO recording_id, quota_ok, error_message, reason, remaining_recordings, remaining_seconds FROM @s2t@.s2t_create_recording(in_user_id, in_source, in_language, in_meta, in_expected_ms, in_key, in_priority) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_create_recording(uuid, text, text, jsonb, integer, text, integer, text[])
    IS 'Twin of s2t_create_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_delete_recording(
    in_user_id uuid,
    in_recording_id uuid,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    result := @s2t@.s2t_delete_recording(in_user_id, in_recording_id);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_delete_recording(uuid, uuid, text[])
    IS 'Twin of s2t_delete_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_discard_events(
    in_consumer text,
    in_ids uuid[],
    in_older_than interval,
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(i.slot)
       FROM (SELECT DISTINCT @s2t@.s2t_slot(id) AS slot FROM unnest(in_ids) AS id WHERE id IS NOT NULL ORDER BY 1) AS i;
    result := @s2t@.s2t_discard_events(in_consumer, in_ids, in_older_than);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_discard_events(text, uuid[], interval, text[])
    IS 'Twin of s2t_discard_events() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_doctor(
    in_repair boolean,
    in_caller text[])
RETURNS TABLE (check_name text, severity text, object text, problem text, remedy text, repaired boolean, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    RETURN QUERY SELECT r.check_name, r.severity, r.object, r.problem, r.remedy, r.repaired, NULL::jsonb FROM @s2t@.s2t_doctor(in_repair) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_doctor(boolean, text[])
    IS 'Twin of s2t_doctor() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_drop_consumer(
    in_name text,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    result := @s2t@.s2t_drop_consumer(in_name);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    SELECT r.revision, r.segment_count, r.changed, r.lost_words INTO revision, segment_count, changed, lost_words FROM @s2t@.s2t_edit_segment(in_user_id, in_recording_id, in_idx, in_text, in_start_ms, in_end_ms, in_speaker, in_revision) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_edit_segment(uuid, uuid, integer, text, integer, integer, text, integer, text[])
    IS 'Twin of s2t_edit_segment() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_event_types(
    in_caller text[])
RETURNS TABLE (result text, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    RETURN QUERY SELECT r.result, NULL::jsonb FROM @s2t@.s2t_event_types() AS r (result);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_event_types(text[])
    IS 'Twin of s2t_event_types() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_examine(
    in_caller text[])
RETURNS TABLE (check_name text, severity text, object text, problem text, remedy text, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    RETURN QUERY SELECT r.check_name, r.severity, r.object, r.problem, r.remedy, NULL::jsonb FROM @s2t@.s2t_examine() AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_examine(text[])
    IS 'Twin of s2t_examine() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_export_user(
    in_user_id uuid,
    in_caller text[])
RETURNS TABLE (kind text, data jsonb, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    RETURN QUERY SELECT r.kind, r.data, NULL::jsonb FROM @s2t@.s2t_export_user(in_user_id) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_export_user(uuid, text[])
    IS 'Twin of s2t_export_user() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_extend_lease(
    in_recording_id uuid,
    in_lease uuid,
    in_lease_time interval,
    in_caller text[],
    OUT lease_until timestamp with time zone,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    SELECT r.lease_until INTO lease_until FROM @s2t@.s2t_extend_lease(in_recording_id, in_lease, in_lease_time) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    SELECT r.repeated, r.refunded_recordings, r.refunded_seconds INTO repeated, refunded_recordings, refunded_seconds FROM @s2t@.s2t_fail_recording(in_recording_id, in_reason, in_lease) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_fail_recording(uuid, text, uuid, text[])
    IS 'Twin of s2t_fail_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_fail_stale_batch(
    in_older_than interval,
    in_batch_size integer,
    in_caller text[],
    OUT result integer,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    result := @s2t@.s2t_fail_stale_batch(in_older_than, in_batch_size);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_fail_stale_batch(interval, integer, text[])
    IS 'Twin of s2t_fail_stale_batch() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_failure_marks_lost(
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    result := @s2t@.s2t_failure_marks_lost();
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_failure_marks_lost(text[])
    IS 'Twin of s2t_failure_marks_lost() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_fold(
    in_text text,
    in_caller text[],
    OUT result text,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    result := @s2t@.s2t_fold(in_text);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_fold(text, text[])
    IS 'Twin of s2t_fold() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_get_subscription(
    in_user_id uuid,
    in_caller text[])
RETURNS TABLE (plan_code text, plan_name text, monthly_minutes integer, monthly_usage_limit integer, max_recording_minutes integer, usage_count integer, used_seconds integer, credit_recordings integer, credit_seconds integer, overage_recordings integer, overage_seconds integer, held_seconds bigint, open_credit_recordings bigint, open_credit_seconds bigint, remaining_recordings bigint, remaining_seconds bigint, alert_percents integer[], noted_recordings_percent integer, noted_minutes_percent integer, next_plan_code text, anchor_day integer, cycle_id uuid, cycle_start timestamp with time zone, cycle_end timestamp with time zone, active boolean, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    RETURN QUERY SELECT r.plan_code, r.plan_name, r.monthly_minutes, r.monthly_usage_limit, r.max_recording_minutes, r.usage_count, r.used_seconds, r.credit_recordings, r.credit_seconds, r.overage_recordings, r.overage_seconds, r.held_seconds, r.open_credit_recordings, r.open_credit_seconds, r.remaining_recordings, r.remaining_seconds, r.alert_percents, r.noted_recordings_percent, r.noted_minutes_percent, r.next_plan_code, r.anchor_day, r.cycle_id, r.cycle_start, r.cycle_end, r.active, NULL::jsonb FROM @s2t@.s2t_get_subscription(in_user_id) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    SELECT r.format, r.language, r.duration_ms, r.segment_count, r.repeated, r.charged_seconds INTO format, language, duration_ms, segment_count, repeated, charged_seconds FROM @s2t@.s2t_import_transcript(in_recording_id, in_document, in_format, in_lease) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    RETURN QUERY SELECT r.job, r.schedule, r.command, r.statement, NULL::jsonb FROM @s2t@.s2t_job_commands(in_reset_schedule, in_cleanup_schedule, in_stale_schedule, in_audit_schedule, in_retention_days, in_stale_after, in_audit_retention) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_job_commands(text, text, text, text, integer, interval, interval, text[])
    IS 'Twin of s2t_job_commands() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_matches(
    in_text text,
    in_query text,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    result := @s2t@.s2t_matches(in_text, in_query);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    SELECT r.revision, r.segment_count, r.changed, r.lost_words INTO revision, segment_count, changed, lost_words FROM @s2t@.s2t_merge_segments(in_user_id, in_recording_id, in_first, in_last, in_revision) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_merge_segments(uuid, uuid, integer, integer, integer, text[])
    IS 'Twin of s2t_merge_segments() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_parse_transcript(
    document text,
    format text,
    in_caller text[])
RETURNS TABLE (idx integer, start_ms integer, end_ms integer, text text, meta jsonb, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    RETURN QUERY SELECT r.idx, r.start_ms, r.end_ms, r.text, r.meta, NULL::jsonb FROM @s2t@.s2t_parse_transcript(document, format) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_parse_transcript(text, text, text[])
    IS 'Twin of s2t_parse_transcript() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_purge_audit_batch(
    in_older_than interval,
    in_batch_size integer,
    in_caller text[],
    OUT result integer,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    result := @s2t@.s2t_purge_audit_batch(in_older_than, in_batch_size);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_purge_audit_batch(interval, integer, text[])
    IS 'Twin of s2t_purge_audit_batch() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_purge_usage_batch(
    in_older_than interval,
    in_batch_size integer,
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    result := @s2t@.s2t_purge_usage_batch(in_older_than, in_batch_size);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    SELECT r.queued, r.error_message INTO queued, error_message FROM @s2t@.s2t_queue_recording(in_recording_id, in_priority, in_not_before) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_queue_recording(uuid, integer, timestamp with time zone, text[])
    IS 'Twin of s2t_queue_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_read_dead_events(
    in_caller text[])
RETURNS TABLE (consumer text, id uuid, type text, at timestamp with time zone, user_id uuid, recording_id uuid, data jsonb, attempt integer, dead_at timestamp with time zone, error text, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    RETURN QUERY SELECT r.consumer, r.id, r.type, r.at, r.user_id, r.recording_id, r.data, r.attempt, r.dead_at, r.error, NULL::jsonb FROM @s2t@.s2t_read_dead_events() AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_read_dead_events(text[])
    IS 'Twin of s2t_read_dead_events() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_read_event_queues(
    in_look_at integer,
    in_caller text[])
RETURNS TABLE (consumer text, types text[], waiting bigint, given bigint, put_off bigint, oldest_seconds double precision, dead bigint, created_at timestamp with time zone, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    RETURN QUERY SELECT r.consumer, r.types, r.waiting, r.given, r.put_off, r.oldest_seconds, r.dead, r.created_at, NULL::jsonb FROM @s2t@.s2t_read_event_queues(in_look_at) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_read_event_queues(integer, text[])
    IS 'Twin of s2t_read_event_queues() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_read_queue(
    in_limit integer,
    in_caller text[])
RETURNS TABLE (recording_id uuid, user_id uuid, state text, priority integer, due_at timestamp with time zone, claims integer, worker text, lease_until timestamp with time zone, created_at timestamp with time zone, error text, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    RETURN QUERY SELECT r.recording_id, r.user_id, r.state, r.priority, r.due_at, r.claims, r.worker, r.lease_until, r.created_at, r.error, NULL::jsonb FROM @s2t@.s2t_read_queue(in_limit) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(i.slot)
       FROM (SELECT DISTINCT @s2t@.s2t_slot(id) AS slot FROM unnest(in_ids) AS id WHERE id IS NOT NULL ORDER BY 1) AS i;
    result := @s2t@.s2t_release_events(in_consumer, in_ids, in_retry_after, in_error);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    SELECT r.status, r.attempts_left, r.due_at INTO status, attempts_left, due_at FROM @s2t@.s2t_release_recording(in_recording_id, in_lease, in_retry_after, in_error) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    SELECT r.revision, r.segment_count, r.changed, r.lost_words INTO revision, segment_count, changed, lost_words FROM @s2t@.s2t_rename_speaker(in_user_id, in_recording_id, in_from, in_to, in_revision) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_rename_speaker(uuid, uuid, text, text, integer, text[])
    IS 'Twin of s2t_rename_speaker() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_repair(
    in_caller text[])
RETURNS TABLE (check_name text, object text, problem text, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    RETURN QUERY SELECT r.check_name, r.object, r.problem, NULL::jsonb FROM @s2t@.s2t_repair() AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    SELECT r.repeated, r.revision, r.segment_count, r.duration_ms, r.charged_seconds INTO repeated, revision, segment_count, duration_ms, charged_seconds FROM @s2t@.s2t_replace_segments(in_user_id, in_recording_id, in_duration_ms, in_segments, in_charge) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    SELECT r.repeated, r.revision, r.segment_count, r.duration_ms, r.charged_seconds INTO repeated, revision, segment_count, duration_ms, charged_seconds FROM @s2t@.s2t_replace_transcript(in_user_id, in_recording_id, in_document, in_format, in_charge) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_replace_transcript(uuid, uuid, text, text, boolean, text[])
    IS 'Twin of s2t_replace_transcript() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_require_cron(
    in_statements text,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_require_cron(in_statements);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_require_cron(text, text[])
    IS 'Twin of s2t_require_cron() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_reset_metrics(
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_reset_metrics();
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    SELECT r.recording_id, r.quota_ok, r.error_message, r.reason, r.remaining_recordings, r.remaining_seconds INTO recording_id, quota_ok, error_message, reason, remaining_recordings, remaining_seconds FROM @s2t@.s2t_retry_recording(in_recording_id, in_expected_ms) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_retry_recording(uuid, integer, text[])
    IS 'Twin of s2t_retry_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_revive_events(
    in_consumer text,
    in_ids uuid[],
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(i.slot)
       FROM (SELECT DISTINCT @s2t@.s2t_slot(id) AS slot FROM unnest(in_ids) AS id WHERE id IS NOT NULL ORDER BY 1) AS i;
    result := @s2t@.s2t_revive_events(in_consumer, in_ids);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_revive_events(text, uuid[], text[])
    IS 'Twin of s2t_revive_events() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_rows_set_aside(
    in_caller text[],
    OUT result bigint,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    result := @s2t@.s2t_rows_set_aside();
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_rows_set_aside(text[])
    IS 'Twin of s2t_rows_set_aside() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_set_password(
    in_user_id uuid,
    in_hashed_pass text,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    result := @s2t@.s2t_set_password(in_user_id, in_hashed_pass);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_set_password(uuid, text, text[])
    IS 'Twin of s2t_set_password() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_set_status(
    in_user_id uuid,
    in_status text,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    result := @s2t@.s2t_set_status(in_user_id, in_status);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_set_status(uuid, text, text[])
    IS 'Twin of s2t_set_status() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_set_verified(
    in_user_id uuid,
    in_verified boolean,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    result := @s2t@.s2t_set_verified(in_user_id, in_verified);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_set_verified(uuid, boolean, text[])
    IS 'Twin of s2t_set_verified() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_snippet(
    in_text text,
    in_query text,
    in_caller text[],
    OUT result text,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    result := @s2t@.s2t_snippet(in_text, in_query);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    SELECT r.revision, r.segment_count, r.changed, r.lost_words INTO revision, segment_count, changed, lost_words FROM @s2t@.s2t_split_segment(in_user_id, in_recording_id, in_idx, in_at_ms, in_at_char, in_revision) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_split_segment(uuid, uuid, integer, integer, integer, integer, text[])
    IS 'Twin of s2t_split_segment() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_take_events(
    in_consumer text,
    in_limit integer,
    in_lease_time interval,
    in_caller text[])
RETURNS TABLE (id uuid, type text, at timestamp with time zone, user_id uuid, recording_id uuid, data jsonb, attempt integer, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    RETURN QUERY SELECT r.id, r.type, r.at, r.user_id, r.recording_id, r.data, r.attempt, NULL::jsonb FROM @s2t@.s2t_take_events(in_consumer, in_limit, in_lease_time) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    SELECT r.revision, r.segment_count, r.changed, r.lost_words INTO revision, segment_count, changed, lost_words FROM @s2t@.s2t_undo(in_user_id, in_recording_id, in_revision) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_undo(uuid, uuid, integer, text[])
    IS 'Twin of s2t_undo() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_update_profile(
    in_user_id uuid,
    in_name text,
    in_avatar_url text,
    in_caller text[],
    OUT result boolean,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    result := @s2t@.s2t_update_profile(in_user_id, in_name, in_avatar_url);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.s2t_update_profile(uuid, text, text, text[])
    IS 'Twin of s2t_update_profile() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.s2t_version(
    in_caller text[],
    OUT result text,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    result := @s2t@.s2t_version();
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    success := given_success;
    message := given_message;
    CALL @s2t@.sp_change_user_plan(in_user_id, in_new_plan_code, in_prorate, success, message);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    SELECT r.recording_id, r.quota_ok, r.error_message INTO recording_id, quota_ok, error_message FROM @s2t@.sp_check_quota_and_create_recording(in_user_id, in_source, in_language, in_meta) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_check_quota_and_create_recording(uuid, text, text, jsonb, text[])
    IS 'Twin of sp_check_quota_and_create_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_cleanup_old_recordings(
    in_retention_days integer,
    in_batch_size integer,
    in_caller text[],
    OUT deleted_recordings integer,
    OUT deleted_segments integer,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    SELECT r.deleted_recordings, r.deleted_segments INTO deleted_recordings, deleted_segments FROM @s2t@.sp_cleanup_old_recordings(in_retention_days, in_batch_size) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_cleanup_old_recordings(integer, integer, text[])
    IS 'Twin of sp_cleanup_old_recordings() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_complete_recording(
    in_recording_id uuid,
    in_duration_ms integer,
    in_segments jsonb,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    CALL @s2t@.sp_complete_recording(in_recording_id, in_duration_ms, in_segments);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_complete_recording(uuid, integer, jsonb, text[])
    IS 'Twin of sp_complete_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_create_search_index(
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    CALL @s2t@.sp_create_search_index();
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_create_search_index(text[])
    IS 'Twin of sp_create_search_index() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_drop_search_index(
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    CALL @s2t@.sp_drop_search_index();
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_drop_search_index(text[])
    IS 'Twin of sp_drop_search_index() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_export_transcript(
    in_recording_id uuid,
    in_format text,
    in_caller text[],
    OUT result text,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    result := @s2t@.sp_export_transcript(in_recording_id, in_format);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_export_transcript(uuid, text, text[])
    IS 'Twin of sp_export_transcript() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_fail_recording(
    in_recording_id uuid,
    in_reason text,
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    CALL @s2t@.sp_fail_recording(in_recording_id, in_reason);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_fail_recording(uuid, text, text[])
    IS 'Twin of sp_fail_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_get_chunks(
    in_user_id uuid,
    in_recording_id uuid,
    in_max_chars integer,
    in_overlap integer,
    in_caller text[])
RETURNS TABLE (chunk_index integer, start_ms integer, end_ms integer, text text, first_idx integer, last_idx integer, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    RETURN QUERY SELECT r.chunk_index, r.start_ms, r.end_ms, r.text, r.first_idx, r.last_idx, NULL::jsonb FROM @s2t@.sp_get_chunks(in_user_id, in_recording_id, in_max_chars, in_overlap) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_get_chunks(uuid, uuid, integer, integer, text[])
    IS 'Twin of sp_get_chunks() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_get_progress(
    in_user_id uuid,
    in_recording_ids uuid[],
    in_caller text[])
RETURNS TABLE (id uuid, status text, heard_ms integer, segment_count integer, charged_seconds integer, queue_state text, claims integer, active_at timestamp with time zone, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    RETURN QUERY SELECT r.id, r.status, r.heard_ms, r.segment_count, r.charged_seconds, r.queue_state, r.claims, r.active_at, NULL::jsonb FROM @s2t@.sp_get_progress(in_user_id, in_recording_ids) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_get_progress(uuid, uuid[], text[])
    IS 'Twin of sp_get_progress() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_get_recording(
    in_user_id uuid,
    in_recording_id uuid,
    in_caller text[])
RETURNS TABLE (id uuid, source text, language text, status text, duration_ms integer, segment_count integer, created_at timestamp with time zone, completed_at timestamp with time zone, error text, meta jsonb, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    RETURN QUERY SELECT r.id, r.source, r.language, r.status, r.duration_ms, r.segment_count, r.created_at, r.completed_at, r.error, r.meta, NULL::jsonb FROM @s2t@.sp_get_recording(in_user_id, in_recording_id) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_get_recording(uuid, uuid, text[])
    IS 'Twin of sp_get_recording() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_get_segments(
    in_user_id uuid,
    in_recording_id uuid,
    in_from_ms integer,
    in_limit integer,
    in_caller text[])
RETURNS TABLE (idx integer, start_ms integer, end_ms integer, text text, meta jsonb, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    RETURN QUERY SELECT r.idx, r.start_ms, r.end_ms, r.text, r.meta, NULL::jsonb FROM @s2t@.sp_get_segments(in_user_id, in_recording_id, in_from_ms, in_limit) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_get_segments(uuid, uuid, integer, integer, text[])
    IS 'Twin of sp_get_segments() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_get_subscription(
    in_user_id uuid,
    in_caller text[])
RETURNS TABLE (plan_code text, plan_name text, monthly_minutes integer, monthly_usage_limit integer, usage_count integer, used_seconds integer, remaining_recordings integer, remaining_seconds bigint, cycle_start timestamp with time zone, cycle_end timestamp with time zone, active boolean, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    RETURN QUERY SELECT r.plan_code, r.plan_name, r.monthly_minutes, r.monthly_usage_limit, r.usage_count, r.used_seconds, r.remaining_recordings, r.remaining_seconds, r.cycle_start, r.cycle_end, r.active, NULL::jsonb FROM @s2t@.sp_get_subscription(in_user_id) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    SELECT r.total_recordings, r.total_duration_minutes, r.total_segments, r.current_cycle_usage, r.current_cycle_seconds, r.quota_usage_percent, r.quota_minutes_percent INTO total_recordings, total_duration_minutes, total_segments, current_cycle_usage, current_cycle_seconds, quota_usage_percent, quota_minutes_percent FROM @s2t@.sp_get_user_stats(in_user_id) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    SELECT r.format, r.language, r.duration_ms, r.segments INTO format, language, duration_ms, segments FROM @s2t@.sp_import_transcript(in_recording_id, in_document, in_format) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    SELECT r.format, r.language, r.duration_ms, r.segments, r.replaced INTO format, language, duration_ms, segments, replaced FROM @s2t@.sp_import_transcript_bytes(in_recording_id, in_document, in_format) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_import_transcript_bytes(uuid, bytea, text, text[])
    IS 'Twin of sp_import_transcript_bytes() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_list_credits(
    in_user_id uuid,
    in_caller text[])
RETURNS TABLE (id uuid, recordings integer, seconds integer, left_recordings integer, left_seconds integer, expires_at timestamp with time zone, cancelled_at timestamp with time zone, created_at timestamp with time zone, note text, open boolean, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    RETURN QUERY SELECT r.id, r.recordings, r.seconds, r.left_recordings, r.left_seconds, r.expires_at, r.cancelled_at, r.created_at, r.note, r.open, NULL::jsonb FROM @s2t@.sp_list_credits(in_user_id) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_list_credits(uuid, text[])
    IS 'Twin of sp_list_credits() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_list_plans(
    in_caller text[])
RETURNS TABLE (code text, name text, description text, plan_type text, plan_cost integer, plan_discount integer, monthly_minutes integer, monthly_usage_limit integer, retention_days integer, is_default boolean, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    RETURN QUERY SELECT r.code, r.name, r.description, r.plan_type, r.plan_cost, r.plan_discount, r.monthly_minutes, r.monthly_usage_limit, r.retention_days, r.is_default, NULL::jsonb FROM @s2t@.sp_list_plans() AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_list_plans(text[])
    IS 'Twin of sp_list_plans() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_list_recordings(
    in_user_id uuid,
    in_limit integer,
    in_before uuid,
    in_status text,
    in_caller text[])
RETURNS TABLE (id uuid, source text, language text, status text, duration_ms integer, segment_count integer, created_at timestamp with time zone, completed_at timestamp with time zone, error text, meta jsonb, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    RETURN QUERY SELECT r.id, r.source, r.language, r.status, r.duration_ms, r.segment_count, r.created_at, r.completed_at, r.error, r.meta, NULL::jsonb FROM @s2t@.sp_list_recordings(in_user_id, in_limit, in_before, in_status) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_list_recordings(uuid, integer, uuid, text, text[])
    IS 'Twin of sp_list_recordings() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_list_revisions(
    in_user_id uuid,
    in_recording_id uuid,
    in_caller text[])
RETURNS TABLE (revision integer, kind text, at timestamp with time zone, kept_count integer, undoes integer, undone boolean, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    RETURN QUERY SELECT r.revision, r.kind, r.at, r.kept_count, r.undoes, r.undone, NULL::jsonb FROM @s2t@.sp_list_revisions(in_user_id, in_recording_id) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_list_revisions(uuid, uuid, text[])
    IS 'Twin of sp_list_revisions() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_list_usage(
    in_user_id uuid,
    in_limit integer,
    in_before uuid,
    in_caller text[])
RETURNS TABLE (id uuid, at timestamp with time zone, kind text, recordings integer, seconds integer, credit_recordings integer, credit_seconds integer, overage_recordings integer, overage_seconds integer, recording_id uuid, credit_id uuid, cycle_id uuid, note text, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    RETURN QUERY SELECT r.id, r.at, r.kind, r.recordings, r.seconds, r.credit_recordings, r.credit_seconds, r.overage_recordings, r.overage_seconds, r.recording_id, r.credit_id, r.cycle_id, r.note, NULL::jsonb FROM @s2t@.sp_list_usage(in_user_id, in_limit, in_before) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_list_usage(uuid, integer, uuid, text[])
    IS 'Twin of sp_list_usage() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_render_transcript(
    in_recording_id uuid,
    in_format text,
    in_options jsonb,
    in_caller text[],
    OUT result text,
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_recording_id)) WHERE in_recording_id IS NOT NULL;
    result := @s2t@.sp_render_transcript(in_recording_id, in_format, in_options);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_render_transcript(uuid, text, jsonb, text[])
    IS 'Twin of sp_render_transcript() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_reset_monthly_cycles(
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    CALL @s2t@.sp_reset_monthly_cycles();
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    CALL @s2t@.sp_schedule_jobs(in_reset_schedule, in_cleanup_schedule, in_stale_schedule, in_audit_schedule, in_retention_days, in_stale_after, in_audit_retention);
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_schedule_jobs(text, text, text, text, integer, interval, interval, text[])
    IS 'Twin of sp_schedule_jobs() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_search_segments(
    in_user_id uuid,
    in_query text,
    in_limit integer,
    in_caller text[])
RETURNS TABLE (recording_id uuid, idx integer, start_ms integer, end_ms integer, snippet text, s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_user_id)) WHERE in_user_id IS NOT NULL;
    RETURN QUERY SELECT r.recording_id, r.idx, r.start_ms, r.end_ms, r.snippet, NULL::jsonb FROM @s2t@.sp_search_segments(in_user_id, in_query, in_limit) AS r;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
        RETURN NEXT;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_search_segments(uuid, text, integer, text[])
    IS 'Twin of sp_search_segments() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_seed_plans(
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    CALL @s2t@.sp_seed_plans();
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_seed_plans(text[])
    IS 'Twin of sp_seed_plans() for a router, with errors as values.';

CREATE FUNCTION s2t_shard.sp_unschedule_jobs(
    in_caller text[],
    OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    CALL @s2t@.sp_unschedule_jobs();
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

COMMENT ON FUNCTION s2t_shard.sp_unschedule_jobs(text[])
    IS 'Twin of sp_unschedule_jobs() for a router, with errors as values.';
