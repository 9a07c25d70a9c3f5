-- sp_purge_old_recordings: cleanup repeated, a commit after each batch.
CALL t.plans();
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'OPEN');
DO $$
DECLARE
  id uuid;
BEGIN
  FOR i IN 1 .. 25 LOOP
    SELECT recording_id INTO STRICT id FROM sp_check_quota_and_create_recording(t.uid('an'), 'upload');
    CALL sp_complete_recording(id, 1000, t.segments(2));
  END LOOP;
  UPDATE recordings SET created_at = now() - interval '100 days' WHERE recordings.id IN (SELECT r.id FROM recordings AS r ORDER BY r.id LIMIT 23);
END
$$;

-- Each batch is a transaction of its own: a trigger sees as many.
CREATE TABLE deletions (txid xid8 NOT NULL, n bigint NOT NULL);
CREATE FUNCTION note_deletions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO deletions SELECT pg_current_xact_id(), count(*) FROM gone;
  RETURN NULL;
END
$$;
CREATE TRIGGER note_deletions AFTER DELETE ON recordings REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION note_deletions();

-- Inside a transaction block, or a function, it cannot commit and says so before doing anything.
\set VERBOSITY sqlstate
BEGIN;
CALL sp_purge_old_recordings();
ROLLBACK;
\set VERBOSITY default
SELECT state, message, hint FROM t.error_of('CALL sp_purge_old_recordings()');
SELECT count(*) FROM recordings;

CALL sp_purge_old_recordings(90, 10);
SELECT n FROM deletions WHERE n > 0 ORDER BY txid;
SELECT count(DISTINCT txid) AS transactions FROM deletions WHERE n > 0;
SELECT * FROM t.subscriptions;
-- Nothing is left.
CALL sp_purge_old_recordings(90, 10);
CALL sp_purge_old_recordings();
-- By name; the two results may be passed as NULL, as the document does with another procedure.
CALL sp_purge_old_recordings(in_batch_size => 1, in_retention_days => 0);
CALL sp_purge_old_recordings(0, 1, NULL, NULL);
-- A DO block may commit.
DO $$
DECLARE
  r bigint;
  s bigint;
BEGIN
  CALL sp_purge_old_recordings(0, 1, r, s);
  RAISE NOTICE '% %', r, s;
END
$$;
SELECT count(*) FROM recordings;
SELECT * FROM t.subscriptions;
SELECT * FROM t.inexact;

DROP TRIGGER note_deletions ON recordings;
DROP FUNCTION note_deletions();
DROP TABLE deletions;
CALL t.clear();
