-- ------------------------------------------------------------------------------------------------
-- What every routine of the router goes through.
-- ------------------------------------------------------------------------------------------------

-- A superuser or a test may lift this rule (s2t_router.in_transaction); the rest of the application's
-- transaction is not undone either way.
CREATE FUNCTION s2t_router.may_write(in_routine text)
RETURNS boolean
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 's2t_router_may_write';

COMMENT ON FUNCTION s2t_router.may_write(text)
    IS 'True; raises an error where a routine that writes must not: READ ONLY, or the second in one transaction.';

CREATE FUNCTION s2t_router.caller()
RETURNS text[]
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 's2t_router_caller';

COMMENT ON FUNCTION s2t_router.caller()
    IS 'Who calls, as a server''s audit_log shall have it.';

-- What the native routines (s2t_route_read, s2t_route_write) call; others have a proxy each.
CREATE FUNCTION s2t_router.call(in_shard integer, in_twin text, in_arguments text)
RETURNS text
LANGUAGE plproxy
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT s2t_shard.call(in_twin, in_arguments);
$function$;

COMMENT ON FUNCTION s2t_router.call(integer, text, text)
    IS 'Calls a twin on a server, with its arguments and results in one text each.';

-- RAISE takes no NULL, and an option that is empty is not one that is absent: the statement is made of
-- what there is.
CREATE FUNCTION s2t_router.raise(in_level text, in_told jsonb)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    detail  text := in_told ->> 'detail';
    hint    text := in_told ->> 'hint';
    options text;
BEGIN
    -- The usual ones, so that a context is short.
    IF in_level = 'EXCEPTION' AND NOT in_told ?| '{constraint,table,column,schema,datatype}' THEN
        IF detail IS NULL AND hint IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = in_told ->> 'sqlstate', MESSAGE = in_told ->> 'message';
        ELSIF hint IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = in_told ->> 'sqlstate', MESSAGE = in_told ->> 'message', DETAIL = detail;
        ELSIF detail IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = in_told ->> 'sqlstate', MESSAGE = in_told ->> 'message', HINT = hint;
        END IF;
        RAISE EXCEPTION USING ERRCODE = in_told ->> 'sqlstate', MESSAGE = in_told ->> 'message', DETAIL = detail, HINT = hint;
    END IF;

    SELECT string_agg(format('%s = %L', o.name, in_told ->> o.key), ', ')
      INTO options
      FROM (VALUES ('ERRCODE', 'sqlstate'), ('MESSAGE', 'message'), ('DETAIL', 'detail'), ('HINT', 'hint'),
                   ('CONSTRAINT', 'constraint'), ('TABLE', 'table'), ('COLUMN', 'column'), ('SCHEMA', 'schema'),
                   ('DATATYPE', 'datatype')) AS o (name, key)
     WHERE in_told ? o.key;
    EXECUTE format('DO %L', format('BEGIN RAISE %s USING %s; END', in_level, options));
END
$function$;

COMMENT ON FUNCTION s2t_router.raise(text, jsonb)
    IS 'Tells the caller what a server has told: level, and the fields of an error or a NOTICE.';

CREATE FUNCTION s2t_router.tell(in_problem jsonb)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    told jsonb;
BEGIN
    FOR told IN SELECT n FROM jsonb_array_elements(in_problem -> 'notices') AS n LOOP
        PERFORM s2t_router.raise(CASE told ->> 'level' WHEN 'NOTICE' THEN 'NOTICE' WHEN 'INFO' THEN 'INFO' ELSE 'WARNING' END, told);
    END LOOP;
    IF in_problem ? 'sqlstate' THEN
        PERFORM s2t_router.raise('EXCEPTION', in_problem);
    END IF;
    RETURN false;
END
$function$;

COMMENT ON FUNCTION s2t_router.tell(jsonb)
    IS 'Tells the caller what a twin has returned as its problem: NOTICEs, and raises the error if there is one.';

-- Of PL/Proxy's own errors and of what a server or a pooler says that goes down: whether the call was
-- done is not known. What a twin found wrong has other words.
CREATE FUNCTION s2t_router.is_unreachable(in_sqlstate text, in_message text)
RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT (in_message LIKE 'PL/Proxy function %' AND in_sqlstate IN ('XX000', '08000', '08001', '08003', '08004', '08006'))
        OR (in_message ~ '^[a-z0-9_.]+\(\d+\): \[[^]]*\] REMOTE '
            AND (in_sqlstate LIKE '08%' OR in_sqlstate IN ('XX000', '57P01', '57P02', '57P03', '57P05', '53300', '58000')))
$function$;

COMMENT ON FUNCTION s2t_router.is_unreachable(text, text)
    IS 'Whether an error says that a server or the way to it has failed.';

CREATE FUNCTION s2t_router.raise_unreachable(in_shard integer, in_message text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION 'server % cannot be reached',
                    coalesce((SELECT format('%s (%s)', s.n, s.name) FROM s2t_router.shards AS s WHERE s.n = in_shard),
                             in_shard::text)
          USING ERRCODE = 'connection_failure',
                DETAIL = in_message,
                HINT = 'Whether the call was done is not known; it is safe to repeat one that has a key, an id or a lease of its own.';
END
$function$;

COMMENT ON FUNCTION s2t_router.raise_unreachable(integer, text)
    IS 'Raises the error for a server that cannot be reached.';

-- Called by the handlers of the routines.
CREATE FUNCTION s2t_router.elsewhere(in_shard integer, in_attempt integer, in_sqlstate text, in_message text)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    told text[];
BEGIN
    IF s2t_router.is_unreachable(in_sqlstate, in_message) THEN
        PERFORM s2t_router.raise_unreachable(in_shard, in_message);
    END IF;
    IF in_sqlstate <> 'S2M01' OR in_attempt > 1 THEN
        RETURN NULL;
    END IF;
    told := regexp_match(in_message, 'lot (\d+) is on shard (\d+)');
    IF told IS NULL OR NOT EXISTS (SELECT FROM s2t_router.shards AS s WHERE s.n = told[2]::integer) THEN
        RETURN NULL;
    END IF;
    PERFORM s2t_router.learn(told[1]::integer, told[2]::integer);
    RETURN told[2]::integer;
END
$function$;

COMMENT ON FUNCTION s2t_router.elsewhere(integer, integer, text, text)
    IS 'The server to repeat a failed call on, because the slot has moved there; NULL if the error is the answer.';

-- The map is a cache: where it cannot be written, the next call asks the wrong server once more.
CREATE FUNCTION s2t_router.learn(in_slot integer, in_shard integer)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF current_setting('transaction_read_only')::boolean THEN
        RETURN;
    END IF;
    PERFORM FROM s2t_router.slots AS s WHERE s.slot = in_slot FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
        UPDATE s2t_router.slots AS s SET shard = in_shard WHERE s.slot = in_slot AND s.shard <> in_shard;
    END IF;
EXCEPTION
    -- Under REPEATABLE READ, when another session has just learned it.
    WHEN serialization_failure THEN
        NULL;
END
$function$;

COMMENT ON FUNCTION s2t_router.learn(integer, integer)
    IS 'Notes where a slot is, unless the transaction may not write or another session is about it.';

-- ------------------------------------------------------------------------------------------------
-- One server after the other.
-- ------------------------------------------------------------------------------------------------

-- Both are of the session: a session that begins asks any server first, and does not know which are down.
CREATE FUNCTION s2t_router.note_down(in_shard integer)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM set_config('s2t_router.down',
                       coalesce(nullif(current_setting('s2t_router.down', true), ''), '{}')::jsonb::text, false);
    PERFORM set_config('s2t_router.down',
                       (current_setting('s2t_router.down')::jsonb
                        || jsonb_build_object(in_shard::text, extract(epoch FROM clock_timestamp())))::text, false);
END
$function$;

COMMENT ON FUNCTION s2t_router.note_down(integer)
    IS 'Notes for this session that a server cannot be reached.';

CREATE FUNCTION s2t_router.next_turn(in_shard integer)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM set_config('s2t_router.turn', in_shard::text, false);
END
$function$;

COMMENT ON FUNCTION s2t_router.next_turn(integer)
    IS 'Notes for this session which server was asked last.';

CREATE FUNCTION s2t_router.in_turn()
RETURNS integer[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    shards integer[];
    up     integer[];
    turn   text := nullif(current_setting('s2t_router.turn', true), '');
    down   jsonb := coalesce(nullif(current_setting('s2t_router.down', true), ''), '{}');
    start  integer;
BEGIN
    SELECT array_agg(s.n ORDER BY s.n),
           array_agg(s.n ORDER BY s.n)
               FILTER (WHERE extract(epoch FROM clock_timestamp()) - coalesce((down ->> s.n::text)::numeric, 0) > 10)
      INTO shards, up
      FROM s2t_router.shards AS s;
    IF shards IS NULL THEN
        RAISE EXCEPTION 'the router knows no server'
              USING ERRCODE = 'object_not_in_prerequisite_state',
                    HINT = 'Use s2t_router.add_shard().';
    END IF;
    -- Where none is up, each may have come back.
    shards := coalesce(up, shards);
    IF turn IS NULL THEN
        start := floor(random() * cardinality(shards))::integer;
    ELSE
        SELECT count(*) INTO start FROM unnest(shards) AS n WHERE n <= turn::integer;
    END IF;
    RETURN shards[start + 1:] || shards[:start];
END
$function$;

COMMENT ON FUNCTION s2t_router.in_turn()
    IS 'The servers in the order in which to ask them, without those that this session could not reach in the last ten seconds.';
