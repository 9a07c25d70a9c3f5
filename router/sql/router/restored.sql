-- ------------------------------------------------------------------------------------------------
-- The directory and a server that was restored from a backup: docs/scale.md, "Runbook".
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION s2t_router.on_shard(in_shard integer, in_call text, in_args jsonb)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    told record;
BEGIN
    SELECT d.result, d.s2t_problem
      INTO told
      FROM s2t_router.directory(in_shard, in_call, in_args, s2t_router.caller()) AS d;
    PERFORM s2t_router.tell(told.s2t_problem);
    RETURN told.result;
END
$function$;

COMMENT ON FUNCTION s2t_router.on_shard(integer, text, jsonb)
    IS 'Calls a function of the directory on a server, wherever the slots are, and raises what went wrong there.';

-- A name of somebody of the restored server is theirs if nobody else has it now: that server knows less than
-- the others do. Each call is committed on its server at once, and all of it can be done again.
CREATE FUNCTION s2t_router.reconcile_names(in_shard integer)
RETURNS TABLE (kind text, name text, user_id uuid, holder uuid)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    its_slots CONSTANT integer[] := ARRAY(SELECT s.slot FROM s2t_router.slots AS s WHERE s.shard = in_shard);
    the_shard integer;
    page      jsonb;
    target    integer;
    names     jsonb;
    conflict  jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM s2t_router.shards AS s WHERE s.n = in_shard) THEN
        RAISE EXCEPTION 'there is no such server'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = format('Argument in_shard is %s.', coalesce(in_shard::text, 'null'));
    END IF;

    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        PERFORM s2t_router.on_shard(the_shard, 'doubt_names', jsonb_build_object('slots', its_slots));
    END LOOP;

    -- The restored one last.
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n = in_shard, s.n LOOP
        page := '{}';
        LOOP
            page := s2t_router.on_shard(the_shard, 'list_names',
                                        jsonb_build_object('user_id', page -> 'last', 'slots', its_slots, 'most', 1000));
            EXIT WHEN page ->> 'last' IS NULL;

            FOR target, names IN
                SELECT s.shard, jsonb_agg(n)
                  FROM jsonb_array_elements(page -> 'names') AS n
                  JOIN s2t_router.slots AS s ON s.slot = (n ->> 'slot')::integer
                 GROUP BY s.shard
            LOOP
                FOR conflict IN
                    SELECT c FROM jsonb_array_elements(s2t_router.on_shard(target, 'restore_names', jsonb_build_object('names', names))) AS c
                LOOP
                    kind := conflict #>> '{name,kind}';
                    name := conflict #>> '{name,key}';
                    user_id := conflict #>> '{name,user_id}';
                    holder := NULL;
                    -- Of two who say that they have it, who is not of the restored server; of two of that one, who is there.
                    IF s2t_router.shard_of_slot((conflict #>> '{held,user_slot}')::integer) <> in_shard THEN
                        holder := s2t_router.holder_of(conflict -> 'name', conflict -> 'held') ->> 'user_id';
                    END IF;
                    IF holder IS NULL THEN
                        PERFORM s2t_router.on_shard(target, 'restore_names', jsonb_build_object('names', jsonb_build_array(
                            conflict -> 'name' || jsonb_build_object('old_claim', conflict #> '{held,claim}'))));
                    ELSE
                        RETURN NEXT;
                    END IF;
                END LOOP;
            END LOOP;
        END LOOP;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION s2t_router.reconcile_names(integer)
    IS 'Puts the directory right for a server that was restored from a backup; returns its users whose names are others'' by now.';
