"""What was sent to a forum that does not know keys: kept in a file, so that nothing is sent twice after a crash.

Discourse remembers what administrators' keys posted, for two minutes; what people's own keys posted it does not.
"""

from __future__ import annotations

import asyncio
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


class Sending(msgspec.Struct, frozen=True, omit_defaults=True):
    """A post that was sent, or was about to be."""

    at: Millis
    post: str = ""
    """What it became, once that was known: a post, or a ticket."""
    made: Made | None = None
    """What the forum answered."""


class Kept(msgspec.Struct):
    """What the file holds."""

    sent: dict[str, Sending] = {}


class Sent:
    """The keys of the last minutes."""

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
