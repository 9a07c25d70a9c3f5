-- Stress: what the sessions work on, and the function that tells them what to
-- do next.  Run in a fresh database.

CREATE EXTENSION s2t;
CALL sp_seed_plans();
INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, retention_days)
VALUES ('TINY', 'Tiny', 20, 5, NULL), ('SHORT', 'Short memory', NULL, NULL, 30), ('NONE', 'Nothing', 0, 0, NULL);

SELECT s2t_register_user(format('u%s@example.com', n), format('u%s', n), 'hash', NULL, 'ENTERPRISE')
FROM generate_series(1, 40) AS n;

CREATE SCHEMA stress;

-- What the procedures accepted, noted by the transaction that they ran in.
CREATE TABLE stress.created (user_id uuid NOT NULL, recording_id uuid NOT NULL);
CREATE TABLE stress.charged (user_id uuid NOT NULL, recording_id uuid NOT NULL, seconds int NOT NULL);

CREATE FUNCTION stress.note_completion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stress.charged VALUES (NEW.user_id, NEW.id, (NEW.duration_ms + 999) / 1000);
    RETURN NULL;
END $$;

CREATE TRIGGER note_completion AFTER UPDATE OF status ON recordings
    FOR EACH ROW WHEN (NEW.status = 'done' AND OLD.status <> 'done')
    EXECUTE FUNCTION stress.note_completion();

CREATE FUNCTION stress.random_int(below int) RETURNS int LANGUAGE sql VOLATILE AS
    'SELECT floor(random() * below)::int';

-- A recording's transcript follows from its id, so that a retry repeats it.
CREATE FUNCTION stress.transcript(recording uuid, OUT duration_ms int, OUT segments jsonb) LANGUAGE plpgsql AS $$
DECLARE
    h int := hashtext(recording::text) & 2147483647;
BEGIN
    duration_ms := h % 300000;
    segments := coalesce(
        (SELECT jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 1000, 'end_ms', i * 1000 + 900, 'text', 'đoạn ' || i)
                          || CASE WHEN i % 7 = 0 THEN '{"confidence": 0.5}' ELSE '{}' END::jsonb)
         FROM generate_series(0, h % 50 - 1) AS i), '[]');
END $$;

-- Every statement begins with its kind: the server's log says which kind an
-- error came from.  Direct DML on several rows takes the locks in the order
-- that the procedures take them in, as an application has to.
CREATE FUNCTION stress.next_step() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    dice int := stress.random_int(100);
    n int := 1 + stress.random_int(80);
    plan text := (ARRAY['FREE', 'BASIC', 'TINY', 'SHORT', 'NONE', 'ENTERPRISE', 'ENTERPRISE'])[1 + stress.random_int(7)];
    an_user uuid := (SELECT id FROM users ORDER BY random() LIMIT 1);
    other_user uuid := (SELECT id FROM users ORDER BY random() LIMIT 1);
    recording uuid;
    level text := (ARRAY['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])[1 + stress.random_int(3)];
    done record;
    statement text;
BEGIN
    IF dice < 5 THEN
        RETURN NEXT format('/*register*/ CALL sp_register_user(%L, %L, %L, %L, %L)',
            format('u%s@example.com', n), format('u%s', n), 'hash', 'User ' || n, plan);
        RETURN;
    ELSIF dice < 30 THEN
        statement := format('/*create*/ INSERT INTO stress.created SELECT %L, recording_id'
            ' FROM sp_check_quota_and_create_recording(%L, %L) WHERE quota_ok', an_user, an_user, 'upload');
    ELSIF dice < 40 THEN
        -- The transcript up to some segment: later ones, or completing, go on from there.
        SELECT id INTO recording FROM recordings WHERE status = 'processing' ORDER BY random() LIMIT 1;
        done := stress.transcript(coalesce(recording, gen_random_uuid()));
        n := stress.random_int(1 + jsonb_array_length(done.segments));
        statement := format('/*append*/ SELECT s2t_append_segments(%L, %L, %s)', coalesce(recording, gen_random_uuid()),
            (SELECT coalesce(jsonb_agg(s) FILTER (WHERE (s ->> 'idx')::int < n), '[]') FROM jsonb_array_elements(done.segments) AS s),
            least(n * 1000, done.duration_ms));
    ELSIF dice < 52 THEN
        SELECT id INTO recording FROM recordings WHERE status <> 'done' ORDER BY random() LIMIT 1;
        done := stress.transcript(coalesce(recording, gen_random_uuid()));
        statement := format('/*complete*/ CALL sp_complete_recording(%L, %s, %L)', coalesce(recording, gen_random_uuid()),
            done.duration_ms, done.segments);
    ELSIF dice < 56 THEN
        SELECT id INTO recording FROM recordings WHERE status = 'done' ORDER BY random() LIMIT 1;
        done := stress.transcript(coalesce(recording, gen_random_uuid()));
        statement := format('/*repeat*/ CALL sp_complete_recording(%L, %s, %L)', coalesce(recording, gen_random_uuid()),
            done.duration_ms + stress.random_int(2), done.segments);
    ELSIF dice < 59 THEN
        SELECT id INTO recording FROM recordings ORDER BY random() LIMIT 1;
        statement := format('/*invalid*/ CALL sp_complete_recording(%L, 1000, %L)', coalesce(recording, gen_random_uuid()),
            (ARRAY['[{"idx": 0, "start_ms": 0, "end_ms": 900, "text": "a"}, {"idx": 1, "start_ms": 900, "end_ms": 10, "text": "b"}]',
                   '[{"idx": 0, "start_ms": 0, "end_ms": 900, "text": "a"}, {"idx": 0, "start_ms": 0, "end_ms": 900, "text": "b"}]',
                   '{"idx": 0}'])[1 + stress.random_int(3)]);
    ELSIF dice < 62 THEN
        SELECT id INTO recording FROM recordings WHERE status <> 'done' ORDER BY random() LIMIT 1;
        statement := format('/*fail*/ CALL sp_fail_recording(%L, %L)', coalesce(recording, gen_random_uuid()), 'engine');
    ELSIF dice < 64 THEN
        SELECT id INTO recording FROM recordings WHERE status = 'failed' ORDER BY random() LIMIT 1;
        statement := format('/*retry*/ SELECT s2t_retry_recording(%L, 100000)', coalesce(recording, gen_random_uuid()));
    ELSIF dice < 68 THEN
        statement := format('/*plan*/ CALL sp_change_user_plan(%L, %L, %L)', an_user, plan, random() < 0.5);
    ELSIF dice < 71 THEN
        statement := '/*reset*/ CALL sp_reset_monthly_cycles()';
    ELSIF dice < 74 THEN
        statement := format('/*month*/ UPDATE user_subscriptions SET cycle_start = cycle_start - interval ''40 days'','
            ' cycle_end = now() - interval ''1 day'' WHERE user_id = %L AND cycle_start > now() - interval ''40 days''', an_user);
    ELSIF dice < 78 THEN
        SELECT id INTO recording FROM recordings WHERE status = 'done' ORDER BY random() LIMIT 1;
        statement := format('/*age*/ UPDATE recordings SET created_at = now() - interval ''%s days'' WHERE id = %L',
            20 + stress.random_int(100), recording);
    ELSIF dice < 80 THEN
        statement := format('/*cleanup*/ SELECT * FROM sp_cleanup_old_recordings(90, %s)', 1 + stress.random_int(20));
    ELSIF dice < 81 THEN
        RETURN NEXT format('/*purge*/ CALL sp_purge_old_recordings(90, %s)', 1 + stress.random_int(5));
        RETURN;
    ELSIF dice < 84 THEN
        statement := format('/*stats*/ SELECT 1 / (count(*) = 1 AND bool_and(total_recordings >= 0 AND total_segments >= 0'
            ' AND total_duration_minutes >= 0 AND current_cycle_usage >= 0 AND current_cycle_seconds >= 0))::int'
            ' FROM sp_get_user_stats(%L)', an_user);
    ELSIF dice < 86 THEN
        statement := format('/*insert recordings*/ INSERT INTO recordings (user_id, source, status, duration_ms, completed_at)'
            ' SELECT %L, ''import'', ''done'', 1000 * i, now() FROM generate_series(1, %s) AS i', an_user, 1 + stress.random_int(3));
    ELSIF dice < 88 THEN
        SELECT id INTO recording FROM recordings ORDER BY random() LIMIT 1;
        statement := format('/*insert segment*/ INSERT INTO segments VALUES (%L, %s, 0, 1, ''x'')',
            coalesce(recording, gen_random_uuid()), 1000000 + stress.random_int(3));
    ELSIF dice < 90 THEN
        SELECT recording_id INTO recording FROM segments ORDER BY random() LIMIT 1;
        RETURN QUERY VALUES (format('BEGIN')),
            (format('/*lock*/ SELECT id FROM recordings WHERE id = %L FOR UPDATE', recording)),
            (format('/*delete segments*/ DELETE FROM segments WHERE recording_id = %L AND random() < 0.3', recording)),
            (CASE WHEN random() < 0.8 THEN 'COMMIT' ELSE 'ROLLBACK' END);
        RETURN;
    ELSIF dice < 92 THEN
        SELECT id INTO recording FROM recordings ORDER BY random() LIMIT 1;
        statement := format('/*delete recording*/ DELETE FROM recordings WHERE id = %L', recording);
    ELSIF dice < 94 THEN
        SELECT id INTO recording FROM recordings ORDER BY random() LIMIT 1;
        statement := format('/*duration*/ UPDATE recordings SET duration_ms = %s WHERE id = %L',
            stress.random_int(100000), recording);
    ELSIF dice < 96 THEN
        SELECT id INTO recording FROM recordings WHERE user_id = an_user ORDER BY random() LIMIT 1;
        RETURN QUERY VALUES ('BEGIN'),
            (format('/*lock*/ SELECT id FROM users WHERE id IN (%L, %L) ORDER BY id FOR KEY SHARE', an_user, other_user)),
            (format('/*move*/ UPDATE recordings SET user_id = %L WHERE id = %L', other_user, recording)),
            ('COMMIT');
        RETURN;
    ELSIF dice < 97 THEN
        statement := format('/*delete user*/ DELETE FROM users WHERE id = %L', an_user);
    ELSIF dice < 98 THEN
        statement := '/*plan state*/ UPDATE plans SET is_active = NOT is_active WHERE code = ''BASIC''';
    ELSE
        -- Create and complete in one transaction, a part of it taken back.
        RETURN QUERY VALUES (format('BEGIN ISOLATION LEVEL %s', level)),
            (format('/*create*/ INSERT INTO stress.created SELECT %L, recording_id'
                    ' FROM sp_check_quota_and_create_recording(%L, %L) WHERE quota_ok', an_user, an_user, 'live')),
            ('SAVEPOINT s'),
            ('/*both*/ DO $do$ DECLARE r uuid := (SELECT recording_id FROM stress.created WHERE xmin::text::bigint ='
             ' pg_current_xact_id()::text::bigint % 4294967296); t record; BEGIN IF r IS NOT NULL THEN t := stress.transcript(r);'
             ' CALL sp_complete_recording(r, t.duration_ms, t.segments); END IF; END $do$'),
            (CASE WHEN random() < 0.5 THEN 'ROLLBACK TO s' ELSE 'RELEASE s' END),
            (CASE WHEN random() < 0.8 THEN 'COMMIT' ELSE 'ROLLBACK' END);
        RETURN;
    END IF;

    -- A third of the rest in a transaction of its own kind.
    IF random() < 0.67 THEN
        RETURN NEXT statement;
    ELSE
        RETURN NEXT format('BEGIN ISOLATION LEVEL %s', level);
        RETURN NEXT statement;
        RETURN NEXT CASE WHEN random() < 0.8 THEN 'COMMIT' ELSE 'ROLLBACK' END;
    END IF;
END $$;
