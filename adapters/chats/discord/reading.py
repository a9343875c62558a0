"""What one thing that Discord tells says, in the house's words: where it stands, whose it is, what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.chats.discord import events, uses
from adapters.chats.discord.backfill import Backfill
from adapters.chats.discord.guilds import Guilds, mapping
from adapters.chats.discord.heard import Lately
from adapters.chats.discord.interactions import Met
from bot.model import Edited, Event, Said, Where
from bot.ports import Context

MOST_TAKEN = 1_000
"""Messages of which it is remembered that we take them away ourselves."""


class Reading:
    """Reads what all shards of one bot hear; what one was told of a guild, the others know."""

    def __init__(self, context: Context, backfill: Backfill) -> None:
        self.guilds = Guilds()
        self.taken = Lately(MOST_TAKEN)
        """What we take away ourselves: that it is gone need not be told."""
        self.blank = 0
        """How many answers came without their words."""
        self._backfill = backfill
        self._now = context.now
        self._commands = context.commands

    async def said(self, data: Mapping[str, Any]) -> Said | None:
        """What a person says with a message."""
        if not events.is_persons(data) or (where := await self._where(data)) is None:
            return None
        said = events.said(data, where, self._rules(data), self.guilds.us)
        self.blank += said is None and events.unread(data)
        return said

    async def changed(self, kind: str, data: Mapping[str, Any], mark: str) -> Event | None:
        """What becomes of a message that stands; `mark` tells it from an equal change."""
        if kind == "MESSAGE_DELETE":
            return await self.gone(data)
        if kind == "MESSAGE_UPDATE":
            return await self.edited(data)
        if data.get("user_id") == self.guilds.us or (where := await self._where(data)) is None:
            return None
        on = kind == "MESSAGE_REACTION_ADD"
        return events.reacted(data, where, on, mark, self._rules(data, str(data.get("user_id"))), self._now())

    async def edited(self, data: Mapping[str, Any]) -> Edited | None:
        """What a message says now, if a person changed it."""
        if not data.get("edited_timestamp") or not events.is_persons(data):
            return None
        where = await self._where(data)
        return events.edited(data, where, self._rules(data), self.guilds.us) if where is not None else None

    async def gone(self, data: Mapping[str, Any]) -> Event | None:
        """A message does not stand any more."""
        if self.taken.has(str(data.get("id"))):
            return None
        where = await self._where(data)
        return events.deleted(data.get("id"), where, self._now()) if where is not None else None

    async def used(self, met: Met | None) -> Event | None:
        """What somebody did with a command or a form."""
        use = met.use if met is not None else None
        if met is None or use is None:
            return None
        where = await self._where({"channel_id": use.channel, "guild_id": use.guild})
        if where is None:
            return None
        return uses.written(use, where, met.message) or uses.commanded(use, where, self._commands)

    async def _where(self, data: Mapping[str, Any]) -> Where | None:
        """Where something stands; of talks of two and threads that slept Discord is asked. None where nobody knows."""
        channel = str(data.get("channel_id"))
        where = self.guilds.where(channel)
        if where is None:
            found = await self._backfill.channel(channel)
            if found is not None:
                self.guilds.learn(found)
                where = self.guilds.where(channel)
        return where

    def _rules(self, data: Mapping[str, Any], who: str = "") -> bool:
        """Whether who did something manages the channel."""
        who = who or str(mapping(data.get("author")).get("id"))
        return self.guilds.rules(str(data.get("channel_id")), who, events.roles_of(data))
