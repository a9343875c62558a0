"""One shard of a bot: what it hears from the gateway as it happens, and from its channels what was missed.

The gateway's word counts from a login on. What was said before it, back to the cursor, is read from each channel the
moment the gateway tells of its guild, before what comes behind that in the same line.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, NamedTuple

import msgspec

from adapters.chats.discord import backfill
from adapters.chats.discord.backfill import Backfill
from adapters.chats.discord.gateway import Broken, Line, Told, unread
from adapters.chats.discord.guilds import listed, mapping
from adapters.chats.discord.heard import Heard
from adapters.chats.discord.interactions import Interactions, Met
from adapters.chats.discord.pacing import Logins
from adapters.chats.discord.reading import Reading
from bot.errors import AdapterError
from bot.model import Event, Said
from bot.ports import Log

PAGE = 100
"""Events of one batch."""

SELDOM = 300.0
"""Seconds after which the cursor moves though nobody did anything for us."""

Hand = Callable[[int, tuple[Event, ...], bytes], Awaitable[None]]
"""Hands over what a shard heard, and its part of the cursor behind that; returns when both are stored."""


class Shared(NamedTuple):
    """What the shards of one bot have in common."""

    token: str
    content: bool
    logins: Logins
    reading: Reading
    backfill: Backfill
    interactions: Interactions
    hand: Hand
    present: Callable[[], Awaitable[None]]
    """Called when a shard begins to hear the present."""
    log: Log


class Shard:
    """One of `count`, by its number; `heard` is how far it was, None where it never heard anything."""

    def __init__(self, number: int, count: int, shared: Shared, heard: Heard | None) -> None:
        self.number = number
        self.trouble: AdapterError | None = None
        """Why it does not hear, until it hears the present again."""
        self._count = count
        self._shared = shared
        self._reading = shared.reading
        self._log = shared.log
        self._heard = heard or Heard()
        self._first = heard is None
        """Nothing was ever heard: what was said up to now was not said to us."""
        self._untold: set[str] = set()
        """Guilds of which the gateway has said that they will be told of."""
        self._hidden: set[str] = set()
        """Guilds that Discord cannot show for a while: what was said there is not read yet."""
        self._seen: set[str] = set()
        """Channels and threads that the gateway told of since the login."""
        self._promised: list[tuple[Met, Said]] = []
        """Words that are shown as soon as it is certain that they go to the forum."""
        self._ready = self._present = False
        """A session has begun; and all that was said before it was heard."""
        self._new = False
        """A session has begun, and whether our commands are known was not looked at."""

    async def hear(self) -> None:
        """Hear on one line, from its login until it has to be made anew.

        Raises `Outgrown`, and `AdapterError` where a new line at once would not help.
        """
        await self._turn()
        self._ready = False
        shared = self._shared
        line = Line(self.number, self._count, shared.token, shared.content, self._meet, self._turn, self._log)
        line.begin()
        try:
            await self._listen(line)
        except Broken as error:
            if not self._ready:
                raise unread(error) from None
            self._log.warning("line to discord made anew", shard=self.number, why=str(error))
        finally:
            await line.close()

    # ------------------------------------------------------------------------------------------------ one line's life

    async def _turn(self) -> None:
        """Wait until this shard may log in once more."""
        while True:
            wait = self._shared.logins.ask(self.number, time.monotonic())
            if wait <= 0:
                return
            await asyncio.sleep(wait)

    async def _listen(self, line: Line) -> None:
        moved, stood = time.monotonic(), self._heard.part()
        while True:
            present = self._present
            batch: list[Event] = []
            try:
                for told in await line.next():
                    async with aclosing(self._news(told)) as news:
                        async for event in news:
                            batch.append(event)
                            if len(batch) == PAGE:
                                await self._hand_over(batch)
            except AdapterError:
                # What came before is as far as we heard, and the next line goes on behind it.
                if batch:
                    await self._hand_over(batch)
                raise
            must = bool(batch) or (self._present and not present)
            if must or (time.monotonic() - moved >= SELDOM and self._heard.part() != stood):
                await self._hand_over(batch)
                moved, stood = time.monotonic(), self._heard.part()
            if self._present and self._new:
                self._new = False
                await self._shared.present()

    async def _hand_over(self, batch: list[Event]) -> None:
        """Let a batch be stored, and do what waits for that: show what goes to the forum."""
        await self._shared.hand(self.number, tuple(batch), self._heard.part())
        batch.clear()
        promised, self._promised = self._promised, []
        for met, said in promised:
            await self._shared.interactions.show(met, said)

    def _meet(self, kind: str, data: bytes) -> asyncio.Task[Met | None] | None:
        """Answer at once what cannot wait."""
        return asyncio.create_task(self._shared.interactions.meet(data)) if kind == "INTERACTION_CREATE" else None

    async def _news(self, told: Told) -> AsyncGenerator[Event, None]:
        """What one event tells; one that cannot be read keeps nobody from hearing the others."""
        try:
            async with aclosing(self._news_of(told)) as news:
                async for event in news:
                    yield event
        except AdapterError:
            raise
        except Exception as error:
            self._log.error("event not understood", kind=told.kind, exc_info=error)

    async def _news_of(self, told: Told) -> AsyncGenerator[Event, None]:
        if told.kind == "INTERACTION_CREATE":
            met = await told.met
            if (event := await self._reading.used(met)) is not None:
                if isinstance(event, Said):
                    self._promised.append((met, event))
                yield event
            return
        data = mapping(msgspec.json.decode(told.data))
        match told.kind:
            case "READY":
                self._begin(data)
            case "GUILD_CREATE" | "GUILD_DELETE":
                self._reading.guilds.apply(told.kind, data)
                async with aclosing(self._missed(data)) as missed:
                    async for event in missed:
                        yield event
            case "MESSAGE_CREATE":
                if (said := await self._message(data)) is not None:
                    yield said
            case "MESSAGE_DELETE_BULK":
                for id in data.get("ids") or ():
                    if (gone := await self._reading.gone({**data, "id": id})) is not None:
                        yield gone
            case "MESSAGE_UPDATE" | "MESSAGE_DELETE" | "MESSAGE_REACTION_ADD" | "MESSAGE_REACTION_REMOVE":
                if (change := await self._reading.changed(told.kind, data, told.mark)) is not None:
                    yield change
            case _:
                self._reading.guilds.apply(told.kind, data)

    async def _message(self, data: Mapping[str, Any]) -> Said | None:
        """What a message says, once, however often it comes."""
        id, channel = str(data.get("id")), str(data.get("channel_id"))
        if self._heard.said.has(id):
            return None
        if self._first:
            self._heard.begin(int(id) - 1)
        said = await self._reading.said(data)
        self._heard.said.add(id, channel if said is not None else "")
        self._heard.took(channel, int(id))
        return said

    # ----------------------------------------------------------------------------------------------- what was missed

    def _begin(self, data: Mapping[str, Any]) -> None:
        self._ready = True
        self._untold = {str(guild.get("id")) for guild in listed(data.get("guilds"))}
        self._hidden.clear()
        self._seen.clear()
        self._heard.settled = self._present = False
        self._new = True
        if not self._untold:
            self._settle()

    async def _missed(self, guild: Mapping[str, Any]) -> AsyncGenerator[Event, None]:
        """What was said in a guild while nobody listened; when it was the last one, in threads that fell asleep too."""
        id, guilds = str(guild.get("id")), self._reading.guilds
        owed: list[tuple[str, int]] = []
        newest = backfill.newest(guild)
        if self._first:
            self._heard.begin(max(newest.values(), default=0))
        else:
            owed = backfill.behind(guild, self._heard, guilds)
        self._seen |= newest.keys()
        last = self._untold == {id}
        if last and not self._first:
            owed += backfill.asleep(self._heard, self._seen)
        changed = backfill.lately(self._heard) if last and not self._first else []
        for channel, message in owed:
            async with aclosing(self._shared.backfill.since(channel, message)) as messages:
                async for one in messages:
                    if (said := await self._message(one)) is not None:
                        yield said
                    # It may have been heard in a batch that was never stored, or before it was changed.
                    if (edited := await self._reading.edited(one)) is not None:
                        yield edited
        for channel, message in changed:
            page = await self._shared.backfill.until(channel, message) if guilds.read_by_us(channel) else []
            for one in page:
                if (edited := await self._reading.edited(one)) is not None:
                    yield edited
            for id in backfill.missing(page, self._heard.said.of(channel), message):
                if (gone := await self._reading.gone({"channel_id": channel, "id": id})) is not None:
                    yield gone
        self._untold.discard(id)
        if guild.get("unavailable") is True:
            self._hidden.add(id)
        else:
            self._hidden.discard(id)
        if not self._untold:
            self._settle()

    def _settle(self) -> None:
        """All that was said before is heard, as far as Discord shows it."""
        self._heard.settled = not self._hidden
        self._present, self._first = True, False
        self._seen.clear()
        self.trouble = None
