-- Users without credits cost no access to usage_credits (docs/metering.md, "Credits and overage"), as the server counts it.
\ir include/begin.sql
SELECT plan(13);

CREATE FUNCTION pg_temp.accesses() RETURNS bigint LANGUAGE sql AS $$
  SELECT seq_scan + coalesce(idx_scan, 0) + n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables WHERE relname = 'usage_credits'
$$;
CREATE TEMPORARY TABLE seen AS SELECT pg_temp.accesses() AS n;
-- Whether nobody has looked since.
CREATE FUNCTION pg_temp.untouched(what text) RETURNS text LANGUAGE sql AS $$ SELECT is(pg_temp.accesses(), (SELECT n FROM seen), what) $$;
CREATE FUNCTION pg_temp.segs() RETURNS jsonb LANGUAGE sql AS $$ SELECT '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "a"}]'::jsonb $$;

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('FREE', 'Free', 1, 3), ('BASIC', 'Basic', 2, 6);
SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'FREE') AS an \gset
SELECT pg_temp.untouched('registering');
SELECT recording_id AS first FROM s2t_create_recording(:'an', 'upload', in_expected_ms => 30000) \gset
SELECT recording_id AS second FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
SELECT pg_temp.untouched('creating');
SELECT s2t_append_segments(:'first', pg_temp.segs());
CALL sp_complete_recording(:'first', 30000, pg_temp.segs());
SELECT pg_temp.untouched('appending and completing');
CALL sp_fail_recording(:'second', 'engine');
SELECT s2t_retry_recording(:'second');
SELECT pg_temp.untouched('failing, which gives back, and trying again');
CALL sp_complete_recording(:'second', 90000, pg_temp.segs());
SELECT is((SELECT overage_seconds FROM user_subscriptions WHERE user_id = :'an'), 60, 'what is beyond the plan');
SELECT pg_temp.untouched('is overage without looking');
SELECT is((SELECT reason FROM s2t_create_recording(:'an', 'upload')), 'minutes', 'a refusal');
SELECT pg_temp.untouched('neither');
SELECT s2t_change_user_plan(:'an', 'BASIC', true);
SELECT s2t_change_user_plan(:'an', 'FREE');
SELECT s2t_adjust_usage(:'an', -1, 0, 'note');
SELECT pg_temp.untouched('changes of plan and adjusting');
UPDATE user_subscriptions SET cycle_start = now() - interval '60 days', cycle_end = now() - interval '1 day' WHERE user_id = :'an';
SELECT ok((SELECT quota_ok FROM s2t_create_recording(:'an', 'upload')), 'a rollover');
SELECT pg_temp.untouched('opens a cycle without looking');

-- Whoever has one is looked for there, so the count above is one that moves.
SELECT s2t_add_credit(:'an', 1, 1) IS NOT NULL AS given \gset
UPDATE seen SET n = pg_temp.accesses();
SELECT ok((SELECT quota_ok FROM s2t_create_recording(:'an', 'upload')), 'with a credit');
SELECT cmp_ok(pg_temp.accesses(), '>', (SELECT n FROM seen), 'creating looks for it');
SELECT * FROM finish();
ROLLBACK;
