-- Recordings that grow beside triggers, constraints and columns of the database's owner: what is stored is counted and
-- charged once, and a call that they refuse leaves nothing behind.
CALL t.plans();
CREATE SCHEMA dba;
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'OPEN');
CREATE FUNCTION dba.new() RETURNS uuid LANGUAGE sql AS $$ SELECT recording_id FROM sp_check_quota_and_create_recording(t.uid('an'), 'realtime') $$;
CREATE FUNCTION dba.segs(first int, last int) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 1000, 'end_ms', (i + 1) * 1000, 'text', 'text ' || i)) FROM generate_series(first, last) AS i
$$;
-- What is charged against what the ledger says; what is counted against what is there.
CREATE VIEW dba.wrong AS
  SELECT s.used_seconds, e.seconds, r.charged
    FROM user_subscriptions AS s, LATERAL (SELECT coalesce(sum(seconds), 0) AS seconds FROM usage_entries AS e WHERE e.user_id = s.user_id) AS e,
         LATERAL (SELECT coalesce(sum(charged_seconds), 0) AS charged FROM recordings AS r WHERE r.user_id = s.user_id) AS r
   WHERE (s.used_seconds, s.used_seconds) <> (e.seconds, r.charged);

--
-- Triggers on segments that add, take away, change or suppress.
--
CREATE FUNCTION dba.more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO segments (recording_id, idx, start_ms, end_ms, text) SELECT DISTINCT recording_id, 1000000 + max(idx), 0, 0, 'mark' FROM new_rows GROUP BY recording_id;
  RETURN NULL;
END
$$;
CREATE FUNCTION dba.fewer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM segments AS s USING new_rows AS n WHERE s.recording_id = n.recording_id AND s.idx < n.idx;
  RETURN NULL;
END
$$;
CREATE FUNCTION dba.none() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION dba.tidy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.text := btrim(NEW.text); RETURN NEW; END $$;
CREATE TRIGGER more AFTER INSERT ON segments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION dba.more();
SELECT dba.new() AS r1 \gset
SELECT * FROM s2t_append_segments(:'r1', dba.segs(0, 1));
SELECT * FROM s2t_append_segments(:'r1', dba.segs(1, 2));
SELECT * FROM s2t_append_segments(:'r1', '[]', 3500);
DROP TRIGGER more ON segments;
CREATE TRIGGER fewer AFTER INSERT ON segments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.fewer();
SELECT dba.new() AS r2 \gset
SELECT * FROM s2t_append_segments(:'r2', dba.segs(0, 2));
SELECT * FROM s2t_append_segments(:'r2', dba.segs(3, 3));
DROP TRIGGER fewer ON segments;
CREATE TRIGGER none BEFORE INSERT ON segments FOR EACH ROW WHEN (NEW.idx = 1) EXECUTE FUNCTION dba.none();
SELECT dba.new() AS r3 \gset
SELECT * FROM s2t_append_segments(:'r3', dba.segs(0, 2));
SELECT * FROM s2t_append_segments(:'r3', dba.segs(0, 2));
DROP TRIGGER none ON segments;
-- What a trigger made of a text is another text.
CREATE TRIGGER tidy BEFORE INSERT ON segments FOR EACH ROW EXECUTE FUNCTION dba.tidy();
SELECT dba.new() AS r4 \gset
SELECT * FROM s2t_append_segments(:'r4', '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": " xin chào "}]');
SELECT state, message FROM t.error_of(format('SELECT s2t_append_segments(%L, %L)', :'r4', '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": " xin chào "}]'));
DROP TRIGGER tidy ON segments;
TABLE t.inexact;
TABLE dba.wrong;

--
-- Triggers on recordings.
--
-- One that sees each append, with its columns.
CREATE FUNCTION dba.tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE NOTICE '%: heard % to %, segments % to %', TG_NAME, OLD.heard_ms, NEW.heard_ms, OLD.segment_count, NEW.segment_count;
  RETURN NEW;
END
$$;
SET client_min_messages = notice;
CREATE TRIGGER tell BEFORE UPDATE OF heard_ms ON recordings FOR EACH ROW EXECUTE FUNCTION dba.tell();
SELECT * FROM s2t_append_segments(:'r4', dba.segs(1, 1));
SELECT * FROM s2t_append_segments(:'r4', dba.segs(1, 1));
DROP TRIGGER tell ON recordings;
-- One that fails the recording in the same breath.
CREATE FUNCTION dba.too_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN CALL sp_fail_recording(NEW.id, 'too long'); RETURN NULL; END $$;
CREATE TRIGGER too_long AFTER UPDATE ON recordings FOR EACH ROW WHEN (NEW.heard_ms > 9000 AND NEW.status = 'processing') EXECUTE FUNCTION dba.too_long();
SELECT * FROM s2t_append_segments(:'r4', '[]', 9500);
SELECT status, error, segment_count, charged_seconds FROM recordings WHERE id = :'r4';
DROP TRIGGER too_long ON recordings;
-- A refusal leaves nothing.
ALTER TABLE recordings ADD CONSTRAINT short CHECK (heard_ms < 5000) NOT VALID;
\set VERBOSITY sqlstate
SELECT dba.new() AS r5 \gset
SELECT * FROM s2t_append_segments(:'r5', dba.segs(0, 5));
CREATE TRIGGER none BEFORE UPDATE ON recordings FOR EACH ROW EXECUTE FUNCTION dba.none();
SELECT * FROM s2t_append_segments(:'r5', dba.segs(0, 2));
DROP TRIGGER none ON recordings;
CREATE TRIGGER none BEFORE INSERT ON usage_entries FOR EACH ROW EXECUTE FUNCTION dba.none();
SELECT * FROM s2t_append_segments(:'r5', dba.segs(0, 2));
DROP TRIGGER none ON usage_entries;
\set VERBOSITY default
SELECT status, heard_ms, segment_count, charged_seconds FROM recordings WHERE id = :'r5';
ALTER TABLE recordings DROP CONSTRAINT short;
TABLE t.inexact;

--
-- A new attempt removes what was stored.
--
CREATE FUNCTION dba.gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE NOTICE '% segments removed', (SELECT count(*) FROM old_rows);
  RETURN NULL;
END
$$;
CREATE TRIGGER gone AFTER DELETE ON segments REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.gone();
SELECT quota_ok FROM s2t_retry_recording(:'r4');
SELECT * FROM s2t_append_segments(:'r4', dba.segs(0, 1));
DROP TRIGGER gone ON segments;
CALL sp_fail_recording(:'r4', 'engine');
-- One that stays: the new one has the same number.
CREATE TRIGGER none BEFORE DELETE ON segments FOR EACH ROW WHEN (OLD.idx = 0) EXECUTE FUNCTION dba.none();
SELECT quota_ok FROM s2t_retry_recording(:'r4');
\set VERBOSITY sqlstate
SELECT * FROM s2t_append_segments(:'r4', dba.segs(0, 1));
\set VERBOSITY default
SELECT * FROM s2t_append_segments(:'r4', dba.segs(1, 2));
DROP TRIGGER none ON segments;
SELECT segment_count, array_agg(idx ORDER BY idx) FROM recordings AS r JOIN segments AS s ON s.recording_id = r.id WHERE r.id = :'r4' GROUP BY r.id;
TABLE t.inexact;
TABLE dba.wrong;

--
-- Columns of the owner's own, and another key.
--
ALTER TABLE segments ADD COLUMN words int GENERATED ALWAYS AS (length(text)) STORED, ADD COLUMN said timestamptz NOT NULL DEFAULT clock_timestamp();
ALTER TABLE usage_entries ADD COLUMN invoice text;
ALTER TABLE recordings ADD COLUMN minutes numeric GENERATED ALWAYS AS (heard_ms / 60000.0) STORED;
SELECT dba.new() AS r6 \gset
SELECT * FROM s2t_append_segments(:'r6', dba.segs(0, 2), 30000);
SELECT * FROM s2t_append_segments(:'r6', dba.segs(2, 3), 60000);
SELECT minutes, (SELECT sum(words) FROM segments WHERE recording_id = r.id) AS words FROM recordings AS r WHERE id = :'r6';
ALTER TABLE segments DROP CONSTRAINT segments_pkey;
CREATE INDEX segments_recording_id ON segments (recording_id);
SELECT state, message FROM t.error_of(format('SELECT s2t_append_segments(%L, %L)', dba.new(), dba.segs(0, 0)));
SELECT state, message FROM t.error_of(format('SELECT s2t_append_segments(%L, %L)', :'r6', '[{"idx": 9, "start_ms": 0, "end_ms": 1, "text": ""}]'));
SELECT object, action FROM s2t_install();
SELECT * FROM s2t_append_segments(:'r6', dba.segs(3, 4), 61000);
CALL sp_complete_recording(:'r6', 61000, dba.segs(0, 5));
TABLE t.inexact;
TABLE dba.wrong;

DROP INDEX segments_recording_id;
ALTER TABLE segments DROP COLUMN words, DROP COLUMN said;
ALTER TABLE usage_entries DROP COLUMN invoice;
ALTER TABLE recordings DROP COLUMN minutes;
SET client_min_messages = warning;
DROP SCHEMA dba CASCADE;
CALL t.clear();
