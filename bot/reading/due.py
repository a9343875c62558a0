"""Pure: when something is due that people want at a time of their day, and how long their quiet hours last.

A time of the day is a number of minutes; days are a bit each, Monday the lowest. A time that a zone skips in spring is
the first moment behind the gap; one that comes twice in autumn is the first of the two.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.model import DAY, Millis

DAILY = 0b1111111
WEEKDAYS = 0b0011111
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""What days are called in commands."""

LATE = DAY
"""From so many milliseconds on, what is due at a time of the day is too late, and the next one says it."""


def zone_named(name: str) -> ZoneInfo | None:
    """A time zone by its name in the time zone database, such as Europe/Berlin; None where there is no such name."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder of that database is a name that cannot be read
        return None


@cache
def zones() -> tuple[str, ...]:
    """The names of time zones that people live in."""
    return tuple(sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))


def zone_of(name: str) -> ZoneInfo:
    """The same for a name that was known when it was kept; UTC where it is not any more."""
    return zone_named(name) or ZoneInfo("UTC")


def minute_of(words: str) -> int | None:
    """The minute of the day that is meant by 8:00, 08:00 or 22:30; None for anything else."""
    hours, colon, minutes = words.partition(":")
    if not (colon and hours.isascii() and hours.isdecimal() and minutes.isascii() and minutes.isdecimal()):
        return None
    if len(hours) > 2 or len(minutes) != 2 or int(hours) > 23 or int(minutes) > 59:
        return None
    return int(hours) * 60 + int(minutes)


def clock(minute: int) -> str:
    """A minute of the day as people write it."""
    return f"{minute // 60:02}:{minute % 60:02}"


def days_of(words: str) -> int | None:
    """The days that are meant by mon,thu or weekdays or daily; None for anything else."""
    if words.casefold() in ("daily", "all"):
        return DAILY
    if words.casefold() == "weekdays":
        return WEEKDAYS
    days = 0
    for word in words.casefold().replace(",", " ").split():
        if word[:3] not in NAMES:
            return None
        days |= 1 << NAMES.index(word[:3])
    return days or None


def named(days: int) -> str:
    """Days as `days_of` reads them."""
    return ", ".join(name for n, name in enumerate(NAMES) if days >> n & 1)


def moment(day: date, minute: int, zone: ZoneInfo) -> Millis:
    """When it is so late on a day in a zone."""
    wall = datetime(day.year, day.month, day.day, minute // 60, minute % 60)
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return _millis(first)
    # The clock skips this time, somewhere between these two: at the moment from which on its new offset holds.
    before, after = second, first
    while after - before > timedelta(seconds=1):
        between = before + (after - before) // 2
        between = between.replace(microsecond=0)
        if between.astimezone(zone).utcoffset() == second.astimezone(zone).utcoffset():
            before = between
        else:
            after = between
    return _millis(after)


def next_moment(after: Millis, minute: int, days: int, zone: ZoneInfo) -> Millis:
    """The first time behind a moment that it is so late on one of the days."""
    return next(m for m in _moments(_day(after, zone), 9, minute, days, zone) if m > after)


def latest_moment(until: Millis, minute: int, days: int, zone: ZoneInfo) -> Millis:
    """The last time up to a moment that it was so late on one of the days."""
    day = _day(until, zone) - timedelta(days=8)
    return max(m for m in _moments(day, 10, minute, days, zone) if m <= until)


def quiet_until(now: Millis, begins: int | None, ends: int | None, zone: ZoneInfo) -> Millis | None:
    """When the quiet hours are over that last now; None where none do."""
    if begins is None or ends is None:
        return None
    today = _day(now, zone)
    for day in (today - timedelta(days=1), today):
        end = moment(day if ends > begins else day + timedelta(days=1), ends, zone)
        if moment(day, begins, zone) <= now < end:
            return end
    return None


def _moments(first: date, count: int, minute: int, days: int, zone: ZoneInfo) -> list[Millis]:
    dates = (first + timedelta(days=n) for n in range(-1, count))
    return [moment(day, minute, zone) for day in dates if days >> day.weekday() & 1]


def _day(now: Millis, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(now / 1000, zone).date()


def _millis(when: datetime) -> Millis:
    return int(when.timestamp()) * 1000
