"""What was sent to a forum that does not know keys: kept in a file, so that nothing is sent twice after a crash.

Discourse remembers what administrators' keys posted, for two minutes; what people's own keys posted it does not. What
it keeps for its moderators it shows nobody but them and its author, and of what they rejected it keeps no word for the
author: so the words of what waits are kept here too, as a hash.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from adapters.files import found, replaced
from adapters.forums.discourse.rows import Made
from bot.errors import Unreachable
from bot.model import MINUTE, Millis
from bot.ports import Context

KEPT = 15 * MINUTE
"""Milliseconds for which a key is remembered; afterwards what stands there is looked through."""

MOST = 1_000
"""Tickets that are remembered, and posts, the newest ones."""


class Sending(msgspec.Struct, frozen=True, omit_defaults=True):
    """A post that was sent, or was about to be."""

    at: Millis
    post: str = ""
    """What it became, once that was known: a post, or a ticket."""
    made: Made | None = None
    """What the forum answered."""


class Ticket(msgspec.Struct, frozen=True):
    """A post of the account of the settings that waits for a moderator."""

    at: Millis
    words: str


class Kept(msgspec.Struct):
    """What the file holds."""

    sent: dict[str, Sending] = {}
    tickets: dict[str, Ticket] = {}
    posts: list[str] = []
    """Posts of the account of the settings that are known to be ours, the last ones."""


class Sent:
    """The keys of the last minutes, and what waits."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._file: Path = context.folder / "sent.json"
        self._kept: Kept | None = None
        self._turns: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """One at a time of those that bear the same key."""
        lock = self._turns.setdefault(key, asyncio.Lock())
        async with lock:
            yield
        if not lock.locked():
            self._turns.pop(key, None)

    async def of(self, key: str) -> Sending | None:
        """What was sent under a key in the last minutes."""
        return (await self._all()).sent.get(key)

    async def claimed(self, key: str) -> set[str]:
        """The posts that became of what was sent under other keys."""
        return {one.post for other, one in (await self._all()).sent.items() if other != key and one.post}

    async def ticket(self, ticket: str) -> Ticket | None:
        """What waits, or waited, under a ticket."""
        return (await self._all()).tickets.get(ticket)

    async def begin(self, key: str) -> None:
        """It is about to be sent. Raises Unreachable where that cannot be kept: it is not sent then."""
        sent = (await self._all()).sent
        sent[key] = Sending(self._context.now())
        try:
            await self._keep()
        except OSError as error:
            sent.pop(key, None)
            raise Unreachable(f"Nothing was sent: {self._file} cannot be written ({error}). Make room there.") from None

    async def became(self, key: str, post: str, made: Made | None = None) -> None:
        """It was taken, and is this post."""
        sent = (await self._all()).sent
        at = sent[key].at if key in sent else self._context.now()
        sent[key] = Sending(at, post, made)
        await self._try()

    async def waits(self, ticket: str, text: str) -> None:
        """It waits for a moderator."""
        tickets = (await self._all()).tickets
        tickets[ticket] = Ticket(self._context.now(), words(text))
        while len(tickets) > MOST:
            del tickets[next(iter(tickets))]
        await self._try()

    async def written(self) -> set[str]:
        """The last posts of the account of the settings that are known to be ours."""
        return set((await self._all()).posts)

    async def wrote(self, post: str) -> None:
        """A post of the account of the settings is known to be ours."""
        posts = (await self._all()).posts
        if post not in posts:
            posts.append(post)
            del posts[:-MOST]
            await self._try()

    async def forget(self, key: str) -> None:
        """It was not taken."""
        if (await self._all()).sent.pop(key, None) is not None:
            await self._try()

    async def _try(self) -> None:
        try:
            await self._keep()
        except OSError as error:
            self._context.log.warning("what was sent is not kept", file=str(self._file), error=str(error))

    async def _all(self) -> Kept:
        if self._kept is None:
            kept = await asyncio.to_thread(found, self._file, Kept)
            if self._kept is None:  # nobody was quicker
                self._kept = kept or Kept()
        now, sent = self._context.now(), self._kept.sent
        for key in [key for key, one in sent.items() if not 0 <= now - one.at < KEPT]:
            del sent[key]
        return self._kept

    async def _keep(self) -> None:
        await asyncio.to_thread(replaced, self._file, msgspec.json.encode(self._kept))


def words(text: str) -> str:
    """Identifies the words of a text; the forum trims them."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()[:32]
