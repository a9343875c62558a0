"""Pure: times as pages show them: relative with the exact one beside it, and never more exact than they are known."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from bot.model import DAY, HOUR, MINUTE, MONTHS, Millis, When, calendar
from bot.texts import say

_SHOWN = '<time datetime="{}" title="{}">{}</time>'


def ago(moment: Millis, now: Millis) -> Markup:
    """An element that says how long ago a moment was: "just now", "5 min ago", "3 h ago", "2 days ago", a day."""
    then = calendar(moment)
    return Markup(_SHOWN).format(_machine(then), f"{_exact(then)} UTC", _words(then, moment, now))


def when(time: When, now: Millis) -> Markup:
    """An element that says when something was, no closer than it is known: "5 min ago", "22 Dec 2015", "Dec 2015"."""
    then = calendar((time.earliest + time.latest) // 2)
    if time.exact:
        return ago(time.latest, now)
    return Markup('<time datetime="{}">{}</time>').format(_span(time, then), time.stated())


def _words(then: datetime, moment: Millis, now: Millis) -> str:
    passed = now - moment
    if -MINUTE < passed < MINUTE:  # clocks differ a little
        return say("times.now")
    if 0 < passed < HOUR:
        return say("times.minutes", passed // MINUTE)
    if 0 < passed < DAY:
        return say("times.hours", passed // HOUR)
    if 0 < passed < 7 * DAY:
        return say("times.days", passed // DAY)
    day = f"{then.day} {MONTHS[then.month - 1]}"
    return day if then.year == calendar(now).year else f"{day} {then.year}"


def _span(time: When, then: datetime) -> str:
    """The `datetime` of a time that is known to the day or worse."""
    width = time.latest - time.earliest
    return f"{then:%Y-%m-%d}" if width <= 25 * HOUR else f"{then:%Y-%m}" if width <= 32 * DAY else f"{then:%Y}"


def _exact(then: datetime) -> str:
    return f"{then.day} {MONTHS[then.month - 1]} {then.year} {then:%H:%M}"


def _machine(then: datetime) -> str:
    return f"{then:%Y-%m-%dT%H:%M:%S}Z"
