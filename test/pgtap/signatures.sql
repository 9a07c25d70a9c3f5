-- The routines of version 1.0.0 exactly as docs/reference.md has them; comments and rights of all there are.
\ir include/begin.sql
SELECT plan(21);

-- What \df shows, from the catalogs: kind, name, arguments with modes and defaults, result.
CREATE TEMPORARY VIEW all_signatures AS
  SELECT p.proname, CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END || ' ' || p.proname || '(' || pg_get_function_arguments(p.oid) || ')' AS signature,
         pg_get_function_result(p.oid) AS result, l.lanname::text AS language, p.prosecdef AS definer,
         CASE p.prokind WHEN 'p' THEN '' ELSE p.provolatile::text END AS volatility, p.proisstrict AS strict, p.proretset AS set, p.oid, p.proacl, p.proowner
  FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
       JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
       JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 's2t';
CREATE TEMPORARY VIEW signatures AS SELECT * FROM all_signatures WHERE proname IN (
    's2t_count_recordings', 's2t_count_segments', 's2t_count_subscription', 's2t_install', 's2t_register_user', 's2t_slot', 's2t_version',
    'sp_change_user_plan', 'sp_check_quota_and_create_recording', 'sp_cleanup_old_recordings', 'sp_complete_recording', 'sp_fail_recording',
    'sp_get_user_stats', 'sp_purge_old_recordings', 'sp_register_user', 'sp_reset_monthly_cycles', 'sp_seed_plans');

SELECT bag_eq('SELECT signature, result FROM signatures', $$VALUES
  ('PROCEDURE sp_register_user(IN in_email text, IN in_user_name text, IN in_hashed_pass text, IN in_name text, IN in_default_plan_code text)', NULL),
  ('FUNCTION s2t_register_user(in_email text, in_user_name text, in_hashed_pass text, in_name text, in_default_plan_code text)', 'uuid'),
  ('FUNCTION sp_check_quota_and_create_recording(in_user_id uuid, in_source text, in_language text DEFAULT ''vi''::text, in_meta jsonb DEFAULT ''{}''::jsonb, OUT recording_id uuid, OUT quota_ok boolean, OUT error_message text)', 'record'),
  ('PROCEDURE sp_complete_recording(IN in_recording_id uuid, IN in_duration_ms integer, IN in_segments jsonb)', NULL),
  ('PROCEDURE sp_fail_recording(IN in_recording_id uuid, IN in_reason text)', NULL),
  ('PROCEDURE sp_reset_monthly_cycles()', NULL),
  ('FUNCTION sp_get_user_stats(in_user_id uuid, OUT total_recordings bigint, OUT total_duration_minutes numeric, OUT total_segments bigint, OUT current_cycle_usage integer, OUT current_cycle_seconds integer, OUT quota_usage_percent numeric, OUT quota_minutes_percent numeric)', 'record'),
  ('PROCEDURE sp_change_user_plan(IN in_user_id uuid, IN in_new_plan_code text, IN in_prorate boolean DEFAULT false, INOUT success boolean DEFAULT NULL::boolean, INOUT message text DEFAULT NULL::text)', NULL),
  ('FUNCTION sp_cleanup_old_recordings(in_retention_days integer DEFAULT 90, in_batch_size integer DEFAULT 1000, OUT deleted_recordings integer, OUT deleted_segments integer)', 'record'),
  ('PROCEDURE sp_purge_old_recordings(IN in_retention_days integer DEFAULT 90, IN in_batch_size integer DEFAULT 1000, INOUT deleted_recordings bigint DEFAULT 0, INOUT deleted_segments bigint DEFAULT 0)', NULL),
  ('PROCEDURE sp_seed_plans()', NULL),
  ('FUNCTION s2t_slot(uuid)', 'integer'),
  ('FUNCTION s2t_version()', 'text'),
  ('FUNCTION s2t_install()', 'TABLE(object text, action text)'),
  ('FUNCTION s2t_count_recordings()', 'trigger'),
  ('FUNCTION s2t_count_segments()', 'trigger'),
  ('FUNCTION s2t_count_subscription()', 'trigger')$$,
  'names, argument names, modes, defaults, result columns and types');

SELECT bag_eq($$SELECT split_part(signature, '(', 1) FROM signatures WHERE language = 'c'$$, $$VALUES
  ('PROCEDURE sp_register_user'), ('FUNCTION s2t_register_user'), ('FUNCTION sp_check_quota_and_create_recording'), ('PROCEDURE sp_complete_recording'),
  ('PROCEDURE sp_fail_recording'), ('PROCEDURE sp_reset_monthly_cycles'), ('FUNCTION sp_get_user_stats'), ('PROCEDURE sp_change_user_plan'),
  ('FUNCTION sp_cleanup_old_recordings'), ('PROCEDURE sp_purge_old_recordings'), ('FUNCTION s2t_slot'), ('FUNCTION s2t_version')$$, 'native code');
SELECT bag_eq($$SELECT split_part(signature, '(', 1) FROM signatures WHERE definer$$, $$VALUES
  ('PROCEDURE sp_register_user'), ('FUNCTION s2t_register_user'), ('FUNCTION sp_check_quota_and_create_recording'), ('PROCEDURE sp_complete_recording'),
  ('PROCEDURE sp_fail_recording'), ('FUNCTION sp_get_user_stats'), ('PROCEDURE sp_change_user_plan'), ('FUNCTION sp_cleanup_old_recordings'),
  ('FUNCTION s2t_count_recordings'), ('FUNCTION s2t_count_segments'), ('FUNCTION s2t_count_subscription'), ('FUNCTION s2t_install')$$, 'SECURITY DEFINER');
SELECT bag_eq($$SELECT split_part(signature, '(', 1), volatility FROM signatures WHERE volatility IN ('s', 'i')$$, $$VALUES
  ('FUNCTION sp_get_user_stats', 's'), ('FUNCTION s2t_slot', 'i'), ('FUNCTION s2t_version', 'i')$$, 'stable and immutable');
SELECT bag_eq($$SELECT split_part(signature, '(', 1) FROM signatures WHERE strict$$, $$VALUES ('FUNCTION s2t_slot')$$, 'strict');
SELECT bag_eq($$SELECT split_part(signature, '(', 1) FROM signatures WHERE set$$, $$VALUES ('FUNCTION s2t_install')$$, 'set-returning: the others give one row');

-- What a client sees of a result, column by column: nothing else, in this order.
CREATE FUNCTION pg_temp.result_of(f regproc) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(name || ' ' || upper(format_type(type, NULL)), ', ' ORDER BY n)
  FROM pg_proc, unnest(proargnames, proargmodes, proallargtypes) WITH ORDINALITY AS a (name, mode, type, n)
  WHERE oid = f AND mode IN ('o', 'b', 't')
$$;
SELECT is(pg_temp.result_of('sp_check_quota_and_create_recording'), 'recording_id UUID, quota_ok BOOLEAN, error_message TEXT', 'result of sp_check_quota_and_create_recording');
SELECT is(pg_temp.result_of('sp_get_user_stats'), 'total_recordings BIGINT, total_duration_minutes NUMERIC, total_segments BIGINT, current_cycle_usage INTEGER, current_cycle_seconds INTEGER, quota_usage_percent NUMERIC, quota_minutes_percent NUMERIC', 'result of sp_get_user_stats');
SELECT is(pg_temp.result_of('sp_cleanup_old_recordings'), 'deleted_recordings INTEGER, deleted_segments INTEGER', 'result of sp_cleanup_old_recordings');
SELECT is(pg_temp.result_of('sp_change_user_plan'), 'success BOOLEAN, message TEXT', 'result of sp_change_user_plan');
SELECT is(pg_temp.result_of('sp_purge_old_recordings'), 'deleted_recordings BIGINT, deleted_segments BIGINT', 'result of sp_purge_old_recordings');

-- Comments, rights, versions.
SELECT is_empty($$
  SELECT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend AS d JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
  WHERE e.extname = 's2t' AND d.deptype = 'e' AND d.classid <> 'pg_type'::regclass AND coalesce(obj_description(d.objid, d.classid::regclass::name), '') = ''$$,
  'every object of the extension has a comment');
SELECT is_empty($$
  SELECT c.relname, a.attname FROM pg_class AS c LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.oid IN ('plans'::regclass, 'users'::regclass, 'recordings'::regclass, 'user_profiles'::regclass, 'user_subscriptions'::regclass, 'segments'::regclass, 'usage_cycles'::regclass)
    AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)$$, 'every table and every column has a comment');
SELECT is_empty($$SELECT signature FROM all_signatures CROSS JOIN LATERAL aclexplode(coalesce(proacl, acldefault('f', proowner))) AS a WHERE a.grantee = 0$$,
  'PUBLIC may execute nothing');
SELECT is_empty($$
  SELECT c.relname FROM pg_class AS c CROSS JOIN LATERAL aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a
  WHERE a.grantee = 0 AND c.relkind = 'r' AND c.relnamespace = (SELECT extnamespace FROM pg_extension WHERE extname = 's2t')$$, 'PUBLIC may touch no table');
SELECT is(s2t_version(), (SELECT extversion FROM pg_extension WHERE extname = 's2t'), 'the library is of the version that is installed');
SELECT is(s2t_version(), (SELECT default_version FROM pg_available_extensions WHERE name = 's2t'), 'which is the default version');
SELECT ok(NOT extrelocatable, 'not relocatable') FROM pg_extension WHERE extname = 's2t';
SELECT bag_eq($$SELECT name, setting, vartype, context FROM pg_settings WHERE name IN ('s2t.timezone', 's2t.lazy_rollover')$$, $$VALUES
  ('s2t.timezone', 'UTC', 'string', 'superuser'), ('s2t.lazy_rollover', 'on', 'bool', 'superuser')$$, 'the settings and their defaults');
SELECT is_empty($$SELECT name FROM pg_settings WHERE name LIKE 's2t.%' AND coalesce(short_desc, '') = ''$$, 'every setting says what it is for');
SELECT CASE WHEN current_setting('server_version_num')::int >= 150000
            THEN throws_ok($$SET s2t.nonsense = 1$$, '42602', NULL, 'there are no other settings')
            ELSE skip('PostgreSQL 14 reserves no prefixes of settings', 1) END;

SELECT * FROM finish();
ROLLBACK;
