"""Hears what people do on Discord, from the gateway as it happens, and from the channels what was missed.

The gateway's word counts from a login on. What was said before it, back to the cursor, is read from each channel the
moment the gateway tells of its guild, before what comes behind that in the same line.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import msgspec

from adapters.chats.discord import backfill, events, uses
from adapters.chats.discord.backfill import Backfill
from adapters.chats.discord.guilds import Guilds, listed, mapping
from adapters.chats.discord.heard import Heard, Lately, heard
from adapters.chats.discord.interactions import Interactions, Met
from adapters.chats.discord.pacing import pause
from adapters.chats.discord.registering import Registering
from adapters.chats.discord.rest import Rest
from adapters.chats.discord.settings import Settings
from adapters.chats.discord.telling import Telling
from bot.errors import AdapterError
from bot.model import NO_MESSAGE, Batch, Edited, Event, MessageId, Said, UserId, Where
from bot.ports import Context

if TYPE_CHECKING:
    from adapters.chats.discord.gateway import Told

PAGE = 100
"""Events of one batch."""

SELDOM = 300.0
"""Seconds after which the cursor moves though nobody did anything for us."""

MOST_TAKEN = 1_000
"""Messages of which it is remembered that we take them away ourselves."""


class Receiving:
    """What people do in the guilds of one bot, and what is said to one of them."""

    def __init__(self, settings: Settings, context: Context, rest: Rest) -> None:
        self._token = settings.token.reveal()
        self._content = settings.message_content
        self._rest = rest
        self._now = context.now
        self._log = context.log
        self._commands = context.commands
        self._interactions = Interactions(rest, context)
        self._telling = Telling(rest, self._interactions)
        self._registering = Registering(rest, context)
        self._backfill = Backfill(rest, context.log)
        self._guilds = Guilds()
        self._heard = Heard()
        self._first = True
        """Nothing was ever heard: what was said up to now was not said to us."""
        self._untold: set[str] = set()
        """Guilds of which the gateway has said that they will be told of."""
        self._seen: set[str] = set()
        """Channels and threads that the gateway told of since the login."""
        self._taken = Lately(MOST_TAKEN)
        self._promised: list[tuple[Met, Said]] = []
        """Words that are shown as soon as it is certain that they go to the forum."""
        self._logins: deque[float] = deque(maxlen=20)
        self._ready = False
        self._new = False
        """A session has begun, and whether our commands are known was not looked at."""
        self._blank = 0
        self._closed = False

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an operator is told of our hearing."""
        if not self._blank:
            return ()
        return (
            f"{self._blank} answers came without their words since the start, for they do not ping whom they answer; "
            "switch on “Message Content Intent” in the developer portal and set message_content = true",
        )

    def taking(self, message: str) -> None:
        """We are about to take a message away: that it is gone need not be told."""
        self._taken.add(message)

    async def tell(self, where: Where, person: UserId, text: str, key: str, about: MessageId = NO_MESSAGE) -> None:
        """Say something to one person: where they gave the command, beside their message, or in private."""
        await self._telling.tell(where, person, text, key, about)

    async def events(self, cursor: str) -> AsyncGenerator[Batch, None]:
        """What people did after `cursor`; an empty one starts at the present, and its first batch says so."""
        self._heard, self._first = heard(cursor) if cursor else Heard(), not cursor
        self._promised.clear()
        self._guilds.us = self._interactions.us = await self._rest.me()
        self._interactions.application = await self._rest.application()
        gateway = await asyncio.to_thread(importlib.import_module, "adapters.chats.discord.gateway")
        while not self._closed:
            await asyncio.sleep(pause(self._logins, time.monotonic()))
            self._logins.append(time.monotonic())
            self._ready = False
            line = gateway.Line(self._token, self._content, self._meet, self._log)
            line.begin()
            try:
                async with aclosing(self._listen(line)) as batches:
                    async for batch in batches:
                        yield batch
            except gateway.Broken as error:
                if not self._ready:
                    raise gateway.unread(error) from None
                self._log.warning("line to discord made anew", why=str(error))
            finally:
                await line.close()

    async def close(self) -> None:
        """Hear no more."""
        self._closed = True

    # ------------------------------------------------------------------------------------------------ one line's life

    async def _listen(self, line: Any) -> AsyncGenerator[Batch, None]:
        moved, stood = time.monotonic(), self._heard.cursor()
        while not self._closed:
            batch: list[Event] = []
            settled = self._heard.settled
            for told in await line.next():
                async with aclosing(self._news(told)) as news:
                    async for event in news:
                        batch.append(event)
                        if len(batch) == PAGE:
                            yield Batch(tuple(batch), self._heard.cursor())
                            batch.clear()
            must = bool(batch) or (self._heard.settled and not settled)
            if must or time.monotonic() - moved >= SELDOM:
                cursor = self._heard.cursor()
                if must or cursor != stood:
                    yield Batch(tuple(batch), cursor)
                    moved, stood = time.monotonic(), cursor
            await self._follow()

    async def _follow(self) -> None:
        """Do what waits for what was heard to be stored: where the present is, and what goes to the forum."""
        promised, self._promised = self._promised, []
        for met, said in promised:
            await self._interactions.show(met, said)
        if self._heard.settled and self._new:
            self._new = False
            await self._registering.sync(self._interactions.application)

    def _meet(self, kind: str, data: bytes) -> asyncio.Task[Met | None] | None:
        """Answer at once what cannot wait."""
        return asyncio.create_task(self._interactions.meet(data)) if kind == "INTERACTION_CREATE" else None

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
            if (event := await self._used(await told.met)) is not None:
                yield event
            return
        data = mapping(msgspec.json.decode(told.data))
        match told.kind:
            case "READY":
                await self._begin(data)
            case "GUILD_CREATE" | "GUILD_DELETE":
                self._guilds.apply(told.kind, data)
                async with aclosing(self._missed(data)) as missed:
                    async for event in missed:
                        yield event
            case "MESSAGE_CREATE":
                if (said := await self._message(data)) is not None:
                    yield said
            case "MESSAGE_DELETE_BULK":
                for id in data.get("ids") or ():
                    if (gone := await self._gone({**data, "id": id})) is not None:
                        yield gone
            case "MESSAGE_UPDATE" | "MESSAGE_DELETE" | "MESSAGE_REACTION_ADD" | "MESSAGE_REACTION_REMOVE":
                if (change := await self._change(told, data)) is not None:
                    yield change
            case _:
                self._guilds.apply(told.kind, data)

    # ----------------------------------------------------------------------------------------------- what was missed

    async def _begin(self, data: Mapping[str, Any]) -> None:
        self._ready = True
        self._untold = {str(guild.get("id")) for guild in listed(data.get("guilds"))}
        self._seen.clear()
        self._heard.settled = False
        self._new = True
        if not self._untold:
            self._settle()

    async def _missed(self, guild: Mapping[str, Any]) -> AsyncGenerator[Event, None]:
        """What was said in a guild while nobody listened; when it was the last one, in threads that fell asleep too."""
        owed: list[tuple[str, int]] = []
        newest = backfill.newest(guild)
        if self._first:
            self._heard.begin(max(newest.values(), default=0))
        else:
            owed = backfill.behind(guild, self._heard, self._guilds)
        self._seen |= newest.keys()
        last = self._untold == {str(guild.get("id"))}
        if last and not self._first:
            owed += backfill.asleep(self._heard, self._seen)
        changed = backfill.lately(self._heard) if last and not self._first else []
        for channel, message in owed:
            async with aclosing(self._backfill.since(channel, message)) as messages:
                async for one in messages:
                    if (said := await self._message(one)) is not None:
                        yield said
                    # It may have been heard in a batch that was never stored, or before it was changed.
                    if (edited := await self._edited(one)) is not None:
                        yield edited
        for channel, message in changed:
            page = await self._backfill.until(channel, message) if self._guilds.read_by_us(channel) else []
            for one in page:
                if (edited := await self._edited(one)) is not None:
                    yield edited
            for id in backfill.missing(page, self._heard.said.of(channel), message):
                if (gone := await self._gone({"channel_id": channel, "id": id})) is not None:
                    yield gone
        self._untold.discard(str(guild.get("id")))
        if not self._untold:
            self._settle()

    def _settle(self) -> None:
        """All that was said before is heard."""
        self._heard.settled, self._first = True, False
        self._seen.clear()

    # ---------------------------------------------------------------------------------------------- what one event says

    async def _message(self, data: Mapping[str, Any]) -> Said | None:
        """What a message says, once, however often it comes."""
        id, channel = str(data.get("id")), str(data.get("channel_id"))
        if self._heard.said.has(id):
            return None
        if self._first:
            self._heard.begin(int(id) - 1)
        said = None
        if events.is_persons(data) and (where := await self._where(data)) is not None:
            said = events.said(data, where, self._rules(data), self._guilds.us)
            self._blank += said is None and events.unread(data)
        self._heard.said.add(id, channel if said is not None else "")
        self._heard.took(channel, int(id))
        return said

    async def _change(self, told: Told, data: Mapping[str, Any]) -> Event | None:
        """What becomes of a message that stands."""
        if told.kind == "MESSAGE_DELETE":
            return await self._gone(data)
        if told.kind == "MESSAGE_UPDATE":
            return await self._edited(data)
        if data.get("user_id") == self._guilds.us or (where := await self._where(data)) is None:
            return None
        on = told.kind == "MESSAGE_REACTION_ADD"
        return events.reacted(data, where, on, told.mark, self._rules(data, str(data.get("user_id"))), self._now())

    async def _edited(self, data: Mapping[str, Any]) -> Edited | None:
        if not data.get("edited_timestamp") or not events.is_persons(data):
            return None
        where = await self._where(data)
        return events.edited(data, where, self._rules(data), self._guilds.us) if where is not None else None

    async def _gone(self, data: Mapping[str, Any]) -> Event | None:
        if self._taken.has(str(data.get("id"))):
            return None
        where = await self._where(data)
        return events.deleted(data.get("id"), where, self._now()) if where is not None else None

    async def _used(self, met: Met | None) -> Event | None:
        """What somebody did with a command or a form."""
        use = met.use if met is not None else None
        if met is None or use is None:
            return None
        where = await self._where({"channel_id": use.channel, "guild_id": use.guild})
        if where is None:
            return None
        said = uses.written(use, where, met.message)
        if said is not None:
            self._promised.append((met, said))
            return said
        return uses.commanded(use, where, self._commands)

    async def _where(self, data: Mapping[str, Any]) -> Where | None:
        """Where something stands; of talks of two and threads that slept Discord is asked. None where nobody knows."""
        channel = str(data.get("channel_id"))
        where = self._guilds.where(channel)
        if where is None:
            found = await self._backfill.channel(channel)
            if found is not None:
                self._guilds.learn(found)
                where = self._guilds.where(channel)
        return where

    def _rules(self, data: Mapping[str, Any], who: str = "") -> bool:
        """Whether who did something manages the channel."""
        who = who or str(mapping(data.get("author")).get("id"))
        return self._guilds.rules(str(data.get("channel_id")), who, events.roles_of(data))
