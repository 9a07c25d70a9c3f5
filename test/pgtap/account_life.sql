-- s2t_set_password, s2t_set_verified, s2t_set_status, s2t_update_profile, s2t_change_login (docs/reference.md, "Account changes").
\ir include/begin.sql
SELECT plan(38);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('FREE', 'Free', 30, 10);
SELECT s2t_register_user('an@example.com', 'an', 'first hash', 'An', 'FREE') AS an,
       s2t_register_user('binh@example.com', 'binh', 'hash', NULL, 'FREE') AS binh \gset
\set nobody '01900000-0000-7000-8000-000000000000'
CREATE FUNCTION pg_temp.taken(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  c text;
BEGIN
  EXECUTE command;
  RETURN 'done';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS c = CONSTRAINT_NAME;
  RETURN concat_ws(' ', SQLSTATE, nullif(c, ''));
END
$$;

SELECT ok(s2t_set_password(:'an', 'second hash'), 'a password is changed');
SELECT is((SELECT password_hash FROM users WHERE id = :'an'), 'second hash', 'and stored');
SELECT ok(NOT s2t_set_password(:'an', 'second hash'), 'the same again changes nothing');
SELECT is((SELECT password_hash FROM users WHERE id = :'binh'), 'hash', 'nobody else''s is touched');
SELECT throws_ok(format($$SELECT s2t_set_password(%L, ' ')$$, :'an'), '22023', 'invalid password hash', 'a blank hash');
SELECT throws_ok(format($$SELECT s2t_set_password(%L, NULL)$$, :'an'), '22023', NULL, 'no hash');
SELECT throws_ok($$SELECT s2t_set_password(NULL, 'x')$$, '22023', NULL, 'no user');
SELECT throws_ok(format($$SELECT s2t_set_password(%L, 'x')$$, :'nobody'), 'P0002', 'user not found', 'an unknown user');

SELECT ok(s2t_set_verified(:'an', true), 'an address is verified');
SELECT ok((SELECT verified FROM users WHERE id = :'an'), 'and stored');
SELECT ok(NOT s2t_set_verified(:'an', true), 'the same again changes nothing');
SELECT ok(s2t_set_verified(:'an', false), 'and back');
SELECT throws_ok(format($$SELECT s2t_set_verified(%L, NULL)$$, :'an'), '22023', NULL, 'neither');

SELECT ok(s2t_set_status(:'an', ' suspended '), 'a status is set');
SELECT is((SELECT status FROM users WHERE id = :'an'), 'suspended', 'trimmed and stored');
SELECT ok(NOT s2t_set_status(:'an', 'suspended'), 'the same again changes nothing');
SELECT throws_ok(format($$SELECT s2t_set_status(%L, '')$$, :'an'), '22023', 'invalid account status', 'a blank status');
SELECT throws_ok(format($$SELECT s2t_set_status(%L, repeat('x', 65))$$, :'an'), '22023', 'invalid account status', 'a long status');
SELECT throws_ok(format($$SELECT s2t_set_status(%L, E'a\x01')$$, :'an'), '22023', 'invalid account status', 'a control character');

SELECT ok(s2t_update_profile(:'an', 'An N.', NULL), 'a name to show');
SELECT results_eq(format('SELECT name, avatar_url FROM user_profiles WHERE user_id = %L', :'an'), $$VALUES ('An N.', NULL::text)$$, 'NULL leaves the picture');
SELECT ok(s2t_update_profile(:'an', in_avatar_url => 'https://example.com/an.png'), 'a picture');
SELECT results_eq(format('SELECT name, avatar_url FROM user_profiles WHERE user_id = %L', :'an'), $$VALUES ('An N.', 'https://example.com/an.png')$$, 'and leaves the name');
SELECT ok(NOT s2t_update_profile(:'an', 'An N.', 'https://example.com/an.png'), 'the same again changes nothing');
SELECT ok(NOT s2t_update_profile(:'an'), 'nothing asked, nothing done');
SELECT throws_ok(format($$SELECT s2t_update_profile(%L, 'x')$$, :'nobody'), 'P0002', 'user not found', 'an unknown user');
DELETE FROM user_profiles WHERE user_id = :'binh';
SELECT ok(s2t_update_profile(:'binh', 'Binh'), 'a user without a profile gets one');
SELECT results_eq(format('SELECT name, avatar_url FROM user_profiles WHERE user_id = %L', :'binh'), $$VALUES ('Binh', NULL::text)$$, 'with what was given');

SELECT ok(s2t_change_login(:'an', E' An@Example.ORG\n', NULL), 'another address');
SELECT results_eq(format('SELECT email, user_name FROM users WHERE id = %L', :'an'), $$VALUES ('An@Example.ORG', 'an')$$, 'trimmed; the name stays');
SELECT ok(s2t_change_login(:'an', NULL, 'An'), 'the own name in other letters');
SELECT ok(NOT s2t_change_login(:'an', 'An@Example.ORG', 'An'), 'the same again changes nothing');
SELECT matches(pg_temp.taken(format($$SELECT s2t_change_login(%L, 'BINH@example.com')$$, :'an')), '^23505 users_email_(lower_)?key$', 'an address that is taken');
SELECT matches(pg_temp.taken(format($$SELECT s2t_change_login(%L, NULL, 'BINH')$$, :'an')), '^23505 users_user_name_(lower_)?key$', 'a name that is taken');
SELECT is(pg_temp.taken(format($$SELECT s2t_change_login(%L, 'no address')$$, :'an')), '22023', 'no address at all');
SELECT is(pg_temp.taken(format($$SELECT s2t_change_login(%L, 'a@example.com')$$, :'nobody')), 'P0002', 'an unknown user');

SELECT is((SELECT count(*)::int FROM audit_log AS a WHERE a.procedure_name IN ('s2t_set_password', 's2t_set_verified', 's2t_set_status', 's2t_update_profile', 's2t_change_login')),
  9, 'each change is in the audit log, what changed nothing is not');
SELECT is((SELECT count(*)::int FROM audit_log AS a WHERE a.detail ~* 'hash|example|An N'), 0, 'without hash, address or name');

SELECT * FROM finish();
ROLLBACK;
