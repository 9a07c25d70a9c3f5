"""One user in the database and in the model: every call goes to both."""

import copy
import datetime
import itertools
import json
import time

import books
import psycopg
from facts import UTC, Error, Plan
from model import Account
from psycopg.types.json import Jsonb

LOST = ("57P01", "57P02", "57P03", "08006", "08003", "08001")
REPEAT = ("40001",)


class Mismatch(Exception):
    pass


class Lost(Exception):
    """The connection went away before the answer came."""


class Connection:
    """A session that comes back after it was terminated, and repeats what a conflict undid."""

    def __init__(self, name, isolation="read committed"):
        self.options = f"-c client_min_messages=warning -c default_transaction_isolation={isolation.replace(' ', chr(92) + ' ')}"
        self.name = name
        self.conflicts = self.losses = 0
        self.connect()

    def connect(self):
        deadline = time.monotonic() + 120
        while True:
            try:
                self.connection = psycopg.connect(application_name=self.name, options=self.options, autocommit=True)
                self.cursor = self.connection.cursor()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def run(self, statements, undo=False):
        """Runs (query, arguments)... in a transaction; returns the last one's rows.  Raises Error or Lost."""
        while True:
            try:
                if len(statements) == 1 and not undo:
                    return self.execute(*statements[0])
                with self.connection.transaction(force_rollback=undo):
                    for query, arguments in statements:
                        rows = self.execute(query, arguments)
                return rows
            except psycopg.Error as error:
                if self.connection.closed or error.sqlstate in LOST or error.sqlstate is None:
                    self.losses += 1
                    self.connection.close()
                    self.connect()
                    raise Lost from error
                if error.sqlstate not in REPEAT:
                    raise Error(error.sqlstate, str(error)) from error
                self.conflicts += 1

    def execute(self, query, arguments):
        # Without arguments, several statements may stand in a query.
        self.cursor.execute(query, arguments, prepare=None if arguments is None else True)
        return self.cursor.fetchall() if self.cursor.description else []

    def ask(self, query, arguments=()):
        """For what changes nothing: asked until answered."""
        while True:
            try:
                return self.run([(query, arguments)])
            except Lost:
                continue


def segments_json(segments, text="text"):
    return [{"idx": i, "start_ms": i, "end_ms": i + 1, "text": f"{text} {i}"} for i in range(segments)]


CREATE = "SELECT * FROM s2t_create_recording(%s, 'upload', 'vi', '{}', %s, %s)"
CREATE_DOCUMENT = "SELECT * FROM sp_check_quota_and_create_recording(%s, 'upload')"
RETRY = "SELECT * FROM s2t_retry_recording(%s, %s)"
APPEND = "SELECT * FROM s2t_append_segments(%s, %s, %s)"
CHANGE = "SELECT * FROM s2t_change_user_plan(%s, %s, %s, %s, %s)"
CHANGE_DOCUMENT = "CALL sp_change_user_plan(%s, %s, %s)"
COMPLETE = (
    "CALL sp_complete_recording(%s, %s, %s)",
    "SELECT s2t_complete_recording(%s, %s, %s)",
    "SELECT s2t_complete_recording_text(%s, %s, %s)",
)
FAIL = ("CALL sp_fail_recording(%s, 'engine')", "SELECT s2t_fail_recording(%s, 'engine')")


class Pair:
    """A user: database and model.  history is what was called, to be replayed."""

    numbers = itertools.count(1)
    has_twins = False  # functions that do what the procedures do

    def __init__(self, connection, meter, plan, prefix, suffix=""):
        self.connection, self.meter, self.suffix = connection, meter, suffix
        self.ids = books.Ids()
        self.history = [["register", plan]]
        self.expiries = {}
        name = f"{prefix}-{next(self.numbers)}"
        query = "SELECT s2t_register_user(%s, %s, 'hash', NULL, %s)"
        while True:
            try:
                ((self.user,),) = connection.run([(query, (f"{name}@example.com", name, self.code(plan)))])
                break
            except Lost:
                row = connection.ask("SELECT id FROM users WHERE user_name = %s", (name,))
                if row:
                    ((self.user,),) = row
                    break
        self.account = Account(meter, plan)

    def code(self, code):
        """Every session has plans of its own, save the default one."""
        return code if code == DEFAULT.code else code + self.suffix

    # ------------------------------------------------------------ one call

    def call(self, name, *arguments):
        """Calls both and compares the answers."""
        self.history.append([name, *arguments])
        undo = name == "undone"
        if undo:
            name, *arguments = arguments
        statements, arguments = self.statements(name, arguments)
        detail = ""
        try:
            answer = self.read(name, self.connection.run(statements, undo))
        except Error as error:
            answer = ("error", error.sqlstate)
            detail = str(error)
        except Lost:
            if not undo:
                self.after_loss(name, arguments, statements)
            return
        after = copy.deepcopy(self.account) if undo else self.account
        try:
            expected = self.of_model(after, name, arguments)
        except Error as error:
            expected = ("error", error.sqlstate)
        answer = self.numbered(name, answer, expected, undo)
        if answer != expected and not self.is_lenient(name, answer, expected):
            more = f" ({detail})" if detail else ""
            raise Mismatch(f"{name} {arguments}: database {answer}{more}, model {expected}")
        # Less than was heard is told first, and leaves no mark.
        if name == "complete_bad" and not undo and arguments[1] >= self.account.find(arguments[0]).heard_in_attempt():
            self.wait_for_mark(arguments[0])

    def is_lenient(self, name, answer, expected):
        """Reading: a blocked account, and a repetition in a cycle that waits to be rolled over, may tell that nothing is left.
        A repetition rolls nothing over, but somebody else may have."""
        if name not in ("create", "retry") or answer[1] not in ("not_active", "repeated") or answer[:2] != expected[:2]:
            return False
        after = copy.deepcopy(self.account)
        after.roll_over(by_reset=True)
        rolled_over = after.answer(after.recordings.get(answer[0]), answer[1])
        return answer[2:] == (0, 0) or (self.account.has_ended() and answer == rolled_over)

    def numbered(self, name, answer, expected, undo):
        """The answer with the number of what it names; a new one gets the model's, unless it is undone."""
        known = self.ids.credits if name == "add_credit" else self.ids.recordings
        if name not in ("create", "create_document", "retry", "add_credit") or answer[0] in (None, "error"):
            return answer
        if undo:
            return (known.get(answer[0], expected[0]), *answer[1:])
        return (known.setdefault(answer[0], expected[0]), *answer[1:])

    def id_of(self, number, which):
        for id_, known in which.items():
            if known == number:
                return id_
        return "00000000-0000-7000-8000-000000000000"

    def statements(self, name, arguments):
        """What to run, and the arguments as the model takes them."""
        user = self.user
        ids = self.ids.recordings
        turn = len(self.history)
        if name == "create":
            return [(CREATE, (user, *arguments))], arguments
        if name == "create_document":
            return [(CREATE_DOCUMENT, (user,))], arguments
        if name == "retry":
            return [(RETRY, (self.id_of(arguments[0], ids), arguments[1]))], arguments
        if name in ("complete", "complete_bad"):
            number, duration, segments = arguments
            payload = segments_json(segments)
            if name == "complete_bad":
                payload = [{"idx": 0, "start_ms": 9, "end_ms": 1, "text": ""}]
            query = COMPLETE[turn % len(COMPLETE) if self.has_twins else 0]
            payload = json.dumps(payload) if "_text" in query else Jsonb(payload)
            return [(query, (self.id_of(number, ids), duration, payload))], arguments
        if name in ("append", "append_other"):
            number, duration, segments = arguments
            payload = segments_json(segments, "text" if name == "append" else "other")
            return [(APPEND, (self.id_of(number, ids), Jsonb(payload), duration))], arguments
        if name == "fail":
            return [(FAIL[turn % len(FAIL) if self.has_twins else 0], (self.id_of(arguments[0], ids),))], arguments
        if name == "delete":
            return [("DELETE FROM recordings WHERE id = %s", (self.id_of(arguments[0], ids),))], arguments
        if name == "change_plan":
            code, prorate, at, key = arguments
            if at == "now" and key is None and turn % 2:
                return [(CHANGE_DOCUMENT, (user, self.code(code), prorate))], arguments
            return [(CHANGE, (user, self.code(code), prorate, at, key))], arguments
        if name == "cancel_plan_change":
            return [("SELECT s2t_cancel_plan_change(%s)", (user,))], arguments
        if name == "add_credit":
            recordings, minutes, days, key = arguments
            expires = self.expiry(days, key)
            query = "SELECT s2t_add_credit(%s, %s, %s, %s, NULL, %s)"
            return [(query, (user, recordings, minutes, expires, key))], (recordings, minutes, expires, key)
        if name == "cancel_credit":
            if arguments[0] in self.account.credits and arguments[0] not in self.ids.credits.values():
                # Made by a rollover, which told nobody its id.
                self.account.roll_over()
                self.compare("before cancelling")
            credit = self.id_of(arguments[0], self.ids.credits)
            return [("SELECT s2t_cancel_credit(%s, %s)", (user, credit))], arguments
        if name == "adjust":
            return [("SELECT s2t_adjust_usage(%s, %s, %s, 'note')", (user, *arguments))], arguments
        if name == "set_status":
            return [("UPDATE users SET status = %s WHERE id = %s", (arguments[0], user))], arguments
        if name == "set_stale":
            return [(books.SET_STALE, (self.id_of(arguments[0], ids),))], arguments
        if name == "set_failed":
            return [(books.SET_FAILED, (self.id_of(arguments[0], ids),))], arguments
        if name == "set_end":
            months, anchor = arguments
            # What has ended is rolled over before its end is moved: here that may be due although the
            # model has done it (a call that was refused), or done although it was due.
            if self.connection.ask(books.HAS_ENDED, (user,)) == [(True,)]:
                self.connection.ask("CALL sp_reset_monthly_cycles()")
            self.account.roll_over(by_reset=True)
            end = datetime.datetime.now(UTC) - datetime.timedelta(seconds=1, days=31 * months)
            values = {"end": end, "anchor": anchor, "user": user, "moved": self.account.end - end}
            return [(books.SET_END, values), (books.MOVE_CREDITS, values)], (end, anchor)
        raise ValueError(name)

    def expiry(self, days, key):
        """The same for a call that is repeated by its key."""
        if days is None:
            return None
        now = datetime.datetime.now(UTC).replace(microsecond=0)
        expires = now + datetime.timedelta(days=days)
        return self.expiries.setdefault((days, key), expires) if key else expires

    def read(self, name, rows):
        """The database's answer in the model's shape."""
        if name in ("create", "retry"):
            ((id_, ok, message, reason, recordings, seconds),) = rows
            if ok != (id_ is not None) or ok == bool(message):
                raise Mismatch(f"{name} answered {rows}")
            return (id_, reason, recordings, seconds)
        if name == "create_document":
            ((id_, ok, message),) = rows
            if ok != (id_ is not None) or ok == bool(message):
                raise Mismatch(f"{name} answered {rows}")
            return (id_, ok)
        if name == "append":
            return tuple(rows[0])
        if name == "change_plan":
            return (rows[0][0],)
        if name == "add_credit":
            return (rows[0][0],)
        return ()

    def of_model(self, account, name, arguments):
        if name == "create_document":
            number, reason, *_ = account.create()
            return (number, reason == "ok")
        if name == "complete_bad":
            raise Error("22023")
        if name == "append_other":
            raise Error("55000")
        if name == "change_plan":
            return (account.change_plan(*arguments)[0],)
        if name == "add_credit":
            return (account.add_credit(*arguments),)
        if name == "set_status":
            account.status = arguments[0]
            return ()
        if name in ("delete", "set_stale", "set_failed") and arguments[0] not in account.recordings:
            return ()
        answer = getattr(account, name)(*arguments)
        return answer if name in ("create", "retry", "append") else ()

    def wait_for_mark(self, number):
        """A failure mark comes within about a second of the transaction's end."""
        id_ = self.id_of(number, self.ids.recordings)
        for _ in range(600):
            if self.connection.ask("SELECT status FROM recordings WHERE id = %s", (id_,)) == [("failed",)]:
                self.account.fail(number)
                return
            time.sleep(0.1)
        raise Mismatch(f"recording {number} is not marked as failed")

    # ------------------------------------------------------------ lost answers, comparing

    def after_loss(self, name, arguments, statements):
        """A keyed call is repeated, as are the owner's statements; of others the books tell whether they happened."""
        if name == "complete_bad":
            self.wait_or_not(arguments[0])
            return
        before, after = copy.deepcopy(self.account), copy.deepcopy(self.account)
        try:
            self.of_model(after, name, arguments)
        except Error:
            pass
        keyed = name in ("create", "add_credit", "change_plan") and arguments[-1] is not None
        if keyed or name in ("set_status", "set_stale", "set_failed"):
            while True:
                try:
                    self.connection.run(statements)
                    break
                except Lost:
                    continue
                except Error:
                    break
            self.account = after
            self.compare("after a call that was repeated")
            return
        found = []
        for candidate in (after, before):
            candidate.roll_over()  # as comparing does to the database
            wrong = self.differences(candidate)
            if not wrong:
                self.account = candidate
                self.history.append(["lost", "done" if candidate is after else "not done"])
                return
            found += wrong
        raise Mismatch(f"{name} {arguments}, answer lost: neither done nor not done: {found}")

    def wait_or_not(self, number):
        """A mark may have been lost with the session."""
        time.sleep(3)
        id_ = self.id_of(number, self.ids.recordings)
        if self.connection.ask("SELECT status FROM recordings WHERE id = %s", (id_,)) == [("failed",)]:
            self.account.fail(number)

    def differences(self, account):
        known = copy.deepcopy(self.ids)
        while True:
            self.ids = copy.deepcopy(known)
            try:
                cursor = self.connection.cursor
                with self.connection.connection.transaction():
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    database = books.of_database(cursor, self.user, self.ids, account, self.suffix)
                if database["cycle"][1] > datetime.datetime.now(UTC):
                    break
                # A cycle that has ended is closed, rolled over or not.
                self.connection.ask("CALL sp_reset_monthly_cycles()")
            except psycopg.Error as error:
                if not self.connection.connection.closed and error.sqlstate not in (*LOST, *REPEAT):
                    raise
                self.connection.connection.close()
                self.connection.connect()
        wrong = books.differences(database, books.of_model(account))
        if wrong:
            self.ids = known
        return wrong

    def compare(self, when):
        """The books; not while a cycle waits to be rolled over, by whoever comes first."""
        if self.account.has_ended():
            return False
        wrong = self.differences(self.account)
        if wrong:
            raise Mismatch(f"{when}: " + "; ".join(wrong))
        return True

    def finish(self):
        """Nothing is left to roll over, and all is the same."""
        while self.account.has_ended():
            self.connection.ask("CALL sp_reset_monthly_cycles()")
            self.account.roll_over(by_reset=True)
        self.compare("at the end")
        broken = self.account.broken()
        if broken:
            raise Mismatch("the model is broken: " + "; ".join(broken))


# ---------------------------------------------------------------- what to call


PLANS = (
    Plan("FREE", 2, 5, alerts=(50, 100)),
    Plan("MAX", 5, 8, max_minutes=1, carry_over=2),
    Plan("BIG", 10, 20, carry_over=3),
    Plan("OPEN", None, None, max_minutes=5),
)
DEFAULT = Plan("DEFAULT", 1, 2, default=True)

INSERT_PLAN = """INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, max_recording_minutes,
    carry_over_minutes, alert_percents, is_default) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"""


def insert_plan(plan, suffix=""):
    values = (plan.code + suffix, plan.code, plan.minutes, plan.recordings, plan.max_minutes, plan.carry_over)
    return INSERT_PLAN, (*values, list(plan.alerts), plan.default)


def append_other(account, number):
    """What is stored of this attempt, with other content."""
    recording = account.recordings.get(number)
    stored = recording is not None and recording.segments and recording.segments_attempt == recording.attempt
    return ["append_other", number, 1000, 1] if stored else ["append", number, 1000, 1]


def next_call(dice, account):
    """A call as a list that JSON can hold."""
    recordings = list(account.recordings) or [0]
    processing = [n for n, r in account.recordings.items() if r.status == "processing"] or recordings
    failed = [n for n, r in account.recordings.items() if r.status == "failed"] or recordings
    some, running, broken = dice.choice(recordings[-8:]), dice.choice(processing), dice.choice(failed)
    credit = dice.choice(list(account.credits) or [0])
    key = f"k{dice.randrange(account.created + 2)}"
    expected = dice.choice((None, None, 1, 20_000, 59_999, 60_000, 61_000, 200_000))
    duration = dice.choice((0, 1, 15_000, 30_500, 59_999, 70_000, 150_000))
    calls = (
        (20, lambda: ["create", expected, None]),
        (12, lambda: ["create", expected, key]),
        (8, lambda: ["create_document"]),
        (20, lambda: ["complete", running, duration, dice.choice((0, 1, 3))]),
        (5, lambda: ["complete", some, duration, dice.choice((0, 1, 3))]),
        (12, lambda: ["fail", running]),
        (2, lambda: ["fail", some]),
        (10, lambda: ["retry", broken, dice.choice((None, 10_000, 60_000))]),
        (16, lambda: ["append", running, dice.choice((duration, duration, None)), dice.choice((0, 0, 1, 2, 3))]),
        (2, lambda: append_other(account, running)),
        (4, lambda: ["delete", some]),
        (6, lambda: ["change_plan", dice.choice((*PLANS, DEFAULT)).code, dice.random() < 0.5, "now", None]),
        (2, lambda: ["change_plan", dice.choice((*PLANS, DEFAULT)).code, False, "now", f"p{dice.randrange(3)}"]),
        (3, lambda: ["change_plan", dice.choice((*PLANS, DEFAULT)).code, False, "cycle_end", None]),
        (1, lambda: ["cancel_plan_change"]),
        (4, lambda: ["add_credit", dice.randrange(3), dice.randrange(1, 3), dice.choice((None, 10, 40)), None]),
        (2, lambda: ["add_credit", 1, 1, dice.choice((None, 20)), f"c{dice.randrange(5)}"]),
        (2, lambda: ["cancel_credit", credit]),
        (3, lambda: ["adjust", dice.randrange(-2, 2), dice.randrange(-60, 30)]),
        (1, lambda: ["set_status", "suspended"]),
        (3 if account.status == "active" else 40, lambda: ["set_status", "active"]),
        (3, lambda: ["set_stale", running]),
        (1, lambda: ["set_failed", running]),
        (4, lambda: ["set_end", dice.choice((0, 0, 1, 3)), dice.choice((account.anchor, None, 1, 15, 29, 31))]),
    )
    chosen = dice.choices(calls, [weight for weight, _ in calls])[0][1]()
    # A mark that comes later than a comparison would be one more thing to wait for: seldom, and only where it is sure.
    if dice.random() < 0.002 and account.recordings.get(running) and account.recordings[running].status == "processing":
        return ["complete_bad", running, 1000, 1]
    if dice.random() < 0.04 and chosen[0] not in ("add_credit",):
        return ["undone", *chosen]
    return chosen
