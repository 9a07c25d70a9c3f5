-- The running totals follow the rows, whatever path these took. `t.inexact` lists where they do not.
CALL t.plans();
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'OPEN');
CALL sp_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'OPEN');
SELECT t.uid('an') AS an, t.uid('binh') AS binh \gset
CREATE VIEW totals AS SELECT user_name, usage, seconds, recordings, duration_ms, segments FROM t.subscriptions;

-- INSERT of one, of many, of none; what is charged stays what the procedures charged.
INSERT INTO recordings (user_id, source, status, duration_ms) VALUES (:'an', 'direct', 'done', 1500);
INSERT INTO recordings (user_id, source, duration_ms)
  SELECT CASE WHEN i % 3 = 0 THEN :'an'::uuid ELSE :'binh'::uuid END, 'many ' || i, i FROM generate_series(1, 30) AS i;
INSERT INTO recordings (user_id, source) SELECT id, 'none' FROM users WHERE false;
INSERT INTO segments SELECT r.id, i, i, i + 1, 'x' FROM recordings AS r, generate_series(0, 4) AS i WHERE r.source LIKE 'many%';
TABLE totals;
TABLE t.inexact;
-- A count brought along is not believed: it is what the segments say.
INSERT INTO recordings (user_id, source, segment_count) VALUES (:'an', 'liar', 1000);
SELECT segment_count FROM recordings WHERE source = 'liar';
TABLE t.inexact;
INSERT INTO user_subscriptions (user_id, plan_id, cycle_start, cycle_end, total_recordings, total_duration_ms, total_segments)
  SELECT :'an', plan_id, cycle_start, cycle_end, 5, 5, 5 FROM user_subscriptions WHERE user_id = :'binh'
  ON CONFLICT (user_id) DO UPDATE SET usage_count = user_subscriptions.usage_count;
TABLE t.inexact;

-- UPDATE: of the duration, the owner, the segment's recording, of nothing that counts.
UPDATE recordings SET duration_ms = duration_ms + 1000 WHERE user_id = :'an';
TABLE t.inexact;
UPDATE recordings SET user_id = :'an' WHERE source IN ('many 1', 'many 2');
TABLE totals;
TABLE t.inexact;
UPDATE recordings SET source = source || '!', meta = '{"seen": true}';
UPDATE segments SET recording_id = (SELECT id FROM recordings WHERE source = 'liar!'), idx = idx + 100
  WHERE recording_id = (SELECT id FROM recordings WHERE source = 'many 4!');
SELECT segment_count FROM recordings WHERE source IN ('liar!', 'many 4!') ORDER BY source;
UPDATE segments SET text = 'y', idx = idx + 1000;
UPDATE recordings SET user_id = CASE user_id WHEN :'an' THEN :'binh'::uuid ELSE :'an'::uuid END;
TABLE totals;
TABLE t.inexact;
-- An id may change while nothing refers to it.
INSERT INTO recordings (user_id, source, duration_ms) VALUES (:'an', 'renamed', 10);
UPDATE recordings SET id = '018f3c2a-7b00-7000-8000-000000000001' WHERE source = 'renamed';
TABLE t.inexact;

-- INSERT … ON CONFLICT: both arms in one statement.
INSERT INTO segments SELECT id, i, 0, 1, 'z' FROM recordings, generate_series(1003, 1006) AS i WHERE source = 'many 6!'
  ON CONFLICT (recording_id, idx) DO UPDATE SET text = excluded.text || '2';
INSERT INTO recordings (id, user_id, source, duration_ms) VALUES
  ('018f3c2a-7b00-7000-8000-000000000001', :'an', 'again', 20), ('018f3c2a-7b00-7000-8000-000000000002', :'binh', 'new', 30)
  ON CONFLICT (id) DO UPDATE SET duration_ms = excluded.duration_ms, user_id = :'binh';
TABLE t.inexact;

-- MERGE: all three actions; PostgreSQL 14 knows it not, and does the same in one statement.
\set ECHO none
SELECT CASE WHEN current_setting('server_version_num')::int >= 150000 THEN format($$
  MERGE INTO recordings AS r
  USING (VALUES ('018f3c2a-7b00-7000-8000-000000000001'::uuid, 1), ('018f3c2a-7b00-7000-8000-000000000002', 2), ('018f3c2a-7b00-7000-8000-000000000003', 3)) AS v (id, n)
  ON r.id = v.id
  WHEN MATCHED AND v.n = 1 THEN DELETE
  WHEN MATCHED THEN UPDATE SET duration_ms = 77
  WHEN NOT MATCHED THEN INSERT (id, user_id, source, duration_ms) VALUES (v.id, %L, 'merged', 5)$$, :'an')
ELSE format($$
  WITH d AS (DELETE FROM recordings WHERE id = '018f3c2a-7b00-7000-8000-000000000001'),
       u AS (UPDATE recordings SET duration_ms = 77 WHERE id = '018f3c2a-7b00-7000-8000-000000000002')
  INSERT INTO recordings (id, user_id, source, duration_ms) VALUES ('018f3c2a-7b00-7000-8000-000000000003', %L, 'merged', 5)$$, :'an')
END \gexec
\set ECHO all
TABLE t.inexact;

-- Two tables in one statement.
WITH r AS (INSERT INTO recordings (id, user_id, source, duration_ms) VALUES ('018f3c2a-7b00-7000-8000-000000000004', :'an', 'both', 9) RETURNING id)
INSERT INTO segments SELECT id, i, 0, 1, 'both' FROM r, generate_series(1, 3) AS i;
TABLE totals;
TABLE t.inexact;
WITH s AS (DELETE FROM segments WHERE idx >= 1003 RETURNING recording_id)
UPDATE recordings SET duration_ms = duration_ms + 1 WHERE id IN (SELECT recording_id FROM s);
TABLE t.inexact;

-- Everything out and in again, and COPY.
CREATE TABLE kept AS TABLE recordings;
CREATE TABLE kept_segments AS TABLE segments;
DELETE FROM recordings;
TABLE totals;
TABLE t.inexact;
INSERT INTO recordings SELECT * FROM kept;
INSERT INTO segments SELECT * FROM kept_segments;
TABLE totals;
TABLE t.inexact;
COPY segments FROM stdin;
018f3c2a-7b00-7000-8000-000000000004	10	0	1	copied	\N
018f3c2a-7b00-7000-8000-000000000004	11	0	1	copied	\N
018f3c2a-7b00-7000-8000-000000000003	10	0	1	copied	{"a": 1}
\.
SELECT segment_count FROM recordings WHERE source IN ('both', 'merged') ORDER BY source;
TABLE t.inexact;

-- DELETE: of segments, of recordings with theirs, of a user with everything.
DELETE FROM segments WHERE idx % 2 = 0;
TABLE t.inexact;
DELETE FROM recordings WHERE source LIKE 'many 2%';
TABLE t.inexact;
TABLE totals;
WITH s AS (DELETE FROM segments WHERE text = 'both'), r AS (DELETE FROM recordings WHERE source = 'both')
SELECT 'both' AS deleted;
TABLE t.inexact;
DELETE FROM users WHERE id = :'binh';
TABLE totals;
TABLE t.inexact;
SELECT count(*) FROM recordings WHERE user_id = :'binh';

-- A subscription that is deleted and made again knows the rows.
DELETE FROM user_subscriptions WHERE user_id = :'an';
INSERT INTO recordings (user_id, source, duration_ms) VALUES (:'an', 'meanwhile', 100);
INSERT INTO user_subscriptions (user_id, plan_id, cycle_start, cycle_end)
  SELECT :'an', id, now() - interval '1 day', now() + interval '1 day' FROM plans WHERE code = 'FREE';
TABLE t.inexact;
SELECT usage, recordings = (SELECT count(*) FROM recordings) AS all_of_them FROM totals;

-- The procedures count on.
SELECT recording_id AS r1 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
CALL sp_complete_recording(:'r1', 2500, t.segments(1200));
TABLE t.inexact;
BEGIN;
INSERT INTO recordings (user_id, source, duration_ms) VALUES (:'an', 'mixed', 100);
SELECT recording_id AS r2 FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
INSERT INTO segments VALUES (:'r2', 0, 0, 1, 'mixed');
DELETE FROM segments WHERE recording_id = :'r2';
CALL sp_complete_recording(:'r2', 10, t.segments(3));
DELETE FROM segments WHERE recording_id = :'r2' AND idx = 1;
UPDATE recordings SET duration_ms = 20 WHERE id = :'r2';
TABLE t.inexact;
COMMIT;
TABLE t.inexact;

-- TRUNCATE.
TRUNCATE segments;
SELECT segments FROM totals;
TABLE t.inexact;
INSERT INTO segments SELECT id, 0, 0, 1, 'x' FROM recordings;
TRUNCATE recordings;
SELECT state FROM t.error_of('TRUNCATE recordings');
TRUNCATE recordings CASCADE;
TABLE totals;
TABLE t.inexact;
INSERT INTO recordings (user_id, source) VALUES (:'an', 'last');
BEGIN;
TRUNCATE recordings, segments, segment_revisions;
ROLLBACK;
TABLE t.inexact;
SELECT recordings FROM totals;
TRUNCATE users CASCADE;
TABLE totals;

-- With triggers off, as a replica or a restore has them, rows and totals travel as they are.
CALL sp_register_user('chi@example.com', 'chi', 'hash', NULL, 'OPEN');
SET session_replication_role = replica;
INSERT INTO recordings (user_id, source, duration_ms, segment_count) VALUES (t.uid('chi'), 'replicated', 10, 3);
RESET session_replication_role;
SELECT recordings, segments FROM totals;
SELECT segment_count FROM recordings;

-- What recordings in processing hold: inserted, changed, ended, begun again, moved to another user, deleted.
SELECT s2t_register_user('em@example.com', 'em', 'hash', 'Em', 'OPEN') AS em,
       s2t_register_user('giang@example.com', 'giang', 'hash', 'Giang', 'OPEN') AS giang \gset
CREATE VIEW held AS SELECT user_name, held_seconds FROM user_subscriptions JOIN users ON id = user_id WHERE user_name IN ('em', 'giang') ORDER BY 1;
INSERT INTO recordings (user_id, source, status, held_seconds)
  SELECT :'em', 'held ' || i, CASE i WHEN 3 THEN 'done' ELSE 'processing' END, 10 * i FROM generate_series(1, 4) AS i;
TABLE held;
UPDATE recordings SET held_seconds = 15 WHERE source = 'held 1';
UPDATE recordings SET status = 'failed' WHERE source = 'held 2';
TABLE held;
UPDATE recordings SET status = 'processing' WHERE source IN ('held 2', 'held 3');
TABLE held;
UPDATE recordings SET user_id = :'giang' WHERE source = 'held 4';
DELETE FROM recordings WHERE source = 'held 1';
TABLE held;
TABLE t.inexact;
DROP VIEW held;

-- One's own segment is no reason to reach another's: a user without a subscription.
DELETE FROM users;
INSERT INTO users (email, password_hash, user_name) VALUES ('dung@example.com', 'hash', 'dung');
INSERT INTO recordings (user_id, source) SELECT id, 'no subscription' FROM users;
INSERT INTO segments SELECT id, 0, 0, 1, 'x' FROM recordings;
SELECT segment_count FROM recordings;
TABLE t.inexact;

DROP TABLE kept, kept_segments;
DROP VIEW totals;
CALL t.clear();
