# From version 1.0.0 to the present one, by every road there is: ALTER EXTENSION UPDATE, the new library
# under the old definitions, a dump of the old version, DROP and CREATE, pg_upgrade.
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH T=$(mktemp -d) \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$T TESTDATADIR=$T TESTLOGDIR=$T/log \
#   prove -v test/t/007_upgrade.pl

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S2TTest;
use Test::More;

my $root    = "$FindBin::Bin/../..";
my ($default) = slurp_file("$root/s2t.control") =~ /^default_version = '(.*)'$/m;

my $node = PostgreSQL::Test::Cluster->new('old');
$node->init;
$node->start;
with_tools($node);
my $dir = PostgreSQL::Test::Utils::tempdir;
$node->safe_psql('postgres', 'CREATE ROLE app; CREATE ROLE report');

# A new database with the extension at $version, if any; what else happens to it.
sub database
{
	my ($name, $version, @sql) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, "CREATE EXTENSION s2t VERSION '$version'") if $version;
	$node->safe_psql($name, $_) for @sql;
	return;
}

# What a DBA adds.
my $additions = q{
ALTER TABLE recordings ADD COLUMN note text DEFAULT 'none' NOT NULL;
CREATE INDEX recordings_note ON recordings (note) WHERE note <> 'none';
CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.text := btrim(NEW.text); RETURN NEW; END $$;
CREATE TRIGGER tidy BEFORE INSERT ON segments FOR EACH ROW EXECUTE FUNCTION tidy();
ALTER TABLE plans ENABLE ROW LEVEL SECURITY;
CREATE POLICY cheap ON plans FOR SELECT TO report USING (plan_cost < 1000);
GRANT EXECUTE ON PROCEDURE sp_complete_recording TO app;
GRANT EXECUTE ON FUNCTION sp_get_user_stats TO app, report;
GRANT SELECT ON recordings TO report;
};

# SQL for the fingerprints of the tables as they are now, in the columns that they have now.
sub fingerprints
{
	my ($database) = @_;
	return $node->safe_psql($database, q{
		SELECT string_agg(format('SELECT %L, count(*), md5(string_agg((%s)::text, '';'' ORDER BY (%s)::text COLLATE "C")) FROM %s', c.relname, a.cols, a.cols, c.oid::regclass), ' UNION ALL ' ORDER BY c.relname)
		  FROM pg_class AS c, LATERAL (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS cols FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS a
		 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'});
}

# Everything the extension is made of, with definitions, comments and rights.
sub members
{
	my ($database) = @_;
	return $node->safe_psql($database, q{
		SELECT pg_describe_object(d.classid, d.objid, d.objsubid), obj_description(d.objid, d.classid::regclass::name),
		       CASE d.classid WHEN 'pg_proc'::regclass THEN md5(pg_get_functiondef(d.objid)) WHEN 'pg_class'::regclass THEN md5(pg_get_viewdef(d.objid)) END,
		       coalesce((SELECT coalesce(p.proacl, acldefault('f', p.proowner))::text FROM pg_proc AS p WHERE p.oid = d.objid AND d.classid = 'pg_proc'::regclass),
		                (SELECT coalesce(c.relacl, acldefault('r', c.relowner))::text FROM pg_class AS c WHERE c.oid = d.objid AND d.classid = 'pg_class'::regclass))
		  FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
		 WHERE e.extname = 's2t' AND d.deptype = 'e' ORDER BY 1});
}

# The tables, and what hangs on them.
sub tables
{
	my ($database) = @_;
	my ($stdout) = run_command([ 'pg_dump', '--schema-only', $database ]);
	$stdout =~ s/^\\(un)?restrict .*\n//mg;
	return $stdout;
}

# Every procedure works in $database, a failure is marked.
sub works_ok
{
	my ($on, $database, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $tag = $name =~ s/\W+/-/gr;
	$on->safe_psql($database, everything($tag));
	my $id = $on->safe_psql($database, "SELECT recording_id FROM sp_check_quota_and_create_recording((SELECT id FROM users WHERE user_name = '$tag-4'), 'upload')");
	$on->psql($database, "CALL sp_complete_recording('$id', 1500, '$BAD')");
	comes_true($on, $database, "SELECT status FROM recordings WHERE id = '$id'", 'failed', "$name: a failure is marked");
	$on->safe_psql($database, "CALL sp_complete_recording('$id', 1500, '$GOOD')");
	is($on->safe_psql($database, "SELECT status, segment_count FROM recordings WHERE id = '$id'"), 'done|2', "$name: procedures work");
	counted_ok($on, $database, $name);
	no_worker($on);
	return;
}

sub installed_ok
{
	my ($on, $database, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($on->safe_psql($database, q{SELECT extversion, s2t_version() FROM pg_extension WHERE extname = 's2t'}), "$default|$default", "$name: the present version");
	is($on->safe_psql($database, 'SELECT count(*) FROM s2t_install()'), '0', "$name: s2t_install() finds nothing to do");
	is( $on->safe_psql($database, q{
		SELECT count(*) FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid JOIN pg_class AS c ON c.oid = d.objid
		 WHERE d.refclassid = 'pg_extension'::regclass AND e.extname = 's2t' AND d.deptype = 'e' AND d.classid = 'pg_class'::regclass AND c.relkind = 'r'}),
		'0', "$name: no table is a member of the extension");
	is(findings($on, $database), '', "$name: the doctor finds nothing");
	return;
}

#
# The versions before are what was released
#
foreach (split /\n/, slurp_file("$FindBin::Bin/data/released.sha256"))
{
	my ($released, $script) = /^([0-9a-f]{64})  (\S+)$/ or die;
	is(sha256_hex(slurp_file("$root/src/sql/released/$script")), $released, "$script is as it was released");
	is(slurp_file($node->config_data('--sharedir') . "/extension/$script"), slurp_file("$root/src/sql/released/$script"), 'and is what is installed');
}

#
# The old definitions and the new library
#
database('upgraded', '1.0.0', everything('an'), $additions);
is($node->safe_psql('upgraded', q{SELECT extversion, to_regclass('audit_log') FROM pg_extension WHERE extname = 's2t'}), '1.0.0|', 'version 1.0.0, which has no audit log');
works_ok($node, 'upgraded', 'old definitions');

# They are dumped, for later; and kept, for pg_upgrade.
command_ok([ 'pg_dump', '-Fc', '-f', "$dir/old.dump", 'upgraded' ], 'pg_dump of version 1.0.0');
my $old_prints = fingerprints('upgraded');
my $old_rows   = $node->safe_psql('upgraded', $old_prints);
my $old_rights = $node->safe_psql('upgraded', q{SELECT proname, proacl FROM pg_proc WHERE proname IN ('sp_complete_recording', 'sp_get_user_stats') ORDER BY 1});
$node->safe_psql('postgres', 'CREATE DATABASE stays_old TEMPLATE upgraded');

#
# ALTER EXTENSION UPDATE, while a session goes on
#
my $session = session($node, 'upgraded');
my $create = q{SELECT count(*) FROM users AS u, sp_check_quota_and_create_recording(u.id, 'upload') AS c WHERE u.user_name = 'an-5' AND c.quota_ok};
my $refuse = q{SELECT id FROM users WHERE user_name = 'an-5' \gset
CALL sp_change_user_plan(:'id', 'NONE')};
is($session->query("BEGIN; $create; $refuse; ROLLBACK"), "1\nf|plan \"NONE\" not found", 'a session before the update');
$node->safe_psql('upgraded', 'ALTER EXTENSION s2t UPDATE');
is($node->safe_psql('upgraded', $old_prints), $old_rows, 'updated: no row has changed');
installed_ok($node, 'upgraded', 'updated');
is($session->query("$create; $refuse"), "1\nf|plan \"NONE\" not found", 'the session after the update');
$session->quit;
is($node->safe_psql('upgraded', q{SELECT procedure_name, outcome FROM audit_log}), 'sp_change_user_plan|refused', 'which has an audit log now');
like($node->safe_psql('upgraded', q{SELECT proacl FROM pg_proc WHERE proname = 'sp_complete_recording'}), qr/app=X/, 'updated: rights are kept');
works_ok($node, 'upgraded', 'updated');

# The search index holds what the present library makes of a text.
database('searched', '1.1.0', 'CALL sp_create_search_index()');
my $file = $node->safe_psql('searched', q{SELECT pg_relation_filenode('segments_search_idx')});
$node->safe_psql('searched', 'ALTER EXTENSION s2t UPDATE');
isnt($node->safe_psql('searched', q{SELECT pg_relation_filenode('segments_search_idx')}), $file, 'updated: the search index is made anew');

# Recordings in flight: the ledger opens with what the counters say; what is in processing is charged to the open cycle if it was
# created in it, and is given back when it fails; what had failed before is not. By an update, and where the tables are adopted.
my $flight = q{
CALL sp_seed_plans();
SELECT s2t_register_user('an@example.com', 'an', 'hash', 'An', 'FREE'), s2t_register_user('binh@example.com', 'binh', 'hash', 'Binh', 'FREE');
SELECT c.recording_id FROM users AS u, generate_series(1, 4) AS n, sp_check_quota_and_create_recording(u.id, 'n' || n) AS c WHERE u.user_name = 'an' ORDER BY n;
UPDATE recordings SET created_at = (SELECT max(cycle_start) FROM user_subscriptions) - interval '1 day' WHERE source = 'n2';
DO $$ DECLARE r uuid; BEGIN
	SELECT id INTO r FROM recordings WHERE source = 'n3'; CALL sp_fail_recording(r, 'engine');
	SELECT id INTO r FROM recordings WHERE source = 'n4'; CALL sp_complete_recording(r, 61000, '[]');
END $$;
};
my $count = 'SELECT usage_count, used_seconds FROM user_subscriptions AS s JOIN users AS u ON u.id = s.user_id WHERE u.user_name = \'an\'';
foreach my $road ('ALTER EXTENSION s2t UPDATE', 'SET client_min_messages = warning; DROP EXTENSION s2t CASCADE; CREATE EXTENSION s2t')
{
	my ($name) = $road =~ /(UPDATE|DROP)/;
	my $database = lc "flight_$name";
	database($database, '1.1.0', $flight);
	is($node->safe_psql($database, $count), '4|61', "$name, recordings in flight: before");
	$node->safe_psql($database, $road);
	installed_ok($node, $database, "$name, recordings in flight");
	is($node->safe_psql($database, 'SELECT kind, recordings, seconds, cycle_id = (SELECT cycle_id FROM user_subscriptions AS s WHERE s.user_id = e.user_id) FROM usage_entries AS e'),
		'opening|4|61|t', "$name: one entry opens the ledger of whoever has used anything");
	is($node->safe_psql($database, 'SELECT r.source, s.cycle_id IS NOT NULL FROM recordings AS r LEFT JOIN user_subscriptions AS s ON s.cycle_id = r.charged_cycle_id ORDER BY 1'),
		"n1|t\nn2|f\nn3|f\nn4|f", "$name: what was created in the open cycle is charged to it");
	my $fail = sub { my ($source) = @_; $node->safe_psql($database, "SELECT s2t_fail_recording(id, 'engine') FROM recordings WHERE source = '$source'"); return $node->safe_psql($database, $count); };
	is($fail->('n1'), '3|61', "$name: it is given back when it fails");
	is($fail->('n2'), '3|61', "$name: what is older is not");
	is($node->safe_psql($database, q{SELECT s2t_retry_recording(id) FROM recordings WHERE source = 'n3'; } . $count) =~ s/.*\n//sr, '4|61', "$name: what had failed is charged when it is tried again");
	is(findings($node, $database), '', "$name: the books agree");
}

# By way of 1.0.0 or at once, with nothing in it: the same in the end.
database('stepwise', '1.0.0');
$node->safe_psql('stepwise', 'ALTER EXTENSION s2t UPDATE');
database('direct', $default);
is(members('stepwise'), members('direct'), 'the same functions, views, comments and rights, by way of 1.0.0 or at once');
is(tables('stepwise'), tables('direct'), 'the same tables');
is($node->safe_psql('direct', q{SELECT string_agg(d.objid::text, ', ') FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
	WHERE e.extname = 's2t' AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass AND obj_description(d.objid, 'pg_proc') IS NULL}), '', 'every function has a comment');
$node->safe_psql('upgraded', 'REVOKE EXECUTE ON PROCEDURE sp_complete_recording FROM app; REVOKE EXECUTE ON FUNCTION sp_get_user_stats FROM app, report');
is(members('upgraded'), members('direct'), 'and in the database with data, once what was granted is revoked');
$node->safe_psql('upgraded', 'GRANT EXECUTE ON PROCEDURE sp_complete_recording TO app');

#
# A dump of the old version under the new one
#
database('restored', '');
command_ok([ 'pg_restore', '-j2', '--exit-on-error', '-d', 'restored', "$dir/old.dump" ], 'pg_restore of version 1.0.0');
is($node->safe_psql('restored', q{SELECT extversion, to_regclass('audit_log') FROM pg_extension WHERE extname = 's2t'}), "$default|", 'restored: the new version, the old tables');
is($node->safe_psql('restored', $old_prints), $old_rows, 'restored: the same rows');
is($node->safe_psql('restored', q{SELECT proname, proacl FROM pg_proc WHERE proname IN ('sp_complete_recording', 'sp_get_user_stats') ORDER BY 1}), $old_rights, 'restored: the same rights');
my (undef, undef, $complaint) = $node->psql('restored', q{SELECT s2t_append_segments(id, '[]') FROM recordings LIMIT 1});
like($complaint, qr/ERROR:  column "heard_ms" of table "recordings" does not exist\nHINT:  Call public\.s2t_install\(\) to bring the tables up to date\./, 'restored: what needs the new tables says so');
(undef, undef, $complaint) = $node->psql('restored', q{SELECT s2t_edit_segment(user_id, id, 0, 'x') FROM recordings LIMIT 1});
like($complaint, qr/ERROR:  tables are not ready for edits\nDETAIL:  The table "segment_revisions" does not exist\.\nHINT:  Call public\.s2t_install\(\) to bring the tables up to date\./, 'restored: so does an edit');
like($node->safe_psql('restored', q{SELECT string_agg(object || ' ' || action, ', ') FROM s2t_install()}), qr/table audit_log created/, 'restored: s2t_install() makes what is missing');
is($node->safe_psql('restored', $old_prints), $old_rows, 'restored: and changes no row');
installed_ok($node, 'restored', 'restored');
works_ok($node, 'restored', 'restored, brought up to date');
isnt($node->safe_psql('restored', 'SELECT count(*) FROM audit_log'), '0', 'restored: audited');

#
# DROP and CREATE
#
my $prints = fingerprints('restored');
my $rows   = $node->safe_psql('restored', $prints);
my ($status, undef, $stderr) = $node->psql('restored', "\\set VERBOSITY verbose\nDROP EXTENSION s2t");
isnt($status, 0, 'DROP EXTENSION is refused');
like($stderr, qr/ERROR:  2BP01: /, 'because the triggers are in use');
$node->safe_psql('restored', 'SET client_min_messages = warning; DROP EXTENSION s2t CASCADE');
is($node->safe_psql('restored', $prints), $rows, 'DROP EXTENSION CASCADE keeps every row');
$node->safe_psql('restored', 'CREATE EXTENSION s2t');
is($node->safe_psql('restored', $prints), $rows, 'CREATE EXTENSION adopts them');
installed_ok($node, 'restored', 'adopted');
works_ok($node, 'restored', 'adopted');

#
# pg_upgrade, with databases of both versions
#
my %before;
foreach my $database ('upgraded', 'stays_old')
{
	my $sql = fingerprints($database);
	$before{$database} = { sql => $sql, rows => $node->safe_psql($database, $sql), tables => tables($database), members => members($database) };
}
$node->stop;
my $new = PostgreSQL::Test::Cluster->new('new');
$new->init;
my $bin = $node->config_data('--bindir');
chdir $dir or die;
my @no_sync = $node->pg_version >= 15 ? '--no-sync' : ();
command_ok([ 'pg_upgrade', @no_sync, '-d', $node->data_dir, '-D', $new->data_dir, '-b', $bin, '-B', $bin, '-s', $new->host, '-p', $node->port, '-P', $new->port ],
	'pg_upgrade');
$new->start;
($node, my $old) = ($new, $node);
with_tools($node);
foreach my $database ('upgraded', 'stays_old')
{
	is($node->safe_psql($database, $before{$database}{sql}), $before{$database}{rows}, "pg_upgrade, $database: the same rows and counters");
	is(tables($database), $before{$database}{tables}, "pg_upgrade, $database: the same tables");
	is(members($database), $before{$database}{members}, "pg_upgrade, $database: the same extension");
	works_ok($node, $database, "pg_upgrade, $database");
}
is($node->safe_psql('stays_old', q{SELECT extversion, to_regclass('audit_log') FROM pg_extension WHERE extname = 's2t'}), '1.0.0|', 'pg_upgrade: the old version stays the old one');
$node->safe_psql('stays_old', 'ALTER EXTENSION s2t UPDATE');
installed_ok($node, $_, "pg_upgrade, $_") for 'upgraded', 'stays_old';
works_ok($node, 'stays_old', 'updated after pg_upgrade');

unlike(slurp_file($_->logfile), qr/PANIC|TRAP:|terminated by signal|still referenced|XX000/, $_->name . ': no crash and no leak in the log') for $old, $new;
$node->stop;
done_testing();
