-- Events: what is written, in which order it is given, and what becomes of it (docs/reference.md, "Events").
\ir include/begin.sql
SELECT plan(91);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('OPEN', 'Open', NULL, NULL), ('FREE', 'Free', 10, 5), ('OLD', 'Old', 10, 5);
CREATE FUNCTION pg_temp.u(n text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM users WHERE user_name = n $$;
CREATE FUNCTION pg_temp.told(n text) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(type, ' ' ORDER BY at, id) FROM events WHERE user_id = pg_temp.u(n) $$;
CREATE FUNCTION pg_temp.made(n text) RETURNS uuid LANGUAGE sql AS $$ SELECT recording_id FROM sp_check_quota_and_create_recording(pg_temp.u(n), 'upload') $$;
-- What is taken: how many of whom.
CREATE FUNCTION pg_temp.take(lim int DEFAULT 100, lease interval DEFAULT '1 hour') RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(format('%s %s', user_name, n), ', ' ORDER BY user_name), '') FROM (
    SELECT u.user_name, count(*) AS n FROM s2t_take_events('w', lim, lease) AS t JOIN users AS u ON u.id = t.user_id GROUP BY 1) AS t $$;
CREATE FUNCTION pg_temp.ids(n text, at_most int DEFAULT 1000000) RETURNS uuid[] LANGUAGE sql AS $$
  SELECT array_agg(id ORDER BY at, id) FROM (SELECT e.id, e.at FROM events AS e WHERE user_id = pg_temp.u(n) AND dead_at IS NULL ORDER BY at, id LIMIT at_most) AS e $$;

-- Nobody listens.
SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'OPEN') AS an \gset
SELECT pg_temp.made('an');
SELECT is((SELECT count(*) FROM events), 0::bigint, 'where nobody listens nothing is written');
SELECT is((SELECT last_event_at FROM user_subscriptions), NULL, 'and no time is set aside');

-- Consumers.
SELECT throws_ok($$ SELECT s2t_add_consumer(NULL) $$, '22023', 'invalid name of a consumer', 'NULL name');
SELECT throws_ok($$ SELECT s2t_add_consumer('a b') $$, '22023', 'invalid name of a consumer', 'a blank in a name');
SELECT throws_ok(format('SELECT s2t_add_consumer(%L)', repeat('a', 64)), '22023', 'invalid name of a consumer', 'a name too long');
SELECT throws_ok($$ SELECT s2t_add_consumer('w', '{}') $$, '22023', 'unknown type of event', 'no type at all');
SELECT throws_ok($$ SELECT s2t_add_consumer('w', '{recording.created,recording.lost}') $$, '22023', 'unknown type of event', 'a type that is none');
SELECT throws_ok($$ SELECT s2t_add_consumer('w', '{recording.created,NULL}') $$, '22023', 'unknown type of event', 'NULL among the types');
SELECT ok(s2t_add_consumer('w'), 'a new consumer');
SELECT ok(NOT s2t_add_consumer('w', '{recording.completed}'), 'which gets other types');
SELECT pg_temp.made('an');
SELECT is((SELECT count(*) FROM events), 0::bigint, 'what it does not want is not written');
SELECT ok(NOT s2t_add_consumer('w', NULL), 'all types');
SELECT ok(s2t_add_consumer('created', '{recording.created}'), 'another consumer');
SELECT is((SELECT count(*) FROM audit_log WHERE procedure_name = 's2t_add_consumer'), 4::bigint, 'all of it is audited');

-- What is written, and when.
SELECT s2t_register_user('be@example.com', 'be', 'hash', NULL, 'FREE') AS be \gset
SELECT pg_temp.made('be') AS r1, pg_temp.made('be') AS r2, pg_temp.made('be') AS r3 \gset
CALL sp_complete_recording(:'r1', 480000, '[{"idx": 0, "start_ms": 0, "end_ms": 10, "text": "not for everybody"}]');
CALL sp_complete_recording(:'r1', 480000, '[{"idx": 0, "start_ms": 0, "end_ms": 10, "text": "not for everybody"}]');
CALL sp_fail_recording(:'r2', 'engine down');
CALL sp_fail_recording(:'r2', 'engine down');
SELECT is(pg_temp.told('be'), 'user.registered recording.created recording.created recording.created recording.created recording.created recording.created usage.threshold recording.completed recording.failed',
  'an event for each that happened, for each consumer; none for what is repeated');
SELECT is((SELECT count(DISTINCT id) FROM events WHERE recording_id = :'r1' AND type = 'recording.created'), 1::bigint, 'one event has one id, whoever is told');
SELECT is((SELECT count(*) FROM events WHERE s2t_slot(id) <> s2t_slot(user_id)), 0::bigint, 'ids have the slot of their user');
SELECT is((SELECT data FROM events WHERE type = 'recording.completed'), '{"duration_ms": 480000, "segment_count": 1, "charged_seconds": 480}', 'recording.completed');
SELECT is((SELECT data FROM events WHERE type = 'recording.failed'), '{"error": "engine down", "refunded_recordings": 1, "refunded_seconds": 0}', 'recording.failed');
SELECT is((SELECT data - 'cycle_id' FROM events WHERE type = 'usage.threshold'), '{"quota": "minutes", "percent": 80, "used_seconds": 480, "limit_seconds": 600}', 'usage.threshold');
SELECT is((SELECT count(*) FROM events WHERE data::text LIKE '%everybody%'), 0::bigint, 'no text of a transcript');
SELECT ok((SELECT min(gap) > '0' FROM (SELECT at - lag(at) OVER (ORDER BY at) AS gap FROM events WHERE user_id = :'be' AND queue_id = (SELECT queue_id FROM event_consumers WHERE name = 'w')) AS e), 'no two events of a user at one time');
SELECT ok((SELECT max(e.at) <= s.last_event_at FROM events AS e JOIN user_subscriptions AS s USING (user_id) WHERE s.user_id = :'be' GROUP BY s.last_event_at), 'none is above last_event_at');
SAVEPOINT clock;
UPDATE user_subscriptions SET last_event_at = now() + '1 day' WHERE user_id = :'be';
CALL sp_fail_recording(:'r3', 'engine down');
SELECT ok((SELECT max(at) > now() + '1 day' FROM events WHERE user_id = :'be'), 'a clock that was set back puts nothing in front');
ROLLBACK TO clock;
SELECT is((SELECT count(*) FROM events WHERE type = 'recording.failed'), 1::bigint, 'what is rolled back has not happened');
-- 100 percent, in one call with nothing else; and not again after a refund.
CALL sp_complete_recording(:'r3', 120000, '[]');
SELECT is((SELECT array_agg(data ->> 'percent' ORDER BY at) FROM events WHERE type = 'usage.threshold'), '{80,100}', 'each threshold once');
-- Plans.
CALL sp_change_user_plan(:'be', 'OPEN');
SELECT s2t_change_user_plan(:'be', 'OLD', in_at => 'cycle_end');
SELECT s2t_cancel_plan_change(:'be');
SELECT s2t_change_user_plan(:'be', 'FREE', in_at => 'cycle_end');
SELECT s2t_change_user_plan(:'be', 'OPEN', in_at => 'cycle_end');
SELECT s2t_change_user_plan(:'be', 'OLD', in_at => 'cycle_end');
UPDATE plans SET is_active = false WHERE code = 'OLD';
SELECT results_eq($$ SELECT data ->> 'change', data ->> 'from', data ->> 'to' FROM events WHERE type = 'plan.changed' ORDER BY at $$,
  $$ VALUES ('made', 'FREE', 'OPEN'), ('scheduled', 'OPEN', 'OLD'), ('cancelled', 'OPEN', 'OPEN'), ('scheduled', 'OPEN', 'FREE'), ('cancelled', 'OPEN', 'OPEN'), ('scheduled', 'OPEN', 'OLD') $$, 'plan.changed');
UPDATE user_subscriptions SET cycle_start = cycle_start - '2 months'::interval, cycle_end = cycle_start - '1 month'::interval;
DELETE FROM events;
CALL sp_reset_monthly_cycles();
SELECT is(pg_temp.told('be'), 'cycle.closed plan.changed', 'a reset closes the cycle, and drops a plan that is no longer active');
SELECT is(pg_temp.told('an'), 'cycle.closed', 'for each user');
SELECT is((SELECT data - 'cycle_id' - 'cycle_start' - 'cycle_end' FROM events WHERE type = 'cycle.closed' AND user_id = :'be'), '{"reason": "rollover", "plan_code": "OPEN", "usage_count": 2, "used_seconds": 600}', 'cycle.closed');
SELECT is((SELECT (data ->> 'cycle_id')::uuid FROM events WHERE type = 'cycle.closed' AND user_id = :'be'), (SELECT id FROM usage_cycles WHERE user_id = :'be'), 'and its row''s id');
SELECT is((SELECT data ->> 'change' FROM events WHERE type = 'plan.changed'), 'dropped', 'plan.changed: dropped');
DELETE FROM events;
UPDATE user_subscriptions SET cycle_start = cycle_start - '2 months'::interval, cycle_end = cycle_start - '1 month'::interval;
SELECT pg_temp.made('be');
SELECT is(pg_temp.told('be'), 'cycle.closed recording.created recording.created', 'so does whoever comes first');
-- Retention, and a user without a subscription.
DELETE FROM events;
SELECT s2t_register_user('no@example.com', 'no', 'hash', NULL, 'OPEN') AS no \gset
SELECT pg_temp.made('no') AS rn, pg_temp.made('no') AS rn2 \gset
DELETE FROM user_subscriptions WHERE user_id = :'no';
CALL sp_fail_recording(:'rn', 'x');
CALL sp_complete_recording(:'rn2', 5, '[]');
SELECT is((SELECT string_agg(type, ' ' ORDER BY at) FROM events WHERE user_id = :'no' AND recording_id IN (:'rn', :'rn2') AND type <> 'recording.created'), 'recording.failed recording.completed', 'a user without a subscription');
UPDATE recordings SET created_at = now() - '100 days'::interval WHERE status <> 'processing';
SELECT is((sp_cleanup_old_recordings(90)).deleted_recordings, 5, 'a cleanup');
SELECT is((SELECT count(*) FROM events WHERE type = 'recording.deleted' AND data = '{"reason": "retention"}'), 5::bigint, 'tells of each recording');
SELECT is((SELECT count(*) FROM events WHERE type = 'recording.deleted' AND user_id = :'no'), 2::bigint, 'of that user''s, too');
-- More at once than are set aside.
INSERT INTO recordings (user_id, source, status, created_at) SELECT :'an', 'x', 'failed', '2020-01-01' FROM generate_series(1, 200);
SELECT is((sp_cleanup_old_recordings(90)).deleted_recordings, 200, 'two hundred of one user');
SELECT is((SELECT count(DISTINCT at) FROM events WHERE type = 'recording.deleted' AND user_id = :'an'), 200::bigint, 'each at a time of its own');
-- The stale ones.
UPDATE recordings SET created_at = now() - '1 day'::interval WHERE status = 'processing' AND user_id = :'an';
DELETE FROM events;
SELECT is(s2t_fail_stale_batch('6 hours', 100), 2, 'stale ones');
SELECT is(pg_temp.told('an'), 'cycle.closed recording.failed recording.failed', 'fail, and are told');
SELECT s2t_drop_consumer('created');

-- Taking.
DELETE FROM events;
SELECT throws_ok($$ SELECT s2t_take_events('nobody') $$, 'P0002', 'consumer not found', 'taking for nobody');
SELECT throws_ok($$ SELECT s2t_take_events(NULL) $$, '22023', 'argument must not be null', 'NULL consumer');
SELECT throws_ok($$ SELECT s2t_take_events('w', 0) $$, '22023', 'invalid limit', 'none');
SELECT throws_ok($$ SELECT s2t_take_events('w', 1, '0') $$, '22023', 'invalid lease time', 'no time');
SELECT throws_ok($$ SELECT s2t_take_events('w', 1, NULL) $$, '22023', 'argument must not be null', 'NULL time');
SELECT throws_ok($$ SELECT s2t_take_events('w', 1, '8 days') $$, '22023', 'invalid lease time', 'more than a worker may have');
SELECT is(pg_temp.take(), '', 'nothing waits');
SELECT count(pg_temp.made('an')) FROM generate_series(1, 5);
SELECT count(pg_temp.made('be')) FROM generate_series(1, 3);
CREATE TEMPORARY TABLE taken AS SELECT * FROM s2t_take_events('w', 4);
SELECT results_eq($$ SELECT type, user_id, attempt, data - 'recording_id' FROM taken $$,
  format($$ SELECT 'recording.created', %L::uuid, 1, '{"source": "upload", "language": "vi", "user_id": "%s"}'::jsonb FROM generate_series(1, 4) $$, :'an', :'an'), 'the oldest first, those of one user together');
SELECT is((SELECT count(*) FROM taken WHERE (data ->> 'recording_id')::uuid = recording_id), 4::bigint, 'ids are in the data, too');
SELECT is((SELECT array_agg(id) FROM taken), pg_temp.ids('an', 4), 'in the order in which they happened');
SELECT is(pg_temp.take(), 'be 3', 'the fifth waits for the four, and holds up nobody else');
SELECT is(pg_temp.take(), '', 'everything is on its way');
SELECT is(s2t_ack_events('w', pg_temp.ids('an', 3)), 3, 'three are acknowledged');
SELECT is(pg_temp.take(), '', 'the fourth is on its way still');
SELECT is(s2t_ack_events('w', (SELECT array_agg(id) || NULL || gen_random_uuid() || array_agg(id) FROM taken)), 1, 'acknowledging is safe to repeat');
SELECT is(pg_temp.take(), 'an 1', 'now the fifth');
SELECT is(s2t_ack_events('w', '{}'), 0, 'nothing to acknowledge');
SELECT throws_ok($$ SELECT s2t_ack_events('w', NULL) $$, '22023', 'argument must not be null', 'NULL ids');

-- Giving back.
SELECT is(s2t_release_events('w', pg_temp.ids('be', 1)), 1, 'the first of three is given back');
SELECT is(pg_temp.take(), 'be 1', 'and given again alone');
SELECT is((SELECT attempt FROM events WHERE id = (pg_temp.ids('be', 1))[1]), 1, 'which was no attempt');
SELECT is(s2t_release_events('w', pg_temp.ids('be'), '1 hour', 'down'), 3, 'all are given back with an error');
SELECT is(pg_temp.take(), '', 'and put off');
UPDATE events SET due_at = now() - '1 second'::interval WHERE user_id = :'be';
SELECT is(pg_temp.take(), 'be 3', 'until their time comes');
SELECT is((SELECT min(attempt) FROM events WHERE user_id = :'be'), 2, 'which was an attempt');
SELECT throws_ok($$ SELECT s2t_release_events('w', '{}', '-1 s') $$, '22023', 'invalid time of a retry', 'back in time');

-- Dead ones: with the last attempt, or because nobody came back.
SET s2t.event_attempts = 2;
SELECT s2t_release_events('w', pg_temp.ids('be', 1), '0', 'broken');
SELECT is((SELECT (error, attempt)::text FROM s2t_dead_events), '(broken,2)', 'after the last attempt an event is dead');
UPDATE events SET due_at = now() - '1 second'::interval WHERE user_id = :'be' AND dead_at IS NULL;
SELECT count(pg_temp.made('be')) FROM generate_series(1, 2);
SELECT is(pg_temp.take(), 'be 2', 'so it is if the lease of the last attempt is over; those behind go on');
SELECT is((SELECT count(*) FROM s2t_dead_events WHERE error = 'not acknowledged in time'), 2::bigint, 'it says so');
SELECT results_eq($$ SELECT consumer, waiting, given, put_off, dead FROM s2t_event_queues $$, $$ VALUES ('w', 0::bigint, 3::bigint, 0::bigint, 3::bigint) $$, 's2t_event_queues');
SELECT is(s2t_revive_events('w', (SELECT array_agg(id) FROM s2t_dead_events WHERE error = 'broken')), 1::bigint, 'one comes back');
SELECT is(pg_temp.take(), 'be 1', 'and is given again');
SELECT throws_ok($$ SELECT s2t_discard_events('w') $$, '22023', 'nothing says which events are meant', 'discarding what');
SELECT throws_ok($$ SELECT s2t_discard_events('w', in_older_than => '-1 s') $$, '22023', 'invalid age', 'younger than now');
SELECT is(s2t_discard_events('w', in_older_than => '1 day'), 0::bigint, 'none is that old');
SELECT is(s2t_discard_events('w', in_older_than => '0'), 2::bigint, 'dead ones are removed');
RESET s2t.event_attempts;

-- Much behind one that has to wait: it is put out of the way, and comes back.
SELECT s2t_ack_events('w', array_agg(id)) FROM events;
SELECT count(pg_temp.made('an')) FROM generate_series(1, 300);
SELECT is(pg_temp.take(1), 'an 1', 'the first of three hundred');
SELECT count(pg_temp.made('be')) FROM generate_series(1, 2);
SELECT is(pg_temp.take(), 'be 2', 'another user is reached');
SELECT is((SELECT count(*) FROM events WHERE due_at = 'infinity'), 279::bigint, 'what is beyond twenty is put behind');
SELECT is(s2t_ack_events('w', pg_temp.ids('an', 1)), 1, 'the first is acknowledged');
SELECT is(pg_temp.take(250), 'an 250', 'so that those behind are given');
SELECT is(s2t_ack_events('w', pg_temp.ids('an', 250)), 250, 'which are acknowledged');
SELECT is(pg_temp.take(250), 'an 49', 'and the rest');
SELECT is((SELECT count(*) FROM events WHERE due_at = 'infinity'), 0::bigint, 'nothing is left behind');

-- What the doctor says.
SELECT is_empty($$ SELECT * FROM s2t_doctor() WHERE check_name LIKE 'events%' $$, 'all is well');
UPDATE events SET at = at - '2 days'::interval, due_at = 'infinity';
INSERT INTO events (queue_id, type, at, user_id, dead_at) SELECT dead_queue_id, 'user.deleted', now(), :'an', now() FROM event_consumers;
SELECT results_eq($$ SELECT DISTINCT check_name, severity, object FROM s2t_doctor() WHERE check_name LIKE 'events%' ORDER BY 1 $$,
  $$ VALUES ('events_behind', 'error', 'consumer "w"'), ('events_dead', 'warning', 'consumer "w"'), ('events_late', 'warning', 'consumer "w"') $$, 's2t_doctor() finds what nobody takes');
SELECT remedy FROM s2t_doctor() WHERE check_name = 'events_behind' \gexec
SELECT is(pg_temp.take(), 'an 49, be 2', 'and what to do about what stands behind nothing');

SELECT ok(s2t_drop_consumer('w'), 'a consumer goes');
SELECT ok(NOT s2t_drop_consumer('w'), 'once');
SELECT is((SELECT count(*) FROM events), 0::bigint, 'with what waited for it');
SELECT * FROM finish();
ROLLBACK;
