# A completion that fails for good: the caller gets the error, unchanged, and the recording ends
# failed, although the caller's transaction rolls back. And whatever may come between.
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH T=$(mktemp -d) \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$T TESTDATADIR=$T TESTLOGDIR=$T/log \
#   prove -v test/t/004_failure_marks.pl

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S2TTest;
use Test::More;

my $BURST = 1000;

my $node;

# What the tests do in every database: take a recording, and look at one.
my $prepare = q{
CREATE EXTENSION s2t;
CALL sp_seed_plans();
SELECT s2t_register_user('an@example.com', 'an', 'hash', 'An', 'ENTERPRISE');
CREATE FUNCTION take() RETURNS uuid LANGUAGE sql AS
    $$ SELECT c.recording_id FROM users AS u, sp_check_quota_and_create_recording(u.id, 'upload') AS c $$;
CREATE FUNCTION complete_badly(id uuid) RETURNS void LANGUAGE plpgsql AS
    $$ BEGIN CALL sp_complete_recording(id, 1500, '[{"idx": 0, "start_ms": 9, "end_ms": 1, "text": "x"}]'); END $$;
};

sub take { my ($database) = @_; return $node->safe_psql($database // 'postgres', 'SELECT take()'); }

sub bad  { my ($id) = @_; return "CALL sp_complete_recording('$id', 1500, '$BAD');\n"; }
sub good { my ($id) = @_; return "CALL sp_complete_recording('$id', 1500, '$GOOD');\n"; }

# Runs $sql in a session of its own, past errors; the SQLSTATEs of its errors.
sub errors_of
{
	my ($sql, $database) = @_;
	my $stderr = '';
	$node->psql($database // 'postgres', "\\set VERBOSITY verbose\n$sql", stderr => \$stderr, on_error_stop => 0);
	return join ' ', $stderr =~ /^(?:psql:\S+ )?(?:ERROR|FATAL):  ([0-9A-Z]{5}):/mg;
}

# Runs $sql in an open session; the SQLSTATE of its last statement.
sub say_to
{
	my ($session, $sql) = @_;
	return (split /\n/, $session->query(terminated($sql) . '\\echo :SQLSTATE'))[-1];
}

# The same in two steps, for statements that wait.
sub send_to
{
	my ($session, $sql) = @_;
	$session->query_until(qr/sent\n/, "\\echo sent\n" . terminated($sql) . "\\echo :SQLSTATE\n");
	return;
}

sub answer_of
{
	my ($session) = @_;
	return (split /\n/, $session->query_until(qr/^[0-9A-Z]{5}\n/m, ''))[-1];
}

sub terminated
{
	my ($sql) = @_;
	return $sql =~ s/;?\s*\z/;\n/r;
}

sub state_of
{
	my ($id, $database) = @_;
	return $node->safe_psql($database // 'postgres', "SELECT status FROM recordings WHERE id = '$id'");
}

sub marked
{
	my ($id, $name, $database) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return comes_true($node, $database // 'postgres', "SELECT status FROM recordings WHERE id = '$id'", 'failed', "$name: marked");
}

# Every mark that was asked for before has been made when this returns.
sub settle
{
	my ($database) = @_;
	$database //= 'postgres';
	my $last = take($database);
	errors_of(bad($last), $database);
	$node->poll_query_until($database, "SELECT status = 'failed' FROM recordings WHERE id = '$last'") or die 'no mark';
	no_worker($node);
	return;
}

# The waiting of a backend for a lock.
sub waits
{
	my ($what) = @_;
	$node->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND $what") or die 'nobody waits';
	return;
}

# A worker with a mark in its hands stays.
sub worker_there
{
	$node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type = 's2t failure marks'}) or die 'no worker';
	return;
}

# Everything that does not depend on how much memory or how many workers there are.
sub cases
{
	my ($mode) = @_;
	my ($id, $other, @ids, $session, $second);
	my $calls = 0;

	$node->safe_psql('postgres', 'CREATE DATABASE aside');
	$node->safe_psql($_, $prepare) for 'postgres', 'aside';

	#
	# From where it is called
	#
	my $offset = -s $node->logfile;
	my %call = (
		'autocommit' => sub { bad($_[0]) },
		'in a transaction, rolled back' => sub { 'BEGIN; ' . bad($_[0]) . 'ROLLBACK;' },
		'in a transaction, committed'   => sub { 'BEGIN; ' . bad($_[0]) . 'COMMIT;' },
		'in a savepoint, rolled back to, committed' =>
		  sub { 'BEGIN; SAVEPOINT s; ' . bad($_[0]) . 'ROLLBACK TO s; COMMIT;' },
		'in a savepoint, all rolled back' => sub { 'BEGIN; SAVEPOINT s; ' . bad($_[0]) . 'ROLLBACK TO s; ROLLBACK;' },
		'in nested savepoints' =>
		  sub { 'BEGIN; SAVEPOINT s; SAVEPOINT t; ' . bad($_[0]) . 'ROLLBACK TO t; RELEASE s; COMMIT;' },
		'in a function' => sub { "SELECT complete_badly('$_[0]');" },
		'in a DO block' => sub { "DO \$\$ BEGIN PERFORM complete_badly('$_[0]'); END \$\$;" },
		'at REPEATABLE READ' => sub { 'BEGIN ISOLATION LEVEL REPEATABLE READ; ' . bad($_[0]) . 'ROLLBACK;' },
		'at SERIALIZABLE' => sub { 'BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM recordings; ' . bad($_[0]) . 'ROLLBACK;' },
		'with a session that ends in its transaction' => sub { 'BEGIN; SAVEPOINT s; ' . bad($_[0]) . 'ROLLBACK TO s; SELECT 1;' },
		'after completing another one, rolled back' => sub { 'BEGIN; ' . good(take()) . bad($_[0]) . 'ROLLBACK;' },
		'in a transaction that is prepared' =>
		  sub { 'BEGIN; SAVEPOINT s; ' . bad($_[0]) . "ROLLBACK TO s; PREPARE TRANSACTION 'prepared';" },
	);
	my %id_of;
	foreach my $name (sort keys %call)
	{
		$id = $id_of{$name} = take();
		is(errors_of($call{$name}->($id)), '22023', "$mode, $name: the error reaches the caller");
		$calls++;
	}
	marked($id_of{$_}, "$mode, $_") for sort keys %call;
	$node->safe_psql('postgres', "ROLLBACK PREPARED 'prepared'");

	# A block that handles the error is no error.
	$id = take();
	is( errors_of(qq{
		DO \$\$ BEGIN PERFORM complete_badly('$id'); EXCEPTION WHEN invalid_parameter_value THEN NULL; END \$\$;}),
		'', "$mode, in a block with EXCEPTION: handled");
	$calls++;
	marked($id, "$mode, in a block with EXCEPTION");
	# A function on the way to a row, twice in one statement.
	($id, $other) = (take(), take());
	is( $node->safe_psql('postgres', qq{
		CREATE FUNCTION try(id uuid) RETURNS text LANGUAGE plpgsql AS \$\$
		BEGIN PERFORM complete_badly(id); RETURN 'good'; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END \$\$;
		SELECT string_agg(try(id), ' ') FROM recordings WHERE id IN ('$id', '$other')}),
		'22023 22023', "$mode, two in one statement: both handled");
	$calls += 2;
	marked($_, "$mode, two in one statement") for $id, $other;

	# What a mark consists of.
	$id = take();
	errors_of(bad($id));
	$calls++;
	marked($id, "$mode, what a mark is");
	is( $node->safe_psql('postgres', qq{
		SELECT duration_ms, completed_at IS NULL, segment_count, error LIKE '%segment%1%', (SELECT count(*) FROM segments WHERE recording_id = r.id)
		  FROM recordings AS r WHERE id = '$id'}), '0|t|0|t|0', "$mode: the reason is there, and nothing else of the call");
	settle();
	$calls++;
	is($node->safe_psql('postgres', q{SELECT count(*), count(DISTINCT recording_id), count(DISTINCT procedure_name) FROM audit_log WHERE outcome = 'failed'}),
		"$calls|$calls|1", "$mode: one row of the audit log for each mark");
	unlike(slurp_file($node->logfile, $offset), qr/could not be marked/, "$mode: nothing is said to be lost");

	# Nothing of what was said: neither in the reason, nor where the server writes its errors.
	$node->safe_psql('postgres', q{ALTER TABLE segments ADD CONSTRAINT brief CHECK (text NOT LIKE '%secret%'); ALTER DATABASE postgres SET log_min_error_statement = panic});
	my $from = -s $node->logfile;
	my $said = 'unmistakably secret';
	my %quoting = (
		'a string for a number' => qq{CALL sp_complete_recording('<id>', 1500, '[{"idx": 0, "start_ms": "$said", "end_ms": 1, "text": "x"}]');},
		'strings for objects' => qq{CALL sp_complete_recording('<id>', 1500, '["$said"]');},
		'a text that is cut off' => qq!SELECT s2t_complete_recording_text('<id>', 1500, '[{"idx": 0, "text": "x" $said');!,
		'a document with a string for a time' => qq{SELECT sp_import_transcript('<id>', '{"text": "x", "segments": [{"start": "$said", "end": 1, "text": "x"}]}');},
		'a CHECK' => qq{CALL sp_complete_recording('<id>', 1500, '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "$said"}]');},
	);
	foreach my $what (sort keys %quoting)
	{
		$id = take();
		my $stderr = '';
		$node->psql('postgres', $quoting{$what} =~ s/<id>/$id/r, stderr => \$stderr);
		like($stderr, qr/unmistak/, "$mode, $what: the caller is told");
		marked($id, "$mode, $what");
		unlike($node->safe_psql('postgres', "SELECT error FROM recordings WHERE id = '$id'"), qr/unmistak/, "$mode, $what: it is not kept");
		$calls++;
	}
	# The server's own DETAIL of a CHECK is a row, which it writes into its log: that is the owner's constraint.
	unlike(join("\n", grep { !/Failing row contains|LOG:  (statement|execute)/ } split /\n/, slurp_file($node->logfile, $from)), qr/unmistak/, "$mode: nor is it in the server log");
	$node->safe_psql('postgres', 'ALTER TABLE segments DROP CONSTRAINT brief; ALTER DATABASE postgres RESET log_min_error_statement');
	settle();

	# The error is the one that is raised without marks.
	$id = take();
	my @stderr = ('', '');
	$node->psql('postgres', "SET s2t.mark_failed = $_;\n\\set VERBOSITY verbose\n" . bad($id), stderr => \$stderr[$_ eq 'on'], on_error_stop => 0)
	  for 'off', 'on';
	like($stderr[0], qr/^psql:<stdin>:3: ERROR:  22023: .*\nDETAIL:  /, "$mode: an error with its SQLSTATE and DETAIL");
	is($stderr[1], $stderr[0], "$mode: the error is the same with marks");
	marked($id, "$mode, the same error");

	#
	# What has come in between when the transaction ends
	#
	# The caller goes on and completes it.
	($id, $other) = (take(), take());
	is(errors_of('BEGIN; SAVEPOINT s; ' . bad($id) . 'ROLLBACK TO s; ' . good($id) . 'COMMIT;' . bad($other)), '22023 22023', "$mode: a good retry in the same transaction");
	is($node->safe_psql('postgres', "SELECT status, error IS NULL, segment_count FROM recordings WHERE id = '$id'"), 'done|t|2', "$mode: and it is done");
	# Completed, then failed at a repetition with other content.
	$ids[0] = take();
	is(errors_of('BEGIN; ' . good($ids[0]) . 'SAVEPOINT s; ' . bad($ids[0]) . 'ROLLBACK TO s; COMMIT;'), '22023', "$mode: a bad repetition in the same transaction");
	# Somebody else completes it before the transaction ends.
	$ids[1] = take();
	$session = session($node, 'postgres');
	is(say_to($session, 'BEGIN; SAVEPOINT s; ' . bad($ids[1])), '22023', "$mode: fails, and the transaction stays open");
	say_to($session, 'ROLLBACK TO s');
	is(errors_of(good($ids[1])), '', "$mode: another session completes it");
	is(say_to($session, 'COMMIT'), '00000', "$mode: then the first one commits");
	# It is another attempt by then, or somebody else's: begun again, claimed, given back, held.
	my $with_lease = sub { my ($of) = @_; return "SELECT s2t_complete_recording('$of', 1500, '$BAD', (SELECT lease FROM recordings WHERE id = '$of'));\n"; };
	my $claim = sub { my ($of, $time) = @_; return "SELECT s2t_queue_recording('$of', 1); SELECT s2t_claim_recordings('w', 1, '$time');\n"; };
	my %between = (
		'begun again' => [ '', \&bad, sub { "SELECT s2t_fail_recording('$_[0]', 'engine'); SELECT s2t_retry_recording('$_[0]');" } ],
		'claimed' => [ '', \&bad, sub { $claim->($_[0], '1 ms') } ],
		'claimed by another' => [ '1 ms', $with_lease, sub { $claim->($_[0], '1 ms') } ],
		'given back' => [ '1 hour', $with_lease, sub { "SELECT s2t_release_recording('$_[0]', (SELECT lease FROM recordings WHERE id = '$_[0]'));" } ],
		'held by another' => [ '1 hour', \&bad, sub { 'SELECT 1;' } ]);
	my @spared;
	foreach my $name (sort keys %between)
	{
		my ($lease, $fail, $meanwhile) = @{ $between{$name} };
		push @spared, my $one = take();
		errors_of($claim->($one, $lease)) if $lease;
		my $caller = session($node, 'postgres');
		is(say_to($caller, 'BEGIN; SAVEPOINT s; ' . $fail->($one)), '22023', "$mode: fails, before it is $name");
		say_to($caller, 'ROLLBACK TO s');
		is(errors_of($meanwhile->($one)), '', "$mode: it is $name");
		is(say_to($caller, 'COMMIT'), '00000', "$mode: the call of the earlier attempt ends");
		$caller->quit;
		errors_of("SELECT s2t_queue_recording('$one', NULL)");
	}
	settle();
	is(join(' ', map { state_of($_) } @spared), join(' ', ('processing') x @spared), "$mode: none of them is marked");
	# With the lease in force the attempt is the caller's own.
	$id = take();
	errors_of($claim->($id, '1 hour'));
	is(errors_of($with_lease->($id)), '22023', "$mode: the worker that holds it fails");
	marked($id, "$mode, with the lease");

	# It was done, or marked by somebody else, before the call failed.
	($ids[2], $ids[3]) = (take(), take());
	is(errors_of(good($ids[2]) . bad($ids[2])), '22023', "$mode: a bad call on one that is done");
	is(errors_of("CALL sp_fail_recording('$ids[3]', 'the engine failed');" . bad($ids[3])), '22023', "$mode: a bad call on one that has failed");
	# It is deleted, or never was.
	is(errors_of("BEGIN; SELECT take() AS id \\gset \nSAVEPOINT s; CALL sp_complete_recording(:'id', -1, '[]'); ROLLBACK;"), '22023', "$mode: one that was never committed");
	is(errors_of(bad('00000000-0000-7000-8000-000000000000')), 'P0002', "$mode: one that is not known");
	$ids[4] = take();
	is(errors_of("BEGIN; SAVEPOINT s;" . bad($ids[4]) . "ROLLBACK TO s; DELETE FROM recordings WHERE id = '$ids[4]'; COMMIT;"), '22023', "$mode: one that the caller deletes");

	#
	# Errors that a retry need not meet again
	#
	my %transient;
	my $holder = session($node, 'postgres');
	foreach my $case (['lock_timeout', '55P03'], ['statement_timeout', '57014'])
	{
		my ($setting, $code) = @$case;
		$id = take();
		say_to($holder, "BEGIN; SELECT 1 FROM recordings WHERE id = '$id' FOR UPDATE");
		is(errors_of("SET $setting = '50ms'; " . good($id)), $code, "$mode, $setting: the error reaches the caller");
		say_to($holder, 'ROLLBACK');
		$transient{$setting} = $id;
	}
	$id = $transient{cancel} = take();
	say_to($holder, "BEGIN; SELECT 1 FROM recordings WHERE id = '$id' FOR UPDATE");
	$second = session($node, 'postgres');
	send_to($second, good($id));
	waits(q{query LIKE 'CALL sp_complete_recording%'});
	$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'CALL sp_complete_recording%'});
	is(answer_of($second), '57014', "$mode, cancel: the error reaches the caller");
	say_to($holder, 'ROLLBACK');

	$id = $transient{serialization} = take();
	say_to($second, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
	$node->safe_psql('postgres', "UPDATE recordings SET meta = '{}' WHERE id = '$id'");
	is(say_to($second, good($id)), '40001', "$mode, serialization failure: the error reaches the caller");
	say_to($second, 'ROLLBACK');

	# The caller closes the circle, and is the one that looks for one.
	$id = $transient{deadlock} = take();
	$other = take();
	say_to($second, "SET deadlock_timeout = '10ms'; BEGIN; SELECT 1 FROM recordings WHERE id = '$other' FOR UPDATE");
	say_to($holder, "SET deadlock_timeout = '1h'; BEGIN; SELECT 1 FROM recordings WHERE id = '$id' FOR UPDATE");
	send_to($holder, "UPDATE recordings SET meta = '{}' WHERE id = '$other'");
	waits(q{query LIKE 'UPDATE recordings SET meta%'});
	is(say_to($second, good($id)), '40P01', "$mode, deadlock: the error reaches the caller");
	say_to($second, 'ROLLBACK');
	answer_of($holder);
	say_to($holder, 'ROLLBACK');

	#
	# And other reasons for not marking
	#
	$transient{'mark_failed = off'} = take();
	is(errors_of('SET s2t.mark_failed = off; ' . bad($transient{'mark_failed = off'})), '22023', "$mode, mark_failed = off: the error reaches the caller");
	# An error outside the call is not the call's.
	$transient{'error of another statement'} = take();
	is(errors_of("BEGIN; CALL sp_complete_recording('$transient{'error of another statement'}', 1500, '$GOOD'); SELECT 1/0; COMMIT;"), '22012', "$mode, another statement fails: its error reaches the caller");
	$transient{'error of a caller without rights'} = take();
	is(errors_of("CREATE ROLE nobody_$calls; SET ROLE nobody_$calls; " . bad($transient{'error of a caller without rights'})), '42501', "$mode, no right to call: refused");

	# An argument that is no transcript at all: the call's fault, JSON encoded twice for instance.
	foreach my $argument ('{}', '"[]"', 'null', '1')
	{
		$transient{"no array: $argument"} = take();
		is(errors_of("CALL sp_complete_recording('" . $transient{"no array: $argument"} . "', 1, '$argument');"), '22023', "$mode, no array, $argument: the error reaches the caller");
		$transient{"no array, as text: $argument"} = take();
		is(errors_of("SELECT s2t_complete_recording_text('" . $transient{"no array, as text: $argument"} . "', 1, '$argument');"), '22023', "$mode, no array, as text, $argument: the error reaches the caller");
	}

	settle();
	is(state_of($transient{$_}), 'processing', "$mode, $_: stays in processing") for sort keys %transient;
	is($node->safe_psql('postgres', "SELECT status, error FROM recordings WHERE id = '$ids[3]'"), 'failed|the engine failed', "$mode: the first reason stays");
	is($node->safe_psql('postgres', "SELECT status, error IS NULL, segment_count FROM recordings WHERE id = '$_'"), 'done|t|2', "$mode: what is done stays done") for @ids[0 .. 2];
	is(errors_of(join '', map { good($_) } values %transient), '', "$mode: all of them can be completed");

	# Permanent errors of all kinds, a constraint and a trigger of the DBA among them.
	$node->safe_psql('postgres', q{
		ALTER TABLE segments ADD CONSTRAINT polite CHECK (text <> 'rude');
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one' USING DETAIL = 'Says the trigger.'; END $$;
		CREATE TRIGGER refuse BEFORE INSERT ON segments FOR EACH ROW WHEN (NEW.text = 'refused') EXECUTE FUNCTION refuse()});
	my $text = sub { return qq{'[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "$_[0]"}]'} };
	my %permanent = (
		'negative duration' => ['22023', '-1', $text->('x'), '-1'],
		'no duration'       => ['22023', 'NULL', $text->('x'), 'duration'],
		'no segments'       => ['22023', '1', 'NULL', 'segments'],
		'a constraint'      => ['23514', '1', $text->('rude'), 'polite'],
		'a trigger'         => ['P0001', '1', $text->('refused'), 'not this one'],
		'a number too large' => ['22023', '1', q{'[{"idx": 3000000000, "start_ms": 0, "end_ms": 1, "text": "x"}]'}, 'the value ... for key "idx"'],
		'a long text' => ['22023', '1', q{jsonb_build_array(repeat('đ', 10000))}, 'segment'],
	);
	foreach my $name (sort keys %permanent)
	{
		my ($code, $duration, $segments, $reason) = @{ $permanent{$name} };
		$id = take();
		is(errors_of("CALL sp_complete_recording('$id', $duration, $segments);"), $code, "$mode, $name: the error reaches the caller");
		marked($id, "$mode, $name");
		like($node->safe_psql('postgres', "SELECT error FROM recordings WHERE id = '$id'"), qr/\Q$reason/, "$mode, $name: the reason");
	}
	is(errors_of(good($id)), '', "$mode: one that was marked can be completed");
	is($node->safe_psql('postgres', "SELECT status, error IS NULL FROM recordings WHERE id = '$id'"), 'done|t', "$mode: and then the reason is gone");

	#
	# A transaction that stays open
	#
	$id = take();
	say_to($session, 'BEGIN; SAVEPOINT s; ' . bad($id));
	say_to($session, 'ROLLBACK TO s');
	settle();
	is(state_of($id), 'processing', "$mode, while the caller's transaction goes on: no mark");
	say_to($session, 'COMMIT');
	marked($id, "$mode, when it has ended");
	# Nobody in a transaction that has failed holds anything: no reason to wait for the end of it.
	$id = take();
	say_to($session, 'BEGIN; ' . bad($id));
	marked($id, "$mode, in a failed transaction that stays open");
	# Terminated.
	$id = take();
	my $pid = $second->query('SELECT pg_backend_pid()');
	say_to($second, 'BEGIN; SAVEPOINT s; ' . bad($id));
	is($node->safe_psql('postgres', "SELECT pg_terminate_backend($pid, 180000)"), 't', "$mode: a backend is terminated in its failed transaction");
	marked($id, "$mode, terminated");
	eval { $second->quit };

	# Somebody else holds the recording when the time has come.
	$id = take();
	say_to($session, 'ROLLBACK; BEGIN; SAVEPOINT s; ' . bad($id));
	say_to($session, 'ROLLBACK TO s');
	say_to($holder, "BEGIN; SELECT 1 FROM recordings WHERE id = '$id' FOR UPDATE");
	say_to($session, 'COMMIT');
	worker_there();
	$other = take();
	errors_of(bad($other));
	marked($other, "$mode, another one while one is held");
	is(state_of($id), 'processing', "$mode, held by another transaction: no mark");
	say_to($holder, 'COMMIT');
	marked($id, "$mode, let go");
	# Held by somebody who completes it.
	$id = take();
	say_to($session, 'BEGIN; SAVEPOINT s; ' . bad($id));
	say_to($session, 'ROLLBACK TO s');
	is(say_to($holder, 'BEGIN; ' . good($id)), '00000', "$mode: completed, not committed");
	say_to($session, 'COMMIT');
	worker_there();
	say_to($holder, 'COMMIT');
	settle();
	is(state_of($id), 'done', "$mode: what is completed meanwhile stays done");
	# Two callers at once: the second waits for the first, and fails as well.
	$id = take();
	say_to($holder, 'BEGIN; ' . "SELECT 1 FROM recordings WHERE id = '$id' FOR UPDATE; SAVEPOINT s; " . bad($id));
	send_to($session, "CALL sp_complete_recording('$id', 1, " . $text->('rude') . ')');
	waits(q{query LIKE 'CALL sp_complete_recording%'});
	say_to($holder, 'ROLLBACK');
	is(answer_of($session), '23514', "$mode, two callers at once: both fail");
	marked($id, "$mode, two callers at once");

	#
	# Two databases
	#
	my @aside = map { take('aside') } 1 .. 3;
	@ids = map { take() } 1 .. 3;
	foreach my $i (0 .. 2)
	{
		is(errors_of(bad($aside[$i]), 'aside') . errors_of(bad($ids[$i])), '2202322023', "$mode: one more in each of two databases");
	}
	marked($_, "$mode, in the first database") for @ids;
	marked($_, "$mode, in the second database", 'aside') for @aside;

	# No worker is in the way of one who drops the database.
	is(errors_of(bad(take('aside')), 'aside'), '22023', "$mode: one last call in the second database");
	is(errors_of('DROP DATABASE aside'), '', "$mode: the second database can be dropped at once");

	counted_ok($node, 'postgres', "$mode, after all of it");
	$_->quit for $session, $holder;
	return;
}

# Fails $BURST times, from four sessions; each of them ends at once, unless they are to stay.
sub burst
{
	my ($mode, $stay) = @_;
	my @ids = split /\n/, $node->safe_psql('postgres', "SELECT take() FROM generate_series(1, $BURST)");
	my $offset = -s $node->logfile;
	my @sessions = map { session($node, 'postgres') } 1 .. 4;
	foreach my $i (0 .. 3)
	{
		my $script = PostgreSQL::Test::Utils::tempdir . "/burst$i.sql";
		append_to_file($script, join '', map { bad($_) } @ids[grep { $_ % 4 == $i } 0 .. $#ids]);
		$sessions[$i]->query_until(qr/started\n/, "\\echo started\n\\i $script\n\\echo finished\n");
	}
	$_->query_until(qr/finished\n/, '') for @sessions;
	if (!$stay) { $_->quit for @sessions; }
	my $list = join ',', map { "'$_'" } @ids;
	my $failed = "SELECT count(*) FROM recordings WHERE status = 'failed' AND id IN ($list)";
	# A session that stays hands over what found no room with the ends of its next transactions.
	if ($stay)
	{
		my $so_far = -1;
		while ((my $now = $node->safe_psql('postgres', $failed)) < $BURST)
		{
			$_->query('SELECT 1') for @sessions;
			if ($now == $so_far) { sleep 1; }
			$so_far = $now;
		}
	}
	comes_true($node, 'postgres', $failed, $BURST,
		"$mode: a burst of $BURST failures from 4 sessions that " . ($stay ? 'stay: ' : 'end: ') . 'every mark arrives');
	unlike(slurp_file($node->logfile, $offset), qr/could not be marked/, "$mode: nothing is said to be lost");
	if ($stay) { $_->quit for @sessions; }
	return;
}

# More failures than there is room for, while the worker has a recording in its hands that somebody holds: a
# mark is made, or the log says which one is not.
sub full
{
	my ($mode) = @_;
	my $many = 400;
	my ($held, @ids) = split /\n/, $node->safe_psql('postgres', 'SELECT take() FROM generate_series(0, ' . $many . ')');
	my ($holder, $session) = map { session($node, 'postgres') } 1 .. 2;
	say_to($session, "BEGIN; SAVEPOINT s; " . bad($held));
	say_to($session, 'ROLLBACK TO s');
	say_to($holder, "BEGIN; SELECT 1 FROM recordings WHERE id = '$held' FOR UPDATE");
	say_to($session, 'COMMIT');
	worker_there();
	my $script = PostgreSQL::Test::Utils::tempdir . '/full.sql';
	append_to_file($script, join '', map { bad($_) } @ids);
	my $offset = -s $node->logfile;
	$session->query_until(qr/finished\n/, "\\i $script\n\\echo finished\n");
	$session->quit;
	say_to($holder, 'COMMIT');
	marked($held, "$mode, too many at once, the one that was held");
	no_worker($node);
	my $list = join ',', map { "'$_'" } @ids;
	my %unmarked = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', "SELECT id FROM recordings WHERE status <> 'failed' AND id IN ($list)");
	my %told = map { $_ => 1 } slurp_file($node->logfile, $offset) =~ /LOG:  recording (\S+) could not be marked as failed/g;
	is_deeply(\%told, \%unmarked, "$mode, too many at once: the log tells of those that are not marked, and of no other");
	cmp_ok($many - keys %unmarked, '>=', 200, "$mode, too many at once: there is room for hundreds");
	$holder->quit;
	return;
}

# No slot for a worker: the mark is made at the next chance.
sub no_slot
{
	my ($mode) = @_;
	my $parallel = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
	no_worker($node);
	$node->append_conf('postgresql.conf', "max_worker_processes = 1\nmax_logical_replication_workers = 0\n");
	$node->restart;

	# A parallel worker takes the only one, for as long as it is wanted.
	my $sleeper = session($node, 'postgres');
	$sleeper->query_safe("CREATE FUNCTION take_a_slot() RETURNS void LANGUAGE sql PARALLEL SAFE AS 'SELECT pg_sleep(86400)'");
	send_to($sleeper, "SET $parallel = on; SELECT take_a_slot()");
	comes_true($node, 'postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker'}, '1', "$mode: all worker slots are taken");
	my @ids = map { take() } 1 .. 3;
	is(errors_of(bad($_)), '22023', "$mode: the error reaches the caller without a worker slot, too") for @ids;
	is(state_of($_), 'processing', "$mode: nobody is there to mark") for @ids;
	$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%take_a_slot();%' AND pid <> pg_backend_pid() AND backend_type = 'client backend'});
	$node->poll_query_until('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker'}, '0') or die;
	my $next = take();
	is(errors_of(bad($next)), '22023', "$mode: the next failure, with a free slot");
	marked($_, "$mode, at the next chance") for @ids, $next;
	$sleeper->quit;

	# No slots at all.
	no_worker($node);
	$node->append_conf('postgresql.conf', "max_worker_processes = 0\nmax_parallel_workers = 0\n");
	$node->restart;
	@ids = map { take() } 1 .. 2;
	is(errors_of(bad($_)), '22023', "$mode: the error reaches the caller with max_worker_processes = 0") for @ids;
	is(errors_of(good($ids[0])), '', "$mode: and it can be completed");
	$node->append_conf('postgresql.conf', "max_worker_processes = 8\nmax_parallel_workers = 8\nmax_logical_replication_workers = 4\n");
	$node->restart;
	settle();
	is(state_of($ids[0]), 'done', "$mode: done after a restart");
	is(state_of($ids[1]), 'processing', "$mode: the other one waits for whoever looks for such recordings");
	return;
}

# The server goes down between the failure and the mark.
sub stopped
{
	my ($mode) = @_;
	foreach my $way ('fast', 'immediate')
	{
		no_worker($node);
		my $id = take();
		my $session = session($node, 'postgres');
		is(say_to($session, 'BEGIN; SAVEPOINT s; ' . bad($id)), '22023', "$mode, $way shutdown in the transaction: the error reached the caller");
		say_to($session, 'ROLLBACK TO s');
		$node->stop($way);
		$node->start;
		eval { $session->quit };
		settle();
		is(state_of($id), 'processing', "$mode, $way shutdown: still in processing");
		is(errors_of(good($id)), '', "$mode, $way shutdown: it can be completed");
		is(state_of($id), 'done', "$mode, $way shutdown: it is done");
	}
	return;
}

foreach my $mode ('preloaded', 'not preloaded')
{
	$node = PostgreSQL::Test::Cluster->new($mode eq 'preloaded' ? 'preloaded' : 'plain');
	$node->init;
	$node->append_conf('postgresql.conf', "max_prepared_transactions = 2\nlog_min_messages = log\n");
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 's2t'\n") if $mode eq 'preloaded';
	$node->start;
	cases($mode);
	burst($mode, 0);
	burst($mode, 1);
	full($mode);
	stopped($mode);
	no_slot($mode);
	counted_ok($node, 'postgres', "$mode, at the end");
	unlike(slurp_file($node->logfile), qr/PANIC|TRAP:|terminated by signal|still referenced|XX000/, "$mode: no crash and no leak in the log");
	$node->stop;
}

done_testing();
