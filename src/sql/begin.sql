\echo Use "CREATE EXTENSION s2t" to load this file. \quit

-- An application that has run PL/pgSQL procedures of these names so far would go on reaching them
-- through overloading; better to say so before anything is made.
DO $do$
DECLARE
    in_the_way text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

    SELECT string_agg(p.oid::regprocedure::text, E'\n' ORDER BY p.oid::regprocedure::text)
      INTO in_the_way
      FROM pg_proc AS p
     WHERE p.pronamespace = '@extschema@'::regnamespace
       AND p.proname IN ('sp_register_user', 'sp_check_quota_and_create_recording',
                         'sp_complete_recording', 'sp_fail_recording', 'sp_reset_monthly_cycles',
                         'sp_get_user_stats', 'sp_change_user_plan', 'sp_cleanup_old_recordings',
                         'sp_purge_old_recordings', 'sp_seed_plans');

    IF in_the_way IS NOT NULL THEN
        RAISE EXCEPTION 'schema "%" already has routines of the extension''s names', '@extschema@'::regnamespace
              USING ERRCODE = 'duplicate_function',
                    DETAIL = in_the_way,
                    HINT = 'Drop them with DROP ROUTINE first: the extension brings its own.';
    END IF;

    PERFORM pg_catalog.set_config('search_path', '@extschema@, pg_temp', true);
END
$do$;
