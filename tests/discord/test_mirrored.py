"""The whole program before a Discord that fails: what a person reads in the channel at the end."""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from bot.app import OPERATOR, App
from bot.commands import carry_out
from bot.model import Millis
from bot.store import run
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from tests.discord import permissions
from tests.discord.faults import Drop, Fail, Fault, Limit, LoseAnswer
from tests.discord.installed import Installed, mirror
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

SEED = int(os.environ.get("THREADLINE_SEED", "1"))
"""Chooses which requests fail."""

PATIENCE = 60.0
PACE: Millis = 5_000
"""Milliseconds that pass between two looks at what is owed."""

SENDS = r"^/(channels/\d+/(messages|threads)|webhooks/)"

_WORDS = re.compile(r"no\. \d+(?: mended)?")


class Mirrored:
    """The program on a home of its own, a thread of its forum, and a channel."""

    def __init__(self, folder: Path, there: StandIn, channel: Channel, ann: Person, identity: str) -> None:
        self._installed = Installed(folder, there, identity, forum="min_interval = 0.3")
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

    async def begin(self, posts: int, text: str = "no. 0") -> None:
        """Start the thread, with so many posts, and order the mirror of it."""
        self._thread = await self._board.start_thread("b1", "Zoe", "Talk", text)
        state = await self._board.state()
        self._posts, self.written = [state.threads[self._thread].posts[0]], [text]
        await self.grow(posts - 1)
        await mirror(self.app, self._thread, self._channel)

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
            await self._board.edit(self._posts[number], "Talk" if number == 0 else "", self.written[number])

    def shown(self) -> list[str]:
        """What stands in the channel and its threads, one thread after the other."""
        channels = [self._channel, *self.threads()]
        messages = [one for channel in channels for one in self._ann.sees(channel) if one.embeds]
        texts = [str(one.embeds[0]["description"]) for one in messages]
        return [found.group() if (found := _WORDS.search(text)) else text for text in texts]

    def threads(self) -> list[Channel]:
        """The threads of the channel, oldest first."""
        return self._ann.threads_in(self._channel)

    async def owed(self) -> int:
        """How many deliveries are not over."""
        sql = "SELECT count(*) FROM delivery WHERE state NOT IN ('sent', 'dropped')"
        [[count]] = [tuple(row) for row in await self.app.store.read(run, sql)]
        return int(count)

    async def work(self) -> None:
        """Do what can be done now, then let some time pass."""
        await self.app.once()
        self._clock.advance(PACE)
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


@pytest.fixture(params=[f"{kind} channel, {who}" for kind in ("text", "forum") for who in ("bot", "webhook")])
def mirrored(
    request: pytest.FixtureRequest, stand_in: StandIn, talk: Channel, board: Channel, ann: Person, tmp_path: Path
) -> Mirrored:
    """A channel of each kind, and who speaks in it."""
    kind, who = request.param.split(" channel, ")
    return Mirrored(tmp_path, stand_in, talk if kind == "text" else board, ann, who)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(LoseAnswer(), id="the answer lost"),
        pytest.param(Drop(), id="the connection lost"),
        pytest.param(Fail(502), id="502, done all the same"),
        pytest.param(Fail(500, done=False), id="500, not done"),
        pytest.param(Limit(0.2, hidden=True), id="limits that no header told"),
    ],
)
async def test_whatever_happens_to_answers_everything_stands_there_once_and_in_order(
    stand_in: StandIn, mirrored: Mirrored, fault: Fault
) -> None:
    """Where Discord knows keys and where it knows none; posts are written and changed meanwhile."""
    fails(stand_in, fault, 0.35)
    async with mirrored.running():
        await mirrored.begin(8)
        await mirrored.work()
        await mirrored.mend(0, 2, 7)
        await mirrored.grow(3)
        await mirrored.settle()
        await mirrored.mend(3, 9)
        await mirrored.settle()


async def test_what_waits_for_a_permission_goes_out_when_it_is_back(
    stand_in: StandIn, guild: Guild, talk: Channel, ann: Person, tmp_path: Path
) -> None:
    """The place is paused, and nobody has to start it again; what is missing stands in `status`."""
    stand_in.bot_may(guild, permissions.EVERYONE)
    mirrored = Mirrored(tmp_path, stand_in, talk, ann, "bot")
    async with mirrored.running() as app:
        await mirrored.begin(3)
        await mirrored.settle()
        stand_in.deny(talk, permissions.SEND_MESSAGES_IN_THREADS)
        await mirrored.grow(2)
        for _ in range(5):
            await mirrored.work()
        assert len(mirrored.shown()) == 3
        answer = await carry_out(app, OPERATOR, "mirror", ("status",))
        assert "Send Messages in Threads" in answer.text
        stand_in.world.clear_overwrite(talk, stand_in.world.bot.id)
        await mirrored.settle()


@pytest.mark.parametrize("fault", [pytest.param(LoseAnswer(), id="lost"), pytest.param(Drop(), id="never done")])
async def test_a_long_opening_post_stands_there_once_and_whole(
    stand_in: StandIn, mirrored: Mirrored, fault: Fault
) -> None:
    """Its further messages are parts of one delivery: none may become a post of its own, or stand in another's."""
    words = [f"w{n}" for n in range(2500)]
    fails(stand_in, fault, 0.4)
    async with mirrored.running():
        await mirrored.begin(2, " ".join(words))
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while await mirrored.owed() or "no. 1" not in mirrored.shown()[-1:]:
                    await mirrored.work()
        assert re.findall(r"\bw\d+\b", " ".join(mirrored.shown())) == words, mirrored.log.text()[-3_000:]
        assert mirrored.shown()[-1] == "no. 1"
        assert len(mirrored.threads()) == 1
