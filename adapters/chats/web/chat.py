"""The chat port over a room of our own: what the bot does in it, and what people did."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote

from aiohttp import web

from adapters.chats.web.pages import ChatPages
from adapters.chats.web.render import render
from adapters.chats.web.room import Room
from bot.errors import Gone, Unparsable
from bot.model import (
    NO_MESSAGE,
    Batch,
    Card,
    ChannelRef,
    ChannelWish,
    ChatCapabilities,
    Found,
    MessageId,
    Offer,
    Payload,
    Reaction,
    ThreadRef,
    UserId,
    Where,
)
from bot.ports import Pane

BATCH = 100
"""Events that the listener is given at once."""


class WebChat:
    """The chat that Threadline serves itself: one journal, honoured keys without end, pages below `/chat`."""

    caps = ChatCapabilities(
        key_window=float("inf"),
        threads=True,
        changes_others=True,
        reactions=True,
        at_once=64,
        media="embed",
        receipts=True,
    )
    prefix = "chat"

    def __init__(self, room: Room, pages: ChatPages | None, longest: int) -> None:
        self.room = room
        """The chat itself, for what people do."""
        self._pages = pages
        self._longest = longest

    async def channel(self, name: str, make: ChannelWish | None) -> ChannelRef:
        if make is not None:
            return ChannelRef(await self.room.make_channel(name))
        found = await self.room.find_channel(name)
        if found is None:
            raise Gone(f"There is no channel “{name}” in this chat.")
        return ChannelRef(found)

    def channel_name(self, channel: ChannelRef) -> str:
        return str(channel)

    def render(self, card: Card, most: int | None = None) -> tuple[Payload, ...]:
        return render(card, most, self._longest)

    async def send(self, where: Where, payload: Payload, key: str) -> MessageId:
        return MessageId(await self.room.send(where.channel, where.thread, payload, key))

    async def open_thread(self, where: Where, message: MessageId, title: str, key: str) -> ThreadRef:
        return ThreadRef(await self.room.open_thread(where.channel, message, title))

    async def edit(self, where: Where, message: MessageId, payload: Payload) -> None:
        await self.room.replace(where.channel, message, payload)

    async def delete(self, where: Where, message: MessageId) -> None:
        await self.room.remove(message)

    async def pin(self, where: Where, message: MessageId) -> None:
        await self.room.pin(where.channel, message)

    async def react(self, where: Where, message: MessageId, reaction: Reaction | None) -> None:
        await self.room.show_fate(where.channel, message, reaction.value if reaction is not None else "")

    async def read_back(self, where: Where, after: MessageId) -> tuple[Found, ...]:
        state = await self.room.state()
        place = state.place(where.channel, where.thread)
        if place is None:
            raise Gone(f"There is no place {where.channel} {where.thread}".rstrip() + " in this chat.")
        last = state.messages.get(after)
        ours = (m for m in place if m.key and not m.deleted and (last is None or m.n > last.n))
        return tuple(Found(MessageId(m.id), m.key) for m in ours)

    async def events(self, cursor: str) -> AsyncIterator[Batch]:
        """What people did after `cursor`; an empty one starts where the chat began: nothing is lost."""
        if cursor and not cursor.isdecimal():
            raise Unparsable(f"“{cursor[:40]}” is no cursor of this chat.", looked_for="a number of its journal")
        after = int(cursor or 0)
        if after > (await self.room.state()).position:
            raise Unparsable(
                f"The chat's file ends before entry {after}, which was read from it already. Put the file "
                f"that belongs to this home back in its place.",
                looked_for=f"entry {after} of the journal",
            )
        while not self.room.closed:
            state = await self.room.state()
            some, after = state.events(after, BATCH)
            read = self.room.read_since()
            if some or read:
                yield Batch((*read, *some), str(after))
            else:
                await self.room.stirred(state.position)

    async def tell(
        self,
        where: Where,
        person: UserId,
        text: str,
        key: str,
        about: MessageId = NO_MESSAGE,
        offers: Sequence[Offer] = (),
    ) -> None:
        await self.room.tell(where.channel, person, text, key, about, offers)

    def named(self, link: str) -> MessageId:
        name = link.strip().rpartition("#")[2].rpartition("/")[2]
        if name[:1] == "m" and name[1:].isdecimal() and self.room.knows(name):
            return MessageId(name)
        raise Gone(f"“{link[:80]}” names no message of this chat; copy the link from the message's time.")

    async def probe(self) -> str:
        state = await self.room.state()
        return f"channels: {len(state.channels)}, messages: {len(state.messages)}"

    async def close(self) -> None:
        await self.room.close()

    def routes(self) -> Sequence[web.RouteDef]:
        """The chat's pages; none in a program that serves none."""
        return self._pages.routes() if self._pages is not None else ()

    def pane(self) -> Pane | None:
        """The chat on the start page: its only channel, or the list of them."""
        if self._pages is None:
            return None
        channels = self.room.channels
        return Pane("Chat", f"/c/{quote(channels[0])}" if len(channels) == 1 else "/", order=10)
