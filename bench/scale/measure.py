"""What bench/scale/run measures: each call in turn on the shard itself and through the router, by one client."""

import datetime
import json
import os
import pathlib
import statistics
import sys
import time
import uuid

import psycopg.types.json
import servers

QUICK = "--quick" in sys.argv
ROUNDS, CALLS = (5, 20) if QUICK else (15, 100)
RESULTS = pathlib.Path(__file__).parent / "results.md"
SEGMENTS = psycopg.types.json.Jsonb([
    {"idx": i, "start_ms": i * 600, "end_ms": i * 600 + 600, "text": f"câu thứ {i} của bản ghi, dài như người ta nói"} for i in range(100)])

TEXT = json.dumps(SEGMENTS.obj, ensure_ascii=False)

router = servers.router(prepare_threshold=0)
for n in range(servers.SHARDS):
    servers.shard(n).execute("SET client_min_messages = warning; CALL sp_seed_plans()")
router.execute("SET client_min_messages = warning")


def user_of(shard, stem):
    """A user of shard 0, registered through the router, with an address and a name whose entries are where they are wanted."""
    for i in range(10000):
        if router.execute("SELECT s2t_router.shard_of_slot(s2t_router.slot_of(%s))", (f"{stem}{i}@x.vn",)).fetchone()[0] == 0 \
                and router.execute("SELECT s2t_router.shard_of_slot(s2t_router.slot_of(%s))", (f"{stem}{i}",)).fetchone()[0] == shard:
            return router.execute("SELECT s2t_register_user(%s, %s, 'hash', NULL, 'ENTERPRISE')", (f"{stem}{i}@x.vn", f"{stem}{i}")).fetchone()[0], f"{stem}{i}"
    raise LookupError(stem)


USER, NAME = user_of(1, "bench")
direct = servers.shard(0, prepare_threshold=0)
direct.execute("SET client_min_messages = warning")
RECORDING = direct.execute("SELECT recording_id FROM sp_check_quota_and_create_recording(%s, 'upload')", (USER,)).fetchone()[0]
direct.execute("CALL sp_complete_recording(%s, 60000, %s)", (RECORDING, SEGMENTS))
direct.execute("VACUUM ANALYZE")


# The way there and back, and nothing else.
router.execute("CREATE FUNCTION one() RETURNS integer LANGUAGE plproxy AS $$ CLUSTER 's2t_router'; RUN ON 0; SELECT 1; $$")
direct.execute("CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1'")


def create(db):
    return db.execute("SELECT recording_id FROM sp_check_quota_and_create_recording(%s, 'upload')", (USER,)).fetchone()[0]


# What a call uses up is made before the clock runs.

def nothing():
    return None


def a_recording():
    return create(direct)


def an_address():
    while True:
        address = f"{uuid.uuid4()}@x.vn"
        if router.execute("SELECT s2t_router.shard_of_slot(s2t_router.slot_of(%s))", (address,)).fetchone()[0] == 0:
            return address


CASES = [  # name, target, what it needs, call
    ("the way alone: SELECT 1", None, nothing, lambda db, _: db.execute("SELECT one()").fetchall()),
    ("create", 1.5, nothing, lambda db, _: create(db)),
    ("complete, 100 segments", 2.1, a_recording, lambda db, r: db.execute("CALL sp_complete_recording(%s, 60000, %s)", (r, SEGMENTS))),
    ("complete, 100 segments, as text", None, a_recording,
     lambda db, r: db.execute("SELECT s2t_complete_recording_text(%s, 60000, %s)", (r, TEXT))),
    ("stats", 3.5, nothing, lambda db, _: db.execute("SELECT * FROM sp_get_user_stats(%s)", (USER,)).fetchall()),
    ("get segments, 100", None, nothing, lambda db, _: db.execute("SELECT * FROM sp_get_segments(%s, %s)", (USER, RECORDING)).fetchall()),
    ("log in by the address", None, nothing, lambda db, _: db.execute("SELECT * FROM sp_get_login(%s)", (f"{NAME}@x.vn",)).fetchall()),
    ("log in by a user name of another shard", None, nothing, lambda db, _: db.execute("SELECT * FROM sp_get_login(%s)", (NAME,)).fetchall()),
    ("register", None, an_address, lambda db, a: db.execute("SELECT s2t_register_user(%s, %s, 'hash', NULL, 'FREE')", (a, a.partition("@")[0]))),
]


def round_of(db, need, call):
    """Microseconds a call."""
    needed = [need() for _ in range(CALLS)]
    started = time.perf_counter()
    for argument in needed:
        call(db, argument)
    return (time.perf_counter() - started) / CALLS * 1e6


lines = ["| call | on the shard | through the router | ratio | quartiles | target | met |", "|---|---|---|---|---|---|---|"]
for name, target, need, call in CASES:
    round_of(direct, need, call), round_of(router, need, call)
    pairs = [(round_of(direct, need, call), round_of(router, need, call)) for _ in range(ROUNDS)]
    ratios = sorted(b / a for a, b in pairs)
    quartiles = statistics.quantiles(ratios, n=4)
    here, there = (statistics.median(p[i] for p in pairs) for i in (0, 1))
    ratio = there / here
    lines.append(f"| {name} | {here:.0f} us | {there:.0f} us | {ratio:.2f} | {quartiles[0]:.2f} - {quartiles[2]:.2f} | "
                 + (f"<= {target} | {'yes' if ratio <= target else 'no'} |" if target else "| |"))
    print(lines[-1], flush=True)

if not QUICK:
    version = direct.execute("SHOW server_version").fetchone()[0]
    cpu = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    RESULTS.write_text(f"""# A call through a router

Written by `bench/scale/run`: PostgreSQL {version}, {os.cpu_count()} cores of {cpu}, load {os.getloadavg()[0]:.1f} when it ended,
{datetime.date.today():%d %B %Y}. One client, {ROUNDS} rounds of {CALLS} calls each, in turn on the shard itself (a socket, no pooler) and through
router, PgBouncer and PL/Proxy (sockets, too); medians, and quartiles of the rounds' own ratios. Each call is a transaction, fsync is on.

""" + "\n".join(lines) + "\n", encoding="utf-8")
