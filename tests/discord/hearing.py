"""The bot's hearing side, opened anew as often as a test wants it, and what it hears."""

from __future__ import annotations

import itertools
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

from adapters.chats.discord.receiving import Receiving
from adapters.chats.discord.rest import Rest
from adapters.chats.discord.settings import Settings
from bot.commands import CATALOGUE, worded
from bot.model import Command, Event, Said, Suggestion, Typing, Where
from bot.ports import Chat, Secret
from bot.testing.chat_talk import Ears, saying
from bot.testing.clock import FakeClock
from bot.testing.context import context
from bot.testing.log import RecordingLog
from tests.discord.nouns import Channel
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

COMMANDS = tuple(worded(command) for command, _ in CATALOGUE.values())


class Hearing:
    """Opens the receiving side as a fresh process has it; its folder stays the same."""

    def __init__(self, stand_in: StandIn, folder: Path, stack: AsyncExitStack) -> None:
        self.clock = FakeClock()
        self.log = RecordingLog()
        self.content = True
        self.commands: tuple[Command, ...] = COMMANDS
        self.suggestions: tuple[Suggestion, ...] = ()
        """What the house says that may be meant by what somebody types."""
        self.typed: list[Typing] = []
        self.token = stand_in.token
        self.shards: int | None = None
        self._folder = folder
        self._stack = stack
        self._number = itertools.count(1)

    def opened(self) -> Receiving:
        """The receiving side of a fresh process."""
        settings = Settings(token=Secret(self.token), message_content=self.content, shards=self.shards)
        our = context(
            self._folder,
            "discord",
            commands=self.commands,
            suggest=self._suggest,
            now=self.clock.now,
            log=self.log,
        )
        rest = Rest(settings, our)
        receiving = Receiving(settings, our, rest)
        self._stack.push_async_callback(our.net.close)
        self._stack.push_async_callback(rest.close)
        self._stack.push_async_callback(receiving.close)
        return receiving

    async def _suggest(self, typing: Typing) -> tuple[Suggestion, ...]:
        self.typed.append(typing)
        return self.suggestions

    async def ears(self, cursor: str = "", receiving: Receiving | None = None) -> Ears:
        """Ears that hear what is done from now on, or from a cursor on."""
        ears = self.ears_unheard(cursor, receiving)
        if not cursor:
            batch = await ears.batch(20)
            assert batch is not None, "the first start tells where the present is"
            assert batch.events == (), "and nothing of what was before"
        return ears

    def ears_unheard(self, cursor: str = "", receiving: Receiving | None = None) -> Ears:
        """The same, before anything came."""
        ears = Ears(cast(Chat, receiving or self.opened()), cursor)
        self._stack.push_async_callback(ears.close)
        return ears


async def heard(ears: Ears, person: Person, channel: Channel, end: str = "that was all") -> list[Event]:
    """What happened up to now; somebody says so."""
    person.says(channel, end)
    events = await ears.until(saying(end))
    return [event for event in events if not saying(end)(event)]


def texts(events: list[Event]) -> list[str]:
    """What was said."""
    return [event.text for event in events if isinstance(event, Said)]


def places(events: list[Event]) -> list[Where]:
    """Where it happened."""
    return [event.where for event in events]
