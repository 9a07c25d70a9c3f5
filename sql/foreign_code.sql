-- Triggers, defaults and constraints of the database's owner that change the very rows a procedure works on: no key is broken,
-- nothing is miscounted, and ids are those that are stored.
CALL t.plans();
SET s2t.mark_failed = off;
CREATE SCHEMA dba;
CREATE FUNCTION dba.orphans() RETURNS bigint LANGUAGE sql AS $$
  SELECT (SELECT count(*) FROM user_profiles WHERE user_id NOT IN (SELECT id FROM users))
       + (SELECT count(*) FROM user_subscriptions WHERE user_id NOT IN (SELECT id FROM users) OR plan_id NOT IN (SELECT id FROM plans))
       + (SELECT count(*) FROM recordings WHERE user_id NOT IN (SELECT id FROM users))
       + (SELECT count(*) FROM segments WHERE recording_id NOT IN (SELECT id FROM recordings))
$$;

--
-- Registration: the id that is stored is the one that is returned and referred to.
--
CREATE FUNCTION dba.own_id() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id := md5(NEW.email)::uuid; RETURN NEW; END $$;
CREATE TRIGGER own_id BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION dba.own_id();
SELECT s2t_register_user('an@example.com', 'an', 'hash', 'An', 'OPEN') = md5('an@example.com')::uuid AS same;
CALL sp_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'OPEN');
SELECT u.user_name, p.name, s.usage_count FROM users AS u JOIN user_profiles AS p ON p.user_id = u.id JOIN user_subscriptions AS s ON s.user_id = u.id ORDER BY 1;
SELECT dba.orphans();
DROP TRIGGER own_id ON users;

-- A plan that goes away while the user enters: the key is checked.
CREATE FUNCTION dba.no_plan() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM plans WHERE code = 'GONE'; RETURN NULL; END $$;
CREATE TRIGGER no_plan AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION dba.no_plan();
INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('GONE', 'Gone', 1, 1);
\set VERBOSITY sqlstate
CALL sp_register_user('chi@example.com', 'chi', 'hash', 'Chi', 'GONE');
\set VERBOSITY default
DROP TRIGGER no_plan ON users;

-- A first recording for every new user.
CREATE FUNCTION dba.sample() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  r uuid;
BEGIN
  INSERT INTO recordings (user_id, source, status, duration_ms) VALUES (NEW.id, 'sample', 'done', 4000) RETURNING id INTO r;
  INSERT INTO segments (recording_id, idx, start_ms, end_ms, text) VALUES (r, 0, 0, 4000, 'welcome');
  RETURN NULL;
END
$$;
CREATE TRIGGER sample AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION dba.sample();
CALL sp_register_user('dung@example.com', 'dung', 'hash', 'Dung', 'OPEN');
SELECT total_recordings, total_duration_ms, total_segments FROM user_subscriptions WHERE user_id = t.uid('dung');
DROP TRIGGER sample ON users;
-- The same from a profile.
CREATE FUNCTION dba.sample_of_profile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO recordings (user_id, source, status, duration_ms) VALUES (NEW.user_id, 'sample', 'done', 5000);
  RETURN NULL;
END
$$;
CREATE TRIGGER sample AFTER INSERT ON user_profiles FOR EACH ROW EXECUTE FUNCTION dba.sample_of_profile();
CALL sp_register_user('giang@example.com', 'giang', 'hash', 'Giang', 'OPEN');
SELECT total_recordings, total_duration_ms, total_segments FROM user_subscriptions WHERE user_id = t.uid('giang');
DROP TRIGGER sample ON user_profiles;
TABLE t.inexact;

--
-- Completion: triggers on segments that add, take away, or change segments.
--
CREATE FUNCTION dba.more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO segments (recording_id, idx, start_ms, end_ms, text) SELECT DISTINCT recording_id, 1000000, 0, 0, 'end' FROM new_rows;
  RETURN NULL;
END
$$;
CREATE FUNCTION dba.fewer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM segments AS s USING new_rows AS n WHERE s.recording_id = n.recording_id AND s.idx > 0;
  RETURN NULL;
END
$$;
CREATE FUNCTION dba.none() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
SELECT recording_id AS r1 FROM sp_check_quota_and_create_recording(t.uid('an'), 'upload') \gset
SELECT recording_id AS r2 FROM sp_check_quota_and_create_recording(t.uid('an'), 'upload') \gset
SELECT recording_id AS r3 FROM sp_check_quota_and_create_recording(t.uid('an'), 'upload') \gset
SELECT recording_id AS r4 FROM sp_check_quota_and_create_recording(t.uid('an'), 'upload') \gset
CREATE TRIGGER more AFTER INSERT ON segments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION dba.more();
CALL sp_complete_recording(:'r1', 3000, t.segments(3));
DROP TRIGGER more ON segments;
CREATE TRIGGER fewer AFTER INSERT ON segments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.fewer();
CALL sp_complete_recording(:'r2', 3000, t.segments(3));
DROP TRIGGER fewer ON segments;
CREATE TRIGGER none BEFORE INSERT ON segments FOR EACH ROW WHEN (NEW.idx = 1) EXECUTE FUNCTION dba.none();
CALL sp_complete_recording(:'r3', 3000, t.segments(3));
DROP TRIGGER none ON segments;
SELECT status, segment_count FROM recordings WHERE user_id = t.uid('an') ORDER BY segment_count;
TABLE t.inexact;
-- One that sends them elsewhere.
CREATE FUNCTION dba.elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.recording_id := (SELECT id FROM recordings WHERE source = 'sample' AND user_id = t.uid('dung'));
  NEW.idx := NEW.idx + 100;
  RETURN NEW;
END
$$;
CREATE TRIGGER elsewhere BEFORE INSERT ON segments FOR EACH ROW WHEN (NEW.idx = 1) EXECUTE FUNCTION dba.elsewhere();
CALL sp_complete_recording(:'r4', 3000, t.segments(3));
DROP TRIGGER elsewhere ON segments;
TABLE t.inexact;
-- A function in a default does what a trigger does.
SELECT recording_id AS r5 FROM sp_check_quota_and_create_recording(t.uid('an'), 'upload') \gset
CREATE FUNCTION dba.costly() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO recordings (user_id, source, duration_ms) VALUES (t.uid('an'), 'by default', 1);
  RETURN 1;
END
$$;
ALTER TABLE segments ADD COLUMN cost int DEFAULT dba.costly();
DELETE FROM recordings WHERE source = 'by default';
CALL sp_complete_recording(:'r5', 3000, t.segments(2));
SELECT count(*) FROM recordings WHERE source = 'by default';
TABLE t.inexact;
ALTER TABLE segments DROP COLUMN cost;

--
-- Other calls: a trigger that changes durations, adds recordings when a cycle closes, removes what others refer to.
--
CREATE FUNCTION dba.longer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.duration_ms := 7000; RETURN NEW; END $$;
CREATE TRIGGER longer BEFORE INSERT OR UPDATE ON recordings FOR EACH ROW EXECUTE FUNCTION dba.longer();
SELECT recording_id AS r6 FROM sp_check_quota_and_create_recording(t.uid('an'), 'upload') \gset
SELECT recording_id AS r7 FROM sp_check_quota_and_create_recording(t.uid('an'), 'upload') \gset
CALL sp_complete_recording(:'r6', 3000, t.segments(1));
CALL sp_fail_recording(:'r7', 'because');
TABLE t.inexact;
DROP TRIGGER longer ON recordings;

CREATE FUNCTION dba.summary() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO recordings (user_id, source, duration_ms) VALUES (NEW.user_id, 'summary', 9000);
  RETURN NULL;
END
$$;
CREATE TRIGGER summary AFTER INSERT ON usage_cycles FOR EACH ROW EXECUTE FUNCTION dba.summary();
CALL t.age_cycle('an', 1);
SELECT quota_ok FROM sp_check_quota_and_create_recording(t.uid('an'), 'live');
TABLE t.inexact;
SELECT id AS r8 FROM recordings WHERE source = 'live' \gset
CALL t.age_cycle('an', 1);
CALL sp_complete_recording(:'r8', 3000, t.segments(4));
TABLE t.inexact;
CALL t.age_cycle('an', 1);
CALL t.age_cycle('binh', 1);
SET client_min_messages = warning;
CALL sp_reset_monthly_cycles();
RESET client_min_messages;
UPDATE plans SET monthly_minutes = NULL, monthly_usage_limit = NULL WHERE code = 'BASIC';
CALL sp_change_user_plan(t.uid('an'), 'BASIC', true);
UPDATE plans SET monthly_minutes = 300, monthly_usage_limit = 100 WHERE code = 'BASIC';
TABLE t.inexact;
SELECT usage_count, used_seconds FROM user_subscriptions WHERE user_id = t.uid('an');
DROP TRIGGER summary ON usage_cycles;

-- The cleanup, with a table of the application's that follows the recordings, and a trigger on it that makes more of them.
CREATE TABLE dba.chunks (recording_id uuid REFERENCES recordings ON DELETE CASCADE);
CREATE FUNCTION dba.remember() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO recordings (user_id, source, duration_ms) VALUES (t.uid('an'), 'trace', 100);
  RETURN NULL;
END
$$;
CREATE TRIGGER remember AFTER DELETE ON dba.chunks FOR EACH ROW EXECUTE FUNCTION dba.remember();
INSERT INTO dba.chunks VALUES (:'r1'), (:'r2');
UPDATE recordings SET created_at = now() - interval '100 days' WHERE id IN (:'r1', :'r2', :'r3');
SELECT * FROM sp_cleanup_old_recordings(90);
SELECT count(*) FROM recordings WHERE source = 'trace';
TABLE t.inexact;
SELECT dba.orphans();
DROP TABLE dba.chunks;

CALL t.clear();
SET client_min_messages = warning;
DROP SCHEMA dba CASCADE;
