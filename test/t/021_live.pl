# Recordings while they happen: what an append costs does not grow with the recording, and nothing that it changes
# is in an index but the segment's key.
#
# Part of `make test`; alone: as 007_upgrade.pl.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S2TTest;
use Test::More;

# Images of whole pages come with the checkpoints, whenever these are.
my ($node, $ask) = with_an_account('live', "autovacuum = off\nfull_page_writes = off\n");

sub ask { return $ask->(@_) }

ask(q{
CREATE TABLE cost (n int, pages bigint, wal bigint) WITH (fillfactor = 100);
CREATE FUNCTION segment(n int) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_array(jsonb_build_object('idx', n, 'start_ms', n * 1000, 'end_ms', n * 1000 + 500, 'text', 'Xin chào các bạn, hôm nay trời đẹp.'))
$$;
-- Appends segments to a recording one by one, and notes what each of them cost.
CREATE PROCEDURE append(live uuid, first int, last int, apart boolean) LANGUAGE plpgsql AS $$
BEGIN
  FOR n IN first .. last LOOP
    INSERT INTO cost SELECT n, c.pages, c.wal FROM cost_of(format('s2t_append_segments(%L, %L)', live, segment(n))) AS c;
    IF apart THEN COMMIT; END IF;
  END LOOP;
END $$;
CREATE VIEW hot AS
  SELECT relname, n_tup_upd AS updates, n_tup_hot_upd AS hot FROM pg_stat_user_tables WHERE n_tup_upd > 0;
});
my $create = q{SELECT recording_id FROM users, s2t_create_recording(users.id, 'realtime')};

# A transaction each.
my $live = ask($create);
ask("CALL append('$live', 0, 9999, true)");
my ($pages, $wal) = split /\|/, ask(q{
	SELECT avg(pages) FILTER (WHERE n >= 9900) / avg(pages) FILTER (WHERE n < 100), avg(wal) FILTER (WHERE n >= 9900) / avg(wal) FILTER (WHERE n < 100) FROM cost});
note(ask('SELECT avg(pages), avg(wal) FROM cost WHERE n >= 9900'));
cmp_ok($pages, '<=', 1.2, 'ten thousand appends: the last hundred meet as many pages as the first');
cmp_ok($wal, '<=', 1.2, 'and write as much WAL');
is(ask('SELECT relname, hot FROM hot WHERE hot <> updates'), '', 'every update is HOT');
is(ask("SELECT count(*) FROM hot WHERE updates >= 9999 AND relname IN ('recordings', 'user_subscriptions', 'usage_entries')"), '3', 'of recordings, subscriptions and entries');
is(ask("SELECT count(*) FROM usage_entries WHERE recording_id = '$live' AND seconds <> 0"), '1', 'one entry of the ledger');

# Many recordings on a page that grow beside each other.
ask("SELECT pg_stat_reset(); CREATE TABLE many AS SELECT row_number() OVER () AS n, recording_id AS id FROM generate_series(1, 60), users, s2t_create_recording(users.id, 'realtime')");
ask('SELECT pg_stat_reset()');
ask('SET client_min_messages = warning; DO $$ BEGIN FOR i IN 0 .. 59 LOOP PERFORM s2t_append_segments(id, segment(i)) FROM many WHERE n = 1 + random() * 59; COMMIT; FOR k IN 1 .. 60 LOOP PERFORM s2t_append_segments(id, segment(100 + i)) FROM many WHERE n = k; COMMIT; END LOOP; END LOOP; END $$');
cmp_ok(ask("SELECT 100.0 * hot / updates FROM hot WHERE relname = 'recordings'"), '>=', 99, 'sixty recordings beside each other: nearly every update is HOT');

# All in one transaction: no version of a row can be removed before its end, but each is found where the last call has put it,
# though the ids of the recording and of its user end alike.
my $one = ask(q{INSERT INTO recordings (id, user_id, source)
	SELECT overlay(gen_random_uuid()::text PLACING right(id::text, 2) FROM 35)::uuid, id, 'realtime' FROM users RETURNING id});
my @memory = split /\n/, ask(qq{
TRUNCATE cost;
BEGIN;
CALL append('$one', 0, 499, false);
SELECT sum(used_bytes) FROM pg_backend_memory_contexts;
CALL append('$one', 500, 4999, false);
SELECT sum(used_bytes) FROM pg_backend_memory_contexts;
COMMIT});
cmp_ok($memory[-1] - $memory[-2], '<', 1048576, 'five thousand in a transaction: no memory is gathered');
my ($usual, $mean) = split /\|/, ask(q{
	SELECT (percentile_cont(0.5) WITHIN GROUP (ORDER BY pages) FILTER (WHERE n >= 4500)) / percentile_cont(0.5) WITHIN GROUP (ORDER BY pages) FILTER (WHERE n < 500),
	       avg(pages) FILTER (WHERE n >= 4500) / avg(pages) FILTER (WHERE n < 500) FROM cost});
cmp_ok($usual, '<=', 1.1, 'an append meets as many pages as the first ones did');
cmp_ok($mean, '<=', 1.3, 'and now and then, where a row moves to another page, some for its index');

# Each is looked for where the last call has put it: it may be elsewhere by now, or not at all.
my $moved = ask($create);
is(ask(qq{
BEGIN;
SELECT segment_count FROM s2t_append_segments('$moved', segment(0));
SAVEPOINT s;
CLUSTER recordings USING recordings_pkey;
CLUSTER user_subscriptions USING user_subscriptions_pkey;
CLUSTER usage_entries USING usage_entries_pkey;
SELECT segment_count FROM s2t_append_segments('$moved', segment(1));
ROLLBACK TO s;
SELECT segment_count FROM s2t_append_segments('$moved', segment(1));
CLUSTER recordings USING recordings_pkey;
SELECT segment_count FROM s2t_append_segments('$moved', segment(2));
TRUNCATE recordings, segments, segment_revisions;
CREATE TEMPORARY TABLE fresh AS SELECT recording_id AS id FROM users, s2t_create_recording(users.id, 'realtime');
SELECT segment_count FROM fresh, s2t_append_segments(id, segment(0));
SELECT charged_seconds FROM fresh, s2t_append_segments(id, segment(1));
ROLLBACK}), "1\n2\n2\n3\n1\n2", 'tables that are written anew within the transaction, and back');

# The same in one completion.
my $whole = ask($create);
ask("SELECT s2t_complete_recording('$whole', 9999500, (SELECT jsonb_agg(segment(n) -> 0 ORDER BY n) FROM generate_series(0, 9999) AS n))");
ask("SELECT s2t_complete_recording('$live', 9999500, '[]')");
is(ask("SELECT count(DISTINCT (status, duration_ms, charged_seconds, segment_count)) FROM recordings WHERE id IN ('$live', '$whole')"), '1', 'grown or completed at once: the same charge');
is(ask("SELECT array_agg(DISTINCT n) FROM (SELECT sum(seconds) AS n FROM usage_entries WHERE recording_id IN ('$live', '$whole') GROUP BY recording_id) AS e"), '{10000}', 'in the ledger, too');
is(ask("SELECT count(*) FROM (SELECT idx, start_ms, end_ms, text FROM segments WHERE recording_id = '$live' EXCEPT SELECT idx, start_ms, end_ms, text FROM segments WHERE recording_id = '$whole') AS d"), '0', 'and the same rows');

$node->stop;
done_testing();
