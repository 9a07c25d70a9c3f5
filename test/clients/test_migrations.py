"""Alembic: the document's way of dropping one by one, the way that works, and the example's own."""

import os
import subprocess
import sys

import databases
import pathlib
import pytest
import samples
from alembic.config import Config
from alembic import command

HERE = pathlib.Path(__file__).parent
APP = HERE.parent.parent / "examples" / "app"


@pytest.fixture
def empty():
    """A database without the extension."""
    with databases.connect() as server:
        name = f"clients_{os.getpid()}_migrations"
        server.execute(f"CREATE DATABASE {name}")
    yield name
    databases.drop_database(name)


def configuration(monkeypatch, database, versions=None):
    monkeypatch.setenv("S2T_MIGRATION_URL", databases.Place(database, databases.OWNER).url("postgresql+psycopg2"))
    config = Config()
    config.set_main_option("script_location", str(APP / "migrations"))
    if versions:
        config.set_main_option("version_locations", str(versions))
    return config


def installed(db):
    return [version for version, in db.execute("SELECT extversion FROM pg_extension WHERE extname = 's2t'")]


def test_up_and_down(monkeypatch, empty):
    """Create version 1.0.0, update it, drop it; the rows stay, and the way up takes them up again."""
    config = configuration(monkeypatch, empty, HERE / "migrations")
    with databases.connect(empty) as db:
        command.upgrade(config, "0001")
        assert installed(db) == ["1.0.0"]
        db.execute("CALL sp_seed_plans()")
        db.execute("CALL sp_register_user('lan@example.com', 'lan', 'hash', 'Lan', 'FREE')")
        assert db.execute("SELECT to_regclass('audit_log')").fetchone() == (None,)

        command.upgrade(config, "0002")
        (version,) = db.execute("SELECT default_version FROM pg_available_extensions WHERE name = 's2t'").fetchone()
        assert installed(db) == [version]
        assert db.execute("SELECT to_regclass('audit_log')::text").fetchone() == ("audit_log",)
        assert db.execute("SELECT count(*) FROM s2t_install()").fetchone() == (0,)

        command.downgrade(config, "base")
        assert installed(db) == []
        assert db.execute("SELECT email FROM users").fetchall() == [("lan@example.com",)]
        assert db.execute("SELECT count(*) FROM plans").fetchone() == (4,)
        assert db.execute("SELECT to_regprocedure('sp_get_user_stats(uuid)')").fetchone() == (None,)

        command.upgrade(config, "head")
        assert db.execute(
            "SELECT total_recordings FROM users, sp_get_user_stats(id)").fetchall() == [(0,)]


def test_procedures_are_not_dropped_alone(monkeypatch, tmp_path, empty):
    """The downgrade of the document, which drops them one by one."""
    downgrade = samples.define("migration")["downgrade"]
    assert downgrade.__name__ == "downgrade"
    (tmp_path / "0001.py").write_text(
        'revision = "0001"\ndown_revision = None\n' + (samples.FOLDER / "migration.py").read_text(encoding="utf-8"))
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "create_procedures.sql").write_text("CREATE EXTENSION s2t")
    monkeypatch.chdir(tmp_path)
    config = configuration(monkeypatch, empty, tmp_path)
    command.upgrade(config, "head")
    with databases.connect(empty) as db:
        assert len(installed(db)) == 1
        with pytest.raises(Exception, match="because extension s2t requires it"):
            command.downgrade(config, "base")
        assert len(installed(db)) == 1


def test_example(monkeypatch, empty):
    """The example's migration by alembic's own command line."""
    monkeypatch.setenv("S2T_MIGRATION_URL", databases.Place(empty, databases.OWNER).url("postgresql+psycopg2"))
    alembic = [sys.executable, "-m", "alembic"]
    with databases.connect(empty) as db:
        for role in "speech_app", "speech_jobs", "speech_worker", "speech_events":
            db.execute(f"CREATE ROLE {role}")
        try:
            subprocess.run([*alembic, "upgrade", "head"], cwd=APP, check=True)
            assert db.execute("SELECT has_function_privilege('speech_app', 'sp_list_plans()', 'EXECUTE')"
                              ).fetchone() == (True,)
            subprocess.run([*alembic, "downgrade", "base"], cwd=APP, check=True)
            assert installed(db) == []
            assert db.execute("SELECT count(*) FROM plans").fetchone() == (4,)
        finally:
            # Possible because the downgrade has taken their rights back.
            for role in "speech_app", "speech_jobs", "speech_worker", "speech_events":
                db.execute(f"DROP ROLE {role}")
