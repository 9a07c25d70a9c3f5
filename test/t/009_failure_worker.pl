# The worker that makes failure marks, when things go wrong around it: recordings that are held, a
# schema that is dropped, a database that lets nobody in, the worker terminated.
#
# Part of `make test`; alone as test/t/004_failure_marks.pl says.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S2TTest;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "log_min_messages = log\nmax_worker_processes = 32\n");
$node->start;

sub prepare
{
	my ($database, $schema) = @_;
	$node->safe_psql($database, qq{
		CREATE SCHEMA IF NOT EXISTS $schema;
		SET search_path = $schema;
		CREATE EXTENSION s2t SCHEMA $schema;
		CALL sp_seed_plans();
		SELECT s2t_register_user('an\@example.com', 'an', 'hash', 'An', 'ENTERPRISE')});
	return;
}

# New recordings.
sub take
{
	my ($many, $database, $schema) = @_;
	$database //= 'postgres';
	$schema //= 'public';
	return split /\n/, $node->safe_psql($database, qq{
		SELECT ($schema.sp_check_quota_and_create_recording(u.id, 'upload ' || n)).recording_id FROM generate_series(1, $many) AS n, $schema.users AS u});
}

# A call for each of them that fails before it has to wait for anybody.
sub fail_each
{
	my ($ids, $database, $schema) = @_;
	$schema //= 'public';
	$node->psql($database // 'postgres', join('', map { "CALL $schema.sp_complete_recording('$_', -1, '[]');\n" } @$ids), on_error_stop => 0);
	return;
}

sub failed_of
{
	my ($ids) = @_;
	return "SELECT count(*) FROM recordings WHERE status = 'failed' AND id IN (" . join(',', map { "'$_'" } @$ids) . ')';
}

sub lost { return $node->safe_psql('postgres', 'SELECT s2t_failure_marks_lost()'); }

# Opens a transaction that holds the recordings.
sub hold
{
	my ($ids, $schema) = @_;
	$schema //= 'public';
	my $holder = session($node, 'postgres');
	$holder->query('BEGIN; SELECT count(*) FROM (SELECT 1 FROM ' . $schema . '.recordings WHERE id IN (' . join(',', map { "'$_'" } @$ids) . ') FOR UPDATE) AS s;');
	return $holder;
}

my $worker = q{SELECT pid FROM pg_stat_activity WHERE backend_type = 's2t failure marks' AND datname = 'postgres'};

prepare('postgres', 'public');
my $offset = -s $node->logfile;

# More held ones than a batch: none is lost, and none holds up a free one.
my @held = take(150);
my ($holder, $id, $second);
$holder = hold(\@held);
fail_each(\@held);
($id) = take(1);
fail_each([$id]);
comes_true($node, 'postgres', failed_of([$id]), '1', 'a free one is marked while 150 are held');
is($node->safe_psql('postgres', failed_of(\@held)), '0', 'those that are held are not');
# And whoever fails again meanwhile changes nothing.
fail_each(\@held);
$holder->query('COMMIT');
comes_true($node, 'postgres', failed_of(\@held), '150', 'all of them are marked when they are let go');
no_worker($node);
is(lost(), '0', 'none is lost');
is($node->safe_psql('postgres', q{SELECT count(*), count(DISTINCT recording_id) FROM audit_log WHERE outcome = 'failed'}), '151|151', 'each is marked once');

# An owner that somebody holds is waited for no more than a recording.
($id) = take(1);
my $user = session($node, 'postgres');
$user->query('BEGIN; SELECT count(*) FROM (SELECT 1 FROM users FOR UPDATE) AS s;');
fail_each([$id]);
comes_true($node, 'postgres', "SELECT count(*) FROM ($worker) AS w", '1', 'the worker is there');
$user->query('COMMIT');
comes_true($node, 'postgres', failed_of([$id]), '1', 'one whose owner was held is marked');
$user->quit;

# Terminated with marks in its hands: another one makes them.
@held = take(3);
$holder = hold(\@held);
fail_each(\@held);
comes_true($node, 'postgres', "SELECT count(*) FROM ($worker) AS w", '1', 'a worker waits for those that are held');
my $first = $node->safe_psql('postgres', $worker);
# Having made a later mark, it has those of the held ones in its hands.
($id) = take(1);
fail_each([$id]);
comes_true($node, 'postgres', failed_of([$id]), '1', 'it goes on');
is($node->safe_psql('postgres', "SELECT pg_terminate_backend($first, 180000)"), 't', 'it is terminated');
like(slurp_file($node->logfile, $offset), qr/LOG:  3 recordings remain to be marked as failed/, 'it says what it leaves');
comes_true($node, 'postgres', "SELECT count(*) FROM ($worker) AS w WHERE pid <> $first", '1', 'another one comes');

# The settings are read again while it waits: sooner or later it does not audit any more.
$second = $node->safe_psql('postgres', $worker);
$node->append_conf('postgresql.conf', 's2t.audit = off');
$node->reload;
do
{
	($id) = take(1);
	fail_each([$id]);
	$node->poll_query_until('postgres', failed_of([$id]), '1') or die 'no mark';
} while ($node->safe_psql('postgres', "SELECT count(*) FROM audit_log WHERE recording_id = '$id'") ne '0');
is($node->safe_psql('postgres', $worker), $second, 'the same worker, under other settings');
$holder->query('COMMIT');
comes_true($node, 'postgres', failed_of(\@held), '3', 'the marks that were put back are made after all');
no_worker($node);
is(lost(), '0', 'still none is lost');

# A deferred trigger runs with the rights of the owner, mark after mark.
$node->safe_psql('postgres', q{
	CREATE TABLE seen (role name, n int GENERATED ALWAYS AS IDENTITY);
	CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (current_user); RETURN NULL; END $$;
	CREATE CONSTRAINT TRIGGER see AFTER UPDATE ON recordings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION see()});
my @two = take(2);
fail_each(\@two);
comes_true($node, 'postgres', failed_of(\@two), '2', 'with a deferred trigger: both are marked');
is($node->safe_psql('postgres', 'SELECT count(*), count(*) FILTER (WHERE role = (SELECT relowner::regrole::text FROM pg_class WHERE oid = \'recordings\'::regclass)) FROM seen'), '2|2', 'it ran as the owner');
$node->safe_psql('postgres', 'DROP TRIGGER see ON recordings');

# The extension goes with its schema while a mark of it waits.
$node->safe_psql('postgres', 'DROP EXTENSION s2t CASCADE; DROP TABLE audit_log, usage_cycles, segments, recordings, user_subscriptions, user_profiles, users, plans CASCADE');
prepare('postgres', 'aside');
my ($gone) = take(1, 'postgres', 'aside');
$holder = hold([$gone], 'aside');
fail_each([$gone], 'postgres', 'aside');
comes_true($node, 'postgres', "SELECT count(*) FROM ($worker) AS w", '1', 'a worker waits for a recording in a schema of its own');
$holder->query('DROP EXTENSION s2t CASCADE; DROP SCHEMA aside CASCADE; COMMIT;');
$holder->quit;
no_worker($node);
prepare('postgres', 'public');
is(lost(), '0', 'what is gone is not lost');
($id) = take(1);
fail_each([$id]);
comes_true($node, 'postgres', failed_of([$id]), '1', 'the next one is marked');

# Databases that let no worker in: their marks are told, and keep no room from others.
my @closed = map { "closed$_" } 1 .. 20;
foreach my $database (@closed)
{
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	prepare($database, 'public');
	my ($one) = take(1, $database);
	my $session = session($node, $database);
	$session->query("BEGIN; SAVEPOINT s; CALL sp_complete_recording('$one', 1500, '$BAD'); ROLLBACK TO s;");
	$node->safe_psql('postgres', "ALTER DATABASE $database ALLOW_CONNECTIONS false");
	$session->query('COMMIT');
	$session->quit;
}
comes_true($node, 'postgres', 'SELECT s2t_failure_marks_lost()', '20', 'the marks of twenty closed databases are counted as lost');
my @told = slurp_file($node->logfile, $offset) =~ /LOG:  recording \S+ could not be marked as failed\n.*DETAIL:  The worker could not connect to the database/g;
is(scalar @told, 20, 'and the log tells of each');
($id) = take(1);
fail_each([$id]);
comes_true($node, 'postgres', failed_of([$id]), '1', 'another database is marked in as before');

# One server of several: a mark waits while the slot of its recording is being moved, and is made when it is served
# again; what has left is another server's to fail.
no_worker($node);
$node->safe_psql('postgres', 'INSERT INTO slots (slot) SELECT g FROM generate_series(0, 4095) AS g; ALTER DATABASE postgres SET s2t.sharded = on');
foreach my $left (0, 1)
{
	($id) = take(1);
	my $slot = $node->safe_psql('postgres', "SELECT s2t_slot('$id')");
	my $caller = session($node, 'postgres');
	my $mover = session($node, 'postgres');
	# What the call held is given back with the savepoint; the mark is told at the commit.
	$caller->query("BEGIN; SAVEPOINT s; CALL sp_complete_recording('$id', 1500, '$BAD'); ROLLBACK TO s;");
	$mover->query("SELECT pg_advisory_lock(5452372, $slot); UPDATE slots SET state = 'ro' WHERE slot = $slot;");
	$caller->query('COMMIT');
	comes_true($node, 'postgres', "SELECT count(*) FROM ($worker) AS w", '1', 'the worker waits for a slot');
	is($node->safe_psql('postgres', "SELECT status FROM recordings WHERE id = '$id'"), 'processing', 'and does not mark');
	$mover->query($left ? "UPDATE slots SET state = 'gone', shard = 1 WHERE slot = $slot" : "UPDATE slots SET state = 'rw' WHERE slot = $slot");
	$mover->query("SELECT pg_advisory_unlock(5452372, $slot)");
	if ($left)
	{
		comes_true($node, 'postgres', 'SELECT s2t_failure_marks_lost()', '21', 'a mark of a recording that has left is given up');
		like(slurp_file($node->logfile, $offset), qr/LOG:  recording $id could not be marked as failed\n.*DETAIL:  The recording has moved to another shard/, 'with a word in the log');
		$node->safe_psql('postgres', "UPDATE slots SET state = 'rw' WHERE slot = $slot");
	}
	else
	{
		comes_true($node, 'postgres', failed_of([$id]), '1', 'the mark is made when the slot is served again');
	}
	$caller->quit;
	$mover->quit;
}
$node->safe_psql('postgres', 'ALTER DATABASE postgres RESET s2t.sharded; DELETE FROM slots');

# What was lost, and nothing else.
is(findings($node, 'postgres'), '', 'the doctor finds nothing wrong');
is($node->safe_psql('postgres', q{SELECT severity, problem FROM s2t_doctor() WHERE check_name = 'marks_lost'}),
	'warning|21 could not be made since the server started', 'but tells of the marks that were lost');

unlike(slurp_file($node->logfile), qr/PANIC|TRAP:|terminated by signal|still referenced|XX000/, 'no crash and no leak in the log');
$node->stop;
done_testing();
