# The scheduled jobs with the real pg_cron: registered, seen, fired, doing their work, removed; from
# another database; without rights; without pg_cron. And PL/pgSQL as plpgsql_check sees it.
#
# pg_cron runs a job either through a connection of its own or in a background worker: there is a
# server for each, and both wait for the same minute.
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH T=$(mktemp -d) \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$T TESTDATADIR=$T TESTLOGDIR=$T/log \
#   prove -v test/t/010_cron.pl

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $libraries = `pg_config --pkglibdir`;
chomp $libraries;
plan skip_all => 'pg_cron is not installed' unless -e "$libraries/pg_cron.so";

my $defaults = join "\n",
	'cleanup-old-recordings|0 2 * * *|CALL public.sp_purge_old_recordings(90)|t',
	"fail-stale-recordings|*/10 * * * *|CALL public.sp_fail_stale_recordings('06:00:00')|t",
	'reset-monthly-cycles|0 0 1 * *|CALL public.sp_reset_monthly_cycles()|t';
my $jobs = 'SELECT job, schedule, command, active FROM s2t_jobs ORDER BY job';

sub start_node
{
	my ($name, $workers) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init;
	my $host = $node->host;
	$node->append_conf('postgresql.conf', qq{
shared_preload_libraries = 'pg_cron, s2t'
cron.database_name = 'home'
cron.host = '$host'
cron.use_background_workers = $workers
max_worker_processes = 20
max_prepared_transactions = 2
});
	$node->start;
	$node->safe_psql('postgres', "CREATE DATABASE $_") foreach qw(home away);
	$node->safe_psql($_, 'CREATE EXTENSION s2t; CALL sp_seed_plans()') foreach qw(home away);
	return $node;
}

# An error's SQLSTATE and message, for a role.
sub error_of
{
	my ($node, $database, $role, $command) = @_;
	my ($status, $stdout, $stderr) =
	  $node->psql($database, "\\set VERBOSITY verbose\n$command", extra_params => [ '-U', $role ]);
	isnt($status, 0, "$role: $command fails");
	return $stderr;
}

my $node = start_node('connections', 'off');
my $user = $node->safe_psql('postgres', 'SELECT current_user');

# --- no pg_cron in the database it is made for, yet

like(error_of($node, 'home', $user, 'CALL sp_schedule_jobs()'),
	qr/ERROR:  55000: pg_cron is not installed\nHINT:  Use CREATE EXTENSION pg_cron;/, 'says how to get it');
is($node->safe_psql('home', 'SELECT count(*) FROM s2t_jobs'), '0', 'and the view is empty');

# --- in this database

$node->safe_psql('home', 'CREATE EXTENSION pg_cron');
$node->safe_psql('home', 'CALL sp_schedule_jobs()');
is($node->safe_psql('home', $jobs), $defaults, 'jobs with the schedules of the defaults');
$node->safe_psql('home', 'CALL sp_schedule_jobs()');
is($node->safe_psql('home', $jobs), $defaults, 'repeated: the same');
$node->safe_psql('home', q{CALL sp_schedule_jobs('5 0 1 * *', NULL, in_stale_after => '1 hour', in_audit_retention => '2 years')});
is($node->safe_psql('home', $jobs), join("\n",
	"fail-stale-recordings|*/10 * * * *|CALL public.sp_fail_stale_recordings('01:00:00')|t",
	"purge-audit-log|30 2 * * *|CALL public.sp_purge_audit_log('2 years')|t",
	'reset-monthly-cycles|5 0 1 * *|CALL public.sp_reset_monthly_cycles()|t'), 'what is not scheduled is removed');
like(error_of($node, 'home', $user, q{CALL sp_schedule_jobs('every now and then')}), qr/invalid schedule/, 'a schedule that pg_cron does not know');
is($node->safe_psql('home', q{SELECT schedule FROM s2t_jobs WHERE job = 'reset-monthly-cycles'}), '5 0 1 * *', 'leaves all as it was');
$node->safe_psql('home', q{SELECT cron.schedule('mine', '0 0 1 1 *', 'SELECT 1')});
$node->safe_psql('home', 'CALL sp_unschedule_jobs()');
is($node->safe_psql('home', $jobs), '', 'removed');
is($node->safe_psql('home', 'SELECT jobname FROM cron.job'), 'mine', 'and nobody else\'s');
$node->safe_psql('home', 'CALL sp_unschedule_jobs()');
pass('removing nothing is no error');

# --- from another database

my $stderr = error_of($node, 'away', $user, 'CALL sp_schedule_jobs()');
like($stderr, qr/ERROR:  55000: pg_cron is not in this database/, 'pg_cron is elsewhere');
like($stderr, qr/DETAIL:  Its jobs are kept in database "home"/, 'says where');
like($stderr, qr/HINT:  Let a superuser run in database "home":/, 'and where to run what follows');
my @statements = $stderr =~ /^(?:HINT:  .*\n)?((?:SELECT|DO) .*cron\.\S.*;)$/mg;
is(scalar @statements, 4, 'with the statements to run there');
my $commands = $node->safe_psql('away', 'SELECT statement FROM s2t_job_commands()');
is(join("\n", @statements), $commands, 'which s2t_job_commands() gives, too');
$node->safe_psql('home', $commands);
is($node->safe_psql('home', q{SELECT jobname, schedule, command, database, username FROM cron.job WHERE jobname <> 'mine' ORDER BY jobname}),
	join("\n", map { my ($n, $s, $c) = split /\|/; "$n|$s|$c|away|$user" } split /\n/, $defaults), 'they register the jobs for that database');
is($node->safe_psql('home', $jobs), '', 'which this one does not take for its own');
like(error_of($node, 'home', $user, 'CALL sp_schedule_jobs()'), qr/42710: job "reset-monthly-cycles" of role "\w+" belongs to database "away"/, 'nor takes away');
$node->safe_psql('home', 'CALL sp_unschedule_jobs()');
is($node->safe_psql('home', q{SELECT count(*) FROM cron.job WHERE database = 'away'}), '3', 'nor removes');
# A third database: the statements made for it leave the jobs of the others as they are.
$node->safe_psql('postgres', 'CREATE DATABASE third');
$node->safe_psql('third', 'CREATE EXTENSION s2t');
my $kept = $node->safe_psql('home', 'SELECT * FROM cron.job ORDER BY jobid');
like(error_of($node, 'home', $user, $node->safe_psql('third', 'SELECT statement FROM s2t_job_commands(in_retention_days => 7)')),
	qr/42710: job "reset-monthly-cycles" of role "\w+" belongs to another database than "third"\nHINT:  Let another role call s2t_job_commands\(\)/, 'a job of that name and role is not taken away');
is($node->safe_psql('home', 'SELECT * FROM cron.job ORDER BY jobid'), $kept, 'nor changed');
$node->safe_psql('home', $commands);
is($node->safe_psql('home', q{SELECT jobname, schedule, command, database FROM cron.job WHERE database = 'away' ORDER BY jobname}),
	join("\n", map { my ($n, $s, $c) = split /\|/; "$n|$s|$c|away" } split /\n/, $defaults), 'but one of its own is, again');
$node->safe_psql('home', $node->safe_psql('away', 'SELECT statement FROM s2t_job_commands(NULL, NULL, NULL, NULL)'));
is($node->safe_psql('home', q{SELECT count(*) FROM cron.job WHERE database = 'away'}), '0', 'the statements of no schedules remove them');

# --- roles

$node->safe_psql('home', q{
CREATE ROLE nobody LOGIN; CREATE ROLE operator LOGIN; CREATE ROLE watcher LOGIN;
CALL s2t_grant('operator', 'admin'); CALL s2t_grant('watcher', 'monitor');
});
like(error_of($node, 'home', 'nobody', 'CALL sp_schedule_jobs()'), qr/42501: permission denied for procedure sp_schedule_jobs/, 'no right to schedule');
like(error_of($node, 'home', 'nobody', 'CALL sp_unschedule_jobs()'), qr/42501: permission denied for procedure sp_unschedule_jobs/, 'to remove');
like(error_of($node, 'home', 'nobody', 'SELECT * FROM s2t_jobs'), qr/42501: permission denied for view s2t_jobs/, 'to look');
like(error_of($node, 'home', 'operator', 'CALL sp_schedule_jobs()'), qr/42501: permission denied for schema cron/, 'pg_cron has its own rights');
$node->safe_psql('home', 'GRANT USAGE ON SCHEMA cron TO operator');
$node->safe_psql('home', 'CALL sp_schedule_jobs()', extra_params => [ '-U', 'operator' ]);
is($node->safe_psql('home', 'SELECT DISTINCT role FROM s2t_jobs', extra_params => [ '-U', 'watcher' ]), 'operator', 'somebody else\'s jobs are seen');
like(error_of($node, 'away', 'operator', 'SELECT * FROM s2t_jobs'), qr/42501/, 'rights are those of one database');

# --- firing: every minute, everything there is to do

my $workers = start_node('workers', 'on');
$workers->safe_psql('home', q{CREATE EXTENSION pg_cron; CREATE ROLE operator LOGIN; CALL s2t_grant('operator', 'admin'); GRANT USAGE ON SCHEMA cron TO operator;});

# More than one batch of each, where a batch is not too much to wait for.
my $work = q{
SELECT s2t_register_user('u' || i || '@example.com', 'u' || i, 'hash', NULL, 'ENTERPRISE') FROM generate_series(1, 3) AS i;
UPDATE user_subscriptions SET cycle_start = cycle_start - interval '2 months', cycle_end = cycle_end - interval '2 months';
INSERT INTO recordings (user_id, source, status, created_at)
SELECT u.id, 'old', s, now() - CASE s WHEN 'done' THEN interval '1 year' ELSE interval '1 day' END FROM (SELECT id FROM users LIMIT 1) AS u, generate_series(1, 1500), unnest('{done,processing}'::text[]) AS s;
INSERT INTO segments SELECT id, 0, 0, 1, 'old' FROM recordings WHERE status = 'done';
INSERT INTO audit_log (id, at, session_role, effective_role, procedure_name, outcome)
SELECT overlay(gen_random_uuid()::text PLACING '00000000' FROM 1 FOR 8)::uuid, '2020-01-01', 'x', 'x', 'old', 'done' FROM generate_series(1, 15000);
};
foreach my $server ($node, $workers)
{
	$server->safe_psql('home', $work);
	$server->safe_psql('home', q{CALL sp_schedule_jobs('* * * * *', '* * * * *', '* * * * *', '* * * * *', in_audit_retention => '1 year')},
		extra_params => [ '-U', 'operator' ]);
}
foreach my $server ($node, $workers)
{
	my $name = $server->name;
	# pg_cron looks at the clock once a minute; what one job finds held by another is left to its next
	# run; and a background worker says that it succeeded before its last transaction is committed. So
	# this waits for the end of the work, two firings and some at most, and looks at everything then.
	my $runs = '';
	for (1 .. 200)
	{
		my $left = $server->safe_psql('home', q{
			SELECT (SELECT count(*) FROM recordings WHERE status <> 'failed')
			     + (SELECT count(*) FROM user_subscriptions WHERE cycle_end <= now())
			     + (SELECT count(*) FROM audit_log WHERE procedure_name = 'old')});
		$runs = $server->safe_psql('home', q{SELECT string_agg(job || ' ' || last_status, ', ' ORDER BY job) FROM s2t_jobs WHERE last_end IS NOT NULL});
		last if ($runs =~ tr/,//) == 3 && $left == 0;
		sleep 1;
	}
	is($runs, 'cleanup-old-recordings succeeded, fail-stale-recordings succeeded, purge-audit-log succeeded, reset-monthly-cycles succeeded',
		"$name: every job has fired")
	  or diag($server->safe_psql('home', 'SELECT job, last_status, last_message FROM s2t_jobs'));
	is($server->safe_psql('home', 'SELECT count(*) FROM s2t_jobs WHERE last_success = last_end AND last_start <= last_end'), '4', "$name: the view tells when");
	is($server->safe_psql('home', q{SELECT count(*) FROM user_subscriptions WHERE cycle_end <= now()}), '0', "$name: cycles are reset");
	is($server->safe_psql('home', q{SELECT count(*) FROM usage_cycles WHERE reason = 'rollover'}), '3', "$name: and archived");
	is($server->safe_psql('home', q{SELECT status, error, count(*) FROM recordings GROUP BY 1, 2}), 'failed|not completed within 06:00:00|1500',
		"$name: old recordings are gone, stuck ones have failed");
	is($server->safe_psql('home', q{SELECT count(*) FROM segments}), '0', "$name: with their segments");
	is($server->safe_psql('home', q{SELECT count(*) FROM audit_log WHERE procedure_name = 'old'}), '0', "$name: the old audit log is gone");
	is($server->safe_psql('home', q{SELECT procedure_name, count(*) FROM audit_log WHERE effective_role = 'operator' GROUP BY 1 ORDER BY 1}),
		"sp_fail_stale_recordings|1500\nsp_purge_audit_log|2\nsp_purge_old_recordings|2\nsp_reset_monthly_cycles|1", "$name: and the new one tells of it, batch by batch");
	$server->safe_psql('home', 'CALL sp_unschedule_jobs()', extra_params => [ '-U', 'operator' ]);
	is($server->safe_psql('home', $jobs), '', "$name: removed");
}
$workers->stop;

# What somebody else holds is left to the next run, without waiting.
$node->safe_psql('home', q{
INSERT INTO recordings (user_id, source, created_at) SELECT u.id, s, now() - interval '1 day' FROM (SELECT id FROM users LIMIT 1) AS u, unnest('{held,free}'::text[]) AS s;
BEGIN; SELECT FROM recordings WHERE source = 'held' FOR UPDATE; PREPARE TRANSACTION 'held';
});
is($node->safe_psql('home', q{SET lock_timeout = '1ms'; CALL sp_fail_stale_recordings('1 hour')}), '1', 'one is failed');
is($node->safe_psql('home', q{SELECT source, status FROM recordings WHERE source IN ('held', 'free') ORDER BY source}), "free|failed\nheld|processing", 'the one that nobody holds');
$node->safe_psql('home', q{ROLLBACK PREPARED 'held'});
is($node->safe_psql('home', q{CALL sp_fail_stale_recordings('1 hour', 1)}), '1', 'and then the other');

# A job that fails tells so, and is not mistaken for one that succeeded.
$node->safe_psql('home', q{
CALL sp_schedule_jobs();
INSERT INTO cron.job_run_details (jobid, runid, command, status, return_message, start_time, end_time)
SELECT j.jobid, 1000000 + r.n, 'x', r.status, r.message, r.at, r.at
  FROM cron.job AS j, (VALUES (1, 'succeeded', 'CALL', '2020-01-01'::timestamptz), (2, 'failed', 'ERROR: no', '2020-02-01')) AS r (n, status, message, at)
 WHERE j.jobname = 'reset-monthly-cycles';
});
is($node->safe_psql('home', q{SELECT last_status, last_message, extract(year FROM last_success), extract(month FROM last_end) FROM s2t_jobs WHERE job = 'reset-monthly-cycles'}),
	'failed|ERROR: no|2020|2', 'last run and last success');
# --- plpgsql_check, where everything is that the functions name

SKIP:
{
	skip 'plpgsql_check is not installed', 2 unless -e "$libraries/plpgsql_check.so";
	$node->safe_psql('home', 'CREATE EXTENSION plpgsql_check');
	my $functions = q{
		FROM pg_extension AS e
		JOIN pg_depend AS d ON d.refobjid = e.oid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
		JOIN pg_proc AS p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass
		JOIN pg_language AS l ON l.oid = p.prolang AND l.lanname = 'plpgsql'
		LEFT JOIN LATERAL (SELECT DISTINCT g.tgrelid FROM pg_trigger AS g WHERE g.tgfoid = p.oid) AS g ON true};
	my $ours = q{ WHERE e.extname = 's2t'};
	cmp_ok($node->safe_psql('home', "SELECT count(DISTINCT p.oid) $functions $ours"), '>=', 15, 'there are functions in PL/pgSQL');
	is($node->safe_psql('home', qq{
		SELECT DISTINCT p.oid::regprocedure, c.lineno, c.level, c.message $functions
		 CROSS JOIN LATERAL (SELECT CASE WHEN p.prosrc ~ 'old_rows' THEN 'old_rows'::name END AS old_rows,
		                            CASE WHEN p.prosrc ~ 'new_rows' THEN 'new_rows'::name END AS new_rows) AS t
		 CROSS JOIN LATERAL plpgsql_check_function_tb(p.oid, coalesce(g.tgrelid, 0), oldtable => t.old_rows, newtable => t.new_rows) AS c
		$ours}),
		'', 'plpgsql_check has nothing to say about them');
}

# What an extension that was dropped, and a database, leave behind: the doctor of the next one tells.
$node->safe_psql('postgres', 'CREATE DATABASE gone');
$node->safe_psql('home', q{SELECT cron.schedule_in_database('gone', '0 0 1 1 *', 'CALL public.sp_reset_monthly_cycles()', 'gone');
SELECT cron.schedule('mine', '0 0 1 1 *', 'CALL public.sp_of_mine()')});
$node->safe_psql('postgres', 'DROP DATABASE gone');
$node->safe_psql('home', q{SET client_min_messages = error; DROP EXTENSION s2t CASCADE; CREATE SCHEMA again; CREATE EXTENSION s2t SCHEMA again});
my $left = q{FROM again.s2t_doctor() WHERE check_name = 'job_left'};
is($node->safe_psql('home', "SELECT object, problem $left ORDER BY 1"), join("\n",
	"job cleanup-old-recordings of role $user|calls public.sp_purge_old_recordings, which does not exist",
	"job fail-stale-recordings of role $user|calls public.sp_fail_stale_recordings, which does not exist",
	"job gone of role $user|is of database \"gone\", which does not exist",
	"job reset-monthly-cycles of role $user|calls public.sp_reset_monthly_cycles, which does not exist"), 'jobs of an extension that was dropped are told of');
$node->safe_psql('home', $_) foreach split /\n/, $node->safe_psql('home', "SELECT remedy $left");
is($node->safe_psql('home', "SELECT count(*) $left"), '0', 'and gone when the remedies are typed');
is($node->safe_psql('home', q{SELECT jobname FROM cron.job}), 'mine', 'which touch no other');

$node->safe_psql('home', 'DROP EXTENSION pg_cron');
is($node->safe_psql('home', 'SELECT count(*) FROM again.s2t_jobs'), '0', 'pg_cron can go without s2t noticing');

$node->stop;

# --- a server without pg_cron

my $without = PostgreSQL::Test::Cluster->new('without');
$without->init;
$without->start;
$without->safe_psql('postgres', 'CREATE EXTENSION s2t');
like(error_of($without, 'postgres', $user, 'CALL sp_schedule_jobs()'),
	qr/55000: pg_cron is not installed\nHINT:  Add pg_cron to shared_preload_libraries, set cron.database_name = 'postgres', restart the server, and use CREATE EXTENSION pg_cron/,
	'without pg_cron: what to do');
like(error_of($without, 'postgres', $user, 'CALL sp_unschedule_jobs()'), qr/55000: pg_cron is not installed/, 'also for removing');
is($without->safe_psql('postgres', 'SELECT count(*) FROM s2t_jobs'), '0', 'the view is empty');
$without->stop;

done_testing();
