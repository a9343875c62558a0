"""Feeds obey the contract of a forum that is read: a board's feed, and a feed of each of its threads, on loopback."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest
from aiohttp import web

from adapters.forums.feed import adapter
from adapters.forums.feed.memory import name
from adapters.forums.feed.settings import Settings
from bot.model import BoardKey, ForumName, PostKey, ThreadKey
from bot.ports import Forum
from bot.testing.context import context
from bot.testing.forum_contract import ForumContract
from bot.testing.forum_site import SiteRig
from bot.testing.server import LoopbackSite

NOW = 1_795_500_000_000
BEGAN = NOW // 1000 - 100_000


@dataclass
class Written:
    """A post: who wrote what, which one it answers, and the second in which it was written."""

    id: str
    author: str
    text: str
    parent: str
    at: int


@dataclass
class Page:
    """A page of the site that people comment on."""

    title: str
    posts: list[Written] = field(default_factory=list)


def moment(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()


class Rig(SiteRig):
    """The adapter on a site that writes its feeds from memory."""

    def __init__(self, folder: Path) -> None:
        routes = [
            web.get("/feed", self._board),
            web.get("/t/{page}", self._page),
            web.get("/t/{page}/feed", self._thread),
        ]
        super().__init__(LoopbackSite(routes), context(folder, "feed", now=lambda: NOW))
        self._pages: dict[str, Page] = {}
        self._second = BEGAN
        self._keys: dict[str, PostKey] = {}

    async def began(self) -> None:
        self.board = BoardKey(f"{self.served.address}/feed")
        self.missing_board = BoardKey(f"{self.served.address}/nowhere")
        self.missing_thread = ThreadKey(f"{self.served.address}/t/nowhere/feed")

    async def _board(self, request: web.Request) -> web.Response:
        entries = ""
        for path, page in sorted(self._pages.items(), key=lambda one: -one[1].posts[0].at):
            op, link = page.posts[0], f"{self.served.address}/t/{path}"
            entries += self._entry(op, page, link).replace(
                "</entry>",
                f'<link rel="replies" type="application/atom+xml" href="{link}/feed" '
                f'thr:count="{len(page.posts) - 1}" thr:updated="{moment(page.posts[-1].at)}"/></entry>',
            )
        return self._feed("The board", self.served.address, entries)

    async def _page(self, request: web.Request) -> web.Response:
        path = request.match_info["page"]
        link = f'<link rel="alternate" type="application/atom+xml" href="/t/{path}/feed">'
        return web.Response(text=f"<!DOCTYPE html><head>{link}</head>", content_type="text/html")

    async def _thread(self, request: web.Request) -> web.Response:
        page = self._pages.get(request.match_info["page"])
        if page is None:
            return web.Response(status=404)
        link = f"{self.served.address}/t/{request.match_info['page']}"
        entries = "".join(self._entry(post, page, link) for post in reversed(page.posts))
        return self._feed(page.title, link, entries)

    def _entry(self, post: Written, page: Page, link: str) -> str:
        op = post is page.posts[0]
        where = link if op else f"{link}#comment-{post.at}"
        ref = f'<thr:in-reply-to ref="{post.parent or page.posts[0].id}"/>' if not op else ""
        return (
            f"<entry><id>{post.id}</id><title>{escape(page.title)}</title><updated>{moment(post.at)}</updated>"
            f"<published>{moment(post.at)}</published><author><name>{post.author}</name></author>"
            f'<link href="{where}"/><content type="html">{escape(escape(post.text))}</content>{ref}</entry>'
        )

    def _feed(self, title: str, link: str, entries: str) -> web.Response:
        text = (
            '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">'
            f'<title>{escape(title)}</title><link href="{link}"/><id>{link}</id>{entries}</feed>'
        )
        return web.Response(text=text, content_type="application/atom+xml")

    def opened(self) -> Forum:
        return adapter.open(ForumName("feed"), Settings(address=self.served.address), self.ours)

    async def start_thread(self, title: str, text: str, author: str) -> ThreadKey:
        path = f"page-{len(self._pages)}"
        self._pages[path] = Page(title)
        key = ThreadKey(f"{self.served.address}/t/{path}/feed")
        await self.post(key, "", author, text)
        return key

    async def post(self, thread: ThreadKey, parent: str, author: str, text: str) -> PostKey:
        page = self._pages[thread.split("/")[-2]]
        self._second += 60
        ids = {key: id for id, key in self._keys.items()}
        id = f"urn:post:{self._second}"
        page.posts.append(Written(id, author, text, ids.get(PostKey(parent), ""), self._second))
        key = self._keys[id] = PostKey(name(thread, f"id {id}"))
        return key

    async def edit(self, post: PostKey, text: str) -> None:
        [id] = [id for id, key in self._keys.items() if key == post]
        for page in self._pages.values():
            for written in page.posts:
                if written.id == id:
                    written.text = text


class TestFeed(ForumContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[Rig]:
        async with Rig(tmp_path) as rig:
            yield rig
