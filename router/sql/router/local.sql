-- ------------------------------------------------------------------------------------------------
-- What is about this database, and not about a server.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_slot(uuid)
RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $function$
    SELECT s2t_router.slot_of_id($1)
$function$;

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

CREATE FUNCTION s2t_router.check_grant(in_role regrole, in_profile text)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    owner    regrole;
    profiles text;
BEGIN
    -- GRANT itself only warns whoever may not grant.
    SELECT p.proowner
      INTO owner
      FROM pg_proc AS p
     WHERE p.proname = 's2t_owner' AND p.pronamespace = '@extschema@'::regnamespace AND p.pronargs = 0;
    IF NOT pg_has_role(owner, 'USAGE') THEN
        RAISE EXCEPTION 'must be owner of extension s2t'
              USING ERRCODE = 'insufficient_privilege',
                    DETAIL = format('Its routines belong to role %s.', owner);
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

COMMENT ON FUNCTION s2t_router.check_grant(regrole, text)
    IS 'Raises an error unless the caller may grant and revoke rights, and role and profile exist.';

CREATE PROCEDURE @extschema@.s2t_grant(role regrole, profile text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $procedure$
DECLARE
    rights text;
BEGIN
    PERFORM s2t_router.check_grant(s2t_grant.role, s2t_grant.profile);
    FOR rights IN
        SELECT format('USAGE ON SCHEMA %s', '@extschema@'::regnamespace)
         WHERE NOT has_schema_privilege(s2t_grant.role::oid, '@extschema@'::regnamespace::oid, 'USAGE')
        UNION ALL
        SELECT r FROM s2t_router.rights_of(s2t_grant.profile) AS r
    LOOP
        EXECUTE format('GRANT %s TO %s', rights, s2t_grant.role);
    END LOOP;
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.s2t_grant(regrole, text) FROM PUBLIC;

CREATE PROCEDURE @extschema@.s2t_revoke(role regrole, profile text DEFAULT NULL)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $procedure$
DECLARE
    rights text;
BEGIN
    PERFORM s2t_router.check_grant(s2t_revoke.role, coalesce(s2t_revoke.profile, 'app'));
    FOR rights IN
        SELECT r FROM s2t_router.rights_of(s2t_revoke.profile) AS r
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
        EXECUTE format('REVOKE USAGE ON SCHEMA %s FROM %s', '@extschema@'::regnamespace, s2t_revoke.role);
    END IF;
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.s2t_revoke(regrole, text) FROM PUBLIC;
