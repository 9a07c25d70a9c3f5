#!/usr/bin/env python3
"""How many shards, how large, how busy: for any number of users and recordings.

    bench/scale/simulate.py                                     10^8 users, 10^6 recordings an hour; a table
    bench/scale/simulate.py --users 1e6 --recordings 5e4 --shards 4
    bench/scale/simulate.py --write                             into bench/scale/simulation.md

Users fall into the 4,096 slots by a hash of their addresses. What each of them uses is drawn: most of them little, some much
(log-normal), and a few accounts, of companies say, very much (Pareto). What calls cost on a shard stands below, in microseconds
of one core, as bench/results.md and bench/scale/results.md have it; change it where your servers differ.
"""

import argparse
import math
import pathlib
import random
import statistics
import sys

SLOTS = 4096
# Microseconds of a core: what the call does, and what every call costs beside that (parsing, the twin, commit, PL/Proxy's side).
CREATE, COMPLETE, PER_SEGMENT, READ, READ_SEGMENT, STATS, EVERY_CALL, ROLLOVER = 18, 30, 2.1, 20, 3, 3, 200, 14
ROUTER_CALL = 160       # of a router's core and its pooler's
SECONDS_OF_A_CALL = 0.004   # as a connection from router to shard is held, waiting for the disk included
BYTES_OF_A_USER = 1100  # users, profile, subscription, two names, a claim, with indexes
BYTES_OF_A_RECORDING = 900  # with indexes and its ledger's entries


def number(text):
    return float(text)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--users", type=number, default=1e8)
    add("--recordings", type=number, default=1e6, help="an hour, the mean of the day")
    add("--peak", type=number, default=2.0, help="the busiest hour, in means")
    add("--segments", type=number, default=100, help="of a recording")
    add("--segment-bytes", type=number, default=218, help="on disk, with index")
    add("--days", type=number, default=90, help="that a recording is kept")
    add("--reads", type=number, default=3, help="of each transcript, and as many dashboards")
    add("--shards", type=int, default=32)
    add("--sigma", type=number, default=1.5, help="of the log-normal distribution of what users use")
    add("--heavy", type=int, default=1000, help="accounts that use very much")
    add("--heavy-share", type=number, default=0.1, help="of all recordings, that are theirs")
    add("--alpha", type=number, default=1.2, help="of their Pareto distribution; smaller: the first of them use more")
    add("--draws", type=int, default=200)
    add("--seed", type=int, default=1)
    add("--write", action="store_true")
    return parser.parse_args()


def draw_slots(a, rng):
    """Users and share of the recordings of each slot, once."""
    mean = a.users / SLOTS
    heavy = [0.0] * SLOTS
    weights = [rng.paretovariate(a.alpha) for _ in range(a.heavy)]
    for weight in weights:
        heavy[rng.randrange(SLOTS)] += weight / sum(weights) * a.heavy_share
    users, load = [], []
    spread = math.sqrt(math.exp(a.sigma ** 2) - 1)
    for slot in range(SLOTS):
        count = max(0.0, rng.gauss(mean, math.sqrt(mean)))
        used = max(0.0, count + spread * math.sqrt(count) * rng.gauss(0, 1))
        users.append(count)
        load.append(used)
    total = sum(load)
    return users, [u / total * (1 - a.heavy_share) + h for u, h in zip(load, heavy)]


def by_shard(values, shards):
    return [sum(values[SLOTS * n // shards:SLOTS * (n + 1) // shards]) for n in range(shards)]


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p))]


def poisson_peak(mean, p=0.9999):
    """Calls in a second that is passed by one second in ten thousand."""
    return mean + 3.72 * math.sqrt(mean)


def connections(rate, seconds, p=0.001):
    """The least number of connections with which a call waits for one with a probability below p (Erlang C)."""
    offered = rate * seconds
    blocked, n = 1.0, 0
    while True:
        n += 1
        blocked = offered * blocked / (n + offered * blocked)
        if n > offered and blocked / (1 - offered / n * (1 - blocked)) < p:
            return n


def simulate(a):
    rng = random.Random(a.seed)
    draws = [draw_slots(a, rng) for _ in range(a.draws)]
    hottest = [max(by_shard(load, a.shards)) * a.shards for _, load in draws]
    hottest_slot = [max(load) * SLOTS for _, load in draws]
    fullest = [max(by_shard(users, a.shards)) / (a.users / a.shards) for users, _ in draws]
    hot = percentile(hottest, 0.99)

    second = a.recordings / 3600
    calls = second * (2 + 2 * a.reads)
    work = second * (CREATE + COMPLETE + PER_SEGMENT * a.segments + a.reads * (READ + READ_SEGMENT * a.segments + STATS)) / 1e6
    cores = work + calls * EVERY_CALL / 1e6
    bytes_of_a_recording = BYTES_OF_A_RECORDING + a.segments * a.segment_bytes
    kept = a.recordings * 24 * a.days
    disk = kept * bytes_of_a_recording + a.users * BYTES_OF_A_USER
    peak_calls = calls * a.peak / a.shards * hot
    wal = second * bytes_of_a_recording * 1.05
    month = a.users / a.shards * ROLLOVER / 1e6

    yield "what", "all", f"a shard, mean of {a.shards}", "the hottest shard, 99th percentile"
    yield "users", f"{a.users:,.0f}", f"{a.users / a.shards:,.0f}", f"{a.users / a.shards * percentile(fullest, 0.99):,.0f}"
    yield "slots", f"{SLOTS:,}", f"{SLOTS / a.shards:,.0f}", ""
    yield "load against the mean", "", "1", f"{statistics.median(hottest):.3f} median, {hot:.3f}"
    yield "its hottest slot against the mean slot", "", "", f"{statistics.median(hottest_slot):.1f} median, {percentile(hottest_slot, 0.99):.1f}"
    yield "recordings a second", f"{second:,.0f}", f"{second / a.shards:,.1f}", f"{second / a.shards * hot:,.1f}"
    yield f"calls a second, busiest hour ({a.peak:g} means)", f"{calls * a.peak:,.0f}", f"{calls * a.peak / a.shards:,.0f}", f"{peak_calls:,.0f}"
    yield "calls in one second of ten thousand", "", "", f"{poisson_peak(peak_calls):,.0f}"
    yield "cores busy, mean (statements alone)", f"{cores:.2f} ({work:.2f})", f"{cores / a.shards:.3f}", f"{cores / a.shards * hot:.3f}"
    yield "cores busy, busiest hour", f"{cores * a.peak:.2f}", f"{cores * a.peak / a.shards:.3f}", f"{cores * a.peak / a.shards * hot:.3f}"
    yield "cores of routers, busiest hour", f"{calls * a.peak * ROUTER_CALL / 1e6:.2f}", "", ""
    yield "connections to a shard in use", "", f"{calls * a.peak / a.shards * SECONDS_OF_A_CALL:.1f}", f"{peak_calls * SECONDS_OF_A_CALL:.1f}"
    yield "… so that one call in a thousand waits", "", "", f"{connections(poisson_peak(peak_calls), SECONDS_OF_A_CALL)}"
    yield f"recordings kept ({a.days:g} days)", f"{kept:,.0f}", f"{kept / a.shards:,.0f}", f"{kept / a.shards * hot:,.0f}"
    yield "disk, TB", f"{disk / 1e12:.1f}", f"{disk / a.shards / 1e12:.2f}", f"{disk / a.shards * hot / 1e12:.2f}"
    yield "WAL, MB a second; GB a day", f"{wal / 1e6:.1f}; {wal * 86.4e-6:,.0f}", f"{wal / a.shards / 1e6:.2f}; {wal / a.shards * 86.4e-6:,.1f}", f"{wal / a.shards * hot / 1e6:.2f}"
    yield "month's end, by one reset: seconds", f"{month * a.shards:,.0f}", f"{month:,.0f}", f"{month * percentile(fullest, 0.99):,.0f}"
    yield "cycles by anniversary: rollovers a second, all month", f"{a.users / (30.4 * 86400):,.0f}", f"{a.users / a.shards / (30.4 * 86400):,.1f}", ""
    yield "a backup at 100 MB a second: hours", f"{disk / 1e8 / 3600:,.0f}", f"{disk / a.shards / 1e8 / 3600:,.1f}", f"{disk / a.shards * hot / 1e8 / 3600:,.1f}"
    yield "users without service when one shard is down", "", f"1 in {a.shards}", ""


def main():
    a = arguments()
    rows = list(simulate(a))
    table = [" | ".join(row).join(("| ", " |")) for row in rows]
    table.insert(1, "|---|---|---|---|")
    text = "\n".join(table) + "\n"
    if not a.write:
        print(text, end="")
        return
    given = " ".join(arg for arg in sys.argv[1:] if arg != "--write")
    (pathlib.Path(__file__).parent / "simulation.md").write_text(f"""# Many servers, simulated

Written by `bench/scale/simulate.py{' ' + given if given else ''} --write`: {a.users:,.0f} users, {a.recordings:,.0f} recordings an hour of {a.segments:g} segments each,
kept {a.days:g} days, each read {a.reads:g} times; what users use is log-normal with sigma {a.sigma:g}, but {a.heavy_share:.0%} of it is that of {a.heavy:,} accounts (Pareto,
{a.alpha:g}); {a.draws} draws. Microseconds of a core: create {CREATE}, complete {COMPLETE} + {PER_SEGMENT} a segment, read {READ} + {READ_SEGMENT} a segment, stats {STATS},
and {EVERY_CALL} for every call beside that. What the figures are of, and how to have others, is in [docs/scale.md](../../docs/scale.md#sizing).

""" + text, encoding="utf-8")


main()
