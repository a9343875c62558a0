"""Pure: what a bookmark of a thread remembers, and how it is written.

Of a thread it remembers which posts it had and under which numbers: Discourse tells nobody what has left it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.model import Millis


class Mind(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the reading of a thread stopped."""

    token: str = ""
    """What its board's list said when it was read."""
    bus: int = -1
    """The newest message about it that is taken account of; -1 where there is none."""
    at: Millis = 0
    """When the message bus was last asked, or need not be."""
    head: str = ""
    """Changes with title, state, category and tags."""
    key: bool = False
    """Whether it is read with our key, because guests cannot."""
    category: int = 0
    slug: str = ""
    closed: bool = False
    events: tuple[int, ...] = ()
    """The ids of those of its posts that tell what befell it, the last ones: the forum counts them as replies."""
    replies: int = -1
    """What the forum counted when it was read; -1 where it told no count."""
    posts: str = ""
    """The ids and numbers of its posts, packed."""
    after: int = 0
    """The number behind which a reading of all of it goes on; 0 where none is under way."""
    last: int = 0
    """The number with which that reading ends."""
    due: tuple[int, ...] = ()
    """Ids that are still to be read by themselves."""
    lost: tuple[int, ...] = ()
    """Ids that are no more where they were, and that are still to be asked for."""


def split(ids: Sequence[int], most: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """As many as are read now, and the rest."""
    return tuple(ids[:most]), tuple(ids[most:])
