-- Who may do what: for PUBLIC and each profile of s2t_grant(), every routine and every table of the extension, by the catalogs and
-- by trying. The expected lists name what the profiles are promised; what a version does not have is passed over, and what is on
-- no list is for the owner alone.
\ir include/begin.sql
SET LOCAL client_min_messages = error;
SELECT plan(75);

CREATE ROLE tap_nobody;
CREATE ROLE tap_app;
CREATE ROLE tap_readonly;
CREATE ROLE tap_monitor;
CREATE ROLE tap_worker;
CREATE ROLE tap_billing;
CREATE ROLE tap_consumer;
CREATE ROLE tap_admin;
CREATE ROLE "tap ""other""";

CREATE TEMPORARY TABLE ours AS
  SELECT p.oid, p.proname::text AS name, p.prorettype AS result, p.oid::regprocedure AS signature,
         format('%s%s(%s)', CASE p.prokind WHEN 'p' THEN 'CALL ' ELSE 'SELECT * FROM ' END, p.oid::regproc,
                (SELECT string_agg(format(CASE p.prokind WHEN 'p' THEN 'NULL::%s' ELSE '(SELECT NULL::%s)' END, format_type(a.type, NULL)), ', ' ORDER BY a.n) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, n))) AS call
    FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid JOIN pg_proc AS p ON p.oid = d.objid
   WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 's2t';
CREATE TEMPORARY TABLE our_tables AS
  SELECT c.oid, c.relname::text AS name, c.relkind FROM pg_class AS c
   WHERE c.relnamespace = (SELECT extnamespace FROM pg_extension WHERE extname = 's2t') AND c.relkind IN ('r', 'v')
     AND (c.relname = ANY ('{plans,users,user_profiles,user_subscriptions,recordings,segments,usage_cycles,audit_log,usage_entries,usage_credits,event_consumers,events,segment_revisions,slots}') OR c.relname LIKE 's2t\_%');
-- Autovacuum stays away: it would wait for the rights that are given here, and a trigger below for it.
SELECT format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', string_agg(oid::regclass::text, ', ')) FROM our_tables WHERE relkind = 'r' \gexec
CREATE TEMPORARY TABLE promised (role text, name text, privileges text);
INSERT INTO promised
SELECT p.role, n.name, 'EXECUTE' FROM (VALUES
  ('tap_app', '{s2t_edit_segment,s2t_rename_speaker,s2t_split_segment,s2t_merge_segments,s2t_undo,s2t_replace_segments,s2t_replace_transcript,sp_list_revisions,s2t_import_transcript,s2t_queue_recording,sp_register_user,s2t_register_user,sp_check_quota_and_create_recording,sp_complete_recording,sp_import_transcript,sp_import_transcript_bytes,sp_fail_recording,
                s2t_complete_recording,s2t_complete_recording_text,s2t_append_segments,s2t_fail_recording,sp_change_user_plan,s2t_register,s2t_create_recording,s2t_retry_recording,s2t_change_user_plan,s2t_cancel_plan_change,s2t_get_subscription,sp_list_usage,sp_list_credits,sp_get_login,s2t_set_password,s2t_set_verified,s2t_set_status,s2t_update_profile,s2t_change_login,s2t_export_user,s2t_delete_user,s2t_delete_recording,sp_get_user_stats,sp_get_subscription,sp_list_plans,sp_list_recordings,sp_get_recording,sp_get_segments,
                sp_get_progress,sp_get_chunks,sp_search_segments,sp_export_transcript,sp_render_transcript,s2t_parse_transcript,s2t_slot,s2t_version}'::text[]),
  ('tap_readonly', '{sp_list_revisions,s2t_get_subscription,sp_list_usage,sp_list_credits,sp_get_user_stats,sp_get_subscription,sp_list_plans,sp_list_recordings,sp_get_recording,sp_get_segments,sp_get_progress,sp_get_chunks,sp_search_segments,
                sp_export_transcript,sp_render_transcript,s2t_parse_transcript,s2t_slot,s2t_version}'),
  ('tap_worker', '{s2t_import_transcript,s2t_queue_recording,s2t_claim_recordings,s2t_extend_lease,s2t_release_recording,sp_complete_recording,s2t_complete_recording,s2t_complete_recording_text,s2t_append_segments,sp_fail_recording,s2t_fail_recording,sp_import_transcript,sp_import_transcript_bytes,
                s2t_parse_transcript,s2t_slot,s2t_version}'),
  ('tap_billing', '{s2t_add_credit,s2t_cancel_credit,s2t_adjust_usage,s2t_change_user_plan,s2t_cancel_plan_change,s2t_get_subscription,sp_list_usage,sp_list_credits}'),
  ('tap_consumer', '{s2t_add_consumer,s2t_drop_consumer,s2t_take_events,s2t_ack_events,s2t_release_events,s2t_revive_events,s2t_discard_events,s2t_event_types,s2t_slot,s2t_version}'),
  ('tap_monitor', '{s2t_metrics,s2t_version,s2t_doctor,s2t_examine}'),
  ('tap_admin', '{s2t_edit_segment,s2t_rename_speaker,s2t_split_segment,s2t_merge_segments,s2t_undo,s2t_replace_segments,s2t_replace_transcript,sp_list_revisions,s2t_import_transcript,s2t_queue_recording,s2t_claim_recordings,s2t_extend_lease,s2t_release_recording,sp_register_user,s2t_register_user,sp_check_quota_and_create_recording,sp_complete_recording,sp_import_transcript,sp_import_transcript_bytes,sp_fail_recording,
                s2t_complete_recording,s2t_complete_recording_text,s2t_append_segments,s2t_fail_recording,sp_change_user_plan,s2t_register,s2t_create_recording,s2t_retry_recording,s2t_change_user_plan,s2t_cancel_plan_change,s2t_get_subscription,sp_list_usage,sp_list_credits,s2t_add_credit,s2t_cancel_credit,s2t_adjust_usage,sp_purge_usage_entries,s2t_purge_usage_batch,sp_get_login,s2t_set_password,s2t_set_verified,s2t_set_status,s2t_update_profile,s2t_change_login,s2t_export_user,s2t_delete_user,s2t_delete_recording,sp_get_user_stats,sp_get_subscription,sp_list_plans,sp_list_recordings,sp_get_recording,sp_get_segments,
                sp_get_progress,sp_get_chunks,sp_search_segments,sp_export_transcript,sp_render_transcript,s2t_parse_transcript,s2t_slot,s2t_version,s2t_metrics,s2t_reset_metrics,s2t_doctor,s2t_examine,s2t_repair,
                sp_seed_plans,sp_reset_monthly_cycles,sp_cleanup_old_recordings,sp_purge_old_recordings,sp_fail_stale_recordings,s2t_fail_stale_batch,
                s2t_add_consumer,s2t_drop_consumer,s2t_take_events,s2t_ack_events,s2t_release_events,s2t_revive_events,s2t_discard_events,s2t_event_types,
                sp_purge_audit_log,s2t_purge_audit_batch,sp_schedule_jobs,sp_unschedule_jobs,s2t_job_commands,s2t_require_cron}')
  ) AS p (role, names), unnest(p.names) AS n (name);
INSERT INTO promised
SELECT r, v, 'SELECT' FROM unnest('{tap_monitor,tap_admin}'::text[]) AS r, unnest('{s2t_jobs,s2t_procedure_stats,s2t_procedure_histogram,s2t_procedure_buckets,
  s2t_procedure_errors,s2t_health,s2t_queue,s2t_job_ages,s2t_event_queues}'::text[]) AS v;
INSERT INTO promised
SELECT r, 's2t_api', 'SELECT' FROM unnest('{tap_app,tap_readonly,tap_worker,tap_billing,tap_consumer,tap_monitor,tap_admin}'::text[]) AS r;
INSERT INTO promised VALUES ('tap_consumer', 's2t_event_queues', 'SELECT'), ('tap_consumer', 's2t_dead_events', 'SELECT'), ('tap_admin', 's2t_dead_events', 'SELECT');
INSERT INTO promised VALUES
  ('tap_admin', 'plans', 'SELECT,INSERT,UPDATE'), ('tap_admin', 'users', 'SELECT,UPDATE'), ('tap_admin', 'recordings', 'SELECT,UPDATE,DELETE'),
  ('tap_admin', 'segments', 'SELECT,DELETE'), ('tap_admin', 'segment_revisions', 'SELECT,DELETE'), ('tap_admin', 'user_subscriptions', 'SELECT,UPDATE'), ('tap_admin', 'usage_cycles', 'SELECT,INSERT'),
  ('tap_admin', 'audit_log', 'SELECT,INSERT'), ('tap_admin', 'usage_entries', 'SELECT,INSERT'), ('tap_admin', 'usage_credits', 'SELECT,INSERT,UPDATE'),
  ('tap_admin', 'event_consumers', 'SELECT'), ('tap_admin', 'slots', 'SELECT'), ('tap_admin', 'events', 'SELECT,INSERT');
-- What the views call, they call with the rights of whoever reads them.
INSERT INTO promised
SELECT p.role, o.name, 'EXECUTE' FROM promised AS p JOIN our_tables AS t ON t.name = p.name AND t.relkind = 'v' JOIN pg_rewrite AS w ON w.ev_class = t.oid
  JOIN pg_depend AS d ON d.objid = w.oid AND d.refclassid = 'pg_proc'::regclass JOIN ours AS o ON o.oid = d.refobjid;
GRANT SELECT ON ours, our_tables, promised TO PUBLIC;

-- The SQLSTATE of a statement run as a role; TAP00 if it works. Nothing of it stays.
CREATE FUNCTION pg_temp.state_as(role text, command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('role', role, true);
  EXECUTE command;
  RAISE EXCEPTION USING ERRCODE = 'TAP00';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END $$;
CREATE FUNCTION pg_temp.message_as(role text, command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('role', role, true);
  EXECUTE command;
  RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END $$;

SELECT cmp_ok(count(*), '>=', 30::bigint, 'there are routines to look at') FROM ours;
SELECT cmp_ok(count(*), '>=', 9::bigint, 'and tables') FROM our_tables;

-- Before any grant: nobody but the owner has anything.
SELECT is_empty(format('SELECT signature FROM ours WHERE has_function_privilege(%L, oid, ''EXECUTE'')', r), r || ' may execute nothing at first')
  FROM unnest('{tap_nobody,tap_app,tap_readonly,tap_worker,tap_billing,tap_consumer,tap_monitor,tap_admin}'::text[]) AS r;
SELECT is_empty($$SELECT t.name FROM our_tables AS t, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p
  WHERE has_table_privilege('tap_nobody', t.oid, p)$$, 'and no table');
SELECT is_empty($$SELECT o.signature FROM ours AS o JOIN pg_proc AS p ON p.oid = o.oid
  WHERE p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) AS a WHERE a.grantee = 0)$$, 'PUBLIC is on no access list');

-- Counted over whatever the extension is made of, and not by a list.
SELECT is((SELECT count(*) FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
            WHERE e.extname = 's2t' AND CASE d.classid WHEN 'pg_proc'::regclass THEN has_function_privilege('tap_nobody', d.objid, 'EXECUTE')
                                                       WHEN 'pg_class'::regclass THEN has_table_privilege('tap_nobody', d.objid, 'SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER') END),
          0::bigint, 'a role without rights may execute and read nothing');

CALL s2t_grant('tap_app', 'app');
CALL s2t_grant('tap_readonly', 'readonly');
CALL s2t_grant('tap_monitor', 'monitor');
CALL s2t_grant('tap_worker', 'worker');
CALL s2t_grant('tap_billing', 'billing');
CALL s2t_grant('tap_consumer', 'consumer');
CALL s2t_grant('tap_admin', 'admin');

-- By the catalogs.
SELECT bag_eq(
  format('SELECT DISTINCT name FROM ours WHERE has_function_privilege(%L, oid, ''EXECUTE'')', r),
  format('SELECT DISTINCT p.name FROM promised AS p JOIN ours AS o USING (name) WHERE p.role = %L AND p.privileges = ''EXECUTE''', r),
  r || ' may execute what it is promised, and nothing else')
  FROM unnest('{tap_nobody,tap_app,tap_readonly,tap_worker,tap_billing,tap_consumer,tap_monitor,tap_admin}'::text[]) AS r;
SELECT bag_eq(
  format('SELECT t.name, p FROM our_tables AS t, unnest(''{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}''::text[]) AS p WHERE has_table_privilege(%L, t.oid, p)', r),
  format('SELECT p.name, x FROM promised AS p JOIN our_tables AS t USING (name), unnest(string_to_array(p.privileges, '','')) AS x WHERE p.role = %L', r),
  r || ' has the tables it is promised, and nothing else')
  FROM unnest('{tap_nobody,tap_app,tap_readonly,tap_worker,tap_billing,tap_consumer,tap_monitor,tap_admin}'::text[]) AS r;
SELECT is_empty($$SELECT name, r FROM ours, unnest('{tap_app,tap_readonly,tap_worker,tap_billing,tap_consumer,tap_monitor,tap_admin}'::text[]) AS r
  WHERE has_function_privilege(r, oid, 'EXECUTE WITH GRANT OPTION')$$, 'nobody passes anything on');

-- By trying: each routine, with NULL for every argument. Denied is 42501 with the routine's name; allowed is anything else (a call
-- with NULLs is an error of its own most of the time).
SELECT is_empty(format($$
  SELECT o.signature, o.call, s.state, allowed FROM ours AS o,
         LATERAL (SELECT EXISTS (SELECT FROM promised AS p WHERE p.role = %1$L AND p.name = o.name AND p.privileges = 'EXECUTE') AS allowed) AS a,
         LATERAL (SELECT pg_temp.state_as(%1$L, o.call) AS state) AS s
   WHERE o.result NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND (s.state = '42501') <> NOT allowed$$, r), r || ': every call is allowed or 42501, as promised')
  FROM unnest('{tap_nobody,tap_app,tap_readonly,tap_worker,tap_billing,tap_consumer,tap_monitor,tap_admin}'::text[]) AS r;
SELECT is_empty(format($$
  SELECT t.name, x.privilege, s.state FROM our_tables AS t,
         LATERAL (VALUES ('SELECT', format('SELECT * FROM %%s LIMIT 0', t.oid::regclass)), ('INSERT', format('INSERT INTO %%s DEFAULT VALUES', t.oid::regclass)),
                         ('UPDATE', format('UPDATE %%s SET (%%s) = ROW (NULL)', t.oid::regclass, (SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = t.oid AND attnum = 1))),
                         ('DELETE', format('DELETE FROM %%s', t.oid::regclass)), ('TRUNCATE', format('TRUNCATE %%s', t.oid::regclass)),
                         ('TRIGGER', format('CREATE TRIGGER x BEFORE INSERT ON %%s EXECUTE FUNCTION suppress_redundant_updates_trigger()', t.oid::regclass))) AS x (privilege, command),
         LATERAL (SELECT EXISTS (SELECT FROM promised AS p WHERE p.role = %1$L AND p.name = t.name AND x.privilege = ANY (string_to_array(p.privileges, ','))) AS allowed) AS a,
         LATERAL (SELECT pg_temp.state_as(%1$L, x.command) AS state) AS s
   WHERE t.relkind = 'r' AND (s.state = '42501') <> NOT allowed$$, r), r || ': every statement on a table is allowed or 42501, as promised')
  FROM unnest('{tap_nobody,tap_app,tap_readonly,tap_worker,tap_billing,tap_consumer,tap_monitor,tap_admin}'::text[]) AS r;
SELECT is_empty(format($$SELECT t.name, s.state FROM our_tables AS t, LATERAL (SELECT pg_temp.state_as(%1$L, 'SELECT * FROM ' || t.oid::regclass) AS state) AS s
  WHERE t.relkind = 'v' AND (s.state = '42501') <> NOT EXISTS (SELECT FROM promised AS p WHERE p.role = %1$L AND p.name = t.name)$$, r), r || ': and so is every view')
  FROM unnest('{tap_nobody,tap_app,tap_readonly,tap_worker,tap_billing,tap_consumer,tap_monitor,tap_admin}'::text[]) AS r;

-- With app alone a service works; with admin the scheduled procedures do.
INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('TAP', 'Tap', 100, 10);
SET ROLE tap_app;
SELECT lives_ok($$CALL sp_register_user('rights@example.com', 'rights', 'hash', 'R', 'TAP')$$, 'app registers');
SELECT throws_ok($$SELECT FROM users$$, '42501', NULL, 'without reading the table');
SELECT set_config('tap.user', s2t_register_user('rights2@example.com', 'rights2', 'hash', 'R', 'TAP')::text, true) AS user \gset
SELECT set_config('tap.recording', recording_id::text, true) AS recording FROM sp_check_quota_and_create_recording(current_setting('tap.user')::uuid, 'upload') \gset
SELECT lives_ok($$CALL sp_complete_recording(current_setting('tap.recording')::uuid, 1000, '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "one"}]')$$, 'completes');
SELECT results_eq($$SELECT total_recordings, total_segments FROM sp_get_user_stats(current_setting('tap.user')::uuid)$$, $$VALUES (1::bigint, 1::bigint)$$, 'and reads figures');
RESET ROLE;
UPDATE user_subscriptions SET cycle_start = cycle_start - interval '2 months', cycle_end = cycle_end - interval '2 months' WHERE user_id = current_setting('tap.user')::uuid;
UPDATE recordings SET created_at = now() - interval '1 year' WHERE id = current_setting('tap.recording')::uuid;
SET ROLE tap_admin;
SELECT lives_ok('CALL sp_reset_monthly_cycles()', 'admin resets cycles');
SELECT results_eq('SELECT * FROM sp_cleanup_old_recordings()', 'VALUES (1, 1)', 'cleans up');
SELECT lives_ok('CALL sp_seed_plans()', 'and seeds plans');
SELECT is((SELECT count(*) FROM usage_cycles WHERE user_id = current_setting('tap.user')::uuid), 1::bigint, 'the cycle was closed');
RESET ROLE;

-- Who may grant, what, and to whom.
SELECT throws_ok($$CALL s2t_grant('tap_app', 'owner')$$, '22023', 'unknown profile', 'no such profile');
SELECT throws_ok($$CALL s2t_grant('tap_app', NULL)$$, '22023', 'unknown profile', 'no profile');
SELECT throws_ok($$CALL s2t_revoke('tap_app', 'owner')$$, '22023', 'unknown profile', 'nor to revoke');
SELECT throws_ok($$CALL s2t_grant(0::regrole, 'app')$$, '42704', 'role does not exist', 'no such role');
SELECT throws_ok($$CALL s2t_grant(NULL, 'app')$$, '42704', 'role does not exist', 'no role');
SELECT is(pg_temp.state_as('tap_admin', $$CALL s2t_grant('tap_nobody', 'readonly')$$), '42501', 'an administrator may not grant');
GRANT EXECUTE ON PROCEDURE s2t_grant(regrole, text), s2t_revoke(regrole, text) TO tap_admin;
GRANT EXECUTE ON FUNCTION s2t_check_grant(regrole, text) TO tap_admin;
SELECT is(pg_temp.message_as('tap_admin', $$CALL s2t_grant('tap_nobody', 'readonly')$$), 'must be owner of extension s2t', 'not even with EXECUTE');
SELECT is(pg_temp.message_as('tap_admin', $$CALL s2t_revoke('tap_app')$$), 'must be owner of extension s2t', 'nor revoke');

-- A function that is not ours is not granted, whatever its name.
CREATE FUNCTION sp_register_user(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
REVOKE ALL ON FUNCTION sp_register_user(integer) FROM PUBLIC;
SELECT lives_ok($$CALL s2t_grant('"tap ""other"""', 'app')$$, 'a role with any name');
SELECT ok(has_function_privilege('tap "other"', 'sp_register_user(text,text,text,text,text)', 'EXECUTE'), 'has our function');
SELECT ok(NOT has_function_privilege('tap "other"', 'sp_register_user(integer)', 'EXECUTE'), 'and not another of the same name');
DROP FUNCTION sp_register_user(integer);

-- Taking back.
CALL s2t_grant('tap_app', 'monitor');
CALL s2t_revoke('tap_app', 'monitor');
SELECT bag_eq(
  $$SELECT DISTINCT name FROM ours WHERE has_function_privilege('tap_app', oid, 'EXECUTE')$$,
  $$SELECT DISTINCT p.name FROM promised AS p JOIN ours AS o USING (name) WHERE p.role = 'tap_app' AND p.name NOT IN ('s2t_version', 's2t_read_api')$$,
  'revoking a profile takes its rights, also those that are in both');
REVOKE ALL ON FUNCTION s2t_check_grant(regrole, text) FROM tap_admin;
REVOKE ALL ON PROCEDURE s2t_grant(regrole, text), s2t_revoke(regrole, text) FROM tap_admin;
CALL s2t_revoke('tap_app'); CALL s2t_revoke('tap_readonly'); CALL s2t_revoke('tap_monitor'); CALL s2t_revoke('tap_worker'); CALL s2t_revoke('tap_billing'); CALL s2t_revoke('tap_admin'); CALL s2t_revoke('"tap ""other"""');
SELECT lives_ok('DROP ROLE tap_app, tap_readonly, tap_worker, tap_billing, tap_monitor, tap_admin, "tap ""other"""', 'nothing is left of what was granted');

SELECT * FROM finish();
ROLLBACK;
