-- sp_reset_monthly_cycles (docs/reference.md, "sp_reset_monthly_cycles"), inside the transaction of this test.
\ir include/begin.sql
SELECT plan(28);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default) VALUES
  ('FREE', 'Free', 30, 10, true), ('BASIC', 'Basic', 300, 100, false), ('TINY', 'Tiny', 1, 2, false), ('OPEN', 'Open', NULL, NULL, false);
CREATE FUNCTION pg_temp.uid(who text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM users WHERE user_name = who $$;
-- The first of the month that is `n` months from the current one, in a time zone.
CREATE FUNCTION pg_temp.month(n int, zone text DEFAULT 'UTC') RETURNS timestamptz LANGUAGE sql AS $$
  SELECT (date_trunc('month', now() AT TIME ZONE zone) + make_interval(months => n)) AT TIME ZONE zone
$$;
-- Moves a user's cycle back, as if the clock had moved on.
CREATE FUNCTION pg_temp.age_cycle(who text, n int) RETURNS void LANGUAGE sql AS $$
  UPDATE user_subscriptions SET cycle_start = pg_temp.month(-n), cycle_end = pg_temp.month(1 - n) WHERE user_id = pg_temp.uid(who)
$$;
-- Running totals that are not what a recount gives.
CREATE TEMPORARY VIEW inexact AS
  SELECT 'recording' AS what, r.id, r.segment_count::bigint AS kept, (SELECT count(*) FROM segments AS s WHERE s.recording_id = r.id) AS counted
  FROM recordings AS r
  WHERE r.segment_count <> (SELECT count(*) FROM segments AS s WHERE s.recording_id = r.id)
  UNION ALL
  SELECT 'subscription', s.user_id, s.total_recordings, c.n
  FROM user_subscriptions AS s CROSS JOIN LATERAL (
         SELECT count(*) AS n, coalesce(sum(r.duration_ms), 0) AS ms, coalesce(sum((SELECT count(*) FROM segments AS g WHERE g.recording_id = r.id)), 0) AS segs
         FROM recordings AS r WHERE r.user_id = s.user_id) AS c
  WHERE (s.total_recordings, s.total_duration_ms, s.total_segments) <> (c.n, c.ms, c.segs);

SELECT s2t_register_user(name || '@example.com', name, 'hash', NULL, plan)
FROM (VALUES ('current', 'FREE'), ('late', 'FREE'), ('later', 'BASIC'), ('gone', 'TINY'), ('going', 'TINY'), ('unlimited', 'OPEN')) AS v (name, plan);
UPDATE user_subscriptions SET usage_count = 3, used_seconds = 33;
CREATE TEMPORARY VIEW subs AS
  SELECT u.user_name, p.code, s.cycle_start, s.cycle_end, s.usage_count, s.used_seconds
  FROM user_subscriptions AS s JOIN users AS u ON u.id = s.user_id JOIN plans AS p ON p.id = s.plan_id;
CREATE TEMPORARY TABLE before AS TABLE subs;

SELECT lives_ok('CALL sp_reset_monthly_cycles()', 'nothing is over');
SELECT bag_eq('TABLE subs', 'TABLE before', 'nothing happened');
SELECT pg_temp.age_cycle('late', 1);
SELECT pg_temp.age_cycle('later', 7);
SELECT pg_temp.age_cycle('gone', 1);
SELECT pg_temp.age_cycle('unlimited', 1);
UPDATE plans SET is_active = false WHERE code = 'TINY';
SELECT lives_ok('CALL sp_reset_monthly_cycles()', 'four are over');
SELECT bag_eq('TABLE subs', $$VALUES
  ('current'::text, 'FREE'::text, pg_temp.month(0), pg_temp.month(1), 3, 33), ('going', 'TINY', pg_temp.month(0), pg_temp.month(1), 3, 33), ('late', 'FREE', pg_temp.month(0), pg_temp.month(1), 0, 0),
  ('later', 'BASIC', pg_temp.month(0), pg_temp.month(1), 0, 0), ('gone', 'FREE', pg_temp.month(0), pg_temp.month(1), 0, 0),
  ('unlimited', 'OPEN', pg_temp.month(0), pg_temp.month(1), 0, 0)$$, 'the current month is open; a plan that is no longer offered stays until the cycle is over');
SELECT bag_eq($$SELECT u.user_name, c.plan_code, c.monthly_minutes, c.monthly_usage_limit, c.cycle_start, c.cycle_end, c.usage_count, c.used_seconds, c.reason
                FROM usage_cycles AS c JOIN users AS u ON u.id = c.user_id$$, $$VALUES
  ('late'::text, 'FREE'::text, 30, 10, pg_temp.month(-1), pg_temp.month(0), 3, 33, 'rollover'::text),
  ('later', 'BASIC', 300, 100, pg_temp.month(-7), pg_temp.month(-6), 3, 33, 'rollover'),
  ('gone', 'TINY', 1, 2, pg_temp.month(-1), pg_temp.month(0), 3, 33, 'rollover'),
  ('unlimited', 'OPEN', NULL, NULL, pg_temp.month(-1), pg_temp.month(0), 3, 33, 'rollover')$$, 'the closed cycles, each once');
SELECT lives_ok('CALL sp_reset_monthly_cycles()', 'again');
SELECT is((SELECT count(*) FROM usage_cycles), 4::bigint, 'closes nothing twice');
SELECT is((SELECT count(*) FROM usage_cycles WHERE closed_at BETWEEN now() AND clock_timestamp() AND substr(id::text, 15, 1) = '7'), 4::bigint, 'closed now, version 7 ids');

-- A cycle that ends at this very moment is over; one that ends in an hour is not.
UPDATE user_subscriptions SET cycle_end = clock_timestamp() WHERE user_id = pg_temp.uid('late');
UPDATE user_subscriptions SET cycle_end = clock_timestamp() + interval '1 hour' WHERE user_id = pg_temp.uid('later');
CALL sp_reset_monthly_cycles();
SELECT is(cycle_end, (SELECT min(pg_temp.month(i)) FROM generate_series(1, 2) AS i WHERE pg_temp.month(i) > cycle_start + interval '27 days'), 'ended a moment ago: the next one is no shorter than a month')
FROM subs WHERE user_name = 'late';
SELECT isnt((SELECT cycle_end FROM subs WHERE user_name = 'later'), pg_temp.month(1), 'ends in an hour');

-- Late calls and the scheduled one close a cycle once between them.
DELETE FROM usage_cycles;
SELECT pg_temp.age_cycle('late', 1);
SELECT ok(quota_ok, 'a late user creates first') FROM sp_check_quota_and_create_recording(pg_temp.uid('late'), 'upload');
SELECT lives_ok('CALL sp_reset_monthly_cycles()', 'then the scheduler comes');
SELECT is((SELECT usage_count FROM subs WHERE user_name = 'late'), 1, 'what was used since is not lost');
SELECT is((SELECT count(*) FROM usage_cycles WHERE user_id = pg_temp.uid('late')), 1::bigint, 'closed once');
SET LOCAL s2t.lazy_rollover = off;
SELECT pg_temp.age_cycle('late', 1);
CALL sp_reset_monthly_cycles();
SELECT is((SELECT cycle_start FROM subs WHERE user_name = 'late'), pg_temp.month(0), 'lazy_rollover does not bind the scheduled reset');

-- Without a default plan, or with one that is not active, the plan stays.
UPDATE plans SET is_active = false WHERE code IN ('FREE', 'OPEN');
SELECT pg_temp.age_cycle('unlimited', 1);
CALL sp_reset_monthly_cycles();
SELECT is((SELECT code FROM subs WHERE user_name = 'unlimited'), 'OPEN', 'the default plan is not active');
UPDATE plans SET is_default = false;
SELECT pg_temp.age_cycle('unlimited', 1);
CALL sp_reset_monthly_cycles();
SELECT is((SELECT code FROM subs WHERE user_name = 'unlimited'), 'OPEN', 'there is no default plan');
SELECT is_empty('TABLE inexact', 'totals');
-- Many.
WITH u AS (INSERT INTO users (email, password_hash, user_name) SELECT 'm' || i || '@example.com', 'h', 'm' || i FROM generate_series(1, 2500) AS i RETURNING id)
INSERT INTO user_subscriptions (user_id, plan_id, cycle_start, cycle_end, usage_count) SELECT u.id, p.id, pg_temp.month(-1), pg_temp.month(0), 1 FROM u, plans AS p WHERE p.code = 'BASIC';
DELETE FROM usage_cycles;
SELECT pg_stat_get_xact_tuples_returned('user_subscriptions_cycle_end_user_id_idx'::regclass) AS met \gset
CALL sp_reset_monthly_cycles();
SELECT is((SELECT count(*) FROM usage_cycles), 2500::bigint, 'many are closed');
-- And a few more: one a batch, by which it knows that there are more, and what the tests above left.
SELECT cmp_ok(pg_stat_get_xact_tuples_returned('user_subscriptions_cycle_end_user_id_idx'::regclass) - :met, '<=', 2600::bigint, 'and each is met once, although all ended at one time');
SELECT is((SELECT count(*) FROM user_subscriptions WHERE cycle_start = pg_temp.month(0) AND usage_count = 0), 2500::bigint + (SELECT count(*) FROM subs WHERE user_name NOT LIKE 'm%' AND cycle_start = pg_temp.month(0) AND usage_count = 0), 'and opened');

-- Without the index, and with one that tells nothing of the users: all at once, each one once.
CREATE FUNCTION pg_temp.close_many() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE index_is text := coalesce((SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid = to_regclass('user_subscriptions_cycle_end_user_id_idx')), 'no index');
BEGIN
  DELETE FROM usage_cycles;
  -- In an order that is not that of the ids.
  UPDATE user_subscriptions SET cycle_start = pg_temp.month(-1), cycle_end = pg_temp.month(0), usage_count = 1
   WHERE user_id IN (SELECT id FROM users WHERE user_name LIKE 'm%');
  CALL sp_reset_monthly_cycles();
  RETURN NEXT is((SELECT array[count(*), count(DISTINCT user_id)] FROM usage_cycles), '{2500,2500}'::bigint[], 'each is closed once: ' || index_is);
  RETURN NEXT is((SELECT count(*) FROM user_subscriptions WHERE cycle_end <= now()), 0::bigint, 'none is left: ' || index_is);
END
$$;
UPDATE user_subscriptions SET cycle_end = pg_temp.month(1) WHERE user_id IN (SELECT id FROM users WHERE user_name NOT LIKE 'm%');
DROP INDEX user_subscriptions_cycle_end_user_id_idx;
SELECT pg_temp.close_many();
CREATE INDEX user_subscriptions_cycle_end_user_id_idx ON user_subscriptions (cycle_end);
SELECT pg_temp.close_many();

-- An error that is no refusal goes on, out of the job's own subtransaction: who catches it undoes all of its own block, and no more.
CREATE TEMPORARY TABLE steps (step text);
CREATE FUNCTION pg_temp.conflict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE serialization_failure; END $$;
CREATE TRIGGER conflict BEFORE UPDATE OF cycle_end ON user_subscriptions FOR EACH ROW EXECUTE FUNCTION pg_temp.conflict();
UPDATE user_subscriptions SET cycle_start = pg_temp.month(-1) WHERE user_id = pg_temp.uid('m1');
ALTER TABLE user_subscriptions DISABLE TRIGGER conflict;
UPDATE user_subscriptions SET cycle_end = pg_temp.month(0) WHERE user_id = pg_temp.uid('m1');
ALTER TABLE user_subscriptions ENABLE TRIGGER conflict;
DO $$
BEGIN
  INSERT INTO steps VALUES ('before');
  BEGIN
    INSERT INTO steps VALUES ('beside');
    CALL sp_reset_monthly_cycles();
    INSERT INTO steps VALUES ('after');
  EXCEPTION WHEN serialization_failure THEN
    INSERT INTO steps VALUES ('caught');
  END;
END
$$;
SELECT results_eq('TABLE steps', $$VALUES ('before'), ('caught')$$, 'an error that goes on');
DROP TRIGGER conflict ON user_subscriptions;
SELECT lives_ok('CALL sp_reset_monthly_cycles()', 'the next run');
SELECT is((SELECT cycle_end FROM user_subscriptions WHERE user_id = pg_temp.uid('m1')), pg_temp.month(1), 'closes it');

SELECT * FROM finish();
ROLLBACK;
