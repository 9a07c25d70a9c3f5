-- Rights: a role with EXECUTE needs no table; a role without has nothing.
CALL t.plans();
CREATE ROLE regress_s2t_app;
CREATE ROLE regress_s2t_nobody;
GRANT USAGE ON SCHEMA t TO regress_s2t_app, regress_s2t_nobody;
SELECT s2t_register_user('an@example.com', 'an', 'hash', 'An', 'FREE') AS an \gset
SELECT recording_id AS r FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset

-- Nothing without EXECUTE. (Every routine and every table: test/pgtap/rights.sql.)
SET ROLE regress_s2t_nobody;
SELECT state, message FROM t.error_of($$CALL sp_register_user('x@example.com', 'x', 'hash', 'X', 'FREE')$$);
SELECT state, message FROM t.error_of($$SELECT s2t_register_user('x@example.com', 'x', 'hash', 'X', 'FREE')$$);
SELECT state, message FROM t.error_of($$SELECT FROM plans$$);
RESET ROLE;

-- With EXECUTE, and no right to any table, a service's whole life.
GRANT EXECUTE ON PROCEDURE sp_register_user, sp_complete_recording, sp_fail_recording, sp_change_user_plan, sp_reset_monthly_cycles,
  sp_purge_old_recordings, sp_seed_plans TO regress_s2t_app;
GRANT EXECUTE ON FUNCTION s2t_register_user, sp_check_quota_and_create_recording, sp_get_user_stats, sp_cleanup_old_recordings,
  s2t_slot, s2t_version, s2t_install TO regress_s2t_app;
SET ROLE regress_s2t_app;
SELECT state FROM t.error_of($$SELECT FROM users$$);
CALL sp_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'FREE');
SELECT s2t_register_user('chi@example.com', 'chi', 'hash', 'Chi', 'BASIC') AS chi \gset
SELECT recording_id AS r1, quota_ok FROM sp_check_quota_and_create_recording(:'chi', 'upload') \gset
\echo :quota_ok
SELECT recording_id AS r2 FROM sp_check_quota_and_create_recording(:'chi', 'upload') \gset
CALL sp_complete_recording(:'r1', 90000, t.segments(3));
CALL sp_fail_recording(:'r2', 'because');
CALL sp_change_user_plan(:'chi', 'OPEN', true);
SELECT * FROM sp_get_user_stats(:'chi');
SELECT * FROM sp_cleanup_old_recordings(0);
SELECT s2t_slot(:'chi') BETWEEN 0 AND 4095 AS slot, s2t_version() IS NOT NULL AS version;
-- What the SECURITY DEFINER ones ran is the owner's; the caller's errors stay the caller's.
SELECT current_user;
SELECT state FROM t.error_of($$CALL sp_register_user('binh@example.com', 'x', 'hash', 'X', 'FREE')$$);
SELECT current_user;

-- Those that commit run with the caller's rights, and these are checked before anything is done.
SELECT state, message FROM t.error_of($$CALL sp_reset_monthly_cycles()$$);
SELECT state, message FROM t.error_of($$CALL sp_seed_plans()$$);
\set VERBOSITY sqlstate
CALL sp_purge_old_recordings(0);
CALL sp_reset_monthly_cycles();
SELECT FROM s2t_install();
\set VERBOSITY default
-- The settings are not for everybody.
SELECT state, message FROM t.error_of($$SET s2t.timezone = 'Asia/Ho_Chi_Minh'$$);
SELECT state, message FROM t.error_of($$SET s2t.lazy_rollover = off$$);
SHOW s2t.timezone;
SHOW s2t.lazy_rollover;
RESET ROLE;

-- With the tables too, they work.
GRANT ALL ON ALL TABLES IN SCHEMA public TO regress_s2t_app;
CALL sp_complete_recording(:'r', 90000, t.segments(3));
CALL t.age_cycle('binh', 1);
SET ROLE regress_s2t_app;
CALL sp_purge_old_recordings(0);
SET client_min_messages = warning;
CALL sp_reset_monthly_cycles();
RESET client_min_messages;
CALL sp_seed_plans();
-- Direct DML of somebody with rights on one table only is counted all the same.
RESET ROLE;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM regress_s2t_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON recordings TO regress_s2t_app;
SET ROLE regress_s2t_app;
INSERT INTO recordings (user_id, source, duration_ms) VALUES (:'chi', 'direct', 1000);
UPDATE recordings SET duration_ms = 2000 WHERE source = 'direct';
RESET ROLE;
SELECT * FROM t.subscriptions;
TABLE t.inexact;

-- Row security does not hide the owner's rows from the owner's procedures, unless it is forced on the owner; a call that would
-- see only some of the rows must not go on as if it saw all.
ALTER TABLE recordings ENABLE ROW LEVEL SECURITY;
SET ROLE regress_s2t_app;
SELECT count(*) FROM recordings;
SELECT quota_ok FROM sp_check_quota_and_create_recording(:'chi', 'upload');
RESET ROLE;
ALTER TABLE recordings DISABLE ROW LEVEL SECURITY;

CALL t.clear();
DROP OWNED BY regress_s2t_app, regress_s2t_nobody;
DROP ROLE regress_s2t_app, regress_s2t_nobody;
