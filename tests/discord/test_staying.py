"""The program is told to stop while Discord hangs: it ends soon, and the next one knows how far it was."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.testing.log import RecordingLog
from tests.discord.faults import Hold
from tests.discord.installed import Installed, mirror, shown
from tests.discord.listener import until
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

GRANTED = 10.0
"""Seconds that a program has to end in which was told to: then whoever runs it kills it."""

PATIENCE = 60.0
POSTS, THREADS = 12, 4


@pytest.mark.parametrize(
    ("done", "identity"), [pytest.param(True, "bot", id="done"), pytest.param(False, "webhook", id="never done")]
)
async def test_a_program_that_is_told_to_stop_ends_in_time_whatever_hangs(
    stand_in: StandIn, guild: Guild, talk: Channel, ann: Person, tmp_path: Path, done: bool, identity: str
) -> None:
    """What is in flight is recorded, or found again by the next one; nothing of it is lost or shown twice."""
    installed = Installed(tmp_path, stand_in, identity, settle=1.0)
    written = [f"no. {n}" for n in range(POSTS)]
    channels = [talk, stand_in.forum(guild), *(stand_in.channel(guild, f"talk-{n}") for n in range(THREADS - 2))]
    async with installed.opened(RecordingLog()) as (app, board):
        for channel in channels:
            thread = await board.start_thread("b1", "Zoe", "Talk", written[0])
            opening = (await board.state()).threads[thread].posts[0]
            for words in written[1:]:
                await board.post(thread, opening, "Max", "", words)
            await mirror(app, thread, channel)
    async with installed.started() as process:
        await until(lambda: len(shown(ann, talk)) > 3)
        hangs = stand_in.faults.rule(Hold(done=done), times=None)
        said = ann.says(ann.threads_in(talk)[0], "an answer")
        await until(lambda: hangs.met >= THREADS)
        async with asyncio.timeout(GRANTED):
            await installed.ended(process)
    stand_in.faults.mend()
    async with installed.started() as process:
        async with asyncio.timeout(PATIENCE):
            while not all(shown(ann, channel) == written for channel in channels) or "✅" not in said.reactions:
                await asyncio.sleep(0.05)
        await installed.ended(process)
    assert [shown(ann, channel) for channel in channels] == [written] * THREADS
    async with installed.opened(RecordingLog()) as (_, board):
        assert [one.text for one in (await board.state()).posts.values()].count("an answer") == 1
