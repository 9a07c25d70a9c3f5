-- ------------------------------------------------------------------------------------------------
-- The library, and what everything else stands on.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_version()
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 's2t_version';

REVOKE ALL ON FUNCTION @extschema@.s2t_version() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_version()
    IS 'The version of the loaded library.';

CREATE FUNCTION @extschema@.s2t_slot(uuid)
RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 's2t_slot';

REVOKE ALL ON FUNCTION @extschema@.s2t_slot(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_slot(uuid)
    IS 'The slot, 0 to 4095, that an id carries: of a version 7 id its 12 bits after the version, of any other a hash.';

-- Not the owner in pg_extension, which nothing can change.
CREATE FUNCTION @extschema@.s2t_owner()
RETURNS regrole
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT p.proowner::regrole
      FROM pg_proc AS p
     WHERE p.proname = 's2t_install' AND p.pronamespace = '@extschema@'::regnamespace AND p.pronargs = 0
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_owner() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_owner()
    IS 'The role that the procedures run as and that owns the tables: the owner of s2t_install(), changed by s2t_set_owner().';

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
DECLARE
    remote text[] := @extschema@.s2t_remote_caller();
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
        VALUES (coalesce(remote[1], session_user),
                -- The role that called, and not the owner whose rights are in force here.
                coalesce(remote[2], nullif(pg_catalog.current_setting('role'), 'none'), session_user),
                CASE WHEN remote IS NULL THEN pg_catalog.inet_client_addr() ELSE remote[3]::inet END,
                CASE WHEN remote IS NULL THEN nullif(pg_catalog.current_setting('application_name'), '') ELSE remote[4] END,
                in_procedure, in_user_id, in_recording_id, in_outcome, in_detail, pg_catalog.clock_timestamp());
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_note(text, uuid, uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_note(text, uuid, uuid, text, text)
    IS 'Notes an event in the server log and in audit_log, as the native procedures do.';

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

-- The rows of a table that was rewritten while a statement waited for it are newer than the statement, which
-- finds the table empty.
CREATE FUNCTION @extschema@.s2t_require_seen(in_tables text[])
RETURNS void
LANGUAGE c STABLE STRICT
AS 'MODULE_PATHNAME', 's2t_require_seen';

REVOKE ALL ON FUNCTION @extschema@.s2t_require_seen(text[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_require_seen(text[])
    IS 'Raises 40001 if one of these tables was rewritten since the calling statement began; what reads ask before they find nothing.';
