"""The tests of test/clients on a router: pytest -p on_router. Clients connect to the router as they would to a server; what
the tests see of the tables, as their owner, is that of all shards together."""

import re

import databases
import psycopg
import servers

TABLES = ["users", "user_profiles", "user_subscriptions", "recordings", "segments", "usage_cycles", "usage_entries", "usage_credits", "audit_log",
          "events", "segment_revisions"]
ON_TABLES = re.compile(r"\b(FROM|INTO|UPDATE) (%s|plans|event_\w+)\b" % "|".join(TABLES))
COUNTS = re.compile(r"SELECT( (count\((\*|DISTINCT xmin::text)\)|sum\(\w+\)),?)+ FROM")
# An id that a table makes by itself is of any slot: a recording's is to have its user's.
NEW_ID = "overlay(gen_random_uuid()::text PLACING substr(users.id::text, 15, 4) FROM 15 FOR 4)::uuid"


class Rows:
    def __init__(self, rows):
        self.rows = rows

    def fetchone(self):
        return self.rows[0] if self.rows else None

    def fetchall(self):
        return self.rows

    def __iter__(self):
        return iter(self.rows)


class Owner:
    """Calls go to the router, statements on tables to every shard."""

    def __init__(self):
        self.router = servers.router()
        self.shards = [servers.shard(n) for n in range(servers.SHARDS)]
        self.info = self.router.info

    def execute(self, sql, parameters=None):
        if not ON_TABLES.search(sql):
            return self.router.execute(sql, parameters)
        if sql.startswith("INSERT INTO recordings (user_id"):
            sql = sql.replace("(user_id", "(id, user_id", 1).replace("SELECT id", f"SELECT {NEW_ID}, id", 1)
        cursors = [shard.execute(sql, parameters) for shard in self.shards]
        rows = [row for cursor in cursors if cursor.description for row in cursor]
        if COUNTS.match(sql):
            rows = [tuple(sum(value or 0 for value in column) for column in zip(*rows))]
        return Rows(rows)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        for connection in (self.router, *self.shards):
            connection.close()


def connect(database="postgres", role=databases.OWNER):
    if (database, role) == ("s2t", databases.OWNER):
        return Owner()
    return psycopg.connect(host=databases.HOST, port=databases.PORT, user=role, dbname=database, autocommit=True)


def create_template():
    with servers.router() as db:
        for role, profile in databases.PROFILES.items():
            db.execute(f"CREATE ROLE {role} LOGIN; CALL s2t_grant('{role}', '{profile}')")
    return "s2t"


def create_database(_template):
    """Nobody is there, and no plan."""
    for n in range(servers.SHARDS):
        with servers.shard(n) as db:
            db.execute(f"SET client_min_messages = warning; TRUNCATE {', '.join(TABLES)}, plans, s2t_shard.names, s2t_shard.claims")
    return "s2t"


databases.connect, databases.create_template, databases.create_database = connect, create_template, create_database
databases.drop_database = lambda _name: None
