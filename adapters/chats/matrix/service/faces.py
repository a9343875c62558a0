"""How the ghosts of authors are shown: accounts that are made when they are needed, with a name and a picture."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import NamedTuple
from weakref import WeakValueDictionary

from adapters.chats.matrix.client import path
from adapters.chats.matrix.media.pictures import Pictures
from adapters.chats.matrix.render import Ghost
from adapters.chats.matrix.session import Session
from bot.errors import Gone, NotAllowed, Refused
from bot.ports import Log

MOST_FACES = 10_000
"""Ghosts of which it is remembered how they are called; the others are asked for when they speak again."""

EVERYWHERE = "*"
"""In the place of a room: all of them."""

NO = (NotAllowed, Refused, Gone)
"""What a homeserver says to a ghost that may not do something."""


class Mute(Exception):
    """A ghost cannot speak: in a whole room, or it alone; `silent`: and surely it has not said what it was to say."""

    def __init__(self, place: str, why: str, silent: bool = True) -> None:
        super().__init__(why)
        self.place = place
        self.why = why
        self.silent = silent


class Face(NamedTuple):
    """How a ghost is shown: its name, and the picture by its address on the web and on the homeserver."""

    rooms: set[str]
    """Where it is."""
    name: str = ""
    avatar: str = ""
    mxc: str = ""


class Faces:
    """The ghosts of one login, as they are shown."""

    def __init__(self, session: Session, pictures: Pictures, log: Log) -> None:
        self._session = session
        self._pictures = pictures
        self._log = log
        self._shown: OrderedDict[str, Face] = OrderedDict()
        self._making: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def __contains__(self, user: object) -> bool:
        return user in self._shown

    async def of(self, user: str, ghost: Ghost) -> Face:
        """Give a ghost the name and picture that its author has now; made if it is not there yet."""
        face = self._shown.get(user)
        if face is not None and (face.name, face.avatar) == (ghost.name, ghost.avatar):
            self._shown.move_to_end(user)
            return face
        lock = self._making.setdefault(user, asyncio.Lock())
        async with lock:
            face = self._shown.get(user) or await self.found(user)
            if face.name != ghost.name:
                await self._set(user, "displayname", ghost.name)
            mxc = await self._pictures.uploaded(ghost.avatar) if ghost.avatar not in ("", face.avatar) else ""
            if mxc and mxc != face.mxc:
                await self._set(user, "avatar_url", mxc)
            # A picture that could not be had is not waited for again.
            shown = self._shown[user] = Face(face.rooms, ghost.name, ghost.avatar, mxc or face.mxc)
            while len(self._shown) > MOST_FACES:
                self._shown.popitem(last=False)
            return shown

    async def found(self, user: str) -> Face:
        """How a ghost is shown on the homeserver, and where; made there if need be."""
        ghost = self._session.speaking(user)
        try:
            said = await self._session.call("GET", path("profile", user), query=ghost)
            there = await self._session.call("GET", path("joined_rooms"), query=ghost)
        except NO:
            try:
                await self._session.enrol(user)
            except NO as error:
                why = "none can be made on the homeserver; give it the registration anew"
                raise Mute(EVERYWHERE, why, silent=False) from error
            return Face(set())
        rooms = {room for room in there.get("joined_rooms", ()) if isinstance(room, str)}
        return Face(rooms, str(said.get("displayname", "")), "", str(said.get("avatar_url", "")))

    async def _set(self, user: str, field: str, value: str) -> None:
        """Change what a ghost looks like; no message fails for want of that."""
        where = path("profile", user, field)
        try:
            await self._session.call("PUT", where, {field: value}, query=self._session.speaking(user), write=False)
        except NO as error:
            self._log.warning("a ghost cannot be changed", ghost=user, field=field, why=str(error)[:300])
