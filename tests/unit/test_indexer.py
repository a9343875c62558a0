"""The index of words is kept up by itself, also while the database rests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.errors import StoreStopped
from bot.indexer import Indexer
from bot.schedule import Schedule
from bot.store import open_store
from bot.store.indexing import AT_ONCE, lacking
from bot.testing.log import RecordingLog
from bot.testing.store_rig import StoreRig, op, post


class Rings(Schedule):
    """A schedule that rings when it is told to."""

    def every(self, name: str, seconds: float, wake: Callable[[], None]) -> None:
        self.ring = wake


@pytest.fixture
async def house(tmp_path):
    store = await open_store(tmp_path / "threadline.db")
    yield await StoreRig(store).furnish()
    await store.close()


async def test_what_comes_while_it_runs_is_put_in_at_the_next_look(house):
    rings, log = Rings(), RecordingLog()
    await house.read_thread(op(), *(post(f"p{n}") for n in range(1, AT_ONCE + 20)))
    running = asyncio.create_task(Indexer(house.store, rings, log).run())
    try:
        while await house.store.read(lacking):
            await asyncio.sleep(0)
        await house.read_thread(op("q0"), key="other")
        assert await house.store.read(lacking) == 1
        rings.ring()
        while await house.store.read(lacking):
            await asyncio.sleep(0)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class Resting:
    """A store that takes no work the first time it is asked."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.asked = 0

    async def read(self, unit: Any, *args: Any) -> Any:
        self.asked += 1
        if self.asked == 1:
            raise StoreStopped("the disk is full")
        return await self._store.read(unit, *args)

    async def write(self, unit: Any, *args: Any) -> Any:
        return await self._store.write(unit, *args)


async def test_it_goes_on_when_the_database_takes_work_again(house):
    rings, log = Rings(), RecordingLog()
    await house.read_thread(op())
    store: Any = Resting(house.store)
    running = asyncio.create_task(Indexer(store, rings, log).run())
    try:
        while not store.asked:
            await asyncio.sleep(0)
        rings.ring()
        while await house.store.read(lacking):
            await asyncio.sleep(0)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
