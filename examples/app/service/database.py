"""Engines and sessions.

hide_parameters keeps password hashes and transcripts out of SQLAlchemy's error messages, and so
out of logs.
"""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool

from . import config


def connect_args():
    """PgBouncer in transaction mode gives every transaction another server session: a statement
    that was prepared in one transaction is not there in the next."""
    return {"statement_cache_size": 0, "prepared_statement_cache_size": 0} if config.PGBOUNCER else {}


def pooled_engine():
    """For a process with one event loop: the API."""
    return create_async_engine(
        config.DATABASE_URL,
        pool_size=20,
        max_overflow=10,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args=connect_args(),
    )


def small_engine(url: str):
    """For a program that does one thing at a time, a heartbeat beside it."""
    return create_async_engine(
        url, pool_size=2, pool_pre_ping=True, hide_parameters=True, connect_args=connect_args()
    )


def single_engine():
    """For a Celery task, which has an event loop of its own: connections cannot outlive it."""
    return create_async_engine(
        config.DATABASE_URL, poolclass=NullPool, hide_parameters=True, connect_args=connect_args()
    )


def maintenance_engine():
    """For procedures that commit. Inside a transaction sp_purge_old_recordings refuses to run, and
    sp_reset_monthly_cycles does everything in one."""
    return create_async_engine(config.MAINTENANCE_URL, poolclass=NullPool, isolation_level="AUTOCOMMIT")


def session_factory(engine):
    return sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


def sqlstate(error: DBAPIError) -> str:
    """The SQLSTATE of an error; empty if the server had no part in it."""
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or ""


# A serialization failure, a deadlock, a lock timeout, a lost connection, a server that goes down:
# the next attempt may do. Whatever else the server says, it would say again.
TRANSIENT = ("40", "55P03", "08", "57P", "53")


def is_transient(error: Exception) -> bool:
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or sqlstate(error).startswith(TRANSIENT)
    return isinstance(error, OSError)


def server_error(error: DBAPIError):
    """What the driver itself raised, with message, detail, hint and constraint_name."""
    return error.orig.__cause__
