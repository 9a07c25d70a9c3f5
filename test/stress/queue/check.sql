-- What must hold when the workers have gone home: a line for each, with the number of what is against it.
CREATE INDEX ON journal (recording_id, seq);
CREATE INDEX ON journal (lease, seq);
ANALYZE;
CREATE TEMPORARY TABLE last_claim AS
    SELECT DISTINCT ON (recording_id) recording_id, seq, lease FROM journal WHERE what = 'claimed' ORDER BY recording_id, seq DESC;

SELECT 'nothing happened that should not', count(*) FROM journal
 WHERE what NOT IN ('claimed', 'extended', 'released', 'completed', 'grown', 'bad', 'lost', 'late');
SELECT 'every recording has ended', count(*) FROM recordings WHERE status NOT IN ('done', 'failed');
SELECT 'each was completed once, or failed', count(*)
  FROM recordings AS r
 WHERE (SELECT count(*) FROM journal AS j WHERE j.recording_id = r.id AND j.what = 'completed') <> CASE r.status WHEN 'done' THEN 1 ELSE 0 END;
SELECT 'what is done has the content of the last lease, and that alone', count(*)
  FROM recordings AS r JOIN last_claim AS c ON c.recording_id = r.id
 WHERE r.status = 'done'
   AND ARRAY(SELECT s.text FROM segments AS s WHERE s.recording_id = r.id) <> ARRAY[c.lease::text];
SELECT 'no failure mark on the attempt of another', count(*)
  FROM recordings AS r JOIN last_claim AS c ON c.recording_id = r.id
 WHERE r.status = 'failed'
   AND NOT EXISTS (SELECT FROM journal AS j
                    WHERE j.what = 'bad' AND j.recording_id = r.id AND j.lease = c.lease
                      AND r.error LIKE '% is ' || -j.seq || ';%'
                      AND NOT EXISTS (SELECT FROM journal AS k WHERE k.what = 'released' AND k.lease = j.lease AND k.seq > j.seq));
-- Given out while the one before was in force: never, unless that was given back.
SELECT 'no two leases of one recording in force', count(*)
  FROM journal AS j
 CROSS JOIN LATERAL (SELECT k.lease, k.at FROM journal AS k
                      WHERE k.recording_id = j.recording_id AND k.what = 'claimed' AND k.seq > j.seq ORDER BY k.seq LIMIT 1) AS next
 WHERE j.what = 'claimed'
   AND next.at < (SELECT max(k.until) FROM journal AS k WHERE k.lease = j.lease)
   AND NOT EXISTS (SELECT FROM journal AS k WHERE k.lease = j.lease AND k.what = 'released');
SELECT 'nothing is left in the queue', count(*) FROM recordings WHERE queue_priority IS NOT NULL OR due_at IS NOT NULL OR lease IS NOT NULL;
SELECT 'workers have lost leases', (count(*) = 0)::int FROM journal WHERE what = 'lost';
