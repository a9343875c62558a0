"""Pure: when the entries of a feed were written, as far as it tells, and the newest of them first.

A feed that gives no time for an entry places it between its neighbours all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from adapters.forums.feed.items import Item
from bot.model import Millis, When, at

EARLIEST: Millis = 915_148_800_000
"""1 January 1999: there were no feeds before."""


class Dated(msgspec.Struct, frozen=True):
    """An entry with the time at which it was written; `place` is one moment of it, to sort by."""

    item: Item
    created: When
    place: Millis
    stated: bool
    """Whether the feed gave the time."""


def dated(items: Sequence[Item], known: Sequence[Millis | None], since: Millis, now: Millis) -> tuple[Dated, ...]:
    """The entries, newest first. `known` are the times of those that were placed before, `since` the last reading.

    Nothing was written after `now`, whatever a feed says. `since` is 0 where there was no reading; what has no time
    and stands before all that is known was not there then.
    """
    pairs = list(zip(items, known, strict=True))
    if _rises([_moment(item, now) for item in items]):
        pairs.reverse()
    stated = [_moment(item, now) for item, _ in pairs]
    places = [before if before is not None else moment for (_, before), moment in zip(pairs, stated, strict=True)]
    first = next((index for index, (_, before) in enumerate(pairs) if before is not None), 0)
    below = _below(places)
    found = []
    above = now
    for index, (item, before) in enumerate(pairs):
        moment, place = stated[index], places[index]
        if moment is not None:
            created = at(moment)
        elif before is not None:
            created = at(before)
        else:
            latest = above
            earliest = max(below[index], since if since and index < first else EARLIEST)
            created = When(min(earliest, latest), latest)
        above = min(above, place if place is not None else created.latest)
        found.append(Dated(item, created, place if place is not None else above, moment is not None))
    found.sort(key=lambda one: -one.place)  # in the feed's order where times are equal
    return tuple(found)


def _moment(item: Item, now: Millis) -> Millis | None:
    written = item.written
    return None if written is None else min(written, now)


def _below(places: Sequence[Millis | None]) -> list[Millis]:
    """For each entry the time of the next older one that has any."""
    found, last = [], EARLIEST
    for place in reversed(places):
        found.append(last)
        last = place if place is not None else last
    return found[::-1]


def _rises(moments: Sequence[Millis | None]) -> bool:
    """Whether a feed has its oldest entry first."""
    told = [moment for moment in moments if moment is not None]
    steps = [later - earlier for earlier, later in pairwise(told) if later != earlier]
    return sum(step > 0 for step in steps) * 2 > len(steps)
