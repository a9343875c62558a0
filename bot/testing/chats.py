"""A chat in memory that obeys the port: for tests of the core, and the model that the contract is tried on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from bot import markup
from bot.errors import Gone, NotAllowed, Refused, Unparsable
from bot.markup.nodes import Node
from bot.model import (
    NO_MESSAGE,
    Attached,
    Batch,
    Card,
    CardKind,
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
from bot.testing.chat_world import ADDRESS, PING, ChatWorld, MessageRow, Whisper, thread_ref
from bot.testing.faults import Faults

LIMIT = 2000
"""Characters of one message where nothing else is said; a longer card becomes several."""

HOUSE = "Threadline"
"""Who speaks where a card has no author."""

ALL = ChatCapabilities(key_window=float("inf"), changes_others=True, receipts=True)
"""A chat that can do all that a chat can do."""


def render(card: Card, most: int | None = None, limit: int = LIMIT) -> tuple[Payload, ...]:
    """The messages that show a card: path, title, quote on the first, words on all, note, link, offers on the last."""
    quote = f"> {card.quote.author}: {card.quote.excerpt}" if card.quote is not None else ""
    head = "\n".join(filter(None, (" › ".join(card.path), card.title, quote)))
    signs = " ".join(dict.fromkeys(filter(None, (card.badge, card.number))))
    bodies = markup.in_messages(
        card.body,
        lambda words: len(_plain(words)),
        limit,
        head=len(head) + 1,
        foot=len(card.note) + 1,
        most=most,
        link=card.link,
    )
    return tuple(
        {
            "author": card.author or HOUSE,
            "signs": signs if number == 1 else "",
            "text": "\n".join(
                filter(None, (head if number == 1 else "", _plain(words), card.note if number == len(bodies) else ""))
            ),
            "link": card.link if number == len(bodies) else "",
            "reply_to": str(card.reply_to) if number == 1 else "",
            "silent": True,
            "gone": card.kind is CardKind.TOMBSTONE,
            "offers": [
                {"label": one.label, "group": one.group, "words": list(one.words)}
                for one in (card.offers if number == len(bodies) else ())
            ],
        }
        for number, words in enumerate(bodies, 1)
    )


def _plain(words: Node) -> str:
    return markup.write(words, "plain").strip()


class FakeChat(ChatWorld):
    """One chat with its people: `ChatWorld` is their side, the port is ours.

    `caps` may be anything, and the chat behaves so: without a key window a repeated send shows twice, without
    read-back nothing is found. `batch` is how many events are told at once, `limit` how many characters a message has.
    `faults` go wrong in order.
    """

    def __init__(
        self,
        caps: ChatCapabilities = ALL,
        channels: tuple[str, ...] = ("lounge",),
        now: Callable[[], Millis] | None = None,
        *,
        batch: int = 100,
        limit: int = LIMIT,
    ) -> None:
        super().__init__(channels, now)
        self.caps = caps
        self.batch = batch
        self.limit = limit
        self.closed = False
        self.faults = Faults(
            writes=("channel", "send", "open_thread", "retitle", "edit", "delete", "pin", "react", "tell")
        )
        self.overheard: set[Where] = set()
        """Places where others read what is typed as a command."""
        self.pins: dict[MessageId, None] = {}
        """What is kept at the top of its channel."""
        self._sends: dict[str, tuple[Millis, MessageId]] = {}
        self._tells: set[str] = set()
        self._present = 0

    def begin(self) -> None:
        """From here on it is the present: what was said so far came before the program's first start."""
        self._present = len(self.heard)

    async def channel(self, name: str, make: ChannelWish | None) -> ChannelRef:
        async with self.faults.around("channel"):
            slug = name.strip().lstrip("#").strip().lower()
            if slug not in self.channels:
                if make is None or not slug:
                    raise Gone(f'there is no channel "{name[:60]}" in this chat; make it, or name another one')
                self.channels[slug] = ChannelRef(slug)
            return self.channels[slug]

    def channel_name(self, channel: ChannelRef) -> str:
        return str(channel)

    async def community(self, channel: ChannelRef) -> str:
        async with self.faults.around("community"):
            return self.communities.get(channel, "")

    def render(self, card: Card, most: int | None = None) -> tuple[Payload, ...]:
        return render(card, most, self.limit)

    async def send(self, where: Where, payload: Payload, key: str) -> MessageId:
        async with self.faults.around("send"):
            self.check_place(where)
            first = self._first(key)
            if first is not None:
                return first
            self.check_open(where.channel)
            row = MessageRow(self.next_id(), where, "", "", ours=True, key=key)
            self.messages[row.id] = row
            self._sends[key] = self._now(), row.id
            self._put(row, payload)
            return row.id

    async def open_thread(self, where: Where, message: MessageId, title: str, key: str) -> ThreadRef:
        async with self.faults.around("open_thread"):
            place = Where(where.channel, thread_ref(message))
            if place not in self.threads:
                self.check_open(where.channel)
                self.standing(message)
                self.threads[place], self.names[place] = message, title
            return place.thread

    async def retitle(self, where: Where, title: str) -> None:
        async with self.faults.around("retitle"):
            self.check_open(where.channel)
            self.check_place(where)
            self.names[where] = title

    async def edit(self, where: Where, message: MessageId, payload: Payload) -> None:
        async with self.faults.around("edit"):
            row = self.standing(message)
            self.check_open(where.channel)
            self._check_ours(row)
            self._put(row, payload)
            row.edited = True
            row.deleted = bool(payload.get("gone")) and not self.caps.undeletes

    async def delete(self, where: Where, message: MessageId) -> None:
        async with self.faults.around("delete"):
            row = self.messages.get(message)
            if row is not None and not row.deleted:
                self.check_open(where.channel)
                self._check_ours(row)
                row.deleted, row.text, row.reaction = True, "", None

    async def confides(self, where: Where, person: UserId) -> bool:
        async with self.faults.around("confides"):
            return where not in self.overheard

    async def file(self, attached: Attached, most: int) -> bytes:
        async with self.faults.around("file"):
            content = self.files.get(attached.address)
            if content is None or self.messages[MessageId(attached.address.partition("/")[0])].deleted:
                raise Gone(f"the file {attached.name[:80]!r} stands in this chat no more")
            if len(content) > most:
                raise Refused(f"the file {attached.name[:80]!r} is larger than {most} bytes")
            return content

    async def pin(self, where: Where, message: MessageId) -> None:
        async with self.faults.around("pin"):
            self.check_open(where.channel)
            self.pins[self.standing(message).id] = None

    async def react(self, where: Where, message: MessageId, reaction: Reaction | None) -> None:
        async with self.faults.around("react"):
            self.check_open(where.channel)
            self.standing(message).reaction = reaction

    def named(self, link: str) -> MessageId:
        message = MessageId(link.strip().removeprefix(f"{ADDRESS}/m/"))
        if message not in self.messages:
            raise Gone(f"{link[:200]} names no message of this chat; copy the message's link")
        return message

    async def read_back(self, where: Where, after: MessageId) -> tuple[Found, ...]:
        async with self.faults.around("read_back"):
            self.check_place(where)
            if self.caps.read_back == "none":
                return ()
            rows = list(self.messages.values())
            if after in self.messages:
                rows = rows[rows.index(self.messages[after]) + 1 :]
            return tuple(Found(row.id, row.key) for row in rows if row.ours and row.where == where and not row.deleted)

    async def events(self, cursor: str) -> AsyncIterator[Batch]:
        async with self.faults.around("events"):
            if cursor and not (cursor.isdecimal() and int(cursor) <= len(self.heard)):
                raise Unparsable(f"{cursor[:40]!r} is no cursor of this chat", looked_for="a number of its events")
        after = int(cursor) if cursor else self._present
        while not self.closed:
            some = tuple(self.heard[after : after + self.batch])
            if some:
                after += len(some)
                yield Batch(some, str(after))
            else:
                await self._moved.wait()

    async def tell(
        self,
        where: Where,
        person: UserId,
        text: str,
        key: str,
        about: MessageId = NO_MESSAGE,
        offers: Sequence[Offer] = (),
    ) -> None:
        async with self.faults.around("tell"):
            if key not in self._tells:
                self._tells.add(key)
                self.whispers.append(Whisper(where, person, self._reminding(text, about), tuple(offers)))

    async def close(self) -> None:
        self.closed = True
        self._wake()

    def reopen(self) -> None:
        """The program starts again; the chat itself was never away."""
        self.closed = False

    def _reminding(self, text: str, about: MessageId) -> str:
        """Private words, below the beginning of the message that they are about."""
        row = self.messages.get(about)
        if row is None or row.deleted:
            return text
        words = markup.reminding(markup.read(text, "markdown"), markup.read(row.text, "markdown"))
        return markup.write(words, "markdown")

    def _first(self, key: str) -> MessageId | None:
        """What an earlier send under this key shows, where the chat still remembers it."""
        window = self.caps.key_window
        when, message = self._sends.get(key, (0, MessageId("")))
        if window is None or not message or self._now() - when >= window * 1000:
            return None
        return message

    def _put(self, row: MessageRow, payload: Payload) -> None:
        row.text = str(payload["text"])
        if row.ours:
            signs = str(payload["signs"])
            row.author = f"{payload['author']} ({signs})" if signs else str(payload["author"])
            row.reply_to = MessageId(str(payload["reply_to"]))
            row.offers = msgspec.convert(payload["offers"], tuple[Offer, ...])
        if not payload.get("silent") and PING.search(row.text):
            self.pings.append(row.text)

    def _check_ours(self, row: MessageRow) -> None:
        if not row.ours and not self.caps.changes_others:
            raise NotAllowed(f"message {row.id} is {row.author}'s, and this chat lets nobody else change it")
