"""Says something to one person: beside their message where they will see it there, else in a room of two."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.chats.matrix import names, render
from adapters.chats.matrix.client import path
from adapters.chats.matrix.posting import MESSAGE, Posting
from adapters.chats.matrix.relations import is_redacted, relation
from adapters.chats.matrix.rooms import Rooms
from adapters.chats.matrix.session import Session
from bot.errors import Gone, NotAllowed, Refused
from bot.model import MessageId, Offer, Payload, UserId, Where


class Telling:
    """What one login says to people; `remember` is told where what it said beside a message stands.

    `sign` is what stands before a command here.
    """

    def __init__(
        self, session: Session, rooms: Rooms, posting: Posting, remember: Callable[[str, str], None], sign: str
    ) -> None:
        self._session = session
        self._rooms = rooms
        self._posting = posting
        self._remember = remember
        self._sign = sign

    async def tell(
        self, where: Where, person: UserId, text: str, key: str, about: MessageId, offers: Sequence[Offer]
    ) -> None:
        """Say it in an answer to the message that it is about; in private, where it is about none that stands."""
        said = render.notice(text, offers, self._sign)
        if about and await self._stands(where, person, about):
            try:
                await self._beside(where, person, said, key, about)
            except (Gone, NotAllowed, Refused):
                pass  # the room lets us say nothing, and the person has to hear it all the same
            else:
                return
        room = await self._rooms.direct(person)
        for n, content in enumerate(said):
            await self._posting.put(room, MESSAGE, content, f"{key}-{n}")

    async def _stands(self, where: Where, person: UserId, about: MessageId) -> bool:
        """Whether a message of that person's stands in a room that they are in."""
        try:
            room, message = names.room_of(where.channel), names.event_of(about)
            event = await self._session.call("GET", path("rooms", room, "event", message))
            if event.get("sender") != person or is_redacted(event):
                return False
            member = await self._session.call("GET", path("rooms", room, "state", "m.room.member", person))
        except (Gone, NotAllowed, Refused):
            return False
        return member.get("membership") == "join"

    async def _beside(self, where: Where, person: UserId, said: Sequence[Payload], key: str, about: MessageId) -> None:
        placed = {"m.relates_to": relation(where.thread, about), "m.mentions": {"user_ids": [person]}}
        for n, content in enumerate(said):
            event = await self._posting.put(names.room_of(where.channel), MESSAGE, content | placed, f"{key}-{n}")
            self._remember(event, where.thread)
