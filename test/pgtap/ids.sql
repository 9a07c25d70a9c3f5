-- New ids (docs/reference.md, "Library"): UUID version 7 in time order, with the slot of their user.
\ir include/begin.sql
SELECT plan(34);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default) VALUES
  ('FREE', 'Free', 30, 10, true), ('BASIC', 'Basic', 300, 100, false), ('TINY', 'Tiny', 1, 2, false), ('OPEN', 'Open', NULL, NULL, false);
CREATE FUNCTION pg_temp.uid(who text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM users WHERE user_name = who $$;
CREATE FUNCTION pg_temp.segments(n int) RETURNS jsonb LANGUAGE sql AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 10, 'end_ms', i * 10 + 10, 'text', 'segment ' || i)), '[]')
  FROM generate_series(0, n - 1) AS i
$$;

CREATE FUNCTION pg_temp.version(id uuid) RETURNS int LANGUAGE sql AS $$ SELECT ('x' || substr(id::text, 15, 1))::bit(4)::int $$;
CREATE FUNCTION pg_temp.variant(id uuid) RETURNS int LANGUAGE sql AS $$ SELECT ('x' || substr(id::text, 20, 1))::bit(4)::int >> 2 $$;
CREATE FUNCTION pg_temp.rand_a(id uuid) RETURNS int LANGUAGE sql AS $$ SELECT ('x' || substr(id::text, 16, 3))::bit(12)::int $$;
CREATE FUNCTION pg_temp.ms(id uuid) RETURNS bigint LANGUAGE sql AS $$ SELECT ('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint $$;

CREATE TEMPORARY TABLE clock AS SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS before;
SELECT s2t_register_user('u' || i || '@example.com', 'u' || i, 'hash', NULL, CASE i WHEN 1 THEN 'FREE' ELSE 'OPEN' END) FROM generate_series(1, 50) AS i;
SELECT count(recording_id) FROM users AS u, generate_series(1, 10) AS i, LATERAL sp_check_quota_and_create_recording(u.id, 'upload' || i);
CALL sp_change_user_plan(pg_temp.uid('u1'), 'OPEN', true);
CREATE TEMPORARY VIEW ids AS
  SELECT 'user' AS what, id, id AS owner, created_at FROM users UNION ALL SELECT 'recording', id, user_id, created_at FROM recordings
  UNION ALL SELECT 'cycle', id, user_id, closed_at FROM usage_cycles;
SELECT is((SELECT count(*) FROM ids), 551::bigint, 'ids to look at');
SELECT is_empty('SELECT id FROM ids WHERE pg_temp.version(id) <> 7', 'version 7');
SELECT is_empty('SELECT id FROM ids WHERE pg_temp.variant(id) <> 2', 'the variant of RFC 9562');
SELECT is_empty('SELECT id FROM ids WHERE s2t_slot(id) <> pg_temp.rand_a(id)', 'the slot is in rand_a');
SELECT is_empty('SELECT id FROM ids WHERE s2t_slot(id) <> s2t_slot(owner)', 'and is the owner''s');
SELECT is_empty('SELECT id FROM ids, clock WHERE pg_temp.ms(id) NOT BETWEEN before AND floor(extract(epoch FROM clock_timestamp()) * 1000)', 'the time is now');
SELECT is_empty('SELECT id FROM ids WHERE abs(pg_temp.ms(id) - extract(epoch FROM created_at) * 1000) > 1000', 'and that of the row');
SELECT is((SELECT count(DISTINCT id) FROM ids), 551::bigint, 'all different');
SELECT is((SELECT count(DISTINCT right(id::text, 15)) FROM ids), 551::bigint, 'in the random part too');
-- In time order, but for what is made in the same millisecond.
CREATE TEMPORARY TABLE made (n int, id uuid);
INSERT INTO made SELECT i, recording_id FROM generate_series(1, 300) AS i, LATERAL (SELECT pg_sleep(0.001 * (i % 3))) AS s, LATERAL sp_check_quota_and_create_recording(pg_temp.uid('u7'), 'ordered' || i);
SELECT is_empty('SELECT a.n FROM made AS a JOIN made AS b ON b.n = a.n + 1 WHERE pg_temp.ms(a.id) > pg_temp.ms(b.id)', 'time does not run backwards');
SELECT is_empty('SELECT a.n FROM made AS a JOIN made AS b ON b.n > a.n AND pg_temp.ms(b.id) > pg_temp.ms(a.id) WHERE a.id > b.id', 'ids sort by time');
-- Those of one user also within a millisecond, to the microsecond, and in the order in which one call makes them.
CREATE TEMPORARY TABLE quick (n int, id uuid);
INSERT INTO quick SELECT i, recording_id FROM generate_series(1, 300) AS i, LATERAL sp_check_quota_and_create_recording(pg_temp.uid('u8'), 'quick' || i);
SELECT cmp_ok((SELECT count(DISTINCT pg_temp.ms(id)) FROM quick), '<', 300::bigint, 'several in a millisecond');
SELECT is_empty('SELECT a.n FROM quick AS a JOIN quick AS b ON b.n = a.n + 1 WHERE a.id > b.id', 'they sort as they were made');
SELECT s2t_complete_recording(id, 1500, '[]') FROM quick ORDER BY n;
SELECT s2t_add_credit(pg_temp.uid('u8'), 1, 1) AS credit;
CREATE TEMPORARY TABLE listed AS SELECT row_number() OVER () AS n, * FROM sp_list_usage(pg_temp.uid('u8'), 1000);
SELECT cmp_ok((SELECT count(*) FROM listed), '>', 600::bigint, 'a ledger');
SELECT is_empty('SELECT a.n FROM listed AS a JOIN listed AS b ON b.n = a.n + 1 WHERE a.at < b.at', 'the newest entry comes first, whatever was written in the same millisecond');
SELECT is_empty($$SELECT a.n FROM listed AS a JOIN listed AS b USING (recording_id) WHERE a.seconds > 0 AND b.recordings > 0 AND a.n > b.n$$, 'a recording is charged before its audio');
-- A user's slot is of the e-mail, without regard to case, and of nothing else.
CREATE TEMPORARY TABLE first AS SELECT id FROM users WHERE user_name = 'u7';
DELETE FROM users WHERE user_name = 'u7';
SELECT is(s2t_slot(s2t_register_user(' U7@EXAMPLE.com ', 'another', 'other', 'X', 'FREE')), (SELECT s2t_slot(id) FROM first), 'the same e-mail, the same slot');
CREATE TEMPORARY TABLE lower AS SELECT s2t_register_user('đặng@example.com', 'lower', 'hash', 'X', 'FREE') AS id;
DELETE FROM users WHERE user_name = 'lower';
SELECT is(s2t_slot(s2t_register_user('ĐẶNG@example.com', 'upper', 'hash', 'X', 'FREE')) = s2t_slot(id), lower('ĐẶNG') = 'đặng', 'without regard to case as lower() of the database sees it')
  FROM lower;
-- Plans that are seeded have the same ids on every server.
DELETE FROM plans WHERE code IN ('BASIC', 'TINY');
CALL sp_seed_plans();
SELECT results_eq($$SELECT code, id::text FROM plans WHERE code IN ('BASIC', 'PREMIUM', 'ENTERPRISE') ORDER BY plan_cost$$,
  $$VALUES ('BASIC', '2658cb4a-e7af-801e-8a3a-3a03c4debd16'), ('PREMIUM', 'c97333c1-f53d-8b3a-854e-8f64ec8508fc'), ('ENTERPRISE', '8fac01da-9c3a-8c64-8912-4ae6b518aa8f')$$, 'seeded plans have ids of their codes');
SELECT ok((SELECT count(DISTINCT s2t_slot(id)) FROM users) > 40, 'different e-mails, different slots');
-- What the meter, the queue, the edits and the events make has the slot of its user, so that an id alone tells where to go.
CREATE FUNCTION pg_temp.of(who text, what text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM recordings WHERE user_id = pg_temp.uid(who) AND source = what $$;
SELECT s2t_add_consumer('ids');
UPDATE plans SET carry_over_minutes = 5 WHERE code = 'FREE';
SELECT s2t_register_user('w' || i || '@example.com', 'w' || i, 'hash', NULL, 'FREE') FROM generate_series(1, 20) AS i;
SELECT count(s2t_add_credit(u.id, 1, 1)) FROM users AS u WHERE u.user_name ~ '^w';
SELECT count(s2t_adjust_usage(u.id, 1, 1, 'why')) FROM users AS u WHERE u.user_name ~ '^w';
SELECT count(c.recording_id) FROM users AS u, LATERAL s2t_create_recording(u.id, 'queued', in_priority => 1) AS c WHERE u.user_name ~ '^w';
SELECT is((SELECT count(*) FROM s2t_claim_recordings('worker', 100) AS c WHERE s2t_slot(c.lease) = s2t_slot(c.user_id)), 20::bigint, 'leases');
SELECT count(*) FROM recordings AS r, LATERAL s2t_append_segments(r.id, pg_temp.segments(3), in_lease => r.lease) AS a WHERE r.source = 'queued';
DO $$ DECLARE r record; BEGIN
  FOR r IN SELECT id, lease, user_id FROM recordings WHERE source = 'queued' LOOP
    PERFORM s2t_complete_recording(r.id, 1000, '[]', r.lease);
    PERFORM s2t_edit_segment(r.user_id, r.id, 1, 'other');
  END LOOP;
END $$;
SELECT count(s2t_change_user_plan(id, 'OPEN', true)) FROM users WHERE user_name ~ '^w1';
UPDATE user_subscriptions SET cycle_start = cycle_start - interval '1 month', cycle_end = cycle_end - interval '1 month' WHERE user_id IN (SELECT id FROM users WHERE user_name ~ '^w');
CALL sp_reset_monthly_cycles();
CREATE TEMPORARY VIEW more AS
  SELECT 'entry' AS what, id, user_id FROM usage_entries UNION ALL SELECT 'entry of a cycle', cycle_id, user_id FROM usage_entries
  UNION ALL SELECT 'credit', id, user_id FROM usage_credits UNION ALL SELECT 'closed cycle', id, user_id FROM usage_cycles
  UNION ALL SELECT 'open cycle', s.cycle_id, s.user_id FROM user_subscriptions AS s JOIN users AS u ON u.id = s.user_id WHERE u.user_name ~ '^w'
  UNION ALL SELECT 'event', id, user_id FROM events
  UNION ALL SELECT 'revision', v.recording_id, r.user_id FROM segment_revisions AS v JOIN recordings AS r ON r.id = v.recording_id;
SELECT is_empty('SELECT * FROM more WHERE s2t_slot(id) <> s2t_slot(user_id) OR pg_temp.version(id) <> 7', 'have the slot of the user');
SELECT ok((SELECT count(*) FROM more AS m WHERE m.what = w) >= 20, w) FROM unnest('{entry,entry of a cycle,credit,closed cycle,open cycle,event,revision}'::text[]) AS w;
-- Ids brought from elsewhere stay legal.
INSERT INTO users (id, email, password_hash, user_name) VALUES ('f81d4fae-7dec-41d0-a765-00a0c91e6bf6', 'v4@example.com', 'h', 'v4');
INSERT INTO user_subscriptions (user_id, plan_id, cycle_start, cycle_end) SELECT pg_temp.uid('v4'), id, now() - interval '1 day', now() + interval '1 day' FROM plans WHERE code = 'OPEN';
INSERT INTO recordings (id, user_id, source) VALUES ('c1e2d3f4-7dec-41d0-a765-00a0c91e6bf6', pg_temp.uid('v4'), 'brought');
SELECT lives_ok($$CALL sp_complete_recording('c1e2d3f4-7dec-41d0-a765-00a0c91e6bf6', 1000, pg_temp.segments(2))$$, 'a recording of another version completes');
SELECT is((SELECT s2t_slot(recording_id) FROM sp_check_quota_and_create_recording(pg_temp.uid('v4'), 'upload')), s2t_slot('f81d4fae-7dec-41d0-a765-00a0c91e6bf6'), 'a recording takes the slot of a foreign id');
SELECT is(s2t_slot(NULL), NULL, 'NULL has none');
SELECT is_empty($$SELECT i FROM generate_series(1, 5000) AS i WHERE s2t_slot(md5(i::text)::uuid) NOT BETWEEN 0 AND 4095$$, 'always a slot');
SELECT ok((SELECT max(n) < 25 FROM (SELECT count(*) AS n FROM generate_series(1, 20000) AS i GROUP BY s2t_slot(overlay(md5(i::text) PLACING '4' FROM 13)::uuid)) AS c), 'foreign ids are spread');

SELECT * FROM finish();
ROLLBACK;
