"""A login that only listens, and what people do for it to hear."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from adapters.chats.matrix.encryption.crypto import Crypto
from adapters.chats.matrix.encryption.seals import Seals
from adapters.chats.matrix.receiving.sync import Receiving
from adapters.chats.matrix.session import Session
from adapters.chats.matrix.settings import Settings
from bot.model import ChannelRef, Event, Said
from bot.ports import Chat, Secret
from bot.testing.chat_talk import Ears, saying
from bot.testing.context import context
from tests.matrix.people import Person

Room = Callable[..., Coroutine[Any, Any, ChannelRef]]
"""Makes a room of a person, in which the listening login is."""


class Listening:
    """A login that only listens, through a proxy or not, and can be opened anew as after a restart."""

    def __init__(self, person: Person, folder: Path, stack: AsyncExitStack) -> None:
        self.person = person
        self.id = person.id
        self.address = person.address
        self.settings: dict[str, Any] = {}
        self._folder = folder
        self._stack = stack
        self._number = itertools.count(1)

    def opened(self) -> Receiving:
        """The receiving side as a fresh process has it."""
        token = Secret(self.person.login.access_token)
        settings = Settings(homeserver=self.address, token=token, **self.settings)
        our = context(self._folder, f"matrix-{next(self._number)}")
        session = Session(settings, our)
        crypto = Crypto(session, our)
        receiving = Receiving(session, settings, our, Seals(session), crypto)
        self._stack.push_async_callback(session.close)
        self._stack.push_async_callback(crypto.close)
        self._stack.push_async_callback(receiving.close)
        return receiving

    async def ears(self, cursor: str = "", receiving: Receiving | None = None) -> Ears:
        """Ears that hear what is done from now on, or from a cursor on."""
        ears = Ears(cast(Chat, receiving or self.opened()), cursor)
        self._stack.push_async_callback(ears.close)
        if not cursor:
            for _ in range(2):  # where the present is, and that it listens
                batch = await ears.batch(20)
                assert batch is not None, "the first start tells where the present is"
                assert batch.events == (), "and nothing of what was before"
        return ears


async def heard(ears: Ears, person: Person, room: str, end: str = "that was all") -> list[Event]:
    """What happened up to now; somebody says so."""
    await person.say(room, end)
    events = await ears.until(saying(end))
    return [event for event in events if not saying(end)(event)]


def in_thread(root: str, parent: str = "", real: bool = False) -> Any:
    """What a message in a chat thread relates to."""
    relates = {"rel_type": "m.thread", "event_id": root, "is_falling_back": not real}
    return {"m.relates_to": relates | {"m.in_reply_to": {"event_id": parent or root}}}


def answering(parent: str) -> Any:
    return {"m.relates_to": {"m.in_reply_to": {"event_id": parent}}}


async def edit(person: Person, room: str, message: str, text: str) -> str:
    content: Any = {
        "m.new_content": {"msgtype": "m.text", "body": text},
        "m.relates_to": {"rel_type": "m.replace", "event_id": message},
    }
    return await person.say(room, f"* {text}", **content)


async def redact(person: Person, room: str, event: str) -> str:
    path = f"/rooms/{quote(room, safe='')}/redact/{quote(event, safe='')}/gone-{quote(event[1:8], safe='')}"
    return str((await person.call("PUT", path, {}))["event_id"])


async def react(person: Person, room: str, message: str, key: str) -> str:
    relates = {"rel_type": "m.annotation", "event_id": message, "key": key}
    return await person.send(room, "m.reaction", {"m.relates_to": relates})


async def state(person: Person, room: str, kind: str, content: object, key: str = "") -> None:
    await person.call("PUT", f"/rooms/{quote(room, safe='')}/state/{kind}/{quote(key, safe='')}", content)


async def called(person: Person, name: str) -> None:
    await person.call("PUT", f"/profile/{quote(person.id, safe='')}/displayname", {"displayname": name})


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Said)]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.02)
