-- Workers at random: each session CALLs work(), which claims recordings and does with them what workers do, the bad things
-- included, until nothing is left. What each has done is in the journal, in the order in which it was done.
CREATE EXTENSION s2t;
-- What ends a recording is its worker, not the number of its claims.
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET s2t.max_attempts = 1000000', current_database()); END $$;
INSERT INTO plans (code, name) VALUES ('OPEN', 'Open');
SELECT s2t_register_user(format('u%s@example.com', n), format('u%s', n), 'hash', NULL, 'OPEN') FROM generate_series(1, 20) AS n;

-- In transactions of a few: a user's subscription is changed by each.
CREATE PROCEDURE fill(n int) LANGUAGE plpgsql AS $$
DECLARE
    owners uuid[] := ARRAY(SELECT id FROM users);
BEGIN
    FOR i IN 1 .. n LOOP
        PERFORM FROM s2t_create_recording(owners[1 + i % 20], 'upload', in_priority => i % 3);
        IF i % 100 = 0 THEN COMMIT; END IF;
    END LOOP;
END
$$;

CREATE TABLE journal (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    worker text NOT NULL, recording_id uuid, lease uuid,
    what text NOT NULL,         -- claimed, extended, released, completed, grown, bad, lost, late; or the SQLSTATE of what should not be
    until timestamptz);         -- of the lease, where it is given out or extended

-- One deed, which may end with the lease lost; what else goes wrong is in the journal by its SQLSTATE.
CREATE FUNCTION deed(worker text, job uuid, lease uuid, what text, lease_time interval) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    until timestamptz;
    said jsonb := jsonb_build_array(jsonb_build_object('idx', 0, 'start_ms', 0, 'end_ms', 1000, 'text', lease));
BEGIN
    CASE what
    WHEN 'completed' THEN PERFORM FROM s2t_complete_recording(job, 1000, said, lease);
    WHEN 'imported' THEN PERFORM FROM s2t_import_transcript(job, jsonb_build_object('segments', jsonb_build_array(jsonb_build_object('start', 0, 'end', 1, 'text', lease)))::text, in_lease => lease);
    WHEN 'appended' THEN
        PERFORM FROM s2t_append_segments(job, said, 1000, lease);
        PERFORM FROM s2t_complete_recording(job, 1000, '[]', lease);
    WHEN 'grown' THEN PERFORM FROM s2t_append_segments(job, said, 1000, lease);
    WHEN 'extended' THEN until := s2t_extend_lease(job, lease, lease_time);
    WHEN 'released' THEN PERFORM FROM s2t_release_recording(job, lease, CASE WHEN random() < 0.5 THEN interval '20 ms' END);
    WHEN 'given up' THEN PERFORM FROM s2t_release_recording(job, lease, CASE WHEN random() < 0.5 THEN interval '20 ms' END, 'tired');
    WHEN 'bad' THEN
        n := nextval('journal_seq_seq');
        INSERT INTO journal (seq, worker, recording_id, lease, what) OVERRIDING SYSTEM VALUE VALUES (n, worker, job, lease, 'bad');
        BEGIN
            -- What is wrong tells which call it was: reasons quote arguments, and nothing of a segment.
            PERFORM FROM s2t_complete_recording(job, -n::integer, said, lease);
        EXCEPTION WHEN invalid_parameter_value THEN
            RETURN 'bad';
        END;
    END CASE;
    INSERT INTO journal (worker, recording_id, lease, what, until)
    VALUES (worker, job, lease, CASE WHEN what IN ('imported', 'appended') THEN 'completed' WHEN what = 'given up' THEN 'released' ELSE what END, until);
    RETURN what;
EXCEPTION
    WHEN OTHERS THEN
        INSERT INTO journal (worker, recording_id, lease, what)
        VALUES (worker, job, lease, CASE WHEN SQLSTATE = '55000' AND SQLERRM = 'lease is no longer held' THEN 'lost'
                                                  -- Somebody else has done it by now: then it is the content that counts.
                                                  WHEN SQLSTATE = '55000' AND SQLERRM IN ('recording is already completed with other content', 'recording is not in processing') THEN 'late'
                                                  ELSE SQLSTATE || ' ' || SQLERRM END);
        RETURN 'lost';
END
$$;

CREATE PROCEDURE work(worker text, lease_ms int) LANGUAGE plpgsql AS $$
DECLARE
    lease_time interval := lease_ms * interval '1 ms';
    job record;
    dice float8;
    jobs int;
BEGIN
    LOOP
        INSERT INTO journal (worker, recording_id, lease, what, until)
        SELECT worker, c.recording_id, c.lease, 'claimed', c.lease_until FROM s2t_claim_recordings(worker, 1 + (random() * 2)::int, lease_time) AS c;
        GET DIAGNOSTICS jobs = ROW_COUNT;
        COMMIT;
        IF jobs = 0 THEN
            EXIT WHEN NOT EXISTS (SELECT FROM recordings WHERE status = 'processing');
            PERFORM pg_sleep(0.01);
            CONTINUE;
        END IF;
        FOR job IN SELECT j.recording_id, j.lease FROM journal AS j WHERE j.worker = work.worker AND j.what = 'claimed' ORDER BY j.seq DESC LIMIT jobs LOOP
            dice := random();
            IF dice < 0.5 THEN PERFORM deed(worker, job.recording_id, job.lease, 'completed', lease_time);
            ELSIF dice < 0.55 THEN PERFORM deed(worker, job.recording_id, job.lease, 'imported', lease_time);
            ELSIF dice < 0.62 THEN PERFORM deed(worker, job.recording_id, job.lease, 'appended', lease_time);
            ELSIF dice < 0.72 THEN
                PERFORM deed(worker, job.recording_id, job.lease, 'extended', lease_time);
                COMMIT;
                PERFORM deed(worker, job.recording_id, job.lease, 'completed', lease_time);
            -- Dead, in the midst of it or before.
            ELSIF dice < 0.76 THEN PERFORM deed(worker, job.recording_id, job.lease, 'grown', lease_time);
            ELSIF dice < 0.80 THEN NULL;
            -- Asleep until the lease is over, and then as if nothing were: the content is another one, since the lease is.
            ELSIF dice < 0.86 THEN
                PERFORM pg_sleep(1.2 * lease_ms / 1000);
                PERFORM deed(worker, job.recording_id, job.lease, (ARRAY['completed', 'appended', 'bad', 'extended', 'released'])[1 + (random() * 4)::int], lease_time);
            ELSIF dice < 0.92 THEN PERFORM deed(worker, job.recording_id, job.lease, 'released', lease_time);
            ELSIF dice < 0.96 THEN PERFORM deed(worker, job.recording_id, job.lease, 'given up', lease_time);
            -- What fails for good marks its own attempt, and no other: here it is given back before the mark can come.
            ELSIF dice < 0.98 THEN
                PERFORM deed(worker, job.recording_id, job.lease, 'bad', lease_time);
                PERFORM deed(worker, job.recording_id, job.lease, 'released', lease_time);
            ELSE PERFORM deed(worker, job.recording_id, job.lease, 'bad', lease_time);
            END IF;
            COMMIT;
        END LOOP;
    END LOOP;
END
$$;
