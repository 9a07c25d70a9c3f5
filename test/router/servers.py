"""For the tests of the router in Python: the servers that test/router/cluster has started, and TAP.

    import servers
    with servers.router() as db: db.execute("SELECT 1")
    servers.ok(1 == 1, "what is tested")
    servers.done()
"""

import os
import pathlib
import subprocess
import sys

import psycopg

DIR = os.environ["ROUTER_DIR"]
ROUTER_PORT = 5440
POOLER_PORT = 6432
SHARDS = int(pathlib.Path(DIR, "shards").read_text())

_failed = False


def _connect(port, dbname, user, options):
    options.setdefault("autocommit", True)
    return psycopg.connect(host=DIR, port=port, dbname=dbname, user=user, **options)


def router(user="postgres", **options):
    """A connection to the router."""
    return _connect(ROUTER_PORT, "s2t", user, options)


def shard(n, user="postgres", **options):
    """A connection to shard n itself, past the pooler."""
    return _connect(ROUTER_PORT + 1 + n, "s2t", user, options)


def shell(command):
    """A command of test/router/cluster, as `stop_shard 1`."""
    here = pathlib.Path(__file__).parent
    subprocess.run(["bash", "-c", f'. "{here}/../lib.sh" && . "{here}/cluster" && {command}'], check=True)


def ok(good, name, trouble=""):
    """A TAP line; returns whether it was good."""
    global _failed
    print(("ok - " if good else "not ok - ") + name, flush=True)
    if not good:
        _failed = True
        for line in str(trouble).splitlines():
            print("#   " + line, flush=True)
    return good


def same(got, wanted, name):
    return ok(got == wanted, name, f"got    {got!r}\nwanted {wanted!r}")


def done():
    sys.exit(1 if _failed else 0)
