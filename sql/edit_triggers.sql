-- Edits of transcripts beside triggers and keys of the database's owner: what is stored is what is counted and kept, and an edit
-- that they refuse leaves nothing behind.
CALL t.plans();
CREATE SCHEMA dba;
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'OPEN');
CREATE FUNCTION dba.new(n int) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE r uuid := (SELECT recording_id FROM sp_check_quota_and_create_recording(t.uid('an'), 'upload'));
BEGIN
  PERFORM s2t_complete_recording(r, n * 1000, (SELECT jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 1000, 'end_ms', (i + 1) * 1000, 'text', 'one two ' || i)) FROM generate_series(0, n - 1) AS i));
  RETURN r;
END
$$;
-- What a recording says and how often it was edited, and whether what is counted is there.
CREATE FUNCTION dba.said(r uuid, OUT said text, OUT revision int, OUT revisions bigint, OUT counted boolean) LANGUAGE sql AS $$
  SELECT (SELECT string_agg(g.idx || ' ' || g.text, '; ' ORDER BY g.idx) FROM segments AS g WHERE g.recording_id = o.id), o.revision,
         (SELECT count(*) FROM sp_list_revisions(t.uid('an'), o.id)),
         o.segment_count = (SELECT count(*) FROM segments AS g WHERE g.recording_id = o.id) AND NOT EXISTS (TABLE t.inexact)
    FROM recordings AS o WHERE o.id = r
$$;
CREATE FUNCTION dba.error_of(call text, r uuid) RETURNS TABLE (state text, message text) LANGUAGE sql AS $$
  SELECT e.state, e.message FROM t.error_of(format('SELECT s2t_' || call, t.uid('an'), r)) AS e
$$;

--
-- A trigger that changes what is stored: its text is there, what was before comes back.
--
CREATE FUNCTION dba.shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.text := upper(NEW.text); RETURN NEW; END $$;
CREATE TRIGGER shout BEFORE INSERT OR UPDATE OF text ON segments FOR EACH ROW EXECUTE FUNCTION dba.shout();
ALTER TABLE segments DISABLE TRIGGER shout;
SELECT dba.new(3) AS r \gset
ALTER TABLE segments ENABLE TRIGGER shout;
SELECT * FROM s2t_edit_segment(t.uid('an'), :'r', 1, 'three');
SELECT * FROM dba.said(:'r');
SELECT * FROM s2t_split_segment(t.uid('an'), :'r', 0, in_at_char => 4);
SELECT * FROM dba.said(:'r');
SELECT * FROM s2t_merge_segments(t.uid('an'), :'r', 1, 2);
SELECT * FROM dba.said(:'r');
DROP TRIGGER shout ON segments;
SELECT changed FROM s2t_undo(t.uid('an'), :'r');
SELECT changed FROM s2t_undo(t.uid('an'), :'r');
SELECT changed FROM s2t_undo(t.uid('an'), :'r');
SELECT * FROM dba.said(:'r');

--
-- One that suppresses a row: nothing half-done, whichever step it meets.
--
CREATE FUNCTION dba.none() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
SELECT dba.new(4) AS r \gset
CREATE TRIGGER none BEFORE UPDATE ON segments FOR EACH ROW WHEN (OLD.idx = 2) EXECUTE FUNCTION dba.none();
SELECT * FROM dba.error_of('edit_segment(%L, %L, 2, ''x'')', :'r');
SELECT * FROM dba.error_of('split_segment(%L, %L, 0, in_at_char => 4)', :'r');
SELECT * FROM dba.error_of('merge_segments(%L, %L, 0, 1)', :'r');
SELECT * FROM dba.said(:'r');
SELECT * FROM s2t_edit_segment(t.uid('an'), :'r', 1, 'free');
DROP TRIGGER none ON segments;
CREATE TRIGGER none BEFORE INSERT ON segments FOR EACH ROW EXECUTE FUNCTION dba.none();
SELECT * FROM dba.error_of('split_segment(%L, %L, 0, in_at_char => 4)', :'r');
DROP TRIGGER none ON segments;
CREATE TRIGGER none BEFORE DELETE ON segments FOR EACH ROW EXECUTE FUNCTION dba.none();
SELECT * FROM dba.error_of('merge_segments(%L, %L, 2, 3)', :'r');
DROP TRIGGER none ON segments;
CREATE TRIGGER none BEFORE UPDATE ON recordings FOR EACH ROW EXECUTE FUNCTION dba.none();
SELECT * FROM dba.error_of('edit_segment(%L, %L, 2, ''x'')', :'r');
DROP TRIGGER none ON recordings;
SELECT * FROM dba.said(:'r');

--
-- One that raises, before or after, by row or by statement.
--
CREATE FUNCTION dba.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not in my database' USING ERRCODE = 'P0DBA'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON segments FOR EACH ROW WHEN (NEW.idx = 3) EXECUTE FUNCTION dba.refuse();
SELECT * FROM dba.error_of('edit_segment(%L, %L, 3, ''x'')', :'r');
SELECT * FROM dba.error_of('split_segment(%L, %L, 0, in_at_char => 4)', :'r');
DROP TRIGGER refuse ON segments;
CREATE TRIGGER refuse AFTER UPDATE ON segments FOR EACH STATEMENT EXECUTE FUNCTION dba.refuse();
SELECT * FROM dba.error_of('edit_segment(%L, %L, 3, ''x'')', :'r');
SELECT * FROM dba.error_of('merge_segments(%L, %L, 0, 1)', :'r');
SELECT * FROM dba.error_of('undo(%L, %L)', :'r');
DROP TRIGGER refuse ON segments;
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON segments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dba.refuse();
\set VERBOSITY terse
BEGIN;
SELECT * FROM s2t_split_segment(t.uid('an'), :'r', 0, in_at_char => 4);
COMMIT;
\set VERBOSITY default
DROP TRIGGER refuse ON segments;
CREATE TRIGGER refuse AFTER INSERT ON segment_revisions FOR EACH ROW EXECUTE FUNCTION dba.refuse();
SELECT * FROM dba.error_of('edit_segment(%L, %L, 3, ''x'')', :'r');
SELECT * FROM dba.error_of('replace_segments(%L, %L, 1000, ''[]'')', :'r');
DROP TRIGGER refuse ON segment_revisions;
ALTER TABLE segments ADD CONSTRAINT polite CHECK (text <> 'rude');
SELECT * FROM dba.error_of('edit_segment(%L, %L, 3, ''rude'')', :'r');
ALTER TABLE segments DROP CONSTRAINT polite;
SELECT * FROM dba.said(:'r');

--
-- What triggers see: a correction is an UPDATE of its row; a split an UPDATE of all that move, one of the first half, an INSERT of the
-- second; a merge a DELETE and the same two UPDATEs; an undo the like.
--
CREATE TABLE dba.seen (n serial, what text, old_rows bigint, new_rows bigint);
CREATE FUNCTION dba.see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO dba.seen (what, old_rows, new_rows) VALUES (TG_OP, (SELECT count(*) FROM old_rows), (SELECT count(*) FROM new_rows));
  ELSIF TG_OP = 'INSERT' THEN
    INSERT INTO dba.seen (what, new_rows) VALUES (TG_OP, (SELECT count(*) FROM new_rows));
  ELSE
    INSERT INTO dba.seen (what, old_rows) VALUES (TG_OP, (SELECT count(*) FROM old_rows));
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER seen_update AFTER UPDATE ON segments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.see();
CREATE TRIGGER seen_insert AFTER INSERT ON segments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.see();
CREATE TRIGGER seen_delete AFTER DELETE ON segments REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dba.see();
SELECT changed FROM s2t_edit_segment(t.uid('an'), :'r', 3, 'last');
SELECT changed FROM s2t_split_segment(t.uid('an'), :'r', 1, in_at_char => 2);
SELECT changed FROM s2t_merge_segments(t.uid('an'), :'r', 0, 2);
SELECT changed FROM s2t_undo(t.uid('an'), :'r');
SELECT what, old_rows, new_rows FROM dba.seen ORDER BY n;
DROP TRIGGER seen_update ON segments;
DROP TRIGGER seen_insert ON segments;
DROP TRIGGER seen_delete ON segments;
SELECT * FROM dba.said(:'r');

--
-- Tables of the application's own follow the numbers, or stand in their way.
--
CREATE TABLE dba.note (recording_id uuid, idx int, note text, FOREIGN KEY (recording_id, idx) REFERENCES segments (recording_id, idx) ON UPDATE CASCADE ON DELETE CASCADE);
SELECT dba.new(4) AS r \gset
INSERT INTO dba.note SELECT :'r', i, 'of ' || i FROM generate_series(0, 3) AS i;
SELECT changed FROM s2t_split_segment(t.uid('an'), :'r', 1, in_at_char => 4);
SELECT string_agg(idx || ' ' || note, '; ' ORDER BY idx) FROM dba.note;
SELECT changed FROM s2t_merge_segments(t.uid('an'), :'r', 0, 1);
SELECT string_agg(idx || ' ' || note, '; ' ORDER BY idx) FROM dba.note;
SELECT * FROM dba.said(:'r');
DROP TABLE dba.note;
CREATE TABLE dba.note (recording_id uuid, idx int, FOREIGN KEY (recording_id, idx) REFERENCES segments (recording_id, idx));
INSERT INTO dba.note VALUES (:'r', 3);
SELECT * FROM dba.error_of('split_segment(%L, %L, 0, in_at_char => 4)', :'r');
SELECT changed FROM s2t_edit_segment(t.uid('an'), :'r', 3, 'the key stays');
SELECT * FROM dba.said(:'r');
DROP TABLE dba.note;

--
-- Triggers that change the transcript, the recording and the account themselves.
--
SELECT dba.new(4) AS r \gset
CREATE FUNCTION dba.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE recordings SET language = 'vi' WHERE id = NEW.recording_id;
  UPDATE user_subscriptions SET cycle_end = cycle_end + interval '1 hour' WHERE user_id = t.uid('an');
  DELETE FROM segments WHERE recording_id = NEW.recording_id AND idx = 3;
  RETURN NULL;
END
$$;
CREATE TRIGGER meddle AFTER UPDATE OF text ON segments FOR EACH ROW EXECUTE FUNCTION dba.meddle();
SELECT * FROM s2t_edit_segment(t.uid('an'), :'r', 0, 'meddled');
SELECT * FROM dba.said(:'r');
SELECT language FROM recordings WHERE id = :'r';
DROP TRIGGER meddle ON segments;
CREATE FUNCTION dba.gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM recordings WHERE id = NEW.recording_id; RETURN NULL; END $$;
CREATE TRIGGER gone AFTER UPDATE OF text ON segments FOR EACH ROW EXECUTE FUNCTION dba.gone();
SELECT * FROM dba.error_of('edit_segment(%L, %L, 0, ''x'')', :'r');
DROP TRIGGER gone ON segments;
SELECT * FROM dba.said(:'r');

SET client_min_messages = warning;
DROP SCHEMA dba CASCADE;
CALL t.clear();
