"""The service's calls through every client, straight to the server and through PgBouncer."""

import asyncio
import subprocess
import sys
import time
import uuid
from decimal import Decimal

import databases
import drivers
import pytest
import pytest_asyncio

pytestmark = [pytest.mark.plans, pytest.mark.asyncio]

REGISTER = "SELECT s2t_register_user(:email, :user_name, :hash, :name, :plan) AS id"
CREATE = "SELECT * FROM sp_check_quota_and_create_recording(:user_id, :source)"
CREATE_WITH_META = (
    "SELECT * FROM sp_check_quota_and_create_recording(:user_id, :source, :language, CAST(:meta AS jsonb))")
COMPLETE = "CALL sp_complete_recording(:recording_id, :duration_ms, CAST(:segments AS jsonb))"
FAIL = "CALL sp_fail_recording(:recording_id, :reason)"
STATS = "SELECT * FROM sp_get_user_stats(:user_id)"
CHANGE_PLAN = "CALL sp_change_user_plan(:user_id, :plan, :prorate, NULL, NULL)"
CHANGE_PLAN_SHORT = "CALL sp_change_user_plan(:user_id, :plan)"


async def register(client, email="lan@example.com", user_name="lan", name=None, plan="FREE"):
    rows = await client.run(REGISTER, email=email, user_name=user_name, hash="$2b$12$hash", name=name, plan=plan)
    return rows[0]["id"]


async def create(client, user_id):
    return (await client.run(CREATE, user_id=user_id, source="upload"))[0]["recording_id"]


def segment(idx, text, **further):
    return {"idx": idx, "start_ms": idx * 1000, "end_ms": idx * 1000 + 1000, "text": text, **further}


async def complete(client, recording_id, *segments, duration_ms=61500):
    return await client.run(
        COMPLETE, recording_id=recording_id, duration_ms=duration_ms, segments=client.json(list(segments)))


async def test_life_of_a_user(client, owner):
    user = uuid.UUID(str(await register(client, name="Nguyễn Thị Lan")))
    assert await client.run(
        "CALL sp_register_user(:email, :user_name, :hash, :name, :plan)",
        email="minh@example.com", user_name="minh", hash="hash", name=None, plan="FREE") == []

    row, = await client.run(CREATE, user_id=user, source="upload")
    assert (row["quota_ok"], row["error_message"]) == (True, "")
    assert await complete(client, row["recording_id"], segment(0, "Xin chào"), segment(1, "các bạn.")) == []

    stats, = await client.run(STATS, user_id=user)
    assert stats == {
        "total_recordings": 1, "total_duration_minutes": Decimal("1.03"), "total_segments": 2,
        "current_cycle_usage": 1, "current_cycle_seconds": 62,
        "quota_usage_percent": Decimal("10.00"), "quota_minutes_percent": Decimal("3.44")}

    assert await client.run(CHANGE_PLAN, user_id=user, plan="BASIC", prorate=True) == [
        {"success": True, "message": 'plan changed from "FREE" to "BASIC"'}]
    assert await client.run(CHANGE_PLAN_SHORT, user_id=user, plan="BASIC") == [
        {"success": False, "message": 'already on plan "BASIC"'}]

    failing = await create(client, user)
    assert await client.run(FAIL, recording_id=failing, reason="máy chủ quá tải 🙁") == []
    assert owner.execute("SELECT status, error FROM recordings WHERE id = %s", (failing,)).fetchone() == (
        "failed", "máy chủ quá tải 🙁")
    assert await client.run(
        "SELECT sp_export_transcript(:recording_id, :format) AS file",
        recording_id=row["recording_id"], format="txt") == [{"file": "Xin chào\ncác bạn.\n"}]


async def test_refusals_are_rows(client, owner):
    user = await register(client)
    owner.execute("UPDATE plans SET monthly_usage_limit = 1 WHERE code = 'FREE'")
    await create(client, user)
    assert await client.run(CREATE, user_id=user, source="upload") == [{
        "recording_id": None, "quota_ok": False,
        "error_message": "recording limit reached: 1 of 1 recordings used in this cycle"}]
    assert await client.run(CREATE, user_id=uuid.uuid4(), source="upload") == [{
        "recording_id": None, "quota_ok": False, "error_message": "no active subscription"}]


async def test_errors_tell_what_is_wrong(client):
    recording = await create(client, await register(client))
    with pytest.raises(drivers.Failed) as taken:
        await register(client, email="LAN@example.com", user_name="other")
    assert (taken.value.sqlstate, taken.value.constraint) == ("23505", "users_email_lower_key")

    with pytest.raises(drivers.Failed) as no_plan:
        await register(client, email="minh@example.com", user_name="minh", plan="GOLD")
    assert (no_plan.value.sqlstate, no_plan.value.message) == ("P0002", "plan not found")
    assert "GOLD" in no_plan.value.detail

    with pytest.raises(drivers.Failed) as bad_segment:
        await complete(client, recording, {"idx": 0, "start_ms": 0, "end_ms": 1.5, "text": ""})
    assert bad_segment.value.sqlstate == "22023"
    assert bad_segment.value.detail == (
        'Element 0 has the value 1.5 for key "end_ms"; an integer is expected.')

    with pytest.raises(drivers.Failed) as null:
        await client.run(STATS, user_id=None)
    assert null.value.sqlstate == "22023"


async def test_role_has_no_right_to_tables(client):
    for table in "plans", "users", "user_profiles", "user_subscriptions", "recordings", "segments", "audit_log":
        with pytest.raises(drivers.Failed) as denied:
            await client.run(f"SELECT count(*) FROM {table}")
        assert denied.value.sqlstate == "42501"


async def test_repeating_a_completion(client, owner):
    """A worker that has lost its connection completes again: charged once, and told by a NOTICE."""
    recording = await create(client, await register(client))
    await complete(client, recording, segment(0, "một"))
    client.notices.clear()
    await complete(client, recording, segment(0, "một"))
    assert owner.execute("SELECT used_seconds FROM user_subscriptions").fetchone() == (62,)
    if not isinstance(client, (drivers.SQLAlchemyAsyncpg, drivers.SQLAlchemyPsycopg2)):
        assert client.notices == [
            f"recording {recording} is already completed with this content, nothing changed"]
    with pytest.raises(drivers.Failed) as other:
        await complete(client, recording, segment(0, "hai"))
    assert other.value.sqlstate == "55000"


async def test_failure_is_marked_after_the_rollback(client, owner):
    recording = await create(client, await register(client))
    with pytest.raises(drivers.Failed):
        await complete(client, recording, segment(0, "một"), segment(0, "hai"))
    for _ in range(1800):
        status, reason = owner.execute("SELECT status, error FROM recordings").fetchone()
        if status != "processing":
            break
        time.sleep(0.1)
    assert status == "failed"
    assert "invalid segment" in reason
    assert owner.execute("SELECT count(*) FROM segments").fetchone() == (0,)


TEXTS = {
    "empty": "",
    "Vietnamese": "Hôm nay trời đẹp quá, phải không các bạn ơi?",
    "decomposed": "Ho\u0302m nay tro\u031b\u0300i đe\u0323p",  # Not turned into the composed form.
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 🇻🇳 👍🏽",
    "right to left": "مرحبا \u202eabc\u202c שלום",
    "beyond the basic plane": "𝒳𠜎\U0010fffd",
    "quotes": """'one' "two" $$three$$ \\ %s %(a)s :a $1 {}""",
    "control": "\t\n\r\x01\x1f\x7f\u0085\u2028",
    "noncharacters": "\ufeff\ufffe\uffff",
}


async def test_texts_pass_unharmed(client, owner):
    for number, (name, value) in enumerate(TEXTS.items()):
        # A user name may not be blank or hold control characters.
        user_name = value if value and name != "control" else f"user {number}"
        user = await register(client, email=f"{number}@example.com", user_name=user_name, name=value)
        row, = await client.run(
            CREATE_WITH_META, user_id=user, source="upload", language="vi", meta=client.json({"name": value}))
        await complete(client, row["recording_id"], segment(0, value, note=value))
        stored = owner.execute(
            "SELECT u.user_name, p.name, r.meta, s.text, s.meta FROM users u JOIN user_profiles p ON p.user_id = u.id"
            " JOIN recordings r ON r.user_id = u.id JOIN segments s ON s.recording_id = r.id WHERE u.id = %s", (user,)
        ).fetchall()
        assert stored == [(user_name, value, {"name": value}, value, {"note": value})], name
        assert await client.run(
            "SELECT text FROM sp_get_segments(:user_id, :recording_id)",
            user_id=user, recording_id=row["recording_id"]) == [{"text": value}], name


async def test_nulls(client, owner):
    """A display name may be NULL; keys with null are kept as such; a text must be there."""
    user = await register(client, name=None)
    recording = await create(client, user)
    await complete(client, recording, segment(0, "một", speaker=None))
    assert owner.execute("SELECT name FROM user_profiles").fetchall() == [(None,)]
    assert owner.execute("SELECT meta FROM segments").fetchall() == [({"speaker": None},)]
    recording = await create(client, user)
    for arguments in (
        {"recording_id": None, "duration_ms": 1, "segments": "[]"},
        {"recording_id": recording, "duration_ms": None, "segments": "[]"},
        {"recording_id": recording, "duration_ms": 1, "segments": None},
        {"recording_id": recording, "duration_ms": 1, "segments": client.json([segment(0, None)])},
    ):
        with pytest.raises(drivers.Failed) as refused:
            await client.run(COMPLETE, **arguments)
        assert refused.value.sqlstate == "22023"


async def test_large_texts(client, owner):
    """A megabyte each, of characters of one to four bytes."""
    large = ("aể€🙂" * (1024 * 1024 // 11 + 1))
    assert len(large.encode()) > 1024 * 1024
    user = await register(client, name=large)
    row, = await client.run(
        CREATE_WITH_META, user_id=user, source="upload", language="vi", meta=client.json({"note": large}))
    await complete(client, row["recording_id"], segment(0, large, words=large), segment(1, "đuôi"))
    assert owner.execute("SELECT text, meta->>'words' FROM segments ORDER BY idx").fetchall() == [
        (large, large), ("đuôi", None)]
    assert owner.execute("SELECT meta->>'note' FROM recordings").fetchone() == (large,)
    assert owner.execute("SELECT name FROM user_profiles").fetchone() == (large,)
    assert await client.run(
        "SELECT sp_export_transcript(:recording_id, :format) AS file",
        recording_id=row["recording_id"], format="txt") == [{"file": f"{large}\nđuôi\n"}]


async def test_nul_is_refused_and_not_cut_off(client):
    """PostgreSQL has no character NUL. jsonb says so; sp_import_transcript replaces it."""
    user = await register(client)
    recording = await create(client, user)
    with pytest.raises(drivers.Failed) as refused:
        await complete(client, recording, segment(0, "a\0b"))
    assert refused.value.sqlstate == "22P05"
    document = client.json({"duration_ms": 1000, "segments": [segment(0, "a\0b")]})
    await client.run(
        "SELECT * FROM sp_import_transcript(:recording_id, :document)", recording_id=recording, document=document)
    assert await client.run(
        "SELECT text FROM sp_get_segments(:user_id, :recording_id)", user_id=user, recording_id=recording
    ) == [{"text": "a\ufffdb"}]


# ------------------------------------------------------------------------------------------------
# Procedures that commit
# ------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(params=drivers.ALL, ids=lambda driver: driver.__name__)
async def jobs(request, database):
    """The role of the scheduled jobs, straight to the server."""
    running = request.param(databases.Place(database, databases.JOBS))
    yield running
    await running.close()


@pytest.fixture
def old_recordings(owner):
    owner.execute("CALL sp_register_user('lan@example.com', 'lan', 'hash', NULL, 'FREE')")
    owner.execute("INSERT INTO recordings (user_id, source, status, created_at)"
                  " SELECT id, 'upload', 'done', now() - interval '100 days' FROM users, generate_series(1, 3)")


PURGE = "CALL sp_purge_old_recordings(:days, :batch)"


async def test_purge(jobs, owner, old_recordings):
    assert await jobs.run_alone(PURGE, days=90, batch=1) == [{"deleted_recordings": 3, "deleted_segments": 0}]
    assert owner.execute("SELECT count(*) FROM recordings").fetchone() == (0,)
    # Each batch in a transaction of its own.
    assert owner.execute("SELECT count(DISTINCT xmin::text) FROM audit_log WHERE procedure_name LIKE '%old_recordings'"
                         ).fetchone() == (3,)


async def test_purge_inside_a_transaction(jobs, owner, old_recordings):
    with pytest.raises(drivers.Failed) as refused:
        await jobs.run(PURGE, days=90, batch=1)
    assert (refused.value.sqlstate, refused.value.message) == (
        "25001", "sp_purge_old_recordings cannot run inside a transaction block")
    assert owner.execute("SELECT count(*) FROM recordings").fetchone() == (3,)
    # What is meant for transactions.
    assert await jobs.run("SELECT * FROM sp_cleanup_old_recordings(:days, :batch)", days=90, batch=2) == [
        {"deleted_recordings": 2, "deleted_segments": 0}]


def end_all_cycles(owner, users=3):
    for number in range(users):
        owner.execute("CALL sp_register_user(%s, %s, 'hash', NULL, 'FREE')", (f"{number}@example.com", f"u{number}"))
    owner.execute("UPDATE user_subscriptions SET usage_count = 7, cycle_start = now() - interval '70 days',"
                  " cycle_end = now() - interval '40 days'")


async def test_reset(jobs, owner):
    end_all_cycles(owner)
    jobs.notices.clear()
    assert await jobs.run_alone("CALL sp_reset_monthly_cycles()") == []
    assert owner.execute("SELECT count(*), sum(usage_count) FROM usage_cycles").fetchone() == (3, 21)
    if not isinstance(jobs, (drivers.SQLAlchemyAsyncpg, drivers.SQLAlchemyPsycopg2)):
        assert [notice.partition(",")[0] for notice in jobs.notices] == ["reset 3 subscriptions"]


async def test_reset_inside_a_transaction(jobs, owner):
    """Everything in the caller's transaction."""
    end_all_cycles(owner)
    await jobs.run("CALL sp_reset_monthly_cycles()")
    assert owner.execute("SELECT count(*), count(DISTINCT xmin::text) FROM usage_cycles").fetchone() == (3, 1)


async def test_stale(jobs, owner):
    owner.execute("CALL sp_register_user('lan@example.com', 'lan', 'hash', NULL, 'FREE')")
    owner.execute("INSERT INTO recordings (user_id, source, created_at)"
                  " SELECT id, 'upload', now() - interval '1 day' FROM users")
    assert await jobs.run_alone("CALL sp_fail_stale_recordings(CAST(:age AS text)::interval)", age="6 hours") == [
        {"failed": 1}]
    with pytest.raises(drivers.Failed) as refused:
        await jobs.run("CALL sp_fail_stale_recordings()")
    assert refused.value.sqlstate == "2D000"


@pytest.mark.parametrize("driver", drivers.ALL, ids=lambda driver: driver.__name__)
async def test_purge_through_pgbouncer(driver, bouncer, database, owner, old_recordings):
    """Works, but for SQLAlchemy over asyncpg: that prepares a statement and executes it in two
    transactions of PgBouncer's, and so wants a direct connection for what commits, or a PgBouncer
    that keeps track of what is prepared."""
    jobs = driver(bouncer.place(database, databases.JOBS))
    if driver is drivers.SQLAlchemyAsyncpg and not bouncer.keeps_prepared():
        with pytest.raises(drivers.Failed) as unknown:
            await jobs.run_alone(PURGE, days=90, batch=1)
        assert unknown.value.sqlstate == "26000"
    else:
        assert await jobs.run_alone(PURGE, days=90, batch=1) == [{"deleted_recordings": 3, "deleted_segments": 0}]
    await jobs.close()


# ------------------------------------------------------------------------------------------------
# Races
# ------------------------------------------------------------------------------------------------

LIMIT = 37


@pytest.mark.parametrize("driver", [drivers.SQLAlchemyAsyncpg, drivers.Asyncpg], ids=lambda driver: driver.__name__)
async def test_a_hundred_tasks_race_for_a_quota(driver, any_place, owner):
    owner.execute("UPDATE plans SET monthly_usage_limit = %s WHERE code = 'FREE'", (LIMIT,))
    client = driver(any_place)
    user = await register(client)
    rows = await asyncio.gather(*[client.run(CREATE, user_id=user, source="realtime") for _ in range(100)])
    await client.close()
    accepted = [row for row, in rows if row["quota_ok"]]
    refused = {row["error_message"] for row, in rows if not row["quota_ok"]}
    assert len(accepted) == LIMIT
    assert len({row["recording_id"] for row in accepted}) == LIMIT
    assert refused == {f"recording limit reached: {LIMIT} of {LIMIT} recordings used in this cycle"}
    assert owner.execute("SELECT usage_count, total_recordings FROM user_subscriptions").fetchone() == (LIMIT, LIMIT)
    assert owner.execute("SELECT count(*) FROM recordings").fetchone() == (LIMIT,)


@pytest.mark.parametrize("driver", [drivers.SQLAlchemyAsyncpg, drivers.Asyncpg], ids=lambda driver: driver.__name__)
async def test_a_hundred_tasks_race_for_an_address(driver, any_place, owner):
    client = driver(any_place)
    results = await asyncio.gather(
        *[register(client, user_name=f"lan{n}") for n in range(100)], return_exceptions=True)
    await client.close()
    refused = [r for r in results if isinstance(r, drivers.Failed)]
    assert len(refused) == 99
    assert {(r.sqlstate, r.constraint) for r in refused} == {("23505", "users_email_key")}
    assert owner.execute("SELECT count(*) FROM users").fetchone() == (1,)


async def test_processes_share_server_connections(bouncer, database, owner):
    """Names of prepared statements are unique in one process only: here are three."""
    place = bouncer.place(database)
    program = f"""
import asyncio, uuid, databases, drivers
async def one(client):
    for _ in range(5):
        name = uuid.uuid4().hex
        await client.run("CALL sp_register_user(:e, :n, :h, NULL, 'FREE')", e=name + "@example.com", n=name, h="hash")
async def main():
    client = drivers.SQLAlchemyAsyncpg(databases.Place({place.database!r}, {place.role!r}, {place.host!r}, {place.port}, True))
    await asyncio.gather(*[one(client) for _ in range(20)])
    await client.close()
asyncio.run(main())
"""
    running = [subprocess.Popen([sys.executable, "-c", program], cwd=__file__.rpartition("/")[0]) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert owner.execute("SELECT count(*) FROM users").fetchone() == (300,)
