"""One face for five clients, so that one test tries each of them.

    client = Client(place)
    rows = await client.run("SELECT * FROM f(:a)", a=1)        a transaction of its own, committed
    rows = await client.run_alone("CALL p(:a)", a=1)           as AUTOCOMMIT: no transaction block

Rows are dictionaries. Errors of the server become Failed, with what applications want to know.
The ways to turn autocommit on, and to get at the parts of an error, are those that
docs/applications.md describes.
"""

import json
import re

import asyncpg
import psycopg
import psycopg2
import psycopg2.extras
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool


class Failed(Exception):
    """An error of the server."""

    def __init__(self, sqlstate, message, detail, hint, constraint):
        super().__init__(f"{sqlstate}: {message}")
        self.sqlstate, self.message, self.detail, self.hint, self.constraint = (
            sqlstate, message, detail, hint, constraint)


def of_diagnostics(error):
    """psycopg2 and psycopg."""
    d = error.diag
    return Failed(d.sqlstate, d.message_primary, d.message_detail, d.message_hint, d.constraint_name)


def of_asyncpg(error):
    return Failed(error.sqlstate, error.message, error.detail, error.hint, error.constraint_name)


def positional(sql, parameters):
    """:name becomes $1; returns the statement and the values in order."""
    names = []

    def number(match):
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    return re.sub(r"(?<!:):([a-z]\w*)", number, sql), [parameters[name] for name in names]


def pyformat(sql):
    return re.sub(r"(?<!:):([a-z]\w*)", r"%(\1)s", sql)


class Client:
    def __init__(self, place):
        self.place = place
        self.notices = []

    @staticmethod
    def json(value):
        """What is passed for an argument of type jsonb."""
        return json.dumps(value, ensure_ascii=False)

    async def close(self):
        pass


class SQLAlchemyAsyncpg(Client):
    """Sessions of SQLAlchemy over asyncpg, with the document's pool."""

    def __init__(self, place):
        super().__init__(place)
        self.arguments = {"statement_cache_size": 0, "prepared_statement_cache_size": 0} if place.bouncer else {}
        self.engine = create_async_engine(
            place.url("postgresql+asyncpg"), pool_size=20, max_overflow=10, pool_pre_ping=True,
            connect_args=self.arguments)
        self.sessions = sessionmaker(self.engine, class_=AsyncSession, expire_on_commit=False)

    async def run(self, sql, **parameters):
        async with self.sessions() as db:
            try:
                result = await db.execute(text(sql), parameters)
                rows = [row._asdict() for row in result] if result.returns_rows else []
                await db.commit()
                return rows
            except DBAPIError as error:
                await db.rollback()
                raise of_asyncpg(error.orig.__cause__) from error

    async def run_alone(self, sql, **parameters):
        engine = create_async_engine(
            self.place.url("postgresql+asyncpg"), poolclass=NullPool, isolation_level="AUTOCOMMIT",
            connect_args=self.arguments)
        try:
            async with engine.connect() as db:
                result = await db.execute(text(sql), parameters)
                return [row._asdict() for row in result] if result.returns_rows else []
        except DBAPIError as error:
            raise of_asyncpg(error.orig.__cause__) from error
        finally:
            await engine.dispose()

    async def close(self):
        await self.engine.dispose()


class SQLAlchemyPsycopg2(Client):
    def __init__(self, place):
        super().__init__(place)
        self.engine = create_engine(place.url("postgresql+psycopg2"), pool_size=20, max_overflow=10, pool_pre_ping=True)

    def execute(self, db, sql, parameters):
        try:
            result = db.execute(text(sql), parameters)
            return [row._asdict() for row in result] if result.returns_rows else []
        except DBAPIError as error:
            raise of_diagnostics(error.orig) from error

    async def run(self, sql, **parameters):
        with self.engine.begin() as db:
            return self.execute(db, sql, parameters)

    async def run_alone(self, sql, **parameters):
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            return self.execute(db, sql, parameters)

    async def close(self):
        self.engine.dispose()


class Psycopg2(Client):
    def execute(self, db, sql, parameters):
        with db.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            try:
                cursor.execute(pyformat(sql), parameters)
            except psycopg2.Error as error:
                raise of_diagnostics(error) from error
            finally:
                self.notices += [notice.partition(":  ")[2].partition("\n")[0] for notice in db.notices]
            return [dict(row) for row in cursor] if cursor.description else []

    def connect(self):
        db = psycopg2.connect(**self.place.keywords())
        psycopg2.extras.register_uuid(conn_or_curs=db)
        return db

    async def run(self, sql, **parameters):
        db = self.connect()
        try:
            with db:
                return self.execute(db, sql, parameters)
        finally:
            db.close()

    async def run_alone(self, sql, **parameters):
        db = self.connect()
        try:
            db.autocommit = True
            return self.execute(db, sql, parameters)
        finally:
            db.close()


class Psycopg(Client):
    def execute(self, db, sql, parameters):
        db.add_notice_handler(lambda notice: self.notices.append(notice.message_primary))
        if self.place.bouncer:
            db.prepare_threshold = None
        try:
            cursor = db.cursor(row_factory=psycopg.rows.dict_row).execute(pyformat(sql), parameters)
        except psycopg.Error as error:
            if error.diag.sqlstate is None:
                raise
            raise of_diagnostics(error) from error
        return cursor.fetchall() if cursor.description else []

    async def run(self, sql, **parameters):
        with psycopg.connect(**self.place.keywords()) as db:
            return self.execute(db, sql, parameters)

    async def run_alone(self, sql, **parameters):
        with psycopg.connect(**self.place.keywords(), autocommit=True) as db:
            return self.execute(db, sql, parameters)


class Asyncpg(Client):
    async def connect(self):
        arguments = {"statement_cache_size": 0} if self.place.bouncer else {}
        db = await asyncpg.connect(**self.place.keywords("database"), **arguments)
        db.add_log_listener(lambda _db, message: self.notices.append(message.message))
        return db

    async def execute(self, db, sql, parameters):
        statement, values = positional(sql, parameters)
        try:
            return [dict(row) for row in await db.fetch(statement, *values)]
        except asyncpg.PostgresError as error:
            raise of_asyncpg(error) from error

    async def run(self, sql, **parameters):
        db = await self.connect()
        try:
            async with db.transaction():
                return await self.execute(db, sql, parameters)
        finally:
            await db.close()

    async def run_alone(self, sql, **parameters):
        db = await self.connect()
        try:
            return await self.execute(db, sql, parameters)
        finally:
            await db.close()


ALL = [SQLAlchemyAsyncpg, SQLAlchemyPsycopg2, Psycopg2, Psycopg, Asyncpg]
