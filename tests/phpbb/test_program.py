"""The whole program on a board: a thread is mirrored, somebody answers in the chat, and the answer stands there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.chats.web import adapter as web
from adapters.chats.web.chat import WebChat
from bot.app import OPERATOR, App, opened
from bot.commands import carry_out
from bot.home import Home
from bot.listener import Listener
from bot.model import HOUR, ChatName
from bot.registry import Registry
from bot.settings import load
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from tests.phpbb.board import BEGAN, Board

SETTINGS = """
[net]
allow = ["127.0.0.1"]
[chats.web]
adapter = "web"
channels = ["news"]
[forums.board]
adapter = "phpbb"
address = "{address}"
username = "bridge"
password_file = "{password}"
"""


class Here:
    """The program with one channel and the board."""

    def __init__(self, app: App, chat: WebChat, clock: FakeClock, board: Board) -> None:
        self.app = app
        self.chat = chat
        self._clock = clock
        self._board = board

    async def mirror(self, address: str) -> str:
        answer = await carry_out(self.app, OPERATOR, "mirror", ["add", address, "--into", "web:news"])
        assert answer.ok, answer.text
        await self.app.once()
        return answer.text

    async def shown(self) -> dict[str, str]:
        """The messages of ours by their ids, as people see them."""
        state = await self.chat.room.state()
        found = {f"m{n}": state.standing(f"m{n}") for n in range(1, 200)}
        return {
            id: web.sketch(message.payload)
            for id, message in found.items()
            if message is not None and message.payload is not None and message.shown
        }

    async def say(self, thread: str, text: str, reply_to: str) -> None:
        """Somebody answers a message, and the program hears it."""
        await self.chat.room.say("news", thread, "Zoe", text, reply_to)
        heard = asyncio.Event()
        callers = self.app.callers
        listener = Listener(
            ChatName("web"), self.chat, self.app.store, self._clock, RecordingLog(), callers.carry, heard.set
        )
        task = asyncio.create_task(listener.run())
        try:
            await asyncio.wait_for(heard.wait(), 20)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def until(self, there: Callable[[dict[str, str]], bool]) -> dict[str, str]:
        """What is shown once it is so, an hour of readings after the other, within a day."""
        for _ in range(24):
            await self.app.once()
            shown = await self.shown()
            if there(shown):
                return shown
            self._clock.advance(HOUR)
            self._board.now += HOUR // 1000
        pytest.fail("\n--\n".join(["within a day it did not come to be so:", *(await self.shown()).values()]))


@pytest.fixture
async def here(board: Board, tmp_path: Path) -> AsyncIterator[Here]:
    clock = FakeClock(BEGAN * 1000)
    password = tmp_path / "password"
    password.write_text("over-the-river\n")
    password.chmod(0o600)
    file = tmp_path / "threadline.toml"
    file.write_text(SETTINGS.format(address=board.site.address, password=password), "utf-8")
    registry = Registry()
    settings = load(file, {}, registry.settings, registry.installed)
    async with opened(Home(tmp_path / "home"), settings, registry, RecordingLog(), clock=clock) as app:
        chat = await app.chat("web")
        assert isinstance(chat, WebChat)
        yield Here(app, chat, clock, board)


async def test_what_a_moderator_let_through_is_recognised(here: Here, board: Board) -> None:
    """The board named no post when it was kept back; its words tell which one it became, and nobody sees it twice."""
    board.start("Plain talk", "The opening words")
    board.moderated = True
    await here.mirror(f"{board.site.address}/viewtopic.php?t=1")
    shown = await here.until(lambda shown: any("The opening words" in text for text in shown.values()))
    thread = next(id for id, text in shown.items() if "The opening words" in text)
    await here.say(thread, "Please let me in", "")
    await here.app.once()
    [ours] = [row for row in board.posts.values() if row.author == "bridge"]
    assert ours.waits
    ours.waits = False
    board.post(1, "cleo", "After that")
    shown = await here.until(lambda shown: any("After that" in text for text in shown.values()))
    assert not any("let me in" in text for text in shown.values())


async def test_an_answer_in_the_chat_stands_on_the_board(here: Here, board: Board) -> None:
    """Mirror, answer, edit, delete: each side sees what the other does, and nobody sees it twice."""
    board.start("Plain talk", "The opening words")
    post = board.post(1, "ben", "First answer")
    await here.mirror(f"{board.site.address}/viewtopic.php?t=1")
    shown = await here.until(lambda shown: any("First answer" in text for text in shown.values()))
    message = next(id for id, text in shown.items() if "First answer" in text)
    thread = next(id for id, text in shown.items() if "The opening words" in text)
    await here.say(thread, "I think so **too**", message)
    await here.app.once()
    [ours] = [row for row in board.posts.values() if row.author == "bridge"]
    assert ours.raw.startswith(f"[quote=ben post_id={post.id} user_id=52]First answer[/quote]\nZoe via web:")
    assert "I think so [b]too[/b]" in ours.raw
    board.post(1, "cleo", "Me three")
    shown = await here.until(lambda shown: any("Me three" in text for text in shown.values()))
    assert not any("I think so" in text for text in shown.values()), "an echo is not shown beside what it echoes"
    board.posts[2].deleted = True
    await here.until(lambda shown: not any("First answer" in text for text in shown.values()))
