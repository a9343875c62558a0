"""What an open page hears: server-sent events that say how it would stand now, whenever that is not as it was told.

Each event is the whole state that a page follows, so that none can be missed. Nothing tells us when a mark changes in
a chat or a post arrives: each page looks for itself, a moment later, and at once after what its reader does on another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias
from weakref import WeakValueDictionary

from aiohttp import web

from bot.errors import StoreStopped
from bot.texts import say

STREAMS = 256
"""Pages that may listen at the same time."""

LOOK = 1.0
"""Seconds between two looks of a page."""

AT_EASE = 32
"""Pages up to which that is so; where more are open, all look less often: the database has other work."""

QUIET = 15.0
"""Seconds without news after which a page is told so; so one that is gone is noticed."""

AGAIN = 2_000
"""Milliseconds after which a browser that lost its stream asks again."""

Look: TypeAlias = Callable[[], Awaitable[str | None]]
"""What a page would show now; None where it may show nothing any more."""


class Live:
    """Feeds the open pages; each at its own pace, so that no page can make a queue grow."""

    def __init__(self) -> None:
        self._stirred = WeakValueDictionary[int, asyncio.Event]()  # by reader; it goes with their last page
        self._listening = 0

    def stir(self, person: int) -> None:
        """Let the pages of a reader look now: they did something here."""
        if (stirred := self._stirred.pop(person, None)) is not None:
            stirred.set()

    async def stream(self, request: web.Request, person: int, look: Look) -> web.StreamResponse:
        """Tell a page of a reader how things stand until it goes, or may not be told any more."""
        if self._listening >= STREAMS:
            return web.Response(status=503, text=say("web.too_many", most=STREAMS))
        headers = {
            "Content-Type": "text/event-stream",
            "Cache-Control": "private, no-store",
            "X-Accel-Buffering": "no",
        }
        response = web.StreamResponse(headers=headers)
        self._listening += 1
        try:
            await response.prepare(request)
            await response.write(f"retry: {AGAIN}\n\n".encode())
            await self._tell(response, person, look)
        except ConnectionResetError:
            pass  # the page is gone
        finally:
            self._listening -= 1
        return response

    async def _tell(self, response: web.StreamResponse, person: int, look: Look) -> None:
        told, quiet = "", 0.0
        while True:
            stirred = self._stirred.setdefault(person, asyncio.Event())
            with suppress(StoreStopped):  # it takes work again by itself; until then the page stands as it is
                now = await look()
                if now is None:
                    await response.write(event("over", ""))
                    return
                if now != told:
                    await response.write(event("now", now))
                    told, quiet = now, 0.0
                elif quiet >= QUIET:
                    await response.write(event("at", ""))
                    quiet = 0.0
            pause = LOOK * max(1.0, self._listening / AT_EASE)
            quiet += pause
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stirred.wait()


def event(kind: str, body: str) -> bytes:
    """One server-sent event."""
    lines = "".join(f"data: {line}\n" for line in body.splitlines() or [""])
    return f"event: {kind}\n{lines}\n".encode()
