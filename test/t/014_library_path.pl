# A library that is not among the server's own is found along dynamic_library_path: by the
# functions, by shared_preload_libraries and by the worker of the failure marks.  From PostgreSQL 18
# the control file and the scripts are found along extension_control_path, so that all of the extension may be
# in a place of its own (docs/operations.md, "Installation").
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH T=$(mktemp -d) \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$T TESTDATADIR=$T TESTLOGDIR=$T/log \
#   prove -v test/t/014_library_path.pl

use strict;
use warnings;

use File::Copy;
use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S2TTest;
use Test::More;

my $own = `pg_config --pkglibdir`;
chomp $own;
my $elsewhere = PostgreSQL::Test::Utils::tempdir;
copy("$own/s2t.so", "$elsewhere/s2t.so") or die "cannot copy $own/s2t.so: $!";

# The libraries that the backend of a session has mapped.
my $mapped = q{SELECT string_agg(DISTINCT path, ' ') FROM regexp_split_to_table(pg_read_file('/proc/self/maps', 0, 1000000), E'\n') AS line,
	substring(line FROM '/.*s2t\.so$') AS path};

foreach my $preloaded (0, 1)
{
	my $node = PostgreSQL::Test::Cluster->new("path$preloaded");
	$node->init;
	# (From 18 PL/pgSQL's own library is looked for along the path, too.)
	$node->append_conf('postgresql.conf', "dynamic_library_path = '$elsewhere:\$libdir'");
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 's2t'") if $preloaded;
	$node->start;
	my $name = $preloaded ? 'preloaded' : 'loaded when called';
	$node->safe_psql('postgres', 'CREATE EXTENSION s2t; CALL sp_seed_plans()');
	like($node->safe_psql('postgres', "SELECT s2t_version(); $mapped"), qr{\n\Q$elsewhere\E/s2t\.so$}, "$name: the library is the one of the path");
	my $id = $node->safe_psql('postgres', q{
		SELECT c.recording_id FROM s2t_register_user('an@example.com', 'an', 'hash', NULL, 'FREE') AS u, sp_check_quota_and_create_recording(u, 'upload') AS c});
	my ($status) = $node->psql('postgres', "CALL sp_complete_recording('$id', 1500, '$BAD')");
	isnt($status, 0, "$name: bad segments are refused");
	ok($node->poll_query_until('postgres', "SELECT status = 'failed' FROM recordings"), "$name: the worker finds the library, too");
	$node->stop;
}

# An image with the extension and nothing else, in the layout of the page. The server's own control file is
# not on the path, and its library behind this one, so that nothing else can be meant.
SKIP:
{
	skip 'extension_control_path is of PostgreSQL 18', 1 if `pg_config --version` =~ /^PostgreSQL (\d+)/ && $1 < 18;
	my $image = PostgreSQL::Test::Utils::tempdir;
	my $from = `pg_config --sharedir`;
	chomp $from;
	mkdir "$image/$_" or die "cannot make $image/$_: $!" for qw(lib share share/extension);
	copy("$own/s2t.so", "$image/lib") or die "cannot copy $own/s2t.so: $!";
	copy($_, "$image/share/extension") or die "cannot copy $_: $!" for glob("$from/extension/s2t.control $from/extension/s2t--*");
	append_to_file("$image/share/extension/s2t.control", "comment = 'of an image'\n");

	my $node = PostgreSQL::Test::Cluster->new('image');
	$node->init;
	$node->append_conf('postgresql.conf', qq{extension_control_path = '$image/share'
dynamic_library_path = '$image/lib:\$libdir'
shared_preload_libraries = 's2t'});
	$node->start;
	$node->safe_psql('postgres', 'CREATE ROLE svc LOGIN; CREATE DATABASE svc OWNER svc');
	my @as = (extra_params => [ '-U', 'svc' ]);
	$node->safe_psql('svc', 'CREATE EXTENSION s2t', @as);
	is($node->safe_psql('svc', q{SELECT obj_description(oid, 'pg_extension') FROM pg_extension WHERE extname = 's2t'}), 'of an image', 'the control file is the one of the image');
	like($node->safe_psql('svc', "SELECT s2t_version(); $mapped"), qr{\n\Q$image\E/lib/s2t\.so$}, 'and so is the library');
	# The versions before name their own control files and scripts.
	$node->safe_psql('postgres', q{CREATE EXTENSION s2t VERSION '1.1.0'; ALTER EXTENSION s2t UPDATE; CALL sp_seed_plans()});
	my $id = $node->safe_psql('postgres', q{
		SELECT c.recording_id FROM s2t_register_user('an@example.com', 'an', 'hash', NULL, 'FREE') AS u, sp_check_quota_and_create_recording(u, 'upload') AS c});
	$node->psql('postgres', "CALL sp_complete_recording('$id', 1500, '$BAD')");
	ok($node->poll_query_until('postgres', "SELECT status = 'failed' FROM recordings"), 'an update from there, and the worker of the failure marks');
	is($node->safe_psql('postgres', 'SELECT * FROM s2t_doctor()'), '', 'the doctor finds nothing');

	# A dump brings what belongs to the extension back from the image, too.
	my $dump = PostgreSQL::Test::Utils::tempdir . '/svc.dump';
	$node->command_ok([ 'pg_dump', '-U', 'svc', '-Fc', '-f', $dump, 'svc' ], 'pg_dump');
	$node->safe_psql('postgres', 'CREATE DATABASE again OWNER svc');
	$node->command_ok([ 'pg_restore', '-U', 'svc', '--exit-on-error', '-d', 'again', $dump ], 'pg_restore');
	is($node->safe_psql('again', 'SELECT * FROM s2t_install()', @as), '', 'what it brings is whole');

	# Who created it without being a superuser brings it to the next version, too: here, one in which nothing is new.
	my $version = $node->safe_psql('svc', q{SELECT extversion FROM pg_extension WHERE extname = 's2t'});
	append_to_file("$image/share/extension/s2t--$version--$version+1.sql", "DO \$\$ BEGIN PERFORM 1; END \$\$;\n");
	$node->safe_psql('svc', qq{ALTER EXTENSION s2t UPDATE TO '$version+1'}, @as);
	is($node->safe_psql('svc', q{SELECT check_name, object FROM s2t_doctor()}, @as), 'version|extension s2t', 'an update by the owner, who is told that the library is another');
	$node->stop;
}

done_testing();
