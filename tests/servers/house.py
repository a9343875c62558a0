"""The program between a site whose comments Isso keeps and a chat, with people who write in the chat.

    python -m tests.servers.house HOME SETTINGS PAGE TEXT...

is one life of it: Zoe says each text in the chat thread of a page, unless it stands there already, and the program
works until nothing is owed.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from adapters.chats.web import adapter as web
from adapters.chats.web.state import Message
from bot.clock import SystemClock
from bot.model import HOUR
from tests.house import PATIENCE, House

FORUM = """
[delivery]
settle_seconds = 1
[forums.blog]
adapter = "isso"
address = "{address}"
min_interval = 1
"""


class Commented(House):
    """The program, read as those who take part in a chat thread read it."""

    async def talk(self) -> list[str]:
        """What people read: ours and their own."""
        return [text for _, text in await self.read()]

    async def read(self) -> list[tuple[str, str]]:
        """The same, with the message that each of them is."""
        return [
            (one.id, _read(one) if one.payload is not None else f"{one.author}: {one.text}")
            for one in await self.messages()
        ]

    async def message(self, words: str) -> Message:
        """The one message that holds some words."""
        [found] = [one for one in await self.messages() if words in _read(one)]
        return found

    async def works(self, so: Callable[[], Awaitable[bool]], step: int = HOUR) -> None:
        """Work until it is so; a clock that does not go by itself is put forward."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    await self.app.once()
                    if await so():
                        return
                    self.goes_by(step)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            told = await self.rows("SELECT subject, act, state, reason FROM delivery WHERE state<>'sent'")
            raise AssertionError("\n--\n".join([*await self.talk(), repr(told), self.log.text()[-2000:]])) from None

    async def at_rest(self) -> bool:
        """Whether nothing is owed, and everything that was said is known and its fate shown."""
        [[owed]] = await self.rows("SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending')")
        [[inbox]] = await self.rows("SELECT count(*) FROM inbox WHERE state='waiting'")
        [[fates]] = await self.rows("SELECT count(*) FROM reply WHERE fate<>fate_shown")
        return not (owed or inbox or fates)


def _read(message: Message) -> str:
    return web.sketch(message.payload) if message.payload is not None else message.text


async def live(home: Path, settings: Path, page: str, texts: list[str]) -> None:
    """One life of the program."""
    house = Commented(home, settings, SystemClock())
    async with house.running():
        if not await house.root():
            await house.mirror(page)
        for text in texts:
            if not any(message.text == text for message in await house.messages()):
                await house.say(text)

        async def over() -> bool:
            [[posted]] = await house.rows("SELECT count(*) FROM reply WHERE fate='posted'")
            return bool(posted == len(texts)) and await house.at_rest()

        await house.works(over)


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:]))
