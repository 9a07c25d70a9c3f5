-- Stress: what must hold after the editors.  Each query returns a description, and how much speaks against it.

SELECT 'every revision was noted by whoever made it', count(*)
FROM generate_series(1, (SELECT r.revision FROM recordings AS r JOIN works AS w USING (id) WHERE w.kind = 'edited')) AS n
WHERE NOT EXISTS (SELECT FROM notes WHERE revision = n);

SELECT 'editors were told that somebody was faster, others were not, and what there is was done', count(*)
FROM (VALUES
    ('told', (SELECT count(*) FROM refusals WHERE message = 'transcript was changed meanwhile')),
    ('seen', (SELECT count(*) FROM notes WHERE seen IS NOT NULL)),
    ('edit', (SELECT count(*) FROM segment_revisions WHERE kind = 'edit')),
    ('split', (SELECT count(*) FROM segment_revisions WHERE kind = 'split')),
    ('merge', (SELECT count(*) FROM segment_revisions WHERE kind = 'merge')),
    ('undo', (SELECT count(*) FROM segment_revisions WHERE kind = 'undo')),
    ('replace', (SELECT count(*) FROM segment_revisions WHERE kind = 'replace'))) AS work (kind, done)
WHERE done = 0;

SELECT 'replayed from the first revision, all of them', (SELECT count(*) FROM notes) - replay();
SELECT 'they give the rows that are there', count(*) FROM apart;
SELECT 'idx is 0, 1, 2, ... without gaps', count(*) FILTER (WHERE idx <> n)
FROM (SELECT s.idx, row_number() OVER (PARTITION BY s.recording_id ORDER BY s.idx) - 1 AS n FROM segments AS s) AS s;

SELECT 'everything can be undone, edit by edit', (undo_all() = 0)::int;
SELECT 'and the transcript is as it was completed', count(*)
FROM (SELECT idx, start_ms, end_ms, text, meta FROM segments WHERE recording_id = (SELECT id FROM works WHERE kind = 'edited')) AS s
FULL JOIN (SELECT (e ->> 'idx')::int AS idx, e AS element FROM jsonb_array_elements(first_transcript()) AS e) AS f USING (idx)
WHERE jsonb_build_object('idx', idx, 'start_ms', s.start_ms, 'end_ms', s.end_ms, 'text', s.text) || coalesce(s.meta, '{}') IS DISTINCT FROM f.element;

SELECT 'counts and totals are what a recount gives', count(*)
FROM recordings AS r JOIN user_subscriptions AS u USING (user_id)
WHERE r.segment_count <> (SELECT count(*) FROM segments AS s WHERE s.recording_id = r.id)
    OR u.total_segments <> (SELECT count(*) FROM segments)
    OR u.total_duration_ms <> (SELECT sum(duration_ms) FROM recordings);
