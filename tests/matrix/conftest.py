"""One homeserver for all tests of Matrix, new people for each, and a proxy that fails as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from bot.model import ChannelRef
from tests.environment import NotInstalled, python_of
from tests.matrix.homeserver import PROGRAM, Homeserver
from tests.matrix.listening import Listening, Room
from tests.matrix.people import Person, newcomer
from tests.matrix.proxy import Proxy
from tests.matrix.services import services


@pytest.fixture(scope="session")
def synapse() -> Path:
    """The interpreter that has Synapse."""
    try:
        return python_of("synapse", PROGRAM)
    except NotInstalled as why:
        pytest.skip(str(why))


@pytest.fixture(scope="session")
def homeserver(synapse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """The homeserver of this run, without rate limits. Nobody stops or starts it: `own` is for that."""
    yield from _shared(synapse, tmp_path_factory, limits=False)


@pytest.fixture(scope="session")
def limited(synapse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """One more, with the rate limits that Synapse has by default; ten events, then one in five seconds."""
    yield from _shared(synapse, tmp_path_factory, limits=True)


_RUNNING: dict[bool, Homeserver] = {}


def _shared(synapse: Path, folders: pytest.TempPathFactory, *, limits: bool) -> Iterator[Homeserver]:
    """Started once for the run, also where another folder imports the fixture, which pytest takes for another one."""
    if limits not in _RUNNING:
        folder = folders.mktemp("synapse")
        _RUNNING[limits] = Homeserver(synapse, folder, limits=limits, services=services(folder / "services"))
    homeserver = _RUNNING[limits]
    try:
        if not homeserver.running:
            homeserver.start()
        yield homeserver
    finally:
        homeserver.stop()


class Own(Homeserver):
    """A homeserver of one test, which may end it and start it again."""

    async def begin(self) -> None:
        """Start it, while others in this loop go on."""
        self.launch()
        while not self.listens():
            await asyncio.sleep(0.02)


@pytest.fixture
async def own(synapse: Path, tmp_path: Path) -> AsyncIterator[Own]:
    """A homeserver that only this test knows, started; kill, stop and `begin` it at will."""
    homeserver = Own(synapse, tmp_path / "synapse", services=services(tmp_path / "services"))
    try:
        await homeserver.begin()
        yield homeserver
    finally:
        homeserver.kill()


People = Callable[..., Awaitable[Person]]


@pytest.fixture
async def people(homeserver: Homeserver) -> AsyncIterator[People]:
    """Brings new people: `await people("ann")`; on another homeserver with `at`, with its admin's powers by `admin`."""
    async with AsyncExitStack() as stack:

        async def bring(name: str = "ann", *, at: Homeserver = homeserver, admin: bool = False) -> Person:
            person = await newcomer(at, name, admin=admin)
            stack.push_async_callback(person.close)
            return person

        yield bring


@pytest.fixture
async def proxy(homeserver: Homeserver) -> AsyncIterator[Proxy]:
    """A proxy before the homeserver of this run; `async with Proxy(own.address)` puts one before another."""
    async with Proxy(homeserver.address) as proxy:
        yield proxy


@pytest.fixture
async def bot(people: People, tmp_path: Path) -> AsyncIterator[Listening]:
    """A login that listens, as often as it is opened."""
    async with AsyncExitStack() as stack:
        yield Listening(await people("bot"), tmp_path, stack)


@pytest.fixture
def room(bot: Listening) -> Room:
    """Makes rooms of a person, in which the login that listens is: `await room(ann)`."""

    async def make(owner: Person, **wishes: Any) -> ChannelRef:
        made = await owner.room(**wishes)
        await bot.person.join(made)
        return ChannelRef(made)

    return make
