-- What a DBA adds to the tables works on every path of the procedures: triggers of every kind, constraints, generated columns.
CALL t.plans();
-- A failed completion would be marked, but a moment after its transaction (see failure marks): not here.
SET s2t.mark_failed = off;
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'BASIC');
SELECT t.uid('an') AS an \gset

CREATE SCHEMA dba;
CREATE TABLE dba.log (id bigint GENERATED ALWAYS AS IDENTITY, event text NOT NULL, n bigint NOT NULL DEFAULT 1);
-- What was logged since the last look, in order; rows of one event that follow each other are added up.
CREATE FUNCTION dba.seen(OUT event text, OUT rows bigint, OUT n bigint) RETURNS SETOF record LANGUAGE sql AS $$
  WITH gone AS (DELETE FROM dba.log RETURNING *),
       marked AS (SELECT *, id - row_number() OVER (PARTITION BY event ORDER BY id) AS run FROM gone)
  SELECT event, count(*), sum(n) FROM marked GROUP BY event, run ORDER BY min(id)
$$;
CREATE FUNCTION dba.row_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO dba.log (event) VALUES (concat_ws(' ', TG_NAME, TG_WHEN, TG_OP, TG_TABLE_NAME));
  RETURN coalesce(NEW, OLD);
END
$$;
CREATE FUNCTION dba.statement_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO dba.log (event) VALUES (concat_ws(' ', TG_NAME, TG_WHEN, TG_OP, TG_TABLE_NAME));
  RETURN NULL;
END
$$;
CREATE FUNCTION dba.new_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO dba.log (event, n) SELECT concat_ws(' ', TG_NAME, TG_WHEN, TG_OP, TG_TABLE_NAME), count(*) FROM new_rows;
  RETURN NULL;
END
$$;
CREATE FUNCTION dba.old_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO dba.log (event, n) SELECT concat_ws(' ', TG_NAME, TG_WHEN, TG_OP, TG_TABLE_NAME), count(*) FROM old_rows;
  RETURN NULL;
END
$$;

--
-- Row triggers and statement triggers, before and after, with and without transition tables.
--
CREATE TRIGGER r1 BEFORE INSERT OR UPDATE OR DELETE ON recordings FOR EACH ROW EXECUTE FUNCTION dba.row_event();
CREATE TRIGGER r2 AFTER INSERT OR UPDATE OR DELETE ON recordings FOR EACH ROW EXECUTE FUNCTION dba.row_event();
CREATE TRIGGER r3 BEFORE INSERT OR UPDATE OR DELETE ON recordings FOR EACH STATEMENT EXECUTE FUNCTION dba.statement_event();
CREATE TRIGGER r4 AFTER INSERT ON recordings REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.new_rows();
CREATE TRIGGER r5 AFTER UPDATE ON recordings REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.new_rows();
CREATE TRIGGER r6 AFTER DELETE ON recordings REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.old_rows();
CREATE TRIGGER s1 AFTER INSERT ON segments FOR EACH ROW EXECUTE FUNCTION dba.row_event();
CREATE TRIGGER s2 BEFORE INSERT ON segments FOR EACH STATEMENT EXECUTE FUNCTION dba.statement_event();
CREATE TRIGGER s3 AFTER INSERT ON segments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.new_rows();
CREATE TRIGGER s4 AFTER DELETE ON segments REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.old_rows();
CREATE TRIGGER u1 BEFORE INSERT OR UPDATE ON user_subscriptions FOR EACH ROW EXECUTE FUNCTION dba.row_event();
CREATE TRIGGER u2 AFTER INSERT OR UPDATE ON user_subscriptions FOR EACH ROW EXECUTE FUNCTION dba.row_event();
CREATE TRIGGER u3 AFTER UPDATE ON user_subscriptions REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.new_rows();
CREATE TRIGGER c1 AFTER INSERT ON usage_cycles REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.new_rows();
CREATE TRIGGER a1 BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION dba.row_event();
CREATE TRIGGER a2 AFTER INSERT ON users REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.new_rows();
CREATE TRIGGER p1 AFTER INSERT ON user_profiles FOR EACH ROW EXECUTE FUNCTION dba.row_event();

CALL sp_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'FREE');
SELECT * FROM dba.seen();
SELECT recording_id AS r1 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
SELECT * FROM dba.seen();
CALL sp_complete_recording(:'r1', 1000, t.segments(2500));
SELECT * FROM dba.seen();
SELECT recording_id AS r2 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
SELECT FROM dba.seen();
CALL sp_fail_recording(:'r2', 'because');
SELECT * FROM dba.seen();
-- What changes nothing fires nothing.
SET client_min_messages = warning;
CALL sp_fail_recording(:'r2', 'because');
CALL sp_complete_recording(:'r1', 1000, t.segments(2500));
RESET client_min_messages;
SELECT * FROM dba.seen();
CALL sp_change_user_plan(:'an', 'OPEN', true);
SELECT * FROM dba.seen();
CALL t.age_cycle('an', 1);
SELECT FROM dba.seen();
SET client_min_messages = warning;
CALL sp_reset_monthly_cycles();
RESET client_min_messages;
SELECT * FROM dba.seen();
SELECT * FROM sp_cleanup_old_recordings(0);
SELECT * FROM dba.seen();
TABLE t.inexact;
-- A refusal fires nothing.
UPDATE plans SET monthly_usage_limit = 0 WHERE code = 'OPEN';
SELECT quota_ok FROM sp_check_quota_and_create_recording(:'an', 'upload');
SELECT * FROM dba.seen();
UPDATE plans SET monthly_usage_limit = 100 WHERE code = 'OPEN';

DROP TRIGGER r1 ON recordings;
DROP TRIGGER r2 ON recordings;
DROP TRIGGER r3 ON recordings;
DROP TRIGGER r4 ON recordings;
DROP TRIGGER r5 ON recordings;
DROP TRIGGER r6 ON recordings;
DROP TRIGGER s1 ON segments;
DROP TRIGGER s2 ON segments;
DROP TRIGGER s3 ON segments;
DROP TRIGGER s4 ON segments;
DROP TRIGGER u1 ON user_subscriptions;
DROP TRIGGER u2 ON user_subscriptions;
DROP TRIGGER u3 ON user_subscriptions;
DROP TRIGGER c1 ON usage_cycles;
DROP TRIGGER a1 ON users;
DROP TRIGGER a2 ON users;
DROP TRIGGER p1 ON user_profiles;

--
-- UPDATE OF fires for the columns a procedure sets, WHEN for the values; neither for others.
--
CREATE TRIGGER of_status AFTER UPDATE OF status ON recordings FOR EACH ROW EXECUTE FUNCTION dba.row_event();
CREATE TRIGGER of_source AFTER UPDATE OF source, language, meta ON recordings FOR EACH ROW EXECUTE FUNCTION dba.row_event();
CREATE TRIGGER of_error BEFORE UPDATE OF error ON recordings FOR EACH ROW WHEN (NEW.error IS NOT NULL) EXECUTE FUNCTION dba.row_event();
CREATE TRIGGER of_done AFTER UPDATE ON recordings FOR EACH ROW WHEN (OLD.status = 'processing' AND NEW.status = 'done') EXECUTE FUNCTION dba.row_event();
CREATE TRIGGER of_duration AFTER UPDATE OF duration_ms ON recordings FOR EACH STATEMENT EXECUTE FUNCTION dba.statement_event();
CREATE TRIGGER of_usage AFTER UPDATE OF usage_count ON user_subscriptions FOR EACH ROW EXECUTE FUNCTION dba.row_event();
CREATE TRIGGER of_seconds AFTER UPDATE OF used_seconds ON user_subscriptions FOR EACH ROW EXECUTE FUNCTION dba.row_event();
CREATE TRIGGER of_plan AFTER UPDATE OF plan_id ON user_subscriptions FOR EACH ROW EXECUTE FUNCTION dba.row_event();

SELECT recording_id AS r3 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
SELECT * FROM dba.seen();
CALL sp_fail_recording(:'r3', 'because');
SELECT * FROM dba.seen();
CALL sp_complete_recording(:'r3', 1000, t.segments(2));
SELECT * FROM dba.seen();
SELECT recording_id AS r4 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
SELECT FROM dba.seen();
CALL sp_complete_recording(:'r4', 1000, t.segments(2));
SELECT * FROM dba.seen();
CALL sp_change_user_plan(:'an', 'BASIC');
SELECT * FROM dba.seen();

DROP TRIGGER of_status ON recordings;
DROP TRIGGER of_source ON recordings;
DROP TRIGGER of_error ON recordings;
DROP TRIGGER of_done ON recordings;
DROP TRIGGER of_duration ON recordings;
DROP TRIGGER of_usage ON user_subscriptions;
DROP TRIGGER of_seconds ON user_subscriptions;
DROP TRIGGER of_plan ON user_subscriptions;

--
-- BEFORE triggers that change or skip rows: what is stored is what counts.
--
CREATE FUNCTION dba.edit_segment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.idx % 10 = 9 THEN
    RETURN NULL;
  END IF;
  NEW.text := upper(NEW.text);
  RETURN NEW;
END
$$;
CREATE TRIGGER edit BEFORE INSERT ON segments FOR EACH ROW EXECUTE FUNCTION dba.edit_segment();
SELECT recording_id AS r5 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
CALL sp_complete_recording(:'r5', 1000, t.segments(2000));
SELECT count(*), bool_and(text = 'SEGMENT ' || idx) AS upper FROM segments WHERE recording_id = :'r5';
SELECT segment_count FROM recordings WHERE id = :'r5';
TABLE t.inexact;
-- A retry is compared with what the call said, not with what the trigger made of it.
SET client_min_messages = warning;
CALL sp_complete_recording(:'r5', 1000, t.segments(2000));
RESET client_min_messages;
SELECT state FROM t.error_of(format('CALL sp_complete_recording(%L, 1000, %L)', :'r5', t.segments(1999)));
DROP TRIGGER edit ON segments;

CREATE FUNCTION dba.edit_recording() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.source := lower(NEW.source);
  NEW.duration_ms := NEW.duration_ms / 1000 * 1000;
  NEW.meta := NEW.meta || jsonb_build_object('edited', TG_OP);
  RETURN NEW;
END
$$;
CREATE TRIGGER edit BEFORE INSERT OR UPDATE ON recordings FOR EACH ROW EXECUTE FUNCTION dba.edit_recording();
SELECT recording_id AS r6 FROM sp_check_quota_and_create_recording(:'an', 'LOUD') \gset
SELECT source, meta FROM recordings WHERE id = :'r6';
CALL sp_complete_recording(:'r6', 2999, t.segments(2));
SELECT status, source, duration_ms, meta FROM recordings WHERE id = :'r6';
TABLE t.inexact;
DROP TRIGGER edit ON recordings;
-- A recording, or its completion, that a trigger suppresses is an error: the caller was promised one.
CREATE FUNCTION dba.suppress() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER suppress BEFORE INSERT ON recordings FOR EACH ROW EXECUTE FUNCTION dba.suppress();
SELECT state FROM t.error_of(format('SELECT sp_check_quota_and_create_recording(%L, %L)', :'an', 'upload'));
DROP TRIGGER suppress ON recordings;
SELECT recording_id AS r6b FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
CREATE TRIGGER suppress BEFORE UPDATE ON recordings FOR EACH ROW EXECUTE FUNCTION dba.suppress();
SELECT state FROM t.error_of(format('CALL sp_complete_recording(%L, 1000, %L)', :'r6b', t.segments(2)));
SELECT state FROM t.error_of(format('CALL sp_fail_recording(%L, %L)', :'r6b', 'because'));
DROP TRIGGER suppress ON recordings;
CREATE TRIGGER suppress BEFORE UPDATE ON user_subscriptions FOR EACH ROW EXECUTE FUNCTION dba.suppress();
SELECT state FROM t.error_of(format('SELECT sp_check_quota_and_create_recording(%L, %L)', :'an', 'upload'));
DROP TRIGGER suppress ON user_subscriptions;
-- A cleanup goes on with the others.
CALL sp_complete_recording(:'r6b', 1000, t.segments(2));
CREATE TRIGGER suppress BEFORE DELETE ON recordings FOR EACH ROW WHEN (OLD.source = 'loud') EXECUTE FUNCTION dba.suppress();
SELECT count(*) AS done FROM recordings WHERE status = 'done';
SELECT * FROM sp_cleanup_old_recordings(0);
SELECT source FROM recordings WHERE status = 'done';
DROP TRIGGER suppress ON recordings;
TABLE t.inexact;

CREATE FUNCTION dba.edit_subscription() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.used_seconds := NEW.used_seconds + 5;
  RETURN NEW;
END
$$;
CREATE TRIGGER edit BEFORE UPDATE OF used_seconds ON user_subscriptions FOR EACH ROW EXECUTE FUNCTION dba.edit_subscription();
UPDATE user_subscriptions SET usage_count = 0;
SELECT used_seconds AS seconds_before FROM user_subscriptions WHERE user_id = :'an' \gset
SELECT recording_id AS r7 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
CALL sp_complete_recording(:'r7', 1000, '[]');
SELECT used_seconds - :seconds_before AS charged FROM user_subscriptions WHERE user_id = :'an';
TABLE t.inexact;
DROP TRIGGER edit ON user_subscriptions;

--
-- Triggers that write to our own tables.
--
CREATE FUNCTION dba.summarize() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE public.recordings AS r SET meta = r.meta || jsonb_build_object('characters', n.characters)
  FROM (SELECT recording_id, sum(length(text)) AS characters FROM new_rows GROUP BY recording_id) AS n
  WHERE r.id = n.recording_id;
  RETURN NULL;
END
$$;
CREATE TRIGGER summarize AFTER INSERT ON segments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.summarize();
SELECT recording_id AS r8 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
CALL sp_complete_recording(:'r8', 1000, t.segments(1001));
SELECT status, duration_ms, segment_count, meta FROM recordings WHERE id = :'r8';
TABLE t.inexact;
DROP TRIGGER summarize ON segments;
-- A trigger may add segments of its own; they are counted.
CREATE FUNCTION dba.credits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.segments VALUES (NEW.id, 1000000, NEW.duration_ms, NEW.duration_ms, 'made by s2t');
  RETURN NULL;
END
$$;
CREATE TRIGGER credits AFTER UPDATE OF status ON recordings FOR EACH ROW WHEN (NEW.status = 'done') EXECUTE FUNCTION dba.credits();
SELECT recording_id AS r9 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
CALL sp_complete_recording(:'r9', 1000, t.segments(3));
SELECT segment_count FROM recordings WHERE id = :'r9';
TABLE t.inexact;
DROP TRIGGER credits ON recordings;

--
-- CHECK constraints, on every table a procedure writes.
--
ALTER TABLE segments ADD CONSTRAINT short CHECK (length(text) < 13);
ALTER TABLE recordings ADD CONSTRAINT an_hour CHECK (duration_ms <= 3600000), ADD CONSTRAINT no_fax CHECK (source <> 'fax'),
                       ADD CONSTRAINT no_blame CHECK (error NOT LIKE '%fault%');
ALTER TABLE user_subscriptions ADD CONSTRAINT a_day CHECK (used_seconds <= 86400);
ALTER TABLE users ADD CONSTRAINT no_admin CHECK (user_name <> 'admin');
ALTER TABLE user_profiles ADD CONSTRAINT a_name CHECK (name <> 'X');
ALTER TABLE usage_cycles ADD CONSTRAINT no_tiny CHECK (plan_code <> 'TINY');
SELECT recording_id AS r10 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
SELECT state, "constraint" FROM t.error_of(format('CALL sp_complete_recording(%L, 1000, %L)', :'r10', t.segments(10001)));
SELECT state, "constraint" FROM t.error_of(format('CALL sp_complete_recording(%L, 3600001, %L)', :'r10', '[]'));
SELECT state, "constraint" FROM t.error_of(format('CALL sp_fail_recording(%L, %L)', :'r10', 'my fault'));
SELECT state, "constraint" FROM t.error_of(format('SELECT sp_check_quota_and_create_recording(%L, %L)', :'an', 'fax'));
SELECT state, "constraint" FROM t.error_of($$CALL sp_register_user('admin@example.com', 'admin', 'hash', 'Admin', 'FREE')$$);
SELECT state, "constraint" FROM t.error_of($$CALL sp_register_user('x@example.com', 'x', 'hash', 'X', 'FREE')$$);
UPDATE user_subscriptions SET used_seconds = 86400 WHERE user_id = :'an';
SELECT state, "constraint" FROM t.error_of(format('CALL sp_complete_recording(%L, 1, %L)', :'r10', '[]'));
UPDATE user_subscriptions SET used_seconds = 0 WHERE user_id = :'an';
CALL sp_change_user_plan(:'an', 'TINY');
-- (The prorations of above are not to be in the way.)
DELETE FROM usage_cycles;
UPDATE user_subscriptions SET plan_changed_at = NULL;
SELECT state, "constraint" FROM t.error_of(format('CALL sp_change_user_plan(%L, %L, true)', :'an', 'OPEN'));
CALL t.age_cycle('an', 1);
-- The scheduled reset sets the row aside.
\set VERBOSITY terse
SET client_min_messages = warning;
CALL sp_reset_monthly_cycles();
RESET client_min_messages;
\set VERBOSITY default
SELECT state, "constraint" FROM t.error_of(format('SELECT sp_check_quota_and_create_recording(%L, %L)', :'an', 'upload'));
-- Nothing of all that happened.
SELECT plan, current_month FROM t.subscriptions WHERE user_name = 'an';
SELECT status, segment_count FROM recordings WHERE id = :'r10';
SELECT count(*) FROM users WHERE user_name IN ('admin', 'x');
TABLE t.inexact;
ALTER TABLE usage_cycles DROP CONSTRAINT no_tiny;
UPDATE plans SET monthly_minutes = NULL, monthly_usage_limit = NULL WHERE code = 'TINY';
CALL sp_complete_recording(:'r10', 1000, t.segments(1000));
ALTER TABLE segments DROP CONSTRAINT short;
ALTER TABLE recordings DROP CONSTRAINT an_hour, DROP CONSTRAINT no_fax, DROP CONSTRAINT no_blame;
ALTER TABLE user_subscriptions DROP CONSTRAINT a_day;
ALTER TABLE users DROP CONSTRAINT no_admin;
ALTER TABLE user_profiles DROP CONSTRAINT a_name;
-- NOT NULL and a domain are constraints too.
ALTER TABLE recordings ADD COLUMN folder int;
ALTER TABLE recordings ADD CONSTRAINT folder_there CHECK (folder IS NOT NULL) NOT VALID;
SELECT state, "constraint" FROM t.error_of(format('SELECT sp_check_quota_and_create_recording(%L, %L)', :'an', 'upload'));
ALTER TABLE recordings DROP CONSTRAINT folder_there, DROP COLUMN folder;
CREATE DOMAIN dba.even AS int DEFAULT 2 CHECK (VALUE % 2 = 0) NOT NULL;
ALTER TABLE segments ADD COLUMN parity dba.even;
ALTER TABLE segments ALTER COLUMN parity SET DEFAULT 3;
SELECT recording_id AS r11 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
SELECT state FROM t.error_of(format('CALL sp_complete_recording(%L, 1000, %L)', :'r11', t.segments(1)));
ALTER TABLE segments ALTER COLUMN parity DROP DEFAULT;
CALL sp_complete_recording(:'r11', 1000, t.segments(2));
SELECT DISTINCT parity FROM segments WHERE recording_id = :'r11';
ALTER TABLE segments DROP COLUMN parity;

--
-- Generated columns, identity and default columns; a dropped column before them.
--
ALTER TABLE segments ADD COLUMN gone int DEFAULT 1;
ALTER TABLE segments DROP COLUMN gone;
ALTER TABLE segments ADD COLUMN words int GENERATED ALWAYS AS (cardinality(string_to_array(text, ' '))) STORED,
                     ADD COLUMN length_ms int GENERATED ALWAYS AS (end_ms - start_ms) STORED,
                     ADD COLUMN serial_no bigint GENERATED ALWAYS AS IDENTITY,
                     ADD COLUMN lang text NOT NULL DEFAULT 'vi';
ALTER TABLE recordings ADD COLUMN seconds int GENERATED ALWAYS AS ((duration_ms + 999) / 1000) STORED,
                       ADD COLUMN is_done boolean GENERATED ALWAYS AS (status = 'done') STORED,
                       ADD COLUMN created_by text NOT NULL DEFAULT 'app', ADD COLUMN seq serial;
ALTER TABLE user_subscriptions ADD COLUMN minutes int GENERATED ALWAYS AS (used_seconds / 60) STORED;
ALTER TABLE users ADD COLUMN domain text GENERATED ALWAYS AS (split_part(email, '@', 2)) STORED;
CREATE INDEX segments_words ON segments (words);
SELECT recording_id AS r12 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
SELECT seconds, is_done, created_by, seq IS NOT NULL AS numbered FROM recordings WHERE id = :'r12';
CALL sp_complete_recording(:'r12', 90001, t.segments(1234));
SELECT count(*), sum(words), sum(length_ms), count(DISTINCT serial_no) AS numbers, min(lang), max(lang) FROM segments WHERE recording_id = :'r12';
SELECT seconds, is_done FROM recordings WHERE id = :'r12';
SELECT minutes = used_seconds / 60 AS followed, minutes > 0 AS some FROM user_subscriptions WHERE user_id = :'an';
CALL sp_register_user('chi@mail.example.org', 'chi', 'hash', 'Chi', 'FREE');
SELECT domain FROM users WHERE user_name = 'chi';
SET enable_seqscan = off;
SELECT count(*) FROM segments WHERE words = 2 AND recording_id = :'r12';
RESET enable_seqscan;
TABLE t.inexact;
ALTER TABLE segments DROP COLUMN words, DROP COLUMN length_ms, DROP COLUMN serial_no, DROP COLUMN lang;
ALTER TABLE recordings DROP COLUMN seconds, DROP COLUMN is_done, DROP COLUMN created_by, DROP COLUMN seq;
ALTER TABLE user_subscriptions DROP COLUMN minutes;
ALTER TABLE users DROP COLUMN domain;

--
-- Indexes and keys: unique, partial, on an expression, deferrable; foreign keys to and from.
--
CREATE UNIQUE INDEX one_open ON recordings (user_id) WHERE status = 'processing';
SELECT count(*) FROM recordings WHERE status = 'processing';
SELECT recording_id AS r13 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
SELECT state, "constraint" FROM t.error_of(format('SELECT sp_check_quota_and_create_recording(%L, %L)', :'an', 'upload'));
CREATE UNIQUE INDEX one_text ON segments (recording_id, md5(text));
SELECT state, "constraint" FROM t.error_of(format($$CALL sp_complete_recording(%L, 1000,
  '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "same"}, {"idx": 1, "start_ms": 0, "end_ms": 1, "text": "same"}]')$$, :'r13'));
DROP INDEX one_text;
DELETE FROM segments;
ALTER TABLE segments ADD CONSTRAINT one_start UNIQUE (recording_id, start_ms) DEFERRABLE INITIALLY DEFERRED;
BEGIN;
CALL sp_complete_recording(:'r13', 1000, '[{"idx": 0, "start_ms": 5, "end_ms": 9, "text": "a"}, {"idx": 1, "start_ms": 5, "end_ms": 9, "text": "b"}]');
SELECT 'still fine' AS so_far;
\set VERBOSITY sqlstate
COMMIT;
\set VERBOSITY default
BEGIN;
CALL sp_complete_recording(:'r13', 1000, '[{"idx": 0, "start_ms": 5, "end_ms": 9, "text": "a"}, {"idx": 1, "start_ms": 5, "end_ms": 9, "text": "b"}]');
UPDATE segments SET start_ms = 6 WHERE recording_id = :'r13' AND idx = 1;
COMMIT;
SELECT count(*) FROM segments WHERE recording_id = :'r13';
ALTER TABLE segments DROP CONSTRAINT one_start;
DROP INDEX one_open;

CREATE TABLE dba.folders (id int PRIMARY KEY);
INSERT INTO dba.folders VALUES (1);
ALTER TABLE recordings ADD COLUMN folder int NOT NULL DEFAULT 1 REFERENCES dba.folders;
CREATE TABLE dba.notes (recording_id uuid, idx int, note text, FOREIGN KEY (recording_id, idx) REFERENCES segments);
SELECT recording_id AS r14 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
CALL sp_complete_recording(:'r14', 1000, t.segments(2));
SELECT folder FROM recordings WHERE id = :'r14';
ALTER TABLE recordings ALTER COLUMN folder SET DEFAULT 2;
SELECT state, "constraint" FROM t.error_of(format('SELECT sp_check_quota_and_create_recording(%L, %L)', :'an', 'upload'));
-- What a table of the DBA refers to is not cleaned away under it; without ON DELETE the cleanup sets it aside.
INSERT INTO dba.notes VALUES (:'r14', 1, 'look');
\set VERBOSITY terse
SELECT sp_cleanup_old_recordings(0);
\set VERBOSITY default
SELECT count(*) FROM segments WHERE recording_id = :'r14';
DROP TABLE dba.notes;
ALTER TABLE recordings DROP COLUMN folder;
DROP TABLE dba.folders;
TABLE t.inexact;

--
-- Constraint triggers, deferred; triggers disabled and always enabled.
--
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON segments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dba.row_event();
CREATE TRIGGER off AFTER INSERT ON segments FOR EACH ROW EXECUTE FUNCTION dba.row_event();
CREATE TRIGGER always AFTER INSERT ON segments FOR EACH ROW EXECUTE FUNCTION dba.row_event();
ALTER TABLE segments DISABLE TRIGGER off, ENABLE ALWAYS TRIGGER always;
SELECT recording_id AS r15 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
BEGIN;
CALL sp_complete_recording(:'r15', 1000, t.segments(1100));
SELECT * FROM dba.seen();
COMMIT;
SELECT * FROM dba.seen();
DROP TRIGGER late ON segments;
DROP TRIGGER off ON segments;
DROP TRIGGER always ON segments;

-- A trigger that fails fails the call, whole.
CREATE FUNCTION dba.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.idx = 1500 THEN
    RAISE EXCEPTION 'no %', NEW.idx USING ERRCODE = 'P0042';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER refuse AFTER INSERT ON segments FOR EACH ROW EXECUTE FUNCTION dba.refuse();
SELECT recording_id AS r16 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
SELECT state, message FROM t.error_of(format('CALL sp_complete_recording(%L, 1000, %L)', :'r16', t.segments(2000)));
SELECT status, segment_count, (SELECT count(*) FROM segments WHERE recording_id = r.id) AS stored FROM recordings AS r WHERE id = :'r16';
DROP TRIGGER refuse ON segments;
CALL sp_complete_recording(:'r16', 1000, t.segments(2000));
TABLE t.inexact;

CALL t.clear();
SET client_min_messages = warning;
DROP SCHEMA dba CASCADE;
