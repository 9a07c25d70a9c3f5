-- Stress: one transcript, edited by many at random.  Every edit that was made is noted, by the transaction
-- that made it; afterwards a copy of the first transcript is edited by the notes.

CREATE EXTENSION s2t;
INSERT INTO plans (code, name) VALUES ('OPEN', 'Open');
CREATE FUNCTION first_transcript() RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 1000, 'end_ms', i * 1000 + 900, 'text', format('từ%s hai ba%s', i, i), 'speaker', 'S' || i % 3,
        'words', jsonb_build_array(
            jsonb_build_object('text', 'từ' || i, 'start_ms', i * 1000, 'end_ms', i * 1000 + 200),
            jsonb_build_object('text', 'hai', 'start_ms', i * 1000 + 300, 'end_ms', i * 1000 + 500, 'confidence', 0.50),
            jsonb_build_object('text', 'ba' || i, 'start_ms', i * 1000 + 600, 'end_ms', i * 1000 + 900))))
      FROM generate_series(0, 39) AS i
$$;
CREATE TABLE who AS SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'OPEN') AS id;
CREATE TABLE works AS SELECT w.kind, r.recording_id AS id FROM (VALUES ('edited'), ('copy')) AS w (kind), who, LATERAL (SELECT * FROM s2t_create_recording(who.id, w.kind)) AS r;
SELECT s2t_complete_recording(id, 40000, first_transcript()) FROM works;

-- What was done: a call with %s for user and recording, and for in_revision at its end.
CREATE TABLE notes (revision int PRIMARY KEY, seen int, call text NOT NULL, CONSTRAINT nobody_between CHECK (revision = seen + 1));
CREATE TABLE refusals (state text, message text);

CREATE FUNCTION random_int(below int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT floor(random() * below)::int';

-- A call at random, on a transcript of so many segments.
CREATE FUNCTION random_call(segments int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n int := random_int(greatest(segments, 1));
    dice int := random_int(100);
BEGIN
    RETURN CASE
        WHEN dice < 35 THEN format('s2t_edit_segment(%%L, %%L, %s, %L, NULL, NULL, %L, %%s)', n,
            (ARRAY['từ' || n || ' hai ba' || n, 'khác ' || random_int(1000), 'một hai ba', 'từ' || n || ' hai', 'a "b" \ c', NULL])[1 + random_int(6)],
            (ARRAY['S0', 'An', '', NULL, NULL])[1 + random_int(5)])
        WHEN dice < 45 THEN format('s2t_rename_speaker(%%L, %%L, %L, %L, %%s)', 'S' || random_int(4), 'S' || random_int(4))
        WHEN dice < 65 THEN format('s2t_split_segment(%%L, %%L, %s, NULL, %s, %%s)', n, 1 + random_int(8))
        WHEN dice < 80 THEN format('s2t_merge_segments(%%L, %%L, %s, %s, %%s)', n, n + random_int(4))
        ELSE 's2t_undo(%L, %L, %s)'
    END;
END $$;

-- Half of the editors say what they have seen; a few put another transcript there.
CREATE FUNCTION edit_once() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    work uuid := (SELECT id FROM works WHERE kind = 'edited');
    owner uuid := (SELECT id FROM who);
    there record;
    call text;
    seen int;
    made record;
    reason text;
    code text;
BEGIN
    SELECT r.revision, r.segment_count INTO there FROM recordings AS r WHERE r.id = work;
    IF random() < 0.5 THEN seen := there.revision; END IF;
    call := random_call(there.segment_count);
    PERFORM pg_sleep(random() * 0.005);
    BEGIN
        IF random() < 0.03 THEN
            call := format('s2t_replace_segments(%%L, %%L, %s, %L)', 40000 + random_int(3),
                (SELECT jsonb_agg(e) FROM jsonb_array_elements(first_transcript()) AS e WHERE (e ->> 'idx')::int < (SELECT 10 + random_int(30))));
            seen := NULL;
            EXECUTE 'SELECT revision, (NOT repeated)::int AS changed FROM ' || format(call, owner, work) INTO made;
        ELSE
            EXECUTE 'SELECT revision, changed FROM ' || format(call, owner, work, coalesce(seen::text, 'NULL')) INTO made;
        END IF;
        IF made.changed > 0 THEN INSERT INTO notes VALUES (made.revision, seen, call); END IF;
    EXCEPTION WHEN object_not_in_prerequisite_state OR no_data_found OR invalid_parameter_value THEN
        GET STACKED DIAGNOSTICS reason = MESSAGE_TEXT, code = RETURNED_SQLSTATE;
        INSERT INTO refusals VALUES (code, reason);
    END;
END $$;

-- The copy, edited by the notes.
CREATE FUNCTION replay() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    work uuid := (SELECT id FROM works WHERE kind = 'copy');
    owner uuid := (SELECT id FROM who);
    note record;
    made record;
    done int := 0;
BEGIN
    FOR note IN SELECT * FROM notes ORDER BY revision LOOP
        EXECUTE 'SELECT revision FROM ' || format(note.call, owner, work, note.revision - 1) INTO made;
        IF made.revision <> note.revision THEN RAISE 'revision % became %', note.revision, made.revision; END IF;
        done := done + 1;
    END LOOP;
    RETURN done;
END $$;

-- Rows that the two do not have in common.
CREATE VIEW apart AS
    WITH one AS (SELECT idx, start_ms, end_ms, text, meta FROM segments WHERE recording_id = (SELECT id FROM works WHERE kind = 'edited')),
         two AS (SELECT idx, start_ms, end_ms, text, meta FROM segments WHERE recording_id = (SELECT id FROM works WHERE kind = 'copy'))
    (TABLE one EXCEPT ALL TABLE two) UNION ALL (TABLE two EXCEPT ALL TABLE one);

-- Everything undone, as far as it goes.
CREATE FUNCTION undo_all() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    work uuid := (SELECT id FROM works WHERE kind = 'edited');
    done int := 0;
BEGIN
    WHILE EXISTS (SELECT FROM recordings AS r JOIN segment_revisions AS v ON v.recording_id = r.id AND v.revision = r.revision AND v.item = 0
                   WHERE r.id = work AND (v.kind <> 'undo' OR v.undo_next IS NOT NULL)) LOOP
        PERFORM s2t_undo((SELECT id FROM who), work);
        done := done + 1;
    END LOOP;
    RETURN done;
END $$;
