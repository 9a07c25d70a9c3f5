-- Transcripts of speech engines: sp_import_transcript, sp_import_transcript_bytes, s2t_parse_transcript.
\ir include/begin.sql
SELECT plan(28);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default) VALUES ('FREE', 'Free plan', 30, 20, true);
CALL sp_register_user('an@example.com', 'an', 'hash', NULL, 'FREE');
CREATE FUNCTION pg_temp.recording() RETURNS uuid LANGUAGE sql AS $$
  SELECT recording_id FROM sp_check_quota_and_create_recording((SELECT id FROM users WHERE user_name = 'an'), 'upload')
$$;
CREATE FUNCTION pg_temp.texts(document text, format text DEFAULT 'auto') RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(format('%s-%s %s', start_ms, end_ms, text), '; ' ORDER BY idx) FROM s2t_parse_transcript(document, format)
$$;

-- Subtitles go in as well as documents.
SELECT is(pg_temp.texts(E'1\n00:00:01,000 --> 00:00:02,000\nXin chào\n'), '1000-2000 Xin chào', 'SubRip');
SELECT is(pg_temp.texts(E'WEBVTT\n\n00:01.000 --> 00:02.000\n<v Lan>Xin chào\n'), '1000-2000 Xin chào', 'WebVTT');
SELECT is((SELECT meta FROM s2t_parse_transcript(E'WEBVTT\n\n00:01.000 --> 00:02.000\n<v Lan>Xin chào\n')), '{"speaker": "Lan"}', 'a voice is a speaker');
SELECT is(pg_temp.texts('{"result": [{"conf": 1.0, "start": 0.3, "end": 0.6, "word": "one"}], "text": "one"}'), '300-600 one', 'an engine that 1.1.0 did not know');
SELECT is((SELECT meta FROM s2t_parse_transcript('{"text": "a", "segments": [{"id": 0, "start": 0, "end": 1, "text": "a", "avg_logprob": NaN, "no_speech_prob": 0.5}]}')),
  '{"no_speech_prob": 0.5}', 'what is no number is left out');

-- Meta is what jsonb itself makes of it.
CREATE TEMPORARY TABLE metas AS SELECT $j${"a": 1, "b": -0, "c": 1.50, "d": -2e5, "e": 123456789012345678901234567890, "f": 999999999999999999, "g": "q\"\\\n\t\r\u0001/é😀",
  "h\"\u0041": [], "i": {}, "j": [1, [2, {"k": null, "l": true, "m": false}], {}], "n": "", "a": 2, "zz": {"b": 1, "a": 2, "b": 3}, "o": 0.000, "p": -7, "": "empty"}$j$::text AS meta;
SELECT is((SELECT p.meta FROM metas AS m, s2t_parse_transcript('[{"idx": 0, "start_ms": 0, "end_ms": 0, "text": "", ' || substr(m.meta, 2) || ']') AS p),
  (SELECT meta::jsonb FROM metas), 'every kind of value');
SELECT is((SELECT p.meta::text FROM metas AS m, s2t_parse_transcript('[{"idx": 0, "start_ms": 0, "end_ms": 0, "text": "", ' || substr(m.meta, 2) || ']') AS p),
  (SELECT meta::jsonb::text FROM metas), 'and as text');

-- What would not be read whole is refused.
SELECT throws_ok($$SELECT s2t_parse_transcript('{"text": "a b", "pieces": [{"start": 1, "end": 2}]}')$$, '22023', 'invalid transcript', 'times that nobody reads');
SELECT throws_ok($$SELECT s2t_parse_transcript('{"error": {"message": "x"}, "text": ""}')$$, '22023', 'invalid transcript', 'an error is no transcript');
SELECT throws_ok($$SELECT s2t_parse_transcript(repeat('[', 1000), 'mp3')$$, '22023', 'unknown transcript format', 'the name is looked at first');

-- Bytes that are no UTF-8.
SELECT pg_temp.recording() AS r1, pg_temp.recording() AS r2 \gset
SELECT results_eq(format($$SELECT * FROM sp_import_transcript_bytes(%L, '\x7b2274657874223a202261ff62227d')$$, :'r1'),
  $$VALUES ('openai'::text, NULL::text, 0, 1, 1::bigint)$$, 'told and replaced');
SELECT is((SELECT text FROM segments WHERE recording_id = :'r1'), U&'a\FFFDb', 'U+FFFD stands for it');
SELECT is((SELECT status FROM recordings WHERE id = :'r1'), 'done', 'and the recording is completed');
SELECT results_eq(format($$SELECT * FROM sp_import_transcript_bytes(%L, '\x7b2274657874223a202261ff62227d')$$, :'r1'),
  $$VALUES ('openai'::text, NULL::text, 0, 1, 1::bigint)$$, 'a retry changes nothing');
SELECT results_eq(format($$SELECT * FROM sp_import_transcript_bytes(%L, convert_to('{"text": "é"}', 'UTF8'))$$, :'r2'),
  $$VALUES ('openai'::text, NULL::text, 0, 1, 0::bigint)$$, 'proper bytes');
SELECT throws_ok($$SELECT sp_import_transcript_bytes(gen_random_uuid(), NULL)$$, '22023', NULL, 'no document');
SELECT throws_ok($$SELECT sp_import_transcript_bytes(gen_random_uuid(), '[]')$$, 'P0002', NULL, 'no recording');

-- Out, with options.
SELECT pg_temp.recording() AS r3 \gset
SELECT sp_import_transcript(:'r3', '{"text": "One two. Yes *sir*.", "language": "en", "segments": [
  {"start": 0, "end": 1.5, "text": "One two.", "speaker": "A", "words": [{"word": "One", "start": 0, "end": 0.5}, {"word": "two.", "start": 0.75, "end": 1.5}]},
  {"start": 1.5, "end": 2, "text": "Three.", "speaker": "A"}, {"start": 62, "end": 63, "text": "Yes *sir* & co.", "speaker": "B"}]}') \g /dev/null
SELECT is(sp_export_transcript(:'r3', 'md'), E'**A:** [00:00:00.000] One two.\nThree.\n\n**B:** [00:01:02.000] Yes \\*sir\\* \\& co.\n', 'Markdown');
SELECT is(sp_render_transcript(:'r3', 'md', '{"times": false, "speakers": false}'), E'One two.\n\nThree.\n\nYes \\*sir\\* \\& co.\n', 'Markdown, bare');
SELECT is(sp_render_transcript(:'r3', 'txt', '{"times": true, "speakers": false}'), E'[00:00:00.000] One two.\n[00:00:01.500] Three.\n[00:01:02.000] Yes *sir* & co.\n', 'text with times');
SELECT is(sp_render_transcript(:'r3', 'txt'), sp_export_transcript(:'r3', 'txt'), 'without options the same');
SELECT matches(sp_render_transcript(:'r3', 'vtt', '{"words": true}'), '<v A>One <00:00:00.750>two.', 'WebVTT with times of words');
SELECT matches(sp_export_transcript(:'r3', 'ttml'), '<p begin="00:01:02.000" end="00:01:03.000" ttm:title="B">Yes .sir. &amp; co.</p>', 'TTML');
SELECT throws_ok(format($$SELECT sp_render_transcript(%L, 'srt', '{"times": true}')$$, :'r3'), '22023', 'unknown export option', 'an option of other formats');
SELECT throws_ok(format($$SELECT sp_render_transcript(%L, 'txt', '{"times": 1}')$$, :'r3'), '22023', 'invalid export options', 'not a boolean');
SELECT throws_ok(format($$SELECT sp_render_transcript(%L, 'txt', '[]')$$, :'r3'), '22023', 'invalid export options', 'not an object');

-- A meta may say anything that is JSON: words whose times are none are not timed.
SELECT pg_temp.recording() AS r4 \gset
CALL sp_complete_recording(:'r4', 2000, '[{"idx": 0, "start_ms": 0, "end_ms": 2000, "text": "One two three four five.", "words": [
  {"text": "One", "start_ms": 0}, {"text": "two", "start_ms": 1e20}, {"text": "three", "start_ms": -99999999999}, {"text": "four", "start_ms": "x"}, {"text": "five.", "start_ms": 1500}, 7]}]');
SELECT matches(sp_render_transcript(:'r4', 'vtt', '{"words": true}'), 'One two three four <00:00:01.500>five.', 'numbers that are no times');
-- Long cues are measured first: what they take is more than what is written in one go.
SELECT pg_temp.recording() AS r5 \gset
SELECT s2t_complete_recording(:'r5', 2000, jsonb_build_array(jsonb_build_object('idx', 0, 'start_ms', 0, 'end_ms', 1000, 'text', 'short'),
  jsonb_build_object('idx', 1, 'start_ms', 1000, 'end_ms', 2000, 'text', (SELECT string_agg('chữ "' || i || '"', ' ') FROM generate_series(1, 20000) AS i)))) \g /dev/null
SELECT is((SELECT string_agg(md5(replace(sp_export_transcript(:'r5', f), E'\n', ' ')) , ' ' ORDER BY f) FROM unnest('{srt,tsv,vtt}'::text[]) AS f),
  (SELECT md5('1 00:00:00,000 --> 00:00:01,000 short  2 00:00:01,000 --> 00:00:02,000 ' || t || '  ') || ' ' || md5(E'start\tend\ttext 0\t1000\tshort 1000\t2000\t' || t || ' ') || ' ' ||
          md5('WEBVTT  00:00:00.000 --> 00:00:01.000 short  00:00:01.000 --> 00:00:02.000 ' || t || '  ')
     FROM (SELECT text AS t FROM segments WHERE recording_id = :'r5' AND idx = 1) AS q), 'a long segment');

SELECT * FROM finish();
ROLLBACK;
