"""Feeds as people use them: from the address of a page, from a list of another reader, and with a hub that pushes."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.testing.server import LoopbackSite
from tests.e2e.conftest import PATIENCE, Program, Ran

pytestmark = pytest.mark.e2e

SETTINGS = """
[web]
public = "https://bot.example"
[net]
allow = ["127.0.0.1"]
[forums.blog]
adapter = "feed"
address = "{address}"
[chats.web]
adapter = "web"
channels = ["news"]
"""


class Blog:
    """A site with a page, two feeds and a hub of its own."""

    def __init__(self) -> None:
        self.entries = {"news": ["The first entry", "The second entry"], "rare": ["A rare entry"]}
        self.asked: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self.read = 0
        routes = [web.get("/", self._page), web.get("/{name}.xml", self._feed), web.post("/hub", self._subscribe)]
        self.site = LoopbackSite(routes)

    async def _page(self, request: web.Request) -> web.Response:
        page = '<!DOCTYPE html><link rel=alternate type="application/rss+xml" href="news.xml"><p>A page'
        return web.Response(text=page, content_type="text/html")

    async def _feed(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self.entries:
            raise web.HTTPNotFound
        self.read += 1
        items = "".join(
            f"<item><guid>{name}-{n}</guid><title>{title}</title><description>Its words.</description>"
            f"<pubDate>Mon, 0{n + 1} Jan 2024 10:00:00 GMT</pubDate></item>"
            for n, title in enumerate(self.entries[name])
        )
        text = f'<rss version="2.0"><channel><title>{name.title()}</title>{items}</channel></rss>'
        headers = {"Link": '</hub>; rel="hub"'} if name == "news" else {}
        return web.Response(text=text, content_type="application/rss+xml", headers=headers)

    async def _subscribe(self, request: web.Request) -> web.Response:
        self.asked.put_nowait({name: str(value) for name, value in (await request.post()).items()})
        return web.Response(status=202)


@pytest.fixture
async def blog() -> AsyncIterator[Blog]:
    blog = Blog()
    async with blog.site:
        yield blog


class Typed:
    """The program's commands while the site answers in the same loop."""

    def __init__(self, program: Program, blog: Blog) -> None:
        self.program = program
        file = program.folder / "threadline.toml"
        file.write_text(SETTINGS.format(address=blog.site.address), "utf-8")
        self.settings = ("--config", str(file))

    async def ran(self, *words: str) -> Ran:
        return await asyncio.to_thread(self.program, *words, *self.settings)

    async def did(self, *words: str) -> str:
        return await asyncio.to_thread(self.program.did, *words, *self.settings)

    async def failed(self, *words: str) -> str:
        return await asyncio.to_thread(self.program.failed, *words, *self.settings)

    async def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await self.did("status", "--json"))
        return found


@pytest.fixture
def typed(threadline: Program, blog: Blog) -> Typed:
    return Typed(threadline, blog)


async def test_the_address_of_a_page_is_enough(typed: Typed, blog: Blog) -> None:
    """Its feed is found, shown and mirrored; the newest entry is shown, for the others are no news."""
    assert "The second entry" in await typed.did("preview", blog.site.address)
    said = await typed.did("mirror", blog.site.address, "--into", "web:news")
    assert "is mirrored into web:news now" in said
    assert "What cannot be had from there:\n" in said
    assert "\n- no deletions: what is deleted there stays here" in said
    assert (await typed.ran("run", "--once")).out.endswith("0 still owed\n")
    state = await typed.status()
    assert (state["boards"], state["threads"], state["posts"]) == (1, 2, 2)
    assert "already (mirror 1)" in await typed.did("mirror", f"{blog.site.address}/news.xml", "--into", "web:news")


async def test_a_list_of_another_reader_is_mirrored_feed_by_feed(typed: Typed, blog: Blog) -> None:
    """Each is answered in a line; one that cannot be read stops none of the others."""
    outlines = "".join(f'<outline xmlUrl="{blog.site.address}/{name}.xml"/>' for name in ("news", "gone", "rare"))
    file = typed.program.folder / "feeds.opml"
    file.write_text(f'<opml version="2.0"><body>{outlines}</body></opml>', "utf-8")
    ran = await typed.ran("mirror", str(file), "--into", "web:news")
    told = (ran.out + ran.err).splitlines()
    assert sum("is mirrored into web:news now" in line for line in told) == 2, told
    assert any("gone.xml" in line for line in told)
    assert (await typed.status())["boards"] == 2


async def test_a_page_without_a_feed_says_what_was_looked_for(typed: Typed, blog: Blog) -> None:
    """Whoever typed it can tell what to try next."""
    blog.entries["news"] = []
    assert "404" in await typed.failed("mirror", f"{blog.site.address}/else", "--into", "web:news")


async def test_a_hub_s_push_is_read_at_once(typed: Typed, blog: Blog) -> None:
    """The running program asks the hub, proves to it that it asked, and reads the feed when it pushes."""
    with typed.program.running(*typed.settings) as address:
        await typed.did("mirror", f"{blog.site.address}/news.xml", "--into", "web:news")
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession(headers={"Host": "bot.example"}) as hub:
            asked = await blog.asked.get()
            callback = asked["hub.callback"].replace("https://bot.example", address)
            challenge = {"hub.mode": "subscribe", "hub.topic": asked["hub.topic"], "hub.challenge": "echo me"}
            async with hub.get(callback, params=challenge) as answer:
                assert (answer.status, await answer.text()) == (200, "echo me")
            blog.entries["news"].append("Pushed")
            signed = hmac.new(asked["hub.secret"].encode(), b"", hashlib.sha256).hexdigest()
            before = blog.read
            async with hub.post(callback, headers={"X-Hub-Signature": f"sha256={signed}"}) as answer:
                assert answer.status == 202
            while blog.read == before:
                await asyncio.sleep(0.01)
            while (await typed.status())["posts"] != 3:
                pass
