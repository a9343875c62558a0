"""The program with a chat on its own pages, and people who write there: what tests mirror a forum into.

It listens while it runs, and does nothing else by itself: `until` works, and lets time pass, until something is so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.chats.web import adapter as web
from adapters.chats.web.chat import WebChat
from adapters.chats.web.state import Message
from bot.app import OPERATOR, App, opened
from bot.clock import Clock
from bot.commands import carry_out
from bot.home import Home
from bot.listener import Listener
from bot.model import HOUR, ChatName, Millis
from bot.registry import Registry
from bot.settings import load
from bot.store import run
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog

CHANNEL = "news"

SETTINGS = """
[net]
allow = ["127.0.0.1"]
[chats.web]
adapter = "web"
channels = ["news"]
"""
"""What stands in every file of settings here."""

PATIENCE = 60.0
"""Seconds after which what is not so yet never will be."""

Shown = dict[str, str]
"""The messages of ours, as people see them, by their ids, oldest first."""


def settled(folder: Path, forum: str = "") -> Path:
    """A file of settings, with what they say of a forum besides."""
    file = folder / "threadline.toml"
    file.write_text(SETTINGS + forum, "utf-8")
    return file


def kept_secret(folder: Path, secret: str) -> Path:
    """A file that holds a secret, and that nobody else can read."""
    file = folder / "secret"
    file.write_text(f"{secret}\n", "utf-8")
    file.chmod(0o600)
    return file


def found(shown: Shown, words: str) -> str:
    """The id of the first message that holds some words; empty where none does."""
    return next((id for id, text in shown.items() if words in text), "")


def has(*words: str) -> Callable[[Shown], bool]:
    """Whether each of some words is shown."""
    return lambda shown: all(found(shown, one) for one in words)


def lacks(words: str) -> Callable[[Shown], bool]:
    """Whether some words are not shown."""
    return lambda shown: not found(shown, words)


class House:
    """The program on a home; what it knows stays when it ends."""

    app: App
    chat: WebChat

    def __init__(
        self, home: Path, settings: Path, clock: Clock, passes: Callable[[Millis], object] = lambda ms: None
    ) -> None:
        self._home = home
        self._file = settings
        self._clock = clock
        self._passes = passes
        self.log = RecordingLog()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[House]:
        """The program from its start to its end, listening."""
        registry = Registry()
        settings = load(self._file, {}, registry.settings, registry.installed)
        async with opened(Home(self._home), settings, registry, self.log, clock=self._clock) as self.app:
            chat = await self.app.chat("web")
            assert isinstance(chat, WebChat)
            self.chat, carry = chat, self.app.callers.carry
            listener = Listener(ChatName("web"), chat, self.app.store, self._clock, self.log, carry, lambda: None)
            listening = asyncio.create_task(listener.run())
            try:
                yield self
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    async def mirror(self, address: str) -> str:
        """Mirror what stands at an address; what the command answers."""
        answer = await carry_out(self.app, OPERATOR, "mirror", ["add", address, "--into", f"web:{CHANNEL}"])
        assert answer.ok, answer.text
        await self.app.once()
        return answer.text

    async def preview(self, address: str) -> str:
        """What stands at an address as it would be mirrored."""
        answer = await self.app.handle({"preview": address, "as": "plain"})
        assert answer.ok, answer.text
        return answer.text

    async def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        return [tuple(row) for row in await self.app.store.read(run, sql, *values)]

    async def messages(self) -> list[Message]:
        """The messages that stand in the channel and its chat threads, oldest first."""
        state = await self.chat.room.state()
        return [message for message in state.messages.values() if not message.deleted]

    async def shown(self) -> Shown:
        """What is ours of them."""
        return {one.id: web.sketch(one.payload) for one in await self.messages() if one.payload is not None}

    async def root(self) -> str:
        """The message that the first chat thread hangs on; empty while there is none."""
        state = await self.chat.room.state()
        return next((one.id for one in state.messages.values() if one.hangs is not None), "")

    async def say(self, text: str, answers: str = "", name: str = "Zoe", id: str = "") -> str:
        """Somebody writes, in answer to a message or in the first chat thread, and the program hears it.

        With an `id`, they signed in; else nothing says who they are but their name.
        """
        state = await self.chat.room.state()
        answered = state.standing(answers)
        thread = (answered.thread if answered is not None else "") or await self.root()
        before = await self._heard()
        said = await self.chat.room.say(CHANNEL, thread, name, text, answers, id=id)
        async with asyncio.timeout(PATIENCE):
            while await self._heard() == before:
                await asyncio.sleep(0.01)
        return said

    async def _heard(self) -> list[tuple[Any, ...]]:
        return await self.rows("SELECT count(*) FROM inbox")

    async def until(self, there: Callable[[Shown], bool]) -> Shown:
        """What is shown once it is so, an hour of readings after the other, within a day."""
        for _ in range(24):
            await self.app.once()
            shown = await self.shown()
            if there(shown):
                return shown
            self.goes_by(HOUR)
        told = ["within a day it did not come to be so:", *(await self.shown()).values(), self.log.text()[-2000:]]
        pytest.fail("\n--\n".join(told))

    def goes_by(self, ms: Millis) -> None:
        """Let time pass, where it does not pass by itself."""
        if isinstance(self._clock, FakeClock):
            self._clock.advance(ms)
        self._passes(ms)
