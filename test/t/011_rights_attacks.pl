# Attacks that must fail: by search_path, temporary objects, settings, triggers, and objects put into
# the schema before and after installation. And that rights survive a dump.
#
# mallory may log in, has the profile app, and whatever else a test says; what she is after is to run
# something as the extension's owner, to have a call do something else than it does, or to hide.
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH T=$(mktemp -d) \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$T TESTDATADIR=$T TESTLOGDIR=$T/log \
#   prove -v test/t/011_rights_attacks.pl

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('attacks');
$node->init;
$node->start;
my $owner = $node->safe_psql('postgres', 'SELECT current_user');

sub as_mallory
{
	my ($database, $command, %options) = @_;
	local $ENV{PGOPTIONS} = $options{PGOPTIONS} // '';
	my ($status, $stdout, $stderr) = $node->psql($database, "\\set VERBOSITY verbose\n$command",
		extra_params => [ '-U', 'mallory' ], on_error_stop => $options{on_error_stop} // 1);
	return ($status, $stdout, $stderr);
}

sub must_work
{
	my ($database, $command, %options) = @_;
	my ($status, $stdout, $stderr) = as_mallory($database, $command, %options);
	is($status, 0, 'works') or diag("$command\n$stderr");
	return wantarray ? ($stdout, $stderr) : $stdout;
}

sub must_fail
{
	my ($database, $command, $pattern, $what) = @_;
	my ($status, $stdout, $stderr) = as_mallory($database, $command);
	isnt($status, 0, "$what: refused");
	like($stderr, $pattern, "$what: with the right error");
}

my $plans = q{INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('FREE', 'Free', 30, 10), ('PRO', 'Pro', NULL, NULL)};
sub new_database
{
	my ($name, @before) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, $_) foreach @before;
}

# A user's whole life; its results as text, and what the tables hold afterwards, without ids and times.
my $life = q{
CALL sp_register_user('Life@Example.com', 'life', 'hash', 'Life', 'FREE');
SELECT s2t_register_user('life2@example.com', 'life2', 'hash', NULL, 'FREE') AS u \gset
SELECT recording_id AS r, quota_ok FROM sp_check_quota_and_create_recording(:'u', 'upload', 'vi', '{"k": 1}') \gset
\echo :quota_ok
SELECT recording_id AS r2 FROM sp_check_quota_and_create_recording(:'u', 'upload') \gset
CALL sp_complete_recording(:'r', 61000, '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "một"}, {"idx": 1, "start_ms": 1000, "end_ms": 2000, "text": "hai", "speaker": "A"}]');
CALL sp_complete_recording(:'r', 61000, '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "một"}, {"idx": 1, "start_ms": 1000, "end_ms": 2000, "text": "hai", "speaker": "A"}]');
CALL sp_fail_recording(:'r2', 'because');
CALL sp_change_user_plan(:'u', 'PRO', true);
SELECT * FROM sp_get_user_stats(:'u');
SELECT s2t_slot(:'u') = s2t_slot(:'r') AS same_slot;
};
my $contents = q{
SET datestyle = 'ISO';
SELECT email, user_name, password_hash FROM users ORDER BY email;
SELECT name FROM user_profiles ORDER BY name;
SELECT status, error, segment_count, duration_ms, meta, source, fingerprint, completed_at - now() BETWEEN '-1 hour' AND '0' FROM recordings ORDER BY status;
SELECT idx, start_ms, end_ms, text, meta FROM segments ORDER BY idx;
SELECT usage_count, used_seconds, total_recordings, total_duration_ms, total_segments, p.code,
       cycle_end = date_trunc('month', now() AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC' FROM user_subscriptions JOIN plans AS p ON p.id = plan_id JOIN users AS u ON u.id = user_id ORDER BY u.email;
SELECT plan_code, usage_count, used_seconds, reason FROM usage_cycles;
SELECT procedure_name, outcome, session_role, effective_role FROM audit_log ORDER BY at, procedure_name;
};
my $empty = 'TRUNCATE users, user_profiles, user_subscriptions, recordings, segments, usage_cycles, audit_log, usage_entries, usage_credits, event_consumers, events, segment_revisions';

new_database('main', 'CREATE EXTENSION s2t', $plans, q{
CREATE ROLE mallory LOGIN; CALL s2t_grant('mallory', 'app');
CREATE SCHEMA playground AUTHORIZATION mallory;
});
my $wanted = must_work('main', $life);
like($wanted, qr/^t\n/, 'a life as it should be');
my $stored = $node->safe_psql('main', $contents);
like($stored, qr/^life\@example\.com|Life\@Example\.com/m, 'with what it leaves behind');

# --- search_path, temporary objects, operators: the same life, with traps everywhere

# Whatever is run on behalf of somebody else tells so.
my $traps = q{
CREATE FUNCTION %1$s.trap() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'trapped as %%', current_user; RETURN true; END $$;
CREATE TABLE %1$s.plans AS SELECT gen_random_uuid() AS id, 'FREE'::text AS code, true AS is_active, NULL::int AS monthly_minutes, NULL::int AS monthly_usage_limit WHERE %1$s.trap();
CREATE TABLE %1$s.users (id uuid DEFAULT CASE WHEN %1$s.trap() THEN gen_random_uuid() END, email text, user_name text, password_hash text);
CREATE TABLE %1$s.recordings (id uuid, user_id uuid, status text CHECK (%1$s.trap()));
CREATE TABLE %1$s.segments (recording_id uuid, idx int, text text);
CREATE TABLE %1$s.user_subscriptions (user_id uuid, plan_id uuid);
CREATE TABLE %1$s.audit_log (id uuid, detail text);
CREATE FUNCTION %1$s.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT CASE WHEN %1$s.trap() THEN timestamptz ''2000-01-01'' END';
CREATE FUNCTION %1$s.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT CASE WHEN %1$s.trap() THEN timestamptz ''2000-01-01'' END';
CREATE FUNCTION %1$s.lower(text) RETURNS text LANGUAGE sql AS 'SELECT CASE WHEN %1$s.trap() THEN ''x'' END';
CREATE FUNCTION %1$s.format(text, text) RETURNS text LANGUAGE sql AS 'SELECT CASE WHEN %1$s.trap() THEN ''x'' END';
CREATE FUNCTION %1$s.array_agg(uuid) RETURNS uuid[] LANGUAGE sql AS 'SELECT CASE WHEN %1$s.trap() THEN ARRAY[$1] END';
CREATE FUNCTION %1$s.int4ne(bigint, integer) RETURNS boolean LANGUAGE sql AS 'SELECT %1$s.trap()';
CREATE FUNCTION %1$s.eq(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT %1$s.trap()';
CREATE FUNCTION %1$s.eq(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT %1$s.trap()';
CREATE FUNCTION %1$s.eq(varchar, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT %1$s.trap()';
CREATE FUNCTION %1$s.plus(bigint, bigint) RETURNS bigint LANGUAGE sql AS 'SELECT CASE WHEN %1$s.trap() THEN $1 + 1000000 END';
CREATE FUNCTION %1$s.minus(timestamptz, interval) RETURNS timestamptz LANGUAGE sql AS 'SELECT CASE WHEN %1$s.trap() THEN $1 END';
CREATE OPERATOR %1$s.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = %1$s.eq);
CREATE OPERATOR %1$s.= (LEFTARG = text, RIGHTARG = text, FUNCTION = %1$s.eq);
CREATE OPERATOR %1$s.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = %1$s.eq);
CREATE OPERATOR %1$s.<> (LEFTARG = bigint, RIGHTARG = integer, FUNCTION = %1$s.int4ne);
CREATE OPERATOR %1$s.+ (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = %1$s.plus);
CREATE OPERATOR %1$s.- (LEFTARG = timestamptz, RIGHTARG = interval, FUNCTION = %1$s.minus);
CREATE DOMAIN %1$s.uuid AS text CHECK (%1$s.trap());
CREATE DOMAIN %1$s.regnamespace AS text CHECK (%1$s.trap());
CREATE DOMAIN %1$s.timestamptz AS text CHECK (%1$s.trap());
};
(my $in_playground = $traps) =~ s/%1\$s/playground/g;
(my $in_temp = $traps) =~ s/%1\$s/pg_temp/g;
s/%%/%/g foreach ($in_playground, $in_temp);
must_work('main', $in_playground);
# The traps do trap: whoever puts the schema first steps into them.
like((must_work('main', q{SET search_path = playground, pg_catalog; SELECT lower('X'::pg_catalog.text);}))[1], qr/trapped as mallory/, 'a trap works');

foreach my $attack (
	[ 'a schema put before pg_catalog', 'SET search_path = playground, pg_catalog, public;' ],
	[ 'a schema put first', 'SET search_path = playground, public;' ],
	[ 'temporary objects', $in_temp ],
	[ 'pg_temp put first', "$in_temp; SET search_path = pg_temp, pg_catalog, public;" ])
{
	my ($what, $setup) = @$attack;
	$node->safe_psql('main', $empty);
	# The literals of the calls meet mallory's own types and operators; that is her own business.
	(my $calls = $life) =~ s/\b(sp_\w+|s2t_\w+)\(/public.$1(/g;
	$calls =~ s/SELECT public\.s2t_slot.*\n/SELECT public.s2t_slot(:'u') OPERATOR(pg_catalog.=) public.s2t_slot(:'r') AS same_slot;\n/;
	my ($stdout, $stderr) = must_work('main', "SET client_min_messages = error; $setup\nSET client_min_messages = notice;\n$calls");
	is($stdout, $wanted, "$what: the calls do what they do");
	is($node->safe_psql('main', $contents), $stored, "$what: and leave what they leave");
	unlike($stderr, qr/trapped/, "$what: nothing of the caller's is run");
}

# The counting triggers fire for whoever may write to the tables, and run as the owner.
$node->safe_psql('main', 'GRANT SELECT, INSERT, UPDATE, DELETE ON recordings, segments, user_subscriptions TO mallory; GRANT SELECT ON users, plans TO mallory');
foreach my $setup ('SET search_path = playground, pg_catalog, public;', "SET client_min_messages = error; $in_temp; SET search_path = pg_temp, pg_catalog, public; SET client_min_messages = warning;")
{
	my (undef, $stderr) = must_work('main', qq{$setup
		INSERT INTO public.recordings (user_id, source, duration_ms) SELECT user_id, 'direct', 1000 FROM public.user_subscriptions;
		INSERT INTO public.segments SELECT id, 100, 0, 1, 'x' FROM public.recordings WHERE source OPERATOR(pg_catalog.=) 'direct' ON CONFLICT DO NOTHING;
		UPDATE public.recordings SET duration_ms = 2000 WHERE source OPERATOR(pg_catalog.=) 'direct';
		DELETE FROM public.segments WHERE idx OPERATOR(pg_catalog.=) 100;
	});
	unlike($stderr, qr/trapped as $owner/, 'nothing is run as the owner');
	is($node->safe_psql('main', q{SELECT count(*) FROM user_subscriptions AS s WHERE ((s.total_recordings, s.total_duration_ms, s.total_segments)
		= (SELECT count(*), coalesce(sum(duration_ms), 0), coalesce(sum(segment_count), 0) FROM recordings AS r WHERE r.user_id = s.user_id)) IS NOT TRUE}), '0', 'and the totals are right');
}
$node->safe_psql('main', q{CALL s2t_revoke('mallory'); REVOKE ALL ON recordings, segments, user_subscriptions, users, plans FROM mallory; CALL s2t_grant('mallory', 'app')});

# An administrator who can be led astray: procedures of the owner, and those that commit.
$node->safe_psql('main', q{CREATE ROLE admin LOGIN; CALL s2t_grant('admin', 'admin'); GRANT ALL ON SCHEMA playground TO admin, } . $owner . q{; GRANT ALL ON ALL TABLES IN SCHEMA playground TO admin});
foreach my $role ('admin', $owner)
{
	my ($status, $stdout, $stderr) = $node->psql('main', q{
		SET search_path = playground, pg_catalog, public;
		CALL public.sp_fail_stale_recordings('1 day', 10);
		CALL public.sp_purge_audit_log('1 day', 10);
		CALL public.sp_reset_monthly_cycles();
		CALL public.sp_purge_old_recordings();
		CALL public.sp_seed_plans();
		SELECT FROM public.sp_cleanup_old_recordings();
		SELECT FROM public.s2t_jobs;
		SELECT FROM public.s2t_job_commands();
	} . ($role eq $owner ? q{
		CALL public.s2t_grant('admin', 'admin');
		SELECT FROM public.s2t_install();
		SELECT FROM public.s2t_risks();
	} : ''), extra_params => [ '-U', $role ]);
	is($status, 0, "$role with mallory's search_path: everything works") or diag $stderr;
	unlike($stderr, qr/trapped/, "$role: and steps into no trap");
}

# --- settings

foreach my $setting ('s2t.audit = off', 's2t.lazy_rollover = off', 's2t.mark_failed = off', "s2t.timezone = 'Asia/Tokyo'", 's2t.log_level = log')
{
	my ($name, $value) = split / = /, $setting;
	my $default = $node->safe_psql('main', "LOAD 's2t'; SHOW $name");
	must_fail('main', "SELECT s2t_version(); SET $setting;", qr/42501: permission denied to set parameter "$name"/, "SET $setting with the library loaded");
	is(must_work('main', "SET $setting; SELECT NULL FROM sp_get_user_stats(gen_random_uuid()); SHOW $name;"), "\n$default", "SET $setting before: without effect");
	$value =~ s/'//g;
	is(must_work('main', "SELECT NULL FROM sp_get_user_stats(gen_random_uuid()); SHOW $name;", PGOPTIONS => "-c $name=$value"), "\n$default", "$setting on connecting: without effect");
	my ($status) = as_mallory('main', "ALTER ROLE mallory SET $setting");
	is(must_work('main', "SELECT NULL FROM sp_get_user_stats(gen_random_uuid()); SHOW $name;"), "\n$default", "$setting for the role: without effect");
}
must_fail('main', 'SELECT s2t_version(); SET s2t.made_up = 1', qr/42602: invalid configuration parameter name/, 'a setting that does not exist')
  if $node->pg_version >= 15;
must_fail('main', 'SET session_replication_role = replica', qr/42501/, 'session_replication_role');
$node->safe_psql('main', $empty);
must_fail('main', q{BEGIN; SET LOCAL transaction_read_only = on; CALL sp_register_user('ro@example.com', 'ro', 'hash', NULL, 'FREE')}, qr/25006/, 'a read-only transaction');
# Audited although the setting was tried first, in the session that did it.
must_work('main', q{SET s2t.audit = off; CALL sp_register_user('hidden@example.com', 'hidden', 'hash', NULL, 'FREE')});
is($node->safe_psql('main', 'SELECT procedure_name, effective_role FROM audit_log'), 'sp_register_user|mallory', 'nothing is hidden from the audit log');
$node->safe_psql('main', "$empty; INSERT INTO recordings (user_id, source, created_at) SELECT u.id, 'x', '2020-01-01' FROM users AS u");
$node->safe_psql('main', q{SELECT s2t_register_user('stale@example.com', 'stale', 'hash', NULL, 'FREE'); INSERT INTO recordings (user_id, source, created_at) SELECT id, 'x', '2020-01-01' FROM users; TRUNCATE audit_log});
{
	local $ENV{PGOPTIONS} = '-c s2t.audit=off -c s2t.log_level=log';
	$node->psql('main', q{SELECT s2t_fail_stale_batch('1 day', 10)}, extra_params => [ '-U', 'admin' ]);
}
is($node->safe_psql('main', 'SELECT procedure_name, effective_role FROM audit_log'), 'sp_fail_stale_recordings|admin', 'nor by the procedures in PL/pgSQL');

# Settings that are anybody's: the same life under all of them at once.
$node->safe_psql('main', $empty);
is(must_work('main', q{
	SET datestyle = 'SQL, DMY'; SET timezone = 'Pacific/Kiritimati'; SET intervalstyle = 'sql_standard'; SET bytea_output = 'escape'; SET extra_float_digits = -15;
	SET row_security = off; SET quote_all_identifiers = on; SET transform_null_equals = on; SET array_nulls = off; SET xmloption = document;
	SET check_function_bodies = off; SET default_transaction_isolation = 'repeatable read'; SET enable_indexscan = off; SET enable_seqscan = off;
	SET standard_conforming_strings = off; SET escape_string_warning = off; SET backslash_quote = on; SET default_toast_compression = 'pglz'; SET lc_numeric = 'C';
	SET gin_fuzzy_search_limit = 1; SET plan_cache_mode = force_generic_plan; SET cursor_tuple_fraction = 0;
} . $life), $wanted, 'settings of all kinds: the calls do what they do');
is($node->safe_psql('main', $contents), $stored, 'and leave what they leave');

# --- triggers

# Whoever may create triggers on the tables has the rights of whoever writes to them: PostgreSQL's
# rule. It is told, and the search_path of such a function is not the caller's.
$node->safe_psql('main', "$empty; GRANT TRIGGER ON users TO mallory");
must_fail('main', 'CREATE TRIGGER t BEFORE INSERT ON recordings EXECUTE FUNCTION suppress_redundant_updates_trigger()', qr/42501/, 'a trigger on a table without the right');
like($node->safe_psql('main', 'SELECT risk || remedy FROM s2t_risks()'), qr/^mallory may create triggers on table public\.users, .*REVOKE TRIGGER ON TABLE public\.users FROM mallory;$/, 'the right to create triggers is told of');
must_work('main', q{
	CREATE FUNCTION playground.spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'path % of %', pg_catalog.current_setting('search_path'), pg_catalog.now() = '2000-01-01'; RETURN NEW; END $$;
	CREATE TRIGGER spy BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION playground.spy();});
like($node->safe_psql('main', 'SELECT risk FROM s2t_risks()'), qr/trigger spy on table public\.users runs a function of mallory/, 'and so is the trigger');
like((must_work('main', q{SET search_path = playground, pg_catalog, public; CALL public.sp_register_user('path@example.com', 'path', 'hash', NULL, 'FREE')}))[1],
	qr/path pg_catalog, public, pg_temp of f/, 'its search_path is fixed');
$node->safe_psql('main', 'DROP TRIGGER spy ON users; REVOKE TRIGGER ON users FROM mallory');
is($node->safe_psql('main', 'SELECT count(*) FROM s2t_risks()'), '0', 'no risk is left');

# --- a schema that mallory may write to

# Before installation: what has one of our names is in the way, and what has not is not run.
new_database('planted', 'CREATE SCHEMA s AUTHORIZATION ' . $owner, 'GRANT ALL ON SCHEMA s TO mallory');
sub create_fails
{
	my ($what, $planted, $pattern) = @_;
	must_work('planted', $planted);
	my ($status, $stdout, $stderr) = $node->psql('planted', "\\set VERBOSITY verbose\nCREATE EXTENSION s2t SCHEMA s");
	isnt($status, 0, "$what: the extension is not created");
	like($stderr, $pattern, "$what: says why");
	$node->safe_psql('planted', 'DROP OWNED BY mallory; GRANT ALL ON SCHEMA s TO mallory');
}
create_fails('a procedure of ours', q{CREATE PROCEDURE s.sp_reset_monthly_cycles() LANGUAGE sql AS ''}, qr/42723: schema "s" already has routines of the extension's names/);
create_fails('a function of ours', q{CREATE FUNCTION s.s2t_wanted_tables() RETURNS TABLE (tab text, storage text, remark text) LANGUAGE sql AS 'SELECT NULL, NULL, NULL'}, qr/42723: function "s2t_wanted_tables" already exists/);
create_fails('a table of ours', q{CREATE TABLE s.users (id uuid)}, qr/42501: table "s\.users" belongs to role "mallory"/);
create_fails('a view of ours', q{CREATE VIEW s.recordings AS SELECT 1 AS id}, qr/42809: "s\.recordings" is not an ordinary table/);
(my $in_s = $traps) =~ s/%1\$s/s/g;
$in_s =~ s/%%/%/g;
$in_s =~ s/CREATE TABLE.*\n//g;
must_work('planted', $in_s);
my ($status, $stdout, $stderr) = $node->psql('planted', 'CREATE EXTENSION s2t SCHEMA s');
is($status, 0, 'other objects do not keep it from being created') or diag $stderr;
unlike($stderr, qr/trapped/, 'and are not run');
like($stderr, qr/WARNING:  mallory may create functions in schema s .*\nHINT:  REVOKE CREATE ON SCHEMA s FROM mallory;/, 'but it warns of such a schema');
is($node->safe_psql('planted', q{SELECT string_agg(c.column_name || ' ' || c.udt_schema, ', ') FROM information_schema.columns AS c
	WHERE c.table_schema = 's' AND c.udt_schema <> 'pg_catalog'}), '', 'the tables have no types of hers');

# After installation, with all her operators, functions and types in the extension's own schema.
(my $plans_in_s = $plans) =~ s/INTO plans/INTO s.plans/;
$node->safe_psql('planted', "$plans_in_s; CALL s.s2t_grant('mallory', 'app')");
(my $life_in_s = $life) =~ s/\b(sp_\w+|s2t_\w+)\(/s.$1(/g;
my ($out, $err) = must_work('planted', $life_in_s);
is($out, $wanted, 'the calls do what they do');
unlike($err, qr/trapped/, 'and run nothing of hers');
($status, $stdout, $stderr) = $node->psql('planted', q{
	INSERT INTO s.recordings (user_id, source, duration_ms, created_at) SELECT user_id, 'direct', 1000, '2020-01-01' FROM s.user_subscriptions;
	INSERT INTO s.segments SELECT id, 100, 0, 1, 'x' FROM s.recordings WHERE source = 'direct';
	UPDATE s.recordings SET duration_ms = 2000 WHERE source = 'direct';
	DELETE FROM s.segments WHERE idx = 100;
	CALL s.sp_fail_stale_recordings('1 day', 10);
	CALL s.sp_purge_audit_log('1 day', 10);
	CALL s.sp_reset_monthly_cycles();
	CALL s.sp_purge_old_recordings();
	CALL s.sp_seed_plans();
	SELECT FROM s.s2t_jobs;
	SELECT FROM s.s2t_job_commands();
	CALL s.s2t_grant('mallory', 'app');
	SELECT FROM s.s2t_install();
	SELECT FROM s.s2t_risks();
	TRUNCATE s.segments;
	DELETE FROM s.users;
});
is($status, 0, 'and so do the owner\'s statements and maintenance') or diag $stderr;
unlike($stderr, qr/trapped/, 'without running anything of hers');
must_fail('planted', q{CREATE OR REPLACE FUNCTION s.s2t_version() RETURNS text LANGUAGE sql AS 'SELECT ''x'''}, qr/42501: must be owner of function s2t_version/, 'replacing a function of ours');
must_fail('planted', q{CREATE OR REPLACE FUNCTION s.s2t_count_recordings() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'}, qr/42501: must be owner of function s2t_count_recordings/, 'and a trigger function');
must_fail('planted', q{DROP TABLE s.users}, qr/42501/, 'dropping a table');

# A table of hers in the place of one of ours that is missing: what she has put on it would run as the owner.
$node->safe_psql('planted', 'DROP TABLE s.audit_log');
must_work('planted', q{
	CREATE TABLE s.audit_log (id pg_catalog.uuid, at pg_catalog.timestamptz, session_role text, effective_role text CHECK (s.trap()), client_addr inet, application_name text,
		procedure_name text, user_id pg_catalog.uuid, recording_id pg_catalog.uuid, outcome text, detail text)});
(undef, undef, $stderr) = as_mallory('planted', q{CALL s.sp_register_user('trap@example.com', 'trap', 'hash', NULL, 'FREE')});
unlike($stderr, qr/trapped as $owner/, 'a table that belongs to somebody else is not written to');
like($stderr, qr/42501/, 'but refused');
is($node->safe_psql('planted', q{SELECT count(*) FROM s.s2t_risks() WHERE risk = 'table s.audit_log belongs to mallory'}), '1', 'such a table is told of');

# --- dump and restore keep what was granted, and nothing else

$node->safe_psql('main', q{CREATE ROLE reader; CREATE ROLE watcher; CALL s2t_grant('reader', 'readonly'); CALL s2t_grant('watcher', 'monitor')});
my $rights = q{
SELECT r.rolname, count(*) FILTER (WHERE has_function_privilege(r.oid, p.oid, 'EXECUTE')), md5(string_agg(p.oid::regprocedure::text, ',' ORDER BY p.oid::regprocedure::text COLLATE "C") FILTER (WHERE has_function_privilege(r.oid, p.oid, 'EXECUTE')))
  FROM (SELECT oid, rolname FROM pg_roles WHERE rolname IN ('mallory', 'admin', 'reader', 'watcher') UNION ALL SELECT 0, 'PUBLIC') AS r,
       pg_proc AS p JOIN pg_depend AS d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
       JOIN pg_extension AS e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND e.extname = 's2t'
 GROUP BY 1 ORDER BY 1;
SELECT c.relname, a.grantee::regrole, string_agg(a.privilege_type, ',' ORDER BY a.privilege_type)
  FROM pg_class AS c, aclexplode(c.relacl) AS a WHERE c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner GROUP BY 1, 2 ORDER BY 1, 2::text;
};
my $before = $node->safe_psql('main', $rights);
like($before, qr/^PUBLIC\|0\|$/m, 'PUBLIC has nothing');
like($before, qr/^mallory\|\d\d\|/m, 'mallory has something');
my $dir = PostgreSQL::Test::Utils::tempdir;
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
command_ok([ 'pg_dump', '-f', "$dir/plain.sql", 'main' ], 'pg_dump');
command_ok([ 'pg_dump', '-Fc', '-f', "$dir/custom.dump", 'main' ], 'pg_dump -Fc');
$node->safe_psql('postgres', "CREATE DATABASE $_") foreach qw(plain custom);
command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', "$dir/out", '-f', "$dir/plain.sql", 'plain' ], 'psql');
command_ok([ 'pg_restore', '-j', '4', '-d', 'custom', "$dir/custom.dump" ], 'pg_restore -j4');
is($node->safe_psql($_, $rights), $before, "$_: everybody's rights are back") foreach qw(plain custom);
$node->safe_psql('plain', $empty);
is(must_work('plain', $life), $wanted, 'and enough');
$node->safe_psql('plain', q{CALL s2t_revoke('mallory')});
like($node->safe_psql('plain', $rights), qr/^mallory\|0\|$/m, 'and can be taken back');

$node->stop;
done_testing();
