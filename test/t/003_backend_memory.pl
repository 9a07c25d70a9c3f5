# 100,000 segments in one call: the right result, in memory bounded by the payload and a few
# megabytes.
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH T=$(mktemp -d) \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$T TESTDATADIR=$T TESTLOGDIR=$T/log \
#   prove -v test/t/003_backend_memory.pl

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'peak memory is read from /proc' unless -r '/proc/self/status';

my $FEW_MEGABYTES = 8 * 1024 * 1024;

# Shared memory counts once it was touched: little of it, then. And what was freed goes back to the
# system at once, so that nothing hides in it.
$ENV{MALLOC_MMAP_THRESHOLD_} = $ENV{MALLOC_TRIM_THRESHOLD_} = 128 * 1024;
my $node = PostgreSQL::Test::Cluster->new('memory');
$node->init;
$node->append_conf('postgresql.conf', "shared_buffers = 1MB\nwal_buffers = 256kB\n");
$node->start;

# Payloads, stored as they are, so that reading one costs its size and nothing else.
$node->safe_psql('postgres', q{
CREATE EXTENSION s2t;
CALL sp_seed_plans();
CREATE TABLE payload (n int PRIMARY KEY, segments jsonb);
ALTER TABLE payload ALTER COLUMN segments SET STORAGE EXTERNAL;
INSERT INTO payload
SELECT n, (SELECT jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 1500, 'end_ms', i * 1500 + 1499,
                                               'text', 'đoạn thứ ' || i || ' của bản ghi dài này'))
             FROM generate_series(0, n - 1) AS i)
  FROM unnest('{20000, 100000}'::int[]) AS n;
SELECT s2t_register_user('an@example.com', 'an', 'hash', 'An', 'ENTERPRISE');
});

# Completes a recording with $size segments in a new session: the memory of the backend before the
# call, which includes the payload, and its peak in the call, both in bytes.
sub complete
{
	my ($size) = @_;
	my $seen = $node->safe_psql('postgres', qq{
		CREATE FUNCTION pg_temp.status() RETURNS text LANGUAGE sql AS 'SELECT pg_read_file(''/proc/self/status'')';
		DO \$\$
		DECLARE
			recording uuid;
			document  jsonb;
			before    text;
		BEGIN
			SELECT c.recording_id INTO STRICT recording
			  FROM users AS u, sp_check_quota_and_create_recording(u.id, 'upload', 'vi', '{"size": $size}') AS c;
			SELECT p.segments INTO STRICT document FROM payload AS p WHERE p.n = $size;
			-- Forgets the peak so far: the parent of the command is this backend.
			COPY (SELECT) TO PROGRAM 'cat >/dev/null; echo 5 > /proc/\$PPID/clear_refs';
			before := pg_temp.status();
			CALL sp_complete_recording(recording, $size * 1500, document);
			PERFORM set_config('test.before', before, false), set_config('test.after', pg_temp.status(), false);
		END
		\$\$;
		SELECT substring(current_setting('test.before') FROM 'VmRSS:\\D*(\\d+) kB')::bigint * 1024,
		       substring(current_setting('test.before') FROM 'VmHWM:\\D*(\\d+) kB')::bigint * 1024,
		       substring(current_setting('test.after') FROM 'VmHWM:\\D*(\\d+) kB')::bigint * 1024;
	});
	my ($before, $forgotten, $peak) = split /\|/, $seen;
	cmp_ok($forgotten - $before, '<', 1024 * 1024, "$size segments: the peak before the call is forgotten");
	return ($before, $peak);
}

my (%payload, %extra);
foreach my $size (20000, 100000)
{
	$payload{$size} = $node->safe_psql('postgres', "SELECT pg_column_size(segments) FROM payload WHERE n = $size");
	my ($before, $peak) = complete($size);
	$extra{$size} = $peak - $before;
	diag(sprintf('%d segments, payload of %.1f MB: backend %.1f MB before the call, at most %.1f MB in it: %.1f MB more',
		$size, map { $_ / 1024 / 1024 } $payload{$size}, $before, $peak, $extra{$size}));
	cmp_ok($before, '>', $payload{$size}, "$size segments: the payload is there before the call");
	cmp_ok($extra{$size}, '<=', $FEW_MEGABYTES, "$size segments: a few megabytes more");
}
cmp_ok($extra{100000} - $extra{20000}, '<=', $payload{100000} - $payload{20000}, 'grows no faster than the payload');

is( $node->safe_psql('postgres', q{
	SELECT r.status, r.duration_ms, r.segment_count, count(*), min(s.idx), max(s.idx), sum(s.start_ms::bigint), sum(s.end_ms::bigint),
	       bool_and(s.text = 'đoạn thứ ' || s.idx || ' của bản ghi dài này'), count(s.meta)
	  FROM recordings AS r JOIN segments AS s ON s.recording_id = r.id
	 WHERE r.meta = '{"size": 100000}' GROUP BY r.id}),
	'done|150000000|100000|100000|0|99999|7499925000000|7500074900000|t|0', '100,000 segments, each as it was sent');
is( $node->safe_psql('postgres', q{SELECT total_recordings, total_duration_ms, total_segments, used_seconds FROM user_subscriptions}),
	'2|180000000|120000|180000', 'totals');
is( $node->safe_psql('postgres', q{
	DO $$
	DECLARE
		recording uuid := (SELECT id FROM recordings WHERE segment_count = 100000);
		document jsonb := (SELECT segments FROM payload WHERE n = 100000);
	BEGIN
		CALL sp_complete_recording(recording, 150000000, document);
	END $$;
	SELECT count(*) FROM segments}), '120000', 'a repeated call changes nothing');

$node->stop;
done_testing();
