-- Completing and failing by functions, and from text (docs/reference.md, "s2t_complete_recording_text").
\ir include/begin.sql
SELECT plan(57);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('OPEN', 'Open', NULL, NULL);
SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'OPEN') AS an \gset
CREATE TEMPORARY TABLE r (n int PRIMARY KEY, id uuid);
INSERT INTO r SELECT i, (s2t_create_recording((SELECT id FROM users), 'upload', in_expected_ms => 1000)).recording_id
  FROM generate_series(1, 60) AS i;
CREATE FUNCTION pg_temp.r(n int) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM r WHERE r.n = $1 $$;
CREATE FUNCTION pg_temp.stored(n int) RETURNS TABLE (idx int, start_ms int, end_ms int, text text, meta jsonb) LANGUAGE sql AS $$
  SELECT s.idx, s.start_ms, s.end_ms, s.text, s.meta FROM segments AS s WHERE s.recording_id = pg_temp.r($1) ORDER BY s.idx
$$;

-- The rows.
SELECT results_eq(format('SELECT * FROM s2t_complete_recording(%L, 2001, %L)', pg_temp.r(1), '[{"idx": 0, "start_ms": 0, "end_ms": 10, "text": "a"}]'),
  $$ VALUES (false, 1, 2001, 3) $$, 's2t_complete_recording tells what the recording has');
SELECT results_eq(format('SELECT * FROM s2t_complete_recording(%L, 2001, %L)', pg_temp.r(1), '[{"idx": 0, "start_ms": 0, "end_ms": 10, "text": "a"}]'),
  $$ VALUES (true, 1, 2001, 3) $$, 'and that it was a repetition');
SELECT results_eq(format('SELECT * FROM s2t_complete_recording_text(%L, 2001, %L)', pg_temp.r(1), '[{"text":"a","idx":0,"start_ms":0,"end_ms":10}]'),
  $$ VALUES (true, 1, 2001, 3) $$, 'the same as text is the same');
SELECT results_eq(format('SELECT * FROM s2t_complete_recording_text(%L, 0, %L)', pg_temp.r(2), ' [ ] '),
  $$ VALUES (false, 0, 0, 0) $$, 'silence as text');
SELECT is((SELECT (status, held_seconds)::text FROM recordings WHERE id = pg_temp.r(2)), '(done,0)', 'is done, and holds nothing');
SELECT results_eq(format('SELECT * FROM s2t_fail_recording(%L, %L)', pg_temp.r(3), 'engine down'), $$ VALUES (false, 1, 0) $$, 's2t_fail_recording tells what was given back');
SELECT results_eq(format('SELECT * FROM s2t_fail_recording(%L, %L)', pg_temp.r(3), 'engine down'), $$ VALUES (true, 0, 0) $$, 'and nothing the second time');
SELECT is((SELECT (status, error, charged_cycle_id, held_seconds)::text FROM recordings WHERE id = pg_temp.r(3)), '(failed,"engine down",,0)', 'it has failed, uncharged');
SELECT throws_ok(format('SELECT s2t_fail_recording(%L, %L)', pg_temp.r(1), 'x'), '55000', 'recording is already completed', 'what is done does not fail');
SELECT throws_ok(format('SELECT s2t_fail_recording(%L, %L)', pg_temp.r(4), ' '), '22023', 'invalid failure reason', 'a reason is wanted');
SELECT throws_ok(format('SELECT s2t_complete_recording_text(%L, 2001, %L)', pg_temp.r(1), '[]'), '55000', 'recording is already completed with other content', 'other content as text');
SELECT throws_ok(format('SELECT s2t_complete_recording(%L, 1, %L, %L)', pg_temp.r(4), '[]', pg_temp.r(4)), '55000', 'lease is no longer held', 'a lease that nobody gave out: jsonb');
SELECT throws_ok(format('SELECT s2t_complete_recording_text(%L, 1, %L, %L)', pg_temp.r(4), '[]', pg_temp.r(4)), '55000', 'lease is no longer held', 'a lease that nobody gave out: text');
SELECT throws_ok(format('SELECT s2t_fail_recording(%L, %L, %L)', pg_temp.r(4), 'x', pg_temp.r(4)), '55000', 'lease is no longer held', 'a lease that nobody gave out: failing');
SELECT throws_ok($$ SELECT s2t_complete_recording_text(NULL, 1, '[]') $$, '22023', 'argument must not be null', 'NULL recording');
SELECT throws_ok(format('SELECT s2t_complete_recording_text(%L, 1, NULL)', pg_temp.r(4)), '22023', 'argument must not be null', 'NULL array');
SELECT throws_ok(format('SELECT s2t_complete_recording_text(%L, -1, %L)', pg_temp.r(4), '[]'), '22023', 'invalid duration', 'negative duration');
SELECT throws_ok($$ SELECT s2t_complete_recording_text('00000000-0000-7000-8000-000000000000', 1, '[]') $$, 'P0002', 'recording not found', 'unknown recording');

-- Text and jsonb store the same, under the same fingerprint.
CREATE TEMPORARY TABLE payload (n int GENERATED ALWAYS AS IDENTITY, body text);
INSERT INTO payload (body) VALUES
  ('[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "Xin ch\u00e0o \ud83d\ude00 \"a\\b\/\b\f\n\r\t"}]'),
  ('[{"idx": 1e1, "start_ms": 1.5E1, "end_ms": 20, "text": ""}, {"idx": 3, "start_ms": 0, "end_ms": 0, "text": "x"}]'),
  ('[{"idx": "x", "idx": 0, "start_ms": 0, "end_ms": 1, "text": 5, "text": "last one counts", "a": 1, "a": 2}]'),
  ('[{"\u0069dx": 0, "start_ms": 0, "end_ms": 1, "text": "keys", "speaker": "A", "words": [{"w": "keys", "p": 0.10}], "n": null, "o": {"b": [], "a": {}}}]'),
  ('[{"speaker": "B\u0001", "idx": 2147483647, "start_ms": 2147483646, "end_ms": 2147483647, "text": "\u00001 is no zero"}]');
UPDATE payload SET body = replace(body, '\u00001', '\u0031') WHERE n = 5;
INSERT INTO payload (body)
SELECT '[' || string_agg(format('{"idx":%s,"start_ms":%s,"end_ms":%s,"text":%s}', i, i * 10, i * 10 + 9, to_json('segment ' || i)), ',' ORDER BY i DESC) || ']'
  FROM generate_series(0, 2999) AS i;
INSERT INTO payload (body)
SELECT '[' || string_agg(format('{"idx":%s,"start_ms":%s,"end_ms":%s,"text":%s}', i, i * 10, i * 10 + 9, to_json(repeat('ư', i))), E' ,\n' ORDER BY i) || ']'
  FROM generate_series(0, 499) AS i;
SELECT lives_ok(format('SELECT s2t_complete_recording(%L, 5000, %L); SELECT s2t_complete_recording_text(%L, 5000, %L)',
  pg_temp.r(10 + p.n), p.body, pg_temp.r(20 + p.n), p.body), 'payload ' || p.n || ' is taken both ways') FROM payload AS p ORDER BY p.n;
SELECT set_eq(format('SELECT * FROM pg_temp.stored(%s)', 20 + p.n), format('SELECT * FROM pg_temp.stored(%s)', 10 + p.n), 'payload ' || p.n || ' is stored the same')
  FROM payload AS p ORDER BY p.n;
SELECT is((SELECT count(DISTINCT fingerprint) FROM recordings WHERE id IN (pg_temp.r(10 + p.n), pg_temp.r(20 + p.n))), 1::bigint, 'payload ' || p.n || ' has one fingerprint')
  FROM payload AS p ORDER BY p.n;
SELECT is((SELECT count(*) FROM segments WHERE recording_id = pg_temp.r(26)), 3000::bigint, 'three thousand backwards');
SELECT is((SELECT segment_count FROM recordings WHERE id = pg_temp.r(26)), 3000, 'are counted');

-- The same errors, with the element's place; what jsonb refuses is an error of ours.
CREATE TEMPORARY TABLE broken (n int GENERATED ALWAYS AS IDENTITY, body text);
INSERT INTO broken (body) VALUES
  ('[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "a"}, 7]'),
  ('[{"idx": 0, "start_ms": 0, "end_ms": 1.0, "text": "a"}]'),
  ('[{"idx": 0, "start_ms": 5, "end_ms": 1, "text": "a"}]'),
  ('[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": null}]'),
  ('[{"idx": 0, "start_ms": 0, "end_ms": 1}]'),
  ('[{"idx": 5, "start_ms": 0, "end_ms": 1, "text": "a"}, {"idx": 4, "start_ms": 0, "end_ms": 1, "text": "a"}, {"idx": 5, "start_ms": 0, "end_ms": 1, "text": "a"}]'),
  ('{"idx": 0}'),
  ('"[]"');
CREATE FUNCTION pg_temp.error_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
  EXECUTE statement;
  RETURN 'none';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN SQLSTATE || ' ' || SQLERRM || ': ' || detail;
END $$;
SELECT is(pg_temp.error_of(format('SELECT s2t_complete_recording_text(%L, 1, %L)', pg_temp.r(5), b.body)),
          pg_temp.error_of(format('SELECT s2t_complete_recording(%L, 1, %L)', pg_temp.r(5), b.body)), 'the same error: ' || b.body)
  FROM broken AS b ORDER BY b.n;
SELECT is(pg_temp.error_of(format('SELECT s2t_complete_recording_text(%L, 1, %L)', pg_temp.r(5), '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "a\u0000b"}]')),
          '22023 invalid segment: Element 0 contains \u0000, which cannot be stored.', 'a zero');
SELECT is(pg_temp.error_of(format('SELECT s2t_complete_recording_text(%L, 1, %L)', pg_temp.r(5), '[{"idx": 0,}]')),
          '22023 segments are not valid JSON: In or after element 0, at byte 12, a key is expected, not "}]".', 'a comma too many');
SELECT is(pg_temp.error_of(format('SELECT s2t_complete_recording_text(%L, 1, %L)', pg_temp.r(5), '[{"idx": 0, "text": "a')),
          '22023 segments are not valid JSON: In or after element 0, at byte 23, the end of a string is expected, not the end of the text.', 'cut off');
SELECT is((SELECT count(*) FROM segments WHERE recording_id = pg_temp.r(5)), 0::bigint, 'nothing of them is stored');

-- What these were charged.
SELECT is((SELECT used_seconds FROM user_subscriptions), 3 + 14 * 5, 'seconds of all');
SELECT is((SELECT sum(seconds)::int FROM usage_entries), 3 + 14 * 5, 'as the ledger has them');
SELECT is((SELECT held_seconds FROM user_subscriptions), 60::bigint - 17, 'what is done or failed holds nothing');
SELECT is((SELECT held_seconds FROM user_subscriptions), (SELECT sum(held_seconds)::bigint FROM recordings WHERE status = 'processing'), 'held is the sum');

SELECT * FROM finish();
ROLLBACK;
