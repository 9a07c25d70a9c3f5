"""Databases and a PgBouncer for the tests.

The server is the one that PGHOST, PGPORT and PGUSER lead to: a throwaway cluster of test/run, with
a superuser. Each test has a database of its own, a copy of a template, and the role APP, which has
the profile 'app': EXECUTE on the service's procedures, and no right to any table.
"""

import itertools
import os
import pathlib
import re
import subprocess
import time

import psycopg

HOST = os.environ.get("PGHOST", "/var/run/postgresql")
PORT = int(os.environ.get("PGPORT", "5432"))
OWNER = os.environ.get("PGUSER", "postgres")
APP = "clients_app"
JOBS = "clients_jobs"
WORKER = "clients_worker"
EVENTS = "clients_events"
PROFILES = {APP: "app", JOBS: "admin", WORKER: "worker", EVENTS: "consumer"}

_numbers = itertools.count(1)


class Place:
    """Where a client connects to."""

    def __init__(self, database, role=APP, host=HOST, port=PORT, bouncer=False):
        self.database, self.role, self.host, self.port, self.bouncer = database, role, host, port, bouncer

    def as_role(self, role):
        return Place(self.database, role, self.host, self.port, self.bouncer)

    def url(self, dialect):
        return f"{dialect}://{self.role}@/{self.database}?host={self.host}&port={self.port}"

    def keywords(self, name="dbname"):
        return {"host": self.host, "port": self.port, "user": self.role, name: self.database}


def connect(database="postgres", role=OWNER):
    """A connection of the tests themselves, which look behind the scenes."""
    return psycopg.connect(host=HOST, port=PORT, user=role, dbname=database, autocommit=True)


def create_template():
    name = f"clients_template_{os.getpid()}"
    with connect() as server:
        for role in PROFILES:
            if not server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                server.execute(f"CREATE ROLE {role} LOGIN")
        server.execute(f"CREATE DATABASE {name}")
    with connect(name) as db:
        db.execute("CREATE EXTENSION s2t")
        db.execute("SELECT s2t_install()")
        for role, profile in PROFILES.items():
            db.execute(f"CALL s2t_grant('{role}', '{profile}')")
    return name


def create_database(template):
    name = f"clients_{os.getpid()}_{next(_numbers)}"
    with connect() as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


def drop_database(name):
    with connect() as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


class Bouncer:
    """PgBouncer in transaction mode, with fewer server connections than clients: every transaction
    may run on another of them.

    What is prepared is thrown away after each transaction (server_reset_query): the names that
    asyncpg gives to statements are unique in one process only, and it does not remove them from a
    server connection that it no longer has.
    """

    def __init__(self, folder: pathlib.Path):
        self.folder, self.port = folder, 6432
        (folder / "users").write_text("".join(f'"{role}" ""\n' for role in (OWNER, APP, JOBS)))
        (folder / "pgbouncer.ini").write_text(
            f"""[databases]
* = host={HOST} port={PORT}
[pgbouncer]
listen_addr =
listen_port = {self.port}
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 3
max_client_conn = 500
server_reset_query = DEALLOCATE ALL
server_reset_query_always = 1
ignore_startup_parameters = extra_float_digits
logfile = {folder}/log
"""
        )
        self.log = open(folder / "output", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [self.program(), str(folder / "pgbouncer.ini")], stdout=self.log, stderr=self.log
        )
        while not (folder / f".s.PGSQL.{self.port}").exists():
            if self.process.poll() is not None:
                raise RuntimeError((folder / "output").read_text())
            time.sleep(0.05)

    @staticmethod
    def program():
        for folder in [*os.environ["PATH"].split(":"), "/usr/sbin"]:
            path = pathlib.Path(folder) / "pgbouncer"
            if path.exists():
                return str(path)
        raise RuntimeError("pgbouncer is not installed")

    def keeps_prepared(self):
        """Whether it prepares a statement anew where a client executes it: max_prepared_statements, not 0 since 1.24."""
        said = subprocess.run([self.program(), "--version"], capture_output=True, text=True, check=True).stdout
        return tuple(map(int, re.search(r"(\d+)\.(\d+)", said).groups())) >= (1, 24)

    def place(self, database, role=APP):
        return Place(database, role, str(self.folder), self.port, bouncer=True)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()
