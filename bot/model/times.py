"""Moments, as exactly as they are known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.model.base import Noun

Millis = int
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ANY_TIME = 50 * 365 * DAY
"""A span so wide that naming its ends would tell nothing."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class When(Noun, frozen=True):
    """A point in time as exactly as it is known: anywhere from `earliest` to `latest`, both inclusive."""

    earliest: Millis
    latest: Millis

    @property
    def exact(self) -> bool:
        """True when the source names the moment to the minute or better."""
        return self.latest - self.earliest < MINUTE

    def stated(self) -> str:
        """As exactly as it is known, in UTC: "22 Dec 2015 15:24", "22 Dec 2015", "Dec 2015", "2015", "2001 to 2003".

        Of what may have been written at any time it is said that nobody knows. A day, month or year of another time
        zone straddles two of ours: its width tells it all the same, and its middle lies in the right one.
        """
        width, then = self.latest - self.earliest, calendar((self.earliest + self.latest) // 2)
        month = MONTHS[then.month - 1]
        if self.exact:
            return f"{then.day} {month} {then.year} {then:%H:%M}"
        if width <= 25 * HOUR:
            return f"{then.day} {month} {then.year}"
        if width <= 32 * DAY:
            return f"{month} {then.year}"
        if width <= 367 * DAY:
            return f"{then.year}"
        if width > ANY_TIME:
            return "date unknown"
        return f"{calendar(self.earliest).year} to {calendar(self.latest).year}"


def calendar(moment: Millis) -> datetime:
    """A moment as the UTC calendar knows it; what lies outside of its years becomes their edge."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)
    except OverflowError:
        return (datetime.max if moment > 0 else datetime.min).replace(tzinfo=UTC)


def at(moment: Millis) -> When:
    """A moment that is known exactly."""
    return When(moment, moment)
