"""Pure: how fast things come to a source and what its host asks for → when it is read again.

With λ for posts per day, w for the rooms that show them and T for the pause between two readings, what people wait for
is λ·w·T/2 and what the host has to bear 1/T: the sum of both is least where T goes with 1/√(λ·w).
"""

from __future__ import annotations

import math

import msgspec

from bot.model import DAY, HOUR, MINUTE, Bookmark, Millis, Tempo

FAST = 15 * MINUTE
"""The memory of the fast rate: whether something is going on now."""
SLOW = 7 * DAY
"""The memory of the slow rate: whether something ever goes on there."""
AT_FIRST = 24.0
"""Posts per day that are expected of a source of which nothing is known yet."""

HOT = DAY / FAST
"""Posts per day from which on a source is read as often as may be: one within the last quarter of an hour."""
SPACE = 2_000
"""Milliseconds that the lists of a host's boards leave between them: of one request a second, half is for the rest."""
LONGEST_WAIT = HOUR
"""What a publisher may ask for at most by `max-age` or `ttl`; many say a day and write every hour."""

HORIZON = 30 * DAY
"""Milliseconds after its last change during which a thread is read ever more rarely, to see edits and deletions."""
LONGEST = 6 * HOUR
"""The longest pause between two such readings, milliseconds; and between two tries of what fails."""
WEEK = 7 * DAY
"""How long what was not found again and again is left alone."""

MISSING = 5
"""Answers in a row that something is not there, after which it is asked for once a week."""
TENTH = 10
"""Of so many readings of a new source, one is made without validators."""

SLOWEST = 64.0
"""The factor by which a host that complains is asked more rarely, at most."""
EASED = 0.9
"""What is left of that factor after each hour without a complaint."""


class Rate(msgspec.Struct, frozen=True):
    """News per day, remembered for a quarter of an hour and for a week; `at` is until when they are counted."""

    fast: float = 0.0
    slow: float = 0.0
    at: Millis | None = None

    @property
    def peak(self) -> float:
        """News per day that are to be expected at most."""
        return max(self.fast, self.slow)


class Terms(msgspec.Struct, frozen=True):
    """How something is asked for, and on which terms it is asked for again."""

    floor: Millis
    ceiling: Millis = 0
    """Above the floor: the longest pause of a board's list."""
    factor: float = 1.0
    """By how much a host that complained is spared."""
    load: float = 0.0
    """The square roots of λ·w of all the host's boards, added up."""
    boards: int = 1
    """How many boards of the host are read."""
    chance: float = 0.5
    """From 0 to 1: spreads what would be due at one moment."""
    whole: bool = False
    """Whether this reading is made without validators."""
    missing: int = 0
    """Answers in a row that it is not there, this one included."""


def begun(items: int, window: Millis | None, now: Millis) -> Rate:
    """The rates of a source that was read for the first time and showed so many things out of so long a time."""
    return Rate(0.0, items * DAY / window if items and window else AT_FIRST, now)


def counted(rate: Rate, news: int, now: Millis) -> Rate:
    """The rates after a reading that brought so many news, which came evenly since the last one."""
    span = max(0, now - rate.at) if rate.at is not None else 0
    return Rate(_mixed(rate.fast, news, span, FAST), _mixed(rate.slow, news, span, SLOW), now)


def _mixed(before: float, news: int, span: Millis, memory: Millis) -> float:
    if span == 0:
        return before + news * DAY / memory
    kept = math.exp(-span / memory)
    return before * kept + news * DAY / span * (1 - kept)


def weight(rate: Rate, rooms: int) -> float:
    """λ·w: posts per day, once for each room that shows them."""
    return rate.peak * max(rooms, 1)


def beat(rate: Rate, rooms: int, terms: Terms) -> float:
    """The pause of a board's list, milliseconds, as its rate alone would have it, within the host's budget."""
    heavy = math.sqrt(weight(rate, rooms))
    ceiling = max(terms.floor, terms.ceiling, terms.boards * SPACE)
    wanted = max(terms.floor * math.sqrt(HOT), terms.load * SPACE)
    return max(float(terms.floor), wanted / heavy) if heavy * ceiling > wanted else float(ceiling)


def calm(now: Millis, changed: Millis, terms: Terms) -> Millis | None:
    """The pause of a thread: the longer, the longer it has been quiet; None beyond the horizon."""
    quiet = now - changed
    if quiet > HORIZON:
        return None
    return max(terms.floor, min(quiet // 10, LONGEST))


def slides(rate: Rate, items: int, tempo: Tempo) -> Millis | None:
    """How long it takes until all that a page shows may be pushed out of it; None where nothing ever is.

    `items` is how many things the page shows.
    """
    if not tempo.window or tempo.window <= 0 or items <= 0:
        return None
    return round(items * DAY / max(rate.peak, items * DAY / tempo.window))


def planned(pause: float, sliding: Millis | None, wait: Millis, terms: Terms) -> Millis:
    """The pause of anything, milliseconds, whatever asks for a shorter or longer one taken together.

    Half of what a page shows is still there at the next reading, unless the host or its publisher asks for longer:
    they win.
    """
    if sliding is not None:
        pause = min(pause, sliding / 2)
    factor = max(1.0, terms.factor)
    least = max(terms.floor, min(wait, LONGEST_WAIT)) * factor
    return round(max(pause * factor * (0.9 + 0.2 * terms.chance), least))


# ----------------------------------------------------------------------------------------------------------- validators


def asked_with(bookmark: Bookmark, terms: Terms) -> Bookmark:
    """What a source is asked with: without its validators where it is to answer in full."""
    return msgspec.structs.replace(bookmark, etag="", last_modified="") if terms.whole else bookmark


def asks_whole(lying: bool, polls: int, baseline: Millis | None, whole: Millis | None, now: Millis) -> bool:
    """Whether a reading is to be made without validators: "not modified" is evidence and no proof.

    Once a day, and at every tenth reading of a source that is new; always where its validators were found to lie.
    """
    if lying or whole is None or not 0 <= now - whole < DAY:
        return True
    young = baseline is None or now - baseline < WEEK
    return young and polls % TENTH == TENTH - 1


def lies(before: Bookmark, after: Bookmark) -> bool:
    """Whether a source brought another text under the validators that its last one had."""
    same = (before.etag, before.last_modified) == (after.etag, after.last_modified)
    known = bool(before.etag or before.last_modified) and bool(before.digest and after.digest)
    return known and same and before.digest != after.digest


# ----------------------------------------------------------------------------------------------------- trouble and rest


def retry(failures: int, chance: float) -> float:
    """Seconds until what failed so often before is tried again: 15 to 30, doubling, up to six hours."""
    return (0.5 + 0.5 * chance) * min(LONGEST / 1000, 30.0 * 2.0 ** min(failures, 12))


def eased(factor: float, since: Millis, now: Millis) -> float:
    """The factor by which a host is spared, so long after it complained for the last time; 1 is none."""
    eased: float = factor * EASED ** (max(0, now - since) / HOUR)
    return min(SLOWEST, max(1.0, eased))


def slowed(factor: float) -> float:
    """The factor after one more complaint."""
    return min(SLOWEST, 2.0 * max(1.0, factor))


def slot(source: int, pause: Millis) -> Millis:
    """Where in its pause a source has its place, so that many that are overdue do not come at once."""
    return source * 2_654_435_761 % 2**32 * max(pause, 0) >> 32
