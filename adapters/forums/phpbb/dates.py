"""Pure: the printed times of boards that tell no exact ones.

A board prints days and times as its admin likes, in its own language and zone. What cannot be read is not guessed: such
a post may have been written at any time until it was seen.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from adapters.forums.phpbb.languages import DAYS, MONTHS
from bot.model import MINUTE, Millis, When, calendar

_CLOCK = re.compile(r"\b(\d{1,2})[:h](\d{2})(?::(\d{2}))?(?:\s{0,2}([ap])\.?m\b)?", re.IGNORECASE)
_ISO = re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b")
_NUMBERS = re.compile(r"\b(\d{1,2})([./-])(\d{1,2})\2(\d{4})\b")
_DAY_MONTH = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|er|º|\.)?\s{0,3}(?:de\s{1,3}|of\s{1,3})?([^\W\d_]{3,12})")
_MONTH_DAY = re.compile(r"([^\W\d_]{3,12})\.?\s{1,3}(\d{1,2})\b")
_YEAR = re.compile(r"\b(\d{4})\b")
_COUNT = re.compile(r"\b(\d{1,2})\b")
_EXACT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)")
_OFFSET = re.compile(r"UTC\s{0,2}([+\-−])\s{0,2}(\d{1,2})(?::(\d{2}))?")
_ANY = 4_102_444_800_000
"""1 January 2100: until then a post may have been written of which nobody knows when it was seen."""


def exact(written: str) -> When | None:
    """The moment that a machine-readable time names, to the second; None where it is none."""
    if not _EXACT.fullmatch(written):
        return None
    try:
        return _when(datetime.fromisoformat(written), 1000)
    except (ValueError, OverflowError):
        return None


def ever(seen: Millis | None) -> When:
    """Any time until then."""
    return When(0, seen if seen is not None else _ANY)


def zone_named(words: str) -> tzinfo | None:
    """The zone that a page's own line names ("UTC+01:00", "Europe/Berlin"); None where it names none."""
    words = words.strip()
    if words.upper() in ("UTC", "GMT"):
        return UTC
    try:
        if "/" in words:
            return ZoneInfo(words)
    except (ValueError, OSError, KeyError):
        return None
    if found := _OFFSET.search(words):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        if offset <= timedelta(hours=14):
            return timezone(-offset if found[1] != "+" else offset)
    return None


def printed(words: str, zone: tzinfo, language: str, seen: Millis | None) -> When:
    """The time that a page prints, as exactly as it is printed; any time until `seen` where it cannot be read."""
    words = " ".join(words.replace("\xa0", " ").split())[:100]
    try:
        return _printed(words, zone, language[:2].lower(), seen)
    except (ValueError, OverflowError):
        return ever(seen)


def _printed(words: str, zone: tzinfo, language: str, seen: Millis | None) -> When:
    clock = _CLOCK.search(words)
    day = _date(words if clock is None else words.replace(clock[0], " "), language)
    if day is None and seen is not None:
        here = calendar(seen).astimezone(zone)
        said = {word.strip(",.:").casefold() for word in words.split()}
        for word, days in DAYS.items():
            if word in said:
                then = here + timedelta(days=days)
                day = then.year, then.month, then.day
                break
        else:
            if clock is None and words:  # "12 minutes ago", "Less than a minute ago"
                count = int(found[1]) if (found := _COUNT.search(words)) else 0
                return When(seen - (count + 1) * MINUTE, seen - count * MINUTE) if count < 60 else ever(seen)
    if day is None:
        return ever(seen)
    if clock is None:
        return _when(datetime(*day, tzinfo=zone), 24 * 60 * MINUTE)
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if clock[4]:
        hour = hour % 12 + (12 if clock[4].lower() == "p" else 0)
    return _when(datetime(*day, hour, minute, second, tzinfo=zone), 1000 if clock[3] else MINUTE)


def _date(words: str, language: str) -> tuple[int, int, int] | None:
    if found := _ISO.search(words):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _NUMBERS.search(words):
        first, second = int(found[1]), int(found[3])
        # With slashes the month stands first where English is spoken, as far as the numbers allow.
        month_first = (found[2] == "/" and language in ("en", "") and first <= 12) or second > 12
        return (int(found[4]), first, second) if month_first else (int(found[4]), second, first)
    year = _YEAR.search(words)
    if year is None:
        return None
    # The day stands before the month in most languages; "mar. 24 nov." is a Tuesday in November.
    for pattern, day, name in ((_DAY_MONTH, 1, 2), (_MONTH_DAY, 2, 1)):
        for found in pattern.finditer(words):
            if month := _month(found[name].casefold(), language):
                return int(year[1]), month, int(found[day])
    return None


def _month(name: str, language: str) -> int:
    """The month that a word names in a language, else in any of those that are known; 0 for none."""
    for one in (language, *MONTHS):
        for begins, month in MONTHS.get(one, {}).items():
            if name.startswith(begins):
                return month
    return 0


def _when(moment: datetime, width: Millis) -> When:
    earliest = int(moment.timestamp()) * 1000
    return When(earliest, earliest + width - 1) if width > 1000 else When(earliest, earliest)
