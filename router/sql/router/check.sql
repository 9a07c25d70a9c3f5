-- ------------------------------------------------------------------------------------------------
-- Whether the servers are alike where they must be, and every slot is served once.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION s2t_router.facts(
    in_shard integer,
    OUT kind text,
    OUT fact text,
    OUT value text)
RETURNS SETOF record
LANGUAGE plproxy
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.facts();
$function$;

COMMENT ON FUNCTION s2t_router.facts(integer)
    IS 'What a server says of itself, for check().';

CREATE FUNCTION s2t_router.check()
RETURNS TABLE (check_name text, severity text, object text, problem text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    server record;
    told   jsonb := '[]';
BEGIN
    FOR server IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT told || coalesce(jsonb_agg(jsonb_build_object('n', server.n, 'kind', f.kind, 'fact', f.fact, 'value', f.value)), '[]')
              INTO told
              FROM s2t_router.facts(server.n) AS f;
        EXCEPTION WHEN OTHERS THEN
            check_name := 'unreachable';
            severity := 'error';
            object := format('shard %s', server.n);
            problem := SQLERRM;
            RETURN NEXT;
        END;
    END LOOP;

    RETURN QUERY
    WITH
    facts AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(told) AS f (n integer, kind text, fact text, value text)),
    first AS (SELECT min(f.n) AS n FROM facts AS f),
    served AS MATERIALIZED (
        SELECT f.n, f.fact AS state, g AS slot
          FROM facts AS f, unnest(f.value::int4multirange) AS r, generate_series(lower(r), upper(r) - 1) AS g
         WHERE f.kind = 'slots'
    ),
    counted AS (
        SELECT g AS slot, array_agg(s.n ORDER BY s.n) FILTER (WHERE s.n IS NOT NULL) AS servers, m.shard, bool_or(s.state = 'ro') AS moving
          FROM generate_series(0, 4095) AS g
          LEFT JOIN served AS s ON s.slot = g
          LEFT JOIN s2t_router.slots AS m ON m.slot = g
         GROUP BY g, m.shard
    ),
    wrong AS (
        SELECT 'slot_unserved' AS check_name, 'error' AS severity, c.slot,
               CASE WHEN c.shard IS NULL THEN 'no server has it, and the map does not either' ELSE format('no server that answers has it; the map says shard %s', c.shard) END AS problem
          FROM counted AS c
         WHERE c.servers IS NULL
        UNION ALL
        SELECT 'slot_served_twice', 'error', c.slot, format('shards %s serve it', array_to_string(c.servers, ' and ')) FROM counted AS c WHERE cardinality(c.servers) > 1
        UNION ALL
        SELECT 'slot_moving', 'warning', c.slot, format('it is read-only on shard %s: a move is at its switch, or died there', c.servers[1]) FROM counted AS c WHERE c.moving
        UNION ALL
        SELECT 'map_differs', 'warning', c.slot, format('the map says %s, and shard %s has it', coalesce('shard ' || c.shard, 'nothing'), c.servers[1])
          FROM counted AS c
         WHERE c.servers[1] IS DISTINCT FROM c.shard AND cardinality(c.servers) = 1
    ),
    -- Neighbours with the same problem are one row.
    parted AS (SELECT w.*, w.slot - row_number() OVER (PARTITION BY w.check_name, w.problem ORDER BY w.slot) AS part FROM wrong AS w)
    SELECT f.fact AS check_name, 'error' AS severity, format('shard %s', f.n) AS object,
           format('%s, and %s on shard %s', coalesce(f.value, 'nothing'), coalesce(o.value, 'nothing'), o.n) AS problem
      FROM facts AS f
      JOIN first AS x ON true
      JOIN facts AS o ON o.n = x.n AND o.kind = f.kind AND o.fact = f.fact
     WHERE f.kind = 'alike' AND f.value IS DISTINCT FROM o.value
    UNION ALL
    SELECT 'not_sharded', 'error', format('shard %s', f.n), 's2t.sharded is off: it writes to slots that are not its own'
      FROM facts AS f
     WHERE f.kind = 'own' AND f.fact = 's2t.sharded' AND f.value <> 'on'
    UNION ALL
    SELECT 'plans_of_nobody', 'warning', 'plans', 's2t.plans_read_only is on everywhere'
     WHERE NOT EXISTS (SELECT FROM facts AS f WHERE f.fact = 's2t.plans_read_only' AND f.value = 'off') AND EXISTS (SELECT FROM facts)
    UNION ALL
    SELECT 'plans_of_several', 'error', format('shard %s', f.n), 's2t.plans_read_only is off there, too: plans have one owner'
      FROM facts AS f
     WHERE f.fact = 's2t.plans_read_only' AND f.value = 'off'
       AND f.n > (SELECT min(o.n) FROM facts AS o WHERE o.fact = f.fact AND o.value = 'off')
    UNION ALL
    SELECT p.check_name, p.severity, CASE WHEN min(p.slot) = max(p.slot) THEN format('slot %s', min(p.slot)) ELSE format('slots %s to %s', min(p.slot), max(p.slot)) END, p.problem
      FROM parted AS p
     GROUP BY p.check_name, p.severity, p.problem, p.part
     ORDER BY 2, 1, 3;
END
$function$;

COMMENT ON FUNCTION s2t_router.check()
    IS 'What is wrong with the servers together: one that does not answer, versions, locales, settings, plans, consumers and twins that differ, slots that nobody serves or two do, a map that is behind. No row: all is well.';
