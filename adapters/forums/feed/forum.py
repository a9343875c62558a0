"""A site's feeds as a forum: read only, what changed at a time."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from adapters.forums.feed import nouns
from adapters.forums.feed.addresses import meant, whole
from adapters.forums.feed.board import ENTRY, PAGE
from adapters.forums.feed.client import Client, Fetched, fetched
from adapters.forums.feed.discover import discover
from adapters.forums.feed.engines import described, joined
from adapters.forums.feed.items import LOOKED_FOR
from adapters.forums.feed.memory import moved_to
from adapters.forums.feed.nouns import Read, Source
from adapters.forums.feed.settings import Settings, host_of
from adapters.forums.feed.subscriptions import Offer, offered
from adapters.forums.feed.websub import WebSub
from bot.errors import Gone, Unparsable
from bot.model import (
    BoardKey,
    Bookmark,
    ForumCapabilities,
    ForumName,
    Hint,
    Listing,
    Target,
    TargetKind,
    ThreadKey,
    ThreadPage,
)
from bot.net import raise_for_status
from bot.ports import Context, Pane

P = ParamSpec("P")
T = TypeVar("T")
Page = TypeVar("Page", Listing, ThreadPage)

LARGE = 64 * 1024
"""Bytes from which a feed is read in a process of its own: in a thread it would hold up everybody else."""

REPEATS = 3
"""How often a feed has to say that it moved for good before it is believed."""


class FeedForum:
    """The feeds of one site; raises only AdapterError, and SettingsError when it is made."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._host = host_of(settings)
        self._address = settings.address
        self._context = context
        self._client = Client(context.net)
        self._moves: dict[str, tuple[str, int]] = {}
        """Where feeds said that they moved, and how often."""
        self.caps = ForumCapabilities(
            parents="exact",
            edits="hash",
            deletes="none",
            format="html",
            min_interval=settings.min_interval,
            max_interval=settings.max_interval,
            spacing=1.0,
            write_identity="none",
        )

    async def locate(self, address: str) -> Target:
        full = meant(address).address
        if self._host and urlsplit(full).netloc != self._host:
            wanted = f"an address on {self._host}"
            raise Unparsable(f"{address[:200]} is not on this site: looked for {wanted}", wanted)
        found = await discover(self._client.answer, self._context.work, full)
        answer, key = fetched(found.answer), found.feed.address
        source = Source(key, answer.type)
        told = await self._made(answer.body, key, nouns.told, answer.body, source)
        kind = TargetKind.THREAD if told.thread else TargetKind.BOARD
        return Target(kind, key, told.title, link=told.link, lacks=joined(*found.feed.lacks, *told.lacks))

    async def listing(self, board: BoardKey, since: Bookmark) -> Listing | None:
        return await self._read(TargetKind.BOARD, board, since, nouns.listing)

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        if thread.startswith((ENTRY, PAGE)):
            raise Unparsable(f"thread {thread} stands in the feed of its board alone; mirror that feed", LOOKED_FOR)
        return await self._read(TargetKind.THREAD, thread, since, nouns.thread_page)

    async def probe(self) -> str:
        if not self._address:
            return "no site is set; any feed can be read"
        raise_for_status(await self._client.answer(self._address), "the site", write=False)
        return f"{self._host} answers"

    async def close(self) -> None:
        """Nothing is held: connections belong to the program's HTTP client."""

    async def _read(
        self, kind: TargetKind, key: str, since: Bookmark, make: Callable[[bytes, Source, str, int], Read[Page]]
    ) -> Page | None:
        """What is new in a feed, None where nothing changed."""
        answer = await self._fetched(key, since, f"{kind} {key[:200]}")
        if answer is None:
            self._noted(Hint(kind, key), None, news=False)
            return None
        body = answer.body
        digest = _digest(body) if len(body) <= LARGE else await self._context.work(_digest, body)
        if digest == since.digest:
            self._noted(Hint(kind, key), None, news=False)
            return None
        source = Source(
            key,
            answer.type,
            max(answer.wait, described(key).pause),
            answer.partial,
            self._moved(key, answer.moved),
        )
        read = await self._made(body, key, make, body, source, since.cursor, self._context.now())
        self._noted(Hint(kind, key), offered(answer.links, read.links, answer.url), news=read.news)
        bookmark = Bookmark(read.page.bookmark.cursor, answer.etag, answer.last_modified, digest)
        return msgspec.structs.replace(read.page, bookmark=bookmark)

    def _noted(self, target: Hint, hub: Offer | None, *, news: bool) -> None:
        """A feed was read; `hub` is the one that it names."""

    async def _fetched(self, key: str, since: Bookmark, what: str) -> Fetched | None:
        """The answer of a feed, from where it moved to."""
        address = whole(key) if key.startswith(("http://", "https://")) else ""
        if not address:
            raise Unparsable(f"{what} is no address of a feed: looked for {LOOKED_FOR}", LOOKED_FOR)
        if moved := moved_to(since.cursor):
            try:
                return await self._client.feed(moved, since, what)
            except Gone:
                pass  # it may stand where it was, or have moved on
        return await self._client.feed(address, since, what)

    def _moved(self, key: str, address: str) -> str:
        """Where a feed moved for good, once it has said so often enough; empty until then."""
        if not address:
            self._moves.pop(key, None)
            return ""
        before, times = self._moves.get(key, ("", 0))
        times = times + 1 if before == address else 1
        self._moves[key] = address, times
        return address if times >= REPEATS else ""

    async def _made(self, body: bytes, key: str, make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a pure function makes of a body, where it holds up nobody."""
        do = self._context.toil if len(body) > LARGE else self._context.work
        try:
            return await do(make, *args, **kwargs)
        except Unparsable as error:
            raise Unparsable(f"{key[:200]}: {error}", error.looked_for or LOOKED_FOR, error.sample or body) from None


class PushedFeedForum(FeedForum):
    """The feeds of one site whose hubs may say early that something changed."""

    def __init__(self, name: ForumName, settings: Settings, context: Context) -> None:
        super().__init__(settings, context)
        self._hubs = WebSub(context, f"websub-{name}")
        self.prefix = self._hubs.prefix

    def hints(self) -> AsyncIterator[Hint]:
        return self._hubs.hints()

    def routes(self) -> Sequence[web.RouteDef]:
        return self._hubs.routes()

    def pane(self) -> Pane | None:
        return None

    def _noted(self, target: Hint, hub: Offer | None, *, news: bool) -> None:
        self._hubs.tend(target, hub, news)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
