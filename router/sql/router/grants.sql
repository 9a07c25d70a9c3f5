-- Written by router/generate from the API of s2t: not by hand.
-- Granting and revoking, as s2t does it.

CREATE FUNCTION s2t_router.check_grant(in_role regrole, in_profile text)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    owner    regrole;
    profiles text;
BEGIN
    -- GRANT itself only warns whoever may not grant. The caller may have no right on s2t_owner().
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

REVOKE ALL ON FUNCTION s2t_router.check_grant(regrole, text) FROM PUBLIC;
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
