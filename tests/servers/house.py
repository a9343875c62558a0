"""The program between a site whose comments Isso keeps and a chat, with people who write in the chat.

    python -m tests.servers.house HOME SETTINGS PAGE TEXT...

is one life of it: Zoe says each text in the chat thread of a page, unless it stands there already, and the program
works until nothing is owed.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.chats.web import adapter as web
from adapters.chats.web.chat import WebChat
from adapters.chats.web.state import Message
from bot.app import OPERATOR, opened
from bot.clock import Clock, SystemClock
from bot.commands import carry_out
from bot.home import Home
from bot.listener import Listener
from bot.model import HOUR, ChatName
from bot.registry import Registry
from bot.settings import load
from bot.store import run
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog

CHANNEL = "news"

SETTINGS = """
[net]
allow = ["127.0.0.1"]
[delivery]
settle_seconds = 1
[forums.blog]
adapter = "isso"
address = "{address}"
min_interval = 1
[chats.web]
adapter = "web"
channels = ["news"]
"""

PATIENCE = 60.0
"""Seconds after which what is not so yet never will be."""


class House:
    """The program on a home; what it knows stays when it ends."""

    def __init__(self, home: Path, settings: Path, clock: Clock) -> None:
        self._home = home
        self._file = settings
        self._clock = clock
        self.log = RecordingLog()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[House]:
        """The program from its start to its end, listening."""
        registry = Registry()
        settings = load(self._file, {}, registry.settings, registry.installed)
        async with opened(Home(self._home), settings, registry, self.log, clock=self._clock) as self.app:
            chat: Any = await self.app.chat("web")
            self.chat: WebChat = chat
            carry = self.app.callers.carry
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

    async def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        return [tuple(row) for row in await self.app.store.read(run, sql, *values)]

    async def root(self) -> str:
        """The message that the first chat thread hangs on; empty while there is none."""
        found = (message.id for message in await self.messages() if message.hangs is not None)
        return next(found, "")

    async def messages(self) -> list[Message]:
        """The messages that can be seen, oldest first."""
        state = await self.chat.room.state()
        return [message for message in state.messages.values() if message.shown]

    async def shown(self) -> list[str]:
        """What people read: ours and their own."""
        return [
            web.sketch(one.payload) if one.payload is not None else f"{one.author}: {one.text}"
            for one in await self.messages()
            if not one.deleted
        ]

    async def message(self, words: str) -> Message:
        """The one message that holds some words."""
        [found] = [
            one
            for one in await self.messages()
            if words in (web.sketch(one.payload) if one.payload is not None else one.text)
        ]
        return found

    async def say(self, text: str, answers: str = "", name: str = "Zoe") -> str:
        """Somebody writes in the chat thread, in answer to a message of it where one is named."""
        return await self.chat.room.say(CHANNEL, await self.root(), name, text, answers)

    async def until(self, so: Callable[[], Awaitable[bool]], step: int = HOUR) -> None:
        """Work until it is so; a clock that does not go by itself is put forward."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    await self.app.once()
                    if await so():
                        return
                    if isinstance(self._clock, FakeClock):
                        self._clock.advance(step)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            told = await self.rows("SELECT subject, act, state, reason FROM delivery WHERE state<>'sent'")
            raise AssertionError("\n--\n".join([*await self.shown(), repr(told), self.log.text()[-2000:]])) from None

    async def at_rest(self) -> bool:
        """Whether nothing is owed, and everything that was said is known and its fate shown."""
        [[owed]] = await self.rows("SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending')")
        [[inbox]] = await self.rows("SELECT count(*) FROM inbox WHERE state='waiting'")
        [[fates]] = await self.rows("SELECT count(*) FROM reply WHERE fate<>fate_shown")
        return not (owed or inbox or fates)


async def live(home: Path, settings: Path, page: str, texts: list[str]) -> None:
    """One life of the program."""
    async with House(home, settings, SystemClock()).running() as house:
        if not await house.root():
            await house.mirror(page)
        for text in texts:
            if not any(message.text == text for message in await house.messages()):
                await house.say(text)

        async def over() -> bool:
            [[posted]] = await house.rows("SELECT count(*) FROM reply WHERE fate='posted'")
            return bool(posted == len(texts)) and await house.at_rest()

        await house.until(over)


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:]))
