-- sp_register_user and s2t_register_user: user, profile and subscription in one step.
CALL t.plans();

CALL sp_register_user('an@example.com', 'an', '$2b$12$hash', 'Nguyễn Văn An', 'FREE');
SELECT u.email, u.user_name, u.password_hash, u.verified, u.role, u.status, p.name, p.avatar_url
FROM users AS u JOIN user_profiles AS p ON p.user_id = u.id;
SELECT * FROM t.subscriptions;

-- The function is the same code and tells the id.
SELECT s2t_register_user('binh@example.com', 'binh', 'hash', NULL, 'OPEN') AS binh \gset
SELECT :'binh' = id::text AS same_id, email, (SELECT name IS NULL FROM user_profiles WHERE user_id = u.id) AS no_name
FROM users AS u WHERE user_name = 'binh';

-- Both by name, in any order.
CALL sp_register_user(in_default_plan_code => 'FREE', in_name => 'Chi', in_hashed_pass => 'hash', in_user_name => 'chi',
                      in_email => 'chi@example.com');
SELECT s2t_register_user(in_default_plan_code => 'FREE', in_name => 'Dung', in_hashed_pass => 'hash', in_user_name => 'dung',
                         in_email => 'dung@example.com') AS dung \gset
SELECT :'dung' = t.uid('dung')::text AS same_id;

-- White space around e-mail and user name is trimmed; the hash and the display name are taken as they are.
CALL sp_register_user(E' \t em@example.com\n', E'  em \r\n', ' hash ', '  Em  ', 'FREE');
SELECT '[' || u.email || ']' AS email, '[' || u.user_name || ']' AS user_name, '[' || u.password_hash || ']' AS hash,
       '[' || p.name || ']' AS name
FROM users AS u JOIN user_profiles AS p ON p.user_id = u.id WHERE u.user_name = 'em';

-- Case is kept, but does not make another address.
CALL sp_register_user('Giang@Example.COM', 'Giang', 'hash', 'Giang', 'FREE');
SELECT email, user_name FROM users WHERE lower(email) = 'giang@example.com';
SELECT * FROM t.error_of($$CALL sp_register_user('giang@example.com', 'other', 'hash', 'X', 'FREE')$$);
SELECT * FROM t.error_of($$CALL sp_register_user('other@example.com', 'GIANG', 'hash', 'X', 'FREE')$$);
-- The address is the same to the byte, or the name is.
SELECT * FROM t.error_of($$CALL sp_register_user('an@example.com', 'other', 'hash', 'X', 'FREE')$$);
SELECT * FROM t.error_of($$SELECT s2t_register_user('other@example.com', 'an', 'hash', 'X', 'FREE')$$);

-- An address of 254 bytes and a name of 64 characters of three bytes each still fit.
CALL sp_register_user(repeat('a', 242) || '@example.com', repeat('ữ', 64), 'hash', 'Hoa', 'FREE');
SELECT octet_length(email), char_length(user_name), octet_length(user_name) FROM users WHERE user_name LIKE 'ữ%';

-- All or nothing: the plan is unknown, inactive; nothing stays behind.
SELECT * FROM t.error_of($$CALL sp_register_user('x@example.com', 'x', 'hash', 'X', 'GOLD')$$);
SELECT * FROM t.error_of($$CALL sp_register_user('x@example.com', 'x', 'hash', 'X', 'free')$$);
UPDATE plans SET is_active = false WHERE code = 'TINY';
SELECT * FROM t.error_of($$CALL sp_register_user('x@example.com', 'x', 'hash', 'X', 'TINY')$$);
SELECT count(*) FROM users WHERE user_name = 'x';

-- It commits and rolls back with its caller, and its work is visible to the next statement.
BEGIN;
CALL sp_register_user('y@example.com', 'y', 'hash', 'Y', 'FREE');
SELECT quota_ok FROM sp_check_quota_and_create_recording(t.uid('y'), 'upload');
ROLLBACK;
SELECT count(*) FROM users WHERE user_name = 'y';
DO $$
BEGIN
  FOR i IN 1 .. 3 LOOP
    CALL sp_register_user('loop' || i || '@example.com', 'loop' || i, 'hash', NULL, 'FREE');
  END LOOP;
END
$$;
SELECT count(*) FROM users WHERE user_name LIKE 'loop%';
SELECT count(*) AS users, count(p.user_id) AS profiles, count(s.user_id) AS subscriptions
FROM users AS u LEFT JOIN user_profiles AS p ON p.user_id = u.id LEFT JOIN user_subscriptions AS s ON s.user_id = u.id;

CALL t.clear();
