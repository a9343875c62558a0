"""Application services that every homeserver of the tests knows from its start."""

from __future__ import annotations

import asyncio
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from adapters.chats.matrix.service.registration import FILE, register
from adapters.chats.matrix.settings import Settings
from bot.testing.context import context
from tests.matrix.homeserver import SERVER_NAME, Homeserver, Login, free_port
from tests.matrix.people import Person, Refused


class Service(NamedTuple):
    """An application service, as its own admin knows it."""

    file: Path
    """The registration that the homeserver has read."""
    user: str
    ghosts: str
    port: int
    """Where the homeserver sends what happens; 0: it does not."""

    def settings(self, address: str, **more: Any) -> Settings:
        """The settings of a login as this service at an address."""
        told: dict[str, Any] = {"user": self.user, "ghosts": self.ghosts, "pushed": bool(self.port)}
        return Settings(homeserver=address, appservice=True, **told | more)

    def known_in(self, folder: Path) -> None:
        """Let a login that keeps its things in a folder be this service."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(self.file, folder / FILE)

    async def account(self, homeserver: Homeserver) -> Person:
        """The account that the login has, for whoever wants to do something as it."""
        return await _Account.of(self, homeserver)


class _Account(Person):
    """Acts as the service's own account, by the token that is everybody's of that service."""

    @classmethod
    async def of(cls, service: Service, homeserver: Homeserver) -> _Account:
        token = json.loads(service.file.read_text("utf-8"))["as_token"]
        one = cls(homeserver.address, Login(service.user, token, ""))
        wish = {"type": "m.login.application_service", "username": service.user[1:].partition(":")[0]}
        with suppress(Refused):  # it is there already
            await super(_Account, one).call("POST", "/register", wish | {"inhibit_login": True})
        return one

    async def call(self, method: str, path: str, body: object = None, **query: str) -> Any:
        return await super().call(method, path, body, user_id=self.id, **query)


def services(folder: Path) -> tuple[Service, Service]:
    """One that asks the homeserver what happens, and one that is also told; made in a folder."""
    quiet = Service(folder / "quiet" / FILE, f"@service:{SERVER_NAME}", "forum_", 0)
    pushed = Service(folder / "pushed" / FILE, f"@pushed:{SERVER_NAME}", "pushed_", free_port())
    for one in (quiet, pushed):
        with ThreadPoolExecutor(1) as apart:  # whoever calls may be in an event loop
            apart.submit(asyncio.run, _made(one)).result()
    return quiet, pushed


async def _made(one: Service) -> None:
    its = context(
        one.file.parent.parent, one.file.parent.name, public=f"http://127.0.0.1:{one.port}" if one.port else ""
    )
    await register(one.settings("http://127.0.0.1"), its)
    await its.net.close()
