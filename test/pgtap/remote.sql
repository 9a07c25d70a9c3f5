-- Calls for somebody else: who is written down, and what is collected (docs/reference.md, "Calls for somebody else").
\ir include/begin.sql
SELECT plan(27);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('OPEN', 'Open', NULL, NULL);
SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'OPEN') AS an \gset
SELECT recording_id AS r FROM s2t_create_recording(:'an', 'upload') \gset
CREATE TEMPORARY VIEW last_rows AS
  SELECT procedure_name, session_role, effective_role, client_addr, application_name FROM audit_log ORDER BY at DESC, id DESC;
SET LOCAL application_name = 'tap';

-- Nobody else.
SELECT is(s2t_remote_caller(), NULL, 'at first nobody is told');
SELECT is(s2t_end_remote(), NULL, 'and nothing is collected');
SELECT ok(s2t_set_verified(:'an', true), 'a call of one''s own');
SELECT results_eq('SELECT * FROM last_rows LIMIT 1',
  $$ VALUES ('s2t_set_verified', session_user::text COLLATE "default", current_user::text COLLATE "default", inet_client_addr(), 'tap') $$, 'is written down as one''s own');

-- Somebody.
SELECT lives_ok($$ SELECT s2t_begin_remote('{login,worker,10.1.2.3,shop}') $$, 'a call for somebody');
SELECT is(s2t_remote_caller(), '{login,worker,10.1.2.3,shop}', 'who is known');
SELECT ok(s2t_set_verified(:'an', false), 'native code');
SELECT results_eq('SELECT * FROM last_rows LIMIT 1',
  $$ VALUES ('s2t_set_verified', 'login', 'worker', '10.1.2.3'::inet, 'shop') $$, 'writes down who called the router');
SELECT lives_ok($$ SELECT s2t_note('s2t_grant', NULL, NULL, 'done', 'a test') $$, 'PL/pgSQL');
SELECT results_eq('SELECT * FROM last_rows LIMIT 1',
  $$ VALUES ('s2t_grant', 'login', 'worker', '10.1.2.3'::inet, 'shop') $$, 'does so, too');
SELECT is(s2t_end_remote(), NULL, 'none of it was told anything');
SELECT is(s2t_remote_caller(), NULL, 'the end is the end');
SELECT ok(s2t_set_verified(:'an', true), 'afterwards');
SELECT is((SELECT session_role FROM last_rows LIMIT 1), session_user::text, 'a call is one''s own again');
SELECT lives_ok($$ SELECT s2t_begin_remote('{login,login,NULL,NULL}') $$, 'address and application may be unknown');
SELECT ok(s2t_set_verified(:'an', false), 'and then');
SELECT results_eq('SELECT * FROM last_rows LIMIT 1',
  $$ VALUES ('s2t_set_verified', 'login', 'login', NULL::inet, NULL::text) $$, 'are not the router''s own either');

-- What is told.
SELECT lives_ok(format($$ CALL sp_complete_recording(%L, 1000, '[]') $$, :'r'), 'a completion');
SELECT lives_ok(format($$ CALL sp_complete_recording(%L, 1000, '[]') $$, :'r'), 'and once more');
SELECT lives_ok($$ DO $do$ BEGIN
    RAISE WARNING 'quite "so"' USING ERRCODE = '01S2T', DETAIL = E'two\nlines', HINT = 'a hint';
    RAISE INFO 'for you';
    RAISE DEBUG 'for nobody';
    RAISE LOG 'for the log';
  END $do$ $$, 'and a trigger of somebody''s');
SELECT is(s2t_end_remote(), jsonb_build_array(
  jsonb_build_object('level', 'NOTICE', 'sqlstate', '00000', 'message', format('recording %s is already completed with this content, nothing changed', :'r')),
  '{"level": "WARNING", "sqlstate": "01S2T", "message": "quite \"so\"", "detail": "two\nlines", "hint": "a hint"}'::jsonb,
  '{"level": "INFO", "sqlstate": "00000", "message": "for you"}'::jsonb), 'NOTICE, WARNING and INFO are collected in order');
SELECT is(current_setting('log_min_messages'), reset_val, 'the log''s threshold is as before') FROM pg_settings WHERE name = 'log_min_messages';

-- An error does not lose what was told before it, nor who is told.
SAVEPOINT before;
SELECT s2t_begin_remote('{login,worker,NULL,NULL}');
DO $do$ BEGIN RAISE NOTICE 'before'; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END $do$;
SELECT is(s2t_end_remote() -> 0 ->> 'message', 'before', 'an error that is caught loses nothing');

SELECT throws_ok($$ SELECT s2t_begin_remote('{login,worker}') $$, '22023', 'invalid caller', 'four parts');
SELECT throws_ok($$ SELECT s2t_begin_remote('{login,"",NULL,NULL}') $$, '22023', 'invalid caller', 'two roles');
SELECT throws_ok($$ SELECT s2t_begin_remote(NULL) $$, '22023', 'invalid caller', 'of somebody');

-- Code of the owner's that ends the call, and begins another, in the middle of a row.
CREATE FUNCTION pg_temp.other_caller() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
    PERFORM s2t_end_remote(), s2t_begin_remote('{other,other,2001:db8::1,other}');
    RETURN 'default';
  END $$;
ALTER TABLE audit_log ADD COLUMN note text;
ALTER TABLE audit_log ALTER COLUMN note SET DEFAULT pg_temp.other_caller();
SELECT s2t_begin_remote('{login,worker,10.1.2.3,shop}') \gset ignored_
SELECT s2t_set_verified(:'an', true) \gset ignored_
SELECT results_eq('SELECT * FROM last_rows LIMIT 1',
  $$ VALUES ('s2t_set_verified', 'login', 'worker', '10.1.2.3'::inet, 'shop') $$, 'a row has one caller');

SELECT finish();
ROLLBACK;
