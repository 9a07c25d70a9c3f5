#!/usr/bin/env python3
"""Measures the extension against its peers, and reports.

Called by bench/run, with the PG* variables of an empty cluster and S2T_TMP.

The contenders of a case take turns, round by round, each in a session of its
own, in another order every round; between turns the tables are vacuumed. What
is compared are medians; how far the ratio varies from round to round is shown
by its quartiles.
"""

import argparse
import dataclasses
import itertools
import os
import pathlib
import random
import re
import statistics
import struct
import subprocess
import sys
import threading
import time
import uuid

import psycopg
import psycopg2

import report

HERE = pathlib.Path(__file__).parent
TMP = pathlib.Path(os.environ["S2T_TMP"])
PGBENCH = os.path.join(os.environ["PG_BIN"], "pgbench")
DATABASE = "s2t_bench"
USERS = 2000
CREATORS = 1000  # users who may create recordings while cycles are reset
CASES = ["complete", "client", "copy", "create", "append", "edit", "events", "claim", "register", "plan", "stats", "cleanup", "reset",
         "none", "big", "throughput"]
TABLES = "plans, users, user_profiles, user_subscriptions, recordings, segments, usage_cycles"
METER = ", usage_entries, usage_credits"  # what 1.1.0 has not


class Session:
    """A connection whose search_path leads to one contender's procedures and tables."""

    def __init__(self, schema, host=None):
        self.schema = schema
        self.connection = psycopg2.connect(dbname=DATABASE, client_encoding="UTF8", **({"host": host} if host else {}))
        self.connection.autocommit = True
        self.run(f"SET search_path = {schema}, bench, public")
        self.tables = TABLES if host else TABLES + METER

    def run(self, query, *args):
        with self.connection.cursor() as cursor:
            cursor.execute(query, args or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, query, *args):
        return self.run(query, *args)[0][0]

    def spent(self, driver, *args):
        """Calls a driver of driver.sql: (microseconds, bytes of WAL), each per call."""
        places = ", ".join(["%s"] * len(args))
        return self.run(f"SELECT usec, wal FROM bench.{driver}({places})", *args)[0]

    def vacuum(self, tables=None):
        self.run(f"VACUUM {tables or self.tables}")

    def load(self, users=USERS, **flags):
        extra = "".join(f", {name} => {value}" for name, value in flags.items())
        self.run(f"SELECT bench.load({users}{extra})")
        self.run(f"VACUUM ANALYZE {self.tables}")

    def backend(self):
        return self.connection.get_backend_pid()

    def cpu(self):
        """Microseconds that the backend has spent on a CPU, while it is idle."""
        with open(f"/proc/{self.backend()}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0]) / 1000

    def close(self):
        self.connection.close()


@dataclasses.dataclass
class Series:
    """What one contender needed, round by round."""

    usec: list = dataclasses.field(default_factory=list)
    cpu: list = dataclasses.field(default_factory=list)
    wal: list = dataclasses.field(default_factory=list)
    buffers: float = None

    def median(self):
        return statistics.median(self.usec)


class Results(dict):
    """Case -> contender -> Series."""

    def series(self, case, contender):
        return self.setdefault(case, {}).setdefault(contender, Series())


results = Results()
notes = {}  # figures that are no series
watch = None  # a Session that looks on from outside
released = None  # where a server with a released version listens
began = time.monotonic()
load_before = os.getloadavg()[0]


def tell(line):
    print(f"{time.monotonic() - began:5.0f} s  {line}", flush=True)


# ---------------------------------------------------------------- rounds


def buffers_now():
    return watch.value("SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()")


def count_buffers(session, turn):
    """Pages that one turn touches; None where the server cannot tell (before 15)."""
    if session.connection.server_version < 150000:
        return None
    session.run("SELECT pg_stat_force_next_flush()")
    session.run("SELECT 1")
    before = buffers_now()
    turn()
    session.run("SELECT pg_stat_force_next_flush()")
    session.run("SELECT 1")
    return buffers_now() - before


def rounds_within(least, most, seconds):
    """Numbers of rounds: at least so many, more as long as there is time."""
    end = time.monotonic() + seconds
    for number in range(most):
        if number >= least and time.monotonic() > end:
            return
        yield number


def take_turns(case, rounds, contenders, calls, checkpoint=True):
    """Runs a case.

    rounds: how many at least and at most, and the seconds after which none beyond
    the least begins. contenders: name -> (session, prepare, turn). turn(prepare())
    is one turn and returns (usec, wal); prepare is not measured. The first round
    is not counted: it fills caches, and touches every page once after the last
    checkpoint, so that no page goes into the WAL whole later. A round after the last counts buffers.
    """
    names = list(contenders)
    if checkpoint:
        watch.run("CHECKPOINT")

    def take_round(number, use):
        for name in names[number % len(names):] + names[: number % len(names)]:
            session, prepare, turn = contenders[name]
            given = prepare()
            session.vacuum()
            use(session, results.series(case, name), lambda: turn(given))

    def note_spent(session, series, turn):
        before = session.cpu()
        usec, wal = turn()
        series.cpu.append((session.cpu() - before) / calls)
        series.usec.append(usec)
        series.wal.append(wal)

    def note_buffers(session, series, turn):
        touched = count_buffers(session, turn)
        series.buffers = None if touched is None else touched / calls

    take_round(0, lambda session, series, turn: turn())
    for number in rounds_within(*rounds):
        take_round(number, note_spent)
    take_round(0, note_buffers)
    tell(f"{case}: " + ", ".join(f"{name} {results[case][name].median():.1f} us" for name in names))


def nothing():
    return None


# ---------------------------------------------------------------- cases


def measure_complete(options):
    small, big = (9, 41, 15), (5, 15, 20)
    sizes = {10: (small, 300), 100: (small, 60), 1000: (small, 10), 10000: (big, 2), 100000: (big, 1)}
    if options.quick:
        small, big = (5, 15, 3), (3, 7, 3)
        sizes = {10: (small, 200), 100: (small, 40), 1000: (small, 5), 10000: (big, 1)}
    folder = str(TMP / "copy")
    for size, (rounds, calls) in sizes.items():
        watch.run("SELECT bench.make_payload(%s)", size)
        s2t, peer, copy = Session("s2t"), Session("peer"), Session("peer")
        s2t.load()
        peer.load()
        copy.run("TRUNCATE peer.segments_copy")

        def open_for(session):
            return lambda: session.value("SELECT bench.open_recordings(%s)::text", calls)

        def write_files():
            ids = s2t.value("SELECT bench.open_recordings(%s)::text", calls)
            copy.run("SELECT bench.write_files(%s::uuid[], %s, %s)", ids, size, folder)
            copy.vacuum("peer.segments_copy")

        def complete(session):
            return lambda ids: session.run("SELECT usec, wal FROM bench.complete(%s::uuid[], %s)", ids, size)[0]

        take_turns(f"complete {size}", rounds, {
            "s2t": (s2t, open_for(s2t), complete(s2t)),
            "plpgsql": (peer, open_for(peer), complete(peer)),
            "copy": (copy, write_files, lambda _: copy.spent("copy", calls, folder)),
        }, calls)
        compare_content(size)
        for session in (s2t, peer, copy):
            session.close()


def compare_content(size):
    """Both sides must have stored the same, or the comparison is void."""
    for query in ("SELECT count(*), sum(idx), sum(start_ms), sum(end_ms), sum(octet_length(text)) FROM {}.segments",
                  "SELECT sum(used_seconds), sum(held_seconds), sum(total_duration_ms), sum(total_segments) FROM {}.user_subscriptions",
                  # What COPY completes was created on our side.
                  "SELECT kind, count(*), sum(seconds) FROM {}.usage_entries WHERE seconds <> 0 GROUP BY kind"):
        ours, theirs = (watch.run(query.format(schema)) for schema in ("s2t", "peer"))
        if ours != theirs:
            sys.exit(f"complete {size}: the contenders stored different things: {ours} and {theirs}")


def measure_create(options):
    rounds, calls = ((5, 15, 3), 500) if options.quick else ((9, 41, 15), 1000)
    s2t, peer, bare = Session("s2t"), Session("peer"), Session("peer")
    s2t.load()
    peer.load()
    contenders = {
        "s2t": (s2t, nothing, lambda _: s2t.spent("create", calls)),
        "plpgsql": (peer, nothing, lambda _: peer.spent("create", calls)),
        "bare": (bare, nothing, lambda _: bare.spent("create_bare", calls)),
    }
    if released:
        old = Session("s2t", released)
        old.load()
        contenders["released"] = (old, nothing, lambda _: old.spent("create", calls))
    take_turns("create", rounds, contenders, calls)
    contenders.pop("bare")[0].close()

    def apart(session):
        session.run("SET synchronous_commit = off")
        return session, nothing, lambda _: session.run("CALL bench.create_apart(%s)", calls)[0]

    contenders = {name: apart(session) for name, (session, _, _) in contenders.items()}
    take_turns("create apart", rounds, contenders, calls)
    for session, _, _ in contenders.values():
        session.close()


def measure_append(options):
    """A segment more for each of many recordings that have some already, beside creating as many."""
    rounds, calls = ((5, 15, 3), 300) if options.quick else ((9, 41, 15), 500)
    watch.run("SELECT bench.make_payload(100)")
    s2t, peer, create = Session("s2t"), Session("peer"), Session("s2t")
    s2t.load()
    peer.load()
    live = {}

    def append(session):
        # After a hundred segments the recordings begin anew.
        def prepare():
            ids, first = live.get(session.schema, (None, 100))
            if first == 100:
                ids, first = session.value("SELECT bench.open_recordings(%s)::text", calls), 0
                session.run("SELECT usec FROM bench.append(%s::uuid[], 0)", ids)
                first = 1
            live[session.schema] = (ids, first + 1)
            return ids, first
        return session, prepare, lambda given: session.run("SELECT usec, wal FROM bench.append(%s::uuid[], %s)", *given)[0]

    take_turns("append", rounds, {
        "s2t": append(s2t),
        "create": (create, nothing, lambda _: create.spent("create", calls)),
        "plpgsql": append(peer),
    }, calls)
    for session in (s2t, peer, create):
        session.close()


def measure_edit(options):
    """A correction in short and long transcripts beside a create; a split beside a completion; exports beside a SELECT."""
    rounds, calls = ((5, 15, 3), 300) if options.quick else ((9, 41, 15), 500)
    for size in (100, 10000):
        watch.run("SELECT bench.make_payload(%s)", size)
    sessions = [Session("s2t") for _ in range(5)]
    few, many, create, split, complete = sessions
    few.load()
    ids = {size: few.value("SELECT bench.completed(%s)::text", size) for size in (100, 10000)}
    take_turns("edit", rounds, {
        "of 100": (few, nothing, lambda _: few.spent("edit", ids[100], calls)),
        "of 10000": (many, nothing, lambda _: many.spent("edit", ids[10000], calls)),
        "create": (create, nothing, lambda _: create.spent("create", calls)),
    }, calls)
    take_turns("split", (5, 15, 10), {
        "split": (split, lambda: split.value("SELECT bench.completed(10000)::text"), lambda given: split.spent("split", given, 10000)),
        "complete": (complete, lambda: complete.value("SELECT bench.open_recordings(1)::text"),
                     lambda given: [spent / 10000 for spent in complete.run("SELECT usec, wal FROM bench.complete(%s::uuid[], 10000)", given)[0]]),
    }, 10000)
    take_turns("export", (5, 15, 10), {
        **{name: (few, nothing, lambda _, name=name: few.spent("export", ids[10000], name, 10000)) for name in report.EXPORTS},
        "select": (many, nothing, lambda _: many.spent("select_segments", ids[10000], 10000)),
    }, 10000)
    for session in sessions:
        session.close()


def measure_events(options):
    """Creating while nobody listens, while somebody wants other events, and while somebody is told."""
    rounds, calls = ((5, 15, 3), 500) if options.quick else ((9, 41, 15), 1000)
    s2t = Session("s2t")
    s2t.load()

    def listening(types):
        def prepare():
            s2t.run("SELECT s2t.s2t_drop_consumer('bench')")
            if types:
                s2t.run("SELECT s2t.s2t_add_consumer('bench', %s)", types)
            s2t.vacuum("event_consumers, events")
        return s2t, prepare, lambda _: s2t.spent("create", calls)

    take_turns("events", rounds, {
        "nobody": listening(None),
        "other types": listening(["user.deleted"]),
        "told": listening(["recording.created"]),
    }, calls)
    s2t.run("SELECT s2t.s2t_drop_consumer('bench')")
    s2t.close()


def measure_claim(options):
    """The next one of ten thousand in the queue, half of it put off, while others hold some."""
    rounds, calls = ((5, 15, 3), 32) if options.quick else ((9, 41, 15), 32)
    s2t, peer = Session("s2t"), Session("peer")
    for session in (s2t, peer):
        session.load()
        session.run("SELECT bench.fill_queue(10000)")

    def claim(session):
        return session, lambda: session.run("SELECT bench.give_all_back()"), lambda _: session.spent("claim", calls)

    take_turns("claim", rounds, {"s2t": claim(s2t), "plpgsql": claim(peer)}, calls)
    for session in (s2t, peer):
        session.close()


def measure_register(options):
    rounds, calls = ((5, 15, 3), 300) if options.quick else ((9, 41, 15), 500)
    s2t, peer, bare = Session("s2t"), Session("peer"), Session("peer")
    s2t.load()
    peer.load()
    numbers = itertools.count(0, calls)

    def name_newcomers():
        watch.run("SELECT bench.name_newcomers(%s, %s)", next(numbers), calls)

    take_turns("register", rounds, {
        "s2t": (s2t, name_newcomers, lambda _: s2t.spent("register", calls)),
        "plpgsql": (peer, name_newcomers, lambda _: peer.spent("register", calls)),
        "bare": (bare, name_newcomers, lambda _: bare.spent("register_bare", calls)),
    }, calls)
    for session in (s2t, peer, bare):
        session.close()


def measure_plan(options):
    rounds, calls = ((5, 15, 3), 500) if options.quick else ((9, 41, 15), 1000)
    # The two that share the peer's tables move its users to and fro, in whichever order they come.
    state = {}

    def change(session, driver):
        def turn(_):
            code = "FREE" if state.get(session.schema) == "BASIC" else "BASIC"
            state[session.schema] = code
            return session.spent(driver, code, calls)
        return turn

    s2t, peer, bare = Session("s2t"), Session("peer"), Session("peer")
    s2t.load()
    peer.load()
    take_turns("change plan", rounds, {
        "s2t": (s2t, nothing, change(s2t, "change_plan")),
        "plpgsql": (peer, nothing, change(peer, "change_plan")),
        "bare": (bare, nothing, change(bare, "change_plan_bare")),
    }, calls)
    for session in (s2t, peer, bare):
        session.close()


def measure_stats(options):
    recordings, rounds, calls = (1000, (5, 15, 3), 1000) if options.quick else (10000, (9, 41, 10), 2000)
    sides = [Session("s2t"), Session("peer")]
    for side in sides:
        side.load()
        # User 1 gets them all, user 2 ten; what stats read does not hang on who has segments,
        # so on the peer's side they are left out.
        side.run("SELECT bench.load_old(%s, %s, 1)", recordings, 100 if side.schema == "s2t" else 0)
        if side.schema == "s2t":
            side.run("UPDATE recordings SET user_id = bench.user_id(2) WHERE id >= bench.recording_id(%s)",
                     recordings - 10)
        side.run(f"VACUUM ANALYZE {TABLES}")
    s2t, peer = sides
    few = Session("s2t")
    take_turns("stats", rounds, {
        "s2t": (s2t, nothing, lambda _: s2t.spent("stats", 1, calls)),
        "ten": (few, nothing, lambda _: few.spent("stats", 2, calls)),
        "plpgsql": (peer, nothing, lambda _: peer.spent("stats", 1, calls)),
    }, calls)
    notes["stats recordings"] = recordings
    for session in (s2t, peer, few):
        session.close()


def measure_cleanup(options):
    most = 3 if options.quick else 7
    batch = 300 if options.quick else 1000
    segments = 100
    s2t, peer, direct = Session("s2t"), Session("peer"), Session("peer")
    # Every turn meets pages of its own: after a checkpoint each would go into the WAL whole.
    watch.run("CHECKPOINT")
    for side, share in ((s2t, 1), (peer, 2)):
        side.load()
        side.run("SELECT bench.load_old(%s, %s, %s)", batch * (most + 2) * share, segments, USERS)
        side.run(f"VACUUM ANALYZE {TABLES}")
    take_turns("cleanup", (most, most, 0), {
        "s2t": (s2t, nothing, lambda _: s2t.spent("cleanup", batch)),
        "plpgsql": (peer, nothing, lambda _: peer.spent("cleanup", batch)),
        "no cascade": (direct, nothing, lambda _: direct.spent("cleanup_without_cascade", batch)),
    }, batch * segments, checkpoint=False)
    for session in (s2t, peer, direct):
        session.close()


class Creator(threading.Thread):
    """Somebody who goes on creating recordings, and remembers the longest wait."""

    def __init__(self, schema, users):
        super().__init__(daemon=True)
        self.session = Session(schema)
        self.step = users // CREATORS
        self.trouble = None
        self.going = True
        self.longest = 0.0
        self.call()
        self.longest = 0.0
        self.start()

    def call(self):
        user = self.step * random.randint(1, CREATORS)
        since = time.perf_counter()
        self.session.run("SELECT * FROM sp_check_quota_and_create_recording(bench.user_id(%s), 'realtime')", user)
        self.longest = max(self.longest, time.perf_counter() - since)

    def run(self):
        try:
            while self.going:
                self.call()
                time.sleep(0.002)
        except psycopg2.Error as error:
            self.trouble = error

    def finish(self):
        self.going = False
        self.join()
        self.session.close()
        if self.trouble:
            sys.exit(f"creating recordings during the reset: {self.trouble}")
        return self.longest


class Memory(threading.Thread):
    """Watches what a backend has for itself (not the shared buffers), in bytes."""

    def __init__(self, session):
        super().__init__(daemon=True)
        self.path = f"/proc/{session.backend()}/status"
        self.samples = [self.read()]
        self.going = True
        self.start()

    def read(self):
        with open(self.path, encoding="ascii") as status:
            return int(re.search(r"^RssAnon:\s+(\d+) kB", status.read(), re.M)[1]) * 1024

    def run(self):
        while self.going:
            self.samples.append(self.read())
            time.sleep(0.001)

    def finish(self):
        self.going = False
        self.join()
        return self.samples


def measure_reset(options):
    rounds, users = ((2, 2, 0), 100000) if options.quick else ((3, 5, 100), 1000000)
    batches, growth, waits = [], [], {"s2t": [], "plpgsql": [], "idle": []}
    contenders = {"s2t": "s2t", "plpgsql": "peer"}
    for number in rounds_within(*rounds):
        for name, schema in sorted(contenders.items(), reverse=number % 2 == 0):
            session = Session(schema)
            session.load(users, in_ended="true", in_every=users // CREATORS)
            watch.run("CHECKPOINT")
            creator = Creator(schema, users)
            if name == "s2t":
                time.sleep(1.0)
                waits["idle"].append(creator.longest)
                creator.longest = 0.0
            memory = Memory(session)
            since = time.perf_counter()
            session.run("CALL sp_reset_monthly_cycles()")
            results.series("reset", name).usec.append((time.perf_counter() - since) * 1e6)
            samples = memory.finish()
            waits[name].append(creator.finish())
            left = session.value("SELECT count(*) FROM user_subscriptions WHERE cycle_end <= now()")
            closed = session.value("SELECT count(*) FROM usage_cycles")
            if (left, closed) != (0, users):
                sys.exit(f"reset: {name} left {left} cycles open and closed {closed} of {users}")
            if name == "s2t":
                # Flat: what it holds at its end over what it held when a tenth was done.
                growth.append(max(samples) - samples[len(samples) // 10])
                batches.append(session.value("""
                    SELECT max(extract(epoch FROM gap)) FROM (
                        SELECT lead(closed_at) OVER (ORDER BY closed_at) - closed_at AS gap
                          FROM usage_cycles GROUP BY closed_at HAVING count(*) > 1) AS g"""))
            session.close()
    notes["reset"] = {"users": users, "growth": max(growth), "idle": max(waits["idle"]), "wait": max(waits["s2t"]),
                      "batch": float(max(batches)), "wait plpgsql": max(waits["plpgsql"])}
    tell("reset: " + ", ".join(f"{name} {series.median() / 1e6:.2f} s" for name, series in results["reset"].items()))
    tell("reset: " + ", ".join(f"{key} {value}" for key, value in notes["reset"].items()))


class Accounts:
    """What a backend says of its memory, in bytes: it writes that to the server's log when asked."""

    def __init__(self, session):
        self.pid = session.backend()
        self.log = open(TMP / "server.log", encoding="utf-8", errors="replace")
        self.log.seek(0, os.SEEK_END)

    def ask(self):
        watch.run("SELECT pg_log_backend_memory_contexts(%s)", self.pid)

    def read(self):
        return [int(total) for total in re.findall(r"Grand total: (\d+) bytes", self.log.read())]


def measure_big(options):
    """Memory of complete(100,000); its time is a size of the case complete."""
    size, calls = 100000, 5
    if options.quick:
        return
    watch.run("SELECT bench.make_payload(%s)", size)
    notes["big"] = {"payload": watch.value("SELECT pg_column_size(segments) FROM bench.payload WHERE size = %s", size)}
    for schema, name in (("s2t", "s2t"), ("peer", "plpgsql")):
        session = Session(schema)
        session.load()
        recordings = [recording for recording, in session.run("SELECT unnest(bench.open_recordings(%s))", calls)]
        accounts = Accounts(session)
        call = threading.Thread(target=session.run, args=("CALL bench.complete_held(%s::uuid[], %s)", recordings, size))
        call.start()
        time.sleep(0.7)
        accounts.ask()
        time.sleep(0.2)
        before = max(accounts.read())
        while call.is_alive():
            accounts.ask()
            time.sleep(0.002)
        time.sleep(0.2)
        notes["big"][name] = max(accounts.read()) - before
        session.close()
    tell("big: " + ", ".join(f"{key} {value / 1048576:.1f} MB" for key, value in notes["big"].items()))


# ---------------------------------------------------------------- clients


def pgbench(schema, script, seconds, clients=1, synchronous=True, variables=None):
    """Runs a script over the prepared protocol: transactions per second."""
    command = [PGBENCH, "-n", "-M", "prepared", "-f", str(script), "-c", str(clients), "-j", str(min(clients, 2)),
               "-T", str(seconds)]
    for name, value in (variables or {}).items():
        command += ["-D", f"{name}={value}"]
    environment = dict(os.environ, PGDATABASE=DATABASE, PGOPTIONS=f"-c search_path={schema},bench,public "
                       f"-c synchronous_commit={'on' if synchronous else 'off'}")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.M)
    if done.returncode != 0 or not found:
        sys.exit(f"pgbench failed: {done.stderr[-2000:]}")
    return float(found[1])


NEXT_RECORDING = "('01900000-0001-7000-8000-' || lpad(nextval('bench.next_recording')::text, 12, '0'))::uuid"
SOME_USER = "('01900000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid"


def write_scripts():
    """The scripts of all clients; returns their folder and variables."""
    folder = TMP / "scripts"
    folder.mkdir(exist_ok=True)
    watch.run("SELECT bench.make_payload(100)")
    segments = watch.value("SELECT segments FROM bench.payload WHERE size = 100")
    (folder / "create.sql").write_text(
        f"\\set n random(1, {USERS})\n"
        f"SELECT * FROM sp_check_quota_and_create_recording({SOME_USER}, 'realtime', 'vi');\n")
    (folder / "complete.sql").write_text(
        f"CALL sp_complete_recording({NEXT_RECORDING}, 310000, :payload);\n")
    update_recording = ("UPDATE recordings SET status = 'done', duration_ms = 310000, completed_at = now(), segment_count = 100"
                        " WHERE id = :r::uuid;\n")
    update_subscription = ("UPDATE user_subscriptions SET used_seconds = used_seconds + 310, total_duration_ms = total_duration_ms + 310000,"
                           " total_segments = total_segments + 100 WHERE user_id = :u::uuid;\n")
    # A client knows the ids of what it works on: asking for them is not counted among the 102.
    head = (f"SELECT {NEXT_RECORDING} AS r, bench.user_id(1 + (currval('bench.next_recording') % {USERS})) AS u \\gset\n"
            "BEGIN;\n")
    one = "INSERT INTO segments (recording_id, idx, start_ms, end_ms, text) VALUES (:r::uuid, {i}, {s}, {e}, :t{i});\n"
    (folder / "statements.sql").write_text(
        head + update_recording +
        "".join(one.format(i=s["idx"], s=s["start_ms"], e=s["end_ms"]) for s in segments) +
        update_subscription + "COMMIT;\n")
    rows = ", ".join(f"(:r::uuid, {s['idx']}, {s['start_ms']}, {s['end_ms']}, :t{s['idx']})" for s in segments)
    (folder / "multirow.sql").write_text(
        head + update_recording + "INSERT INTO segments (recording_id, idx, start_ms, end_ms, text) VALUES " + rows + ";\n" +
        update_subscription + "COMMIT;\n")
    payload = watch.value("SELECT segments::text FROM bench.payload WHERE size = 100")
    texts = {f"t{s['idx']}": s["text"] for s in segments}
    return folder, {"payload": payload}, texts


class Supply:
    """Numbered recordings that pgbench completes."""

    def __init__(self, schemas, count):
        self.sessions = {schema: Session(schema) for schema in schemas}
        self.count = count
        watch.run("CREATE SEQUENCE IF NOT EXISTS bench.next_recording MINVALUE 0")
        for session in self.sessions.values():
            session.load()

    def refill(self, schema, count=None):
        session = self.sessions[schema]
        session.run("SET session_replication_role = replica")
        session.run("TRUNCATE recordings, segments CASCADE")
        session.run("RESET session_replication_role")
        session.run("SELECT setval('bench.next_recording', 0, false), bench.open_numbered(0, %s, %s)",
                    count or self.count, USERS)
        session.vacuum()


def by_python(schema, one_call, supply, calls):
    """The same by a client in Python, as the document's application: microseconds per recording."""
    supply.refill(schema, calls + 10)
    session = Session(schema)
    segments = watch.value("SELECT segments FROM bench.payload WHERE size = 100")
    payload = watch.value("SELECT segments::text FROM bench.payload WHERE size = 100")
    session.run("PREPARE done (uuid) AS UPDATE recordings SET status = 'done', duration_ms = 310000,"
                " completed_at = now(), segment_count = 100 WHERE id = $1")
    session.run("PREPARE segment (uuid, int, int, int, text) AS"
                " INSERT INTO segments (recording_id, idx, start_ms, end_ms, text) VALUES ($1, $2, $3, $4, $5)")
    session.run("PREPARE charge (uuid) AS UPDATE user_subscriptions SET used_seconds = used_seconds + 310,"
                " total_duration_ms = total_duration_ms + 310000, total_segments = total_segments + 100 WHERE user_id = $1")
    ids = session.run("SELECT id::text, user_id::text FROM recordings ORDER BY id LIMIT %s", calls + 10)
    session.connection.autocommit = False
    spent = []
    with session.connection.cursor() as cursor:
        for recording, user in ids:
            since = time.perf_counter()
            if one_call:
                cursor.execute("CALL sp_complete_recording(%s, %s, %s)", (recording, 310000, payload))
            else:
                cursor.execute("EXECUTE done (%s)", (recording,))
                for s in segments:
                    cursor.execute("EXECUTE segment (%s, %s, %s, %s, %s)",
                                   (recording, s["idx"], s["start_ms"], s["end_ms"], s["text"]))
                cursor.execute("EXECUTE charge (%s)", (user,))
            session.connection.commit()
            spent.append((time.perf_counter() - since) * 1e6)
    session.close()
    return statistics.median(spent[10:])


def measure_client(options):
    rounds = (3, 5, 5) if options.quick else (5, 11, 20)
    supply = Supply(("s2t", "peer"), 5000)
    folder, payload, texts = write_scripts()
    contenders = {"s2t": ("s2t", "complete.sql", payload), "102 statements": ("peer", "statements.sql", texts),
                  "multi-row": ("peer", "multirow.sql", texts)}
    for synchronous in (True, False):
        case = f"client, synchronous_commit {'on' if synchronous else 'off'}"
        for _ in rounds_within(*rounds):
            for name, (schema, script, variables) in contenders.items():
                supply.refill(schema)
                tps = pgbench(schema, folder / script, seconds=1, synchronous=synchronous, variables=variables)
                results.series(case, name).usec.append(1e6 / tps)
        tell(f"{case}: " + ", ".join(f"{name} {series.median():.0f} us" for name, series in results[case].items()))
    case = "client, Python"
    for _ in rounds_within(*rounds):
        for name, schema, one_call in (("s2t", "s2t", True), ("102 statements", "peer", False)):
            results.series(case, name).usec.append(by_python(schema, one_call, supply, 50))
    tell(f"{case}: " + ", ".join(f"{name} {series.median():.0f} us" for name, series in results[case].items()))


COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)


def binary_rows(recording, segments):
    """What COPY FROM STDIN (FORMAT binary) reads: all of a transcript's rows."""
    own = uuid.UUID(recording).bytes
    rows = [COPY_HEAD]
    for s in segments:
        text = s["text"].encode()
        rows.append(struct.pack(f"!hi16siiiiiii{len(text)}s", 5, 16, own, 4, s["idx"], 4, s["start_ms"], 4, s["end_ms"],
                                len(text), text))
    return b"".join([*rows, struct.pack("!h", -1)])


def measure_copy(options):
    """A client with a transcript: the text twin, against COPY of its rows and the two updates, a transaction each.

    What is sent is made before: neither side pays for encoding it.
    """
    size = 1000
    rounds, calls = ((5, 9, 5), 5) if options.quick else ((9, 41, 30), 10)
    watch.run("SELECT bench.make_payload(%s)", size)
    segments, payload = watch.run("SELECT segments, segments::text FROM bench.payload WHERE size = %s", size)[0]
    s2t, peer = Session("s2t"), Session("peer")
    s2t.load()
    peer.load()
    clients = {s: psycopg.connect(dbname=DATABASE, options=f"-c search_path={s},bench,public") for s in ("s2t", "peer")}
    for table in ("segments", "segments_copy"):
        peer.run(f"TRUNCATE peer.{table}")

    def twin(ids):
        with clients["s2t"].cursor(binary=True) as cursor:
            for recording, _ in ids:
                cursor.execute("SELECT * FROM s2t_complete_recording_text(%s, %s, %s)", (recording, size * 3100, payload),
                               prepare=True)
                clients["s2t"].commit()

    def copy(table):
        def turn(given):
            with clients["peer"].cursor(binary=True) as cursor:
                for recording, user, rows in given:
                    with cursor.copy(f"COPY {table} (recording_id, idx, start_ms, end_ms, text) FROM STDIN (FORMAT binary)") as to:
                        to.write(rows)
                    cursor.execute("UPDATE recordings SET status = 'done', duration_ms = %s, completed_at = now(), segment_count = %s,"
                                   " charged_seconds = %s WHERE id = %s", (size * 3100, size, size * 31 // 10, recording), prepare=True)
                    cursor.execute("UPDATE user_subscriptions SET used_seconds = used_seconds + %s, total_duration_ms = total_duration_ms + %s,"
                                   " total_segments = total_segments + %s WHERE user_id = %s",
                                   (size * 31 // 10, size * 3100, size, user), prepare=True)
                    clients["peer"].commit()
        return turn

    def open_for(session, rows=False):
        def prepare():
            opened = session.value("SELECT bench.open_recordings(%s)::text", calls)
            ids = session.run("SELECT id::text, user_id::text FROM recordings WHERE id = ANY (%s::uuid[])", opened)
            return [(*pair, binary_rows(pair[0], segments)) for pair in ids] if rows else ids
        return prepare

    def timed(turn):
        def run(given):
            since = time.perf_counter()
            turn(given)
            return ((time.perf_counter() - since) * 1e6 / calls, 0)
        return run

    take_turns("copy by a client", rounds, {
        "s2t": (s2t, open_for(s2t), timed(twin)),
        "copy": (peer, open_for(peer, rows=True), timed(copy("segments_copy"))),
        "copy with its key": (peer, open_for(peer, rows=True), timed(copy("segments"))),
    }, calls)
    for series in results["copy by a client"].values():
        series.cpu.clear()  # of the sessions that prepared, not of those that were measured
        series.wal.clear()
    ours, theirs = (watch.run(f"SELECT count(*), sum(octet_length(text)) FROM {table}") for table in ("s2t.segments", "peer.segments"))
    if ours != theirs:
        sys.exit(f"copy by a client: the contenders stored different things: {ours} and {theirs}")
    for session in (s2t, peer, *clients.values()):
        session.close()


def measure_none(options):
    """A reset that finds no ended cycle, of a thousand users and of many."""
    many = 100000 if options.quick else 1000000
    for users in (1000, many):
        session = Session("s2t")
        session.load(users, in_every=users // CREATORS)
        # What a million rows leave to be written is written before the clock runs.
        watch.run("CHECKPOINT")
        for number in range(220):
            since = time.perf_counter()
            session.run("CALL sp_reset_monthly_cycles()")
            if number >= 20:
                results.series("reset of none", str(users)).usec.append((time.perf_counter() - since) * 1e6)
        session.close()
    notes["none"] = many
    tell("reset of none: " + ", ".join(f"{users} users {series.median():.0f} us" for users, series in results["reset of none"].items()))


def measure_throughput(options):
    seconds = 1 if options.quick else 2
    clients = (1, 8) if options.quick else (1, 2, 8, 32)
    supply = Supply(("s2t", "peer"), 7000 * seconds)
    folder, payload, _ = write_scripts()
    table = notes.setdefault("throughput", {})
    for operation, variables in (("create", None), ("complete", payload)):
        for synchronous in (True, False):
            for count in clients:
                row = table.setdefault((operation, synchronous, count), {})
                for schema, name in (("s2t", "s2t"), ("peer", "plpgsql")):
                    supply.refill(schema, None if operation == "complete" else 1)
                    watch.run("CHECKPOINT")
                    row[name] = pgbench(schema, folder / f"{operation}.sql", clients=count, seconds=seconds,
                                        synchronous=synchronous, variables=variables)
                tell(f"{operation}, synchronous_commit {'on' if synchronous else 'off'}, {count} clients: "
                     + ", ".join(f"{name} {tps:.0f}/s" for name, tps in row.items()))


# ---------------------------------------------------------------- main


def set_up(host=None):
    where = {"host": host} if host else {}
    admin = psycopg2.connect(dbname="postgres", **where)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
    admin.close()
    setup = Session("public", host)
    setup.run("CREATE SCHEMA s2t")
    setup.run("CREATE EXTENSION s2t SCHEMA s2t")
    if not host:
        setup.run((HERE / "peer.sql").read_text(encoding="utf-8"))
    setup.run((HERE / "driver.sql").read_text(encoding="utf-8"))
    lecture = (HERE.parent / "demo" / "lecture.vi.txt").read_text(encoding="utf-8").split("\n")
    for line in lecture:
        if 60 <= len(line.strip().encode()) <= 90:
            setup.run("INSERT INTO bench.sentence (text) VALUES (%s)", line.strip())
    if host:
        notes["released"] = setup.value("SELECT s2t.s2t_version()")
    setup.close()


def main():
    global watch, released
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--released", metavar="PG_CONFIG")
    parser.add_argument("--settings", default="")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else [
        case for case in CASES if not (options.quick and case in ("throughput", "big", "client"))]
    for case in wanted:
        if case not in CASES:
            sys.exit(f"there is no case '{case}' ({' '.join(CASES)})")

    set_up()
    server = None
    if options.released:
        server = subprocess.Popen([str(HERE / "released"), options.released, *options.settings.split()],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        released = server.stdout.readline().strip() or sys.exit("the server of the released version does not start")
        set_up(released)
    watch = Session("bench")
    for case in CASES:
        if case in wanted:
            globals()[f"measure_{case}"](options)
    if server:
        server.communicate()
    text = report.table(results, notes)
    print("\n" + text)
    if not options.quick and not options.only:
        report.write(HERE, results, notes, text, watch, time.monotonic() - began, load_before)


if __name__ == "__main__":
    main()
