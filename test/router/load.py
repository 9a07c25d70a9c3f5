"""Users at work on shards while slots move, with books of their own; for the tests of router/move, router/split.

Every call is repeated until it is answered, over lost connections, read-only slots and slots that have moved: each is
safe to repeat, by its key or by what is there. At the end what the shards say must be what the books say, user by user.
"""
import random
import re
import threading
import time

import psycopg

CONSUMER = 'hook'


class Shards:
    """How the shards are reached, and who has which slot as far as the clients know."""

    def __init__(self, conninfos, slots):
        self.conninfos = conninfos
        self.slots = slots
        self.serving = list(conninfos)  # who has consumers


class Client:
    """One thread's connections, and calls that do not give up."""

    def __init__(self, shards):
        self.shards = shards
        self.open = {}
        self.told = self.lost = self.waited = 0

    def db(self, n):
        if n not in self.open or self.open[n].closed:
            self.open[n] = psycopg.connect(self.shards.conninfos[n], autocommit=True, application_name='load')
            self.open[n].execute('SET client_min_messages = error')
        return self.open[n]

    def on(self, n, statement, arguments=()):
        """On one shard, whatever it takes."""
        while True:
            try:
                return self.db(n).execute(statement, arguments).fetchall()
            except (psycopg.OperationalError, psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable) as error:
                if isinstance(error, psycopg.errors.LockNotAvailable):
                    self.waited += 1
                else:
                    self.lost += 1
                if n in self.open and self.open[n].broken:
                    self.open.pop(n).close()
                time.sleep(0.05)

    def call(self, slot, statement, arguments=()):
        """On the shard that has the slot."""
        while True:
            n = self.shards.slots[slot]
            try:
                return self.on(n, statement, arguments)
            except psycopg.Error as error:
                moved = error.sqlstate == 'S2M01' and re.search(r'slot (\d+) is on shard (\d+)', str(error))
                if not moved:
                    raise
                self.told += 1
                self.shards.slots[int(moved[1])] = int(moved[2])


class User:
    def __init__(self, uid, slot):
        self.id, self.slot = uid, slot
        self.recordings = {}  # id: [status, duration_ms, segments]
        self.revisions = {}  # id: edits
        self.credits = 0
        self.events = {'user.registered': 1}
        self.serial = 0

    def note(self, event):
        self.events[event] = self.events.get(event, 0) + 1

    def key(self):
        self.serial += 1
        return f'k{self.serial}'


def work(client, user, rng):
    """One thing that a user does."""
    what = rng.random()
    if what < 0.08:
        client.call(user.slot, 'SELECT s2t_add_credit(%s, 1, 1, in_key => %s)', (user.id, user.key()))
        user.credits += 1
        return
    done = [r for r, (status, _, segments) in user.recordings.items() if status == 'done' and segments > 1]
    if what < 0.2 and done:
        edit(client, user, rng.choice(done))
        return
    (recording,), = client.call(user.slot, "SELECT recording_id FROM s2t_create_recording(%s, 'load', in_key => %s)",
                                (user.id, user.key()))
    user.recordings[recording] = ['processing', 0, 0]
    user.note('recording.created')
    if what < 0.3:
        return  # left alone
    if what < 0.4:
        fail(client, user, recording)
        return
    segments = rng.randint(0, 20)
    ms = segments * 1000 + rng.randint(0, 999)
    if what < 0.55 and segments:
        client.call(user.slot, """SELECT segment_count FROM s2t_append_segments(%s, (SELECT jsonb_agg(jsonb_build_object(
            'idx', i, 'start_ms', i * 1000, 'end_ms', i * 1000 + 1000, 'text', 'words ' || i)) FROM generate_series(0, 0) AS i))""", (recording,))
    client.call(user.slot, """SELECT s2t_complete_recording(%s, %s, (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'idx', i, 'start_ms', i * 1000, 'end_ms', i * 1000 + 1000, 'text', 'words ' || i)), '[]') FROM generate_series(0, %s::int - 1) AS i))""",
                (recording, ms, segments))
    user.recordings[recording] = ['done', ms, segments]
    user.note('recording.completed')


def fail(client, user, recording):
    """A failure that was done reads as a state that is not in processing when it is repeated."""
    try:
        client.call(user.slot, "SELECT s2t_fail_recording(%s, 'because')", (recording,))
    except psycopg.errors.ObjectNotInPrerequisiteState:
        pass
    user.recordings[recording][0] = 'failed'
    user.note('recording.failed')


def edit(client, user, recording):
    """With the revision that was seen: an edit that was done is refused when it is repeated."""
    seen = user.revisions.get(recording, 0)
    try:
        client.call(user.slot, 'SELECT s2t_edit_segment(%s, %s, 1, %s, in_revision => %s)', (user.id, recording, f'words {seen} again', seen))
    except psycopg.errors.ObjectNotInPrerequisiteState:
        pass
    user.revisions[recording] = seen + 1
    user.note('transcript.edited')


class Load:
    def __init__(self, shards, seed=1):
        self.shards, self.seed = shards, seed
        self.users = []
        self.stop = threading.Event()
        self.threads = []
        self.clients = []
        self.taken = {}  # id of an event: (user, type)
        self.trouble = []
        self.longest = 0.0

    def register(self, count):
        """Users wherever their e-mail puts them."""
        client = Client(self.shards)
        for i in range(count):
            email = f'u{self.seed}_{i}@example.com'
            for n in self.shards.serving:
                try:
                    (uid, slot), = client.on(n, "SELECT id, s2t_slot(id) FROM s2t_register_user(%s, %s, 'hash', NULL, 'ENTERPRISE') AS id",
                                             (email, f'u{self.seed}_{i}'))
                    self.users.append(User(uid, slot))
                    break
                except psycopg.Error as error:
                    if error.sqlstate != 'S2M01':
                        raise

    def start(self, threads):
        for i in range(threads):
            self.begin(self.be_users, self.users[i::threads], random.Random(self.seed * 100 + i))
        self.begin(self.be_consumer)
        for n in self.shards.serving:
            self.begin(self.be_jobs, n)

    def begin(self, body, *arguments):
        def whole():
            try:
                body(*arguments)
            except Exception as error:  # pylint: disable=broad-exception-caught
                self.trouble.append(f'{body.__name__}: {type(error).__name__} {getattr(error, "sqlstate", "")} {error}')

        self.threads.append(threading.Thread(target=whole))
        self.threads[-1].start()

    def client(self):
        self.clients.append(Client(self.shards))
        return self.clients[-1]

    def be_users(self, users, rng):
        client = self.client()
        while not self.stop.is_set():
            begin = time.monotonic()
            work(client, rng.choice(users), rng)
            self.longest = max(self.longest, time.monotonic() - begin)
            time.sleep(0.002)

    def be_consumer(self):
        """Takes from every shard, and acknowledges where the slot of the event is."""
        client = self.client()
        while not self.stop.is_set() or self.take(client):
            if not self.take(client):
                time.sleep(0.05)

    def take(self, client):
        found = 0
        for n in list(self.shards.serving):
            for event, kind, user in client.on(n, "SELECT id, type, user_id FROM s2t_take_events(%s, 50, '2 seconds')", (CONSUMER,)):
                found += 1
                slot = int(event.hex[13:16], 16)
                client.call(slot, 'SELECT s2t_ack_events(%s, %s::uuid[])', (CONSUMER, [event]))
                self.taken[event] = (user, kind)
        return found

    def be_jobs(self, n):
        """The jobs go round all the time, and change nothing that is in the books."""
        client = self.client()
        while not self.stop.is_set():
            client.on(n, "SELECT s2t_fail_stale_batch('1 day', 100)")
            client.on(n, "SELECT deleted_recordings FROM sp_cleanup_old_recordings(90)")
            time.sleep(0.2)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def calls(self):
        return sum(len(u.recordings) + u.credits + sum(u.revisions.values()) for u in self.users)

    def wrong(self):
        """What the shards say otherwise than the books, user by user."""
        wrong = list(self.trouble)
        client = Client(self.shards)
        served = [slot for n in self.shards.conninfos for (slot,) in client.on(n, "SELECT slot FROM slots WHERE state = 'rw'")]
        if len(served) != len(set(served)):
            wrong.append('a slot is served twice')
        # Plain SELECTs are told nothing.
        for n in self.shards.conninfos:
            for slot, in client.on(n, "SELECT slot FROM slots WHERE state = 'rw'"):
                self.shards.slots[slot] = n
        given = {}
        for user, kind in self.taken.values():
            given.setdefault(user, {}).setdefault(kind, 0)
            given[user][kind] += 1
        for user in self.users:
            there = {r: [status, ms, segments] for r, status, ms, segments in client.call(
                user.slot, """SELECT r.id, r.status, r.duration_ms, (SELECT count(*) FROM segments AS s WHERE s.recording_id = r.id)
                              FROM recordings AS r WHERE r.user_id = %s""", (user.id,))}
            if there != user.recordings:
                wrong.append(f'recordings of {user.id}: {len(there)}, not {len(user.recordings)}; '
                             f'{[(r, there.get(r), user.recordings.get(r)) for r in there.keys() | user.recordings.keys() if there.get(r) != user.recordings.get(r)][:2]}')
            (row,) = client.call(user.slot, """SELECT s.usage_count, s.used_seconds, s.total_recordings, s.total_duration_ms, s.total_segments,
                       s.held_seconds, s.credit_count, (SELECT count(*) FROM usage_credits AS c WHERE c.user_id = s.user_id),
                       (SELECT coalesce(sum(e.recordings), 0) FROM usage_entries AS e WHERE e.user_id = s.user_id),
                       (SELECT coalesce(sum(e.seconds), 0) FROM usage_entries AS e WHERE e.user_id = s.user_id),
                       (SELECT count(*) FROM segment_revisions AS v JOIN recordings AS r ON r.id = v.recording_id
                         WHERE r.user_id = s.user_id AND v.item = 0),
                       (SELECT coalesce(sum(r.revision), 0) FROM recordings AS r WHERE r.user_id = s.user_id)
                FROM user_subscriptions AS s WHERE s.user_id = %s""", (user.id,))
            done = [r for r in user.recordings.values() if r[0] == 'done']
            charged = len([r for r in user.recordings.values() if r[0] != 'failed'])
            seconds = sum(-(-r[1] // 1000) for r in done)
            edits = sum(user.revisions.values())
            books = (charged, seconds, len(user.recordings), sum(r[1] for r in done), sum(r[2] for r in done), 0, user.credits, user.credits,
                     charged, seconds, edits, edits)
            if tuple(map(int, row)) != books:
                wrong.append(f'{user.id} (slot {user.slot}): {tuple(map(int, row))}, not {books}')
            if given.get(user.id) != user.events:
                wrong.append(f'events of {user.id}: {given.get(user.id)}, not {user.events}')
        for n in self.shards.conninfos:
            for check, thing, problem in client.on(n, "SELECT check_name, object, problem FROM s2t_doctor() WHERE severity = 'error'"):
                wrong.append(f'doctor of shard {n}: {check} {thing} {problem}')
        return wrong
