"""A running web server with adapters that serve what a test wants, and a browser of sorts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.model import ChatCapabilities, ForumCapabilities
from bot.ports import Pane
from bot.settings import Web
from bot.web.health import unmeasured
from bot.web.pages import TemplatePages
from bot.web.server import WebServer


class Log:
    """Keeps what was logged."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def debug(self, event: str, **values: Any) -> None:
        self.lines.append((event, values))

    info = warning = error = debug


class Part:
    """Something with pages: a forum, a chat, or neither."""

    def __init__(self, prefix: str, pane: Pane | None, caps: Any, *routes: web.RouteDef) -> None:
        self.prefix = prefix
        self.caps = caps
        self._pane = pane
        self._routes = routes

    def routes(self) -> Sequence[web.RouteDef]:
        return self._routes

    def pane(self) -> Pane | None:
        return self._pane


def forum(*routes: web.RouteDef, pane: Pane | None = Pane("Forum", "/", 10)) -> Part:  # noqa: B008
    return Part("forum", pane, ForumCapabilities(), *routes)


def chat(*routes: web.RouteDef, pane: Pane | None = Pane("Chat", "/", 10)) -> Part:  # noqa: B008
    return Part("chat", pane, ChatCapabilities(), *routes)


class Site:
    """A server that runs, and what it logged."""

    def __init__(self, server: WebServer, address: str, session: aiohttp.ClientSession, log: Log) -> None:
        self.server = server
        self.address = address
        self.log = log
        self._session = session

    async def ask(self, path: str, method: str = "GET", **options: Any) -> tuple[int, Any, str]:
        """Status, headers and text of an answer."""
        options.setdefault("allow_redirects", False)
        async with self._session.request(method, self.address + path, **options) as answer:
            return answer.status, answer.headers, await answer.text()

    async def send(self, path: str, **options: Any) -> tuple[int, Any, str]:
        """What a form of this site does."""
        headers = {"Origin": self.address, **options.pop("headers", {})}
        return await self.ask(path, "POST", headers=headers, **options)


Serve = Callable[..., Awaitable[Site]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts a server on a free port of loopback."""
    started: list[WebServer] = []

    async def healthy() -> dict[str, Any]:
        return {"ok": True, "parts": {"database": "ok"}}

    async with aiohttp.ClientSession() as session:

        async def starts(
            *parts: Part,
            settings: Web | None = None,
            health: Callable[[], Awaitable[dict[str, Any]]] = healthy,
            metrics: Callable[[], Awaitable[bytes]] = unmeasured,
        ) -> Site:
            log = Log()
            chosen = settings if settings is not None else Web(port=0)
            server = WebServer(chosen, parts, health=health, metrics=metrics, log=log)
            started.append(server)
            return Site(server, await server.start(), session, log)

        yield starts
        for server in started:
            await server.stop()


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., TemplatePages]:
    """Pages of an adapter with these templates, at a moment that the test names."""
    number = iter(range(100))

    def make(now: int = 0, **templates: str) -> TemplatePages:
        package = tmp_path / f"adapter_with_pages_{tmp_path.name.replace('-', '_')}_{next(number)}"
        (package / "templates").mkdir(parents=True)
        (package / "__init__.py").touch()
        for name, text in templates.items():
            (package / "templates" / f"{name}.html").write_text(text, "utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        return TemplatePages(package.name, lambda: now)

    return make
