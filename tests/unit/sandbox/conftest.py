"""A sandbox on a temporary folder, with a clock that moves by itself."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from adapters.forums.sandbox import SandboxForum, SandboxSettings, adapter
from bot.model import ForumName
from bot.ports import Pages
from bot.settings import Web
from bot.testing.context import context
from bot.testing.log import RecordingLog
from bot.web.pages import TemplatePages
from bot.web.server import WebServer

START = 1_700_000_000_000


class Clock:
    """Moves by one second at each look."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> int:
        self.at += 1000
        return self.at


class Bench:
    """Opens the same sandbox again and again, as restarts do."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "sandbox"
        self.clock = Clock()
        self.log = RecordingLog()
        self.pages = TemplatePages("adapters.forums.sandbox", now=self.clock)
        self._opened: list[SandboxForum] = []

    def open(self, pages: Pages | None = None, **settings: Any) -> SandboxForum:
        given = context(self.home, "sandbox", now=self.clock, log=self.log, pages=pages)
        settings = {"opening": False} | settings
        forum = adapter.open(ForumName("sandbox"), SandboxSettings(**settings), given)
        self._opened.append(forum)
        return forum

    async def close(self) -> None:
        for forum in self._opened:
            await forum.close()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    await bench.close()


async def well() -> dict[str, Any]:
    return {"ok": True, "parts": {}}


@pytest.fixture
async def serve(forum: SandboxForum) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Serves the forum as the program does and gives the address; `hosts`: names under which others reach it."""
    async with AsyncExitStack() as stack:

        async def serving(hosts: tuple[str, ...] = ()) -> str:
            server = WebServer(Web(port=0, hosts=hosts), [forum], health=well)
            stack.push_async_callback(server.stop)
            return await server.start()

        yield serving


@pytest.fixture
def forum(bench: Bench) -> SandboxForum:
    return bench.open()
