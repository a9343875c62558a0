"""Processes that are killed while people write on both sides: what another account reads in the room at the end."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.clock import SystemClock
from tests.matrix.conftest import Own
from tests.matrix.crowd import Crowd
from tests.matrix.homeserver import Homeserver
from tests.matrix.mirrored import Mirrored, Moments, When
from tests.matrix.people import newcomer

SEED = int(os.environ.get("THREADLINE_SEED", "1"))
"""Chooses the moments of the quick form, and the first of the slow one."""
STORIES = int(os.environ.get("THREADLINE_MATRIX_STORIES", "30"))
"""Stories of the slow form, each of which is killed a few times."""

WATCHED = "/send/|/redact/|/sync"
"""The requests at which processes die: what they write into rooms, and when they hear what was said there."""
WHENS: tuple[When, ...] = ("unsent", "landing", "landed", "heard")
PATIENCE = 180.0
"""Seconds after which what is not right yet never will be."""

INSTANT = 0.03
"""Seconds within which somebody dies who has just heard of something; a turn of the program takes that long."""


class Life(NamedTuple):
    """How a process ends: at which request since it started, when in that, and so many seconds later if it heard."""

    number: int
    when: When
    late: float


class Story:
    """Two threads that are mirrored into a room, people on both sides, and one process after the other between them."""

    def __init__(self, at: Homeserver, mirrored: Mirrored, proxy: Moments, crowd: Crowd) -> None:
        self._homeserver = at
        self._mirrored = mirrored
        self._proxy = proxy
        self._crowd = crowd
        self._log = mirrored.home.with_name("log")
        self._up: asyncio.Task[None] | None = None

    async def tell(self, posts: int, acts: int, lives: list[Life | None], falls: list[int]) -> None:
        """From so many posts on, people do so much in each life; a life that is None ends when everything is right.

        `falls`: for each life the request at which the homeserver is killed, to be started again; 0 is never.
        """
        await self._crowd.begin(posts)
        playing = asyncio.create_task(self._crowd.play(acts * len(lives)))
        try:
            for life, fall in zip(lives, falls, strict=True):
                self._crowd.allowed += acts
                if fall:
                    self._falls(fall)
                await self._live(life, playing)
        finally:
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing
            if self._up is not None:
                await self._up

    async def _live(self, life: Life | None, playing: asyncio.Task[None]) -> None:
        process = await self._born()
        ending = asyncio.create_task(self._ended(process))
        if life is not None:
            kill = partial(_kill, process)
            late = partial(asyncio.get_running_loop().call_later, life.late, kill)
            self._proxy.at(life.number, life.when, late if life.when == "heard" else kill)
        wrong = ["nothing was looked at"]
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    while wrong and not ending.done():
                        await asyncio.wait([ending], timeout=0.05)
                        if playing.done():
                            await playing
                        wrong = await self._wrong()
        finally:
            if life is None and not ending.done():
                process.terminate()
            else:
                # A life whose moment does not come ends at rest.
                _kill(process)
            await ending
            self._proxy.forget()
        said = f"{life or 'the last life'}; see {self._log}"
        assert process.returncode == (0 if life is None else -signal.SIGKILL), said
        assert life is not None or not wrong, "\n".join([said, *wrong])

    async def _born(self) -> asyncio.subprocess.Process:
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                Path(sys.executable).with_name("threadline"),
                *("--home", self._mirrored.home, "--config", self._mirrored.settings, "run"),
                env=os.environ | {"THREADLINE_WEB_PORT": "0"},
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )

    async def _ended(self, process: asyncio.subprocess.Process) -> None:
        """Wait for its end, and tell people meanwhile where the forum is."""
        assert process.stdout is not None
        said = (await process.stdout.readline()).decode()
        self._crowd.forum = said.removeprefix("Threadline is running: open ").strip().rstrip("/")
        await process.stdout.read()
        self._crowd.forum = ""
        await process.wait()

    async def _wrong(self) -> list[str]:
        if self._crowd.idle and not await self._mirrored.owed():
            return await self._crowd.wrong()
        return [f"of what is owed {await self._mirrored.owed()} deliveries are not over"]

    def _falls(self, number: int) -> None:
        """Let the homeserver be killed, and start it again."""
        own, loop = self._homeserver, asyncio.get_running_loop()
        assert isinstance(own, Own)

        def up() -> None:
            self._up = asyncio.create_task(own.begin())

        def fall() -> None:
            own.kill()
            loop.call_soon_threadsafe(up)

        self._proxy.at(number, "landing", fall)


def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)


Stories = Callable[[Homeserver, int], Awaitable[Story]]


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Stories]:
    """Makes a room of Ann's with the bot in it, and a home for the program behind a proxy."""
    async with AsyncExitStack() as stack:

        async def make(at: Homeserver, seed: int) -> Story:
            ann, bot = await newcomer(at, "ann"), await newcomer(at, "bot")
            stack.push_async_callback(ann.close)
            stack.push_async_callback(bot.close)
            room = await ann.room()
            await bot.join(room)
            proxy = Moments(at.address, WATCHED)
            await stack.enter_async_context(proxy)
            folder = tmp_path / f"story-{seed}"
            folder.mkdir()
            mirrored = Mirrored(folder, bot.login, ann, room, proxy.address, SystemClock())
            crowd = Crowd(mirrored, bot.id, seed)
            stack.push_async_callback(crowd.close)
            return Story(at, mirrored, proxy, crowd)

        yield make


def lives_of(dice: random.Random, count: int, most: int) -> Iterator[Life]:
    """Where processes die: at one of the first so many requests."""
    for _ in range(count):
        yield Life(dice.randrange(1, most), dice.choice(WHENS), dice.random() * INSTANT)


async def test_a_program_that_is_killed_while_people_write_on_both_sides_loses_nothing(
    homeserver: Homeserver, story: Stories
) -> None:
    """A sample of the slow form below: the next process knows what the last one had begun."""
    told = await story(homeserver, SEED)
    await told.tell(12, 12, [*lives_of(random.Random(SEED), 2, 20), None], [0, 0, 0])


@pytest.mark.faults
@pytest.mark.timeout(0)
async def test_programs_and_homeservers_may_be_killed_at_any_moment(own: Own, story: Stories) -> None:
    """Two hundred posts in each story; in every second one the homeserver dies too, also while no process does."""
    for seed in range(SEED, SEED + STORIES):
        dice = random.Random(seed)
        lives = list(lives_of(dice, 4, 70))
        falls = [0, dice.randrange(1, 70), 0, 0, dice.randrange(1, 30)] if seed % 2 else [0] * 5
        await (await story(own, seed)).tell(175, 20, [*lives, None], falls)
