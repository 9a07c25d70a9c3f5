\echo Use "ALTER EXTENSION s2t UPDATE" to load this file. \quit

-- From version 1.1.0 to 1.2.0: what goes before everything else is made again. A routine whose
-- arguments or result change is dropped here, and made anew by the file of its theme.

DROP FUNCTION @extschema@.s2t_wanted_tables_1_0();
DROP FUNCTION @extschema@.s2t_wanted_columns_1_0();
DROP FUNCTION @extschema@.s2t_wanted_constraints_1_0();

-- What the search index holds of a text is made anew: composed and decomposed text fold alike now.
DO $do$
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF to_regclass('@extschema@.segments_search_idx') IS NOT NULL THEN
        REINDEX INDEX @extschema@.segments_search_idx;
    END IF;
    PERFORM pg_catalog.set_config('search_path', '@extschema@, pg_temp', true);
END
$do$;
