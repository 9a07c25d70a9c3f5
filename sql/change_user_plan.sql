-- sp_change_user_plan: refusals are values, and the proration of a month is given once.
CALL t.plans();
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'FREE');
SELECT t.uid('an') AS an \gset
SELECT quota_ok FROM sp_check_quota_and_create_recording(:'an', 'upload');
UPDATE user_subscriptions SET used_seconds = 90;

-- The document's call, the short one, and names; usage carries over.
CALL sp_change_user_plan(:'an', 'BASIC', false, NULL, NULL);
CALL sp_change_user_plan(:'an', 'OPEN');
CALL sp_change_user_plan(in_new_plan_code => 'FREE', in_user_id => :'an');
CALL sp_change_user_plan(in_user_id => :'an', in_new_plan_code => 'BASIC', in_prorate => false, success => NULL, message => NULL);
SELECT * FROM t.subscriptions;
SELECT count(*) FROM usage_cycles;

-- Refusals: nothing is written.
CALL sp_change_user_plan(:'an', 'GOLD');
CALL sp_change_user_plan(:'an', 'basic');
CALL sp_change_user_plan(:'an', 'BASIC');
CALL sp_change_user_plan(:'an', 'BASIC', true);
UPDATE plans SET is_active = false WHERE code = 'TINY';
CALL sp_change_user_plan(:'an', 'TINY');
UPDATE plans SET is_active = true WHERE code = 'TINY';
CALL sp_change_user_plan('123e4567-e89b-12d3-a456-426614174000', 'BASIC');
CALL sp_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'FREE');
DELETE FROM user_subscriptions WHERE user_id = t.uid('binh');
CALL sp_change_user_plan(t.uid('binh'), 'BASIC');
SELECT * FROM t.subscriptions;
SELECT count(*) FROM usage_cycles;

-- Prorated: the usage so far is closed under the old plan, the counters start at zero under the new one, the cycle ends when it did.
SELECT cycle_end AS cycle_end FROM user_subscriptions WHERE user_id = :'an' \gset
-- As the first change of the user's month only,
CALL sp_change_user_plan(:'an', 'OPEN', true);
UPDATE user_subscriptions SET plan_changed_at = NULL;
-- and into a plan that allows at least as much.
CALL sp_change_user_plan(:'an', 'TINY', true);
CALL sp_change_user_plan(:'an', 'OPEN', true);
SELECT plan, usage, seconds, recordings FROM t.subscriptions;
SELECT c.plan_code, c.monthly_minutes, c.monthly_usage_limit, c.usage_count, c.used_seconds, c.reason,
       c.cycle_start = date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS from_the_first,
       c.cycle_end = s.cycle_start AS no_gap, s.cycle_start BETWEEN now() - interval '1 hour' AND clock_timestamp() AS starts_now,
       s.cycle_end = :'cycle_end' AS end_unchanged
FROM usage_cycles AS c JOIN user_subscriptions AS s USING (user_id);
-- Once a month and user.
CALL sp_change_user_plan(:'an', 'FREE', true);
SELECT plan, usage, seconds FROM t.subscriptions;
SELECT count(*) FROM usage_cycles;
-- Without proration it may, and usage carries over, what the proration had closed too.
SELECT quota_ok FROM sp_check_quota_and_create_recording(:'an', 'upload');
CALL sp_change_user_plan(:'an', 'FREE', false);
SELECT plan, usage, seconds FROM t.subscriptions;
SELECT reason, usage_count, used_seconds, carried FROM usage_cycles;
SELECT kind, recordings, seconds FROM usage_entries WHERE user_id = :'an' ORDER BY at, id;
CALL sp_change_user_plan(:'an', 'OPEN', true);
-- NULL for the flag is not a yes.
SELECT state, message FROM t.error_of(format('CALL sp_change_user_plan(%L, %L, NULL)', :'an', 'OPEN'));
-- What was prorated last month is no obstacle.
CALL t.age_cycle('an', 1);
CALL sp_change_user_plan(:'an', 'OPEN', true);
-- Another user is none either.
CALL sp_register_user('chi@example.com', 'chi', 'hash', 'Chi', 'FREE');
CALL sp_change_user_plan(t.uid('chi'), 'BASIC', true);
SELECT plan, usage, seconds FROM t.subscriptions;

-- A cycle that is over is closed before the plan is changed.
CALL sp_register_user('dung@example.com', 'dung', 'hash', 'Dung', 'FREE');
UPDATE user_subscriptions SET usage_count = 5, used_seconds = 50 WHERE user_id = t.uid('dung');
CALL t.age_cycle('dung', 2);
CALL sp_change_user_plan(t.uid('dung'), 'BASIC');
SELECT * FROM t.subscriptions WHERE user_name = 'dung';
SELECT plan_code, usage_count, used_seconds, reason FROM usage_cycles WHERE user_id = t.uid('dung');
-- With proration too: the new month has no usage to close yet, and its proration is still to be had, once.
CALL t.age_cycle('dung', 1);
UPDATE user_subscriptions SET usage_count = 6 WHERE user_id = t.uid('dung');
CALL sp_change_user_plan(t.uid('dung'), 'OPEN', true);
SELECT plan, usage, seconds FROM t.subscriptions WHERE user_name = 'dung';
SELECT plan_code, usage_count, used_seconds, reason FROM usage_cycles WHERE user_id = t.uid('dung') ORDER BY cycle_start, closed_at, reason DESC;
CALL sp_change_user_plan(t.uid('dung'), 'FREE');
CALL sp_change_user_plan(t.uid('dung'), 'OPEN', true);
-- Without lazy rollover the cycle is left as it is.
CALL sp_register_user('em@example.com', 'em', 'hash', 'Em', 'FREE');
CALL t.age_cycle('em', 1);
SET s2t.lazy_rollover = off;
CALL sp_change_user_plan(t.uid('em'), 'BASIC');
RESET s2t.lazy_rollover;
SELECT plan, current_month FROM t.subscriptions WHERE user_name = 'em';

-- From SQL with variables, as a client in PL/pgSQL has them.
DO $$
DECLARE
  ok boolean;
  msg text;
BEGIN
  CALL sp_change_user_plan(t.uid('em'), 'OPEN', false, ok, msg);
  RAISE NOTICE '% %', ok, msg;
  CALL sp_change_user_plan(t.uid('em'), 'OPEN', false, ok, msg);
  RAISE NOTICE '% %', ok, msg;
END
$$;
-- A user whose plan is inactive may leave it, not come back.
UPDATE plans SET is_active = false WHERE code = 'OPEN';
CALL sp_change_user_plan(t.uid('em'), 'FREE');
CALL sp_change_user_plan(t.uid('em'), 'OPEN');
SELECT * FROM t.inexact;

CALL t.clear();
