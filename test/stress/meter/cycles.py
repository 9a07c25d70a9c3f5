"""Where cycles begin and end: calendar months or anniversaries, in a time zone."""

import calendar
import datetime

SHORTEST = datetime.timedelta(days=27)
UTC = datetime.timezone.utc


def boundary(year, month, anchor_day, zone):
    """The first instant of the day in that month on which a cycle begins.

    anchor_day: None for the first of the month; clamped to the month's last day.
    Where midnight does not exist, the day begins with the first time that does.
    Reading: where midnight comes twice, the day begins with the first of them.
    """
    day = min(anchor_day or 1, calendar.monthrange(year, month)[1])
    # In a gap fold=0 takes the offset from before it, which is the gap's end.
    midnight = datetime.datetime(year, month, day, tzinfo=zone)
    return midnight.astimezone(UTC)


def boundaries(after, anchor_day, zone):
    """All boundaries from the month of an instant on."""
    local = after.astimezone(zone)
    year, month = local.year, local.month
    while True:
        yield boundary(year, month, anchor_day, zone)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def first(now, anchor_day, zone):
    """The cycle that a new user gets: the month, or the anchor's month, that contains now."""
    local = now.astimezone(zone)
    year, month = (local.year, local.month - 1) if local.month > 1 else (local.year - 1, 12)
    before = None
    for _ in range(4):
        this = boundary(year, month, anchor_day, zone)
        if this > now:
            return before, this
        before = this
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    raise AssertionError("no boundary after now")


def following(ended, now, anchor_day, zone):
    """The cycle to open after one that ended at an instant not after now.

    Returns its start, its end, and whether unused months lie between.
    It begins where the last one ended and ends at the first boundary more than
    27 days later; if that has passed too, it is the cycle that contains now.
    """
    start, skipped = ended, False
    for end in boundaries(ended, anchor_day, zone):
        if end - start > SHORTEST:
            if end > now:
                return start, end, skipped
            start, skipped = end, True
    raise AssertionError("no boundary after now")
