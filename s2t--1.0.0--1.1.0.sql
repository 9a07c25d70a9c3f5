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


-- ------------------------------------------------------------------------------------------------
-- Reads
-- ------------------------------------------------------------------------------------------------


-- ------------------------------------------------------------------------------------------------
-- Jobs
-- ------------------------------------------------------------------------------------------------


-- ------------------------------------------------------------------------------------------------
-- Rights
-- ------------------------------------------------------------------------------------------------


-- ------------------------------------------------------------------------------------------------
-- Metrics
-- ------------------------------------------------------------------------------------------------


-- ------------------------------------------------------------------------------------------------

SELECT @extschema@.s2t_install_from_script();
