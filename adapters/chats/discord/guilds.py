"""Pure: what the gateway tells of guilds: where their channels stand, and who may do what there.

discord.py knows it too, but throws away what it is told of a guild that it has not seen. What is kept here is small,
for there may be a thousand guilds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from adapters.chats.discord import permissions
from adapters.chats.discord.places import THREADS
from bot.model import ChannelRef, ThreadRef, Where

MOST_THREADS = 50_000
"""Threads of which it is remembered where they stand; of an older one Discord is asked."""


class Channel(NamedTuple):
    """A channel; `overwrites` is the JSON of who may do other things there than elsewhere."""

    guild: str
    overwrites: bytes
    name: str = ""


class Thread(NamedTuple):
    """A thread, and the channel that it is in."""

    guild: str
    parent: str


class Guild:
    """One guild: whose it is, what its roles may do and are called, and which of them are ours."""

    __slots__ = ("entered", "names", "ours", "owner", "roles")

    def __init__(self) -> None:
        self.owner = ""
        self.roles: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.ours: tuple[str, ...] = ()
        self.entered = ""
        """When we came into it, as Discord writes times."""


class Guilds:
    """All guilds that we are in, as far as the gateway has told of them."""

    def __init__(self, us: str = "") -> None:
        self.us = us
        self._guilds: dict[str, Guild] = {}
        self._channels: dict[str, Channel] = {}
        self._threads: dict[str, Thread] = {}

    def apply(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take in what an event changes; what it does not tell stays as it was."""
        guild = _id(data, "guild_id")
        match kind:
            case "GUILD_CREATE" | "GUILD_UPDATE":
                self._enter(data)
            case "GUILD_DELETE":
                self._leave(_id(data, "id"))
            case "GUILD_ROLE_CREATE" | "GUILD_ROLE_UPDATE":
                self._role(guild, mapping(data.get("role")))
            case "GUILD_ROLE_DELETE" if guild in self._guilds:
                self._guilds[guild].roles.pop(_id(data, "role_id"), None)
                self._guilds[guild].names.pop(_id(data, "role_id"), None)
            case "GUILD_MEMBER_UPDATE" if guild in self._guilds and _id(mapping(data.get("user")), "id") == self.us:
                self._guilds[guild].ours = _texts(data.get("roles"))
            case "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_CREATE" | "THREAD_UPDATE":
                self.learn(data)
            case "CHANNEL_DELETE":
                self._channels.pop(_id(data, "id"), None)
            case "THREAD_DELETE":
                self._threads.pop(_id(data, "id"), None)
            case "THREAD_LIST_SYNC":
                for thread in listed(data.get("threads")):
                    self.learn({**thread, "guild_id": guild})

    def learn(self, data: Mapping[str, Any]) -> None:
        """Remember a channel or thread, as gateway and REST tell of it."""
        id, guild = _id(data, "id"), _id(data, "guild_id")
        if not id:
            return
        if data.get("type") in THREADS:
            self._threads.pop(id, None)
            self._threads[id] = Thread(guild, _id(data, "parent_id"))
            if len(self._threads) > MOST_THREADS:
                del self._threads[next(iter(self._threads))]
            return
        overwrites = data.get("permission_overwrites")
        self._channels[id] = Channel(guild, msgspec.json.encode(overwrites) if overwrites else b"", _id(data, "name"))

    def where(self, channel: str) -> Where | None:
        """Where what stands in a channel or thread is, in the house's words; None where it has to be asked."""
        if channel in self._channels:
            return Where(ChannelRef(channel))
        thread = self._threads.get(channel)
        return Where(ChannelRef(thread.parent), ThreadRef(channel)) if thread is not None and thread.parent else None

    def of(self, channel: str) -> str:
        """The guild that a channel or thread is in; empty where that is not known, or is none."""
        thread, known = self._threads.get(channel), self._channels.get(channel)
        return thread.guild if thread is not None else known.guild if known is not None else ""

    def channel_name(self, id: str) -> str:
        """What a channel is called; empty where that is not known, as it is of no thread."""
        known = self._channels.get(id)
        return known.name if known is not None else ""

    def role_name(self, channel: str, id: str) -> str:
        """What a role in the guild of a channel or thread is called; empty where that is not known."""
        known = self._guilds.get(self.of(channel))
        return known.names.get(id, "") if known is not None else ""

    def called(self, channel: str, roles: Sequence[str]) -> tuple[str, ...]:
        """What these roles are called in the guild of a channel or thread; those that are not known are left out."""
        return tuple(name for name in (self.role_name(channel, role) for role in roles) if name)

    def entered(self, guild: str) -> str:
        """When we came into a guild, as Discord writes times; empty where it was not told."""
        return self._guilds[guild].entered if guild in self._guilds else ""

    def may(self, channel: str, who: str, roles: Sequence[str]) -> int:
        """What somebody with these roles may do in a channel; nothing where it is not known."""
        known = self._channels.get(channel)
        guild = self._guilds.get(known.guild) if known is not None else None
        if known is None or guild is None:
            return 0
        member = {"roles": list(roles)}
        held = [{"id": id, "permissions": guild.roles[id]} for id in (known.guild, *roles) if id in guild.roles]
        may = permissions.in_guild({"id": known.guild, "owner_id": guild.owner}, held, member, who)
        there = {"permission_overwrites": msgspec.json.decode(known.overwrites) if known.overwrites else []}
        return permissions.in_channel(may, known.guild, there, member, who)

    def rules(self, channel: str, who: str, roles: Sequence[str]) -> bool:
        """Whether somebody with these roles manages a channel, or the channel that a thread is in."""
        return bool(self.may(self._home(channel), who, roles) & permissions.MANAGE_CHANNELS)

    def read_by_us(self, channel: str) -> bool:
        """Whether we may read what was said in a channel or thread."""
        home = self._home(channel)
        known = self._channels.get(home)
        ours = self._guilds[known.guild].ours if known is not None and known.guild in self._guilds else ()
        return bool(self.may(home, self.us, ours) & permissions.READ_MESSAGE_HISTORY)

    def _home(self, channel: str) -> str:
        return self._threads[channel].parent if channel in self._threads else channel

    def _enter(self, data: Mapping[str, Any]) -> None:
        id = _id(data, "id")
        if not id or data.get("unavailable") is True:
            return
        guild = self._guilds.setdefault(id, Guild())
        guild.owner = _id(data, "owner_id") or guild.owner
        if "roles" in data:
            guild.roles, guild.names = {}, {}
            for role in listed(data["roles"]):
                self._role(id, role)
        if "joined_at" in data:
            guild.entered = str(data["joined_at"] or "")
        for member in listed(data.get("members")):
            if _id(mapping(member.get("user")), "id") == self.us:
                guild.ours = _texts(member.get("roles"))
        for channel in (*listed(data.get("channels")), *listed(data.get("threads"))):
            self.learn({**channel, "guild_id": id})

    def _leave(self, guild: str) -> None:
        self._guilds.pop(guild, None)
        self._channels = {id: one for id, one in self._channels.items() if one.guild != guild}
        self._threads = {id: one for id, one in self._threads.items() if one.guild != guild}

    def _role(self, guild: str, role: Mapping[str, Any]) -> None:
        if guild in self._guilds and (id := _id(role, "id")):
            # Of very many roles few differ in this.
            self._guilds[guild].roles[id] = sys.intern(str(role.get("permissions") or "0"))
            self._guilds[guild].names[id] = sys.intern(str(role.get("name") or ""))


def mapping(value: object) -> Mapping[str, Any]:
    """A JSON object; an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a JSON list; none where it is no list."""
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def roles_of(member: Mapping[str, Any]) -> tuple[str, ...]:
    """The roles of a member, by their ids."""
    return _texts(member.get("roles"))


def _id(data: Mapping[str, Any], field: str) -> str:
    value = data.get(field)
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
