"""What lets us change our comments: the cookie of each, kept until it is worth nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from adapters.files import found, replaced
from bot.model import DAY, Millis, PostKey, ThreadKey

QUEUED = 40 * DAY
"""Milliseconds for which a comment that waits is remembered: Isso itself drops it after 30 days, by default."""


class Ours(msgspec.Struct, frozen=True, omit_defaults=True):
    """A comment that we wrote."""

    thread: str
    cookie: str
    until: Millis
    """When its cookie has run out, by our clock."""
    waits: bool = False
    """Whether it waited for a moderator when we last heard of it."""


class Kept:
    """The comments that we can change, in a file that is on the disk before anybody is told of them."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ours: dict[PostKey, Ours] = found(file, dict[PostKey, Ours]) or {}
        self._alone = asyncio.Lock()

    def get(self, post: PostKey) -> Ours | None:
        """What is known of a comment of ours; None where its cookie ran out long ago, or it is not ours."""
        return self._ours.get(post)

    def waiting(self, thread: ThreadKey) -> list[tuple[PostKey, Ours]]:
        """Our comments on a page that waited for a moderator when we last heard of them."""
        return [(post, one) for post, one in self._ours.items() if one.waits and one.thread == thread]

    async def keep(self, post: PostKey, one: Ours, now: Millis) -> None:
        """Remember a comment, and forget those that cannot be changed any more; raises `OSError`."""
        async with self._alone:
            ours = {key: known for key, known in self._ours.items() if not _worthless(known, now)}
            await self._write({**ours, post: one})

    async def forget(self, post: PostKey) -> None:
        """There is nothing to be changed any more; raises `OSError`."""
        async with self._alone:
            if post in self._ours:
                await self._write({key: known for key, known in self._ours.items() if key != post})

    async def _write(self, ours: dict[PostKey, Ours]) -> None:
        await asyncio.to_thread(replaced, self._file, msgspec.json.encode(ours))
        self._ours = ours


def _worthless(one: Ours, now: Millis) -> bool:
    # A day more than it says: the server's clock decides, and ours may be ahead of it.
    return one.until + (QUEUED if one.waits else DAY) < now
