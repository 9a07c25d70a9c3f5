-- Searching transcripts: s2t_fold, s2t_matches, s2t_snippet, sp_search_segments; what reading costs; the search index.
\ir include/begin.sql
SELECT plan(77);

CREATE FUNCTION pg_temp.uid(who text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM users WHERE user_name = who $$;
CREATE FUNCTION pg_temp.detail_of(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
  EXECUTE command;
  RETURN 'no error';
EXCEPTION WHEN invalid_parameter_value THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN SQLERRM || ': ' || detail;
END
$$;
CREATE FUNCTION pg_temp.transcript(texts text[]) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_agg(jsonb_build_object('idx', i - 1, 'start_ms', i * 1000, 'end_ms', i * 1000 + 900, 'text', t)) FROM unnest(texts) WITH ORDINALITY AS x (t, i)
$$;

SELECT is(s2t_fold('ĐƯỜNG PHỐ Hà Nội'), 'duong pho ha noi', 'folded');
SELECT is(s2t_fold(normalize('Tiếng Việt', NFD)), s2t_fold('Tiếng Việt'), 'composed or not');
SELECT is(s2t_fold(''), '', 'nothing');
SELECT is(s2t_fold(NULL), NULL, 'NULL');
SELECT is(length(s2t_fold(repeat('Ặ', 1000000))), 1000000, 'a long text');
SELECT bag_eq($$SELECT proname, provolatile, proisstrict, proparallel FROM pg_proc WHERE proname IN ('s2t_fold', 's2t_matches', 's2t_snippet')$$,
  $$VALUES ('s2t_fold'::name, 'i'::"char", true, 's'::"char"), ('s2t_matches', 'i', true, 's'), ('s2t_snippet', 'i', true, 's')$$, 'immutable, strict, parallel safe');
SELECT is(s2t_matches('Xin chào các bạn', q), expected, format('"%s" %s', q, CASE WHEN expected THEN 'found' ELSE 'not found' END))
  FROM (VALUES ('xin chao', true), ('CHÀO', true), ('cháo', false), ('ban xin', true), ('"chao cac"', true), ('"xin cac"', false), ('chao c', true), ('c chao', false), ('!', false)) AS v (q, expected);
SELECT is(s2t_snippet('Xin chào <i>các</i> bạn', 'cac b'), 'Xin chào <i><b>các</b></i> <b>bạn</b>', 'snippet');
SELECT is((SELECT string_agg(s2t_matches(t, q)::text, ' ') FROM (VALUES ('một', 'mot'), ('một', 'hai'), ('hai', 'hai'), ('hai', 'mot')) AS v (t, q)), 'true false true false', 'another query for every row');

CALL sp_seed_plans();
CALL sp_register_user('an@example.com', 'an', 'hash', NULL, 'FREE');
CALL sp_register_user('binh@example.com', 'binh', 'hash', NULL, 'FREE');
SELECT recording_id AS older FROM sp_check_quota_and_create_recording(pg_temp.uid('an'), 'upload') \gset
SELECT pg_sleep(0.002);
SELECT recording_id AS newer FROM sp_check_quota_and_create_recording(pg_temp.uid('an'), 'upload') \gset
SELECT recording_id AS theirs FROM sp_check_quota_and_create_recording(pg_temp.uid('binh'), 'upload') \gset
CALL sp_complete_recording(:'older', 60000, pg_temp.transcript(ARRAY['Xin chào các bạn', 'Hôm nay ta nói về hợp đồng', 'Chào tạm biệt', 'Ký HỢP ĐỒNG ở Đà Nẵng']));
CALL sp_complete_recording(:'newer', 60000, pg_temp.transcript(ARRAY['hop dong viet khong dau', '你好世界', repeat('dài ', 1000) || 'cuối']));
CALL sp_complete_recording(:'theirs', 60000, pg_temp.transcript(ARRAY['hợp đồng của Bình']));

SELECT results_eq(format($$SELECT * FROM sp_search_segments(%L, 'hop dong')$$, pg_temp.uid('an')), format($$VALUES
  (%1$L::uuid, 0, 1000, 1900, '<b>hop</b> <b>dong</b> viet khong dau'), (%2$L, 1, 2000, 2900, 'Hôm nay ta nói về <b>hợp</b> <b>đồng</b>'),
  (%2$L, 3, 4000, 4900, 'Ký <b>HỢP</b> <b>ĐỒNG</b> ở Đà Nẵng')$$, :'newer', :'older'), 'the newest recording first, in the order of the transcript');
SELECT results_eq(format($$SELECT idx FROM sp_search_segments(%L, 'Hợp Đồng')$$, pg_temp.uid('an')), 'VALUES (0), (1), (3)', 'with diacritics');
SELECT results_eq(format($$SELECT idx FROM sp_search_segments(%L, 'da nang')$$, pg_temp.uid('an')), 'VALUES (3)', 'đ and Đ');
SELECT results_eq(format($$SELECT idx FROM sp_search_segments(%L, 'Đà ')$$, pg_temp.uid('an')), 'VALUES (3)', 'with them');
SELECT results_eq(format($$SELECT idx FROM sp_search_segments(%L, 'ta chao')$$, pg_temp.uid('an')), 'SELECT 0 LIMIT 0', 'all words must occur, all but the last whole');
SELECT results_eq(format($$SELECT idx FROM sp_search_segments(%L, 'chao ta')$$, pg_temp.uid('an')), 'VALUES (2)', 'of the last one the beginning will do');
SELECT results_eq(format($$SELECT snippet FROM sp_search_segments(%L, '"chao cac"')$$, pg_temp.uid('an')), $$VALUES ('Xin <b>chào các</b> bạn')$$, 'quoted');
SELECT results_eq(format($$SELECT snippet FROM sp_search_segments(%L, '世界')$$, pg_temp.uid('an')), $$VALUES ('你好<b>世界</b>')$$, 'without blanks');
SELECT results_eq(format($$SELECT length(snippet) < 250, snippet LIKE '...dài%% <b>cuối</b>' FROM sp_search_segments(%L, 'cuoi')$$, pg_temp.uid('an')), 'VALUES (true, true)', 'a piece of a long one');
SELECT results_eq(format($$SELECT idx FROM sp_search_segments(%L, 'hop dong', 2)$$, pg_temp.uid('an')), 'VALUES (0), (1)', 'so many');
SELECT is_empty(format($$SELECT * FROM sp_search_segments(%L, 'bình')$$, pg_temp.uid('an')), 'nothing of somebody else');
SELECT is_empty($$SELECT * FROM sp_search_segments(gen_random_uuid(), 'hop dong')$$, 'nobody finds nothing');
SELECT is_empty(format($$SELECT * FROM sp_search_segments(%L, '?!')$$, pg_temp.uid('an')), 'no word, nothing found');
SELECT is(pg_temp.detail_of($$SELECT sp_search_segments(NULL, 'x')$$), 'argument must not be null: Argument in_user_id is null.', 'no user');
SELECT is(pg_temp.detail_of('SELECT sp_search_segments(gen_random_uuid(), NULL)'), 'argument must not be null: Argument in_query is null.', 'no query');
SELECT is(pg_temp.detail_of($$SELECT sp_search_segments(gen_random_uuid(), ' ')$$), 'invalid search query: Argument in_query is blank.', 'a blank query, though there is nothing to search');
SELECT is(pg_temp.detail_of($$SELECT sp_search_segments(gen_random_uuid(), repeat('ệ', 257))$$), 'invalid search query: Argument in_query has 257 characters; at most 256 are allowed.', 'a long query');
SELECT is(pg_temp.detail_of($$SELECT sp_search_segments(gen_random_uuid(), 'x', NULL)$$), 'argument must not be null: Argument in_limit is null.', 'no limit');
SELECT is(pg_temp.detail_of($$SELECT sp_search_segments(gen_random_uuid(), 'x', 0)$$), 'invalid limit: Argument in_limit is 0; at least 1 is expected.', 'limit of 0');
SELECT is(pg_temp.detail_of($$SELECT sp_search_segments(gen_random_uuid(), 'x', 1001)$$), 'invalid limit: Argument in_limit is 1001; at most 1000 is allowed.', 'limit of 1001');

-- Costs do not grow with what others have: pages touched by a call that is planned, when the tables are small and when they
-- are ten times as big, with the planner knowing nothing of the growth, and with it knowing. What it knows of the small ones
-- must not depend on when autovacuum came by; and an invalidation, autovacuum's for instance, has a call planned anew, which
-- looks into catalogs: the least of some calls counts.
CREATE FUNCTION pg_temp.pages(command text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  plan json;
  least_of_them bigint;
BEGIN
  EXECUTE command;
  FOR i IN 1 .. 5 LOOP
    EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, FORMAT json) ' || command INTO plan;
    least_of_them := least(least_of_them, (plan -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::bigint + (plan -> 0 -> 'Plan' ->> 'Shared Read Blocks')::bigint);
  END LOOP;
  RETURN least_of_them;
END
$$;
CREATE TEMPORARY TABLE call AS SELECT name, command FROM (VALUES
  ('login by address', $$SELECT * FROM sp_get_login('an@example.com')$$),
  ('login by name', $$SELECT * FROM sp_get_login('an')$$),
  ('subscription', format('SELECT * FROM sp_get_subscription(%L)', pg_temp.uid('an'))),
  ('list', format('SELECT * FROM sp_list_recordings(%L)', pg_temp.uid('an'))),
  ('page of the list', format('SELECT * FROM sp_list_recordings(%L, 5, %L)', pg_temp.uid('an'), :'newer')),
  ('list by status', format('SELECT * FROM sp_list_recordings(%L, 5, NULL, ''failed'')', pg_temp.uid('an'))),
  ('recording', format('SELECT * FROM sp_get_recording(%L, %L)', pg_temp.uid('an'), :'older')),
  ('segments', format('SELECT * FROM sp_get_segments(%L, %L)', pg_temp.uid('an'), :'older')),
  ('search', format($$SELECT * FROM sp_search_segments(%L, 'hop dong')$$, pg_temp.uid('an'))),
  ('search for what is not there', format($$SELECT * FROM sp_search_segments(%L, 'nowhere')$$, pg_temp.uid('an')))) AS v (name, command);
CREATE FUNCTION pg_temp.grow(n int) RETURNS void LANGUAGE sql AS $$
  INSERT INTO users (email, user_name, password_hash) SELECT 'other' || n || '.' || i || '@example.com', 'other' || n || '.' || i, 'hash' FROM generate_series(1, 500 * n) AS i;
  INSERT INTO user_subscriptions (user_id, plan_id, cycle_start, cycle_end) SELECT u.id, p.id, '2020-01-01', '2100-01-01' FROM users AS u, plans AS p WHERE p.code = 'FREE' ON CONFLICT DO NOTHING;
  INSERT INTO recordings (user_id, source, status) SELECT id, 'upload', 'done' FROM users, generate_series(1, 2) WHERE user_name LIKE 'other' || n || '.%';
  INSERT INTO segments (recording_id, idx, start_ms, end_ms, text) SELECT r.id, i, i, i, 'hợp đồng nowhere' FROM recordings AS r JOIN users AS u ON u.id = r.user_id, generate_series(0, 9) AS i WHERE u.user_name LIKE 'other' || n || '.%';
$$;
SELECT pg_temp.grow(1);
ANALYZE users, user_subscriptions, recordings, segments;
CREATE TEMPORARY TABLE cost AS SELECT name, pg_temp.pages(command) AS small FROM call;
SELECT pg_temp.grow(9);
SELECT cmp_ok(pg_temp.pages(command), '<=', small + 12, name || ': ten times the data') FROM call JOIN cost USING (name);
ANALYZE users, user_subscriptions, recordings, segments;
SELECT cmp_ok(pg_temp.pages(command), '<=', small + 12, name || ': the same, analysed') FROM call JOIN cost USING (name);

-- The search index is optional, changes no result, and is used where a user has more than 200 recordings.
CALL sp_register_user('chi@example.com', 'chi', 'hash', NULL, 'FREE');
INSERT INTO recordings (user_id, source, status) SELECT pg_temp.uid('chi'), 'upload', 'done' FROM generate_series(1, 260);
UPDATE recordings SET id = overlay(id::text PLACING substr(user_id::text, 16, 3) FROM 16 FOR 3)::uuid WHERE user_id = pg_temp.uid('chi');
INSERT INTO segments (recording_id, idx, start_ms, end_ms, text)
  SELECT r.id, i, i, i, (ARRAY['Ký hợp đồng mua bán', 'HOP DONG ban', 'hợp tác đồng ý', 'bạn bè', 'Đông đủ cả', 'vie' || U&'\0323\0302' || 't nam', '你好世界', '好世', 'a b c', '', repeat('x', 3000), repeat('x', 3000) || 'y'])[1 + (r.n + i) % 12]
    FROM (SELECT id, row_number() OVER (ORDER BY id)::int AS n FROM recordings WHERE user_id = pg_temp.uid('chi')) AS r, generate_series(0, 3) AS i;
INSERT INTO segments (recording_id, idx, start_ms, end_ms, text)
  SELECT (SELECT id FROM recordings WHERE user_id = pg_temp.uid('chi') ORDER BY id LIMIT 1), 4, 4, 4, (SELECT string_agg('w' || i, ' ') FROM generate_series(1, 60000) AS i);
-- Somebody else's in the same slot.
INSERT INTO recordings (id, user_id, source, status) SELECT overlay('00000000-0000-7000-8000-000000000001' PLACING substr(pg_temp.uid('chi')::text, 16, 3) FROM 16 FOR 3)::uuid, pg_temp.uid('binh'), 'upload', 'done';
INSERT INTO segments (recording_id, idx, start_ms, end_ms, text) SELECT id, 0, 0, 0, 'hợp đồng' FROM recordings WHERE id < '00000001-0000-7000-8000-000000000001';
CREATE TEMPORARY TABLE query AS SELECT q, n FROM unnest(ARRAY['hop dong', '"hop dong"', 'hợp đồng ', 'hop d', 'bán', 'ban', 'bạn', 'd', 'đông', 'việt ', 'viet nam', '世界', '好世', 'a c', 'c a', 'xxx',
  repeat('x', 200), '"' || repeat('x', 100) || '"', 'w1', 'w59999', 'w60001', 'nowhere', 'nowhere x', '?']) AS q, unnest(ARRAY[1, 20, 75, 1000]) AS n;
CREATE FUNCTION pg_temp.answers() RETURNS TABLE (q text, n int, answer jsonb) LANGUAGE sql AS $$
  SELECT q, n, (SELECT jsonb_agg(to_jsonb(s)) FROM sp_search_segments(pg_temp.uid('chi'), q, n) AS s) FROM query
$$;
CREATE TEMPORARY TABLE answer AS SELECT * FROM pg_temp.answers();
SELECT cmp_ok((SELECT count(*) FROM answer WHERE answer IS NOT NULL), '>', 60::bigint, 'most queries find something');
SELECT is((SELECT count(*) FROM answer, jsonb_array_elements(answer) WHERE q = 'w59999' AND n = 20), 1::bigint, 'a word of a long text in the oldest recording');
SELECT lives_ok('CALL sp_create_search_index()', 'made');
SELECT lives_ok('CALL sp_create_search_index()', 'it exists already');
SELECT is((SELECT count(*) FROM pg_depend WHERE objid = 'segments_search_idx'::regclass AND deptype = 'e'), 0::bigint, 'it belongs to the database, not to the extension');
SELECT bag_eq('SELECT * FROM pg_temp.answers()', 'SELECT * FROM answer', 'the same answers');
SELECT cmp_ok(pg_stat_get_xact_numscans('segments_search_idx'::regclass), '>', 30::bigint, 'with the index');
CREATE TEMPORARY TABLE scans AS SELECT pg_stat_get_xact_numscans('segments_search_idx'::regclass) AS n;
SELECT results_eq(format($$SELECT idx FROM sp_search_segments(%L, 'hop dong')$$, pg_temp.uid('an')), 'VALUES (0), (1), (3)', 'a user with few recordings');
SELECT is(count(s), 20::bigint, 'what is said often') FROM sp_search_segments(pg_temp.uid('chi'), 'hop') AS s;
SELECT is(pg_stat_get_xact_numscans('segments_search_idx'::regclass), n, 'do without it') FROM scans;
-- Recordings of any slot: not by the index, but found.
ALTER TABLE segments DROP CONSTRAINT segments_recording_id_fkey, ADD CONSTRAINT segments_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES recordings ON DELETE CASCADE ON UPDATE CASCADE;
UPDATE recordings SET id = overlay(id::text PLACING lpad(to_hex(extract(microsecond FROM created_at)::int % 16 + ('x' || substr(id::text, 25, 2))::bit(8)::int * 16), 3, '0') FROM 16 FOR 3)::uuid WHERE user_id = pg_temp.uid('chi');
SELECT is((SELECT count(*) FROM sp_search_segments(pg_temp.uid('chi'), 'w59999')), 1::bigint, 'recordings of many slots');
SELECT is(pg_stat_get_xact_numscans('segments_search_idx'::regclass), n, 'without it') FROM scans;
SELECT is(s2t_search_terms('01890a5d-ac96-7abc-b774-f1b5a3a0b6b7', 'Đi, đi học 你好')::text, $$'abcdi' 'abchoc' 'abc你' 'abc好'$$, 'what is in the index');
SELECT is(s2t_search_condition(5, '"xin chào" bạn nghé')::text, $$'005' | '005xin' & '005chao' & '005ban' & '005nghe':*$$, 'what it is asked');
SELECT is(s2t_search_condition(5, '?')::text, '', 'nothing');
SELECT lives_ok('CALL sp_drop_search_index()', 'dropped');
SELECT lives_ok('CALL sp_drop_search_index()', 'twice');
SELECT is(to_regclass('segments_search_idx'), NULL, 'gone');
CALL sp_create_search_index();
DROP EXTENSION s2t CASCADE;
SELECT is(to_regclass('segments_search_idx'), NULL, 'without the extension there is no index');
SELECT cmp_ok((SELECT count(*) FROM segments), '>', 1000::bigint, 'but what it was on');

SELECT * FROM finish();
ROLLBACK;
