"""The story of demo/scale, told by the clients of the service, who know of the router and nothing else.

What the clients were answered stands in books of their own; at the end the shards must say the same, user by user. Ends
with a report of the figures, and with 1 if one of them is wrong.
"""

import collections
import pathlib
import random
import subprocess
import sys
import threading
import time

import psycopg
import psycopg.types.json
import servers

ROOT = pathlib.Path(__file__).parent.parent
CLIENTS, USERS = 6, 240
MOVED = (1024, 1087)  # from shard 0 to shard 1
DIRECT = [f"host={servers.DIR} port={servers.ROUTER_PORT + 1 + n} dbname=s2t user=postgres" for n in range(2)]
ROUTER = f"host={servers.DIR} port={servers.ROUTER_PORT} dbname=s2t user=postgres"

figures = []  # (label, value, expected)


def figure(label, value, expected):
    figures.append((label, value, expected))


def chapter(title):
    print(f"\n{title}", flush=True)


def tell(line):
    print(f"  {line}", flush=True)


def script(name, *arguments):
    """A script of router/; what it says is told."""
    command = ["/usr/bin/python3", "-B", str(ROOT / "router" / name), "--router", ROUTER]
    for n, conninfo in enumerate(DIRECT):
        command += ["--shard", f"{n}={conninfo}"]
    done = subprocess.run(command + list(arguments), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        print(done.stdout)
        sys.exit(f"router/{name} ended with {done.returncode}")
    return done.stdout.splitlines()


class Client:
    """Calls that do not give up: what was perhaps done is repeated, with its key."""

    def __init__(self):
        self.connection = None
        self.repeated = collections.Counter()
        self.longest = 0.0

    def rows(self, query, *args):
        begun = time.monotonic()
        while True:
            try:
                if self.connection is None:
                    self.connection = servers.router(application_name="demo")
                    self.connection.execute("SET client_min_messages = error")
                cursor = self.connection.execute(query, args)
                result = cursor.fetchall() if cursor.description else []
                self.longest = max(self.longest, time.monotonic() - begun)
                return result
            except psycopg.Error as error:
                if error.sqlstate is not None and not error.sqlstate.startswith(("08", "40", "55P03")):
                    raise
                self.repeated[error.sqlstate or "connection lost"] += 1
                if self.connection is not None and self.connection.broken:
                    self.connection = None
                time.sleep(0.2)

    def row(self, query, *args):
        return self.rows(query, *args)[0]


class User:
    def __init__(self, uid, slot):
        self.id, self.slot, self.serial = uid, slot, 0
        self.done, self.milliseconds, self.seconds, self.segments, self.charged = 0, 0, 0, 0, 0
        self.recordings = 0

    def key(self):
        self.serial += 1
        return f"k{self.serial}"


class Load:
    """Clients at work until they are told to stop."""

    def __init__(self, users):
        self.users, self.clients, self.trouble = users, [Client() for _ in range(CLIENTS)], []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(n,)) for n in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def work(self, n):
        rng = random.Random(n)
        try:
            while not self.stop.is_set():
                self.record(self.clients[n], rng.choice(self.users[n::CLIENTS]), rng)
        except Exception as error:  # pylint: disable=broad-exception-caught
            self.trouble.append(f"{type(error).__name__}: {error}")

    @staticmethod
    def record(client, user, rng):
        recording, = client.row("SELECT recording_id FROM s2t_create_recording(%s, 'upload', in_key => %s)", user.id, user.key())
        user.recordings += 1
        if rng.random() < 0.1:
            try:
                client.rows("SELECT s2t_fail_recording(%s, 'engine down')", recording)
            except psycopg.errors.ObjectNotInPrerequisiteState:
                pass  # the first time, whose answer was lost
            return
        count = rng.randrange(1, 40)
        segments = [{"idx": i, "start_ms": i * 900, "end_ms": i * 900 + 900, "text": f"câu {i}"} for i in range(count)]
        duration = count * 900 + rng.randrange(900)
        client.rows("CALL sp_complete_recording(%s, %s, %s)", recording, duration, psycopg.types.json.Jsonb(segments))
        user.done += 1
        user.milliseconds += duration
        user.seconds += -(-duration // 1000)
        user.segments += count
        if rng.random() < 0.3:
            client.rows("SELECT * FROM sp_get_user_stats(%s)", user.id)

    def recordings(self):
        return sum(u.recordings for u in self.users)

    def longest(self):
        """Of a call since the last time."""
        longest = max(c.longest for c in self.clients)
        for client in self.clients:
            client.longest = 0.0
        return longest

    def repeated(self):
        total = collections.Counter()
        for client in self.clients:
            total += client.repeated
            client.repeated = collections.Counter()
        return dict(total)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


# ---------------------------------------------------------------- the story

chapter("Two servers become shards")
for n, slots in enumerate(("0-2047", "2048-4095")):
    for line in script("add_shard", "--name", f"shard{n}", "--connstr", f"host={servers.DIR} port={servers.POOLER_PORT} dbname=shard{n}",
                       "--slots", slots, str(n)):
        tell(line)
db = servers.router()
db.execute("SET client_min_messages = error; ALTER USER MAPPING FOR postgres SERVER s2t_router OPTIONS (ADD user 's2t_router')")
shards = [servers.shard(n) for n in range(2)]
shards[0].execute("SET client_min_messages = error; CALL sp_seed_plans()")
until = time.monotonic() + 60
while shards[1].execute("SELECT count(*) FROM plans").fetchone()[0] < 4 and time.monotonic() < until:
    time.sleep(0.05)
figure("plans on shard 1, which subscribes to those of shard 0", shards[1].execute("SELECT count(*) FROM plans").fetchone()[0], 4)

chapter(f"{USERS} users sign up at the router")
client = Client()
users, spread = [], collections.Counter()
candidates = (f"user{i}" for i in range(10 ** 9))
while len(users) < USERS:
    name = next(candidates)
    slot = db.execute("SELECT s2t_router.slot_of(%s)", (f"{name}@example.vn",)).fetchone()[0]
    in_moved = MOVED[0] <= slot <= MOVED[1]
    # A sixth of them where slots will move; by chance it would be one in 64.
    if len(users) < USERS // 6 and not in_moved:
        continue
    uid, = client.row("SELECT user_id FROM s2t_register(%s, %s, 'hash', %s, 'ENTERPRISE', 'sign-up')", f"{name}@example.vn", name.title(), name)
    users.append(User(uid, slot))
there = [set(r[0] for r in s.execute("SELECT id FROM users").fetchall()) for s in shards]
tell(f"shard 0 has {len(there[0])} of them, shard 1 {len(there[1])}")
figure("users on both shards together", len(there[0] | there[1]), USERS)
figure("users whose slot is not their address's", sum(db.execute("SELECT s2t_slot(%s)", (u.id,)).fetchone()[0] != u.slot for u in users), 0)
taken = 0
for user in range(20):
    try:
        client.rows("SELECT s2t_register_user(%s, %s, 'hash', NULL, 'FREE')", f"other{user}@example.vn",
                    db.execute("SELECT upper(data ->> 'user_name') FROM s2t_export_user(%s) WHERE kind = 'users'", (users[user].id,)).fetchone()[0])
    except psycopg.errors.UniqueViolation:
        taken += 1
figure("user names that were refused, in capitals and from other shards", taken, 20)

chapter(f"{CLIENTS} clients are at work")
load = Load(users)
time.sleep(3)
tell(f"{load.recordings()} recordings so far; the longest call took {load.longest():.2f} s")

chapter(f"Slots {MOVED[0]} to {MOVED[1]} move to shard 1 meanwhile")
load.repeated()
before = load.recordings()
for line in script("move", "--to", "1", f"{MOVED[0]}-{MOVED[1]}"):
    tell(line)
movers = [u for u in users if MOVED[0] <= u.slot <= MOVED[1]]
tell(f"{load.recordings() - before} recordings were made meanwhile; the longest call, its repetitions included, took {load.longest():.2f} s")
tell(f"repeated by the clients: {load.repeated() or 'nothing'}")
figure("users that have moved", shards[1].execute("SELECT count(*) FROM users WHERE id = ANY (%s)", ([u.id for u in movers],)).fetchone()[0], len(movers))
figure("rows of theirs left on shard 0", shards[0].execute("SELECT count(*) FROM recordings WHERE user_id = ANY (%s)", ([u.id for u in movers],)).fetchone()[0], 0)

chapter("Shard 1 is stopped, and started again")
load.longest()
servers.shell("stop_shard 1")
time.sleep(1)
seen = db.execute("SELECT up FROM s2t_router.shards() ORDER BY n").fetchall()
figure("shards that are up, as the router sees it", [r[0] for r in seen], [True, False])
other = Client()
here = next(u for u in users if u.id in there[0] and u not in movers)
started = time.monotonic()
Load.record(other, here, random.Random(99))
tell(f"a user of shard 0 is served in {time.monotonic() - started:.2f} s")
figure("calls of users of shard 0 that had to be repeated", sum(other.repeated.values()), 0)
try:
    db.execute("SELECT * FROM sp_get_user_stats(%s)", (next(u.id for u in users if u.id in there[1]),))
    figure("a user of shard 1 is told", "an answer", "08006")
except psycopg.Error as error:
    tell(f"a user of shard 1 is told: {error.diag.message_primary}")
    figure("a user of shard 1 is told", error.sqlstate, "08006")
servers.shell("start_shard 1")
time.sleep(3)
shards[1] = servers.shard(1)
tell(f"repeated by the clients: {load.repeated()}")

chapter("The clients go home; the books are compared")
load.end()
figure("clients in trouble", load.trouble, [])
wrong = []
for user in users:
    there_are, minutes, segments, usage, seconds, *_ = client.row("SELECT * FROM sp_get_user_stats(%s)", user.id)
    failed = user.recordings - user.done
    books = (user.recordings, user.segments, user.done, user.seconds)
    if (there_are, segments, usage, seconds) != books or abs(float(minutes) - user.milliseconds / 60000) > 0.01:
        wrong.append(f"{user.id}: {(there_are, segments, usage, seconds, float(minutes))}, not {books}; {failed} failed")
tell(f"{load.recordings()} recordings of {USERS} users, {sum(u.seconds for u in users):,} seconds charged")
figure("users whose recordings, minutes, segments or charges are not the books'", wrong, [])
figure("recordings on both shards", sum(s.execute("SELECT count(*) FROM recordings").fetchone()[0] for s in shards), load.recordings())
figure("seconds in both ledgers", sum(int(s.execute("SELECT coalesce(sum(seconds), 0) FROM usage_entries").fetchone()[0]) for s in shards),
       sum(u.seconds for u in users))
served = [r[0] for s in shards for r in s.execute("SELECT slot FROM slots WHERE state = 'rw'").fetchall()]
figure("slots, each served once", (len(served), len(set(served))), (4096, 4096))
undecided = [s.execute("SELECT count(*) FROM s2t_shard.names WHERE user_id IS NULL").fetchone()[0] for s in shards]
db.execute("SELECT s2t_router.settle_names('0 s')")
tell(f"names that lost answers had left undecided: {sum(undecided)}")
figure("names in the directory", sum(s.execute("SELECT count(*) FROM s2t_shard.names WHERE user_id IS NOT NULL").fetchone()[0] for s in shards), 2 * USERS)
figure("errors that the doctor finds on the shards", [r for s in shards for r in
       s.execute("SELECT check_name, object, problem FROM s2t_doctor() WHERE severity = 'error'").fetchall()], [])

chapter("Report")
bad = 0
for label, value, expected in figures:
    good = value == expected
    bad += not good
    print(f"  {'ok   ' if good else 'WRONG'} {label}: {value}" + ("" if good else f", not {expected}"))
print(f"\n{len(figures)} figures, {bad} wrong")
sys.exit(1 if bad else 0)
