"""A model of the meter: what every call charges, holds, refunds and refuses.

Written from what the procedures promise and from nothing else, to be run beside
the database.  Plain Python, no server.  One Meter holds the plans and settings,
an Account is what one user has.  Every call is a method of Account that
returns what the database should answer, or raises Error with the SQLSTATE.

What the promises leave open is marked "Reading:".
"""

import datetime

import cycles
from facts import KINDS, RECORDINGS, SECONDS, Closed, Counters, Credit, Entry, Error, Recording, seconds


class Account:
    def __init__(self, meter, plan):
        self.meter = meter
        self.status = "active"
        self.plan = plan
        now = meter.clock()
        self.anchor = now.astimezone(meter.zone).day if meter.cycle_anchor == "registration" else None
        self.start, self.end = cycles.first(now, self.anchor, meter.zone)
        self.cycles = 1  # ids given so far
        self.open = Counters(1)
        self.prorated = None  # Counters that a proration closed, until carried or rolled over
        self.carried = None  # the cycle whose recordings count as the open one's
        self.changed = False  # of plan, this month
        self.scheduled = None
        self.plan_key = None  # key, arguments, result
        self.alerts = set()  # (kind, percent) noted in this cycle
        self.noted = []  # all of them: (cycle, kind, percent)
        self.recordings = {}
        self.credits = {}
        self.credit_keys = {}
        self.entries = []
        self.closed = []
        self.created = 0

    # ------------------------------------------------------------ what is left

    def current_plan(self):
        return self.meter.plans[self.plan]

    def held(self):
        return sum(r.hold for r in self.recordings.values() if r.status == "processing")

    def open_credits(self):
        now = self.meter.clock()
        return sorted((c for c in self.credits.values() if c.is_open(now)), key=Credit.order)

    def plan_left(self, kind):
        """None if unlimited; overage is part of what the plan has had."""
        limit = self.current_plan().limit(kind)
        return None if limit is None else max(0, limit - (self.open.used[kind] - self.open.credit[kind]))

    def left(self, kind, but=None):
        """Plan and credits less the holds (of others than the recording 'but'); None if unlimited."""
        left = self.plan_left(kind)
        if left is None:
            return None
        left += sum(c.left[kind] for c in self.open_credits())
        if kind == SECONDS:
            left -= self.held() - (but.hold if but and but.status == "processing" else 0)
        # Reading: a plan that became smaller than the holds leaves nothing, not less.
        return max(0, left)

    def answer(self, recording, reason):
        remaining = [self.left(RECORDINGS), self.left(SECONDS, but=recording)]
        return (recording.number if recording else None, reason, *remaining)

    # ------------------------------------------------------------ cycles

    def has_ended(self):
        return self.end <= self.meter.clock()

    def roll_over(self, by_reset=False):
        """Closes a cycle that has ended and opens the one that contains now."""
        if not self.has_ended() or not (by_reset or self.meter.lazy_rollover):
            return
        meter, old = self.meter, self.current_plan()
        self.close("rollover", self.end)
        unused = self.plan_left(SECONDS)
        self.start, self.end, skipped = cycles.following(self.end, meter.clock(), self.anchor, meter.zone)
        if skipped:
            unused = old.limit(SECONDS)
        self.prorated = self.carried = None
        self.changed = False
        self.open_cycle()
        if self.scheduled and meter.plans[self.scheduled].active:
            self.plan = self.scheduled
        self.scheduled = None
        if not self.current_plan().active:
            self.plan = meter.default_plan() or self.plan
        # Reading: carry_over_minutes is that of the plan whose minutes were left.
        if unused is not None and min(unused // 60, old.carry_over) > 0:
            credit = self.grant(0, min(unused // 60, old.carry_over), self.end)
            credit.carry_over = True

    def close(self, reason, end):
        plan = self.current_plan()
        self.closed.append(
            Closed(self.open, reason, plan.code, (plan.recordings, plan.minutes), self.start, end)
        )

    def open_cycle(self):
        self.cycles += 1
        self.open = Counters(self.cycles)
        self.alerts = set()

    def book(self, cycle):
        """The counters that a refund of that cycle moves: None if it is closed for good."""
        if cycle is not None and cycle in (self.open.cycle, self.carried):
            return self.open
        if self.prorated and cycle == self.prorated.cycle:
            # The closed row is these counters.
            return self.prorated
        return None

    # ------------------------------------------------------------ charge and refund

    def charge(self, kind, amount, recording):
        """Plan, then open credits, then overage: booked with its split, and noted in the recording."""
        counters = self.open
        of_plan = self.plan_left(kind)
        rest = 0 if of_plan is None else amount - min(amount, of_plan)
        shares, of_credits = {}, 0
        if amount - rest:
            shares[None] = amount - rest
        for credit in self.open_credits() if rest else ():
            take = min(rest - of_credits, credit.left[kind])
            if take:
                credit.left[kind] -= take
                shares[credit.number] = take
                of_credits += take
        overage = rest - of_credits
        if overage:
            shares[None] = shares.get(None, 0) + overage
        before = counters.used[kind] - counters.credit[kind]
        counters.used[kind] += amount
        counters.credit[kind] += of_credits
        counters.overage[kind] += overage
        self.note_alerts(kind, before, counters.used[kind] - counters.credit[kind])
        if kind == RECORDINGS:
            recording.charged_cycle = counters.cycle
            recording.charged_credit = next(iter(shares))
        else:
            recording.charged_seconds += amount
            for credit, share in shares.items():
                key = (counters.cycle, credit)
                recording.draws[key] = recording.draws.get(key, 0) + share
        self.enter(counters.cycle, recording, "charge", kind, amount, overage, shares)

    def note_alerts(self, kind, before, after):
        limit = self.current_plan().limit(kind)
        if not limit:
            return
        for percent in self.current_plan().alerts:
            # Reading: recordings and minutes have each their own thresholds.
            if before * 100 < percent * limit <= after * 100 and (kind, percent) not in self.alerts:
                self.alerts.add((kind, percent))
                self.noted.append((self.open.cycle, kind, percent))

    def enter(self, cycle, recording, name, kind, amount, overage=0, shares=None):
        entry = Entry(cycle, recording and recording.number, name, [0, 0], [0, 0], {})
        entry.amount[kind], entry.overage[kind] = amount, overage
        for credit, share in (shares or {}).items():
            if credit is not None:
                entry.credits[credit] = [0, 0]
                entry.credits[credit][kind] = share
        self.entries.append(entry)

    def give_back(self, cycle, credit, kind, amount, recording):
        """Returns how much of a draw was refunded."""
        book = self.book(cycle)
        if credit is not None:
            # Reading: overage comes first among what no credit paid; a credit's share goes back to it
            # even where the cycle has overage.
            # It may be expired or cancelled, and stays so.
            self.credits[credit].left[kind] += amount
            if book:
                book.used[kind] -= amount
                book.credit[kind] -= amount
                self.enter(book.cycle, recording, "refund", kind, -amount, 0, {credit: -amount})
            else:
                # Reading: a cycle closed by a rollover keeps its figures; only the credit moves.
                self.enter(cycle, recording, "return", kind, 0, 0, {credit: -amount})
            return amount
        if not book:
            return 0
        # Reading: of the cycle's overage, whichever recording it was noted for.
        of_overage = min(amount, book.overage[kind])
        of_plan = min(amount - of_overage, book.of_plan(kind))
        book.overage[kind] -= of_overage
        book.used[kind] -= of_overage + of_plan
        if of_overage + of_plan:
            self.enter(book.cycle, recording, "refund", kind, -(of_overage + of_plan), -of_overage)
        return of_overage + of_plan

    def refund(self, recording):
        if not self.meter.refund_failed or recording.segments:
            return
        charged = recording.charged_cycle is not None and not recording.kept
        if charged and self.give_back(recording.charged_cycle, recording.charged_credit, RECORDINGS, 1, recording):
            recording.charged_cycle = recording.charged_credit = None
        for (cycle, credit), amount in list(recording.draws.items()):
            taken = self.give_back(cycle, credit, SECONDS, amount, recording)
            recording.charged_seconds -= taken
            if taken == amount:
                del recording.draws[cycle, credit]
            else:
                recording.draws[cycle, credit] -= taken

    # ------------------------------------------------------------ create, retry

    def is_active(self):
        return self.status not in self.meter.blocked

    def create(self, expected_ms=None, key=None, arguments=()):
        """(recording's number or None, reason, remaining recordings, remaining seconds)."""
        if expected_ms is not None and expected_ms < 1:
            raise Error("22023")
        if key is not None:
            for recording in self.recordings.values():
                if recording.key and recording.key[0] == key:
                    if recording.key[1] != (expected_ms, *arguments):
                        raise Error("22023", "key was used with other arguments")
                    # Reading: what the answer tells as remaining is what is left now.
                    return self.answer(recording, "repeated")
        refusal = self.refusal(expected_ms, 0, True)
        if refusal:
            return self.answer(None, refusal)
        self.created += 1
        recording = Recording(self.created, self.meter.clock())
        if key is not None:
            recording.key = (key, (expected_ms, *arguments))
        recording.hold = self.hold(expected_ms, 0)
        self.recordings[recording.number] = recording
        self.charge(RECORDINGS, 1, recording)
        return self.answer(recording, "ok")

    def refusal(self, expected_ms, charged, is_charged_one):
        """Why a create or retry is refused, or None; stale recordings are failed before that."""
        if self.has_ended() and not self.meter.lazy_rollover:
            return "no_subscription"
        if not self.is_active():
            return "not_active"
        self.roll_over()
        longest = self.current_plan().max_minutes
        if expected_ms is not None and longest is not None and expected_ms > longest * 60_000:
            return "too_long"
        refusal = self.limit_refusal(expected_ms, charged, is_charged_one)
        if refusal:
            self.fail_stale()
            refusal = self.limit_refusal(expected_ms, charged, is_charged_one)
        return refusal

    def limit_refusal(self, expected_ms, charged, is_charged_one):
        left = self.left(RECORDINGS)
        if is_charged_one and left is not None and left < 1:
            return "recordings"
        left = self.left(SECONDS)
        if left is None:
            return None
        if expected_ms is None:
            return "minutes" if left < 1 else None
        wanted = seconds(expected_ms) - charged
        # Reading: a retry whose announced seconds are charged already wants nothing of the minutes.
        if wanted > 0 and (left < 1 or wanted > left):
            return "minutes"
        return None

    def hold(self, expected_ms, charged):
        if expected_ms is not None:
            return max(0, seconds(expected_ms) - charged)
        longest = self.current_plan().max_minutes
        if longest is None:
            return 0
        # Reading: a retry without announcement holds the longest recording less what is charged.
        most = max(0, longest * 60 - charged)
        left = self.left(SECONDS)
        return most if left is None else min(most, left)

    def fail_stale(self):
        """Those of the user's recordings that the stale rule fails."""
        oldest = self.meter.clock() - self.meter.stale_after
        for recording in list(self.recordings.values()):
            if recording.status == "processing" and recording.since < oldest:
                self.fail(recording.number)

    def retry(self, number, expected_ms=None):
        recording = self.find(number)
        if expected_ms is not None and expected_ms < 1:
            raise Error("22023")
        # Reading: only what has failed is retried.
        if recording.status != "failed":
            raise Error("55000")
        charged = recording.charged_seconds
        refusal = self.refusal(expected_ms, charged, recording.charged_cycle is None)
        if refusal:
            return self.answer(None, refusal)
        recording.hold = self.hold(expected_ms, charged)
        recording.status = "processing"
        recording.attempt += 1
        recording.since = self.meter.clock()
        if recording.charged_cycle is None:
            self.charge(RECORDINGS, 1, recording)
        return self.answer(recording, "ok")

    # ------------------------------------------------------------ the life of a recording

    def find(self, number):
        if number not in self.recordings:
            raise Error("P0002")
        return self.recordings[number]

    def begin_attempt(self, recording):
        """The first append or completion of a new attempt removes what earlier ones stored."""
        if recording.segments_attempt != recording.attempt:
            # Reading: what a failure with segments left charged stays so when they are removed; else append, fail,
            # retry, append nothing, fail would give a transcript for nothing.
            if recording.segments:
                recording.kept = True
                recording.draws.clear()
            recording.segments = 0
            recording.heard_ms = 0
            recording.segments_attempt = recording.attempt

    def complete(self, number, duration_ms, segments=0):
        recording = self.find(number)
        if recording.status == "done":
            if recording.completed_with != (duration_ms, segments):
                raise Error("55000")
            return "repeated"
        # Reading: what was heard never shrinks within an attempt.
        if duration_ms < recording.heard_in_attempt():
            raise Error("22023")
        self.roll_over()
        self.begin_attempt(recording)
        recording.segments = max(recording.segments, segments)
        if recording.charged_cycle is None:
            self.charge(RECORDINGS, 1, recording)
        rest = seconds(duration_ms) - recording.charged_seconds
        if rest > 0:
            self.charge(SECONDS, rest, recording)
        recording.status, recording.hold, recording.heard_ms = "done", 0, duration_ms
        recording.completed_with = (duration_ms, segments)
        recording.delivered = True
        return "done"

    def fail(self, number):
        recording = self.find(number)
        if recording.status == "done":
            raise Error("55000")
        if recording.status == "failed":
            return "repeated"
        self.roll_over()
        recording.status, recording.hold = "failed", 0
        self.refund(recording)
        return "failed"

    def append(self, number, duration_ms, segments):
        """(segments stored, heard, charged seconds, quota_ok, remaining seconds).  Segment n ends after n + 1 ms."""
        if duration_ms is None:
            duration_ms = segments
        recording = self.find(number)
        if recording.status != "processing":
            raise Error("55000")
        self.roll_over()
        self.begin_attempt(recording)
        recording.segments = max(recording.segments, segments)
        recording.delivered |= segments > 0
        recording.heard_ms = max(recording.heard_ms, duration_ms)
        recording.since = self.meter.clock()
        more = seconds(recording.heard_ms) - recording.charged_seconds
        if more > 0:
            recording.hold = max(0, recording.hold - more)
            self.charge(SECONDS, more, recording)
        remaining = self.left(SECONDS, but=recording)
        # Reading: nothing left means used up.
        quota_ok = self.is_active() and (remaining is None or remaining > 0)
        return (recording.segments, recording.heard_ms, recording.charged_seconds, quota_ok, remaining)

    def delete(self, number):
        """By whatever path: its hold and its key go, what was charged stays."""
        self.find(number)
        del self.recordings[number]

    # ------------------------------------------------------------ plans

    def change_plan(self, code, prorate=False, at="now", key=None):
        """(success, why not)."""
        if at not in ("now", "cycle_end") or (at == "cycle_end" and prorate):
            raise Error("22023")
        arguments = (code, prorate, at)
        # Reading: the key is looked at before everything else.
        if key is not None and self.plan_key and self.plan_key[0] == key:
            if self.plan_key[1] != arguments:
                raise Error("22023", "key was used with other arguments")
            return self.plan_key[2]
        result = self.change_plan_anew(code, prorate, at)
        # Reading: a refusal uses up no key, and leaves the last one.
        if key is not None and result[0]:
            self.plan_key = (key, arguments, result)
        return result

    def change_plan_anew(self, code, prorate, at):
        plan = self.meter.plans.get(code)
        if plan is None:
            return (False, "not found")
        if not plan.active:
            return (False, "not active")
        if prorate and self.has_ended() and not self.meter.lazy_rollover:
            return (False, "no active subscription")
        # Reading: scheduling, too, meets a cycle that has ended as closed.
        self.roll_over()
        if at == "cycle_end":
            self.scheduled = None if code == self.plan else code
            return (True, "")
        if code == self.plan:
            return (False, "already")
        if prorate:
            if self.changed:
                return (False, "changed")
            if plan.allows_less_than(self.current_plan()):
                return (False, "less")
            now = self.meter.clock()
            self.close("prorate", now)
            self.prorated = self.open
            self.open_cycle()
            self.start = now
        elif self.prorated:
            self.carry()
        self.plan, self.changed, self.scheduled = code, True, None
        return (True, "")

    def carry(self):
        """What a proration closed comes back, its credit part and overage included."""
        back = self.prorated
        next(c for c in self.closed if c.counters is back).carried = True
        entry = Entry(self.open.cycle, None, "carry", list(back.used), list(back.overage), {None: list(back.credit)})
        self.entries.append(entry)
        for kind in KINDS:
            self.open.used[kind] += back.used[kind]
            self.open.credit[kind] += back.credit[kind]
            # Reading: overage is carried with the rest.
            self.open.overage[kind] += back.overage[kind]
        self.carried, self.prorated = back.cycle, None

    def cancel_plan_change(self):
        # Reading: a cycle that has ended is closed first, and the change is then made, not cancelled.
        self.roll_over()
        self.scheduled = None

    # ------------------------------------------------------------ credits, adjustments

    def grant(self, recordings, minutes, expires):
        credit = Credit(
            len(self.credits) + 1, [recordings, minutes * 60], (recordings, minutes * 60), expires
        )
        self.credits[credit.number] = credit
        return credit

    def add_credit(self, recordings, minutes, expires=None, key=None):
        """The credit's number."""
        arguments = (recordings, minutes, expires)
        if key is not None and key in self.credit_keys:
            if self.credit_keys[key][0] != arguments:
                raise Error("22023", "key was used with other arguments")
            return self.credit_keys[key][1]
        # Reading: granting charges nothing, but what is granted belongs to the month that has begun.
        self.roll_over()
        credit = self.grant(recordings, minutes, expires)
        if key is not None:
            self.credit_keys[key] = (arguments, credit.number)
        return credit.number

    def cancel_credit(self, number):
        if number not in self.credits:
            raise Error("P0002")
        self.roll_over()
        credit = self.credits[number]
        # Reading: cancelling twice takes nothing more, what came back in between neither.
        if not credit.cancelled:
            credit.cancelled = True
            credit.taken, credit.left = credit.left, [0, 0]

    def adjust(self, recordings, amount):
        """Of the plan's part only, up or down."""
        self.roll_over()
        change = (recordings, amount)
        if any(self.open.of_plan(kind) + change[kind] < 0 for kind in KINDS):
            raise Error("22003")
        for kind in KINDS:
            self.open.used[kind] += change[kind]
            if change[kind]:
                # Reading: an adjustment is no charge, and crosses no threshold.
                self.enter(self.open.cycle, None, "adjust", kind, change[kind])

    # ------------------------------------------------------------ what an owner does to the tables

    def set_end(self, end, anchor):
        """Moves the clock: the cycle ends at that instant, credits that end move along."""
        moved = self.end - end
        self.start, self.end, self.anchor = min(self.start, end - datetime.timedelta(days=1)), end, anchor
        for credit in self.credits.values():
            if credit.expires:
                credit.expires -= moved

    def set_stale(self, number):
        recording = self.find(number)
        if recording.status == "processing":
            recording.since = self.meter.clock() - self.meter.stale_after - datetime.timedelta(hours=1)

    def set_failed(self, number):
        """UPDATE recordings SET status = 'failed': no refund, no call; the hold does not count."""
        recording = self.find(number)
        if recording.status == "processing":
            recording.status, recording.hold = "failed", 0

    # ------------------------------------------------------------ what always holds

    def broken(self):
        """What does not hold of what must, as a list of sentences."""
        wrong = []
        books = {c.counters.cycle: c.counters for c in self.closed}
        books[self.open.cycle] = self.open
        for cycle, counters in books.items():
            entries = [e for e in self.entries if e.cycle == cycle and e.kind != "return"]
            for kind in KINDS:
                sums = (
                    sum(e.amount[kind] for e in entries),
                    sum(share[kind] for e in entries for share in e.credits.values()),
                    sum(e.overage[kind] for e in entries),
                )
                figures = (counters.used[kind], counters.credit[kind], counters.overage[kind])
                if sums != figures:
                    wrong.append(f"cycle {cycle}: counters {figures} of {kind}, entries {sums}")
                if min(figures) < 0 or counters.of_plan(kind) < 0:
                    wrong.append(f"cycle {cycle}: {figures} of {kind} below zero")
        for credit in self.credits.values():
            for kind in KINDS:
                drawn = sum(e.credits.get(credit.number, (0, 0))[kind] for e in self.entries)
                if credit.left[kind] + credit.taken[kind] + drawn != credit.granted[kind]:
                    wrong.append(f"credit {credit.number}: {credit} does not add up, {drawn} drawn")
                if not 0 <= credit.left[kind] <= credit.granted[kind]:
                    wrong.append(f"credit {credit.number}: {credit.left} left of {credit.granted}")
        for recording in self.recordings.values():
            entries = [e for e in self.entries if e.recording == recording.number]
            if not recording.kept and recording.charged_seconds != sum(recording.draws.values()):
                wrong.append(f"recording {recording.number}: draws {recording.draws}, {recording.charged_seconds} s")
            of_credits = sum(s[RECORDINGS] for e in entries for s in e.credits.values())
            net = sum(e.amount[RECORDINGS] for e in entries) - sum(
                -s[RECORDINGS] for e in entries if e.kind == "return" for s in e.credits.values()
            )
            if net != (recording.charged_cycle is not None) or of_credits not in (0, 1):
                wrong.append(f"recording {recording.number}: charged {recording.charged_cycle}, entries say {net}")
            if recording.status != "processing" and recording.hold:
                wrong.append(f"recording {recording.number}: {recording.status} and holds {recording.hold}")
            rest = recording.charged_seconds - seconds(recording.heard_ms)
            # An earlier attempt may have heard more.
            if recording.status == "done" and (rest < 0 or (rest > 0 and recording.attempt == 1)):
                wrong.append(f"recording {recording.number}: {recording.heard_ms} ms, {recording.charged_seconds} s")
            if recording.delivered and recording.charged_cycle is None:
                wrong.append(f"recording {recording.number}: delivered and not charged")
        return wrong
