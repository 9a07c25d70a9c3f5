-- sp_register_user, s2t_register_user (docs/reference.md, "sp_register_user").
\ir include/begin.sql
SELECT plan(50);

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

-- Taken.
CREATE FUNCTION pg_temp.taken(email text, name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  c text;
  t text;
  s text;
BEGIN
  CALL sp_register_user(email, name, 'hash', 'X', 'FREE');
  RETURN 'registered';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS c = CONSTRAINT_NAME, t = TABLE_NAME, s = RETURNED_SQLSTATE;
  RETURN concat_ws(' ', s, t, c);
END
$$;
SELECT is(pg_temp.taken('An@Example.com', 'x'), '23505 users users_email_key', 'the same e-mail');
SELECT matches(pg_temp.taken('an@example.COM', 'x'), '^23505 users users_email_(lower_)?key$', 'the same but for case');
SELECT is(pg_temp.taken('x@example.com', 'an'), '23505 users users_user_name_key', 'the same user name');
SELECT matches(pg_temp.taken('x@example.com', 'AN'), '^23505 users users_user_name_(lower_)?key$', 'the same but for case');
SELECT matches(pg_temp.taken('  an@example.com ', ' an '), '^23505 users users_', 'the same but for white space');
SELECT is(pg_temp.taken('x@example.com', 'x'), 'registered', 'another');

-- Bad input. Each is refused with 22023 and leaves nothing.
CREATE FUNCTION pg_temp.try(email text, name text, hash text, plan text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  CALL sp_register_user(email, name, hash, 'X', plan);
  RAISE SQLSTATE '00000' USING MESSAGE = 'registered';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$$;
SELECT is(pg_temp.try(email, 'y', 'hash', 'FREE'), '22023', 'e-mail ' || coalesce(quote_literal(email), 'NULL'))
FROM unnest(ARRAY[NULL, '', ' ', E'\n', 'y', '@', 'y@', '@example.com', 'a@b@c', 'a b@example.com', E'a\tb@example.com', E'a\u00a0b@example.com', E'a\u0007@example.com']) AS email;
SELECT is(pg_temp.try(repeat('y', 243) || '@example.com', 'y', 'hash', 'FREE'), '22023', 'an e-mail of 255 bytes');
SELECT is(pg_temp.try('ý' || repeat('y', 241) || '@example.com', 'y', 'hash', 'FREE'), '22023', 'an e-mail of 254 characters, 255 bytes');
SELECT lives_ok($$CALL sp_register_user(repeat('y', 242) || '@example.com', 'long', 'hash', 'X', 'FREE')$$, 'an e-mail of 254 bytes');
SELECT is(pg_temp.try('y@example.com', name, 'hash', 'FREE'), '22023', 'user name ' || coalesce(quote_literal(name), 'NULL'))
FROM unnest(ARRAY[NULL, '', ' ', E'a\nb', repeat('y', 65)]) AS name;
SELECT lives_ok($$CALL sp_register_user('y64@example.com', repeat('ỹ', 64), 'hash', 'X', 'FREE')$$, 'a user name of 64 characters, 192 bytes');
SELECT lives_ok($$CALL sp_register_user('y@example.com', 'Nguyễn Văn An', 'hash', '', 'FREE')$$, 'a user name with blanks inside, an empty name to show');
SELECT is(pg_temp.try('z@example.com', 'z', hash, 'FREE'), '22023', 'hash ' || coalesce(quote_literal(hash), 'NULL')) FROM unnest(ARRAY[NULL, '', ' ', E'\r']) AS hash;
SELECT is(pg_temp.try('z@example.com', 'z', 'hash', NULL), '22023', 'plan NULL');
SELECT is(pg_temp.try('z@example.com', 'z', 'hash', ''), '22023', 'plan blank');
SELECT is(pg_temp.try('z@example.com', 'z', 'hash', plan), 'P0002', 'plan ' || plan) FROM unnest(ARRAY['GOLD', 'free', ' FREE']) AS plan;
UPDATE plans SET is_active = false WHERE code = 'FREE';
CREATE FUNCTION pg_temp.detail(plan text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  detail text;
BEGIN
  CALL sp_register_user('z@example.com', 'z', 'hash', 'X', plan);
EXCEPTION WHEN no_data_found THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN detail;
END
$$;
SELECT matches(pg_temp.detail('FREE'), '"FREE"', 'an inactive plan is no plan, and is named');
SELECT matches(pg_temp.detail('GOLD'), '"GOLD"', 'an unknown plan is named');
SELECT is_empty($$SELECT id FROM users WHERE user_name = 'z' OR email LIKE 'z@%'$$, 'nothing of all that stayed');
SELECT is((SELECT count(*) FROM users), (SELECT count(*) FROM user_profiles JOIN user_subscriptions USING (user_id)), 'every user has a profile and a subscription');

SELECT * FROM finish();
ROLLBACK;
