# Edits of transcripts: correcting a segment costs the same whatever the transcript's length, a split or a merge what
# follows, an edit nothing of the subscription.
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
my ($node, $ask) = with_an_account('edits', "autovacuum = off\nfull_page_writes = off\n");

sub ask { return $ask->(@_) }

ask(q{
CREATE TABLE cost (what text, pages bigint, wal bigint);
CREATE FUNCTION said(n int) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_agg(jsonb_build_object('idx', i, 'start_ms', i * 1000, 'end_ms', i * 1000 + 500, 'text', 'Xin chào các bạn, hôm nay trời đẹp.', 'speaker', 'A')) FROM generate_series(0, n - 1) AS i
$$;
-- Runs a call, and notes what it cost.
CREATE PROCEDURE note(what text, call text) LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cost SELECT note.what, c.pages, c.wal FROM cost_of(call) AS c;
  COMMIT;
END $$;
CREATE FUNCTION an() RETURNS uuid LANGUAGE sql AS 'SELECT id FROM users';
});
# Every plan and every description of a table is had once before.
my %id = map { ($_, ask("SELECT recording_id FROM s2t_create_recording(an(), 'upload')")) } (100, 10000);
ask(qq{CALL note('complete $_', format('s2t_complete_recording(%L, 10000000, said($_))', '$id{$_}'))}) for 100, 10000;
for my $n (100, 10000) {
	ask(qq{
DO \$\$ BEGIN FOR i IN 0 .. 60 LOOP
  CALL note(CASE WHEN i > 10 THEN 'edit $n' ELSE 'warm' END, format('s2t_edit_segment(an(), %L, %s, ''Chào các bạn, hôm nay trời đẹp lắm.'')', '$id{$n}', i * $n / 100));
END LOOP; END \$\$});
}
sub mean { return ask("SELECT avg($_[0]) FROM cost WHERE what = '$_[1]'") }
sub ratio { return mean($_[0], $_[1]) / mean($_[0], $_[2]) }
note(ask('SELECT what, count(*), avg(pages), avg(wal) FROM cost GROUP BY what'));
is(ask("SELECT count(*) FROM cost WHERE what LIKE 'edit%'"), '100', 'a hundred corrections');
cmp_ok(ratio('pages', 'edit 10000', 'edit 100'), '<=', 1.3, 'a correction in ten thousand segments meets as many pages as in a hundred');
cmp_ok(ratio('wal', 'edit 10000', 'edit 100'), '<=', 1.2, 'and writes as much WAL');

ask(qq{CALL note('split', format('s2t_split_segment(an(), %L, 0, in_at_char => 3)', '$id{10000}'))});
ask(qq{CALL note('merge', format('s2t_merge_segments(an(), %L, 0, 1)', '$id{10000}'))});
ask(qq{CALL note('split at the end', format('s2t_split_segment(an(), %L, 9999, in_at_char => 3)', '$id{10000}'))});
ask(qq{CALL note('undo at the end', format('s2t_undo(an(), %L)', '$id{10000}'))});
note(ask('SELECT what, count(*), avg(pages), avg(wal) FROM cost GROUP BY what'));
cmp_ok(ratio('wal', $_, 'complete 10000'), '<=', 2, "a $_ at the head of ten thousand segments writes at most twice what completing them does") for 'split', 'merge';
cmp_ok(mean('wal', $_), '<=', 2 * mean('wal', 'edit 10000'), "$_ writes no more than two corrections") for 'split at the end', 'undo at the end';

# Nothing of an edit grows with the edits before it.
ask(qq{
DO \$\$ BEGIN FOR i IN 0 .. 999 LOOP
  CALL note(CASE WHEN i < 100 THEN 'early' WHEN i >= 900 THEN 'late' ELSE 'between' END, format('s2t_edit_segment(an(), %L, 50, %L)', '$id{100}', 'lần ' || i));
END LOOP; END \$\$});
cmp_ok(ratio('wal', 'late', 'early'), '<=', 1.2, 'the thousandth edit of a segment writes what the first did');
ask(qq{
DO \$\$ BEGIN FOR i IN 0 .. 999 LOOP
  CALL note(CASE WHEN i < 100 THEN 'early undo' WHEN i >= 900 THEN 'late undo' ELSE 'between' END, format('s2t_undo(an(), %L)', '$id{100}'));
END LOOP; END \$\$});
cmp_ok(ratio('wal', 'late undo', 'early undo'), '<=', 1.2, 'and undoing the last of a thousand what undoing the first');
is(ask("SELECT text FROM segments WHERE recording_id = '$id{100}' AND idx = 50"), 'Chào các bạn, hôm nay trời đẹp lắm.', 'all of it is undone');

$node->stop;
done_testing();
