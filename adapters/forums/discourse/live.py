"""What a Discourse says early: its message bus, asked with one long question, and the webhooks that it calls.

Hints only. What they lose, polling finds.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

import msgspec
from aiohttp import web

from adapters.engines.guests import unsure
from adapters.forums.discourse import bus
from adapters.forums.discourse.addresses import LATEST
from adapters.forums.discourse.bus import Message
from adapters.forums.discourse.client import Client, Key
from bot.errors import AdapterError, NotAllowed, RateLimited
from bot.model import Hint, TargetKind
from bot.ports import Context, for_programs

WATCHED = 50
"""Threads that were read lately and are listened to for changes."""

MOST = 1_000
"""Hints that wait to be taken."""

HOLD = 45.0
"""Seconds until an answer must be there; the bus holds the question for 25."""

BREATH = 1.0
"""Seconds between two questions, however much happens."""

REST = 60.0
LONG_REST = 3600.0
"""Seconds after a failure, and where the bus is closed to us."""

LARGEST = 4 * 1024 * 1024
"""Bytes of a webhook's call."""

_BOARDS = ("/latest", "/new", "/delete", "/recover", "/destroy")


class Live:
    """The early signs of one forum; `lately` gives the threads that are worth listening to."""

    def __init__(self, client: Client, context: Context, ours: Key | None, lately: Callable[[], Sequence[str]]) -> None:
        self._client = client
        self._context = context
        self._ours = ours
        self._lately = lately
        self._name = secrets.token_hex(16)
        self._at: dict[str, int] = {}
        """The newest message that is known of each channel; -1 where none is."""
        self._signs: dict[Hint, None] = {}
        self._woken = asyncio.Event()

    async def hints(self) -> AsyncIterator[Hint]:
        """What may have changed, until closed."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                self._woken.clear()
                while self._signs:
                    sign = next(iter(self._signs))
                    del self._signs[sign]
                    yield sign
                if listening.done():
                    listening.result()
                await self._woken.wait()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    def tell(self, signs: Iterable[Hint]) -> None:
        """Something may have changed."""
        for sign in signs:
            if len(self._signs) < MOST:
                self._signs[sign] = None
        self._woken.set()

    async def _listen(self) -> None:
        """Ask the bus for ever."""
        key: Key | None = None
        while True:
            try:
                self.tell(await self._heard(key))
                await asyncio.sleep(BREATH)
            except RateLimited as error:
                await asyncio.sleep(max(error.seconds, BREATH))
            except AdapterError as error:
                if key is None and self._ours is not None and unsure(error):
                    key = self._ours
                    continue
                self._context.log.info("message bus not heard", error=str(error))
                await asyncio.sleep(LONG_REST if isinstance(error, NotAllowed) else REST)

    async def _heard(self, key: Key | None) -> list[Hint]:
        """One question: what happened since the last one."""
        wanted = [*_BOARDS, *(f"/topic/{thread}" for thread in self._lately()[:WATCHED])]
        self._at = {channel: self._at.get(channel, -1) for channel in wanted}
        form = [*((channel, str(at)) for channel, at in self._at.items()), ("__seq", "1")]
        answer = await self._client.poll(f"/message-bus/{self._name}/poll", form, key, HOLD)
        found = bus.messages(answer.body)
        signs: dict[Hint, None] = {}
        for one in found:
            if one.channel == bus.STATUS:
                signs.update(dict.fromkeys(self._placed(one)))
            elif one.channel in self._at:
                self._at[one.channel] = max(self._at[one.channel], one.message_id)
                signs.update(dict.fromkeys(meant(one)))
        return list(signs)

    def _placed(self, status: Message) -> list[Hint]:
        """Take over where the bus stands; what it lost since we stood somewhere else is looked for."""
        places = status.data if isinstance(status.data, dict) else {}
        signs = []
        for channel, at in places.items():
            if channel in self._at and type(at) is int:
                if self._at[channel] >= 0:
                    signs += meant(Message(channel, at, {})) or [Hint(TargetKind.BOARD, LATEST)]
                self._at[channel] = at
        return signs


def meant(one: Message) -> list[Hint]:
    """What a message of the bus hints at."""
    if one.channel.startswith("/topic/"):
        return [Hint(TargetKind.THREAD, one.channel.removeprefix("/topic/"))]
    data = one.data if isinstance(one.data, dict) else {}
    topic, payload = data.get("topic_id"), data.get("payload")
    return around(topic, payload if isinstance(payload, dict) else {})


def around(topic: object, told: dict[str, object]) -> list[Hint]:
    """The thread that something happened in, and the boards that list it, as far as that is told."""
    signs = [Hint(TargetKind.BOARD, LATEST)]
    if type(told.get("category_id")) is int:
        signs.append(Hint(TargetKind.BOARD, f"c/{told['category_id']}"))
    tags = told.get("tags") or told.get("topic_tags")
    for tag in tags[:20] if isinstance(tags, list) else ():
        name = tag.get("name") if isinstance(tag, dict) else tag
        if isinstance(name, str):
            signs.append(Hint(TargetKind.BOARD, f"tag/{name}"))
    if type(topic) is int:
        signs.append(Hint(TargetKind.THREAD, str(topic)))
    return signs


class Hook:
    """Takes the webhooks of one forum; what is not signed with the secret is nothing."""

    def __init__(self, live: Live, context: Context, secret: str) -> None:
        self._live = live
        self._context = context
        self._secret = secret

    def routes(self) -> Sequence[web.RouteDef]:
        """Where the forum calls; nowhere, where it cannot reach us."""
        return [web.post("/hook", self.heard)] if self._context.public else []

    @for_programs
    async def heard(self, request: web.Request) -> web.Response:
        """The forum calls; it is never told whether it was believed, but that it was heard."""
        size, body = 0, bytearray()
        async for piece in request.content.iter_any():
            size += len(piece)
            if size > LARGEST:
                raise web.HTTPRequestEntityTooLarge(LARGEST, size)
            body += piece
        if signed(self._secret, bytes(body), request.headers.get("X-Discourse-Event-Signature", "")):
            self._live.tell(hooked(bytes(body)))
        else:
            self._context.log.warning("webhook without a valid signature", forum=self._context.name)
        return web.Response(status=200)


def signed(secret: str, body: bytes, signature: str) -> bool:
    """Whether a call bears the signature that the secret gives its very bytes."""
    made = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(made.encode(), signature.encode("utf-8", "replace"))


def hooked(body: bytes) -> list[Hint]:
    """What the call of a webhook hints at."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return []
    about = told if isinstance(told, dict) else {}
    for kind, id in (("post", "topic_id"), ("topic", "id")):
        if isinstance(one := about.get(kind), dict):
            return around(one.get(id), one)
    return []
