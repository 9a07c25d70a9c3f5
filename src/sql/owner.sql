-- ------------------------------------------------------------------------------------------------
-- The owner of the extension: who else could run code as that role, handing everything over, and the
-- schema that was renamed.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_strangers(in_owner regrole)
RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    WITH member AS (
        SELECT d.classid, d.objid
          FROM pg_depend AS d
          JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
         WHERE e.extname = 's2t'
    )
    SELECT format('ROUTINE %s', p.oid::regprocedure)
      FROM pg_proc AS p
      JOIN member AS m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
     WHERE p.proowner <> in_owner
       -- What an event trigger calls, a superuser calls: it stays out of the owner's hands.
       AND p.prorettype <> 'event_trigger'::regtype
    UNION ALL
    SELECT format('VIEW %s', c.oid::regclass)
      FROM pg_class AS c
      JOIN member AS m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
     WHERE c.relkind = 'v' AND c.relowner <> in_owner
     ORDER BY 1
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_strangers(regrole) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_strangers(regrole)
    IS 'The routines and views of the extension that belong to another role, in the words of ALTER.';

CREATE FUNCTION @extschema@.s2t_risks()
RETURNS TABLE (risk text, remedy text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    -- The procedures run with the rights of the extension's owner, and so do the trigger functions,
    -- defaults and checks they meet on the tables. Whoever can put some there has these rights too.
    WITH extension AS (
        SELECT o.owner AS extowner, pg_get_userbyid(o.owner) AS owner, n.oid AS home, n.nspacl,
               CASE n.nspowner WHEN 'pg_database_owner'::regrole THEN b.datdba ELSE n.nspowner END AS home_owner
          FROM pg_extension AS e
         CROSS JOIN LATERAL (SELECT @extschema@.s2t_owner()::oid AS owner) AS o
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
           format('ALTER TABLE %s OWNER TO %I; or, for one owner of everything, CALL %s.s2t_set_owner(...);', t.name, e.owner, e.home::regnamespace)
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


-- Everything of one role: who the procedures run as has to own what they work on, since the triggers,
-- defaults and checks of the tables run with that role's rights.
CREATE PROCEDURE @extschema@.s2t_set_owner(role regrole)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $procedure$
DECLARE
    given text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = s2t_set_owner.role) THEN
        RAISE EXCEPTION 'role does not exist'
              USING ERRCODE = 'undefined_object',
                    DETAIL = format('The role given is %s.', coalesce(s2t_set_owner.role::text, 'null'));
    END IF;

    -- The tables first, in the order in which all code of the extension locks them.
    FOR given IN
        SELECT format('TABLE %s', c.oid::regclass)
          FROM (SELECT w.tab, row_number() OVER () AS seq FROM @extschema@.s2t_wanted_tables() AS w) AS w
          JOIN pg_class AS c ON c.relname = w.tab AND c.relnamespace = '@extschema@'::regnamespace AND c.relkind = 'r'
         WHERE c.relowner <> s2t_set_owner.role
         ORDER BY array_position('{users,recordings,user_subscriptions}', w.tab), w.seq
    LOOP
        EXECUTE format('ALTER %s OWNER TO %s', given, s2t_set_owner.role);
    END LOOP;
    FOR given IN
        SELECT s.subject FROM @extschema@.s2t_strangers(s2t_set_owner.role) AS s (subject)
    LOOP
        EXECUTE format('ALTER %s OWNER TO %s', given, s2t_set_owner.role);
    END LOOP;
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.s2t_set_owner(regrole) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.s2t_set_owner(regrole)
    IS 'Hands the routines, the views and the tables over to a role: for a superuser, or their owner if that may give them to it.';

-- A schema keeps its objects when it is renamed, but not what they say: bodies in SQL and PL/pgSQL and
-- the settings of routines have its name as text. This routine names nothing in it, and so goes on
-- working; what it knows of the name before is in its own text.
CREATE FUNCTION @extschema@.s2t_follow_rename()
RETURNS TABLE (object text, action text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
-- A body of SQL would be looked into before the routines it calls are put right.
SET check_function_bodies = off
AS $function$
DECLARE
    former  CONSTANT text := '@extschema@';
    present text;
    place   text;
    tables  text;
    name    text;
    routine record;
    body    text;
    written text;
    quote   text;
BEGIN
    SELECT n.nspname, quote_ident(n.nspname)
      INTO name, present
      FROM pg_extension AS e
      JOIN pg_namespace AS n ON n.oid = e.extnamespace
     WHERE e.extname = 's2t';
    IF present = former THEN
        RETURN;
    END IF;
    -- As CREATE EXTENSION has it: what is put into the text of a routine must not end a string in there.
    IF name ~ '["$''\\]' THEN
        RAISE EXCEPTION 'the schema of extension s2t cannot be called %', present
              USING ERRCODE = 'invalid_schema_name',
                    DETAIL = 'The name has a quotation mark, a dollar sign or a backslash.',
                    HINT = 'Use ALTER SCHEMA ... RENAME TO with another name.';
    END IF;
    place := regexp_replace(former, '([^[:alnum:]_ ])', '\\\1', 'g');
    SELECT string_agg(c.relname, '|')
      INTO tables
      FROM pg_extension AS e
      JOIN pg_class AS c ON c.relnamespace = e.extnamespace
     WHERE e.extname = 's2t' AND c.relname ~ '^[a-z0-9_]+$';

    FOR routine IN
        SELECT p.oid, p.prosrc, p.proconfig, l.lanname
          FROM pg_depend AS d
          JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
          JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
          JOIN pg_language AS l ON l.oid = p.prolang
         WHERE e.extname IN ('s2t', 's2t_shard')
         ORDER BY p.oid::regprocedure::text
    LOOP
        object := format('routine %s', routine.oid::regprocedure);
        action := NULL;
        IF routine.lanname IN ('sql', 'plpgsql') THEN
            -- A schema is named before a call or a list of columns, where a statement names a table, in
            -- a regnamespace, in to_regclass() and above. Elsewhere its name is an alias, the first half
            -- of a setting's or any other word.
            body := regexp_replace(routine.prosrc, '(?<![[:alnum:]_."])' || place || '(?=\.[a-z0-9_]+ *\()', present, 'g');
            body := regexp_replace(body, '(((?<!DISTINCT )FROM|JOIN|INTO|UPDATE|TABLE|VIEW|INDEX|ON)\s+)' || place
                                         || '(?=\.(' || tables || '|segments_search_idx)\M)', '\1' || present, 'g');
            body := replace(body, format('to_regclass(''%s.', former), format('to_regclass(''%s.', present));
            body := replace(body, format('''%s''::regnamespace', former), format('''%s''::regnamespace', present));
            body := replace(body, format(':= ''%s'';', former), format(':= ''%s'';', present));
            IF body <> routine.prosrc THEN
                -- The body's place is the last: what reads like it before that may stand within quotes.
                written := pg_get_functiondef(routine.oid);
                quote := substring(written FROM '\$[a-z]+\$\n$');
                EXECUTE left(written, - length(routine.prosrc || quote)) || body || quote;
                action := 'replaced';
            END IF;
        END IF;
        -- No other setting than that: who owns the extension can make any routine of its own a member.
        IF format('search_path=pg_catalog, %s, pg_temp', former) = ANY (routine.proconfig) THEN
            EXECUTE format('ALTER ROUTINE %s SET search_path = pg_catalog, %s, pg_temp', routine.oid::regprocedure, present);
            action := 'replaced';
        END IF;
        IF action IS NOT NULL THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_follow_rename() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_follow_rename()
    IS 'Puts the routines right after ALTER SCHEMA ... RENAME, and returns a row for each that it replaced; a second run returns none.';

-- Calls it by itself. Owned by a superuser, as every event trigger is, and native, since nobody but the
-- server itself can lend the rights of another role for a call and be sure to get its own back.
CREATE FUNCTION @extschema@.s2t_schema_changed()
RETURNS event_trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 's2t_schema_changed';

REVOKE ALL ON FUNCTION @extschema@.s2t_schema_changed() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_schema_changed()
    IS 'Of the event trigger s2t_schema_changed: calls s2t_follow_rename() with the rights of its owner if the schema was renamed.';

CREATE EVENT TRIGGER s2t_schema_changed
    ON ddl_command_end
    WHEN TAG IN ('ALTER SCHEMA')
    EXECUTE FUNCTION @extschema@.s2t_schema_changed();

COMMENT ON EVENT TRIGGER s2t_schema_changed
    IS 'Lets the routines of extension s2t follow the name of their schema.';

-- Of the superuser that stays one, whichever created the extension: a role that is none any more would have others
-- run what it likes, and REASSIGN OWNED hands an event trigger to nobody else.
DO $do$
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    EXECUTE format('ALTER FUNCTION @extschema@.s2t_schema_changed() OWNER TO %s', 10::oid::regrole);
    EXECUTE format('ALTER EVENT TRIGGER s2t_schema_changed OWNER TO %s', 10::oid::regrole);
    PERFORM pg_catalog.set_config('search_path', '@extschema@, pg_temp', true);
END
$do$;
