-- The peer that the extension is measured against: the seven procedures in PL/pgSQL, as fast as we
-- could make them, in the schema "peer".  Expects the extension in the schema "s2t".
--
-- Its tables are copies of the extension's: columns, defaults, constraints, indexes, fillfactor.
-- They have no triggers that count; the procedures keep the same running totals themselves.
--
-- The peer does what the contract asks wherever SQL does it cheaply, and less where it would cost:
-- it does not keep unknown keys of a segment, tells a repeated call by status alone and not by
-- content, accepts what jsonb_to_recordset() accepts ("5" for 5), is not SECURITY DEFINER, carries
-- no SET search_path, puts no slot into its ids, and its reset does not commit in batches. Of the
-- meter it has what every call does: the hold, the split of plan, credits and overage, the ledger;
-- not the user's status, thresholds, nor attempts after the first. It writes the audit log's row for
-- a registration and for a change of plan.
--
-- Tried, and not faster: completing by one statement with data-modifying CTEs instead of three
-- statements; jsonb_array_elements() instead of jsonb_to_recordset(); locking the recording before
-- its segments go in, or after; SELECT ... FOR UPDATE before a plain UPDATE when creating or
-- changing the plan; registering and creating by one statement with CTEs; the ids' column default.

CREATE SCHEMA peer;

DO $do$
DECLARE
    step record;
BEGIN
    -- With s2t in the path, definitions come out without a schema.
    SET LOCAL search_path = s2t, pg_catalog;
    CREATE TEMPORARY TABLE steps ON COMMIT DROP AS
    SELECT c.relname AS tab, format('CREATE TABLE peer.%I (LIKE s2t.%1$I INCLUDING ALL)%s', c.relname,
                                    ' WITH (' || array_to_string(c.reloptions, ', ') || ')') AS make,
           (SELECT array_agg(format('ALTER TABLE peer.%I ADD CONSTRAINT %I %s', c.relname, o.conname,
                                    replace(pg_get_constraintdef(o.oid), 'REFERENCES ', 'REFERENCES peer.')))
              FROM pg_constraint AS o
             WHERE o.conrelid = c.oid AND o.contype = 'f') AS refer
      FROM pg_class AS c
     WHERE c.relnamespace = 's2t'::regnamespace AND c.relkind = 'r';

    FOR step IN SELECT make FROM pg_temp.steps LOOP
        EXECUTE step.make;
    END LOOP;
    FOR step IN SELECT unnest(refer) AS make FROM pg_temp.steps LOOP
        EXECUTE step.make;
    END LOOP;
END
$do$;

-- What COPY fills: segments without the foreign key.
CREATE TABLE peer.segments_copy (LIKE peer.segments INCLUDING ALL);


-- ------------------------------------------------------------------------------------------------
-- 1. Register
-- ------------------------------------------------------------------------------------------------

CREATE PROCEDURE peer.sp_register_user(
    in_email text,
    in_user_name text,
    in_hashed_pass text,
    in_name text,
    in_default_plan_code text)
LANGUAGE plpgsql
AS $procedure$
DECLARE
    the_email CONSTANT text := btrim(in_email, E' \t\n\v\f\r');
    the_name  CONSTANT text := btrim(in_user_name, E' \t\n\v\f\r');
    month     CONSTANT timestamptz := date_trunc('month', clock_timestamp(), 'UTC');
    new_id    CONSTANT uuid := ('0' || to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint << 4 | 7) || substr(gen_random_uuid()::text, 16))::uuid;
    the_plan  uuid;
BEGIN
    IF the_email IS NULL OR octet_length(the_email) > 254 OR the_email !~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$' THEN
        RAISE EXCEPTION 'invalid e-mail address' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF the_name IS NULL OR the_name = '' OR length(the_name) > 64
       OR in_hashed_pass IS NULL OR btrim(in_hashed_pass) = '' THEN
        RAISE EXCEPTION 'invalid user name or password hash' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    SELECT p.id INTO the_plan FROM peer.plans AS p WHERE p.code = in_default_plan_code AND p.is_active;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'plan not found or not active' USING ERRCODE = 'no_data_found',
              DETAIL = format('No active plan has the code "%s".', in_default_plan_code);
    END IF;

    INSERT INTO peer.users (id, email, user_name, password_hash)
    VALUES (new_id, the_email, the_name, in_hashed_pass);
    INSERT INTO peer.user_profiles (user_id, name)
    VALUES (new_id, in_name);
    INSERT INTO peer.user_subscriptions (user_id, plan_id, cycle_start, cycle_end)
    VALUES (new_id, the_plan, month, date_trunc('month', month + interval '32 days', 'UTC'));
    INSERT INTO peer.audit_log (id, session_role, effective_role, client_addr, application_name, procedure_name, user_id, outcome)
    VALUES (('0' || to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint << 4 | 7) || substr(gen_random_uuid()::text, 16))::uuid,
            session_user, current_user, inet_client_addr(), current_setting('application_name'), 'sp_register_user', new_id, 'done');
END
$procedure$;


-- ------------------------------------------------------------------------------------------------
-- Charge, where credits or overage may come into it
-- ------------------------------------------------------------------------------------------------

-- Where every call needs an id the expression stands there in full, which is faster.
CREATE FUNCTION peer.new_id() RETURNS uuid
LANGUAGE sql AS $function$
    SELECT ('0' || to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint << 4 | 7) || substr(gen_random_uuid()::text, 16))::uuid
$function$;

-- What open credits have left.
CREATE FUNCTION peer.of_credits(in_user_id uuid, OUT recordings bigint, OUT seconds bigint)
LANGUAGE sql AS $function$
    SELECT coalesce(sum(c.left_recordings), 0), coalesce(sum(c.left_seconds), 0)
      FROM peer.usage_credits AS c
     WHERE c.user_id = in_user_id AND c.cancelled_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > clock_timestamp())
$function$;

-- Charges the open cycle for a recording: the plan, then open credits, then overage.  The subscription
-- is locked.  Returns the cycle.
CREATE FUNCTION peer.charge(in_user_id uuid, in_recording_id uuid, in_recordings integer, in_seconds integer)
RETURNS uuid
LANGUAGE plpgsql
AS $function$
DECLARE
    s       record;
    c       record;
    paid_r  integer;
    paid_s  integer;
    rest_r  integer;
    rest_s  integer;
    took_r  integer;
    took_s  integer;
    given_r integer := 0;
    given_s integer := 0;
BEGIN
    SELECT u.*, p.monthly_usage_limit, p.monthly_minutes INTO s
      FROM peer.user_subscriptions AS u
      JOIN peer.plans AS p ON p.id = u.plan_id
     WHERE u.user_id = in_user_id;
    paid_r := least(in_recordings, greatest(coalesce(s.monthly_usage_limit, in_recordings + s.usage_count)
                                            - (s.usage_count - s.credit_recordings), 0));
    paid_s := least(in_seconds, greatest(coalesce(s.monthly_minutes * 60::bigint, in_seconds + s.used_seconds)
                                         - (s.used_seconds - s.credit_seconds), 0));
    rest_r := in_recordings - paid_r;
    rest_s := in_seconds - paid_s;
    IF s.credit_count > 0 AND (rest_r > 0 OR rest_s > 0) THEN
        FOR c IN SELECT * FROM peer.usage_credits AS k
                  WHERE k.user_id = in_user_id AND k.cancelled_at IS NULL
                    AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
                  ORDER BY k.expires_at NULLS LAST, k.created_at
                    FOR NO KEY UPDATE
        LOOP
            took_r := least(rest_r, c.left_recordings);
            took_s := least(rest_s, c.left_seconds);
            CONTINUE WHEN took_r = 0 AND took_s = 0;
            UPDATE peer.usage_credits AS k
               SET left_recordings = k.left_recordings - took_r, left_seconds = k.left_seconds - took_s
             WHERE k.user_id = in_user_id AND k.id = c.id;
            INSERT INTO peer.usage_entries (id, user_id, cycle_id, recording_id, credit_id, kind,
                                            recordings, seconds, credit_recordings, credit_seconds)
            VALUES (peer.new_id(), in_user_id, s.cycle_id, in_recording_id, c.id, 'charge', took_r, took_s, took_r, took_s);
            rest_r := rest_r - took_r;
            rest_s := rest_s - took_s;
            given_r := given_r + took_r;
            given_s := given_s + took_s;
        END LOOP;
    END IF;
    IF in_recordings > given_r OR in_seconds > given_s THEN
        INSERT INTO peer.usage_entries (id, user_id, cycle_id, recording_id, kind, recordings, seconds, overage_recordings, overage_seconds)
        VALUES (peer.new_id(), in_user_id, s.cycle_id, in_recording_id, 'charge', in_recordings - given_r, in_seconds - given_s, rest_r, rest_s);
    END IF;
    UPDATE peer.user_subscriptions AS u
       SET usage_count = u.usage_count + in_recordings, used_seconds = u.used_seconds + in_seconds,
           credit_recordings = u.credit_recordings + given_r, credit_seconds = u.credit_seconds + given_s,
           overage_recordings = u.overage_recordings + rest_r, overage_seconds = u.overage_seconds + rest_s
     WHERE u.user_id = in_user_id;
    RETURN s.cycle_id;
END
$function$;


-- ------------------------------------------------------------------------------------------------
-- Rollover, the rare path of several procedures
-- ------------------------------------------------------------------------------------------------

-- Closes the cycle of a user if it has ended.  False if there is no subscription.
CREATE FUNCTION peer.roll_over(in_user_id uuid)
RETURNS boolean
LANGUAGE plpgsql
AS $function$
DECLARE
    month   CONSTANT timestamp := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC');
    old     peer.user_subscriptions%ROWTYPE;
BEGIN
    SELECT * INTO old FROM peer.user_subscriptions AS s WHERE s.user_id = in_user_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF old.cycle_end <= clock_timestamp() THEN
        INSERT INTO peer.usage_cycles (id, user_id, plan_code, monthly_minutes, monthly_usage_limit,
                                       cycle_start, cycle_end, usage_count, used_seconds, reason,
                                       credit_recordings, credit_seconds, overage_recordings, overage_seconds)
        SELECT old.cycle_id, old.user_id, p.code, p.monthly_minutes, p.monthly_usage_limit,
               old.cycle_start, old.cycle_end, old.usage_count, old.used_seconds, 'rollover',
               old.credit_recordings, old.credit_seconds, old.overage_recordings, old.overage_seconds
          FROM peer.plans AS p
         WHERE p.id = old.plan_id;
        UPDATE peer.user_subscriptions AS s
           SET cycle_start = month AT TIME ZONE 'UTC', cycle_end = (month + interval '1 month') AT TIME ZONE 'UTC',
               cycle_id = peer.new_id(), usage_count = 0, used_seconds = 0,
               credit_recordings = 0, credit_seconds = 0, overage_recordings = 0, overage_seconds = 0,
               plan_id = coalesce((SELECT d.id FROM peer.plans AS p, peer.plans AS d
                                    WHERE p.id = s.plan_id AND NOT p.is_active AND d.is_default), s.plan_id)
         WHERE s.user_id = in_user_id;
    END IF;
    RETURN true;
END
$function$;


-- ------------------------------------------------------------------------------------------------
-- 2. Create
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION peer.sp_check_quota_and_create_recording(
    in_user_id uuid,
    in_source text,
    in_language text DEFAULT 'vi',
    in_meta jsonb DEFAULT '{}',
    OUT recording_id uuid,
    OUT quota_ok boolean,
    OUT error_message text)
LANGUAGE plpgsql
AS $function$
DECLARE
    s     record;
    c     record;
    cycle uuid;
    held  integer;
    r     bigint;
    t     bigint;
BEGIN
    IF in_user_id IS NULL OR in_source IS NULL OR btrim(in_source) = '' OR length(in_source) > 64
       OR in_language IS NULL OR (in_language <> 'vi' AND in_language !~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$')
       OR in_meta IS NULL OR jsonb_typeof(in_meta) <> 'object' THEN
        RAISE EXCEPTION 'invalid argument' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    -- The conditional UPDATE is check, lock, hold and charge in one, where the plan pays all of it.
    UPDATE peer.user_subscriptions AS u
       SET usage_count = u.usage_count + 1, total_recordings = u.total_recordings + 1,
           held_seconds = u.held_seconds + coalesce(p.max_recording_minutes * 60, 0)
      FROM peer.plans AS p
     WHERE u.user_id = in_user_id
       AND p.id = u.plan_id
       AND u.cycle_end > clock_timestamp()
       AND (p.monthly_usage_limit IS NULL OR u.usage_count - u.credit_recordings < p.monthly_usage_limit)
       AND (p.monthly_minutes IS NULL
            OR p.monthly_minutes * 60::bigint - (u.used_seconds - u.credit_seconds) - u.held_seconds
               >= coalesce(p.max_recording_minutes * 60, 1))
    RETURNING u.cycle_id, coalesce(p.max_recording_minutes * 60, 0) INTO cycle, held;
    quota_ok := FOUND;
    error_message := '';
    IF quota_ok THEN
        recording_id := ('0' || to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint << 4 | 7) || substr(gen_random_uuid()::text, 16))::uuid;
        INSERT INTO peer.recordings (id, user_id, source, language, meta, charged_cycle_id, held_seconds)
        VALUES (recording_id, in_user_id, in_source, in_language, in_meta, cycle, held);
        INSERT INTO peer.usage_entries (id, user_id, cycle_id, recording_id, kind, recordings)
        VALUES (('0' || to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint << 4 | 7) || substr(gen_random_uuid()::text, 16))::uuid,
                in_user_id, cycle, recording_id, 'charge', 1);
        RETURN;
    END IF;

    -- Why not, not yet, or with what is left of credits.
    IF NOT peer.roll_over(in_user_id) THEN
        error_message := 'no active subscription';
        RETURN;
    END IF;
    SELECT u.*, p.monthly_usage_limit, p.monthly_minutes, p.max_recording_minutes INTO s
      FROM peer.user_subscriptions AS u
      JOIN peer.plans AS p ON p.id = u.plan_id
     WHERE u.user_id = in_user_id;
    r := greatest(s.monthly_usage_limit - (s.usage_count - s.credit_recordings), 0);
    t := greatest(s.monthly_minutes * 60::bigint - (s.used_seconds - s.credit_seconds), 0);
    IF s.credit_count > 0 THEN
        c := peer.of_credits(in_user_id);
        r := r + c.recordings;
        t := t + c.seconds;
    END IF;
    t := t - s.held_seconds;
    IF r < 1 THEN
        error_message := format('recording limit reached: %s of %s recordings used in this cycle', s.usage_count, s.monthly_usage_limit);
        RETURN;
    ELSIF t < 1 THEN
        error_message := format('minute limit reached: %s of %s minutes used in this cycle', s.used_seconds / 60, s.monthly_minutes);
        RETURN;
    END IF;
    held := coalesce(least(s.max_recording_minutes * 60::bigint, t), 0);
    recording_id := peer.new_id();
    quota_ok := true;
    cycle := peer.charge(in_user_id, recording_id, 1, 0);
    UPDATE peer.user_subscriptions AS u
       SET total_recordings = u.total_recordings + 1, held_seconds = u.held_seconds + held
     WHERE u.user_id = in_user_id;
    INSERT INTO peer.recordings (id, user_id, source, language, meta, charged_cycle_id, held_seconds)
    VALUES (recording_id, in_user_id, in_source, in_language, in_meta, cycle, held);
END
$function$;


-- ------------------------------------------------------------------------------------------------
-- 3. Complete, fail
-- ------------------------------------------------------------------------------------------------

-- What has been recognised so far: what is new is stored, charged, held no more, and booked in the
-- entry of the ledger that grows with the recording; what is there with other columns is refused.
-- Without credits, without overage, without the thresholds.
CREATE FUNCTION peer.s2t_append_segments(
    in_recording_id uuid,
    in_segments jsonb,
    in_duration_ms integer DEFAULT NULL,
    OUT segment_count integer,
    OUT duration_ms integer,
    OUT charged_seconds integer,
    OUT quota_ok boolean,
    OUT remaining_seconds bigint)
LANGUAGE plpgsql
AS $function$
DECLARE
    r      record;
    s      record;
    stored integer;
    more   integer;
    held   integer;
    entry  uuid;
BEGIN
    IF in_recording_id IS NULL OR in_segments IS NULL OR jsonb_typeof(in_segments) <> 'array' OR in_duration_ms < 0 THEN
        RAISE EXCEPTION 'invalid argument' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT g.user_id, g.status, g.segment_count, g.heard_ms, g.charged_seconds, g.held_seconds, g.charged_entry_id INTO r
      FROM peer.recordings AS g WHERE g.id = in_recording_id FOR NO KEY UPDATE;
    IF NOT FOUND OR r.status <> 'processing' THEN
        RAISE EXCEPTION 'recording is not in processing' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;

    INSERT INTO peer.segments (recording_id, idx, start_ms, end_ms, text)
    SELECT in_recording_id, e.idx, e.start_ms, e.end_ms, e.text
      FROM jsonb_to_recordset(in_segments) AS e (idx integer, start_ms integer, end_ms integer, text text)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS stored = ROW_COUNT;
    IF stored <> jsonb_array_length(in_segments) THEN
        PERFORM FROM jsonb_to_recordset(in_segments) AS e (idx integer, start_ms integer, end_ms integer, text text)
           JOIN peer.segments AS g ON g.recording_id = in_recording_id AND g.idx = e.idx
          WHERE (g.start_ms, g.end_ms, g.text) IS DISTINCT FROM (e.start_ms, e.end_ms, e.text);
        IF FOUND THEN
            RAISE EXCEPTION 'segment is already stored with other content' USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
    END IF;

    duration_ms := greatest(r.heard_ms, coalesce(in_duration_ms, (
        SELECT max(e.end_ms) FROM jsonb_to_recordset(in_segments) AS e (end_ms integer))));
    more := greatest((duration_ms + 999) / 1000 - r.charged_seconds, 0);
    held := greatest(r.held_seconds - more, 0);
    charged_seconds := r.charged_seconds + more;
    segment_count := r.segment_count + stored;
    UPDATE peer.user_subscriptions AS u
       SET used_seconds = u.used_seconds + more, total_segments = u.total_segments + stored,
           held_seconds = u.held_seconds + held - r.held_seconds
      FROM peer.plans AS p
     WHERE u.user_id = r.user_id AND p.id = u.plan_id AND u.cycle_end > clock_timestamp()
    RETURNING u.cycle_id, p.monthly_minutes * 60::bigint - u.used_seconds - u.held_seconds + held AS remaining INTO s;
    IF NOT FOUND AND peer.roll_over(r.user_id) THEN
        UPDATE peer.user_subscriptions AS u
           SET used_seconds = u.used_seconds + more, total_segments = u.total_segments + stored,
               held_seconds = u.held_seconds + held - r.held_seconds
          FROM peer.plans AS p
         WHERE u.user_id = r.user_id AND p.id = u.plan_id
        RETURNING u.cycle_id, p.monthly_minutes * 60::bigint - u.used_seconds - u.held_seconds + held AS remaining INTO s;
    END IF;
    entry := r.charged_entry_id;
    IF more > 0 THEN
        UPDATE peer.usage_entries AS e
           SET seconds = e.seconds + more
         WHERE e.user_id = r.user_id AND e.id = r.charged_entry_id AND e.cycle_id = s.cycle_id;
        IF NOT FOUND THEN
            entry := ('0' || to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint << 4 | 7) || substr(gen_random_uuid()::text, 16))::uuid;
            INSERT INTO peer.usage_entries (id, user_id, cycle_id, recording_id, kind, seconds)
            VALUES (entry, r.user_id, s.cycle_id, in_recording_id, 'charge', more);
        END IF;
    END IF;
    UPDATE peer.recordings AS g
       SET heard_ms = s2t_append_segments.duration_ms, active_at = clock_timestamp(), segment_count = s2t_append_segments.segment_count,
           charged_seconds = s2t_append_segments.charged_seconds, held_seconds = held, charged_entry_id = entry
     WHERE g.id = in_recording_id;
    remaining_seconds := greatest(s.remaining, 0);
    quota_ok := s.remaining IS NULL OR s.remaining > 0;
END
$function$;

-- The usual queue: what is due comes back, and the next ones that nobody holds are taken, of accounts that
-- are active, with attempts left. What cannot be claimed stays where it is, in the way.
CREATE FUNCTION peer.s2t_claim_recordings(
    in_worker text,
    in_limit integer DEFAULT 1,
    in_lease_time interval DEFAULT '5 minutes')
RETURNS TABLE (recording_id uuid, user_id uuid, source text, language text, meta jsonb, attempt integer, lease uuid, lease_until timestamptz)
LANGUAGE plpgsql
AS $function$
DECLARE
    now_is CONSTANT timestamptz := clock_timestamp();
BEGIN
    IF in_worker IS NULL OR btrim(in_worker) = '' OR in_limit IS NULL OR in_limit NOT BETWEEN 1 AND 1000
       OR in_lease_time IS NULL OR in_lease_time <= '0'::interval THEN
        RAISE EXCEPTION 'invalid argument' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    UPDATE peer.recordings AS r
       SET queue_priority = r.due_priority, due_at = NULL, due_priority = NULL
     WHERE r.id = ANY (ARRAY(SELECT q.id FROM peer.recordings AS q
                              WHERE q.status = 'processing' AND q.due_at IS NOT NULL AND q.due_at <= now_is
                              ORDER BY q.due_at, q.id
                              LIMIT 100
                                FOR NO KEY UPDATE SKIP LOCKED));
    RETURN QUERY
    UPDATE peer.recordings AS r
       SET claims = r.claims + 1, attempt = r.attempt + 1, active_at = now_is,
           lease = ('0' || to_hex((date_part('epoch', now_is) * 1000)::bigint << 4 | 7) || substr(gen_random_uuid()::text, 16))::uuid,
           lease_until = now_is + in_lease_time, lease_worker = in_worker
     WHERE r.id = ANY (ARRAY(SELECT q.id FROM peer.recordings AS q JOIN peer.users AS u ON u.id = q.user_id
                              WHERE q.status = 'processing' AND q.queue_priority IS NOT NULL
                                AND (q.lease IS NULL OR q.lease_until <= now_is) AND q.claims < 5
                                AND u.status NOT IN ('blocked', 'disabled', 'suspended', 'banned', 'deleted')
                              ORDER BY q.queue_priority, q.created_at, q.id
                              LIMIT in_limit
                                FOR NO KEY UPDATE OF q SKIP LOCKED))
    RETURNING r.id, r.user_id, r.source, r.language, r.meta, r.claims, r.lease, r.lease_until;
END
$function$;

-- Of a recording that was charged when it was created and has not grown.
CREATE PROCEDURE peer.sp_complete_recording(
    in_recording_id uuid,
    in_duration_ms integer,
    in_segments jsonb)
LANGUAGE plpgsql
AS $procedure$
DECLARE
    owner    uuid;
    cycle    uuid;
    held     integer;
    segments integer;
    seconds  integer;
BEGIN
    IF in_recording_id IS NULL OR in_duration_ms IS NULL OR in_duration_ms < 0
       OR in_segments IS NULL OR jsonb_typeof(in_segments) <> 'array' THEN
        RAISE EXCEPTION 'invalid argument' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    segments := jsonb_array_length(in_segments);
    seconds := (in_duration_ms + 999::bigint) / 1000;

    -- What it held stays in its row, and counts for recordings in processing only.
    UPDATE peer.recordings AS r
       SET status = 'done', duration_ms = in_duration_ms, completed_at = clock_timestamp(), error = NULL,
           segment_count = segments, charged_seconds = seconds
     WHERE r.id = in_recording_id AND r.status = 'processing' AND r.segment_count = 0 AND r.charged_seconds = 0
    RETURNING r.user_id, r.held_seconds INTO owner, held;
    IF NOT FOUND THEN
        PERFORM FROM peer.recordings AS r WHERE r.id = in_recording_id AND r.status = 'done';
        IF FOUND THEN
            RAISE NOTICE 'recording % is already completed, nothing changed', in_recording_id;
            RETURN;
        END IF;
        RAISE EXCEPTION 'recording not found' USING ERRCODE = 'no_data_found';
    END IF;

    -- The table's constraints refuse what is negative, missing, reversed or there twice.
    INSERT INTO peer.segments (recording_id, idx, start_ms, end_ms, text)
    SELECT in_recording_id, s.idx, s.start_ms, s.end_ms, s.text
      FROM jsonb_to_recordset(in_segments) AS s (idx integer, start_ms integer, end_ms integer, text text);

    -- Where the plan pays all of it.
    UPDATE peer.user_subscriptions AS s
       SET used_seconds = s.used_seconds + seconds, held_seconds = s.held_seconds - held,
           total_duration_ms = s.total_duration_ms + in_duration_ms,
           total_segments = s.total_segments + segments
      FROM peer.plans AS p
     WHERE s.user_id = owner AND p.id = s.plan_id AND s.cycle_end > clock_timestamp()
       AND (p.monthly_minutes IS NULL OR s.used_seconds - s.credit_seconds + seconds <= p.monthly_minutes * 60::bigint)
    RETURNING s.cycle_id INTO cycle;
    IF FOUND THEN
        INSERT INTO peer.usage_entries (id, user_id, cycle_id, recording_id, kind, seconds)
        VALUES (('0' || to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint << 4 | 7) || substr(gen_random_uuid()::text, 16))::uuid,
                owner, cycle, in_recording_id, 'charge', seconds);
    ELSIF peer.roll_over(owner) THEN
        PERFORM peer.charge(owner, in_recording_id, 0, seconds);
        UPDATE peer.user_subscriptions AS s
           SET held_seconds = s.held_seconds - held,
               total_duration_ms = s.total_duration_ms + in_duration_ms,
               total_segments = s.total_segments + segments
         WHERE s.user_id = owner;
    END IF;
END
$procedure$;

CREATE PROCEDURE peer.sp_fail_recording(
    in_recording_id uuid,
    in_reason text)
LANGUAGE plpgsql
AS $procedure$
BEGIN
    UPDATE peer.recordings AS r
       SET status = 'failed', error = in_reason
     WHERE r.id = in_recording_id AND r.status = 'processing';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'recording is not being processed' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END
$procedure$;


-- ------------------------------------------------------------------------------------------------
-- 4. Reset
-- ------------------------------------------------------------------------------------------------

CREATE PROCEDURE peer.sp_reset_monthly_cycles()
LANGUAGE plpgsql
AS $procedure$
DECLARE
    started   CONSTANT timestamptz := clock_timestamp();
    new_start CONSTANT timestamptz := date_trunc('month', started, 'UTC');
    new_end   CONSTANT timestamptz := date_trunc('month', new_start + interval '32 days', 'UTC');
    closed    bigint;
BEGIN
    -- Two statements see two moments: nobody may be charged in between.  (One statement with a
    -- data-modifying CTE needs no lock, but joins the table with itself, and is slower.)
    LOCK TABLE peer.user_subscriptions IN SHARE ROW EXCLUSIVE MODE;
    INSERT INTO peer.usage_cycles (id, user_id, plan_code, monthly_minutes, monthly_usage_limit,
                                   cycle_start, cycle_end, usage_count, used_seconds, reason,
                                   credit_recordings, credit_seconds, overage_recordings, overage_seconds)
    SELECT s.cycle_id, s.user_id, p.code, p.monthly_minutes, p.monthly_usage_limit,
           s.cycle_start, s.cycle_end, s.usage_count, s.used_seconds, 'rollover',
           s.credit_recordings, s.credit_seconds, s.overage_recordings, s.overage_seconds
      FROM peer.user_subscriptions AS s
      JOIN peer.plans AS p ON p.id = s.plan_id
     WHERE s.cycle_end <= started;
    IF EXISTS (SELECT FROM peer.plans AS p WHERE NOT p.is_active) THEN
        UPDATE peer.user_subscriptions AS s
           SET plan_id = d.id
          FROM peer.plans AS p, peer.plans AS d
         WHERE p.id = s.plan_id AND NOT p.is_active AND d.is_default AND s.cycle_end <= started;
    END IF;
    UPDATE peer.user_subscriptions AS s
       SET cycle_start = new_start, cycle_end = new_end, usage_count = 0, used_seconds = 0,
           cycle_id = ('0' || to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint << 4 | 7) || substr(gen_random_uuid()::text, 16))::uuid,
           credit_recordings = 0, credit_seconds = 0, overage_recordings = 0, overage_seconds = 0
     WHERE s.cycle_end <= started;
    GET DIAGNOSTICS closed = ROW_COUNT;
    RAISE NOTICE 'reset % subscriptions', closed;
END
$procedure$;


-- ------------------------------------------------------------------------------------------------
-- 5. Stats
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION peer.sp_get_user_stats(
    in_user_id uuid,
    OUT total_recordings bigint,
    OUT total_duration_minutes numeric,
    OUT total_segments bigint,
    OUT current_cycle_usage integer,
    OUT current_cycle_seconds integer,
    OUT quota_usage_percent numeric,
    OUT quota_minutes_percent numeric)
LANGUAGE plpgsql STABLE
AS $function$
BEGIN
    SELECT s.total_recordings, round(s.total_duration_ms / 60000.0, 2), s.total_segments, c.usage_count, c.used_seconds,
           CASE WHEN p.monthly_usage_limit = 0 THEN 100.00
                ELSE coalesce(round(c.usage_count * 100.0 / p.monthly_usage_limit, 2), 0.00) END,
           CASE WHEN p.monthly_minutes = 0 THEN 100.00
                ELSE coalesce(round(c.used_seconds * 100.0 / (p.monthly_minutes * 60::bigint), 2), 0.00) END
      INTO total_recordings, total_duration_minutes, total_segments, current_cycle_usage, current_cycle_seconds,
           quota_usage_percent, quota_minutes_percent
      FROM peer.user_subscriptions AS s
      JOIN peer.plans AS p ON p.id = s.plan_id,
           LATERAL (SELECT CASE WHEN s.cycle_end > now() THEN s.usage_count ELSE 0 END AS usage_count,
                           CASE WHEN s.cycle_end > now() THEN s.used_seconds ELSE 0 END AS used_seconds) AS c
     WHERE s.user_id = in_user_id;
    IF NOT FOUND THEN
        SELECT count(*), coalesce(round(sum(r.duration_ms) / 60000.0, 2), 0.00), coalesce(sum(r.segment_count), 0), 0, 0, 0.00, 0.00
          INTO total_recordings, total_duration_minutes, total_segments, current_cycle_usage, current_cycle_seconds,
               quota_usage_percent, quota_minutes_percent
          FROM peer.recordings AS r
         WHERE r.user_id = in_user_id;
    END IF;
END
$function$;


-- ------------------------------------------------------------------------------------------------
-- 6. Change plan
-- ------------------------------------------------------------------------------------------------

CREATE PROCEDURE peer.sp_change_user_plan(
    in_user_id uuid,
    in_new_plan_code text,
    in_prorate boolean DEFAULT false,
    INOUT success boolean DEFAULT NULL,
    INOUT message text DEFAULT NULL)
LANGUAGE plpgsql
AS $procedure$
DECLARE
    old_code text;
    wanted   peer.plans%ROWTYPE;
    s        record;
BEGIN
    IF in_user_id IS NULL OR in_new_plan_code IS NULL OR in_new_plan_code = '' OR in_prorate IS NULL THEN
        RAISE EXCEPTION 'invalid argument' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    -- The usual case: check, lock and change in one statement.
    IF NOT in_prorate THEN
        UPDATE peer.user_subscriptions AS u
           SET plan_id = n.id, plan_changed_at = coalesce(u.plan_changed_at, clock_timestamp())
          FROM peer.plans AS n, peer.plans AS o
         WHERE u.user_id = in_user_id
           AND n.code = in_new_plan_code AND n.is_active
           AND o.id = u.plan_id AND o.id <> n.id
           AND u.cycle_end > clock_timestamp()
        RETURNING o.code INTO old_code;
        IF FOUND THEN
            success := true;
            message := 'plan changed from "' || old_code || '" to "' || in_new_plan_code || '"';
            INSERT INTO peer.audit_log (id, session_role, effective_role, client_addr, application_name, procedure_name, user_id, outcome, detail)
            VALUES (('0' || to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint << 4 | 7) || substr(gen_random_uuid()::text, 16))::uuid,
                    session_user, current_user, inet_client_addr(), current_setting('application_name'), 'sp_change_user_plan', in_user_id, 'done', message);
            RETURN;
        END IF;
    END IF;

    success := false;
    SELECT * INTO wanted FROM peer.plans AS p WHERE p.code = in_new_plan_code;
    IF NOT FOUND THEN
        message := format('plan "%s" not found', in_new_plan_code);
        RETURN;
    ELSIF NOT wanted.is_active THEN
        message := format('plan "%s" is not active', in_new_plan_code);
        RETURN;
    ELSIF NOT peer.roll_over(in_user_id) THEN
        message := 'no active subscription';
        RETURN;
    END IF;
    SELECT u.*, p.code, p.monthly_minutes, p.monthly_usage_limit INTO s
      FROM peer.user_subscriptions AS u
      JOIN peer.plans AS p ON p.id = u.plan_id
     WHERE u.user_id = in_user_id;
    IF s.plan_id = wanted.id THEN
        message := format('already on plan "%s"', in_new_plan_code);
        RETURN;
    END IF;
    IF in_prorate THEN
        PERFORM FROM peer.usage_cycles AS c
          WHERE c.user_id = in_user_id AND c.reason = 'prorate'
            AND c.closed_at >= date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
        IF FOUND THEN
            message := 'plan was already changed with proration this month';
            RETURN;
        END IF;
        INSERT INTO peer.usage_cycles (user_id, plan_code, monthly_minutes, monthly_usage_limit,
                                       cycle_start, cycle_end, usage_count, used_seconds, reason)
        VALUES (s.user_id, s.code, s.monthly_minutes, s.monthly_usage_limit,
                s.cycle_start, now(), s.usage_count, s.used_seconds, 'prorate');
        UPDATE peer.user_subscriptions AS u
           SET plan_id = wanted.id, cycle_start = now(), usage_count = 0, used_seconds = 0
         WHERE u.user_id = in_user_id;
    ELSE
        UPDATE peer.user_subscriptions AS u SET plan_id = wanted.id WHERE u.user_id = in_user_id;
    END IF;
    success := true;
    message := format('plan changed from "%s" to "%s"', s.code, in_new_plan_code);
END
$procedure$;


-- ------------------------------------------------------------------------------------------------
-- 7. Cleanup
-- ------------------------------------------------------------------------------------------------

-- Segments go with their recording, by the foreign key's cascade.
CREATE FUNCTION peer.sp_cleanup_old_recordings(
    in_retention_days integer DEFAULT 90,
    in_batch_size integer DEFAULT 1000,
    OUT deleted_recordings integer,
    OUT deleted_segments integer)
LANGUAGE plpgsql
AS $function$
BEGIN
    WITH due AS MATERIALIZED (
        SELECT r.id
          FROM peer.recordings AS r
          LEFT JOIN peer.user_subscriptions AS s ON s.user_id = r.user_id
          LEFT JOIN peer.plans AS p ON p.id = s.plan_id
         WHERE r.status = 'done'
           AND r.created_at < now() - make_interval(days => coalesce(p.retention_days, in_retention_days))
         ORDER BY r.created_at, r.id
         LIMIT in_batch_size
           FOR UPDATE OF r SKIP LOCKED
    ), gone AS (
        DELETE FROM peer.recordings AS r
         WHERE r.id = ANY (ARRAY (SELECT d.id FROM due AS d))
        RETURNING r.user_id, r.duration_ms, r.segment_count
    ), per_user AS (
        SELECT g.user_id, count(*) AS recordings, sum(g.duration_ms) AS duration, sum(g.segment_count) AS segments
          FROM gone AS g
         GROUP BY g.user_id
    ), settled AS (
        UPDATE peer.user_subscriptions AS s
           SET total_recordings = s.total_recordings - u.recordings,
               total_duration_ms = s.total_duration_ms - u.duration,
               total_segments = s.total_segments - u.segments
          FROM per_user AS u
         WHERE s.user_id = u.user_id
    )
    SELECT coalesce(sum(u.recordings), 0), coalesce(sum(u.segments), 0)
      INTO deleted_recordings, deleted_segments
      FROM per_user AS u;
END
$function$;

-- The same, deleting the segments first and set-based: the cascade then finds none.
CREATE FUNCTION peer.cleanup_without_cascade(
    in_retention_days integer DEFAULT 90,
    in_batch_size integer DEFAULT 1000,
    OUT deleted_recordings integer,
    OUT deleted_segments integer)
LANGUAGE plpgsql
AS $function$
DECLARE
    due uuid[];
BEGIN
    SELECT array_agg(d.id) INTO due
      FROM (SELECT r.id
              FROM peer.recordings AS r
              LEFT JOIN peer.user_subscriptions AS s ON s.user_id = r.user_id
              LEFT JOIN peer.plans AS p ON p.id = s.plan_id
             WHERE r.status = 'done'
               AND r.created_at < now() - make_interval(days => coalesce(p.retention_days, in_retention_days))
             ORDER BY r.created_at, r.id
             LIMIT in_batch_size
               FOR UPDATE OF r SKIP LOCKED) AS d;

    DELETE FROM peer.segments AS s WHERE s.recording_id = ANY (due);
    GET DIAGNOSTICS deleted_segments = ROW_COUNT;

    WITH gone AS (
        DELETE FROM peer.recordings AS r WHERE r.id = ANY (due)
        RETURNING r.user_id, r.duration_ms, r.segment_count
    ), per_user AS (
        SELECT g.user_id, count(*) AS recordings, sum(g.duration_ms) AS duration, sum(g.segment_count) AS segments
          FROM gone AS g
         GROUP BY g.user_id
    ), settled AS (
        UPDATE peer.user_subscriptions AS s
           SET total_recordings = s.total_recordings - u.recordings,
               total_duration_ms = s.total_duration_ms - u.duration,
               total_segments = s.total_segments - u.segments
          FROM per_user AS u
         WHERE s.user_id = u.user_id
    )
    SELECT coalesce(sum(u.recordings), 0) INTO deleted_recordings FROM per_user AS u;
END
$function$;
