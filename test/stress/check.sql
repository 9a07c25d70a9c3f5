-- Stress: what must hold afterwards, beside recount.sql.  Each query returns a description,
-- and how many rows speak against it.

SELECT 'usage of every user, open and closed cycles, is what create accepted', count(*)
FROM user_subscriptions AS s
WHERE s.usage_count + (SELECT coalesce(sum(usage_count), 0) FROM usage_cycles WHERE user_id = s.user_id)
    <> (SELECT count(*) FROM stress.created WHERE user_id = s.user_id);

SELECT 'seconds of every user, open and closed cycles, are what complete charged', count(*)
FROM user_subscriptions AS s
WHERE s.used_seconds + (SELECT coalesce(sum(used_seconds), 0) FROM usage_cycles WHERE user_id = s.user_id)
    <> (SELECT coalesce(sum(seconds), 0) FROM stress.charged WHERE user_id = s.user_id);

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

SELECT 'at most one proration a user and month', count(*)
FROM (SELECT FROM usage_cycles WHERE reason = 'prorate'
      GROUP BY user_id, date_trunc('month', closed_at AT TIME ZONE 'UTC') HAVING count(*) > 1) AS twice;

SELECT 'the server counted no deadlock', deadlocks FROM pg_stat_database WHERE datname = current_database();

-- That something happened at all.
SELECT 'every kind of work was done', count(*)
FROM (VALUES
    ('created', (SELECT count(*) FROM stress.created)),
    ('charged', (SELECT count(*) FROM stress.charged)),
    ('rolled over', (SELECT count(*) FROM usage_cycles WHERE reason = 'rollover')),
    ('prorated', (SELECT count(*) FROM usage_cycles WHERE reason = 'prorate')),
    ('failed', (SELECT count(*) FROM recordings WHERE status = 'failed')),
    ('registered', (SELECT count(*) FROM users) - 40),
    ('segments', (SELECT count(*) FROM segments))) AS work (kind, done)
WHERE done <= 0;
