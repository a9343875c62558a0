"""Pure: what a bookmark of a thread remembers, and how it is written.

Of a thread it remembers which posts it had and under which numbers: what has left it, the list of its posts alone
tells.
"""

from __future__ import annotations

import msgspec

from bot.model import Millis


class Mind(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the reading of a thread stopped."""

    head: str = ""
    """Changes with what is told of the thread itself, and with the posts that its page showed."""
    token: str = ""
    title: str = ""
    slug: str = ""
    closed: bool = False
    board: str = ""
    """The tag that it is filed under, while it is read with our key."""
    key: bool = False
    """Whether it is read with our key, because guests cannot."""
    at: Millis = 0
    """When it was read."""
    whole: Millis = 0
    """When all of it was last read."""
    posts: str = ""
    """The ids and numbers of its posts, packed."""
    after: int = 0
    """The number behind which a reading of all of it goes on; 0 where none is under way."""
    offset: int = 0
    """How many posts such a reading has behind it."""
    back: bool = False
    """Whether it had to take a step back, because something before it was deleted meanwhile."""
    due: tuple[int, ...] = ()
    """Ids that are still to be read by themselves."""
    lost: tuple[int, ...] = ()
    """Ids that are no more where they were, and that are still to be asked for."""
    sweeps: bool = False
    """Whether a reading of all of it is under way."""
