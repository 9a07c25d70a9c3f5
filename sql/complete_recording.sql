-- sp_complete_recording: repetitions, other content, odd segments, what is long, and transactions.
-- What it does: test/pgtap/complete.sql; what it refuses as bad input: errors.sql.
CALL t.plans();
-- A failed completion would be marked, but a moment after its transaction (see failure marks): not here.
SET s2t.mark_failed = off;
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'FREE');
SELECT t.uid('an') AS an \gset

-- A retry raises a NOTICE that names the recording; ids are new every time, so only this one is shown.
INSERT INTO recordings (id, user_id, source) VALUES ('018f3c2a-7b00-7000-8000-000000000001', :'an', 'direct');
CALL sp_complete_recording('018f3c2a-7b00-7000-8000-000000000001', 0, t.segments(1));
CALL sp_complete_recording('018f3c2a-7b00-7000-8000-000000000001', 0, t.segments(1));
-- (Completing it charged it: whoever inserts a recording has charged nothing.)
SELECT usage_count, used_seconds FROM user_subscriptions;
DELETE FROM recordings;
UPDATE user_subscriptions SET usage_count = 0;
SET client_min_messages = warning;
SELECT recording_id AS r1 FROM sp_check_quota_and_create_recording(:'an', 'realtime') \gset
SELECT recording_id AS r4 FROM sp_check_quota_and_create_recording(:'an', 'realtime') \gset
-- The document's segments.
CALL sp_complete_recording(:'r1', 60000, '[
    {"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "First segment"},
    {"idx": 1, "start_ms": 3000, "end_ms": 6000, "text": "Second segment"}]');

-- The same again changes nothing, whatever the order of the keys and their spacing.
SELECT completed_at AS before FROM recordings WHERE id = :'r1' \gset
CALL sp_complete_recording(:'r1', 60000, '[
    {"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "First segment"},
    {"idx": 1, "start_ms": 3000, "end_ms": 6000, "text": "Second segment"}]');
CALL sp_complete_recording(:'r1', 60000, '[{"text":"First segment","end_ms":3000,"idx":0,"start_ms":0},{"text":"Second segment","end_ms":6000,"start_ms":3000,"idx":1}]');
-- Other content does not fit: another duration, number, start, end, text, place where a text ends, key, one less, none.
SELECT what, e.state, e.message
FROM (VALUES
  ('duration', 60001, '[{"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "First segment"}, {"idx": 1, "start_ms": 3000, "end_ms": 6000, "text": "Second segment"}]'),
  ('idx', 60000, '[{"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "First segment"}, {"idx": 2, "start_ms": 3000, "end_ms": 6000, "text": "Second segment"}]'),
  ('start', 60000, '[{"idx": 0, "start_ms": 1, "end_ms": 3000, "text": "First segment"}, {"idx": 1, "start_ms": 3000, "end_ms": 6000, "text": "Second segment"}]'),
  ('end', 60000, '[{"idx": 0, "start_ms": 0, "end_ms": 3001, "text": "First segment"}, {"idx": 1, "start_ms": 3000, "end_ms": 6000, "text": "Second segment"}]'),
  ('end of the last', 60000, '[{"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "First segment"}, {"idx": 1, "start_ms": 3000, "end_ms": 6001, "text": "Second segment"}]'),
  ('case', 60000, '[{"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "First segment"}, {"idx": 1, "start_ms": 3000, "end_ms": 6000, "text": "Second Segment"}]'),
  ('blank', 60000, '[{"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "First segment "}, {"idx": 1, "start_ms": 3000, "end_ms": 6000, "text": "Second segment"}]'),
  ('where a text ends', 60000, '[{"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "First segmentS"}, {"idx": 1, "start_ms": 3000, "end_ms": 6000, "text": "econd segment"}]'),
  ('another key', 60000, '[{"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "First segment"}, {"idx": 1, "start_ms": 3000, "end_ms": 6000, "text": "Second segment", "speaker": "A"}]'),
  ('another key that is null', 60000, '[{"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "First segment", "meta": null}, {"idx": 1, "start_ms": 3000, "end_ms": 6000, "text": "Second segment"}]'),
  ('one less', 60000, '[{"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "First segment"}]'),
  ('none', 60000, '[]')) AS v (what, ms, segs), t.error_of(format('CALL sp_complete_recording(%L, %s, %L)', :'r1', ms, segs)) AS e;
SELECT completed_at = :'before' AS untouched FROM recordings WHERE id = :'r1';
SELECT * FROM t.subscriptions;
SELECT count(*) FROM segments;

-- Silence, and by name.
CALL sp_complete_recording(in_segments => '[]', in_duration_ms => 1001, in_recording_id => :'r4');
CALL sp_complete_recording(:'r4', 1001, '[]');
SELECT status, duration_ms, segment_count, error FROM recordings WHERE id = :'r4';
SELECT * FROM t.subscriptions;

-- Odd but right: idx with gaps and in any order, a segment of no length, an empty text, overlapping times, times beyond the
-- duration, the largest numbers, all of Unicode, keys of one's own.
SELECT recording_id AS r6 FROM sp_check_quota_and_create_recording(:'an', 'realtime') \gset
SELECT '[
  {"idx": 7, "start_ms": 100, "end_ms": 100, "text": ""},
  {"idx": 2147483647, "start_ms": 0, "end_ms": 2147483647, "text": "Xin chào 👋🏽 — \"thế giới\"\\\n\t"},
  {"idx": 0, "start_ms": 50, "end_ms": 200, "text": "a", "speaker": "B", "words": [{"w": "a", "p": 0.25}], "none": null}]' AS odd \gset
CALL sp_complete_recording(:'r6', 5000, :'odd');
SELECT state, message FROM t.error_of(format('CALL sp_complete_recording(%L, 5000, %L)', :'r6', replace(:'odd', '0.25', '0.26')));
-- How wide an emoji is, psql has learned over time.
\pset format unaligned
SELECT idx, start_ms, end_ms, text, meta FROM segments WHERE recording_id = :'r6' ORDER BY idx;
\pset format aligned
-- Of a key given twice JSON keeps the last.
SELECT recording_id AS r7 FROM sp_check_quota_and_create_recording(:'an', 'realtime') \gset
CALL sp_complete_recording(:'r7', 10, '[{"idx": 1, "idx": 2, "start_ms": 0, "end_ms": 1, "text": "x", "text": "y"}]');
SELECT idx, text FROM segments WHERE recording_id = :'r7';

-- Charging does not stop at the limit: what was allowed to start is paid for.
UPDATE user_subscriptions SET used_seconds = 1800;
SELECT recording_id AS none, quota_ok FROM sp_check_quota_and_create_recording(:'an', 'realtime');
UPDATE user_subscriptions SET used_seconds = 1799;
SELECT recording_id AS r9 FROM sp_check_quota_and_create_recording(:'an', 'realtime') \gset
CALL sp_complete_recording(:'r9', 2147483647, '[]');
SELECT seconds FROM t.subscriptions;

-- Somebody whose subscription is gone can still have a transcript.
CALL sp_register_user('binh@example.com', 'binh', 'hash', NULL, 'FREE');
SELECT recording_id AS r12 FROM sp_check_quota_and_create_recording(t.uid('binh'), 'upload') \gset
DELETE FROM user_subscriptions WHERE user_id = t.uid('binh');
CALL sp_complete_recording(:'r12', 1000, t.segments(3));
SELECT status, segment_count FROM recordings WHERE id = :'r12';

-- Text that does not fit in a page goes to TOAST.
CALL sp_register_user('chi@example.com', 'chi', 'hash', NULL, 'OPEN');
SELECT recording_id AS r14 FROM sp_check_quota_and_create_recording(t.uid('chi'), 'upload') \gset
SELECT jsonb_agg(jsonb_build_object('idx', i, 'start_ms', 0, 'end_ms', 1, 'text',
         (SELECT string_agg(md5(i::text || '.' || j), '') FROM generate_series(1, 700) AS j))) AS long
FROM generate_series(1, 30) AS i \gset
CALL sp_complete_recording(:'r14', 1000, :'long');
SELECT count(*), min(length(text)), bool_and(text = (SELECT string_agg(md5(idx::text || '.' || j), '') FROM generate_series(1, 700) AS j)) AS right
FROM segments WHERE recording_id = :'r14';
SELECT * FROM t.subscriptions;
SELECT * FROM t.inexact;

-- Segments brought by other means are not mixed with those of a call.
SELECT recording_id AS r15 FROM sp_check_quota_and_create_recording(t.uid('chi'), 'upload') \gset
INSERT INTO segments (recording_id, idx, start_ms, end_ms, text) VALUES (:'r15', 0, 0, 1, 'direct');
SELECT state, message FROM t.error_of(format('CALL sp_complete_recording(%L, 1000, %L)', :'r15', t.segments(1)));
SELECT status, segment_count FROM recordings WHERE id = :'r15';
SELECT * FROM t.inexact;

-- Several in one transaction, with a savepoint taken back between.
SELECT recording_id AS r16 FROM sp_check_quota_and_create_recording(t.uid('chi'), 'upload') \gset
SELECT recording_id AS r17 FROM sp_check_quota_and_create_recording(t.uid('chi'), 'upload') \gset
BEGIN;
CALL sp_complete_recording(:'r16', 1000, t.segments(3));
SAVEPOINT a;
CALL sp_complete_recording(:'r17', 1000, t.segments(4));
ROLLBACK TO a;
CALL sp_complete_recording(:'r17', 2000, t.segments(5));
CALL sp_complete_recording(:'r17', 2000, t.segments(5));
COMMIT;
SELECT * FROM t.subscriptions WHERE user_name = 'chi';
SELECT * FROM t.inexact;

RESET client_min_messages;
CALL t.clear();
