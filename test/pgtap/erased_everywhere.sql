-- After s2t_delete_user nothing that was said about a person is anywhere: unmistakable strings are put into every column of text,
-- JSON and bytes that says something of it, in every table there is, and then looked for in all of them.
\ir include/begin.sql
SELECT no_plan();

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('FREE', 'Free', 30, 10), ('BIG', 'Big', 300, 100);
SELECT s2t_add_consumer('hooks', NULL) \g /dev/null
SELECT user_id AS an FROM s2t_register('an@unmistakable.example', 'unmistakable', 'hash', 'Unmistakable', 'FREE', 'unmistakable') \gset
SELECT s2t_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'FREE') AS binh \gset
SELECT recording_id AS done FROM s2t_create_recording(:'an', 'upload', in_meta => '{"title": "unmistakable"}', in_key => 'unmistakable') \gset
CALL sp_complete_recording(:'done', 1000, '[{"idx": 0, "start_ms": 0, "end_ms": 500, "text": "unmistakable", "speaker": "unmistakable"}, {"idx": 1, "start_ms": 500, "end_ms": 1000, "text": "unmistakable"}]');
SELECT recording_id AS failed FROM s2t_create_recording(:'an', 'live') \gset
CALL sp_fail_recording(:'failed', 'unmistakable');
SELECT recording_id AS running FROM s2t_create_recording(:'an', 'live', in_expected_ms => 1000) \gset
SELECT s2t_append_segments(:'running', '[{"idx": 0, "start_ms": 0, "end_ms": 500, "text": "unmistakable"}]') \g /dev/null
SELECT s2t_add_credit(:'an', 5, 10, NULL, 'unmistakable', 'unmistakable') \g /dev/null
SELECT s2t_adjust_usage(:'an', 1, 0, 'unmistakable') \g /dev/null
SELECT * FROM s2t_change_user_plan(:'an', 'BIG', true, in_key => 'unmistakable') \g /dev/null
SELECT s2t_set_status(:'an', 'unmistakable') \g /dev/null
SELECT s2t_update_profile(:'an', in_avatar_url => 'https://unmistakable.example') \g /dev/null
SET LOCAL application_name = 'unmistakable';
SELECT s2t_change_login(:'an', in_user_name => 'Unmistakable') \g /dev/null
RESET application_name;
-- An edit keeps what was before: where a version has edits.
SELECT CASE WHEN to_regproc('s2t_edit_segment') IS NOT NULL
            THEN format('SELECT s2t_edit_segment(%L, %L, 0, ''unmistakable too'')', :'an', :'done') ELSE 'SELECT 1' END AS edit \gset
:edit \g /dev/null

CREATE TEMPORARY TABLE searched AS
  SELECT c.oid::regclass AS tab, c.relname::text AS name,
         CASE WHEN c.relname = 'users' THEN 'id' ELSE (SELECT min(a.attname) FILTER (WHERE a.attname = 'user_id') FROM pg_attribute AS a WHERE a.attrelid = c.oid) END AS owner,
         EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'recording_id') AS of_recordings
    FROM pg_class AS c WHERE c.relkind IN ('r', 'p', 'm') AND c.relnamespace = (SELECT extnamespace FROM pg_extension WHERE extname = 's2t');
-- Where the person's rows are, and what they could say.
CREATE TEMPORARY TABLE planted (tab regclass, col text, refused text);
DO $$
DECLARE
  c record;
BEGIN
  FOR c IN SELECT s.*, a.attname, a.atttypid::regtype::text AS type
             FROM searched AS s JOIN pg_attribute AS a ON a.attrelid = s.tab AND a.attnum > 0 AND NOT a.attisdropped
            WHERE (s.owner IS NOT NULL OR s.of_recordings) AND a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'jsonb'::regtype, 'json'::regtype, 'bytea'::regtype, 'text[]'::regtype)
  LOOP
    BEGIN
      EXECUTE format('UPDATE %s AS t SET %I = %s WHERE %s', c.tab, c.attname,
        CASE c.type WHEN 'bytea' THEN '''unmistakable''::bytea' WHEN 'text[]' THEN '''{unmistakable}''::text[]'
                    WHEN 'jsonb' THEN 'CASE jsonb_typeof(' || c.attname || ') WHEN ''array'' THEN ''["unmistakable"]'' ELSE ''{"unmistakable": ["unmistakable"]}'' END::jsonb'
                    ELSE '''unmistakable ''' || CASE c.name WHEN 'users' THEN '' WHEN 'recordings' THEN ' || id' ELSE '' END END,
        CASE WHEN c.owner IS NOT NULL THEN c.owner || ' = (SELECT id FROM users WHERE lower(user_name) LIKE ''unmistakable%'')'
             ELSE 'recording_id IN (SELECT r.id FROM recordings AS r JOIN users AS u ON u.id = r.user_id WHERE lower(u.user_name) LIKE ''unmistakable%'')' END);
      INSERT INTO planted VALUES (c.tab, c.attname, NULL);
    EXCEPTION WHEN check_violation THEN
      INSERT INTO planted VALUES (c.tab, c.attname, SQLERRM);
    END;
  END LOOP;
END
$$;
CREATE FUNCTION pg_temp.found() RETURNS TABLE (tab text, said text) LANGUAGE plpgsql AS $$
DECLARE
  s record;
BEGIN
  FOR s IN SELECT * FROM searched LOOP
    RETURN QUERY EXECUTE format('SELECT %L::text, t::text FROM %s AS t WHERE t::text ~* ''unmistakable|756e6d697374616b61626c65''', s.name, s.tab);
  END LOOP;
END
$$;
SELECT set_eq($$SELECT tab::text, col FROM planted WHERE refused IS NOT NULL$$,
  $$VALUES ('recordings', 'status'), ('usage_cycles', 'reason'), ('audit_log', 'outcome'), ('usage_entries', 'kind'), ('segment_revisions', 'kind')$$, 'only words of a fixed list cannot say anything');
SELECT cmp_ok((SELECT count(*) FROM planted WHERE refused IS NULL), '>', 30::bigint, 'strings are planted');
SELECT set_eq('SELECT DISTINCT tab FROM pg_temp.found()',
  $$SELECT name FROM searched WHERE owner IS NOT NULL OR of_recordings$$, 'everywhere');
-- Names of plans, roles and routines stay where they are, and are of no person.
UPDATE audit_log SET session_role = 'role', effective_role = 'role', procedure_name = 'routine' WHERE user_id = :'an';
UPDATE usage_cycles SET plan_code = 'FREE' WHERE user_id = :'an';

SELECT ok(s2t_delete_user(:'an'), 'the person is erased');
SELECT is_empty('SELECT * FROM pg_temp.found()', 'and nothing of it is found anywhere');
SELECT cmp_ok((SELECT count(*) FROM audit_log WHERE user_id = :'an'), '>', 8::bigint, 'while the audit has its rows');
SELECT cmp_ok((SELECT count(*) FROM usage_entries WHERE user_id = :'an'), '>', 3::bigint, 'and the ledger its entries');

SELECT * FROM finish();
ROLLBACK;
