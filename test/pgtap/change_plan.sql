-- sp_change_user_plan (docs/reference.md, "sp_change_user_plan").
\ir include/begin.sql
SELECT plan(34);

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

CREATE FUNCTION pg_temp.change(who text, plan text, prorate boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  success boolean;
  message text;
BEGIN
  CALL sp_change_user_plan(pg_temp.uid(who), plan, prorate, success, message);
  RETURN success || ': ' || message;
END
$$;
CREATE FUNCTION pg_temp.sub(who text) RETURNS text LANGUAGE sql AS $$
  SELECT p.code || ' ' || s.usage_count || ' ' || s.used_seconds FROM user_subscriptions AS s JOIN plans AS p ON p.id = s.plan_id WHERE s.user_id = pg_temp.uid(who)
$$;
CALL sp_register_user('an@example.com', 'an', 'hash', NULL, 'FREE');
UPDATE user_subscriptions SET usage_count = 4, used_seconds = 40;

SELECT is(pg_temp.change('an', 'BASIC'), 'true: plan changed from "FREE" to "BASIC"', 'changes');
SELECT is(pg_temp.sub('an'), 'BASIC 4 40', 'usage carries over');

-- Proration. (What is refused, and that it changes nothing: sql/change_user_plan.sql.)
UPDATE user_subscriptions SET plan_changed_at = NULL;
CREATE TEMPORARY TABLE before AS SELECT * FROM user_subscriptions;
SELECT is(pg_temp.change('an', 'OPEN', true), 'true: plan changed from "BASIC" to "OPEN"', 'prorated');
SELECT is(pg_temp.sub('an'), 'OPEN 0 0', 'counters start at zero');
SELECT results_eq($$SELECT c.user_id, c.plan_code, c.monthly_minutes, c.monthly_usage_limit, c.cycle_start, c.cycle_end, c.usage_count, c.used_seconds, c.reason FROM usage_cycles AS c$$,
  $$SELECT b.user_id, 'BASIC'::text, 300, 100, b.cycle_start, s.cycle_start, 4, 40, 'prorate'::text FROM before AS b JOIN user_subscriptions AS s USING (user_id)$$, 'the part of the month is closed, without a gap');
SELECT results_eq('SELECT cycle_end FROM user_subscriptions', 'SELECT cycle_end FROM before', 'the cycle ends when it did');
SELECT ok(cycle_start BETWEEN now() AND clock_timestamp(), 'and starts now') FROM user_subscriptions;
UPDATE user_subscriptions SET usage_count = 1;
SELECT is(pg_temp.change('an', 'FREE', true), 'false: plan was already changed this month', 'once a month');
SELECT is(pg_temp.sub('an'), 'OPEN 1 0', 'refused: nothing changes');
SELECT is(pg_temp.change('an', 'FREE'), 'true: plan changed from "OPEN" to "FREE"', 'without proration it may');
SELECT is(pg_temp.sub('an'), 'FREE 5 40', 'and usage carries over, what was closed too');
SELECT is(pg_temp.change('an', 'BASIC', true), 'false: plan was already changed this month', 'still once a month');
SELECT is((SELECT count(*) FROM usage_cycles), 1::bigint, 'closed once');
SELECT results_eq('SELECT carried FROM usage_cycles', 'VALUES (true)', 'and marked, so that sums count it once');
SELECT results_eq($$SELECT kind, recordings, seconds FROM usage_entries$$, $$VALUES ('carry'::text, 4, 40)$$, 'the ledger tells');
-- A rollover ends the user's month.
DELETE FROM usage_cycles;
SELECT pg_temp.age_cycle('an', 1);
UPDATE user_subscriptions SET usage_count = 6, used_seconds = 0;
SELECT is(pg_temp.change('an', 'BASIC', true), 'true: plan changed from "FREE" to "BASIC"', 'next month it may be prorated again');
SELECT is(pg_temp.sub('an'), 'BASIC 0 0', 'with new counters');
SELECT results_eq('SELECT plan_code, usage_count, used_seconds, reason FROM usage_cycles ORDER BY cycle_start, closed_at, reason DESC',
  $$VALUES ('FREE'::text, 6, 0, 'rollover'::text), ('FREE', 0, 0, 'prorate')$$, 'the new month has no usage to close yet');
SELECT is(pg_temp.change('an', 'FREE'), 'true: plan changed from "BASIC" to "FREE"', 'without it');
SELECT is(pg_temp.change('an', 'BASIC', true), 'false: plan was already changed this month', 'and once in that month, too');
SELECT is(pg_temp.change('an', 'BASIC'), 'true: plan changed from "FREE" to "BASIC"', 'there again');
-- Another user is no obstacle.
CALL sp_register_user('c@example.com', 'c', 'hash', NULL, 'FREE');
SELECT is(pg_temp.change('c', 'BASIC', true), 'true: plan changed from "FREE" to "BASIC"', 'another user');
SELECT is(pg_temp.sub('an') || ', ' || pg_temp.sub('c'), 'BASIC 0 0, BASIC 0 0', 'has counters of its own');
DELETE FROM users WHERE user_name = 'c';
DELETE FROM usage_cycles;

-- After the month's end.
UPDATE user_subscriptions SET usage_count = 5, used_seconds = 50;
SELECT pg_temp.age_cycle('an', 2);
SELECT is(pg_temp.change('an', 'FREE'), 'true: plan changed from "BASIC" to "FREE"', 'late');
SELECT is(pg_temp.sub('an'), 'FREE 0 0', 'the old cycle was closed first');
SELECT results_eq('SELECT plan_code, cycle_start, usage_count, used_seconds, reason FROM usage_cycles', $$VALUES ('BASIC'::text, pg_temp.month(-2), 5, 50, 'rollover'::text)$$, 'under the old plan');
SET LOCAL s2t.lazy_rollover = off;
SELECT pg_temp.age_cycle('an', 1);
UPDATE user_subscriptions SET usage_count = 9;
SELECT is(pg_temp.change('an', 'BASIC'), 'true: plan changed from "FREE" to "BASIC"', 'lazy_rollover off');
SELECT is(pg_temp.sub('an'), 'BASIC 9 0', 'the cycle is left as it is');
SET LOCAL s2t.lazy_rollover = on;
-- The plan being left may be inactive: it is not replaced on the way.
UPDATE plans SET is_active = false, is_default = false WHERE code = 'FREE';
UPDATE plans SET is_active = false WHERE code = 'BASIC';
SELECT pg_temp.age_cycle('an', 1);
SELECT is(pg_temp.change('an', 'OPEN'), 'true: plan changed from "BASIC" to "OPEN"', 'from a plan that is no longer offered');

-- A change that was scheduled, to a plan that is no longer offered when it is due: dropped, and the audit log says so, whoever rolls over.
SELECT id AS an FROM users WHERE user_name = 'an' \gset
UPDATE plans SET is_active = true WHERE code = 'BASIC';
SELECT results_eq(format($$SELECT success FROM s2t_change_user_plan(%L, 'BASIC', in_at => 'cycle_end')$$, :'an'), 'VALUES (true)', 'scheduled');
UPDATE plans SET is_active = false WHERE code = 'BASIC';
SELECT pg_temp.age_cycle('an', 1);
DELETE FROM audit_log;
CALL sp_reset_monthly_cycles();
SELECT results_eq($$SELECT procedure_name, outcome, user_id, detail FROM audit_log WHERE user_id IS NOT NULL$$,
  format($$VALUES ('sp_reset_monthly_cycles', 'done', %L::uuid, 'scheduled change to plan "BASIC" dropped, it is not active')$$, :'an'), 'dropped by the reset');
SELECT is((SELECT p.code || coalesce(next_plan_id::text, '') FROM user_subscriptions JOIN plans AS p ON p.id = plan_id WHERE user_id = :'an'), 'OPEN', 'the plan stays');
UPDATE plans SET is_active = true WHERE code = 'BASIC';
SELECT s2t_change_user_plan(:'an', 'BASIC', in_at => 'cycle_end') \gset
DELETE FROM plans WHERE code = 'BASIC';
SELECT pg_temp.age_cycle('an', 1);
DELETE FROM audit_log;
SELECT quota_ok AS ok FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
SELECT results_eq($$SELECT procedure_name, outcome, detail FROM audit_log$$,
  $$VALUES ('sp_check_quota_and_create_recording', 'done', 'scheduled change of plan dropped, the plan is gone')$$, 'dropped by a create: the plan is gone');

SELECT is_empty('TABLE inexact', 'totals');

SELECT * FROM finish();
ROLLBACK;
