-- Whatever is done, in whatever order: the totals are what a recount gives, and usage is what was charged.
-- A few hundred random operations, procedures and direct DML mixed, each time from another seed, which a failure names.
\ir include/begin.sql
SELECT plan(10);

CREATE FUNCTION pg_temp.segments(n int) RETURNS jsonb LANGUAGE sql AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 10, 'end_ms', i * 10 + 10, 'text', 'segment ' || i)), '[]')
  FROM generate_series(0, n - 1) AS i
$$;
-- Running totals that are not what a recount gives.
CREATE TEMPORARY VIEW inexact AS
  SELECT 'recording' AS what, r.id, r.segment_count::bigint AS kept, (SELECT count(*) FROM segments AS s WHERE s.recording_id = r.id) AS counted
  FROM recordings AS r
  WHERE r.segment_count <> (SELECT count(*) FROM segments AS s WHERE s.recording_id = r.id)
  UNION ALL
  SELECT 'subscription', s.user_id, s.total_recordings, c.n
  FROM user_subscriptions AS s CROSS JOIN LATERAL (
         SELECT count(*) AS n, coalesce(sum(r.duration_ms), 0) AS ms, coalesce(sum((SELECT count(*) FROM segments AS g WHERE g.recording_id = r.id)), 0) AS segs
         FROM recordings AS r WHERE r.user_id = s.user_id) AS c
  WHERE (s.total_recordings, s.total_duration_ms, s.total_segments) <> (c.n, c.ms, c.segs);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default) VALUES ('A', 'A', NULL, NULL, true), ('B', 'B', 100, 40, false), ('C', 'C', 3, 5, false);
SELECT s2t_register_user('u' || i || '@example.com', 'u' || i, 'hash', NULL, chr(65 + i % 3)) FROM generate_series(1, 6) AS i;

-- Counters that are not the sums of the ledger's entries, of open and closed cycles, and holds that nobody has: none, ever.
CREATE TEMPORARY VIEW unbooked AS
  SELECT c.user_id, c.cycle_id, c.figures, e.figures AS entries
  FROM (SELECT user_id, cycle_id, ARRAY[usage_count, used_seconds, credit_recordings, credit_seconds, overage_recordings, overage_seconds]::bigint[] AS figures FROM user_subscriptions
        UNION ALL
        SELECT user_id, id, ARRAY[usage_count, used_seconds, credit_recordings, credit_seconds, overage_recordings, overage_seconds] FROM usage_cycles) AS c
  CROSS JOIN LATERAL (
       SELECT ARRAY[coalesce(sum(recordings), 0), coalesce(sum(seconds), 0), coalesce(sum(credit_recordings), 0), coalesce(sum(credit_seconds), 0),
                    coalesce(sum(overage_recordings), 0), coalesce(sum(overage_seconds), 0)]::bigint[] AS figures
       FROM usage_entries AS e WHERE e.user_id = c.user_id AND e.cycle_id = c.cycle_id AND e.kind NOT IN ('credit', 'return')) AS e
  WHERE c.figures <> e.figures
  UNION ALL
  SELECT s.user_id, s.cycle_id, ARRAY[s.held_seconds], ARRAY[h.held]
  FROM user_subscriptions AS s CROSS JOIN LATERAL (SELECT coalesce(sum(r.held_seconds), 0) AS held FROM recordings AS r WHERE r.user_id = s.user_id AND r.status = 'processing') AS h
  WHERE s.held_seconds <> h.held;

CREATE FUNCTION pg_temp.any_user() RETURNS uuid LANGUAGE sql VOLATILE AS $$ SELECT user_id FROM user_subscriptions ORDER BY random() LIMIT 1 $$;
CREATE FUNCTION pg_temp.any_recording(st text DEFAULT NULL) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT id FROM recordings WHERE st IS NULL OR status = st ORDER BY random() LIMIT 1
$$;

-- Segments that no call has stored.
CREATE FUNCTION pg_temp.has_others(r uuid) RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT EXISTS (SELECT FROM segments AS s WHERE s.recording_id = r AND (s.text = 'direct' OR s.idx >= 1000000000))
$$;
CREATE FUNCTION pg_temp.heard(r uuid) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT heard_ms FROM recordings WHERE id = r $$;

-- One operation; the trail of what was done.
CREATE FUNCTION pg_temp.step() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  n int := floor(random() * 20);
  u uuid := pg_temp.any_user();
  r uuid;
  ms int := floor(random() * 20000);
  ok boolean;
  message text;
BEGIN
  IF n < 5 THEN
    IF random() < 0.5 THEN
      PERFORM sp_check_quota_and_create_recording(u, 'random');
    ELSE
      PERFORM s2t_create_recording(u, 'random', in_expected_ms => 1 + ms);
    END IF;
    RETURN 'create';
  ELSIF n = 5 THEN
    r := pg_temp.any_recording('processing');
    IF r IS NULL OR pg_temp.has_others(r) THEN RETURN '-'; END IF;
    PERFORM s2t_append_segments(r, pg_temp.segments(floor(random() * 12)::int), ms);
    RETURN 'append';
  ELSIF n < 9 THEN
    r := pg_temp.any_recording(CASE WHEN random() < 0.8 THEN 'processing' ELSE 'failed' END);
    IF r IS NULL OR pg_temp.has_others(r) THEN RETURN '-'; END IF;
    CALL sp_complete_recording(r, greatest(ms, pg_temp.heard(r)), pg_temp.segments(floor(random() * 12)::int));
    RETURN 'complete';
  ELSIF n = 9 THEN
    r := pg_temp.any_recording('processing');
    IF r IS NOT NULL THEN CALL sp_fail_recording(r, 'random'); END IF;
    r := pg_temp.any_recording('failed');
    IF r IS NOT NULL AND random() < 0.3 THEN PERFORM s2t_retry_recording(r, 1 + ms); END IF;
    IF random() < 0.3 THEN PERFORM s2t_add_credit(u, 2, 1, CASE WHEN random() < 0.5 THEN now() + interval '1 day' END); END IF;
    IF random() < 0.1 THEN PERFORM s2t_cancel_credit(u, c.id) FROM usage_credits AS c WHERE c.user_id = u ORDER BY random() LIMIT 1; END IF;
    RETURN 'fail, retry, credit';
  ELSIF n = 10 THEN
    INSERT INTO recordings (user_id, source, status, duration_ms) SELECT pg_temp.any_user(), 'direct', 'done', ms FROM generate_series(1, floor(random() * 4)::int);
    RETURN 'insert recordings';
  ELSIF n = 11 THEN
    INSERT INTO segments SELECT pg_temp.any_recording(), floor(random() * 1e9), 0, 1, 'direct' FROM generate_series(1, 4) WHERE EXISTS (SELECT FROM recordings);
    RETURN 'insert segments';
  ELSIF n = 12 THEN
    UPDATE recordings SET duration_ms = floor(random() * 10000), user_id = CASE WHEN random() < 0.3 THEN u ELSE user_id END WHERE random() < 0.2;
    RETURN 'update recordings';
  ELSIF n = 13 THEN
    DELETE FROM segments WHERE random() < 0.1;
    RETURN 'delete segments';
  ELSIF n = 14 THEN
    DELETE FROM recordings WHERE random() < 0.1;
    RETURN 'delete recordings';
  ELSIF n = 15 THEN
    r := pg_temp.any_recording();
    UPDATE segments AS s SET recording_id = r, idx = s.idx + 1000000000 + floor(random() * 1e8) WHERE s.recording_id <> r AND s.idx < 1000000000 AND random() < 0.1;
    RETURN 'move segments';
  ELSIF n = 16 THEN
    CALL sp_change_user_plan(u, chr(65 + floor(random() * 3)::int), random() < 0.3, ok, message);
    RETURN 'change plan';
  ELSIF n = 17 THEN
    UPDATE recordings SET created_at = now() - interval '100 days' WHERE random() < 0.3;
    PERFORM sp_cleanup_old_recordings(90, 3);
    RETURN 'cleanup';
  ELSIF n = 18 THEN
    UPDATE user_subscriptions SET cycle_start = now() - interval '60 days', cycle_end = now() - interval '30 days' WHERE user_id = u;
    IF random() < 0.5 THEN
      CALL sp_reset_monthly_cycles();
    END IF;
    RETURN 'end of a cycle';
  ELSE
    -- A subtransaction that is rolled back leaves nothing.
    BEGIN
      PERFORM sp_check_quota_and_create_recording(u, 'undone');
      r := pg_temp.any_recording('processing');
      IF r IS NOT NULL THEN CALL sp_complete_recording(r, greatest(ms, pg_temp.heard(r)), pg_temp.segments(3)); END IF;
      DELETE FROM segments WHERE random() < 0.5;
      RAISE EXCEPTION 'undo' USING ERRCODE = 'P0099';
    EXCEPTION WHEN SQLSTATE 'P0099' OR object_not_in_prerequisite_state THEN
      NULL;
    END;
    RETURN 'undone';
  END IF;
END
$$;

-- Runs operations until one leaves a wrong figure; says which, and what led there.
CREATE FUNCTION pg_temp.run(seed float8, steps int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  trail text[] := '{}';
BEGIN
  PERFORM setseed(seed);
  FOR i IN 1 .. steps LOOP
    trail := trail || pg_temp.step();
    IF EXISTS (SELECT FROM inexact) THEN
      RETURN format('seed %s, step %s: totals %s; before it %s', seed, i, (SELECT jsonb_agg(x) FROM inexact AS x), array_to_string(trail[i - 5 : i], ', '));
    END IF;
    IF EXISTS (SELECT FROM unbooked) THEN
      RETURN format('seed %s, step %s: books %s; before it %s', seed, i, (SELECT jsonb_agg(x) FROM unbooked AS x), array_to_string(trail[i - 5 : i], ', '));
    END IF;
  END LOOP;
  RETURN 'right';
END
$$;
SELECT is(pg_temp.run(seed, 150), 'right', 'random operations') FROM (SELECT random() AS seed FROM generate_series(1, 4) OFFSET 0) AS s;
SELECT is(pg_temp.run(0.5, 150), 'right', 'the same ones every time');
-- What the walk met, so that it has not walked past everything.
SELECT ok((SELECT count(*) FROM usage_cycles) > 0, 'cycles were closed');
SELECT ok((SELECT count(*) FROM recordings) > 0 AND (SELECT count(*) FROM segments) > 0, 'recordings and segments are there');
SELECT is_empty($$SELECT FROM usage_cycles WHERE usage_count < 0 OR used_seconds < 0 OR cycle_end < cycle_start$$, 'closed cycles are in order');
DELETE FROM users;
SELECT results_eq('SELECT (SELECT count(*) FROM recordings), (SELECT count(*) FROM segments), (SELECT count(*) FROM user_subscriptions)', 'VALUES (0::bigint, 0::bigint, 0::bigint)', 'users go with everything');
SELECT ok((SELECT count(*) FROM usage_cycles) > 0, 'but for the closed cycles');

SELECT * FROM finish();
ROLLBACK;
