"""Puts the words of posts into the index, a few seconds after they were taken in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.errors import StoreStopped
from bot.markup import read, words
from bot.ports import Log
from bot.schedule import Schedule
from bot.store import Store
from bot.store.indexing import Unindexed, Words, put_words, unindexed

LOOK = 5.0
"""Seconds between two looks at what is new."""

LONGEST = 20_000
"""Characters of a post that can be found; who looks for a post remembers its beginning."""


class Indexer:
    """The index of words, kept up with the posts."""

    def __init__(self, store: Store, schedule: Schedule, log: Log) -> None:
        self._store = store
        self._schedule = schedule
        self._log = log
        self._due = asyncio.Event()

    async def run(self) -> None:
        """Put in what is new, again and again, until cancelled."""
        self._schedule.every("index", LOOK, self._due.set)
        while True:
            self._due.clear()
            try:
                await self.catch_up()
            except StoreStopped as error:
                self._log.error("store stopped", error=str(error))
            await self._due.wait()

    async def catch_up(self) -> int:
        """Put in everything that the index lacks; how many posts."""
        done = 0
        while some := await self._store.read(unindexed):
            # Not in the loop: a hundred texts take long enough to be felt.
            done += await self._store.write(put_words, await asyncio.to_thread(self._read, some))
        return done

    def _read(self, some: Sequence[Unindexed]) -> list[Words]:
        return [Words(post, self._words(post) if post.found else "") for post in some]

    def _words(self, post: Unindexed) -> str:
        try:
            return words(read(post.body[:LONGEST], post.format))
        except Exception as error:
            self._log.error("words of a post not read", post=post.id, exc_info=error)
            return ""
