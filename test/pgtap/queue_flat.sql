-- What a claim reads does not grow with what waits, nor with what is put off (docs/reference.md, "s2t_claim_recordings"). In
-- pages, which do not depend on how busy the machine is.
\ir include/begin.sql
SELECT plan(4);

-- One transaction removes none of its own versions: room for all of them, as there is where claims commit.
ALTER TABLE recordings SET (fillfactor = 40);
INSERT INTO plans (code, name) VALUES ('FLAT', 'Flat');
SELECT s2t_register_user('flat@example.com', 'flat', 'hash', NULL, 'FLAT') AS u \gset
-- Half of it waits, half is put off; what was put off has the better priority, and is older.
CREATE FUNCTION pg_temp.fill(n int, priority int) RETURNS void LANGUAGE sql AS $$
  INSERT INTO recordings (user_id, source, queue_priority, due_at, due_priority, created_at)
  SELECT u.id, 'flat', CASE WHEN i % 2 = 0 THEN fill.priority END, CASE WHEN i % 2 = 1 THEN now() + interval '1 day' + i * interval '1 ms' END, CASE WHEN i % 2 = 1 THEN 1 END,
         now() - interval '1 day' + i * interval '1 ms'
    FROM users AS u, generate_series(1, n) AS i
   WHERE u.user_name = 'flat'
$$;
CREATE FUNCTION pg_temp.pages_of_claims(n int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  total bigint := 0;
  plan jsonb;
BEGIN
  FOR i IN 1 .. n LOOP
    EXECUTE $q$EXPLAIN (ANALYZE, BUFFERS, COSTS off, TIMING off, SUMMARY off, FORMAT json) SELECT * FROM s2t_claim_recordings('w', 1, '1 hour')$q$ INTO plan;
    ASSERT (plan #>> '{0,Plan,Actual Rows}')::numeric = 1, 'a claim found nothing';
    total := total + (plan #>> '{0,Plan,Shared Hit Blocks}')::bigint + (plan #>> '{0,Plan,Shared Read Blocks}')::bigint;
  END LOOP;
  RETURN total;
END
$$;

SELECT pg_temp.fill(1000, 5);
SELECT pg_temp.pages_of_claims(2);
SELECT pg_temp.pages_of_claims(20) AS few \gset
-- Before those, so that what they hold is not met again.
SELECT pg_temp.fill(99000, 4);
SELECT pg_temp.pages_of_claims(2);
SELECT pg_temp.pages_of_claims(20) AS many \gset
SELECT is((SELECT count(*) FROM recordings WHERE queue_priority IS NOT NULL), 50000::bigint, 'half of it waits');
SELECT diag(format('pages read by 20 claims: %s of a thousand, %s of a hundred thousand', :few, :many));
SELECT ok(:many <= :few * 1.2, 'a claim from a hundred thousand reads at most 1.2 of what one from a thousand does');

-- What is due comes back a hundred at a time, whatever there is of it.
UPDATE recordings SET due_at = now() - interval '1 hour' WHERE due_at IS NOT NULL;
SELECT results_eq($$SELECT count(*) FROM s2t_claim_recordings('w', 1)$$, 'VALUES (1::bigint)', 'a claim');
SELECT is((SELECT count(*) FROM recordings WHERE due_at IS NOT NULL), 49900::bigint, 'has brought back a hundred');

SELECT * FROM finish();
ROLLBACK;
