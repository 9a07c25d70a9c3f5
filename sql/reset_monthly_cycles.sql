-- sp_reset_monthly_cycles inside a transaction, outside of one, where it commits in batches, and from PL/pgSQL.
-- What it does: test/pgtap/reset.sql.
-- Its NOTICE names the month, which no expected output can; that there is one is all that is shown of it here.
CALL t.plans();
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'FREE');
CALL sp_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'BASIC');
CALL sp_register_user('chi@example.com', 'chi', 'hash', 'Chi', 'OPEN');
SELECT recording_id AS r1 FROM sp_check_quota_and_create_recording(t.uid('an'), 'realtime') \gset
CALL sp_complete_recording(:'r1', 1500, t.segments(2));
SET client_min_messages = warning;

-- Inside a transaction it does everything there.
CALL t.age_cycle('an', 1);
CALL t.age_cycle('binh', 4);
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

-- A DO block and a procedure may commit, so it may there.
CALL t.age_cycle('an', 1);
DO $$ BEGIN CALL sp_reset_monthly_cycles(); END $$;
SELECT current_month FROM t.subscriptions WHERE user_name = 'an';
RESET client_min_messages;
SELECT * FROM t.inexact;

CALL t.clear();
