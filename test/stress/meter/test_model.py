"""Cases worked by hand, and a search for sequences of calls that break the model.

    python3 -m unittest discover -s test/stress/meter

METER_SEARCH is how many random sequences the search tries (default 1500).
"""

import datetime
import itertools
import os
import random
import sys
import unittest
import zoneinfo

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import cycles
import model
import search
from facts import RECORDINGS, SECONDS, Error, Meter, Plan

UTC = datetime.timezone.utc


class Clock:
    def __init__(self, *at):
        self.now = datetime.datetime(*at, tzinfo=UTC)

    def __call__(self):
        return self.now

    def forward(self, **by):
        self.now += datetime.timedelta(**by)


def meter(**settings):
    plans = (
        Plan("FREE", 30, 10),
        Plan("BASIC", 300, 100),
        Plan("PREMIUM", 3000, 1000),
        Plan("ENTERPRISE", None, None),
    )
    return Meter(clock=Clock(2026, 3, 10, 12), **settings).add(*plans)


class Case(unittest.TestCase):
    def setUp(self):
        self.meter = meter()
        self.clock = self.meter.clock
        self.a = model.Account(self.meter, "FREE")

    def tearDown(self):
        self.assertEqual(self.a.broken(), [])

    def refuses(self, sqlstate, call, *arguments, **named):
        with self.assertRaises(Error) as caught:
            call(*arguments, **named)
        self.assertEqual(caught.exception.sqlstate, sqlstate)

    def create(self, *arguments, **named):
        """The number of a recording that is accepted."""
        number, reason, *_ = self.a.create(*arguments, **named)
        self.assertEqual(reason, "ok")
        return number

    def accepted(self, tries):
        return sum(self.a.create()[1] == "ok" for _ in range(tries))


class Charges(Case):
    def test_minutes_beyond_the_quota(self):
        """Two recordings of three hours pass no quota of 30 minutes if they are announced."""
        three_hours = 10_800_000
        self.assertEqual(self.a.create(three_hours), (None, "minutes", 10, 1800))
        self.assertEqual(self.a.create(1_800_000), (1, "ok", 9, 1800))
        self.assertEqual(self.a.create(1), (None, "minutes", 9, 0))
        # Without announcement the excess shows.
        b = self.a = model.Account(self.meter, "FREE")
        b.create(), b.create()
        b.complete(1, three_hours)
        b.complete(2, three_hours)
        self.assertEqual(b.open.used, [2, 21600])
        self.assertEqual(b.open.overage, [0, 19800])

    def test_to_and_fro_is_no_second_quota(self):
        self.assertEqual(self.accepted(11), 10)
        self.assertEqual(self.a.change_plan("BASIC", True), (True, ""))
        self.assertEqual(self.a.change_plan("FREE", False), (True, ""))
        self.assertEqual(self.accepted(12), 0)
        self.assertEqual(self.a.open.used, [10, 0])
        self.assertTrue(self.a.closed[0].carried)

    def test_failures_are_refunded(self):
        for _ in range(10):
            self.a.fail(self.create())
        self.assertEqual(self.a.open.used, [0, 0])
        self.assertEqual(self.a.create()[1], "ok")

    def test_failed_with_segments_stays_charged(self):
        number = self.create()
        self.a.append(number, 61_000, 3)
        self.a.fail(number)
        self.assertEqual(self.a.open.used, [1, 61])

    def test_failed_without_segments_gives_appends_back(self):
        number = self.create()
        self.a.append(number, 61_001, 0)
        self.assertEqual(self.a.open.used, [1, 62])
        self.a.fail(number)
        self.assertEqual(self.a.open.used, [0, 0])

    def test_refunded_and_completed_after_all(self):
        number = self.create()
        self.a.fail(number)
        self.accepted(10)
        self.a.complete(number, 1000, 1)
        self.assertEqual((self.a.open.used[0], self.a.open.overage[0]), (11, 1))

    def test_refund_takes_overage_first(self):
        first = self.create()
        self.a.fail(first)
        second = self.create()
        self.assertEqual(self.accepted(10), 9)
        self.a.complete(first, 1000)
        self.assertEqual(self.a.open.overage[0], 1)
        self.a.fail(second)
        self.assertEqual((self.a.open.used[0], self.a.open.overage[0]), (10, 0))

    def test_failed_after_the_rollover_is_not_refunded(self):
        number = self.create()
        self.clock.forward(days=31)
        self.a.fail(number)
        self.assertEqual(self.a.open.used, [0, 0])
        self.assertEqual(self.a.closed[0].counters.used, [1, 0])
        # Paid for: neither the retry nor the completion charges it again.
        self.a.retry(number)
        self.a.complete(number, 5000)
        self.assertEqual(self.a.open.used, [0, 5])

    def test_adjusted_away_before_the_refund(self):
        number = self.create()
        self.a.adjust(-1, 0)
        self.a.fail(number)
        self.assertEqual(self.a.recordings[number].charged_cycle, 1)
        self.a.complete(number, 0)
        self.assertEqual(self.a.open.used, [0, 0])
        self.a.recordings.clear()  # delivered and given away: what the adjustment was for

    def test_adjustment_moves_the_plan_part_only(self):
        self.a.add_credit(1, 0)
        self.accepted(11)
        self.refuses("22003", self.a.adjust, -11, 0)
        self.a.adjust(-10, 0)
        self.assertEqual(self.a.open.used, [1, 0])

    def test_repetition_changes_nothing(self):
        number = self.create()
        self.a.complete(number, 1500, 2)
        self.assertEqual(self.a.complete(number, 1500, 2), "repeated")
        self.refuses("55000", self.a.complete, number, 1501, 2)
        self.refuses("55000", self.a.fail, number)
        self.assertEqual(self.a.open.used, [1, 2])

    def test_less_than_was_heard(self):
        number = self.create()
        self.a.append(number, 2000, 1)
        self.refuses("22023", self.a.complete, number, 1999)
        self.a.fail(number)
        self.a.retry(number)
        self.assertEqual(self.a.append(number, 500, 0)[1:3], (500, 2))
        self.refuses("22023", self.a.complete, number, 499)
        self.assertEqual(self.a.complete(number, 999, 1), "done")
        self.assertEqual((self.a.open.used, self.a.broken()), ([1, 2], []))

    def test_unlimited(self):
        self.a.change_plan("ENTERPRISE")
        self.assertEqual(self.a.create(10**9), (1, "ok", None, None))
        self.a.complete(1, 2_000_000_000)
        self.assertEqual((self.a.open.used, self.a.open.overage), ([1, 2_000_000], [0, 0]))

    def test_without_refunds(self):
        self.meter.refund_failed = False
        self.a.fail(self.create())
        self.assertEqual(self.a.open.used, [1, 0])


class Holds(Case):
    def test_a_hold_ends_with_its_recording(self):
        first = self.create(1_000_000)
        self.assertEqual(self.a.left(SECONDS), 800)
        self.assertEqual(self.a.create(800_001)[1], "minutes")
        second = self.create(800_000)
        self.a.complete(first, 400_000)
        self.assertEqual(self.a.left(SECONDS), 600)
        self.a.delete(second)
        self.assertEqual(self.a.left(SECONDS), 1400)

    def test_remaining_leaves_out_the_own_hold(self):
        self.assertEqual(self.a.create(600_000), (1, "ok", 9, 1800))
        self.assertEqual(self.a.create(600_000), (2, "ok", 8, 1200))

    def test_the_longest_recording(self):
        self.meter.plans["FREE"].max_minutes = 20
        self.assertEqual(self.a.create(1_200_001)[1], "too_long")
        self.create()
        self.assertEqual(self.a.held(), 1200)
        self.create()
        self.assertEqual(self.a.held(), 1800)
        self.assertEqual(self.a.create()[1], "minutes")

    def test_stale_ones_go_before_a_refusal(self):
        self.assertEqual(self.accepted(10), 10)
        self.clock.forward(hours=6, seconds=1)
        self.assertEqual(self.a.create()[1], "ok")
        self.assertEqual(self.a.open.used, [1, 0])

    def test_appends_eat_the_hold(self):
        number = self.create(100_000)
        self.a.append(number, 30_000, 1)
        self.assertEqual(self.a.held(), 70)
        self.assertEqual(self.a.append(number, 130_000, 2), (2, 130_000, 130, True, 1670))
        self.assertEqual(self.a.held(), 0)

    def test_a_retry_holds_what_is_not_charged(self):
        number = self.create()
        self.a.append(number, 30_000, 1)
        self.a.fail(number)
        self.a.retry(number, 100_000)
        self.assertEqual((self.a.held(), self.a.open.used), (70, [1, 30]))

    def test_a_retry_is_refused_like_a_create(self):
        number = self.create()
        self.a.fail(number)
        self.assertEqual(self.accepted(10), 10)
        self.assertEqual(self.a.retry(number)[1], "recordings")
        self.a.status = "banned"
        self.assertEqual(self.a.retry(number)[1], "not_active")
        self.assertEqual(self.a.recordings[number].status, "failed")

    def test_keys(self):
        self.assertEqual(self.a.create(key="k"), (1, "ok", 9, 1800))
        self.a.status = "banned"
        self.assertEqual(self.a.create(key="k")[:2], (1, "repeated"))
        self.refuses("22023", self.a.create, 1000, key="k")
        self.assertEqual(self.a.create(key="other")[1], "not_active")
        self.a.status = "active"
        self.a.delete(1)
        self.assertEqual(self.a.create(key="k")[:2], (2, "ok"))


class Credits(Case):
    def test_plan_then_credits_then_overage(self):
        late = self.a.add_credit(0, 5)
        early = self.a.add_credit(0, 5, self.clock() + datetime.timedelta(days=5))
        number = self.create()
        self.a.complete(number, 2_300_000)
        self.assertEqual(self.a.credits[early].left, [0, 0])
        self.assertEqual(self.a.credits[late].left, [0, 100])
        self.assertEqual((self.a.open.used[1], self.a.open.credit[1], self.a.open.overage[1]), (2300, 500, 0))
        self.assertEqual(self.a.left(SECONDS), 100)
        number = self.create()
        self.a.complete(number, 150_000)
        self.assertEqual((self.a.open.used[1], self.a.open.credit[1], self.a.open.overage[1]), (2450, 600, 50))

    def test_refund_returns_to_the_credit_whatever_the_cycle(self):
        credit = self.a.add_credit(1, 0)
        self.assertEqual(self.accepted(12), 11)
        self.clock.forward(days=40)
        self.a.fail(11)
        self.assertEqual(self.a.credits[credit].left, [1, 0])
        self.assertIsNone(self.a.recordings[11].charged_cycle)
        self.a.fail(1)
        self.assertEqual(self.a.recordings[1].charged_cycle, 1)
        self.assertEqual(self.a.open.used, [0, 0])

    def test_expired_and_cancelled_ones_do_not_come_back(self):
        expired = self.a.add_credit(1, 0, self.clock() + datetime.timedelta(hours=1))
        cancelled = self.a.add_credit(1, 0)
        self.assertEqual(self.accepted(13), 12)
        self.a.cancel_credit(cancelled)
        self.clock.forward(hours=2)
        self.a.fail(11), self.a.fail(12)
        self.assertEqual((self.a.credits[expired].left, self.a.credits[cancelled].left), ([1, 0], [1, 0]))
        self.assertEqual((self.accepted(1), self.a.open.used), (0, [10, 0]))

    def test_keys(self):
        self.assertEqual(self.a.add_credit(1, 0, key="k"), self.a.add_credit(1, 0, key="k"))
        self.refuses("22023", self.a.add_credit, 2, 0, key="k")

    def test_carry_over(self):
        self.meter.plans["FREE"].carry_over = 20
        self.a.complete(self.create(), 900_001)
        self.clock.forward(days=25)
        self.a.roll_over()
        # 899 seconds were left: 14 whole minutes.
        self.assertEqual(self.a.left(SECONDS), 1800 + 14 * 60)
        self.assertEqual(self.a.credits[1].expires, datetime.datetime(2026, 5, 1, tzinfo=UTC))
        # A month later it has ended, and a skipped one was unused wholly.
        self.clock.forward(days=70)
        self.a.roll_over()
        self.assertEqual(self.a.left(SECONDS), 1800 + 20 * 60)

    def test_no_carry_over_at_a_proration_or_without_limit(self):
        self.meter.plans["FREE"].carry_over = self.meter.plans["ENTERPRISE"].carry_over = 20
        self.a.change_plan("ENTERPRISE", True)
        self.assertEqual(self.a.credits, {})
        self.clock.forward(days=31)
        self.a.roll_over()
        self.assertEqual(self.a.credits, {})


class Plans(Case):
    def test_proration_once_and_upwards(self):
        self.a.change_plan("BASIC")
        self.assertEqual(self.a.change_plan("PREMIUM", True), (False, "changed"))
        self.clock.forward(days=31)
        self.assertEqual(self.a.change_plan("FREE", True), (False, "less"))
        self.assertEqual(self.a.change_plan("PREMIUM", True), (True, ""))

    def test_failure_of_the_prorated_part(self):
        number = self.create()
        self.a.change_plan("BASIC", True)
        self.a.fail(number)
        self.assertEqual(self.a.closed[0].counters.used, [0, 0])
        self.a.change_plan("FREE")
        self.assertEqual(self.a.open.used, [0, 0])

    def test_failure_after_the_carry(self):
        number = self.create()
        self.a.change_plan("BASIC", True)
        self.a.change_plan("FREE")
        self.assertEqual(self.a.open.used, [1, 0])
        self.a.fail(number)
        self.assertEqual((self.a.open.used, self.a.closed[0].counters.used), ([0, 0], [1, 0]))

    def test_scheduled(self):
        self.a.change_plan("BASIC", at="cycle_end")
        self.assertEqual(self.a.plan, "FREE")
        self.clock.forward(days=90)
        self.a.roll_over()
        self.assertEqual((self.a.plan, self.a.scheduled, self.a.changed), ("BASIC", None, False))

    def test_taken_back(self):
        for back in (
            lambda: self.a.change_plan("FREE", at="cycle_end"),
            lambda: self.a.change_plan("PREMIUM"),
            self.a.cancel_plan_change,
        ):
            self.a.change_plan("BASIC", at="cycle_end")
            back()
            self.assertIsNone(self.a.scheduled)
        self.refuses("22023", self.a.change_plan, "BASIC", True, "cycle_end")

    def test_dropped_where_the_plan_has_gone(self):
        self.a.change_plan("BASIC", at="cycle_end")
        self.meter.plans["BASIC"].active = False
        self.clock.forward(days=31)
        self.a.roll_over()
        self.assertEqual((self.a.plan, self.a.scheduled), ("FREE", None))

    def test_to_the_default_plan(self):
        self.meter.plans["FREE"].active, self.meter.plans["BASIC"].default = False, True
        self.clock.forward(days=31)
        self.a.roll_over()
        self.assertEqual(self.a.plan, "BASIC")

    def test_keys(self):
        self.assertEqual(self.a.change_plan("BASIC", key="k"), (True, ""))
        self.assertEqual(self.a.change_plan("BASIC", key="k"), (True, ""))
        self.refuses("22023", self.a.change_plan, "FREE", key="k")
        self.assertEqual(self.a.change_plan("BASIC", key="l"), (False, "already"))

    def test_all_sequences_of_six_changes(self):
        """Accepted in a month is at most what the rule says, whatever the order."""
        plans = (Plan("S", 30, 2), Plan("M", 60, 3), Plan("L", None, 5))
        sequences = search.plan_sequences(plans, 6)
        self.assertGreater(sequences, 5_000)


class Thresholds(Case):
    def test_once_per_cycle_and_not_after_a_refund(self):
        self.assertEqual(self.accepted(8), 8)
        self.assertEqual(self.a.noted, [(1, RECORDINGS, 80)])
        self.a.fail(1)
        self.accepted(1)
        self.assertEqual(len(self.a.noted), 1)
        self.accepted(2)
        self.assertEqual(self.a.noted[1:], [(1, RECORDINGS, 100)])
        self.clock.forward(days=31)
        self.accepted(8)
        self.assertEqual(self.a.noted[2:], [(2, RECORDINGS, 80)])

    def test_credits_aside(self):
        self.a.add_credit(10, 0)
        self.meter.plans["FREE"].alerts = (80, 100, 150)
        self.assertEqual(self.accepted(20), 20)
        self.assertEqual([percent for _, _, percent in self.a.noted], [80, 100])


class Cycles(unittest.TestCase):
    def at(self, zone, *local):
        return datetime.datetime(*local, tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(UTC)

    def following(self, zone, anchor, ended, now):
        start, end, skipped = cycles.following(ended, now, anchor, zoneinfo.ZoneInfo(zone))
        local = zoneinfo.ZoneInfo(zone)
        return str(start.astimezone(local))[:16], str(end.astimezone(local))[:16], skipped

    def test_clamped_anchor(self):
        zone = "Asia/Ho_Chi_Minh"
        end, ends = self.at(zone, 2026, 1, 31), []
        for _ in range(4):
            _, end, _ = cycles.following(end, end, 31, zoneinfo.ZoneInfo(zone))
            ends.append(str(end.astimezone(zoneinfo.ZoneInfo(zone)))[5:10])
        self.assertEqual(ends, ["02-28", "03-31", "04-30", "05-31"])

    def test_missed_months_close_as_one(self):
        zone = "UTC"
        late = self.following(zone, None, self.at(zone, 2026, 2, 1), self.at(zone, 2026, 5, 3))
        self.assertEqual(late, ("2026-05-01 00:00", "2026-06-01 00:00", True))

    def test_changed_anchor_makes_no_short_cycle(self):
        zone = "UTC"
        end = self.at(zone, 2026, 3, 1)
        self.assertEqual(self.following(zone, 20, end, end), ("2026-03-01 00:00", "2026-04-20 00:00", False))
        self.assertEqual(self.following(zone, 31, end, end), ("2026-03-01 00:00", "2026-03-31 00:00", False))

    def test_midnight_that_does_not_exist(self):
        # 2026-09-06 in Santiago: the clock goes from 24:00 to 01:00.
        boundary = cycles.boundary(2026, 9, 6, zoneinfo.ZoneInfo("America/Santiago"))
        self.assertEqual(boundary, datetime.datetime(2026, 9, 6, 4, tzinfo=UTC))

    def test_midnight_that_comes_twice(self):
        # 2026-11-01 in Havana: the clock goes from 01:00 back to 00:00.
        boundary = cycles.boundary(2026, 11, 1, zoneinfo.ZoneInfo("America/Havana"))
        self.assertEqual(boundary, datetime.datetime(2026, 11, 1, 4, tzinfo=UTC))

    def test_neither_gaps_nor_overlaps(self):
        dice = random.Random(1)
        for zone in ("UTC", "America/Havana", "America/Santiago", "Asia/Beirut", "Pacific/Apia", "Asia/Ho_Chi_Minh"):
            for anchor in (None, 1, 28, 29, 30, 31):
                end = datetime.datetime(2011, 10, 1, tzinfo=UTC)
                for _ in range(60):
                    now = end + datetime.timedelta(seconds=dice.choice((0, 1, 86_400 * dice.randrange(100))))
                    start, new, skipped = cycles.following(end, now, anchor, zoneinfo.ZoneInfo(zone))
                    self.assertTrue(start <= now < new and start >= end and new - start > cycles.SHORTEST)
                    self.assertEqual(skipped, start > end)
                    self.assertLess(new - start, datetime.timedelta(days=62))
                    end = new


class Search(unittest.TestCase):
    def test_random_sequences(self):
        found = search.random_sequences(int(os.environ.get("METER_SEARCH", "1500")), seed=1)
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
