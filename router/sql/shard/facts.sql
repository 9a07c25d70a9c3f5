-- ------------------------------------------------------------------------------------------------
-- What a server is, for s2t_router.check().
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION s2t_shard.facts()
RETURNS TABLE (kind text, fact text, value text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    -- It loads the library, whose settings are unknown before.
    RETURN QUERY VALUES ('alike', 'version of the library', @s2t@.s2t_version());

    RETURN QUERY
    SELECT 'alike', 'version of ' || e.extname, e.extversion FROM pg_extension AS e WHERE e.extname IN ('s2t', 's2t_shard')
    UNION ALL
    SELECT 'alike', f.fact, f.value
      FROM pg_database AS d,
           LATERAL (VALUES ('encoding', pg_encoding_to_char(d.encoding)), ('collation', d.datcollate), ('character classes', d.datctype),
                           ('provider of collations', d.datlocprovider::text), ('version of the collation', d.datcollversion)) AS f (fact, value)
     WHERE d.datname = current_database()
    UNION ALL
    SELECT 'alike', 'setting ' || s, current_setting(s)
      FROM unnest('{s2t.timezone,s2t.lazy_rollover,s2t.refund_failed,s2t.stale_after,s2t.max_attempts,s2t.cycle_anchor,s2t.blocked_statuses,s2t.event_attempts,s2t.mark_failed,s2t.sharded}'::text[]) AS s
    UNION ALL
    SELECT 'alike', 'plans', md5(string_agg((to_jsonb(p) - 'created_at')::text, E'\n' ORDER BY p.code COLLATE "C")) FROM @s2t@.plans AS p
    UNION ALL
    SELECT 'alike', 'consumers of events', md5(string_agg((to_jsonb(c) - 'created_at')::text, E'\n' ORDER BY c.name COLLATE "C")) FROM @s2t@.event_consumers AS c
    UNION ALL
    SELECT 'alike', 'twins', md5(string_agg(format('%s(%s) %s', p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)), E'\n'
                                            ORDER BY p.proname COLLATE "C", p.oid::regprocedure::text COLLATE "C"))
      FROM pg_proc AS p
     WHERE p.pronamespace = 's2t_shard'::regnamespace
    UNION ALL
    SELECT 'own', 's2t.sharded', current_setting('s2t.sharded')
    UNION ALL
    SELECT 'own', 's2t.plans_read_only', current_setting('s2t.plans_read_only')
    UNION ALL
    SELECT 'slots', s.state, range_agg(int4range(s.slot, s.slot + 1))::text FROM @s2t@.slots AS s WHERE s.state <> 'gone' GROUP BY s.state;
END
$function$;

COMMENT ON FUNCTION s2t_shard.facts()
    IS 'What must be alike on all servers (kind alike), what is a server''s own, and the slots that it serves.';
