# What the procedures write ahead says the same as what they wrote: a standby that compares every page
# it replays with the one of the primary finds no difference.
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH T=$(mktemp -d) \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$T TESTDATADIR=$T TESTLOGDIR=$T/log \
#   prove -v test/t/008_wal_consistency.pl

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S2TTest;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "wal_consistency_checking = 'all'\nmax_prepared_transactions = 1\nautovacuum = off\nwal_keep_size = 1GB\n");
$primary->start;
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->append_conf('postgresql.conf', "max_standby_streaming_delay = -1\n");
$standby->start;

# What $name wrote is replayed. A standby that meets a difference ends: waiting for it would not.
sub replayed_ok
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $lsn   = $primary->lsn('insert');
	my $tries = 10 * $PostgreSQL::Test::Utils::timeout_default;
	my ($log, $reached);
	do
	{
		$log = slurp_file($standby->logfile);
		$standby->psql('postgres', "SELECT pg_last_wal_replay_lsn() >= '$lsn'", stdout => \$reached);
		select undef, undef, undef, 0.1 if $reached ne 't';
	} until $reached eq 't' || $log =~ /inconsistent page|PANIC/ || $tries-- == 0;
	unlike($log, qr/inconsistent page|PANIC|terminated by signal/, "$name: no page differs");
	is($reached, 't', "$name: all is replayed");
	is($standby->safe_psql('postgres', $CONTENTS), $primary->safe_psql('postgres', $CONTENTS), "$name: the same rows");
	return;
}

my $start = $primary->lsn('insert');
$primary->safe_psql('postgres', 'CREATE EXTENSION s2t');
replayed_ok('CREATE EXTENSION');

# With a trigger, too: rows go through another way then.
foreach my $tag ('an', 'binh')
{
	$primary->safe_psql('postgres', everything($tag));
	replayed_ok("$tag: every procedure");
	$primary->safe_psql('postgres', q{
		CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.text := btrim(NEW.text); RETURN NEW; END $$;
		CREATE TRIGGER tidy BEFORE INSERT ON segments FOR EACH ROW EXECUTE FUNCTION tidy();
		ALTER TABLE segments ADD COLUMN length_ms int GENERATED ALWAYS AS (end_ms - start_ms) STORED}) if $tag eq 'an';
}

# What does not come to its end; many rows, wide ones; a mark by the worker; frozen rows.
my $id = $primary->safe_psql('postgres', q{
	SELECT c.recording_id FROM users AS u, sp_check_quota_and_create_recording(u.id, 'upload') AS c WHERE u.user_name = 'an-4'});
$primary->psql('postgres', qq{
	BEGIN;
	SELECT s2t_register_user('chi\@example.com', 'chi', 'hash', 'Chi', 'FREE');
	CALL sp_complete_recording('$id', 1500, '$GOOD');
	ROLLBACK;
	BEGIN;
	SAVEPOINT s;
	CALL sp_complete_recording('$id', 1500, '$GOOD');
	ROLLBACK TO s;
	COMMIT;
	CALL sp_complete_recording('$id', 1500, '$BAD')}, on_error_stop => 0);
$primary->poll_query_until('postgres', "SELECT status = 'failed' FROM recordings WHERE id = '$id'") or die 'no mark';
replayed_ok('rollbacks and a failure mark');

$primary->safe_psql('postgres', qq{
	SELECT jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i, 'end_ms', i, 'text', CASE WHEN i % 500 = 0 THEN repeat(md5(i::text), 200) ELSE 'đoạn ' || i END, 'n', i)) AS segments
	  FROM generate_series(0, 4999) AS i
	\\gset
	BEGIN;
	CALL sp_complete_recording('$id', 1500, :'segments');
	PREPARE TRANSACTION 'prepared';
	COMMIT PREPARED 'prepared';
	VACUUM (FREEZE) segments, recordings, user_subscriptions;
	DELETE FROM recordings WHERE id = '$id';
	VACUUM;
	CALL sp_reset_monthly_cycles();
	TRUNCATE segments;
	TRUNCATE recordings CASCADE});
replayed_ok('5,000 segments, VACUUM, TRUNCATE');
counted_ok($standby, 'postgres', 'the standby');

# That pages were there to be compared.
$primary->command_like([ 'pg_waldump', '--bkp-details', '--start', $start, '--limit', '2000', '--path', $primary->data_dir . '/pg_wal' ],
	qr/FPW for WAL verification/, 'the log has the pages for it');

$standby->stop;
$primary->stop;
done_testing();
