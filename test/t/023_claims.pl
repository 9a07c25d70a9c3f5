# What a claim meets does not grow with the leases in force.
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

my ($node, $ask) = with_an_account('claims', "autovacuum = off\n");

sub ask { return $ask->(@_) }

ask(q{
INSERT INTO recordings (user_id, source, queue_priority, created_at)
  SELECT id, 'upload', 1, now() - interval '1 day' + i * interval '1 ms' FROM users, generate_series(1, 11000) AS i;
VACUUM ANALYZE recordings;
CREATE PROCEDURE claim(times int, n int) LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. times LOOP PERFORM FROM s2t_claim_recordings('w', n, '1 hour'); COMMIT; END LOOP;
END $$;
CREATE TABLE met (pages bigint);
CREATE PROCEDURE look() LANGUAGE plpgsql AS $$
BEGIN
  TRUNCATE met;
  FOR i IN 1 .. 20 LOOP
    INSERT INTO met SELECT c.pages FROM cost_of($q$FROM s2t_claim_recordings('w', 1, '1 hour')$q$) AS c;
    COMMIT;
  END LOOP;
END $$;
});

# The same number of leases in front, whatever there is of them: those behind stand aside. What updates left in the
# indexes is vacuumed away in either case.
sub pages {
	ask('VACUUM recordings');
	ask('CALL look()');
	return ask('SELECT avg(pages) FROM met');
}
my $leased = q{SELECT count(*) FROM recordings WHERE lease_until > now()};
ask('CALL claim(1, 100)');
my $few = pages();
ask('CALL claim(98, 100)');
is(ask($leased), 9920, 'nearly ten thousand leases are in force');
my $many = pages();
note("pages of a claim: $few with a hundred leases in force, $many with ten thousand");
cmp_ok($many, '<=', $few * 1.2, 'a claim meets as many pages with ten thousand leases in force as with a hundred');
is(ask('SELECT count(*) FROM recordings WHERE queue_priority IS NOT NULL AND lease_until > now()') <= 51 ? 'few' : 'many', 'few', 'few of them are met by claims');
is(ask(q{SELECT count(DISTINCT state), count(*) FROM s2t_queue WHERE state = 'leased'}), '1|9940', 'all of them are leased, for whoever looks');

# When all are over at once, they come back, a hundred a claim, and none is forgotten.
ask(q{UPDATE recordings SET lease_until = now() - interval '1 second', due_at = least(due_at, now()) WHERE lease IS NOT NULL});
ask('CALL claim(120, 100)');
is(ask("$leased AND claims BETWEEN 1 AND 2"), 11000, 'when they are over, others have them');
is(ask(q{SELECT string_agg(DISTINCT state, ',') FROM s2t_queue}), 'leased', 'and nothing else waits');

$node->stop;
done_testing();
