"""The example's workers, which claim from the database, with the rights of the profile 'worker'."""

import asyncio
import json
import time

import databases
import pytest
from fastapi.testclient import TestClient
from service import api, claims, config, database as service_database

pytestmark = pytest.mark.plans

WHISPER = {"language": "vi", "text": " Một hai ba.", "segments": [{"id": 0, "start": 0.0, "end": 2.5, "text": " Một hai ba."}]}


@pytest.fixture
def place(monkeypatch, database, tmp_path):
    place = databases.Place(database)
    monkeypatch.setattr(config, "PGBOUNCER", False)
    monkeypatch.setattr(config, "QUEUE", "database")
    monkeypatch.setattr(config, "SPOOL", tmp_path / "spool")
    for name, role in (("DATABASE_URL", databases.APP), ("WORKER_URL", databases.WORKER)):
        monkeypatch.setattr(config, name, place.as_role(role).url("postgresql+asyncpg"))
    return place


@pytest.fixture
def http_client(place):
    with TestClient(api.app) as client:
        client.post("/users", json={"email": "lan@example.com", "user_name": "lan", "password": "mật khẩu"})
        token = client.post("/login", json={"login": "lan", "password": "mật khẩu"}).json()["token"]
        client.headers["Authorization"] = "Bearer " + token
        yield client


def upload(client, document=WHISPER):
    recording = client.post("/recordings", json={"source": "upload"}).json()["id"]
    assert client.post(f"/recordings/{recording}/document", content=json.dumps(document)).status_code == 202
    return recording


def with_sessions(url, function):
    """Runs function(sessions) with the role of the URL."""
    async def run():
        engine = service_database.small_engine(url)
        try:
            return await function(service_database.session_factory(engine))
        finally:
            await engine.dispose()

    return asyncio.run(run())


def work(name="one", engine=claims.transcribe):
    return with_sessions(config.WORKER_URL, lambda sessions: claims.Worker(sessions, name, engine).once())


def test_worker(http_client):
    first, second = upload(http_client), upload(http_client)
    assert http_client.get(f"/recordings/{first}").json()["status"] == "processing"
    assert work() and work() and not work()
    for recording in first, second:
        found = http_client.get(f"/recordings/{recording}").json()
        assert (found["status"], found["segment_count"], found["duration_ms"]) == ("done", 1, 2500)
    assert list(config.SPOOL.iterdir()) == []
    # What is done takes no other document.
    assert http_client.post(f"/recordings/{first}/document", content=b"{}").status_code == 409


def test_document_that_is_none(http_client):
    recording = upload(http_client, {"nothing": "known"})
    assert work()
    for _ in range(1800):
        found = http_client.get(f"/recordings/{recording}").json()
        if found["status"] != "processing":
            break
        time.sleep(0.1)
    assert (found["status"], "invalid transcript" in found["error"]) == ("failed", True)
    assert not work()


def test_engine_in_trouble(http_client, owner):
    """The recording waits for another attempt, and for nobody else's turn."""
    recording = upload(http_client)

    async def broken(_claim):
        raise TimeoutError

    assert work("one", broken)
    assert not work("two")
    owner.execute("UPDATE recordings SET due_at = now() - interval '1 second'")
    assert work("two")
    assert http_client.get(f"/recordings/{recording}").json()["status"] == "done"


def test_worker_that_slept(http_client, owner):
    """Its lease has ended, another has done the work: what it sends then is refused, and changes nothing."""
    recording = upload(http_client)

    async def sleepy(claim):
        owner.execute("UPDATE recordings SET lease_until = now() - interval '1 second'")
        other = service_database.small_engine(config.WORKER_URL)
        assert await claims.Worker(service_database.session_factory(other), "other", other_engine).once()
        await other.dispose()
        return json.dumps({**WHISPER, "segments": [{**WHISPER["segments"][0], "text": " Quá muộn."}]})

    async def other_engine(_claim):
        return json.dumps(WHISPER)

    assert work("sleepy", sleepy)
    assert http_client.get(f"/recordings/{recording}/transcript.txt").text == "Một hai ba.\n"
    assert http_client.get(f"/recordings/{recording}").json()["status"] == "done"


def test_heartbeat(http_client, owner, monkeypatch):
    """A lease of less than a second outlasts work of two."""
    monkeypatch.setattr(config, "LEASE_SECONDS", 0.9)
    upload(http_client)
    seen = set()

    async def slow(_claim):
        for _ in range(20):
            await asyncio.sleep(0.1)
            seen.add(owner.execute("SELECT lease_until FROM recordings").fetchone())
        return json.dumps(WHISPER)

    assert work("slow", slow)
    assert len(seen) > 2
    assert owner.execute("SELECT status FROM recordings").fetchone() == ("done",)
