"""A thread that grows and changes, the channel that has to show it, and requests that fail."""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bot.app import App
from bot.model import Millis
from bot.store import run
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from tests.discord.faults import Fault
from tests.discord.installed import Installed, mirror, shown
from tests.discord.nouns import Channel
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

SEED = int(os.environ.get("THREADLINE_SEED", "1"))
"""Chooses which requests fail."""

PATIENCE = 60.0
PACE: Millis = 5_000
"""Milliseconds that pass between two looks at what is owed."""

SENDS = r"^/(channels/\d+/(messages|threads)|webhooks/)"


class Mirrored:
    """The program on a home of its own, a thread of its forum, and a channel."""

    def __init__(
        self,
        folder: Path,
        there: StandIn,
        channel: Channel,
        ann: Person,
        identity: str = "bot",
        notices: Channel | None = None,
    ) -> None:
        self._installed = Installed(folder, there, identity, forum="min_interval = 0.3", notices=notices)
        self._channel = channel
        self._ann = ann
        self._clock = FakeClock()
        self._posts: list[str] = []
        self.log = RecordingLog()
        self.written: list[str] = []
        """What the posts say, oldest first."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[App]:
        """The program, which does what it is told and nothing by itself."""
        async with self._installed.opened(self.log, self._clock) as (self.app, self._board):
            yield self.app

    async def begin(self, posts: int, text: str = "no. 0", layout: str = "threads") -> None:
        """Start the thread, with so many posts, and order the mirror of it."""
        self._thread = await self._board.start_thread("b1", "Zoe", "Talk", text)
        state = await self._board.state()
        self._posts, self.written = [state.threads[self._thread].posts[0]], [text]
        await self.grow(posts - 1)
        await mirror(self.app, self._thread, self._channel, layout)

    async def another(self, text: str) -> str:
        """Start another thread; its name."""
        return await self._board.start_thread("b1", "Zoe", "Other talk", text)

    async def grow(self, posts: int) -> None:
        """Write so many more posts."""
        for _ in range(posts):
            text = f"no. {len(self.written)}"
            self._posts.append(await self._board.post(self._thread, self._posts[0], "Max", "", text))
            self.written.append(text)

    async def mend(self, *numbers: int) -> None:
        """Change posts."""
        for number in numbers:
            self.written[number] += " mended"
            await self.say(number, self.written[number])

    async def say(self, number: int, text: str, title: str = "Talk") -> None:
        """Let a post say something else, the first one under a title."""
        await self._board.edit(self._posts[number], title if number == 0 else "", text)

    def shown(self) -> list[str]:
        """What stands in the channel and its threads, one thread after the other."""
        return shown(self._ann, self._channel)

    def threads(self) -> list[Channel]:
        """The threads of the channel, oldest first."""
        return self._ann.threads_in(self._channel)

    async def owed(self) -> int:
        """How many deliveries are not over."""
        sql = "SELECT count(*) FROM delivery WHERE state NOT IN ('sent', 'dropped')"
        [[count]] = [tuple(row) for row in await self.app.store.read(run, sql)]
        return int(count)

    async def work(self, pace: Millis = PACE) -> None:
        """Do what can be done now, then let some time pass."""
        await self.app.once()
        self._clock.advance(pace)
        await asyncio.sleep(0)

    async def settle(self) -> None:
        """Work until nothing is owed and the channel says what the thread says, or for as long as patience lasts."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self.work()
                while await self.owed() or self.shown() != self.written:
                    await self.work()
        assert self.shown() == self.written, self.log.text()[-3_000:]
        assert not await self.owed(), self.log.text()[-3_000:]


def fails(there: StandIn, fault: Fault, share: float) -> None:
    """Let a share of what is sent meet the fault."""
    dice = random.Random(SEED)
    take = there.faults.take

    def taken(method: str, path: str) -> object:
        if method in ("POST", "PATCH") and re.match(SENDS, path) and dice.random() < share:
            there.faults.rule(fault, method, re.escape(path))
        return take(method, path)

    there.faults.take = taken  # type: ignore[method-assign, assignment]
