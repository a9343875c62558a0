"""Pure: the dates that Democratic Underground prints, turned into moments; none of them names a time zone.

Three forms exist, and the relative ones of young posts::

    Tue Dec 22, 2015, 03:24 PM      a post's own time, to the minute
    Dec 2015                        beside it and in the outline: a month is all that a post without text has
    Mon Jan-04-10 09:44 AM          the pages before 2011
    Dec 13 · Friday · 2 hrs ago     instead of the month, while a post is younger than a year or a week
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model import DAY, HOUR, MINUTE, Millis, When

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = "|".join(_MONTHS)
_DAY = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"

LONG = rf"(?:{_DAY}) (?:{_MONTH}) [0-9]{{1,2}}, [0-9]{{4}}, [0-9]{{1,2}}:[0-9]{{2}} [AP]M"
"""A regular expression for a post's own time."""

SHORT = (
    rf"(?:(?:{_MONTH}) (?:[0-9]{{4}}|[0-9]{{1,2}})"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Yesterday|Today"
    r"|[0-9]{1,3} (?:sec|min|minute|hr|hour|day)s? ago)"
)
"""A regular expression for the date in the outline: a month, or one of the forms of young posts."""

OLD = rf"(?:{_DAY}) (?:{_MONTH})-[0-9]{{2}}-[0-9]{{2}} [0-9]{{2}}:[0-9]{{2}} [AP]M"
"""A regular expression for a time on a page from before 2011."""

EVER = When(
    int(datetime(2001, 1, 1, tzinfo=UTC).timestamp()) * 1000,
    int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()) * 1000,
)
"""What is known of a time of which nothing is known: the site opened in January 2001."""

_TIME = "([0-9]{1,2}):([0-9]{2}) ([AP])M"
_LONG = re.compile(rf"(?:{_DAY}) ({_MONTH}) ([0-9]{{1,2}}), ([0-9]{{4}}), {_TIME}")
_OLD = re.compile(rf"(?:{_DAY}) ({_MONTH})-([0-9]{{2}})-([0-9]{{2}}) {_TIME}")
_IN_YEAR = re.compile(rf"({_MONTH}) ([0-9]{{4}})")
_ON_DAY = re.compile(rf"({_MONTH}) ([0-9]{{1,2}})")
_AGO = re.compile(r"([0-9]{1,3}) (sec|min|minute|hr|hour|day)s? ago")
_UNITS = {"sec": 1000, "min": MINUTE, "minute": MINUTE, "hr": HOUR, "hour": HOUR, "day": DAY}
_YEARS = range(1990, 2100)


def minute(text: str) -> datetime | None:
    """The local minute that `LONG` or `OLD` names, without a zone; None where there is no such minute."""
    found = _LONG.fullmatch(text) or _OLD.fullmatch(text)
    if not found:
        return None
    month, day, year, hour, minutes, half = found.groups()
    full = int(year) + (0 if len(year) == 4 else 2000 if int(year) < 90 else 1900)
    if full not in _YEARS or not 1 <= int(hour) <= 12:
        return None
    clock = int(hour) % 12 + (12 if half == "P" else 0)
    try:
        return datetime(full, _MONTHS.index(month) + 1, int(day), clock, int(minutes))
    except ValueError:
        return None


def moment(local: datetime, zone: ZoneInfo) -> When:
    """The moment of a local minute; both of the two where the clock was set back over it."""
    first, second = (_millis(local.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    return When(min(first, second), max(first, second))


def roughly(text: str, zone: ZoneInfo, seen: Millis | None) -> When:
    """The span that a `SHORT` date leaves open; `seen` is when the page was read, None where nobody knows.

    A month is its whole month. The forms of young posts mean nothing without `seen`, and then give `EVER`.
    """
    in_year = _IN_YEAR.fullmatch(text)
    if in_year and int(in_year[2]) in _YEARS:
        year, month = int(in_year[2]), _MONTHS.index(in_year[1]) + 1
        return _span(datetime(year, month, 1), datetime(year + month // 12, month % 12 + 1, 1), zone)
    if in_year or seen is None:
        return EVER
    today = datetime.fromtimestamp(seen / 1000, zone).replace(tzinfo=None)
    on_day = _ON_DAY.fullmatch(text)
    if on_day is None:  # a weekday or an age: DU stops using these after a week
        return When(seen - 8 * 86_400_000, seen)
    for year in (today.year, today.year - 1):
        try:
            day = datetime(year, _MONTHS.index(on_day[1]) + 1, int(on_day[2]))
        except ValueError:
            continue
        if day <= today + timedelta(days=1):
            return _span(day, day + timedelta(days=1), zone)
    return EVER


def age(text: str) -> Millis | None:
    """How long ago a `SHORT` date is, exact to its unit; None for the forms that are no age, from a day on."""
    ago = _AGO.fullmatch(text)
    return int(ago[1]) * _UNITS[ago[2]] if ago else None


def between(times: Iterable[When]) -> list[When]:
    """The same times, the inexact ones narrowed by their neighbours: they are in the order of time.

    A time that contradicts its neighbours is left as it is.
    """
    narrowed = list(times)
    earliest = EVER.earliest
    for index, when in enumerate(narrowed):
        if when.exact:
            earliest = max(earliest, when.earliest)
        elif earliest <= when.latest:
            narrowed[index] = When(max(when.earliest, earliest), when.latest)
    latest = EVER.latest
    for index in range(len(narrowed) - 1, -1, -1):
        when = narrowed[index]
        if when.exact:
            latest = min(latest, when.latest)
        elif latest >= when.earliest:
            narrowed[index] = When(when.earliest, min(when.latest, latest))
    return narrowed


def _span(start: datetime, end: datetime, zone: ZoneInfo) -> When:
    return When(_millis(start.replace(tzinfo=zone)), _millis(end.replace(tzinfo=zone)) - 1)


def _millis(when: datetime) -> Millis:
    return int(when.timestamp()) * 1000
