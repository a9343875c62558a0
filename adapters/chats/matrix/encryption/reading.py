"""Reads what people say encrypted: now, or when the key to it comes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from adapters.chats.matrix.client import Object, path
from adapters.chats.matrix.encryption.crypto import Crypto
from adapters.chats.matrix.encryption.machine import Key, Locked
from adapters.chats.matrix.encryption.waiting import Waiting
from adapters.chats.matrix.session import Session
from bot.errors import Gone, NotAllowed, Refused
from bot.ports import Context


class Reading:
    """What one login hears in clear and reads of the rest; a message is read once more until its batch was `taken`."""

    def __init__(self, session: Session, crypto: Crypto, context: Context) -> None:
        self._session = session
        self._crypto = crypto
        self._waiting = Waiting(context)
        self._keys: set[Key] = set()
        self._read: set[str] = set()

    async def begin(self, answer: Object, first: bool) -> None:
        """Take in the keys that a sync brings; at the `first` one all that wait may have got theirs before."""
        self._keys.update(await self._crypto.take(answer))
        if first:
            self._read.clear()
            self._keys.update(self._waiting.keys())

    async def opened(self, room: str, event: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """An event as it was said; None where that is nothing for us, or cannot be read yet."""
        try:
            return await self._crypto.opened(room, event)
        except Locked as locked:
            self._waiting.add(locked.key, str(event.get("event_id")))
            return None

    async def late(self) -> AsyncGenerator[tuple[str, Mapping[str, Any]], None]:
        """What was said in messages whose keys have come by now, and in which rooms."""
        for one in self._waiting.awaiting(self._keys):
            if not await self._crypto.has(one.key):
                continue
            said: Mapping[str, Any] | None = None
            try:
                event = await self._session.call("GET", path("rooms", one.room, "event", one.message))
                said = await self._crypto.opened(one.room, event)
            except Locked:
                continue
            except (Gone, NotAllowed, Refused):
                pass  # nobody can read it any more
            self._read.add(one.message)
            if said is not None:
                yield one.room, said
        self._keys.clear()

    async def keep(self) -> None:
        """Write down what waits; before the cursor moves."""
        await self._waiting.keep()

    def taken(self) -> None:
        """The batch is stored, and with it what was read late."""
        self._waiting.done(self._read)
        self._read.clear()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an operator is told of messages that wait."""
        return self._waiting.remarks
