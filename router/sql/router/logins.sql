-- ------------------------------------------------------------------------------------------------
-- Names: registering, changing a log-in, deleting a user and logging in, through the directory that the
-- servers keep of e-mail addresses and user names (docs/scale.md, "Names").
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION s2t_router.directory(
    in_shard integer, in_call text, in_args jsonb, in_caller text[], OUT result jsonb, OUT s2t_problem jsonb)
LANGUAGE plproxy
SET client_min_messages = error SET datestyle = 'ISO, YMD' SET intervalstyle = postgres
AS $function$
    CLUSTER 's2t_router';
    RUN ON in_shard;
    SELECT * FROM s2t_shard.directory(in_call, in_args, in_caller);
$function$;

COMMENT ON FUNCTION s2t_router.directory(integer, text, jsonb, text[])
    IS 'Calls a function of the directory on a server.';

CREATE FUNCTION s2t_router.ask(in_slot integer, in_call text, in_args jsonb, OUT result jsonb, OUT problem jsonb)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard integer := s2t_router.shard_of_slot(in_slot);
BEGIN
    FOR the_attempt IN 1 .. 2 LOOP
        BEGIN
            SELECT d.result, d.s2t_problem
              INTO result, problem
              FROM s2t_router.directory(the_shard, in_call, in_args, s2t_router.caller()) AS d;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
        EXIT WHEN problem IS NULL OR problem ->> 'sqlstate' IS DISTINCT FROM 'S2M01';
        the_shard := s2t_router.elsewhere(the_shard, the_attempt, 'S2M01', concat_ws(' ', problem ->> 'message', problem ->> 'detail'));
        EXIT WHEN the_shard IS NULL;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION s2t_router.ask(integer, text, jsonb)
    IS 'Calls a function of the directory where a slot is; what went wrong there is a value.';

CREATE FUNCTION s2t_router.demand(in_slot integer, in_call text, in_args jsonb)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    answer record;
BEGIN
    answer := s2t_router.ask(in_slot, in_call, in_args);
    IF answer.problem IS NOT NULL THEN
        PERFORM s2t_router.tell(answer.problem);
    END IF;
    RETURN answer.result;
END
$function$;

COMMENT ON FUNCTION s2t_router.demand(integer, text, jsonb)
    IS 'Calls a function of the directory where a slot is, and raises what went wrong there.';

-- As sp_register_user() trims it, and as its unique index compares it. What could not be a name is none: the
-- user's server says what is wrong with it.
CREATE FUNCTION s2t_router.key_of(in_name text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN octet_length(n.key) BETWEEN 1 AND 1000 THEN n.key END
      FROM lower(btrim(in_name, E' \t\n\x0B\f\r')) AS n (key)
$function$;

COMMENT ON FUNCTION s2t_router.key_of(text)
    IS 'A name as the directory has it; NULL if it cannot be one.';

-- ------------------------------------------------------------------------------------------------
-- Taking and settling.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION s2t_router.take_name(in_kind text, in_key text, in_claim uuid, in_user_slot integer)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    slot      CONSTANT integer := s2t_router.slot_of(in_key);
    name      CONSTANT jsonb := jsonb_build_object('slot', slot, 'kind', in_kind, 'key', in_key);
    held      jsonb;
    holder    jsonb;
    old_claim uuid;
BEGIN
    FOR the_attempt IN 1 .. 20 LOOP
        held := s2t_router.demand(slot, 'claim_name',
                                  name || jsonb_build_object('claim', in_claim, 'user_slot', in_user_slot, 'old_claim', old_claim));
        IF held ->> 'state' = 'claimed' THEN
            RETURN '{}';
        END IF;
        holder := s2t_router.holder_of(name, held);
        IF holder <> '{}' THEN
            RETURN holder;
        END IF;
        old_claim := (held ->> 'claim')::uuid;
    END LOOP;
    RAISE EXCEPTION 'could not serialize access due to concurrent update'
          USING ERRCODE = 'serialization_failure',
                DETAIL = 'Many sessions want the same name.';
END
$function$;

COMMENT ON FUNCTION s2t_router.take_name(text, text, uuid, integer)
    IS 'Claims a name, from whoever came to nothing with it if need be: an empty object, or who has it.';

-- Whoever meets a name asks its user's server whose it is: a claim may not have come to anything, or the
-- user may have another one by now.
CREATE FUNCTION s2t_router.holder_of(in_name jsonb, in_held jsonb)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    holder jsonb;
BEGIN
    BEGIN
        holder := s2t_router.demand((in_held ->> 'user_slot')::integer, 'decide_claim',
                                    in_name || jsonb_build_object('claim', in_held -> 'claim', 'user_slot', in_held -> 'user_slot'));
    EXCEPTION WHEN connection_failure THEN
        -- Most certainly it still is as it was confirmed.
        IF in_held ->> 'user_id' IS NULL THEN
            RAISE;
        END IF;
        RETURN jsonb_build_object('user_id', in_held -> 'user_id', 'name', in_name -> 'key');
    END;
    IF holder <> '{}' AND in_held ->> 'user_id' IS NULL THEN
        PERFORM s2t_router.demand((in_name ->> 'slot')::integer, 'confirm_name',
                                  in_name || jsonb_build_object('claim', in_held -> 'claim', 'user_id', holder -> 'user_id'));
    END IF;
    RETURN holder;
END
$function$;

COMMENT ON FUNCTION s2t_router.holder_of(jsonb, jsonb)
    IS 'Who has a name that the directory has an entry for, and how it is written; an empty object if nobody has.';

CREATE FUNCTION s2t_router.settle_name(in_kind text, in_key text, in_claim uuid, in_user_slot integer)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    slot CONSTANT integer := s2t_router.slot_of(in_key);
    name CONSTANT jsonb := jsonb_build_object('slot', slot, 'kind', in_kind, 'key', in_key);
BEGIN
    IF s2t_router.holder_of(name, jsonb_build_object('claim', in_claim, 'user_slot', in_user_slot)) = '{}' THEN
        PERFORM s2t_router.demand(slot, 'free_name', name || jsonb_build_object('claim', in_claim));
        RETURN false;
    END IF;
    RETURN true;
END
$function$;

COMMENT ON FUNCTION s2t_router.settle_name(text, text, uuid, integer)
    IS 'Decides a claim: confirms the name or frees it. True if somebody has it.';

-- After the work: what cannot be told now is told by whoever meets the name next.
CREATE FUNCTION s2t_router.settle_later(in_kind text, in_key text, in_claim uuid, in_user_slot integer)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM s2t_router.settle_name(in_kind, in_key, in_claim, in_user_slot);
EXCEPTION WHEN query_canceled OR admin_shutdown THEN
    RAISE;
WHEN OTHERS THEN
    NULL;
END
$function$;

COMMENT ON FUNCTION s2t_router.settle_later(text, text, uuid, integer)
    IS 'Decides a claim if that can be done now.';

CREATE FUNCTION s2t_router.settle_names(in_older_than interval DEFAULT '1 minute', OUT kept bigint, OUT freed bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard integer;
    entry     record;
    told      record;
BEGIN
    kept := 0;
    freed := 0;
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT d.result, d.s2t_problem
              INTO told
              FROM s2t_router.directory(the_shard, 'list_undecided',
                                        jsonb_build_object('older_than', in_older_than, 'most', 10000), s2t_router.caller()) AS d;
            PERFORM s2t_router.tell(told.s2t_problem);
            FOR entry IN
                SELECT r.* FROM jsonb_to_recordset(told.result) AS r (kind text, key text, claim uuid, user_slot integer)
            LOOP
                IF s2t_router.settle_name(entry.kind, entry.key, entry.claim, entry.user_slot) THEN
                    kept := kept + 1;
                ELSE
                    freed := freed + 1;
                END IF;
            END LOOP;
        EXCEPTION WHEN query_canceled OR admin_shutdown THEN
            RAISE;
        WHEN OTHERS THEN
            RAISE WARNING 'names of server % are left undecided', the_shard
                  USING DETAIL = SQLERRM;
        END;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION s2t_router.settle_names(interval)
    IS 'Decides what has been undecided for so long, on every server: what routers that died have left. Nothing waits for it.';

-- ------------------------------------------------------------------------------------------------
-- A name is taken.
-- ------------------------------------------------------------------------------------------------

-- As one server with all the users would say it: of its unique indexes, those on the names as they are
-- written are asked first.
CREATE FUNCTION s2t_router.raise_taken(in_email text, in_email_holder jsonb, in_user_name text, in_user_name_holder jsonb)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    email     CONSTANT text := btrim(in_email, E' \t\n\x0B\f\r');
    user_name CONSTANT text := btrim(in_user_name, E' \t\n\x0B\f\r');
    taken     record;
BEGIN
    SELECT t.* INTO STRICT taken
      FROM (VALUES (1, 'users_email_key', 'email', email, in_email_holder ->> 'name' = email),
                   (2, 'users_user_name_key', 'user_name', user_name, in_user_name_holder ->> 'name' = user_name),
                   (3, 'users_email_lower_key', 'lower(email)', lower(email), in_email_holder ? 'user_id'),
                   (4, 'users_user_name_lower_key', 'lower(user_name)', lower(user_name), in_user_name_holder ? 'user_id'))
           AS t (n, name, col, value, holds)
     WHERE t.holds
     ORDER BY t.n
     LIMIT 1;
    RAISE EXCEPTION 'duplicate key value violates unique constraint "%"', taken.name
          USING ERRCODE = 'unique_violation',
                DETAIL = format('Key (%s)=(%s) already exists.', taken.col, taken.value),
                CONSTRAINT = taken.name, TABLE = 'users', SCHEMA = '@extschema@';
END
$function$;

COMMENT ON FUNCTION s2t_router.raise_taken(text, jsonb, text, jsonb)
    IS 'Raises the error for an e-mail address or a user name that somebody has.';

CREATE FUNCTION s2t_router.raise_given_up()
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION 'could not serialize access due to concurrent update'
          USING ERRCODE = 'serialization_failure',
                DETAIL = 'Other sessions wanted the same name, and decided that this one came too late.';
END
$function$;

COMMENT ON FUNCTION s2t_router.raise_given_up()
    IS 'Raises the error for whose claim on a name others have given up, again and again.';

-- ------------------------------------------------------------------------------------------------
-- Registering.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION s2t_router.register(
    in_routine text, in_email text, in_user_name text, in_hashed_pass text, in_name text, in_default_plan_code text, in_key text,
    OUT user_id uuid, OUT repeated boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    address   CONSTANT text := s2t_router.key_of(in_email);
    user_key  CONSTANT text := s2t_router.key_of(in_user_name);
    user_slot CONSTANT integer := coalesce(s2t_router.slot_of(address), 0);
    claim     uuid;
    old_claim uuid;
    holder    jsonb;
    answer    record;
    email     jsonb;
    arguments CONSTANT jsonb := jsonb_build_object(
        'routine', in_routine, 'email', in_email, 'user_name', in_user_name, 'hashed_pass', in_hashed_pass, 'name', in_name,
        'default_plan_code', in_default_plan_code, 'register_key', in_key, 'user_slot', user_slot);
BEGIN
    PERFORM s2t_router.may_write(in_routine);

    FOR the_attempt IN 1 .. 10 LOOP
        -- The user name first; with the address there is no hurry, for its slot is the user's.
        claim := gen_random_uuid();
        IF address IS NULL OR user_key IS NULL THEN
            holder := '{"user_id": null}';
        ELSE
            holder := s2t_router.take_name('user_name', user_key, claim, user_slot);
        END IF;

        old_claim := NULL;
        LOOP
            answer := s2t_router.ask(user_slot, 'register',
                                     arguments || jsonb_build_object('claim', claim, 'old_claim', old_claim, 'try', holder <> '{}'));
            email := '{}';
            EXIT WHEN answer.result ->> 'state' IS DISTINCT FROM 'held';
            email := s2t_router.holder_of(jsonb_build_object('slot', user_slot, 'kind', 'email', 'key', address), answer.result);
            -- Nobody's any more: it is taken over.
            EXIT WHEN email <> '{}' OR holder <> '{}';
            old_claim := (answer.result ->> 'claim')::uuid;
        END LOOP;

        IF answer.result ->> 'state' = 'done' THEN
            user_id := answer.result ->> 'user_id';
            repeated := false;
            PERFORM s2t_router.tell(answer.problem);
            PERFORM s2t_router.confirm_later('user_name', user_key, claim, user_id);
            RETURN;
        END IF;

        IF holder = '{}' THEN
            PERFORM s2t_router.settle_later('user_name', user_key, claim, user_slot);
        ELSIF answer.problem ->> 'constraint' = 'users_email_lower_key' THEN
            -- Found by the server, which does not know of the user name.
            email := jsonb_build_object('user_id', NULL);
            answer.problem := NULL;
        END IF;
        PERFORM s2t_router.tell(answer.problem);
        IF answer.result ->> 'state' = 'repeated' THEN
            user_id := answer.result ->> 'user_id';
            repeated := true;
            RETURN;
        ELSIF email ? 'user_id' OR holder ? 'user_id' THEN
            PERFORM s2t_router.raise_taken(in_email, email, in_user_name, holder);
        END IF;
    END LOOP;
    PERFORM s2t_router.raise_given_up();
END
$function$;

COMMENT ON FUNCTION s2t_router.register(text, text, text, text, text, text, text)
    IS 'Claims the names, registers, and confirms them.';

CREATE FUNCTION s2t_router.confirm_later(in_kind text, in_key text, in_claim uuid, in_user_id uuid)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    slot CONSTANT integer := s2t_router.slot_of(in_key);
BEGIN
    PERFORM s2t_router.demand(slot, 'confirm_name',
                              jsonb_build_object('slot', slot, 'kind', in_kind, 'key', in_key, 'claim', in_claim, 'user_id', in_user_id));
EXCEPTION WHEN query_canceled OR admin_shutdown THEN
    RAISE;
WHEN OTHERS THEN
    NULL;
END
$function$;

COMMENT ON FUNCTION s2t_router.confirm_later(text, text, uuid, uuid)
    IS 'Notes whose a name has become, if that can be done now; else whoever meets the name does it.';

CREATE PROCEDURE @extschema@.sp_register_user(in_email text, in_user_name text, in_hashed_pass text, in_name text, in_default_plan_code text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $procedure$
BEGIN
    PERFORM s2t_router.register('sp_register_user', in_email, in_user_name, in_hashed_pass, in_name, in_default_plan_code, NULL);
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.sp_register_user(text, text, text, text, text) FROM PUBLIC;

CREATE FUNCTION @extschema@.s2t_register_user(in_email text, in_user_name text, in_hashed_pass text, in_name text, in_default_plan_code text)
RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN (s2t_router.register('s2t_register_user', in_email, in_user_name, in_hashed_pass, in_name, in_default_plan_code, NULL)).user_id;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_register_user(text, text, text, text, text) FROM PUBLIC;

CREATE FUNCTION @extschema@.s2t_register(
    in_email text, in_user_name text, in_hashed_pass text, in_name text, in_default_plan_code text, in_key text DEFAULT NULL)
RETURNS TABLE (user_id uuid, repeated boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    SELECT r.user_id, r.repeated
      INTO user_id, repeated
      FROM s2t_router.register('s2t_register', in_email, in_user_name, in_hashed_pass, in_name, in_default_plan_code, in_key) AS r;
    RETURN NEXT;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_register(text, text, text, text, text, text) FROM PUBLIC;

-- ------------------------------------------------------------------------------------------------
-- Changing a log-in, deleting a user. A name that is about to be given up is doubted first, so that it is
-- freed by whoever comes next if this session does not come to it.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION s2t_router.doubt_name(in_kind text, in_key text, in_user_slot integer)
RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    slot CONSTANT integer := s2t_router.slot_of(in_key);
BEGIN
    IF in_key IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN (s2t_router.demand(slot, 'doubt_name', jsonb_build_object('slot', slot, 'kind', in_kind, 'key', in_key, 'user_slot', in_user_slot))
            ->> 'claim')::uuid;
END
$function$;

COMMENT ON FUNCTION s2t_router.doubt_name(text, text, integer)
    IS 'Notes that a user is about to give up a name; the claim it is held by, or NULL.';

CREATE FUNCTION @extschema@.s2t_change_login(in_user_id uuid, in_email text DEFAULT NULL, in_user_name text DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    user_slot CONSTANT integer := coalesce(s2t_router.slot_of_id(in_user_id), 0);
    wanted    jsonb;
    stands    jsonb;
    kind      text;
    claim     uuid;
    old_claim uuid;
    claimed   jsonb;  -- kind: claim by which the old name is held
    holders   jsonb;
    holder    jsonb;
    answer    record;
BEGIN
    PERFORM s2t_router.may_write('s2t_change_login');
    wanted := jsonb_strip_nulls(jsonb_build_object('email', s2t_router.key_of(in_email),
                                                   'user_name', s2t_router.key_of(in_user_name)));

    FOR the_attempt IN 1 .. 10 LOOP
        claim := gen_random_uuid();
        claimed := '{}';
        holders := '{}';
        stands := '{}';
        IF in_user_id IS NOT NULL THEN
            stands := s2t_router.demand(user_slot, 'names_of', jsonb_build_object('user_id', in_user_id));
        END IF;
        IF stands <> '{}' THEN
            FOREACH kind IN ARRAY '{email,user_name}'::text[] LOOP
                CONTINUE WHEN NOT wanted ? kind OR stands -> kind = wanted -> kind;
                holder := s2t_router.take_name(kind, wanted ->> kind, claim, user_slot);
                IF holder <> '{}' THEN
                    holders := holders || jsonb_build_object(kind, holder);
                ELSE
                    claimed := claimed || jsonb_build_object(kind, NULL);
                END IF;
            END LOOP;
        END IF;
        IF holders = '{}' THEN
            FOR kind IN SELECT jsonb_object_keys(claimed) LOOP
                claimed := claimed || jsonb_build_object(kind, s2t_router.doubt_name(kind, stands ->> kind, user_slot));
            END LOOP;
        END IF;

        answer := s2t_router.ask(user_slot, 'change_login', jsonb_build_object(
            'user_id', in_user_id, 'email', in_email, 'user_name', in_user_name, 'claim', claim,
            'claimed', ARRAY(SELECT jsonb_object_keys(claimed)), 'try', holders <> '{}'));

        FOR kind, old_claim IN SELECT c.key, c.value::uuid FROM jsonb_each_text(claimed) AS c LOOP
            IF answer.result ->> 'state' = 'done' THEN
                PERFORM s2t_router.confirm_later(kind, wanted ->> kind, claim, in_user_id);
            ELSE
                PERFORM s2t_router.settle_later(kind, wanted ->> kind, claim, user_slot);
            END IF;
            IF old_claim IS NOT NULL THEN
                PERFORM s2t_router.settle_later(kind, stands ->> kind, old_claim, user_slot);
            END IF;
        END LOOP;

        PERFORM s2t_router.tell(answer.problem);
        IF answer.result ->> 'state' = 'done' THEN
            RETURN (answer.result ->> 'result')::boolean;
        ELSIF holders <> '{}' THEN
            PERFORM s2t_router.raise_taken(in_email, coalesce(holders -> 'email', '{}'), in_user_name, coalesce(holders -> 'user_name', '{}'));
        END IF;
    END LOOP;
    PERFORM s2t_router.raise_given_up();
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_change_login(uuid, text, text) FROM PUBLIC;

CREATE FUNCTION @extschema@.s2t_delete_user(in_user_id uuid)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    user_slot CONSTANT integer := coalesce(s2t_router.slot_of_id(in_user_id), 0);
    stands    jsonb := '{}';
    email     uuid;
    user_name uuid;
    answer    record;
BEGIN
    PERFORM s2t_router.may_write('s2t_delete_user');
    IF in_user_id IS NOT NULL THEN
        stands := s2t_router.demand(user_slot, 'names_of', jsonb_build_object('user_id', in_user_id));
    END IF;
    email := s2t_router.doubt_name('email', stands ->> 'email', user_slot);
    user_name := s2t_router.doubt_name('user_name', stands ->> 'user_name', user_slot);

    answer := s2t_router.ask(user_slot, 'delete_user', jsonb_build_object('user_id', in_user_id));

    IF email IS NOT NULL THEN
        PERFORM s2t_router.settle_later('email', stands ->> 'email', email, user_slot);
    END IF;
    IF user_name IS NOT NULL THEN
        PERFORM s2t_router.settle_later('user_name', stands ->> 'user_name', user_name, user_slot);
    END IF;
    PERFORM s2t_router.tell(answer.problem);
    RETURN answer.result::boolean;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_delete_user(uuid) FROM PUBLIC;

-- ------------------------------------------------------------------------------------------------
-- Logging in.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.sp_get_login(in_email_or_user_name text)
RETURNS TABLE (id uuid, password_hash text, status text, role text, verified boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    login CONSTANT text := lower(btrim(in_email_or_user_name, E' \t\n\x0B\f\r'));
    slot  integer;
    entry record;
    found jsonb;
BEGIN
    IF in_email_or_user_name IS NULL THEN
        RAISE EXCEPTION 'argument must not be null'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = 'Argument in_email_or_user_name is null.';
    ELSIF login = '' THEN
        RAISE EXCEPTION 'invalid e-mail address or user name'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = 'Argument in_email_or_user_name is blank.';
    ELSIF s2t_router.key_of(login) IS NULL THEN
        RETURN;
    END IF;

    slot := s2t_router.slot_of(login);
    FOR entry IN
        SELECT e.kind, e.user_slot, e.login
          FROM jsonb_to_recordset(s2t_router.demand(slot, 'find_login', jsonb_build_object('slot', slot, 'key', login)))
               AS e (kind text, user_slot integer, login jsonb)
    LOOP
        found := entry.login;
        -- A server that knows what slots it has says so; another one is believed where the map says that it has both.
        IF found IS NULL OR (found = '{}' AND s2t_router.shard_of_slot(entry.user_slot) <> s2t_router.shard_of_slot(slot)) THEN
            found := s2t_router.demand(entry.user_slot, 'get_login',
                                       jsonb_build_object('user_slot', entry.user_slot, 'kind', entry.kind, 'key', login));
        END IF;
        CONTINUE WHEN found = '{}';
        RETURN QUERY
        SELECT r.* FROM jsonb_to_record(found) AS r (id uuid, password_hash text, status text, role text, verified boolean);
        RETURN;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_login(text) FROM PUBLIC;
