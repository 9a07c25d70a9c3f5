-- Hostile owner: what the sessions call with, and what the owner's code is made of.
CREATE EXTENSION s2t;
-- The owner's code deadlocks often.
ALTER DATABASE :"DBNAME" SET deadlock_timeout = '50ms';
CREATE SCHEMA hostile;
CREATE SCHEMA attic;
CREATE SEQUENCE hostile.called;
CREATE TABLE hostile.people (n int, user_id uuid);
CREATE TABLE hostile.made (user_id uuid, recording_id uuid, n serial);

-- The tables as a fresh installation has them, with people who have something to work on: at the beginning, and
-- where the owner has taken away what nothing can bring back.
CREATE PROCEDURE hostile.begin_anew() LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE (SELECT 'DROP TABLE IF EXISTS ' || string_agg(tab, ', ') || ' CASCADE' FROM s2t_wanted_tables());
    PERFORM * FROM s2t_install();
    CALL sp_seed_plans();
    UPDATE plans SET monthly_usage_limit = 100000 WHERE monthly_usage_limit < 100000;
    UPDATE plans SET monthly_minutes = 1000000 WHERE monthly_minutes < 1000000;
    PERFORM s2t_add_consumer('hooks', NULL);
    DELETE FROM hostile.people;
    DELETE FROM hostile.made;
    INSERT INTO hostile.people
        SELECT n, s2t_register_user(format('u%s@example.com', n), format('u%s', n), 'hash', 'U', 'PREMIUM') FROM generate_series(1, 20) AS n;
    INSERT INTO hostile.made (user_id, recording_id)
        SELECT i.user_id, c.recording_id FROM hostile.people AS i, generate_series(1, 10), sp_check_quota_and_create_recording(i.user_id, 'upload') AS c;
END $$;
CALL hostile.begin_anew();

-- ---------------------------------------------------------------- calls

-- A value for an argument: mostly one that does some work.
CREATE FUNCTION hostile.value_of(part text, type text, a_user uuid, recording uuid) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN random() < 0.03 THEN 'NULL' ELSE format('%L', CASE
        WHEN part = 'in_user_id' THEN a_user::text
        WHEN part = 'in_recording_id' THEN recording::text
        WHEN part = 'in_email' THEN format('x%s@example.com', floor(random() * 1000))
        WHEN part = 'in_user_name' THEN format('x%s', floor(random() * 1000))
        WHEN part IN ('in_default_plan_code', 'in_new_plan_code') THEN (ARRAY['FREE', 'BASIC', 'PREMIUM', 'ENTERPRISE'])[1 + floor(random() * 4)]
        WHEN part = 'in_at' THEN (ARRAY['now', 'cycle_end'])[1 + floor(random() * 2)]
        WHEN part = 'in_language' THEN 'vi'
        WHEN part = 'in_format' THEN 'txt'
        WHEN part IN ('in_segments', 'in_document') THEN
            (SELECT jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i, 'end_ms', i + 1, 'text', repeat('word ', (random() * 1000)::int), 'speaker', 'A'))
               FROM generate_series(0, floor(random() * 5)::int) AS i)::text
        WHEN part IN ('in_duration_ms', 'in_expected_ms') THEN floor(random() * 100000)::text
        WHEN part = 'in_consumer' OR part = 'in_name' AND type = 'text' THEN 'hooks'
        WHEN part = 'in_status' THEN (ARRAY['active', 'done', 'failed'])[1 + floor(random() * 3)]
        WHEN part IN ('in_lease', 'in_before', 'in_key', 'in_types', 'in_revision') THEN NULL
        -- Jobs take much away, now and then.
        WHEN part IN ('in_retention_days', 'in_older_than') AND random() < 0.95 THEN CASE type WHEN 'interval' THEN '1 day' ELSE '1' END
        WHEN type IN ('integer', 'bigint') THEN floor(random() * 20)::text
        WHEN type = 'uuid' THEN recording::text
        WHEN type = 'boolean' THEN (random() < 0.5)::text
        WHEN type = 'jsonb' THEN '{}'
        WHEN type = 'interval' THEN (ARRAY['0', '1 second', '1 day'])[1 + floor(random() * 3)]
        WHEN type IN ('uuid[]', 'text[]') THEN '{}'
        WHEN type = 'timestamp with time zone' THEN now()::text
        ELSE 'x' END) END || '::' || type
$$;

-- Every routine that a profile gives, as the catalog has it when the campaign begins: those of later versions as well.
CREATE TABLE hostile.routines AS
    SELECT p.oid, p.proname::text AS name, p.prokind AS kind, format('%s.%I', p.pronamespace::regnamespace, p.proname) AS called,
           CASE WHEN p.proname = 's2t_delete_user' THEN 0.01 WHEN p.proname ~ '^s2t_(delete|drop)' THEN 0.2 WHEN p.proname ~ 'create_recording|append|complete|import|claim|take' THEN 4.0 ELSE 1.0 END AS weight
      FROM s2t_api AS a
      JOIN pg_depend AS d ON d.deptype = 'e' AND d.classid = 'pg_proc'::regclass
      JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid AND e.extname = 's2t'
      JOIN pg_proc AS p ON p.oid = d.objid AND p.proname = a.name
       -- What is left of the ledger is compared with the counters; jobs need pg_cron, and the doctor looks at the end.
     WHERE a.profiles <> '{}' AND a.name !~ 'purge_usage|schedule|cron|job|^s2t_(doctor|examine|repair)$';
CREATE TABLE hostile.parts AS
    SELECT r.oid, x.part, x.n, format_type(x.type, NULL) AS type
      FROM hostile.routines AS r JOIN pg_proc AS p ON p.oid = r.oid,
           unnest(coalesce(p.proargnames, array_fill(''::text, ARRAY[p.pronargs::int])), coalesce(p.proallargtypes, p.proargtypes), coalesce(p.proargmodes, array_fill('i'::"char", ARRAY[p.pronargs::int])))
               WITH ORDINALITY AS x (part, type, mode, n)
     WHERE x.mode IN ('i', 'b');

CREATE FUNCTION hostile.next_call() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    chosen record;
    a_user uuid := (SELECT i.user_id FROM hostile.people AS i ORDER BY random() LIMIT 1);
    -- Jobs and deletions take the older ones away.
    recording uuid := (SELECT l.recording_id FROM (SELECT r.recording_id FROM hostile.made AS r WHERE r.user_id = a_user ORDER BY r.n DESC LIMIT 5) AS l ORDER BY random() LIMIT 1);
BEGIN
    PERFORM nextval('hostile.called');
    SELECT r.*, (SELECT coalesce(string_agg(hostile.value_of(p.part, p.type, a_user, recording), ', ' ORDER BY p.n), '')
                   FROM hostile.parts AS p WHERE p.oid = r.oid) AS given
      INTO chosen FROM hostile.routines AS r ORDER BY -ln(random() + 1e-9) / r.weight LIMIT 1;
    IF chosen.name ~ '^(sp_check_quota_and_create|s2t_create)_recording$' THEN
        -- So that there is something to work on.
        RETURN format('WITH made AS (SELECT * FROM %s(%s)) INSERT INTO hostile.made (user_id, recording_id) SELECT %L, recording_id FROM made WHERE recording_id IS NOT NULL', chosen.called, chosen.given, a_user);
    END IF;
    RETURN format(CASE chosen.kind WHEN 'p' THEN 'CALL %s(%s)' ELSE 'SELECT * FROM %s(%s)' END, chosen.called, chosen.given);
END $$;

-- ---------------------------------------------------------------- the owner's code

-- Does what its argument says, now and then.
CREATE FUNCTION hostile.act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF random() < 0.5 THEN
        CASE TG_ARGV[0]
            WHEN 'raise' THEN RAISE EXCEPTION 'the owner does not want it' USING ERRCODE = 'P0001';
            WHEN 'raise oddly' THEN RAISE EXCEPTION 'the owner does not want it' USING ERRCODE = 'ZZZZZ';
            WHEN 'commit' THEN COMMIT;
            WHEN 'rollback' THEN ROLLBACK;
            WHEN 'savepoint' THEN
                BEGIN
                    PERFORM 1 / 0;
                EXCEPTION WHEN division_by_zero THEN NULL;
                END;
            WHEN 'drop itself' THEN EXECUTE format('DROP TABLE %I CASCADE', TG_TABLE_NAME);
            WHEN 'drop trigger' THEN EXECUTE format('DROP TRIGGER %I ON %I', TG_NAME, TG_TABLE_NAME);
            WHEN 'add column' THEN EXECUTE format('ALTER TABLE %I ADD COLUMN more int DEFAULT 1', TG_TABLE_NAME);
            WHEN 'index' THEN EXECUTE 'CREATE INDEX ON audit_log (outcome)';
            WHEN 'other column' THEN EXECUTE 'ALTER TABLE audit_log ADD COLUMN IF NOT EXISTS more int DEFAULT 1';
            WHEN 'truncate' THEN EXECUTE format('TRUNCATE %I CASCADE', TG_TABLE_NAME);
            WHEN 'analyze' THEN EXECUTE format('ANALYZE %I', TG_TABLE_NAME);
            WHEN 'recurse' THEN
                IF pg_trigger_depth() < 4 THEN
                    PERFORM sp_check_quota_and_create_recording((SELECT i.user_id FROM hostile.people AS i ORDER BY random() LIMIT 1), 'nested');
                END IF;
            WHEN 'recurse for ever' THEN
                PERFORM sp_check_quota_and_create_recording((SELECT i.user_id FROM hostile.people AS i LIMIT 1), 'nested');
            WHEN 'read' THEN PERFORM * FROM sp_get_user_stats((SELECT i.user_id FROM hostile.people AS i LIMIT 1));
            WHEN 'set' THEN PERFORM set_config('search_path', 'hostile', false), set_config('session_replication_role', 'origin', false);
            WHEN 'snapshot' THEN PERFORM pg_sleep(0.001);
            ELSE NULL;
        END CASE;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
-- Keeps every row, and so suppresses what was to be done.
CREATE FUNCTION hostile.suppress() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
-- Says to be immutable, and raises.
CREATE FUNCTION hostile.moody(value anyelement) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF random() < 0.3 THEN
        RAISE EXCEPTION 'not today' USING ERRCODE = (ARRAY['P0001', '22012', '55P03'])[1 + floor(random() * 3)];
    END IF;
    RETURN value::text;
END $$;
CREATE DOMAIN hostile.word AS text CHECK (VALUE <> 'never' AND random() >= 0);
CREATE DOMAIN hostile.moody_word AS text CHECK (random() < 0.9);
CREATE DOMAIN hostile.number AS integer CHECK (VALUE IS NULL OR VALUE > -5);
