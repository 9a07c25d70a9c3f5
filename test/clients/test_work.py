"""docs/work.md: the loop of a worker, as it stands there, and the calls above it."""

import json
import pathlib
import random
import re
import time

import databases
import psycopg
import pytest
from psycopg.rows import dict_row

PAGE = (pathlib.Path(__file__).parents[2] / "docs/work.md").read_text(encoding="utf-8")
LOOP = re.search(r"```python\n(.*?)```", PAGE, re.S)[1]
CALLS = re.search(r"```sql\n(.*?)```", PAGE, re.S)[1]


@pytest.fixture
def loop():
    names = {"json": json, "random": random, "time": time, "psycopg": psycopg}
    exec(compile(LOOP, "docs/work.md", "exec"), names)
    return names["work"]


@pytest.fixture
def user(owner):
    owner.execute("INSERT INTO plans (code, name) VALUES ('OPEN', 'Open')")
    return owner.execute("SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'OPEN')").fetchone()[0]


@pytest.fixture
def connect(database, owner):
    """A worker's role, which has its profile and nothing else."""
    owner.execute("DROP ROLE IF EXISTS s2t_test_transcriber")
    owner.execute("CREATE ROLE s2t_test_transcriber")
    owner.execute("CALL s2t_grant('s2t_test_transcriber', 'worker')")

    def make():
        db = databases.connect(database)
        db.row_factory = dict_row
        db.execute("SET ROLE s2t_test_transcriber")
        return db

    yield make
    owner.execute("DROP OWNED BY s2t_test_transcriber")
    owner.execute("DROP ROLE s2t_test_transcriber")


def queue(owner, user, source):
    return owner.execute("SELECT recording_id FROM s2t_create_recording(%s, %s, in_priority => 1)", (user, source)).fetchone()[0]


def test_loop(loop, owner, user, connect):
    """Three recordings: one works, one never does, one is taken away while it is worked on."""
    recordings = {queue(owner, user, source): source for source in ("works", "breaks", "stolen")}
    asked = []

    def transcribe(job, alive):
        source = recordings[job["recording_id"]]
        asked.append((source, job["attempt"]))
        alive()
        if source == "breaks":
            owner.execute("UPDATE recordings SET claims = 5 WHERE id = %s", (job["recording_id"],))
            raise ValueError("no sound in it")
        if source == "stolen":
            owner.execute("UPDATE recordings SET lease_until = now() - interval '1 second' WHERE id = %s", (job["recording_id"],))
            owner.execute("SELECT s2t_claim_recordings('another')")
            alive()
        return 1000, [{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": source}]

    turns = iter([False] * 4)
    loop(connect, transcribe, "gpu-7", idle=0, stop=lambda: next(turns, True))
    assert asked == [("works", 1), ("breaks", 1), ("stolen", 1)]
    states = dict(owner.execute("SELECT source, (status, error, lease_worker)::text FROM recordings").fetchall())
    assert states == {"works": "(done,,gpu-7)", "breaks": '(failed,"no sound in it",gpu-7)', "stolen": "(processing,,another)"}


def test_calls(owner, user):
    """The block of SQL: each call as it stands there."""
    values = {"user_id": user, "duration_ms": 1000, "segments": "[]", "error": "engine down"}
    done = []
    for line in re.sub(r" *--.*", "", CALLS).split(";"):
        call = line.strip()
        if not call:
            continue
        row = owner.execute(re.sub(r":(\w+)", r"%(\1)s", call), values)
        row = dict(zip((c.name for c in row.description), row.fetchone()))
        values |= {name: row[name] for name in ("recording_id", "lease") if name in row}
        done.append(re.search(r"s2t_\w+", call)[0])
        if done[-1] == "s2t_complete_recording":
            assert row["segment_count"] == 0
            queue(owner, user, "another")
            row = owner.execute("SELECT recording_id, lease FROM s2t_claim_recordings('gpu-7')").fetchone()
            values |= {"recording_id": row[0], "lease": row[1]}
    assert done == ["s2t_create_recording", "s2t_queue_recording", "s2t_claim_recordings", "s2t_extend_lease",
                    "s2t_complete_recording", "s2t_release_recording"]
    assert row["attempts_left"] == 4
