-- What runs the calls inside the server, the same for every contender: a session has the schema of
-- its contender in search_path, and the names below find that contender's procedures and tables.
-- Every driver returns what was spent between the first call and the last, and nothing of what
-- prepares it.  Calls are static statements of PL/pgSQL, hence prepared.

CREATE SCHEMA bench;

CREATE TYPE bench.spent AS (usec float8, wal float8);

-- Vietnamese speech, 60 to 90 bytes a piece.
CREATE TABLE bench.sentence (n serial PRIMARY KEY, text text NOT NULL);

-- Transcripts by number of segments, as clients send them.
CREATE TABLE bench.payload (size integer PRIMARY KEY, segments jsonb NOT NULL);
ALTER TABLE bench.payload ALTER COLUMN segments SET STORAGE EXTERNAL;

CREATE FUNCTION bench.make_payload(in_size integer) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO bench.payload
    SELECT in_size, jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 3100, 'end_ms', i * 3100 + 2800, 'text', s.text) ORDER BY i)
      FROM generate_series(0, in_size - 1) AS i
      JOIN bench.sentence AS s ON s.n = 1 + i % (SELECT max(n) FROM bench.sentence)
    ON CONFLICT DO NOTHING
$$;

-- Ids by number: what pgbench can compute.
CREATE FUNCTION bench.user_id(n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$ SELECT ('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION bench.recording_id(n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$ SELECT ('01900000-0001-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;

-- The ids of the first users, at hand without computing them: what a driver prepares itself counts
-- for the CPU time of its turn.
CREATE TABLE bench.user_ids (ids uuid[] NOT NULL);
INSERT INTO bench.user_ids SELECT array_agg(bench.user_id(n) ORDER BY n) FROM generate_series(1, 2000) AS n;

-- Who registers in a turn.
CREATE TABLE bench.newcomers (emails text[] NOT NULL, names text[] NOT NULL);

CREATE FUNCTION bench.name_newcomers(in_first integer, in_count integer) RETURNS void
LANGUAGE sql AS $$
    TRUNCATE bench.newcomers;
    INSERT INTO bench.newcomers
    SELECT array_agg(md5(n::text) || '.moi@example.com'), array_agg(md5(n::text) || '_moi')
      FROM generate_series(in_first, in_first + in_count - 1) AS n;
$$;

-- Empties the contender's tables and gives it users with subscriptions, in a cycle that is open or
-- has ended.  With in_every, only every so manieth subscription has its user's row.  Triggers and
-- foreign keys are off meanwhile.
CREATE FUNCTION bench.load(in_users integer, in_ended boolean DEFAULT false, in_every integer DEFAULT 1)
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    month timestamptz := date_trunc('month', now(), 'UTC');
BEGIN
    SET LOCAL session_replication_role = replica;
    TRUNCATE plans, users, user_profiles, user_subscriptions, recordings, segments, usage_cycles CASCADE;
    IF to_regclass('usage_entries') IS NOT NULL THEN
        TRUNCATE usage_entries, usage_credits;
    END IF;
    INSERT INTO plans (id, code, name, monthly_minutes, monthly_usage_limit, is_default)
    VALUES (bench.user_id(900000001), 'FREE', 'Free', 1000000, 1000000, true),
           (bench.user_id(900000002), 'BASIC', 'Basic', 2000000, 2000000, false);
    INSERT INTO users (id, email, user_name, password_hash)
    SELECT bench.user_id(n), format('nguoi.dung.%s@example.com', n), format('nguoi_dung_%s', n), '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo'
      FROM generate_series(in_every, in_users, in_every) AS n;
    INSERT INTO user_profiles (user_id, name)
    SELECT u.id, 'Nguyễn Văn A' FROM users AS u;
    INSERT INTO user_subscriptions (user_id, plan_id, cycle_start, cycle_end, usage_count, used_seconds)
    SELECT bench.user_id(n), bench.user_id(900000001),
           CASE WHEN in_ended THEN month - interval '2 months' ELSE month END,
           CASE WHEN in_ended THEN month - interval '1 month' ELSE month + interval '1 month' END,
           CASE WHEN in_ended THEN n % 10 ELSE 0 END, CASE WHEN in_ended THEN n % 1800 ELSE 0 END
      FROM generate_series(1, in_users) AS n;
    SET LOCAL session_replication_role = origin;
END
$$;

-- Recordings to complete, one for each of the first in_count users, made by the contender itself.
CREATE FUNCTION bench.open_recordings(in_count integer) RETURNS uuid[]
LANGUAGE plpgsql AS $$
DECLARE
    result uuid[];
BEGIN
    SELECT array_agg(c.recording_id) INTO result
      FROM generate_series(1, in_count) AS n,
           LATERAL sp_check_quota_and_create_recording(bench.user_id(n), 'upload', 'vi') AS c;
    RETURN result;
END
$$;

-- Recordings with known ids, so many beyond in_first; for pgbench.
CREATE FUNCTION bench.open_numbered(in_first bigint, in_count integer, in_users integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    INSERT INTO recordings (id, user_id, source)
    SELECT bench.recording_id(n), bench.user_id(1 + n % in_users), 'upload'
      FROM generate_series(in_first, in_first + in_count - 1) AS n;
    SET LOCAL session_replication_role = origin;
END
$$;

-- Recordings done a year ago, in_segments segments each, spread over users or all of one of them.
CREATE FUNCTION bench.load_old(in_recordings integer, in_segments integer, in_users integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    INSERT INTO recordings (id, user_id, source, status, duration_ms, created_at, completed_at, segment_count)
    SELECT bench.recording_id(n), bench.user_id(1 + n % in_users), 'upload', 'done', in_segments * 3100,
           now() - interval '1 year' + n * interval '1 second', now() - interval '1 year' + n * interval '2 seconds', in_segments
      FROM generate_series(0, in_recordings - 1) AS n;
    INSERT INTO segments (recording_id, idx, start_ms, end_ms, text)
    SELECT bench.recording_id(r.n), s.idx, s.idx * 3100, s.idx * 3100 + 2800, t.text
      FROM generate_series(0, in_recordings - 1) AS r (n),
           generate_series(0, in_segments - 1) AS s (idx)
      JOIN bench.sentence AS t ON t.n = 1 + s.idx % 100
     ORDER BY r.n, s.idx;
    SET LOCAL session_replication_role = origin;
    PERFORM bench.recount();
END
$$;

CREATE FUNCTION bench.recount() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE user_subscriptions AS s
       SET total_recordings = c.recordings, total_duration_ms = c.duration, total_segments = c.segments
      FROM (SELECT r.user_id, count(*) AS recordings, sum(r.duration_ms) AS duration, sum(r.segment_count) AS segments
              FROM recordings AS r
             GROUP BY r.user_id) AS c
     WHERE s.user_id = c.user_id;
END
$$;


-- ------------------------------------------------------------------------------------------------
-- Drivers
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION bench.spent_since(since timestamptz, wal pg_lsn, calls bigint) RETURNS bench.spent
LANGUAGE sql AS $$
    SELECT (extract(epoch FROM clock_timestamp() - since) * 1e6 / calls, (pg_current_wal_insert_lsn() - wal) / calls)::bench.spent
$$;

CREATE FUNCTION bench.complete(in_ids uuid[], in_size integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    id      uuid;
    -- Concatenation brings it into memory, plain.
    payload CONSTANT jsonb := (SELECT p.segments || '[]' FROM bench.payload AS p WHERE p.size = in_size);
    wal     CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since   CONSTANT timestamptz := clock_timestamp();
BEGIN
    FOREACH id IN ARRAY in_ids LOOP
        CALL sp_complete_recording(id, in_size * 3100, payload);
    END LOOP;
    RETURN bench.spent_since(since, wal, cardinality(in_ids));
END
$$;

-- Writes the files that bench.copy() reads: the rows that completing in_ids would store.
CREATE FUNCTION bench.write_files(in_ids uuid[], in_size integer, in_folder text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    n integer;
BEGIN
    FOR n IN 1 .. cardinality(in_ids) LOOP
        EXECUTE format($copy$
            COPY (SELECT %L::uuid, s.idx, s.start_ms, s.end_ms, s.text, NULL::jsonb
                    FROM bench.payload AS p,
                         jsonb_to_recordset(p.segments) AS s (idx integer, start_ms integer, end_ms integer, text text)
                   WHERE p.size = %s)
              TO %L (FORMAT binary) $copy$, in_ids[n], in_size, in_folder || '/' || n);
    END LOOP;
END
$$;

CREATE FUNCTION bench.copy(in_count integer, in_folder text) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    statements text[];
    statement  text;
    wal        pg_lsn;
    since      timestamptz;
BEGIN
    SELECT array_agg(format('COPY peer.segments_copy (recording_id, idx, start_ms, end_ms, text, meta) FROM %L (FORMAT binary)', in_folder || '/' || n))
      INTO statements
      FROM generate_series(1, in_count) AS n;
    wal := pg_current_wal_insert_lsn();
    since := clock_timestamp();
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
    RETURN bench.spent_since(since, wal, in_count);
END
$$;

CREATE FUNCTION bench.create(in_calls integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    users  CONSTANT uuid[] := (SELECT u.ids[1:in_calls] FROM bench.user_ids AS u);
    one    uuid;
    result record;
    wal    CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since  CONSTANT timestamptz := clock_timestamp();
BEGIN
    FOREACH one IN ARRAY users LOOP
        result := sp_check_quota_and_create_recording(one, 'realtime', 'vi');
    END LOOP;
    RETURN bench.spent_since(since, wal, in_calls);
END
$$;

-- The same, a transaction each, as applications do: what an update left behind can go before the next
-- one.  Counted are the calls alone, not the commits.
CREATE PROCEDURE bench.create_apart(in_calls integer, INOUT usec float8 DEFAULT 0, INOUT wal float8 DEFAULT 0)
LANGUAGE plpgsql AS $$
DECLARE
    users  CONSTANT uuid[] := (SELECT u.ids[1:in_calls] FROM bench.user_ids AS u);
    one    uuid;
    result record;
    since  timestamptz;
BEGIN
    FOREACH one IN ARRAY users LOOP
        since := clock_timestamp();
        result := sp_check_quota_and_create_recording(one, 'realtime', 'vi');
        usec := usec + extract(epoch FROM clock_timestamp() - since) * 1e6 / in_calls;
        COMMIT;
    END LOOP;
END
$$;

-- The next segment of each recording: the one after `in_first` that it has already.
CREATE FUNCTION bench.append(in_ids uuid[], in_first integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    id      uuid;
    result  record;
    payload CONSTANT jsonb := (SELECT jsonb_build_array(p.segments -> in_first) FROM bench.payload AS p WHERE p.size = 100);
    wal     CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since   CONSTANT timestamptz := clock_timestamp();
BEGIN
    FOREACH id IN ARRAY in_ids LOOP
        result := s2t_append_segments(id, payload, (in_first + 1) * 3100);
    END LOOP;
    RETURN bench.spent_since(since, wal, cardinality(in_ids));
END
$$;

-- So many in the queue, of all users, half of them put off until tomorrow.
CREATE FUNCTION bench.fill_queue(in_count integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    INSERT INTO recordings (id, user_id, source, queue_priority, due_at, due_priority, created_at)
    SELECT bench.recording_id(n), bench.user_id(1 + n % 2000), 'upload', CASE WHEN n % 2 = 0 THEN 5 END,
           CASE WHEN n % 2 = 1 THEN now() + interval '1 day' END, CASE WHEN n % 2 = 1 THEN 5 END, now() + n * interval '1 ms'
      FROM generate_series(1, in_count) AS n;
    SET LOCAL session_replication_role = origin;
END
$$;

-- What was claimed waits again.
CREATE FUNCTION bench.give_all_back() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    UPDATE recordings SET lease = NULL, lease_until = NULL, claims = 0 WHERE lease IS NOT NULL;
    SET LOCAL session_replication_role = origin;
END
$$;

CREATE FUNCTION bench.claim(in_calls integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    result record;
    wal    CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since  CONSTANT timestamptz := clock_timestamp();
BEGIN
    FOR i IN 1 .. in_calls LOOP
        SELECT * INTO STRICT result FROM s2t_claim_recordings('worker', 1, '5 minutes');
    END LOOP;
    RETURN bench.spent_since(since, wal, in_calls);
END
$$;

-- A completed recording of so many segments, for edits and exports.
CREATE FUNCTION bench.completed(in_size integer) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    id uuid := (bench.open_recordings(1))[1];
BEGIN
    PERFORM s2t_complete_recording(id, in_size * 3100, (SELECT p.segments FROM bench.payload AS p WHERE p.size = in_size));
    RETURN id;
END
$$;

-- Corrections of the first hundred segments, another text each time.
CREATE FUNCTION bench.edit(in_id uuid, in_calls integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    owner  CONSTANT uuid := (SELECT r.user_id FROM recordings AS r WHERE r.id = in_id);
    times  CONSTANT text := clock_timestamp()::text;
    result record;
    wal    CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since  CONSTANT timestamptz := clock_timestamp();
BEGIN
    FOR n IN 1 .. in_calls LOOP
        result := s2t_edit_segment(owner, in_id, n % 100, 'Xin chào các bạn, hôm nay trời đẹp. ' || n || times);
    END LOOP;
    RETURN bench.spent_since(since, wal, in_calls);
END
$$;

-- Spent on each segment that moves.
CREATE FUNCTION bench.split(in_id uuid, in_size integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    owner  CONSTANT uuid := (SELECT r.user_id FROM recordings AS r WHERE r.id = in_id);
    result record;
    wal    CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since  CONSTANT timestamptz := clock_timestamp();
BEGIN
    result := s2t_split_segment(owner, in_id, 0, in_at_char => 4);
    RETURN bench.spent_since(since, wal, in_size);
END
$$;

-- Spent on each segment that is exported, or selected as a client gets it.
CREATE FUNCTION bench.export(in_id uuid, in_format text, in_size integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    result text;
    wal    CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since  CONSTANT timestamptz := clock_timestamp();
BEGIN
    result := sp_export_transcript(in_id, in_format);
    RETURN bench.spent_since(since, wal, in_size);
END
$$;
CREATE FUNCTION bench.select_segments(in_id uuid, in_size integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    result bigint;
    wal    CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since  CONSTANT timestamptz := clock_timestamp();
BEGIN
    SELECT sum(length(s.idx::text) + length(s.start_ms::text) + length(s.end_ms::text) + length(s.text) + length(coalesce(s.meta::text, '')))
      INTO result
      FROM (SELECT * FROM segments AS g WHERE g.recording_id = in_id ORDER BY g.idx) AS s;
    RETURN bench.spent_since(since, wal, in_size);
END
$$;

-- The least that SQL can do for it: a conditional UPDATE and an INSERT, in one prepared statement.
CREATE FUNCTION bench.create_bare(in_calls integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    users  CONSTANT uuid[] := (SELECT u.ids[1:in_calls] FROM bench.user_ids AS u);
    one    uuid;
    result uuid;
    wal    CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since  CONSTANT timestamptz := clock_timestamp();
BEGIN
    FOREACH one IN ARRAY users LOOP
        WITH charged AS (
            UPDATE user_subscriptions AS s
               SET usage_count = s.usage_count + 1, total_recordings = s.total_recordings + 1
             WHERE s.user_id = one AND s.cycle_end > now() AND s.usage_count < 1000000
            RETURNING s.user_id
        )
        INSERT INTO recordings AS r (id, user_id, source)
        SELECT gen_random_uuid(), c.user_id, 'realtime' FROM charged AS c
        RETURNING r.id INTO result;
    END LOOP;
    RETURN bench.spent_since(since, wal, in_calls);
END
$$;

CREATE FUNCTION bench.register(in_calls integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    emails CONSTANT text[] := (SELECT n.emails FROM bench.newcomers AS n);
    names  CONSTANT text[] := (SELECT n.names FROM bench.newcomers AS n);
    hash   CONSTANT text := '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo';
    wal    CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since  CONSTANT timestamptz := clock_timestamp();
BEGIN
    FOR n IN 1 .. in_calls LOOP
        CALL sp_register_user(emails[n], names[n], hash, 'Trần Thị B', 'FREE');
    END LOOP;
    RETURN bench.spent_since(since, wal, in_calls);
END
$$;

CREATE FUNCTION bench.register_bare(in_calls integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    emails CONSTANT text[] := (SELECT n.emails FROM bench.newcomers AS n);
    names  CONSTANT text[] := (SELECT n.names FROM bench.newcomers AS n);
    hash   CONSTANT text := '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo';
    plan   CONSTANT uuid := bench.user_id(900000001);
    begins CONSTANT timestamptz := date_trunc('month', now(), 'UTC');
    ends   CONSTANT timestamptz := begins + interval '1 month';
    wal    CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since  CONSTANT timestamptz := clock_timestamp();
BEGIN
    FOR n IN 1 .. in_calls LOOP
        WITH u AS (
            INSERT INTO users (id, email, user_name, password_hash) VALUES (gen_random_uuid(), emails[n], names[n], hash)
            RETURNING id
        ), p AS (
            INSERT INTO user_profiles (user_id, name) SELECT u.id, 'Trần Thị B' FROM u
        )
        INSERT INTO user_subscriptions (user_id, plan_id, cycle_start, cycle_end)
        SELECT u.id, plan, begins, ends FROM u;
    END LOOP;
    RETURN bench.spent_since(since, wal, in_calls);
END
$$;

CREATE FUNCTION bench.change_plan(in_code text, in_calls integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    users   CONSTANT uuid[] := (SELECT u.ids[1:in_calls] FROM bench.user_ids AS u);
    one     uuid;
    success boolean;
    message text;
    wal     CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since   CONSTANT timestamptz := clock_timestamp();
BEGIN
    FOREACH one IN ARRAY users LOOP
        CALL sp_change_user_plan(one, in_code, false, success, message);
    END LOOP;
    ASSERT success, message;
    RETURN bench.spent_since(since, wal, in_calls);
END
$$;

CREATE FUNCTION bench.change_plan_bare(in_code text, in_calls integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    users CONSTANT uuid[] := (SELECT u.ids[1:in_calls] FROM bench.user_ids AS u);
    one   uuid;
    wal   CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since CONSTANT timestamptz := clock_timestamp();
BEGIN
    FOREACH one IN ARRAY users LOOP
        UPDATE user_subscriptions AS s SET plan_id = p.id FROM plans AS p WHERE s.user_id = one AND p.code = in_code;
    END LOOP;
    RETURN bench.spent_since(since, wal, in_calls);
END
$$;

CREATE FUNCTION bench.stats(in_user integer, in_calls integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    one    CONSTANT uuid := bench.user_id(in_user);
    result record;
    wal    CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since  CONSTANT timestamptz := clock_timestamp();
BEGIN
    FOR n IN 1 .. in_calls LOOP
        result := sp_get_user_stats(one);
    END LOOP;
    RETURN bench.spent_since(since, wal, in_calls);
END
$$;

-- Spent on each segment removed.
CREATE FUNCTION bench.cleanup(in_batch integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    result record;
    wal    CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since  CONSTANT timestamptz := clock_timestamp();
BEGIN
    result := sp_cleanup_old_recordings(90, in_batch);
    ASSERT result.deleted_recordings = in_batch;
    RETURN bench.spent_since(since, wal, result.deleted_segments);
END
$$;

CREATE FUNCTION bench.cleanup_without_cascade(in_batch integer) RETURNS bench.spent
LANGUAGE plpgsql AS $$
DECLARE
    result record;
    wal    CONSTANT pg_lsn := pg_current_wal_insert_lsn();
    since  CONSTANT timestamptz := clock_timestamp();
BEGIN
    result := peer.cleanup_without_cascade(90, in_batch);
    ASSERT result.deleted_recordings = in_batch;
    RETURN bench.spent_since(since, wal, result.deleted_segments);
END
$$;


-- ------------------------------------------------------------------------------------------------
-- Memory
-- ------------------------------------------------------------------------------------------------

-- Calls on a payload that is in memory before and after; the pause is for a look at what the backend has then.
-- A procedure, because outside a transaction block PL/pgSQL fetches what it assigns.
CREATE PROCEDURE bench.complete_held(in_ids uuid[], in_size integer)
LANGUAGE plpgsql AS $$
DECLARE
    payload jsonb;
    id uuid;
BEGIN
    SELECT p.segments INTO payload FROM bench.payload AS p WHERE p.size = in_size;
    PERFORM pg_sleep(1);
    FOREACH id IN ARRAY in_ids LOOP
        CALL sp_complete_recording(id, in_size * 3100, payload);
    END LOOP;
END
$$;
