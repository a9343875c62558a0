"""The chat port over one login: what is sent, changed and taken away in rooms, and what is found there again."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

from adapters.chats.matrix import names, render
from adapters.chats.matrix.checking import examined
from adapters.chats.matrix.client import Denied, Object, path
from adapters.chats.matrix.pictures import Pictures
from adapters.chats.matrix.posting import MESSAGE, PAGE, REACTION, Posting, relations
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
from adapters.chats.matrix.session import Session
from adapters.chats.matrix.settings import Settings
from adapters.chats.matrix.sync import Receiving
from bot.errors import AdapterError, Gone
from bot.model import (
    Batch,
    Card,
    ChannelRef,
    ChatCapabilities,
    Found,
    MessageId,
    Payload,
    Reaction,
    ThreadRef,
    UserId,
    Where,
)
from bot.ports import Context, Observation, ShownIn

SYNAPSE = "/_synapse/admin/v1/server_version"
"""Where Synapse says to everybody which one it is."""


class MatrixChat:
    """Rooms are channels, threads hang on events, keys are transaction ids of the one device that is kept."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._session = Session(settings, context)
        self._rooms = Rooms(self._session, settings)
        self._posting = Posting(self._session)
        self._pictures = Pictures(self._session, context.media, context.log, settings.images)
        self._receiving = Receiving(self._session, settings, context)
        self.caps = ChatCapabilities(key_window=self._session.window, media="upload")

    # ------------------------------------------------------------------------------------------------------- channels

    async def channel(self, name: str, make: bool) -> ChannelRef:
        return await self._rooms.find(name, make)

    def channel_name(self, channel: ChannelRef) -> str:
        return self._rooms.called(channel)

    async def community(self, channel: ChannelRef) -> str:
        return await self._rooms.community(channel)

    def named(self, link: str) -> MessageId:
        return names.event_named(link)

    # --------------------------------------------------------------------------------------------------------- sending

    def render(self, card: Card, most: int | None = None) -> tuple[Payload, ...]:
        return render.render(card, most)

    async def send(self, where: Where, payload: Payload, key: str) -> MessageId:
        room = names.room_of(where.channel)
        await self._rooms.check_open(room)
        content = await self._pictures.shown(payload)
        related = relation(where.thread, str(payload.get("reply_to", "")))
        if related:
            content["m.relates_to"] = related
        message = await self._posting.put(room, MESSAGE, content | {KEY: key}, key)
        self._receiving.remember(message, where.thread)
        return message

    async def open_thread(self, where: Where, message: MessageId, title: str, key: str) -> ThreadRef:
        """Nothing is done: whatever names an event as its root is in the thread of that event."""
        names.room_of(where.channel)
        return ThreadRef(names.event_of(message))

    async def tell(self, where: Where, person: UserId, text: str, key: str) -> None:
        room = await self._rooms.direct(person)
        await self._rooms.check_open(room)
        for n, payload in enumerate(render.notice(text)):
            await self._posting.put(room, MESSAGE, dict(payload["content"]), f"{key}-{n}")  # type: ignore[call-overload]

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
        content = await self._pictures.shown(payload, ShownIn(where, message))
        if standing(event) == content:
            return
        replacement = content | {
            "body": f"* {content['body']}",
            "formatted_body": f"* {content['formatted_body']}",
            "m.new_content": content,
            "m.relates_to": {"rel_type": EDIT, "event_id": message},
        }
        # Under a key of its own: the same words may come back later, and that is another change.
        await self._posting.put(room, MESSAGE, replacement, uuid.uuid4().hex)

    async def delete(self, where: Where, message: MessageId) -> None:
        room = names.room_of(where.channel)
        try:
            event = await self._posting.ours(room, message)
        except Gone:
            return
        await self._posting.redact(room, event, "")

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
            and event.get("type") == MESSAGE
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
        try:
            server = await self._session.call("GET", SYNAPSE)
        except AdapterError:
            return f"{said.get('user_id')}"
        return f"{said.get('user_id')}, Synapse {str(server.get('server_version', '')).split(' ')[0]}"

    async def examine(self) -> tuple[Observation, ...]:
        return await examined(self._session)

    def events(self, cursor: str) -> AsyncIterator[Batch]:
        return self._receiving.events(cursor)

    def remarks(self) -> tuple[str, ...]:
        return self._receiving.remarks

    async def close(self) -> None:
        await self._receiving.close()
        await self._session.close()
