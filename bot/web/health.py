"""For programs that watch: /health and /metrics. Neither holds a secret, a name of a person or a text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

Health = Callable[[], Awaitable[Mapping[str, Any]]]
"""Finds out how the program is: {"ok": bool, "parts": {name: "ok" or what is wrong}}, more if need be."""


Metrics = Callable[[], Awaitable[bytes]]
"""Gives the figures of now, in Prometheus' text format."""


async def unmeasured() -> bytes:
    """No figures: for a server that nobody watches."""
    return b""


def routes(health: Health, metrics: Metrics) -> list[web.RouteDef]:
    """/health answers 200, or 503 where the program is not well; /metrics is in Prometheus' text format."""

    async def show_health(request: web.Request) -> web.Response:
        found = await health()
        return web.Response(
            body=msgspec.json.encode(found),
            status=200 if found["ok"] else 503,
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    async def show_metrics(request: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
        return web.Response(body=await metrics(), headers=headers)

    return [web.get("/health", show_health), web.get("/metrics", show_metrics)]
