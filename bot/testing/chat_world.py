"""A chat as people use it: channels, chat threads and messages in memory, changed by the test that plays its people."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from bot.errors import Gone, NotAllowed
from bot.model import (
    NO_MESSAGE,
    Attached,
    ChannelRef,
    ChatPerson,
    Commanded,
    Deleted,
    Edited,
    Event,
    MessageId,
    Millis,
    Moved,
    Offer,
    Reacted,
    Reaction,
    Receipt,
    Said,
    ThreadRef,
    UserId,
    Where,
)
from bot.testing.clock import NOON

ADDRESS = "https://chat.example"
"""Where the links of a `FakeChat` lead; the domain is reserved, nothing is there."""

PING = re.compile(r"@(?:everyone|here|room)\b|<@\w+>")
"""What pings somebody in a fake chat, unless the message says that it is silent."""


class Shown(msgspec.Struct, frozen=True):
    """A message as a reader sees it: `text` without markup, `reply_to` what it natively answers.

    `reaction` is the bot's own, empty where there is none. A chat that leaves a mark where a message was deleted shows
    it as `deleted`; one that leaves nothing does not show it at all.
    """

    message: MessageId
    author: str
    text: str
    reply_to: MessageId = NO_MESSAGE
    reaction: str = ""
    edited: bool = False
    deleted: bool = False


class Whisper(msgspec.Struct, frozen=True):
    """Words that one person alone sees, beside a place."""

    where: Where
    person: UserId
    text: str
    offers: tuple[Offer, ...] = ()


@dataclass
class MessageRow:
    """A message; `ours` came through the port, under `key`."""

    id: MessageId
    where: Where
    author: str
    text: str
    reply_to: MessageId = NO_MESSAGE
    ours: bool = False
    key: str = ""
    reaction: Reaction | None = None
    edited: bool = False
    deleted: bool = False
    offers: tuple[Offer, ...] = ()


class ChatWorld:
    """What stands in the chat, and what its people do there."""

    def __init__(self, channels: tuple[str, ...] = ("lounge",), now: Callable[[], Millis] | None = None) -> None:
        self.messages: dict[MessageId, MessageRow] = {}
        self.channels: dict[str, ChannelRef] = {name: ChannelRef(name) for name in channels}
        self.threads: dict[Where, MessageId] = {}
        """The chat threads, and the message on which each hangs."""
        self.names: dict[Where, str] = {}
        """What they are called."""
        self.ended: set[ChannelRef] = set()
        """The channels that moved: what stands there can be read, and nothing can be said or changed."""
        self.communities: dict[ChannelRef, str] = {}
        """Whose each channel is, where several communities share the chat."""
        self.whispers: list[Whisper] = []
        self.pings: list[str] = []
        """The texts that pinged somebody."""
        self.heard: list[Event] = []
        """What people did, oldest first."""
        self.files: dict[str, bytes] = {}
        """What people put on their messages, by the address that the event tells."""
        ticks = itertools.count(NOON, 1000)
        self._now = now if now is not None else lambda: next(ticks)
        self._moved = asyncio.Event()

    def person(self, name: str, admin: bool = False) -> Person:
        """Somebody who uses the chat."""
        return Person(self, ChatPerson(UserId(f"u-{name.lower()}"), name, admin))

    def shown(self, where: Where) -> list[Shown]:
        """What a reader sees in a place, in order."""
        return [
            Shown(row.id, row.author, row.text, row.reply_to, row.reaction or "", row.edited)
            for row in self.messages.values()
            if row.where == where and not row.deleted
        ]

    def labels(self, message: MessageId) -> list[str]:
        """What the buttons below a message say."""
        return [offer.label for offer in self.messages[message].offers]

    def whispered(self, person: UserId) -> list[str]:
        """What this person alone sees, in order."""
        return [whisper.text for whisper in self.whispers if whisper.person == person]

    def standing(self, message: MessageId) -> MessageRow:
        """The message; raises `Gone`."""
        row = self.messages.get(message)
        if row is None or row.deleted:
            raise Gone(f'there is no message "{message}" in this chat any more')
        return row

    def check_place(self, where: Where) -> None:
        """Raises `Gone` where there is no such place."""
        if where.channel not in self.channels.values():
            raise Gone(f'there is no channel "{where.channel}" in this chat')
        if where.thread and where not in self.threads:
            raise Gone(f'there is no chat thread "{where.thread}" in "{where.channel}"')

    def check_open(self, channel: ChannelRef) -> None:
        """Raises `NotAllowed` where nothing can be said any more."""
        if channel in self.ended:
            raise NotAllowed(f'"{channel}" goes on as another channel, and nothing can be said in it any more')

    def next_id(self) -> MessageId:
        """The id of the next message."""
        return MessageId(f"m{len(self.messages) + 1}")

    def happened(self, event: Event) -> None:
        """Somebody did something."""
        self.heard.append(event)
        self._wake()

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


class Person:
    """One person's hands in a `ChatWorld`; everything they do becomes an event."""

    def __init__(self, world: ChatWorld, person: ChatPerson) -> None:
        self.person = person
        self._world = world

    @property
    def id(self) -> UserId:
        """Who this is, as the chat names them."""
        return self.person.id

    def say(
        self, where: Where, text: str, reply_to: MessageId = NO_MESSAGE, files: Mapping[str, bytes] | None = None
    ) -> MessageId:
        """Write a message, with files by their names."""
        self._world.check_place(where)
        row = MessageRow(self._world.next_id(), where, self.person.name, text, reply_to)
        self._world.messages[row.id] = row
        id, at = self._stamp()
        told: list[Attached] = []
        for name, content in (files or {}).items():
            address = f"{row.id}/{len(told)}"
            self._world.files[address] = content
            told.append(Attached(address, name, size=len(content), link=f"{ADDRESS}/m/{row.id}"))
        self._world.happened(Said(id, where, row.id, self.person, text, "markdown", at, reply_to, files=tuple(told)))
        return row.id

    def edit(self, message: MessageId, text: str) -> None:
        """Change a message of one's own."""
        row = self._world.standing(message)
        row.text, row.edited = text, True
        id, at = self._stamp()
        self._world.happened(Edited(id, row.where, message, self.person, text, "markdown", at))

    def delete(self, message: MessageId) -> None:
        """Remove a message, one's own or, as a moderator, another's."""
        row = self._world.standing(message)
        row.deleted, row.text = True, ""
        id, at = self._stamp()
        self._world.happened(Deleted(id, row.where, message, at, self.person))

    def react(self, message: MessageId, reaction: str, on: bool = True) -> None:
        """Put a reaction on a message, or take it away."""
        row = self._world.standing(message)
        id, at = self._stamp()
        self._world.happened(Reacted(id, row.where, message, self.person, reaction, on, at))

    def read(self, where: Where, message: MessageId, everywhere: bool = False) -> None:
        """Read a place up to a message, or its whole channel."""
        id, at = self._stamp()
        self._world.happened(Receipt(id, where, message, self.person, at, everywhere))

    def command(self, where: Where, line: str, community: str = "") -> None:
        """Give a command: `line` is its group and its words, such as "mirror add https://forum.example/t/t1"."""
        group, *words = line.split()
        id, at = self._stamp()
        community = community or self._world.communities.get(where.channel, "")
        self._world.happened(Commanded(id, where, self.person, group, tuple(words), at, community))

    def press(self, where: Where, message: MessageId, label: str) -> None:
        """Press what is offered below a message, or with `NO_MESSAGE` below what this person was told last."""
        told = [one.offers for one in self._world.whispers if one.person == self.id]
        offers = self._world.standing(message).offers if message else told[-1]
        [offer] = [one for one in offers if one.label == label]
        id, at = self._stamp()
        community = self._world.communities.get(where.channel, "")
        self._world.happened(Commanded(id, where, self.person, offer.group, offer.words, at, community, pressed=True))

    def move(self, channel: ChannelRef, to: str) -> ChannelRef:
        """Let a channel go on as a new one, which is of its own where the old one was."""
        world, new = self._world, ChannelRef(to)
        world.channels.setdefault(to, new)
        world.ended.add(channel)
        if channel in world.communities:
            own = world.communities[channel] == channel
            world.communities.setdefault(new, to if own else world.communities[channel])
        id, at = self._stamp()
        world.happened(Moved(id, Where(channel), self.person, new, at))
        return new

    def _stamp(self) -> tuple[str, Millis]:
        return f"e{len(self._world.heard) + 1}", self._world._now()


def thread_ref(message: MessageId) -> ThreadRef:
    """The chat thread that hangs on a message."""
    return ThreadRef(f"thread-{message}")
