"""make dev: a database to develop against, until make dev-stop."""

import pathlib
import re
import subprocess

import psycopg
import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent


def make(*arguments):
    done = subprocess.run(["make", "-s", *arguments], cwd=ROOT, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def told():
    """What make dev prints, for the extension as it is installed."""
    make("dev-stop")
    yield make("dev", "DEV_FLAGS=--no-build")
    make("dev-stop")


def found(pattern, text):
    match = re.search(pattern, text)
    assert match, text
    return match[1]


def test_a_database_to_develop_against(told):
    url = found(r"(postgresql://app:\w+@127\.0\.0\.1:\d+/speech)", told)
    with psycopg.connect(url) as db:
        (user,) = db.execute(
            "SELECT s2t_register_user('lan@example.com', 'lan', 'hash', 'Lan', 'FREE')").fetchone()
        assert db.execute(
            "SELECT quota_ok FROM sp_check_quota_and_create_recording(%s, 'upload')", (user,)).fetchone() == (True,)
    with psycopg.connect(url) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("SELECT FROM users")

    # Nobody is let in without the password.
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(re.sub(r"app:\w+@", "app@", url), passfile="/dev/null")

    # The line for the owner is one to paste; here it needs no change of user.
    owner = found(r"(psql -h .*)", told)
    done = subprocess.run(
        [*owner.split(), "-X", "-At", "-c", "SELECT count(*) FROM recordings"], text=True, capture_output=True, check=False)
    assert (done.stdout, done.stderr) == ("1\n", "")

    # Once more: the same place, the data still there.
    assert make("dev", "DEV_FLAGS=--no-build") == told
    with psycopg.connect(url) as db:
        assert db.execute("SELECT total_recordings FROM sp_get_user_stats(%s)", (user,)).fetchone() == (1,)

    folder = pathlib.Path(found(r"-h (\S+)", told))
    assert folder.is_dir() and folder.stat().st_mode & 0o077 == 0
    make("dev-stop")
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    make("dev-stop")
