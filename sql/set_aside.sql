-- One bad row holds up no others, whatever the job: it is set aside, and said once.
CALL t.plans();
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'OPEN');
CALL sp_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'OPEN');
CALL sp_register_user('chi@example.com', 'chi', 'hash', 'Chi', 'OPEN');
INSERT INTO recordings (id, user_id, source, status, created_at)
SELECT format('018f0000-0000-7000-8000-%s', lpad(n::text, 12, '0'))::uuid, t.uid('an'), 'n' || n,
       CASE WHEN n % 2 = 0 THEN 'done' ELSE 'failed' END, now() - interval '100 days'
  FROM generate_series(1, 10) AS n;
\set VERBOSITY default
\set first '018f0000-0000-7000-8000-000000000001'

-- The purge: an application's table refers to some of them. All of one moment, and in batches of one.
CREATE SCHEMA app;
CREATE TABLE app.notes (recording_id uuid REFERENCES recordings (id));
INSERT INTO app.notes VALUES (:'first'), ('018f0000-0000-7000-8000-000000000004');
CALL sp_purge_old_recordings(90, 3);
SELECT source FROM recordings ORDER BY id;
SELECT rows_set_aside FROM s2t_health;
SELECT * FROM t.inexact;
CALL sp_purge_old_recordings(90, 1);
SELECT * FROM sp_cleanup_old_recordings(90, 1);
-- Deferred, it would come at the commit.
ALTER TABLE app.notes ALTER CONSTRAINT notes_recording_id_fkey DEFERRABLE INITIALLY DEFERRED;
INSERT INTO recordings (user_id, source, status, created_at) VALUES (t.uid('an'), 'free', 'done', now() - interval '99 days');
CALL sp_purge_old_recordings(90);
SELECT source FROM recordings ORDER BY id;
DROP SCHEMA app CASCADE;

-- Rows that a trigger keeps, more than a batch of one moment, do not keep the purge going for ever.
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER keep BEFORE DELETE ON recordings FOR EACH ROW EXECUTE FUNCTION keep();
CALL sp_purge_old_recordings(90, 1);
DROP TRIGGER keep ON recordings;
CALL sp_purge_old_recordings(90, 1);
SELECT rows_set_aside FROM s2t_health;

-- What is stale: a check keeps one from failing.
INSERT INTO recordings (id, user_id, source, created_at) VALUES
  (:'first', t.uid('an'), 'poisoned', now() - interval '8 hours'), (gen_random_uuid(), t.uid('binh'), 'plain', now() - interval '7 hours');
ALTER TABLE recordings ADD CONSTRAINT poison CHECK (status <> 'failed' OR source <> 'poisoned');
CALL sp_fail_stale_recordings('6 hours', 1);
SELECT source, status, error FROM recordings ORDER BY source;
SELECT rows_set_aside FROM s2t_health;
SELECT s2t_fail_stale_batch('6 hours', 1);
ALTER TABLE recordings DROP CONSTRAINT poison;
CALL sp_fail_stale_recordings('6 hours', 1);
SELECT rows_set_aside FROM s2t_health;

-- The reset: a check refuses what would be closed for one user.
SELECT count(*) FROM user_subscriptions;
UPDATE user_subscriptions SET cycle_start = now() - interval '3 months', cycle_end = now() - interval '2 months', used_seconds = 7 WHERE user_id = t.uid('an');
CALL t.age_cycle('binh', 1);
CALL t.age_cycle('chi', 1);
ALTER TABLE usage_cycles ADD CONSTRAINT no_seven CHECK (used_seconds <> 7);
\set VERBOSITY terse
SET client_min_messages = warning;
CALL sp_reset_monthly_cycles();
RESET client_min_messages;
\set VERBOSITY default
SELECT user_name, current_month FROM t.subscriptions ORDER BY 1;
SELECT rows_set_aside FROM s2t_health;
SELECT count(*) FROM usage_cycles;
ALTER TABLE usage_cycles DROP CONSTRAINT no_seven;
\set VERBOSITY terse
SET client_min_messages = warning;
CALL sp_reset_monthly_cycles();
RESET client_min_messages;
\set VERBOSITY default
SELECT rows_set_aside FROM s2t_health;

-- The audit log: an event that the owner wants kept.
DELETE FROM audit_log;
INSERT INTO audit_log (id, at, session_role, effective_role, procedure_name, outcome)
SELECT format('0180000%s-0000-7000-8000-000000000001', n)::uuid, now() - interval '2 years', 'r', 'r', 'p' || n, 'done' FROM generate_series(0, 9) AS n;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'kept for the court'; END $$;
CREATE TRIGGER refuse BEFORE DELETE ON audit_log FOR EACH ROW WHEN (OLD.procedure_name IN ('p0', 'p5')) EXECUTE FUNCTION refuse();
CALL sp_purge_audit_log('1 year', 4);
SELECT procedure_name FROM audit_log WHERE at < now() - interval '1 year' ORDER BY id;
SELECT rows_set_aside FROM s2t_health;
DROP TRIGGER refuse ON audit_log;
CALL sp_purge_audit_log('1 year', 4);
SELECT rows_set_aside FROM s2t_health;
-- Rows that a trigger keeps without a word, more than a batch of them, stand in the way of none behind them.
DELETE FROM audit_log;
INSERT INTO audit_log (id, at, session_role, effective_role, procedure_name, outcome)
SELECT format('0180000%s-0000-7000-8000-000000000001', n)::uuid, now() - interval '2 years', 'r', 'r', 'p' || n, 'done' FROM generate_series(0, 9) AS n;
CREATE TRIGGER keep BEFORE DELETE ON audit_log FOR EACH ROW WHEN (OLD.procedure_name < 'p3') EXECUTE FUNCTION keep();
CALL sp_purge_audit_log('1 year', 2);
SELECT procedure_name FROM audit_log WHERE at < now() - interval '1 year' ORDER BY id;
DROP TRIGGER keep ON audit_log;

-- The ledger: whole cycles, of which one has an entry that is refused, and others one that a trigger keeps.
INSERT INTO usage_cycles (id, user_id, plan_code, cycle_start, cycle_end, usage_count, used_seconds, reason, closed_at)
SELECT format('018000%s-0000-7000-8000-000000000001', n)::uuid, t.uid('an'), 'OPEN', '2020-01-01', '2020-02-01', 2, 0, 'rollover', now() - interval '5 years' + n * interval '1 day'
  FROM generate_series(10, 19) AS n;
INSERT INTO usage_entries (id, user_id, cycle_id, kind, recordings, note)
SELECT overlay(c.id::text PLACING i::text FROM 36)::uuid, c.user_id, c.id, 'charge', 1, substr(c.id::text, 7, 2) || '/' || i
  FROM usage_cycles AS c, generate_series(1, 2) AS i WHERE c.closed_at < now() - interval '4 years';
CREATE TRIGGER refuse BEFORE DELETE ON usage_entries FOR EACH ROW WHEN (OLD.note = '14/2') EXECUTE FUNCTION refuse();
CREATE TRIGGER keep BEFORE DELETE ON usage_entries FOR EACH ROW WHEN (OLD.note < '13') EXECUTE FUNCTION keep();
CALL sp_purge_usage_entries('3 years', 2);
SELECT note FROM usage_entries WHERE cycle_id IN (SELECT id FROM usage_cycles WHERE closed_at < now() - interval '3 years') ORDER BY id;
SELECT rows_set_aside FROM s2t_health;
DROP TRIGGER refuse ON usage_entries;
DROP TRIGGER keep ON usage_entries;
SELECT s2t_purge_usage_batch('3 years', 3);
CALL sp_purge_usage_entries('3 years', 2);
SELECT rows_set_aside FROM s2t_health;

-- Other errors end the job as before, with nothing set aside.
INSERT INTO recordings (user_id, source, created_at) VALUES (t.uid('an'), 'x', now() - interval '1 day');
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'deadlock detected' USING ERRCODE = 'deadlock_detected'; END $$;
CREATE TRIGGER fail BEFORE UPDATE ON recordings FOR EACH ROW EXECUTE FUNCTION fail();
\set VERBOSITY sqlstate
CALL sp_fail_stale_recordings('6 hours');
\set VERBOSITY default
DROP TRIGGER fail ON recordings;
-- Inside a transaction block a procedure that commits says what does a batch there.
BEGIN;
CALL sp_fail_stale_recordings();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
BEGIN;
CALL sp_purge_audit_log();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
BEGIN;
CALL sp_purge_usage_entries();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
DROP FUNCTION keep(), refuse(), fail();
CALL t.clear();
