-- ------------------------------------------------------------------------------------------------
-- Recordings: created, completed, failed, removed.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.sp_check_quota_and_create_recording(
    in_user_id uuid,
    in_source text,
    in_language text DEFAULT 'vi',
    in_meta jsonb DEFAULT '{}',
    OUT recording_id uuid,
    OUT quota_ok boolean,
    OUT error_message text)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_check_quota_and_create_recording';

REVOKE ALL ON FUNCTION @extschema@.sp_check_quota_and_create_recording(uuid, text, text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_check_quota_and_create_recording(uuid, text, text, jsonb)
    IS 'Checks the quota and creates a recording in one step free of races; a refusal is a row that says why.';

CREATE FUNCTION @extschema@.s2t_create_recording(
    in_user_id uuid,
    in_source text,
    in_language text DEFAULT 'vi',
    in_meta jsonb DEFAULT '{}',
    in_expected_ms integer DEFAULT NULL,
    in_key text DEFAULT NULL,
    in_priority integer DEFAULT NULL,
    OUT recording_id uuid,
    OUT quota_ok boolean,
    OUT error_message text,
    OUT reason text,
    OUT remaining_recordings integer,
    OUT remaining_seconds bigint)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_create_recording';

REVOKE ALL ON FUNCTION @extschema@.s2t_create_recording(uuid, text, text, jsonb, integer, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_create_recording(uuid, text, text, jsonb, integer, text, integer)
    IS 'Checks the quota and creates a recording, which holds what is announced of the minutes until it ends; safe to repeat with a key; tells why not, and what is left.';

CREATE FUNCTION @extschema@.s2t_retry_recording(
    in_recording_id uuid,
    in_expected_ms integer DEFAULT NULL,
    OUT recording_id uuid,
    OUT quota_ok boolean,
    OUT error_message text,
    OUT reason text,
    OUT remaining_recordings integer,
    OUT remaining_seconds bigint)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_retry_recording';

REVOKE ALL ON FUNCTION @extschema@.s2t_retry_recording(uuid, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_retry_recording(uuid, integer)
    IS 'Puts a failed recording into processing again, under the rules of creating one; what is charged already is not charged again.';

CREATE FUNCTION @extschema@.s2t_append_segments(
    in_recording_id uuid,
    in_segments jsonb,
    in_duration_ms integer DEFAULT NULL,
    in_lease uuid DEFAULT NULL,
    OUT segment_count integer,
    OUT duration_ms integer,
    OUT charged_seconds integer,
    OUT quota_ok boolean,
    OUT remaining_seconds bigint)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_append_segments';

REVOKE ALL ON FUNCTION @extschema@.s2t_append_segments(uuid, jsonb, integer, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_append_segments(uuid, jsonb, integer, uuid)
    IS 'Stores what has been recognised so far of a recording in processing, charges what has been heard, and tells what the recording has and whether the stream should go on; safe to repeat.';

CREATE PROCEDURE @extschema@.sp_complete_recording(
    in_recording_id uuid,
    in_duration_ms integer,
    in_segments jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_complete_recording';

REVOKE ALL ON PROCEDURE @extschema@.sp_complete_recording(uuid, integer, jsonb) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_complete_recording(uuid, integer, jsonb)
    IS 'Stores all segments of a recording, marks it done and charges its duration; safe to repeat.';

CREATE PROCEDURE @extschema@.sp_fail_recording(
    in_recording_id uuid,
    in_reason text)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_fail_recording';

REVOKE ALL ON PROCEDURE @extschema@.sp_fail_recording(uuid, text) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_fail_recording(uuid, text)
    IS 'Marks a recording as failed, with the reason: the speech engine could not do it.';

-- The same as functions, for what cannot CALL.
CREATE FUNCTION @extschema@.s2t_complete_recording(
    in_recording_id uuid,
    in_duration_ms integer,
    in_segments jsonb,
    in_lease uuid DEFAULT NULL,
    OUT repeated boolean,
    OUT segment_count integer,
    OUT duration_ms integer,
    OUT charged_seconds integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_complete_recording';

REVOKE ALL ON FUNCTION @extschema@.s2t_complete_recording(uuid, integer, jsonb, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_complete_recording(uuid, integer, jsonb, uuid)
    IS 'Does what sp_complete_recording() does, and tells whether the call was a repetition, and what the recording has.';

CREATE FUNCTION @extschema@.s2t_complete_recording_text(
    in_recording_id uuid,
    in_duration_ms integer,
    in_segments text,
    in_lease uuid DEFAULT NULL,
    OUT repeated boolean,
    OUT segment_count integer,
    OUT duration_ms integer,
    OUT charged_seconds integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_complete_recording_text';

REVOKE ALL ON FUNCTION @extschema@.s2t_complete_recording_text(uuid, integer, text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_complete_recording_text(uuid, integer, text, uuid)
    IS 'Does what s2t_complete_recording() does with the text of the array, read in one pass; what jsonb would refuse marks the recording as failed, too.';

CREATE FUNCTION @extschema@.s2t_fail_recording(
    in_recording_id uuid,
    in_reason text,
    in_lease uuid DEFAULT NULL,
    OUT repeated boolean,
    OUT refunded_recordings integer,
    OUT refunded_seconds integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_fail_recording';

REVOKE ALL ON FUNCTION @extschema@.s2t_fail_recording(uuid, text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_fail_recording(uuid, text, uuid)
    IS 'Does what sp_fail_recording() does, and tells whether it had failed already, and what was given back.';

CREATE FUNCTION @extschema@.s2t_fail_stale_batch(
    in_older_than interval,
    in_batch_size integer)
RETURNS integer
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_fail_stale_batch';

REVOKE ALL ON FUNCTION @extschema@.s2t_fail_stale_batch(interval, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_fail_stale_batch(interval, integer)
    IS 'Marks one batch of the oldest recordings that have been processing for longer than the interval as failed, and returns how many.';

CREATE PROCEDURE @extschema@.sp_fail_stale_recordings(
    in_older_than interval DEFAULT '6 hours',
    in_batch_size integer DEFAULT 1000,
    INOUT failed bigint DEFAULT 0)
LANGUAGE c
AS 'MODULE_PATHNAME', 'sp_fail_stale_recordings';

REVOKE ALL ON PROCEDURE @extschema@.sp_fail_stale_recordings(interval, integer, bigint) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_fail_stale_recordings(interval, integer, bigint)
    IS 'Marks every recording that has been processing for longer than the interval as failed, with a commit after each batch.';

CREATE FUNCTION @extschema@.sp_cleanup_old_recordings(
    in_retention_days integer DEFAULT 90,
    in_batch_size integer DEFAULT 1000,
    OUT deleted_recordings integer,
    OUT deleted_segments integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_cleanup_old_recordings';

REVOKE ALL ON FUNCTION @extschema@.sp_cleanup_old_recordings(integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_cleanup_old_recordings(integer, integer)
    IS 'Deletes one batch of the oldest recordings that are past their retention, done or failed, with their segments; (0, 0) means nothing is left.';

CREATE PROCEDURE @extschema@.sp_purge_old_recordings(
    in_retention_days integer DEFAULT 90,
    in_batch_size integer DEFAULT 1000,
    INOUT deleted_recordings bigint DEFAULT 0,
    INOUT deleted_segments bigint DEFAULT 0)
LANGUAGE c
AS 'MODULE_PATHNAME', 'sp_purge_old_recordings';

REVOKE ALL ON PROCEDURE @extschema@.sp_purge_old_recordings(integer, integer, bigint, bigint) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_purge_old_recordings(integer, integer, bigint, bigint)
    IS 'Repeats sp_cleanup_old_recordings() with a commit after each batch until nothing is left.';

CREATE FUNCTION @extschema@.s2t_delete_recording(
    in_user_id uuid,
    in_recording_id uuid)
RETURNS boolean
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_delete_recording';

REVOKE ALL ON FUNCTION @extschema@.s2t_delete_recording(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_delete_recording(uuid, uuid)
    IS 'Deletes a recording of the user with its transcript; true if there was one. What it was charged stays charged.';
