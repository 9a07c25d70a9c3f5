-- sp_reset_monthly_cycles: closes what is over, opens the current month.
-- Its NOTICE names the month, which no expected output can; that there is one is all that is shown of it here.
CALL t.plans();
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'FREE');
CALL sp_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'BASIC');
CALL sp_register_user('chi@example.com', 'chi', 'hash', 'Chi', 'OPEN');
CALL sp_register_user('dung@example.com', 'dung', 'hash', 'Dung', 'TINY');
SELECT recording_id AS r1 FROM sp_check_quota_and_create_recording(t.uid('an'), 'realtime') \gset
CALL sp_complete_recording(:'r1', 1500, t.segments(2));
SET client_min_messages = warning;

-- Nothing is over: nothing happens.
CALL sp_reset_monthly_cycles();
SELECT * FROM t.subscriptions;
SELECT count(*) FROM usage_cycles;

-- One month late, four months late, and two whose plan has gone.
UPDATE user_subscriptions SET usage_count = 7, used_seconds = 70 WHERE user_id = t.uid('binh');
CALL t.age_cycle('an', 1);
CALL t.age_cycle('binh', 4);
CALL t.age_cycle('dung', 1);
UPDATE plans SET is_active = false WHERE code IN ('TINY', 'OPEN');
CALL sp_reset_monthly_cycles();
-- chi's cycle is not over yet, so the plan stays.
SELECT * FROM t.subscriptions;
-- Closed with the limits that were in force, several months as one.
SELECT u.user_name, c.plan_code, c.monthly_minutes, c.monthly_usage_limit, c.usage_count, c.used_seconds, c.reason,
       c.closed_at BETWEEN now() - interval '1 hour' AND clock_timestamp() AS closed_now,
       12 * extract(year FROM age(date_trunc('month', now() AT TIME ZONE 'UTC'), c.cycle_start AT TIME ZONE 'UTC'))
       + extract(month FROM age(date_trunc('month', now() AT TIME ZONE 'UTC'), c.cycle_start AT TIME ZONE 'UTC')) AS months_ago
FROM usage_cycles AS c JOIN users AS u ON u.id = c.user_id ORDER BY u.user_name;

-- Again: nothing more.
CALL sp_reset_monthly_cycles();
CALL sp_reset_monthly_cycles();
SELECT count(*) FROM usage_cycles;
SELECT * FROM t.subscriptions;
RESET client_min_messages;

-- Without a default plan a plan that has gone is kept.
UPDATE plans SET is_default = false;
CALL t.age_cycle('chi', 1);
SET client_min_messages = warning;
CALL sp_reset_monthly_cycles();
SELECT * FROM t.subscriptions WHERE user_name = 'chi';
-- A default plan that is not active itself is no place to go.
UPDATE plans SET is_default = true, is_active = false WHERE code = 'FREE';
CALL t.age_cycle('chi', 1);
CALL sp_reset_monthly_cycles();
SELECT * FROM t.subscriptions WHERE user_name = 'chi';
UPDATE plans SET is_active = true WHERE code = 'FREE';

-- Inside a transaction it does everything there.
DELETE FROM usage_cycles;
CALL t.age_cycle('an', 1);
CALL t.age_cycle('binh', 1);
BEGIN;
CALL sp_reset_monthly_cycles();
SELECT count(*) FROM usage_cycles;
ROLLBACK;
SELECT count(*) FROM usage_cycles;
SELECT user_name, current_month FROM t.subscriptions;
BEGIN;
CALL sp_reset_monthly_cycles();
COMMIT;
SELECT count(*) FROM usage_cycles;

-- Outside it commits in batches; a few thousand subscriptions at once.
DELETE FROM usage_cycles;
WITH u AS (
  INSERT INTO users (email, password_hash, user_name)
  SELECT 'many' || i || '@example.com', 'hash', 'many' || i FROM generate_series(1, 3500) AS i RETURNING id)
INSERT INTO user_subscriptions (user_id, plan_id, cycle_start, cycle_end, usage_count)
SELECT u.id, (SELECT id FROM plans WHERE code = 'FREE'), month - interval '2 months', month - interval '1 month', 3
FROM u, (SELECT date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS month) AS m;
CALL sp_reset_monthly_cycles();
SELECT count(*), count(DISTINCT user_id) AS users, sum(usage_count), count(DISTINCT xmin::text) > 1 AS several_commits FROM usage_cycles;
SELECT count(*) FILTER (WHERE current_month AND usage = 0) AS reset, count(*) FILTER (WHERE NOT current_month) AS late FROM t.subscriptions;
CALL sp_reset_monthly_cycles();
SELECT count(*) FROM usage_cycles;

-- It resets whatever lazy_rollover says.
SET s2t.lazy_rollover = off;
CALL t.age_cycle('an', 1);
CALL sp_reset_monthly_cycles();
SELECT current_month FROM t.subscriptions WHERE user_name = 'an';
RESET s2t.lazy_rollover;

-- A DO block and a procedure may commit, so it may there.
CALL t.age_cycle('an', 1);
DO $$ BEGIN CALL sp_reset_monthly_cycles(); END $$;
SELECT current_month FROM t.subscriptions WHERE user_name = 'an';
RESET client_min_messages;
SELECT * FROM t.inexact;

CALL t.clear();
