"""People on a homeserver, with a plain client that hides nothing and repairs nothing."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from tests.matrix.homeserver import Homeserver, Login

_NUMBERS = itertools.count(1)
MESSAGE = "m.room.message"


class Refused(Exception):
    """The homeserver said no; holds what it said."""

    def __init__(self, status: int, said: dict[str, Any], retry_after: str) -> None:
        super().__init__(f"{status} {said}")
        self.status = status
        self.said = said
        self.retry_after = retry_after


def asking_once(**options: Any) -> aiohttp.ClientSession:
    """A session in which each request is sent once, over a connection of its own, and nothing is remembered."""
    connector = aiohttp.TCPConnector(force_close=True, limit=0)
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), **options)
    # By itself aiohttp sends a GET, PUT or DELETE whose connection was lost a second time, and tells nobody.
    session._retry_connection = False
    return session


class Person:
    """Somebody with an account and one device; `address` may be a proxy's, to act through it."""

    def __init__(self, address: str, login: Login) -> None:
        self.address = address
        self.login = login
        self.id = login.user_id
        self._session = asking_once(headers={"Authorization": f"Bearer {login.access_token}"})
        self._transactions = itertools.count(1)

    async def call(self, method: str, path: str, body: object = None, **query: str) -> Any:
        """Ask the client API, at a path below /_matrix/client/v3; raises Refused, and aiohttp's errors."""
        url = f"{self.address}/_matrix/client/v3{path}"
        async with self._session.request(method, url, json=body, params=query) as answer:
            said = await answer.json(content_type=None)
            if answer.status != 200:
                raise Refused(answer.status, said, answer.headers.get("Retry-After", ""))
            return said

    async def room(self, **wishes: Any) -> str:
        """Make a room that everybody may join; `wishes` are those of createRoom, such as `room_version`."""
        return str((await self.call("POST", "/createRoom", {"preset": "public_chat"} | wishes))["room_id"])

    async def join(self, room: str) -> None:
        """Enter a room, by its id or its alias."""
        await self.call("POST", f"/join/{quote(room, safe='')}", {})

    async def say(self, room: str, text: str, *, txn: str = "", **content: Any) -> str:
        """Write a message; gives the id of its event. `content` adds to it, or replaces."""
        return await self.send(room, MESSAGE, {"msgtype": "m.text", "body": text} | content, txn=txn)

    async def send(self, room: str, kind: str, content: dict[str, Any], *, txn: str = "") -> str:
        """Send any event; gives its id."""
        txn = txn or f"of-a-person-{next(self._transactions)}"
        path = f"/rooms/{quote(room, safe='')}/send/{kind}/{quote(txn, safe='')}"
        return str((await self.call("PUT", path, content))["event_id"])

    async def upload(self, content: bytes, kind: str = "application/octet-stream") -> str:
        """Give the homeserver a file; where it lies there."""
        url = f"{self.address}/_matrix/media/v3/upload"
        async with self._session.post(url, data=content, headers={"Content-Type": kind}) as answer:
            return str((await answer.json())["content_uri"])

    async def events(self, room: str, kind: str = MESSAGE, *, page: int = 100) -> list[dict[str, Any]]:
        """All events of one kind in a room, oldest first, read in pages of at most a hundred."""
        found: list[dict[str, Any]] = []
        query = {"dir": "f", "limit": str(page)}
        while True:
            said = await self.call("GET", f"/rooms/{quote(room, safe='')}/messages", **query)
            found += [event for event in said["chunk"] if event["type"] == kind]
            if "end" not in said:
                return found
            query["from"] = said["end"]

    async def texts(self, room: str) -> list[str]:
        """What the messages of a room say, oldest first."""
        return [event["content"].get("body", "") for event in await self.events(room)]

    async def close(self) -> None:
        """Let go of the connections."""
        await self._session.close()


async def log_in(address: str, name: str, password: str) -> Login:
    """A new device of somebody who has an account; raises Refused."""
    wish = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": name}, "password": password}
    url = f"{address}/_matrix/client/v3/login"
    async with aiohttp.ClientSession() as session, session.post(url, json=wish) as answer:
        said = await answer.json()
    if answer.status != 200:
        raise Refused(answer.status, said, answer.headers.get("Retry-After", ""))
    return msgspec.convert(said, Login)


async def newcomer(homeserver: Homeserver, name: str = "ann", *, admin: bool = False) -> Person:
    """Somebody new, whose name begins with `name` and is nobody else's."""
    while True:
        login = await homeserver.register(f"{name}-{next(_NUMBERS)}", "password", admin=admin)
        if login is not None:
            return Person(homeserver.address, login)
