"""Pure: times as pages show them: relative with the exact one beside it, and never more exact than they are known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from bot.model import Millis, When

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_SHOWN = '<time datetime="{}" title="{}">{}</time>'


def ago(moment: Millis, now: Millis) -> Markup:
    """An element that says how long ago a moment was: "just now", "5 min ago", "3 h ago", "2 days ago", a day."""
    then = _calendar(moment)
    return Markup(_SHOWN).format(_machine(then), f"{_exact(then)} UTC", _words(then, moment, now))


def when(time: When, now: Millis) -> Markup:
    """An element that says when something was, as exactly as it is known: "22 Dec 2015 15:24", "Dec 2015", "2015"."""
    then = _calendar((time.earliest + time.latest) // 2)
    if time.exact:
        return Markup(_SHOWN).format(_machine(then), _words(then, time.latest, now), f"{_exact(then)} UTC")
    words, machine = _inexact(time, then)
    return Markup('<time datetime="{}">{}</time>').format(machine, words)


def _words(then: datetime, moment: Millis, now: Millis) -> str:
    passed = now - moment
    if -_MINUTE < passed < _MINUTE:  # clocks differ a little
        return "just now"
    if 0 < passed < _HOUR:
        return f"{passed // _MINUTE} min ago"
    if 0 < passed < _DAY:
        return f"{passed // _HOUR} h ago"
    if 0 < passed < 7 * _DAY:
        days = passed // _DAY
        return "yesterday" if days == 1 else f"{days} days ago"
    day = f"{then.day} {MONTHS[then.month - 1]}"
    return day if then.year == _calendar(now).year else f"{day} {then.year}"


def _inexact(time: When, then: datetime) -> tuple[str, str]:
    """Words and `datetime` of a time that is known to the day or worse.

    A day, month or year of another time zone straddles two of ours: the width tells it all the same, and its middle
    lies in the right one.
    """
    width, month = time.latest - time.earliest, MONTHS[then.month - 1]
    if width <= 25 * _HOUR:
        return f"{then.day} {month} {then.year}", f"{then:%Y-%m-%d}"
    if width <= 32 * _DAY:
        return f"{month} {then.year}", f"{then:%Y-%m}"
    if width <= 367 * _DAY:
        return f"{then.year}", f"{then:%Y}"
    return f"{_calendar(time.earliest).year} to {_calendar(time.latest).year}", f"{then:%Y}"


def _exact(then: datetime) -> str:
    return f"{then.day} {MONTHS[then.month - 1]} {then.year} {then:%H:%M}"


def _machine(then: datetime) -> str:
    return f"{then:%Y-%m-%dT%H:%M:%S}Z"


def _calendar(moment: Millis) -> datetime:
    """A moment as a calendar knows it; what lies outside of its years becomes their edge."""
    try:
        return _EPOCH + timedelta(milliseconds=moment)
    except OverflowError:
        return (datetime.max if moment > 0 else datetime.min).replace(tzinfo=UTC)
