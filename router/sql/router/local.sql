-- ------------------------------------------------------------------------------------------------
-- What is about this database, and not about a server.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_slot(uuid)
RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME';

REVOKE ALL ON FUNCTION @extschema@.s2t_slot(uuid) FROM PUBLIC;

CREATE FUNCTION @extschema@.s2t_owner()
RETURNS regrole
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT p.proowner::regrole
      FROM pg_proc AS p
     WHERE p.proname = 's2t_owner' AND p.pronamespace = '@extschema@'::regnamespace AND p.pronargs = 0
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_owner() FROM PUBLIC;

CREATE FUNCTION s2t_router.rights_of(in_profile text)
RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT format('%s ON %s %s', r.privileges, CASE WHEN p.oid IS NULL THEN 'TABLE' ELSE 'ROUTINE' END,
                  coalesce(p.oid::regprocedure::text, c.oid::regclass::text))
      FROM @extschema@.s2t_rights() AS r
      LEFT JOIN pg_proc AS p ON p.proname = r.object AND p.pronamespace = '@extschema@'::regnamespace AND r.privileges = 'EXECUTE'
      LEFT JOIN pg_class AS c ON c.relname = r.object AND c.relnamespace = '@extschema@'::regnamespace AND r.privileges = 'SELECT'
     WHERE (in_profile IS NULL OR in_profile = ANY (r.profiles))
       AND coalesce(p.oid, c.oid) IN (SELECT d.objid
                                        FROM pg_depend AS d
                                        JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
                                       WHERE e.extname = 's2t_router' AND d.deptype = 'e')
    UNION
    -- What a view calls is called with the rights of whoever reads it.
    SELECT format('EXECUTE ON ROUTINE %s', p.oid::regprocedure)
      FROM @extschema@.s2t_rights() AS r
      JOIN pg_class AS c ON c.relname = r.object AND c.relnamespace = '@extschema@'::regnamespace AND c.relkind = 'v'
      JOIN pg_rewrite AS w ON w.ev_class = c.oid
      JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_proc'::regclass
      JOIN pg_proc AS p ON p.oid = d.refobjid AND p.pronamespace = '@extschema@'::regnamespace
     WHERE r.privileges = 'SELECT' AND (in_profile IS NULL OR in_profile = ANY (r.profiles))
     ORDER BY 1
$function$;

COMMENT ON FUNCTION s2t_router.rights_of(text)
    IS 'The rights of a profile, or of all of them for NULL, in the words of GRANT and REVOKE.';
