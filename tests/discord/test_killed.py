"""Processes that are killed while a thread is mirrored and people answer: what stands on both sides at the end."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

import pytest

from bot.testing.log import RecordingLog
from tests.discord.faults import Drop, LoseAnswer, Rule
from tests.discord.installed import Installed, mirror
from tests.discord.nouns import Channel, Message
from tests.discord.own_process import ROOT
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

SEED = int(os.environ.get("THREADLINE_SEED", "1"))
"""Chooses the moments of the quick form, and the first of the slow one."""
STORIES = int(os.environ.get("THREADLINE_DISCORD_STORIES", "20"))
"""Stories of the slow form, each of which is killed a few times."""

PATIENCE = 120.0
INSTANT = 0.03
"""Seconds within which somebody dies who has just heard of something; a turn of the program takes that long."""

When = Literal["unsent", "landed", "heard"]
WHENS: tuple[When, ...] = ("unsent", "landed", "heard")
_SENDS = re.compile(r"/messages$|/threads$|/reactions/")


class Life(NamedTuple):
    """How a process ends: at which thing that it writes or hears since it started, when in that, and how much later."""

    number: int
    when: When
    late: float


class Story:
    """A thread that is mirrored into a channel, somebody who answers there, and one process after the other."""

    def __init__(self, there: StandIn, folder: Path, channel: Channel, ann: Person) -> None:
        self._there = there
        self._channel = channel
        self._ann = ann
        self._installed, self._log = Installed(folder, there), folder / "log"
        self._process: asyncio.subprocess.Process | None = None
        self._life: Life | None = None
        self._met = 0
        self._take = there.faults.take
        there.faults.take = self._taken  # type: ignore[method-assign]
        self.answers: list[Message] = []
        self.killed = 0
        """Processes that died at their moment."""

    async def tell(self, posts: int, answers: int, lives: list[Life | None]) -> None:
        """Mirror so many posts; in each life so much is answered; a life that is None ends when everything is right."""
        await self._begin(posts)
        for life in lives:
            await self._live(life, answers)
        await self._look()

    # ------------------------------------------------------------------------------------------------ the two sides

    async def _begin(self, posts: int) -> None:
        async with self._installed.opened(RecordingLog()) as (app, board):
            self._thread = await board.start_thread("b1", "Zoe", "Talk", "no. 0")
            first = (await board.state()).threads[self._thread].posts[0]
            self._written = ["no. 0"]
            for n in range(1, posts):
                await board.post(self._thread, first, "Max", "", f"no. {n}")
                self._written.append(f"no. {n}")
            await mirror(app, self._thread, self._channel)

    async def _look(self) -> None:
        """The forum has each post and each answer once, and the answers in their order."""
        async with self._installed.opened(RecordingLog()) as (_, board):
            state = await board.state()
            said = [state.posts[key].text for key in state.threads[self._thread].posts]
        assert said == [*self._written, *(one.content for one in self.answers)]

    def _shown(self) -> list[str]:
        threads = self._ann.threads_in(self._channel)
        messages = [one for channel in [self._channel, *threads] for one in self._ann.sees(channel) if one.embeds]
        return [re.findall(r"no\. \d+", str(one.embeds[0]["description"]))[0] for one in messages]

    def _wrong(self) -> str:
        if self._shown() != self._written:
            return f"{self._channel.name} shows {self._shown()}"
        bot = self._there.world.bot.id
        silent = [one.content for one in self.answers if bot not in one.reactions.get("✅", [])]
        return f"nothing is said of {silent}" if silent else ""

    # ------------------------------------------------------------------------------------------------------ one life

    async def _live(self, life: Life | None, answers: int) -> None:
        with self._log.open("ab") as log:
            process = self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.discord.program", self._there.address),
                *("--home", self._installed.home, "--config", self._installed.file, "run"),
                cwd=ROOT,
                env=os.environ | {"THREADLINE_WEB_PORT": "0"},
                stdout=log,
                stderr=log,
            )
        self._life, self._met = life, 0
        ending = asyncio.create_task(process.wait())
        answering = asyncio.create_task(self._answer(answers))
        wrong = "nothing was looked at"
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    while wrong and not ending.done():
                        await asyncio.wait([ending], timeout=0.05)
                        wrong = self._wrong() if answering.done() else "somebody answers"
        finally:
            self._life = None
            answering.cancel()
            if not ending.done():
                # A life whose moment does not come ends at rest.
                process.send_signal(signal.SIGTERM if life is None else signal.SIGKILL)
            await ending
        said = f"{life or 'the last life'}; see {self._log}"
        assert process.returncode == (0 if life is None else -signal.SIGKILL), said
        assert life is not None or not wrong, f"{said}\n{wrong}"

    async def _answer(self, answers: int) -> None:
        for _ in range(answers):
            while not (threads := self._ann.threads_in(self._channel)):
                await asyncio.sleep(0.01)
            self.answers.append(self._ann.says(threads[0], f"answer {len(self.answers)}"))
            if self._life is not None and self._life.when == "heard":
                self._comes(self._life)
            await asyncio.sleep(0.03)

    def _taken(self, method: str, path: str) -> Rule | None:
        """A request comes; it may be the one at which the process dies."""
        life = self._life
        if life is None or life.when == "heard" or method not in ("POST", "PUT") or not _SENDS.search(path):
            return self._take(method, path)
        if not self._comes(life):
            return self._take(method, path)
        return Rule(Drop() if life.when == "unsent" else LoseAnswer(), method, re.escape(path), 1)

    def _comes(self, life: Life) -> bool:
        """Whether this is the moment; then the process dies."""
        self._met += 1
        if self._met != life.number:
            return False
        self.killed += 1
        if life.when == "heard":
            asyncio.get_running_loop().call_later(life.late, self._kill)
        else:
            self._kill()
        return True

    def _kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)


def lives_of(dice: random.Random, count: int, most: int, heard: int) -> Iterator[Life]:
    """Where processes die: at one of the first so many things that they write, or that they hear."""
    for _ in range(count):
        when = dice.choice(WHENS)
        yield Life(dice.randrange(1, heard if when == "heard" else most), when, dice.random() * INSTANT)


async def test_a_program_that_is_killed_while_people_answer_loses_nothing(
    stand_in: StandIn, talk: Channel, ann: Person, tmp_path: Path
) -> None:
    """A sample of the slow form below: the next process knows what the last one had begun."""
    story = Story(stand_in, tmp_path, talk, ann)
    await story.tell(25, 5, [*lives_of(random.Random(SEED), 3, 12, 5), None])
    assert story.killed, "no process died at its moment; another seed is needed"


@pytest.mark.faults
@pytest.mark.timeout(0)
async def test_programs_may_be_killed_at_any_moment(stand_in: StandIn, ann: Person, guild, tmp_path: Path) -> None:
    """Two hundred posts in each story, and answers all the while."""
    for seed in range(SEED, SEED + STORIES):
        folder = tmp_path / f"story-{seed}"
        folder.mkdir()
        channel = stand_in.channel(guild, f"talk-{seed}")
        dice = random.Random(seed)
        await Story(stand_in, folder, channel, ann).tell(200, 20, [*lives_of(dice, 4, 70, 20), None])
