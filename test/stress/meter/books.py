"""What the database, and the model, have written of one user, in one shape.

All names of tables and columns that are read here are read nowhere else of this
folder.  Ids are replaced by numbers: recordings and credits by the order in
which they were made, cycles by the order in which they were opened.
"""

import datetime

from facts import KINDS

# One row each: counters of a cycle, open or closed.
COUNTERS = (
    "usage_count",
    "used_seconds",
    "credit_recordings",
    "credit_seconds",
    "overage_recordings",
    "overage_seconds",
)
PRORATED = tuple(f"prorated_{column}" for column in COUNTERS)

SUBSCRIPTION = f"""
    SELECT p.code, s.cycle_start, s.cycle_end, s.anchor_day, s.held_seconds, next.code, s.cycle_id, s.prorated_cycle_id,
        s.noted_recordings, s.noted_minutes,
        {", ".join("s." + c for c in COUNTERS)}, {", ".join("s." + c for c in PRORATED)}
    FROM user_subscriptions AS s JOIN plans AS p ON p.id = s.plan_id
    LEFT JOIN plans AS next ON next.id = s.next_plan_id
    WHERE s.user_id = %s"""

RECORDINGS = """
    SELECT id, status, charged_cycle_id, charged_seconds, held_seconds, segment_count, heard_ms,
        segment_count = 0 OR segments_attempt IS NOT DISTINCT FROM attempt
    FROM recordings WHERE user_id = %s ORDER BY id"""

CREDITS = """
    SELECT id, left_recordings, left_seconds, cancelled_at IS NOT NULL
    FROM usage_credits WHERE user_id = %s ORDER BY created_at, id"""

CYCLES = f"""
    SELECT id, reason, plan_code, monthly_usage_limit, monthly_minutes, carried, {", ".join(COUNTERS)}
    FROM usage_cycles WHERE user_id = %s ORDER BY closed_at, id"""

# Rows of kinds that move no counter (a credit granted, cancelled) are not charges.
ENTRIES = """
    SELECT cycle_id, recording_id, kind, credit_id, recordings, seconds,
        credit_recordings, credit_seconds, overage_recordings, overage_seconds
    FROM usage_entries WHERE user_id = %s ORDER BY id"""
MOVES_NO_COUNTER = ("credit", "return")

# What must hold in every snapshot: each row that comes back speaks against it.
ALWAYS = {
    "counters are the sums of the entries": f"""
        SELECT s.user_id FROM user_subscriptions AS s
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(recordings), 0) AS usage_count, coalesce(sum(seconds), 0) AS used_seconds,
                coalesce(sum(credit_recordings), 0) AS credit_recordings,
                coalesce(sum(credit_seconds), 0) AS credit_seconds,
                coalesce(sum(overage_recordings), 0) AS overage_recordings,
                coalesce(sum(overage_seconds), 0) AS overage_seconds
            FROM usage_entries AS e
            WHERE e.user_id = s.user_id AND e.cycle_id = s.cycle_id AND e.kind <> ALL (%(no_counter)s)) AS e
        WHERE ({", ".join("s." + c for c in COUNTERS)}) IS DISTINCT FROM ({", ".join("e." + c for c in COUNTERS)})""",
    "closed cycles are the sums of their entries": f"""
        SELECT c.user_id FROM usage_cycles AS c
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(recordings), 0) AS usage_count, coalesce(sum(seconds), 0) AS used_seconds,
                coalesce(sum(credit_recordings), 0) AS credit_recordings,
                coalesce(sum(credit_seconds), 0) AS credit_seconds,
                coalesce(sum(overage_recordings), 0) AS overage_recordings,
                coalesce(sum(overage_seconds), 0) AS overage_seconds
            FROM usage_entries AS e
            WHERE e.user_id = c.user_id AND e.cycle_id = c.id AND e.kind <> ALL (%(no_counter)s)) AS e
        WHERE ({", ".join("c." + c for c in COUNTERS)}) IS DISTINCT FROM ({", ".join("e." + c for c in COUNTERS)})""",
    "held_seconds is the sum over the processing recordings": """
        SELECT s.user_id FROM user_subscriptions AS s
        WHERE s.held_seconds <> (SELECT coalesce(sum(r.held_seconds), 0) FROM recordings AS r
                               WHERE r.user_id = s.user_id AND r.status = 'processing')""",
    "the parts of a counter are within it": """
        SELECT user_id FROM user_subscriptions
        WHERE usage_count - credit_recordings - overage_recordings < 0 OR used_seconds - credit_seconds - overage_seconds < 0
            OR least(credit_recordings, credit_seconds, overage_recordings, overage_seconds) < 0""",
    "no credit is overdrawn": "SELECT user_id FROM usage_credits WHERE least(left_recordings, left_seconds) < 0",
    "a completed recording is charged": """
        SELECT user_id FROM recordings
        WHERE status = 'done'
          AND (charged_cycle_id IS NULL OR charged_seconds < (duration_ms + 999) / 1000
               -- What an earlier attempt heard beyond that stays charged.
               OR (attempt = 1 AND charged_seconds > (duration_ms + 999) / 1000))""",
}

SET_STALE = """UPDATE recordings SET created_at = clock_timestamp() - interval '7 hours',
    active_at = active_at - interval '7 hours' WHERE id = %s AND status = 'processing'"""
SET_FAILED = "UPDATE recordings SET status = 'failed', error = 'by the owner' WHERE id = %s AND status = 'processing'"
HAS_ENDED = "SELECT cycle_end <= clock_timestamp() FROM user_subscriptions WHERE user_id = %s"
SET_END = """UPDATE user_subscriptions SET cycle_start = least(cycle_start, %(end)s - interval '1 day'),
    cycle_end = %(end)s, anchor_day = %(anchor)s WHERE user_id = %(user)s"""
MOVE_CREDITS = "UPDATE usage_credits SET expires_at = expires_at - %(moved)s WHERE user_id = %(user)s"


def always(cursor):
    """(sentence, how many rows speak against it)"""
    for sentence, query in ALWAYS.items():
        cursor.execute(query, {"no_counter": list(MOVES_NO_COUNTER)})
        yield sentence, [str(row[0]) for row in cursor.fetchall()]


class Ids:
    """Which id of the database is which number of the model."""

    def __init__(self):
        self.recordings, self.credits = {}, {}

    def adopt(self, known, found, wanted):
        """Gives the ids that nobody told us, in order, the numbers that have none."""
        free = [number for number in wanted if number not in known.values()]
        for id_ in found:
            if id_ not in known:
                known[id_] = free.pop(0) if free else f"unknown {id_}"


def of_database(cursor, user, ids, account, suffix):
    """The books of a user as the database has them.  Codes of plans lose the suffix."""

    def rows(query):
        cursor.execute(query, (user,))
        return cursor.fetchall()

    recordings, credits = rows(RECORDINGS), rows(CREDITS)
    ids.adopt(ids.recordings, [row[0] for row in recordings], list(account.recordings))
    ids.adopt(ids.credits, [row[0] for row in credits], list(account.credits))
    closed = rows(CYCLES)
    (subscription,) = rows(SUBSCRIPTION)
    plan, start, end, anchor, held, scheduled, cycle_id, prorated_id, *counters = subscription
    noted, counters = counters[:2], counters[2:]
    cycles = {row[0]: number for number, row in enumerate([*closed, (cycle_id,)], 1)}
    entries, drawn = {}, {}
    for cycle, recording, kind, credit, *amounts in rows(ENTRIES):
        if kind == "credit":
            continue
        add(entries, (cycles.get(cycle, cycle), ids.recordings.get(recording, recording)), amounts)
        if credit is not None:
            add(drawn, ids.credits.get(credit, credit), amounts[2:4])
    return {
        "plan": plan.removesuffix(suffix),
        "cycle": (start, end, anchor),
        "scheduled": scheduled and scheduled.removesuffix(suffix),
        "held": held,
        "noted": tuple(noted),
        "open": tuple(counters[:6]),
        "prorated": tuple(counters[6:]) if prorated_id else None,
        "recordings": {
            ids.recordings[id_]: recording_row(status, cycles.get(cycle, cycle), charged, hold, segments, heard, current)
            for id_, status, cycle, charged, hold, segments, heard, current in recordings
        },
        "credits": {ids.credits[row[0]]: tuple(row[1:]) for row in credits},
        "closed": [(row[1], row[2].removesuffix(suffix), (row[3], row[4]), row[5], tuple(row[6:])) for row in closed],
        "entries": nonzero(entries),
        "drawn": nonzero(drawn),
    }


def of_model(account):
    """The same as the model has them."""
    entries, drawn = {}, {}
    for entry in account.entries:
        of_credits = [sum(share[kind] for share in entry.credits.values()) for kind in KINDS]
        add(entries, (entry.cycle, entry.recording), [*entry.amount, *of_credits, *entry.overage])
        for credit, share in entry.credits.items():
            if credit is not None:
                add(drawn, credit, share)
    return {
        "plan": account.plan,
        "cycle": (account.start, account.end, account.anchor),
        "scheduled": account.scheduled,
        "held": account.held(),
        "noted": tuple(max((p for k, p in account.alerts if k == kind), default=0) for kind in KINDS),
        "open": counters_of(account.open),
        "prorated": counters_of(account.prorated) if account.prorated else None,
        "recordings": {
            r.number: recording_row(
                r.status,
                r.charged_cycle,
                r.charged_seconds,
                r.hold,
                r.segments,
                r.heard_ms,
                not r.segments or r.segments_attempt == r.attempt,
            )
            for r in account.recordings.values()
        },
        "credits": {c.number: (*c.left, c.cancelled) for c in account.credits.values()},
        "closed": [(c.reason, c.plan, c.limits, c.carried, counters_of(c.counters)) for c in account.closed],
        "entries": nonzero(entries),
        "drawn": nonzero(drawn),
    }


def recording_row(status, cycle, charged, hold, segments, heard, current):
    """What a recording holds counts while it is in processing; what was heard, and in which attempt, until it is done."""
    return (status, cycle, charged, hold if status == "processing" else 0, segments, *((heard, current) if status != "done" else ()))


def counters_of(counters):
    return (*counters.used, *counters.credit, *counters.overage)


def add(sums, key, amounts):
    sums[key] = [a + b for a, b in zip(sums.get(key, [0] * len(amounts)), amounts)]


def nonzero(sums):
    return {key: tuple(amounts) for key, amounts in sums.items() if any(amounts)}


def same_cycle(here, there):
    """A proration begins a cycle when it comes, which the model knows about."""
    return here[1:] == there[1:] and abs(here[0] - there[0]) < datetime.timedelta(minutes=10)


def differences(database, model):
    """Sentences that tell what is not the same."""
    found = []
    for part in database:
        here, there = database[part], model[part]
        if here == there or (part == "cycle" and same_cycle(here, there)):
            continue
        if isinstance(here, dict):
            keys = sorted({k for k in (*here, *there) if here.get(k) != there.get(k)}, key=str)
            found += [f"{part} {k}: database {here.get(k)}, model {there.get(k)}" for k in keys]
        elif part == "cycle":
            found.append(f"cycle: database {' '.join(map(str, here))}, model {' '.join(map(str, there))}")
        else:
            found.append(f"{part}: database {here}, model {there}")
    return found
