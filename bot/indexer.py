"""Puts the words of posts into the index, a few seconds after they were taken in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.markup import read, words
from bot.ports import Log
from bot.rounds import rounds
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

    async def run(self) -> None:
        """Put in what is new, again and again, until cancelled."""
        await rounds(self._schedule, self._log, "index", LOOK, self.catch_up)

    async def catch_up(self) -> int:
        """Put in everything that the index lacks; how many posts."""
        done = 0
        while some := await self._store.read(unindexed):
            # Not in the loop: a hundred texts take long enough to be felt.
            done += await self._store.write(put_words, await asyncio.to_thread(self._read, some))
        return done

    def _read(self, some: Sequence[Unindexed]) -> list[Words]:
        return [
            Words(post, words_of(self._log, post.id, post.body, post.format) if post.found else "") for post in some
        ]


def words_of(log: Log, post: int, body: str, format: str) -> str:
    """The beginning of a post's text in plain words; none where it cannot be read, which the log says."""
    try:
        return words(read(body[:LONGEST], format))
    except Exception as error:
        log.error("words of a post not read", post=post, exc_info=error)
        return ""
