-- ------------------------------------------------------------------------------------------------
-- Accounts: plans, registration, plan changes, totals of a user.
-- ------------------------------------------------------------------------------------------------

CREATE PROCEDURE @extschema@.sp_seed_plans()
LANGUAGE plpgsql
SET search_path = pg_catalog, @extschema@, pg_temp
AS $function$
DECLARE
    inserted bigint;
BEGIN
    -- Ids derived from the codes (version 8 of RFC 9562), so that they are the same on every server.
    INSERT INTO @extschema@.plans
           (id, code, name, description, plan_type, plan_cost, monthly_minutes, monthly_usage_limit, is_default)
    SELECT pg_catalog.overlay(pg_catalog.overlay(
               pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(
                   pg_catalog.convert_to('s2t plan ' || seed.code, 'UTF8')), 'hex'), 32),
               '8', 13, 1), '8', 17, 1)::uuid,
           seed.code, seed.name, seed.description, seed.plan_type, seed.plan_cost,
           seed.monthly_minutes, seed.monthly_usage_limit,
           seed.code = 'FREE' AND NOT EXISTS (SELECT FROM @extschema@.plans AS p WHERE p.is_default)
      FROM (VALUES
               ('FREE',       'Free',       '30 minutes and 10 recordings a month',    'free', 0,    30,   10),
               ('BASIC',      'Basic',      '300 minutes and 100 recordings a month',  'paid', 499,  300,  100),
               ('PREMIUM',    'Premium',    '1500 minutes and 500 recordings a month', 'paid', 1499, 1500, 500),
               ('ENTERPRISE', 'Enterprise', 'Unlimited',                               'paid', 9999, NULL, NULL)
           ) AS seed (code, name, description, plan_type, plan_cost, monthly_minutes, monthly_usage_limit)
    ON CONFLICT (code) DO NOTHING;

    GET DIAGNOSTICS inserted = ROW_COUNT;
    RAISE NOTICE '% of 4 plans inserted', inserted;
END
$function$;

REVOKE ALL ON PROCEDURE @extschema@.sp_seed_plans() FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_seed_plans()
    IS 'Inserts those of the four usual plans FREE, BASIC, PREMIUM and ENTERPRISE that are missing, with ids derived from their codes.';

CREATE PROCEDURE @extschema@.sp_register_user(
    in_email text,
    in_user_name text,
    in_hashed_pass text,
    in_name text,
    in_default_plan_code text)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_register_user';

REVOKE ALL ON PROCEDURE @extschema@.sp_register_user(text, text, text, text, text) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_register_user(text, text, text, text, text)
    IS 'Makes a user with profile and subscription in one step; the cycle is the current calendar month.';

CREATE FUNCTION @extschema@.s2t_register_user(
    in_email text,
    in_user_name text,
    in_hashed_pass text,
    in_name text,
    in_default_plan_code text)
RETURNS uuid
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_register_user';

REVOKE ALL ON FUNCTION @extschema@.s2t_register_user(text, text, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_register_user(text, text, text, text, text)
    IS 'Does what sp_register_user() does, and returns the id of the new user.';

-- Changes of an account after its registration. All of them are safe to repeat: they tell whether
-- anything was changed.

CREATE FUNCTION @extschema@.s2t_set_password(
    in_user_id uuid,
    in_hashed_pass text)
RETURNS boolean
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_set_password';

REVOKE ALL ON FUNCTION @extschema@.s2t_set_password(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_set_password(uuid, text)
    IS 'Puts another password hash into an account; true unless it was that one already.';

CREATE FUNCTION @extschema@.s2t_set_verified(
    in_user_id uuid,
    in_verified boolean)
RETURNS boolean
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_set_verified';

REVOKE ALL ON FUNCTION @extschema@.s2t_set_verified(uuid, boolean) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_set_verified(uuid, boolean)
    IS 'Notes whether the e-mail address of an account is verified; true unless it stood so already.';

CREATE FUNCTION @extschema@.s2t_set_status(
    in_user_id uuid,
    in_status text)
RETURNS boolean
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_set_status';

REVOKE ALL ON FUNCTION @extschema@.s2t_set_status(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_set_status(uuid, text)
    IS 'Sets the state of an account; true unless it was that one already. What s2t.blocked_statuses names may not create recordings.';

CREATE FUNCTION @extschema@.s2t_update_profile(
    in_user_id uuid,
    in_name text DEFAULT NULL,
    in_avatar_url text DEFAULT NULL)
RETURNS boolean
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_update_profile';

REVOKE ALL ON FUNCTION @extschema@.s2t_update_profile(uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_update_profile(uuid, text, text)
    IS 'Changes what a user shows; NULL leaves a value as it is. True unless all stood so already.';

CREATE FUNCTION @extschema@.s2t_change_login(
    in_user_id uuid,
    in_email text DEFAULT NULL,
    in_user_name text DEFAULT NULL)
RETURNS boolean
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_change_login';

REVOKE ALL ON FUNCTION @extschema@.s2t_change_login(uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_change_login(uuid, text, text)
    IS 'Changes e-mail address or user name under the rules of registration; NULL leaves a value as it is. True unless all stood so already.';

CREATE PROCEDURE @extschema@.sp_change_user_plan(
    in_user_id uuid,
    in_new_plan_code text,
    in_prorate boolean DEFAULT false,
    INOUT success boolean DEFAULT NULL,
    INOUT message text DEFAULT NULL)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_change_user_plan';

REVOKE ALL ON PROCEDURE @extschema@.sp_change_user_plan(uuid, text, boolean, boolean, text) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_change_user_plan(uuid, text, boolean, boolean, text)
    IS 'Moves a user to another plan; with in_prorate the usage so far is closed into usage_cycles and counting starts at zero.';

CREATE FUNCTION @extschema@.s2t_change_user_plan(
    in_user_id uuid,
    in_new_plan_code text,
    in_prorate boolean DEFAULT false,
    in_at text DEFAULT 'now',
    in_key text DEFAULT NULL,
    OUT success boolean,
    OUT message text)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_change_user_plan';

REVOKE ALL ON FUNCTION @extschema@.s2t_change_user_plan(uuid, text, boolean, text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_change_user_plan(uuid, text, boolean, text, text)
    IS 'Does what sp_change_user_plan() does, now or at the end of the cycle; safe to repeat with a key.';

CREATE FUNCTION @extschema@.s2t_cancel_plan_change(
    in_user_id uuid)
RETURNS boolean
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_cancel_plan_change';

REVOKE ALL ON FUNCTION @extschema@.s2t_cancel_plan_change(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_cancel_plan_change(uuid)
    IS 'Takes back a change of plan that waits for the end of the cycle; true if there was one.';

CREATE FUNCTION @extschema@.s2t_register(
    in_email text,
    in_user_name text,
    in_hashed_pass text,
    in_name text,
    in_default_plan_code text,
    in_key text DEFAULT NULL)
RETURNS TABLE (user_id uuid, repeated boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, @extschema@, pg_temp
AS $function$
DECLARE
    -- As sp_register_user() trims it.
    address CONSTANT text := pg_catalog.lower(pg_catalog.btrim(in_email, E' \t\n\x0B\f\r'));
    -- Not the password's hash: whoever repeats a call may have hashed it anew.
    claim   CONSTANT bytea := pg_catalog.sha256(pg_catalog.convert_to(
                pg_catalog.concat_ws(E'\x01', in_email, in_user_name, coalesce(in_name, E'\x02'), in_default_plan_code), 'UTF8'));
    known   record;
BEGIN
    IF in_key IS NULL THEN
        RETURN QUERY SELECT @extschema@.s2t_register_user(in_email, in_user_name, in_hashed_pass, in_name, in_default_plan_code), false;
        RETURN;
    ELSIF pg_catalog.btrim(in_key, E' \t\n\x0B\f\r') = '' OR pg_catalog.length(in_key) > 255 THEN
        RAISE EXCEPTION 'invalid key'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = 'Argument in_key is blank or has more than 255 characters.';
    END IF;

    FOR attempt IN 1 .. 2 LOOP
        SELECT u.id, u.register_key_hash INTO known
          FROM @extschema@.users AS u
         WHERE pg_catalog.lower(u.email) = address
           AND u.register_key = in_key;
        IF FOUND THEN
            IF known.register_key_hash IS DISTINCT FROM claim THEN
                RAISE EXCEPTION 'key was used with other arguments'
                      USING ERRCODE = 'invalid_parameter_value',
                            HINT = 'Repeat a call with the arguments that it had, or give a new one a key of its own.';
            END IF;
            RETURN QUERY SELECT known.id, true;
            RETURN;
        END IF;

        BEGIN
            user_id := @extschema@.s2t_register_user(in_email, in_user_name, in_hashed_pass, in_name, in_default_plan_code);
            UPDATE @extschema@.users AS u SET register_key = in_key, register_key_hash = claim WHERE u.id = s2t_register.user_id;
            repeated := false;
            RETURN NEXT;
            RETURN;
        EXCEPTION WHEN unique_violation THEN
            -- The same call, at once from another session, may have been faster; above READ COMMITTED
            -- the transaction cannot see whose address or name it is, and the next one can.
            IF attempt = 2 AND NOT EXISTS (
                SELECT FROM @extschema@.users AS u
                 WHERE pg_catalog.lower(u.email) = address
                    OR pg_catalog.lower(u.user_name) = pg_catalog.lower(pg_catalog.btrim(in_user_name, E' \t\n\x0B\f\r'))) THEN
                RAISE EXCEPTION 'could not serialize access due to concurrent update'
                      USING ERRCODE = 'serialization_failure';
            ELSIF attempt = 2 THEN
                RAISE;
            END IF;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_register(text, text, text, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_register(text, text, text, text, text, text)
    IS 'Does what s2t_register_user() does, and is safe to repeat with a key: the same user, and no second one.';

CREATE FUNCTION @extschema@.sp_get_user_stats(
    in_user_id uuid,
    OUT total_recordings bigint,
    OUT total_duration_minutes numeric,
    OUT total_segments bigint,
    OUT current_cycle_usage integer,
    OUT current_cycle_seconds integer,
    OUT quota_usage_percent numeric,
    OUT quota_minutes_percent numeric)
LANGUAGE c STABLE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_get_user_stats';

REVOKE ALL ON FUNCTION @extschema@.sp_get_user_stats(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_user_stats(uuid)
    IS 'Totals, usage of the current cycle and share of the quota of one user: always one row, at a cost that does not grow with the history.';

CREATE FUNCTION @extschema@.s2t_delete_user(
    in_user_id uuid)
RETURNS boolean
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_delete_user';

REVOKE ALL ON FUNCTION @extschema@.s2t_delete_user(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_delete_user(uuid)
    IS 'Erases a user: the account and all that belongs to it goes; closed cycles, entries of the ledger and the audit stay and say nothing of the person. True if there was one.';

-- Every table of the extension that says whose its rows are: by user_id, or by recording_id alone.
CREATE FUNCTION @extschema@.s2t_export_user(
    in_user_id uuid)
RETURNS TABLE (kind text, data jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET row_security = off
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    source record;
BEGIN
    IF in_user_id IS NULL THEN
        PERFORM @extschema@.s2t_raise_null('in_user_id');
    END IF;

    PERFORM @extschema@.s2t_require_seen(ARRAY(SELECT t.tab FROM @extschema@.s2t_wanted_tables() AS t));

    FOR source IN
        SELECT t.tab, t.fullname, owner.col AS owner,
               (SELECT pg_catalog.string_agg(pg_catalog.format('t.%I', k.col), ', ' ORDER BY k.n)
                  FROM @extschema@.s2t_wanted_constraints() AS c,
                       pg_catalog.regexp_split_to_table(c.cols, ', ') WITH ORDINALITY AS k (col, n)
                 WHERE c.tab = t.tab AND c.name = t.tab || '_pkey') AS key
          FROM @extschema@.s2t_standing_tables() AS t,
               LATERAL (SELECT w.col
                          FROM @extschema@.s2t_wanted_columns() AS w
                         WHERE w.tab = t.tab
                           AND (w.col IN ('user_id', 'recording_id') OR (w.tab = 'users' AND w.col = 'id'))
                         ORDER BY w.col = 'recording_id'
                         LIMIT 1) AS owner
         WHERE NOT t.fresh
         ORDER BY t.tab <> 'users', t.seq
    LOOP
        FOR kind, data IN EXECUTE pg_catalog.format(
            'SELECT %L::text, pg_catalog.to_jsonb(t) OPERATOR(pg_catalog.-) ''password_hash''::text FROM %s AS t WHERE %s ORDER BY %s',
            source.tab, source.fullname,
            CASE source.owner
                WHEN 'recording_id' THEN 't.recording_id IN (SELECT r.id FROM @extschema@.recordings AS r WHERE r.user_id OPERATOR(pg_catalog.=) $1)'
                ELSE pg_catalog.format('t.%I OPERATOR(pg_catalog.=) $1', source.owner)
            END,
            source.key)
        USING in_user_id
        LOOP
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_export_user(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_export_user(uuid)
    IS 'All that is stored of a user, row by row: the table a row is of, and the row without the hash of the password.';
