"""Which rooms are encrypted. There is no way back from it, so only a room that is open has to be looked at again."""

from __future__ import annotations

import asyncio

from adapters.chats.matrix.client import path
from adapters.chats.matrix.encryption.crypto import FRESH
from adapters.chats.matrix.session import Session
from bot.errors import Gone


class Seals:
    """What is known of the rooms of one login; a sync tells it first, and the homeserver is asked where none runs."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sealed: set[str] = set()
        self._open: dict[str, float] = {}
        """Rooms that were open when they were looked at."""
        self._heard = -FRESH

    def seal(self, room: str) -> None:
        """A room is encrypted from now on."""
        self._sealed.add(room)

    def heard(self) -> None:
        """A sync said all that had changed."""
        self._heard = asyncio.get_running_loop().time()

    async def on(self, room: str) -> bool:
        """Whether what is said in a room has to be encrypted."""
        now = asyncio.get_running_loop().time()
        if room not in self._sealed and now - max(self._open.get(room, -FRESH), self._known(room)) > FRESH:
            try:
                await self._session.call("GET", path("rooms", room, "state", "m.room.encryption", ""))
                self._sealed.add(room)
            except Gone:
                self._open[room] = now
        return room in self._sealed

    def _known(self, room: str) -> float:
        """When it was heard last what became of a room that was open."""
        return self._heard if room in self._open else -FRESH
