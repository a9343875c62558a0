"""Reads what was said while nobody listened: behind the last message that was heard, channel by channel.

The gateway says of every channel and open thread which message is its newest; only where that one is not heard yet
anything is asked. A thread that fell asleep meanwhile is not among them: of those that were spoken in last it is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.chats.discord.guilds import Guilds, listed, mapping, roles_of
from adapters.chats.discord.heard import LAST_SAID, Heard
from adapters.chats.discord.names import EPOCH
from adapters.chats.discord.places import FORUMS
from adapters.chats.discord.rest import Object, Rest, Route, route
from bot.errors import Gone, NotAllowed, RateLimited, Refused
from bot.ports import Log

PAGE = 100
"""Messages that Discord gives at once."""

MOST_CHANGED = 50
"""Channels in which is looked for what was changed while nobody listened, among a page of each."""


def newest(guild: Mapping[str, Any]) -> dict[str, int]:
    """The newest message of each channel and thread, as a guild tells it when it is seen first."""
    found = {}
    for channel in (*listed(guild.get("channels")), *listed(guild.get("threads"))):
        id, last = channel.get("id"), channel.get("last_message_id")
        # That of a forum is its newest post, which is a thread by itself.
        if isinstance(id, str) and isinstance(last, str) and last.isdigit() and channel.get("type") not in FORUMS:
            found[id] = int(last)
    return found


def behind(guild: Mapping[str, Any], heard: Heard, guilds: Guilds) -> list[tuple[str, int]]:
    """Channels in which something was said that was not heard, and the message behind which to read each."""
    entered = _moment(guilds.entered(str(guild.get("id"))))
    return [
        (channel, max(heard.after(channel), entered))
        for channel, last in newest(guild).items()
        if last > max(heard.after(channel), entered) and guilds.read_by_us(channel)
    ]


def lately(heard: Heard) -> list[tuple[str, int]]:
    """The channels that people spoke in last, and how far each was heard: what was changed there meanwhile counts."""
    return [(channel, heard.after(channel)) for channel in list(heard.said.last(LAST_SAID))[:MOST_CHANGED]]


def asleep(heard: Heard, seen: Iterable[str]) -> list[tuple[str, int]]:
    """Channels and threads that were spoken in lately and that no guild told of, and how far each was heard."""
    return [(channel, heard.after(channel)) for channel in heard.rooms.keys() - set(seen)]


def missing(page: Sequence[Mapping[str, Any]], known: Iterable[str], upto: int) -> list[str]:
    """Of known messages those that do not stand any more, as a page proves that ends with the message `upto`.

    What is older than the page is not on it, and proves nothing.
    """
    there = {str(one["id"]) for one in page}
    begin = min(map(int, there), default=upto + 1) if len(page) >= PAGE or not page else 0
    return [id for id in known if begin <= int(id) <= upto and id not in there]


class Backfill:
    """Reads channels of one bot."""

    def __init__(self, rest: Rest, log: Log) -> None:
        self._rest = rest
        self._log = log

    async def since(self, channel: str, message: int) -> AsyncGenerator[Object, None]:
        """What stands in a channel behind a message, oldest first; nothing of one that cannot be read."""
        while True:
            try:
                found = await self._page(channel, after=message)
            except (Gone, NotAllowed, Refused) as error:
                self._log.warning("channel not read", channel=channel, error=str(error))
                return
            for one in found:
                yield one
            if len(found) < PAGE:
                return
            message = int(found[-1]["id"])

    async def until(self, channel: str, message: int) -> list[Object]:
        """The page of a channel that ends with a message, oldest first; empty where it cannot be read."""
        try:
            return await self._page(channel, before=message + 1)
        except (Gone, NotAllowed, Refused):
            return []

    async def channel(self, channel: str) -> Object | None:
        """A channel or thread as Discord tells of it; None where it is not there for us."""
        try:
            return dict(await self._read(route("GET", "/channels/{channel}", channel=channel)))
        except (Gone, NotAllowed, Refused):
            return None

    async def roles(self, guild: str, user: str) -> tuple[str, ...]:
        """The roles of somebody in a guild, by their ids; none of who left it."""
        try:
            member = await self._read(route("GET", "/guilds/{guild}/members/{user}", guild=guild, user=user))
        except (Gone, NotAllowed, Refused):
            return ()
        return roles_of(mapping(member))

    async def _page(self, channel: str, **bound: int) -> list[Object]:
        """The messages of a channel `after` or `before` one, oldest first."""
        where = route("GET", "/channels/{channel}/messages", channel=channel)
        query = {name: str(message) for name, message in bound.items()} | {"limit": str(PAGE)}
        page = await self._read(where, query)
        return sorted((dict(one) for one in listed(page)), key=lambda one: int(one["id"]))

    async def _read(self, where: Route, query: Mapping[str, str] | None = None) -> Any:
        """What Discord answers, however long it wants to be left alone before."""
        while True:
            try:
                return await self._rest.call(where, query=query)
            except RateLimited as error:
                await asyncio.sleep(error.seconds)


def _moment(time: str) -> int:
    """The id that stands for a time."""
    try:
        return max(0, int(datetime.fromisoformat(time).timestamp() * 1000) - EPOCH) << 22
    except ValueError:
        return 0
