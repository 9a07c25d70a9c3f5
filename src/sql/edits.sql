-- ------------------------------------------------------------------------------------------------
-- Transcripts that people work on: edits, and what they replaced.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_edit_segment(
    in_user_id uuid,
    in_recording_id uuid,
    in_idx integer,
    in_text text DEFAULT NULL,
    in_start_ms integer DEFAULT NULL,
    in_end_ms integer DEFAULT NULL,
    in_speaker text DEFAULT NULL,
    in_revision integer DEFAULT NULL,
    OUT revision integer,
    OUT segment_count integer,
    OUT changed integer,
    OUT lost_words integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_edit_segment';

REVOKE ALL ON FUNCTION @extschema@.s2t_edit_segment(uuid, uuid, integer, text, integer, integer, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_edit_segment(uuid, uuid, integer, text, integer, integer, text, integer)
    IS 'Corrects the text, the times or the speaker of a segment of a completed recording; NULL leaves a value as it is. What was before is kept as a revision.';

CREATE FUNCTION @extschema@.s2t_rename_speaker(
    in_user_id uuid,
    in_recording_id uuid,
    in_from text,
    in_to text,
    in_revision integer DEFAULT NULL,
    OUT revision integer,
    OUT segment_count integer,
    OUT changed integer,
    OUT lost_words integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_rename_speaker';

REVOKE ALL ON FUNCTION @extschema@.s2t_rename_speaker(uuid, uuid, text, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_rename_speaker(uuid, uuid, text, text, integer)
    IS 'Gives a speaker of a completed recording another name, in its segments and their words.';

CREATE FUNCTION @extschema@.s2t_split_segment(
    in_user_id uuid,
    in_recording_id uuid,
    in_idx integer,
    in_at_ms integer DEFAULT NULL,
    in_at_char integer DEFAULT NULL,
    in_revision integer DEFAULT NULL,
    OUT revision integer,
    OUT segment_count integer,
    OUT changed integer,
    OUT lost_words integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_split_segment';

REVOKE ALL ON FUNCTION @extschema@.s2t_split_segment(uuid, uuid, integer, integer, integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_split_segment(uuid, uuid, integer, integer, integer, integer)
    IS 'Cuts a segment of a completed recording in two, at a time, after so many characters, or both; its words follow, and the segments behind it move up by one.';

CREATE FUNCTION @extschema@.s2t_merge_segments(
    in_user_id uuid,
    in_recording_id uuid,
    in_first integer,
    in_last integer,
    in_revision integer DEFAULT NULL,
    OUT revision integer,
    OUT segment_count integer,
    OUT changed integer,
    OUT lost_words integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_merge_segments';

REVOKE ALL ON FUNCTION @extschema@.s2t_merge_segments(uuid, uuid, integer, integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_merge_segments(uuid, uuid, integer, integer, integer)
    IS 'Puts segments of a completed recording together, from the first to the last; those behind them move down.';

CREATE FUNCTION @extschema@.s2t_undo(
    in_user_id uuid,
    in_recording_id uuid,
    in_revision integer DEFAULT NULL,
    OUT revision integer,
    OUT segment_count integer,
    OUT changed integer,
    OUT lost_words integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_undo';

REVOKE ALL ON FUNCTION @extschema@.s2t_undo(uuid, uuid, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_undo(uuid, uuid, integer)
    IS 'Takes the last edit of a transcript back that was not taken back yet; an undo is a revision of its own.';

CREATE FUNCTION @extschema@.s2t_replace_segments(
    in_user_id uuid,
    in_recording_id uuid,
    in_duration_ms integer,
    in_segments jsonb,
    in_charge boolean DEFAULT false,
    OUT repeated boolean,
    OUT revision integer,
    OUT segment_count integer,
    OUT duration_ms integer,
    OUT charged_seconds integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_replace_segments';

REVOKE ALL ON FUNCTION @extschema@.s2t_replace_segments(uuid, uuid, integer, jsonb, boolean) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_replace_segments(uuid, uuid, integer, jsonb, boolean)
    IS 'Puts a better transcript in the place of that of a completed recording, which is kept as a revision; charges what it is longer than what was charged, if asked to; safe to repeat.';

CREATE FUNCTION @extschema@.s2t_replace_transcript(
    in_user_id uuid,
    in_recording_id uuid,
    in_document text,
    in_format text DEFAULT 'auto',
    in_charge boolean DEFAULT false,
    OUT repeated boolean,
    OUT revision integer,
    OUT segment_count integer,
    OUT duration_ms integer,
    OUT charged_seconds integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_replace_transcript';

REVOKE ALL ON FUNCTION @extschema@.s2t_replace_transcript(uuid, uuid, text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_replace_transcript(uuid, uuid, text, text, boolean)
    IS 's2t_replace_segments with the output of a speech engine.';

CREATE FUNCTION @extschema@.sp_list_revisions(
    in_user_id uuid,
    in_recording_id uuid)
RETURNS TABLE (revision integer, kind text, at timestamptz, kept_count integer, undoes integer, undone boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN
    IF in_user_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_user_id');
    ELSIF in_recording_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_recording_id');
    END IF;

    RETURN QUERY
    SELECT v.revision, v.kind::text, v.at, v.kept_count, v.undoes, u.revision IS NOT NULL
      FROM @extschema@.recordings AS r
      JOIN @extschema@.segment_revisions AS v ON v.recording_id = r.id
      LEFT JOIN @extschema@.segment_revisions AS u ON u.recording_id = r.id AND u.item = 0 AND u.undoes = v.revision
     WHERE r.id = in_recording_id
       AND r.user_id = in_user_id
       AND v.item = 0
     ORDER BY v.revision DESC;

    IF NOT FOUND THEN
        PERFORM @extschema@.s2t_require_seen('{recordings,segment_revisions}');
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_list_revisions(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_list_revisions(uuid, uuid)
    IS 'The edits of a transcript, the last one first, for its owner; its revision is the highest number, 0 without any.';
