"""Readers of a mirrored thread, and the courier that tells them of it when a test lets it look."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.courier import BATCH, Courier
from bot.model import (
    Author,
    ChannelRef,
    Millis,
    UserId,
    Where,
    at,
)
from bot.reading.due import DAILY, minute_of, next_moment, zone_of
from bot.schedule import Schedule
from bot.store import open_store
from bot.store.digests import keep_digest
from bot.store.following import follow
from bot.store.readers import Wishes, meet, wish
from bot.store.whispers import whispered
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from bot.testing.store_rig import StoreRig, op, post

LOUNGE = Where(ChannelRef("lounge"))


class Readers(StoreRig):
    """A mirrored thread, which readers follow; the courier looks when a test lets it."""

    async def open(self, clock: FakeClock) -> Readers:
        self.clock = clock
        self.now = clock.now()
        await self.furnish()
        await self.mirror()
        await self.read_list()
        self.posts = [op(created=at(self.now))]
        await self.arrive(*self.posts)
        self.thread = await self.value("SELECT id FROM thread")
        self.log = RecordingLog()
        self.restart()
        await self.courier.look()
        return self

    def restart(self) -> None:
        """A process that knows nothing but the database."""
        self.owed_now = 0
        self.courier = Courier(self.store, self.clock, Schedule(), self.log, self._owed)

    def _owed(self) -> None:
        self.owed_now += 1

    async def reader(self, name: str, community: int | None = None, chat: str = "web") -> int:
        """Somebody who was met in the channel."""
        who = chat, UserId(f"u-{name}"), name, self.community if community is None else community, LOUNGE
        return (await self.store.write(meet, *who, self.clock.now())).person

    async def follower(self, name: str) -> int:
        person = await self.reader(name)
        await self.store.write(follow, person, self.thread, self.community)
        return person

    async def posted(self, *keys: str, words: str = "words", author: str = "Ann") -> None:
        """The forum's thread has new posts, which are read."""
        self.now = self.clock.now()
        self.posts += [post(key, words, author=Author(author), created=at(self.now)) for key in keys]
        await self.arrive(*self.posts)

    async def after(self, ms: Millis = BATCH) -> None:
        """The courier looks, and looks again when so much time went by."""
        await self.courier.look()
        self.clock.advance(ms)
        await self.courier.look()

    async def heard(self) -> list[tuple[str, str]]:
        """Whom something was said to since the last look, and what; it is said."""
        rows = await self.rows("SELECT id, person, text FROM whisper WHERE state='pending' ORDER BY id")
        for id, *_ in rows:
            await self.store.write(whispered, id, "sent")
        return [(str(person).removeprefix("u-"), text) for _, person, text in rows]

    async def who(self) -> list[str]:
        return [person for person, _ in await self.heard()]

    async def digest(self, person: int, time: str, days: int = DAILY, zone: str = "UTC", **cells: Any) -> None:
        minute = minute_of(time)
        assert minute is not None
        await self.store.write(wish, person, Wishes(zone=zone))
        following = next_moment(self.clock.now(), minute, days, zone_of(zone))
        boards = cells.get("boards", ())
        await self.store.write(keep_digest, person, self.community, minute, days, boards, following)


@pytest.fixture
async def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def opens(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Callable[[str], Awaitable[Readers]]]:
    """Opens a house by a name; each has a database of its own."""
    stores = []

    async def open(name: str) -> Readers:
        stores.append(await open_store(tmp_path / f"{name}.db"))
        return await Readers(stores[-1]).open(clock)

    yield open
    for store in stores:
        await store.close()


@pytest.fixture
async def here(opens: Callable[[str], Awaitable[Readers]]) -> Readers:
    return await opens("threadline")
