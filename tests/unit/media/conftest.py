"""A site that gives files, and a library that fetches them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web

from bot.media.cache import Cache
from bot.media.library import Library
from bot.media.port import ShownIn
from bot.net import Net
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from bot.testing.server import LoopbackSite

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
MIB = 1024 * 1024


class Site:
    """Gives every path a file of its own, unless `answers` says otherwise; `asked` holds the paths that were asked for.

    While `gate` is shut, requests wait.
    """

    def __init__(self) -> None:
        self.answers: dict[str, web.Response] = {}
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.busy = 0
        self.busiest = 0
        self._server = LoopbackSite([web.get("/{path:.*}", self._give)])

    async def start(self) -> None:
        await self._server.start()

    async def close(self) -> None:
        await self._server.close()

    def at(self, path: str) -> str:
        """The address of a path."""
        return f"{self._server.address}/{path}"

    async def _give(self, request: web.Request) -> web.Response:
        path = str(request.rel_url).lstrip("/")
        self.asked.append(path)
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            await self.gate.wait()
        finally:
            self.busy -= 1
        return self.answers.get(path) or web.Response(body=PNG + path.encode(), content_type="text/html")


class Posts:
    """Obeys `bot.media.library.Renews`: `now` is the address that every post has; `due` whether it is read again."""

    def __init__(self) -> None:
        self.now = ""
        self.due = True
        self.again: list[ShownIn] = []

    async def current(self, chat: str, place: ShownIn, address: str) -> str:
        return self.now

    async def reread(self, chat: str, place: ShownIn) -> bool:
        self.again.append(place)
        return self.due


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    await made.start()
    yield made
    made.gate.set()
    await made.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def posts() -> Posts:
    return Posts()


@pytest.fixture
async def library(tmp_path: Path, clock: FakeClock, posts: Posts) -> AsyncIterator[Callable[..., Library]]:
    """Opens libraries over one cache; this machine may be reached unless told otherwise."""
    nets: list[Net] = []
    made: list[Library] = []

    def opened(limit: int = MIB, largest: int = MIB, allow: tuple[str, ...] = ("127.0.0.1",)) -> Library:
        nets.append(Net(allow=allow))
        cache = Cache(tmp_path / "media", limit)
        made.append(Library(nets[-1], cache, clock.now, RecordingLog(), largest=largest, renews=posts))
        return made[-1]

    yield opened
    for one in made:
        await one.close()
    for net in nets:
        await net.close()
