-- Tables, columns, defaults, keys, checks, indexes, as docs/reference.md has them.
\ir include/begin.sql
SELECT plan(67);

-- The columns of a table: name, type, whether required, default; the default of an id is checked on its own.
CREATE FUNCTION pg_temp.columns_of(tab regclass)
RETURNS TABLE (col text, type text, required boolean, preset text) LANGUAGE sql AS $$
  SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
         CASE WHEN a.attname = 'id' AND d.adbin IS NOT NULL THEN 'id' ELSE pg_get_expr(d.adbin, d.adrelid) END
  FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = tab AND a.attnum > 0 AND NOT a.attisdropped
$$;

SELECT has_table(t) FROM unnest(ARRAY['plans', 'users', 'recordings', 'user_profiles', 'user_subscriptions', 'segments', 'usage_cycles']) AS t;

SELECT set_has($$SELECT * FROM pg_temp.columns_of('plans')$$, $$VALUES
  ('id', 'uuid', true, 'id'),
  ('code', 'text', true, NULL),
  ('name', 'text', true, NULL),
  ('description', 'text', false, NULL),
  ('plan_type', 'text', true, '''free''::text'),
  ('plan_cost', 'integer', true, '0'),
  ('plan_discount', 'integer', true, '0'),
  ('monthly_minutes', 'integer', false, NULL),
  ('monthly_usage_limit', 'integer', false, NULL),
  ('retention_days', 'integer', false, NULL),
  ('is_active', 'boolean', true, 'true'),
  ('is_default', 'boolean', true, 'false'),
  ('created_at', 'timestamp with time zone', true, 'now()')$$::text,
  'the columns of plans; the meter''s beside them');

SELECT set_has($$SELECT * FROM pg_temp.columns_of('users')$$, $$VALUES
  ('id', 'uuid', true, 'id'),
  ('email', 'text', true, NULL),
  ('password_hash', 'text', true, NULL),
  ('user_name', 'text', true, NULL),
  ('verified', 'boolean', true, 'false'),
  ('role', 'text', true, '''user''::text'),
  ('status', 'text', true, '''active''::text'),
  ('created_at', 'timestamp with time zone', true, 'now()')$$::text,
  'the columns of users');

SELECT set_has($$SELECT * FROM pg_temp.columns_of('recordings')$$, $$VALUES
  ('id', 'uuid', true, 'id'),
  ('user_id', 'uuid', true, NULL),
  ('source', 'text', true, NULL),
  ('language', 'text', true, '''vi''::text'),
  ('status', 'text', true, '''processing''::text'),
  ('duration_ms', 'integer', true, '0'),
  ('created_at', 'timestamp with time zone', true, 'now()'),
  ('completed_at', 'timestamp with time zone', false, NULL),
  ('meta', 'jsonb', true, '''{}''::jsonb'),
  ('error', 'text', false, NULL),
  ('segment_count', 'integer', true, '0'),
  ('fingerprint', 'bytea', false, NULL)$$::text,
  'the columns of recordings; the meter''s beside them');

SELECT bag_eq($$SELECT * FROM pg_temp.columns_of('user_profiles')$$, $$VALUES
  ('user_id', 'uuid', true, NULL),
  ('name', 'text', false, NULL),
  ('avatar_url', 'text', false, NULL)$$::text,
  'the columns of user_profiles');

SELECT set_has($$SELECT * FROM pg_temp.columns_of('user_subscriptions')$$, $$VALUES
  ('user_id', 'uuid', true, NULL),
  ('plan_id', 'uuid', true, NULL),
  ('cycle_start', 'timestamp with time zone', true, NULL),
  ('cycle_end', 'timestamp with time zone', true, NULL),
  ('usage_count', 'integer', true, '0'),
  ('used_seconds', 'integer', true, '0'),
  ('total_recordings', 'bigint', true, '0'),
  ('total_duration_ms', 'bigint', true, '0'),
  ('total_segments', 'bigint', true, '0')$$::text,
  'the columns of user_subscriptions; the meter''s beside them');

SELECT bag_eq($$SELECT * FROM pg_temp.columns_of('segments')$$, $$VALUES
  ('recording_id', 'uuid', true, NULL),
  ('idx', 'integer', true, NULL),
  ('start_ms', 'integer', true, NULL),
  ('end_ms', 'integer', true, NULL),
  ('text', 'text', true, NULL),
  ('meta', 'jsonb', false, NULL)$$::text,
  'the columns of segments');

SELECT set_has($$SELECT * FROM pg_temp.columns_of('usage_cycles')$$, $$VALUES
  ('id', 'uuid', true, 'id'),
  ('user_id', 'uuid', true, NULL),
  ('plan_code', 'text', false, NULL),
  ('monthly_minutes', 'integer', false, NULL),
  ('monthly_usage_limit', 'integer', false, NULL),
  ('cycle_start', 'timestamp with time zone', true, NULL),
  ('cycle_end', 'timestamp with time zone', true, NULL),
  ('usage_count', 'integer', true, NULL),
  ('used_seconds', 'integer', true, NULL),
  ('closed_at', 'timestamp with time zone', true, 'now()'),
  ('reason', 'text', true, NULL)$$::text,
  'the columns of usage_cycles; the meter''s beside them');

-- Keys.
SELECT col_is_pk('plans', 'id');
SELECT col_is_pk('users', 'id');
SELECT col_is_pk('recordings', 'id');
SELECT col_is_pk('user_profiles', 'user_id');
SELECT col_is_pk('user_subscriptions', 'user_id');
SELECT col_is_pk('segments', ARRAY['recording_id', 'idx']);
SELECT col_is_pk('usage_cycles', 'id');
SELECT col_is_unique('plans', 'code');
SELECT col_is_unique('users', 'email');
SELECT col_is_unique('users', 'user_name');
SELECT bag_eq($$
  SELECT c.conrelid::regclass::text, c.conname::text, pg_get_constraintdef(c.oid) FROM pg_constraint AS c
  WHERE c.contype = 'f' AND c.connamespace = (SELECT extnamespace FROM pg_extension WHERE extname = 's2t')$$, $$VALUES
  ('recordings', 'recordings_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE'),
  ('user_profiles', 'user_profiles_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE'),
  ('user_subscriptions', 'user_subscriptions_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE'),
  ('user_subscriptions', 'user_subscriptions_plan_id_fkey', 'FOREIGN KEY (plan_id) REFERENCES plans(id)'),
  ('usage_credits', 'usage_credits_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE'),
  ('segment_revisions', 'segment_revisions_recording_id_fkey', 'FOREIGN KEY (recording_id) REFERENCES recordings(id) ON DELETE CASCADE'),
  ('segments', 'segments_recording_id_fkey', 'FOREIGN KEY (recording_id) REFERENCES recordings(id) ON DELETE CASCADE')$$,
  'the foreign keys; none from usage_cycles and usage_entries, which outlive the account');
SELECT ok((SELECT oid FROM pg_constraint WHERE conname = 'recordings_user_id_fkey')
          < (SELECT oid FROM pg_constraint WHERE conname = 'user_subscriptions_user_id_fkey'),
          'deleting a user reaches recordings before subscriptions');

-- Checks: a value just outside is refused, the one just inside is not.
INSERT INTO plans (id, code, name, monthly_minutes, monthly_usage_limit, retention_days) VALUES
  ('018f3c2a-7b00-7000-8000-000000000001', 'P', 'P', 0, 0, 0);
INSERT INTO users (id, email, password_hash, user_name) VALUES ('018f3c2a-7b00-7000-8000-000000000002', 'a@b.c', 'h', 'a');
INSERT INTO user_subscriptions (user_id, plan_id, cycle_start, cycle_end) VALUES
  ('018f3c2a-7b00-7000-8000-000000000002', '018f3c2a-7b00-7000-8000-000000000001', '2026-01-01', '2026-02-01');
INSERT INTO recordings (id, user_id, source) VALUES ('018f3c2a-7b00-7000-8000-000000000003', '018f3c2a-7b00-7000-8000-000000000002', 's');
SELECT throws_ok('UPDATE plans SET ' || c || ' = -1', '23514', NULL, 'plans.' || c || ' is at least 0')
  FROM unnest(ARRAY['plan_cost', 'plan_discount', 'monthly_minutes', 'monthly_usage_limit', 'retention_days']) AS c;
SELECT throws_ok('UPDATE user_subscriptions SET ' || c || ' = -1', '23514', NULL, 'user_subscriptions.' || c || ' is at least 0')
  FROM unnest(ARRAY['usage_count', 'used_seconds', 'total_recordings', 'total_duration_ms', 'total_segments']) AS c;
SELECT throws_ok('UPDATE user_subscriptions SET cycle_end = cycle_start', '23514', NULL, 'a cycle has a length');
SELECT throws_ok('UPDATE recordings SET duration_ms = -1', '23514', NULL, 'recordings.duration_ms is at least 0');
SELECT throws_ok('UPDATE recordings SET segment_count = -1', '23514', NULL, 'recordings.segment_count is at least 0');
SELECT throws_ok($$UPDATE recordings SET status = 'lost'$$, '23514', NULL, 'no other status');
SELECT lives_ok(format('UPDATE recordings SET status = %L', s), 'status ' || s) FROM unnest(ARRAY['processing', 'done', 'failed']) AS s;
SELECT throws_ok($$INSERT INTO segments SELECT id, -1, 0, 0, '' FROM recordings$$, '23514', NULL, 'segments.idx is at least 0');
SELECT throws_ok($$INSERT INTO segments SELECT id, 0, -1, 0, '' FROM recordings$$, '23514', NULL, 'segments.start_ms is at least 0');
SELECT throws_ok($$INSERT INTO segments SELECT id, 0, 2, 1, '' FROM recordings$$, '23514', NULL, 'a segment does not end before it starts');
SELECT lives_ok($$INSERT INTO segments SELECT id, 0, 0, 0, '' FROM recordings$$, 'an empty segment is one');
SELECT throws_ok($$INSERT INTO usage_cycles (user_id, cycle_start, cycle_end, usage_count, used_seconds, reason)
                   VALUES (gen_random_uuid(), now(), now() + interval '1 day', 0, 0, 'whim')$$, '23514', NULL, 'no other reason');
SELECT lives_ok(format($$INSERT INTO usage_cycles (user_id, cycle_start, cycle_end, usage_count, used_seconds, reason)
                   VALUES (gen_random_uuid(), now(), now() + interval '1 day', 0, 0, %L)$$, r), 'reason ' || r) FROM unnest(ARRAY['rollover', 'prorate']) AS r;

-- Unique without regard to case; one default plan.
SELECT throws_ok($$INSERT INTO users (email, password_hash, user_name) VALUES ('A@B.C', 'h', 'b')$$, '23505', NULL, 'e-mails differ in more than case');
SELECT throws_ok($$INSERT INTO users (email, password_hash, user_name) VALUES ('b@b.c', 'h', 'A')$$, '23505', NULL, 'user names differ in more than case');
SELECT lives_ok($$INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('FREE', 'Free Plan', 30, 10)$$, 'the four columns of the document do');
SELECT lives_ok($$INSERT INTO plans (code, name) VALUES ('p', 'P')$$, 'plan codes differ by case');
SELECT lives_ok($$UPDATE plans SET is_default = true WHERE code = 'P'$$, 'a default plan');
SELECT throws_ok($$UPDATE plans SET is_default = true WHERE code = 'p'$$, '23505', NULL, 'at most one');

-- Indexes.
SELECT bag_eq($$
  SELECT i.indexrelid::regclass::text, pg_get_expr(i.indpred, i.indrelid), array_to_string(ARRAY(
           SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnatts) AS k), ', ')
  FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
  WHERE c.relnamespace = (SELECT extnamespace FROM pg_extension WHERE extname = 's2t') AND c.relkind = 'r'
    AND c.relname IN ('plans', 'users', 'recordings', 'user_profiles', 'user_subscriptions', 'segments', 'usage_cycles')
    AND (i.indrelid IN ('users'::regclass, 'user_subscriptions'::regclass, 'user_profiles'::regclass, 'segments'::regclass)
         OR i.indexrelid::regclass::text IN ('plans_is_default_key', 'recordings_user_id_id_idx', 'recordings_ended_idx', 'usage_cycles_user_id_closed_at_idx'))
    AND NOT EXISTS (SELECT FROM pg_constraint AS o WHERE o.conindid = i.indexrelid AND o.contype IN ('p', 'u'))$$, $$VALUES
  ('plans_is_default_key', 'is_default', 'is_default'),
  ('users_email_lower_key', NULL, 'lower(email)'),
  ('users_user_name_lower_key', NULL, 'lower(user_name)'),
  ('recordings_user_id_id_idx', NULL, 'user_id, id'),
  ('recordings_ended_idx', '(status <> ''processing''::text)', 'created_at, id'),
  ('user_subscriptions_plan_id_idx', NULL, 'plan_id'),
  ('user_subscriptions_cycle_end_user_id_idx', NULL, 'cycle_end, user_id'),
  ('usage_cycles_user_id_closed_at_idx', NULL, 'user_id, closed_at')$$,
  'the indexes besides the keys: none on what every call updates');
SELECT ok((SELECT 'fillfactor=70' = ANY (reloptions) FROM pg_class WHERE oid = 'user_subscriptions'::regclass), 'room for counting in place');

-- A default id is a version 7 uuid of the moment, by core functions alone.
SELECT is(substr(id::text, 15, 1) || ' ' || (substr(id::text, 20, 1) IN ('8', '9', 'a', 'b')), '7 true', tab || ': default id, version and variant')
  FROM (SELECT 'plans' AS tab, id FROM plans WHERE code = 'FREE'
        UNION ALL (SELECT 'usage_cycles', id FROM usage_cycles LIMIT 1)) AS d;
SELECT ok((SELECT abs(('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint - extract(epoch FROM clock_timestamp()) * 1000) < 60000
           FROM plans WHERE code = 'FREE'), 'default id, time');
SELECT is_empty($$
  SELECT d.adrelid::regclass FROM pg_attrdef AS d
  JOIN pg_depend AS p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_proc'::regclass
  JOIN pg_class AS c ON c.oid = d.adrelid
  WHERE c.relnamespace = (SELECT extnamespace FROM pg_extension WHERE extname = 's2t')
    AND EXISTS (SELECT FROM pg_depend AS e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.refobjid AND e.deptype = 'e')$$,
  'no default needs the extension');

-- The tables are the database's; the triggers keep the extension from being dropped unawares.
SELECT is_empty($$
  SELECT d.objid::regclass FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 's2t'
  WHERE d.refclassid = 'pg_extension'::regclass AND d.classid = 'pg_class'::regclass AND d.deptype = 'e'
    AND (SELECT relkind FROM pg_class WHERE oid = d.objid) IN ('r', 'p', 'S')$$, 'no table or sequence belongs to the extension');
SELECT bag_eq($$
  SELECT t.tgrelid::regclass::text, t.tgname::text FROM pg_trigger AS t
  JOIN pg_class AS c ON c.oid = t.tgrelid
  WHERE NOT t.tgisinternal AND c.relnamespace = (SELECT extnamespace FROM pg_extension WHERE extname = 's2t')$$, $$VALUES
  ('recordings', 's2t_count_insert'), ('recordings', 's2t_count_update'), ('recordings', 's2t_count_delete'), ('recordings', 's2t_count_truncate'),
  ('segments', 's2t_count_insert'), ('segments', 's2t_count_update'), ('segments', 's2t_count_delete'), ('segments', 's2t_count_truncate'),
  ('user_subscriptions', 's2t_count_insert'), ('user_subscriptions', 's2t_count_update'),
  ('plans', 's2t_guard'), ('slots', 's2t_tell_change'), ('slots', 's2t_tell_insert')$$, 'the triggers');

-- Installing again makes nothing; it makes again what was dropped.
SELECT is_empty($$SELECT * FROM s2t_install()$$, 'nothing to do');
ALTER TABLE recordings DROP COLUMN fingerprint;
DROP TRIGGER s2t_count_delete ON segments;
DROP INDEX recordings_user_id_id_idx;
SELECT bag_eq($$SELECT object, action FROM s2t_install() WHERE action NOT IN ('adopted', 'recounted')$$, $$VALUES
  ('column recordings.fingerprint', 'added'), ('index (user_id, id) of recordings', 'added'), ('trigger segments.s2t_count_delete', 'added')$$,
  'what was dropped is made again');
SELECT is_empty($$SELECT * FROM s2t_install()$$, 'once');

SELECT * FROM finish();
ROLLBACK;
