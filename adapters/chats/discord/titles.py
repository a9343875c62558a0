"""Calls threads and posts of forum channels otherwise, no oftener than Discord takes it."""

from __future__ import annotations

import time
from collections import deque

from adapters.chats.discord import names
from adapters.chats.discord.rest import Rest, route
from adapters.chats.discord.writing import Writing
from bot.errors import RateLimited

MOST, WINDOW = 2, 600.0
"""How often a thread may get another name, in so many seconds. No header tells, and who meets the limit may not open
the thread either while it lasts: so it is not met."""


class Titles:
    """What the threads of one bot are called."""

    def __init__(self, rest: Rest, writing: Writing) -> None:
        self._rest = rest
        self._writing = writing
        self._given: dict[str, deque[float]] = {}
        """When threads got their last names, of the last minutes."""

    async def give(self, thread: str, title: str) -> None:
        """Call a thread by a title; `RateLimited` where it got two other names of late."""
        now = time.monotonic()
        self._given = {one: given for one, given in self._given.items() if now - given[-1] < WINDOW}
        given = self._given.get(thread, deque[float](maxlen=MOST))
        if len(given) == MOST and (left := given[0] + WINDOW - now) > 0:
            raise RateLimited(f"Discord lets a thread be renamed {MOST} times in {WINDOW / 60:.0f} minutes.", left)
        where = route("PATCH", "/channels/{channel}", channel=thread)
        wanted = {"name": names.title_of(title)}
        await self._writing.awake(thread, lambda: self._rest.call(where, wanted))
        self._given.setdefault(thread, given).append(now)
