"""The service's calls from other languages, straight to the server and through PgBouncer.

languages/ has a program for each driver, which goes through the same story and prints what it met:
values as the driver gives them, parts of errors, NOTICEs. The pieces between two lines "docs" are
what docs/applications.md shows. A driver that is not to be had here is skipped, with the reason.
"""

import json
import os
import pathlib
import re
import socket
import subprocess
import threading

import databases
import pytest

FOLDER = pathlib.Path(__file__).parent / "languages"
ROOT = FOLDER.parent.parent.parent
NODE_PATH = os.pathsep.join(
    filter(None, [os.environ.get("S2T_NODE_MODULES"), "/usr/share/nodejs", "/usr/lib/nodejs"]))
JDBC = "/usr/share/java/postgresql.jar"
NOTICE = re.compile(r"recording \S+ is already completed with this content, nothing changed")

pytestmark = pytest.mark.plans


class Door:
    """A port that leads to a socket in the file system: not every driver knows those."""

    def __init__(self, place):
        self.target = f"{place.host}/.s.PGSQL.{place.port}"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.target)
            for pair in (client, server), (server, client):
                threading.Thread(target=self.carry, args=pair, daemon=True).start()

    @staticmethod
    def carry(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def run(*command, **environment):
    return subprocess.run(
        command, env={**os.environ, "HOME": os.environ.get("TMPDIR", "/tmp"), **environment}, cwd=FOLDER, text=True,
        capture_output=True, check=False)


def need(*command, **environment):
    """Skips the test, unless the command succeeds."""
    try:
        done = run(*command, **environment)
    except FileNotFoundError:
        pytest.skip(f"{command[0]} is not installed")
    if done.returncode:
        pytest.skip(f"{' '.join(command)}: {(done.stderr.strip() or done.stdout.strip()).splitlines()[-1]}")


class Node:
    def __init__(self, program, module):
        self.program, self.module = program, module

    def prepare(self):
        need("node", "-e", f"try {{ require('{self.module}') }} catch (e) {{ console.error('no module {self.module}');"
             " process.exit(1) }", NODE_PATH=NODE_PATH)

    def command(self, environment):
        environment["NODE_PATH"] = NODE_PATH
        return ["node", self.program]


class Script:
    def __init__(self, program, interpreter, check):
        self.program, self.interpreter, self.check = program, interpreter, check

    def prepare(self):
        need(self.interpreter, *self.check)

    def command(self, _):
        return [self.interpreter, self.program]


class Java:
    program = "Jdbc.java"

    def prepare(self):
        if not pathlib.Path(JDBC).exists():
            pytest.skip("libpostgresql-jdbc-java is not installed")
        need("java", "-version")

    def command(self, environment):
        further = "&prepareThreshold=0" if environment["BOUNCER"] == "yes" else ""
        url = f"jdbc:postgresql://127.0.0.1:{environment['PGPORT']}/{environment['PGDATABASE']}?user="
        return ["java", "-Dfile.encoding=UTF-8", "-cp", JDBC, self.program, url + environment["PGUSER"] + further,
                url + environment["JOBS_ROLE"] + further]


class Go:
    program = "lib_pq.go"
    environment = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "", "CGO_ENABLED": "0"}

    def __init__(self):
        self.built = None

    def prepare(self):
        need("go", "list", "github.com/lib/pq", **self.environment)
        if not self.built:
            self.built = os.path.join(os.environ.get("TMPDIR", "/tmp"), "lib_pq")
            cache = os.path.join(os.environ.get("TMPDIR", "/tmp"), "go-cache")
            done = run("go", "build", "-o", self.built, "lib_pq.go", "lib_pq_story.go", **self.environment, GOCACHE=cache)
            assert done.returncode == 0, done.stderr

    def command(self, environment):
        where = f"host=127.0.0.1 port={environment['PGPORT']} dbname={environment['PGDATABASE']} sslmode=disable"
        if environment["BOUNCER"] == "yes":
            where += " binary_parameters=yes"
        environment["WHERE"] = f"{where} user={environment['PGUSER']}"
        environment["WHERE_JOBS"] = f"{where} user={environment['JOBS_ROLE']}"
        return [self.built]


CLIENTS = {
    "node-postgres": Node("node_postgres.js", "pg"),
    "postgres.js": Node("postgres_js.mjs", "postgres"),
    "JDBC": Java(),
    "PHP PDO": Script("pdo.php", "php", ["-r", 'if (!extension_loaded("pdo_pgsql")) { echo "no pdo_pgsql"; exit(1); }']),
    "Ruby pg": Script("ruby_pg.rb", "ruby", ["-e", 'require "pg"']),
    "Go lib/pq": Go(),
}


@pytest.fixture(params=CLIENTS)
def name(request):
    return request.param


@pytest.fixture
def told(name, any_place):
    """What the program printed."""
    CLIENTS[name].prepare()
    door = Door(any_place)
    environment = {
        "PGHOST": "127.0.0.1", "PGPORT": str(door.port), "PGUSER": any_place.role, "PGDATABASE": any_place.database,
        "JOBS_ROLE": databases.JOBS, "BOUNCER": "yes" if any_place.bouncer else "no"}
    done = run(*CLIENTS[name].command(environment), **environment)
    door.close()
    assert done.returncode == 0, done.stdout + done.stderr
    if name == "JDBC":
        return dict(line.split("=", 1) for line in done.stdout.splitlines())
    return json.loads(done.stdout)


DETAIL = {
    "taken": "Key (email)=(lan@example.com) already exists.",
    "bad": 'Element 0 has no key "start_ms".',
}
# total_recordings, total_duration_minutes, current_cycle_usage: bigint, numeric, integer.
NUMBERS = {
    "node-postgres": ("1", "0.04", 1),
    "postgres.js": ("1", "0.04", 1),
    "JDBC": ("Long 1", "BigDecimal 0.04", "Integer 1"),
    "PHP PDO": (1, "0.04", 1),
    "Ruby pg": (1, "BigDecimal 0.04", 1),
    "Go lib/pq": (1, "[]byte 0.04", 1),
}
# What a column of type jsonb comes back as.
PARSED, STRING = {"speaker": "A"}, '{"speaker": "A"}'


def test_story(name, told, owner):
    assert owner.execute("SELECT status, segment_count FROM recordings").fetchall() == [("done", 1)]
    assert owner.execute("SELECT text FROM segments").fetchall() == [("Xin chào các bạn.",)]
    assert owner.execute("SELECT p.code FROM user_subscriptions JOIN plans p ON p.id = plan_id").fetchall() == [("BASIC",)]

    stats = told["stats"] if name != "JDBC" else {
        key[len("stats."):]: value for key, value in told.items() if key.startswith("stats.")}
    assert (stats["total_recordings"], stats["total_duration_minutes"], stats["current_cycle_usage"]) == NUMBERS[name]

    changed, refused = 'plan changed from "FREE" to "BASIC"', "no active subscription"
    if name == "JDBC":
        assert told["plan"] == f"true {changed}"
        assert told["refused"] == f"null false {refused}"
        for what, sqlstate, constraint in ("taken", "23505", "users_email_key"), ("bad", "22023", "null"):
            assert told[what] == f"{sqlstate}|{constraint}|{DETAIL[what]}"
        assert told["date"] == "Z"
    else:
        assert told["plan"] == {"success": True, "message": changed}
        assert told["refused"] == {"recording_id": None, "quota_ok": False, "error_message": refused}
        for what, sqlstate, constraint in ("taken", "23505", "users_email_key"), ("bad", "22023", None):
            assert told[what]["sqlstate"] == sqlstate
            if name == "PHP PDO":
                assert re.search(r"^DETAIL:  " + re.escape(DETAIL[what]) + "$", told[what]["message"], re.M)
                assert constraint is None or f'"{constraint}"' in told[what]["message"]
            else:
                assert (told[what].get("constraint") or None, told[what]["detail"]) == (constraint, DETAIL[what])
        assert told["date"] is True
    # PDO of PHP 8.2 has no way to it.
    if name != "PHP PDO":
        assert NOTICE.fullmatch(told["notice"])
    assert told["in_block"] == "25001"


def test_shown_as_tested(name):
    """The pages show what is run here."""
    file = FOLDER / CLIENTS[name].program
    pieces = re.split(r"^(?://|#) docs\n", file.read_text(encoding="utf-8"), flags=re.M)
    assert len(pieces) == 3, f"{file} does not have two lines 'docs'"
    page = (ROOT / "docs/applications.md").read_text(encoding="utf-8")
    shown = re.search(rf"^#### {re.escape(name)}\n.*?^```\w+\n(.*?)^```$", page, re.S | re.M)
    assert shown, f"docs/applications.md has no block under {name}"
    assert shown[1].strip() == pieces[1].strip()
