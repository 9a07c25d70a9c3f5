-- Slots (docs/reference.md, "Shards"): with s2t.sharded on, everything that writes to rows of a person holds the slot.
\ir include/begin.sql
SELECT plan(62);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default) VALUES ('FREE', 'Free', 30, 10, true), ('OPEN', 'Open', NULL, NULL, false);
CREATE FUNCTION pg_temp.uid(who text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM users WHERE user_name = who $$;
CREATE FUNCTION pg_temp.slot(who text) RETURNS int LANGUAGE sql AS $$ SELECT s2t_slot(pg_temp.uid(who)) $$;
CREATE FUNCTION pg_temp.recording(who text, what text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM recordings WHERE user_id = pg_temp.uid(who) AND source = what $$;
CREATE FUNCTION pg_temp.segments(n int) RETURNS jsonb LANGUAGE sql AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 10, 'end_ms', i * 10 + 10, 'text', 'segment ' || i)), '[]')
  FROM generate_series(0, n - 1) AS i
$$;
CREATE FUNCTION pg_temp.held() RETURNS SETOF int LANGUAGE sql AS $$
  SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND classid = 5452372 AND objsubid = 2 AND mode = 'ShareLock' AND pid = pg_backend_pid() ORDER BY 1
$$;

-- Off: nothing is looked at.
SELECT s2t_register_user(w || '@example.com', w, 'hash', NULL, 'FREE') FROM unnest('{an,binh}'::text[]) AS w;
SELECT ok(pg_temp.slot('an') <> pg_temp.slot('binh'), 'two slots');
SELECT is_empty('SELECT pg_temp.held()', 'off: no lock');
SELECT ok(s2t_try_slot(17), 'off: every slot is to be had');
SELECT is_empty('TABLE slots', 'there are no slots until somebody names them');

-- On: a slot that the table does not name is not written to.
SET LOCAL s2t.sharded = on;
SELECT throws_ok($$SELECT * FROM s2t_create_recording(pg_temp.uid('an'), 'upload')$$, 'S2M02', 'slot is not on this server', 'a slot that nobody named');
SELECT throws_ok($$SELECT s2t_register_user('chi@example.com', 'chi', 'hash', NULL, 'FREE')$$, 'S2M02', NULL, 'nor does anybody register there');
INSERT INTO slots (slot) SELECT n FROM generate_series(0, 4095) AS n;
SELECT lives_ok($$SELECT s2t_create_recording(pg_temp.uid('an'), 'upload', in_priority => 1)$$, 'a slot that is served');
SELECT is((SELECT array_agg(h) FROM pg_temp.held() AS h), ARRAY[pg_temp.slot('an')], 'is held in share until the end of the transaction');
SELECT lives_ok($$SELECT s2t_create_recording(pg_temp.uid('an'), 'done', in_key => 'k')$$, 'again');
SELECT lives_ok($$CALL sp_complete_recording(pg_temp.recording('an', 'done'), 1000, pg_temp.segments(3))$$, 'complete');
SELECT lives_ok($$SELECT s2t_add_consumer('hook')$$, 'a consumer');
SELECT lives_ok($$SELECT s2t_create_recording(pg_temp.uid('binh'), 'upload', in_priority => 1)$$, 'an event of another slot');
SELECT lives_ok($$SELECT s2t_create_recording(pg_temp.uid('an'), 'third')$$, 'and of this one');
SELECT is((SELECT count(*) FROM pg_temp.held()), 2::bigint, 'two slots are held');
SELECT is((SELECT queue_id FROM event_consumers), s2t_queue_id('queue', 'hook'), 'the id of a queue is made from its name');

-- What a slot can be.
SELECT throws_ok($$INSERT INTO slots (slot) VALUES (4096)$$, '23514', NULL, 'no slot beyond the last');
SELECT throws_ok($$UPDATE slots SET state = 'gone' WHERE slot = 3$$, '23514', NULL, 'what is gone is on a shard');
SELECT throws_ok($$SELECT s2t_hold_slot(-1)$$, '22023', 'invalid slot', 'no slot below the first');
SELECT throws_ok($$SELECT s2t_try_slot(4096)$$, '22023', 'invalid slot', 'none beyond the last');

-- Gone: every call that writes, by user, by recording, by key, is told where to go; nothing of it remains.
UPDATE slots SET state = 'gone', shard = 3 WHERE slot = pg_temp.slot('an');
CREATE FUNCTION pg_temp.told(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE told text;
BEGIN
  EXECUTE statement;
  RETURN 'lives';
EXCEPTION WHEN SQLSTATE 'S2M01' THEN
  GET STACKED DIAGNOSTICS told = MESSAGE_TEXT;
  RETURN told;
END $$;
CREATE FUNCTION pg_temp.is_told(statement text) RETURNS text LANGUAGE sql AS $$
  SELECT is(pg_temp.told(statement), format('slot %s is on shard 3', pg_temp.slot('an')), statement)
$$;
SELECT pg_temp.is_told(s) FROM (VALUES
  ($$SELECT * FROM s2t_create_recording(pg_temp.uid('an'), 'upload')$$),
  ($$SELECT * FROM s2t_create_recording(pg_temp.uid('an'), 'done', in_key => 'k')$$),
  ($$SELECT * FROM sp_check_quota_and_create_recording(pg_temp.uid('an'), 'upload')$$),
  ($$SELECT * FROM s2t_append_segments(pg_temp.recording('an', 'third'), pg_temp.segments(1))$$),
  ($$CALL sp_complete_recording(pg_temp.recording('an', 'third'), 1000, '[]')$$),
  ($$CALL sp_complete_recording(pg_temp.recording('an', 'done'), 1000, pg_temp.segments(3))$$),
  ($$SELECT s2t_complete_recording_text(pg_temp.recording('an', 'third'), 1000, '[]')$$),
  ($$CALL sp_fail_recording(pg_temp.recording('an', 'third'), 'because')$$),
  ($$SELECT * FROM s2t_retry_recording(pg_temp.recording('an', 'third'))$$),
  ($$SELECT s2t_queue_recording(pg_temp.recording('an', 'third'), 1)$$),
  ($$SELECT * FROM s2t_extend_lease(pg_temp.recording('an', 'third'), pg_temp.uid('an'), '1 minute')$$),
  ($$SELECT * FROM s2t_release_recording(pg_temp.recording('an', 'third'), pg_temp.uid('an'))$$),
  ($$SELECT s2t_import_transcript(pg_temp.recording('an', 'third'), 'x', 'srt')$$),
  ($$SELECT s2t_edit_segment(pg_temp.uid('an'), pg_temp.recording('an', 'done'), 1, 'other')$$),
  ($$SELECT s2t_rename_speaker(pg_temp.uid('an'), pg_temp.recording('an', 'done'), 'A', 'B')$$),
  ($$SELECT s2t_merge_segments(pg_temp.uid('an'), pg_temp.recording('an', 'done'), 0, 1)$$),
  ($$SELECT s2t_undo(pg_temp.uid('an'), pg_temp.recording('an', 'done'))$$),
  ($$SELECT s2t_replace_segments(pg_temp.uid('an'), pg_temp.recording('an', 'done'), 1000, pg_temp.segments(1), false)$$),
  ($$SELECT s2t_delete_recording(pg_temp.uid('an'), pg_temp.recording('an', 'done'))$$),
  ($$SELECT s2t_delete_user(pg_temp.uid('an'))$$),
  ($$SELECT s2t_set_password(pg_temp.uid('an'), 'other')$$),
  ($$SELECT s2t_set_status(pg_temp.uid('an'), 'blocked')$$),
  ($$SELECT s2t_update_profile(pg_temp.uid('an'), 'An')$$),
  ($$SELECT s2t_change_login(pg_temp.uid('an'), 'an2@example.com')$$),
  ($$SELECT s2t_change_user_plan(pg_temp.uid('an'), 'OPEN')$$),
  ($$SELECT s2t_cancel_plan_change(pg_temp.uid('an'))$$),
  ($$SELECT s2t_add_credit(pg_temp.uid('an'), 1, 1)$$),
  ($$SELECT s2t_adjust_usage(pg_temp.uid('an'), 1, 0, 'why')$$),
  ($$SELECT s2t_ack_events('hook', ARRAY(SELECT id FROM events WHERE user_id = pg_temp.uid('an')))$$),
  ($$SELECT s2t_release_events('hook', ARRAY(SELECT id FROM events WHERE user_id = pg_temp.uid('an')))$$),
  ($$SELECT s2t_hold_slot(pg_temp.slot('an'))$$)) AS t (s);
-- So is who asks for a row that has left already, and who reads.
SELECT is(pg_temp.told(format($$SELECT s2t_set_status('018f3c2a-0000-7%s-8000-000000000001', 'x')$$, lpad(to_hex(pg_temp.slot('an')), 3, '0'))),
          format('slot %s is on shard 3', pg_temp.slot('an')), 'a user who has left is not missing');
SELECT pg_temp.is_told($$SELECT * FROM sp_get_user_stats(pg_temp.uid('an'))$$);
SELECT pg_temp.is_told($$SELECT s2t_check_slot(pg_temp.slot('an'))$$);

-- Jobs leave the slot alone, and go on with the others.
SELECT is((SELECT array_agg(user_id) FROM s2t_claim_recordings('w', 10)), ARRAY[pg_temp.uid('binh')], 'a claim takes what is served');
SELECT is((SELECT array_agg(DISTINCT user_id) FROM s2t_take_events('hook')), ARRAY[pg_temp.uid('binh')], 'and so do consumers');
UPDATE user_subscriptions SET cycle_start = cycle_start - interval '2 months', cycle_end = cycle_end - interval '2 months';
CALL sp_reset_monthly_cycles();
SELECT results_eq('SELECT DISTINCT user_id FROM usage_cycles', ARRAY[pg_temp.uid('binh')], 'the reset leaves the user for the next run');
UPDATE recordings SET created_at = created_at - interval '200 days', active_at = NULL, lease = NULL, lease_until = NULL, queue_priority = NULL WHERE status = 'processing';
SELECT is(s2t_fail_stale_batch('1 day', 10), 1, 'the stale rule does');
UPDATE recordings SET created_at = created_at - interval '200 days' WHERE status = 'done';
SELECT is((SELECT deleted_recordings FROM sp_cleanup_old_recordings(90)), 1, 'and the cleanup');

-- Served again, as when a move is backed out.
UPDATE slots SET state = 'rw' WHERE slot = pg_temp.slot('an');
CALL sp_reset_monthly_cycles();
SELECT is((SELECT count(DISTINCT user_id) FROM usage_cycles), 2::bigint, 'the next run takes the user');

-- Plans of another server.
SET LOCAL s2t.plans_read_only = on;
SELECT throws_ok('CALL sp_seed_plans()', '55000', 'plans are changed on another server', 'plans are refused');
SELECT throws_ok('TRUNCATE plans CASCADE', '55000', 'plans are changed on another server', 'in every way');
SELECT throws_ok('SELECT s2t_slot_changed()', '39P01', NULL, 'a trigger is no function');

SELECT * FROM finish();
ROLLBACK;
