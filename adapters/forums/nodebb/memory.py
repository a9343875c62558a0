"""Pure: what a bookmark of a thread or board remembers, and how it is written.

Of a thread it remembers which posts it had: a purged one leaves no trace on the forum.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from adapters.engines.packing import REMEMBERED, expanded, squeezed
from bot.model import Millis


class Mind(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the reading of a thread stopped."""

    at: Millis = 0
    """When its newest page was read; 0 where nothing was read yet."""
    key: bool = False
    """Whether it is read with our token, because guests cannot."""
    cid: str = ""
    closed: bool = False
    count: int = 0
    """How many posts the forum counted when all that was new was read."""
    pages: int = 1
    sign: str = ""
    """Of the newest page."""
    posts: str = ""
    """The ids of its posts, packed."""
    all: bool = True
    """Whether those are all of them."""
    swept: Millis = 0
    """When older pages were last looked through for edits and deletions."""
    sweep: int = 1
    """The page with which that goes on."""
    page: int = 0
    """The page with which a reading of all of it goes on; 0 where none is under way."""
    seen: str = ""
    """The ids that this reading has met, packed."""
    again: bool = False
    """It began anew, because the pages had shifted under it."""
    lost: tuple[str, ...] = ()
    """Ids that it did not meet, and that are still to be asked for."""


class Shelf(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the reading of a board stopped."""

    high: Millis = 0
    """The newest activity up to which everything was read."""
    top: Millis = 0
    """The newest activity that the reading under way has seen."""
    page: int = 0
    """The page with which it goes on; 0 where none is under way."""
    key: bool = False
    sign: str = ""
    """Of the first page; empty where pinned threads fill it, for then it tells nothing of the others."""


def packed(ids: Iterable[str]) -> str:
    """Ids, the last ones of them: they may be addresses, which are much alike."""
    return squeezed("\n".join(list(ids)[-REMEMBERED:]))


def unpacked(told: str) -> dict[str, None]:
    """Ids in their order; nothing where the words are none of ours."""
    return dict.fromkeys(id for id in expanded(told).split("\n") if id)
