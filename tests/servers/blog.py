"""A site whose pages show comments, with the Isso that keeps them as its users run it, across a line that can fail."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp import web

from bot.testing.faults import Line
from bot.testing.server import LoopbackSite
from tests.servers.conftest import free_port, serving
from tests.servers.isso import Isso

_OF_THE_HOP = {"host", "connection", "keep-alive", "content-length", "transfer-encoding", "date", "server"}


@dataclass(frozen=True)
class Article:
    """A page of the site."""

    title: str
    author: str
    text: str
    filed: str = ""
    """What its comments are filed under, where that is not its path."""


class Blog:
    """Pages at `site`, and Isso at `address`, which is the near end of the line; `ready` gives it beside the line."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._port = free_port()
        self._pages = LoopbackSite([web.get("/{path:.*}", self._drawn)])
        self._line = LoopbackSite([web.route("*", "/{path:.*}", self._passed)])
        self._stack = AsyncExitStack()
        self._running = AsyncExitStack()
        self._runs = False
        self._starting = asyncio.Lock()
        self.articles: dict[str, Article] = {}
        self.asked: list[str] = []
        """Method and path of every question that came over the line, and of every page that was fetched."""
        self.trouble: Callable[[str, bool], bool] = lambda asked, answered: False
        """Is told of each question before Isso hears it and after it answered; true ends the connection there."""

    @property
    def site(self) -> str:
        """Where the pages are."""
        return self._pages.address

    @property
    def address(self) -> str:
        """Where Isso is for who is not beside it."""
        return self._line.address

    async def __aenter__(self) -> Blog:
        await self._stack.enter_async_context(self._pages)
        await self._stack.enter_async_context(self._line)
        self._session = await self._stack.enter_async_context(
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False)
        )
        self.isso = Isso(f"http://127.0.0.1:{self._port}", self._session)
        self._folder.mkdir(exist_ok=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._running.aclose()
        await self._stack.aclose()

    async def run(self, *, moderated: bool = False, changed: dict[str, str] | None = None) -> None:
        """Start Isso, anew where it runs; `changed` are settings that are to be other ones."""
        await self._running.aclose()
        settings = Isso.settings(self._port, self.site, moderated=moderated)
        for old, new in (changed or {}).items():
            assert old in settings
            settings = settings.replace(old, new)
        (self._folder / "isso.cfg").write_text(settings, "utf-8")
        command: list[str | Path] = [self._programs / "isso", "-c", "isso.cfg", "run"]
        await self._running.enter_async_context(serving(command, self._folder, self._port))
        self._runs = True

    async def ready(self) -> Isso:
        """Isso itself, started if nobody needed it before."""
        async with self._starting:
            if not self._runs:
                await self.run()
        return self.isso

    async def expire(self, *, moderated: bool = False) -> None:
        """Let Isso take none of the cookies that it gave, as when their time is over."""
        self.write("UPDATE preferences SET value='another' WHERE key='session-key'")
        await self.run(moderated=moderated)

    async def line(self, state: Line) -> None:
        """Put the line to Isso into a state; the pages stay where they are."""
        await self._line.line(state)

    def write(self, sql: str, *values: object) -> None:
        """Change what stands in Isso's database."""
        with closing(sqlite3.connect(self._folder / "comments.db", timeout=10)) as database, database:
            database.execute(sql, values)

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        """What stands in Isso's database."""
        with closing(sqlite3.connect(self._folder / "comments.db", timeout=10)) as database:
            return database.execute(sql).fetchall()

    async def _drawn(self, request: web.Request) -> web.Response:
        self.asked.append(f"page {request.path}")
        article = self.articles.get(request.path)
        if article is None:
            return web.Response(status=404)
        filed = f' data-isso-id="{escape(article.filed)}"' if article.filed else ""
        return web.Response(
            text=f'<!DOCTYPE html><html><head><title>{escape(article.title)}</title><meta name="author" content="'
            f'{escape(article.author)}"><script data-isso="{self.address}/" src="{self.address}/js/embed.min.js" async>'
            f"</script></head><body><h1>{escape(article.title)}</h1><p>{escape(article.text)}</p>"
            f'<section id="isso-thread"{filed}></section></body></html>',
            content_type="text/html",
        )

    async def _passed(self, request: web.Request) -> web.Response:
        asked = f"{request.method} {request.path}"
        self.asked.append(asked)
        await self.ready()
        if self.trouble(asked, False):
            return _hang_up(request)
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _OF_THE_HOP]
        async with self._session.request(
            request.method,
            f"{self.isso.address}{request.raw_path}",
            headers=headers,
            data=await request.read() or None,
            allow_redirects=False,
        ) as answer:
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _OF_THE_HOP]
            said = web.Response(status=answer.status, headers=kept, body=await answer.read())
        return _hang_up(request) if self.trouble(asked, True) else said


def _hang_up(request: web.Request) -> web.Response:
    """End the connection; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


@asynccontextmanager
async def blog(programs: Path, folder: Path) -> AsyncIterator[Blog]:
    """A site without pages while the block lasts."""
    async with Blog(programs, folder) as made:
        yield made
