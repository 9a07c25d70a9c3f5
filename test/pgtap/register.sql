-- sp_register_user, s2t_register_user (docs/reference.md, "sp_register_user").
\ir include/begin.sql
SELECT plan(12);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default) VALUES
  ('FREE', 'Free', 30, 10, true), ('BASIC', 'Basic', 300, 100, false), ('TINY', 'Tiny', 1, 2, false), ('OPEN', 'Open', NULL, NULL, false);
CREATE FUNCTION pg_temp.uid(who text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM users WHERE user_name = who $$;

SELECT lives_ok($$CALL sp_register_user(E' An@Example.com\n', E'\tan ', 'hash', 'Nguyễn Văn An', 'FREE')$$, 'a user registers');
SELECT results_eq('SELECT email, user_name, password_hash, verified, role, status FROM users',
  $$VALUES ('An@Example.com'::text, 'an'::text, 'hash'::text, false, 'user'::text, 'active'::text)$$, 'trimmed, case kept, defaults');
SELECT results_eq('SELECT user_id, name, avatar_url FROM user_profiles', $$SELECT id, 'Nguyễn Văn An'::text, NULL::text FROM users$$, 'with a profile');
SELECT results_eq($$SELECT s.user_id, p.code, s.usage_count, s.used_seconds, s.total_recordings, s.total_duration_ms, s.total_segments
                    FROM user_subscriptions AS s JOIN plans AS p ON p.id = s.plan_id$$,
  $$SELECT id, 'FREE'::text, 0, 0, 0::bigint, 0::bigint, 0::bigint FROM users$$, 'with a subscription, unused');
SELECT results_eq('SELECT cycle_start, cycle_end FROM user_subscriptions',
  $$VALUES (date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC', (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC')$$,
  'whose cycle is the current month');
SELECT ok(created_at BETWEEN now() AND clock_timestamp(), 'registered now') FROM users;
SELECT is(s2t_register_user('b@example.com', 'b', 'hash', NULL, 'OPEN'), pg_temp.uid('b'), 'the function gives the id');
SELECT is((SELECT name FROM user_profiles WHERE user_id = pg_temp.uid('b')), NULL, 'no name to show');

-- The longest, and odd ones. (What is refused, and what is taken already: sql/errors.sql.)
SELECT lives_ok($$CALL sp_register_user(repeat('y', 242) || '@example.com', 'long', 'hash', 'X', 'FREE')$$, 'an e-mail of 254 bytes');
SELECT lives_ok($$CALL sp_register_user('y64@example.com', repeat('ỹ', 64), 'hash', 'X', 'FREE')$$, 'a user name of 64 characters, 192 bytes');
SELECT lives_ok($$CALL sp_register_user('y@example.com', 'Nguyễn Văn An', 'hash', '', 'FREE')$$, 'a user name with blanks inside, an empty name to show');
SELECT is((SELECT count(*) FROM users), (SELECT count(*) FROM user_profiles JOIN user_subscriptions USING (user_id)), 'every user has a profile and a subscription');

SELECT * FROM finish();
ROLLBACK;
