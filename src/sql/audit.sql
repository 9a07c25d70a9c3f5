-- ------------------------------------------------------------------------------------------------
-- The audit log, removed by age.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_purge_audit_batch(
    in_older_than interval,
    in_batch_size integer)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, @extschema@, pg_temp
AS $function$
DECLARE
    bound   timestamptz := pg_catalog.clock_timestamp() - in_older_than;
    deleted integer;
BEGIN
    IF in_older_than IS NULL OR in_older_than < '0'::interval OR in_batch_size IS NULL OR in_batch_size < 1 THEN
        RAISE EXCEPTION 'invalid age or batch size'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = pg_catalog.format('The age is %s, the batch size %s.',
                                               coalesce(in_older_than::text, 'null'), coalesce(in_batch_size::text, 'null')),
                    HINT = 'Neither may be null, the age not negative, and the batch size is at least 1.';
    END IF;

    -- The ids are in the order of time: milliseconds since 1970 in the first 48 bits.
    WITH old AS MATERIALIZED (
        SELECT a.id
          FROM @extschema@.audit_log AS a
         WHERE a.id < pg_catalog.rpad(
                   pg_catalog.lpad(pg_catalog.to_hex(
                       greatest(pg_catalog.ceil(extract(epoch FROM bound) * 1000::numeric), 0::numeric)::bigint), 12, '0'),
                   32, '0')::uuid
           AND a.at < bound
         ORDER BY a.id
         LIMIT in_batch_size
           FOR UPDATE SKIP LOCKED
    )
    DELETE FROM @extschema@.audit_log AS a USING old AS o WHERE a.id = o.id;

    GET DIAGNOSTICS deleted = ROW_COUNT;
    IF deleted > 0 THEN
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
LANGUAGE plpgsql
AS $procedure$
DECLARE
    batch integer;
BEGIN
    deleted := 0;
    COMMIT;  -- Inside a transaction block this is an error: better before the work than after it.
    LOOP
        batch := @extschema@.s2t_purge_audit_batch(in_older_than, in_batch_size);
        deleted := deleted OPERATOR(pg_catalog.+) batch;
        COMMIT;
        EXIT WHEN batch OPERATOR(pg_catalog.<) in_batch_size;
    END LOOP;
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.sp_purge_audit_log(interval, integer, bigint) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_purge_audit_log(interval, integer, bigint)
    IS 'Deletes the rows of audit_log that are older than the interval, with a commit after each batch.';
