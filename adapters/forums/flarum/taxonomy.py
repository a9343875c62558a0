"""The tags of a Flarum, as guests and as our token see them; asked for once an hour."""

from __future__ import annotations

from adapters.forums.flarum import parse
from adapters.forums.flarum.client import Client, Key
from adapters.forums.flarum.parse import Tags
from bot.errors import Gone, RateLimited, Unreachable
from bot.model import HOUR, MINUTE, Board, Millis
from bot.ports import Context

LISTED = HOUR
"""Milliseconds for which a list of the tags is good: they are made a few times in a year."""

AGAIN = 10 * MINUTE
"""Milliseconds after which it is asked for anew where something speaks of a tag that it does not hold."""


class Taxonomy:
    """What is known of the tags."""

    def __init__(self, client: Client, context: Context, ours: Key | None) -> None:
        self._client = client
        self._context = context
        self._ours = ours
        self._known: dict[bool, tuple[Millis, Tags]] = {}
        """By whether our token was shown: when they were read, and what was told."""

    async def all(self, *, key: bool = False, good: Millis = LISTED) -> Tags:
        """The tags that guests see, or those that our token sees; none where the site has no tags."""
        key = key and self._ours is not None
        now = self._context.now()
        at, found = self._known.get(key, (0, Tags()))
        if key not in self._known or not 0 <= now - at < good:
            try:
                found = await self._asked(self._ours if key else None)
            except (Unreachable, RateLimited):
                if key not in self._known:
                    raise
                return found  # an old list is as good as none for what does not stand in it, and better for the rest
            self._known[key] = now, found
        return found

    async def board(self, tag: str, *, key: bool = False) -> Board | None:
        """A tag as a board; None where there is none, by a list that is ten minutes old at most."""
        for good in (LISTED, AGAIN):
            found = await self.all(key=key, good=good)
            board = next((one for one in found.boards if one.key == f"t/{tag}"), None)
            if board is not None:
                return board
        return None

    async def slugged(self, slug: str, *, key: bool = False) -> Board | None:
        """The board whose address says so."""
        for good in (LISTED, AGAIN):
            found = await self.all(key=key, good=good)
            id = next((id for id, told in found.slugs.items() if told.lower() == slug.lower()), "")
            if id:
                return next((one for one in found.boards if one.key == f"t/{id}"), None)
        return None

    async def _asked(self, key: Key | None) -> Tags:
        try:
            answer = await self._client.get("/tags", "the tags", key)
        except Gone:
            return Tags()  # the extension that knows tags is not there
        return await self._context.work(parse.tags, answer.body, self._client.root)
