"""Prepared statements on a router: the same one again and again, for users of both shards; CALL with arguments that
come back, and 5 MB."""

import json
import uuid

import asyncpg
import databases
import psycopg
import pytest
import servers

REGISTER = "SELECT user_id, repeated FROM s2t_register($1, $2, 'h', NULL, 'FREE', $3)"
CREATE = "SELECT * FROM sp_check_quota_and_create_recording($1, $2)"
COMPLETE = "CALL sp_complete_recording($1, $2, $3)"
STATS = "SELECT total_recordings, total_segments FROM sp_get_user_stats($1)"
PLAN = "CALL sp_change_user_plan($1, $2, $3, NULL, NULL)"
PURGE = "CALL sp_purge_old_recordings($1, $2, $3, $4)"
STATEMENTS = {REGISTER: "text,text,text", CREATE: "uuid,text", COMPLETE: "uuid,int,jsonb", STATS: "uuid", PLAN: "uuid,text,boolean",
              PURGE: "int,int,bigint,bigint"}
LARGE = json.dumps([{"idx": n, "start_ms": n, "end_ms": n + 1, "text": "Xin chào các bạn. " * 5000} for n in range(52)], ensure_ascii=False)


class Asyncpg:
    """Every statement is prepared once, and kept."""

    async def connect(self, role):
        self.db = await asyncpg.connect(**databases.Place("s2t", role).keywords("database"))
        self.prepared = {}
        return self

    async def run(self, sql, *args):
        if sql not in self.prepared:
            self.prepared[sql] = await self.db.prepare(sql)
        return [tuple(row) for row in await self.prepared[sql].fetch(*args)]

    async def close(self):
        await self.db.close()


class Psycopg:
    binary = False

    async def connect(self, role):
        self.db = await psycopg.AsyncConnection.connect(**databases.Place("s2t", role).keywords(), autocommit=True)
        return self

    async def run(self, sql, *args):
        for number, kind in enumerate(STATEMENTS[sql].split(","), 1):
            sql = sql.replace(f"${number}", f"%s::{kind}")
        cursor = self.db.cursor(binary=self.binary)
        await cursor.execute(sql, args, prepare=True)
        return await cursor.fetchall() if cursor.description else []

    async def close(self):
        await self.db.close()


class PsycopgBinary(Psycopg):
    binary = True


@pytest.mark.asyncio
@pytest.mark.parametrize("client", [Asyncpg, Psycopg, PsycopgBinary])
async def test_prepared(client):
    assert len(LARGE.encode()) > 5 * 1024 * 1024
    databases.create_database("s2t")
    with servers.router() as db:
        db.execute("SET client_min_messages = warning; CALL sp_seed_plans()")
        for role, profile in ((databases.APP, "app"), (databases.JOBS, "admin")):
            if not db.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).fetchall():
                db.execute(f"CREATE ROLE {role} LOGIN")
            db.execute(f"CALL s2t_grant('{role}', '{profile}')")
        app = await client().connect(databases.APP)
        shards = set()
        for n in range(12):
            [(user, repeated)] = await app.run(REGISTER, f"p{n}@x.vn", f"p {n}", f"key {n}")
            assert isinstance(user, uuid.UUID) and not repeated
            assert await app.run(REGISTER, f"p{n}@x.vn", f"p {n}", f"key {n}") == [(user, True)]
            shards.add(db.execute("SELECT shard FROM s2t_router.locate(%s)", (user,)).fetchone()[0])
            [(recording, fine, message)] = await app.run(CREATE, user, "upload")
            assert isinstance(recording, uuid.UUID) and (fine, message) == (True, "")
            segments = LARGE if n < 2 else '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "x"}]'
            assert await app.run(COMPLETE, recording, 61500, segments) == []
            assert await app.run(STATS, user) == [(1, 52 if n < 2 else 1)]
            assert await app.run(PLAN, user, "PREMIUM", False) == [(True, 'plan changed from "FREE" to "PREMIUM"')]
            assert await app.run(PLAN, user, "GOLD", False) == [(False, 'plan "GOLD" not found')]
        assert shards == {0, 1}
        await app.close()
        jobs = await client().connect(databases.JOBS)
        for _ in range(3):
            assert await jobs.run(PURGE, 90, 1000, 5, 7) == [(0, 0)]
        await jobs.close()
    for shard in range(servers.SHARDS):
        with servers.shard(shard) as db:
            texts = db.execute("SELECT DISTINCT text FROM segments").fetchall()
            assert {text for text, in texts} <= {"x", ("Xin chào các bạn. " * 5000).strip(), "Xin chào các bạn. " * 5000}
