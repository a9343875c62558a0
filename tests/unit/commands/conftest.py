"""The whole program on a home of its own, one step at a time: the sandbox goes into the chat that it serves itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.chats.web.chat import WebChat
from adapters.forums.sandbox import SandboxForum
from bot.app import OPERATOR, App, opened
from bot.commands import carry_out
from bot.home import Home
from bot.model import Answer, Batch, Caller, ChatName
from bot.registry import Registry
from bot.settings import load
from bot.store import run
from bot.store.inbox import cursor, receive
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog

SETTINGS = """
[forums.sandbox]
adapter = "sandbox"
opening = false
[chats.web]
adapter = "web"
channels = ["workshop"]
"""


class Here:
    """The program; people of the forum and of the chat act on `board` and `room`."""

    def __init__(self, app: App, clock: FakeClock) -> None:
        self.app = app
        self.clock = clock

    async def furnish(self) -> Here:
        """Open both sides, and let one thread stand in the channel."""
        sandbox = (await self.app.forum("sandbox")).forum
        chat = await self.app.chat("web")
        assert isinstance(sandbox, SandboxForum)
        assert isinstance(chat, WebChat)
        self.board, self.room, self.chat = sandbox.board, chat.room, chat
        self.thread = await self.board.start_thread("b1", "Ann", "Talk", "The opening words")
        return self

    async def did(self, *words: str, caller: Caller = OPERATOR) -> Answer:
        """What a command answers that has to succeed."""
        answer = await self.failed(*words, caller=caller, ok=True)
        return answer

    async def failed(self, *words: str, caller: Caller = OPERATOR, ok: bool = False) -> Answer:
        """What a command answers that has to fail."""
        answer = await carry_out(self.app, caller, "mirror", words)
        assert answer.ok is ok, answer.text
        return answer

    async def why(self, what: str, caller: Caller = OPERATOR) -> str:
        """What is told of a post."""
        return (await self.did("why", what, caller=caller)).text

    async def mirror(self, *options: str) -> str:
        """Mirror the thread into the channel and send it."""
        text = (await self.did("add", f"sandbox:{self.thread}", "--into", "web:workshop", *options)).text
        await self.settle()
        return text

    async def settle(self) -> None:
        """Hear, deliver and read until nothing happens any more."""
        for _ in range(3):
            await self.hear()
            await self.app.once()
            self.clock.advance(60_000)

    async def hear(self) -> None:
        """Take in what people did in the chat."""
        after = int(await self.app.store.read(cursor, "web") or 0)
        some, after = (await self.room.state()).events(after, 1000)
        await self.app.store.write(receive, "web", Batch(some, str(after)), self.clock.now())

    async def say(self, text: str, reply_to: str = "") -> str:
        """Zoe answers in the chat thread; what became of it is known."""
        [[ref]] = await self.rows("SELECT thread_ref FROM place WHERE parent IS NOT NULL AND thread_ref IS NOT NULL")
        message = await self.room.say("workshop", ref, "Zoe", text, reply_to)
        await self.settle()
        return message

    async def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        return [tuple(row) for row in await self.app.store.write(run, sql, *params)]

    async def community(self, native: str = "") -> Caller:
        """An admin of a community."""
        rows = await self.rows(
            """INSERT INTO community (chat, native, name) VALUES ('web', $1, $1) ON CONFLICT (chat, native)
               DO UPDATE SET name=excluded.name RETURNING id""",
            native,
        )
        return Caller(ChatName("web"), rows[0][0], "Bo", admin=True)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    file = tmp_path / "threadline.toml"
    file.write_text(SETTINGS, "utf-8")
    registry, clock = Registry(), FakeClock()
    settings = load(file, {}, registry.settings, registry.installed)
    async with opened(Home(tmp_path / "home"), settings, registry, RecordingLog(), clock=clock) as app:
        yield await Here(app, clock).furnish()


@pytest.fixture
async def mirrored(here: Here) -> Here:
    await here.mirror()
    return here
