"""docs/events.md: its loop and its statements, by a role that has the profile and nothing else."""

import pathlib
import re

import databases
import pytest

PAGE = (pathlib.Path(__file__).parent.parent.parent / "docs/events.md").read_text()
ROLE = "notifier"
GRANT, REGISTER, DEAD, DROP = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
LOOP = {}
exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL).group(1), LOOP)


@pytest.fixture
def owner(database):
    with databases.connect(database) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone():
            connection.execute(f"CREATE ROLE {ROLE} LOGIN")
        connection.execute("INSERT INTO plans (code, name) VALUES ('OPEN', 'Open')")
        connection.execute(GRANT)
        yield connection


@pytest.fixture
def notifier(database, owner):
    with databases.connect(database, ROLE) as connection:
        assert connection.execute(REGISTER).fetchone() == (True,)
        yield connection


def complete(owner, name, count):
    user = owner.execute("SELECT s2t_register_user(%s, %s, 'hash', NULL, 'OPEN')", (f"{name}@example.com", name)).fetchone()[0]
    for _ in range(count):
        recording = owner.execute("SELECT recording_id FROM s2t_create_recording(%s, 'upload')", (user,)).fetchone()[0]
        owner.execute("CALL sp_complete_recording(%s, 1000, '[]')", (recording,))
    return str(user)


def test_the_loop(owner, notifier):
    users = [complete(owner, "an", 3), complete(owner, "be", 2)]
    acted = []
    LOOP["deliver"](notifier, "mail", lambda event_id, payload: acted.append((event_id, payload)))
    assert len({event_id for event_id, _ in acted}) == 5
    assert [payload["data"]["user_id"] for _, payload in acted] == [users[0]] * 3 + [users[1]] * 2
    first = acted[0][1]
    assert first["type"] == "recording.completed" and first["timestamp"].endswith("+00:00")
    assert first["data"]["duration_ms"] == 1000 and first["data"]["charged_seconds"] == 1 and first["data"]["recording_id"]
    assert owner.execute("SELECT count(*) FROM events").fetchone() == (0,)


def test_what_fails_holds_up_its_user_alone(owner, notifier):
    users = [complete(owner, "an", 3), complete(owner, "be", 2)]
    acted, broken = [], True

    def act(event_id, payload):
        if broken and payload["data"]["user_id"] == users[0]:
            raise RuntimeError("mailbox is full")
        acted.append(payload)

    LOOP["deliver"](notifier, "mail", act)
    assert [payload["data"]["user_id"] for payload in acted] == [users[1]] * 2
    rows = owner.execute("SELECT error, attempt, due_at > now() FROM events ORDER BY at").fetchall()
    assert rows == [("mailbox is full", 1, True), (None, 0, False), (None, 0, False)]
    broken = False
    owner.execute("UPDATE events SET due_at = now() WHERE error IS NOT NULL")
    LOOP["deliver"](notifier, "mail", act)
    assert [payload["data"]["user_id"] for payload in acted] == [users[1]] * 2 + [users[0]] * 3
    times = [payload["timestamp"] for payload in acted[2:]]
    assert times == sorted(times)


def test_dead_letters(database, owner, notifier):
    complete(owner, "an", 1)
    owner.execute(f"ALTER DATABASE {database} SET s2t.event_attempts = 1")

    def act(event_id, payload):
        raise RuntimeError("no such mailbox")

    with databases.connect(database, ROLE) as connection:
        LOOP["deliver"](connection, "mail", act)
        show, revive, discard = [statement for statement in DEAD.split(";") if statement.strip()]
        assert connection.execute(show).fetchone()[:2] + connection.execute(show).fetchone()[3:] == (
            "mail", "recording.completed", 1, "no such mailbox")
        assert connection.execute(discard).fetchone() == (0,)
        assert connection.execute(revive).fetchone() == (1,)
        assert connection.execute(show).fetchone() is None
        assert connection.execute("SELECT waiting FROM s2t_event_queues").fetchone() == (1,)
        assert connection.execute(DROP).fetchone() == (True,)
    assert owner.execute("SELECT count(*) FROM events").fetchone() == (0,)


def test_a_commit_wakes_who_listens(database, owner, notifier):
    owner.execute(f"ALTER DATABASE {database} SET s2t.notify = on")
    woken = []
    notifier.add_notify_handler(woken.append)
    notifier.execute("LISTEN s2t_events")
    with databases.connect(database) as worker:
        complete(worker, "an", 2)
        notifier.execute("SELECT")  # what has come is handed over with the answer
        assert [(note.channel, note.payload) for note in woken] == [("s2t_events", "mail")] * 2
