"""What the reader's pages share: who reads, the frame around each page, and that nobody on the way keeps it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from aiohttp import web

from bot.clock import Clock
from bot.ports import Fetches, Pages
from bot.store import Store
from bot.store.sessions import SignedIn
from bot.texts import say
from bot.web.reading.live import Live
from bot.web.sessions import Sessions

PRIVATE = "private, no-store"
"""One person's own: kept by nobody."""

_FORM = re.compile(r"[A-Za-z0-9_-]{16,64}")

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Personal: TypeAlias = Callable[[web.Request, SignedIn], Awaitable[web.StreamResponse]]


class Frame:
    """Everything that the pages of readers are made with."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        sessions: Sessions,
        pages: Pages,
        media: Fetches,
        wake: Callable[[], None],
    ) -> None:
        self.store = store
        self.clock = clock
        self.sessions = sessions
        self.media = media
        self.live = Live()
        self.wake = wake
        """Says that something is owed now."""
        self._pages = pages

    def signed(self, handler: Personal) -> Handler:
        """The handler for who signed in; anybody else is told how to."""

        async def opened(request: web.Request) -> web.StreamResponse:
            who = await self.sessions.who(request)
            return await handler(request, who) if who is not None else self._door(request)

        return opened

    def html(
        self, request: web.Request, who: SignedIn, template: str, status: int = 200, **values: Any
    ) -> web.Response:
        """A page in the reader's frame."""
        named = say("web.you", name=who.name)
        response = self._pages.html(request, f"read/{template}", status, **{"named": named, "words": ""} | values)
        response.headers["Cache-Control"] = PRIVATE
        return response

    async def listen(
        self, request: web.Request, who: SignedIn, look: Callable[[SignedIn], Awaitable[str | None]]
    ) -> web.StreamResponse:
        """Tell an open page how things stand, as long as its reader is signed in and `look` finds something."""

        async def now() -> str | None:
            still = await self.sessions.who(request)
            return await look(still) if still is not None else None

        return await self.live.stream(request, who.person, now)

    def fragment(self, template: str, **values: Any) -> str:
        """A piece of a page."""
        return self._pages.fragment(f"read/{template}", **values)

    def drawing(self, lines: Sequence[str]) -> str:
        """What stands in the place of an image that cannot be shown."""
        return self._pages.fragment("missing.svg", lines=lines)

    def _door(self, request: web.Request) -> web.Response:
        if request.headers.get("Accept") == "text/event-stream":
            return web.Response(status=403, text=say("web.signed_out"), headers={"Cache-Control": PRIVATE})
        response = self._pages.html(request, "read/door.html", 403)
        response.headers["Cache-Control"] = PRIVATE
        return response


def see(address: str) -> web.Response:
    """Go on at an address: what a form is answered with."""
    return web.Response(status=303, headers={"Location": address, "Cache-Control": PRIVATE})


def field(form: Mapping[str, Any], name: str) -> str:
    """A field of a form; empty where it was not sent, or is a file."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def is_form(token: str) -> bool:
    """Whether this is the mark of a form of ours, by which it is taken once."""
    return _FORM.fullmatch(token) is not None


def numeral(words: str) -> int | None:
    """The number that some words of an address or a form write, as far as anything here can have it."""
    return int(words) if words.isascii() and words.isdecimal() and len(words) <= 18 else None
