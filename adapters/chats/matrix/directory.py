"""Rooms by their names: where an alias leads, and how we get in there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from adapters.chats.matrix import names
from adapters.chats.matrix.client import Object, path
from adapters.chats.matrix.session import Session
from adapters.chats.matrix.settings import Settings
from bot.errors import Gone, NotAllowed, RateLimited, Unparsable

PATIENCE = 20.0
"""Seconds of pauses that are waited out while somebody waits for an answer."""


class Directory:
    """What one login finds and enters."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self._session = session
        self._settings = settings

    async def resolved(self, alias: str) -> str:
        """The room that an alias leads to; empty where there is none."""
        try:
            said = await self._session.call("GET", path("directory", "room", alias))
        except Gone:
            return ""
        return names.room_of(text(said, "room_id"))

    async def find(self, sought: tuple[str, ...]) -> tuple[str, str]:
        """The first room of those that are sought, entered, and the name by which it was found; empty where none is."""
        for one in sought:
            room = one if one.startswith("!") else await self.resolved(one)
            if room:
                await self.enter(room, one)
                return room, one
        return "", ""

    async def enter(self, room: str, name: str) -> None:
        """Be in a room; one of a strange server is only entered where the settings name that server."""
        if await self.membership(room, self._session.user) == "join":
            return
        server = names.server_of(name)
        if server and server not in (self._session.server, *self._settings.allow_servers):
            raise NotAllowed(
                f"{name} is a room of {server}; add that to allow_servers of this chat to let us in there."
            )
        await patiently(self._session, "POST", path("join", room), {}, query={"via": server} if server else None)

    async def membership(self, room: str, person: str) -> str:
        """How somebody stands to a room: join, invite, leave, ban; empty where they never did, or it is not told."""
        return str((await self.state(room, "m.room.member", person)).get("membership", ""))

    async def state(self, room: str, kind: str, key: str = "") -> Object:
        """What a room says of itself; empty where it says nothing of it, or not to us."""
        try:
            return await self._session.call("GET", path("rooms", room, "state", kind, key))
        except (Gone, NotAllowed):
            return {}


async def patiently(
    session: Session, method: str, where: str, body: Object, *, query: Mapping[str, str] | None = None
) -> Object:
    """Ask for what does no harm when it is asked for twice; a short pause that the homeserver wants is waited out."""
    left = PATIENCE
    while True:
        try:
            return await session.call(method, where, body, query=query, write=False)
        except RateLimited as error:
            if error.seconds > left:
                raise
            left -= max(error.seconds, 1.0)
            await asyncio.sleep(error.seconds)


def text(said: Object, field: str) -> str:
    """A text of an answer that cannot do without it; raises `Unparsable`."""
    value = said.get(field)
    if not isinstance(value, str):
        raise Unparsable(f"The homeserver's answer has no {field}.", field)
    return value
