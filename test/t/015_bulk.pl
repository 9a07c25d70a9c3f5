# Many rows go in together, as COPY stores them, unless a column that is left open has a default that
# could look at the table in between. Which of the two it was stands in the write-ahead log.
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH T=$(mktemp -d) \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$T TESTDATADIR=$T TESTLOGDIR=$T/log \
#   prove -v test/t/015_bulk.pl

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S2TTest;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('bulk');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\n");
$node->start;

# How many records of each kind $sql writes for the rows of $table.
sub records_of
{
	my ($sql, $table) = @_;
	my $from = $node->lsn('insert');
	$node->safe_psql('postgres', "SET client_min_messages = warning; $sql");
	# A record of a later transaction, so that the end of the range is a record's beginning.
	$node->safe_psql('postgres', 'SELECT pg_switch_wal()');
	my $to = $node->lsn('flush');
	my $file = $node->safe_psql('postgres', "SELECT pg_relation_filenode('$table')");
	my ($out) = run_command([ 'pg_waldump', '--path', $node->data_dir . '/pg_wal', '--start', $from, '--end', $to ]);
	my %count = (many => 0, one => 0);
	for (split /\n/, $out)
	{
		next unless m{rel \d+/\d+/$file blk};
		$count{many}++ if /desc: MULTI_INSERT/;
		$count{one}++ if /desc: INSERT/;
	}
	return \%count;
}

my $users = 2000;
$node->safe_psql(
	'postgres', qq{
CREATE EXTENSION s2t;
INSERT INTO plans (code, name) VALUES ('FREE', 'Free');
SELECT count(s2t_register_user(format('u%s\@example.com', n), format('u%s', n), 'hash', NULL, 'FREE')) FROM generate_series(1, $users) AS n;
});
my $end_cycles = "UPDATE user_subscriptions SET cycle_start = now() - interval '70 days', cycle_end = now() - interval '40 days'";

$node->safe_psql('postgres', $end_cycles);
my $reset = records_of('CALL sp_reset_monthly_cycles()', 'usage_cycles');
is($node->safe_psql('postgres', 'SELECT count(*) FROM usage_cycles'), $users, 'the reset archives every cycle');
cmp_ok($reset->{many}, '>', 1, 'many at a time');
is($reset->{one}, 0, 'and none alone');

# The id has a default that is volatile, but the reset sets it. This one is left open.
$node->safe_psql('postgres', "ALTER TABLE usage_cycles ADD COLUMN stamp timestamptz DEFAULT clock_timestamp(); $end_cycles");
$reset = records_of('CALL sp_reset_monthly_cycles()', 'usage_cycles');
is_deeply($reset, { many => 0, one => $users }, 'one at a time where a default of the owner could look at the table');
is($node->safe_psql('postgres', 'SELECT count(DISTINCT stamp) > 1 FROM usage_cycles'), 't', 'which is asked for each row');

my $recording = $node->safe_psql('postgres',
	q{SELECT recording_id FROM sp_check_quota_and_create_recording((SELECT id FROM users LIMIT 1), 'upload')});
$node->safe_psql(
	'postgres', q{
CREATE FUNCTION payload(n int) RETURNS jsonb LANGUAGE sql AS
  $$SELECT jsonb_agg(jsonb_build_object('idx', i, 'start_ms', 0, 'end_ms', 1, 'text', 'x')) FROM generate_series(1, n) AS i$$;
});
my $completion = records_of("CALL sp_complete_recording('$recording', 1, payload(3000))", 'segments');
cmp_ok($completion->{many}, '>', 1, 'segments go in many at a time');
is($completion->{one}, 0, 'and none alone');

$node->stop;
done_testing();
