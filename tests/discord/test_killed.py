"""Processes that are killed while a thread is mirrored and people answer: what stands on both sides at the end."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

import pytest

from bot.app import OPERATOR
from bot.commands import carry_out
from bot.testing.log import RecordingLog
from tests.discord.faults import Drop, LoseAnswer, Rule
from tests.discord.installed import Installed, mirror, shown
from tests.discord.nouns import Channel, Guild, Message
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
SETTLE = 1.0
"""Seconds after which nothing of a dead process can land: it had no request on its way but the one at which it died."""

_SENDS = re.compile(r"/messages$|/threads$|/reactions/|^/webhooks/")


KINDS = [(kind, identity) for kind in ("text", "forum") for identity in ("bot", "webhook")]
"""Channels, and who speaks in them."""


class Life(NamedTuple):
    """How a process ends: at which thing that it writes or hears since it started, when in that, and how much later."""

    number: int
    when: When
    late: float


class Story:
    """A thread that is mirrored into a channel, somebody who answers there, and one process after the other."""

    def __init__(self, there: StandIn, folder: Path, channel: Channel, ann: Person, identity: str) -> None:
        self._there = there
        self._channel = channel
        self._ann = ann
        self._installed = Installed(folder, there, identity, settle=SETTLE)
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

    @property
    def counted(self) -> Counter[str]:
        """What it came to; that none is missing, none is there twice and all are in order was looked at."""
        return Counter(stories=1, posts=len(self._written), answers=len(self.answers), kills=self.killed)

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
            # One person says more in a long story than the house lets one.
            assert (await carry_out(app, OPERATOR, "mirror", ["replies", "1", "--at-most", "200"])).ok

    async def _look(self) -> None:
        """The forum has each post and each answer once, and the answers in their order."""
        async with self._installed.opened(RecordingLog()) as (_, board):
            state = await board.state()
            said = [state.posts[key].text for key in state.threads[self._thread].posts]
        assert said == [*self._written, *(one.content for one in self.answers)]

    def _wrong(self) -> str:
        if (there := shown(self._ann, self._channel)) != self._written:
            return f"{self._channel.name} shows {there}"
        bot = self._there.world.bot.id
        silent = [one.content for one in self.answers if bot not in one.reactions.get("✅", [])]
        return f"nothing is said of {silent}" if silent else ""

    # ------------------------------------------------------------------------------------------------------ one life

    async def _live(self, life: Life | None, answers: int) -> None:
        async with self._installed.started() as process:
            self._process = process
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
        said = f"{life or 'the last life'}; see {self._installed.log}"
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


@pytest.mark.parametrize(("kind", "identity"), [KINDS[0], KINDS[-1]])
async def test_a_program_that_is_killed_while_people_answer_loses_nothing(
    stand_in: StandIn, talk: Channel, board: Channel, ann: Person, tmp_path: Path, kind: str, identity: str
) -> None:
    """A sample of the slow form below: the next process knows what the last one had begun."""
    story = Story(stand_in, tmp_path, talk if kind == "text" else board, ann, identity)
    await story.tell(16, 5, [*lives_of(random.Random(SEED), 3, 12, 5), None])
    assert story.killed, "no process died at its moment; another seed is needed"


@pytest.mark.faults
@pytest.mark.timeout(0)
async def test_programs_may_be_killed_at_any_moment(
    stand_in: StandIn, guild: Guild, ann: Person, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two hundred posts in each story, and answers all the while; whoever speaks, in channels of both kinds."""
    counted: Counter[str] = Counter()
    for seed in range(SEED, SEED + STORIES):
        folder = tmp_path / f"story-{seed}"
        folder.mkdir()
        kind, identity = KINDS[seed % len(KINDS)]
        make = stand_in.channel if kind == "text" else stand_in.forum
        dice = random.Random(seed)
        story = Story(stand_in, folder, make(guild, f"talk-{seed}"), ann, identity)
        await story.tell(200, 20, [*lives_of(dice, 4, 70, 20), None])
        counted += story.counted
    with capsys.disabled():
        print("\n" + ", ".join(f"{count} {what}" for what, count in counted.items()) + "; none lost, none twice")
