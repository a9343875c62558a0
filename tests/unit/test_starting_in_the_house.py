"""A thread is started from the chat in the whole program: typed there, on the forum, and shown in the channel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.forums.sandbox import SandboxForum
from bot.testing.clock import FakeClock
from tests.house import CHANNEL, PATIENCE, House, has, settled

FORUM = """
[forums.sandbox]
adapter = "sandbox"
opening = false
"""

TYPED = '/forum post here "A fine title" He said "no".\n\n    and went'


class Starting(House):
    """The sandbox's first board, mirrored into the channel, with a thread in it."""

    async def furnish(self) -> Starting:
        await self.look()
        await self.board.start_thread("b1", "Max", "Talk", "The opening words")
        await self.mirror("sandbox:b1")
        await self.until(has("The opening words"))
        return self

    async def look(self) -> None:
        """Open the sandbox, as whoever asks for it first does."""
        sandbox = (await self.app.forum("sandbox")).forum
        assert isinstance(sandbox, SandboxForum)
        self.board = sandbox.board

    async def asks(self, text: str, thread: str = "") -> None:
        """Zoe gives a command, in the channel or in a chat thread, and a thread of hers is taken."""
        await self.chat.room.say(CHANNEL, thread, "Zoe", text)
        async with asyncio.timeout(PATIENCE):
            while not await self.rows("SELECT 1 FROM whisper"):
                await asyncio.sleep(0.01)

    async def begun(self, title: str) -> list[str]:
        """The texts of the OPs of threads with a title."""
        state = await self.board.state()
        return [state.posts[row.op].text for row in state.threads.values() if row.title == title]

    async def told(self, name: str) -> list[str]:
        """What somebody was told in private in the channel."""
        state = await self.chat.room.state()
        return [note.text for note in state.pane(name, CHANNEL) if not note.command]


@pytest.fixture
def house(tmp_path: Path) -> Starting:
    return Starting(tmp_path / "home", settled(tmp_path, FORUM), FakeClock())


@pytest.fixture
async def running(house: Starting) -> AsyncIterator[Starting]:
    async with house.running():
        yield await house.furnish()


async def test_what_is_typed_over_several_lines_becomes_a_thread_as_it_stands(running: Starting) -> None:
    """Its author sees it in the channel like everybody's, and can be answered there."""
    await running.asks(TYPED)
    shown = await running.until(has("A fine title"))
    assert sum("A fine title" in text for text in shown.values()) == 1
    assert await running.begun("A fine title") == ['He said "no".\n\n```\nand went\n```']
    first, last = await running.told("Zoe")
    assert first.startswith("Your thread “A fine title” goes to sandbox")
    assert "stands on sandbox" in last


async def test_in_a_chat_thread_here_is_the_board_of_that_thread(running: Starting) -> None:
    """Who reads a thread and wants another one is asked for no name of the board."""
    await running.asks(TYPED, await running.root())
    await running.until(has("A fine title"))
    assert len(await running.begun("A fine title")) == 1


async def test_a_thread_that_was_asked_for_is_started_by_the_next_process(house: Starting) -> None:
    """The program ended when it had been taken and not been sent."""
    async with house.running():
        await house.furnish()
        await house.asks(TYPED)
        assert await house.begun("A fine title") == []
    async with house.running():
        await house.look()
        await house.until(has("A fine title"))
        assert len(await house.begun("A fine title")) == 1
