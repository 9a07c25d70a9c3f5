# A second server: a physical standby that is read from and then promoted, and a subscriber that gets
# the rows of all tables and counts none of them twice.
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH T=$(mktemp -d) \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$T TESTDATADIR=$T TESTLOGDIR=$T/log \
#   prove -v test/t/006_replicas.pl

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S2TTest;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 'logical');
$primary->start;
$primary->safe_psql('postgres', 'CREATE EXTENSION s2t; ' . everything('early'));

my $stats = q{SELECT u.user_name, s.* FROM users AS u, sp_get_user_stats(u.id) AS s ORDER BY 1};

#
# A physical standby
#
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;
$primary->safe_psql('postgres', everything('an'));
my $id = $primary->safe_psql('postgres', q{
	SELECT c.recording_id FROM users AS u, sp_check_quota_and_create_recording(u.id, 'upload') AS c WHERE u.user_name = 'an-4'});
my $untouched = $primary->safe_psql('postgres', q{
	SELECT c.recording_id FROM users AS u, sp_check_quota_and_create_recording(u.id, 'upload') AS c WHERE u.user_name = 'an-5'});
my $user = $primary->safe_psql('postgres', q{SELECT id FROM users WHERE user_name = 'an-4'});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

is($standby->safe_psql('postgres', $CONTENTS), $primary->safe_psql('postgres', $CONTENTS), 'standby: the same rows');
my $answer = $primary->safe_psql('postgres', $stats);
like($answer, qr/^an-4\|\d+\|\d+\.\d\d\|/m, 'statistics of the primary');
is($standby->safe_psql('postgres', $stats), $answer, 'standby: the same statistics');
is($standby->safe_psql('postgres', "SELECT s2t_slot('$user'), s2t_version()"), $primary->safe_psql('postgres', "SELECT s2t_slot('$user'), s2t_version()"),
	'standby: functions that read nothing');
counted_ok($standby, 'postgres', 'standby');

my %write = (
	'sp_register_user' => q{CALL sp_register_user('new@example.com', 'new', 'hash', 'New', 'FREE')},
	's2t_register_user' => q{SELECT s2t_register_user('new@example.com', 'new', 'hash', 'New', 'FREE')},
	'sp_check_quota_and_create_recording' => "SELECT * FROM sp_check_quota_and_create_recording('$user', 'upload')",
	'sp_complete_recording' => "CALL sp_complete_recording('$id', 1500, '$GOOD')",
	'sp_fail_recording' => "CALL sp_fail_recording('$id', 'the engine failed')",
	'sp_change_user_plan' => "CALL sp_change_user_plan('$user', 'ENTERPRISE')",
	'sp_reset_monthly_cycles' => 'CALL sp_reset_monthly_cycles()',
	'sp_cleanup_old_recordings' => 'SELECT * FROM sp_cleanup_old_recordings(0)',
	'sp_purge_old_recordings' => 'CALL sp_purge_old_recordings(0)',
	'sp_seed_plans' => q{CALL sp_seed_plans()},
);
foreach my $name (sort keys %write)
{
	my $stderr;
	$standby->psql('postgres', "\\set VERBOSITY verbose\n$write{$name}", stderr => \$stderr);
	like($stderr, qr/ERROR:  25006: /, "standby, $name: a read-only error");
}
# What no server would take: whatever the error is, nothing is kept for the day when it is promoted.
foreach my $arguments ("1500, '$BAD'", "-1, '[]'")
{
	my $stderr;
	$standby->psql('postgres', "\\set VERBOSITY verbose\nCALL sp_complete_recording('$untouched', $arguments)", stderr => \$stderr);
	like($stderr, qr/ERROR:  (?:25006|22023): /, 'standby, bad arguments: an error');
}
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is($standby->safe_psql('postgres', $CONTENTS), $primary->safe_psql('postgres', $CONTENTS), 'standby: still the same rows');

#
# A subscriber, whose own triggers stand on the tables
#
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init(allows_streaming => 'logical');
$subscriber->start;
$subscriber->safe_psql('postgres', 'CREATE EXTENSION s2t');
$primary->safe_psql('postgres', 'CREATE PUBLICATION everything FOR ALL TABLES');
is( $primary->safe_psql('postgres', q{
	SELECT string_agg(c.relname, ', ') FROM pg_publication_tables AS p JOIN pg_class AS c ON c.relname = p.tablename AND c.relnamespace = 'public'::regnamespace
	 WHERE c.relreplident <> 'd' OR NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary)}),
	'', 'every table has a primary key, and needs no other identity');
$subscriber->safe_psql('postgres', sprintf 'CREATE SUBSCRIPTION everything CONNECTION %s PUBLICATION everything',
	"'" . $primary->connstr('postgres') =~ s/'/''/gr . "'");
$subscriber->wait_for_subscription_sync($primary, 'everything');

sub same_ok
{
	my ($name) = @_;
	$primary->wait_for_catchup('everything');
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($subscriber->safe_psql('postgres', $CONTENTS), $primary->safe_psql('postgres', $CONTENTS), "subscriber, $name: the same rows and counters");
	counted_ok($subscriber, 'postgres', "subscriber, $name");
	is($subscriber->safe_psql('postgres', $stats), $primary->safe_psql('postgres', $stats), "subscriber, $name: the same statistics");
	return;
}

same_ok('first copy');
$primary->safe_psql('postgres', everything('binh'));
same_ok('every procedure');
# A failure mark is a change like any other.
$primary->psql('postgres', "CALL sp_complete_recording('$id', 1500, '$BAD')");
$primary->poll_query_until('postgres', "SELECT status = 'failed' FROM recordings WHERE id = '$id'") or die 'no mark';
no_worker($primary);
same_ok('a failure mark');
is($subscriber->safe_psql('postgres', "SELECT status FROM recordings WHERE id = '$id'"), 'failed', 'subscriber: it has the mark');
$primary->safe_psql('postgres', qq{
	CALL sp_complete_recording('$id', 1500, '$GOOD');
	UPDATE recordings SET user_id = (SELECT id FROM users WHERE user_name = 'an-2') WHERE id IN (SELECT id FROM recordings ORDER BY id LIMIT 3);
	DELETE FROM users WHERE user_name = 'an-1';
	TRUNCATE segments});
same_ok('direct statements, TRUNCATE');

#
# Life after the primary
#
$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION everything');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
my $before = $primary->safe_psql('postgres', $CONTENTS);
$primary->stop;
$standby->promote;
is($standby->safe_psql('postgres', $CONTENTS), $before, 'promoted: nothing is lost');

foreach my $node ($standby, $subscriber)
{
	my $name = $node->name;
	is($node->safe_psql('postgres', q{SELECT count(*) FROM s2t_install()}), '0', "$name goes on: s2t_install() finds nothing to do");
	$node->safe_psql('postgres', everything('chi'));
	counted_ok($node, 'postgres', "$name goes on: every procedure");
	my $next = $node->safe_psql('postgres', q{
		SELECT c.recording_id FROM users AS u, sp_check_quota_and_create_recording(u.id, 'upload') AS c WHERE u.user_name = 'an-4'});
	$node->psql('postgres', "CALL sp_complete_recording('$next', 1500, '$BAD')");
	comes_true($node, 'postgres', "SELECT status FROM recordings WHERE id = '$next'", 'failed', "$name goes on: failure marks");
	$node->safe_psql('postgres', "CALL sp_complete_recording('$next', 1500, '$GOOD')");
	counted_ok($node, 'postgres', "$name goes on: at the end");
}
no_worker($standby);
is($standby->safe_psql('postgres', "SELECT status, error IS NULL FROM recordings WHERE id = '$untouched'"), 'processing|t',
	'promoted: what failed while it was a standby left no mark');

unlike(slurp_file($_->logfile), qr/PANIC|TRAP:|terminated by signal|still referenced|XX000/, $_->name . ': no crash and no leak in the log')
  for $primary, $standby, $subscriber;
$_->stop for $standby, $subscriber;
done_testing();
