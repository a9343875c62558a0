"""Webhooks: one of ours in each channel, which speaks under the names of authors.

What a webhook says answers nothing natively and is not known again by a key, so that it is looked for after a crash.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from adapters.chats.discord.names import link_to
from adapters.chats.discord.places import Spot
from adapters.chats.discord.refusals import BAD_WEBHOOK_TOKEN, UNKNOWN_WEBHOOK, code_of
from adapters.chats.discord.rest import File, Object, Rest, route
from bot.errors import AdapterError, Gone, NotAllowed
from bot.markup import clean_name
from bot.markup.addresses import shows
from bot.model import Payload
from bot.ports import Secret

NAME = "Threadline"
"""What our webhooks are called in a channel's settings."""

LONGEST_NAME = 80
WITHOUT = re.compile("discord|clyde", re.IGNORECASE)
"""Words that no webhook's name may hold."""

NOBODY = ("everyone", "here")
"""Names that no webhook may have."""

_MESSAGE = "/webhooks/{webhook}/{token}/messages/{message}"


class Hook(NamedTuple):
    """A webhook, and the token by which it speaks."""

    id: str
    token: str


class Hooks:
    """The webhooks of one bot."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._known: dict[str, Hook] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def say(self, channel: str, body: Object, files: Sequence[File], thread: str = "", **more: object) -> Object:
        """Say something in a channel or in a thread of it; the message."""
        query = {"wait": "true"} | ({"thread_id": thread} if thread else {})

        async def act(hook: Hook) -> Any:
            where = route("POST", "/webhooks/{webhook}/{token}", webhook=hook.id, token=hook.token)
            return await self._rest.call(where, {**body, **more}, query=query, files=files, token=False)

        return dict(await self._by(channel, act))

    async def change(self, spot: Spot, body: Object, files: Sequence[File]) -> None:
        """Replace a message of ours."""

        async def act(hook: Hook) -> Any:
            where = route("PATCH", _MESSAGE, webhook=hook.id, token=hook.token, message=spot.message)
            return await self._rest.call(where, body, query=_thread(spot), files=files, token=False)

        await self._by(spot.home.id, act)

    async def _by(self, channel: str, act: Any) -> Any:
        """Act as the channel's webhook; by another one where somebody deleted that, for then nothing was done."""
        try:
            return await act(await self.of(channel))
        except AdapterError as error:
            if code_of(error) not in (UNKNOWN_WEBHOOK, BAD_WEBHOOK_TOKEN):
                raise
        self._known.pop(channel, None)
        return await act(await self.of(channel))

    async def of(self, channel: str) -> Hook:
        """Our webhook in a channel, made where there is none."""
        async with self._locks.setdefault(channel, asyncio.Lock()):
            if channel not in self._known:
                self._known[channel] = await self._found(channel) or await self._made(channel)
            return self._known[channel]

    async def there(self, channel: str) -> bool:
        """Whether we have a webhook in a channel, as far as we may know."""
        try:
            return channel in self._known or await self._found(channel) is not None
        except (NotAllowed, Gone):
            return False

    async def _found(self, channel: str) -> Hook | None:
        application = await self._rest.application()
        for one in await self._rest.call(route("GET", "/channels/{channel}/webhooks", channel=channel)):
            if one.get("application_id") == application and one.get("token"):
                return _hook(one)
        return None

    async def _made(self, channel: str) -> Hook:
        # Should its answer be lost, the next try finds it.
        where = route("POST", "/channels/{channel}/webhooks", channel=channel)
        one = await self._rest.call(where, {"name": NAME}, write=False, reason="Posts of a forum")
        return _hook(one)


def speaker(payload: Payload) -> Object:
    """Under which name and picture a payload is said."""
    said = msgspec.convert(payload.get("speaker", {}), dict[str, str])
    avatar = said.get("avatar", "")
    return {"username": fit(said.get("name", ""))} | ({"avatar_url": avatar} if shows(avatar) else {})


def fit(name: str) -> str:
    """An author's name as a webhook may have it."""
    name = WITHOUT.sub(lambda found: f"{found[0][:2]}·{found[0][2:]}", clean_name(name, LONGEST_NAME - 4)) or NAME
    return f"{name}·" if name.casefold() in NOBODY else name[:LONGEST_NAME]


def answering(embed: Mapping[str, Any], guild: str, channel: str, message: str) -> Object:
    """An embed that says in words what it answers, and leads there."""
    line = f"-# ↪ [in reply to this](<{link_to(guild, channel, message)}>)"
    return {**embed, "description": f"{line}\n{embed.get('description', '')}"}


def _hook(told: Mapping[str, Any]) -> Hook:
    """A webhook as Discord tells of it; whoever has its token speaks by it, so the log is to blot that out."""
    return Hook(str(told["id"]), Secret(str(told["token"])).reveal())


def _thread(spot: Spot) -> dict[str, str]:
    return {"thread_id": spot.channel} if spot.channel != spot.home.id else {}
