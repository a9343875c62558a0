"""Pure: the tickets of posts that wait for the moderators of a Flarum.

Such a post has its number already, and keeps it. A ticket of a person's own account says whose it is besides: another
account is not shown what waits, and must not take it for deleted.
"""

from __future__ import annotations

import re

from adapters.forums.flarum import addresses
from bot.model import Login, PostKey

_THEIRS = re.compile(r"u[0-9]{1,18}-([1-9][0-9]{0,17})")


def ticket(post: str, login: Login | None) -> PostKey:
    """The ticket of a post that waits."""
    return PostKey(post if login is None else f"u{login.id}-{post}")


def id_of(key: str) -> str:
    """The number of a post by its key or its ticket; empty where it is neither."""
    found = _THEIRS.fullmatch(key)
    return found[1] if found else key if addresses.is_id(key) else ""


def is_theirs(key: str) -> bool:
    """Whether a ticket is of a person's own account."""
    return _THEIRS.fullmatch(key) is not None
