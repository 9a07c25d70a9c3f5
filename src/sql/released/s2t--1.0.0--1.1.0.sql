/* s2t--1.0.0--1.1.0.sql
 *
 * Transcripts in and out, reads for applications, jobs, rights, audit, metrics, and failures that
 * outlive a rollback.
 */

\echo Use "ALTER EXTENSION s2t UPDATE TO '1.1.0'" to load this file. \quit


-- ------------------------------------------------------------------------------------------------
-- Tables: what s2t_install() makes beyond version 1.0.0
-- ------------------------------------------------------------------------------------------------

ALTER FUNCTION @extschema@.s2t_wanted_tables() RENAME TO s2t_wanted_tables_1_0;
ALTER FUNCTION @extschema@.s2t_wanted_columns() RENAME TO s2t_wanted_columns_1_0;
ALTER FUNCTION @extschema@.s2t_wanted_constraints() RENAME TO s2t_wanted_constraints_1_0;

CREATE FUNCTION @extschema@.s2t_wanted_tables()
RETURNS TABLE (tab text, storage text, remark text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT * FROM @extschema@.s2t_wanted_tables_1_0()
    UNION ALL
    VALUES
    ('audit_log', '', 'Who did what to accounts and recordings, when and from where.')
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_wanted_tables() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_wanted_tables()
    IS 'The tables of the extension, in the order of their creation; read by s2t_install().';

CREATE FUNCTION @extschema@.s2t_wanted_columns()
RETURNS TABLE (tab text, col text, type text, required boolean, preset text, remark text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT * FROM @extschema@.s2t_wanted_columns_1_0()
    UNION ALL
    VALUES
    ('audit_log', 'id',               'uuid',        true,  (SELECT w.preset FROM @extschema@.s2t_wanted_columns_1_0() AS w WHERE w.tab = 'users' AND w.col = 'id'),
                                                                     'Version 7 UUID: in the order of time.'),
    ('audit_log', 'at',               'timestamptz', true,  'now()', 'When it happened.'),
    ('audit_log', 'session_role',     'text',        true,  NULL,    'Role that the session logged in as.'),
    ('audit_log', 'effective_role',   'text',        true,  NULL,    'Role in force when the procedure was called.'),
    ('audit_log', 'client_addr',      'inet',        false, NULL,    'Address of the client; NULL for a local socket or a background worker.'),
    ('audit_log', 'application_name', 'text',        false, NULL,    'application_name of the session.'),
    ('audit_log', 'procedure_name',   'text',        true,  NULL,    'Procedure that did it.'),
    ('audit_log', 'user_id',          'uuid',        false, NULL,    'User it was done to.'),
    ('audit_log', 'recording_id',     'uuid',        false, NULL,    'Recording it was done to.'),
    ('audit_log', 'outcome',          'text',        true,  NULL,    'done, refused or failed.'),
    ('audit_log', 'detail',           'text',        false, NULL,    'What exactly; never a password hash or the text of a transcript.')
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_wanted_columns() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_wanted_columns()
    IS 'The columns of the tables, in order, with type, default and whether they must not be null; read by s2t_install().';

CREATE FUNCTION @extschema@.s2t_wanted_constraints()
RETURNS TABLE (tab text, name text, kind text, cols text, rest text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT * FROM @extschema@.s2t_wanted_constraints_1_0()
    UNION ALL
    VALUES
    ('recordings', 'recordings_processing_created_at_idx', 'index', 'created_at', 'status = ''processing'''),
    ('audit_log',  'audit_log_pkey',                       'key',   'id',         NULL),
    ('audit_log',  'audit_log_outcome_check',              'check', 'outcome',    'outcome IN (''done'', ''refused'', ''failed'')')
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_wanted_constraints() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_wanted_constraints()
    IS 'The keys, foreign keys, checks and indexes of the tables, in the order of their creation; read by s2t_install().';


-- ------------------------------------------------------------------------------------------------
-- Transcripts
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
    IS 'The transcript of a completed recording as a file: txt, srt, vtt, json, tsv or csv.';



-- ------------------------------------------------------------------------------------------------
-- Reads
-- ------------------------------------------------------------------------------------------------

-- What applications read. A user sees what is theirs and nothing else; an id that is not known or
-- belongs to somebody else gives no row. No procedure reads more than the user's own rows: the ids
-- grow with time, so that the index of recordings by user and id is the user's history in order.
-- Their statements are planned once in a session, for any user: there is one good plan for each.

CREATE FUNCTION @extschema@.s2t_raise_null(in_argument text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION 'argument must not be null'
          USING ERRCODE = 'invalid_parameter_value',
                DETAIL = format('Argument %s is null.', in_argument);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_raise_null(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_raise_null(text)
    IS 'Raises the error of the read functions for an argument that is NULL.';

CREATE FUNCTION @extschema@.s2t_raise_limit(in_limit integer)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF in_limit IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_limit');
    END IF;
    RAISE EXCEPTION 'invalid limit'
          USING ERRCODE = 'invalid_parameter_value',
                DETAIL = format('Argument in_limit is %s; %s.', in_limit,
                                CASE WHEN in_limit < 1 THEN 'at least 1 is expected' ELSE 'at most 1000 is allowed' END);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_raise_limit(integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_raise_limit(integer)
    IS 'Raises the error of the read functions for a number of rows that is NULL, below 1 or above 1000.';

CREATE FUNCTION @extschema@.s2t_cycle_now(
    in_cycle_end timestamptz,
    OUT ended boolean,
    OUT rolls_over boolean,
    OUT month_start timestamptz,
    OUT month_end timestamptz)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 's2t_cycle_now';

REVOKE ALL ON FUNCTION @extschema@.s2t_cycle_now(timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_cycle_now(timestamptz)
    IS 'Whether a cycle of this end is over, whether the next call of a procedure rolls it over, and the current month as the procedures see it.';

CREATE FUNCTION @extschema@.sp_get_login(in_email_or_user_name text)
RETURNS TABLE (id uuid, password_hash text, status text, role text, verified boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
    -- As sp_register_user() trims them.
    login CONSTANT text := lower(btrim(in_email_or_user_name, E' \t\n\x0B\f\r'));
BEGIN
    IF login IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_email_or_user_name');
    ELSIF login = '' THEN
        RAISE EXCEPTION 'invalid e-mail address or user name'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = 'Argument in_email_or_user_name is blank.';
    END IF;

    -- The address first: somebody else may have taken it for a user name.
    RETURN QUERY
    SELECT u.id, u.password_hash::text, u.status::text, u.role::text, u.verified
      FROM @extschema@.users AS u
     WHERE lower(u.email) = login;

    IF NOT FOUND THEN
        RETURN QUERY
        SELECT u.id, u.password_hash::text, u.status::text, u.role::text, u.verified
          FROM @extschema@.users AS u
         WHERE lower(u.user_name) = login;
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_login(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_login(text)
    IS 'What a service needs to check a password: the user of this e-mail address or, failing that, user name, in any case of letters; no row if there is none.';

CREATE FUNCTION @extschema@.sp_get_subscription(in_user_id uuid)
RETURNS TABLE (
    plan_code text,
    plan_name text,
    monthly_minutes integer,
    monthly_usage_limit integer,
    usage_count integer,
    used_seconds integer,
    remaining_recordings integer,
    remaining_seconds bigint,
    cycle_start timestamptz,
    cycle_end timestamptz,
    active boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN
    IF in_user_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_user_id');
    END IF;

    -- A cycle that the next call will roll over reads as if that had been done: nothing used in the
    -- current month, and the default plan in place of one that is no longer active.
    RETURN QUERY
    SELECT p.code::text, p.name::text, p.monthly_minutes, p.monthly_usage_limit, c.usage_count, c.used_seconds,
           CASE WHEN NOT c.active THEN 0
                WHEN p.monthly_usage_limit IS NOT NULL THEN greatest(p.monthly_usage_limit - c.usage_count, 0) END,
           CASE WHEN NOT c.active THEN 0
                WHEN p.monthly_minutes IS NOT NULL THEN greatest(p.monthly_minutes * 60::bigint - c.used_seconds, 0) END,
           c.cycle_start, c.cycle_end, c.active
      FROM @extschema@.user_subscriptions AS s
     CROSS JOIN LATERAL @extschema@.s2t_cycle_now(s.cycle_end) AS n
     CROSS JOIN LATERAL (
               SELECT NOT n.ended OR n.rolls_over AS active,
                      CASE WHEN n.rolls_over THEN 0 ELSE s.usage_count END AS usage_count,
                      CASE WHEN n.rolls_over THEN 0 ELSE s.used_seconds END AS used_seconds,
                      CASE WHEN n.rolls_over THEN n.month_start ELSE s.cycle_start END AS cycle_start,
                      CASE WHEN n.rolls_over THEN n.month_end ELSE s.cycle_end END AS cycle_end
           ) AS c
     CROSS JOIN LATERAL (
               SELECT o.code, o.name, o.monthly_minutes, o.monthly_usage_limit
                 FROM @extschema@.plans AS o
                WHERE o.id = s.plan_id
                   OR (n.rolls_over AND o.is_default AND coalesce(o.is_active, true)
                       AND NOT (SELECT coalesce(i.is_active, true) FROM @extschema@.plans AS i WHERE i.id = s.plan_id))
                ORDER BY o.id = s.plan_id
                LIMIT 1
           ) AS p
     WHERE s.user_id = in_user_id;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_subscription(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_subscription(uuid)
    IS 'Plan, limits, usage and what is left of the current cycle of a user; no row without a subscription.';

CREATE FUNCTION @extschema@.sp_list_plans()
RETURNS TABLE (
    code text,
    name text,
    description text,
    plan_type text,
    plan_cost integer,
    plan_discount integer,
    monthly_minutes integer,
    monthly_usage_limit integer,
    retention_days integer,
    is_default boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN QUERY
    SELECT p.code::text, p.name::text, p.description::text, p.plan_type::text, p.plan_cost, p.plan_discount,
           p.monthly_minutes, p.monthly_usage_limit, p.retention_days, p.is_default
      FROM @extschema@.plans AS p
     WHERE coalesce(p.is_active, true)
     ORDER BY p.plan_cost, p.code;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_list_plans() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_list_plans()
    IS 'The plans that users can move to, the cheapest first.';

CREATE FUNCTION @extschema@.sp_list_recordings(
    in_user_id uuid,
    in_limit integer DEFAULT 50,
    in_before uuid DEFAULT NULL,
    in_status text DEFAULT NULL)
RETURNS TABLE (
    id uuid,
    source text,
    language text,
    status text,
    duration_ms integer,
    segment_count integer,
    created_at timestamptz,
    completed_at timestamptz,
    error text,
    meta jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN
    IF in_user_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_user_id');
    ELSIF in_limit IS NULL OR in_limit NOT BETWEEN 1 AND 1000 THEN
        PERFORM @extschema@.s2t_raise_limit(in_limit);
    ELSIF in_status NOT IN ('processing', 'done', 'failed') THEN
        RAISE EXCEPTION 'invalid status'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = format('Argument in_status is "%s"; processing, done or failed is expected.', left(in_status, 50));
    END IF;

    RETURN QUERY
    SELECT r.id, r.source::text, r.language::text, r.status::text, r.duration_ms, r.segment_count,
           r.created_at, r.completed_at, r.error::text, r.meta
      FROM @extschema@.recordings AS r
     WHERE r.user_id = in_user_id
       -- One plan for the first page and the others: all ids are below the highest one.
       AND r.id < coalesce(in_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
       AND (in_status IS NULL OR r.status = in_status)
     ORDER BY r.id DESC
     LIMIT in_limit;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_list_recordings(uuid, integer, uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_list_recordings(uuid, integer, uuid, text)
    IS 'The recordings of a user, the newest first; the next page is what comes before the last id of this one.';

CREATE FUNCTION @extschema@.sp_get_recording(in_user_id uuid, in_recording_id uuid)
RETURNS TABLE (
    id uuid,
    source text,
    language text,
    status text,
    duration_ms integer,
    segment_count integer,
    created_at timestamptz,
    completed_at timestamptz,
    error text,
    meta jsonb)
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
    SELECT r.id, r.source::text, r.language::text, r.status::text, r.duration_ms, r.segment_count,
           r.created_at, r.completed_at, r.error::text, r.meta
      FROM @extschema@.recordings AS r
     WHERE r.id = in_recording_id
       AND r.user_id = in_user_id;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_recording(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_recording(uuid, uuid)
    IS 'One recording, for its owner; no row for anybody else.';

CREATE FUNCTION @extschema@.sp_get_segments(
    in_user_id uuid,
    in_recording_id uuid,
    in_from_ms integer DEFAULT 0,
    in_limit integer DEFAULT NULL)
RETURNS TABLE (idx integer, start_ms integer, end_ms integer, text text, meta jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN
    IF in_user_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_user_id');
    ELSIF in_recording_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_recording_id');
    ELSIF in_from_ms IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_from_ms');
    ELSIF in_from_ms < 0 THEN
        RAISE EXCEPTION 'invalid start'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = format('Argument in_from_ms is %s; at least 0 is expected.', in_from_ms);
    ELSIF in_limit < 1 THEN
        PERFORM @extschema@.s2t_raise_limit(in_limit);
    END IF;

    RETURN QUERY
    SELECT s.idx, s.start_ms, s.end_ms, s.text::text, s.meta
      FROM @extschema@.recordings AS r
      JOIN @extschema@.segments AS s ON s.recording_id = r.id
     WHERE r.id = in_recording_id
       AND r.user_id = in_user_id
       -- Also what is being said at that moment.
       AND (s.start_ms >= in_from_ms OR s.end_ms > in_from_ms)
     ORDER BY s.idx
     LIMIT in_limit;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_segments(uuid, uuid, integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_segments(uuid, uuid, integer, integer)
    IS 'The segments of a recording in order, for its owner, from a moment of it on; no row for anybody else.';

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


-- ------------------------------------------------------------------------------------------------
-- Jobs
-- ------------------------------------------------------------------------------------------------

-- A procedure that commits can neither be SECURITY DEFINER nor carry a SET clause. So the work is in
-- functions that do one batch with the owner's rights, and the procedures that repeat them have
-- nothing in their bodies that search_path could lead astray.

CREATE FUNCTION @extschema@.s2t_note(
    in_procedure text,
    in_user_id uuid,
    in_recording_id uuid,
    in_outcome text,
    in_detail text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, @extschema@, pg_temp
AS $function$
BEGIN
    -- Before the library is loaded, anybody may have set what looks like its settings.
    PERFORM @extschema@.s2t_version();

    IF pg_catalog.current_setting('s2t.log_level') = 'log' THEN
        RAISE LOG '%: %, %', in_procedure, in_outcome, in_detail;
    ELSE
        RAISE DEBUG '%: %, %', in_procedure, in_outcome, in_detail;
    END IF;

    IF pg_catalog.current_setting('s2t.audit') <> 'off' THEN
        INSERT INTO @extschema@.audit_log
               (session_role, effective_role, client_addr, application_name,
                procedure_name, user_id, recording_id, outcome, detail, at)
        VALUES (session_user,
                -- The role that called, and not the owner whose rights are in force here.
                CASE pg_catalog.current_setting('role') WHEN 'none' THEN session_user
                     ELSE pg_catalog.current_setting('role') END,
                pg_catalog.inet_client_addr(), nullif(pg_catalog.current_setting('application_name'), ''),
                in_procedure, in_user_id, in_recording_id, in_outcome, in_detail, pg_catalog.clock_timestamp());
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_note(text, uuid, uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_note(text, uuid, uuid, text, text)
    IS 'Notes an event in the server log and in audit_log, as the native procedures do.';

CREATE FUNCTION @extschema@.s2t_fail_stale_batch(
    in_older_than interval,
    in_batch_size integer)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, @extschema@, pg_temp
SET intervalstyle = 'postgres'
AS $function$
DECLARE
    reason text := pg_catalog.format('not completed within %s', in_older_than);
    bound  timestamptz := pg_catalog.clock_timestamp() - in_older_than;
    marked record;
    failed integer := 0;
BEGIN
    IF in_older_than IS NULL OR in_older_than < '0'::interval OR in_batch_size IS NULL OR in_batch_size < 1 THEN
        RAISE EXCEPTION 'invalid age or batch size'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = pg_catalog.format('The age is %s, the batch size %s.',
                                               coalesce(in_older_than::text, 'null'), coalesce(in_batch_size::text, 'null')),
                    HINT = 'Neither may be null, the age not negative, and the batch size is at least 1.';
    END IF;

    -- Waits for nobody, so that the order of locking does not matter. The owner of the database may
    -- have made the column a varchar, for which an operator of its own could stand in our schema.
    FOR marked IN
        WITH stuck AS MATERIALIZED (
            SELECT r.id
              FROM @extschema@.recordings AS r
             WHERE r.status OPERATOR(pg_catalog.=) 'processing' AND r.created_at < bound
             ORDER BY r.created_at
             LIMIT in_batch_size
               FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE @extschema@.recordings AS r
           SET status = 'failed', error = reason
          FROM stuck AS s
         WHERE r.id = s.id
        RETURNING r.id, r.user_id
    LOOP
        PERFORM @extschema@.s2t_note('sp_fail_stale_recordings', marked.user_id, marked.id, 'failed', reason);
        failed := failed + 1;
    END LOOP;

    RETURN failed;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_fail_stale_batch(interval, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_fail_stale_batch(interval, integer)
    IS 'Marks one batch of the oldest recordings that have been processing for longer than the interval as failed, and returns how many.';

CREATE PROCEDURE @extschema@.sp_fail_stale_recordings(
    in_older_than interval DEFAULT '6 hours',
    in_batch_size integer DEFAULT 1000,
    INOUT failed bigint DEFAULT 0)
LANGUAGE plpgsql
AS $procedure$
DECLARE
    batch integer;
BEGIN
    failed := 0;
    COMMIT;  -- Inside a transaction block this is an error: better before the work than after it.
    LOOP
        batch := @extschema@.s2t_fail_stale_batch(in_older_than, in_batch_size);
        failed := failed OPERATOR(pg_catalog.+) batch;
        COMMIT;
        EXIT WHEN batch OPERATOR(pg_catalog.<) in_batch_size;
    END LOOP;
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.sp_fail_stale_recordings(interval, integer, bigint) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_fail_stale_recordings(interval, integer, bigint)
    IS 'Marks every recording that has been processing for longer than the interval as failed, with a commit after each batch.';

CREATE FUNCTION @extschema@.s2t_purge_audit_batch(
    in_older_than interval,
    in_batch_size integer)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, @extschema@, pg_temp
AS $function$
DECLARE
    bound   timestamptz := pg_catalog.clock_timestamp() - in_older_than;
    deleted integer;
BEGIN
    IF in_older_than IS NULL OR in_older_than < '0'::interval OR in_batch_size IS NULL OR in_batch_size < 1 THEN
        RAISE EXCEPTION 'invalid age or batch size'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = pg_catalog.format('The age is %s, the batch size %s.',
                                               coalesce(in_older_than::text, 'null'), coalesce(in_batch_size::text, 'null')),
                    HINT = 'Neither may be null, the age not negative, and the batch size is at least 1.';
    END IF;

    -- The ids are in the order of time: milliseconds since 1970 in the first 48 bits.
    WITH old AS MATERIALIZED (
        SELECT a.id
          FROM @extschema@.audit_log AS a
         WHERE a.id < pg_catalog.rpad(
                   pg_catalog.lpad(pg_catalog.to_hex(
                       greatest(pg_catalog.ceil(extract(epoch FROM bound) * 1000::numeric), 0::numeric)::bigint), 12, '0'),
                   32, '0')::uuid
           AND a.at < bound
         ORDER BY a.id
         LIMIT in_batch_size
           FOR UPDATE SKIP LOCKED
    )
    DELETE FROM @extschema@.audit_log AS a USING old AS o WHERE a.id = o.id;

    GET DIAGNOSTICS deleted = ROW_COUNT;
    IF deleted > 0 THEN
        PERFORM @extschema@.s2t_note('sp_purge_audit_log', NULL, NULL, 'done',
                                     pg_catalog.format('%s rows from before %s', deleted, bound));
    END IF;
    RETURN deleted;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_purge_audit_batch(interval, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_purge_audit_batch(interval, integer)
    IS 'Deletes one batch of the oldest rows of audit_log that are older than the interval, and returns how many.';

CREATE PROCEDURE @extschema@.sp_purge_audit_log(
    in_older_than interval DEFAULT '1 year',
    in_batch_size integer DEFAULT 10000,
    INOUT deleted bigint DEFAULT 0)
LANGUAGE plpgsql
AS $procedure$
DECLARE
    batch integer;
BEGIN
    deleted := 0;
    COMMIT;  -- Inside a transaction block this is an error: better before the work than after it.
    LOOP
        batch := @extschema@.s2t_purge_audit_batch(in_older_than, in_batch_size);
        deleted := deleted OPERATOR(pg_catalog.+) batch;
        COMMIT;
        EXIT WHEN batch OPERATOR(pg_catalog.<) in_batch_size;
    END LOOP;
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.sp_purge_audit_log(interval, integer, bigint) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_purge_audit_log(interval, integer, bigint)
    IS 'Deletes the rows of audit_log that are older than the interval, with a commit after each batch.';

-- pg_cron, which may be absent, or in another database, or come later: nothing in here depends on it.

CREATE FUNCTION @extschema@.s2t_job_commands(
    in_reset_schedule text DEFAULT '0 0 1 * *',
    in_cleanup_schedule text DEFAULT '0 2 * * *',
    in_stale_schedule text DEFAULT '*/10 * * * *',
    in_audit_schedule text DEFAULT '30 2 * * *',
    in_retention_days integer DEFAULT 90,
    in_stale_after interval DEFAULT '6 hours',
    in_audit_retention interval DEFAULT NULL)
RETURNS TABLE (job text, schedule text, command text, statement text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $function$
BEGIN
    IF in_retention_days IS NULL OR in_retention_days < 0
       OR in_stale_after IS NULL OR in_stale_after <= '0'::interval OR in_audit_retention <= '0'::interval THEN
        RAISE EXCEPTION 'invalid retention or age'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = format('Recordings are kept %s days and fail after %s, the audit log is kept %s.',
                                    coalesce(in_retention_days::text, 'null'), coalesce(in_stale_after::text, 'null'),
                                    coalesce(in_audit_retention::text, 'forever'));
    END IF;

    RETURN QUERY
    SELECT w.job, w.schedule, w.command,
           CASE WHEN w.schedule IS NULL
                THEN format('SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = %L AND database = %L;',
                            w.job, current_database())
                ELSE format('SELECT cron.schedule_in_database(%L, %L, %L, %L, %L);',
                            w.job, w.schedule, w.command, current_database(), current_user) END
      FROM (VALUES
               ('reset-monthly-cycles', in_reset_schedule,
                format('CALL %s.sp_reset_monthly_cycles()', '@extschema@')),
               ('cleanup-old-recordings', in_cleanup_schedule,
                format('CALL %s.sp_purge_old_recordings(%s)', '@extschema@', in_retention_days)),
               ('fail-stale-recordings', in_stale_schedule,
                format('CALL %s.sp_fail_stale_recordings(%L)', '@extschema@', in_stale_after)),
               ('purge-audit-log', CASE WHEN in_audit_retention IS NOT NULL THEN in_audit_schedule END,
                format('CALL %s.sp_purge_audit_log(', '@extschema@') || quote_literal(in_audit_retention) || ')')
           ) AS w (job, schedule, command);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_job_commands(text, text, text, text, integer, interval, interval) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_job_commands(text, text, text, text, integer, interval, interval)
    IS 'The jobs of sp_schedule_jobs(), and for each the statement to run where pg_cron lives, if that is another database. Without a schedule a job is removed.';

CREATE FUNCTION @extschema@.s2t_require_cron(in_statements text)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    home   text;
    hidden boolean := false;
BEGIN
    -- Anybody who may create schemas can make one named cron, but only a superuser this extension.
    IF EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'pg_cron') THEN
        RETURN;
    END IF;

    BEGIN
        home := current_setting('cron.database_name', true);
    EXCEPTION
        WHEN insufficient_privilege THEN
            hidden := true;
    END;

    IF hidden OR home <> current_database() THEN
        RAISE EXCEPTION 'pg_cron is not in this database'
              USING ERRCODE = 'object_not_in_prerequisite_state',
                    DETAIL = CASE WHEN hidden THEN 'The setting cron.database_name names the database where it is.'
                                  ELSE format('Its jobs are kept in database "%s" (setting cron.database_name).', home) END,
                    HINT = E'Let a superuser run there:\n' || in_statements;
    END IF;
    RAISE EXCEPTION 'pg_cron is not installed'
          USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = CASE WHEN home IS NULL
                            THEN format('Add pg_cron to shared_preload_libraries, set cron.database_name = %L, restart the server, and use ',
                                        current_database())
                            ELSE 'Use ' END
                       || 'CREATE EXTENSION pg_cron; or call the procedures from another scheduler.';
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_require_cron(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_require_cron(text)
    IS 'Raises an error that says what to do if pg_cron is not in this database.';

CREATE PROCEDURE @extschema@.sp_schedule_jobs(
    in_reset_schedule text DEFAULT '0 0 1 * *',
    in_cleanup_schedule text DEFAULT '0 2 * * *',
    in_stale_schedule text DEFAULT '*/10 * * * *',
    in_audit_schedule text DEFAULT '30 2 * * *',
    in_retention_days integer DEFAULT 90,
    in_stale_after interval DEFAULT '6 hours',
    in_audit_retention interval DEFAULT NULL)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $procedure$
DECLARE
    wanted  record;
    present record;
BEGIN
    PERFORM @extschema@.s2t_require_cron(string_agg(w.statement, E'\n'))
       FROM @extschema@.s2t_job_commands(in_reset_schedule, in_cleanup_schedule, in_stale_schedule, in_audit_schedule,
                                         in_retention_days, in_stale_after, in_audit_retention) AS w;

    FOR wanted IN
        SELECT *
          FROM @extschema@.s2t_job_commands(in_reset_schedule, in_cleanup_schedule, in_stale_schedule, in_audit_schedule,
                                            in_retention_days, in_stale_after, in_audit_retention)
    LOOP
        EXECUTE 'SELECT j.jobid, j.database FROM cron.job AS j WHERE j.jobname = $1 AND j.username = current_user'
           INTO present
          USING wanted.job;
        IF present.database <> current_database() THEN
            RAISE EXCEPTION 'job "%" of role "%" belongs to database "%"', wanted.job, current_user, present.database
                  USING ERRCODE = 'duplicate_object',
                        HINT = 'Call this as another role: names of jobs are unique for each role.';
        END IF;

        IF wanted.schedule IS NOT NULL THEN
            EXECUTE 'SELECT cron.schedule($1, $2, $3)' USING wanted.job, wanted.schedule, wanted.command;
        ELSIF present.jobid IS NOT NULL THEN
            EXECUTE 'SELECT cron.unschedule($1)' USING present.jobid;
        END IF;
    END LOOP;
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.sp_schedule_jobs(text, text, text, text, integer, interval, interval) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_schedule_jobs(text, text, text, text, integer, interval, interval)
    IS 'Registers the scheduled jobs with pg_cron, for the calling role; safe to repeat. Without a schedule a job is removed; without in_audit_retention the audit log is kept.';

CREATE PROCEDURE @extschema@.sp_unschedule_jobs()
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $procedure$
BEGIN
    PERFORM @extschema@.s2t_require_cron(string_agg(w.statement, E'\n'))
       FROM @extschema@.s2t_job_commands(NULL, NULL, NULL, NULL) AS w;

    EXECUTE 'SELECT cron.unschedule(j.jobid) FROM cron.job AS j WHERE j.jobname = ANY ($1) AND j.database = current_database()'
      USING ARRAY(SELECT w.job FROM @extschema@.s2t_job_commands() AS w);
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.sp_unschedule_jobs() FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_unschedule_jobs()
    IS 'Removes the scheduled jobs of this database from pg_cron: the calling role''s, or everybody''s if that is a superuser.';

-- Row security shows everybody their own jobs only; an operator wants to see that the jobs run,
-- whoever has registered them.
CREATE FUNCTION @extschema@.s2t_read_jobs()
RETURNS TABLE (job text, role text, schedule text, command text, active boolean,
               last_start timestamptz, last_end timestamptz, last_status text, last_message text,
               last_success timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'pg_cron') THEN
        RETURN;
    END IF;

    RETURN QUERY EXECUTE $sql$
        SELECT j.jobname::text, j.username, j.schedule, j.command, j.active,
               last.start_time, last.end_time, last.status, last.return_message,
               (SELECT r.end_time
                  FROM cron.job_run_details AS r
                 WHERE r.jobid = j.jobid AND r.status = 'succeeded'
                 ORDER BY r.runid DESC
                 LIMIT 1)
          FROM cron.job AS j
          LEFT JOIN LATERAL (SELECT r.*
                               FROM cron.job_run_details AS r
                              WHERE r.jobid = j.jobid
                              ORDER BY r.runid DESC
                              LIMIT 1) AS last ON true
         WHERE j.jobname = ANY ($1) AND j.database = current_database()
         ORDER BY j.jobname, j.username
    $sql$ USING ARRAY(SELECT w.job FROM @extschema@.s2t_job_commands() AS w);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_read_jobs() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_read_jobs()
    IS 'What the view s2t_jobs shows.';

CREATE VIEW @extschema@.s2t_jobs AS
    SELECT * FROM @extschema@.s2t_read_jobs();

REVOKE ALL ON TABLE @extschema@.s2t_jobs FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_jobs
    IS 'The scheduled jobs of this database with their last run and their last success; empty where pg_cron is not.';


-- ------------------------------------------------------------------------------------------------
-- Rights
-- ------------------------------------------------------------------------------------------------

-- The one list of who may do what. Names that this version does not have are passed over.
CREATE FUNCTION @extschema@.s2t_rights()
RETURNS TABLE (object text, privileges text, profiles text[])
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
    ('sp_register_user',                    'EXECUTE', '{app,admin}'::text[]),
    ('s2t_register_user',                   'EXECUTE', '{app,admin}'),
    ('sp_check_quota_and_create_recording', 'EXECUTE', '{app,admin}'),
    ('sp_complete_recording',               'EXECUTE', '{app,admin}'),
    ('sp_import_transcript',                'EXECUTE', '{app,admin}'),
    ('sp_fail_recording',                   'EXECUTE', '{app,admin}'),
    ('sp_change_user_plan',                 'EXECUTE', '{app,admin}'),
    ('sp_get_login',                        'EXECUTE', '{app,admin}'),

    ('sp_get_user_stats',                   'EXECUTE', '{app,readonly,admin}'),
    ('sp_get_subscription',                 'EXECUTE', '{app,readonly,admin}'),
    ('sp_list_plans',                       'EXECUTE', '{app,readonly,admin}'),
    ('sp_list_recordings',                  'EXECUTE', '{app,readonly,admin}'),
    ('sp_get_recording',                    'EXECUTE', '{app,readonly,admin}'),
    ('sp_get_segments',                     'EXECUTE', '{app,readonly,admin}'),
    ('sp_search_segments',                  'EXECUTE', '{app,readonly,admin}'),
    ('sp_export_transcript',                'EXECUTE', '{app,readonly,admin}'),
    ('s2t_parse_transcript',                'EXECUTE', '{app,readonly,admin}'),
    ('s2t_slot',                            'EXECUTE', '{app,readonly,admin}'),
    ('s2t_version',                         'EXECUTE', '{app,readonly,monitor,admin}'),

    ('s2t_metrics',                         'EXECUTE', '{monitor,admin}'),
    ('s2t_procedure_stats',                 'SELECT',  '{monitor,admin}'),
    ('s2t_procedure_histogram',             'SELECT',  '{monitor,admin}'),
    ('s2t_procedure_buckets',               'SELECT',  '{monitor,admin}'),
    ('s2t_procedure_errors',                'SELECT',  '{monitor,admin}'),
    ('s2t_health',                          'SELECT',  '{monitor,admin}'),
    ('s2t_job_ages',                        'SELECT',  '{monitor,admin}'),
    ('s2t_jobs',                            'SELECT',  '{monitor,admin}'),

    ('sp_seed_plans',                       'EXECUTE', '{admin}'),
    ('sp_reset_monthly_cycles',             'EXECUTE', '{admin}'),
    ('sp_cleanup_old_recordings',           'EXECUTE', '{admin}'),
    ('sp_purge_old_recordings',             'EXECUTE', '{admin}'),
    ('sp_fail_stale_recordings',            'EXECUTE', '{admin}'),
    ('s2t_fail_stale_batch',                'EXECUTE', '{admin}'),
    ('sp_purge_audit_log',                  'EXECUTE', '{admin}'),
    ('s2t_purge_audit_batch',               'EXECUTE', '{admin}'),
    ('sp_schedule_jobs',                    'EXECUTE', '{admin}'),
    ('sp_unschedule_jobs',                  'EXECUTE', '{admin}'),
    ('s2t_job_commands',                    'EXECUTE', '{admin}'),
    ('s2t_require_cron',                    'EXECUTE', '{admin}'),
    ('s2t_reset_metrics',                   'EXECUTE', '{admin}'),

    -- What sp_seed_plans(), sp_reset_monthly_cycles() and sp_purge_old_recordings() do with the
    -- caller's rights. Locking a row takes UPDATE.
    ('plans',                               'SELECT, INSERT, UPDATE', '{admin}'),
    ('users',                               'SELECT, UPDATE',         '{admin}'),
    ('recordings',                          'SELECT, UPDATE, DELETE', '{admin}'),
    ('segments',                            'SELECT, DELETE',         '{admin}'),
    ('user_subscriptions',                  'SELECT, UPDATE',         '{admin}'),
    ('usage_cycles',                        'SELECT, INSERT',         '{admin}'),
    ('audit_log',                           'SELECT, INSERT',         '{admin}')
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_rights() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_rights()
    IS 'The privileges on each object, and the profiles that give them; read by s2t_grant() and s2t_revoke().';

CREATE FUNCTION @extschema@.s2t_rights_of(in_profile text)
RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    -- Objects of the extension and its owner only, not whatever else has one of the names.
    WITH extension AS (
        SELECT e.oid, e.extowner FROM pg_extension AS e WHERE e.extname = 's2t'
    ), member AS (
        SELECT d.classid, d.objid
          FROM pg_depend AS d
          JOIN extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
    ), routine AS (
        SELECT p.* FROM pg_proc AS p JOIN member AS m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
    ), relation AS (
        SELECT c.oid, c.relkind, r.privileges
          FROM @extschema@.s2t_rights() AS r
          JOIN pg_class AS c ON c.relname = r.object AND c.relnamespace = '@extschema@'::regnamespace
          JOIN extension AS e ON e.extowner = c.relowner
         WHERE r.privileges <> 'EXECUTE' AND (in_profile IS NULL OR in_profile = ANY (r.profiles))
    )
    SELECT format('EXECUTE ON ROUTINE %s', p.oid::regprocedure)
      FROM routine AS p
      JOIN @extschema@.s2t_rights() AS r ON r.object = p.proname
     WHERE r.privileges = 'EXECUTE' AND (in_profile IS NULL OR in_profile = ANY (r.profiles))
    UNION
    SELECT format('%s ON TABLE %s', r.privileges, r.oid::regclass)
      FROM relation AS r
    UNION
    -- What a view calls is called with the rights of whoever reads it.
    SELECT format('EXECUTE ON ROUTINE %s', p.oid::regprocedure)
      FROM relation AS r
      JOIN pg_rewrite AS w ON w.ev_class = r.oid
      JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_proc'::regclass
      JOIN routine AS p ON p.oid = d.refobjid
     WHERE r.relkind = 'v'
     ORDER BY 1
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_rights_of(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_rights_of(text)
    IS 'The rights of a profile, or of all of them for NULL, in the words of GRANT and REVOKE.';

CREATE FUNCTION @extschema@.s2t_check_grant(in_role regrole, in_profile text)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    owner    text;
    profiles text;
BEGIN
    -- GRANT itself only warns whoever may not grant.
    SELECT pg_get_userbyid(e.extowner) INTO owner FROM pg_extension AS e WHERE e.extname = 's2t';
    IF NOT pg_has_role(owner::name, 'USAGE') THEN
        RAISE EXCEPTION 'must be owner of extension s2t'
              USING ERRCODE = 'insufficient_privilege',
                    DETAIL = format('The extension belongs to role "%s".', owner);
    END IF;

    IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = in_role) THEN
        RAISE EXCEPTION 'role does not exist'
              USING ERRCODE = 'undefined_object',
                    DETAIL = format('The role given is %s.', coalesce(in_role::text, 'null'));
    END IF;

    SELECT string_agg(DISTINCT p.profile, ', ' ORDER BY p.profile)
      INTO profiles
      FROM @extschema@.s2t_rights() AS r, unnest(r.profiles) AS p (profile);
    IF in_profile IS NULL OR in_profile <> ALL (string_to_array(profiles, ', ')) THEN
        RAISE EXCEPTION 'unknown profile'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = format('The profile given is %s.', coalesce(quote_literal(in_profile), 'null')),
                    HINT = format('The profiles are %s.', profiles);
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_check_grant(regrole, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_check_grant(regrole, text)
    IS 'Raises an error unless the caller may grant and revoke rights, and role and profile exist.';

CREATE PROCEDURE @extschema@.s2t_grant(role regrole, profile text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $procedure$
DECLARE
    rights text;
BEGIN
    PERFORM @extschema@.s2t_check_grant(s2t_grant.role, s2t_grant.profile);

    FOR rights IN
        SELECT format('USAGE ON SCHEMA %s', '@extschema@')
         WHERE NOT has_schema_privilege(s2t_grant.role::oid, '@extschema@'::regnamespace::oid, 'USAGE')
        UNION ALL
        SELECT r FROM @extschema@.s2t_rights_of(s2t_grant.profile) AS r
    LOOP
        EXECUTE format('GRANT %s TO %s', rights, s2t_grant.role);
    END LOOP;
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.s2t_grant(regrole, text) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.s2t_grant(regrole, text)
    IS 'Gives a role the rights of a profile: app, readonly, monitor or admin. To be repeated after an update of the extension.';

CREATE PROCEDURE @extschema@.s2t_revoke(role regrole, profile text DEFAULT NULL)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $procedure$
DECLARE
    rights text;
BEGIN
    PERFORM @extschema@.s2t_check_grant(s2t_revoke.role, coalesce(s2t_revoke.profile, 'app'));

    FOR rights IN
        SELECT r FROM @extschema@.s2t_rights_of(s2t_revoke.profile) AS r
    LOOP
        EXECUTE format('REVOKE %s FROM %s', rights, s2t_revoke.role);
    END LOOP;

    -- The schema may hold other things for which the role needs it.
    IF NOT EXISTS (
        SELECT
          FROM pg_shdepend AS d
          LEFT JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
          LEFT JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
          LEFT JOIN pg_type AS t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
         WHERE d.refclassid = 'pg_authid'::regclass
           AND d.refobjid = s2t_revoke.role
           AND d.dbid = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database())
           AND coalesce(c.relnamespace, p.pronamespace, t.typnamespace) = '@extschema@'::regnamespace)
    THEN
        EXECUTE format('REVOKE USAGE ON SCHEMA %s FROM %s', '@extschema@', s2t_revoke.role);
    END IF;
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.s2t_revoke(regrole, text) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.s2t_revoke(regrole, text)
    IS 'Takes the rights of a profile, or of every profile, from a role; a right that another profile gives too goes as well.';

CREATE FUNCTION @extschema@.s2t_risks()
RETURNS TABLE (risk text, remedy text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    -- The procedures run with the rights of the extension's owner, and so do the trigger functions,
    -- defaults and checks they meet on the tables. Whoever can put some there has these rights too.
    WITH extension AS (
        SELECT e.extowner, pg_get_userbyid(e.extowner) AS owner, n.oid AS home, n.nspacl,
               CASE n.nspowner WHEN 'pg_database_owner'::regrole THEN b.datdba ELSE n.nspowner END AS home_owner
          FROM pg_extension AS e
          JOIN pg_namespace AS n ON n.oid = e.extnamespace
          JOIN pg_database AS b ON b.datname = current_database()
         WHERE e.extname = 's2t'
    ), stranger AS (
        SELECT r.oid, quote_ident(r.rolname) AS name
          FROM pg_roles AS r
         WHERE NOT r.rolsuper AND r.oid <> (SELECT e.extowner FROM extension AS e)
        UNION ALL
        SELECT 0, 'PUBLIC'
    ), ours AS (
        SELECT c.oid, c.oid::regclass AS name, c.relowner, c.relacl
          FROM extension AS e
          JOIN pg_class AS c ON c.relnamespace = e.home AND c.relkind = 'r'
          JOIN @extschema@.s2t_wanted_tables() AS w ON w.tab = c.relname
    )
    SELECT format('schema %s belongs to %s, who can replace tables and functions of the extension', e.home::regnamespace, s.name),
           format('ALTER SCHEMA %s OWNER TO %I;', e.home::regnamespace, e.owner)
      FROM extension AS e
      JOIN stranger AS s ON s.oid = e.home_owner
    UNION ALL
    SELECT format('%s may create functions in schema %s that are called instead of the extension''s', s.name, e.home::regnamespace),
           format('REVOKE CREATE ON SCHEMA %s FROM %s;', e.home::regnamespace, s.name)
      FROM extension AS e, aclexplode(e.nspacl) AS a
      JOIN stranger AS s ON s.oid = a.grantee
     WHERE a.privilege_type = 'CREATE' AND a.grantee <> e.home_owner
       AND NOT (e.home = 'public'::regnamespace AND a.grantee = 'pg_database_owner'::regrole)
    UNION ALL
    SELECT format('table %s belongs to %s', t.name, s.name),
           format('ALTER TABLE %s OWNER TO %I;', t.name, e.owner)
      FROM extension AS e, ours AS t
      JOIN stranger AS s ON s.oid = t.relowner
    UNION ALL
    SELECT format('%s may create triggers on table %s, which run with the rights of %I', s.name, t.name, e.owner),
           format('REVOKE TRIGGER ON TABLE %s FROM %s;', t.name, s.name)
      FROM extension AS e, ours AS t, aclexplode(t.relacl) AS a
      JOIN stranger AS s ON s.oid = a.grantee
     WHERE a.privilege_type = 'TRIGGER' AND a.grantee <> t.relowner
    UNION ALL
    SELECT format('trigger %I on table %s runs a function of %s with the rights of %I', g.tgname, t.name, s.name, e.owner),
           format('DROP TRIGGER %I ON %s; or, if the function does what it should, ALTER FUNCTION %s OWNER TO %I;',
                  g.tgname, t.name, p.oid::regprocedure, e.owner)
      FROM extension AS e, ours AS t
      JOIN pg_trigger AS g ON g.tgrelid = t.oid AND NOT g.tgisinternal
      JOIN pg_proc AS p ON p.oid = g.tgfoid
      JOIN stranger AS s ON s.oid = p.proowner
     ORDER BY 1
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_risks() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_risks()
    IS 'Rights by which roles other than superusers and the extension''s owner could run code as that owner; no rows if there are none.';


-- ------------------------------------------------------------------------------------------------
-- Metrics
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_procedure_counters(
    in_required boolean)
RETURNS TABLE (procedure_name text, calls bigint, errors bigint, errors_by_class jsonb, refusals bigint, rows bigint,
               total_seconds float8, mean_seconds float8, max_seconds float8, since timestamptz,
               duration_buckets bigint[], error_classes text[], error_counts bigint[])
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 's2t_procedure_counters';

REVOKE ALL ON FUNCTION @extschema@.s2t_procedure_counters(boolean) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_procedure_counters(boolean)
    IS 'What has been counted of the calls in this database. Where nothing can be counted: an error if in_required, else no rows.';

CREATE FUNCTION @extschema@.s2t_duration_bounds()
RETURNS float8[]
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 's2t_duration_bounds';

REVOKE ALL ON FUNCTION @extschema@.s2t_duration_bounds() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_duration_bounds()
    IS 'Upper bounds, in seconds, of the buckets that durations are counted in; one more bucket is above them.';

CREATE FUNCTION @extschema@.s2t_reset_metrics()
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 's2t_reset_metrics';

REVOKE ALL ON FUNCTION @extschema@.s2t_reset_metrics() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_reset_metrics()
    IS 'Sets all that is counted of the calls in this database to zero.';

CREATE FUNCTION @extschema@.s2t_failure_marks_lost()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 's2t_failure_marks_lost';

REVOKE ALL ON FUNCTION @extschema@.s2t_failure_marks_lost() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_failure_marks_lost()
    IS 'Failed completions, since the server started and in all its databases, whose recordings could not be marked as failed.';

-- Each view calls the function itself: who reads a view needs the right to call what it calls.

CREATE VIEW @extschema@.s2t_procedure_stats AS
    SELECT c.procedure_name, c.calls, c.errors, c.errors_by_class, c.refusals, c.rows,
           c.total_seconds, c.mean_seconds, c.max_seconds, c.since
      FROM @extschema@.s2t_procedure_counters(true) AS c;

REVOKE ALL ON TABLE @extschema@.s2t_procedure_stats FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_procedure_stats
    IS 'Calls of each procedure in this database, with their errors by class of SQLSTATE, refusals, changed rows and times.';

CREATE VIEW @extschema@.s2t_procedure_histogram AS
    SELECT c.procedure_name,
           @extschema@.s2t_duration_bounds() AS duration_seconds,
           pg_catalog.trim_array(c.duration_buckets, 1) AS duration_seconds_bucket,
           c.total_seconds AS duration_seconds_sum,
           c.calls AS duration_seconds_count
      FROM @extschema@.s2t_procedure_counters(true) AS c;

REVOKE ALL ON TABLE @extschema@.s2t_procedure_histogram FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_procedure_histogram
    IS 'Durations of calls as a histogram: for each procedure the bounds in seconds and the number of calls up to each, as prometheus-postgres-exporter reads them.';

CREATE VIEW @extschema@.s2t_procedure_buckets AS
    SELECT c.procedure_name, coalesce(b.bound::text, '+Inf') AS le, b.calls
      FROM @extschema@.s2t_procedure_counters(true) AS c,
           ROWS FROM (pg_catalog.unnest(@extschema@.s2t_duration_bounds()),
                      pg_catalog.unnest(c.duration_buckets)) AS b (bound, calls);

REVOKE ALL ON TABLE @extschema@.s2t_procedure_buckets FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_procedure_buckets
    IS 'Durations of calls as a histogram: a row for each procedure and bound, with the number of calls up to it.';

CREATE VIEW @extschema@.s2t_procedure_errors AS
    SELECT c.procedure_name, e.sqlstate_class, e.errors
      FROM @extschema@.s2t_procedure_counters(true) AS c,
           ROWS FROM (pg_catalog.unnest(c.error_classes), pg_catalog.unnest(c.error_counts)) AS e (sqlstate_class, errors);

REVOKE ALL ON TABLE @extschema@.s2t_procedure_errors FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_procedure_errors
    IS 'Errors of each procedure in this database by class of SQLSTATE: a row for each that has happened.';

-- The state of the data, cheap enough for every scrape: one look into an index for the oldest
-- recording in processing, one pass over the subscriptions (a row for each user) for the cycles.
-- Recordings past their retention: for each retention that is in force, those that are just beyond
-- it. A purge takes the oldest first, so these remain wherever it does not keep up; and what others
-- may keep for longer does not hide them.
CREATE FUNCTION @extschema@.s2t_read_health(
    in_retention_days integer DEFAULT 90,
    in_look_at integer DEFAULT 10000,
    OUT oldest_processing_seconds float8,
    OUT ended_cycles bigint,
    OUT purge_backlog bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    now_is timestamptz := clock_timestamp();
    day    interval := '24 hours'::interval;
BEGIN
    SELECT greatest(coalesce(extract(epoch FROM now_is - min(r.created_at)), 0), 0)
      INTO oldest_processing_seconds
      FROM @extschema@.recordings AS r
     WHERE r.status = 'processing';

    SELECT count(*) INTO ended_cycles FROM @extschema@.user_subscriptions AS s WHERE s.cycle_end <= now_is;

    SELECT count(*)
      INTO purge_backlog
      FROM (SELECT in_retention_days AS days
            UNION
            SELECT p.retention_days FROM @extschema@.plans AS p WHERE p.retention_days IS NOT NULL) AS kept
     CROSS JOIN LATERAL (SELECT r.user_id
                           FROM @extschema@.recordings AS r
                          WHERE r.status = 'done'
                                -- A thousand years are as good as for ever, and fit.
                            AND r.created_at < now_is - least(kept.days, 365000) * day
                          ORDER BY r.created_at DESC
                          LIMIT in_look_at) AS old
      LEFT JOIN @extschema@.user_subscriptions AS s ON s.user_id = old.user_id
      LEFT JOIN @extschema@.plans AS p ON p.id = s.plan_id
     WHERE coalesce(p.retention_days, in_retention_days) = kept.days;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_read_health(integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_read_health(integer, integer)
    IS 'What the view s2t_health shows, for a retention in days where a plan has none, looking at that many recordings of each retention at most.';

CREATE VIEW @extschema@.s2t_health AS
    SELECT h.oldest_processing_seconds, h.ended_cycles, h.purge_backlog,
           @extschema@.s2t_failure_marks_lost() AS failure_marks_lost_total
      FROM @extschema@.s2t_read_health() AS h;

REVOKE ALL ON TABLE @extschema@.s2t_health FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_health
    IS 'Signs of trouble: age of the oldest recording in processing, ended cycles that were not reset, recordings past their retention (a lower bound where there are very many), failures that could not be marked.';

-- A job that has only failed so far succeeded infinitely long ago; one that has not run yet is not
-- there.
CREATE VIEW @extschema@.s2t_job_ages AS
    SELECT j.job AS job_name,
           pg_catalog.min(CASE WHEN j.last_success IS NULL THEN 'Infinity'::float8
                               ELSE greatest(EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) j.last_success)::float8, 0::float8)
                          END) AS success_age_seconds
      FROM @extschema@.s2t_read_jobs() AS j
     WHERE j.last_start IS NOT NULL OR j.last_success IS NOT NULL
     GROUP BY j.job;

REVOKE ALL ON TABLE @extschema@.s2t_job_ages FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_job_ages
    IS 'Seconds since each scheduled job last succeeded; empty where pg_cron is not.';

CREATE FUNCTION @extschema@.s2t_metric_label(in_value text)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT '"' || replace(replace(replace(in_value, '\', '\\'), '"', '\"'), E'\n', '\n') || '"'
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_metric_label(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_metric_label(text)
    IS 'A label''s value as the text format of Prometheus quotes it.';

CREATE FUNCTION @extschema@.s2t_metrics()
RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET extra_float_digits = 1
AS $function$
    WITH counted AS MATERIALIZED (
        SELECT c.*, format('{datname=%s,procedure_name="%s"', d.label, c.procedure_name) AS labels
          FROM @extschema@.s2t_procedure_counters(false) AS c, @extschema@.s2t_metric_label(current_database()) AS d (label)
    ), health AS MATERIALIZED (
        SELECT h.*, format('{datname=%s}', d.label) AS labels
          FROM @extschema@.s2t_read_health() AS h, @extschema@.s2t_metric_label(current_database()) AS d (label)
    ), sample (family, name, place, value) AS (
        SELECT 1, '_bucket', format('%s,le="%s"}', c.labels, coalesce(b.bound::text, '+Inf')), b.calls::text
          FROM counted AS c,
               ROWS FROM (unnest(@extschema@.s2t_duration_bounds()), unnest(c.duration_buckets)) AS b (bound, calls)
        UNION ALL
        SELECT 1, v.name, c.labels || '}', v.value
          FROM counted AS c, LATERAL (VALUES ('_sum', c.total_seconds::text), ('_count', c.calls::text)) AS v (name, value)
        UNION ALL
        SELECT 2, '', format('%s,sqlstate_class="%s"}', c.labels, e.class), e.errors::text
          FROM counted AS c, ROWS FROM (unnest(c.error_classes), unnest(c.error_counts)) AS e (class, errors)
        UNION ALL
        SELECT v.family, '', c.labels || '}', v.value::text
          FROM counted AS c, LATERAL (VALUES (3, c.refusals), (4, c.rows)) AS v (family, value)
        UNION ALL
        SELECT v.family, '', h.labels, v.value
          FROM health AS h,
               LATERAL (VALUES (5, h.oldest_processing_seconds::text), (6, h.ended_cycles::text),
                               (7, h.purge_backlog::text)) AS v (family, value)
        UNION ALL
        SELECT 8, '', format('{datname=%s,job_name=%s}', @extschema@.s2t_metric_label(current_database()),
                             @extschema@.s2t_metric_label(j.job_name)),
               replace(j.success_age_seconds::text, 'Infinity', '+Inf')
          FROM @extschema@.s2t_job_ages AS j
        UNION ALL
        SELECT 9, '', '', @extschema@.s2t_failure_marks_lost()::text
    ), family (family, name, type, help) AS (
        VALUES
        (1, 'procedure_duration_seconds',  'histogram', 'Time that calls of a procedure took.'),
        (2, 'procedure_errors_total',      'counter',   'Calls that ended with an error, by class of SQLSTATE.'),
        (3, 'procedure_refusals_total',    'counter',   'Calls that were refused in their result.'),
        (4, 'procedure_rows_total',        'counter',   'Rows that calls inserted, changed and removed.'),
        (5, 's2t_oldest_processing_seconds', 'gauge',   'Age of the oldest recording in processing, 0 if there is none.'),
        (6, 's2t_ended_cycles',            'gauge',     'Billing cycles that have ended and were not reset.'),
        (7, 's2t_purge_backlog',           'gauge',     'Recordings past their retention.'),
        (8, 's2t_job_success_age_seconds', 'gauge',     'Time since a scheduled job last succeeded.'),
        (9, 's2t_failure_marks_lost_total', 'counter',  'Failed completions whose recordings could not be marked as failed.')
    )
    SELECT string_agg(format(E'# HELP %1$s %2$s\n# TYPE %1$s %3$s\n', f.name, f.help, f.type) || coalesce(l.lines, ''), ''
                      ORDER BY f.family)
      FROM family AS f
      LEFT JOIN LATERAL (SELECT string_agg(format(E'%s%s%s %s\n', f.name, s.name, s.place, s.value), '')
                           FROM sample AS s
                          WHERE s.family = f.family) AS l (lines) ON true
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_metrics() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_metrics()
    IS 'All metrics of this database in the text format of Prometheus; without what is counted of calls where nothing can be counted.';


-- ------------------------------------------------------------------------------------------------

SELECT @extschema@.s2t_install_from_script();

DO $do$
DECLARE
    found record;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    FOR found IN SELECT * FROM @extschema@.s2t_risks() LOOP
        RAISE WARNING '%', found.risk USING HINT = found.remedy;
    END LOOP;
    PERFORM pg_catalog.set_config('search_path', '@extschema@, pg_temp', true);
END
$do$;
