"""The categories of a Discourse, as guests and as our key see them; asked for once an hour."""

from __future__ import annotations

from adapters.engines.guests import unsure
from adapters.forums.discourse import parse
from adapters.forums.discourse.client import Client, Key
from adapters.forums.discourse.parse import Categories
from bot.errors import AdapterError
from bot.model import HOUR, MINUTE, Board, Millis
from bot.ports import Context

LISTED = HOUR
"""Milliseconds for which a list of the categories is good: they are made a few times in a year."""

AGAIN = 10 * MINUTE
"""Milliseconds after which it is asked for anew when a thread names a category that it does not hold."""


class Taxonomy:
    """What is known of the categories."""

    def __init__(self, client: Client, context: Context, ours: Key | None) -> None:
        self._client = client
        self._context = context
        self._ours = ours
        self._known: dict[bool, tuple[Millis, Categories]] = {}
        """By whether our key was shown: when they were read, and what was told."""

    async def all(self, *, key: bool = False) -> Categories:
        """The categories that guests see, or those that our key sees; of a forum without guests, always the latter."""
        return await self._read(key, LISTED)

    async def board(self, category: int | None, *, key: bool = False) -> Board | None:
        """A category as a board; without a name where nothing tells it."""
        found = (await self._read(key, LISTED)).board(category)
        if found is None or found.name:
            return found
        return (await self._read(key, AGAIN)).board(category)

    async def _read(self, key: bool, good: Millis) -> Categories:
        now = self._context.now()
        at, found = self._known.get(key, (0, Categories(())))
        if key not in self._known or not 0 <= now - at < good:
            found = await self._asked(key)
            self._known[key] = now, found
        return found

    async def _asked(self, key: bool) -> Categories:
        what = "the categories"
        try:
            answer = await self._client.get("/site.json", what, self._ours if key else None)
        except AdapterError as error:
            if key or self._ours is None or not unsure(error):
                raise
            answer = await self._client.get("/site.json", what, self._ours)
        body = answer.body if answer is not None else b""
        return await self._context.work(parse.categories, body, self._client.root)
