-- Every error, with its SQLSTATE, message, detail, hint and constraint. None of them leaves anything behind.
CALL t.plans();
-- A failed completion would be marked, but a moment after its transaction (see failure marks): not here.
SET s2t.mark_failed = off;
CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'OPEN');
SELECT t.uid('an') AS an \gset
-- Some details name the recording, so its id is the same every time.
\set r '018f3c2a-7b00-7000-8000-000000000001'
INSERT INTO recordings (id, user_id, source) VALUES (:'r', :'an', 'direct');

\pset format unaligned
\pset tuples_only on
CREATE FUNCTION e(statement text) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(E'\n    ', concat_ws(' ', state, message), 'DETAIL: ' || nullif(detail, ''), 'HINT: ' || nullif(hint, ''),
                   'CONSTRAINT: ' || nullif("constraint", ''), 'TABLE: ' || nullif("table", ''))
  FROM t.error_of(statement)
$$;
-- How a call with these segments fails.
CREATE FUNCTION segments_error(recording text, segments text) RETURNS text LANGUAGE sql AS $$
  SELECT e(format('CALL sp_complete_recording(%L, 1000, %L)', recording, segments))
$$;

--
-- sp_register_user
--
SELECT e($$CALL sp_register_user(NULL, 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@example.com', NULL, 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@example.com', 'x', NULL, 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@example.com', 'x', 'hash', 'X', NULL)$$);
SELECT e($$SELECT s2t_register_user(NULL, NULL, NULL, NULL, NULL)$$);
SELECT e($$CALL sp_register_user('', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user(E' \t\n', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user(' ', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user(E'\n', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('example.com', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('@example.com', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('@', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@y@example.com', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x y@example.com', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user(E'x\ty@example.com', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user(E'x\u00a0y@example.com', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user(E'x\u0001@example.com', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user(E'x\u0007@example.com', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user(E'x\u007f@example.com', 'x', 'hash', 'X', 'FREE')$$);
-- 255 bytes, the second time of 254 characters.
SELECT e($$CALL sp_register_user(repeat('x', 243) || '@example.com', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('ý' || repeat('x', 241) || '@example.com', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@example.com', '', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@example.com', ' ', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@example.com', '   ', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@example.com', repeat('x', 65), 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@example.com', repeat('ữ', 65), 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@example.com', E'x\ny', 'hash', 'X', 'FREE')$$);
-- A hash never appears in an error.
SELECT e($$CALL sp_register_user('x@example.com', 'x', '', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@example.com', 'x', ' ', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@example.com', 'x', E' \t ', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@example.com', 'x', E'\r', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('an@example.com', 'x', 'secret-hash', 'X', 'FREE')$$) NOT LIKE '%secret%' AS no_hash;
SELECT e($$CALL sp_register_user('x@example.com', 'x', 'hash', 'X', '')$$);
SELECT e($$CALL sp_register_user('x@example.com', 'x', 'hash', 'X', 'GOLD')$$);
SELECT e($$CALL sp_register_user('x@example.com', 'x', 'hash', 'X', 'free')$$);
SELECT e($$CALL sp_register_user('x@example.com', 'x', 'hash', 'X', ' FREE')$$);
SELECT e($$CALL sp_register_user('an@example.com', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('AN@EXAMPLE.COM', 'x', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@example.com', 'an', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('x@example.com', 'AN', 'hash', 'X', 'FREE')$$);
SELECT e($$CALL sp_register_user('  an@example.com ', ' an ', 'hash', 'X', 'FREE')$$);
SELECT e($$SELECT s2t_register_user('x@example.com', 'an', 'hash', 'X', 'FREE')$$);
UPDATE plans SET is_active = false WHERE code = 'TINY';
SELECT e($$CALL sp_register_user('x@example.com', 'x', 'hash', 'X', 'TINY')$$);
UPDATE plans SET is_active = true WHERE code = 'TINY';
SELECT count(*) FROM users;

--
-- sp_check_quota_and_create_recording
--
SELECT e($$SELECT sp_check_quota_and_create_recording(NULL, 'upload')$$);
SELECT e(format($$SELECT sp_check_quota_and_create_recording(%L, NULL)$$, :'an'));
SELECT e(format($$SELECT sp_check_quota_and_create_recording(%L, 'upload', NULL)$$, :'an'));
SELECT e(format($$SELECT sp_check_quota_and_create_recording(%L, 'upload', 'vi', NULL)$$, :'an'));
SELECT e(format($$SELECT sp_check_quota_and_create_recording(%L, '')$$, :'an'));
SELECT e(format($$SELECT sp_check_quota_and_create_recording(%L, ' ')$$, :'an'));
SELECT e(format($$SELECT sp_check_quota_and_create_recording(%L, E'\t\n')$$, :'an'));
SELECT e(format($$SELECT sp_check_quota_and_create_recording(%L, repeat('x', 65))$$, :'an'));
SELECT e(format($$SELECT sp_check_quota_and_create_recording(%L, 'upload', %L)$$, :'an', tag))
FROM unnest(ARRAY['', ' ', 'v', 'vi_VN', 'tiếng Việt', 'việt', 'vi-', '-vi', 'vi VN', 'vietnamese-x', 'vi-VN-VN-', 'a-DE', 'ar-a-aaa-b-bbb-a-ccc']) AS tag;
SELECT e(format($$SELECT sp_check_quota_and_create_recording(%L, 'upload', 'vi', '[]')$$, :'an'));
SELECT e(format($$SELECT sp_check_quota_and_create_recording(%L, 'upload', 'vi', '"text"')$$, :'an'));
SELECT e(format($$SELECT sp_check_quota_and_create_recording(%L, 'upload', 'vi', '1')$$, :'an'));
SELECT e(format($$SELECT sp_check_quota_and_create_recording(%L, 'upload', 'vi', 'true')$$, :'an'));
SELECT e(format($$SELECT sp_check_quota_and_create_recording(%L, 'upload', 'vi', 'null')$$, :'an'));
UPDATE user_subscriptions SET usage_count = 2147483647;
SELECT e(format($$SELECT sp_check_quota_and_create_recording(%L, 'upload')$$, :'an'));
UPDATE user_subscriptions SET usage_count = 0;

--
-- sp_complete_recording
--
SELECT e($$CALL sp_complete_recording(NULL, 1000, '[]')$$);
SELECT e(format($$CALL sp_complete_recording(%L, NULL, '[]')$$, :'r'));
SELECT e(format($$CALL sp_complete_recording(%L, 1000, NULL)$$, :'r'));
SELECT e(format($$CALL sp_complete_recording(%L, -1, '[]')$$, :'r'));
SELECT e($$CALL sp_complete_recording('123e4567-e89b-12d3-a456-426614174000', 1000, '[]')$$);
SELECT segments_error(:'r', '{}');
SELECT segments_error(:'r', '"text"');
SELECT segments_error(:'r', 'null');
SELECT segments_error(:'r', 'true');
SELECT segments_error(:'r', '1');
-- An element that is no object.
SELECT segments_error(:'r', '[1]');
SELECT segments_error(:'r', '[[]]');
SELECT segments_error(:'r', '[null]');
SELECT segments_error(:'r', '["a"]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "a"}, "b"]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "a"}, 2]');
-- A key that is missing.
SELECT segments_error(:'r', '[{}]');
SELECT segments_error(:'r', '[{"start_ms": 0, "end_ms": 1, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "end_ms": 1, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": 1}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": 1, "Text": "a"}]');
-- A value of the wrong type.
SELECT segments_error(:'r', '[{"idx": "0", "start_ms": 0, "end_ms": 1, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": null, "end_ms": 1, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": true, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": false, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": [1], "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": {"a": 1}, "start_ms": 0, "end_ms": 1, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": 5}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": null}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": {"vi": "a"}}]');
-- Fractions, also whole ones.
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0.5, "end_ms": 1, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": 1.0, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 1e-1, "start_ms": 0, "end_ms": 1, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "a"}, {"idx": 1.5, "start_ms": 0, "end_ms": 1, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "a"}, {"idx": 1.0, "start_ms": 0, "end_ms": 1, "text": "a"}]');
-- Numbers out of range.
SELECT segments_error(:'r', '[{"idx": 2147483648, "start_ms": 0, "end_ms": 1, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": 4294967296, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": -2147483649, "end_ms": 1, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": 1e20, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": 99999999999999999999999, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": -9223372036854775809, "end_ms": 1, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": -1, "start_ms": 0, "end_ms": 1, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": -1, "end_ms": 1, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 5, "end_ms": 4, "text": "a"}]');
SELECT segments_error(:'r', '[{"idx": 0, "start_ms": 0, "end_ms": -1, "text": "a"}]');
-- The place of the first bad element is told, from 0; idx given twice, far apart and out of order.
SELECT segments_error(:'r', (t.segments(3) || '[{"idx": 3, "start_ms": 5, "end_ms": 4, "text": "a"}, 1]')::text);
SELECT segments_error(:'r', '[{"idx": 1, "start_ms": 0, "end_ms": 1, "text": "a"}, {"idx": 0, "start_ms": 0, "end_ms": 1, "text": "a"}, {"idx": 1, "start_ms": 0, "end_ms": 1, "text": "a"}]');
SELECT segments_error(:'r', (t.segments(3000) || '[{"idx": 7, "start_ms": 0, "end_ms": 1, "text": "a"}]')::text);
-- A long value is cut.
SELECT segments_error(:'r', format('[{"idx": "%s", "start_ms": 0, "end_ms": 1, "text": "a"}]', repeat('ữ', 5000)));
SELECT status, segment_count, duration_ms FROM recordings WHERE id = :'r';
SELECT count(*) FROM segments;
-- Too many seconds for the counter.
UPDATE user_subscriptions SET used_seconds = 2147483647;
SELECT e(format($$CALL sp_complete_recording(%L, 1, '[]')$$, :'r'));
UPDATE user_subscriptions SET used_seconds = 0;
-- Segments brought by other means.
INSERT INTO segments VALUES (:'r', 0, 0, 1, 'direct');
SELECT e(format($$CALL sp_complete_recording(%L, 1, '[]')$$, :'r'));
DELETE FROM segments;
-- Completed otherwise.
CALL sp_complete_recording(:'r', 1000, '[]');
SELECT e(format($$CALL sp_complete_recording(%L, 1001, '[]')$$, :'r'));
-- Bad input is bad input, also for a recording that is done.
SELECT segments_error(:'r', '[1]');
-- Done by other means: nothing tells that the content is the same.
INSERT INTO recordings (id, user_id, source, status, duration_ms) VALUES ('018f3c2a-7b00-7000-8000-000000000002', :'an', 'direct', 'done', 1000);
SELECT e($$CALL sp_complete_recording('018f3c2a-7b00-7000-8000-000000000002', 1001, '[]')$$);

--
-- sp_fail_recording
--
SELECT e($$CALL sp_fail_recording(NULL, 'because')$$);
SELECT e(format($$CALL sp_fail_recording(%L, NULL)$$, :'r'));
SELECT e(format($$CALL sp_fail_recording(%L, '')$$, :'r'));
SELECT e(format($$CALL sp_fail_recording(%L, ' ')$$, :'r'));
SELECT e(format($$CALL sp_fail_recording(%L, E'\r')$$, :'r'));
SELECT e($$CALL sp_fail_recording('123e4567-e89b-12d3-a456-426614174000', 'because')$$);
SELECT e(format($$CALL sp_fail_recording(%L, 'because')$$, :'r'));

--
-- sp_get_user_stats, sp_change_user_plan
--
SELECT e($$SELECT sp_get_user_stats(NULL)$$);
SELECT e($$CALL sp_change_user_plan(NULL, 'FREE')$$);
SELECT e(format($$CALL sp_change_user_plan(%L, NULL)$$, :'an'));
SELECT e(format($$CALL sp_change_user_plan(%L, ' ')$$, :'an'));
SELECT e(format($$CALL sp_change_user_plan(%L, 'FREE', NULL)$$, :'an'));

--
-- sp_cleanup_old_recordings, sp_purge_old_recordings
--
SELECT e($$SELECT sp_cleanup_old_recordings(NULL)$$);
SELECT e($$SELECT sp_cleanup_old_recordings(90, NULL)$$);
SELECT e($$SELECT sp_cleanup_old_recordings(-1)$$);
SELECT e($$SELECT sp_cleanup_old_recordings(90, 0)$$);
SELECT e($$SELECT sp_cleanup_old_recordings(90, -1)$$);
\set VERBOSITY sqlstate
CALL sp_purge_old_recordings(NULL);
CALL sp_purge_old_recordings(90, NULL);
CALL sp_purge_old_recordings(-1);
CALL sp_purge_old_recordings(90, 0);
\set VERBOSITY default
SELECT e($$CALL sp_purge_old_recordings(90)$$);

--
-- The settings
--
SELECT e($$SET s2t.timezone = 'Mars/Olympus'$$);
SELECT e($$SET s2t.timezone = ''$$);
SELECT e($$SET s2t.lazy_rollover = 'perhaps'$$);
SHOW s2t.timezone;
SHOW s2t.lazy_rollover;

--
-- The tables' own keys hold for direct DML; their checks are in test/pgtap/schema.sql.
--
SELECT e($$INSERT INTO plans (code, name) VALUES ('FREE', 'Again')$$);
SELECT state FROM t.error_of($$DELETE FROM plans WHERE code = 'OPEN'$$);
SELECT state FROM t.error_of($$INSERT INTO segments VALUES ('123e4567-e89b-12d3-a456-426614174000', 1, 1, 1, 'a')$$);
SELECT state FROM t.error_of($$UPDATE users SET email = upper(email) || 'x', id = '123e4567-e89b-12d3-a456-426614174000'$$);

\pset tuples_only off
\pset format aligned
-- After all that, in the same session: nothing is left, everything works.
SELECT * FROM t.subscriptions;
TABLE t.inexact;
SELECT quota_ok FROM sp_check_quota_and_create_recording(:'an', 'upload');

DROP FUNCTION segments_error(text, text), e(text);
CALL t.clear();
