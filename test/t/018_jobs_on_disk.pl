# Jobs commit batch by batch without waiting for the disk, and wait for it once, before they tell what they have
# done: what a job has told survives a crash that comes right after.
#
# Part of `make test`; alone: as 007_upgrade.pl.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('disk');
$node->init;
# Nobody else writes what a commit has left to be written.
$node->append_conf('postgresql.conf', "autovacuum = off\nwal_writer_delay = 10s\nwal_writer_flush_after = 0\n");
$node->start;

sub ask { return $node->safe_psql('postgres', @_) }

ask(q{
CREATE EXTENSION s2t;
INSERT INTO plans (code, name, monthly_usage_limit) VALUES ('OPEN', 'Open', 1000000);
SELECT count(s2t_register_user('user' || n || '@example.com', 'user' || n, 'hash', NULL, 'OPEN')) FROM generate_series(1, 2500) AS n;
SELECT count(*) FROM users, LATERAL sp_check_quota_and_create_recording(users.id, 'upload', 'vi');
UPDATE recordings SET created_at = created_at - interval '1 year';
UPDATE user_subscriptions SET cycle_start = cycle_start - interval '2 months', cycle_end = cycle_end - interval '2 months';
});

# What each job leaves undone.
my @jobs = (
	[ 'CALL sp_reset_monthly_cycles()', 'SELECT count(*) FROM user_subscriptions WHERE cycle_end <= now()' ],
	[ q{CALL sp_fail_stale_recordings('1 hour', 700)}, q{SELECT count(*) FROM recordings WHERE status = 'processing'} ],
	[ 'CALL sp_purge_old_recordings(30, 700)', 'SELECT count(*) FROM recordings' ],
	[ q{CALL sp_purge_usage_entries('0', 700)}, q{SELECT count(*) FROM usage_entries WHERE cycle_id IN (SELECT id FROM usage_cycles)} ],
	[ q{CALL sp_purge_audit_log('0', 700)}, q{SELECT count(*) FROM audit_log WHERE procedure_name LIKE '%register%'} ]);
for (@jobs)
{
	my ($call, $left) = @$_;
	isnt(ask($left), 0, "$call: there is something to do");
	ask($call);
	$node->stop('immediate');
	$node->start;
	is(ask($left), 0, "$call: what it told is so after a crash");
}

# A caller who does not wait for any commit does not wait for these either.
ask('UPDATE user_subscriptions SET cycle_start = cycle_start - interval \'2 months\', cycle_end = cycle_end - interval \'2 months\'');
my $synced = ask(q{
SET synchronous_commit = off;
CALL sp_reset_monthly_cycles();
SELECT pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn();
});
is($synced, 't', 'synchronous_commit = off is off for jobs, too');

done_testing();
