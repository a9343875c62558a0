"""How a law talks in a chat: cards that are sent, and ears that hear what people do."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType

import pytest

from bot import markup
from bot.model import (
    NO_MESSAGE,
    Batch,
    Card,
    CardKind,
    Commanded,
    Deleted,
    Event,
    MessageId,
    Moved,
    Payload,
    Said,
    Where,
    at,
)
from bot.ports import Chat
from bot.testing.chat_rig import ChatRig
from bot.testing.chat_world import Shown
from bot.testing.clock import NOON

PATIENCE = 20.0
"""Seconds after which a law gives up on an event: it ends a law that is broken, and is no limit to keep."""


def post(text: str, reply_to: MessageId = NO_MESSAGE, author: str = "ann") -> Card:
    """The card of a post."""
    return Card(
        CardKind.POST,
        author=author,
        author_key=f"forum.example/{author}",
        body=markup.read(text, "plain"),
        link="https://forum.example/t/1#p1",
        when=at(NOON),
        reply_to=reply_to,
    )


async def send(chat: Chat, where: Where, card: Card, key: str) -> list[MessageId]:
    """Show a card, part by part, as the sender does; the ids of its messages."""
    return [
        await chat.send(where, payload, key if part == 0 else f"{key}-{part}")
        for part, payload in enumerate(chat.render(card))
    ]


async def send_one(chat: Chat, where: Where, text: str, key: str, reply_to: MessageId = NO_MESSAGE) -> MessageId:
    """Show a short post; it is one message."""
    messages = await send(chat, where, post(text, reply_to), key)
    assert len(messages) == 1, f"a post of {len(text)} characters is one message"
    return messages[0]


def payload(chat: Chat, text: str) -> Payload:
    """The one payload of a short post."""
    return chat.render(post(text))[0]


async def standing(rig: ChatRig, where: Where | None = None) -> list[Shown]:
    """What a reader sees in a place, without the marks that deletions left."""
    return [one for one in await rig.shown(where or rig.where) if not one.deleted]


async def seen(rig: ChatRig, message: MessageId, where: Where | None = None) -> Shown:
    """One message as a reader sees it; fails where it is not shown exactly once."""
    found = [one for one in await standing(rig, where) if one.message == message]
    assert len(found) == 1, f"message {message} is shown {len(found)} times"
    return found[0]


def marks(shown: Sequence[Shown], *words: str) -> list[str]:
    """Which of these words are shown, in the order in which they are."""
    wanted = re.compile(r"\b(?:" + "|".join(map(re.escape, words)) + r")\b")
    return [found for one in shown for found in wanted.findall(one.text)]


class Ears:
    """Hears what people do from a cursor on, as the listener does."""

    def __init__(self, chat: Chat, cursor: str) -> None:
        self.chat = chat
        self.cursor = cursor
        self.heard: list[Event] = []
        """Everything that was heard so far."""
        self._stream: AsyncIterator[Batch] = chat.events(cursor)
        self._next: asyncio.Task[Batch] | None = None

    async def __aenter__(self) -> Ears:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def batch(self, seconds: float) -> Batch | None:
        """The next batch, None where none came in time; nothing is lost then."""
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self._stream))
        done, _ = await asyncio.wait({self._next}, timeout=seconds)
        if not done:
            return None
        batch, self._next = self._next.result(), None
        self.cursor = batch.cursor
        self.heard += batch.events
        return batch

    async def until(self, last: Callable[[Event], bool]) -> list[Event]:
        """Everything that is heard up to the event that `last` is true of."""
        heard: list[Event] = []
        while not any(map(last, heard)):
            batch = await self.batch(PATIENCE)
            if batch is None:
                pytest.fail(f"what people did was not heard; heard were {[type(event).__name__ for event in heard]}")
            heard += batch.events
        return heard

    async def close(self) -> None:
        """Stop listening."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.wait({self._next})
            self._next = None
        if hasattr(self._stream, "aclose"):
            await self._stream.aclose()


def saying(text: str) -> Callable[[Event], bool]:
    """True of the event that somebody said this."""
    return lambda event: isinstance(event, Said) and words(event.text, event.format) == text


async def listening(rig: ChatRig, chat: Chat) -> Ears:
    """Ears that surely hear what is said from now on.

    An empty cursor begins at the present, and only the adapter knows when that is; so somebody talks until heard.
    """
    ears = Ears(chat, "")
    speaker = rig.as_person("Warmup")
    for n in range(40):
        await speaker.say(rig.where, f"warming up {n}")
        batch = await ears.batch(0.5)
        if batch is not None and batch.events:
            if not any(map(saying(f"warming up {n}"), batch.events)):
                await ears.until(saying(f"warming up {n}"))
            return ears
    await ears.close()
    pytest.fail("40 messages of a person were not heard: `events` tells what people do, for ever")


async def heard(ears: Ears, rig: ChatRig, end: str = "that was all") -> list[Event]:
    """Everything that people did since the ears were last asked; somebody says `end`, so that it has one."""
    await rig.as_person("Closing").say(rig.where, end)
    events = await ears.until(saying(end))
    assert saying(end)(events[-1]), "events come in the order in which they happened"
    return events[:-1]


def words(text: str, format: str) -> str:
    """The words of a text, white space folded."""
    return " ".join(markup.words(markup.read(text, format)).split())


def only(events: Sequence[Event]) -> Event:
    """The one event that was heard; fails where there were more, or none."""
    assert len(events) == 1, f"one thing happened; heard were {kinds(events)}"
    return events[0]


def kinds(events: Sequence[Event]) -> list[str]:
    """The kinds of events, by name."""
    return [type(event).__name__ for event in events]


def subject(event: Event) -> MessageId:
    """The message that an event is about; a command is about none, and a channel that moves neither."""
    return MessageId("") if isinstance(event, Commanded | Moved) else event.message


def doer(event: Event) -> str:
    """The name of who did it; empty where the chat does not tell."""
    if isinstance(event, Deleted):
        return event.person.name if event.person is not None else ""
    return event.person.name
