-- CREATE EXTENSION: what it makes, who owns it, who may use it.
-- Runs first: the other files use the extension and the schema `t` of helpers made at the end of this one.

-- As it is from PostgreSQL 15 on.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE EXTENSION s2t;

-- The tables are the owner's. (What the extension consists of, and what PUBLIC may do: test/pgtap/signatures.sql, schema.sql, rights.sql.)
SELECT count(*) FILTER (WHERE pg_get_userbyid(c.relowner) <> current_user) AS of_another_owner
FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S');

-- A fresh install holds no plans, nor anything else.
SELECT (SELECT count(*) FROM plans) AS plans, (SELECT count(*) FROM users) AS users,
       (SELECT count(*) FROM recordings) AS recordings, (SELECT count(*) FROM usage_cycles) AS usage_cycles;

-- It is not for moving.
ALTER EXTENSION s2t SET SCHEMA pg_catalog;

-- Dropping is refused while the triggers stand; with CASCADE the rows stay and are adopted again.
\set VERBOSITY terse
INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('KEEP', 'Keep', 30, 10);
CALL sp_register_user('keep@example.com', 'keep', 'hash', 'Keep', 'KEEP');
SELECT quota_ok FROM sp_check_quota_and_create_recording((SELECT id FROM users WHERE user_name = 'keep'), 'upload');
\set VERBOSITY sqlstate
DROP EXTENSION s2t;
\set VERBOSITY terse
SET client_min_messages = warning;
DROP EXTENSION s2t CASCADE;
SELECT count(*) AS triggers_left FROM pg_trigger WHERE NOT tgisinternal;
SELECT count(*) AS recordings_kept FROM recordings;
-- Rows that come and go without the extension are counted when it is back.
INSERT INTO recordings (user_id, source) SELECT id, 'direct' FROM users;
CREATE EXTENSION s2t;
RESET client_min_messages;
SELECT total_recordings, total_segments, current_cycle_usage
FROM sp_get_user_stats((SELECT id FROM users WHERE user_name = 'keep'));
SELECT count(*) > 0 AS triggers_back FROM pg_trigger WHERE NOT tgisinternal;
DELETE FROM users;
DELETE FROM plans;
\set VERBOSITY default

-- A table that is missing: the procedure says what to do, and doing it helps.
INSERT INTO plans (code, name) VALUES ('KEEP', 'Keep');
CALL sp_register_user('keep@example.com', 'keep', 'hash', 'Keep', 'KEEP');
UPDATE user_subscriptions SET cycle_start = now() - interval '70 days', cycle_end = now() - interval '40 days';
ALTER TABLE usage_cycles RENAME TO usage_cycles_gone;
DO $$
DECLARE
  hint text;
  state text;
BEGIN
  CALL sp_reset_monthly_cycles();
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT, state = RETURNED_SQLSTATE;
  RAISE NOTICE '% hints at s2t_install(): %', state, hint LIKE '%s2t_install()%';
END
$$;
ALTER TABLE usage_cycles_gone RENAME TO usage_cycles;
SET client_min_messages = warning;
CALL sp_reset_monthly_cycles();
RESET client_min_messages;
SELECT count(*) AS closed FROM usage_cycles;
DELETE FROM usage_cycles;
DELETE FROM users;
DELETE FROM plans;

-- Helpers of the other files.
CREATE SCHEMA t;

-- The plans most files use.
CREATE PROCEDURE t.plans() LANGUAGE sql AS $$
  INSERT INTO public.plans (code, name, monthly_minutes, monthly_usage_limit, is_default)
  VALUES ('FREE', 'Free', 30, 10, true), ('BASIC', 'Basic', 300, 100, false),
         ('TINY', 'Tiny', 1, 2, false), ('OPEN', 'Open', NULL, NULL, false)
$$;

-- The id of a user.
CREATE FUNCTION t.uid(in_user_name text) RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT id FROM public.users WHERE user_name = in_user_name
$$;

-- n segments of a second each.
CREATE FUNCTION t.segments(n int) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 1000, 'end_ms', i * 1000 + 1000,
                                               'text', 'segment ' || i) ORDER BY i), '[]')
  FROM generate_series(0, n - 1) AS i
$$;

-- Moves a user's cycle back by whole months, as if the clock had moved on.
CREATE PROCEDURE t.age_cycle(in_user_name text, months int) LANGUAGE sql AS $$
  UPDATE public.user_subscriptions
  SET cycle_start = (date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => months)) AT TIME ZONE 'UTC',
      cycle_end = (date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => months - 1)) AT TIME ZONE 'UTC'
  WHERE user_id = t.uid(in_user_name)
$$;

-- What a user has.
CREATE VIEW t.subscriptions AS
  SELECT u.user_name, p.code AS plan, s.usage_count AS usage, s.used_seconds AS seconds, s.total_recordings AS recordings,
         s.total_duration_ms AS duration_ms, s.total_segments AS segments,
         s.cycle_start = date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
         AND s.cycle_end = (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC' AS current_month
  FROM public.user_subscriptions AS s
       JOIN public.users AS u ON u.id = s.user_id
       JOIN public.plans AS p ON p.id = s.plan_id
  ORDER BY u.user_name COLLATE "C";

-- Running totals that are not what a recount of the rows gives: none, ever.
CREATE VIEW t.inexact AS
  SELECT 'recording' AS what, r.segment_count::bigint AS kept, count(s.idx) AS counted
  FROM public.recordings AS r LEFT JOIN public.segments AS s ON s.recording_id = r.id
  GROUP BY r.id HAVING r.segment_count <> count(s.idx)
  UNION ALL
  SELECT 'recordings of a user', s.total_recordings, count(r.id)
  FROM public.user_subscriptions AS s LEFT JOIN public.recordings AS r ON r.user_id = s.user_id
  GROUP BY s.user_id HAVING s.total_recordings <> count(r.id)
  UNION ALL
  SELECT 'milliseconds of a user', s.total_duration_ms, coalesce(sum(r.duration_ms), 0)
  FROM public.user_subscriptions AS s LEFT JOIN public.recordings AS r ON r.user_id = s.user_id
  GROUP BY s.user_id HAVING s.total_duration_ms <> coalesce(sum(r.duration_ms), 0)
  UNION ALL
  SELECT 'seconds held by a user', s.held_seconds, coalesce(sum(r.held_seconds) FILTER (WHERE r.status = 'processing'), 0)
  FROM public.user_subscriptions AS s LEFT JOIN public.recordings AS r ON r.user_id = s.user_id
  GROUP BY s.user_id HAVING s.held_seconds <> coalesce(sum(r.held_seconds) FILTER (WHERE r.status = 'processing'), 0)
  UNION ALL
  SELECT 'segments of a user', s.total_segments, count(g.idx)
  FROM public.user_subscriptions AS s
       LEFT JOIN public.recordings AS r ON r.user_id = s.user_id
       LEFT JOIN public.segments AS g ON g.recording_id = r.id
  GROUP BY s.user_id HAVING s.total_segments <> count(g.idx);

-- How a statement fails, or that it does not.
CREATE FUNCTION t.error_of(statement text, OUT state text, OUT message text, OUT detail text, OUT hint text, OUT "constraint" text, OUT "table" text)
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  message := 'no error';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
    hint = PG_EXCEPTION_HINT, "constraint" = CONSTRAINT_NAME, "table" = TABLE_NAME;
END
$$;

-- Empties everything.
CREATE PROCEDURE t.clear() LANGUAGE sql AS $$
  DELETE FROM public.users;
  DELETE FROM public.plans;
  DELETE FROM public.usage_cycles
$$;
