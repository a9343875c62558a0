"""The chat port over one login: what is sent, changed and taken away in rooms, and what is found there again."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence

import msgspec
from aiohttp import web

from adapters.chats.matrix import names, render
from adapters.chats.matrix.checking import examined, exception, shut, version
from adapters.chats.matrix.client import Denied, Object, path
from adapters.chats.matrix.encryption.crypto import ENCRYPTED, Crypto
from adapters.chats.matrix.encryption.seals import Seals
from adapters.chats.matrix.media.downloads import Downloads
from adapters.chats.matrix.media.pictures import Pictures
from adapters.chats.matrix.media.uploads import Uploads
from adapters.chats.matrix.pace import Felt, pace
from adapters.chats.matrix.posting import MESSAGE, PAGE, REACTION, Posting, relations
from adapters.chats.matrix.receiving.retracting import Retractions
from adapters.chats.matrix.receiving.sync import Receiving
from adapters.chats.matrix.relations import (
    ANNOTATION,
    EDIT,
    KEY,
    THREAD,
    is_redacted,
    key_of,
    relates,
    relation,
    standing,
)
from adapters.chats.matrix.rooms import Rooms
from adapters.chats.matrix.service.ghosts import Ghosts
from adapters.chats.matrix.service.registration import mount
from adapters.chats.matrix.service.transactions import Transactions, reached
from adapters.chats.matrix.session import Session
from adapters.chats.matrix.settings import Settings
from adapters.chats.matrix.telling import Telling
from bot.errors import AdapterError, Gone, NotAllowed
from bot.model import (
    NO_MESSAGE,
    Attached,
    Batch,
    Card,
    ChannelRef,
    ChannelWish,
    ChatCapabilities,
    Found,
    MessageId,
    Millis,
    Offer,
    Payload,
    Reaction,
    ThreadRef,
    UserId,
    Where,
)
from bot.ports import Context, Observation, Pace, Pane, ShownIn

PINNED = "m.room.pinned_events"


class MatrixChat:
    """Rooms are channels, threads hang on events, keys are transaction ids of the one device that is kept."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._session = Session(settings, context)
        self._rooms = Rooms(self._session, settings)
        self._settings = settings
        self._seals = Seals(self._session)
        self._crypto = Crypto(self._session, context)
        self._pictures = Pictures(Uploads(self._session, context), context.media, settings.images)
        self._downloads = Downloads(self._session, self._crypto, context)
        self._receiving = Receiving(self._session, settings, context, self._seals, self._crypto)
        self._ghosts = Ghosts(self._session, self._seals, self._pictures, settings, context, self._receiving.left)
        self._felt = Felt(context.now)
        self._exception: Object | None = None
        """What the homeserver says of our limits, once it was asked."""
        self._posting = Posting(self._session, self._seals, self._crypto, self._ghosts, self._felt)
        self._retractions = Retractions(self._session, self._posting, context)
        self._telling = Telling(self._session, self._rooms, self._posting, self._receiving.remember, settings.prefix)
        self._transactions = Transactions(self._session, self._receiving.hurry, context.log)
        self.prefix = mount(context)
        self._dated = settings.original_times
        self._now = context.now
        self._caps = ChatCapabilities(media="upload", undeletes=False, receipts=True, sign=settings.prefix)

    @property
    def caps(self) -> ChatCapabilities:
        """What it can do now; keys of a device that was lost count no more."""
        return msgspec.structs.replace(self._caps, key_window=self._session.window)

    # ------------------------------------------------------------------------------------------------------- channels

    async def channel(self, name: str, make: ChannelWish | None) -> ChannelRef:
        return await self._rooms.find(name, make)

    def channel_name(self, channel: ChannelRef) -> str:
        return self._rooms.called(channel)

    async def community(self, channel: ChannelRef) -> str:
        return await self._rooms.community(channel)

    async def pace(self) -> Pace | None:
        if self._session.registration is not None:
            return None  # what the homeserver was told of us says so
        if self._exception is None:
            self._exception = await exception(self._session) or {}
        return pace(self._felt, self._exception)

    def named(self, link: str) -> MessageId:
        return names.event_named(link)

    # --------------------------------------------------------------------------------------------------------- sending

    def render(self, card: Card, most: int | None = None) -> tuple[Payload, ...]:
        alone = self._settings.images if self._settings.attachments == "messages" else 0
        return render.render(card, most, self._session.registration is not None, alone, self._caps.sign)

    async def send(self, where: Where, payload: Payload, key: str) -> MessageId:
        room = names.room_of(where.channel)
        related = relation(where.thread, str(payload.get("reply_to", "")))

        async def say(speaker: str) -> MessageId:
            content = await self._content(room, payload, speaker)
            if related:
                content["m.relates_to"] = related
            return await self._posting.put(room, MESSAGE, content | {KEY: key}, key, speaker, self._time(payload))

        try:
            message = await self._ghosts.speak(room, payload, say)
        except NotAllowed as error:
            if why := self._receiving.ended(room):
                raise NotAllowed(f"{why}.") from error
            raise
        self._receiving.remember(message, where.thread)
        return message

    async def _content(
        self, room: str, payload: Payload, speaker: str, where: ShownIn | None = None, before: Object | None = None
    ) -> Object:
        """What a payload says in a room, where it said something `before`.

        In an encrypted room images and recordings stay links, for files would lie on the homeserver in clear.
        """
        if speaker:
            payload = render.spoken(payload)
        if await self._seals.on(room):
            payload = {**payload, "images": [], "avatar": "", "file": None}
        return await self._pictures.shown(payload, where, before)

    def _time(self, payload: Payload) -> Millis | None:
        """When a post was written, where the message may say so: only an application service's may."""
        at = payload.get("at")
        return at if isinstance(at, int) and self._dated and 0 < at <= self._now() else None

    async def open_thread(self, where: Where, message: MessageId, title: str, key: str) -> ThreadRef:
        """Nothing is done: whatever names an event as its root is in the thread of that event."""
        names.room_of(where.channel)
        return ThreadRef(names.event_of(message))

    async def tell(
        self,
        where: Where,
        person: UserId,
        text: str,
        key: str,
        about: MessageId = NO_MESSAGE,
        offers: Sequence[Offer] = (),
    ) -> None:
        await self._telling.tell(where, person, text, key, about, offers)

    # -------------------------------------------------------------------------------------------------------- changing

    async def edit(self, where: Where, message: MessageId, payload: Payload) -> None:
        """Replace a message; a tombstone takes its text out of the room, and leaves the reason there.

        The homeserver accepts changes of what is gone or another's, and clients do not show them: it is asked first.
        """
        room = names.room_of(where.channel)
        event = await self._posting.ours(room, message)
        if gone := str(payload.get("gone", "")):
            await self._posting.redact(room, event, gone)
            return
        if is_redacted(event):
            raise Gone("This message was removed from its room.")
        sender = str(event["sender"])
        speaker = sender if sender == self._ghosts.of(payload) else ""
        before = standing(event)
        content = await self._content(room, payload, speaker, ShownIn(where, message), before)
        if before == content:
            return
        fallback = {form: f"* {content[form]}" for form in ("body", "formatted_body") if form in content}
        related = {"rel_type": EDIT, "event_id": message}
        replacement = content | fallback | {"m.new_content": content, "m.relates_to": related}
        # Under a key of its own: the same words may come back later, and that is another change.
        key = uuid.uuid4().hex
        await self._ghosts.act(room, sender, lambda who: self._posting.put(room, MESSAGE, replacement, key, who))

    async def delete(self, where: Where, message: MessageId) -> None:
        room = names.room_of(where.channel)
        try:
            event = await self._posting.ours(room, message)
        except Gone:
            return
        await self._posting.redact(room, event, "")

    async def confides(self, where: Where, person: UserId) -> bool:
        """So it is where nobody is but the two of us; others may read it later, of whom we learn nothing."""
        room = names.room_of(where.channel)
        try:
            said = await self._session.call("GET", path("rooms", room, "joined_members"))
        except AdapterError:
            return False
        joined = said.get("joined")
        return isinstance(joined, dict) and set(joined) == {person, self._session.user}

    async def file(self, attached: Attached, most: int) -> bytes:
        return await self._downloads.content(attached, most)

    async def pin(self, where: Where, message: MessageId) -> None:
        """Put it behind what is pinned there already; that takes the power to change what the room is."""
        room = names.room_of(where.channel)
        await self._posting.ours(room, message)
        said = (await self._rooms.state(room, PINNED)).get("pinned")
        pinned = said if isinstance(said, list) else []
        if message not in pinned:
            await self._session.call("PUT", path("rooms", room, "state", PINNED, ""), {"pinned": [*pinned, message]})

    async def react(self, where: Where, message: MessageId, reaction: Reaction | None) -> None:
        room, target = names.room_of(where.channel), names.event_of(message)
        wanted = reaction.value if reaction is not None else ""
        await self._session.begin()
        stands = False
        for event in await self._posting.related(room, target, ANNOTATION, REACTION):
            if not self._posting.wrote(event):
                continue
            if relates(event).get("key") == wanted and not stands:
                stands = True
            else:
                await self._posting.take_away(room, event, "")
        if wanted and not stands:
            content = {"m.relates_to": {"rel_type": ANNOTATION, "event_id": target, "key": wanted}}
            try:
                await self._posting.put(room, REACTION, content, uuid.uuid4().hex)
            except Denied as error:
                if error.code != "M_DUPLICATE_ANNOTATION":
                    raise

    # --------------------------------------------------------------------------------------------------------- finding

    async def read_back(self, where: Where, after: MessageId) -> tuple[Found, ...]:
        """What stands there by the homeserver's own order, from a message on, though its text be gone."""
        room = names.room_of(where.channel)
        query = {"dir": "f", "limit": PAGE}
        start = await self._behind(room, after) if names.is_event(after) else ""
        if start:
            query["from"] = start
        if where.thread:
            events = await self._posting.pages(relations(room, names.event_of(where.thread), THREAD), query)
        else:
            events = await self._posting.pages(path("rooms", room, "messages"), query)
        await self._session.begin()
        ours = (event for event in events if self._is_message_of_ours(event, where.thread))
        return tuple(Found(MessageId(str(event["event_id"])), key_of(event)) for event in ours)

    def _is_message_of_ours(self, event: Object, thread: str) -> bool:
        related = relates(event)
        kind = related.get("rel_type")
        return (
            self._posting.wrote(event)
            and event.get("type") in (MESSAGE, ENCRYPTED)
            and not is_redacted(event)
            and kind != EDIT
            and (related.get("event_id") if kind == THREAD else "") == thread
        )

    async def _behind(self, room: str, message: str) -> str:
        """Where reading goes on behind an event; empty where it is not there, so that everything is read."""
        try:
            said = await self._session.call("GET", path("rooms", room, "context", message), query={"limit": "0"})
        except Gone:
            return ""
        return str(said.get("end", ""))

    async def probe(self) -> str:
        said = await self._session.call("GET", path("account", "whoami"))
        runs = await version(self._session)
        return f"{said.get('user_id')}, {runs}" if runs else f"{said.get('user_id')}"

    async def examine(self) -> tuple[Observation, ...]:
        seen = await examined(self._session, self._rooms.making, self._settings, self._crypto)
        return (*seen, *await reached(self._session))

    async def lacking(self, channel: ChannelRef) -> tuple[str, ...]:
        return tuple(one.text for one in await shut(self._session, names.room_of(channel), self._crypto.why))

    def routes(self) -> Sequence[web.RouteDef]:
        return self._transactions.routes()

    def pane(self) -> Pane | None:
        return None

    def events(self, cursor: str) -> AsyncIterator[Batch]:
        return self._retractions.beside(self._receiving.events(cursor))

    def remarks(self) -> tuple[str, ...]:
        return (*self._ghosts.remarks, *self._receiving.remarks)

    async def close(self) -> None:
        await self._receiving.close()
        await self._retractions.close()
        await self._crypto.close()
        await self._session.close()
