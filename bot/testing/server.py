"""A web site on loopback that can be put into every state of the line: for the rigs of adapters that speak HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from bot.testing.faults import PAUSE, Line

READS = ("GET", "HEAD")

LARGEST = 64 * 1024 * 1024
"""Bytes of a request."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LoopbackSite:
    """Serves `routes` at `address` on 127.0.0.1; `line` says what becomes of requests.

    A cut line refuses connections; a deaf one answers each request by closing the connection, after it was handled,
    one that loses does so before.
    """

    def __init__(self, routes: Sequence[web.AbstractRouteDef]) -> None:
        self._routes = routes
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._state = Line.WHOLE
        self.instead: Handler | None = None
        """Who answers in place of the site, such as a proxy before it."""

    @property
    def address(self) -> str:
        """Scheme, host and port; the same ones after the line was cut and mended."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> str:
        """Listen, and return the address."""
        app = web.Application(middlewares=[self._on_the_line], client_max_size=LARGEST)
        app.add_routes(self._routes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self.address

    async def __aenter__(self) -> LoopbackSite:
        await self.start()
        return self

    async def __aexit__(self, *ended: object) -> None:
        await self.close()

    async def line(self, state: Line) -> None:
        """Put the line into a state."""
        self._state = state
        if state is Line.CUT:
            await self.close()
        elif self._runner is None:
            await self.start()

    async def close(self) -> None:
        """Stop listening and close every connection."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _on_the_line(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.instead is not None:
            return await self.instead(request)
        match self._state:
            case Line.LIMITED:
                return web.Response(status=429, headers={"Retry-After": f"{PAUSE:.0f}"})
            case Line.LOCKED:
                return web.Response(status=401)
            case Line.LOST if request.method not in READS and request.transport is not None:
                request.transport.abort()
                return web.Response()
        answer = await handler(request)
        if request.method not in READS:
            match self._state:
                case Line.FAILED:
                    return web.Response(status=502, text="<!DOCTYPE html><title>Bad gateway</title>")
                case Line.SILENT:
                    await asyncio.Event().wait()  # until the line is closed, or who asked has given up
        if self._state is Line.GARBLED:
            page = "<!DOCTYPE html><title>Back soon</title><p>We are down for maintenance."
            return web.Response(text=page, content_type="text/html")
        if self._state is Line.DEAF and request.transport is not None:
            request.transport.abort()
        return answer
