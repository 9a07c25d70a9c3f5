"""What move, split and add_shard share: servers, the tables of a person, slots, comparing, progress.

Shards are the authority over their slots (table slots of s2t; docs/reference.md, "Shards"); routers' maps follow.
"""
import argparse
import datetime
import os
import re
import signal
import sys
import time
import uuid

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

LOCK_CLASS = 5452372  # the first key of the advisory locks that hold slots
SLOTS = 4096

# Tables of a person, children last, and the column whose slot is the row's. audit_log stays where it was written.
PERSONAL = [
    ('users', 'id'),
    ('user_profiles', 'user_id'),
    ('user_subscriptions', 'user_id'),
    ('usage_credits', 'user_id'),
    ('usage_entries', 'user_id'),
    ('usage_cycles', 'user_id'),
    ('events', 'user_id'),
    ('recordings', 'id'),
    ('segment_revisions', 'recording_id'),
    ('segments', 'recording_id'),
]

# Settings that decide what a call does: alike on all shards.
SETTINGS = ['timezone', 'lazy_rollover', 'refund_failed', 'stale_after', 'max_attempts', 'cycle_anchor', 'blocked_statuses',
            'event_attempts']


class Refused(Exception):
    """What the operator has to see to; nothing is half done that a second call would not go on with."""


def say(text):
    print(f'{datetime.datetime.now():%H:%M:%S} {text}', flush=True)


def reached(step):
    """A place where a test lets the program die: S2T_MOVE_DIES=STEP."""
    if os.environ.get('S2T_MOVE_DIES') == step:
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def parse_range(text):
    match = re.fullmatch(r'(\d+)(?:-(\d+))?', text)
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (-1, -1)
    if not 0 <= low <= high < SLOTS:
        raise argparse.ArgumentTypeError(f'"{text}" is no range of slots 0 to {SLOTS - 1}, as 128-191')
    return low, high


def parse_shard(text):
    number, equals, conninfo = text.partition('=')
    if not (equals and number.isdigit()):
        raise argparse.ArgumentTypeError(f'"{text}" is not NUMBER=CONNINFO')
    return int(number), conninfo


def common_arguments(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--router', action='append', required=True, metavar='CONNINFO',
                        help='a router; for several give it several times: the first one says which shards there are')
    parser.add_argument('--shard', action='append', type=parse_shard, default=[], metavar='N=CONNINFO',
                        help='how shard N is reached directly, as a superuser, from here and from other shards; by default as '
                             'the router does, which is of no use where that is a pooler')
    parser.add_argument('--dry-run', action='store_true', help='look, and change nothing')
    return parser


class Server:
    """A shard, reached directly."""

    def __init__(self, number, conninfo):
        self.number = number
        self.conninfo = conninfo
        self.db = self.connect()
        # Loads the library, whose settings are unknown before.
        row = self.one("""SELECT n.nspname, e.extversion FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
                          WHERE e.extname = 's2t'""")
        if row is None:
            raise Refused(f'shard {number} has no extension s2t')
        self.schema, self.version = row
        self.library = self.value(f'SELECT {self.name("s2t_version")}()')

    def connect(self):
        db = psycopg.connect(make_conninfo(self.conninfo, application_name='s2t move'), autocommit=True)
        db.execute("SET timezone = 'UTC'; SET datestyle = 'ISO'; SET extra_float_digits = 1; SET bytea_output = 'hex'; "
                   "SET synchronous_commit = on; SET statement_timeout = 0")
        return db

    def name(self, table, schema=None):
        return sql.Identifier(schema or self.schema, table).as_string(self.db)

    def run(self, statement, *arguments):
        return self.db.execute(statement, arguments or None)

    def one(self, statement, *arguments):
        return self.run(statement, *arguments).fetchone()

    def all(self, statement, *arguments):
        return self.run(statement, *arguments).fetchall()

    def value(self, statement, *arguments):
        row = self.one(statement, *arguments)
        return row[0] if row else None

    def states(self, low, high):
        """{slot: (state, shard)}"""
        return {slot: (state, shard) for slot, state, shard in
                self.all(f'SELECT slot, state, shard FROM {self.name("slots")} WHERE slot BETWEEN %s AND %s', low, high)}

    def tables(self, low, high):
        """The tables of a person, with the condition for rows of the slots: built-in functions of the replica identity
        only, as row filters of publications want it."""
        found = [(self.schema, table, f'({slot_expression(column)} BETWEEN {low} AND {high})') for table, column in PERSONAL]
        directory = self.all("""
            SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
            JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'slot' AND a.atttypid = 'int'::regtype
             AND a.attnum = ANY (i.indkey)
            WHERE n.nspname = 's2t_shard' AND c.relkind = 'r' ORDER BY 1""")
        return found + [('s2t_shard', table, f'(slot BETWEEN {low} AND {high})') for table, in directory]

    def columns(self, schema, table):
        return self.all("""SELECT a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_attribute AS a
            WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
            ORDER BY a.attname COLLATE "C" """, self.name(table, schema))

    def remove(self, low, high):
        """Removes the rows of slots that are not this server's. No trigger of anybody counts, tells or cascades."""
        removed = 0
        with self.db.transaction():
            self.run('SET LOCAL session_replication_role = replica')
            for schema, table, condition in reversed(self.tables(low, high)):
                removed += self.run(f'DELETE FROM {self.name(table, schema)} WHERE {condition}').rowcount
        return removed

    def close(self):
        self.db.close()


def slot_expression(column):
    return f'(((get_byte(uuid_send({column}), 6) & 15) << 8) | get_byte(uuid_send({column}), 7))'


def digests(server, low, high, db=None):
    """{table: (rows, digest)}: sums over hashes of whole rows, so that the order is of no account."""
    result = {}
    for schema, table, condition in server.tables(low, high):
        columns = ', '.join(sql.Identifier(name).as_string(server.db) for name, _ in server.columns(schema, table))
        result[table] = (db or server.db).execute(
            f"""SELECT count(*), coalesce(sum(('x' || left(md5(ROW({columns})::text), 16))::bit(64)::bigint::numeric), 0)
                FROM {server.name(table, schema)} WHERE {condition}""").fetchone()
    return result


def compare(here, there):
    """Says what both sides have; True if it is the same."""
    same = True
    say(f'  {"table":<20} {"source":>12} {"target":>12}')
    for table in here:
        equal = here[table] == there.get(table)
        same = same and equal
        say(f'  {table:<20} {here[table][0]:>12} {there[table][0]:>12}  {"equal" if equal else "DIFFERENT"}')
    return same


class Map:
    """The routers, and the shards that they know."""

    def __init__(self, conninfos, direct):
        self.routers = [psycopg.connect(conninfo, autocommit=True) for conninfo in conninfos]
        self.known = {n: (name, connstr) for n, name, connstr in
                      self.routers[0].execute('SELECT n, name, connstr FROM s2t_router.shards ORDER BY n')}
        self.direct = dict(direct)
        self.opened = {}

    def shard(self, number):
        if number not in self.opened:
            if number not in self.direct and number not in self.known:
                raise Refused(f'the router knows no shard {number}')
            self.opened[number] = Server(number, self.direct.get(number) or self.known[number][1])
        return self.opened[number]

    def slots(self, low, high):
        return dict(self.routers[0].execute('SELECT slot, shard FROM s2t_router.slots WHERE slot BETWEEN %s AND %s', (low, high)))

    def set_slots(self, low, high, number):
        """A router that is not to be had learns by itself."""
        for router in self.routers:
            try:
                router.execute('SELECT s2t_router.set_slots(%s, %s, %s)', (low, high, number))
            except psycopg.OperationalError as error:
                say(f'  a router was not told: {error}')

    def only_one(self):
        """Nobody else moves anything in the meantime."""
        if not self.routers[0].execute("SELECT pg_try_advisory_lock(%s, -1)", (LOCK_CLASS,)).fetchone()[0]:
            raise Refused('another move, split or add_shard is running')


class Fenced:
    """Slots that leave a shard: how writers are kept out of them, and let in again. For move and split, which go on from here."""

    def __init__(self, the_map, source, low, high, name, options):
        self.map, self.source = the_map, source
        self.low, self.high, self.name, self.options = low, high, name, options
        self.held = None  # the connection that holds the slots
        self.fenced_at = None

    @property
    def size(self):
        return self.high - self.low + 1

    def mark(self, server):
        if server.value("SELECT to_regclass('s2t_move.markers')") is None:
            return None
        return server.value('SELECT mark FROM s2t_move.markers WHERE move = %s', self.name)

    @staticmethod
    def make_markers(server):
        server.run('CREATE SCHEMA IF NOT EXISTS s2t_move')
        server.run('CREATE TABLE IF NOT EXISTS s2t_move.markers (move text PRIMARY KEY, mark uuid NOT NULL, '
                   'at timestamptz NOT NULL DEFAULT now())')

    def hold(self):
        """Waits for those who write to the slots, and keeps others out. A short lock_timeout instead of waiting: whoever
        holds one of the slots may be waiting for another."""
        if self.held:
            return
        self.fenced_at = time.monotonic()
        self.held = self.source.connect()
        self.held.execute("SET lock_timeout = '500ms'")
        until = time.monotonic() + self.options.patience
        while True:
            try:
                self.held.execute('SELECT count(pg_advisory_lock(%s, g)) FROM generate_series(%s::int, %s::int) AS g',
                                  (LOCK_CLASS, self.low, self.high))
                return
            except psycopg.errors.LockNotAvailable:
                self.held.execute('SELECT pg_advisory_unlock_all()')
                if time.monotonic() > until:
                    raise Refused('somebody keeps writing to the slots in a long transaction; start again later') from None
                time.sleep(0.3)
                self.fenced_at = time.monotonic()

    def make_read_only(self):
        """With a marker: where that is, everything that was written before it is."""
        with self.held.transaction():
            self.held.execute(f"""UPDATE {self.source.name('slots')} SET state = 'ro', changed_at = now()
                                  WHERE slot BETWEEN %s AND %s AND state = 'rw'""", (self.low, self.high))
            self.held.execute("""INSERT INTO s2t_move.markers (move, mark) VALUES (%s, %s)
                                 ON CONFLICT (move) DO UPDATE SET mark = excluded.mark, at = now()""", (self.name, uuid.uuid4()))
        reached('fence')

    def serve_again(self):
        """The source takes its slots back: no marker of it is good any more."""
        marked = self.mark(self.source) is not None
        with self.writer.transaction():
            if marked:
                self.writer.execute('DELETE FROM s2t_move.markers WHERE move = %s', (self.name,))
            self.writer.execute(f"""UPDATE {self.source.name('slots')} SET state = 'rw', changed_at = now()
                                    WHERE slot BETWEEN %s AND %s AND state = 'ro'""", (self.low, self.high))
        self.release()

    @property
    def writer(self):
        """Who changes slots on the source: who holds them, where they are held."""
        return self.held or self.source.db

    def release(self):
        if self.held:
            self.held.close()
            self.held = None

    def let_go(self):
        """Somebody else serves the slots."""
        if self.held:
            self.release()
            say(f'  writers waited {time.monotonic() - self.fenced_at:.3f} s at most')
        reached('gone')

    def tell_of_read_only(self):
        say(f'  slots {self.low} to {self.high} may be read-only on shard {self.source.number}: start again, or --back-out')


def differences(a, b):
    """What keeps rows of one shard from meaning the same on another."""
    found = []

    def same(what, left, right, remedy=''):
        if left != right:
            found.append(f'{what}: shard {a.number} has {left}, shard {b.number} has {right}{remedy}')

    same('version of s2t', a.version, b.version)
    same('version of the library', a.library, b.library)
    locale = """SELECT pg_encoding_to_char(encoding), datcollate, datctype, datcollversion FROM pg_database
                WHERE datname = current_database()"""
    same('encoding and collation, which lower() follows', a.one(locale), b.one(locale))
    for setting in SETTINGS:
        same(f's2t.{setting}', *(s.value('SELECT current_setting(%s)', f's2t.{setting}') for s in (a, b)))
    for table, key in (('plans', 'code'), ('event_consumers', 'name')):
        rows = [set(s.all(f'SELECT to_jsonb(t)::text FROM (SELECT {", ".join(c for c, _ in s.columns(s.schema, table) if c != "created_at")} '
                          f'FROM {s.name(table)}) AS t')) for s in (a, b)]
        if rows[0] != rows[1]:
            found.append(f'{table}: {len(rows[0] ^ rows[1])} rows differ; add_shard brings them')
    for schema, table, _ in a.tables(0, SLOTS - 1):
        try:
            same(f'columns of {table}', a.columns(schema, table), b.columns(b.schema if schema == a.schema else schema, table))
        except psycopg.errors.UndefinedTable:
            found.append(f'{table} is not on shard {b.number}')
    if a.schema != b.schema:
        found.append(f'schema of s2t: {a.schema} and {b.schema}')
    for server in (a, b):
        if server.value("SELECT current_setting('s2t.sharded')") != 'on':
            found.append(f'shard {server.number}: s2t.sharded is off')
    return found


def run(main):
    try:
        sys.exit(main())
    except (Refused, psycopg.Error) as error:
        print(f'{os.path.basename(sys.argv[0])}: {str(error).strip()}', file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print('stopped; start it again, or back out', file=sys.stderr)
        sys.exit(130)
