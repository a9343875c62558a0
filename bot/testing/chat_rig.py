"""What the chat contract needs of an author: the adapter opened, and the chat's people and readers."""

from __future__ import annotations

from typing import NoReturn

import pytest

from bot.model import NO_MESSAGE, ChannelRef, MessageId, UserId, Where
from bot.ports import Chat
from bot.testing.chat_world import Shown
from bot.testing.faults import Line


def unable(what: str) -> NoReturn:
    """Skip a law for which the rig lacks a hook."""
    pytest.skip(f"the rig cannot {what}")


class Hands:
    """One person who uses the chat, not through the adapter; override what you can, `say` at least."""

    id: UserId = UserId("")
    """Who this is, as the chat names them."""

    async def say(self, where: Where, text: str, reply_to: MessageId = NO_MESSAGE) -> MessageId:
        """Write a message."""
        raise NotImplementedError

    async def attach(self, where: Where, text: str, name: str, content: bytes) -> MessageId:
        """Write a message, with words or without, and a file on it."""
        unable("put files on messages as a person")

    async def edit(self, where: Where, message: MessageId, text: str) -> None:
        """Change a message of one's own."""
        unable("edit messages as a person")

    async def delete(self, where: Where, message: MessageId) -> None:
        """Remove a message of one's own."""
        unable("delete messages as a person")

    async def react(self, where: Where, message: MessageId, reaction: str, on: bool = True) -> None:
        """Put a reaction on a message, or take it away."""
        unable("react as a person")

    async def read(self, where: Where, message: MessageId) -> None:
        """Read a place up to a message, and let the chat know."""
        unable("read as a person")

    async def command(self, where: Where, line: str) -> None:
        """Give a command in the chat's own way: `line` is its group and words, such as "forum unread"."""
        unable("give commands as a person")

    async def press(self, where: Where, message: MessageId, label: str) -> None:
        """Press what is offered below a message, or with `NO_MESSAGE` below the last private words beside a place."""
        unable("press buttons as a person")


class ChatRig:
    """An adapter opened on a chat of its own, and the eyes and hands of its people; override what you can.

    `chat`, `as_person` and `shown` are needed. A hook that is not overridden skips the laws that need it, each saying
    so. Nobody but the rig may write to `where` meanwhile.
    """

    where: Where
    """A place that is there, empty, and may be written to."""
    missing: Where = Where(ChannelRef("999999999"))
    """A place that is not there, as the adapter names places."""
    missing_message: MessageId = MessageId("999999999")
    """An id as the adapter names messages, of one that is not there."""
    foreign_link = "https://elsewhere.example/1"
    """An address that is not of this chat."""
    makes_channels = True
    """Whether this login may make channels."""
    reaction = "📖"
    """A reaction that people of this chat can use."""

    async def chat(self) -> Chat:
        """The adapter's chat, opened; the same one at every call until `reopen`."""
        raise NotImplementedError

    def as_person(self, name: str, admin: bool = False) -> Hands:
        """Somebody of that name who is in `where`; an admin by the chat's own permissions."""
        raise NotImplementedError

    async def shown(self, where: Where) -> list[Shown]:
        """What a reader sees in a place, in order; in the text of a message also what its buttons say."""
        raise NotImplementedError

    async def reopen(self) -> Chat:
        """The chat closed and opened again, as after a restart of the program."""
        unable("open the chat a second time")

    async def past(self, text: str) -> None:
        """Somebody says something before the adapter is opened for the first time; called before `chat`."""
        unable("say something before the program's first start")

    async def told(self, person: UserId) -> list[str]:
        """What this person alone sees, in order, as plain text, with what its buttons say."""
        unable("see private words")

    async def let_pin(self) -> None:
        """Let this login pin messages in `where`, where that takes a power of its own."""

    async def pinned(self, where: Where) -> list[MessageId]:
        """The messages that are kept at the top of a channel."""
        unable("see what is pinned")

    async def pings(self) -> int:
        """How many people were pinged so far."""
        unable("see pings")

    async def link(self, where: Where, message: MessageId) -> str:
        """The address that the chat itself offers for a message."""
        unable("copy the link of a message")

    async def line(self, state: Line) -> None:
        """Put the line between adapter and chat into a state."""
        unable("disturb the line to the chat")

    async def close(self) -> None:
        """Let go of everything; the fixture that makes the rig calls it at the end."""
