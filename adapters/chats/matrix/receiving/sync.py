"""Hears what happens in our rooms: one long question after the other, each answer one batch.

The cursor is the homeserver's own token, and it moves only with the batch that holds all before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

import msgspec

from adapters.chats.matrix.client import TOTAL, Object, path
from adapters.chats.matrix.encryption.crypto import ENCRYPTED, Crypto
from adapters.chats.matrix.encryption.reading import Reading
from adapters.chats.matrix.encryption.seals import Seals
from adapters.chats.matrix.names import fits
from adapters.chats.matrix.powers import Room, mapping, seat
from adapters.chats.matrix.receiving import missed
from adapters.chats.matrix.receiving.events import (
    MESSAGES,
    TOLD,
    Known,
    Mark,
    about,
    marked,
    moved,
    receipts,
    redacted,
    relation,
    told,
)
from adapters.chats.matrix.receiving.hurry import Hurry
from adapters.chats.matrix.receiving.invites import Invitations
from adapters.chats.matrix.receiving.missed import Missed, listed
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

    def __init__(self, session: Session, settings: Settings, context: Context, seals: Seals, crypto: Crypto) -> None:
        self._session = session
        self._seals = seals
        self._crypto = crypto
        self._reading = Reading(session, crypto, context)
        self._prefix = settings.prefix
        self._bots = settings.bots
        self._now = context.now
        self._log = context.log
        self.invitations = Invitations(session, settings.allow_servers, context.log)
        self._rooms: dict[str, Room] = {}
        self._heard: set[str] = set()
        """Rooms whose timeline goes on where it ended before; of any other it is unknown when we entered it."""
        self._moved: set[str] = set()
        """Rooms of which it was told that they go on as another one."""
        self._missed = Missed(session)
        self._memory = Memory()
        self.left: set[str] = set()
        """Rooms that we are not in any more."""
        self._readers: dict[tuple[str, str, str, bool], Receipt] = {}
        """How far people have read, as long as it was not told yet."""
        self.hurry = Hurry()
        self._closed = False

    def remember(self, message: str, thread: str) -> None:
        """A message of ours stands in a chat thread (empty: in the channel); so nobody has to be asked about it."""
        self._memory.keep(message, Known(self._session.user, thread))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an operator is told of our rooms."""
        sealed = [channel for channel, room in self._rooms.items() if room.encrypted] if self._crypto.why else []
        return (
            *(f"{channel} is encrypted, and {self._crypto.why}" for channel in sealed[:MOST_REMARKS]),
            *self._reading.remarks[:MOST_REMARKS],
            *filter(None, map(self.ended, self._rooms)),
            *self.invitations.remarks,
        )

    def ended(self, channel: str) -> str:
        """Why nothing can be said in a room that was replaced and that we cannot follow; empty for any other."""
        heir = self._rooms[channel].successor if channel in self._rooms else None
        if heir is None:
            return ""
        if heir.room not in self._rooms:
            return f"{channel} was replaced by {heir.room}; invite us there, and what is mirrored goes on there"
        if self._rooms[heir.room].predecessor != channel:
            return f"{channel} was replaced by {heir.room}, which does not say so itself; mirror into that one anew"
        return ""

    async def events(self, cursor: str) -> AsyncGenerator[Batch, None]:
        """What people did after `cursor`; an empty one starts at the present, as its first two batches say."""
        since, first = _token(cursor) if cursor else "", True
        loop = asyncio.get_running_loop()
        moved = loop.time()
        with self.hurry.listening():
            while not self._closed:
                answer = await self.hurry.ask(partial(self._sync, since, first))
                upto = _token(answer.get("next_batch"))
                self._changed(mapping(mapping(answer.get("rooms")).get("join")))
                if not since:
                    # Kept before anything that takes time: who dies meanwhile would begin at a later present.
                    yield Batch((), upto)
                await self._reading.begin(answer, first)
                if first:
                    self._rooms, self._heard, self._readers, self._moved = {}, set(), {}, set()
                batch: list[Event] = []
                pieces = 0
                async with aclosing(self._news(answer, since, upto)) as news:
                    async for event in news:
                        batch.append(event)
                        if len(batch) == missed.PAGE:
                            pieces += 1
                            yield Batch(tuple(batch), since)
                            batch.clear()
                await self._reading.keep()
                age = loop.time() - moved
                if batch or pieces or not since or age >= SELDOM or (self._readers and age >= READERS):
                    batch += self._readers.values()
                    self._readers.clear()
                    moved = loop.time()
                    yield Batch(tuple(batch), upto)
                self._reading.taken()
                self.hurry.taken()
                since, first = upto, False

    async def close(self) -> None:
        """Enter no rooms and ask nothing any more."""
        self._closed = True
        await self.invitations.close()

    # ------------------------------------------------------------------------------------------- what a sync tells

    async def _sync(self, since: str, whole: bool, patient: bool) -> Object:
        """One answer, at once or when there is news; `whole`: with the state of every room, since we know of none."""
        await self._session.begin()
        wait = str(int(WAIT * 1000)) if patient and not whole else "0"
        query = {"filter": _filter(self._session.user), "timeout": wait}
        query |= {"full_state": "true"} if whole else {}
        query |= {"since": since} if since else {}
        while True:
            try:
                return await self._session.call("GET", path("sync"), query=query, total=WAIT + TOTAL)
            except RateLimited as error:
                await asyncio.sleep(error.seconds)

    def _changed(self, joined: Mapping[str, Any]) -> None:
        """Tell those who write what changes for them, before anything else: nothing more goes out in clear."""
        for channel, data in joined.items():
            events = (event for part in ("state", "timeline") for event in _events(data, part))
            kinds = {event.get("type") for event in events if "state_key" in event}
            if "m.room.encryption" in kinds:
                self._seals.seal(channel)
            if "m.room.member" in kinds or mapping(mapping(data).get("timeline")).get("limited") is True:
                self._crypto.moved(channel)
        self._seals.heard()

    async def _news(self, answer: Object, since: str, upto: str) -> AsyncGenerator[Event, None]:
        rooms = mapping(answer.get("rooms"))
        joined, left = mapping(rooms.get("join")), mapping(rooms.get("leave"))
        self.invitations.take(mapping(rooms.get("invite")), self._session.user)
        self.invitations.withdrawn((*joined, *left))
        self.left.difference_update(joined)
        self.left.update(left)
        for channel in left:
            self._rooms.pop(channel, None)
            self._heard.discard(channel)
        for channel, data in joined.items():
            room = self._rooms.setdefault(channel, Room())
            for event in _events(data, "state"):
                room.apply(event)
        async with aclosing(self._reading.late()) as late:
            async for channel, event in late:
                if channel in self._rooms:
                    heard = await self._told(ChannelRef(channel), self._rooms[channel], event)
                    if heard is not None:
                        yield heard
        # Spaces first: who rules in them rules in their rooms.
        for channel, data in sorted(joined.items(), key=lambda one: not self._rooms[one[0]].space):
            async with aclosing(self._news_of(ChannelRef(channel), mapping(data), since, upto)) as news:
                async for told in news:
                    yield told
            self._follow(channel)
        for channel in dict.fromkeys(one for room in joined for one in (self._rooms[room].predecessor, room)):
            goes_on = moved(ChannelRef(channel), self._rooms, self._now()) if channel not in self._moved else None
            if goes_on is not None:
                self._moved.add(channel)
                yield goes_on

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
                if not self._session.is_ours(read.person.id) and not fits(self._bots, read.person.id):
                    self._readers[channel, read.where.thread, read.person.id, read.everywhere] = read

    def _follow(self, channel: str) -> None:
        """Enter the room that one of ours became, unless we are there."""
        heir = self._rooms[channel].successor
        if heir is not None and heir.room not in self._rooms:
            self.invitations.enter(heir.room, heir.server)

    # ---------------------------------------------------------------------------------------------- what one event says

    async def _told(self, channel: ChannelRef, room: Room, event: Mapping[str, Any]) -> Event | None:
        kind, id, sender = event.get("type"), event.get("event_id"), event.get("sender")
        if kind not in TOLD or not isinstance(id, str) or not isinstance(sender, str) or self._session.is_ours(sender):
            return None
        self.hurry.tells(id)
        if kind == ENCRYPTED:
            said = await self._reading.opened(channel, event)
            if said is None:
                return None
            event, kind = said, said["type"]
        if kind == "m.room.redaction":
            known = self._memory.get(redacted(event))
        else:
            known = await self._known(channel, about(event), REPLIES_DEEP)
        thread = known.thread if known is not None else ""
        if kind in MESSAGES and not relation(event).replaces:
            self._memory.keep(id, Known(sender, relation(event).thread or thread))
        elif kind == "m.reaction" and (mark := marked(event, thread)) is not None:
            self._memory.keep(id, mark)
        there = seat(channel, self._rooms)
        return told(event, channel, room, there, known, self._prefix, self._now(), fits(self._bots, sender))

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
