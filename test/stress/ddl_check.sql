-- Stress: definitions that change under the calls.  What must hold afterwards; each query
-- returns a description, and how many rows speak against it.
SELECT 'every account has the figures of its life' AS description, count(*) AS against
FROM (
    SELECT s.user_id, s.total_recordings, s.total_segments, s.total_duration_ms,
        s.usage_count + coalesce(sum(c.usage_count), 0) AS recordings, s.used_seconds + coalesce(sum(c.used_seconds), 0) AS seconds
    FROM user_subscriptions AS s LEFT JOIN usage_cycles AS c USING (user_id) GROUP BY s.user_id) AS figures
WHERE (total_recordings, total_segments, total_duration_ms, recordings, seconds) IS DISTINCT FROM (3, 5, 63500, 3, 64);

SELECT 'every account is there', count(*) - (SELECT last_value FROM names) FROM user_subscriptions;

SELECT 'every account was told of', count(*)
FROM users AS u
WHERE (SELECT string_agg(e.type, ' ' ORDER BY e.at) FROM events AS e JOIN event_consumers AS c USING (queue_id) WHERE c.name = 'kept' AND e.user_id = u.id)
      IS DISTINCT FROM 'user.registered recording.created recording.completed recording.created recording.failed recording.completed '
                       'recording.created recording.completed';

SELECT 'whoever was erased has left nobody', count(*) FROM users WHERE user_name ~ '^[vw]';

SELECT 'the doctor finds nothing wrong', count(*) FROM s2t_doctor() WHERE severity = 'error';
