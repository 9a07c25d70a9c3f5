# A library that is not among the server's own is found along dynamic_library_path: by the
# functions, by shared_preload_libraries and by the worker of the failure marks.
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$(mktemp -d) \
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
	$node->append_conf('postgresql.conf', "dynamic_library_path = '$elsewhere'");
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

done_testing();
