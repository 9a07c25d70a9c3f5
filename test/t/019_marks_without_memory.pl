# Failure marks where memory has run out when the transaction ends: after the commit record an error
# would take the server down, so everything must be there before (docs/reference.md, "Failure marks").
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

# Of one transaction: more bytes than malloc() has at hand.
my $MANY = 3000;

plan skip_all => 'no prlimit, which takes the memory away' if system('prlimit --version >/dev/null 2>&1') != 0;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 's2t'\nlog_min_messages = log\nmax_prepared_transactions = 2\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION s2t;
	INSERT INTO plans (code, name) VALUES ('OPEN', 'Open');
	SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'OPEN');
	CREATE TABLE round (id uuid);
	CREATE FUNCTION take(many int) RETURNS void LANGUAGE sql AS $$
		TRUNCATE round;
		INSERT INTO round SELECT (sp_check_quota_and_create_recording(u.id, 'upload')).recording_id FROM users AS u, generate_series(1, many) $$;
	CREATE FUNCTION fail_each() RETURNS int LANGUAGE plpgsql AS $$
	DECLARE
		failed int := 0;
		one uuid;
	BEGIN
		FOR one IN SELECT id FROM round LOOP
			BEGIN CALL sp_complete_recording(one, -1, '[]'); EXCEPTION WHEN invalid_parameter_value THEN failed := failed + 1; END;
		END LOOP;
		RETURN failed;
	END $$});

# From here on the process gets no memory that it does not have, or gets it again.
sub limit_memory
{
	my ($pid, $limit) = @_;
	return system('prlimit', "--pid=$pid", "--as=$limit:unlimited") == 0;
}

foreach my $end ('COMMIT', 'ROLLBACK', "PREPARE TRANSACTION 'prepared'")
{
	$node->safe_psql('postgres', "SELECT take($MANY)");
	my $session = session($node, 'postgres');
	# (Some versions of the library leave the end of the line on it.)
	my $ask = sub { my $said = $session->query_safe(shift); chomp $said; return $said; };
	my $pid = $ask->('SELECT pg_backend_pid()');
	is($ask->("BEGIN; SELECT fail_each()"), $MANY, "$end: calls that failed in one transaction");
	ok(limit_memory($pid, 1), "$end: no more memory");
	is($ask->("$end;\n\\echo :SQLSTATE"), '00000', "$end: the transaction ends as it was told to");
	ok(limit_memory($pid, 'unlimited'), "$end: memory again");
	is($ask->('SELECT pg_backend_pid()'), $pid, "$end: the session goes on");
	comes_true($node, 'postgres', q{SELECT count(*) FROM recordings WHERE status = 'failed' AND id IN (SELECT id FROM round)}, $MANY, "$end: every recording is marked");
	$session->quit;
}
$node->safe_psql('postgres', q{ROLLBACK PREPARED 'prepared'});
is($node->safe_psql('postgres', 'SELECT s2t_failure_marks_lost()'), '0', 'no mark is lost');
unlike(slurp_file($node->logfile), qr/PANIC|TRAP:|terminated by signal|out of memory/, 'no crash, and no memory was asked for');
$node->stop;

done_testing();
