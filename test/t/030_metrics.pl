# From a call of a procedure to the answer of PromQL, with the monitoring tools of Debian and the
# configurations of examples/monitoring: counters in shared memory, their views, the text format,
# both exporters, Prometheus, the alerts and the queries of the dashboard; pg_stat_statements.
#
# Needs the packages prometheus, prometheus-postgres-exporter and prometheus-sql-exporter. All that
# it starts listens on free ports of 127.0.0.1, and ends with it.
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH T=$(mktemp -d) \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$T TESTDATADIR=$T TESTLOGDIR=$T/log \
#   prove -v test/t/030_metrics.pl

use strict;
use warnings;

use File::Basename;
use File::Spec;
use FindBin;
use HTTP::Tiny;
use IPC::Run;
use JSON::PP;
use lib "$FindBin::Bin/../perl";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S2TTest;
use Test::More;

my $examples = File::Spec->rel2abs(dirname(__FILE__) . '/../../examples/monitoring');
my $dir = PostgreSQL::Test::Utils::tempdir;
my $patience = 180;    # seconds, for what usually takes two

my @missing = grep { system("command -v $_ >/dev/null") != 0 }
  qw(prometheus promtool prometheus-postgres-exporter prometheus-sql-exporter);
die "missing programs: @missing" if @missing;

# ---------------------------------------------------------------- tools

# An example with some of its text replaced: the path of the copy.
sub example
{
	my ($name, %replace) = @_;
	my $text = slurp_file("$examples/$name");
	foreach my $what (keys %replace)
	{
		my $with = $replace{$what};
		$text =~ s/\Q$what\E/$with/g or die "$name does not say $what";
	}
	append_to_file("$dir/$name", $text);
	return "$dir/$name";
}

my @running;

# Starts a program that goes on until the end of the test.
sub launch
{
	my ($name, @command) = @_;
	push @running, IPC::Run::start(\@command, '<', \undef, '>', "$dir/$name.log", '2>&1');
	return;
}

END
{
	my $status = $?;
	foreach my $program (@running)
	{
		$program->signal('TERM');
		$program->kill_kill(grace => 10);
	}
	$? = $status;
}

# What a port answers; undef if it does not.
sub get
{
	my ($url) = @_;
	my $answer = HTTP::Tiny->new(timeout => 10)->get($url);
	return $answer->{success} ? $answer->{content} : undef;
}

# Calls a function again and again until it gives something; the last it gave.
sub wait_for
{
	my ($function) = @_;
	my $result;
	foreach (1 .. $patience)
	{
		$result = $function->();
		last if $result;
		sleep 1;
	}
	return $result;
}

sub diag_logs
{
	diag("$_:\n" . slurp_file($_)) foreach glob "$dir/*.log";
	return;
}

# ---------------------------------------------------------------- without shared memory

my $node = PostgreSQL::Test::Cluster->new('metrics');
$node->init;
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION s2t; CALL sp_seed_plans(); SELECT s2t_add_consumer($$w$$, $${user.deleted}$$)');
my $version = $node->safe_psql('postgres', 'SHOW server_version_num') / 10000;

my $register = q{CALL sp_register_user('%s@example.com', '%s', 'hash', NULL, 'FREE')};
$node->safe_psql('postgres', sprintf($register, 'an', 'an'));
if ($version >= 17)
{
	is($node->safe_psql('postgres', 'SELECT procedure_name, calls FROM s2t_procedure_stats'),
		'sp_register_user|1', 'not preloaded: counted in dynamic shared memory');
	$node->safe_psql('postgres', 'SELECT s2t_reset_metrics()');
	is($node->safe_psql('postgres', 'SELECT sum(calls) FROM s2t_procedure_stats'), '0', 'not preloaded: reset');
}
else
{
	foreach my $query ('TABLE s2t_procedure_stats', 'TABLE s2t_procedure_histogram', 'TABLE s2t_procedure_buckets',
		'TABLE s2t_procedure_errors', 'SELECT s2t_reset_metrics()')
	{
		my ($status, $out, $err) = $node->psql('postgres', $query);
		like($err, qr/HINT:  Add s2t to "shared_preload_libraries", and restart the server\./, "not preloaded: $query says what to do");
	}
}
like($node->safe_psql('postgres', 'SELECT s2t_metrics()'), qr/^s2t_ended_cycles\{datname="postgres"\} 0$/m, 'not preloaded: gauges are there');

# ---------------------------------------------------------------- counting

$node->append_conf('postgresql.conf', "shared_preload_libraries = 's2t, pg_stat_statements'\nrestart_after_crash = on\n");
$node->restart;
$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE ROLE monitoring LOGIN;
	CALL s2t_grant('monitoring', 'monitor');
});

sub stats
{
	my ($procedure, $columns) = @_;
	return $node->safe_psql('postgres', "SELECT $columns FROM s2t_procedure_stats WHERE procedure_name = '$procedure'");
}

$node->safe_psql('postgres', sprintf($register, $_, $_)) foreach qw(binh chi);
$node->psql('postgres', sprintf($register, 'binh', 'other'));
$node->psql('postgres', sprintf($register, 'broken', ''));
is(stats('sp_register_user', 'calls, errors, errors_by_class, refusals'), '4|2|{"22": 1, "23": 1}|0', 'calls and errors by class');
is(stats('sp_register_user', 'rows'), '8', 'rows of calls that went well: user, profile, subscription, audit');

# The error that a caller gets is the one that was raised.
my ($status, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n" . sprintf($register, 'binh', 'other'));
like($err, qr/ERROR:  23505: duplicate key.*DETAIL:  Key.*CONSTRAINT NAME:  users_email_key/s, 'an error goes on as it is');

# Refused at the limit of the plan; the counters survive the rollback of what they counted.
$node->safe_psql('postgres', q{
	BEGIN;
	SELECT c.quota_ok FROM generate_series(1, 12) AS n,
	       sp_check_quota_and_create_recording((SELECT id FROM users WHERE user_name = 'an'), 'n' || n) AS c;
	ROLLBACK;
});
is(stats('sp_check_quota_and_create_recording', 'calls, errors, refusals'), '12|0|2', 'refusals, in a transaction rolled back');

# Many rows at once: three segments, their recording, the subscription and the entry of the ledger.
$node->safe_psql('postgres', q{
	SELECT format('CALL sp_complete_recording(%L, 3000, %L)', c.recording_id,
	              '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "a"}, {"idx": 1, "start_ms": 1, "end_ms": 2, "text": "b"}, {"idx": 2, "start_ms": 2, "end_ms": 3, "text": "c"}]')
	  FROM sp_check_quota_and_create_recording((SELECT id FROM users WHERE user_name = 'binh'), 'x') AS c
	\gexec
	DELETE FROM recordings;
});
is(stats('sp_complete_recording', 'calls, errors, rows'), '1|0|6', 'rows stored in bulk');

# Procedures that commit, called where they may and where they may not.
$node->safe_psql('postgres', q{
	UPDATE user_subscriptions SET cycle_start = cycle_start - interval '1 month', cycle_end = cycle_start;
	CALL sp_reset_monthly_cycles();
	CALL sp_purge_old_recordings();
});
$node->psql('postgres', 'BEGIN; CALL sp_purge_old_recordings()');
is(stats('sp_reset_monthly_cycles', 'calls, errors, rows'), '1|0|7', 'a procedure that commits: three cycles closed, three opened, one line of audit');
is(stats('sp_purge_old_recordings', 'calls, errors_by_class'), '2|{"25": 1}', 'a procedure that commits: an error in a transaction block');

# An error caught in PL/pgSQL, and a call within a call: a trigger's.
$node->safe_psql('postgres', q{
	CREATE FUNCTION ask() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM sp_get_user_stats(NEW.user_id);
		BEGIN
			CALL sp_fail_recording(NULL, 'nothing');
		EXCEPTION WHEN invalid_parameter_value THEN NULL;
		END;
		RETURN NULL;
	END $$;
	CREATE TRIGGER ask AFTER INSERT ON recordings FOR EACH ROW EXECUTE FUNCTION ask();
	SELECT s2t_reset_metrics();
	SELECT c.quota_ok FROM sp_check_quota_and_create_recording((SELECT id FROM users WHERE user_name = 'an'), 'x') AS c;
	DROP TRIGGER ask ON recordings;
});
is($node->safe_psql('postgres', 'SELECT procedure_name, calls, errors, refusals, rows FROM s2t_procedure_stats WHERE calls > 0 ORDER BY procedure_name COLLATE "C"'),
	"sp_check_quota_and_create_recording|1|0|0|3\nsp_fail_recording|1|1|0|0\nsp_get_user_stats|1|0|0|0", 'reset; nested calls count each');

# Sessions at once lose nothing, and the parts of a histogram agree.
$node->safe_psql('postgres', 'SELECT s2t_reset_metrics()');
$node->command_ok(
	[ 'pgbench', '-n', '-c', '4', '-j', '2', '-t', '500', '-f', do {
		append_to_file("$dir/stats.sql", "SELECT sp_get_user_stats(gen_random_uuid());\n");
		"$dir/stats.sql" }, 'postgres' ], '2000 calls from four sessions');
is(stats('sp_get_user_stats', 'calls, errors'), '2000|0', 'none is lost');
is($node->safe_psql('postgres', q{
	SELECT duration_seconds[1] = 1e-5, duration_seconds[19] = 10, cardinality(duration_seconds), cardinality(duration_seconds_bucket),
	       duration_seconds_count, duration_seconds_bucket[19] <= duration_seconds_count, duration_seconds_sum > 2000 * 1e-7,
	       (SELECT bool_and(duration_seconds_bucket[i] <= duration_seconds_bucket[i + 1]) FROM generate_series(1, 18) AS i)
	  FROM s2t_procedure_histogram WHERE procedure_name = 'sp_get_user_stats'}),
	't|t|19|19|2000|t|t|t', 'histogram');
is($node->safe_psql('postgres', q{
	SELECT count(*), max(calls), max(calls) FILTER (WHERE le = '+Inf') FROM s2t_procedure_buckets WHERE procedure_name = 'sp_get_user_stats'}),
	'20|2000|2000', 'buckets');
is($node->safe_psql('postgres', q{SELECT bool_and(mean_seconds <= max_seconds AND max_seconds <= total_seconds) FROM s2t_procedure_stats WHERE calls > 0}),
	't', 'mean, longest and all time');

# A call of known length: it waits for a lock.
my $locker = $node->background_psql('postgres');
$locker->query_safe(q{BEGIN; LOCK TABLE user_subscriptions});
my $waiting = IPC::Run::start([ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-c',
	q{SET application_name = 'waiting'; SELECT FROM sp_get_user_stats(gen_random_uuid())} ], '<', \undef, '>', \my $ignored);
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'waiting' AND wait_event_type = 'Lock'
	AND clock_timestamp() - query_start > interval '1.1 s'});
$locker->query_safe('COMMIT');
$locker->quit;
$waiting->finish;
is($node->safe_psql('postgres', q{SELECT duration_seconds_count - duration_seconds_bucket[16], duration_seconds[16] FROM s2t_procedure_histogram WHERE procedure_name = 'sp_get_user_stats'}),
	'1|1', 'one call took longer than a second');
is(stats('sp_get_user_stats', 'max_seconds > 1, total_seconds > 1'), 't|t', 'the longest');

# Each database has counters of its own.
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', q{CREATE EXTENSION s2t; SELECT sp_get_user_stats(gen_random_uuid()); SELECT s2t_reset_metrics(); SELECT sp_get_user_stats(gen_random_uuid())});
is($node->safe_psql('other', 'SELECT procedure_name, calls FROM s2t_procedure_stats'), 'sp_get_user_stats|1', 'counters of another database');
is(stats('sp_get_user_stats', 'calls'), '2001', 'are its own, and its reset too');

# After a crash of a backend the server starts over, and so does counting.
my $victim = $node->background_psql('postgres', on_error_stop => 0);
my $pid = $victim->query('SELECT pg_backend_pid()');
kill 'KILL', $pid;
eval { $victim->quit };
ok(comes_back($node) && $node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM s2t_procedure_stats'), 'a crash: counting begins anew');

# ---------------------------------------------------------------- gauges

$node->safe_psql('postgres', q{
	UPDATE recordings SET created_at = now() - interval '3 hours';
	UPDATE user_subscriptions SET cycle_start = cycle_start - interval '1 month', cycle_end = cycle_start WHERE user_id = (SELECT id FROM users WHERE user_name = 'chi');
	UPDATE user_subscriptions SET plan_id = (SELECT id FROM plans WHERE code = 'BASIC') WHERE user_id = (SELECT id FROM users WHERE user_name = 'binh');
	UPDATE plans SET retention_days = 1000 WHERE code = 'BASIC';
	INSERT INTO recordings (user_id, source, status, created_at)
	SELECT u.id, 'old', 'done', now() - age FROM users AS u, (VALUES (interval '1 day'), ('91 days'), ('100 days'), ('1001 days')) AS v (age);
});
is($node->safe_psql('postgres', q{SELECT oldest_processing_seconds BETWEEN 10800 AND 11800, ended_cycles, purge_backlog, failure_marks_lost_total FROM s2t_health}),
	't|1|7|0', 'gauges');
is($node->safe_psql('postgres', q{SELECT purge_backlog FROM s2t_read_health(in_look_at => 3)}), '3', 'the backlog that is looked at is bounded');
is($node->safe_psql('postgres', q{CALL sp_purge_old_recordings(); SELECT purge_backlog FROM s2t_health}), "7|0\n0", 'the backlog is what a purge removes');
is($node->safe_psql('postgres', 'CALL sp_reset_monthly_cycles(); SELECT ended_cycles FROM s2t_health'), '0', 'ended cycles are what a reset closes');
is($node->safe_psql('postgres', 'SELECT count(*) FROM s2t_job_ages'), '0', 'no jobs without pg_cron');

# ---------------------------------------------------------------- text format

# promtool judges what it reads from its standard input.
sub check_metrics
{
	my ($text, $what) = @_;
	my $complaint = '';
	my $good = IPC::Run::run([ 'promtool', 'check', 'metrics' ], '<', \$text, '>', \$complaint, '2>&1');
	ok($good && $complaint eq '', "promtool: $what") or diag($complaint);
	return;
}

# Some of everything.
sub load
{
	$node->psql('postgres', join('', map { "$_;\n" }
		q{SELECT sp_get_user_stats(id) FROM users},
		q{SELECT FROM sp_check_quota_and_create_recording((SELECT id FROM users WHERE user_name = 'an'), 'load')},
		sprintf($register, 'an', 'an'),
		q{CALL sp_fail_recording(gen_random_uuid(), 'x')},
		q{CALL sp_reset_monthly_cycles()}), on_error_stop => 0);
	return;
}
load();
my $metrics = $node->safe_psql('postgres', 'SELECT s2t_metrics()', extra_params => [ '-U', 'monitoring' ]);
check_metrics("$metrics\n", 's2t_metrics()');
like($metrics, qr/^procedure_duration_seconds_bucket\{datname="postgres",procedure_name="sp_get_user_stats",le="1e-05"\} \d+$/m, 'bucket');
like($metrics, qr/^procedure_duration_seconds_bucket\{datname="postgres",procedure_name="sp_get_user_stats",le="\+Inf"\} 3$/m, 'last bucket');
like($metrics, qr/^procedure_duration_seconds_count\{datname="postgres",procedure_name="sp_get_user_stats"\} 3$/m, 'count');
like($metrics, qr/^procedure_errors_total\{datname="postgres",procedure_name="sp_fail_recording",sqlstate_class="P0"\} 1$/m, 'errors');
like($metrics, qr/^s2t_oldest_processing_seconds\{datname="postgres"\} \d/m, 'gauge');

# Whatever the database is called, and in a locale and with settings of its own.
$node->safe_psql('postgres', q{CREATE DATABASE "a ""b\\c"});
my $odd = 'a "b\c';
$node->safe_psql($odd, 'CREATE EXTENSION s2t; SELECT 1 FROM sp_get_user_stats(gen_random_uuid())');
my $odd_metrics = $node->safe_psql($odd, 'SET extra_float_digits = 0; SELECT s2t_metrics()');
check_metrics("$odd_metrics\n", 'an odd name of a database');
like($odd_metrics, qr/\{datname="a \\"b\\\\c",procedure_name="sp_get_user_stats",le="1e-05"\}/, 'quoted');

# ---------------------------------------------------------------- exporters and Prometheus

my %port = map { $_ => PostgreSQL::Test::Cluster::get_free_port() } qw(postgres sql prometheus);
my $dsn = 'postgres://monitoring@127.0.0.1:' . $node->port . '/postgres?sslmode=disable';

$ENV{DATA_SOURCE_NAME} = $dsn;
launch('postgres-exporter', 'prometheus-postgres-exporter', '--disable-default-metrics', '--disable-settings-metrics',
	"--web.listen-address=127.0.0.1:$port{postgres}",
	'--extend.query-path=' . example('postgres-exporter.yml', 'cache_seconds: 60' => 'cache_seconds: 1'));
launch('sql-exporter', 'prometheus-sql-exporter', '-web.listen-address', "127.0.0.1:$port{sql}",
	'-config.file', example('sql-exporter.yml',
		'postgres://monitoring@127.0.0.1:5432/postgres?sslmode=disable' => $dsn, "'15s'" => "'1s'", "'60s'" => "'1s'"));

my $from_postgres = wait_for(sub {
	my $text = get("http://127.0.0.1:$port{postgres}/metrics");
	return defined $text && $text =~ /^procedure_duration_seconds_bucket/m && $text =~ /^s2t_ended_cycles/m ? $text : undef;
});
ok($from_postgres, 'prometheus-postgres-exporter answers') or diag_logs();
like($from_postgres, qr/^# TYPE procedure_duration_seconds histogram$/m, 'prometheus-postgres-exporter: a histogram');
like($from_postgres, qr/^procedure_duration_seconds_bucket\{[^}]*procedure_name="sp_get_user_stats"[^}]*le="\+Inf"\} 3$/m, 'prometheus-postgres-exporter: last bucket');
like($from_postgres, qr/^procedure_errors_total\{[^}]*procedure_name="sp_fail_recording"[^}]*sqlstate_class="P0"[^}]*\} 1$/m, 'prometheus-postgres-exporter: errors');

my $from_sql = wait_for(sub {
	my $text = get("http://127.0.0.1:$port{sql}/metrics");
	return defined $text && $text =~ /^sql_procedure_errors_total/m && $text =~ /^sql_s2t_ended_cycles/m ? $text : undef;
});
ok($from_sql, 'prometheus-sql-exporter answers') or diag_logs();
like($from_sql, qr/^sql_procedure_duration_seconds_bucket\{[^}]*le="\+Inf",procedure_name="sp_get_user_stats"[^}]*\} 3$/m, 'prometheus-sql-exporter: last bucket');

example('s2t-alerts.yml');
my $configuration = example('prometheus.yml', '127.0.0.1:9187' => "127.0.0.1:$port{postgres}", '127.0.0.1:9237' => "127.0.0.1:$port{sql}", '15s' => '1s');
command_ok([ 'promtool', 'check', 'rules', "$dir/s2t-alerts.yml" ], 'promtool: alerts');
command_ok([ 'promtool', 'check', 'config', $configuration ], 'promtool: configuration');
launch('prometheus', 'prometheus', "--config.file=$configuration", "--storage.tsdb.path=$dir/tsdb", "--web.listen-address=127.0.0.1:$port{prometheus}");

# The series that a PromQL query answers.
sub query
{
	my ($expr) = @_;
	my $text = get("http://127.0.0.1:$port{prometheus}/api/v1/query?" . HTTP::Tiny->new->www_form_urlencode({ query => $expr }));
	return [] unless defined $text;
	return decode_json($text)->{data}->{result};
}

# While there is load, until it answers with a number.
sub wait_for_series
{
	my ($expr) = @_;
	return wait_for(sub {
		load();
		my @numbers = grep { $_->{value}->[1] =~ /^[\d.e+-]+$/ } @{ query($expr) };
		return @numbers ? \@numbers : undef;
	}) || [];
}

foreach my $job ('postgres-exporter', 'sql-exporter')
{
	# Of this one alone: a look that fell into the middle of load() has numbers of other routines first.
	my ($stats) = @{ wait_for_series("histogram_quantile(0.95, sum by (le) (rate(procedure_duration_seconds_bucket{procedure_name=\"sp_get_user_stats\",job=\"$job\"}[20s])))") };
	ok($stats, "$job: a quantile of sp_get_user_stats") or diag_logs();
	cmp_ok($stats->{value}->[1], '>', 0, "$job: takes some time");
	cmp_ok($stats->{value}->[1], '<=', 10, "$job: within the bounds");
}

# Both exporters give Prometheus series of the same names.
my %names = map { my $job = $_;
	$job => join("\n", sort map { $_->{metric}->{__name__} } @{ query("count by (__name__) ({__name__=~\"(procedure|s2t)_.+\",job=\"$job\"})") }) }
  ('postgres-exporter', 'sql-exporter');
is($names{'sql-exporter'}, $names{'postgres-exporter'}, 'the same metrics from both exporters');
my %written = map { $_ => 1 } $metrics =~ /^(\w+)\{/mg, $metrics =~ /^(\w+) \d/mg;
is($names{'postgres-exporter'}, join("\n", sort keys %written), 'the same as s2t_metrics() has');

# Every query of the dashboards. What is told of jobs is not there without pg_cron, and has its name in the other exporter's file.
$written{$_} = 1 foreach slurp_file("$examples/sql-exporter.yml") =~ /^ *- name: (\w+)$/mg;
foreach my $name ('grafana-dashboard.json', 'grafana-shards.json')
{
	my $dashboard = decode_json(slurp_file("$examples/$name"));
	my @expressions = map { map { $_->{expr} } @{ $_->{targets} } } @{ $dashboard->{panels} };
	cmp_ok(scalar @expressions, '>', 10, "$name has queries");
	is(join(' ', grep { !$written{$_} } map { /\b((?:procedure|s2t)_\w+)(?=[{\[])/g } @expressions), '', "$name: names what there is");
	foreach my $expr (@expressions)
	{
		(my $real = $expr) =~ s/\$__rate_interval/20s/g;
		$real =~ s/\$(?:datname|instance)\b/.*/g;
		if ($expr =~ /s2t_job_/)
		{
			# What Prometheus has no objection to is a good query.
			my $text = get("http://127.0.0.1:$port{prometheus}/api/v1/query?" . HTTP::Tiny->new->www_form_urlencode({ query => $real }));
			like($text, qr/"status":"success"/, "$name: $expr");
			next;
		}
		cmp_ok(scalar @{ wait_for_series($real) }, '>', 0, "$name: $expr");
	}
}

# The alerts are loaded, and see the metrics: nothing is missing.
my $rules = decode_json(get("http://127.0.0.1:$port{prometheus}/api/v1/rules"))->{data}->{groups}->[0]->{rules};
my %state = map { $_->{name} => "$_->{health} $_->{state}" } @$rules;
my @unhealthy = grep { $state{$_} !~ /^ok / } keys %state;
is("@unhealthy", '', 'alerts are evaluated');
is($state{S2tNotMeasured}, 'ok inactive', 'an alert that has no reason');

# Each alert on series made up for it: it fires when it should, and not before.
append_to_file("$dir/alerts.test.yml", <<"EOT");
rule_files: [s2t-alerts.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 's2t_ended_cycles{datname="d"}', values: '0x10 5x200'}
      - {series: 's2t_oldest_processing_seconds{datname="d"}', values: '0x10 25201x200'}
      - {series: 's2t_failure_marks_lost_total{datname="d"}', values: '0x10 1x200'}
      - {series: 's2t_rows_set_aside{datname="d"}', values: '0x10 2x200'}
      - {series: 's2t_queue_oldest_seconds{datname="d"}', values: '1800x10 1801x200'}
      - {series: 's2t_leases_lost_total{datname="d"}', values: '0x10 0+1x200'}
      - {series: 's2t_job_success_age_seconds{datname="d",job_name="fail-stale-recordings"}', values: '3600x10 3601x200'}
      - {series: 's2t_job_success_age_seconds{datname="d",job_name="reset-monthly-cycles"}', values: '90000x210'}
      - {series: 'procedure_errors_total{datname="d",procedure_name="p",sqlstate_class="XX"}', values: '_x11 1x200'}
      - {series: 'procedure_errors_total{datname="d",procedure_name="p",sqlstate_class="22"}', values: '0+0x10 0+20x200'}
      - {series: 'procedure_duration_seconds_count{datname="d",procedure_name="p"}', values: '0+100x210'}
      - {series: 'procedure_duration_seconds_bucket{datname="d",procedure_name="p",le="1"}', values: '0+0x210'}
      - {series: 'procedure_duration_seconds_bucket{datname="d",procedure_name="p",le="2"}', values: '0+100x210'}
      - {series: 'procedure_duration_seconds_bucket{datname="d",procedure_name="p",le="+Inf"}', values: '0+100x210'}
    promql_expr_test:
      - {expr: 'count by (alertname) (ALERTS{alertstate="firing"})', eval_time: 10m, exp_samples: []}
      - expr: 'count by (alertname) (ALERTS{alertstate="firing"})'
        eval_time: 15m
        exp_samples:
          - {labels: '{alertname="S2tServerTrouble"}', value: 1}
          - {labels: '{alertname="S2tFailureMarksLost"}', value: 1}
      - expr: 'count by (alertname) (ALERTS{alertstate="firing"})'
        eval_time: 80m
        exp_samples:
          - {labels: '{alertname="S2tCyclesNotReset"}', value: 1}
          - {labels: '{alertname="S2tJobNotSucceeding"}', value: 1}
          - {labels: '{alertname="S2tLeasesLost"}', value: 1}
          - {labels: '{alertname="S2tManyErrors"}', value: 1}
          - {labels: '{alertname="S2tQueueWaits"}', value: 1}
          - {labels: '{alertname="S2tRecordingsStuck"}', value: 1}
          - {labels: '{alertname="S2tRowsSetAside"}', value: 1}
          - {labels: '{alertname="S2tSlow"}', value: 1}
  - interval: 1h
    input_series:
      - {series: 's2t_purge_backlog{datname="d"}', values: '5x20 0 5x40'}
    promql_expr_test:
      - {expr: 'ALERTS{alertname="S2tPurgeBehind",alertstate="firing"}', eval_time: 40h, exp_samples: []}
      - expr: 'ALERTS{alertname="S2tPurgeBehind",alertstate="firing"}'
        eval_time: 50h
        exp_samples:
          - {labels: 'ALERTS{alertname="S2tPurgeBehind",alertstate="firing",datname="d",severity="warning"}', value: 1}
      - expr: 'ALERTS{alertname="S2tNotMeasured",alertstate="firing"}'
        eval_time: 1h
        exp_samples:
          - {labels: 'ALERTS{alertname="S2tNotMeasured",alertstate="firing",severity="warning"}', value: 1}
EOT
command_ok([ 'promtool', 'test', 'rules', "$dir/alerts.test.yml" ], 'promtool: alerts fire when they should');

# ---------------------------------------------------------------- pg_stat_statements

# The query as the documentation gives it.
my $documented = slurp_file("$examples/../../docs/monitoring.md");
my ($statements) = $documented =~ /```sql\n([^`]*pg_stat_statements[^`]*)```/ or die 'docs/monitoring.md has no query of pg_stat_statements';
my %seen = map { my @row = split /\|/; $row[0] => \@row } split /\n/, $node->safe_psql('postgres', $statements);
foreach my $procedure ('sp_get_user_stats', 'sp_reset_monthly_cycles', 'sp_check_quota_and_create_recording')
{
	cmp_ok($seen{$procedure}->[1], '>=', 1, "pg_stat_statements: $procedure");
}

$node->stop;
done_testing();
