# Backends and whole servers killed at any moment of a mixed load: after each recovery the counters are
# a recount, nothing is half done, and everything that was acknowledged is there.
#
# CRASH_ROUNDS makes it longer (default: 40), CRASH_SEED repeats the choices of another run.
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH T=$(mktemp -d) \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$T TESTDATADIR=$T TESTLOGDIR=$T/log \
#   prove -v test/t/005_crash.pl

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S2TTest;
use Test::More;

my $ROUNDS  = $ENV{CRASH_ROUNDS} // 40;
my $CLIENTS = 4;
my $STEPS   = 1500;   # more than any client gets to do, even if the last of them is slow to begin
my $seed    = $ENV{CRASH_SEED} // time;
diag("CRASH_SEED=$seed");
srand $seed;

# Only processes die here: what a server has handed to the system stays.
my $node = PostgreSQL::Test::Cluster->new('crash');
$node->init;
$node->append_conf('postgresql.conf', "restart_after_crash = on\nsynchronous_commit = on\ncheckpoint_timeout = 30s\nlog_statement = none\n");
$node->append_conf('postgresql.conf', "deadlock_timeout = 100ms\nclient_min_messages = warning\n");
$node->start;

# What the clients were told is done is written down in "told", which is safe: it is filled by this
# test, after a recovery.
$node->safe_psql('postgres', q{
CREATE EXTENSION s2t;
CALL sp_seed_plans();
SELECT s2t_register_user(format('u%s@example.com', n), format('u%s', n), 'hash', NULL, 'ENTERPRISE') FROM generate_series(1, 10) AS n;
CREATE TABLE told (round int, what text, id uuid, n int);
CREATE FUNCTION some_user() RETURNS uuid LANGUAGE sql AS 'SELECT id FROM users WHERE user_name = (SELECT ''u'' || (1 + floor(random() * 10)))';
CREATE FUNCTION transcript(n int) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 10, 'end_ms', i * 10 + 9, 'text', repeat('đoạn ' || i || ' ', 10))), '[]')
      FROM generate_series(0, n - 1) AS i $$;
});

# A step of a client: statements for psql, and what to write down if the last of them was answered.
# Rows of direct statements have another source than those of the procedures.
sub step
{
	my ($name) = @_;
	my $plan  = (qw(BASIC PREMIUM ENTERPRISE ENTERPRISE))[ int rand 4 ];
	my $n     = int rand(rand() < 0.1 ? 1500 : 30);
	my $told  = sub { my ($what, $id, $number) = @_; return "\\if :ERROR\n\\else\n\\echo told,$what,:$id," . ($number // 0) . "\n\\endif\n" };
	my $create = "\\unset r\nSELECT recording_id AS r FROM sp_check_quota_and_create_recording(some_user(), 'upload') \\gset\n";
	my $complete = "SELECT transcript($n) AS s \\gset\nCALL sp_complete_recording(:'r', $n * 137, :'s');\n";
	my $dice = rand;
	return "SELECT s2t_register_user('$name\@example.com', '$name', 'hash', 'Name', '$plan') AS u \\gset\n" . $told->('user', 'u') if $dice < 0.1;
	return $create . $told->('created', 'r') if $dice < 0.2;
	return $create . $complete . $told->('done', 'r', $n) if $dice < 0.45;
	# COMMIT of a transaction that has failed is no error.
	return "BEGIN;\n$create$complete\\if :ERROR\nROLLBACK;\n\\else\nCOMMIT;\n" . $told->('done', 'r', $n) . "\\endif\n" if $dice < 0.55;
	return "BEGIN;\n$create$complete" . "ROLLBACK;\n" if $dice < 0.6;
	return $create . "CALL sp_complete_recording(:'r', 1, '$BAD');\n" if $dice < 0.65;
	return $create . "CALL sp_fail_recording(:'r', 'engine');\n" . $told->('failed', 'r') if $dice < 0.7;
	return "SELECT some_user() AS u \\gset\nCALL sp_change_user_plan(:'u', '$plan', true);\n" if $dice < 0.75;
	return "UPDATE user_subscriptions SET cycle_start = cycle_start - interval '40 days', cycle_end = now() - interval '1 day' WHERE user_id = some_user();\n"
	  . "CALL sp_reset_monthly_cycles();\n" if $dice < 0.8;
	return "INSERT INTO recordings (user_id, source, status, duration_ms, created_at, completed_at)"
	  . " SELECT u, 'import', 'done', 100, now() - interval '200 days', now() FROM some_user() AS u, generate_series(1, 5);\n"
	  . "INSERT INTO segments SELECT id, g, 0, 1, 'x' FROM recordings, generate_series(0, 4) AS g WHERE source = 'import' AND segment_count = 0 ON CONFLICT DO NOTHING;\n"
	  if $dice < 0.87;
	return "DELETE FROM segments WHERE recording_id IN (SELECT id FROM recordings WHERE source = 'import' ORDER BY id LIMIT 3) AND idx > 2;\n" if $dice < 0.91;
	return "DELETE FROM recordings WHERE id IN (SELECT id FROM recordings WHERE source = 'import' ORDER BY id LIMIT 2);\n" if $dice < 0.94;
	return "SELECT count(*) FROM sp_cleanup_old_recordings(90, 3);\n" if $dice < 0.97;
	return "CALL sp_purge_old_recordings(90, 2);\n";
}

# What must hold at every moment. With what the clients were told.
my %invariant = (
	'the doctor finds nothing' => q{
		SELECT count(*) FROM s2t_doctor() WHERE severity = 'error'},
	'usage is what is charged and completed, in open and closed cycles' => q{
		SELECT count(*) FROM user_subscriptions AS s
		  LEFT JOIN (SELECT user_id, count(charged_cycle_id) AS n, sum((duration_ms + 999) / 1000) AS seconds FROM recordings WHERE source = 'upload' GROUP BY 1) AS r USING (user_id)
		  LEFT JOIN (SELECT user_id, sum(usage_count) AS n, sum(used_seconds) AS seconds FROM usage_cycles WHERE NOT carried GROUP BY 1) AS c USING (user_id)
		 WHERE (s.usage_count + coalesce(c.n, 0), s.used_seconds + coalesce(c.seconds, 0)) IS DISTINCT FROM (coalesce(r.n, 0), coalesce(r.seconds, 0))},
	'no call is half done' => q{
		SELECT (SELECT count(*) FROM users AS u WHERE NOT EXISTS (SELECT FROM user_profiles AS p WHERE p.user_id = u.id)
		            OR NOT EXISTS (SELECT FROM user_subscriptions AS s WHERE s.user_id = u.id))
		     + (SELECT count(*) FROM recordings WHERE source = 'upload' AND
		            (status, completed_at IS NOT NULL, error IS NOT NULL, segment_count * 137 = duration_ms) NOT IN
		            (('processing', false, false, true), ('done', true, false, true), ('failed', false, true, true)))},
	'users that were acknowledged are there' => q{
		SELECT count(*) FROM told AS t WHERE what = 'user' AND NOT EXISTS (SELECT FROM users AS u WHERE u.id = t.id)},
	'recordings that were acknowledged are there' => q{
		SELECT count(*) FROM told AS t WHERE what = 'created' AND NOT EXISTS (SELECT FROM recordings AS r WHERE r.id = t.id)},
	'completions that were acknowledged are there, with every segment' => q{
		SELECT count(*) FROM told AS t WHERE what = 'done' AND NOT EXISTS
		       (SELECT FROM recordings AS r WHERE r.id = t.id AND r.status = 'done' AND r.segment_count = t.n AND r.duration_ms = t.n * 137)},
	'failures that were acknowledged are there' => q{
		SELECT count(*) FROM told AS t WHERE what = 'failed' AND NOT EXISTS
		       (SELECT FROM recordings AS r WHERE r.id = t.id AND r.status = 'failed' AND r.error = 'engine')},
);
my @names = sort keys %invariant;
my $check = 'SELECT ' . join(",\n", map { "($invariant{$_})" } @names);

my $dir = PostgreSQL::Test::Utils::tempdir;
my %against;

foreach my $round (1 .. $ROUNDS)
{
	# Clients that go on until their connection is lost.
	my (@runs, @pids);
	foreach my $client (1 .. $CLIENTS)
	{
		my $script = "$dir/$client.sql";
		unlink $script;
		append_to_file($script, join '', "SELECT pg_backend_pid() AS pid \\gset\n\\echo pid,:pid\n", map { step("r$round-$client-$_") } 1 .. $STEPS);
		my ($stdout, $stderr) = ('', '');
		push @runs, { out => \$stdout, err => \$stderr,
			run => IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', $script ], '<', \undef, '>', \$stdout, '2>', \$stderr) };
	}
	# All of them have begun and some of their work is done; then at any moment.
	my $enough = int rand 25;
	until ((grep { ${ $_->{out} } =~ /^pid,/m } @runs) == @runs && (() = join('', map { ${ $_->{out} } } @runs) =~ /^told/mg) >= $enough)
	{
		die "a client ended early: ${ $_->{err} }" for grep { !$_->{run}->pumpable } @runs;
		$_->{run}->pump_nb for @runs;
		select undef, undef, undef, 0.005;
	}
	select undef, undef, undef, rand 0.05;

	my $victim = $round % 2 ? 'postmaster' : 'backend';
	if ($victim eq 'postmaster')
	{
		$node->kill9;
	}
	else
	{
		my ($pid) = ${ $runs[ int rand @runs ]->{out} } =~ /^pid,(\d+)/m;
		kill 'KILL', $pid;
	}
	$_->{run}->finish for @runs;
	if ($victim eq 'postmaster')
	{
		# Not before the last of its children has noticed.
		my $tries = 10 * $PostgreSQL::Test::Utils::timeout_default;
		until ($node->start(fail_ok => 1))
		{
			die 'it does not start' if $tries-- == 0;
			select undef, undef, undef, 0.1;
			$node->stop('fast', fail_ok => 1);
		}
	}
	die 'it does not come back' unless comes_back($node);

	my $told = "$dir/told.csv";
	unlink $told;
	append_to_file($told, join '', map { my $out = ${ $_->{out} }; map { "$round,$_\n" } $out =~ /^told,(\w+,[0-9a-f-]{36},\d+)$/mg } @runs);
	my @seen = split /\|/, $node->safe_psql('postgres', "COPY told FROM '$told' (FORMAT csv);\n$check");
	$against{ $names[$_] } .= $seen[$_] == 0 ? '' : "round $round, $victim: $seen[$_]\n" for 0 .. $#names;
}

is($against{$_}, '', "$_, after each of $ROUNDS crashes") for @names;

# Enough was under way to mean something.
my $done = $node->safe_psql('postgres', q{SELECT string_agg(what || ' ' || n, ', ' ORDER BY what) FROM (SELECT what, count(*) AS n FROM told GROUP BY 1) AS t});
diag("acknowledged: $done");
is($node->safe_psql('postgres', q{SELECT count(DISTINCT what), count(*) > 100 FROM told}), '4|t', 'every kind of work was acknowledged');

$node->safe_psql('postgres', everything('an'));
counted_ok($node, 'postgres', 'every procedure afterwards');
with_tools($node);
command_ok([ 'pg_amcheck', '--install-missing', '--heapallindexed', '-d', 'postgres' ], 'heaps and indexes are sound');
my $log = slurp_file($node->logfile);
unlike($log, qr/PANIC|TRAP:|terminated by signal (?!9)|still referenced|XX\d\d\d|could not read block/, 'no other crash in the log');
$node->stop;
done_testing();
