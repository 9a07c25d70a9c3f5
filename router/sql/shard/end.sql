-- The schema of s2t into the bodies, everything to who owns s2t, and nothing to PUBLIC.
DO $do$
DECLARE
    home  text;
    owner text;
    found record;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    SELECT quote_ident(n.nspname), quote_ident(pg_get_userbyid(p.proowner))
      INTO home, owner
      FROM pg_extension AS e
      JOIN pg_namespace AS n ON n.oid = e.extnamespace
      JOIN pg_proc AS p ON p.pronamespace = n.oid AND p.proname = 's2t_install' AND p.pronargs = 0
     WHERE e.extname = 's2t';
    FOR found IN
        SELECT p.oid, p.oid::regprocedure::text AS name, pg_get_functiondef(p.oid) AS definition
          FROM pg_proc AS p
          JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
          JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
         WHERE e.extname = 's2t_shard'
    LOOP
        IF strpos(found.definition, '@' || 's2t@') <> 0 THEN
            EXECUTE replace(found.definition, '@' || 's2t@', home);
        END IF;
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', found.name);
        EXECUTE format('ALTER FUNCTION %s OWNER TO %s', found.name, owner);
    END LOOP;
    EXECUTE format('GRANT USAGE ON SCHEMA s2t_shard TO %s', owner);
    FOR found IN
        SELECT r.rolname
          FROM pg_namespace AS n
          JOIN pg_roles AS r ON r.oid = n.nspowner
         WHERE n.nspname = 's2t_shard' AND NOT r.rolsuper AND n.nspowner <> owner::regrole
    LOOP
        RAISE WARNING 'schema s2t_shard belongs to %, who can put functions there that are called instead of the extension''s', found.rolname
              USING HINT = format('Use ALTER SCHEMA s2t_shard OWNER TO %s.', owner);
    END LOOP;
    PERFORM pg_catalog.set_config('search_path', 's2t_shard, pg_temp', true);
END
$do$;
