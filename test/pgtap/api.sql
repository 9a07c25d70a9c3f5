-- s2t_api: it has every routine that a profile gives, and what it says of them is so.
\ir include/begin.sql
SET LOCAL client_min_messages = error;
SELECT plan(18);

CREATE TEMPORARY TABLE api AS SELECT * FROM s2t_api;
CREATE TEMPORARY TABLE ours AS
  SELECT p.* FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid JOIN pg_proc AS p ON p.oid = d.objid
   WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 's2t';
-- The names of arguments and results, and the default of an argument as the catalog has it.
CREATE TEMPORARY TABLE parts AS
  SELECT o.proname::text AS name, o.prokind AS kind, o.oid, a.part, a.mode IN ('i', 'b') AS given, a.mode IN ('o', 'b', 't') AS result, a.n,
         format_type(a.type, NULL) AS type, pg_get_function_arg_default(o.oid, a.n::integer) AS preset
    FROM ours AS o, unnest(o.proargnames, coalesce(o.proallargtypes, o.proargtypes), coalesce(o.proargmodes, array_fill('i'::"char", ARRAY[o.pronargs::integer])))
                    WITH ORDINALITY AS a (part, type, mode, n);

SELECT is_empty($$SELECT r.object FROM s2t_rights() AS r JOIN ours AS o ON o.proname = r.object
                   WHERE r.privileges = 'EXECUTE' AND r.object NOT IN (SELECT w.name FROM s2t_wanted_api() AS w)$$, 'every routine that a profile gives has a row');
SELECT is_empty($$SELECT w.name FROM s2t_wanted_api() AS w WHERE w.name NOT IN (SELECT o.proname FROM ours AS o)$$, 'every row has a routine');
SELECT is_empty($$SELECT name FROM api GROUP BY name HAVING count(*) > 1$$, 'and only one');
SELECT is_empty($$SELECT name FROM api WHERE name IS NULL OR kind IS NULL OR profiles IS NULL OR arguments IS NULL OR nullable IS NULL OR errors IS NULL OR purpose IS NULL$$,
  'of each all is told');
SELECT bag_eq($$SELECT name FROM api WHERE results IS NULL$$,
  $$SELECT proname FROM ours WHERE proname IN (SELECT name FROM api) AND (prorettype = 'void'::regtype OR prokind = 'p' AND NOT coalesce('b' = ANY (proargmodes), false))$$,
  'there is a result of whatever returns something');
SELECT is((SELECT ROW (kind, profiles, arguments, results, nullable, errors)::text FROM api WHERE name = 's2t_retry_recording'),
  ROW ('function', '{admin,app}'::text[], 'in_recording_id uuid, in_expected_ms integer DEFAULT NULL::integer',
       '(recording_id uuid, quota_ok boolean, error_message text, reason text, remaining_recordings integer, remaining_seconds bigint)',
       '{in_expected_ms,recording_id,remaining_recordings,remaining_seconds}'::text[], '{22003,22023,55000,P0002}'::text[])::text, 'a row whole');
SELECT is((SELECT results FROM api WHERE name = 'sp_get_login'), 'SETOF (id uuid, password_hash text, status text, role text, verified boolean)', 'a set of rows');
SELECT is_empty($$SELECT name, errors FROM api WHERE errors <> (SELECT coalesce(array_agg(e ORDER BY e), '{}') FROM (SELECT DISTINCT x COLLATE "C" AS e FROM unnest(errors) AS x) AS e WHERE e ~ '^[0-9A-Z]{5}$')$$,
  'SQLSTATEs, in order');

-- What can be NULL.
SELECT is_empty($$SELECT a.name, x FROM api AS a, unnest(a.nullable) AS x
                   WHERE x <> 'result' AND NOT EXISTS (SELECT FROM parts AS p WHERE p.name = a.name AND p.part = x)$$, 'what can be null is an argument or a result');
SELECT is_empty($$SELECT a.name, p.part FROM api AS a JOIN parts AS p ON p.name = a.name WHERE p.preset ~ '^NULL::' AND p.part <> ALL (a.nullable)$$,
  'what is null by default may be');

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('API', 'Api', 10, 3), ('TINY', 'Tiny', 1, 1);
SELECT s2t_register_user('api@example.com', 'api', 'hash', NULL, 'API') AS u \gset
SELECT recording_id AS r FROM sp_check_quota_and_create_recording(:'u', 'upload') \gset
SELECT recording_id AS done FROM sp_check_quota_and_create_recording(:'u', 'upload') \gset
CALL sp_complete_recording(:'done', 1000, '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "x"}]');
SELECT set_config('tap.u', :'u', true), set_config('tap.r', :'r', true), set_config('tap.done', :'done', true) \g /dev/null

CREATE FUNCTION pg_temp.outcome(command text, OUT state text, OUT detail text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE command;
  RAISE EXCEPTION USING ERRCODE = 'TAP00';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  state := SQLSTATE;
END $$;
-- A value that an argument may have.
CREATE FUNCTION pg_temp.value_of(part text, type text) RETURNS text LANGUAGE sql AS $$
  SELECT format('%L::%s',
    CASE part WHEN 'in_user_id' THEN current_setting('tap.u') WHEN 'in_recording_id' THEN current_setting('tap.r')
              WHEN 'in_email' THEN 'else@example.com' WHEN 'in_default_plan_code' THEN 'API' WHEN 'in_new_plan_code' THEN 'TINY' WHEN 'in_at' THEN 'now'
              WHEN 'in_language' THEN 'vi' WHEN 'in_format' THEN 'txt' WHEN 'in_segments' THEN '[]' WHEN 'in_status' THEN 'done'
              ELSE CASE type WHEN 'integer' THEN '1' WHEN 'bigint' THEN '1' WHEN 'uuid' THEN current_setting('tap.done') WHEN 'boolean' THEN 'false'
                             WHEN 'jsonb' THEN '{}' WHEN 'interval' THEN '1 day' WHEN 'bytea' THEN 'x' WHEN 'uuid[]' THEN '{}' WHEN 'regrole' THEN 'postgres' ELSE 'x' END END, type)
$$;
-- Procedures that commit refuse to be called here; what is not called by an application needs no care about NULL.
CREATE TEMPORARY TABLE without AS
  SELECT a.name, p.part, format('%s%s(%s)', CASE p.kind WHEN 'p' THEN 'CALL ' ELSE 'SELECT * FROM ' END, p.oid::regproc,
           (SELECT string_agg(CASE WHEN q.part = p.part OR q.part = ANY (a.nullable) THEN 'NULL::' || q.type ELSE pg_temp.value_of(q.part, q.type) END, ', ' ORDER BY q.n)
              FROM parts AS q WHERE q.oid = p.oid AND q.given)) AS command
    FROM api AS a JOIN parts AS p ON p.name = a.name AND p.given
   WHERE a.profiles <> '{}' AND p.part <> ALL (a.nullable) AND NOT a.errors && '{2D000,25001}' AND NOT p.result;
SELECT cmp_ok((SELECT count(*) FROM without), '>', 60::bigint, 'there are arguments that must not be null');
SELECT is_empty($$SELECT w.name, w.part, o.* FROM without AS w, LATERAL pg_temp.outcome(w.command) AS o
                   WHERE o.state IS DISTINCT FROM '22023'$$, 'all others are refused as NULL');

-- Errors that are said to be raised, raised.
CREATE TEMPORARY TABLE provoked (name text, state text, call text);
INSERT INTO provoked
SELECT split_part(v.call, '(', 1), v.state, replace(replace(replace(v.call, '<u>', quote_literal(:'u')), '<r>', quote_literal(:'r')), '<d>', quote_literal(:'done'))
  FROM (VALUES
    ('22023', 's2t_register_user(''nobody'', ''x'', ''h'', NULL, ''API'')'),
    ('23505', 's2t_register_user(''API@example.com'', ''x'', ''h'', NULL, ''API'')'),
    ('P0002', 's2t_register_user(''x@example.com'', ''x'', ''h'', NULL, ''NONE'')'),
    ('22023', 'sp_register_user(''x@example.com'', '''', ''h'', NULL, ''API'')'),
    ('23505', 'sp_register_user(''x@example.com'', ''API'', ''h'', NULL, ''API'')'),
    ('P0002', 'sp_register_user(''x@example.com'', ''x'', ''h'', NULL, ''NONE'')'),
    ('22023', 's2t_register(''x@example.com'', ''x'', ''h'', NULL, ''API'', '' '')'),
    ('P0002', 's2t_set_password(gen_random_uuid(), ''h'')'),
    ('22023', 's2t_set_status(<u>, '''')'),
    ('P0002', 's2t_set_verified(gen_random_uuid(), true)'),
    ('P0002', 's2t_update_profile(gen_random_uuid(), ''x'')'),
    ('22023', 's2t_change_login(<u>, ''nobody'')'),
    ('22023', 'sp_change_user_plan(<u>, '''')'),
    ('22023', 's2t_change_user_plan(<u>, ''TINY'', false, ''later'')'),
    ('P0002', 's2t_cancel_plan_change(gen_random_uuid())'),
    ('22003', 's2t_add_credit(<u>, 0, 2147483647)'),
    ('22023', 's2t_add_credit(<u>)'),
    ('P0002', 's2t_add_credit(gen_random_uuid(), 1)'),
    ('P0002', 's2t_cancel_credit(<u>, gen_random_uuid())'),
    ('22003', 's2t_adjust_usage(<u>, -100, 0, ''x'')'),
    ('P0002', 's2t_adjust_usage(gen_random_uuid(), 1, 0, ''x'')'),
    ('22023', 'sp_check_quota_and_create_recording(<u>, ''upload'', ''no language'')'),
    ('22023', 's2t_create_recording(<u>, ''upload'', in_expected_ms => 0)'),
    ('55000', 's2t_retry_recording(<r>)'),
    ('P0002', 's2t_retry_recording(gen_random_uuid())'),
    ('22023', 'sp_complete_recording(<r>, 1000, ''[{}]'')'),
    ('55000', 'sp_complete_recording(<d>, 1000, ''[]'')'),
    ('P0002', 'sp_complete_recording(gen_random_uuid(), 1000, ''[]'')'),
    ('22023', 's2t_complete_recording(<r>, -1, ''[]'')'),
    ('55000', 's2t_complete_recording(<d>, 2000, ''[]'')'),
    ('P0002', 's2t_complete_recording(gen_random_uuid(), 1000, ''[]'')'),
    ('22023', 's2t_complete_recording_text(<r>, 1000, ''['')'),
    ('55000', 's2t_complete_recording_text(<d>, 1000, ''[]'')'),
    ('55000', 'sp_fail_recording(<d>, ''x'')'),
    ('22023', 's2t_fail_recording(<r>, '''')'),
    ('P0002', 's2t_fail_recording(gen_random_uuid(), ''x'')'),
    ('22023', 'sp_import_transcript(<r>, ''no JSON'')'),
    ('P0002', 'sp_import_transcript(gen_random_uuid(), ''{"text": "x", "segments": [{"start": 0, "end": 1, "text": "x"}]}'')'),
    ('22023', 's2t_parse_transcript(''{}'')'),
    ('22003', 's2t_parse_transcript(''{"text": "x", "segments": [{"start": 0, "end": 1e7, "text": "x"}]}'')'),
    ('22023', 'sp_export_transcript(<d>, ''docx'')'),
    ('55000', 'sp_export_transcript(<r>, ''txt'')'),
    ('P0002', 'sp_export_transcript(gen_random_uuid(), ''txt'')'),
    ('22023', 'sp_render_transcript(<d>, ''txt'', ''{"none": true}'')'),
    ('22023', 's2t_edit_segment(<u>, <d>, 0, in_speaker => '' '')'),
    ('P0002', 's2t_edit_segment(<u>, <d>, 9, ''x'')'),
    ('55000', 's2t_edit_segment(<u>, <d>, 0, ''x'', in_revision => 9)'),
    ('22023', 's2t_rename_speaker(<u>, <d>, ''A'', '''')'),
    ('55000', 's2t_rename_speaker(<u>, <r>, ''A'', ''B'')'),
    ('P0002', 's2t_split_segment(<u>, <d>, 9, 0, 1)'),
    ('22023', 's2t_merge_segments(<u>, <d>, 1, 0)'),
    ('55000', 's2t_undo(<u>, <d>)'),
    ('P0002', 's2t_undo(gen_random_uuid(), <d>)'),
    ('22023', 's2t_replace_segments(<u>, <d>, -1, ''[]'')'),
    ('P0002', 's2t_replace_segments(<u>, gen_random_uuid(), 1, ''[]'')'),
    ('22023', 's2t_replace_transcript(<u>, <d>, ''no JSON'')'),
    ('22023', 'sp_get_login('' '')'),
    ('22023', 'sp_list_usage(<u>, 0)'),
    ('22023', 'sp_list_recordings(<u>, 1001)'),
    ('22023', 'sp_get_segments(<u>, <d>, -1)'),
    ('22023', 'sp_get_chunks(<u>, <d>, 0)'),
    ('22023', 'sp_get_progress(<u>, NULL)'),
    ('22023', 'sp_search_segments(<u>, '' '')'),
    ('22023', 's2t_matches(''x'', '''')'),
    ('22023', 'sp_cleanup_old_recordings(-1)'),
    ('25001', 'sp_purge_old_recordings()'),
    ('2D000', 'sp_fail_stale_recordings()'),
    ('22023', 's2t_fail_stale_batch(''-1 day'', 1)'),
    ('2D000', 'sp_purge_usage_entries()'),
    ('22023', 's2t_purge_usage_batch(''1 day'', 0)'),
    ('2D000', 'sp_purge_audit_log()'),
    ('22023', 's2t_purge_audit_batch(''1 day'', 0)'),
    ('22023', 's2t_job_commands(in_retention_days => -1)'),
    ('22023', 's2t_grant(''postgres'', ''none'')'),
    ('42704', 's2t_grant(0::oid::regrole, ''app'')'),
    ('42704', 's2t_revoke(0::oid::regrole)'),
    ('42704', 's2t_set_owner(0::oid::regrole)')) AS v (state, call);
SELECT is_empty($$SELECT p.call, p.state, o.state AS got FROM provoked AS p JOIN api AS a USING (name),
    LATERAL pg_temp.outcome(CASE a.kind WHEN 'procedure' THEN 'CALL ' ELSE 'SELECT * FROM ' END || p.call) AS o WHERE o.state <> p.state$$, 'errors come as expected');
SELECT is_empty($$SELECT p.call, p.state FROM provoked AS p LEFT JOIN api AS a USING (name) WHERE NOT coalesce(p.state = ANY (a.errors), false)$$, 'and are told');

-- Profiles.
CREATE ROLE tap_one;
CREATE FUNCTION pg_temp.told_and_given(profile text) RETURNS TABLE (name text, told boolean, given boolean) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CALL s2t_grant(%L, %L)', 'tap_one', profile);
  RETURN QUERY SELECT a.name, profile = ANY (a.profiles), has_function_privilege('tap_one', o.oid, 'EXECUTE') FROM api AS a JOIN ours AS o ON o.proname = a.name;
  CALL s2t_revoke('tap_one');
END $$;
SELECT is_empty($$SELECT p.profile, t.name FROM (SELECT DISTINCT x AS profile FROM s2t_rights() AS r, unnest(r.profiles) AS x) AS p, pg_temp.told_and_given(p.profile) AS t
                   WHERE t.told <> t.given$$, 'each profile gives what is told, and nothing else');
SELECT is_empty($$SELECT x FROM (SELECT DISTINCT x FROM s2t_rights() AS r, unnest(r.profiles) AS x) AS p
                   WHERE x <> ALL (SELECT unnest(r.profiles) FROM s2t_rights() AS r WHERE r.object = 's2t_api')$$, 'every profile may read it');
CALL s2t_grant('tap_one', 'worker');
SET ROLE tap_one;
SELECT cmp_ok((SELECT count(*) FROM s2t_api), '>', 60::bigint, 'and a role of one does');
SELECT is((SELECT profiles FROM s2t_api WHERE name = 's2t_read_health'), '{admin,monitor}', 'what a view calls is told of those who may read the view');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
