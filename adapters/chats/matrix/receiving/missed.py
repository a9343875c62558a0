"""What a homeserver leaves out of a sync because it is much: read back page by page.

From now to the cursor, or to where we entered the room: what was said before that was not said to us.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec

from adapters.chats.matrix.client import Object, path
from adapters.chats.matrix.powers import Room, mapping
from adapters.chats.matrix.receiving.events import TOLD
from adapters.chats.matrix.session import Session
from bot.errors import RateLimited

PAGE = 100
"""Events that are asked for at once; Synapse gives no more."""


class Missed:
    """Reads rooms of one login between two tokens of its syncs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def between(self, channel: str, room: Room, since: str, upto: str) -> AsyncGenerator[Mapping[str, Any], None]:
        """What people did between two tokens, oldest first, in the memory of one page however much it is."""
        begin = await self._entered(channel, since, upto)
        query = {"filter": _people(self._session.user)}
        starts, last = [], Object()
        start = upto
        while True:
            page = await self._page(channel, start, begin, query)
            if page.get("chunk"):
                starts.append(start)
                last = page
            end = page.get("end")
            if not isinstance(end, str) or end == start:
                break
            start = end
        for start in reversed(starts):
            page = last if start == starts[-1] else await self._page(channel, start, begin, query)
            for event in listed(page.get("state")):
                room.apply(event)
            for event in reversed(listed(page.get("chunk"))):
                yield event

    async def _entered(self, channel: str, since: str, upto: str) -> str:
        """The token from which on what was said was said to us: `since`, or where we entered the room after it."""
        us = self._session.user
        ours = msgspec.json.encode({"types": ["m.room.member"], "senders": [us]}).decode()
        start = upto
        while True:
            # One at a time: where a page ends is then where its event stands.
            page = await self._page(channel, start, since, {"filter": ours, "limit": "1"})
            end, members = page.get("end"), listed(page.get("chunk"))
            if not isinstance(end, str) or end == start:
                return since
            if any(_enters(member, us) for member in members):
                return end
            start = end

    async def _page(self, channel: str, start: str, end: str, query: Mapping[str, str]) -> Object:
        whole = {"dir": "b", "from": start, "to": end, "limit": str(PAGE), **query}
        while True:
            try:
                return await self._session.call("GET", path("rooms", channel, "messages"), query=whole)
            except RateLimited as error:
                await asyncio.sleep(error.seconds)


def _people(us: str) -> str:
    return msgspec.json.encode({"types": TOLD, "not_senders": [us], "lazy_load_members": True}).decode()


def _enters(member: Mapping[str, Any], us: str) -> bool:
    """Whether we enter a room with this event, and not only change our name in it."""
    before = mapping(mapping(member.get("unsigned")).get("prev_content")).get("membership")
    now = mapping(member.get("content")).get("membership")
    return member.get("state_key") == us and now == "join" and before != "join"


def listed(events: object) -> list[Mapping[str, Any]]:
    """The events of a list; none where it is no list."""
    return [mapping(event) for event in events] if isinstance(events, list) else []
