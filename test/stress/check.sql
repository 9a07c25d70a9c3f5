-- Stress: what must hold afterwards, beside recount.sql.  Each query returns a description,
-- and how many rows speak against it.

SELECT 'every recording was charged once more than it was given back, or as often', count(*)
FROM (SELECT e.recording_id, sum(e.recordings) AS net
      FROM usage_entries AS e WHERE e.recording_id IS NOT NULL GROUP BY e.recording_id) AS e
LEFT JOIN recordings AS r ON r.id = e.recording_id
WHERE net NOT IN (0, 1) OR (r.id IS NOT NULL AND net <> (r.charged_cycle_id IS NOT NULL)::int);

SELECT 'every create that was accepted was charged', count(*)
FROM stress.created AS c
WHERE NOT EXISTS (SELECT FROM usage_entries AS e
                  WHERE e.user_id = c.user_id AND e.recording_id = c.recording_id AND e.kind = 'charge' AND e.recordings = 1);

SELECT 'what is completed was charged its duration in all, grown or at once', count(*)
FROM stress.charged AS c
WHERE seconds <> (SELECT coalesce(sum(e.seconds), 0) FROM usage_entries AS e WHERE e.recording_id = c.recording_id);

SELECT 'what is neither completed nor has segments, nor had any, is charged no seconds of an open cycle', count(*)
FROM recordings AS r
JOIN user_subscriptions AS s USING (user_id)
WHERE r.status = 'failed' AND r.segments_attempt IS NULL AND s.carried_cycle_id IS NULL
    AND EXISTS (SELECT FROM usage_entries AS e WHERE e.recording_id = r.id AND e.cycle_id = s.cycle_id HAVING sum(e.seconds) <> 0);

SELECT 'nothing was charged twice', count(*)
FROM (SELECT recording_id FROM stress.charged GROUP BY recording_id HAVING count(*) > 1) AS twice;

SELECT 'every segment has its recording, every recording its user, every user profile and subscription', count(*)
FROM (
    SELECT 1 FROM segments AS g WHERE NOT EXISTS (SELECT FROM recordings WHERE id = g.recording_id)
    UNION ALL SELECT 1 FROM recordings AS r WHERE NOT EXISTS (SELECT FROM users WHERE id = r.user_id)
    UNION ALL SELECT 1 FROM users AS u WHERE NOT EXISTS (SELECT FROM user_subscriptions WHERE user_id = u.id)
    UNION ALL SELECT 1 FROM users AS u WHERE NOT EXISTS (SELECT FROM user_profiles WHERE user_id = u.id)
) AS lost;

SELECT 'done recordings have a time of completion, failed ones a reason, the others neither', count(*)
FROM recordings
WHERE CASE status
    WHEN 'done' THEN completed_at IS NULL OR error IS NOT NULL
    WHEN 'failed' THEN completed_at IS NOT NULL OR error IS NULL
    ELSE completed_at IS NOT NULL OR error IS NOT NULL
END;

SELECT 'after a reset no cycle has ended', count(*) FROM user_subscriptions WHERE cycle_end <= now();

SELECT 'the server counted no deadlock', deadlocks FROM pg_stat_database WHERE datname = current_database();

-- That something happened at all.
SELECT 'every kind of work was done', count(*)
FROM (VALUES
    ('created', (SELECT count(*) FROM stress.created)),
    ('charged', (SELECT count(*) FROM stress.charged)),
    ('rolled over', (SELECT count(*) FROM usage_cycles WHERE reason = 'rollover')),
    ('prorated', (SELECT count(*) FROM usage_cycles WHERE reason = 'prorate')),
    ('grown', (SELECT count(*) FROM recordings WHERE heard_ms > 0)),
    ('failed', (SELECT count(*) FROM recordings WHERE status = 'failed')),
    ('registered', (SELECT count(*) FROM users) - 40),
    ('segments', (SELECT count(*) FROM segments))) AS work (kind, done)
WHERE done <= 0;
