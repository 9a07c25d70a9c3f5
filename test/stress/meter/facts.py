"""What the meter's model consists of: plans, counters, credits, entries, recordings."""

from __future__ import annotations

import dataclasses
import datetime
import zoneinfo

UTC = datetime.timezone.utc

RECORDINGS, SECONDS = 0, 1  # the two things that are metered
KINDS = (RECORDINGS, SECONDS)


class Error(Exception):
    """An error of the database, by its SQLSTATE."""

    def __init__(self, sqlstate, message=""):
        super().__init__(f"{sqlstate} {message}")
        self.sqlstate = sqlstate


def seconds(milliseconds):
    """Rounded up, as everything that is charged or held."""
    return (milliseconds + 999) // 1000


@dataclasses.dataclass
class Plan:
    code: str
    minutes: int | None
    recordings: int | None
    max_minutes: int | None = None
    carry_over: int = 0
    alerts: tuple = (80, 100)
    active: bool = True
    default: bool = False

    def limit(self, kind):
        """In recordings or seconds; None is unlimited."""
        if kind == RECORDINGS:
            return self.recordings
        return None if self.minutes is None else self.minutes * 60

    def allows_less_than(self, other):
        """Of recordings or of minutes."""
        return any(
            self.limit(kind) is not None and (other.limit(kind) is None or self.limit(kind) < other.limit(kind))
            for kind in KINDS
        )


@dataclasses.dataclass
class Counters:
    """Usage of a cycle.  Index 0 counts recordings, index 1 seconds."""

    cycle: int
    used: list = dataclasses.field(default_factory=lambda: [0, 0])
    credit: list = dataclasses.field(default_factory=lambda: [0, 0])  # part of used
    overage: list = dataclasses.field(default_factory=lambda: [0, 0])  # part of used

    def of_plan(self, kind):
        """What neither credits nor overage account for."""
        return self.used[kind] - self.credit[kind] - self.overage[kind]


@dataclasses.dataclass
class Closed:
    """A row of usage_cycles."""

    counters: Counters
    reason: str
    plan: str
    limits: tuple  # recordings, minutes
    start: datetime.datetime
    end: datetime.datetime
    carried: bool = False


@dataclasses.dataclass
class Credit:
    number: int
    left: list
    granted: tuple
    expires: datetime.datetime | None
    cancelled: bool = False
    taken: list = dataclasses.field(default_factory=lambda: [0, 0])  # by cancelling
    carry_over: bool = False

    def is_open(self, now):
        return not self.cancelled and (self.expires is None or self.expires > now)

    def order(self):
        return (self.expires is None, self.expires or datetime.datetime.min, self.number)


@dataclasses.dataclass
class Entry:
    """A row of usage_entries.  A share that is a credit's names it in credits."""

    cycle: int
    recording: int | None
    kind: str
    amount: list
    overage: list
    credits: dict  # credit's number -> [recordings, seconds] of amount


@dataclasses.dataclass
class Recording:
    number: int
    since: datetime.datetime  # staleness counts from here
    key: tuple | None = None  # key, arguments
    status: str = "processing"
    charged_cycle: int | None = None
    charged_credit: int | None = None  # which paid the recording
    charged_seconds: int = 0
    draws: dict = dataclasses.field(default_factory=dict)  # (cycle, credit or None) -> seconds
    hold: int = 0
    attempt: int = 1
    heard_ms: int = 0
    segments: int = 0
    segments_attempt: int = 1
    kept: bool = False  # what was charged before this attempt stays charged
    completed_with: tuple | None = None
    delivered: bool = False  # not part of the rules: somebody could read a transcript

    def heard_in_attempt(self):
        return self.heard_ms if self.segments_attempt == self.attempt else 0


@dataclasses.dataclass
class Meter:
    """What all users share."""

    plans: dict = dataclasses.field(default_factory=dict)
    zone: zoneinfo.ZoneInfo = zoneinfo.ZoneInfo("UTC")
    cycle_anchor: str = "calendar"
    lazy_rollover: bool = True
    refund_failed: bool = True
    stale_after: datetime.timedelta = datetime.timedelta(hours=6)
    blocked: tuple = ("blocked", "disabled", "suspended", "banned", "deleted")
    clock: object = None

    def __post_init__(self):
        self.clock = self.clock or (lambda: datetime.datetime.now(UTC))

    def __deepcopy__(self, memo):
        return self

    def add(self, *plans):
        for plan in plans:
            self.plans[plan.code] = plan
        return self

    def default_plan(self):
        return next((p.code for p in self.plans.values() if p.default and p.active), None)
