-- ------------------------------------------------------------------------------------------------
-- Searching what was said.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_fold(in_text text)
RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 's2t_fold';

REVOKE ALL ON FUNCTION @extschema@.s2t_fold(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_fold(text)
    IS 'The text without case and diacritics, as searching compares it; depends on no setting and no dictionary, so that indexes can use it.';

CREATE FUNCTION @extschema@.s2t_matches(in_text text, in_query text)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 's2t_matches';

REVOKE ALL ON FUNCTION @extschema@.s2t_matches(text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_matches(text, text)
    IS 'Whether a text has everything that a search query asks for.';

CREATE FUNCTION @extschema@.s2t_snippet(in_text text, in_query text)
RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 's2t_snippet';

REVOKE ALL ON FUNCTION @extschema@.s2t_snippet(text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_snippet(text, text)
    IS 'The text, or the piece of a long one around the first occurrence, with what a search query asks for between <b> and </b>; nothing is escaped.';

CREATE FUNCTION @extschema@.s2t_search_terms(in_recording_id uuid, in_text text)
RETURNS tsvector
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 500
AS 'MODULE_PATHNAME', 's2t_search_terms';

REVOKE ALL ON FUNCTION @extschema@.s2t_search_terms(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_search_terms(uuid, text)
    IS 'What the search index holds of a segment: its words, folded, each after the slot of the recording.';

CREATE FUNCTION @extschema@.s2t_search_condition(in_slot integer, in_query text)
RETURNS tsquery
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 's2t_search_condition';

REVOKE ALL ON FUNCTION @extschema@.s2t_search_condition(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_search_condition(integer, text)
    IS 'What a search query asks of the search index, for the recordings of one slot.';

-- The search index multiplies what it costs to store segments: only who needs it makes it.
CREATE PROCEDURE @extschema@.sp_create_search_index()
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'the search index needs a database in UTF8'
              USING ERRCODE = 'feature_not_supported',
                    DETAIL = format('The encoding of this database is %s.', current_setting('server_encoding')),
                    HINT = 'Searching works without the index.';
    END IF;
    IF to_regclass('@extschema@.segments_search_idx') IS NOT NULL THEN
        RAISE NOTICE 'search index exists already, nothing changed';
        RETURN;
    END IF;

    CREATE INDEX segments_search_idx ON @extschema@.segments
        USING gin (@extschema@.s2t_search_terms(recording_id, text));
    COMMENT ON INDEX @extschema@.segments_search_idx
        IS 'For sp_search_segments(); made by sp_create_search_index().';
END
$function$;

REVOKE ALL ON PROCEDURE @extschema@.sp_create_search_index() FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_create_search_index()
    IS 'Makes the index that sp_search_segments() uses for users with more than 200 recordings; for the owner of the tables, who waits while writing of segments is locked out.';

CREATE PROCEDURE @extschema@.sp_drop_search_index()
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF to_regclass('@extschema@.segments_search_idx') IS NULL THEN
        RAISE NOTICE 'there is no search index, nothing changed';
        RETURN;
    END IF;
    DROP INDEX @extschema@.segments_search_idx;
END
$function$;

REVOKE ALL ON PROCEDURE @extschema@.sp_drop_search_index() FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_drop_search_index()
    IS 'Removes the search index; searching goes on without it.';

CREATE FUNCTION @extschema@.sp_search_segments(
    in_user_id uuid,
    in_query text,
    in_limit integer DEFAULT 20)
RETURNS TABLE (recording_id uuid, idx integer, start_ms integer, end_ms integer, snippet text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
    -- What is left to the search index, if there is one: this recording and those before it.
    horizon      uuid;
    condition    tsquery;
    found_so_far bigint;
BEGIN
    IF in_user_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_user_id');
    ELSIF in_query IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_query');
    ELSIF in_limit IS NULL OR in_limit NOT BETWEEN 1 AND 1000 THEN
        PERFORM @extschema@.s2t_raise_limit(in_limit);
    END IF;
    PERFORM @extschema@.s2t_require_seen('{recordings,segments}');
    -- Complains about the query, also where there is nothing to search.
    PERFORM @extschema@.s2t_matches('', in_query);

    -- The newest 200 recordings are read in any case: what is said often is found in them sooner
    -- than by an index.
    IF EXISTS (SELECT FROM pg_index AS i
                WHERE i.indexrelid = to_regclass('@extschema@.segments_search_idx') AND i.indisvalid) THEN
        SELECT r.id INTO horizon
          FROM @extschema@.recordings AS r
         WHERE r.user_id = in_user_id
         ORDER BY r.id DESC
        OFFSET 200 LIMIT 1;
        IF horizon IS NOT NULL THEN
            -- Recordings made by the procedures have the slot of their user; of others there may be
            -- any number, and then the index is of no use.
            SELECT CASE WHEN count(*) <= 8
                        THEN string_agg('(' || nullif(@extschema@.s2t_search_condition(d.slot, in_query)::text, '') || ')', ' | ')::tsquery END
              INTO condition
              FROM (SELECT DISTINCT @extschema@.s2t_slot(r.id) AS slot
                      FROM @extschema@.recordings AS r
                     WHERE r.user_id = in_user_id AND r.id <= horizon) AS d;
        END IF;
    END IF;

    -- Backwards through the user's history, one recording after the other, until there is enough.
    RETURN QUERY
    SELECT r.id, s.idx, s.start_ms, s.end_ms, @extschema@.s2t_snippet(s.text, in_query)
      FROM (SELECT o.id
              FROM @extschema@.recordings AS o
             WHERE o.user_id = in_user_id
               AND (condition IS NULL OR o.id > horizon)
             ORDER BY o.id DESC
            OFFSET 0) AS r
     CROSS JOIN LATERAL (
               SELECT t.idx, t.start_ms, t.end_ms, t.text::text AS text
                 FROM @extschema@.segments AS t
                WHERE t.recording_id = r.id
                  AND @extschema@.s2t_matches(t.text, in_query)
                ORDER BY t.idx
               OFFSET 0) AS s
     ORDER BY r.id DESC, s.idx
     LIMIT in_limit;

    IF condition IS NOT NULL THEN
        GET DIAGNOSTICS found_so_far = ROW_COUNT;
        RETURN QUERY
        WITH hit AS MATERIALIZED (
            SELECT t.recording_id, t.idx, t.start_ms, t.end_ms, t.text::text AS text
              FROM @extschema@.segments AS t
             WHERE @extschema@.s2t_search_terms(t.recording_id, t.text) @@ condition
               AND found_so_far < in_limit
        )
        SELECT h.recording_id, h.idx, h.start_ms, h.end_ms, @extschema@.s2t_snippet(h.text, in_query)
          FROM hit AS h
          JOIN @extschema@.recordings AS r ON r.id = h.recording_id
         WHERE r.user_id = in_user_id
           AND r.id <= horizon
           AND @extschema@.s2t_matches(h.text, in_query)
         ORDER BY h.recording_id DESC, h.idx
         LIMIT in_limit - found_so_far;
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_search_segments(uuid, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_search_segments(uuid, text, integer)
    IS 'The segments of a user in which every word of the query occurs, with or without diacritics and in any case of letters, the newest recordings first.';
