"""The example's webhooks, with the rights of the profile 'consumer'."""

import asyncio
import base64
import datetime
import hashlib
import hmac
import http.server
import json
import threading
import time
import uuid
from types import SimpleNamespace

import databases
import pytest
from fastapi.testclient import TestClient
from service import api, config, database as service_database, security, webhooks

pytestmark = pytest.mark.plans

SECRET = "whsec_" + base64.b64encode(b"only the two of us know this one").decode()


@pytest.fixture
def place(monkeypatch, database):
    place = databases.Place(database)
    monkeypatch.setattr(config, "PGBOUNCER", False)
    for name, role in (("DATABASE_URL", databases.APP), ("EVENTS_URL", databases.EVENTS)):
        monkeypatch.setattr(config, name, place.as_role(role).url("postgresql+asyncpg"))
    return place


@pytest.fixture
def http_client(place):
    with TestClient(api.app) as client:
        client.post("/users", json={"email": "lan@example.com", "user_name": "lan", "password": "mật khẩu"})
        token = client.post("/login", json={"login": "lan", "password": "mật khẩu"}).json()["token"]
        client.headers["Authorization"] = "Bearer " + token
        yield client


def record(client, owner):
    """A recording that is done."""
    recording = client.post("/recordings", json={"source": "upload"}).json()["id"]
    owner.execute("CALL sp_complete_recording(%s, 2500, %s)", (
        recording, json.dumps([{"idx": 0, "start_ms": 0, "end_ms": 2500, "text": "Một hai ba."}])))
    return recording



class Receiver(http.server.BaseHTTPRequestHandler):
    """Another service: checks the signature as Standard Webhooks has it, and answers as it is told to."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        fresh = abs(time.time() - int(self.headers["webhook-timestamp"])) < 300
        good = fresh and self.headers["webhook-signature"] == expected
        event = json.loads(body)
        status = self.server.answers.get(event["type"], 204) if good else 401
        self.server.seen.append((self.headers["webhook-id"], event, status))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver(monkeypatch, place):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.seen, server.answers = [], {}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(config, "WEBHOOK_URL", f"http://127.0.0.1:{server.server_port}/hook")
    monkeypatch.setattr(config, "WEBHOOK_SECRET", SECRET)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def deliver(procedure=None):
    async def run(sessions):
        delivery = webhooks.Delivery(sessions, config.WEBHOOK_CONSUMER)
        if procedure:
            return await delivery.call(procedure)
        while await delivery.once():
            pass

    async def with_engine():
        engine = service_database.small_engine(config.EVENTS_URL)
        try:
            return await run(service_database.session_factory(engine))
        finally:
            await engine.dispose()

    return asyncio.run(with_engine())


def test_signature():
    """The example that comes with the libraries of Standard Webhooks."""
    assert security.webhook_signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    ) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_webhooks(receiver, http_client, owner):
    deliver(webhooks.procedures.add_consumer)
    recording = record(http_client, owner)
    deliver()
    assert [event["type"] for _, event, _ in receiver.seen] == ["recording.created", "recording.completed"]
    assert {status for _, _, status in receiver.seen} == {204}
    event = receiver.seen[1][1]
    assert event["data"]["recording_id"] == recording and event["data"]["segment_count"] == 1
    assert event["timestamp"].endswith("Z")
    assert "Một" not in json.dumps(event, ensure_ascii=False)
    deliver()
    assert len(receiver.seen) == 2


def test_webhooks_that_are_refused(receiver, http_client, owner):
    """Tried again later, what comes after it waits; given up after the last attempt, and revived."""
    deliver(webhooks.procedures.add_consumer)
    receiver.answers = {"recording.created": 503}
    record(http_client, owner)
    deliver()
    assert [(event["type"], status) for _, event, status in receiver.seen] == [("recording.created", 503)]
    (pause, attempt, error), = owner.execute(
        "SELECT due_at - now(), attempt, error FROM events WHERE due_at > now()").fetchall()
    assert (5 < pause.total_seconds() <= 10, attempt, error) == (True, 1, "answered 503")

    owner.execute(f"ALTER DATABASE {owner.info.dbname} SET s2t.event_attempts = 2")
    owner.execute("UPDATE events SET due_at = now() - interval '1 second' WHERE due_at IS NOT NULL")
    deliver()
    assert [(event["type"], status) for _, event, status in receiver.seen[1:2]] == [("recording.created", 503)]
    deliver()
    assert [event["type"] for _, event, _ in receiver.seen[2:]] == ["recording.completed"]
    dead, = deliver(webhooks.procedures.dead_events)
    assert (dead.type, dead.error, str(dead.id)) == ("recording.created", "answered 503", receiver.seen[0][0])

    receiver.answers = {}
    assert deliver(webhooks.procedures.revive_events) == 1
    deliver()
    assert (receiver.seen[-1][0], receiver.seen[-1][2]) == (receiver.seen[0][0], 204)
    assert deliver(webhooks.procedures.dead_events) == []


@pytest.mark.parametrize("url, wrong", [("http://127.0.0.1:1/", "no answer"), ("http://nobody.invalid/", "no answer")])
def test_nobody_there(monkeypatch, url, wrong):
    event = SimpleNamespace(id=uuid.uuid4(), type="x", at=datetime.datetime.now(), data={})
    monkeypatch.setattr(config, "WEBHOOK_URL", url)
    monkeypatch.setattr(config, "WEBHOOK_SECRET", SECRET)
    assert webhooks.send(event).startswith(wrong)


def test_redirects_are_not_followed(receiver, http_client):
    deliver(webhooks.procedures.add_consumer)
    receiver.answers = {"recording.created": 302}
    http_client.post("/recordings", json={"source": "upload"})
    deliver()
    assert [status for _, _, status in receiver.seen] == [302]
