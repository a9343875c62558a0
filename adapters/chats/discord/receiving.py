"""Hears what people do on Discord: every shard by itself, and what all of them hear as one stream with one cursor.

A shard that is down, that reads what it missed, or whose line is made anew delays no other: each runs by itself, and
its part of the cursor says how far it is.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters.chats.discord.backfill import Backfill
from adapters.chats.discord.heard import heard, joined
from adapters.chats.discord.interactions import Interactions
from adapters.chats.discord.pacing import Logins, again
from adapters.chats.discord.reading import Reading
from adapters.chats.discord.registering import Registering
from adapters.chats.discord.rest import Rest, route
from adapters.chats.discord.settings import Settings
from adapters.chats.discord.shards import Outgrown, Shards, advice, all_of
from adapters.chats.discord.telling import Telling
from bot.errors import AdapterError, LoginRejected, RateLimited, Unreachable
from bot.model import NO_MESSAGE, Batch, Event, MessageId, Offer, UserId, Where
from bot.ports import Context

if TYPE_CHECKING:
    from adapters.chats.discord.shard import Shard


class Portion(NamedTuple):
    """What a shard heard, and its part of the cursor behind that; it goes on when both are stored."""

    shard: int
    events: tuple[Event, ...]
    part: bytes
    stored: asyncio.Event


class Receiving:
    """What people do in the guilds of one bot, and what is said to one of them."""

    def __init__(self, settings: Settings, context: Context, rest: Rest) -> None:
        self._settings = settings
        self._rest = rest
        self._log = context.log
        self._interactions = Interactions(rest, context)
        self._telling = Telling(rest, self._interactions)
        self._registering = Registering(rest, context)
        self._backfill = Backfill(rest, context.log)
        self._reading = Reading(context, self._backfill)
        self._logins = Logins()
        self._held: list[Shard] = []
        """The shards that are held now."""
        self._registers = asyncio.Lock()
        self._portions: asyncio.Queue[Portion | BaseException] = asyncio.Queue()
        self._closed = False

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an operator is told of our hearing."""
        said = [
            f"shard {shard.number} of {len(self._held)} hears nothing: {str(shard.trouble).rstrip('.')}"
            for shard in self._held
            if shard.trouble is not None
        ]
        if self._reading.blank:
            said.append(
                f"{self._reading.blank} answers came without their words since the start, for they do not ping whom "
                "they answer; switch on “Message Content Intent” in the developer portal and set message_content = true"
            )
        return tuple(said)

    def taking(self, message: str) -> None:
        """We are about to take a message away: that it is gone need not be told."""
        self._reading.taken.add(message)

    async def tell(
        self,
        where: Where,
        person: UserId,
        text: str,
        key: str,
        about: MessageId = NO_MESSAGE,
        offers: Sequence[Offer] = (),
    ) -> None:
        """Say something to one person: where they gave the command, beside their message, or in private."""
        await self._telling.tell(where, person, text, key, about, offers)

    async def events(self, cursor: str) -> AsyncGenerator[Batch, None]:
        """What people did after `cursor`; an empty one starts at the present, and its first batch says so."""
        self._reading.guilds.us = self._interactions.us = await self._rest.me()
        self._interactions.application = await self._rest.application()
        lines = await asyncio.to_thread(importlib.import_module, "adapters.chats.discord.shard")  # it takes its time
        outgrown = 0
        while not self._closed:
            shards = await self._shared_out(outgrown)
            try:
                async with aclosing(self._stream(lines, shards, cursor)) as batches:
                    async for batch in batches:
                        cursor = batch.cursor
                        yield batch
            except Outgrown:
                outgrown = shards.count
                self._log.warning("discord wants more shards", shards=outgrown)

    async def close(self) -> None:
        """Hear no more."""
        self._closed = True

    # ----------------------------------------------------------------------------------------------------- all shards

    async def _shared_out(self, outgrown: int) -> Shards:
        """The shards that there are to be: more than those that were too few."""
        told = advice(await self._rest.call(route("GET", "/gateway/bot")))
        limit = told.session_start_limit
        self._logins.allowed(limit, time.monotonic())
        count = self._settings.shards or told.shards
        if count <= outgrown and self._settings.shards:
            raise LoginRejected(
                f"The bot is in more servers than {count} shards may have (2500 each): set a higher number of shards, "
                "or none, and as many are made as Discord recommends."
            )
        if count <= outgrown:
            raise Unreachable(f"Discord recommends {count} shards, and says that they are too few. It is asked again.")
        if limit.remaining < count:
            raise RateLimited(
                f"Discord lets the bot log in {limit.remaining} times more today, and {count} shards want to. "
                "It is tried again when Discord counts anew.",
                limit.reset_after / 1000,
            )
        return all_of(count)

    async def _stream(self, lines: Any, shards: Shards, cursor: str) -> AsyncGenerator[Batch, None]:
        """What these shards hear, each in its order."""
        known = heard(cursor, shards.count) if cursor else {}
        parts = {number: one.part() for number, one in known.items()}
        self._portions = asyncio.Queue()
        shared = lines.Shared(
            token=self._settings.token.reveal(),
            content=self._settings.message_content,
            logins=self._logins,
            reading=self._reading,
            backfill=self._backfill,
            interactions=self._interactions,
            hand=self._hand,
            present=self._register,
            log=self._log,
        )
        self._held = [lines.Shard(number, shards.count, shared, known.get(number)) for number in shards.mine]
        tasks = [asyncio.create_task(self._keep(shard)) for shard in self._held]
        for task in tasks:
            task.add_done_callback(self._ended)
        try:
            while not self._closed:
                portion = await self._portions.get()
                if isinstance(portion, BaseException):
                    raise portion
                parts[portion.shard] = portion.part
                yield Batch(portion.events, joined(shards.count, parts))
                portion.stored.set()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            self._held = []

    async def _keep(self, shard: Shard) -> None:
        """Let a shard hear, line after line; raises where a login is refused, and where no shard hears any more."""
        failures = 0
        while True:
            try:
                await shard.hear()
            except LoginRejected:
                raise
            except AdapterError as error:
                failures = failures + 1 if shard.trouble is not None else 1
                shard.trouble = error
                if all(one.trouble is not None for one in self._held):
                    raise
                wait = again(failures)
                self._log.warning("shard not heard", shard=shard.number, error=str(error), wait=wait)
                await asyncio.sleep(wait)

    async def _hand(self, shard: int, events: tuple[Event, ...], part: bytes) -> None:
        portion = Portion(shard, events, part, asyncio.Event())
        self._portions.put_nowait(portion)
        await portion.stored.wait()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._portions.put_nowait(error)

    async def _register(self) -> None:
        """Let Discord know our commands, which are those of all shards; where one is at it, the others leave it."""
        if not self._registers.locked():
            async with self._registers:
                await self._registering.sync(self._interactions.application)
