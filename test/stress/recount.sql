-- Stress: what must hold whatever was done.  Each query returns a description, and how many rows
-- speak against it.  The doctor comes first; the others do without it.
SELECT concat_ws(': ', 'the doctor finds nothing', min(check_name || ' of ' || object || ', which ' || problem)) AS description, count(*) AS against
FROM s2t_doctor() WHERE check_name NOT IN ('ended_cycles', 'stale_recordings', 'marks_lost', 'set_aside');

SELECT 'the totals of every user are a recount' AS description, count(*) AS against
FROM user_subscriptions AS s
LEFT JOIN (SELECT user_id, count(*) AS recordings, sum(duration_ms) AS duration_ms FROM recordings GROUP BY user_id) AS r
    USING (user_id)
LEFT JOIN (SELECT user_id, count(*) AS segments FROM recordings JOIN segments ON recording_id = id GROUP BY user_id) AS g
    USING (user_id)
WHERE (s.total_recordings, s.total_duration_ms, s.total_segments)
    IS DISTINCT FROM (coalesce(recordings, 0), coalesce(duration_ms, 0), coalesce(segments, 0));

SELECT 'segment_count of every recording is a recount', count(*)
FROM recordings AS r
WHERE segment_count <> (SELECT count(*) FROM segments WHERE recording_id = r.id);

SELECT 'the figures of every cycle, open or closed, are the sums of the entries of its ledger', count(*)
FROM (
    SELECT cycle_id, usage_count, used_seconds, credit_recordings, credit_seconds, overage_recordings, overage_seconds FROM user_subscriptions
    UNION ALL
    SELECT id, usage_count, used_seconds, credit_recordings, credit_seconds, overage_recordings, overage_seconds FROM usage_cycles
) AS c
LEFT JOIN (
    SELECT cycle_id, sum(recordings) AS recordings, sum(seconds) AS seconds, sum(credit_recordings) AS credit_recordings,
        sum(credit_seconds) AS credit_seconds, sum(overage_recordings) AS overage_recordings, sum(overage_seconds) AS overage_seconds
    FROM usage_entries WHERE kind NOT IN ('credit', 'return') GROUP BY cycle_id
) AS e USING (cycle_id)
WHERE (c.usage_count, c.used_seconds, c.credit_recordings, c.credit_seconds, c.overage_recordings, c.overage_seconds)
    IS DISTINCT FROM (coalesce(e.recordings, 0), coalesce(e.seconds, 0), coalesce(e.credit_recordings, 0),
        coalesce(e.credit_seconds, 0), coalesce(e.overage_recordings, 0), coalesce(e.overage_seconds, 0));

SELECT 'seconds are held for recordings in processing, and for no others', count(*)
FROM user_subscriptions AS s
WHERE held_seconds <> (SELECT coalesce(sum(held_seconds), 0) FROM recordings WHERE user_id = s.user_id AND status = 'processing');
