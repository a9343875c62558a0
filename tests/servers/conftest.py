"""Forum software as its users run it, on loopback: what it really sends, and not what somebody thinks that it sends.

It is installed once, from requirements/servers.txt, into build/servers; where pip cannot get it, these tests skip.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from adapters.forums.feed import adapter
from adapters.forums.feed.settings import Settings
from bot.model import ForumName
from bot.ports import Forum
from bot.testing.clock import FakeClock
from bot.testing.context import context
from tests.environment import NotInstalled, python_of
from tests.house import House, settled
from tests.servers.isso import Isso
from tests.servers.machina import Machina, make_project

PATIENCE = 30.0
"""Seconds within which a server has to answer."""


@pytest.fixture(scope="session")
def producers() -> Path:
    """The folder of programs of an environment that holds the servers; made once for each list of requirements."""
    try:
        return python_of("servers", "isso").parent
    except NotInstalled as why:
        pytest.skip(str(why))


@asynccontextmanager
async def serving(command: list[str | Path], folder: Path, port: int) -> AsyncIterator[None]:
    """A server while the block lasts, from when it listens on."""
    with (folder / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            async with asyncio.timeout(PATIENCE):
                while not _listens(port):
                    assert process.returncode is None, (folder / "log").read_text()
                    await asyncio.sleep(0.02)
            yield
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
async def isso(producers: Path, tmp_path: Path) -> AsyncIterator[Isso]:
    """Isso without a comment."""
    folder, port = tmp_path / "isso", free_port()
    folder.mkdir()
    (folder / "isso.cfg").write_text(Isso.settings(port), "utf-8")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving([producers / "isso", "-c", "isso.cfg", "run"], folder, port))
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        yield Isso(f"http://127.0.0.1:{port}", session)


@pytest.fixture(scope="session")
def machina_project(producers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with one empty forum and two people; each test has a copy of it."""
    return make_project(producers, tmp_path_factory.mktemp("machina"))


@pytest.fixture
async def machina(producers: Path, machina_project: Path, tmp_path: Path) -> AsyncIterator[Machina]:
    """django-machina with one empty forum."""
    folder, port = tmp_path / "machina", free_port()
    shutil.copytree(machina_project, folder)
    run: list[str | Path] = [producers / "python", "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    async with serving(run, folder, port):
        site = Machina(f"http://127.0.0.1:{port}")
        yield site
        await site.close()


@pytest.fixture
def clock() -> FakeClock:
    """Begins now, for the servers have no other time."""
    return FakeClock(int(time.time() * 1000))


@pytest.fixture
async def forum(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Forum]:
    """The feed adapter, for whatever address."""
    ours = context(tmp_path, "feeds", now=clock.now)
    feeds = adapter.open(ForumName("feeds"), Settings(), ours)
    yield feeds
    await feeds.close()
    await ours.net.close()


@pytest.fixture
async def here(tmp_path: Path, clock: FakeClock) -> AsyncIterator[House]:
    """The program, in which nothing is mirrored yet."""
    house = House(tmp_path / "home", settled(tmp_path), clock)
    async with house.running():
        yield house
