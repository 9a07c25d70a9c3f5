-- Transcripts that people work on (docs/editing.md; docs/reference.md, "Edits").
\ir include/begin.sql
SELECT plan(118);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('TEN', 'Ten', 10, 100);
SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'TEN') AS an \gset
SELECT s2t_register_user('binh@example.com', 'binh', 'hash', NULL, 'TEN') AS binh \gset
SELECT set_config('t.an', :'an', true) \gset
CREATE FUNCTION pg_temp.new(segments jsonb, duration int DEFAULT 60000) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE r uuid := (SELECT recording_id FROM s2t_create_recording(current_setting('t.an')::uuid, 'upload'));
BEGIN
  CALL sp_complete_recording(r, duration, segments);
  PERFORM set_config('t.r', r::text, true);
  RETURN r;
END $$;
-- What the recording says: idx, times, text, meta.
CREATE FUNCTION pg_temp.said(r uuid) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(format('%s %s-%s %s%s', idx, start_ms, end_ms, text, ' ' || meta::text), '; ' ORDER BY idx) FROM segments WHERE recording_id = r
$$;
-- What is counted: of the recording, of its owner, by a recount.
CREATE FUNCTION pg_temp.counted(r uuid) RETURNS text LANGUAGE sql AS $$
  SELECT (r.revision, r.segment_count, (SELECT count(*) FROM segments WHERE recording_id = r.id),
          s.total_segments = (SELECT count(*) FROM segments AS g JOIN recordings AS o ON o.id = g.recording_id WHERE o.user_id = r.user_id),
          s.total_duration_ms = (SELECT sum(duration_ms) FROM recordings WHERE user_id = r.user_id))::text
    FROM recordings AS r JOIN user_subscriptions AS s USING (user_id) WHERE r.id = $1
$$;
CREATE FUNCTION pg_temp.error_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
  EXECUTE statement;
  RETURN 'none';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN concat_ws(' ', SQLSTATE, SQLERRM || ':', replace(detail, current_setting('t.r'), 'R'));
END $$;
CREATE FUNCTION pg_temp.try(call text) RETURNS text LANGUAGE sql AS $$
  SELECT pg_temp.error_of(format('SELECT s2t_' || call, current_setting('t.an'), current_setting('t.r')))
$$;
CREATE FUNCTION pg_temp.run(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
  EXECUTE format('SELECT f::text FROM s2t_' || call || ' AS f', current_setting('t.an'), current_setting('t.r')) INTO result;
  RETURN result;
END $$;

SELECT pg_temp.new('[{"idx": 0, "start_ms": 0, "end_ms": 2000, "text": "Xin chào bạn.", "speaker": "A", "confidence": 0.9870,
    "words": [{"text": "Xin", "start_ms": 0, "end_ms": 400}, {"text": "chào", "start_ms": 500, "end_ms": 900}, {"text": "bạn.", "start_ms": 1200, "end_ms": 1900, "speaker": "B"}]},
  {"idx": 1, "start_ms": 2000, "end_ms": 3000, "text": "Vâng.", "speaker": "B"},
  {"idx": 2, "start_ms": 3000, "end_ms": 5000, "text": "Tạm biệt."}]') AS r \gset
CREATE TEMPORARY TABLE original AS SELECT * FROM segments WHERE recording_id = :'r';
CREATE FUNCTION pg_temp.is_original() RETURNS boolean LANGUAGE sql AS $$
  SELECT NOT EXISTS (TABLE original EXCEPT SELECT * FROM segments WHERE recording_id = current_setting('t.r')::uuid)
     AND (SELECT count(*) FROM segments WHERE recording_id = current_setting('t.r')::uuid) = (SELECT count(*) FROM original)
$$;
SELECT is(pg_temp.counted(:'r'), '(0,3,3,t,t)', 'completed: revision 0');
SELECT is_empty(format('SELECT * FROM sp_list_revisions(%L, %L)', :'an', :'r'), 'no revisions');

-- Correcting.
SELECT is(pg_temp.run('edit_segment(%L, %L, 1, ''Dạ vâng.'')'), '(1,3,1,0)', 'a text');
SELECT is((start_ms, end_ms, text, meta)::text, '(2000,3000,"Dạ vâng.","{""speaker"": ""B""}")', 'everything else stays') FROM segments WHERE recording_id = :'r' AND idx = 1;
SELECT is(pg_temp.counted(:'r'), '(1,3,3,t,t)', 'counted');
SELECT is(pg_temp.run('edit_segment(%L, %L, 1, ''Dạ vâng.'')'), '(1,3,0,0)', 'the same text again: no revision');
SELECT is(pg_temp.run('edit_segment(%L, %L, 1)'), '(1,3,0,0)', 'nothing given: no revision');
SELECT is(pg_temp.run('edit_segment(%L, %L, 2, in_start_ms => 3100, in_end_ms => 5100, in_speaker => ''An "A"'')'), '(2,3,1,0)', 'times and a speaker');
SELECT is((start_ms, end_ms, text, meta)::text, '(3100,5100,"Tạm biệt.","{""speaker"": ""An \\""A\\""""}")', 'are there') FROM segments WHERE recording_id = :'r' AND idx = 2;
SELECT is(pg_temp.run('edit_segment(%L, %L, 2, in_speaker => '''')'), '(3,3,1,0)', 'an empty speaker');
SELECT is(meta, NULL, 'is none') FROM segments WHERE recording_id = :'r' AND idx = 2;
SELECT is(pg_temp.run('edit_segment(%L, %L, 0, ''Xin chúc bạn.'')'), '(4,3,1,0)', 'a word for a word');
SELECT is(meta -> 'words' -> 1, '{"text": "chúc", "start_ms": 500, "end_ms": 900}', 'takes over its times') FROM segments WHERE recording_id = :'r' AND idx = 0;
SELECT is(meta ->> 'confidence', '0.9870', 'every digit of the rest stays') FROM segments WHERE recording_id = :'r' AND idx = 0;
SELECT is(pg_temp.run('edit_segment(%L, %L, 0, ''Xin bạn.'')'), '(5,3,1,1)', 'a word that is gone is told');
SELECT is(pg_temp.run('edit_segment(%L, %L, 0, in_text => '''')'), '(6,3,1,2)', 'a text may be empty');

-- Undoing goes further and further back; an undo is a revision.
SELECT is(pg_temp.run('undo(%L, %L)'), '(7,3,1,0)', 'undo');
SELECT is(text, 'Xin bạn.', 'what was before is back') FROM segments WHERE recording_id = :'r' AND idx = 0;
SELECT is(pg_temp.run('undo(%L, %L, 7)'), '(8,3,1,0)', 'a second one goes one further back');
SELECT is(text, 'Xin chúc bạn.', 'so it does') FROM segments WHERE recording_id = :'r' AND idx = 0;
SELECT is(pg_temp.run('edit_segment(%L, %L, 1, ''Ừ.'')'), '(9,3,1,0)', 'another edit');
SELECT is((SELECT string_agg(pg_temp.run('undo(%L, %L)'), ' ') FROM generate_series(1, 5)), '(10,3,1,0) (11,3,1,0) (12,3,1,0) (13,3,1,0) (14,3,1,0)', 'all of them');
SELECT ok(pg_temp.is_original(), 'the transcript is as it was completed');
SELECT is(pg_temp.try('undo(%L, %L)'), '55000 there is nothing to undo: The transcript of the recording R is as it was completed, or what was before is not kept.', 'nothing further');
SELECT results_eq(format('SELECT revision, kind, kept_count, undoes, undone FROM sp_list_revisions(%L, %L) LIMIT 6', :'an', :'r'),
  $$VALUES (14, 'undo', 1, 1, false), (13, 'undo', 1, 2, false), (12, 'undo', 1, 3, false), (11, 'undo', 1, 4, false), (10, 'undo', 1, 9, false), (9, 'edit', 1, NULL, true)$$, 'the list of revisions');
SELECT is((SELECT count(*) FROM sp_list_revisions(:'an', :'r')), 14::bigint, 'all of them');
SELECT is_empty(format('SELECT * FROM sp_list_revisions(%L, %L)', :'binh', :'r'), 'nothing for anybody else');

-- Who has seen what.
SELECT is(pg_temp.try('edit_segment(%L, %L, 1, ''x'', in_revision => 13)'), '55000 transcript was changed meanwhile: The transcript of the recording R has the revision 14; in_revision is 13.', 'a revision that is gone');
SELECT is(pg_temp.try('rename_speaker(%L, %L, ''A'', ''B'', 15)'), '55000 transcript was changed meanwhile: The transcript of the recording R has the revision 14; in_revision is 15.', 'one that is not there yet');
SELECT is(pg_temp.try('split_segment(%L, %L, 0, in_at_char => 4, in_revision => 0)'), '55000 transcript was changed meanwhile: The transcript of the recording R has the revision 14; in_revision is 0.', 'of a split');
SELECT is(pg_temp.try('merge_segments(%L, %L, 0, 1, 0)'), '55000 transcript was changed meanwhile: The transcript of the recording R has the revision 14; in_revision is 0.', 'of a merge');
SELECT is(pg_temp.try('undo(%L, %L, 0)'), '55000 transcript was changed meanwhile: The transcript of the recording R has the revision 14; in_revision is 0.', 'of an undo');
SELECT ok(pg_temp.is_original(), 'nothing has changed');
SELECT is(pg_temp.run('edit_segment(%L, %L, 1, ''Vâng!'', in_revision => 14)'), '(15,3,1,0)', 'the one that there is');
SELECT is(pg_temp.run('undo(%L, %L, 15)'), '(16,3,1,0)', 'and back');

-- Errors.
SELECT is(pg_temp.error_of(format('SELECT s2t_edit_segment(%L, %L, 0, ''x'')', :'binh', :'r')), 'P0002 recording not found: No recording has the id R.', 'somebody else''s');
SELECT is(pg_temp.error_of(format('SELECT s2t_undo(%L, %L)', :'binh', :'r')), 'P0002 recording not found: No recording has the id R.', 'to undo, too');
SELECT is(substr(pg_temp.error_of(format('SELECT s2t_undo(%L, %L)', :'an', gen_random_uuid())), 1, 30), 'P0002 recording not found: No ', 'one that is not there');
SELECT is(pg_temp.try('edit_segment(%L, %L, 3, ''x'')'), 'P0002 segment not found: The recording R has no segment with the idx 3.', 'a segment that is not there');
SELECT is(pg_temp.try('split_segment(%L, %L, -1, 1, 1)'), 'P0002 segment not found: The recording R has no segment with the idx -1.', 'to split');
SELECT is(pg_temp.try('merge_segments(%L, %L, 1, 3)'), 'P0002 segment not found: The recording R has no segment with the idx 3.', 'to merge');
SELECT is(pg_temp.try('merge_segments(%L, %L, 2, 1)'), '22023 invalid range of segments: The value of in_last is 1; at least 2, that of in_first, is expected.', 'a range the wrong way round');
SELECT is(pg_temp.try('edit_segment(%L, %L, 0, in_start_ms => 2001)'), '22023 invalid edit: The segment would end at 2000 ms; at least 2001, its start, is expected.', 'an end before the start');
SELECT is(pg_temp.try('edit_segment(%L, %L, 0, in_start_ms => -1)'), '22023 invalid edit: The segment would start at -1 ms; at least 0 is expected.', 'a start before the beginning');
SELECT is(pg_temp.try('edit_segment(%L, %L, 0, in_speaker => E''a\nb'')'), '22023 invalid speaker: Argument in_speaker has a control character.', 'a speaker of two lines');
SELECT is(pg_temp.try('rename_speaker(%L, %L, ''A'', '' '')'), '22023 invalid speaker: Argument in_to is blank.', 'a speaker without a name');
SELECT is(left(pg_temp.try('edit_segment(NULL, %2$L, 0)'), 5), '22023', 'no user');
SELECT is(left(pg_temp.try('edit_segment(%L, NULL, 0)'), 5), '22023', 'no recording');
SELECT is(left(pg_temp.try('edit_segment(%L, %L, NULL)'), 5), '22023', 'no segment');
SELECT is(pg_temp.try('split_segment(%L, %L, 0)'), '22023 segment cannot be split there: Both in_at_ms and in_at_char are NULL.', 'a split nowhere');
SELECT is(pg_temp.try('split_segment(%L, %L, 1, 2500)'), '22023 segment cannot be split there: No words with times tell where 2500 ms is in its text.', 'a split by time without words');
SELECT is(pg_temp.try('split_segment(%L, %L, 1, 3001, 2)'), '22023 segment cannot be split there: The value of in_at_ms is 3001; the segment is from 2000 to 3000.', 'a split behind its end');
SELECT is(pg_temp.try('split_segment(%L, %L, 1, NULL, 5)'), '22023 segment cannot be split there: Of its 5 characters 5 would be before the cut.', 'a split behind its text');
SELECT recording_id AS processing FROM s2t_create_recording(:'an', 'upload') \gset
SELECT is(pg_temp.error_of(format('SELECT s2t_edit_segment(%L, %L, 0, ''x'')', :'an', :'processing')), '55000 recording is not completed: The recording ' || :'processing' || ' is in processing.', 'one in processing');
CALL sp_fail_recording(:'processing', 'engine');
SELECT is(pg_temp.error_of(format('SELECT s2t_replace_segments(%L, %L, 1, ''[]'')', :'an', :'processing')), '55000 recording is not completed: The recording ' || :'processing' || ' has failed.', 'one that has failed');
SELECT ok(pg_temp.is_original(), 'nothing has changed by these');

-- Speakers.
SELECT is(pg_temp.run('rename_speaker(%L, %L, ''B'', ''Bình'')'), '(17,3,2,0)', 'a speaker of a segment and of a word');
SELECT is((SELECT string_agg(meta ->> 'speaker', ' ' ORDER BY idx) FROM segments WHERE recording_id = :'r'), 'A Bình', 'is renamed');
SELECT is(meta #>> '{words,2,speaker}', 'Bình', 'in the word, too') FROM segments WHERE recording_id = :'r' AND idx = 0;
SELECT is(pg_temp.run('rename_speaker(%L, %L, ''B'', ''C'')'), '(17,3,0,0)', 'nobody of that name: no revision');
SELECT is(pg_temp.run('rename_speaker(%L, %L, ''A'', ''A'')'), '(17,3,0,0)', 'the name there is: no revision');
SELECT is(pg_temp.run('rename_speaker(%L, %L, ''Bình'', ''A'')'), '(18,3,2,0)', 'two become one');
SELECT is(pg_temp.run('undo(%L, %L)') || pg_temp.run('undo(%L, %L)'), '(19,3,2,0)(20,3,2,0)', 'which can be undone');
SELECT ok(pg_temp.is_original(), 'and they are two again');

-- Splitting and merging.
SELECT is(pg_temp.run('split_segment(%L, %L, 0, in_at_char => 9)'), '(21,4,2,0)', 'split after nine characters');
SELECT is(pg_temp.said(:'r'), '0 0-900 Xin chào {"words": [{"text": "Xin", "end_ms": 400, "start_ms": 0}, {"text": "chào", "end_ms": 900, "start_ms": 500}], "speaker": "A", "confidence": 0.9870}; '
  || '1 1200-2000 bạn. {"words": [{"text": "bạn.", "end_ms": 1900, "speaker": "B", "start_ms": 1200}], "speaker": "A", "confidence": 0.9870}; 2 2000-3000 Vâng. {"speaker": "B"}; 3 3000-5000 Tạm biệt.', 'words on both sides, the rest moved');
SELECT is(pg_temp.counted(:'r'), '(21,4,4,t,t)', 'counted');
SELECT is(pg_temp.run('split_segment(%L, %L, 0, in_at_ms => 450)'), '(22,5,2,0)', 'by the time of a word');
SELECT is(pg_temp.run('split_segment(%L, %L, 4, 4000, 3)'), '(23,6,2,0)', 'by both');
SELECT is((SELECT string_agg(idx || ' ' || start_ms || '-' || end_ms || ' ' || text, '; ' ORDER BY idx) FROM segments WHERE recording_id = :'r'),
  '0 0-450 Xin; 1 450-900 chào; 2 1200-2000 bạn.; 3 2000-3000 Vâng.; 4 3000-4000 Tạm; 5 4000-5000 biệt.', 'six of them');
SELECT is(pg_temp.run('merge_segments(%L, %L, 1, 4)'), '(24,3,1,0)', 'four become one');
SELECT is((SELECT string_agg(idx || ' ' || start_ms || '-' || end_ms || ' ' || text || coalesce(' ' || (meta ->> 'speaker'), ''), '; ' ORDER BY idx) FROM segments WHERE recording_id = :'r'),
  '0 0-450 Xin A; 1 450-4000 chào bạn. Vâng. Tạm A; 2 4000-5000 biệt.', 'of the first one''s speaker');
SELECT is(pg_temp.counted(:'r'), '(24,3,3,t,t)', 'counted');
SELECT is(sp_export_transcript(:'r', 'txt'), E'A: Xin\nchào bạn. Vâng. Tạm\nbiệt.\n', 'exported');
SELECT results_eq(format('SELECT idx FROM sp_search_segments(%L, ''"ban. vang"'')', :'an'), 'VALUES (1)', 'found by what it says now');
SELECT is((SELECT string_agg(pg_temp.run('undo(%L, %L)'), '') FROM generate_series(1, 4)), '(25,6,4,0)(26,5,1,0)(27,4,1,0)(28,3,1,0)', 'all undone');
SELECT ok(pg_temp.is_original(), 'the transcript is as it was completed');
SELECT is(pg_temp.counted(:'r'), '(28,3,3,t,t)', 'counted');
SELECT is(pg_temp.run('merge_segments(%L, %L, 1, 1)'), '(28,3,0,0)', 'one alone: no revision');

-- A retried completion is a repetition still.
CREATE FUNCTION pg_temp.repeat(r uuid) RETURNS boolean LANGUAGE sql AS $$
  SELECT repeated FROM s2t_complete_recording(r, 60000, (SELECT jsonb_agg(jsonb_build_object('idx', idx, 'start_ms', start_ms, 'end_ms', end_ms, 'text', text) || coalesce(meta, '{}') ORDER BY idx) FROM original))
$$;
SELECT is(pg_temp.run('merge_segments(%L, %L, 0, 2)'), '(29,1,1,0)', 'all in one');
SELECT ok(pg_temp.repeat(:'r'), 'the completion again is a repetition');
SELECT is(pg_temp.counted(:'r'), '(29,1,1,t,t)', 'which touches no edit');
SELECT is(pg_temp.run('undo(%L, %L)'), '(30,3,3,0)', 'undone');

-- A better transcript.
SELECT is((used_seconds, usage_count)::text, '(60,1)', 'a minute was charged') FROM user_subscriptions WHERE user_id = :'an';
SELECT is(pg_temp.run('edit_segment(%L, %L, 1, ''Vâng ạ.'')'), '(31,3,1,0)', 'a correction');
SELECT is(pg_temp.run('replace_segments(%L, %L, 61500, ''[{"idx": 0, "start_ms": 0, "end_ms": 100, "text": "một"}, {"idx": 1, "start_ms": 100, "end_ms": 200, "text": "hai"}]'')'), '(f,32,2,61500,60)', 'replaced, not charged');
SELECT is(pg_temp.said(:'r'), '0 0-100 một; 1 100-200 hai', 'it says something else');
SELECT is(pg_temp.counted(:'r'), '(32,2,2,t,t)', 'counted');
SELECT is(pg_temp.run('replace_segments(%L, %L, 61500, ''[{"idx": 0, "start_ms": 0, "end_ms": 100, "text": "một"}, {"idx": 1, "start_ms": 100, "end_ms": 200, "text": "hai"}]'')'), '(t,32,2,61500,60)', 'again: nothing');
SELECT is(pg_temp.run('replace_segments(%L, %L, 61500, ''[{"idx": 0, "start_ms": 0, "end_ms": 100, "text": "một"}, {"idx": 1, "start_ms": 100, "end_ms": 200, "text": "hai"}]'', true)'), '(t,32,2,61500,62)', 'but charged, if asked to');
SELECT is(pg_temp.run('replace_segments(%L, %L, 61500, ''[{"idx": 0, "start_ms": 0, "end_ms": 100, "text": "một"}, {"idx": 1, "start_ms": 100, "end_ms": 200, "text": "hai"}]'', true)'), '(t,32,2,61500,62)', 'once');
SELECT is((used_seconds, usage_count)::text, '(62,1)', 'no recording') FROM user_subscriptions WHERE user_id = :'an';
SELECT is(sum(seconds), 62::bigint, 'the ledger has it') FROM usage_entries WHERE recording_id = :'r';
SELECT is(pg_temp.run('edit_segment(%L, %L, 1, ''ba'')'), '(33,2,1,0)', 'edited since');
SELECT is(pg_temp.run('replace_segments(%L, %L, 61500, ''[{"idx": 0, "start_ms": 0, "end_ms": 100, "text": "một"}, {"idx": 1, "start_ms": 100, "end_ms": 200, "text": "hai"}]'', true)'), '(t,33,2,61500,62)', 'is a repetition still');
SELECT is(pg_temp.run('replace_transcript(%L, %L, E''WEBVTT\n\n00:00.000 --> 00:30.000\n<v An>Chào\n'', in_charge => true)'), '(f,34,1,30000,62)', 'a document; shorter ones give nothing back');
SELECT is(pg_temp.said(:'r'), '0 0-30000 Chào {"speaker": "An"}', 'is read');
SELECT is(pg_temp.error_of(format('SELECT s2t_replace_transcript(%L, %L, ''nonsense'')', :'an', :'r')) LIKE '22023 %', true, 'one that cannot be read');
SELECT is(pg_temp.run('undo(%L, %L)'), '(35,2,2,0)', 'undone as one');
SELECT is(pg_temp.said(:'r'), '0 0-100 một; 1 100-200 ba', 'with the edit of it');
SELECT is((SELECT string_agg(pg_temp.run('undo(%L, %L)'), '') FROM generate_series(1, 3)), '(36,2,1,0)(37,3,3,0)(38,3,1,0)', 'further back');
SELECT ok(pg_temp.is_original(), 'to the transcript as it was completed');
SELECT is(pg_temp.counted(:'r') || (SELECT duration_ms FROM recordings WHERE id = :'r'), '(38,3,3,t,t)60000', 'its duration, too');
SAVEPOINT removed;
SELECT is(pg_temp.run('edit_segment(%L, %L, 1, ''Mất.'')'), '(39,3,1,0)', 'a correction');
DELETE FROM segments WHERE recording_id = :'r' AND idx = 1;
SELECT is(pg_temp.try('undo(%L, %L)'), '55000 transcript was changed meanwhile: The transcript of the recording R lost the segment 1 by a direct statement.', 'of what a direct statement has removed');
SELECT is(pg_temp.counted(:'r'), '(39,2,2,t,t)', 'nothing is half undone');
SELECT is(pg_temp.run('replace_segments(%L, %L, 60000, ''[]'')') || pg_temp.run('undo(%L, %L)'), '(f,40,0,60000,62)(41,2,2,0)', 'what comes after it can be');
ROLLBACK TO removed;
SELECT is(pg_temp.run('replace_segments(%L, %L, 60000, ''[]'')') || pg_temp.run('undo(%L, %L)'), '(f,39,0,60000,62)(40,3,3,0)', 'silence, and back');

-- Whose numbers have gaps: they stay in order, and what is undone is as it was.
SELECT pg_temp.new('[{"idx": 10, "start_ms": 0, "end_ms": 1, "text": "a b"}, {"idx": 20, "start_ms": 1, "end_ms": 2, "text": "c"}, {"idx": 30, "start_ms": 2, "end_ms": 3, "text": "d"}, {"idx": 40, "start_ms": 3, "end_ms": 4, "text": "e"}]') AS gaps \gset
SELECT is((SELECT string_agg(pg_temp.run(c), '' ORDER BY n) FROM (VALUES (1, 'split_segment(%L, %L, 10, in_at_char => 1)'), (2, 'merge_segments(%L, %L, 21, 31)')) AS v (n, c))
  || pg_temp.said(:'gaps'), '(1,5,2,0)(2,4,1,0)10 0-0 a; 11 0-1 b; 21 1-3 c d; 40 3-4 e', 'gaps');
SELECT is(pg_temp.run('undo(%L, %L)') || pg_temp.run('undo(%L, %L)') || pg_temp.said(:'gaps'), '(3,5,2,0)(4,4,1,0)10 0-1 a b; 20 1-2 c; 30 2-3 d; 40 3-4 e', 'and back');

-- What is kept goes with the recording; events and audit tell of edits, without their text.
SELECT ok(s2t_add_consumer('indexer', '{transcript.edited}'), 'a consumer');
SELECT is(pg_temp.run('edit_segment(%L, %L, 10, ''secret'')'), '(5,4,1,0)', 'with a consumer');
SELECT is((type, user_id, recording_id, data)::text, format('(transcript.edited,%s,%s,"{""kind"": ""edit"", ""revision"": 5, ""segment_count"": 4}")', :'an', :'gaps'), 'is told') FROM events;
SET LOCAL s2t.audit = 'all';
SELECT is(pg_temp.run('undo(%L, %L)'), '(6,4,1,0)', 'audited');
SELECT results_eq($$SELECT procedure_name, recording_id, detail FROM audit_log WHERE procedure_name = 's2t_undo'$$, format($$VALUES ('s2t_undo', %L::uuid, 'revision 6, 1 segments changed')$$, :'gaps'), 'a row of it');
UPDATE recordings SET created_at = now() - interval '100 days' WHERE id = :'gaps';
SELECT is((deleted_recordings, deleted_segments)::text, '(1,4)', 'removed') FROM sp_cleanup_old_recordings(90);
SELECT is_empty(format('SELECT * FROM segment_revisions WHERE recording_id = %L', :'gaps'), 'with its revisions');
DELETE FROM users WHERE id = :'an';
SELECT is_empty('TABLE segment_revisions', 'so do those of a user');

SELECT * FROM finish();
ROLLBACK;
