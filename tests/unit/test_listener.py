"""Listening to a chat: a failure that is more than weather is told once, and so is its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot import listener as listening
from bot.errors import Unreachable
from bot.listener import TELL_AFTER, Listener
from bot.model import Answer, Batch, ChatName, Commanded
from bot.store import open_store
from bot.store.notices import open_notices
from bot.testing.chats import FakeChat
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from bot.testing.store_rig import StoreRig

PATIENCE = 10.0


class Deaf(FakeChat):
    """A chat that cannot be listened to as often as it is told."""

    deaf: int = 0
    asked: int = 0

    def events(self, cursor: str) -> AsyncIterator[Batch]:
        self.asked += 1
        if self.deaf:
            self.deaf -= 1
            raise Unreachable("nobody answers")
        return super().events(cursor)


async def nothing(chat: ChatName, command: Commanded) -> Answer:
    return Answer("")


@pytest.fixture
async def house(tmp_path):
    store = await open_store(tmp_path / "threadline.db")
    house = await StoreRig(store).furnish()
    await house.mirror()
    yield house
    await store.close()


@pytest.fixture
def hear(monkeypatch: pytest.MonkeyPatch):
    """A listener that waits for nothing between two tries."""
    monkeypatch.setattr(listening, "backoff", lambda failures: 0.0)

    def hears(house: StoreRig, chat: Deaf) -> Listener:
        return Listener(ChatName("web"), chat, house.store, FakeClock(), RecordingLog(), nothing, lambda: None)

    return hears


async def until(condition: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():
            await asyncio.sleep(0)


async def told(house: StoreRig) -> list[str]:
    return [about for about, _, _ in await house.store.read(open_notices)]


async def test_a_chat_that_stays_deaf_is_told_of_and_again_when_it_hears(house, hear, monkeypatch):
    """Law 11: status and health name it, the admins hear of it once."""
    chat = Deaf()
    chat.deaf = 10_000
    one = hear(house, chat)
    running = asyncio.create_task(one.run())
    await until(lambda: told(house))
    assert await told(house) == ["chat:web"]
    assert one.failing == "nobody answers"
    monkeypatch.setattr(listening, "WHILE", 0.0)
    before = chat.asked

    async def patched() -> bool:
        return chat.asked > before + 1

    await until(patched)
    chat.deaf = 0

    async def well() -> bool:
        return not await told(house) and not one.failing

    await until(well)
    running.cancel()


async def test_a_single_failure_is_weather(house, hear):
    chat = Deaf()
    chat.deaf = TELL_AFTER - 1
    one = hear(house, chat)
    running = asyncio.create_task(one.run())

    async def tried() -> bool:
        return chat.asked > TELL_AFTER - 1

    await until(tried)
    assert (await told(house), one.failing) == ([], "")
    running.cancel()
