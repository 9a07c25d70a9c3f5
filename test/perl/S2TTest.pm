# What the TAP tests share: a life for a database, what must hold of it afterwards, sessions, and
# ways to wait for something without a clock.
#
# A test finds it by
#   use FindBin;
#   use lib "$FindBin::Bin/../perl";
#   use S2TTest;

package S2TTest;

use strict;
use warnings;

use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw($CONTENTS $GOOD $BAD everything miscounted comes_back counted_ok findings comes_true no_worker session with_tools with_an_account);

# Segments that are accepted, and segments that never will be.
our $GOOD = '[{"idx": 0, "start_ms": 0, "end_ms": 900, "text": "xin"}, {"idx": 1, "start_ms": 900, "end_ms": 1500, "text": "chào"}]';
our $BAD  = '[{"idx": 0, "start_ms": 0, "end_ms": 900, "text": "xin"}, {"idx": 1, "start_ms": 900, "end_ms": 10, "text": "chào"}]';

# A line for each table of the current schema: its name, its number of rows, their fingerprint.
our $CONTENTS = q{
SELECT format('SELECT %L, count(*), md5(string_agg(t::text, E''\n'' ORDER BY t::text COLLATE "C")) FROM %s AS t', c.relname, c.oid::regclass)
  FROM pg_class AS c WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind = 'r' ORDER BY c.relname
\gexec
};

# SQL for psql: every procedure and every kind of direct statement, for users whose names begin with
# $tag. Calls of one statement are transactions of their own.
sub everything
{
	my ($tag) = @_;
	return qq{
SET client_min_messages = warning;
CALL sp_seed_plans();
CALL sp_register_user('$tag-0\@example.com', '$tag-0', 'hash', 'Zero', 'FREE');
SELECT s2t_register_user(format('$tag-%s\@example.com', n), format('$tag-%s', n), 'hash', NULL, 'PREMIUM') FROM generate_series(1, 8) AS n;
SELECT c.quota_ok FROM users AS u, generate_series(1, 6) AS n,
       sp_check_quota_and_create_recording(u.id, 'upload', 'vi', jsonb_build_object('n', n)) AS c
 WHERE u.user_name LIKE '$tag-%';
SELECT CASE r.n % 6
       WHEN 0 THEN format('CALL sp_fail_recording(%L, %L)', r.id, 'failed with ' || r.n)
       WHEN 1 THEN NULL
       ELSE format('CALL sp_complete_recording(%L, %s, %L)', r.id, r.n * 1000,
                   (SELECT jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i, 'end_ms', 2 * i, 'text', repeat(format('%s of %s. ', i, r.n), i::int), 'speaker', 'A'))
                      FROM generate_series(0, 3 * r.n) AS i))
       END
  FROM (SELECT r.id, row_number() OVER (ORDER BY r.id) AS n
          FROM recordings AS r JOIN users AS u ON u.id = r.user_id WHERE u.user_name LIKE '$tag-%' AND r.status = 'processing') AS r
\\gexec
SELECT format('CALL sp_change_user_plan(%L, %L, %L)', id, 'BASIC', user_name < '$tag-4') FROM users WHERE user_name IN ('$tag-1', '$tag-5')
\\gexec
UPDATE user_subscriptions SET cycle_start = cycle_start - interval '2 months', cycle_end = now() - interval '1 day'
 WHERE user_id IN (SELECT id FROM users WHERE user_name IN ('$tag-2', '$tag-3'));
SELECT quota_ok FROM sp_check_quota_and_create_recording((SELECT id FROM users WHERE user_name = '$tag-2'), 'late');
CALL sp_reset_monthly_cycles();
INSERT INTO recordings (user_id, source, status, duration_ms, created_at, completed_at)
SELECT id, 'import', 'done', 1234, now() - interval '200 days', now() - interval '200 days' FROM users, generate_series(1, 5) WHERE user_name LIKE '$tag-%';
INSERT INTO segments (recording_id, idx, start_ms, end_ms, text)
SELECT id, n, n, n, 'imported' FROM recordings, generate_series(0, 2) AS n WHERE source = 'import' AND segment_count = 0;
SELECT * FROM sp_cleanup_old_recordings(90, 7);
CALL sp_purge_old_recordings(150, 4);
DELETE FROM users WHERE user_name = '$tag-8';
DELETE FROM recordings WHERE id IN (SELECT id FROM recordings ORDER BY id DESC LIMIT 2);
DELETE FROM segments WHERE idx % 5 = 4;
UPDATE segments SET text = text || '.' WHERE idx % 5 = 3;
UPDATE recordings SET duration_ms = duration_ms + 7 WHERE meta \@> '{"n": 3}';
SELECT count(*) FROM users AS u, sp_get_user_stats(u.id);
};
}

# A server with these settings and one account, an, whose plan has no limits; what it is asked in that database. cost_of(), in SQL,
# runs a call and tells the pages it met and the bytes of WAL it wrote.
sub with_an_account
{
	my ($name, $settings) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init;
	$node->append_conf('postgresql.conf', $settings);
	$node->start;
	$node->safe_psql('postgres', q{
CREATE EXTENSION s2t;
INSERT INTO plans (code, name) VALUES ('OPEN', 'Open');
SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'OPEN');
CREATE FUNCTION cost_of(call text, OUT pages bigint, OUT wal bigint) LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
  EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, WAL, TIMING off, FORMAT JSON) SELECT ' || call INTO plan;
  plan := plan #> '{0,Plan}';
  pages := (plan ->> 'Shared Hit Blocks')::bigint + (plan ->> 'Shared Read Blocks')::bigint;
  wal := (plan ->> 'WAL Bytes')::bigint;
END $$;
});
	return ($node, sub { return $node->safe_psql('postgres', @_) });
}

# How many counters of $database a recount contradicts.
sub miscounted
{
	my ($node, $database) = @_;
	return $node->safe_psql($database, q{
		SELECT (SELECT count(*) FROM recordings AS r
		         WHERE r.segment_count IS DISTINCT FROM (SELECT count(*) FROM segments AS s WHERE s.recording_id = r.id))
		     + (SELECT count(*)
		          FROM user_subscriptions AS s
		          LEFT JOIN (SELECT user_id, count(*) AS n, sum(duration_ms) AS ms, sum(segment_count) AS segments FROM recordings GROUP BY 1) AS r
		               USING (user_id)
		         WHERE (s.total_recordings, s.total_duration_ms, s.total_segments) IS DISTINCT FROM
		               (coalesce(r.n, 0), coalesce(r.ms, 0), coalesce(r.segments, 0)))});
}

# What the doctor finds in $database, but for work that waits and for what has been since the server started.
sub findings
{
	my ($node, $database) = @_;
	return $node->safe_psql($database, q{
		SELECT check_name, object, problem FROM s2t_doctor()
		 WHERE check_name NOT IN ('ended_cycles', 'stale_recordings', 'marks_lost', 'set_aside') ORDER BY 1, 2});
}

# Whether a server that recovers lets somebody in at last. Nothing is written to psql: one that is turned away has
# gone before it could read that.
sub comes_back
{
	my ($server) = @_;
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return 1 if IPC::Run::run([ 'psql', '-XAtq', '-d', $server->connstr('postgres'), '-c', 'SELECT' ], '<', \undef, '>', \my $out, '2>', \my $err);
		select undef, undef, undef, 0.1;
	}
	return 0;
}

# The doctor finds nothing in $database; versions that have none are counted again.
sub counted_ok
{
	my ($node, $database, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is(miscounted($node, $database), '0', "$name: totals equal a recount")
	  if $node->safe_psql($database, q{SELECT to_regproc('s2t_doctor') IS NULL}) eq 't';
	return is(findings($node, $database), '', "$name: the doctor finds nothing");
}

# $sql gives $expected sooner or later: however slow the machine is, unless it hangs.
sub comes_true
{
	my ($node, $database, $sql, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return ok($node->poll_query_until($database, $sql, $expected), $name);
}

# Waits until no worker is making failure marks in any database. One leaves when nothing is left to
# do: what is not marked then, after a mark that was asked for later has been made, never will be.
sub no_worker
{
	my ($node) = @_;
	$node->poll_query_until('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 's2t failure marks'}, '0')
	  or die 'a worker stays';
	return;
}

# A session that stays open; errors do not end it.
sub session
{
	my ($node, $database) = @_;
	my $session = $node->background_psql($database, on_error_stop => 0);
	$session->set_query_timer_restart;
	return $session;
}

# Has the tools of PostgreSQL find $node.
sub with_tools
{
	my ($node) = @_;
	$ENV{PGHOST} = $node->host;
	$ENV{PGPORT} = $node->port;
	return;
}

1;
