"""Puts events into rooms, changes and takes away those that we wrote, and reads lists of them."""

from __future__ import annotations

import hashlib
import re

from adapters.chats.matrix import names
from adapters.chats.matrix.client import Object, path
from adapters.chats.matrix.relations import EDIT
from adapters.chats.matrix.session import Session
from bot.errors import NotAllowed
from bot.model import MessageId

MESSAGE = "m.room.message"
REACTION = "m.reaction"

PAGE = "100"
"""Events that are read at once."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_\-]{1,200}")


class Posting:
    """What one login writes into rooms."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def put(self, room: str, kind: str, content: Object, key: str) -> MessageId:
        """Put an event into a room; an equal key of ours puts it there once."""
        txn = key if _PLAIN_KEY.fullmatch(key) else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
        said = await self._session.call("PUT", path("rooms", room, "send", kind, txn), content)
        return MessageId(str(said["event_id"]))

    def wrote(self, event: Object) -> bool:
        """Whether an event is ours."""
        return event.get("sender") == self._session.user

    async def ours(self, room: str, message: str) -> Object:
        """An event of ours, as it stands; `Gone` where it is not there, `NotAllowed` where it is another's."""
        event = await self._session.call("GET", path("rooms", room, "event", names.event_of(message)))
        if not self.wrote(event):
            raise NotAllowed("This message is another's, and in Matrix nobody else can change it.")
        return event

    async def redact(self, room: str, event: Object, reason: str) -> None:
        """Take a message of ours away with all that it said: its changes first, which cannot be found afterwards."""
        message = str(event["event_id"])
        for change in await self.related(room, message, EDIT, MESSAGE):
            if self.wrote(change):
                await self.take_away(room, change, reason)
        await self.take_away(room, event, reason)

    async def take_away(self, room: str, event: Object, reason: str) -> None:
        """Take away one event of ours, and nothing else; doing so twice changes nothing."""
        id = str(event["event_id"])
        content = {"reason": reason} if reason else {}
        await self._session.call("PUT", path("rooms", room, "redact", id, f"redact{id}"), content)

    async def related(self, room: str, message: str, relation: str, kind: str) -> list[Object]:
        """All events of a kind that stand in a relation to a message."""
        return await self.pages(relations(room, message, relation, kind), {"limit": PAGE})

    async def pages(self, where: str, query: dict[str, str]) -> list[Object]:
        """All events of a list, page by page."""
        found: list[Object] = []
        while True:
            said = await self._session.call("GET", where, query=query)
            found += [event for event in said.get("chunk", ()) if isinstance(event, dict)]
            more = said.get("next_batch") or said.get("end")
            if not isinstance(more, str) or more == query.get("from"):
                return found
            query = query | {"from": more}


def relations(room: str, message: str, *kinds: str) -> str:
    """Where a homeserver lists what stands in relation to a message."""
    return path("rooms", room, "relations", message, *kinds, version="client/v1")
