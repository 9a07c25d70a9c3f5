-- ------------------------------------------------------------------------------------------------
-- What stands there of what the extension wants, and what is missing: s2t_install() makes it.
-- ------------------------------------------------------------------------------------------------

-- Names are looked up in our schema only: a temporary table of the same name is none of ours.
CREATE FUNCTION @extschema@.s2t_standing_tables()
RETURNS TABLE (seq integer, tab text, fullname text, storage text, remark text,
               oid oid, relkind "char", relowner oid, reloptions text[], fresh boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT w.seq, w.tab, format('%s.%I', '@extschema@'::regnamespace, w.tab) AS fullname, w.storage, w.remark,
           c.oid, c.relkind, c.relowner, c.reloptions, c.oid IS NULL AS fresh
      FROM (SELECT w.*, row_number() OVER ()::integer AS seq FROM @extschema@.s2t_wanted_tables() AS w) AS w
      LEFT JOIN pg_class AS c ON c.relname = w.tab AND c.relnamespace = '@extschema@'::regnamespace
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_standing_tables() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_standing_tables()
    IS 'The wanted tables in order, and what stands there under their names; fresh: nothing.';

CREATE FUNCTION @extschema@.s2t_standing_columns()
RETURNS TABLE (tab text, col text, type text, required boolean, preset text, remark text, seq integer, oid oid, fresh boolean,
               fullname text, storage text, attnum smallint, definition text, missing boolean, usable boolean, without_default boolean, type_here text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT w.tab, w.col, w.type, w.required, w.preset, w.remark, w.seq, t.oid, t.fresh, t.fullname, t.storage, a.attnum,
           format('%I %s%s%s', w.col, w.type,
                  CASE WHEN w.required THEN ' NOT NULL' END, ' DEFAULT ' || w.preset) AS definition,
           a.attnum IS NULL AS missing,
           CASE w.type WHEN 'text' THEN a.atttypid IN ('text'::regtype, 'varchar'::regtype)
                       ELSE a.atttypid = w.type::regtype END AS usable,
           a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS without_default,
           format_type(a.atttypid, a.atttypmod) AS type_here
      FROM (SELECT w.*, row_number() OVER ()::integer AS seq FROM @extschema@.s2t_wanted_columns() AS w) AS w
      JOIN @extschema@.s2t_standing_tables() AS t USING (tab)
      LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attname = w.col AND a.attnum > 0 AND NOT a.attisdropped
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_standing_columns() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_standing_columns()
    IS 'The wanted columns in order, and what stands there under their names: whether it is missing, of a usable type, without a default.';

CREATE FUNCTION @extschema@.s2t_standing_indexes()
RETURNS TABLE (indrelid oid, relname text, is_unique boolean, cols text, predicate text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT i.indrelid, c.relname::text, i.indisunique AND i.indimmediate AS is_unique,
           replace(string_agg(pg_get_indexdef(i.indexrelid, k, true), ', ' ORDER BY k), '::text', '') AS cols,
           regexp_replace(pg_get_expr(i.indpred, i.indrelid), '[()]|::text|::character varying', '', 'g') AS predicate
      FROM pg_index AS i
      JOIN pg_class AS c ON c.oid = i.indexrelid
      JOIN pg_am AS m ON m.oid = c.relam AND m.amname = 'btree',
           generate_series(1, i.indnkeyatts) AS k
     WHERE i.indrelid IN (SELECT t.oid FROM @extschema@.s2t_standing_tables() AS t) AND i.indisvalid
     GROUP BY i.indexrelid, i.indrelid, c.relname, i.indisunique, i.indimmediate, i.indpred
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_standing_indexes() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_standing_indexes()
    IS 'The valid B-tree indexes of the tables, in the words of s2t_wanted_constraints().';

CREATE FUNCTION @extschema@.s2t_standing_constraints()
RETURNS TABLE (conrelid oid, conname text, contype "char", confrelid oid, confdeltype "char", confupdtype "char", cols text, confcols text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT o.conrelid, o.conname::text, o.contype, o.confrelid, o.confdeltype, o.confupdtype,
           (SELECT string_agg(a.attname, ', ' ORDER BY a.attname)
              FROM pg_attribute AS a
             WHERE a.attrelid = o.conrelid AND a.attnum = ANY (o.conkey)) AS cols,
           (SELECT string_agg(a.attname, ', ')
              FROM pg_attribute AS a
             WHERE a.attrelid = o.confrelid AND a.attnum = ANY (o.confkey)) AS confcols
      FROM pg_constraint AS o
     WHERE o.conrelid IN (SELECT t.oid FROM @extschema@.s2t_standing_tables() AS t)
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_standing_constraints() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_standing_constraints()
    IS 'The constraints of the tables with their columns, those of a foreign key and those it refers to.';

CREATE FUNCTION @extschema@.s2t_missing_constraints()
RETURNS TABLE (tab text, name text, kind text, cols text, rest text, seq integer, fresh boolean, fullname text, free_name text, key_kind text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    WITH
    table_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_tables()),
    index_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_indexes()),
    constraint_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_constraints()),
    wanted_constraint AS MATERIALIZED (SELECT w.*, row_number() OVER ()::integer AS seq FROM @extschema@.s2t_wanted_constraints() AS w)
    SELECT w.tab, w.name, w.kind, w.cols, w.rest, w.seq, t.fresh, t.fullname,
           -- The wanted name, unless it is taken: then the server finds one.
           CASE WHEN w.kind = 'index'
                  OR NOT EXISTS (SELECT FROM constraint_here AS o WHERE o.conrelid = t.oid AND o.conname = w.name
                                 UNION ALL
                                 SELECT FROM pg_class AS c WHERE c.relnamespace = '@extschema@'::regnamespace AND c.relname = w.name)
                THEN w.name END AS free_name,
           CASE WHEN w.name LIKE '%\_pkey'
                 AND NOT EXISTS (SELECT FROM constraint_here AS o WHERE o.conrelid = t.oid AND o.contype = 'p')
                THEN 'PRIMARY KEY' ELSE 'UNIQUE' END AS key_kind
      FROM wanted_constraint AS w
      JOIN table_here AS t USING (tab)
     WHERE CASE
           WHEN w.kind = 'gone' THEN
               false
           WHEN w.kind = 'check' THEN
               NOT EXISTS (SELECT FROM constraint_here AS o
                            WHERE o.conrelid = t.oid AND o.contype = 'c'
                              AND o.conname NOT IN (SELECT g.name FROM wanted_constraint AS g WHERE g.kind = 'gone')
                              AND o.cols = (SELECT string_agg(x, ', ' ORDER BY x) FROM regexp_split_to_table(w.cols, ', ') AS x))
           WHEN w.kind = 'foreign key' THEN
               NOT EXISTS (SELECT FROM constraint_here AS o JOIN table_here AS f ON f.oid = o.confrelid
                            WHERE o.conrelid = t.oid AND o.contype = 'f' AND o.cols = w.cols
                              AND f.tab = split_part(w.rest, ' ', 1) AND o.confcols = 'id')
           WHEN w.kind = 'index' THEN
               NOT EXISTS (SELECT FROM index_here AS i
                            WHERE i.indrelid = t.oid
                              AND starts_with(i.cols || ', ', w.cols || ', ')
                              AND i.predicate IS NOT DISTINCT FROM w.rest
                              -- The procedures know a partial index by its name.
                              AND (w.rest IS NULL OR i.relname = w.name))
           ELSE
               NOT EXISTS (SELECT FROM index_here AS i
                            WHERE i.indrelid = t.oid AND i.is_unique AND i.cols = w.cols
                              AND i.predicate IS NOT DISTINCT FROM w.rest)
           END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_missing_constraints() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_missing_constraints()
    IS 'The wanted keys, foreign keys, checks and indexes that nothing there stands for.';

CREATE FUNCTION @extschema@.s2t_missing_triggers()
RETURNS TABLE (tab text, name text, event text, mode text, func text, seq integer, fresh boolean, fullname text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    WITH
    table_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_tables()),
    wanted_trigger AS MATERIALIZED (SELECT w.*, row_number() OVER ()::integer AS seq FROM @extschema@.s2t_wanted_triggers() AS w)
    SELECT w.tab, w.name, w.event, w.mode, w.func, w.seq, t.fresh, t.fullname
      FROM wanted_trigger AS w
      JOIN table_here AS t USING (tab)
     WHERE NOT EXISTS (SELECT FROM pg_trigger AS g
                        WHERE g.tgrelid = t.oid AND g.tgname = w.name
                          AND g.tgfoid = format('%s.%I()', '@extschema@'::regnamespace, w.func)::regprocedure)
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_missing_triggers() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_missing_triggers()
    IS 'The wanted triggers that are not there.';

-- What it looks for is an assignment of one of the counters, in a body with its comments taken out: to a
-- column of NEW, or in an UPDATE of one of the two tables before its WHERE.
CREATE FUNCTION @extschema@.s2t_counting_triggers()
RETURNS TABLE (tab text, fullname text, name text, routine text, counters text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT t.tab, t.fullname, g.tgname::text, p.oid::regprocedure::text,
           (SELECT string_agg(k.counter, ', ' ORDER BY k.seq)
              FROM unnest('{usage_count,used_seconds,total_recordings,total_duration_ms,total_segments,held_seconds,segment_count}'::text[])
                   WITH ORDINALITY AS k (counter, seq)
             WHERE b.body ~* format('(\m(begin|then|else|loop)\M|;)\s*new\.%s\s*:?=', k.counter)
                OR b.body ~* format('\mupdate\s+(only\s+)?(\w+\.|"[^"]+"\.)?"?(user_subscriptions|recordings)"?\s((?!\mwhere\M)[^;])*\m%s"?\s*(=|[,)][^=;]*=)', k.counter))
      FROM @extschema@.s2t_standing_tables() AS t
      JOIN pg_trigger AS g ON g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D'
      JOIN pg_proc AS p ON p.oid = g.tgfoid
     CROSS JOIN LATERAL (SELECT regexp_replace(p.prosrc, '--[^\n]*|/\*.*?\*/', ' ', 'g')) AS b (body)
     WHERE NOT EXISTS (SELECT
                         FROM @extschema@.s2t_wanted_triggers() AS w
                        WHERE p.proname = w.func AND p.pronamespace = '@extschema@'::regnamespace)
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_counting_triggers() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_counting_triggers()
    IS 'The triggers on the tables that are not the extension''s, with the counters that their functions move by themselves; NULL: none that can be read there.';
