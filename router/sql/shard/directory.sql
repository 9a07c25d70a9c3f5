-- ------------------------------------------------------------------------------------------------
-- The directory: whose an e-mail address or a user name is, over all shards. Each name has a row on the shard of
-- its own slot, which is that of the lower-cased name, not of its user: docs/scale.md, "Names".
-- ------------------------------------------------------------------------------------------------

CREATE TABLE s2t_shard.names (
    slot       integer NOT NULL,
    kind       text NOT NULL,
    key        text COLLATE "C" NOT NULL,
    claim      uuid NOT NULL,
    user_slot  integer NOT NULL,
    user_id    uuid,
    changed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT names_pkey PRIMARY KEY (slot, kind, key),
    CONSTRAINT names_slot_check CHECK (slot BETWEEN 0 AND 4095 AND user_slot BETWEEN 0 AND 4095),
    CONSTRAINT names_kind_check CHECK (kind IN ('email', 'user_name')));

CREATE INDEX names_undecided_idx ON s2t_shard.names (changed_at) WHERE user_id IS NULL;

REVOKE ALL ON TABLE s2t_shard.names FROM PUBLIC;
COMMENT ON TABLE s2t_shard.names IS 'The directory: e-mail addresses and user names whose slots are on this shard, wherever their users are.';
COMMENT ON COLUMN s2t_shard.names.slot IS 'Slot of the name.';
COMMENT ON COLUMN s2t_shard.names.kind IS 'email or user_name; the same word can be both, of two users.';
COMMENT ON COLUMN s2t_shard.names.key IS 'The name as lower() gives it.';
COMMENT ON COLUMN s2t_shard.names.claim IS 'Which attempt to have the name this row is of.';
COMMENT ON COLUMN s2t_shard.names.user_slot IS 'Slot of the user who has it or is about to have it.';
COMMENT ON COLUMN s2t_shard.names.user_id IS 'That user; NULL while it is undecided whether it came to that, or whether it still is so.';
COMMENT ON COLUMN s2t_shard.names.changed_at IS 'When the row was last claimed, confirmed or doubted.';

CREATE TABLE s2t_shard.claims (
    slot  integer NOT NULL,
    claim uuid NOT NULL,
    used  boolean NOT NULL,
    at    timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT claims_pkey PRIMARY KEY (slot, claim));

REVOKE ALL ON TABLE s2t_shard.claims FROM PUBLIC;
COMMENT ON TABLE s2t_shard.claims IS 'Claims on names that were used by, or became impossible for, users of this shard.';
COMMENT ON COLUMN s2t_shard.claims.slot IS 'Slot of the user.';
COMMENT ON COLUMN s2t_shard.claims.claim IS 'The claim.';
COMMENT ON COLUMN s2t_shard.claims.used IS 'Whether a registration or a change was made with it; false: somebody was in the way, and it never can be.';
COMMENT ON COLUMN s2t_shard.claims.at IS 'When that was.';

-- Both are data: a dump has them. Their owner is that of s2t, as the functions' is.
DO $do$
DECLARE
    owner text;
BEGIN
    SELECT pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(p.proowner))
      INTO owner
      FROM pg_catalog.pg_extension AS e
      JOIN pg_catalog.pg_proc AS p ON p.pronamespace = e.extnamespace AND p.proname = 's2t_install' AND p.pronargs = 0
     WHERE e.extname = 's2t';
    EXECUTE pg_catalog.format('ALTER TABLE s2t_shard.names OWNER TO %s', owner);
    EXECUTE pg_catalog.format('ALTER TABLE s2t_shard.claims OWNER TO %s', owner);
END
$do$;
SELECT pg_catalog.pg_extension_config_dump('s2t_shard.names', '');
SELECT pg_catalog.pg_extension_config_dump('s2t_shard.claims', '');

-- As sp_register_user() trims it, and as its unique index compares it.
CREATE FUNCTION s2t_shard.key_of(in_name text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT pg_catalog.lower(pg_catalog.btrim(in_name, E' \t\n\x0B\f\r'))
$function$;

REVOKE ALL ON FUNCTION s2t_shard.key_of(text) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.key_of(text) IS 'A name as the directory has it.';

-- ------------------------------------------------------------------------------------------------
-- On the shard of the name.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION s2t_shard.claim_name(in_slot integer, in_kind text, in_key text, in_claim uuid, in_user_slot integer, in_old_claim uuid)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    held s2t_shard.names;
BEGIN
    PERFORM @s2t@.s2t_hold_slot(in_slot);

    -- Whoever takes over from a claim that came to nothing names it: it may have been taken over already.
    UPDATE s2t_shard.names AS n
       SET claim = in_claim, user_slot = in_user_slot, user_id = NULL, changed_at = now()
     WHERE n.slot = in_slot AND n.kind = in_kind AND n.key = in_key AND n.claim = in_old_claim;
    IF FOUND THEN
        RETURN jsonb_build_object('state', 'claimed');
    END IF;

    LOOP
        INSERT INTO s2t_shard.names (slot, kind, key, claim, user_slot)
        VALUES (in_slot, in_kind, in_key, in_claim, in_user_slot)
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            RETURN jsonb_build_object('state', 'claimed');
        END IF;

        SELECT n.* INTO held FROM s2t_shard.names AS n WHERE n.slot = in_slot AND n.kind = in_kind AND n.key = in_key;
        IF FOUND THEN
            RETURN to_jsonb(held) || jsonb_build_object('state', CASE WHEN held.claim = in_claim THEN 'claimed' ELSE 'held' END);
        END IF;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.claim_name(integer, text, text, uuid, integer, uuid) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.claim_name(integer, text, text, uuid, integer, uuid)
    IS 'Claims a name for a user to be, or tells who has it; with in_old_claim, takes it over from that claim.';

CREATE FUNCTION s2t_shard.confirm_name(in_slot integer, in_kind text, in_key text, in_claim uuid, in_user_id uuid)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM @s2t@.s2t_hold_slot(in_slot);
    UPDATE s2t_shard.names AS n
       SET user_id = in_user_id, changed_at = now()
     WHERE n.slot = in_slot AND n.kind = in_kind AND n.key = in_key AND n.claim = in_claim
       AND n.user_id IS DISTINCT FROM in_user_id;
    RETURN jsonb_build_object('done', FOUND);
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.confirm_name(integer, text, text, uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.confirm_name(integer, text, text, uuid, uuid)
    IS 'Notes whose a claimed name has become.';

CREATE FUNCTION s2t_shard.doubt_name(in_slot integer, in_kind text, in_key text, in_user_slot integer)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    doubted uuid;
BEGIN
    PERFORM @s2t@.s2t_hold_slot(in_slot);
    UPDATE s2t_shard.names AS n
       SET user_id = NULL, changed_at = now()
     WHERE n.slot = in_slot AND n.kind = in_kind AND n.key = in_key AND n.user_slot = in_user_slot
    RETURNING n.claim INTO doubted;
    RETURN jsonb_build_object('claim', doubted);
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.doubt_name(integer, text, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.doubt_name(integer, text, text, integer)
    IS 'Notes that a user is about to give up a name: undecided until somebody has looked. Returns the claim it is held by.';

CREATE FUNCTION s2t_shard.free_name(in_slot integer, in_kind text, in_key text, in_claim uuid)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM @s2t@.s2t_hold_slot(in_slot);
    DELETE FROM s2t_shard.names AS n
     WHERE n.slot = in_slot AND n.kind = in_kind AND n.key = in_key AND n.claim = in_claim;
    RETURN jsonb_build_object('done', FOUND);
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.free_name(integer, text, text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.free_name(integer, text, text, uuid)
    IS 'Removes a name, if it is still held by that claim; for whoever knows that nobody has it by that claim.';

CREATE FUNCTION s2t_shard.list_undecided(in_older_than interval, in_limit integer)
RETURNS jsonb
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT coalesce(jsonb_agg(to_jsonb(n) ORDER BY n.changed_at), '[]')
      FROM (SELECT n.* FROM s2t_shard.names AS n
             WHERE n.user_id IS NULL AND n.changed_at <= now() - in_older_than
             ORDER BY n.changed_at
             LIMIT in_limit) AS n
$function$;

REVOKE ALL ON FUNCTION s2t_shard.list_undecided(interval, integer) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.list_undecided(interval, integer)
    IS 'Names that nobody has decided for so long: what a router that died has left.';

-- ------------------------------------------------------------------------------------------------
-- On the shard of the user.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION s2t_shard.holder_of(in_user_slot integer, in_kind text, in_key text)
RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
    answer jsonb;
BEGIN
    IF in_kind = 'email' THEN
        SELECT jsonb_build_object('user_id', u.id, 'name', u.email)
          INTO answer
          FROM @s2t@.users AS u
         WHERE lower(u.email) = in_key AND @s2t@.s2t_slot(u.id) = in_user_slot;
    ELSE
        SELECT jsonb_build_object('user_id', u.id, 'name', u.user_name)
          INTO answer
          FROM @s2t@.users AS u
         WHERE lower(u.user_name) = in_key AND @s2t@.s2t_slot(u.id) = in_user_slot;
    END IF;
    RETURN coalesce(answer, '{}');
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.holder_of(integer, text, text) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.holder_of(integer, text, text)
    IS 'Who of a slot has a name, and how it is written; an empty object if nobody has.';

CREATE FUNCTION s2t_shard.decide_claim(in_user_slot integer, in_claim uuid, in_kind text, in_key text)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    answer jsonb;
BEGIN
    PERFORM @s2t@.s2t_hold_slot(in_user_slot);
    answer := s2t_shard.holder_of(in_user_slot, in_kind, in_key);
    IF answer <> '{}' THEN
        RETURN answer;
    END IF;

    -- Waits for whoever is using the claim; who has not begun with it never will.
    INSERT INTO s2t_shard.claims (slot, claim, used) VALUES (in_user_slot, in_claim, false)
    ON CONFLICT DO NOTHING;
    RETURN s2t_shard.holder_of(in_user_slot, in_kind, in_key);
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.decide_claim(integer, uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.decide_claim(integer, uuid, text, text)
    IS 'Decides a claim where it would be used: the user who has the name, or nobody, and then nobody can by that claim.';

CREATE FUNCTION s2t_shard.use_claim(in_user_slot integer, in_claim uuid)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    was_used boolean;
BEGIN
    INSERT INTO s2t_shard.claims (slot, claim, used) VALUES (in_user_slot, in_claim, true)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        RETURN 'new';
    END IF;
    SELECT c.used INTO was_used FROM s2t_shard.claims AS c WHERE c.slot = in_user_slot AND c.claim = in_claim;
    RETURN CASE WHEN was_used THEN 'used' ELSE 'given_up' END;
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.use_claim(integer, uuid) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.use_claim(integer, uuid)
    IS 'Begins to use a claim: new, used (the same call was made before) or given_up (somebody has decided that it cannot be).';

-- The address is claimed in the same step, since its slot is the user's; the user name was claimed before.
-- S2M10 takes back what was done and answers with what was found.
CREATE FUNCTION s2t_shard.register(
    in_routine text, in_email text, in_user_name text, in_hashed_pass text, in_name text, in_default_plan_code text, in_key text,
    in_user_slot integer, in_claim uuid, in_old_claim uuid, in_try boolean)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    address CONSTANT text := s2t_shard.key_of(in_email);
    answer  jsonb;
    made    record;
    state   text;
BEGIN
    PERFORM @s2t@.s2t_hold_slot(in_user_slot);

    IF NOT in_try THEN
        state := s2t_shard.use_claim(in_user_slot, in_claim);
        IF state = 'used' THEN
            RETURN s2t_shard.holder_of(in_user_slot, 'email', address) || jsonb_build_object('state', 'done');
        ELSIF state = 'given_up' THEN
            RETURN jsonb_build_object('state', 'given_up');
        END IF;
    END IF;

    IF in_routine = 'sp_register_user' THEN
        CALL @s2t@.sp_register_user(in_email, in_user_name, in_hashed_pass, in_name, in_default_plan_code);
        SELECT u.id AS user_id, false AS repeated INTO STRICT made FROM @s2t@.users AS u WHERE lower(u.email) = address;
    ELSIF in_routine = 's2t_register_user' THEN
        SELECT @s2t@.s2t_register_user(in_email, in_user_name, in_hashed_pass, in_name, in_default_plan_code) AS user_id, false AS repeated
          INTO made;
    ELSE
        SELECT r.user_id, r.repeated
          INTO made
          FROM @s2t@.s2t_register(in_email, in_user_name, in_hashed_pass, in_name, in_default_plan_code, in_key) AS r;
    END IF;
    IF made.repeated THEN
        answer := jsonb_build_object('state', 'repeated', 'user_id', made.user_id);
        RAISE SQLSTATE 'S2M10';
    ELSIF @s2t@.s2t_slot(made.user_id) <> in_user_slot THEN
        RAISE EXCEPTION 'slot of the user is not the one that the router has'
              USING ERRCODE = 'object_not_in_prerequisite_state',
                    DETAIL = format('The user''s slot is %s, the router took it for %s.', @s2t@.s2t_slot(made.user_id), in_user_slot),
                    HINT = 'Compare encoding, collation provider and its version of router and shards: s2t_router.check().';
    END IF;

    UPDATE s2t_shard.names AS n
       SET claim = in_claim, user_slot = in_user_slot, user_id = made.user_id, changed_at = now()
     WHERE n.slot = in_user_slot AND n.kind = 'email' AND n.key = address AND n.claim = in_old_claim AND NOT in_try;
    IF NOT FOUND THEN
        INSERT INTO s2t_shard.names (slot, kind, key, claim, user_slot, user_id)
        VALUES (in_user_slot, 'email', address, coalesce(in_claim, made.user_id), in_user_slot, made.user_id)
        ON CONFLICT DO NOTHING;
    END IF;
    IF NOT FOUND THEN
        SELECT to_jsonb(n) || jsonb_build_object('state', 'held')
          INTO answer
          FROM s2t_shard.names AS n
         WHERE n.slot = in_user_slot AND n.kind = 'email' AND n.key = address;
        answer := coalesce(answer, jsonb_build_object('state', 'given_up'));
        RAISE SQLSTATE 'S2M10';
    ELSIF in_try THEN
        answer := jsonb_build_object('state', 'fine');
        RAISE SQLSTATE 'S2M10';
    END IF;
    RETURN jsonb_build_object('state', 'done', 'user_id', made.user_id);

EXCEPTION WHEN SQLSTATE 'S2M10' THEN
    RETURN answer;
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.register(text, text, text, text, text, text, text, integer, uuid, uuid, boolean) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.register(text, text, text, text, text, text, text, integer, uuid, uuid, boolean)
    IS 'Uses a claim on a user name: registers, and enters the address. With in_try nothing stays, and the answer is what it would have been.';

CREATE FUNCTION s2t_shard.names_of(in_user_id uuid)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    answer jsonb;
BEGIN
    PERFORM @s2t@.s2t_check_slot(@s2t@.s2t_slot(in_user_id));
    SELECT jsonb_build_object('email', lower(u.email), 'user_name', lower(u.user_name))
      INTO answer
      FROM @s2t@.users AS u
     WHERE u.id = in_user_id;
    RETURN coalesce(answer, '{}');
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.names_of(uuid) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.names_of(uuid)
    IS 'The names of a user as the directory has them; an empty object if there is no such user.';

CREATE FUNCTION s2t_shard.change_login(in_user_id uuid, in_email text, in_user_name text, in_claim uuid, in_claimed text[], in_try boolean)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    answer  jsonb;
    state   text;
    changed boolean;
    stands  record;
BEGIN
    IF in_user_id IS NOT NULL THEN
        PERFORM @s2t@.s2t_hold_slot(@s2t@.s2t_slot(in_user_id));
    END IF;

    IF in_claimed <> '{}' AND NOT in_try THEN
        state := s2t_shard.use_claim(@s2t@.s2t_slot(in_user_id), in_claim);
        IF state = 'used' THEN
            RETURN jsonb_build_object('state', 'done', 'result', true);
        ELSIF state = 'given_up' THEN
            RETURN jsonb_build_object('state', 'given_up');
        END IF;
    END IF;

    -- A name that was the user's own when the router looked may be somebody else's by now.
    SELECT lower(u.email) AS email, lower(u.user_name) AS user_name
      INTO stands
      FROM @s2t@.users AS u
     WHERE u.id = in_user_id
       FOR UPDATE;
    IF FOUND AND NOT in_try
       AND ((s2t_shard.key_of(in_email) IS DISTINCT FROM stands.email AND in_email IS NOT NULL AND 'email' <> ALL (in_claimed))
         OR (s2t_shard.key_of(in_user_name) IS DISTINCT FROM stands.user_name AND in_user_name IS NOT NULL AND 'user_name' <> ALL (in_claimed))) THEN
        answer := jsonb_build_object('state', 'given_up');
        RAISE SQLSTATE 'S2M10';
    END IF;

    changed := @s2t@.s2t_change_login(in_user_id, in_email, in_user_name);
    IF in_try THEN
        answer := jsonb_build_object('state', 'fine');
        RAISE SQLSTATE 'S2M10';
    END IF;
    RETURN jsonb_build_object('state', 'done', 'result', changed);

EXCEPTION WHEN SQLSTATE 'S2M10' THEN
    RETURN answer;
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.change_login(uuid, text, text, uuid, text[], boolean) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.change_login(uuid, text, text, uuid, text[], boolean)
    IS 'Uses a claim on the names in in_claimed for a change of log-in. With in_try nothing stays, and the answer is what it would have been.';

-- ------------------------------------------------------------------------------------------------
-- Logging in.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION s2t_shard.get_login(in_user_slot integer, in_kind text, in_key text)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
    answer jsonb;
BEGIN
    PERFORM @s2t@.s2t_check_slot(in_user_slot);
    SELECT jsonb_build_object('id', u.id, 'password_hash', u.password_hash, 'status', u.status, 'role', u.role, 'verified', u.verified)
      INTO answer
      FROM @s2t@.users AS u
     WHERE u.id = (s2t_shard.holder_of(in_user_slot, in_kind, in_key)->>'user_id')::uuid;
    RETURN coalesce(answer, '{}');
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.get_login(integer, text, text) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.get_login(integer, text, text)
    IS 'What sp_get_login() tells of the user of a slot who has a name; an empty object if nobody has.';

-- The users of most names are where the names are: an address is, until it is changed.
CREATE FUNCTION s2t_shard.find_login(in_slot integer, in_key text)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    found  jsonb := '[]';
    entry  record;
    login  jsonb;
BEGIN
    PERFORM @s2t@.s2t_check_slot(in_slot);
    FOR entry IN
        SELECT n.kind, n.user_slot FROM s2t_shard.names AS n
         WHERE n.slot = in_slot AND n.kind IN ('email', 'user_name') AND n.key = in_key
         ORDER BY n.kind
    LOOP
        BEGIN
            login := s2t_shard.get_login(entry.user_slot, entry.kind, in_key);
        EXCEPTION WHEN SQLSTATE 'S2M01' OR SQLSTATE 'S2M02' THEN
            login := NULL;  -- not for this server to say
        END;
        found := found || jsonb_build_object('kind', entry.kind, 'user_slot', entry.user_slot, 'login', login);
        EXIT WHEN login <> '{}';
    END LOOP;
    RETURN found;
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.find_login(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.find_login(integer, text)
    IS 'Where the users are who have a name, the address first, and what sp_get_login() tells of them if that is here.';

-- ------------------------------------------------------------------------------------------------
-- How routers call all of these.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION s2t_shard.directory(in_call text, in_args jsonb, in_caller text[], OUT result jsonb, OUT s2t_problem jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    a       record;
    error   s2t_shard.error;
    notices jsonb;
BEGIN
    PERFORM @s2t@.s2t_begin_remote(in_caller);
    SELECT r.* INTO a
      FROM jsonb_to_record(in_args) AS r (
               slot integer, kind text, key text, claim uuid, old_claim uuid, user_slot integer, user_id uuid, older_than interval, most integer,
               routine text, email text, user_name text, hashed_pass text, name text, default_plan_code text, register_key text,
               claimed text[], try boolean, slots integer[], names jsonb);
    result := CASE in_call
        WHEN 'claim_name'     THEN s2t_shard.claim_name(a.slot, a.kind, a.key, a.claim, a.user_slot, a.old_claim)
        WHEN 'confirm_name'   THEN s2t_shard.confirm_name(a.slot, a.kind, a.key, a.claim, a.user_id)
        WHEN 'doubt_name'     THEN s2t_shard.doubt_name(a.slot, a.kind, a.key, a.user_slot)
        WHEN 'free_name'      THEN s2t_shard.free_name(a.slot, a.kind, a.key, a.claim)
        WHEN 'list_undecided' THEN s2t_shard.list_undecided(a.older_than, a.most)
        WHEN 'decide_claim'   THEN s2t_shard.decide_claim(a.user_slot, a.claim, a.kind, a.key)
        WHEN 'register'       THEN s2t_shard.register(a.routine, a.email, a.user_name, a.hashed_pass, a.name, a.default_plan_code, a.register_key,
                                                      a.user_slot, a.claim, a.old_claim, a.try)
        WHEN 'names_of'       THEN s2t_shard.names_of(a.user_id)
        WHEN 'change_login'   THEN s2t_shard.change_login(a.user_id, a.email, a.user_name, a.claim, a.claimed, a.try)
        WHEN 'delete_user'    THEN to_jsonb(@s2t@.s2t_delete_user(a.user_id))
        WHEN 'get_login'      THEN s2t_shard.get_login(a.user_slot, a.kind, a.key)
        WHEN 'find_login'     THEN s2t_shard.find_login(a.slot, a.key)
        WHEN 'doubt_names'    THEN s2t_shard.doubt_names(a.slots)
        WHEN 'list_names'     THEN s2t_shard.list_names(a.user_id, a.slots, a.most)
        WHEN 'restore_names'  THEN s2t_shard.restore_names(a.names)
    END;
    notices := @s2t@.s2t_end_remote();
    IF notices IS NOT NULL THEN
        s2t_problem := s2t_shard.problem(NULL::s2t_shard.error, notices);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        error.sqlstate = RETURNED_SQLSTATE, error.message = MESSAGE_TEXT, error.detail = PG_EXCEPTION_DETAIL,
        error.hint = PG_EXCEPTION_HINT, error.constraint = CONSTRAINT_NAME, error."table" = TABLE_NAME,
        error."column" = COLUMN_NAME, error.schema = SCHEMA_NAME, error.datatype = PG_DATATYPE_NAME;
    s2t_problem := s2t_shard.problem(error, @s2t@.s2t_end_remote());
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.directory(text, jsonb, text[]) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.directory(text, jsonb, text[])
    IS 'Calls one of the functions of the directory for a router: arguments by name, errors as values.';

-- ------------------------------------------------------------------------------------------------
-- By the operator.
-- ------------------------------------------------------------------------------------------------

-- FNV-1a of 64 bits in two halves, folded to 12 bits: as the native code makes the slot of an address.
CREATE FUNCTION s2t_shard.slot_of_name(in_key text)
RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    -- Capitals that lower() leaves, in a database of the locale C, are those of ASCII at most.
    bytes CONSTANT bytea := convert_to(lower(in_key COLLATE "C"), getdatabaseencoding());
    high  bigint := x'CBF29CE4'::bigint;
    low   bigint := x'84222325'::bigint;
BEGIN
    FOR i IN 0 .. octet_length(bytes) - 1 LOOP
        low := low # get_byte(bytes, i);
        -- times 2^40 + 435
        high := (high * 435 + (low * 435 >> 32) + (low << 8)) & 4294967295;
        low := (low * 435) & 4294967295;
    END LOOP;
    RETURN (low # (low >> 12) # ((low >> 24) | (high << 8)) # (high >> 4) # (high >> 16) # (high >> 28)) & 4095;
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.slot_of_name(text) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.slot_of_name(text) IS 'The slot of a name as the directory has it.';

CREATE FUNCTION s2t_shard.fill_names()
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    filled bigint;
BEGIN
    INSERT INTO s2t_shard.names (slot, kind, key, claim, user_slot, user_id)
    SELECT s2t_shard.slot_of_name(x.key), x.kind, x.key, gen_random_uuid(), @s2t@.s2t_slot(u.id), u.id
      FROM @s2t@.users AS u,
           LATERAL (VALUES ('email', lower(u.email)), ('user_name', lower(u.user_name))) AS x (kind, key)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS filled = ROW_COUNT;
    RETURN filled;
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.fill_names() FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.fill_names()
    IS 'Enters the names of all users of this server: for one that has users already and becomes the first shard.';

CREATE FUNCTION s2t_shard.purge_claims(in_older_than interval DEFAULT '7 days')
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    purged bigint;
BEGIN
    IF in_older_than IS NULL OR in_older_than < '1 hour' THEN
        RAISE EXCEPTION 'invalid age'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = format('Argument in_older_than is %s.', coalesce(in_older_than::text, 'null')),
                    HINT = 'No call may still be under way with a claim that is purged: an hour is the least.';
    END IF;
    DELETE FROM s2t_shard.claims AS c WHERE c.at < now() - in_older_than;
    GET DIAGNOSTICS purged = ROW_COUNT;
    RETURN purged;
END
$function$;

REVOKE ALL ON FUNCTION s2t_shard.purge_claims(interval) FROM PUBLIC;
COMMENT ON FUNCTION s2t_shard.purge_claims(interval)
    IS 'Removes claims that no call can be under way with any more.';
