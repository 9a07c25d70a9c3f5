"""Fixtures: databases, places to connect to, clients, sessions."""

import os

import databases
import drivers
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import sessionmaker

# Of the example, whose tasks are run at once: nothing is ever sent.
os.environ["S2T_BROKER_URL"] = "memory://"


@pytest.fixture(scope="session")
def template():
    name = databases.create_template()
    yield name
    databases.drop_database(name)


@pytest.fixture(scope="session")
def bouncer(tmp_path_factory):
    running = databases.Bouncer(tmp_path_factory.mktemp("pgbouncer"))
    yield running
    running.stop()


@pytest.fixture
def database(template, request):
    """A database with the extension, and with the usual plans if the test is marked so."""
    name = databases.create_database(template)
    if request.node.get_closest_marker("plans"):
        with databases.connect(name) as db:
            db.execute("CALL sp_seed_plans()")
    yield name
    databases.drop_database(name)


@pytest.fixture
def owner(database):
    """A superuser's connection, for looking behind the scenes."""
    with databases.connect(database) as db:
        yield db


@pytest.fixture
def place(database):
    return databases.Place(database)


@pytest.fixture(params=["direct", "pgbouncer"])
def any_place(request, database):
    """The role of the application, on the server and through PgBouncer."""
    if request.param == "direct":
        return databases.Place(database)
    return request.getfixturevalue("bouncer").place(database)


@pytest_asyncio.fixture(params=drivers.ALL, ids=lambda driver: driver.__name__)
async def client(request, any_place):
    """Every client in every place."""
    running = request.param(any_place)
    yield running
    await running.close()


@pytest_asyncio.fixture
async def sessions(place):
    """The document's pool, for the application's role."""
    engine = create_async_engine(
        place.url("postgresql+asyncpg"), pool_size=20, max_overflow=10, pool_pre_ping=True)
    yield sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
    await engine.dispose()


@pytest_asyncio.fixture
async def db_session(database):
    """What the document's own test asks for: it writes to tables, and so is their owner."""
    engine = create_async_engine(databases.Place(database, databases.OWNER).url("postgresql+asyncpg"))
    async with AsyncSession(engine) as session:
        yield session
    await engine.dispose()
