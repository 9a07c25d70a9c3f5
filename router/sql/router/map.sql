-- ------------------------------------------------------------------------------------------------
-- Which server has what.
-- ------------------------------------------------------------------------------------------------

CREATE TABLE s2t_router.shards (
    n       integer PRIMARY KEY CHECK (n BETWEEN 0 AND 1023),
    name    text NOT NULL UNIQUE,
    connstr text NOT NULL
);

COMMENT ON TABLE s2t_router.shards IS 'The servers, as add_shard() was told.';
COMMENT ON COLUMN s2t_router.shards.n IS 'Number of the server: its partition of the foreign server s2t_router.';
COMMENT ON COLUMN s2t_router.shards.name IS 'Name for people.';
COMMENT ON COLUMN s2t_router.shards.connstr IS 'How it is reached, without role and password, which the user mapping has.';

CREATE TABLE s2t_router.slots (
    slot  integer PRIMARY KEY CHECK (slot BETWEEN 0 AND 4095),
    shard integer NOT NULL REFERENCES s2t_router.shards (n)
) WITH (fillfactor = 50);

COMMENT ON TABLE s2t_router.slots IS 'Which server has a slot, as far as this router knows: the servers are the authority.';
COMMENT ON COLUMN s2t_router.slots.slot IS 'Slot of an id: s2t_slot().';
COMMENT ON COLUMN s2t_router.slots.shard IS 'Number of the server.';

-- Sessions keep what they have looked up, until somebody changes it: also one that replays changes.
CREATE FUNCTION s2t_router.map_changed()
RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 's2t_router_map_changed';

COMMENT ON FUNCTION s2t_router.map_changed()
    IS 'Trigger of the table slots: makes every session look them up anew.';

CREATE TRIGGER map_changed
AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON s2t_router.slots
FOR EACH STATEMENT
EXECUTE FUNCTION s2t_router.map_changed();

ALTER TABLE s2t_router.slots ENABLE ALWAYS TRIGGER map_changed;

COMMENT ON TRIGGER map_changed ON s2t_router.slots IS 'Makes every session look the slots up anew.';

-- What an extension's script makes is not dumped, but for this.
SELECT pg_catalog.pg_extension_config_dump('s2t_router.shards', '');
SELECT pg_catalog.pg_extension_config_dump('s2t_router.slots', '');

-- The foreign server is no member of the extension, so that dumps have it. PL/Proxy wants a power of
-- two of partitions: those without a server lead to the last one, and nobody asks them.
CREATE FUNCTION s2t_router.connect()
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    most    integer;
    wanted  integer := 1;
    present text[];
    options text;
    stands  boolean;
    owner   name;
BEGIN
    SELECT max(s.n) INTO most FROM s2t_router.shards AS s;
    WHILE wanted <= most LOOP
        wanted := wanted * 2;
    END LOOP;

    SELECT (SELECT array_agg(split_part(o, '=', 1)) FROM unnest(s.srvoptions) AS o)
      INTO present
      FROM pg_foreign_server AS s
     WHERE s.srvname = 's2t_router';
    stands := FOUND;
    SELECT string_agg(format('%s p%s %L',
                             CASE WHEN NOT stands THEN '' WHEN 'p' || i = ANY (present) THEN 'SET' ELSE 'ADD' END, i,
                             (SELECT s.connstr FROM s2t_router.shards AS s WHERE s.n = i
                              UNION ALL
                              SELECT s.connstr FROM s2t_router.shards AS s WHERE s.n = most
                              LIMIT 1)),
                      ', ' ORDER BY i)
      INTO options
      FROM generate_series(0, wanted - 1) AS i;
    EXECUTE format(CASE WHEN stands THEN 'ALTER SERVER s2t_router OPTIONS (%s)'
                        ELSE 'CREATE SERVER s2t_router FOREIGN DATA WRAPPER plproxy OPTIONS (%s)' END, options);
    -- Who the routines run as is who connects: ALTER USER MAPPING gives another name, and the password.
    SELECT pg_get_userbyid(p.proowner) INTO owner FROM pg_proc AS p WHERE p.oid = 's2t_router.may_write(text)'::regprocedure;
    EXECUTE format('CREATE USER MAPPING IF NOT EXISTS FOR %I SERVER s2t_router', owner);
END
$function$;

COMMENT ON FUNCTION s2t_router.connect()
    IS 'Makes the foreign server s2t_router what the table shards says.';

CREATE FUNCTION s2t_router.add_shard(n integer, name text, connstr text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_variable
BEGIN
    INSERT INTO s2t_router.shards AS s
    VALUES (n, name, connstr)
        ON CONFLICT ON CONSTRAINT shards_pkey
        DO UPDATE SET name = EXCLUDED.name, connstr = EXCLUDED.connstr;
    PERFORM s2t_router.connect();
END
$function$;

COMMENT ON FUNCTION s2t_router.add_shard(integer, text, text)
    IS 'Tells the router of a server, or how a server that it knows is reached now.';

CREATE FUNCTION s2t_router.set_slots(lo integer, hi integer, shard integer)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_variable
DECLARE
    changed integer;
BEGIN
    IF lo IS NULL OR hi IS NULL OR shard IS NULL OR lo < 0 OR hi > 4095 OR lo > hi THEN
        RAISE EXCEPTION 'invalid slots'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = format('The slots are %s to %s, the server %s.',
                                    coalesce(lo::text, 'null'), coalesce(hi::text, 'null'), coalesce(shard::text, 'null')),
                    HINT = 'Slots are 0 to 4095.';
    END IF;
    INSERT INTO s2t_router.slots AS s
    SELECT g, shard FROM generate_series(lo, hi) AS g
        ON CONFLICT ON CONSTRAINT slots_pkey
        DO UPDATE SET shard = EXCLUDED.shard WHERE s.shard <> EXCLUDED.shard;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$function$;

COMMENT ON FUNCTION s2t_router.set_slots(integer, integer, integer)
    IS 'Says which server has these slots, the last included; returns how many changed.';

CREATE FUNCTION s2t_router.slot_of(in_name text)
RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 's2t_router_slot_of_name';

COMMENT ON FUNCTION s2t_router.slot_of(text)
    IS 'The slot of a name or an e-mail address, without regard to case; of a new user with this address.';

CREATE FUNCTION s2t_router.slot_of_id(in_id uuid)
RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 's2t_slot';

COMMENT ON FUNCTION s2t_router.slot_of_id(uuid)
    IS 'The slot of an id, as s2t_slot() has it.';

CREATE FUNCTION s2t_router.shard_of_slot(in_slot integer)
RETURNS integer
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 's2t_router_shard_of_slot';

COMMENT ON FUNCTION s2t_router.shard_of_slot(integer)
    IS 'The number of the server that has a slot.';

CREATE FUNCTION s2t_router.any_shard()
RETURNS integer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN (s2t_router.in_turn())[1];
END
$function$;

COMMENT ON FUNCTION s2t_router.any_shard()
    IS 'The number of a server that is not known to be down.';

-- An id that is NULL has no server; any of them says what is wrong with it.
CREATE FUNCTION s2t_router.shard_of(in_id uuid)
RETURNS integer
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 's2t_router_shard_of';

COMMENT ON FUNCTION s2t_router.shard_of(uuid)
    IS 'The number of the server that has an id.';

CREATE FUNCTION s2t_router.locate(id uuid)
RETURNS TABLE (slot integer, shard integer, name text, connstr text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT m.slot, m.shard, s.name, s.connstr
      FROM s2t_router.slots AS m
      JOIN s2t_router.shards AS s ON s.n = m.shard
     WHERE m.slot = s2t_router.slot_of_id(locate.id)
$function$;

COMMENT ON FUNCTION s2t_router.locate(uuid)
    IS 'The server that has an id, for who wants to talk to it directly.';

-- Some ids of one server, and the others. Without any, whichever server is asked has the answer.
CREATE FUNCTION s2t_router.divide(in_ids uuid[], OUT shard integer, OUT ids uuid[], OUT others uuid[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    shards integer[];
BEGIN
    IF in_ids IS NULL OR cardinality(in_ids) = 0 OR array_position(in_ids, NULL) IS NOT NULL THEN
        shard := s2t_router.any_shard();
        ids := in_ids;
        RETURN;
    END IF;
    SELECT array_agg(s2t_router.shard_of(i.id) ORDER BY i.n) INTO shards FROM unnest(in_ids) WITH ORDINALITY AS i (id, n);
    shard := shards[1];
    SELECT array_agg(i.id ORDER BY i.n) FILTER (WHERE i.shard = shards[1]),
           array_agg(i.id ORDER BY i.n) FILTER (WHERE i.shard <> shards[1])
      INTO ids, others
      FROM unnest(in_ids, shards) WITH ORDINALITY AS i (id, shard, n);
END
$function$;

COMMENT ON FUNCTION s2t_router.divide(uuid[])
    IS 'Those of the ids that the server of the first has, and the others.';

CREATE FUNCTION s2t_router.shards()
RETURNS TABLE (n integer, name text, slots bigint, up boolean, version text, problem text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    FOR n, name, slots IN
        SELECT s.n, s.name, (SELECT count(*) FROM s2t_router.slots AS m WHERE m.shard = s.n)
          FROM s2t_router.shards AS s
         ORDER BY s.n
    LOOP
        up := true;
        version := NULL;
        problem := NULL;
        BEGIN
            SELECT p.result, p.s2t_problem ->> 'message' INTO version, problem
              FROM s2t_router.s2t_version(n, s2t_router.caller()) AS p;
        EXCEPTION WHEN OTHERS THEN
            up := false;
            problem := SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION s2t_router.shards()
    IS 'The servers: how many slots each has, whether it answers, the version of its library, and what is wrong with it.';
