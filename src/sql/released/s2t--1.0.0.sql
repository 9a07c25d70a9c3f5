/* s2t--1.0.0.sql
 *
 * The code of the extension, and s2t_install(), which makes or adopts its tables. The code belongs
 * to the extension, the tables to the database: the last step of this file takes the tables out of
 * the extension's membership, so that dumps carry them with everything a DBA added to them.
 */

\echo Use "CREATE EXTENSION s2t" to load this file. \quit

-- An application that has run PL/pgSQL procedures of these names so far would go on reaching them
-- through overloading; better to say so before anything is made.
DO $do$
DECLARE
    in_the_way text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

    SELECT string_agg(p.oid::regprocedure::text, E'\n' ORDER BY p.oid::regprocedure::text)
      INTO in_the_way
      FROM pg_proc AS p
     WHERE p.pronamespace = '@extschema@'::regnamespace
       AND p.proname IN ('sp_register_user', 'sp_check_quota_and_create_recording',
                         'sp_complete_recording', 'sp_fail_recording', 'sp_reset_monthly_cycles',
                         'sp_get_user_stats', 'sp_change_user_plan', 'sp_cleanup_old_recordings',
                         'sp_purge_old_recordings', 'sp_seed_plans');

    IF in_the_way IS NOT NULL THEN
        RAISE EXCEPTION 'schema "%" already has routines of the extension''s names', '@extschema@'::regnamespace
              USING ERRCODE = 'duplicate_function',
                    DETAIL = in_the_way,
                    HINT = 'Drop them with DROP ROUTINE first: the extension brings its own.';
    END IF;

    PERFORM pg_catalog.set_config('search_path', '@extschema@, pg_temp', true);
END
$do$;


-- ------------------------------------------------------------------------------------------------
-- Accounts
-- ------------------------------------------------------------------------------------------------

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


-- ------------------------------------------------------------------------------------------------
-- Recordings
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.sp_check_quota_and_create_recording(
    in_user_id uuid,
    in_source text,
    in_language text DEFAULT 'vi',
    in_meta jsonb DEFAULT '{}',
    OUT recording_id uuid,
    OUT quota_ok boolean,
    OUT error_message text)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_check_quota_and_create_recording';

REVOKE ALL ON FUNCTION @extschema@.sp_check_quota_and_create_recording(uuid, text, text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_check_quota_and_create_recording(uuid, text, text, jsonb)
    IS 'Checks the quota and creates a recording in one step free of races; a refusal is a row that says why.';

CREATE PROCEDURE @extschema@.sp_complete_recording(
    in_recording_id uuid,
    in_duration_ms integer,
    in_segments jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_complete_recording';

REVOKE ALL ON PROCEDURE @extschema@.sp_complete_recording(uuid, integer, jsonb) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_complete_recording(uuid, integer, jsonb)
    IS 'Stores all segments of a recording, marks it done and charges its duration; safe to repeat.';

CREATE PROCEDURE @extschema@.sp_fail_recording(
    in_recording_id uuid,
    in_reason text)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_fail_recording';

REVOKE ALL ON PROCEDURE @extschema@.sp_fail_recording(uuid, text) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_fail_recording(uuid, text)
    IS 'Marks a recording as failed, with the reason: the speech engine could not do it.';


-- ------------------------------------------------------------------------------------------------
-- Maintenance
-- ------------------------------------------------------------------------------------------------

-- Procedures that commit can neither be SECURITY DEFINER nor carry a SET clause.
CREATE PROCEDURE @extschema@.sp_reset_monthly_cycles()
LANGUAGE c
AS 'MODULE_PATHNAME', 'sp_reset_monthly_cycles';

REVOKE ALL ON PROCEDURE @extschema@.sp_reset_monthly_cycles() FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_reset_monthly_cycles()
    IS 'Closes every ended cycle into usage_cycles and opens the current month; safe to run at any time and any number of times.';

CREATE FUNCTION @extschema@.sp_cleanup_old_recordings(
    in_retention_days integer DEFAULT 90,
    in_batch_size integer DEFAULT 1000,
    OUT deleted_recordings integer,
    OUT deleted_segments integer)
LANGUAGE c VOLATILE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'sp_cleanup_old_recordings';

REVOKE ALL ON FUNCTION @extschema@.sp_cleanup_old_recordings(integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_cleanup_old_recordings(integer, integer)
    IS 'Deletes one batch of the oldest done recordings past their retention, with their segments; (0, 0) means nothing is left.';

CREATE PROCEDURE @extschema@.sp_purge_old_recordings(
    in_retention_days integer DEFAULT 90,
    in_batch_size integer DEFAULT 1000,
    INOUT deleted_recordings bigint DEFAULT 0,
    INOUT deleted_segments bigint DEFAULT 0)
LANGUAGE c
AS 'MODULE_PATHNAME', 'sp_purge_old_recordings';

REVOKE ALL ON PROCEDURE @extschema@.sp_purge_old_recordings(integer, integer, bigint, bigint) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_purge_old_recordings(integer, integer, bigint, bigint)
    IS 'Repeats sp_cleanup_old_recordings() with a commit after each batch until nothing is left.';

CREATE PROCEDURE @extschema@.sp_seed_plans()
LANGUAGE plpgsql
SET search_path = pg_catalog, @extschema@, pg_temp
AS $function$
DECLARE
    inserted bigint;
BEGIN
    INSERT INTO @extschema@.plans
           (code, name, description, plan_type, plan_cost, monthly_minutes, monthly_usage_limit, is_default)
    SELECT seed.code, seed.name, seed.description, seed.plan_type, seed.plan_cost,
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
    IS 'Inserts those of the four usual plans FREE, BASIC, PREMIUM and ENTERPRISE that are missing.';


-- ------------------------------------------------------------------------------------------------
-- Library
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_slot(uuid)
RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 's2t_slot';

REVOKE ALL ON FUNCTION @extschema@.s2t_slot(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_slot(uuid)
    IS 'The slot, 0 to 4095, that an id carries: of a version 7 id its 12 bits after the version, of any other a hash.';

CREATE FUNCTION @extschema@.s2t_version()
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 's2t_version';

REVOKE ALL ON FUNCTION @extschema@.s2t_version() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_version()
    IS 'The version of the loaded library.';


-- ------------------------------------------------------------------------------------------------
-- Running totals
--
-- recordings.segment_count is the number of a recording's segments; total_recordings,
-- total_duration_ms and total_segments of a subscription are the count and the sums over its user's
-- recordings. The procedures keep them themselves; these triggers keep them for every other
-- statement. Rows are locked in the order users, recordings, user_subscriptions, and within a table
-- by ascending key, with the lock that an UPDATE takes and that foreign-key checks do not wait for.
-- Each statement of a volatile function sees what was committed before it, so that under READ
-- COMMITTED a row that was waited for is read as it is now; above that, waiting ends in 40001.
--
-- The statements in here may fire triggers of the database's owner, who writes these with the
-- extension's schema in mind: hence it is in search_path. So that nothing in it can put itself
-- between, functions are qualified, and operators meet exactly the types they are made for.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_count_recordings()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, @extschema@, pg_temp
AS $function$
DECLARE
    -- One element for each user whose totals move, and by how much.
    users      uuid[];
    recordings bigint[];
    durations  bigint[];
    segments   bigint[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM FROM @extschema@.user_subscriptions AS s ORDER BY s.user_id FOR NO KEY UPDATE;
        UPDATE @extschema@.user_subscriptions AS s
           SET total_recordings = 0, total_duration_ms = 0, total_segments = 0
         WHERE s.total_recordings <> 0 OR s.total_duration_ms <> 0 OR s.total_segments <> 0;
        RETURN NULL;
    END IF;

    IF TG_OP = 'INSERT' THEN
        SELECT pg_catalog.array_agg(d.user_id), pg_catalog.array_agg(d.n),
               pg_catalog.array_agg(d.duration), pg_catalog.array_agg(d.segments)
          INTO users, recordings, durations, segments
          FROM (SELECT r.user_id, pg_catalog.count(*) AS n, pg_catalog.sum(r.duration_ms) AS duration,
                       pg_catalog.sum(r.segment_count) AS segments
                  FROM new_rows AS r
                 GROUP BY r.user_id) AS d;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT pg_catalog.array_agg(d.user_id), pg_catalog.array_agg(-d.n),
               pg_catalog.array_agg(-d.duration), pg_catalog.array_agg(-d.segments)
          INTO users, recordings, durations, segments
          FROM (SELECT r.user_id, pg_catalog.count(*) AS n, pg_catalog.sum(r.duration_ms) AS duration,
                       pg_catalog.sum(r.segment_count) AS segments
                  FROM old_rows AS r
                 GROUP BY r.user_id) AS d;
    ELSE
        SELECT pg_catalog.array_agg(d.user_id), pg_catalog.array_agg(d.n),
               pg_catalog.array_agg(d.duration), pg_catalog.array_agg(d.segments)
          INTO users, recordings, durations, segments
          FROM (SELECT r.user_id, pg_catalog.sum(r.sign)::bigint AS n,
                       pg_catalog.sum(r.sign * r.duration_ms)::bigint AS duration,
                       pg_catalog.sum(r.sign * r.segment_count)::bigint AS segments
                  FROM (SELECT 1::bigint AS sign, n.user_id, n.duration_ms, n.segment_count FROM new_rows AS n
                        UNION ALL
                        SELECT -1::bigint, o.user_id, o.duration_ms, o.segment_count FROM old_rows AS o) AS r
                 GROUP BY r.user_id) AS d
         WHERE d.n <> 0 OR d.duration <> 0 OR d.segments <> 0;
    END IF;

    IF users IS NOT NULL THEN
        PERFORM FROM @extschema@.user_subscriptions AS s
          WHERE s.user_id = ANY (users)
          ORDER BY s.user_id
            FOR NO KEY UPDATE;
        UPDATE @extschema@.user_subscriptions AS s
           SET total_recordings  = s.total_recordings + d.recordings,
               total_duration_ms = s.total_duration_ms + coalesce(d.duration, 0),
               total_segments    = s.total_segments + coalesce(d.segments, 0)
          FROM ROWS FROM (pg_catalog.unnest(users), pg_catalog.unnest(recordings),
                          pg_catalog.unnest(durations), pg_catalog.unnest(segments))
               AS d (user_id, recordings, duration, segments)
         WHERE s.user_id = d.user_id;
    END IF;

    -- A restored dump brings the count before the segments, which are yet to be counted, and a
    -- statement that stores both has perhaps counted them already: what came along with the row is
    -- taken off. This UPDATE fires the trigger in turn, which takes it off the totals.
    IF TG_OP = 'INSERT' THEN
        UPDATE @extschema@.recordings AS r
           SET segment_count = r.segment_count - i.segment_count
          FROM new_rows AS i
         WHERE r.id = i.id
           AND i.segment_count <> 0;
    END IF;

    RETURN NULL;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_count_recordings() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_count_recordings()
    IS 'Trigger function: keeps the running totals of user_subscriptions when recordings change outside the procedures.';

CREATE FUNCTION @extschema@.s2t_count_segments()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, @extschema@, pg_temp
AS $function$
DECLARE
    -- One element for each recording whose count moves, and by how much.
    recordings uuid[];
    segments   bigint[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM FROM @extschema@.recordings AS r
          WHERE r.segment_count <> 0
          ORDER BY r.id
            FOR NO KEY UPDATE;
        UPDATE @extschema@.recordings AS r SET segment_count = 0 WHERE r.segment_count <> 0;
        RETURN NULL;
    END IF;

    IF TG_OP = 'INSERT' THEN
        SELECT pg_catalog.array_agg(d.recording_id), pg_catalog.array_agg(d.n)
          INTO recordings, segments
          FROM (SELECT s.recording_id, pg_catalog.count(*) AS n FROM new_rows AS s GROUP BY s.recording_id) AS d;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT pg_catalog.array_agg(d.recording_id), pg_catalog.array_agg(-d.n)
          INTO recordings, segments
          FROM (SELECT s.recording_id, pg_catalog.count(*) AS n FROM old_rows AS s GROUP BY s.recording_id) AS d;
    ELSE
        SELECT pg_catalog.array_agg(d.recording_id), pg_catalog.array_agg(d.n)
          INTO recordings, segments
          FROM (SELECT s.recording_id, pg_catalog.sum(s.sign) AS n
                  FROM (SELECT 1 AS sign, n.recording_id FROM new_rows AS n
                        UNION ALL
                        SELECT -1, o.recording_id FROM old_rows AS o) AS s
                 GROUP BY s.recording_id) AS d
         WHERE d.n <> 0;
    END IF;

    -- A recording that was deleted, and its segments through it, is not there any more: its own
    -- trigger has taken its count off the totals.
    IF recordings IS NOT NULL THEN
        PERFORM FROM @extschema@.recordings AS r
          WHERE r.id = ANY (recordings)
          ORDER BY r.id
            FOR NO KEY UPDATE;
        UPDATE @extschema@.recordings AS r
           SET segment_count = r.segment_count + d.n
          FROM ROWS FROM (pg_catalog.unnest(recordings), pg_catalog.unnest(segments)) AS d (id, n)
         WHERE r.id = d.id;
    END IF;

    RETURN NULL;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_count_segments() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_count_segments()
    IS 'Trigger function: keeps recordings.segment_count when segments change outside the procedures.';

CREATE FUNCTION @extschema@.s2t_count_subscription()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    -- Inserting a recording holds a key lock on its user: who waits here sees that recording.
    PERFORM FROM @extschema@.users AS u WHERE u.id = NEW.user_id FOR UPDATE;

    SELECT count(*), coalesce(sum(r.duration_ms), 0), coalesce(sum(r.segment_count), 0)
      INTO NEW.total_recordings, NEW.total_duration_ms, NEW.total_segments
      FROM @extschema@.recordings AS r
     WHERE r.user_id = NEW.user_id;

    RETURN NEW;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_count_subscription() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_count_subscription()
    IS 'Trigger function: gives a subscription that enters outside the procedures the totals of its user''s recordings.';


-- ------------------------------------------------------------------------------------------------
-- Installation
-- ------------------------------------------------------------------------------------------------

-- What s2t_install() makes and looks for. A later version adds to these lists.

CREATE FUNCTION @extschema@.s2t_wanted_tables()
RETURNS TABLE (tab text, storage text, remark text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
    ('plans',              '',                         'Plans that users subscribe to.'),
    ('users',              '',                         'Accounts.'),
    ('recordings',         '',                         'Recordings, from upload to transcript.'),
    ('user_profiles',      '',                         'What users show of themselves.'),
    -- Room in every page, so that counting rewrites a row without touching its indexes.
    ('user_subscriptions', ' WITH (fillfactor = 70)',  'The plan, the current cycle and the running totals of every user.'),
    ('segments',           '',                         'Pieces of transcript, in order.'),
    ('usage_cycles',       '',                         'Closed cycles with the figures they ended with.')
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_wanted_tables() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_wanted_tables()
    IS 'The tables of the extension, in the order of their creation; read by s2t_install().';

CREATE FUNCTION @extschema@.s2t_wanted_columns()
RETURNS TABLE (tab text, col text, type text, required boolean, preset text, remark text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    -- A version 7 UUID by core functions only, so that tables restore without the extension: the
    -- milliseconds since 1970 in the first 48 bits, and 7 instead of 4 for the version.
    SELECT w.tab, w.col, w.type, w.required,
           replace(w.preset, '{new_id}',
                   'encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING '
                   'substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) '
                   'FROM 1 FOR 6), 52, 1), 53, 1), ''hex'')::uuid'),
           w.remark
      FROM (VALUES
    ('plans', 'id',                  'uuid',        true,  '{new_id}',       'Version 7 UUID.'),
    ('plans', 'code',                'text',        true,  NULL,             'Name by which procedures take the plan.'),
    ('plans', 'name',                'text',        true,  NULL,             'Name to show.'),
    ('plans', 'description',         'text',        false, NULL,             'What the plan offers, to show.'),
    ('plans', 'plan_type',           'text',        true,  '''free''',       'Kind of plan.'),
    ('plans', 'plan_cost',           'integer',     true,  '0',              'Price of a month in cents.'),
    ('plans', 'plan_discount',       'integer',     true,  '0',              'Discount on the price.'),
    ('plans', 'monthly_minutes',     'integer',     false, NULL,             'Minutes a cycle; NULL is unlimited.'),
    ('plans', 'monthly_usage_limit', 'integer',     false, NULL,             'Recordings a cycle; NULL is unlimited.'),
    ('plans', 'retention_days',      'integer',     false, NULL,             'Days that recordings are kept; NULL leaves it to the caller of the cleanup.'),
    ('plans', 'is_active',           'boolean',     true,  'true',           'Whether users can move to the plan.'),
    ('plans', 'is_default',          'boolean',     true,  'false',          'Whether users of an inactive plan move here when their cycle closes; at most one plan.'),
    ('plans', 'created_at',          'timestamptz', true,  'now()',          'When the plan was made.'),

    ('users', 'id',                  'uuid',        true,  '{new_id}',       'Version 7 UUID; made by the procedures, its slot is a hash of the lower-cased e-mail address.'),
    ('users', 'email',               'text',        true,  NULL,             'E-mail address, unique without regard to case.'),
    ('users', 'password_hash',       'text',        true,  NULL,             'Hash of the password, as the application made it.'),
    ('users', 'user_name',           'text',        true,  NULL,             'Login name, unique without regard to case.'),
    ('users', 'verified',            'boolean',     true,  'false',          'Whether the e-mail address is verified.'),
    ('users', 'role',                'text',        true,  '''user''',       'Role in the application.'),
    ('users', 'status',              'text',        true,  '''active''',     'State of the account in the application.'),
    ('users', 'created_at',          'timestamptz', true,  'now()',          'When the user registered.'),

    ('recordings', 'id',             'uuid',        true,  '{new_id}',       'Version 7 UUID; made by the procedures, it has the slot of its user.'),
    ('recordings', 'user_id',        'uuid',        true,  NULL,             'Whose recording it is.'),
    ('recordings', 'source',         'text',        true,  NULL,             'Where it came from, for instance realtime or upload.'),
    ('recordings', 'language',       'text',        true,  '''vi''',         'BCP 47 tag of the language spoken.'),
    ('recordings', 'status',         'text',        true,  '''processing''', 'processing, done or failed.'),
    ('recordings', 'duration_ms',    'integer',     true,  '0',              'Duration in milliseconds.'),
    ('recordings', 'created_at',     'timestamptz', true,  'now()',          'When it was created; retention counts from here.'),
    ('recordings', 'completed_at',   'timestamptz', false, NULL,             'When its transcript was stored.'),
    ('recordings', 'meta',           'jsonb',       true,  '''{}''',         'What else the application keeps of it.'),
    ('recordings', 'error',          'text',        false, NULL,             'Why it failed.'),
    ('recordings', 'segment_count',  'integer',     true,  '0',              'Number of its segments, kept by the extension.'),
    ('recordings', 'fingerprint',    'bytea',       false, NULL,             'Fingerprint of the transcript it was completed with, by which a repeated call is known.'),

    ('user_profiles', 'user_id',     'uuid',        true,  NULL,             'Whose profile it is.'),
    ('user_profiles', 'name',        'text',        false, NULL,             'Name to show.'),
    ('user_profiles', 'avatar_url',  'text',        false, NULL,             'Picture to show.'),

    ('user_subscriptions', 'user_id',           'uuid',        true, NULL,  'Whose subscription it is.'),
    ('user_subscriptions', 'plan_id',           'uuid',        true, NULL,  'The plan subscribed to.'),
    ('user_subscriptions', 'cycle_start',       'timestamptz', true, NULL,  'Beginning of the current cycle.'),
    ('user_subscriptions', 'cycle_end',         'timestamptz', true, NULL,  'End of the current cycle, itself outside of it.'),
    ('user_subscriptions', 'usage_count',       'integer',     true, '0',   'Recordings charged to the current cycle.'),
    ('user_subscriptions', 'used_seconds',      'integer',     true, '0',   'Seconds charged to the current cycle.'),
    ('user_subscriptions', 'total_recordings',  'bigint',      true, '0',   'Number of the user''s recordings, kept by the extension.'),
    ('user_subscriptions', 'total_duration_ms', 'bigint',      true, '0',   'Duration of the user''s recordings in milliseconds, kept by the extension.'),
    ('user_subscriptions', 'total_segments',    'bigint',      true, '0',   'Number of segments of the user''s recordings, kept by the extension.'),

    ('segments', 'recording_id',     'uuid',        true,  NULL,             'Recording it belongs to.'),
    ('segments', 'idx',              'integer',     true,  NULL,             'Position in the recording, from 0.'),
    ('segments', 'start_ms',         'integer',     true,  NULL,             'Beginning, in milliseconds from that of the recording.'),
    ('segments', 'end_ms',           'integer',     true,  NULL,             'End, in milliseconds from the beginning of the recording.'),
    ('segments', 'text',             'text',        true,  NULL,             'What was said.'),
    ('segments', 'meta',             'jsonb',       false, NULL,             'Further keys that the segment came with.'),

    ('usage_cycles', 'id',                  'uuid',        true,  '{new_id}',   'Version 7 UUID.'),
    ('usage_cycles', 'user_id',             'uuid',        true,  NULL,     'Whose cycle it was; closed figures outlive the account.'),
    ('usage_cycles', 'plan_code',           'text',        false, NULL,     'Code of the plan then in force.'),
    ('usage_cycles', 'monthly_minutes',     'integer',     false, NULL,     'Limit of minutes then in force.'),
    ('usage_cycles', 'monthly_usage_limit', 'integer',     false, NULL,     'Limit of recordings then in force.'),
    ('usage_cycles', 'cycle_start',         'timestamptz', true,  NULL,     'Beginning of the cycle.'),
    ('usage_cycles', 'cycle_end',           'timestamptz', true,  NULL,     'End of the cycle, itself outside of it.'),
    ('usage_cycles', 'usage_count',         'integer',     true,  NULL,     'Recordings charged to the cycle.'),
    ('usage_cycles', 'used_seconds',        'integer',     true,  NULL,     'Seconds charged to the cycle.'),
    ('usage_cycles', 'closed_at',           'timestamptz', true,  'now()',  'When it was closed.'),
    ('usage_cycles', 'reason',              'text',        true,  NULL,     'Why it was closed: rollover or prorate.')
           ) AS w (tab, col, type, required, preset, remark)
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_wanted_columns() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_wanted_columns()
    IS 'The columns of the tables, in order, with type, default and whether they must not be null; read by s2t_install().';

-- In the order of creation: recordings refer to users before subscriptions do, so that
-- deleting a user locks the former first. The cycle columns of a subscription have no
-- index: it would cost every counting update more than it gives.
CREATE FUNCTION @extschema@.s2t_wanted_constraints()
RETURNS TABLE (tab text, name text, kind text, cols text, rest text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
    ('plans',              'plans_pkey',                      'key',          'id',                NULL),
    ('plans',              'plans_code_key',                  'key',          'code',              NULL),
    ('plans',              'plans_is_default_key',            'unique index', 'is_default',        'is_default'),
    ('plans',              'plans_plan_cost_check',           'check',        'plan_cost',         'plan_cost >= 0'),
    ('plans',              'plans_plan_discount_check',       'check',        'plan_discount',     'plan_discount >= 0'),
    ('plans',              'plans_monthly_minutes_check',     'check',        'monthly_minutes',   'monthly_minutes >= 0'),
    ('plans',              'plans_monthly_usage_limit_check', 'check',        'monthly_usage_limit', 'monthly_usage_limit >= 0'),
    ('plans',              'plans_retention_days_check',      'check',        'retention_days',    'retention_days >= 0'),

    ('users',              'users_pkey',                      'key',          'id',                NULL),
    ('users',              'users_email_key',                 'key',          'email',             NULL),
    ('users',              'users_user_name_key',             'key',          'user_name',         NULL),
    ('users',              'users_email_lower_key',           'unique index', 'lower(email)',      NULL),
    ('users',              'users_user_name_lower_key',       'unique index', 'lower(user_name)',  NULL),

    ('recordings',         'recordings_pkey',                 'key',          'id',                NULL),
    ('recordings',         'recordings_user_id_fkey',         'foreign key',  'user_id',           'users (id) ON DELETE CASCADE'),
    ('recordings',         'recordings_status_check',         'check',        'status',            'status IN (''processing'', ''done'', ''failed'')'),
    ('recordings',         'recordings_duration_ms_check',    'check',        'duration_ms',       'duration_ms >= 0'),
    ('recordings',         'recordings_segment_count_check',  'check',        'segment_count',     'segment_count >= 0'),
    ('recordings',         'recordings_user_id_id_idx',       'index',        'user_id, id',       NULL),
    ('recordings',         'recordings_done_created_at_idx',  'index',        'created_at, id',    'status = ''done'''),

    ('user_profiles',      'user_profiles_pkey',              'key',          'user_id',           NULL),
    ('user_profiles',      'user_profiles_user_id_fkey',      'foreign key',  'user_id',           'users (id) ON DELETE CASCADE'),

    ('user_subscriptions', 'user_subscriptions_pkey',         'key',          'user_id',           NULL),
    ('user_subscriptions', 'user_subscriptions_user_id_fkey', 'foreign key',  'user_id',           'users (id) ON DELETE CASCADE'),
    ('user_subscriptions', 'user_subscriptions_plan_id_fkey', 'foreign key',  'plan_id',           'plans (id)'),
    ('user_subscriptions', 'user_subscriptions_cycle_check',  'check',        'cycle_start, cycle_end', 'cycle_end > cycle_start'),
    ('user_subscriptions', 'user_subscriptions_usage_count_check',       'check', 'usage_count',       'usage_count >= 0'),
    ('user_subscriptions', 'user_subscriptions_used_seconds_check',      'check', 'used_seconds',      'used_seconds >= 0'),
    ('user_subscriptions', 'user_subscriptions_total_recordings_check',  'check', 'total_recordings',  'total_recordings >= 0'),
    ('user_subscriptions', 'user_subscriptions_total_duration_ms_check', 'check', 'total_duration_ms', 'total_duration_ms >= 0'),
    ('user_subscriptions', 'user_subscriptions_total_segments_check',    'check', 'total_segments',    'total_segments >= 0'),
    ('user_subscriptions', 'user_subscriptions_plan_id_idx',  'index',        'plan_id',           NULL),

    ('segments',           'segments_pkey',                   'key',          'recording_id, idx', NULL),
    ('segments',           'segments_recording_id_fkey',      'foreign key',  'recording_id',      'recordings (id) ON DELETE CASCADE'),
    ('segments',           'segments_idx_check',              'check',        'idx',               'idx >= 0'),
    ('segments',           'segments_times_check',            'check',        'start_ms, end_ms',  'start_ms >= 0 AND end_ms >= start_ms'),

    ('usage_cycles',       'usage_cycles_pkey',               'key',          'id',                NULL),
    ('usage_cycles',       'usage_cycles_reason_check',       'check',        'reason',            'reason IN (''rollover'', ''prorate'')'),
    ('usage_cycles',       'usage_cycles_user_id_closed_at_idx', 'index',     'user_id, closed_at', NULL)
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_wanted_constraints() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_wanted_constraints()
    IS 'The keys, foreign keys, checks and indexes of the tables, in the order of their creation; read by s2t_install().';

CREATE FUNCTION @extschema@.s2t_wanted_triggers()
RETURNS TABLE (tab text, name text, event text, mode text, func text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
    ('recordings', 's2t_count_insert',   'AFTER INSERT',   'REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT', 's2t_count_recordings'),
    ('recordings', 's2t_count_update',   'AFTER UPDATE',   'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT', 's2t_count_recordings'),
    ('recordings', 's2t_count_delete',   'AFTER DELETE',   'REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT', 's2t_count_recordings'),
    ('recordings', 's2t_count_truncate', 'AFTER TRUNCATE', 'FOR EACH STATEMENT', 's2t_count_recordings'),
    ('segments',   's2t_count_insert',   'AFTER INSERT',   'REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT', 's2t_count_segments'),
    ('segments',   's2t_count_update',   'AFTER UPDATE',   'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT', 's2t_count_segments'),
    ('segments',   's2t_count_delete',   'AFTER DELETE',   'REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT', 's2t_count_segments'),
    ('segments',   's2t_count_truncate', 'AFTER TRUNCATE', 'FOR EACH STATEMENT', 's2t_count_segments'),
    ('user_subscriptions', 's2t_count_insert', 'BEFORE INSERT', 'FOR EACH ROW', 's2t_count_subscription'),
    ('user_subscriptions', 's2t_count_update', 'BEFORE UPDATE OF user_id', 'FOR EACH ROW', 's2t_count_subscription')
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_wanted_triggers() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_wanted_triggers()
    IS 'The triggers that keep the running totals; read by s2t_install().';

CREATE FUNCTION @extschema@.s2t_install()
RETURNS TABLE (object text, action text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
-- Its one big query would be compiled, which takes a hundred times longer than to run it.
SET jit = off
AS $function$
DECLARE
    home CONSTANT regnamespace := '@extschema@'::regnamespace;

    owner       text;
    step        record;
    complaint   text;
    replication text;
BEGIN
    SELECT pg_get_userbyid(e.extowner) INTO owner FROM pg_extension AS e WHERE e.extname = 's2t';

    -- The procedures run as the extension's owner, and so would whatever another owner of the
    -- tables puts into a trigger or a default.
    IF owner IS DISTINCT FROM current_user THEN
        RAISE EXCEPTION 'must be owner of extension s2t'
              USING ERRCODE = 'insufficient_privilege',
                    DETAIL = format('The extension belongs to role "%s".', owner),
                    HINT = format('Use SET ROLE %I first.', owner);
    END IF;

    FOR step IN
        WITH
        wanted_table AS (SELECT w.*, row_number() OVER ()::integer AS seq FROM @extschema@.s2t_wanted_tables() AS w),
        wanted_column AS (SELECT w.*, row_number() OVER ()::integer AS seq FROM @extschema@.s2t_wanted_columns() AS w),
        wanted_constraint AS (SELECT w.*, row_number() OVER ()::integer AS seq FROM @extschema@.s2t_wanted_constraints() AS w),
        wanted_trigger AS (SELECT w.*, row_number() OVER ()::integer AS seq FROM @extschema@.s2t_wanted_triggers() AS w),

        -- What stands there. Names are looked up in our schema only: a temporary table of the same
        -- name is none of ours.
        table_here AS (
            SELECT w.seq, w.tab, format('%s.%I', home, w.tab) AS fullname, w.storage, w.remark,
                   c.oid, c.relkind, c.relowner, c.oid IS NULL AS fresh
              FROM wanted_table AS w
              LEFT JOIN pg_class AS c ON c.relname = w.tab AND c.relnamespace = home
        ),
        column_here AS (
            SELECT w.*, t.oid, t.fresh, t.fullname, t.storage, a.attnum,
                   format('%I %s%s%s', w.col, w.type,
                          CASE WHEN w.required THEN ' NOT NULL' END, ' DEFAULT ' || w.preset) AS definition,
                   a.attnum IS NULL AS missing,
                   CASE w.type WHEN 'text' THEN a.atttypid IN ('text'::regtype, 'varchar'::regtype)
                               ELSE a.atttypid = w.type::regtype END AS usable,
                   a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS without_default,
                   format_type(a.atttypid, a.atttypmod) AS type_here
              FROM wanted_column AS w
              JOIN table_here AS t USING (tab)
              LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attname = w.col AND a.attnum > 0 AND NOT a.attisdropped
        ),
        index_here AS (
            SELECT i.indrelid, c.relname, i.indisunique AND i.indimmediate AS is_unique,
                   replace(string_agg(pg_get_indexdef(i.indexrelid, k, true), ', ' ORDER BY k), '::text', '') AS cols,
                   regexp_replace(pg_get_expr(i.indpred, i.indrelid), '[()]|::text|::character varying', '', 'g') AS predicate
              FROM pg_index AS i
              JOIN pg_class AS c ON c.oid = i.indexrelid
              JOIN pg_am AS m ON m.oid = c.relam AND m.amname = 'btree',
                   generate_series(1, i.indnkeyatts) AS k
             WHERE i.indrelid IN (SELECT oid FROM table_here) AND i.indisvalid
             GROUP BY i.indexrelid, i.indrelid, c.relname, i.indisunique, i.indimmediate, i.indpred
        ),
        constraint_here AS (
            SELECT o.conrelid, o.conname, o.contype, o.confrelid, o.confdeltype, o.confupdtype,
                   (SELECT string_agg(a.attname, ', ' ORDER BY a.attname)
                      FROM pg_attribute AS a
                     WHERE a.attrelid = o.conrelid AND a.attnum = ANY (o.conkey)) AS cols,
                   (SELECT string_agg(a.attname, ', ')
                      FROM pg_attribute AS a
                     WHERE a.attrelid = o.confrelid AND a.attnum = ANY (o.confkey)) AS confcols
              FROM pg_constraint AS o
             WHERE o.conrelid IN (SELECT oid FROM table_here)
        ),
        missing_constraint AS (
            SELECT w.*, t.fresh, t.fullname,
                   -- The wanted name, unless it is taken: then the server finds one.
                   CASE WHEN w.kind = 'index'
                          OR NOT EXISTS (SELECT FROM constraint_here AS o WHERE o.conrelid = t.oid AND o.conname = w.name
                                         UNION ALL
                                         SELECT FROM pg_class AS c WHERE c.relnamespace = home AND c.relname = w.name)
                        THEN w.name END AS free_name,
                   CASE WHEN w.name LIKE '%\_pkey'
                         AND NOT EXISTS (SELECT FROM constraint_here AS o WHERE o.conrelid = t.oid AND o.contype = 'p')
                        THEN 'PRIMARY KEY' ELSE 'UNIQUE' END AS key_kind
              FROM wanted_constraint AS w
              JOIN table_here AS t USING (tab)
             WHERE CASE
                   WHEN w.kind = 'check' THEN
                       NOT EXISTS (SELECT FROM constraint_here AS o
                                    WHERE o.conrelid = t.oid AND o.contype = 'c'
                                      AND o.cols = (SELECT string_agg(x, ', ' ORDER BY x) FROM regexp_split_to_table(w.cols, ', ') AS x))
                   WHEN w.kind = 'foreign key' THEN
                       NOT EXISTS (SELECT FROM constraint_here AS o JOIN table_here AS f ON f.oid = o.confrelid
                                    WHERE o.conrelid = t.oid AND o.contype = 'f' AND o.cols = w.cols
                                      AND f.tab = split_part(w.rest, ' ', 1) AND o.confcols = 'id')
                   WHEN w.kind = 'index' THEN
                       NOT EXISTS (SELECT FROM index_here AS i
                                    WHERE i.indrelid = t.oid
                                      AND starts_with(i.cols || ', ', w.cols || ', ')
                                      AND i.predicate IS NOT DISTINCT FROM w.rest
                                      -- The procedures know a partial index by its name.
                                      AND (w.rest IS NULL OR i.relname = w.name))
                   ELSE
                       NOT EXISTS (SELECT FROM index_here AS i
                                    WHERE i.indrelid = t.oid AND i.is_unique AND i.cols = w.cols
                                      AND i.predicate IS NOT DISTINCT FROM w.rest)
                   END
        ),
        missing_trigger AS (
            SELECT w.*, t.fresh, t.fullname
              FROM wanted_trigger AS w
              JOIN table_here AS t USING (tab)
             WHERE NOT EXISTS (SELECT FROM pg_trigger AS g
                                WHERE g.tgrelid = t.oid AND g.tgname = w.name
                                  AND g.tgfoid = format('%s.%I()', home, w.func)::regprocedure)
        ),

        -- What there is to do. Of 'refuse', subject is the message, outcome the error code and
        -- command the hint; of 'warn', outcome is the message and command the hint.
        work (phase, seq, kind, fresh, tab, subject, outcome, command) AS (
            SELECT 0, 1, 'refuse', fresh, tab,
                   format('"%s" is not an ordinary table', fullname), 'wrong_object_type',
                   'Move or rename it: the extension makes and adopts ordinary tables only.'
              FROM table_here
             WHERE relkind <> 'r'
            UNION ALL
            SELECT 0, 2, 'refuse', fresh, tab,
                   format('table "%s" belongs to role "%s", not to "%s"', fullname, pg_get_userbyid(relowner), owner),
                   'insufficient_privilege',
                   format('ALTER TABLE %s OWNER TO %I;', fullname, owner)
              FROM table_here
             WHERE pg_get_userbyid(relowner) <> owner
            UNION ALL
            SELECT 0, 3, 'refuse', fresh, tab,
                   format('column "%s" of table "%s" has type %s, not %s', col, fullname, type_here, type::regtype),
                   'datatype_mismatch',
                   format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING %2$I%4$s;', fullname, col, type::regtype,
                          CASE WHEN type = 'timestamptz' AND type_here LIKE 'timestamp%' THEN ' AT TIME ZONE ''UTC'''
                               ELSE '::' || type::regtype END)
              FROM column_here
             WHERE NOT usable

            UNION ALL
            SELECT 1, min(c.seq), 'make', true, c.tab, 'table ' || c.tab, 'created',
                   format('CREATE TABLE %s (%s)%s; REVOKE ALL ON TABLE %1$s FROM PUBLIC', c.fullname,
                          string_agg(c.definition, ', ' ORDER BY c.seq), c.storage)
              FROM column_here AS c
             WHERE c.fresh
             GROUP BY c.tab, c.fullname, c.storage

            UNION ALL
            SELECT 3, seq, 'column', fresh, tab, format('column %s.%s', tab, col), 'added',
                   format('ALTER TABLE %s ADD COLUMN %s', fullname, definition)
              FROM column_here
             WHERE missing AND NOT fresh
            UNION ALL
            SELECT 4, seq, 'make', fresh, tab, format('column %s.%s', tab, col), 'default added',
                   format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', fullname, col, preset)
              FROM column_here
             WHERE without_default AND preset IS NOT NULL

            UNION ALL
            SELECT 5, w.seq, 'recount', false, w.tab, 'table ' || w.tab, 'recounted', w.command
              FROM (VALUES
                       (1, 'recordings', $sql$
                           UPDATE @extschema@.recordings AS r
                              SET segment_count = c.segments
                             FROM (SELECT i.id, count(s.recording_id) AS segments
                                     FROM @extschema@.recordings AS i
                                     LEFT JOIN @extschema@.segments AS s ON s.recording_id = i.id
                                    GROUP BY i.id) AS c
                            WHERE r.id = c.id
                              AND r.segment_count IS DISTINCT FROM c.segments
                       $sql$),
                       (2, 'user_subscriptions', $sql$
                           UPDATE @extschema@.user_subscriptions AS s
                              SET total_recordings = c.recordings, total_duration_ms = c.duration, total_segments = c.segments
                             FROM (SELECT i.user_id, count(r.id) AS recordings, coalesce(sum(r.duration_ms), 0) AS duration,
                                          coalesce(sum(r.segment_count), 0) AS segments
                                     FROM @extschema@.user_subscriptions AS i
                                     LEFT JOIN @extschema@.recordings AS r ON r.user_id = i.user_id
                                    GROUP BY i.user_id) AS c
                            WHERE s.user_id = c.user_id
                              AND (s.total_recordings, s.total_duration_ms, s.total_segments)
                                  IS DISTINCT FROM (c.recordings, c.duration, c.segments)
                       $sql$)
                   ) AS w (seq, tab, command)
              JOIN table_here AS t ON t.tab = w.tab AND NOT t.fresh
             WHERE EXISTS (SELECT FROM missing_trigger)
                OR EXISTS (SELECT FROM column_here AS c
                            WHERE c.missing
                              AND c.col IN ('segment_count', 'total_recordings', 'total_duration_ms', 'total_segments'))

            UNION ALL
            SELECT 6, seq, kind, fresh, tab,
                   format('%s (%s) of %s', CASE WHEN kind = 'key' THEN lower(key_kind) ELSE kind END, cols, tab), 'added',
                   CASE
                   WHEN kind = 'key' THEN
                       format('ALTER TABLE %s ADD %s%s (%s)', fullname, 'CONSTRAINT ' || free_name || ' ', key_kind, cols)
                   WHEN kind = 'foreign key' THEN
                       format('ALTER TABLE %s ADD %sFOREIGN KEY (%s) REFERENCES %s.%s', fullname,
                              'CONSTRAINT ' || free_name || ' ', cols, home, rest)
                   WHEN kind = 'check' THEN
                       format('ALTER TABLE %s ADD %sCHECK (%s)', fullname, 'CONSTRAINT ' || free_name || ' ', rest)
                   ELSE
                       format('CREATE %s %s ON %s (%s)%s', upper(kind), free_name, fullname, cols, ' WHERE ' || rest)
                   END
              FROM missing_constraint
            UNION ALL
            SELECT 7, seq, 'make', fresh, tab, format('trigger %s.%s', tab, name), 'added',
                   format('CREATE TRIGGER %I %s ON %s %s EXECUTE FUNCTION %s.%I(); COMMENT ON TRIGGER %1$I ON %3$s IS %L',
                          name, event, fullname, mode, home, func, 'Keeps the running totals; the procedures count by themselves.')
              FROM missing_trigger

            UNION ALL
            SELECT 8, 1, 'warn', t.fresh, t.tab, format('foreign key %s.%s', t.tab, o.conname),
                   format('foreign key "%s" of table "%s" does not delete rows with the one they refer to', o.conname, t.fullname),
                   'Replace it by one with ON DELETE CASCADE.'
              FROM table_here AS t
              JOIN constraint_here AS o ON o.conrelid = t.oid AND o.contype = 'f' AND o.confdeltype <> 'c'
              JOIN table_here AS f ON f.oid = o.confrelid
              JOIN wanted_constraint AS w ON w.tab = t.tab AND w.kind = 'foreign key' AND w.cols = o.cols
                                         AND w.rest = format('%s (%s) ON DELETE CASCADE', f.tab, o.confcols)
        ),

        -- Existing tables that lack something of ours are adopted: locked first, so that nobody
        -- writes between counting and the triggers' taking over, in the order in which all code of
        -- the extension locks; and looked over for what the procedures will meet there.
        adopted AS (
            SELECT t.* FROM table_here AS t WHERE t.tab IN (SELECT tab FROM work WHERE phase IN (3, 4, 6, 7) AND NOT fresh)
        ),
        adoption (phase, seq, kind, fresh, tab, subject, outcome, command) AS (
            SELECT 2, 0, 'make', true, NULL, NULL, NULL,
                   format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE',
                          string_agg(t.fullname, ', ' ORDER BY array_position('{users,recordings,user_subscriptions}', t.tab), t.tab))
              FROM table_here AS t
             WHERE NOT t.fresh
            HAVING EXISTS (SELECT FROM adopted)
            UNION ALL
            SELECT 2, seq, 'note', false, tab, 'table ' || tab, 'adopted', NULL
              FROM adopted
            UNION ALL
            SELECT 8, 2, 'warn', false, t.tab, format('trigger %s.%s', t.tab, g.tgname),
                   format('table "%s" has trigger "%s", which is not the extension''s', t.fullname, g.tgname),
                   'If it counts usage or totals, they are counted twice from now on.'
              FROM adopted AS t
              JOIN pg_trigger AS g ON g.tgrelid = t.oid AND NOT g.tgisinternal
             WHERE NOT EXISTS (SELECT FROM wanted_trigger AS w
                                WHERE g.tgfoid = format('%s.%I()', home, w.func)::regprocedure)
            UNION ALL
            SELECT 8, 3, 'warn', false, t.tab, format('column %s.%s', t.tab, a.attname),
                   format('column "%s" of table "%s" is NOT NULL without a default', a.attname, t.fullname),
                   'The procedures leave it to its default: give it one.'
              FROM adopted AS t
              JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
               AND NOT EXISTS (SELECT FROM wanted_column AS w WHERE w.tab = t.tab AND w.col = a.attname)
            UNION ALL
            SELECT 9, 0, 'make', true, tab, NULL, NULL, format('COMMENT ON TABLE %s IS %L', fullname, remark)
              FROM table_here
             WHERE obj_description(oid, 'pg_class') IS NULL
            UNION ALL
            SELECT 9, seq, 'make', true, tab, NULL, NULL, format('COMMENT ON COLUMN %s.%I IS %L', fullname, col, remark)
              FROM column_here
             WHERE col_description(oid, attnum) IS NULL
        )
        SELECT * FROM work
        UNION ALL
        SELECT * FROM adoption
        ORDER BY phase, seq, subject
    LOOP
        object := step.subject;
        action := step.outcome;

        IF step.kind = 'refuse' THEN
            RAISE EXCEPTION USING MESSAGE = step.subject, ERRCODE = step.outcome, HINT = step.command;

        ELSIF step.kind = 'warn' THEN
            action := 'warning: ' || step.outcome;
            RAISE WARNING USING MESSAGE = step.outcome, HINT = step.command;

        ELSIF step.kind = 'recount' THEN
            -- Setting right what was never counted is no event for anybody's trigger.
            replication := current_setting('session_replication_role');
            PERFORM set_config('session_replication_role', 'replica', true);
            EXECUTE step.command;
            PERFORM set_config('session_replication_role', replication, true);

        ELSIF step.command IS NOT NULL THEN
            BEGIN
                EXECUTE step.command;
            EXCEPTION
                WHEN check_violation THEN
                    EXECUTE step.command || ' NOT VALID';
                    action := 'not validated: existing rows violate it';
                    RAISE WARNING '% holds for new rows only: existing rows violate it', step.subject
                          USING HINT = 'Put the rows right, and use ALTER TABLE ... VALIDATE CONSTRAINT.';
                WHEN not_null_violation OR unique_violation THEN
                    GET STACKED DIAGNOSTICS complaint = PG_EXCEPTION_DETAIL;
                    RAISE EXCEPTION '% cannot be added', step.subject
                          USING ERRCODE = SQLSTATE,
                                DETAIL = concat_ws(' ', upper(left(SQLERRM, 1)) || substr(SQLERRM, 2) || '.', nullif(complaint, '')),
                                HINT = CASE step.kind
                                       WHEN 'column' THEN 'Add the column, give every row a value, and try again.'
                                       ELSE 'Put the existing rows right, and try again.' END;
            END;
        END IF;

        -- Of a new table one row is enough.
        IF step.subject IS NOT NULL AND (step.phase = 1 OR NOT step.fresh) THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_install() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_install()
    IS 'Makes the tables of the extension, or adopts those that stand there, and returns a row for each thing done; safe to repeat.';


-- pg_dump and pg_restore turn row_security off before they create extensions, and bring the tables.
CREATE FUNCTION @extschema@.s2t_install_from_script()
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    member regclass;
BEGIN
    IF NOT current_setting('row_security')::boolean THEN
        -- Scripts of extensions run with NOTICEs switched off; the setting ends with the script.
        PERFORM set_config('client_min_messages', 'notice', true);
        RAISE NOTICE 'tables of extension s2t are left to the restore, because row_security is off'
              USING HINT = format('If nothing is being restored, use SELECT * FROM %s.s2t_install().', '@extschema@');
        RETURN;
    END IF;

    PERFORM FROM @extschema@.s2t_install();

    FOR member IN
        SELECT d.objid
          FROM pg_depend AS d
          JOIN pg_extension AS e ON e.oid = d.refobjid
          JOIN pg_class AS c ON c.oid = d.objid
         WHERE d.classid = 'pg_class'::regclass
           AND d.refclassid = 'pg_extension'::regclass
           AND d.deptype = 'e'
           AND e.extname = 's2t'
           AND c.relkind = 'r'
         ORDER BY d.objid
    LOOP
        EXECUTE format('ALTER EXTENSION s2t DROP TABLE %s', member);
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_install_from_script() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_install_from_script()
    IS 'Last step of every script of the extension: calls s2t_install() unless a dump is being restored, and gives the tables to the database.';

SELECT @extschema@.s2t_install_from_script();
