"""The application of examples/app, with the rights of the profile 'app' and its tasks run at once."""

import json

import databases
import pytest
from fastapi.testclient import TestClient
from service import api, config, worker

pytestmark = pytest.mark.plans

SEGMENTS = [
    {"idx": 0, "start_ms": 0, "end_ms": 2400, "text": "Xin chào các bạn."},
    {"idx": 1, "start_ms": 2400, "end_ms": 5100, "text": "Hôm nay trời đẹp <quá> & nắng 🌞."},
]
WHISPER = {
    "language": "vi",
    "segments": [{"id": 0, "seek": 0, "start": 0.0, "end": 2.5, "text": " Một hai ba.", "tokens": [], "temperature": 0.0,
                  "avg_logprob": -0.2, "compression_ratio": 1.0, "no_speech_prob": 0.01}],
    "text": " Một hai ba.",
}


@pytest.fixture(params=["direct", "pgbouncer"])
def http(request, monkeypatch, database):
    place = databases.Place(database)
    monkeypatch.setattr(config, "MAINTENANCE_URL", place.as_role(databases.JOBS).url("postgresql+asyncpg"))
    if request.param == "pgbouncer":
        place = request.getfixturevalue("bouncer").place(database)
    monkeypatch.setattr(config, "DATABASE_URL", place.url("postgresql+asyncpg"))
    monkeypatch.setattr(config, "PGBOUNCER", place.bouncer)
    monkeypatch.setattr(config, "QUEUE", "celery")
    monkeypatch.setitem(worker.celery.conf, "task_always_eager", True)
    with TestClient(api.app) as running:
        yield running


def register(http, name="lan"):
    return http.post("/users", json={
        "email": f"{name}@example.com", "user_name": name, "password": "mật khẩu", "name": "Nguyễn Thị Lan"})


def log_in(http, name="lan"):
    """Registers, logs in, and returns the header of the user's requests."""
    assert register(http, name).status_code == 201
    answer = http.post("/login", json={"login": name, "password": "mật khẩu"})
    assert answer.status_code == 200
    return {"Authorization": "Bearer " + answer.json()["token"]}


def create(http, user, **fields):
    answer = http.post("/recordings", json={"source": "upload", **fields}, headers=user)
    assert answer.status_code == 201
    return "/recordings/" + answer.json()["id"]


def test_accounts(http, owner):
    assert register(http).status_code == 201
    answer = register(http)
    assert (answer.status_code, answer.json()["detail"]) == (
        409, 'duplicate key value violates unique constraint "users_email_key"')
    answer = http.post("/users", json={"email": "nobody", "user_name": "x", "password": "x"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "invalid e-mail address")

    for login in "lan", "LAN", "lan@example.com":
        assert http.post("/login", json={"login": login, "password": "mật khẩu"}).status_code == 200
    for login, password in ("lan", "wrong"), ("nobody", "mật khẩu"), ("nobody", ""):
        assert http.post("/login", json={"login": login, "password": password}).status_code == 401
    owner.execute("UPDATE users SET status = 'blocked'")
    assert http.post("/login", json={"login": "lan", "password": "mật khẩu"}).status_code == 401


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"},
                                    {"Authorization": "Bearer " + "A" * 76}])
def test_not_logged_in(http, header):
    assert http.get("/dashboard/stats", headers=header).status_code == 401


def test_recording(http, owner):
    user = log_in(http)
    recording = create(http, user, meta={"file": "bài giảng.mp3"})
    found = http.get(recording, headers=user).json()
    assert (found["status"], found["language"], found["meta"]) == ("processing", "vi", {"file": "bài giảng.mp3"})
    assert http.get(recording + "/transcript.srt", headers=user).status_code == 409

    answer = http.post(recording + "/result", json={"duration_ms": 61500, "segments": SEGMENTS}, headers=user)
    assert answer.status_code == 202
    assert http.get(recording, headers=user).json()["status"] == "done"

    srt = http.get(recording + "/transcript.srt", headers=user)
    assert srt.headers["content-type"].startswith("application/x-subrip")
    assert srt.text.startswith("1\n00:00:00,000 --> 00:00:02,400\nXin chào các bạn.\n\n2\n00:00:02,400 --> 00:00:05,100\n")
    assert http.get(recording + "/transcript.txt", headers=user).text == (
        "Xin chào các bạn.\nHôm nay trời đẹp <quá> & nắng 🌞.\n")
    assert http.get(recording + "/transcript.pdf", headers=user).status_code == 422

    assert http.get("/dashboard/stats", headers=user).json() == {
        "total_recordings": 1, "total_duration_minutes": 1.03, "total_segments": 2,
        "current_cycle": {"usage_count": 1, "used_seconds": 62, "quota_usage_percent": 10.0,
                          "quota_minutes_percent": 3.44}}

    hits = http.get("/search", params={"q": "troi dep"}, headers=user).json()
    assert [(hit["idx"], hit["recording_id"]) for hit in hits] == [(1, recording.rpartition("/")[2])]


def test_document_of_an_engine(http):
    user = log_in(http)
    recording = create(http, user)
    assert http.post(recording + "/document", content=json.dumps(WHISPER), headers=user).status_code == 202
    found = http.get(recording, headers=user).json()
    assert (found["status"], found["segment_count"], found["duration_ms"]) == ("done", 1, 2500)
    assert http.get(recording + "/transcript.txt", headers=user).text == "Một hai ba.\n"


def test_other_users_see_nothing(http):
    lan, minh = log_in(http), log_in(http, "minh")
    recording = create(http, lan)
    for request in (
        http.get(recording, headers=minh),
        http.get(recording + "/transcript.txt", headers=minh),
        http.post(recording + "/result", json={"duration_ms": 1, "segments": []}, headers=minh),
        http.post(recording + "/failure", json={"reason": "x"}, headers=minh),
        http.post(recording + "/document", content=b"{}", headers=minh),
    ):
        assert (request.status_code, request.json()["detail"]) == (404, "recording not found")
    assert http.get("/recordings", headers=minh).json() == []
    assert http.get(recording, headers=lan).json()["status"] == "processing"


def test_pages_of_recordings(http):
    user = log_in(http)
    made = [create(http, user).rpartition("/")[2] for _ in range(5)]
    first = [row["id"] for row in http.get("/recordings?limit=3", headers=user).json()]
    second = [row["id"] for row in http.get(f"/recordings?limit=3&before={first[-1]}", headers=user).json()]
    assert first + second == made[::-1]
    assert http.get("/recordings?limit=0", headers=user).status_code == 422


def test_quota_and_plans(http, owner):
    user = log_in(http)
    owner.execute("UPDATE plans SET monthly_usage_limit = 1 WHERE code = 'FREE'")
    create(http, user)
    answer = http.post("/recordings", json={"source": "upload"}, headers=user)
    assert (answer.status_code, answer.json()) == (
        403, {"detail": "recording limit reached: 1 of 1 recordings used in this cycle"})
    answer = http.put("/plan", json={"plan_code": "GOLD"}, headers=user)
    assert (answer.status_code, answer.json()) == (400, {"detail": 'plan "GOLD" not found'})
    answer = http.put("/plan", json={"plan_code": "BASIC"}, headers=user)
    assert (answer.status_code, answer.json()) == (200, {"message": 'plan changed from "FREE" to "BASIC"'})
    create(http, user)


def test_bad_input(http):
    user = log_in(http)
    answer = http.post("/recordings", json={"source": "upload", "language": "tiếng Việt"}, headers=user)
    assert (answer.status_code, answer.json()["detail"]) == (422, "invalid language tag")


def test_failures(http, owner):
    """A result that cannot be stored: the task has failed, and the database marks the recording."""
    user = log_in(http)
    recording = create(http, user)
    segments = [{"idx": 0, "start_ms": 5, "end_ms": 4, "text": "x"}]
    assert http.post(
        recording + "/result", json={"duration_ms": 1, "segments": segments}, headers=user).status_code == 202
    for _ in range(1800):
        found = http.get(recording, headers=user).json()
        if found["status"] != "processing":
            break
    assert found["status"] == "failed"
    assert "invalid segment" in found["error"]
    # What has failed may be completed after all.
    assert http.post(
        recording + "/result", json={"duration_ms": 1, "segments": []}, headers=user).status_code == 202
    assert http.get(recording, headers=user).json()["status"] == "done"

    recording = create(http, user)
    assert http.post(
        recording + "/failure", json={"reason": "quá ồn"}, headers=user).status_code == 202
    found = http.get(recording, headers=user).json()
    assert (found["status"], found["error"]) == ("failed", "quá ồn")


def test_no_secret_in_logs(http, caplog):
    """Neither a password's hash nor what was said, although the errors are logged."""
    user = log_in(http)
    register(http)
    recording = create(http, user)
    segments = [{"idx": 0, "start_ms": 5, "end_ms": 4, "text": "between-you-and-me"}]
    http.post(recording + "/result", json={"duration_ms": 1, "segments": segments}, headers=user)
    assert "could not be completed" in caplog.text
    assert "between-you-and-me" not in caplog.text
    assert "scrypt" not in caplog.text


def test_transient_errors_are_tried_again(http, owner, monkeypatch):
    """The first attempts meet a lock: the task goes on until the last one."""
    user = log_in(http)
    recording = create(http, user)
    owner.execute(f"ALTER ROLE {databases.APP} IN DATABASE {owner.info.dbname} SET lock_timeout = '50ms'")
    attempts = []
    locker = databases.connect(owner.info.dbname)
    locker.autocommit = False
    locker.execute("SELECT FROM recordings FOR UPDATE")
    transaction = worker.in_transaction

    def counting(*arguments):
        attempts.append(arguments)
        if len(attempts) == 3:
            locker.close()
        return transaction(*arguments)

    monkeypatch.setattr(worker, "in_transaction", counting)
    # A pool of PgBouncer's may hold sessions from before the setting.
    http.post(recording + "/result", json={"duration_ms": 1000, "segments": SEGMENTS}, headers=user)
    assert len(attempts) == 3
    assert http.get(recording, headers=user).json()["status"] == "done"


# ------------------------------------------------------------------------------------------------
# Scheduled jobs
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", worker.celery.conf.beat_schedule)
def test_jobs(http, owner, entry):
    user = log_in(http)
    recording = create(http, user)
    owner.execute("UPDATE user_subscriptions SET cycle_start = now() - interval '70 days',"
                  " cycle_end = now() - interval '40 days'")
    owner.execute("INSERT INTO recordings (user_id, source, status, created_at)"
                  " SELECT id, 'upload', s, now() - interval '100 days' FROM users, (VALUES ('done'), ('processing')) AS v (s)")
    worker.celery.tasks[worker.celery.conf.beat_schedule[entry]["task"]].delay().get()
    changed = {
        "reset-monthly-cycles": owner.execute("SELECT count(*) FROM usage_cycles").fetchone()[0],
        "cleanup-old-recordings": 1 - owner.execute(
            "SELECT count(*) FROM recordings WHERE status = 'done'").fetchone()[0],
        "fail-stale-recordings": owner.execute(
            "SELECT count(*) FROM recordings WHERE status = 'failed'").fetchone()[0],
    }
    assert changed == {**dict.fromkeys(changed, 0), entry: 1}
    assert http.get(recording, headers=user).json()["status"] == "processing"
