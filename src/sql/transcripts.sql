-- ------------------------------------------------------------------------------------------------
-- Transcripts of speech engines in, text and subtitles out.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.sp_import_transcript(
    in_recording_id uuid,
    in_document text,
    in_format text DEFAULT 'auto',
    OUT format text,
    OUT language text,
    OUT duration_ms integer,
    OUT segments integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_import_transcript';

REVOKE ALL ON FUNCTION @extschema@.sp_import_transcript(uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_import_transcript(uuid, text, text)
    IS 'Completes a recording, as sp_complete_recording does, with the output of a speech engine; tells the format it was read as, and what is in it.';

CREATE FUNCTION @extschema@.sp_import_transcript_bytes(
    in_recording_id uuid,
    in_document bytea,
    in_format text DEFAULT 'auto',
    OUT format text,
    OUT language text,
    OUT duration_ms integer,
    OUT segments integer,
    OUT replaced bigint)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_import_transcript_bytes';

REVOKE ALL ON FUNCTION @extschema@.sp_import_transcript_bytes(uuid, bytea, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_import_transcript_bytes(uuid, bytea, text)
    IS 'sp_import_transcript for a document that may not be proper UTF-8: replaces what is not by U+FFFD, and tells how often.';

CREATE FUNCTION @extschema@.s2t_import_transcript(
    in_recording_id uuid,
    in_document text,
    in_format text DEFAULT 'auto',
    in_lease uuid DEFAULT NULL,
    OUT format text,
    OUT language text,
    OUT duration_ms integer,
    OUT segment_count integer,
    OUT repeated boolean,
    OUT charged_seconds integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_import_transcript';

REVOKE ALL ON FUNCTION @extschema@.s2t_import_transcript(uuid, text, text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_import_transcript(uuid, text, text, uuid)
    IS 'Does what sp_import_transcript() does for the worker that holds the lease, and tells whether the call was a repetition, and what was charged.';

CREATE FUNCTION @extschema@.s2t_parse_transcript(
    document text,
    format text DEFAULT 'auto')
RETURNS TABLE (idx integer, start_ms integer, end_ms integer, text text, meta jsonb)
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 's2t_parse_transcript';

REVOKE ALL ON FUNCTION @extschema@.s2t_parse_transcript(text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_parse_transcript(text, text)
    IS 'The segments that sp_import_transcript would store of a document.';

CREATE FUNCTION @extschema@.sp_export_transcript(
    in_recording_id uuid,
    in_format text DEFAULT 'txt')
RETURNS text
LANGUAGE c STABLE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_export_transcript';

REVOKE ALL ON FUNCTION @extschema@.sp_export_transcript(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_export_transcript(uuid, text)
    IS 'The transcript of a completed recording as a file: txt, srt, vtt, json, tsv, csv, md or ttml.';

CREATE FUNCTION @extschema@.sp_render_transcript(
    in_recording_id uuid,
    in_format text,
    in_options jsonb DEFAULT '{}')
RETURNS text
LANGUAGE c STABLE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_render_transcript';

REVOKE ALL ON FUNCTION @extschema@.sp_render_transcript(uuid, text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_render_transcript(uuid, text, jsonb)
    IS 'sp_export_transcript with options of the format: speakers, times, words; unknown ones are errors.';

CREATE FUNCTION @extschema@.sp_get_chunks(
    in_user_id uuid,
    in_recording_id uuid,
    in_max_chars integer DEFAULT 1000,
    in_overlap integer DEFAULT 0)
RETURNS TABLE (chunk_index integer, start_ms integer, end_ms integer, text text, first_idx integer, last_idx integer)
LANGUAGE c STABLE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_get_chunks';

REVOKE ALL ON FUNCTION @extschema@.sp_get_chunks(uuid, uuid, integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_chunks(uuid, uuid, integer, integer)
    IS 'The transcript of a recording in pieces for embedding and retrieval, for its owner: at ends of sentences and turns of speakers, of at most so many characters; no row for anybody else.';
