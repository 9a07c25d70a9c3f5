"""Every Python sample of the document: as it is where that works, else with the correction that
docs/applications.md gives, and what happens without it."""

import asyncio
import contextlib
import json
import logging
import os
import pathlib
import re
import time
import types
import uuid

import databases
import prometheus_client
import pytest
import samples
from celery import Celery
from celery.schedules import crontab
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool

pytestmark = pytest.mark.plans

CAST = (":segments::jsonb", "CAST(:segments AS jsonb)")
HASH = "$2b$12$a-hash-that-belongs-in-no-log"
REGISTER = {
    "AsyncSession": AsyncSession,
    "hash_password": lambda password: HASH,
}
CREATE = {"AsyncSession": AsyncSession, "UUID": uuid.UUID, "HTTPException": HTTPException, "text": text}


def test_samples_are_verbatim():
    """S2T_DOCUMENT names the document itself, where it is at hand."""
    path = os.environ.get("S2T_DOCUMENT")
    if not path:
        pytest.skip("S2T_DOCUMENT does not name the document")
    document = pathlib.Path(path).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", document, re.S | re.M)
    ours = [file.read_text(encoding="utf-8") for file in samples.FOLDER.glob("*.py")]
    assert sorted(blocks) == sorted(ours)


def add_user(owner, name="lan", plan="FREE"):
    return owner.execute(
        "SELECT s2t_register_user(%s, %s, 'hash', NULL, %s)", (f"{name}@example.com", name, plan)
    ).fetchone()[0]


def add_recording(owner, user, source="upload"):
    return owner.execute(
        "SELECT recording_id FROM sp_check_quota_and_create_recording(%s, %s)", (user, source)
    ).fetchone()[0]


def user_of(user_id):
    return types.SimpleNamespace(id=user_id)


def status_when_marked(owner, recording):
    """Waits until a recording is no longer in processing; a mark is made within about a second."""
    for _ in range(1800):
        status, error = owner.execute(
            "SELECT status, error FROM recordings WHERE id = %s", (recording,)
        ).fetchone()
        if status != "processing":
            break
        time.sleep(0.1)
    return status, error


# ------------------------------------------------------------------------------------------------
# Connection pooling: the sessions of all the samples
# ------------------------------------------------------------------------------------------------


@pytest.fixture
def pooling(place):
    return samples.define("pooling", DATABASE_URL=place.url("postgresql+asyncpg"))


@contextlib.asynccontextmanager
async def session(pooling):
    try:
        async with pooling["AsyncSessionLocal"]() as db:
            yield db
    finally:
        await pooling["engine"].dispose()


@pytest.mark.asyncio
async def test_pooling(pooling):
    """More calls at once than the pool has connections."""
    async def one(number):
        async with pooling["AsyncSessionLocal"]() as db:
            await asyncio.sleep(0)
            return (await db.execute(text("SELECT CAST(:n AS int)"), {"n": number})).scalar_one()

    assert await asyncio.gather(*[one(n) for n in range(100)]) == list(range(100))
    assert pooling["engine"].pool.size() == 20
    await pooling["engine"].dispose()


# ------------------------------------------------------------------------------------------------
# The procedures
# ------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_register_user(pooling, owner):
    sample = samples.define("register_user", **REGISTER)
    async with session(pooling) as db:
        assert await sample["register_user"](db, "lan@example.com", "lan", "secret", "Nguyễn Thị Lan") is None
    found = owner.execute(
        "SELECT u.email, u.user_name, u.password_hash, p.name, l.code"
        " FROM users u JOIN user_profiles p ON p.user_id = u.id"
        " JOIN user_subscriptions s ON s.user_id = u.id JOIN plans l ON l.id = s.plan_id"
    ).fetchall()
    assert found == [("lan@example.com", "lan", HASH, "Nguyễn Thị Lan", "FREE")]


@pytest.mark.asyncio
async def test_create_recording(pooling, owner):
    user = add_user(owner)
    async with session(pooling) as db:
        done = await samples.run("create_recording", **CREATE, db=db, current_user=user_of(user))
    assert (done["quota_ok"], done["error_msg"]) == (True, "")
    assert owner.execute(
        "SELECT user_id, source, language, status FROM recordings WHERE id = %s", (done["recording_id"],)
    ).fetchone() == (user, "realtime", "vi", "processing")


@pytest.mark.parametrize(
    "limits, reason",
    [
        ("monthly_usage_limit = 1", "recording limit reached: 1 of 1 recordings used in this cycle"),
        ("monthly_minutes = 0", "minute limit reached: 0 of 0 minutes used in this cycle"),
    ],
)
def test_quota_is_403_with_the_reason(place, owner, limits, reason):
    """The usage part of the sample as the body of an endpoint."""
    user = add_user(owner)
    app = FastAPI()

    @app.post("/recordings")
    async def create():
        pooling = samples.define("pooling", DATABASE_URL=place.url("postgresql+asyncpg"))
        async with session(pooling) as db:
            done = await samples.run("create_recording", **CREATE, db=db, current_user=user_of(user))
        return {"id": done["recording_id"]}

    with TestClient(app) as http:
        assert http.post("/recordings").status_code == 200
        owner.execute(f"UPDATE plans SET {limits} WHERE code = 'FREE'")
        answer = http.post("/recordings")
    assert (answer.status_code, answer.json()) == (403, {"detail": reason})
    assert owner.execute("SELECT count(*) FROM recordings").fetchone() == (1,)


@pytest.mark.asyncio
async def test_complete_recording(pooling, owner):
    recording = add_recording(owner, add_user(owner))
    async with session(pooling) as db:
        await samples.run(
            "complete_recording", [CAST], AsyncSession=AsyncSession, UUID=uuid.UUID, text=text, db=db,
            recording_id=recording)
    assert owner.execute("SELECT status, duration_ms FROM recordings").fetchall() == [("done", 60000)]
    assert owner.execute("SELECT idx, start_ms, end_ms, text FROM segments ORDER BY idx").fetchall() == [
        (0, 0, 3000, "First segment"), (1, 3000, 6000, "Second segment")]
    assert owner.execute("SELECT used_seconds FROM user_subscriptions").fetchone() == (60,)


@pytest.mark.asyncio
async def test_complete_recording_without_the_correction(pooling, owner):
    """text() does not see a parameter before '::'; the server gets the colon."""
    recording = add_recording(owner, add_user(owner))
    async with session(pooling) as db:
        with pytest.raises(DBAPIError, match='syntax error at or near ":"'):
            await samples.run(
                "complete_recording", AsyncSession=AsyncSession, UUID=uuid.UUID, text=text, db=db,
                recording_id=recording)


@pytest.mark.asyncio
async def test_change_user_plan(pooling, owner):
    user = add_user(owner)
    names = {"AsyncSession": AsyncSession, "UUID": uuid.UUID, "text": text, "HTTPException": HTTPException}
    async with session(pooling) as db:
        done = await samples.run("change_user_plan", **names, db=db, user_id=user)
        assert (done["success"], done["message"]) == (True, 'plan changed from "FREE" to "PREMIUM"')
        with pytest.raises(HTTPException) as refused:
            await samples.run("change_user_plan", **names, db=db, user_id=user)
    assert (refused.value.status_code, refused.value.detail) == (400, 'already on plan "PREMIUM"')
    assert owner.execute("SELECT reason FROM usage_cycles").fetchall() == [("prorate",)]


def test_user_stats(place, owner):
    """The endpoint of the sample, with its two dependencies."""
    user = add_user(owner)
    owner.execute(
        "CALL sp_complete_recording(%s, 61500, %s)",
        (add_recording(owner, user), json.dumps([{"idx": 0, "start_ms": 0, "end_ms": 9, "text": "chào"}])))
    router = APIRouter()

    async def get_current_user():
        return user_of(user)

    async def get_db():
        async with session(samples.define("pooling", DATABASE_URL=place.url("postgresql+asyncpg"))) as db:
            yield db

    samples.define(
        "user_stats", AsyncSession=AsyncSession, UUID=uuid.UUID, text=text, router=router, User=types.SimpleNamespace,
        Depends=Depends, get_current_user=get_current_user, get_db=get_db)
    app = FastAPI()
    app.include_router(router)
    with TestClient(app) as http:
        assert http.get("/dashboard/stats").json() == {
            "total_recordings": 1,
            "total_duration_minutes": 1.03,
            "total_segments": 1,
            "current_cycle": {
                "usage_count": 1,
                "used_seconds": 62,
                "quota_usage_percent": 10.0,
                "quota_minutes_percent": 3.44,
            },
        }


# ------------------------------------------------------------------------------------------------
# Celery
# ------------------------------------------------------------------------------------------------

# Celery calls a task and does not await what it returns.
IN_A_LOOP = ("@celery.task\nasync def", "@celery.task\n@in_a_loop\nasync def")


def in_a_loop(function):
    def run():
        return asyncio.run(function())

    run.__name__, run.__module__ = function.__name__, "tasks"
    return run


class Application(Celery):
    """Tasks belong to all applications of a process, unless told otherwise."""

    def task(self, *args, **options):
        return super().task(*args, **{"shared": False, **options})


def celery_names(place, **engine_arguments):
    """What the samples of tasks take for granted."""
    celery = Application("tasks", set_as_current=False)
    celery.conf.task_always_eager = True
    celery.conf.task_eager_propagates = True

    @contextlib.asynccontextmanager
    async def get_db():
        engine = create_async_engine(place.url("postgresql+asyncpg"), poolclass=NullPool, **engine_arguments)
        async with sessionmaker(engine, class_=AsyncSession)() as db:
            yield db
        await engine.dispose()

    return {
        "__name__": "tasks", "celery": celery, "get_db": get_db, "text": text, "crontab": crontab,
        "logger": logging.getLogger("tasks"), "in_a_loop": in_a_loop,
    }


def run_scheduled(celery, entry):
    """What beat does when an entry is due."""
    return celery.tasks[celery.conf.beat_schedule[entry]["task"]].delay()


def end_all_cycles(owner):
    owner.execute(
        "UPDATE user_subscriptions SET usage_count = 7, cycle_start = now() - interval '40 days',"
        " cycle_end = now() - interval '10 days'")


@pytest.mark.parametrize("engine_arguments", [{}, {"isolation_level": "AUTOCOMMIT"}], ids=["transaction", "autocommit"])
def test_reset_monthly_cycles(place, owner, caplog, engine_arguments):
    caplog.set_level(logging.INFO)
    add_user(owner)
    end_all_cycles(owner)
    names = samples.define(
        "reset_monthly_cycles", [IN_A_LOOP], **celery_names(place.as_role(databases.JOBS), **engine_arguments))
    run_scheduled(names["celery"], "reset-monthly-cycles")
    assert "Monthly cycles reset completed" in caplog.text
    assert owner.execute("SELECT usage_count, reason FROM usage_cycles").fetchall() == [(7, "rollover")]
    assert owner.execute("SELECT usage_count FROM user_subscriptions WHERE cycle_end > now()").fetchall() == [(0,)]


def test_cleanup_old_data(place, owner, caplog):
    caplog.set_level(logging.INFO)
    user = add_user(owner)
    owner.execute("INSERT INTO recordings (user_id, source, status, created_at) SELECT %s, 'upload', 'done',"
                  " now() - interval '100 days' FROM generate_series(1, 3)", (user,))
    names = samples.define("cleanup_old_data", [IN_A_LOOP], **celery_names(place.as_role(databases.JOBS)))
    run_scheduled(names["celery"], "cleanup-old-recordings")
    assert "Cleanup completed: 3 recordings, 0 segments deleted" in caplog.text
    assert owner.execute("SELECT count(*) FROM recordings").fetchone() == (0,)


def test_async_tasks_without_the_correction(place, owner):
    add_user(owner)
    end_all_cycles(owner)
    names = samples.define("reset_monthly_cycles", **celery_names(place.as_role(databases.JOBS)))
    result = run_scheduled(names["celery"], "reset-monthly-cycles").get()
    assert asyncio.iscoroutine(result)
    result.close()
    assert owner.execute("SELECT count(*) FROM usage_cycles").fetchone() == (0,)


def test_the_second_schedule_replaces_the_first(place):
    """Both samples assign to beat_schedule: a configuration has to name all jobs in one."""
    names = celery_names(place)
    samples.define("reset_monthly_cycles", [IN_A_LOOP], **names)
    samples.define("cleanup_old_data", [IN_A_LOOP], **names)
    assert list(names["celery"].conf.beat_schedule) == ["cleanup-old-recordings"]


# ------------------------------------------------------------------------------------------------
# Errors, logs, metrics
# ------------------------------------------------------------------------------------------------


def error_handling():
    return samples.define(
        "error_handling", text=text, HTTPException=HTTPException, logger=logging.getLogger("errors")
    )["call_procedure_safely"]


@pytest.mark.asyncio
async def test_error_handling(pooling, owner, caplog):
    """The session is as good as new after the error."""
    user = add_user(owner)
    call = error_handling()
    async with session(pooling) as db:
        result = await call(db, f"SELECT * FROM sp_get_user_stats('{user}')")
        assert result.fetchone().total_recordings == 0
        with pytest.raises(HTTPException) as failed:
            await call(db, "CALL sp_register_user('nobody', 'nobody', 'hash', NULL, 'FREE')")
        assert (failed.value.status_code, failed.value.detail) == (500, "Database operation failed")
        assert "invalid e-mail address" in caplog.text
        assert isinstance(failed.value.__context__, SQLAlchemyError)
        await call(db, "CALL sp_register_user('minh@example.com', 'minh', 'hash', NULL, 'FREE')")
    assert owner.execute("SELECT user_name FROM users ORDER BY 1").fetchall() == [("lan",), ("minh",)]


@pytest.mark.asyncio
async def test_failure_outlives_the_rollback(pooling, owner):
    """'Auto mark failed': the sample rolls back, and the recording ends as failed all the same."""
    recording = add_recording(owner, add_user(owner))
    async with session(pooling) as db:
        with pytest.raises(HTTPException):
            await error_handling()(db, f"CALL sp_complete_recording('{recording}', 1000, '[{{}}]')")
    status, reason = status_when_marked(owner, recording)
    assert status == "failed"
    assert "invalid segment" in reason
    assert owner.execute("SELECT count(*) FROM segments").fetchone() == (0,)
    assert owner.execute("SELECT used_seconds FROM user_subscriptions").fetchone() == (0,)


# The sample leaves the parameters out.
PARAMETERS = (
    "{...}",
    '{"email": email, "user_name": user_name, "pass": hash_password(password), "name": name, "plan": "FREE"}',
)


@pytest.mark.parametrize("hide", [False, True])
@pytest.mark.asyncio
async def test_logging(place, owner, caplog, hide):
    """SQLAlchemy's messages hold the parameters of the statement, unless it is told to hide them:
    here the hash of a password."""
    caplog.set_level(logging.INFO, "log_registration")
    sample = samples.define(
        "log_registration", [PARAMETERS], text=text, __name__="log_registration", hash_password=lambda password: HASH)
    register = sample["register_user_with_logging"]
    engine = create_async_engine(place.url("postgresql+asyncpg"), hide_parameters=hide)
    async with AsyncSession(engine) as db:
        await register(db, "lan@example.com", "lan", "secret", "Lan")
        assert "User registered successfully: lan@example.com" in caplog.text
        with pytest.raises(DBAPIError, match="users_email_key"):
            await register(db, "lan@example.com", "lan2", "secret", "Lan")
        await db.rollback()
    await engine.dispose()
    assert "Registration failed for lan@example.com" in caplog.text
    assert (HASH in caplog.text) == (not hide)


@pytest.mark.asyncio
async def test_metrics(pooling, owner):
    """The sample takes its session from around it."""
    user = add_user(owner)
    async with session(pooling) as db:
        sample = samples.define("metrics", text=text, db=db)
        await sample["call_procedure_with_metrics"]("sp_get_user_stats", f"SELECT * FROM sp_get_user_stats('{user}')")
    labels = {"procedure_name": "sp_get_user_stats"}
    assert prometheus_client.REGISTRY.get_sample_value("procedure_duration_seconds_count", labels) == 1
    # The database counts under the same name, whoever calls.
    assert "# TYPE procedure_duration_seconds histogram" in owner.execute("SELECT s2t_metrics()").fetchone()[0]
