-- What a statement of a procedure is to the server: the columns it sets, its triggers, the indexes it goes by.
CALL t.plans();
SET s2t.mark_failed = off;
SET client_min_messages = warning;
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'FREE');
CALL sp_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'FREE');
SELECT t.uid('an') AS an \gset
CREATE SCHEMA dba;
CREATE TABLE dba.log (id bigint GENERATED ALWAYS AS IDENTITY, event text NOT NULL);
CREATE FUNCTION dba.seen() RETURNS SETOF text LANGUAGE sql AS $$
  WITH gone AS (DELETE FROM dba.log RETURNING *) SELECT event FROM gone ORDER BY id
$$;
CREATE FUNCTION dba.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO dba.log (event) VALUES (TG_NAME); RETURN NEW; END $$;

-- UPDATE OF a column, before and after, for the row and for the statement: when the statement sets it, and only then, whatever
-- an earlier statement of the same call has set.
CREATE TRIGGER status_before BEFORE UPDATE OF status ON recordings FOR EACH STATEMENT EXECUTE FUNCTION dba.note();
CREATE TRIGGER status_after AFTER UPDATE OF status ON recordings FOR EACH STATEMENT EXECUTE FUNCTION dba.note();
CREATE TRIGGER source_before BEFORE UPDATE OF source ON recordings FOR EACH STATEMENT EXECUTE FUNCTION dba.note();
CREATE TRIGGER fingerprint_before BEFORE UPDATE OF fingerprint ON recordings FOR EACH STATEMENT EXECUTE FUNCTION dba.note();
CREATE TRIGGER used_before BEFORE UPDATE OF used_seconds ON user_subscriptions FOR EACH STATEMENT EXECUTE FUNCTION dba.note();
CREATE TRIGGER used_row BEFORE UPDATE OF used_seconds ON user_subscriptions FOR EACH ROW EXECUTE FUNCTION dba.note();
CREATE TRIGGER usage_before BEFORE UPDATE OF usage_count ON user_subscriptions FOR EACH STATEMENT EXECUTE FUNCTION dba.note();
CREATE TRIGGER cycle_before BEFORE UPDATE OF cycle_end ON user_subscriptions FOR EACH STATEMENT EXECUTE FUNCTION dba.note();
CREATE TRIGGER plan_before BEFORE UPDATE OF plan_id ON user_subscriptions FOR EACH STATEMENT EXECUTE FUNCTION dba.note();
SELECT recording_id AS r1 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
SELECT * FROM dba.seen();
SELECT recording_id AS r2 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
SELECT FROM dba.seen();
CALL sp_complete_recording(:'r1', 3000, t.segments(2));
SELECT * FROM dba.seen();
CALL sp_fail_recording(:'r2', 'because');
SELECT * FROM dba.seen();
CALL sp_change_user_plan(:'an', 'BASIC');
SELECT * FROM dba.seen();
CALL t.age_cycle('an', 1);
SELECT FROM dba.seen();
CALL sp_reset_monthly_cycles();
SELECT * FROM dba.seen();

-- Generated columns follow, whichever statement of a call changes what they are made of.
DO $$
DECLARE
  trigger_name text;
  relation regclass;
BEGIN
  FOR trigger_name, relation IN SELECT tgname, tgrelid FROM pg_trigger WHERE tgfoid = 'dba.note'::regproc LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', trigger_name, relation);
  END LOOP;
END
$$;
ALTER TABLE user_subscriptions ADD COLUMN used_minutes int GENERATED ALWAYS AS (used_seconds / 60) STORED,
                               ADD COLUMN uses int GENERATED ALWAYS AS (usage_count * 10) STORED;
SELECT recording_id AS r3 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
CALL sp_complete_recording(:'r3', 180000, t.segments(2));
CALL t.age_cycle('binh', 1);
CALL sp_reset_monthly_cycles();
SELECT usage_count, uses, used_seconds, used_minutes FROM user_subscriptions ORDER BY usage_count;
ALTER TABLE user_subscriptions DROP COLUMN used_minutes, DROP COLUMN uses;

-- A trigger that suppresses what the reset does is asked once for each row.
CREATE FUNCTION dba.suppress() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO dba.log (event) VALUES ('suppressed'); RETURN NULL; END $$;
CREATE TRIGGER suppress BEFORE UPDATE ON user_subscriptions FOR EACH ROW WHEN (OLD.used_seconds IS NOT NULL) EXECUTE FUNCTION dba.suppress();
ALTER TABLE user_subscriptions DISABLE TRIGGER suppress;
CALL t.age_cycle('an', 1);
CALL t.age_cycle('binh', 1);
ALTER TABLE user_subscriptions ENABLE TRIGGER suppress;
CALL sp_reset_monthly_cycles();
SELECT * FROM dba.seen();
SELECT count(*) FROM user_subscriptions WHERE cycle_end < now();
DROP TRIGGER suppress ON user_subscriptions;
CALL sp_reset_monthly_cycles();

-- An index that goes by its name is looked at.
ALTER INDEX recordings_ended_idx RENAME TO kept;
CREATE INDEX recordings_ended_idx ON recordings (user_id) WHERE status <> 'processing';
SELECT message, detail FROM t.error_of('SELECT * FROM sp_cleanup_old_recordings(90)');
DROP INDEX recordings_ended_idx;
CREATE INDEX recordings_ended_idx ON recordings (created_at DESC) WHERE status <> 'processing';
SELECT message, detail FROM t.error_of('SELECT * FROM sp_cleanup_old_recordings(90)');
DROP INDEX recordings_ended_idx;
CREATE INDEX recordings_ended_idx ON recordings USING brin (created_at);
SELECT message, detail FROM t.error_of('SELECT * FROM sp_cleanup_old_recordings(90)');
DROP INDEX recordings_ended_idx;
CREATE INDEX recordings_ended_idx ON recordings (created_at, user_id) WHERE status <> 'processing';
SELECT message, detail FROM t.error_of('SELECT * FROM sp_cleanup_old_recordings(90)');
DROP INDEX recordings_ended_idx;
CREATE INDEX recordings_ended_idx ON recordings (created_at, id) WHERE status <> 'processing';
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'recordings_ended_idx'::regclass;
SELECT message, detail FROM t.error_of('SELECT * FROM sp_cleanup_old_recordings(90)');
DROP INDEX recordings_ended_idx;
ALTER INDEX kept RENAME TO recordings_ended_idx;
SELECT * FROM sp_cleanup_old_recordings(90);

-- A search for nothing but signs says nothing of its own.
RESET client_min_messages;
SELECT s2t_search_condition(5, '?') AS condition;

CALL t.clear();
SET client_min_messages = warning;
DROP SCHEMA dba CASCADE;
