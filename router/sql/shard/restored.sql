-- ------------------------------------------------------------------------------------------------
-- The directory and a server that was restored from a backup: docs/scale.md, "Runbook". Nothing here holds a
-- slot, so that those of the server can be read-only until it is done.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION s2t_shard.doubt_names(in_slots integer[])
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    doubted bigint;
BEGIN
    UPDATE s2t_shard.names AS n
       SET user_id = NULL, changed_at = now()
     WHERE (n.slot = ANY (in_slots) OR n.user_slot = ANY (in_slots)) AND n.user_id IS NOT NULL;
    GET DIAGNOSTICS doubted = ROW_COUNT;
    RETURN to_jsonb(doubted);
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.doubt_names(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.doubt_names(integer[])
    IS 'Notes that nobody knows whose the names in these slots, and of the users in them, are: whoever meets one finds out.';

CREATE FUNCTION s2t_shard.list_names(in_after uuid, in_slots integer[], in_most integer)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN (WITH
    page AS MATERIALIZED (
        SELECT u.id, @s2t@.s2t_slot(u.id) AS slot, lower(u.email) AS email, lower(u.user_name) AS user_name
          FROM @s2t@.users AS u
         WHERE u.id > coalesce(in_after, '00000000-0000-0000-0000-000000000000')
         ORDER BY u.id
         LIMIT in_most
    ),
    name AS (
        SELECT s2t_shard.slot_of_name(x.key) AS slot, x.kind, x.key, p.slot AS user_slot, p.id AS user_id
          FROM page AS p, LATERAL (VALUES ('email', p.email), ('user_name', p.user_name)) AS x (kind, key)
         WHERE p.slot IN (SELECT s.slot FROM @s2t@.slots AS s WHERE s.state <> 'gone')
    )
    SELECT jsonb_build_object(
               'last', (SELECT p.id FROM page AS p ORDER BY p.id DESC LIMIT 1),
               'names', (SELECT coalesce(jsonb_agg(to_jsonb(n)), '[]') FROM name AS n
                          WHERE n.slot = ANY (in_slots) OR n.user_slot = ANY (in_slots))));
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.list_names(uuid, integer[], integer) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.list_names(uuid, integer[], integer)
    IS 'Names of this server''s users that are in these slots, or whose users are: a page of users after one, by id.';

-- A directory that begins empty grows under the plans: what was planned for a page of rows would read
-- all of them for each name.
CREATE FUNCTION s2t_shard.restore_names(in_names jsonb)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $function$
DECLARE
    name record;
    held s2t_shard.names;
    left_out jsonb := '[]';
BEGIN
    FOR name IN
        SELECT r.* FROM jsonb_to_recordset(in_names) AS r (slot integer, kind text, key text, user_slot integer, user_id uuid, old_claim uuid)
    LOOP
        UPDATE s2t_shard.names AS n
           SET claim = gen_random_uuid(), user_slot = name.user_slot, user_id = name.user_id, changed_at = now()
         WHERE n.slot = name.slot AND n.kind = name.kind AND n.key = name.key AND n.claim = name.old_claim;
        CONTINUE WHEN FOUND;

        -- A claim that is undecided in the user's own slot cannot be another's, for the user has the name.
        INSERT INTO s2t_shard.names AS n (slot, kind, key, claim, user_slot, user_id)
        VALUES (name.slot, name.kind, name.key, gen_random_uuid(), name.user_slot, name.user_id)
        ON CONFLICT ON CONSTRAINT names_pkey DO UPDATE
           SET user_id = EXCLUDED.user_id, changed_at = now()
         WHERE n.user_slot = EXCLUDED.user_slot AND coalesce(n.user_id, EXCLUDED.user_id) = EXCLUDED.user_id;
        IF NOT FOUND THEN
            SELECT n.* INTO held FROM s2t_shard.names AS n WHERE n.slot = name.slot AND n.kind = name.kind AND n.key = name.key;
            left_out := left_out || jsonb_build_object('name', to_jsonb(name), 'held', to_jsonb(held));
        END IF;
    END LOOP;
    RETURN left_out;
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.restore_names(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.restore_names(jsonb)
    IS 'Enters names as their users'', with old_claim in the place of that one; returns those that others hold, and how.';
