"""The whole program as an application service, killed again and again: every author said everything once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.clock import SystemClock
from tests.matrix.conftest import Own
from tests.matrix.homeserver import Homeserver
from tests.matrix.mirrored import Mirrored, Moments, When
from tests.matrix.people import Person, newcomer
from tests.matrix.services import Service

SEED = int(os.environ.get("THREADLINE_SEED", "1"))
"""Chooses the moments."""

PATIENCE = 120.0
"""Seconds after which what is not right yet never will be."""

SETTINGS = """
[forums.sandbox]
adapter = "sandbox"
opening = false
min_interval = 0.3
[chats.matrix]
adapter = "matrix"
homeserver = "{address}"
appservice = true
user = "{user}"
ghosts = "{ghosts}"
"""

WHENS: tuple[When, ...] = ("unsent", "landing", "landed")


class Spoken(Mirrored):
    """A room in which each author speaks."""

    def __init__(self, folder: Path, service: Service, account: Person, ann: Person, room: str, address: str) -> None:
        super().__init__(folder, account.login, ann, room, address, SystemClock())
        told = SETTINGS.format(address=address, user=service.user, ghosts=service.ghosts)
        self.settings.write_text(told, "utf-8")
        service.known_in(self.home / "chats" / "matrix")
        self._ghosts = f"@{service.ghosts}"

    def is_ours(self, user: str) -> bool:
        return user.startswith(self._ghosts)

    async def live(self, proxy: Moments, number: int, when: When) -> None:
        """One process, killed with a message counted from its start; 0: ended when the room says what it should."""
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("threadline"),
            *("--home", self.home, "--config", self.settings, "run"),
            env=os.environ | {"THREADLINE_WEB_PORT": "0"},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        killed: list[int] = []

        def kill() -> None:
            os.kill(process.pid, signal.SIGKILL)
            killed.append(process.pid)

        if number:
            proxy.at(number, when, kill)
        try:
            async with asyncio.timeout(PATIENCE):
                while process.returncode is None and not await self.over():
                    await asyncio.sleep(0.05)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            proxy.forget()
        assert bool(killed) == bool(number)


@pytest.fixture
async def ann(own: Own) -> AsyncIterator[Person]:
    person = await newcomer(own, "ann")
    yield person
    await person.close()


async def spoken(server: Homeserver, ann: Person, folder: Path, address: str) -> Spoken:
    service = server.services[0]
    account = await service.account(server)
    room = await ann.room()
    await account.join(room)
    await account.close()
    return Spoken(folder, service, account, ann, room, address)


async def test_every_author_says_everything_once_whoever_is_killed(own: Own, ann: Person, tmp_path: Path) -> None:
    """The program at any message, and the homeserver, which forgets what it had only in mind."""
    dice = random.Random(SEED)
    proxy = Moments(own.address)
    async with proxy:
        mirrored = await spoken(own, ann, tmp_path, proxy.address)
        async with mirrored.running():
            await mirrored.begin(8)
        for when in WHENS:
            await mirrored.live(proxy, dice.randint(1, 2), when)
        own.kill()
        await own.begin()
        await mirrored.live(proxy, 0, "landed")
        await mirrored.check()
        events = await ann.events(mirrored.room)
        senders = {event["sender"] for event in events}
        names = [(await ann.call("GET", f"/profile/{sender}/displayname"))["displayname"] for sender in senders]
        assert sorted(names) == ["Max", "Zoe"]
