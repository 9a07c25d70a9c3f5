"""Looks in the model alone for sequences of calls that break what the meter promises.

    search.py [SEQUENCES [SEED]]      prints what it found, the shortest first
"""

import copy
import datetime
import random
import sys

from facts import KINDS, RECORDINGS, SECONDS, Error, Meter, Plan
from model import Account


# ---------------------------------------------------------------- plan changes


class Month:
    """What a user was given in a month, against what the rule allows."""

    def __init__(self, account):
        self.account = account
        self.accepted = 0
        self.largest = account.current_plan().recordings
        self.bound = 0  # of the proration

    def fill(self, count):
        for _ in range(count):
            if self.account.create()[1] != "ok":
                break
            self.accepted += 1

    def change(self, code, prorate):
        """Whether anything changed."""
        before = self.account.open.used[RECORDINGS]
        if not self.account.change_plan(code, prorate)[0]:
            return False
        quota = self.account.current_plan().recordings
        self.largest = max(self.largest, quota)
        if prorate:
            self.bound = before + quota
        return True

    def is_bounded(self):
        return self.accepted <= max(self.largest, self.bound)

    def copy(self):
        return copy.deepcopy(self)


def plan_sequences(plans, length):
    """All sequences of changes over three plans, the quota used up or left alone
    between them.  Returns how many; raises with the first that gives too much.
    A refused change changes nothing, and so leads to a shorter sequence."""
    meter = Meter(clock=lambda: datetime.datetime(2026, 3, 10, tzinfo=datetime.timezone.utc)).add(*plans)
    count = 0

    def go(month, steps):
        nonlocal count
        count += 1
        full = month.copy()
        full.fill(1000)
        if not full.is_bounded():
            raise AssertionError(f"accepted {full.accepted}, allowed {full.largest} or {full.bound}: {steps}")
        if len(steps) == length:
            return
        # Before the change: everything used, or nothing.
        for filled, name in ((month, ""), (full, "use up, ")) if full.accepted > month.accepted else ((full, ""),):
            for plan in plans:
                for prorate in (False, True):
                    if plan.code == filled.account.plan:
                        continue
                    after = filled.copy()
                    if after.change(plan.code, prorate):
                        go(after, [*steps, f"{name}to {plan.code}{' prorated' if prorate else ''}"])

    for plan in plans:
        go(Month(Account(meter, plan.code)), [])
    return count


# ---------------------------------------------------------------- everything at random

PLANS = (
    Plan("FREE", 1, 3, alerts=(50, 100)),
    Plan("MAX", 3, 5, max_minutes=1, carry_over=1),
    Plan("BIG", 10, 10, carry_over=2),
    Plan("OPEN", None, None, max_minutes=5),
)


class Clock:
    def __init__(self):
        self.now = datetime.datetime(2026, 1, 20, tzinfo=datetime.timezone.utc)

    def __call__(self):
        return self.now


def next_call(dice, account):
    """The name of a method of Account and its arguments."""
    recordings = list(account.recordings) or [0]
    some = dice.choice(recordings[-6:])
    credits = list(account.credits) or [0]
    calls = (
        (30, lambda: ("create", dice.choice((None, None, 20_000, 60_000, 61_000)), dice.choice((None, "k", "l")))),
        (20, lambda: ("complete", some, dice.choice((0, 15_000, 30_500, 70_000)), dice.choice((0, 2)))),
        (18, lambda: ("fail", some)),
        (10, lambda: ("retry", some, dice.choice((None, 30_000)))),
        (10, lambda: ("append", some, dice.choice((1_000, 20_500, 50_000)), dice.choice((0, 0, 1)))),
        (4, lambda: ("delete", some)),
        (9, lambda: ("change_plan", dice.choice(PLANS).code, dice.random() < 0.5)),
        (3, lambda: ("change_plan", dice.choice(PLANS).code, False, "cycle_end")),
        (1, lambda: ("cancel_plan_change",)),
        (3, lambda: ("add_credit", dice.randrange(3), dice.randrange(2))),
        (2, lambda: ("add_credit", 2, 1, account.meter.clock() + datetime.timedelta(days=dice.randrange(1, 40)))),
        (2, lambda: ("adjust", dice.randrange(-2, 3), dice.randrange(-40, 40))),
        (2, lambda: ("cancel_credit", dice.choice(credits))),
        (2, lambda: ("set_stale", some)),
        (1, lambda: ("set_failed", some)),
        (4, lambda: ("forward", dice.choice((1, 5, 20, 70)))),
    )
    chosen = dice.choices(calls, [weight for weight, _ in calls])[0]
    return chosen[1]()


class Given:
    """What the plans gave in the month, of both kinds, credits and overage aside."""

    def __init__(self, account):
        self.month = None
        self.look(account)

    def look(self, account):
        month = sum(c.reason == "rollover" for c in account.closed)
        quota = [account.current_plan().limit(kind) for kind in KINDS]
        quota = [float("inf") if limit is None else limit for limit in quota]
        if month != self.month:
            self.month, self.largest, self.bound, self.prorated = month, quota, [0, 0], None
        self.largest = [max(pair) for pair in zip(self.largest, quota)]
        if account.prorated and account.prorated.cycle != self.prorated:
            self.prorated = account.prorated.cycle
            self.bound = [account.prorated.of_plan(kind) + quota[kind] for kind in KINDS]

    def wrong(self, account):
        self.look(account)
        books = [account.open] + ([account.prorated] if account.prorated else [])
        # What an adjustment added was not given by a plan.
        if any(entry.kind == "adjust" for entry in account.entries):
            return []
        given = [sum(book.of_plan(kind) for book in books) for kind in KINDS]
        if any(given[kind] > max(self.largest[kind], self.bound[kind]) for kind in KINDS):
            return [f"plans gave {given}, allowed are {self.largest} or {self.bound}"]
        return []


def play(calls, length=60, dice=None):
    """Plays given calls, or random ones; returns (calls, what broke)."""
    clock = Clock()
    account = Account(Meter(clock=clock).add(*PLANS), "FREE")
    given = Given(account)
    played = []
    while len(played) < (len(calls) if dice is None else length):
        call = calls[len(played)] if dice is None else next_call(dice, account)
        played.append(call)
        overage = account.open.overage[RECORDINGS]
        try:
            if call[0] == "forward":
                clock.now += datetime.timedelta(days=call[1])
                account.roll_over()
            else:
                answer = getattr(account, call[0])(*call[1:])
                check_answer(account, overage, call, answer)
        except Error:
            # Reading: a refused or impossible call may have rolled over and failed stale ones, no more.
            pass
        except AssertionError as error:
            return played, str(error)
        wrong = account.broken() + given.wrong(account)
        if wrong:
            return played, "; ".join(wrong)
    return played, None


def check_answer(account, overage, call, answer):
    """What is accepted is within what was left, announced ones within what nobody else holds;
    what failed without a transcript is not charged to a cycle that is still open."""
    # After an adjustment there may be less to give back.
    adjusted = any(entry.kind == "adjust" for entry in account.entries)
    if call[0] == "fail" and answer == "failed" and not adjusted:
        recording = account.recordings[call[1]]
        assert recording.delivered or not account.book(recording.charged_cycle), "failed and charged"
        assert recording.delivered or not any(account.book(c) for c, _ in recording.draws), "failed and charged"
    if call[0] == "create" and answer[1] == "ok":
        limit = account.plan_left(SECONDS)
        expected = call[1]
        if limit is not None and expected is not None:
            held = account.held()
            assert limit + sum(c.left[SECONDS] for c in account.open_credits()) >= held, "holds exceed what is left"
        assert account.open.overage[RECORDINGS] <= overage, "a create made overage"


def shorten(calls, wrong):
    """Leaves out what is not needed for it to break."""
    at = len(calls)
    while at > 0:
        at -= 1
        fewer = calls[:at] + calls[at + 1 :]
        if play(fewer)[1]:
            calls = fewer
    return calls, play(calls)[1]


def random_sequences(count, seed=1, length=60):
    """What broke: (calls, sentence), shortened."""
    found = []
    for run in range(count):
        calls, wrong = play([], length, random.Random(f"{seed}-{run}"))
        if wrong:
            found.append(shorten(calls, wrong))
            if len(found) == 10:
                break
    return sorted(found, key=lambda f: len(f[0]))


if __name__ == "__main__":
    for calls, wrong in random_sequences(*map(int, sys.argv[1:])):
        print(wrong)
        for call in calls:
            print("   ", *call)
