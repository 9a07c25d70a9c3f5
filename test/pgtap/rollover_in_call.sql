-- What a call does that rolls its user's cycle over on the spot (docs/reference.md, "Conventions"), and what it
-- answers when a credit pays.
\ir include/begin.sql
SELECT plan(17);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, carry_over_minutes) VALUES
  ('SMALL', 'Small', 2, 2, 0), ('LARGE', 'Large', 4, 4, 0), ('KEEPS', 'Keeps', 2, 9, 1);
SELECT s2t_register_user('a@x.example', 'a', 'h', NULL, 'SMALL') AS a \gset
SELECT s2t_register_user('b@x.example', 'b', 'h', NULL, 'KEEPS') AS b \gset
CREATE FUNCTION pg_temp.end_cycle(who uuid) RETURNS void LANGUAGE sql AS $$
  UPDATE user_subscriptions SET cycle_start = now() - interval '31 days', cycle_end = clock_timestamp() WHERE user_id = who
$$;
CREATE FUNCTION pg_temp.change(who uuid, plan text, prorate boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE success boolean; message text;
BEGIN
  CALL sp_change_user_plan(who, plan, prorate, success, message);
  RETURN success || ': ' || message;
END $$;

-- A credit pays for one recording: it is taken off what is left once.
SELECT s2t_add_credit(:'a', 1, 0, NULL, NULL) AS credit \gset
SELECT is(remaining_recordings, 2, 'of two and a credit, the first leaves two') FROM s2t_create_recording(:'a', 'upload');
SELECT is(remaining_recordings, 1, 'the second one') FROM s2t_create_recording(:'a', 'upload');
SELECT is(remaining_recordings, 0, 'the third, which the credit pays, none') FROM s2t_create_recording(:'a', 'upload');
SELECT is(reason, 'recordings', 'the fourth is refused') FROM s2t_create_recording(:'a', 'upload');

-- A month in which the plan was changed is followed by one whose first change rolls over.
SELECT matches(pg_temp.change(:'a', 'LARGE', false), '^true', 'a change');
SELECT pg_temp.end_cycle(:'a');
SELECT matches(pg_temp.change(:'a', 'SMALL', false), '^true', 'the first change of the next month');
SELECT is(pg_temp.change(:'a', 'LARGE', true), 'false: plan was already changed this month', 'is remembered as that');
-- Likewise proration after proration: what the second one closed comes back.
SELECT pg_temp.end_cycle(:'a');
SELECT matches(pg_temp.change(:'a', 'LARGE', true), '^true', 'a proration that rolls over');
SELECT pg_temp.end_cycle(:'a');
SELECT matches(pg_temp.change(:'a', 'SMALL', false), '^true', 'back');
SELECT pg_temp.end_cycle(:'a');
SELECT matches(pg_temp.change(:'a', 'LARGE', true), '^true', 'another one');
SELECT isnt(prorated_cycle_id, NULL, 'and what it closed is known') FROM user_subscriptions WHERE user_id = :'a';

-- Minutes that the rollover of this call carries over pay in this call.
SELECT recording_id AS r FROM s2t_create_recording(:'b', 'upload') \gset
SELECT pg_temp.end_cycle(:'b');
SELECT results_eq(format('SELECT open_credit_seconds, remaining_seconds FROM s2t_get_subscription(%L)', :'b'), 'VALUES (60::bigint, 180::bigint)',
    'a cycle that the next call rolls over reads with what is carried over');
UPDATE user_subscriptions SET used_seconds = 61 WHERE user_id = :'b';
SELECT is(open_credit_seconds, 0::bigint, 'whole minutes that are unused') FROM s2t_get_subscription(:'b');
UPDATE user_subscriptions SET cycle_start = now() - interval '90 days', cycle_end = now() - interval '60 days' WHERE user_id = :'b';
SELECT is(open_credit_seconds, 60::bigint, 'a month in which nobody called is wholly unused') FROM s2t_get_subscription(:'b');
UPDATE user_subscriptions SET used_seconds = 0 WHERE user_id = :'b';
SELECT pg_temp.end_cycle(:'b');
CALL sp_complete_recording(:'r', 150000, '[]');
SELECT results_eq(format('SELECT used_seconds, credit_seconds, overage_seconds FROM user_subscriptions WHERE user_id = %L', :'b'),
    'VALUES (150, 30, 0)', 'the plan''s minutes, then those carried over; no overage');
SELECT results_eq(format('SELECT seconds, left_seconds FROM usage_credits WHERE user_id = %L', :'b'), 'VALUES (60, 30)',
    'taken from the credit');
SELECT is(remaining_seconds, 30::bigint, 'and 30 seconds are left') FROM s2t_create_recording(:'b', 'upload');

SELECT * FROM finish();
ROLLBACK;
