-- The queue, claims, leases and the fence (docs/reference.md, "Work").
\ir include/begin.sql
SELECT plan(144);

INSERT INTO plans (code, name) VALUES ('Q', 'Queue');
SELECT s2t_register_user('queue@example.com', 'queue', 'hash', NULL, 'Q') AS u \gset
CREATE FUNCTION pg_temp.make(said text, priority int DEFAULT NULL) RETURNS uuid LANGUAGE sql AS $$
  SELECT recording_id FROM s2t_create_recording((SELECT id FROM users WHERE user_name = 'queue'), said, in_priority => priority)
$$;
CREATE FUNCTION pg_temp.id(said text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM recordings WHERE source = said $$;
CREATE FUNCTION pg_temp.lease(said text) RETURNS uuid LANGUAGE sql AS $$ SELECT lease FROM recordings WHERE source = said $$;
CREATE FUNCTION pg_temp.claim(worker text, n int DEFAULT 1, for_time interval DEFAULT '5 minutes') RETURNS text[] LANGUAGE sql AS $$
  SELECT array_agg(c.source || ' ' || c.attempt ORDER BY c.ord) FROM s2t_claim_recordings(worker, n, for_time) WITH ORDINALITY AS c (a, b, source, d, e, attempt, g, h, ord)
$$;
CREATE FUNCTION pg_temp.over(said text) RETURNS void LANGUAGE sql AS $$
  UPDATE recordings SET lease_until = clock_timestamp() - interval '1 second' WHERE source = said
$$;
\set lost '\'55000\', \'lease is no longer held\''

-- Only what is queued is claimed, the lowest priority first, then the oldest.
SELECT pg_temp.make(s, p) FROM (VALUES ('none', NULL), ('b1', 5), ('b2', 5), ('a', -1), ('c', 9)) AS v (s, p);
SELECT is((SELECT count(*) FROM recordings WHERE queue_priority IS NULL), 1::bigint, 'without a priority a recording is not queued');
SELECT is(pg_temp.claim('w1', 2), '{"a 1","b1 1"}', 'the lowest priority first, then the oldest');
SELECT results_eq($$SELECT lease_worker, lease_until > now() + interval '4 minutes', claims, queue_priority, attempt FROM recordings WHERE source = 'a'$$,
  $$VALUES ('w1', true, 1, -1, 2)$$, 'a lease with its worker and its time; a claim is an attempt of its own');
SELECT results_eq($$SELECT c.recording_id, c.user_id, c.source, c.language, c.meta, c.attempt, c.lease = pg_temp.lease('b2'), c.lease_until > now() FROM s2t_claim_recordings('w2') AS c$$,
  format($$SELECT pg_temp.id('b2'), %L::uuid, 'b2', 'vi', '{}'::jsonb, 1, true, true$$, :'u'), 'the row tells what is to be done');
SELECT is(pg_temp.claim('w3', 10), '{"c 1"}', 'what others hold is passed over');
SELECT is(pg_temp.claim('w3', 10), NULL, 'nothing is left');
SELECT is((SELECT count(DISTINCT lease) FROM recordings), 4::bigint, 'each lease is another one');
SELECT throws_ok($$SELECT s2t_claim_recordings(NULL)$$, '22023', 'argument must not be null', 'a worker has a name');
SELECT throws_ok($$SELECT s2t_claim_recordings(' ')$$, '22023', 'invalid worker', 'not a blank one');
SELECT throws_ok(format('SELECT s2t_claim_recordings(%L)', repeat('w', 201)), '22023', 'invalid worker', 'of 200 characters at most');
SELECT throws_ok(format('SELECT s2t_claim_recordings(%L, %L)', 'w', n), '22023', NULL, 'limit ' || coalesce(n, 'NULL')) FROM unnest('{0,-1,1001,NULL}'::text[]) AS n;
SELECT throws_ok(format('SELECT s2t_claim_recordings(%L, 1, %L)', 'w', t), '22023', NULL, 'lease time ' || coalesce(t, 'NULL')) FROM unnest('{0,-1 second,8 days,NULL}'::text[]) AS t;

-- The heartbeat.
SELECT ok((SELECT s2t_extend_lease(pg_temp.id('a'), pg_temp.lease('a'), '1 hour') > now() + interval '59 minutes'), 'a heartbeat gives time');
SELECT is((SELECT lease_until > now() + interval '59 minutes' AND active_at > created_at FROM recordings WHERE source = 'a'), true, 'and is a sign of life');
SELECT throws_ok(format('SELECT s2t_extend_lease(%L, %L)', pg_temp.id('a'), pg_temp.lease('b1')), :lost, 'not for a lease of something else');
SELECT throws_ok(format('SELECT s2t_extend_lease(%L, %L, %L)', pg_temp.id('a'), pg_temp.lease('a'), '0'), '22023', 'invalid lease time', 'no time');
SELECT throws_ok(format('SELECT s2t_extend_lease(%L, %L)', :'u', pg_temp.lease('a')), 'P0002', NULL, 'an unknown recording');
SELECT throws_ok(format('SELECT s2t_extend_lease(%L, NULL)', pg_temp.id('a')), '22023', 'argument must not be null', 'no lease');

-- Time alone takes no lease away; the next claim does.
SELECT pg_temp.lease('a') AS old \gset
SELECT pg_temp.over('a');
SELECT lives_ok(format('SELECT s2t_extend_lease(%L, %L)', pg_temp.id('a'), :'old'), 'a late heartbeat that nobody forestalled is in time');
SELECT pg_temp.over('a');
SELECT s2t_leases_lost() AS lost_before \gset
SELECT is(pg_temp.claim('w2', 10), '{"a 2"}', 'a lease that is over is claimed by another worker');
SELECT throws_ok(format('SELECT s2t_extend_lease(%L, %L)', pg_temp.id('a'), :'old'), :lost, 'then the old one is lost: heartbeat');
SELECT throws_ok(format('SELECT s2t_release_recording(%L, %L)', pg_temp.id('a'), :'old'), :lost, 'release');
SELECT throws_ok(format('SELECT s2t_append_segments(%L, %L, 1, %L)', pg_temp.id('a'), '[]', :'old'), :lost, 'append');
SELECT throws_ok(format('SELECT s2t_complete_recording(%L, 1, %L, %L)', pg_temp.id('a'), '[]', :'old'), :lost, 'complete');
SELECT throws_ok(format('SELECT s2t_complete_recording_text(%L, 1, %L, %L)', pg_temp.id('a'), '[]', :'old'), :lost, 'complete by text');
SELECT throws_ok(format('SELECT s2t_fail_recording(%L, %L, %L)', pg_temp.id('a'), 'x', :'old'), :lost, 'fail');
SELECT throws_ok(format('SELECT s2t_import_transcript(%L, %L, %L, %L)', pg_temp.id('a'), '{"text": "x"}', 'auto', :'old'), :lost, 'import');
-- Before any other argument.
SELECT throws_ok(format('SELECT s2t_append_segments(%L, NULL, -1, %L)', pg_temp.id('a'), :'old'), :lost, 'the fence comes first: append');
SELECT throws_ok(format('SELECT s2t_complete_recording(%L, -1, NULL, %L)', pg_temp.id('a'), :'old'), :lost, 'complete');
SELECT throws_ok(format('SELECT s2t_complete_recording_text(%L, NULL, %L, %L)', pg_temp.id('a'), '{', :'old'), :lost, 'complete by text');
SELECT throws_ok(format('SELECT s2t_fail_recording(%L, NULL, %L)', pg_temp.id('a'), :'old'), :lost, 'fail');
SELECT throws_ok(format('SELECT s2t_import_transcript(%L, %L, %L, %L)', pg_temp.id('a'), '{', 'no such format', :'old'), :lost, 'import');
SELECT throws_ok(format('SELECT s2t_release_recording(%L, %L, %L, %L)', pg_temp.id('a'), :'old', '-1 s', ''), :lost, 'release');
SELECT is((SELECT (status, segment_count, lease_worker)::text FROM recordings WHERE source = 'a'), '(processing,0,w2)', 'none of it has changed anything');

-- With the lease in force everything goes on as without.
SELECT lives_ok(format('SELECT s2t_append_segments(%L, %L, 1000, %L)', pg_temp.id('a'), '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "one"}]', pg_temp.lease('a')), 'append with the lease');
SELECT pg_temp.lease('a') AS good \gset
SELECT results_eq(format('SELECT repeated, segment_count FROM s2t_complete_recording(%L, 2000, %L, %L)', pg_temp.id('a'), '[{"idx": 1, "start_ms": 1000, "end_ms": 2000, "text": "two"}]', :'good'),
  'VALUES (false, 2)', 'complete with the lease');
SELECT is((SELECT (status, lease, lease_until, queue_priority, due_at, lease_worker)::text FROM recordings WHERE source = 'a'), '(done,,,,,w2)', 'what is done has left the queue');
SELECT results_eq(format('SELECT repeated FROM s2t_complete_recording(%L, 2000, %L, %L)', pg_temp.id('a'), '[{"idx": 1, "start_ms": 1000, "end_ms": 2000, "text": "two"}]', lease),
  'VALUES (true)', 'a repetition looks at no lease') FROM unnest(ARRAY[:'good', :'old']::uuid[]) AS lease;
SELECT throws_ok(format('SELECT s2t_complete_recording(%L, 2000, %L, %L)', pg_temp.id('a'), '[]', :'old'), '55000', 'recording is already completed with other content', 'other content is other content');
SELECT throws_ok(format('SELECT s2t_extend_lease(%L, %L)', pg_temp.id('a'), :'good'), :lost, 'what is done is held no more');
SELECT throws_ok(format('SELECT s2t_fail_recording(%L, %L, %L)', pg_temp.id('a'), 'x', :'old'), '55000', 'recording is already completed', 'nor does it fail');
SELECT results_eq(format('SELECT format, segment_count, repeated FROM s2t_import_transcript(%L, %L, in_lease => %L)', pg_temp.id('b1'), '{"text": "x"}', pg_temp.lease('b1')),
  $$VALUES ('openai', 1, false)$$, 'import with the lease');
SELECT results_eq(format('SELECT repeated, refunded_recordings FROM s2t_fail_recording(%L, %L, %L)', pg_temp.id('b2'), 'no sound', pg_temp.lease('b2')), 'VALUES (false, 1)', 'fail with the lease');
SELECT is((SELECT (status, error, lease, queue_priority)::text FROM recordings WHERE source = 'b2'), '(failed,"no sound",,)', 'what has failed has left the queue');
SELECT lives_ok(format('CALL sp_complete_recording(%L, 1, %L)', pg_temp.id('c'), '[]'), 'who passes no lease works as before');

-- Every claim is an attempt: it replaces what an earlier one left behind.
SELECT pg_temp.make('again', 0);
SELECT pg_temp.claim('w1');
SELECT lives_ok(format('SELECT s2t_append_segments(%L, %L, 1000, %L)', pg_temp.id('again'), '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "one"}]', pg_temp.lease('again')), 'half of it');
SELECT pg_temp.over('again');
SELECT is(pg_temp.claim('w2'), '{"again 2"}', 'taken over');
SELECT lives_ok(format('SELECT s2t_complete_recording(%L, 1000, %L, %L)', pg_temp.id('again'), '[{"idx": 0, "start_ms": 0, "end_ms": 900, "text": "uno"}]', pg_temp.lease('again')), 'another engine''s');
SELECT bag_eq($$SELECT text FROM segments WHERE recording_id = pg_temp.id('again')$$, $$VALUES ('uno')$$, 'stands alone');

-- Giving back.
SET LOCAL s2t.max_attempts = 2;
SELECT pg_temp.make('back', 3);
SELECT is(pg_temp.claim('w1'), '{"back 1"}', 'claimed');
SELECT pg_temp.lease('back') AS old \gset
SELECT results_eq(format('SELECT * FROM s2t_release_recording(%L, %L)', pg_temp.id('back'), :'old'), $$VALUES ('processing', 2, NULL::timestamptz)$$, 'given back without an error');
SELECT is((SELECT (claims, queue_priority, lease, lease_until, lease_worker, error)::text FROM recordings WHERE source = 'back'), '(0,3,,,w1,)', 'it is as if it had not been');
SELECT throws_ok(format('SELECT s2t_complete_recording(%L, 1, %L, %L)', pg_temp.id('back'), '[]', :'old'), :lost, 'the lease is lost');
SELECT is(pg_temp.claim('w1'), '{"back 1"}', 'the attempt was given back');
SELECT throws_ok(format('SELECT s2t_release_recording(%L, %L, %L)', pg_temp.id('back'), pg_temp.lease('back'), '-1 second'), '22023', 'invalid pause', 'no negative pause');
SELECT throws_ok(format('SELECT s2t_release_recording(%L, %L, NULL, %L)', pg_temp.id('back'), pg_temp.lease('back'), ' '), '22023', 'invalid error', 'no blank error');
SELECT results_eq(format('SELECT status, attempts_left, due_at > now() + interval %L FROM s2t_release_recording(%L, %L, %L, %L)', '59 minutes', pg_temp.id('back'), pg_temp.lease('back'), '1 hour', 'engine busy'),
  $$VALUES ('processing', 1, true)$$, 'with an error and a pause');
SELECT is((SELECT (claims, queue_priority, due_priority, error, due_at > now())::text FROM recordings WHERE source = 'back'), '(1,,3,"engine busy",t)', 'put off, out of the way of the others');
SELECT is(pg_temp.claim('w1'), NULL, 'not before its time');
UPDATE recordings SET due_at = clock_timestamp() WHERE source = 'back';
SELECT is(pg_temp.claim('w1'), '{"back 2"}', 'then it comes back');
SELECT results_eq(format('SELECT * FROM s2t_release_recording(%L, %L, %L, %L)', pg_temp.id('back'), pg_temp.lease('back'), '1 hour', 'engine gone'), $$VALUES ('failed', 0, NULL::timestamptz)$$, 'the last attempt fails it');
SELECT is((SELECT (status, error, queue_priority, due_at, lease, charged_cycle_id)::text FROM recordings WHERE source = 'back'), '(failed,"engine gone",,,,)', 'with its reason, uncharged');
SELECT results_eq($$SELECT outcome, detail FROM audit_log WHERE procedure_name = 's2t_release_recording' AND recording_id = pg_temp.id('back')$$, $$VALUES ('failed', 'no attempts left')$$, 'and the audit log knows why');
SELECT lives_ok(format('SELECT s2t_retry_recording(%L)', pg_temp.id('back')), 'begun again');
SELECT is((SELECT (status, claims, queue_priority, lease_worker)::text FROM recordings WHERE source = 'back'), '(processing,0,,)', 'with all attempts, not queued');

-- Queueing.
SELECT results_eq(format('SELECT * FROM s2t_queue_recording(%L, 1)', pg_temp.id('back')), $$VALUES (true, '')$$, 'queued later');
SELECT is((SELECT queue_priority FROM recordings WHERE source = 'back'), 1, 'with its priority');
SELECT results_eq(format('SELECT queued FROM s2t_queue_recording(%L, 2, %L)', pg_temp.id('back'), now() + interval '1 day'), 'VALUES (true)', 'put off');
SELECT is((SELECT (queue_priority, due_priority, due_at > now())::text FROM recordings WHERE source = 'back'), '(,2,t)', 'out of the way');
SELECT is(pg_temp.claim('w1'), NULL, 'until then nobody gets it');
SELECT results_eq(format('SELECT queued FROM s2t_queue_recording(%L, 2, %L)', pg_temp.id('back'), now() - interval '1 day'), 'VALUES (true)', 'a time that has passed is none');
SELECT throws_ok(format('SELECT s2t_queue_recording(%L, 2, %L)', pg_temp.id('back'), 'infinity'), '22023', 'invalid time', 'never is no time');
SELECT results_eq(format('SELECT queued FROM s2t_queue_recording(%L, 2, %L)', pg_temp.id('back'), '-infinity'), 'VALUES (true)', 'but one that has passed');
SELECT results_eq(format('SELECT * FROM s2t_queue_recording(%L, NULL)', pg_temp.id('back')), $$VALUES (false, '')$$, 'taken out');
SELECT is((SELECT (queue_priority, due_priority, due_at)::text FROM recordings WHERE source = 'back'), '(,,)', 'of the queue');
SELECT throws_ok(format('SELECT s2t_queue_recording(%L, 1)', pg_temp.id('b2')), '55000', 'recording is not in processing', 'what has failed is not queued');
SELECT throws_ok(format('SELECT s2t_queue_recording(%L, 1)', :'u'), 'P0002', NULL, 'nor what is not there');
SELECT s2t_queue_recording(pg_temp.id('back'), 1);
SELECT pg_temp.claim('w1');
SELECT s2t_queue_recording(pg_temp.id('back'), NULL);
SELECT results_eq(format('SELECT status, due_at FROM s2t_release_recording(%L, %L)', pg_temp.id('back'), pg_temp.lease('back')), $$VALUES ('processing', NULL::timestamptz)$$, 'released after it was taken out');
SELECT is((SELECT queue_priority FROM recordings WHERE source = 'back'), NULL, 'it stays out');

-- An account that is not active: refused, and out of the way.
SELECT s2t_queue_recording(pg_temp.id('back'), 1);
SELECT s2t_set_status(:'u', 'suspended');
SELECT results_eq(format('SELECT queued, error_message FROM s2t_queue_recording(%L, 1)', pg_temp.id('back')), $$VALUES (false, 'account is not active')$$, 'queueing is refused');
SELECT is(pg_temp.claim('w1'), NULL, 'claiming passes it over');
SELECT is((SELECT due_at > now() AND due_priority = 1 AND claims = 0 FROM recordings WHERE source = 'back'), true, 'and puts it off');
SELECT s2t_set_status(:'u', 'active');
SELECT is(pg_temp.claim('w1'), NULL, 'for some minutes');
SELECT s2t_queue_recording(pg_temp.id('back'), 1);
SELECT is(pg_temp.claim('w1'), '{"back 1"}', 'or until it is queued again');

-- Keys: the priority is an argument like the others; without one the hash is what it was.
SELECT recording_id AS keyed FROM s2t_create_recording(:'u', 'keyed', in_key => 'k1') \gset
SELECT throws_ok(format('SELECT s2t_create_recording(%L, %L, in_key => %L, in_priority => 1)', :'u', 'keyed', 'k1'), '22023', 'key was used with other arguments', 'another priority is another call');
SELECT s2t_create_recording(:'u', 'keyed2', in_key => 'k2', in_priority => 1);
SELECT results_eq(format('SELECT reason FROM s2t_create_recording(%L, %L, in_key => %L, in_priority => 1)', :'u', 'keyed2', 'k2'), $$VALUES ('repeated')$$, 'the same one is the same');
SELECT throws_ok(format('SELECT s2t_create_recording(%L, %L, in_key => %L)', :'u', 'keyed2', 'k2'), '22023', 'key was used with other arguments', 'none is another call');

-- The stale rule spares leases in force and what waits, and fails what has no attempts left.
UPDATE recordings SET queue_priority = NULL, due_at = NULL WHERE status = 'processing';
SELECT s2t_fail_stale_batch('0', 1000);
SELECT pg_temp.make(s, 1) FROM unnest('{leased,expired,spent,waiting,off}'::text[]) AS s;
SELECT s2t_queue_recording(pg_temp.id('off'), 1, now() + interval '1 day');
UPDATE recordings SET created_at = now() - interval '1 day' WHERE status = 'processing';
UPDATE recordings SET queue_priority = 0 WHERE source = 'spent';
SELECT is(pg_temp.claim('w1'), '{"spent 1"}', 'an attempt');
SELECT pg_temp.over('spent');
SELECT is(pg_temp.claim('w1'), '{"spent 2"}', 'and the last one');
UPDATE recordings SET queue_priority = 1 WHERE source IN ('leased', 'expired');
UPDATE recordings SET queue_priority = 2 WHERE source = 'waiting';
SELECT pg_temp.claim('w1', 2);
SELECT pg_temp.over('expired');
SELECT is(s2t_fail_stale_batch('1 hour', 1000), 0, 'what is leased, waits or is put off is spared');
SELECT pg_temp.over('spent');
SELECT is(s2t_fail_stale_batch('1 hour', 1000), 1, 'what has no attempts left fails');
SELECT is((SELECT (status, error)::text FROM recordings WHERE source = 'spent'), '(failed,"no attempts left")', 'and says so');
SELECT pg_temp.make('spent2', 0);
SELECT pg_temp.claim('w1');
SELECT s2t_release_recording(pg_temp.id('spent2'), pg_temp.lease('spent2'), NULL, 'engine down');
SELECT is(pg_temp.claim('w1'), '{"spent2 2"}', 'its last attempt');
SELECT pg_temp.over('spent2');
SELECT is(pg_temp.claim('w1', 10), '{"expired 2","waiting 1"}', 'a claim fails nothing');
SELECT is((SELECT (status, due_at, claims)::text FROM recordings WHERE source = 'spent2'), '(processing,infinity,2)', 'and puts what is used up out of its way');
SELECT lives_ok(format('SELECT s2t_extend_lease(%L, %L)', pg_temp.id('spent2'), pg_temp.lease('spent2')), 'its worker may be alive after all');
SELECT is(s2t_fail_stale_batch('6 hours', 1000), 0, 'then it goes on');
SELECT pg_temp.over('spent2');
SELECT is(s2t_fail_stale_batch('6 hours', 1000), 1, 'the job fails it, young as it is');
SELECT is((SELECT (status, error)::text FROM recordings WHERE source = 'spent2'), '(failed,"engine down")', 'with what was wrong last');

-- What operators see.
UPDATE recordings SET status = 'failed' WHERE status = 'processing';
SELECT pg_temp.make('seen' || i, i) FROM generate_series(1, 6) AS i;
SELECT s2t_queue_recording(pg_temp.id('seen6'), 6, now() + interval '1 day');
SELECT pg_temp.claim('w1', 3);
SELECT pg_temp.over('seen2');
UPDATE recordings SET claims = 2, lease_until = now() - interval '1 second' WHERE source = 'seen3';
SELECT results_eq($$SELECT r.source, q.state, q.priority, q.claims, q.worker FROM s2t_queue AS q JOIN recordings AS r ON r.id = q.recording_id ORDER BY 1$$,
  $$VALUES ('seen1', 'leased', 1, 1, 'w1'), ('seen2', 'expired', 2, 1, 'w1'), ('seen3', 'used up', 3, 2, 'w1'), ('seen4', 'waiting', 4, 0, NULL), ('seen5', 'waiting', 5, 0, NULL), ('seen6', 'put off', 6, 0, NULL)$$, 's2t_queue');
SELECT results_eq('SELECT queue_waiting, queue_put_off, leases_in_force, queue_attempts, queue_used_up, oldest_waiting_seconds > 0 FROM s2t_health', 'VALUES (3::bigint, 1::bigint, 1::bigint, 4::bigint, 1::bigint, true)', 's2t_health');
SELECT matches(s2t_metrics(), E'\ns2t_queue_waiting{datname="[^"]*"} 3\n', 's2t_metrics');
SELECT cmp_ok(s2t_leases_lost(), '>', :lost_before::bigint, 'leases lost are counted');

-- No column of a lease is in an index or its predicate: claims and heartbeats are HOT.
SELECT is_empty($$SELECT i.indexrelid::regclass FROM pg_index AS i WHERE i.indrelid = 'recordings'::regclass AND pg_get_indexdef(i.indexrelid) ~ 'lease|claims|active_at'$$, 'no index on a lease');

-- What a constraint or a trigger refuses holds up no others: it is put off, with the reason, if that is allowed.
SET LOCAL client_min_messages = error;
UPDATE recordings SET status = 'failed' WHERE status = 'processing';
SELECT pg_temp.make(s, p) FROM (VALUES ('checked', 1), ('raised', 1), ('stubborn', 1), ('good', 2), ('better', 2)) AS v (s, p);
ALTER TABLE recordings ADD CONSTRAINT unclaimed CHECK (source <> 'checked' OR lease IS NULL);
CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is not to be touched', OLD.source USING ERRCODE = 'U0001'; END $$;
CREATE TRIGGER refuse_claim AFTER UPDATE ON recordings FOR EACH ROW WHEN (OLD.source = 'raised' AND NEW.lease IS NOT NULL) EXECUTE FUNCTION pg_temp.refuse();
CREATE TRIGGER refuse_all BEFORE UPDATE ON recordings FOR EACH ROW WHEN (OLD.source = 'stubborn') EXECUTE FUNCTION pg_temp.refuse();
SELECT is(pg_temp.claim('w1'), '{"good 1"}', 'a claim passes over what is refused');
SELECT results_eq($$SELECT source, due_at > now() + interval '9 minutes', claims, lease, error FROM recordings WHERE source IN ('checked', 'raised') ORDER BY 1$$,
  $$VALUES ('checked', true, 0, NULL::uuid, 'not claimed: new row for relation "recordings" violates check constraint "unclaimed"'), ('raised', true, 0, NULL, 'not claimed: raised is not to be touched')$$, 'it is put off, and says why');
SELECT results_eq($$SELECT r.source, q.state, q.error FROM s2t_queue AS q JOIN recordings AS r ON r.id = q.recording_id WHERE r.source IN ('raised', 'stubborn') ORDER BY 1$$,
  $$VALUES ('raised', 'put off', 'not claimed: raised is not to be touched'), ('stubborn', 'waiting', NULL)$$, 'as those who look into the queue see; what cannot be changed at all stays');
SELECT is(pg_temp.claim('w1', 5), '{"better 1"}', 'and is passed over again');
SELECT is(pg_temp.claim('w1', 5), NULL, 'where nothing else is left, nothing is claimed');
UPDATE recordings SET due_at = now() - interval '1 second' WHERE source IN ('checked', 'raised');
ALTER TABLE recordings ADD CONSTRAINT stays CHECK (source <> 'raised' OR queue_priority IS NULL) NOT VALID;
SELECT pg_temp.make('best', 2);
SELECT is(pg_temp.claim('w1', 5), '{"best 1"}', 'nor does one that may not come back hold up others');
ALTER TABLE recordings DROP CONSTRAINT stays, DROP CONSTRAINT unclaimed;
DROP TRIGGER refuse_claim ON recordings;
UPDATE recordings SET due_at = now() - interval '1 second' WHERE due_at IS NOT NULL;
SELECT is(pg_temp.claim('w1', 5), '{"checked 1","raised 1"}', 'once they are allowed they are claimed');
DROP TRIGGER refuse_all ON recordings;
SELECT is(pg_temp.claim('w1', 5), '{"stubborn 1"}', 'all of them');
SET LOCAL client_min_messages = warning;

-- Where many leases are in force in front of what waits, claims put what they cover out of their way, until it is over.
UPDATE recordings SET status = 'failed' WHERE status = 'processing';
SELECT pg_temp.make('m' || lpad(i::text, 2, '0'), 1) FROM generate_series(1, 70) AS i;
SELECT is(cardinality(pg_temp.claim('w1', 60)), 60, 'sixty are at work');
SELECT is(pg_temp.claim('w2'), '{"m61 1"}', 'the next one');
SELECT results_eq($$SELECT min(source), max(source), count(*), bool_and(due_at = lease_until AND due_priority = 1 AND queue_priority IS NULL AND claims = 1) FROM recordings WHERE due_at IS NOT NULL AND status = 'processing'$$,
  $$VALUES ('m51', 'm60', 10::bigint, true)$$, 'those behind the fiftieth stand aside for as long as their leases last');
SELECT results_eq($$SELECT state, priority, count(*) FROM s2t_queue GROUP BY 1, 2 ORDER BY 1$$, $$VALUES ('leased', 1, 61::bigint), ('waiting', 1, 9)$$, 'which is all that operators see');
SELECT ok((SELECT s2t_extend_lease(pg_temp.id('m51'), pg_temp.lease('m51'), '1 hour') > now()), 'heartbeats go on');
SELECT is((SELECT due_at < lease_until FROM recordings WHERE source = 'm51'), true, 'and touch no index');
SELECT s2t_extend_lease(id, lease, '1 minute') FROM recordings WHERE source = 'm52';
SELECT is((SELECT due_at = lease_until AND due_at < now() + interval '2 minutes' FROM recordings WHERE source = 'm52'), true, 'unless the lease is cut short');
SELECT results_eq(format('SELECT status, due_at FROM s2t_release_recording(%L, %L)', pg_temp.id('m53'), pg_temp.lease('m53')), $$VALUES ('processing', NULL::timestamptz)$$, 'given back');
SELECT results_eq(format('SELECT status, due_at > now() + interval %L FROM s2t_release_recording(%L, %L, %L)', '50 minutes', pg_temp.id('m54'), pg_temp.lease('m54'), '1 hour'), $$VALUES ('processing', true)$$, 'given back with a pause');
SELECT lives_ok(format('SELECT s2t_complete_recording(%L, 1, %L, %L)', pg_temp.id('m55'), '[]', pg_temp.lease('m55')), 'completed');
SELECT is(pg_temp.claim('w2', 2), '{"m53 1","m62 1"}', 'what was given back is there at once');
-- Two leases are over, one of them after a heartbeat that made it longer.
UPDATE recordings SET due_at = now() - interval '1 second' WHERE source IN ('m51', 'm56');
UPDATE recordings SET lease_until = now() - interval '1 second' WHERE source = 'm56';
SELECT is(pg_temp.claim('w2', 2), '{"m56 2","m63 1"}', 'what is over is claimed by others');
SELECT is((SELECT (due_at = lease_until)::text || claims FROM recordings WHERE source = 'm51'), 'true1', 'what is not stays aside');
UPDATE recordings SET due_at = now() - interval '1 second', lease_until = now() - interval '1 second', claims = 2 WHERE source = 'm57';
SELECT is(s2t_fail_stale_batch('6 hours', 1000), 1, 'a last attempt that ends there fails by the job, though nobody claims any more');
SELECT is((SELECT status FROM recordings WHERE source = 'm57'), 'failed', 'that one');

-- A trigger that keeps a claim back keeps only that one back.
UPDATE recordings SET status = 'failed' WHERE status = 'processing';
SELECT pg_temp.make(s, 1) FROM unnest('{kept,free}'::text[]) AS s;
CREATE FUNCTION pg_temp.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER keep BEFORE UPDATE OF lease ON recordings FOR EACH ROW WHEN (OLD.source = 'kept') EXECUTE FUNCTION pg_temp.keep();
SELECT is(pg_temp.claim('w1', 2), '{"free 1"}', 'what a trigger keeps is nobody''s');
DROP TRIGGER keep ON recordings;

-- Tables of an earlier version.
ALTER TABLE recordings DROP COLUMN lease, DROP COLUMN queue_priority, DROP COLUMN due_at, DROP COLUMN claims;
SELECT throws_ok($$SELECT s2t_claim_recordings('w1')$$, '42703', 'column "lease" of table "recordings" does not exist', 'claiming wants the columns');
SELECT throws_ok(format('SELECT s2t_queue_recording(%L, 1)', pg_temp.id('free')), '42703', NULL, 'queueing too');
SELECT throws_ok($$SELECT pg_temp.make('old', 1)$$, '42703', NULL, 'and creating with a priority');
SELECT throws_ok(format('SELECT s2t_extend_lease(%L, %L)', pg_temp.id('free'), :'u'), '42703', NULL, 'and heartbeats');
SELECT lives_ok($$SELECT pg_temp.make('old')$$, 'everything else goes on');
SELECT lives_ok(format('CALL sp_complete_recording(%L, 1, %L)', pg_temp.id('old'), '[]'), 'completing too');
SELECT is(s2t_fail_stale_batch('0', 1000), 2, 'and the job');
SELECT lives_ok('SELECT s2t_metrics()', 'and the metrics');
SELECT is_empty('SELECT * FROM s2t_queue', 'nothing is queued');

SELECT * FROM finish();
ROLLBACK;
