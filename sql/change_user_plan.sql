-- sp_change_user_plan: its calls, and the texts of its refusals. What it does: test/pgtap/change_plan.sql.
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

-- Prorated: as the first change of the user's month only,
CALL sp_change_user_plan(:'an', 'OPEN', true);
UPDATE user_subscriptions SET plan_changed_at = NULL;
-- and into a plan that allows at least as much.
CALL sp_change_user_plan(:'an', 'TINY', true);
CALL sp_change_user_plan(:'an', 'OPEN', true);
SELECT plan, usage, seconds, recordings FROM t.subscriptions;

-- From SQL with variables, as a client in PL/pgSQL has them.
CALL sp_register_user('em@example.com', 'em', 'hash', 'Em', 'FREE');
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
SELECT * FROM t.inexact;

CALL t.clear();
