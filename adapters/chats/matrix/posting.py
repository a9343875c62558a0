"""Puts events into rooms, changes and takes away those that we wrote, and reads lists of them."""

from __future__ import annotations

import hashlib
import re

import msgspec

from adapters.chats.matrix import names
from adapters.chats.matrix.client import Object, path
from adapters.chats.matrix.encryption.crypto import ENCRYPTED, Crypto
from adapters.chats.matrix.encryption.machine import Locked
from adapters.chats.matrix.encryption.seals import Seals
from adapters.chats.matrix.pace import Felt
from adapters.chats.matrix.powers import mapping
from adapters.chats.matrix.relations import EDIT, KEY
from adapters.chats.matrix.service.ghosts import Ghosts
from adapters.chats.matrix.session import Session
from bot.errors import NotAllowed, RateLimited, Refused
from bot.model import MessageId, Millis

MESSAGE = "m.room.message"
REACTION = "m.reaction"

RELATES = "m.relates_to"

PAGE = "100"
"""Events that are read at once."""

SEALED = 45_000
"""Bytes of a message that are encrypted at most: that makes four thirds of them, and an event has at most 65,536."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_\-]{1,200}")


class Posting:
    """What one login writes into rooms."""

    def __init__(self, session: Session, seals: Seals, crypto: Crypto, ghosts: Ghosts, felt: Felt) -> None:
        self._session = session
        self._felt = felt
        self._ghosts = ghosts
        self._seals = seals
        self._crypto = crypto

    async def put(
        self, room: str, kind: str, content: Object, key: str, speaker: str = "", at: Millis | None = None
    ) -> MessageId:
        """Put an event into a room, in clear only where the room is; an equal key of ours puts it there once.

        Reactions are in clear everywhere: clients leave them so.
        The `speaker` is the ghost that says it, nobody for the login itself; `at` is when it was said elsewhere.
        """
        if kind == MESSAGE and await self._seals.on(room):
            if speaker:
                raise Refused(f"{speaker} cannot say anything in {room}, which is encrypted; ghosts do not encrypt.")
            kind, content = ENCRYPTED, await self._sealed(room, content)
        txn = key if _PLAIN_KEY.fullmatch(key) else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
        query = self._session.speaking(speaker) | ({"ts": str(at)} if at is not None else {})
        try:
            said = await self._session.call("PUT", path("rooms", room, "send", kind, txn), content, query=query)
        except RateLimited:
            self._felt.held_up()
            raise
        self._felt.sent()
        return MessageId(str(said["event_id"]))

    def wrote(self, event: Object) -> bool:
        """Whether an event is ours."""
        return self._session.is_ours(str(event.get("sender")))

    async def ours(self, room: str, message: str) -> Object:
        """An event of ours, as it stands; `Gone` where it is not there, `NotAllowed` where it is another's."""
        event = await self._session.call("GET", path("rooms", room, "event", names.event_of(message)))
        if not self.wrote(event):
            raise NotAllowed("This message is another's, and in Matrix nobody else can change it.")
        return await self._read(room, event)

    async def redact(self, room: str, event: Object, reason: str) -> None:
        """Take a message of ours away with all that it said: its changes first, which cannot be found afterwards."""
        message = str(event["event_id"])
        for change in await self.related(room, message, EDIT):
            if self.wrote(change):
                await self.take_away(room, change, reason)
        await self.take_away(room, event, reason)

    async def take_away(self, room: str, event: Object, reason: str) -> None:
        """Take away one event of ours, and nothing else; doing so twice changes nothing."""
        id, sender = str(event["event_id"]), str(event["sender"])
        content = {"reason": reason} if reason else {}

        async def away(speaker: str) -> None:
            where = path("rooms", room, "redact", id, f"redact{id}")
            await self._session.call("PUT", where, content, query=self._session.speaking(speaker))

        try:
            await self._ghosts.act(room, sender, away)
        except Refused:
            if sender == self._session.user:
                raise
            try:
                await away("")  # who wrote it cannot; whoever has power there can
            except NotAllowed:
                pass
            else:
                return
            raise

    async def related(self, room: str, message: str, *relation: str) -> list[Object]:
        """All events that stand in a relation to a message, or those of a kind."""
        return await self.pages(relations(room, message, *relation), {"limit": PAGE})

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

    # ---------------------------------------------------------------------------------------------------- encryption

    async def _sealed(self, room: str, content: Object) -> Object:
        """A message, encrypted. What it is to others stays in clear, for the homeserver, and its key, for read-back."""
        clear = {name: content[name] for name in (RELATES, KEY) if name in content}
        inner = {name: value for name, value in content.items() if name not in clear}
        if "m.new_content" in inner and len(msgspec.json.encode(inner)) > SEALED:
            # A change says all twice, for clients that know no changes; those that decrypt do.
            inner = {name: value for name, value in inner.items() if name != "formatted_body"} | {"body": "* …"}
        return await self._crypto.sealed(room, MESSAGE, inner) | clear

    async def _read(self, room: str, event: Object) -> Object:
        """An event of ours in words, with its last change; as it stands where its key is lost."""
        event = await self._opened(room, event)
        related = mapping(mapping(event.get("unsigned")).get("m.relations"))
        if not isinstance(change := related.get(EDIT), dict):
            return event
        changed = {**related, EDIT: await self._opened(room, change)}
        return {**event, "unsigned": {**event["unsigned"], "m.relations": changed}}

    async def _opened(self, room: str, event: Object) -> Object:
        try:
            return dict(await self._crypto.opened(room, event) or event)
        except Locked:
            return event


def relations(room: str, message: str, *kinds: str) -> str:
    """Where a homeserver lists what stands in relation to a message."""
    return path("rooms", room, "relations", message, *kinds, version="client/v1")
