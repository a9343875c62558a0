"""The loop over the queues: what is found while it looks is not lost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.errors import Unreachable
from bot.jobs import Job, Subject
from bot.mirroring import Act
from bot.model import ChannelRef, ThreadRef, Where
from bot.schedule import Schedule
from bot.sender import Sender, World
from bot.store import Store, open_store
from bot.store.failures import failing_queues
from bot.store.outbox import ready
from bot.testing.chats import FakeChat
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from bot.testing.store_rig import StoreRig, op, post

PATIENCE = 10.0


class Slow:
    """A store whose answer about what is ready can be kept back; obeys `bot.store.Store`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.write = store.write
        self.close = store.close
        self.asked = asyncio.Event()
        self.recorded = asyncio.Event()
        self.answer = asyncio.Event()
        self.answer.set()

    @property
    def trouble(self) -> str:
        return self._store.trouble

    async def read(self, unit: Any, /, *args: Any, **kwargs: Any) -> Any:
        found = await self._store.read(unit, *args, **kwargs)
        if unit is failing_queues:
            self.recorded.set()  # asked behind every record
        if unit is ready:
            self.asked.set()
            await self.answer.wait()
        return found


class Door(FakeChat):
    """A chat that takes messages only while its door is open."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def send(self, *args: Any) -> Any:
        self.reached.set()
        await self.open.wait()
        return await super().send(*args)


class Quiet(Schedule):
    """No alarm rings: nothing but the sender itself may remember what is owed."""

    def at(self, name: str, moment: int, wake: Any) -> None:
        pass


@pytest.fixture
async def house(tmp_path):
    store = await open_store(tmp_path / "threadline.db")
    yield await StoreRig(store).furnish()
    await store.close()


async def test_a_chat_thread_that_opens_while_the_sender_looks_around_is_worked_on_at_once(house):
    """Its queue was not ready when the database was asked, and it is when the answer comes."""
    await house.mirror()
    await house.read_list()
    await house.arrive(op(), post("p1"))
    slow, chat = Slow(house.store), Door()
    sender = Sender(slow, World({"web": chat}, {}), FakeClock(), Quiet(), RecordingLog(), installation="home")
    running = asyncio.create_task(sender.run())
    async with asyncio.timeout(PATIENCE):
        await chat.reached.wait()
        slow.asked.clear()
        slow.answer.clear()
        sender.wake()
        await slow.asked.wait()
        chat.open.set()
        await slow.recorded.wait()
        slow.answer.set()
        while (await house.owed("sent")) != [("create", "p0", "channel"), ("create", "p1", "thread")]:
            await asyncio.sleep(0)
        sender.stop()
        await running


class Keyless(FakeChat):
    """A chat that knows keys in its chat threads alone, and may be away."""

    away = False

    async def key_window(self, where: Where) -> float | None:
        if self.away:
            raise Unreachable("it is away; try again later")
        return 60.0 if where.thread else None


async def test_keys_count_only_in_places_where_they_do():
    """A repetition under a key that the place does not know would stand there twice; and so would one of which nobody
    can say now whether it does.
    """
    keyless = Keyless()
    world = World({"keyless": keyless, "web": FakeChat()}, {})
    channel = Where(ChannelRef("1"))
    thread = Where(ChannelRef("1"), ThreadRef("2"))

    def job(chat: str, where: Where) -> Job:
        return Job(1, 1, 1, Subject.POST, 1, Act.CREATE, 1, 0, 0, True, chat, "", where)

    assert await world.window(job("keyless", channel)) is None
    assert await world.window(job("keyless", thread)) == 60.0
    assert await world.window(job("web", channel)) == world.chats["web"].caps.key_window
    keyless.away = True
    assert await world.window(job("keyless", thread)) is None
