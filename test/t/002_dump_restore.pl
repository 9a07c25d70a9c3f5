# A database in use, dumped and restored in every way there is: the same tables, rows and counters,
# everything its DBA added, and procedures that go on working.
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH T=$(mktemp -d) \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$T TESTDATADIR=$T TESTLOGDIR=$T/log \
#   prove -v test/t/002_dump_restore.pl

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/../perl";
use S2TTest;

my $node = PostgreSQL::Test::Cluster->new('dump');
$node->init(allows_streaming => 'logical');
$node->start;

# The tools of PostgreSQL find the server through the environment.
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;

my $dir = PostgreSQL::Test::Utils::tempdir;

# Life with the extension: users, recordings in every state, direct statements, closed cycles. The
# trigger of the DBA does to a row what it may do twice.
my $life = q{
CALL sp_seed_plans();
SELECT s2t_register_user(format('user%s@example.com', n), format('user%s', n), 'hash', NULL, 'PREMIUM') FROM generate_series(1, 20) AS n;

ALTER TABLE recordings ADD COLUMN note text DEFAULT 'none' NOT NULL;
ALTER TABLE segments ADD COLUMN length_ms int GENERATED ALWAYS AS (end_ms - start_ms) STORED;
CREATE INDEX recordings_note ON recordings (note) WHERE note <> 'none';
ALTER TABLE user_profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_profile ON user_profiles USING (name = current_user);
COMMENT ON TABLE plans IS 'Price list';
CREATE FUNCTION tidy_segment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.text := btrim(NEW.text);
    RETURN NEW;
END $$;
CREATE TRIGGER tidy BEFORE INSERT OR UPDATE ON segments FOR EACH ROW EXECUTE FUNCTION tidy_segment();
CREATE PUBLICATION changes FOR TABLE users, recordings (id, status), audit_log;
CREATE PUBLICATION everything FOR ALL TABLES;
CALL s2t_grant('web', 'app');
CALL s2t_grant('dashboard', 'readonly');
GRANT EXECUTE ON FUNCTION sp_get_user_stats TO analyst;
GRANT SELECT ON recordings, audit_log TO analyst;
GRANT SELECT (id, user_name) ON users TO analyst WITH GRANT OPTION;

SELECT c.quota_ok FROM users AS u, generate_series(1, 6) AS n,
       sp_check_quota_and_create_recording(u.id, 'source ' || n, 'vi', jsonb_build_object('n', n)) AS c;
SELECT CASE r.n % 7
       WHEN 0 THEN format('CALL sp_fail_recording(%L, %L)', r.id, 'failed with ' || r.n)
       WHEN 1 THEN NULL
       ELSE format('CALL sp_complete_recording(%L, %s, %L)', r.id, r.n * 1000,
                   (SELECT jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i, 'end_ms', 2 * i, 'text', format(' %s of %s ', i, r.n), 'speaker', 'A'))
                      FROM generate_series(0, r.n) AS i))
       END
  FROM (SELECT id, row_number() OVER () AS n FROM recordings) AS r
\gexec
UPDATE user_subscriptions SET cycle_start = cycle_start - interval '1 month', cycle_end = cycle_end - interval '1 month'
 WHERE user_id IN (SELECT id FROM users ORDER BY email LIMIT 7);
CALL sp_reset_monthly_cycles();
SELECT format('CALL sp_change_user_plan(%L, %L, true)', id, 'ENTERPRISE') FROM users WHERE user_name = 'user9'
\gexec

DELETE FROM users WHERE user_name = 'user20';
DELETE FROM recordings WHERE id IN (SELECT id FROM recordings ORDER BY id LIMIT 3);
DELETE FROM segments WHERE idx % 5 = 4;
UPDATE recordings SET note = 'direct', duration_ms = 7 WHERE meta @> '{"n": 3}';
INSERT INTO recordings (user_id, source) SELECT id, 'direct' FROM users;
INSERT INTO users (email, user_name, password_hash) VALUES ('free@example.com', 'free', 'hash');
INSERT INTO recordings (user_id, source) SELECT id, 'without subscription' FROM users WHERE user_name = 'free';
};

my $contents = q{
SELECT format('SELECT %L, count(*), md5(string_agg(t::text, E''\n'' ORDER BY t::text COLLATE "C")) FROM %s AS t', c.relname, c.oid::regclass)
  FROM pg_class AS c WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind = 'r' ORDER BY c.relname
\gexec
};

my $members = q{
SELECT count(*) FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid JOIN pg_class AS c ON c.oid = d.objid
 WHERE d.refclassid = 'pg_extension'::regclass AND e.extname = 's2t' AND d.deptype = 'e' AND d.classid = 'pg_class'::regclass AND c.relkind = 'r';
};

# What the roles can do; a row for each of them.
my $rights = q{
SELECT r.rolname,
       (SELECT string_agg(p.proname, ' ' ORDER BY p.proname, p.oid::regprocedure::text) FROM pg_proc AS p
         WHERE p.pronamespace = quote_ident(current_schema())::regnamespace AND p.prokind IN ('f', 'p') AND p.proname ~ '^(sp|s2t)_'
           AND has_function_privilege(r.rolname, p.oid, 'EXECUTE')) AS routines,
       (SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class AS c
         WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind IN ('r', 'v') AND has_any_column_privilege(r.rolname, c.oid, 'SELECT')) AS relations
  FROM pg_roles AS r WHERE r.rolname IN ('web', 'dashboard', 'analyst', 'stranger') ORDER BY 1
};
$node->safe_psql('postgres', 'CREATE ROLE web; CREATE ROLE dashboard; CREATE ROLE analyst; CREATE ROLE stranger');

my $n = 0;

# A new database whose sessions find the tables; its name.
sub database
{
	my ($schema) = @_;
	my $name = 'restored' . ++$n;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql('postgres', qq{ALTER DATABASE $name SET search_path = "$schema", public});
	return $name;
}

# Definitions as pg_dump sees them.
sub definitions
{
	my ($database) = @_;
	my ($stdout, $stderr) = run_command([ 'pg_dump', '--schema-only', $database ]);
	# Newer minor releases frame a dump with a random word.
	$stdout =~ s/^\\(un)?restrict .*\n//mg;
	return $stdout;
}

# What the procedures do in $database after a restore.
sub works_ok
{
	my ($database, $name) = @_;
	is($node->safe_psql($database, 'SELECT count(*) FROM s2t_install()'), '0', "$name: s2t_install() finds nothing to do");
	is($node->safe_psql($database, $members), '0', "$name: no table is a member of the extension");
	is( $node->safe_psql($database, q{
		CALL sp_seed_plans();
		CREATE TEMP TABLE me AS SELECT s2t_register_user('new@example.com', 'new', 'hash', 'New', 'FREE') AS id;
		CREATE TEMP TABLE mine AS SELECT c.recording_id AS id FROM me, sp_check_quota_and_create_recording(me.id, 'upload') AS c;
		SELECT format('CALL sp_complete_recording(%L, 1500, %L)', id, '[{"idx": 0, "start_ms": 0, "end_ms": 5, "text": "x"}]') FROM mine
		\gexec
		INSERT INTO recordings (user_id, source, duration_ms) SELECT id, 'direct', 500 FROM me;
		SELECT s.total_recordings, s.total_segments, s.current_cycle_usage, s.current_cycle_seconds FROM me, sp_get_user_stats(me.id) AS s}),
		'2|1|1|2', "$name: procedures and triggers work");
	counted_ok($node, $database, $name);
	$node->safe_psql($database, 'SELECT * FROM sp_cleanup_old_recordings(0, 1000); CALL sp_reset_monthly_cycles(); DELETE FROM segments WHERE idx = 0');
	counted_ok($node, $database, "$name, after more work");
	return;
}

# $database holds what the source held, and works.
sub restored_ok
{
	my ($database, $definitions, $rows, $granted, $name) = @_;
	is(definitions($database), $definitions, "$name: the same definitions");
	is($node->safe_psql($database, $rights), $granted, "$name: the same rights");
	is($node->safe_psql($database, $contents), $rows, "$name: the same rows and counters");
	works_ok($database, $name);
	return;
}

foreach my $schema ('public', 'Speech Tier')
{
	my $quoted = qq{"$schema"};
	my $source = database($schema);
	$node->safe_psql($source, "CREATE SCHEMA IF NOT EXISTS $quoted; CREATE EXTENSION s2t SCHEMA $quoted");
	$node->safe_psql($source, $life);

	my $definitions = definitions($source);
	my $rows        = $node->safe_psql($source, $contents);
	my $tag         = $schema eq 'public' ? 'public' : 'other';
	my $granted     = $node->safe_psql($source, $rights);
	like($definitions, qr/CREATE TABLE .*\bsegments/, "$schema: the dump has the tables");
	like($definitions, qr/$_/, "$schema: the dump has $_")
	  for 'CREATE POLICY own_profile', 'CREATE PUBLICATION changes', 'CREATE PUBLICATION everything FOR ALL TABLES', 'GRANT ALL ON FUNCTION .*sp_get_user_stats\(.* TO dashboard';
	like($granted, qr/^analyst\|sp_get_user_stats\|audit_log recordings users\n/m, "$schema: rights on single things");
	like($granted, qr/^web\|.*\bsp_check_quota_and_create_recording sp_complete_recording\b.*\|s2t_api$/m, "$schema: rights of a profile");
	like($granted, qr/^stranger\|\|$/m, "$schema: no rights");
	counted_ok($node, $source, "$schema: the source");
	is( $node->safe_psql($source, q{
		SELECT (SELECT count(*) FROM recordings) > 100, (SELECT count(*) FROM segments) > 1000, (SELECT count(*) FROM usage_cycles),
		       (SELECT count(DISTINCT status) FROM recordings), (SELECT count(*) FROM recordings WHERE segment_count > 50) > 10,
		       (SELECT count(DISTINCT procedure_name) FROM audit_log) > 3}),
		't|t|8|3|t|t', "$schema: the source holds something of everything");

	my %file = map { $_ => "$dir/$tag.$_" } qw(custom plain schema data);
	command_ok([ 'pg_dump', '-Fc', '-f', $file{custom}, $source ], "$schema: pg_dump -Fc");
	command_ok([ 'pg_dump', '-f', $file{plain}, $source ], "$schema: pg_dump");
	command_ok([ 'pg_dump', '--schema-only', '-f', $file{schema}, $source ], "$schema: pg_dump --schema-only");
	command_ok([ 'pg_dump', '--data-only', '-f', $file{data}, $source ], "$schema: pg_dump --data-only");

	my @psql = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1');
	my $db;

	$db = database($schema);
	command_ok([ 'pg_restore', '-j4', '--exit-on-error', '-d', $db, $file{custom} ], "$schema: pg_restore -j4");
	restored_ok($db, $definitions, $rows, $granted, "$schema, pg_restore -j4");

	$db = database($schema);
	command_ok([ @psql, '-d', $db, '-f', $file{plain} ], "$schema: psql");
	restored_ok($db, $definitions, $rows, $granted, "$schema, psql");

	$db = database($schema);
	command_ok([ @psql, '-d', $db, '-f', $file{schema} ], "$schema: psql, schema only");
	is(definitions($db), $definitions, "$schema, schema only: the same definitions");
	is($node->safe_psql($db, 'SELECT count(*) FROM recordings'), '0', "$schema, schema only: no rows");
	works_ok($db, "$schema, schema only");

	# Data only, the triggers firing: what the dump says of counters must not be added to what they count.
	$db = database($schema);
	command_ok([ @psql, '-d', $db, '-f', $file{schema} ], "$schema: an empty database");
	command_ok([ @psql, '-d', $db, '-f', $file{data} ], "$schema: psql, data only");
	restored_ok($db, $definitions, $rows, $granted, "$schema, data only");

	# Data only, the triggers switched off: the counters are the dump's.
	$db = database($schema);
	command_ok([ @psql, '-d', $db, '-f', $file{schema} ], "$schema: an empty database");
	command_ok([ 'pg_restore', '--data-only', '--disable-triggers', '--exit-on-error', '-d', $db, $file{custom} ],
		"$schema: pg_restore --data-only --disable-triggers");
	restored_ok($db, $definitions, $rows, $granted, "$schema, data only, triggers off");
}

#
# What a restore looks like to CREATE EXTENSION, and what it says where that was wrong
#
my $db = database('public');
my ($stdout, $stderr);
$node->psql($db, 'SET row_security = off; CREATE EXTENSION s2t', stderr => \$stderr, on_error_die => 1);
like($stderr, qr/NOTICE:  tables of extension s2t are left to the restore.*\nDETAIL:  These are plans, .*audit_log.*; the routines belong to role \w+, .*\nHINT:.*public\.s2t_set_owner\(.*public\.s2t_install\(\)/, 'a NOTICE tells what to call');
is($node->safe_psql($db, q{SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'}), '0', 'and there is no table');
is($node->safe_psql($db, q{SELECT string_agg(object || ' ' || action, ', ') FROM s2t_install()}),
	$node->safe_psql($db, q{SELECT string_agg(format('table %s created', tab), ', ') FROM s2t_wanted_tables()}),
	's2t_install() makes them all');
works_ok($db, 'installed later');

$node->stop;
done_testing();
