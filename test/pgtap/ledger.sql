-- The ledger: what a user or the support desk reads (docs/reference.md, "Credits and adjustments"), what survives, what is purged.
\ir include/begin.sql
SELECT plan(30);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('FREE', 'Free', 30, 10);
SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'FREE') AS an \gset
SELECT s2t_register_user('binh@example.com', 'binh', 'hash', NULL, 'FREE') AS binh \gset
SELECT recording_id AS r1 FROM s2t_create_recording(:'an', 'upload') \gset
CALL sp_complete_recording(:'r1', 61000, '[]');
SELECT recording_id AS r2 FROM s2t_create_recording(:'an', 'upload') \gset
SELECT recording_id AS other FROM s2t_create_recording(:'binh', 'upload') \gset
CREATE FUNCTION pg_temp.of(who uuid) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('%s %s %s', kind, recordings, seconds) FROM sp_list_usage(who)
$$;

-- A page after the other, the newest first.
SELECT bag_eq(format('SELECT pg_temp.of(%L)', :'an'), $$VALUES ('charge 1 0'), ('charge 0 61'), ('charge 1 0')$$, 'what a user was charged');
SELECT results_eq(format('SELECT id FROM sp_list_usage(%L)', :'an'), format('SELECT id FROM usage_entries WHERE user_id = %L ORDER BY id DESC', :'an'), 'the newest first');
SELECT id AS first FROM sp_list_usage(:'an', 1) \gset
SELECT is(count(*), 2::bigint, 'the rest') FROM sp_list_usage(:'an', 50, :'first');
SELECT is((SELECT array_agg(p.id) FROM sp_list_usage(:'an', 1) AS p) || (SELECT array_agg(p.id) FROM sp_list_usage(:'an', 50, :'first') AS p),
          (SELECT array_agg(p.id) FROM sp_list_usage(:'an') AS p), 'pages neither repeat nor miss');
SELECT throws_ok(format('SELECT * FROM sp_list_usage(%s)', a), '22023', NULL, 'refused: ' || a)
  FROM unnest(ARRAY['NULL', quote_literal(:'an') || ', 0', quote_literal(:'an') || ', 1001', quote_literal(:'an') || ', NULL']) AS a;
SELECT is((SELECT DISTINCT s2t_slot(id) FROM sp_list_usage(:'an')), s2t_slot(:'an'), 'ids carry the slot of the user');
SELECT is((SELECT array_agg(DISTINCT e.cycle_id) FROM sp_list_usage(:'an') AS e), ARRAY[cycle_id], 'entries are of the open cycle') FROM user_subscriptions WHERE user_id = :'an';

-- With the work, and gone with its rollback.
SAVEPOINT before;
CALL sp_complete_recording(:'r2', 5000, '[]');
SELECT is(count(*), 4::bigint, 'with the work') FROM sp_list_usage(:'an');
ROLLBACK TO before;
SELECT is(count(*), 3::bigint, 'and gone with its rollback') FROM sp_list_usage(:'an');
-- It outlives recordings; deleting gives nothing back.
SELECT is(s2t_delete_recording(:'an', :'r1'), true, 'deleted');
SELECT is((SELECT count(*) FROM sp_list_usage(:'an') WHERE recording_id = :'r1'), 2::bigint, 'the entries stay, and say of which recording');
SELECT is((usage_count, used_seconds)::text, '(2,61)', 'and so does the usage') FROM user_subscriptions WHERE user_id = :'an';

-- The cycle's id becomes that of its row.
SELECT cycle_id AS cycle FROM user_subscriptions WHERE user_id = :'an' \gset
SELECT cycle_id AS others FROM user_subscriptions WHERE user_id = :'binh' \gset
UPDATE user_subscriptions SET cycle_start = now() - interval '60 days', cycle_end = now() - interval '1 day';
CALL sp_reset_monthly_cycles();
SELECT is((usage_count, used_seconds, reason)::text, '(2,61,rollover)', 'closed under its id') FROM usage_cycles WHERE id = :'cycle';
SELECT isnt(cycle_id, :'cycle'::uuid, 'the next one has another') FROM user_subscriptions WHERE user_id = :'an';
-- Of a cycle that is closed nothing is given back.
CALL sp_fail_recording(:'r2', 'engine');
SELECT is((SELECT charged_cycle_id FROM recordings WHERE id = :'r2'), :'cycle'::uuid, 'failed afterwards: it stays charged');
SELECT is((usage_count, used_seconds)::text, '(2,61)', 'the closed cycle stays') FROM usage_cycles WHERE id = :'cycle';
SELECT is((usage_count, used_seconds)::text, '(0,0)', 'the open one, too') FROM user_subscriptions WHERE user_id = :'an';

-- The purge: whole cycles, closed ones, and none that a recording in processing is charged to.
SELECT recording_id AS r3 FROM s2t_create_recording(:'an', 'upload') \gset
SELECT is(s2t_purge_usage_batch('1 hour', 10), 0::bigint, 'nothing is that old');
UPDATE usage_cycles SET closed_at = now() - interval '2 hours';
SELECT is(s2t_purge_usage_batch('1 hour', 10), 3::bigint, 'the entries of the closed cycle');
SELECT is_empty(format('SELECT FROM usage_entries WHERE cycle_id = %L', :'cycle'), 'all of them');
SELECT is(count(*), 1::bigint, 'those of the open one stay') FROM sp_list_usage(:'an');
SELECT is(count(*), 1::bigint, 'and those of a cycle to which a recording in processing is charged') FROM usage_entries WHERE cycle_id = :'others';
CALL sp_complete_recording(:'other', 1000, '[]');
SELECT is(s2t_purge_usage_batch('1 hour', 10), 1::bigint, 'until that has ended');
SELECT is(s2t_purge_usage_batch('1 hour', 10), 0::bigint, 'nothing is left');
SELECT is(count(*), 2::bigint, 'the closed cycles keep their figures') FROM usage_cycles WHERE (usage_count, used_seconds) IN ((2, 61), (1, 0));
SELECT bag_eq($$SELECT outcome, split_part(detail, ' closed', 1) FROM audit_log WHERE procedure_name = 'sp_purge_usage_entries'$$,
  $$VALUES ('done', '3 entries of cycles'), ('done', '1 entries of cycles')$$, 'each batch is audited');
SELECT is_empty($$SELECT check_name, object FROM s2t_doctor() WHERE severity = 'error'$$, 'the doctor has nothing against it');

SELECT * FROM finish();
ROLLBACK;
