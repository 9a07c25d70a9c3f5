-- The extension in a schema of its own, in a database of its own, called by somebody whose search_path is set against it.
CREATE DATABASE regress_s2t_other TEMPLATE template0;
SELECT current_database() AS home \gset
\c regress_s2t_other
CREATE SCHEMA "Speech Tier";
CREATE EXTENSION s2t SCHEMA "Speech Tier";
SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = '"Speech Tier"'::regnamespace AND c.relkind = 'r'
  AND c.relname IN ('plans', 'recordings', 'segments', 'usage_cycles', 'user_profiles', 'user_subscriptions', 'users') ORDER BY c.relname COLLATE "C";
SELECT count(*) AS in_public FROM pg_class WHERE relnamespace = 'public'::regnamespace;

-- Same-named tables that must stay empty, same-named functions and operators that tell when they are called.
CREATE SCHEMA evil;
CREATE TABLE evil.plans (LIKE "Speech Tier".plans INCLUDING DEFAULTS);
CREATE TABLE evil.users (LIKE "Speech Tier".users INCLUDING DEFAULTS);
CREATE TABLE evil.user_profiles (LIKE "Speech Tier".user_profiles INCLUDING DEFAULTS);
CREATE TABLE evil.user_subscriptions (LIKE "Speech Tier".user_subscriptions INCLUDING DEFAULTS);
CREATE TABLE evil.recordings (LIKE "Speech Tier".recordings INCLUDING DEFAULTS);
CREATE TABLE evil.segments (LIKE "Speech Tier".segments INCLUDING DEFAULTS);
CREATE TABLE evil.usage_cycles (LIKE "Speech Tier".usage_cycles INCLUDING DEFAULTS);
DO $$
DECLARE
  f record;
  ty text;
  op text;
BEGIN
  -- Functions of no argument and of one.
  FOR f IN SELECT * FROM (VALUES ('now', '', 'timestamptz'), ('clock_timestamp', '', 'timestamptz'), ('gen_random_uuid', '', 'uuid'),
                                 ('transaction_timestamp', '', 'timestamptz'), ('lower', 'text', 'text'), ('uuid_send', 'uuid', 'bytea'),
                                 ('int8send', 'bigint', 'bytea'), ('floor', 'double precision', 'double precision'), ('floor', 'numeric', 'numeric'),
                                 ('s2t_slot', 'uuid', 'int'), ('sum', 'bigint', 'bigint'), ('count', '', 'bigint'), ('length', 'text', 'int')) AS v (name, args, result)
  LOOP
    EXECUTE format('CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', f.name, f.args, f.result,
                   format('BEGIN RAISE WARNING %L; RETURN NULL; END', 'evil.' || f.name || ' was called'));
  END LOOP;
  -- Operators of the types the tables are made of.
  FOREACH ty IN ARRAY ARRAY['uuid', 'text', 'int', 'bigint', 'timestamptz', 'jsonb', 'boolean'] LOOP
    FOREACH op IN ARRAY ARRAY['=', '<>', '<', '<=', '>', '>='] LOOP
      EXECUTE format('CREATE FUNCTION evil.%I(%s, %s) RETURNS boolean LANGUAGE plpgsql AS %L', 'op_' || ty || op, ty, ty,
                     format('BEGIN RAISE WARNING %L; RETURN true; END', 'evil.' || op || ' was called'));
      EXECUTE format('CREATE OPERATOR evil.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = evil.%I)', op, ty, ty, 'op_' || ty || op);
    END LOOP;
  END LOOP;
  FOREACH ty IN ARRAY ARRAY['int', 'bigint'] LOOP
    FOREACH op IN ARRAY ARRAY['+', '-', '*', '/'] LOOP
      EXECUTE format('CREATE FUNCTION evil.%I(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L', 'op_' || ty || op, ty, ty, ty,
                     format('BEGIN RAISE WARNING %L; RETURN 0; END', 'evil.' || op || ' was called'));
      EXECUTE format('CREATE OPERATOR evil.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = evil.%I)', op, ty, ty, 'op_' || ty || op);
    END LOOP;
  END LOOP;
END
$$;
-- The trap works.
SET search_path = evil, pg_catalog;
SELECT 1 = 2 AS trapped;
CREATE TEMPORARY TABLE plans (LIKE "Speech Tier".plans INCLUDING DEFAULTS);
CREATE TEMPORARY TABLE users (LIKE "Speech Tier".users INCLUDING DEFAULTS);
CREATE TEMPORARY TABLE user_profiles (LIKE "Speech Tier".user_profiles INCLUDING DEFAULTS);
CREATE TEMPORARY TABLE user_subscriptions (LIKE "Speech Tier".user_subscriptions INCLUDING DEFAULTS);
CREATE TEMPORARY TABLE recordings (LIKE "Speech Tier".recordings INCLUDING DEFAULTS);
CREATE TEMPORARY TABLE segments (LIKE "Speech Tier".segments INCLUDING DEFAULTS);
CREATE TEMPORARY TABLE usage_cycles (LIKE "Speech Tier".usage_cycles INCLUDING DEFAULTS);
-- A domain shadows a type.
CREATE DOMAIN evil.text AS pg_catalog.text CHECK (false);
CREATE DOMAIN evil.uuid AS pg_catalog.uuid CHECK (false);

-- Every procedure, in the path's sight.
CALL "Speech Tier".sp_seed_plans();
CALL "Speech Tier".sp_register_user('an@example.com', 'an', 'hash', 'An', 'FREE');
SELECT "Speech Tier".s2t_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'BASIC') AS binh \gset
SELECT recording_id AS r1, quota_ok FROM "Speech Tier".sp_check_quota_and_create_recording(:'binh', 'upload') \gset
SELECT recording_id AS r2 FROM "Speech Tier".sp_check_quota_and_create_recording(:'binh', 'upload') \gset
\echo :quota_ok
CALL "Speech Tier".sp_complete_recording(:'r1', 1500, '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "a"}, {"idx": 1, "start_ms": 1000, "end_ms": 1500, "text": "b"}]');
CALL "Speech Tier".sp_fail_recording(:'r2', 'because');
CALL "Speech Tier".sp_change_user_plan(:'binh', 'PREMIUM', true);
SELECT * FROM "Speech Tier".sp_get_user_stats(:'binh');
SELECT * FROM "Speech Tier".sp_cleanup_old_recordings(90);
CALL "Speech Tier".sp_purge_old_recordings(90);
SELECT * FROM "Speech Tier".sp_cleanup_old_recordings(0);
SELECT recording_id AS r3 FROM "Speech Tier".sp_check_quota_and_create_recording(:'binh', 'upload') \gset
CALL "Speech Tier".sp_complete_recording(:'r3', 1500, '[]');
CALL "Speech Tier".sp_purge_old_recordings(0);
-- A cycle that is over, closed by a call and by the scheduled one.
SET search_path = pg_catalog;
UPDATE "Speech Tier".user_subscriptions SET cycle_start = now() - interval '70 days', cycle_end = now() - interval '40 days';
SET search_path = evil, pg_catalog;
SELECT quota_ok FROM "Speech Tier".sp_check_quota_and_create_recording(:'binh', 'upload');
SET client_min_messages = warning;
CALL "Speech Tier".sp_reset_monthly_cycles();
-- Direct DML, whose triggers run with the caller's path around them.
INSERT INTO "Speech Tier".recordings (user_id, source) VALUES (:'binh', 'direct');
INSERT INTO "Speech Tier".segments SELECT id, 0, 0, 1, 'direct' FROM "Speech Tier".recordings;
UPDATE "Speech Tier".recordings SET duration_ms = 10;
DELETE FROM "Speech Tier".segments;
-- Installing again.
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS rows FROM "Speech Tier".s2t_install();
RESET client_min_messages;

-- The rows are where they belong, and nowhere else.
SET search_path = pg_catalog;
SELECT (SELECT count(*) FROM "Speech Tier".plans) AS plans, (SELECT count(*) FROM "Speech Tier".users) AS users,
       (SELECT count(*) FROM "Speech Tier".user_profiles) AS profiles, (SELECT count(*) FROM "Speech Tier".user_subscriptions) AS subscriptions,
       (SELECT count(*) FROM "Speech Tier".recordings) AS recordings, (SELECT count(*) FROM "Speech Tier".usage_cycles) AS usage_cycles;
SELECT p.code, s.usage_count, s.total_recordings, s.total_duration_ms, s.total_segments
FROM "Speech Tier".user_subscriptions AS s JOIN "Speech Tier".plans AS p ON p.id = s.plan_id ORDER BY p.code;
SELECT (SELECT count(*) FROM evil.plans) + (SELECT count(*) FROM evil.users) + (SELECT count(*) FROM evil.user_profiles)
       + (SELECT count(*) FROM evil.user_subscriptions) + (SELECT count(*) FROM evil.recordings) + (SELECT count(*) FROM evil.segments)
       + (SELECT count(*) FROM evil.usage_cycles) AS in_evil,
       (SELECT count(*) FROM pg_temp.plans) + (SELECT count(*) FROM pg_temp.users) + (SELECT count(*) FROM pg_temp.user_profiles)
       + (SELECT count(*) FROM pg_temp.user_subscriptions) + (SELECT count(*) FROM pg_temp.recordings) + (SELECT count(*) FROM pg_temp.segments)
       + (SELECT count(*) FROM pg_temp.usage_cycles) AS in_temp;

-- An empty path and one that names nothing that exists do as well.
SET search_path = '';
SELECT quota_ok FROM "Speech Tier".sp_check_quota_and_create_recording(:'binh', 'upload');
SET search_path = nowhere;
SELECT quota_ok FROM "Speech Tier".sp_check_quota_and_create_recording(:'binh', 'upload');
-- Its own schema in the path: the names need no schema, as in public.
SET search_path = "Speech Tier";
SELECT total_recordings FROM sp_get_user_stats(:'binh');

-- In another schema no call reaches tables of the same name in public.
RESET search_path;
CREATE TABLE public.users (id int);
CREATE TABLE public.recordings (id int);
SELECT quota_ok FROM "Speech Tier".sp_check_quota_and_create_recording(:'binh', 'upload');

\c :home
DROP DATABASE regress_s2t_other;
