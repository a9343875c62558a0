"""What one thing that Discord tells says, in the house's words: where it stands, whose it is, what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from adapters.chats.discord import events, uses
from adapters.chats.discord.backfill import Backfill
from adapters.chats.discord.guilds import Guilds, mapping, roles_of
from adapters.chats.discord.heard import Lately
from adapters.chats.discord.interactions import Met
from bot.model import MINUTE, Edited, Event, Millis, Said, Where
from bot.ports import Context

MOST_TAKEN = 1_000
"""Messages of which it is remembered that we take them away ourselves."""


MOST_MEMBERS = 1_000
"""Members whose roles are remembered that Discord was asked for, and not asked for again meanwhile."""

ROLES_LAST = 10 * MINUTE
"""Milliseconds for which they are believed."""


class Reading:
    """Reads what all shards of one bot hear; what one was told of a guild, the others know."""

    def __init__(self, context: Context, backfill: Backfill) -> None:
        self.guilds = Guilds()
        self.taken = Lately(MOST_TAKEN)
        """What we take away ourselves: that it is gone need not be told."""
        self._members: dict[tuple[str, str], tuple[tuple[str, ...], Millis]] = {}
        """Roles of members that Discord was asked for, by guild and member, and when that was."""
        self.blank = 0
        """How many answers came without their words."""
        self._backfill = backfill
        self._now = context.now
        self._commands = context.commands

    async def said(self, data: Mapping[str, Any]) -> Said | None:
        """What a person says with a message."""
        if not events.is_persons(data) or (where := await self._where(data)) is None:
            return None
        guilds, guild = self.guilds, self.guilds.of(str(data.get("channel_id")))
        said = events.said(data, where, self._rules(data), guilds.us, guild, guilds)
        self.blank += said is None and events.unread(data)
        return await self._with_roles(said, data, guild) if said is not None else None

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
        if where is None:
            return None
        return events.edited(data, where, self._rules(data), self.guilds.us, self.guilds)

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
        roles = self.guilds.called(use.channel, use.roles)
        use = use._replace(person=msgspec.structs.replace(use.person, roles=roles))
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
        roles = roles_of(mapping(data.get("member")))
        return self.guilds.rules(str(data.get("channel_id")), who, roles)

    async def _with_roles(self, said: Said, data: Mapping[str, Any], guild: str) -> Said:
        """The same, with what the roles of who said it are called.

        What was read back does not tell them. Discord is asked for those who may have answered a post: who speaks in a
        thread, or answers a message.
        """
        roles = roles_of(mapping(data.get("member")))
        if "member" not in data and (said.where.thread or said.reply_to):
            roles = await self._asked(guild, said.person.id)
        called = self.guilds.called(str(data.get("channel_id")), roles)
        return msgspec.structs.replace(said, person=msgspec.structs.replace(said.person, roles=called))

    async def _asked(self, guild: str, user: str) -> tuple[str, ...]:
        """The roles of a member as Discord tells them now, or told a moment ago."""
        roles, then = self._members.pop((guild, user), ((), 0))
        if not 0 <= self._now() - then < ROLES_LAST:
            roles, then = await self._backfill.roles(guild, user), self._now()
        self._members[guild, user] = roles, then
        if len(self._members) > MOST_MEMBERS:
            del self._members[next(iter(self._members))]
        return roles
