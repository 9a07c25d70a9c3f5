-- Recordings while they happen (docs/reference.md, "s2t_append_segments"; docs/metering.md).
\ir include/begin.sql
SELECT plan(122);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, alert_percents) VALUES
  ('TEN', 'Ten', 10, 100, '{50,100}'), ('OPEN', 'Open', NULL, NULL, '{}');
SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'TEN') AS an \gset
SELECT s2t_register_user('chi@example.com', 'chi', 'hash', NULL, 'OPEN') AS chi \gset
SELECT set_config('t.an', :'an', true), set_config('t.chi', :'chi', true) \gset
-- Segments first .. last of ten seconds each.
CREATE FUNCTION pg_temp.segs(first int, last int, said text DEFAULT 'text') RETURNS jsonb LANGUAGE sql AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 10000, 'end_ms', (i + 1) * 10000, 'text', said || ' ' || i)), '[]')
    FROM generate_series(first, last) AS i
$$;
CREATE FUNCTION pg_temp.new(who text, expected int DEFAULT NULL) RETURNS uuid LANGUAGE sql AS $$
  SELECT recording_id FROM s2t_create_recording(current_setting('t.' || who)::uuid, 'realtime', in_expected_ms => expected)
$$;
CREATE FUNCTION pg_temp.append(r uuid, segments jsonb, heard int DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
  SELECT a::text FROM s2t_append_segments(r, segments, heard) AS a
$$;
CREATE FUNCTION pg_temp.counters(who text) RETURNS text LANGUAGE sql AS $$
  SELECT (usage_count, used_seconds, overage_seconds, held_seconds)::text FROM user_subscriptions WHERE user_id = current_setting('t.' || who)::uuid
$$;
CREATE FUNCTION pg_temp.totals(who text) RETURNS text LANGUAGE sql AS $$
  SELECT (total_recordings, total_duration_ms, total_segments)::text FROM user_subscriptions WHERE user_id = current_setting('t.' || who)::uuid
$$;
-- The entries about a recording: kind, recordings, seconds, of a credit or not.
CREATE FUNCTION pg_temp.entries(r uuid) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(format('%s %s/%s%s%s', kind, recordings, seconds, CASE WHEN credit_id IS NOT NULL THEN ' of credit' END, CASE WHEN kept THEN ' kept' END), ', ' ORDER BY at, id)
    FROM usage_entries WHERE recording_id = r
$$;
CREATE FUNCTION pg_temp.error_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
  EXECUTE statement;
  RETURN 'none';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN concat_ws(' ', SQLSTATE, SQLERRM || ':', detail);
END $$;
CREATE FUNCTION pg_temp.append_error(r uuid, segments jsonb, heard int DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
  SELECT pg_temp.error_of(format('SELECT s2t_append_segments(%L, %L, %L)', r, segments, heard))
$$;

-- A recording grows. The audio is charged as it is heard, the hold shrinks by as much.
SELECT pg_temp.new('an', 100000) AS live \gset
SELECT is(pg_temp.counters('an'), '(1,0,0,100)', 'a hundred seconds are held');
SELECT is(pg_temp.append(:'live', pg_temp.segs(0, 0)), '(1,10000,10,t,590)', 'the first segment: heard to its end');
SELECT is(pg_temp.counters('an'), '(1,10,0,90)', 'what is charged is held no more');
SELECT is(pg_temp.append(:'live', pg_temp.segs(1, 3), 40500), '(4,40500,41,t,559)', 'three more, and half a second of silence');
SELECT is(pg_temp.counters('an'), '(1,41,0,59)', 'charged and held together are what was announced');
SELECT is(pg_temp.append(:'live', '[]', 40999), '(4,40999,41,t,559)', 'silence within a second that is charged already');
SELECT is(pg_temp.append(:'live', '[]', 1000), '(4,40999,41,t,559)', 'what was heard never shrinks');
SELECT is(pg_temp.append(:'live', '[]'), '(4,40999,41,t,559)', 'nothing at all');
SELECT is(pg_temp.entries(:'live'), 'charge 1/0, charge 0/41', 'one entry for the audio');
SELECT is(charged_entry_id, (SELECT id FROM usage_entries WHERE recording_id = :'live' AND seconds <> 0), 'which the recording knows') FROM recordings WHERE id = :'live';
SELECT is((SELECT at FROM usage_entries WHERE id = r.charged_entry_id) <= active_at, true, 'its time is the first append''s') FROM recordings AS r WHERE id = :'live';
SELECT is((status, duration_ms, segment_count, heard_ms)::text, '(processing,0,4,40999)', 'the recording is in processing') FROM recordings WHERE id = :'live';
SELECT is(pg_temp.totals('an'), '(1,0,4)', 'the totals count what is stored');
SELECT results_eq(format('SELECT idx, start_ms, text FROM sp_get_segments(%L, %L)', :'an', :'live'),
  $$ VALUES (0, 0, 'text 0'), (1, 10000, 'text 1'), (2, 20000, 'text 2'), (3, 30000, 'text 3') $$, 'its owner reads it while it grows');
SELECT results_eq(format('SELECT recording_id, idx FROM sp_search_segments(%L, %L)', :'an', 'text 2'), format($$ VALUES (%L::uuid, 2) $$, :'live'), 'and finds it');
SELECT results_eq(format('SELECT total_segments, current_cycle_seconds FROM sp_get_user_stats(%L)', :'an'), $$ VALUES (4::bigint, 41) $$, 'the dashboard shows it');

-- The same again is the same; other content is told.
SELECT is(pg_temp.append(:'live', pg_temp.segs(2, 4)), '(5,50000,50,t,550)', 'two that are there, and a new one');
SELECT is(pg_temp.append(:'live', pg_temp.segs(0, 4)), '(5,50000,50,t,550)', 'a repetition changes nothing');
SELECT is(pg_temp.append_error(:'live', pg_temp.segs(5, 5) || pg_temp.segs(3, 3, 'other')),
  '55000 segment is already stored with other content: Element 1 has the idx 3, which the recording ' || :'live' || ' has with other columns.', 'other text');
SELECT is(pg_temp.append_error(:'live', '[{"idx": 0, "start_ms": 0, "end_ms": 10000, "text": "text 0", "speaker": "A"}]'),
  '55000 segment is already stored with other content: Element 0 has the idx 0, which the recording ' || :'live' || ' has with other columns.', 'further keys');
SELECT is(pg_temp.append_error(:'live', '[{"idx": 0, "start_ms": 1, "end_ms": 10000, "text": "text 0"}]') LIKE '55000%', true, 'another start');
SELECT is(pg_temp.append_error(:'live', '[{"idx": 0, "start_ms": 0, "end_ms": 10001, "text": "text 0"}]') LIKE '55000%', true, 'another end');
SELECT is((SELECT count(*) FROM segments WHERE recording_id = :'live'), 5::bigint, 'and nothing of such a call is stored');
SELECT is(pg_temp.append(:'live', '[{"idx": 7, "start_ms": 70000, "end_ms": 71000, "text": "x", "speaker": "B", "words": [1, {"a": 2}]}]'), '(6,71000,71,t,529)', 'a gap, with further keys');
SELECT is(pg_temp.append(:'live', '[{"words": [1, {"a": 2}], "idx": 7, "start_ms": 70000, "end_ms": 71000, "speaker": "B", "text": "x"}]'), '(6,71000,71,t,529)', 'which are the same in any order');
SELECT is(pg_temp.append(:'live', pg_temp.segs(6, 6) || pg_temp.segs(5, 5)), '(8,71000,71,t,529)', 'out of order, into the gap');

-- Bad elements: told with their place, and nothing half done.
SELECT is(pg_temp.append_error(:'live', pg_temp.segs(8, 9) || '[{"idx": 10, "start_ms": 5, "end_ms": 1, "text": "x"}]') LIKE '22023 invalid segment: Element 2 %', true, 'a bad element');
SELECT is(pg_temp.append_error(:'live', '[7]') LIKE '22023 invalid segment: Element 0 %', true, 'no object');
SELECT is(pg_temp.append_error(:'live', pg_temp.segs(8, 8) || pg_temp.segs(8, 8)) LIKE '22023 invalid segment: Element 1 %', true, 'an idx twice in one array');
SELECT is(pg_temp.append_error(:'live', '{}'), '22023 segments must be an array: Argument in_segments is an object.', 'no array');
SELECT is(pg_temp.append_error(:'live', '[]', -1) LIKE '22023 invalid duration%', true, 'a negative duration');
SELECT is(pg_temp.append_error(:'live', NULL), '22023 argument must not be null: Argument in_segments is null.', 'NULL segments');
SELECT is(pg_temp.append_error(NULL, '[]'), '22023 argument must not be null: Argument in_recording_id is null.', 'NULL recording');
SELECT is(pg_temp.append_error('018f3c2a-0000-7000-8000-000000000000', '[]') LIKE 'P0002 recording not found%', true, 'unknown recording');
SELECT is((SELECT (segment_count, heard_ms, charged_seconds)::text FROM recordings WHERE id = :'live'), '(8,71000,71)', 'all of them left everything as it was');

-- Completing takes the rest, all of it, or nothing more.
SELECT is(pg_temp.error_of(format('CALL sp_complete_recording(%L, 70999, %L)', :'live', '[]')),
  '22023 duration is less than what was heard: Of the recording ' || :'live' || ' 71000 ms were heard; the duration given is 70999 ms.', 'less than was heard');
SELECT is(pg_temp.error_of(format('CALL sp_complete_recording(%L, 90000, %L)', :'live', pg_temp.segs(3, 3, 'other'))) LIKE '55000 segment is already stored%', true, 'other content');
SELECT is(s2t_complete_recording(:'live', 95500, pg_temp.segs(3, 6) || pg_temp.segs(8, 8))::text, '(f,9,95500,96)', 'some that are there, and the rest');
SELECT is((status, duration_ms, segment_count, charged_seconds, held_seconds)::text, '(done,95500,9,96,0)', 'it is done') FROM recordings WHERE id = :'live';
SELECT is(pg_temp.counters('an'), '(1,96,0,0)', 'charged as one completion would');
SELECT is(pg_temp.entries(:'live'), 'charge 1/0, charge 0/96', 'in the same entry');
SELECT is(pg_temp.totals('an'), '(1,95500,9)', 'the totals');
SELECT is(s2t_complete_recording(:'live', 95500, pg_temp.segs(3, 6) || pg_temp.segs(8, 8))::text, '(t,9,95500,96)', 'the same call is a repetition');
SELECT is(pg_temp.error_of(format('CALL sp_complete_recording(%L, 95500, %L)', :'live', '[]')) LIKE '55000 recording is already completed with other content%', true, 'another call is not: the fingerprint is of its arguments');
SELECT is(pg_temp.append_error(:'live', '[]'), '55000 recording is not in processing: The recording ' || :'live' || ' is done.', 'what is done does not grow');
SELECT pg_temp.new('an') AS none \gset
SELECT pg_temp.append(:'none', pg_temp.segs(0, 2)) \gset
SELECT is(s2t_complete_recording(:'none', 30000, '[]')::text, '(f,3,30000,30)', 'nothing more');
SELECT pg_temp.new('an') AS all \gset
SELECT pg_temp.append(:'all', pg_temp.segs(0, 2)) \gset
SELECT is(s2t_complete_recording_text(:'all', 30000, pg_temp.segs(0, 2)::text)::text, '(f,3,30000,30)', 'all of it, as text');
SELECT is((SELECT count(DISTINCT s.text) || '/' || count(*) FROM segments AS s WHERE recording_id IN (:'none', :'all')), '3/6', 'the rows are the same');
SELECT pg_temp.new('an') AS once \gset
CALL sp_complete_recording(:'once', 30000, pg_temp.segs(0, 2));
SELECT is((SELECT count(DISTINCT fingerprint) FROM recordings WHERE id IN (:'all', :'once')), 1::bigint, 'the fingerprint is that of one completion');
SELECT pg_temp.new('an') AS doc \gset
SELECT pg_temp.append(:'doc', '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "xin chào"}]') \gset
SELECT is(segments, 2, 'a document completes it, too') FROM sp_import_transcript(:'doc',
  '{"text": "xin chào các bạn", "segments": [{"id": 0, "start": 0.0, "end": 1.0, "text": " xin chào"}, {"id": 1, "start": 1.0, "end": 2.0, "text": " các bạn"}]}', 'whisper');
SELECT is(segment_count, 2, 'which knows what is stored') FROM recordings WHERE id = :'doc';

-- The quota: what is given is stored all the same.
SELECT is(pg_temp.counters('an'), '(5,188,0,0)', 'so far');
SELECT pg_temp.new('an') AS long \gset
SELECT pg_temp.new('an', 60000) AS other \gset
SELECT is(pg_temp.append(:'long', '[]', 351000), '(0,351000,351,t,1)', 'one second is left: the other one''s hold counts');
SELECT is(pg_temp.append(:'long', '[]', 352000), '(0,352000,352,f,0)', 'none is: end the stream');
SELECT is(pg_temp.append(:'long', pg_temp.segs(0, 0), 420000), '(1,420000,420,f,0)', 'what comes nevertheless is stored');
SELECT is(pg_temp.counters('an'), '(7,608,8,60)', 'and charged; overage is noted when the plan has nothing left');
SELECT is((noted_recordings, noted_minutes)::text, '(0,100)', 'the thresholds are noted') FROM user_subscriptions WHERE user_id = :'an';
SELECT s2t_add_credit(:'an', 0, 1) AS credit \gset
SELECT is(pg_temp.append(:'long', '[]', 430000), '(1,430000,430,f,0)', 'a credit pays; the hold takes the rest of it');
SELECT is(pg_temp.append(:'long', '[]', 485000), '(1,485000,485,f,0)', 'until it is used up');
SELECT is(pg_temp.append(:'long', '[]', 500000), '(1,500000,500,f,0)', 'then overage again');
SELECT is(pg_temp.entries(:'long'), 'charge 1/0, charge 0/440, charge 0/60 of credit', 'one entry for each payer');
SELECT is((SELECT overage_seconds FROM usage_entries WHERE recording_id = :'long' AND credit_id IS NULL AND seconds <> 0), 28, 'with its overage');
SELECT is((SELECT left_seconds FROM usage_credits WHERE id = :'credit'), 0, 'the credit is used up');
UPDATE user_subscriptions SET cycle_start = now() - interval '60 days', cycle_end = now() - interval '1 day' WHERE user_id = :'an';
SELECT is(pg_temp.append(:'long', '[]', 510000), '(1,510000,510,t,530)', 'the cycle has ended: the next one is charged');
SELECT is(pg_temp.append(:'long', '[]', 515000), '(1,515000,515,t,525)', 'and goes on');
SELECT is((SELECT array_agg(e.seconds ORDER BY e.id) FROM usage_entries AS e JOIN user_subscriptions AS s USING (cycle_id) WHERE e.recording_id = :'long'), '{15}', 'in an entry of its own');
SELECT is(s2t_complete_recording(:'long', 515000, '[]')::text, '(f,1,515000,515)', 'done');
SELECT is(pg_temp.counters('an'), '(0,15,0,60)', 'the new cycle has what was heard in it');
UPDATE users SET status = 'blocked' WHERE id = :'an';
SELECT is(pg_temp.append(:'other', pg_temp.segs(0, 0)), '(1,10000,10,f,575)', 'a blocked account: stored, and the stream is to end');
UPDATE users SET status = 'active' WHERE id = :'an';
CALL sp_fail_recording(:'other', 'gone');
SELECT is(pg_temp.counters('an'), '(0,25,0,0)', 'failing with segments keeps the seconds');
SELECT pg_temp.new('chi') AS open \gset
SELECT is(pg_temp.append(:'open', '[]', 2000000000), '(0,2000000000,2000000,t,)', 'unlimited');
SELECT is(pg_temp.append(:'open', '[]', 2147483647), '(0,2147483647,2147484,t,)', 'to the end of the numbers');

-- Failing without segments gives back what was heard. The next attempt begins at the second that was heard.
CALL sp_fail_recording(:'open', 'engine');
SELECT is(pg_temp.counters('chi'), '(0,0,0,0)', 'nothing was delivered, nothing is charged');
SELECT is(pg_temp.append_error(:'open', '[]'), '55000 recording is not in processing: The recording ' || :'open' || ' has failed.', 'what has failed does not grow');

-- A new attempt: its first append, or completion, removes what earlier ones stored. What was charged for that is kept:
-- else append, fail, retry, append nothing, fail would be a transcript for nothing.
SELECT pg_temp.new('chi') AS cheat \gset
SELECT pg_temp.append(:'cheat', pg_temp.segs(0, 5)) \gset
CALL sp_fail_recording(:'cheat', 'engine');
SELECT ok(quota_ok, 'another attempt') FROM s2t_retry_recording(:'cheat');
SELECT is((SELECT count(*) FROM segments WHERE recording_id = :'cheat'), 6::bigint, 'what was stored is there until then');
SELECT is(pg_temp.append(:'cheat', '[]', 1000), '(0,1000,60,t,)', 'its first append removes it, and hears anew; the charge stays');
SELECT is(pg_temp.append(:'cheat', '[]', 500), '(0,1000,60,t,)', 'from then on it never shrinks');
SELECT is(pg_temp.error_of(format('CALL sp_complete_recording(%L, 999, %L)', :'cheat', '[]')) LIKE '22023 duration is less than what was heard: % 1000 ms %', true, 'nor does its completion');
SELECT is((SELECT count(*) FROM segments WHERE recording_id = :'cheat'), 0::bigint, 'indeed');
SELECT is(pg_temp.totals('chi'), '(2,0,0)', 'the totals follow');
SELECT is(pg_temp.append(:'cheat', '[]', 65000), '(0,65000,65,t,)', 'more is heard');
SELECT is(pg_temp.entries(:'cheat'), 'charge 1/0 kept, charge 0/60 kept, charge 0/5', 'what was charged before is final');
SELECT is(s2t_fail_recording(:'cheat', 'engine')::text, '(f,0,5)', 'failing gives back this attempt''s five seconds');
SELECT is(pg_temp.counters('chi'), '(1,60,0,0)', 'and no more');
SELECT ok(quota_ok, 'a third attempt') FROM s2t_retry_recording(:'cheat');
SELECT is(pg_temp.counters('chi'), '(1,60,0,0)', 'is the same recording');
SELECT is(s2t_fail_recording(:'cheat', 'engine')::text, '(f,0,0)', 'which fails at once');
SELECT ok(quota_ok, 'a fourth') FROM s2t_retry_recording(:'cheat');
SELECT is(s2t_complete_recording(:'cheat', 70000, pg_temp.segs(0, 6, 'another engine'))::text, '(f,7,70000,70)', 'is completed');
SELECT is(pg_temp.counters('chi'), '(1,70,0,0)', 'charged once');
SELECT pg_temp.new('chi') AS second \gset
SELECT pg_temp.append(:'second', pg_temp.segs(0, 5)) \gset
CALL sp_fail_recording(:'second', 'engine');
SELECT ok(quota_ok, 'seventy seconds announced, sixty charged') FROM s2t_retry_recording(:'second', 70000);
SELECT is(pg_temp.counters('chi'), '(2,130,0,10)', 'ten are held');
SELECT is(s2t_complete_recording(:'second', 61000, pg_temp.segs(0, 1, 'another engine'))::text, '(f,2,61000,61)', 'completed by another engine');
SELECT results_eq(format('SELECT text FROM sp_get_segments(%L, %L)', :'chi', :'second'), $$ VALUES ('another engine 0'), ('another engine 1') $$, 'nothing of the first one is left');
SELECT is(pg_temp.totals('chi'), '(3,131000,9)', 'the totals know');

-- A worker that takes over is not bound by what a dead one reported: it may have been wrong.
SELECT pg_temp.new('chi') AS wrong \gset
SELECT s2t_queue_recording(:'wrong', 1) \gset
SELECT lease AS first FROM s2t_claim_recordings('w1') \gset
SELECT segment_count FROM s2t_append_segments(:'wrong', pg_temp.segs(0, 0), 90000, :'first') \gset
UPDATE recordings SET lease_until = now() - interval '1 second' WHERE id = :'wrong';
SELECT lease AS second_lease FROM s2t_claim_recordings('w2') \gset
SELECT is(s2t_complete_recording(:'wrong', 55000, pg_temp.segs(0, 4), :'second_lease')::text, '(f,5,55000,90)', 'less than a dead worker heard');
SELECT is((status, duration_ms, charged_seconds, segment_count)::text, '(done,55000,90,5)', 'what was charged stays charged, and nothing is charged again') FROM recordings WHERE id = :'wrong';
SELECT is(pg_temp.counters('chi'), '(3,221,0,0)', 'as the counters tell');
SELECT is(pg_temp.entries(:'wrong'), 'charge 1/0 kept, charge 0/90 kept', 'and the ledger');
SELECT pg_temp.new('chi') AS silent \gset
SELECT s2t_queue_recording(:'silent', 1) \gset
SELECT lease AS third FROM s2t_claim_recordings('w1') \gset
SELECT segment_count FROM s2t_append_segments(:'silent', '[]', 90000, :'third') \gset
UPDATE recordings SET lease_until = now() - interval '1 second' WHERE id = :'silent';
SELECT lease AS fourth FROM s2t_claim_recordings('w2') \gset
SELECT is((SELECT duration_ms FROM s2t_append_segments(:'silent', '[]', 20000, :'fourth')), 20000, 'its own appends count');
SELECT is(pg_temp.error_of(format('SELECT s2t_complete_recording(%L, 19999, %L, %L)', :'silent', '[]', :'fourth')) LIKE '22023 duration is less than what was heard: % 20000 ms %', true, 'to the end of it');
SELECT is(s2t_fail_recording(:'silent', 'no sound', :'fourth')::text, '(f,1,90)', 'nothing was delivered: all of it is given back');
DELETE FROM recordings WHERE id IN (:'wrong', :'silent');

-- Staleness counts from the last append.
SELECT pg_temp.new('chi') AS hours \gset
SELECT pg_temp.append(:'hours', pg_temp.segs(0, 0)) \gset
UPDATE recordings SET created_at = now() - interval '7 hours' WHERE id = :'hours';
SELECT is(s2t_fail_stale_batch('6 hours', 10), 0, 'a stream of seven hours is alive');
SELECT cmp_ok((SELECT oldest_processing_seconds FROM s2t_health), '<', 60::float8, 'as those who watch are told');
UPDATE recordings SET active_at = now() - interval '361 minutes' WHERE id = :'hours';
SELECT is(s2t_fail_stale_batch('6 hours', 10), 1, 'six hours after the last append it is not');
SELECT is((status, error IS NOT NULL, segment_count, charged_seconds, held_seconds)::text, '(failed,t,1,10,0)', 'what it has stays charged') FROM recordings WHERE id = :'hours';
SELECT ok(quota_ok, 'it goes on') FROM s2t_retry_recording(:'hours');
UPDATE recordings SET active_at = now() - interval '361 minutes' WHERE id = :'hours';
SELECT is(pg_temp.append(:'hours', '[]', 12000), '(0,12000,12,t,)', 'an append is a sign of life, with or without segments');
SELECT is(s2t_fail_stale_batch('6 hours', 10), 0, 'so it is alive');
DELETE FROM recordings WHERE id = :'hours';

-- An append tells of thresholds, and of nothing else; of what it rolls over, too.
SELECT s2t_add_consumer('all', NULL) \gset
SELECT s2t_register_user('giang@example.com', 'giang', 'hash', NULL, 'TEN') AS giang \gset
SELECT recording_id AS told FROM s2t_create_recording(:'giang', 'realtime') \gset
DELETE FROM events;
SELECT pg_temp.append(:'told', pg_temp.segs(0, 0), 299000) \gset
SELECT is((SELECT count(*) FROM events), 0::bigint, 'below the threshold nobody is told');
SELECT pg_temp.append(:'told', '[]', 300000) \gset
SELECT results_eq($$ SELECT type, recording_id, data ->> 'quota', data ->> 'percent', data ->> 'used_seconds' FROM events $$,
  $$ VALUES ('usage.threshold', NULL::uuid, 'minutes', '50', '300') $$, 'at the threshold its consumers are');
SELECT pg_temp.append(:'told', '[]', 310000) \gset
SELECT is((SELECT count(*) FROM events), 1::bigint, 'once');

-- Segments that were brought by other means are not mixed with those of a call.
INSERT INTO recordings (user_id, source) VALUES (:'chi', 'direct') RETURNING id AS direct \gset
INSERT INTO segments VALUES (:'direct', 0, 0, 1, 'direct');
SELECT is(pg_temp.append_error(:'direct', '[]') LIKE '55000 recording already has segments%', true, 'segments inserted directly');
DELETE FROM segments WHERE recording_id = :'direct';
SELECT is(pg_temp.append(:'direct', pg_temp.segs(0, 0)), '(1,10000,10,t,)', 'a recording inserted directly grows as well');
SELECT is(s2t_complete_recording(:'direct', 10000, '[]')::text, '(f,1,10000,10)', 'and is charged as one when it is completed');
SELECT is(pg_temp.entries(:'direct'), 'charge 0/10, charge 1/0', 'as the ledger tells');

-- Within a transaction a row is looked for where the last call has put it: it may be elsewhere by now, or not at all.
SELECT pg_temp.new('chi', 100000) AS moved \gset
SELECT pg_temp.append(:'moved', pg_temp.segs(0, 0)) \gset
SAVEPOINT s;
SELECT is(pg_temp.append(:'moved', pg_temp.segs(1, 4)), '(5,50000,50,t,)', 'an append');
ROLLBACK TO s;
SELECT is(pg_temp.append(:'moved', pg_temp.segs(1, 1)), '(2,20000,20,t,)', 'that is rolled back was none');
UPDATE recordings SET meta = '{"a": 1}' WHERE id = :'moved';
SELECT is(pg_temp.append(:'moved', pg_temp.segs(3, 3)), '(3,40000,40,t,)', 'after an UPDATE');
SELECT is((SELECT (meta, heard_ms)::text FROM recordings WHERE id = :'moved'), '("{""a"": 1}",40000)', 'which stays');
DELETE FROM recordings WHERE id = :'moved';
SELECT is(pg_temp.append_error(:'moved', '[]') LIKE 'P0002%', true, 'after a DELETE it is gone');

SELECT * FROM finish();
ROLLBACK;
