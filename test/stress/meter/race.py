"""Many sessions and one user: races for the last minutes, and all orders of plan changes.

The order in which concurrent calls took effect is not the order in which they
were made.  Each call takes a number from a sequence in its transaction, after
it was made: by then it holds the lock on the user's subscription, so the
numbers are in the order of the calls, and the model makes them in that order.
"""

import random
import threading

import calls
from facts import Error, Meter, Plan
from model import Account

SESSIONS = 64
QUOTA = Plan("QUOTA", 30, None)
SMALL = Plan("SMALL", 20, None)
LARGE = Plan("LARGE", 60, None)


class Racer(threading.Thread):
    """A session: recordings announced, heard, completed and failed, and what the mode allows besides."""

    def __init__(self, number, race):
        super().__init__()
        self.race, self.dice = race, random.Random(f"{race.seed}-{number}")
        self.connection = race.connections[number]
        self.log, self.trouble = [], None

    def run(self):
        try:
            self.race.gate.wait()
            for _ in range(self.race.steps):
                self.step()
        except Exception as error:
            self.trouble = error

    def call(self, name, *arguments):
        """Returns the rows, having noted the call with its place in the order."""
        statements, _ = self.race.pair.statements(name, list(arguments))
        with self.connection.connection.transaction():
            rows = self.connection.execute(*statements[0])
            ((place,),) = self.connection.execute("SELECT nextval('meter_order')", ())
        self.log.append((place, name, arguments, rows))
        return rows

    def step(self):
        announced = self.dice.choice((None, *range(1, 9))) if self.race.free else self.dice.randint(1, 8)
        announced = announced and announced * 60_000 - self.dice.randrange(1000)
        ((id_, ok, *_),) = self.call("create", announced, None)
        if self.race.free and self.dice.random() < 0.2:
            self.disturb()
        if not ok:
            return
        longest = 600_000 if self.race.free else announced
        heard = 0
        for _ in range(self.dice.randrange(3)):
            heard = self.dice.randint(heard, longest)
            self.call("append_by_id", id_, heard)
        if self.race.free and self.dice.random() < 0.3:
            self.call("fail_by_id", id_)
            if self.dice.random() < 0.5:
                return
        self.call("complete_by_id", id_, self.dice.randint(heard, longest))

    def disturb(self):
        what = self.dice.randrange(3)
        if what == 0:
            plan = self.dice.choice((QUOTA, SMALL, LARGE)).code
            self.call("change_plan", plan, self.dice.random() < 0.3, "now", None)
        elif what == 1:
            self.call("add_credit", 0, self.dice.randint(1, 3), None, None)
        else:
            self.call("adjust", 0, self.dice.randrange(100))


class SharedPair(calls.Pair):
    """A user whom many sessions share: recordings go by their ids until the order is known."""

    def statements(self, name, arguments):
        if name == "complete_by_id":
            id_, duration = arguments
            return [("CALL sp_complete_recording(%s, %s, '[]')", (id_, duration))], arguments
        if name == "append_by_id":
            id_, heard = arguments
            return [(calls.APPEND, (id_, calls.Jsonb([]), heard))], arguments
        if name == "fail_by_id":
            return [("CALL sp_fail_recording(%s, 'engine')", tuple(arguments))], arguments
        return super().statements(name, arguments)


class Race:
    def __init__(self, connections, meter, seed, free):
        self.connections, self.seed, self.free = connections, seed, free
        self.steps = 3
        self.gate = threading.Barrier(len(connections))
        self.pair = SharedPair(connections[0], meter, "QUOTA", f"race{seed}")

    def run(self):
        """What went wrong, and the overage in seconds."""
        racers = [Racer(number, self) for number in range(len(self.connections))]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        wrong = [str(r.trouble) for r in racers if r.trouble]
        log = sorted(entry for racer in racers for entry in racer.log)
        wrong += self.replay(log)
        if not wrong:
            wrong = self.pair.differences(self.pair.account)
        return wrong, self.pair.account.open.overage[1]

    def replay(self, log):
        account, ids = self.pair.account, self.pair.ids.recordings
        wrong = []
        for _, name, arguments, rows in log:
            try:
                if name == "create":
                    ((id_, ok, _, reason, recordings, seconds),) = rows
                    if not ok:
                        # It took no lock, or gave it back: its place in the order is not known.
                        continue
                    number, *answer = account.create(*arguments)
                    ids[id_] = number
                    if answer != [reason, recordings, seconds]:
                        wrong.append(f"{name} {arguments}: database {reason, recordings, seconds}, model {answer}")
                elif name == "complete_by_id":
                    account.complete(ids[arguments[0]], arguments[1], 0)
                elif name == "append_by_id":
                    answer = account.append(ids[arguments[0]], arguments[1], 0)
                    if answer != rows[0]:
                        wrong.append(f"{name} {arguments}: database {rows[0]}, model {answer}")
                elif name == "fail_by_id":
                    account.fail(ids[arguments[0]])
                else:
                    getattr(account, name)(*arguments)
            except (Error, KeyError) as error:
                wrong.append(f"{name} {arguments}: the model says {error!r}")
        return wrong


def run(report, count, seed, zone):
    connections = [calls.Connection("meter race") for _ in range(SESSIONS)]
    meter = Meter(zone=zone).add(QUOTA, SMALL, LARGE)
    for plan in (QUOTA, SMALL, LARGE):
        connections[0].run([calls.insert_plan(plan)])
    connections[0].run([("CREATE SEQUENCE meter_order CACHE 1", ())])
    for free in (False, True):
        wrong, noted = [], 0
        for number in range(count):
            found, overage = Race(connections, meter, f"{seed}-{int(free)}-{number}", free).run()
            wrong += found
            noted += overage
            if overage and not free:
                wrong.append(f"{overage} seconds of overage although every announcement was kept")
        what = "everything" if free else "announcements kept"
        report(f"{SESSIONS} sessions and one user's 30 minutes, {what}, {count} times: overage ({noted} s) is the model's", wrong)
    for connection in connections:
        connection.connection.close()


# ---------------------------------------------------------------- plan changes


def plan_changes(report, length):
    """All sequences of so many changes over three plans, the quota used up or left alone between them."""
    plans = (Plan("S", 30, 2), Plan("M", 60, 3), Plan("L", None, 5))
    connection = calls.Connection("meter plans")
    execute = connection.execute
    for plan in plans:
        connection.run([calls.insert_plan(plan)])
    wrong, count = [], 0

    def accept(user):
        accepted = 0
        while execute("SELECT quota_ok FROM sp_check_quota_and_create_recording(%s, 'upload')", (user,)) == [(True,)]:
            accepted += 1
        return accepted

    def go(user, at, steps, accepted, largest, bound):
        nonlocal count
        count += 1
        here, change = f"here{len(steps)}", f"change{len(steps)}"
        for fill in (True, False):
            execute(f"SAVEPOINT {here}", ())
            now = accepted + (accept(user) if fill else 0)
            if now > max(largest, bound):
                wrong.append(f"accepted {now}, allowed {largest} or {bound}: {steps}")
            for plan in plans if len(steps) < length and (now > accepted or not fill) else ():
                for prorate in (False, True):
                    if plan is at:
                        continue
                    ((used,),) = execute("SELECT usage_count FROM user_subscriptions WHERE user_id = %s", (user,))
                    execute(f"SAVEPOINT {change}", ())
                    ((success, _),) = execute("CALL sp_change_user_plan(%s, %s, %s)", (user, plan.code, prorate))
                    if success:
                        step = ("use up, " if fill else "") + plan.code + (" prorated" if prorate else "")
                        its_bound = used + plan.recordings if prorate else bound
                        go(user, plan, [*steps, step], now, max(largest, plan.recordings), its_bound)
                    execute(f"ROLLBACK TO {change}; RELEASE {change}", None)
            execute(f"ROLLBACK TO {here}; RELEASE {here}", None)

    for plan in plans:
        with connection.connection.transaction(force_rollback=True):
            ((user,),) = execute("SELECT s2t_register_user('p@x.example', 'p', 'h', NULL, %s)", (plan.code,))
            go(user, plan, [], 0, plan.recordings, 0)
    report(f"{count} sequences of up to {length} plan changes: no more was accepted than the rule allows", wrong)
    connection.connection.close()
