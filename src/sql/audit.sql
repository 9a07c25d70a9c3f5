-- ------------------------------------------------------------------------------------------------
-- The audit log, removed by age.
-- ------------------------------------------------------------------------------------------------

-- How many rows of a purge were set aside: noted, and told in one WARNING.
CREATE FUNCTION @extschema@.s2t_tell_set_aside(
    in_procedure text,
    in_rows integer,
    in_first text)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM @extschema@.s2t_note_set_aside(in_procedure, in_rows);
    IF in_rows > 0 THEN
        RAISE WARNING '%', format(CASE WHEN in_rows = 1 THEN '%s row was set aside' ELSE '%s rows were set aside' END, in_rows)
              USING DETAIL = format('The first is that of %s', in_first),
                    HINT = 'Put right what refuses them; the next run tries them again.';
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_tell_set_aside(text, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_tell_set_aside(text, integer, text)
    IS 'Notes and tells how many rows a purge has set aside.';

-- sp_purge_audit_log() commits, and so cannot have the owner's rights: what needs them is in here. Where
-- a trigger or a constraint of the database's owner refuses to let a row go, or keeps it, it goes row by row.
CREATE FUNCTION @extschema@.s2t_purge_audit_batch(
    in_older_than interval,
    in_batch_size integer)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, @extschema@, pg_temp
AS $function$
DECLARE
    -- As of the call that purges: each batch writes a row itself, which must not be one for the next.
    bound      timestamptz := pg_catalog.statement_timestamp() - in_older_than;
    -- The ids are in the order of time: milliseconds since 1970 in the first 48 bits.
    last       uuid := pg_catalog.rpad(
                           pg_catalog.lpad(pg_catalog.to_hex(
                               greatest(pg_catalog.ceil(extract(epoch FROM bound) * 1000::numeric), 0::numeric)::bigint), 12, '0'),
                           32, '0')::uuid;
    deleted    integer := 0;
    set_aside  integer := 0;
    found_id   uuid;
    first      uuid;
    reason     text;
BEGIN
    IF in_older_than IS NULL OR in_older_than < '0'::interval OR in_batch_size IS NULL OR in_batch_size < 1 THEN
        RAISE EXCEPTION 'invalid age or batch size'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = pg_catalog.format('The age is %s, the batch size %s.',
                                               coalesce(in_older_than::text, 'null'), coalesce(in_batch_size::text, 'null')),
                    HINT = 'Neither may be null, the age not negative, and the batch size is at least 1.';
    END IF;

    BEGIN
        WITH old AS MATERIALIZED (
            SELECT a.id
              FROM @extschema@.audit_log AS a
             WHERE a.id < last AND a.at < bound
             ORDER BY a.id
             LIMIT in_batch_size
               FOR UPDATE SKIP LOCKED
        )
        DELETE FROM @extschema@.audit_log AS a USING old AS o WHERE a.id = o.id;
        GET DIAGNOSTICS deleted = ROW_COUNT;
    EXCEPTION
        WHEN triggered_action_exception OR cardinality_violation OR data_exception OR integrity_constraint_violation
             OR triggered_data_change_violation OR with_check_option_violation OR plpgsql_error THEN
            NULL;
    END;

    IF deleted = 0 THEN
        FOR found_id IN
            SELECT a.id FROM @extschema@.audit_log AS a WHERE a.id < last AND a.at < bound ORDER BY a.id
        LOOP
            EXIT WHEN deleted = in_batch_size;
            BEGIN
                PERFORM FROM @extschema@.audit_log AS a WHERE a.id = found_id FOR UPDATE SKIP LOCKED;
                IF FOUND THEN
                    DELETE FROM @extschema@.audit_log AS a WHERE a.id = found_id;
                    IF FOUND THEN
                        deleted := deleted + 1;
                    END IF;
                END IF;
            EXCEPTION
                WHEN triggered_action_exception OR cardinality_violation OR data_exception OR integrity_constraint_violation
                     OR triggered_data_change_violation OR with_check_option_violation OR plpgsql_error THEN
                    IF first IS NULL THEN
                        first := found_id;
                        reason := SQLERRM;
                    END IF;
                    set_aside := set_aside + 1;
            END;
        END LOOP;
    END IF;

    -- A run ends with a batch that removes nothing, which has met all of them.
    IF deleted = 0 THEN
        PERFORM @extschema@.s2t_tell_set_aside('sp_purge_audit_log', set_aside, pg_catalog.format('event %s: %s.', first, reason));
    ELSE
        PERFORM @extschema@.s2t_note('sp_purge_audit_log', NULL, NULL, 'done',
                                     pg_catalog.format('%s rows from before %s', deleted, bound));
    END IF;
    RETURN deleted;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_purge_audit_batch(interval, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_purge_audit_batch(interval, integer)
    IS 'Deletes one batch of the oldest rows of audit_log that are older than the interval, and returns how many.';

CREATE PROCEDURE @extschema@.sp_purge_audit_log(
    in_older_than interval DEFAULT '1 year',
    in_batch_size integer DEFAULT 10000,
    INOUT deleted bigint DEFAULT 0)
LANGUAGE c
AS 'MODULE_PATHNAME', 'sp_purge_audit_log';

REVOKE ALL ON PROCEDURE @extschema@.sp_purge_audit_log(interval, integer, bigint) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_purge_audit_log(interval, integer, bigint)
    IS 'Deletes the rows of audit_log that are older than the interval, with a commit after each batch.';
