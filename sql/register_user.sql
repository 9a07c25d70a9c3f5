-- sp_register_user and s2t_register_user by name, with blanks and letters as they are given, and in transactions.
-- What they do: test/pgtap/register.sql; what they refuse: errors.sql.
CALL t.plans();

-- Both by name, in any order.
CALL sp_register_user(in_default_plan_code => 'FREE', in_name => 'Chi', in_hashed_pass => 'hash', in_user_name => 'chi',
                      in_email => 'chi@example.com');
SELECT s2t_register_user(in_default_plan_code => 'FREE', in_name => 'Dung', in_hashed_pass => 'hash', in_user_name => 'dung',
                         in_email => 'dung@example.com') AS dung \gset
SELECT :'dung' = t.uid('dung')::text AS same_id;
SELECT u.email, u.user_name, u.password_hash, p.name FROM users AS u JOIN user_profiles AS p ON p.user_id = u.id ORDER BY u.email;
SELECT * FROM t.subscriptions;

-- White space around e-mail and user name is trimmed; the hash and the display name are taken as they are.
CALL sp_register_user(E' \t em@example.com\n', E'  em \r\n', ' hash ', '  Em  ', 'FREE');
SELECT '[' || u.email || ']' AS email, '[' || u.user_name || ']' AS user_name, '[' || u.password_hash || ']' AS hash,
       '[' || p.name || ']' AS name
FROM users AS u JOIN user_profiles AS p ON p.user_id = u.id WHERE u.user_name = 'em';

-- Case is kept.
CALL sp_register_user('Giang@Example.COM', 'Giang', 'hash', 'Giang', 'FREE');
SELECT email, user_name FROM users WHERE lower(email) = 'giang@example.com';
-- An address of 254 bytes and a name of 64 characters of three bytes each still fit.
CALL sp_register_user(repeat('a', 242) || '@example.com', repeat('ữ', 64), 'hash', 'Hoa', 'FREE');
SELECT octet_length(email), char_length(user_name), octet_length(user_name) FROM users WHERE user_name LIKE 'ữ%';

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

CALL t.clear();
