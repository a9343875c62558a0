"""Hears what happens in our rooms: one long question after the other, each answer one batch.

The cursor is the homeserver's own token, and it moves only with the batch that holds all before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

import msgspec

from adapters.chats.matrix import missed
from adapters.chats.matrix.client import TOTAL, Object, path
from adapters.chats.matrix.events import TOLD, Known, Mark, about, marked, receipts, redacted, relation, told
from adapters.chats.matrix.invites import Invitations
from adapters.chats.matrix.missed import Missed, listed
from adapters.chats.matrix.powers import Room, mapping, seat
from adapters.chats.matrix.session import Session
from adapters.chats.matrix.settings import Settings
from bot.errors import Gone, NotAllowed, RateLimited, Refused, Unparsable
from bot.model import Batch, ChannelRef, Event, Receipt
from bot.ports import Context

WAIT = 30.0
"""Seconds for which the homeserver keeps a question until something happens."""

SELDOM = 300.0
"""Seconds after which the cursor moves though nobody did anything: so much is read again after a restart, at most."""

READERS = 5.0
"""Seconds between two batches that only say how far people have read."""

MOST_KNOWN = 10_000
"""Messages and reactions of which it is remembered where they stand; what is not is asked for."""

MOST_REMARKS = 20
LONGEST_CURSOR = 1_000
REPLIES_DEEP = 3
"""Replies from outside that are followed to the chat thread that they are about."""

STATE = (
    "m.room.create",
    "m.room.encryption",
    "m.room.member",
    "m.room.power_levels",
    "m.room.tombstone",
    "m.space.child",
    "m.space.parent",
)
"""What has to be known of a room."""


class Memory:
    """Where messages and reactions stand, the newest that were heard or sent."""

    def __init__(self, most: int = MOST_KNOWN) -> None:
        self._most = most
        self._known: dict[str, Known | Mark] = {}

    def get(self, id: str) -> Known | Mark | None:
        """What is remembered of a message or reaction."""
        return self._known.get(id)

    def keep(self, id: str, known: Known | Mark) -> None:
        """Remember one; the oldest is forgotten for it."""
        self._known.pop(id, None)
        self._known[id] = known
        if len(self._known) > self._most:
            del self._known[next(iter(self._known))]


class Receiving:
    """What people do in the rooms of one login."""

    def __init__(self, session: Session, settings: Settings, context: Context) -> None:
        self._session = session
        self._prefix = settings.prefix
        self._now = context.now
        self._log = context.log
        self.invitations = Invitations(session, settings.allow_servers, context.log)
        self._rooms: dict[str, Room] = {}
        self._heard: set[str] = set()
        """Rooms whose timeline goes on where it ended before; of any other it is unknown when we entered it."""
        self._missed = Missed(session)
        self._memory = Memory()
        self._readers: dict[tuple[str, str, str, bool], Receipt] = {}
        """How far people have read, as long as it was not told yet."""
        self._closed = False

    def remember(self, message: str, thread: str) -> None:
        """A message of ours stands in a chat thread (empty: in the channel); so nobody has to be asked about it."""
        self._memory.keep(message, Known(self._session.user, thread))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an operator is told of our rooms."""
        deaf = [channel for channel, room in self._rooms.items() if room.encrypted][:MOST_REMARKS]
        return (
            *(f"{channel} is encrypted, so nothing is heard there; mirror into a room that is not" for channel in deaf),
            *self.invitations.remarks,
        )

    async def events(self, cursor: str) -> AsyncIterator[Batch]:
        """What people did after `cursor`; an empty one starts at the present, and its first batch says so."""
        since, first = _token(cursor) if cursor else "", True
        loop = asyncio.get_running_loop()
        moved = loop.time()
        while not self._closed:
            answer = await self._sync(since, whole=first)
            upto = _token(answer.get("next_batch"))
            if first:
                self._rooms, self._heard, self._readers = {}, set(), {}
            batch: list[Event] = []
            pieces = 0
            async with aclosing(self._news(answer, since, upto)) as news:
                async for event in news:
                    batch.append(event)
                    if len(batch) == missed.PAGE:
                        pieces += 1
                        yield Batch(tuple(batch), since)
                        batch.clear()
            age = loop.time() - moved
            if batch or pieces or not since or age >= SELDOM or (self._readers and age >= READERS):
                batch += self._readers.values()
                self._readers.clear()
                moved = loop.time()
                yield Batch(tuple(batch), upto)
            since, first = upto, False

    async def close(self) -> None:
        """Enter no rooms and ask nothing any more."""
        self._closed = True
        await self.invitations.close()

    # ------------------------------------------------------------------------------------------- what a sync tells

    async def _sync(self, since: str, whole: bool) -> Object:
        """One answer; `whole`: at once, and with the state of every room, since we know of none."""
        await self._session.begin()
        query = {"filter": _filter(self._session.user), "timeout": "0" if whole else str(int(WAIT * 1000))}
        query |= {"full_state": "true"} if whole else {}
        query |= {"since": since} if since else {}
        while True:
            try:
                return await self._session.call("GET", path("sync"), query=query, total=WAIT + TOTAL)
            except RateLimited as error:
                await asyncio.sleep(error.seconds)

    async def _news(self, answer: Object, since: str, upto: str) -> AsyncGenerator[Event, None]:
        rooms = mapping(answer.get("rooms"))
        joined, left = mapping(rooms.get("join")), mapping(rooms.get("leave"))
        self.invitations.take(mapping(rooms.get("invite")), self._session.user)
        self.invitations.withdrawn((*joined, *left))
        for channel in left:
            self._rooms.pop(channel, None)
            self._heard.discard(channel)
        for channel, data in joined.items():
            room = self._rooms.setdefault(channel, Room())
            for event in _events(data, "state"):
                room.apply(event)
        # Spaces first: who rules in them rules in their rooms.
        for channel, data in sorted(joined.items(), key=lambda one: not self._rooms[one[0]].space):
            async with aclosing(self._news_of(ChannelRef(channel), mapping(data), since, upto)) as news:
                async for told in news:
                    yield told
            self._follow(channel)

    async def _news_of(
        self, channel: ChannelRef, data: Mapping[str, Any], since: str, upto: str
    ) -> AsyncGenerator[Event, None]:
        """What people did in one room; a room that cannot be read keeps nobody from hearing the others."""
        room, timeline = self._rooms[channel], _events(data, "timeline")
        whole = channel in self._heard and mapping(data.get("timeline")).get("limited") is not True
        for event in timeline:
            if "state_key" in event:
                room.apply(event)
            if whole and (told := await self._told(channel, room, event)) is not None:
                yield told
        if since and not whole and (timeline or mapping(data.get("timeline")).get("limited") is True):
            try:
                async with aclosing(self._missed.between(channel, room, since, upto)) as gap:
                    async for event in gap:
                        if (told := await self._told(channel, room, event)) is not None:
                            yield told
            except (Gone, NotAllowed, Refused) as error:
                self._log.warning("room not read", room=channel, error=str(error))
        self._heard.add(channel)
        for event in _events(data, "ephemeral") if since else ():
            for read in receipts(event, channel, room, self._now()):
                if read.person.id != self._session.user:
                    self._readers[channel, read.where.thread, read.person.id, read.everywhere] = read

    def _follow(self, channel: str) -> None:
        """Enter the room that one of ours became, unless we are there."""
        heir = self._rooms[channel].successor
        if heir is not None and heir.room not in self._rooms:
            self.invitations.enter(heir.room, heir.server)

    # ---------------------------------------------------------------------------------------------- what one event says

    async def _told(self, channel: ChannelRef, room: Room, event: Mapping[str, Any]) -> Event | None:
        kind, id, sender = event.get("type"), event.get("event_id"), event.get("sender")
        if kind not in TOLD or not isinstance(id, str) or not isinstance(sender, str) or sender == self._session.user:
            return None
        if kind == "m.room.redaction":
            known = self._memory.get(redacted(event))
        else:
            known = await self._known(channel, about(event), REPLIES_DEEP)
        thread = known.thread if known is not None else ""
        if kind == "m.room.message" and not relation(event).replaces:
            self._memory.keep(id, Known(sender, relation(event).thread or thread))
        elif kind == "m.reaction" and (mark := marked(event, thread)) is not None:
            self._memory.keep(id, mark)
        return told(event, channel, room, seat(channel, self._rooms), known, self._prefix, self._now())

    async def _known(self, channel: str, message: str, deep: int) -> Known | Mark | None:
        """Who wrote a message and where it stands; asks the homeserver where that is not remembered."""
        if not message or not deep:
            return None
        known = self._memory.get(message)
        if known is not None:
            return known
        try:
            event = await self._session.call("GET", path("rooms", channel, "event", message))
        except (Gone, NotAllowed, Refused):
            return None
        one, sender = relation(event), event.get("sender")
        if one.replaces or not isinstance(sender, str):
            return None  # an edit is no message that stands anywhere
        outer = None if one.thread else await self._known(channel, one.answers, deep - 1)
        found = Known(sender, one.thread or (outer.thread if outer is not None else ""))
        self._memory.keep(message, found)
        return found


def _filter(us: str) -> str:
    """What a sync tells: nothing that we did ourselves, or each message that we send would wake us."""
    room = {
        "state": {"types": STATE, "lazy_load_members": True, "include_redundant_members": True},
        "timeline": {
            "types": sorted({*TOLD, *STATE}),
            "not_senders": [us],
            "limit": missed.PAGE,
            "lazy_load_members": True,
        },
        "ephemeral": {"types": ["m.receipt"]},
        "account_data": {"types": []},
    }
    nothing: dict[str, list[str]] = {"types": []}
    return msgspec.json.encode({"room": room, "presence": nothing, "account_data": nothing}).decode()


def _events(data: object, part: str) -> list[Mapping[str, Any]]:
    return listed(mapping(mapping(data).get(part)).get("events"))


def _token(value: object) -> str:
    """A token of a homeserver; raises `Unparsable` where it can be none."""
    if isinstance(value, str) and value.isascii() and value.isprintable() and 0 < len(value) <= LONGEST_CURSOR:
        return value
    raise Unparsable(
        f"“{str(value)[:40]}” is no place in what a homeserver tells. Look whether the database is this login's.",
        looked_for="a token of /sync",
    )
