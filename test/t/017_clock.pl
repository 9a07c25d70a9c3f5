# Cycles on a server whose clock is set: months and anniversaries in zones whose midnight comes twice or
# not at all, and the life of a subscription across such boundaries.
#
# libfaketime sets the clock of the server's processes, which then goes on as it does.
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH T=$(mktemp -d) \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$T TESTDATADIR=$T TESTLOGDIR=$T/log \
#   prove -v test/t/017_clock.pl

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($faketime) = glob '/usr/lib/*/faketime/libfaketime.so.1';
plan skip_all => 'libfaketime is not installed' unless defined $faketime;

my $node = PostgreSQL::Test::Cluster->new('clock');
$node->init;
$node->append_conf('postgresql.conf', qq{
shared_preload_libraries = 's2t'
timezone = 'UTC'
autovacuum = off
});

# The server's clock, from now on.
sub set_clock
{
	my ($time) = @_;
	local $ENV{LD_PRELOAD} = $faketime;
	local $ENV{FAKETIME} = "\@$time";
	local $ENV{FAKETIME_DONT_FAKE_MONOTONIC} = 1;
	local $ENV{TZ} = 'UTC';
	$node->restart;
	like($node->safe_psql('postgres', 'SELECT now()'), qr/^\Q@{[substr $time, 0, 15]}\E/, "the clock is set to $time");
	return;
}

sub value_of
{
	my ($query) = @_;
	return $node->safe_psql('postgres', $query);
}

sub set_zone
{
	my ($zone) = @_;
	value_of("ALTER SYSTEM SET s2t.timezone = '$zone'");
	value_of('SELECT pg_reload_conf()');
	$node->poll_query_until('postgres', "SELECT current_setting('s2t.timezone') = '$zone'") or die 'the zone is not set';
	return;
}

# The first instant whose day there is this one, looked for minute by minute.
sub beginning_of
{
	my ($zone, $day) = @_;
	return value_of(qq{SELECT min(t) FROM generate_series('$day'::timestamptz - interval '1 day', '$day'::timestamptz + interval '1 day', '1 minute') AS t
	                    WHERE (t AT TIME ZONE '$zone')::date = '$day'});
}

$node->start;
value_of('CREATE EXTENSION s2t');

# Each with the instants by the rules of the zone, in UTC, so that the search above is not believed blindly:
# of years whose rules a government cannot change any more, as Cuba's did for 2026.
foreach my $case (
	# Clocks went back from 1:00 to 0:00 on the first.
	[ 'America/Havana', '2015-11-10 12:00:00', undef, [ '2015-11-01', '2015-11-01 04:00:00+00' ], [ '2015-12-01', '2015-12-01 05:00:00+00' ] ],
	[ 'America/Havana', '2015-10-10 12:00:00', undef, [ '2015-10-01', '2015-10-01 04:00:00+00' ], [ '2015-11-01', '2015-11-01 04:00:00+00' ] ],
	# Within the hour that comes twice, the first time and the second.
	[ 'America/Havana', '2015-11-01 04:30:00', undef, [ '2015-11-01', '2015-11-01 04:00:00+00' ], [ '2015-12-01', '2015-12-01 05:00:00+00' ] ],
	[ 'America/Havana', '2015-11-01 05:30:00', undef, [ '2015-11-01', '2015-11-01 04:00:00+00' ], [ '2015-12-01', '2015-12-01 05:00:00+00' ] ],
	[ 'America/Havana', '2015-11-01 03:30:00', undef, [ '2015-10-01', '2015-10-01 04:00:00+00' ], [ '2015-11-01', '2015-11-01 04:00:00+00' ] ],
	# Clocks went forward from 0:00 to 1:00 on the first: there was no midnight.
	[ 'America/Asuncion', '2017-10-10 12:00:00', undef, [ '2017-10-01', '2017-10-01 04:00:00+00' ], [ '2017-11-01', '2017-11-01 03:00:00+00' ] ],
	[ 'America/Asuncion', '2017-09-10 12:00:00', undef, [ '2017-09-01', '2017-09-01 04:00:00+00' ], [ '2017-10-01', '2017-10-01 04:00:00+00' ] ],
	[ 'America/Havana', '2020-11-10 12:00:00', undef, [ '2020-11-01', '2020-11-01 04:00:00+00' ], [ '2020-12-01', '2020-12-01 05:00:00+00' ] ],
	# Anniversaries. In Beirut there was no midnight on 29 March 2026, in Santiago none on 6 September.
	[ 'Asia/Beirut',      '2026-04-01 12:00:00', 29, [ '2026-03-29', '2026-03-28 22:00:00+00' ], [ '2026-04-29', '2026-04-28 21:00:00+00' ] ],
	[ 'America/Santiago', '2026-09-10 12:00:00', 6,  [ '2026-09-06', '2026-09-06 04:00:00+00' ], [ '2026-10-06', '2026-10-06 03:00:00+00' ] ],
	[ 'America/Havana',   '2020-11-10 12:00:00', 1,  [ '2020-11-01', '2020-11-01 04:00:00+00' ], [ '2020-12-01', '2020-12-01 05:00:00+00' ] ],
	# A day that there was not at all: Samoa went from 29 to 31 December 2011.
	[ 'Pacific/Apia',     '2012-01-10 12:00:00', 31, [ '2011-12-31', '2011-12-30 10:00:00+00' ], [ '2012-01-31', '2012-01-30 10:00:00+00' ] ])
{
	my ($zone, $clock, $anchor, $start, $end) = @$case;
	my $name = "$zone, $clock" . (defined $anchor ? ", anchor $anchor" : '');
	set_clock($clock);
	set_zone($zone);
	is(beginning_of($zone, $_->[0]), $_->[1], "$name: $_->[0] began then") for $start, $end;
	is(value_of('SELECT month_start, month_end FROM s2t_next_cycle(NULL, ' . ($anchor // 'NULL') . ')'), "$start->[1]|$end->[1]", "$name: the cycle");
}

#
# A subscription across a midnight that comes twice
#
my $overlaps = q{
SELECT count(*)
  FROM (SELECT cycle_start, cycle_end, lead(cycle_start) OVER (PARTITION BY user_id ORDER BY cycle_start, cycle_end) AS next
          FROM (SELECT user_id, cycle_start, cycle_end FROM usage_cycles UNION ALL SELECT user_id, cycle_start, cycle_end FROM user_subscriptions) AS c) AS c
 WHERE cycle_end <= cycle_start OR next < cycle_end};

set_zone('America/Havana');
set_clock('2026-10-31 23:00:00');
value_of('CALL sp_seed_plans()');
my $user = value_of(q{SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'FREE')});
is(value_of("SELECT quota_ok FROM sp_check_quota_and_create_recording('$user', 'upload')"), 't', 'October is charged');
set_clock('2026-11-01 04:30:00');
is(value_of("SELECT quota_ok FROM sp_check_quota_and_create_recording('$user', 'upload')"), 't', 'after the first midnight');
is(value_of("SELECT usage_count, cycle_start FROM user_subscriptions"), '1|2026-11-01 04:00:00+00', 'November has begun');
is(value_of("SELECT success FROM s2t_change_user_plan('$user', 'PREMIUM', true)"), 't', 'a proration before the second one');
set_clock('2026-11-01 05:30:00');
is(value_of("SELECT quota_ok FROM sp_check_quota_and_create_recording('$user', 'upload')"), 't', 'after the second midnight');
is(value_of('SELECT usage_count FROM user_subscriptions'), '1', 'the cycle is the one that the proration has opened');
is(value_of('SELECT reason, usage_count FROM usage_cycles ORDER BY closed_at'), "rollover|1\nprorate|1", 'one cycle was rolled over, one prorated');
is(value_of($overlaps), '0', 'cycles neither end before they begin nor overlap');

#
# Anniversaries: 31, clamped and then 31 again; whole months without a call
#
set_zone('UTC');
set_clock('2027-01-31 10:00:00');
value_of(q{ALTER SYSTEM SET s2t.cycle_anchor = 'registration'});
value_of('SELECT pg_reload_conf()');
$node->poll_query_until('postgres', q{SELECT current_setting('s2t.cycle_anchor') = 'registration'}) or die 'the anchor is not set';
my $binh = value_of(q{SELECT s2t_register_user('binh@example.com', 'binh', 'hash', NULL, 'FREE')});
my $cycle = "SELECT cycle_start::date, cycle_end FROM user_subscriptions WHERE user_id = '$binh'";
is(value_of($cycle), '2027-01-31|2027-02-28 00:00:00+00', 'registered on the 31st: the cycle ends on the last of February');
foreach my $step (
	[ '2027-02-27 23:59:00', '2027-01-31|2027-02-28 00:00:00+00', 'a minute before the end' ],
	[ '2027-02-28 00:00:01', '2027-02-28|2027-03-31 00:00:00+00', 'a second after it: until the 31st' ],
	[ '2027-03-31 00:00:01', '2027-03-31|2027-04-30 00:00:00+00', 'until the 30th' ],
	[ '2027-08-15 12:00:00', '2027-07-31|2027-08-31 00:00:00+00', 'months without a call are passed over' ])
{
	my ($clock, $expected, $name) = @$step;
	set_clock($clock);
	is(value_of("SELECT quota_ok FROM sp_check_quota_and_create_recording('$binh', 'upload')"), 't', "$name: created");
	is(value_of($cycle), $expected, $name);
}
is(value_of('SELECT usage_count FROM user_subscriptions' . " WHERE user_id = '$binh'"), '1', 'of this cycle');
is(value_of($overlaps), '0', 'cycles neither end before they begin nor overlap');

$node->stop;
done_testing();
