"""Images of posts, seen in a real browser: from our own server alone, and readable where they cannot be had."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Page, expect

from adapters.chats.web import adapter
from adapters.chats.web.chat import WebChat
from bot import markup
from bot.media.cache import Cache
from bot.media.library import Library
from bot.model import Card, CardKind, ChannelRef, ChatName, Where, at
from bot.net import Net
from bot.ports import Context, ShownIn
from bot.testing.clock import NOON, FakeClock
from bot.testing.log import RecordingLog
from bot.testing.server import LoopbackSite
from bot.web.pages import TemplatePages
from tests.e2e.conftest import Serve, Window

LOUNGE = Where(ChannelRef("lounge"))

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


def png(width: int, height: int) -> bytes:
    """A picture that browsers can draw: one colour running into another."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = b"".join(
        b"\0" + b"".join(bytes((40, 80 + 120 * y // height, 160 + 80 * x // width)) for x in range(width))
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Unchanged:
    """No post of these tests has another address now."""

    async def current(self, chat: str, place: ShownIn, address: str) -> str:
        return ""

    async def reread(self, chat: str, place: ShownIn) -> bool:
        return False


@pytest_asyncio.fixture(loop_scope="session")
async def site() -> AsyncIterator[str]:
    """Another site, with two pictures and nothing else."""
    pictures = {"/kite.png": png(1600, 900), "/face.png": png(64, 64)}

    async def give(request: web.Request) -> web.Response:
        return web.Response(body=pictures[request.path]) if request.path in pictures else web.Response(status=404)

    async with LoopbackSite([web.get("/{path:.*}", give)]) as site:
        yield site.address


@pytest_asyncio.fixture(loop_scope="session")
async def chat(tmp_path: Path) -> AsyncIterator[WebChat]:
    clock, log, net = FakeClock(), RecordingLog(), Net(allow=["127.0.0.1"])
    library = Library(net, Cache(tmp_path / "media", 2**24), clock.now, log, largest=2**23, renews=Unchanged())

    async def work(*_: object) -> None:
        raise AssertionError("nothing is worked out here")

    pages = TemplatePages("adapters.chats.web", now=clock.now)
    context = Context(
        name="web", net=net, now=clock.now, work=work, log=log, folder=tmp_path, pages=pages, media=library.of("web")
    )
    chat = adapter.open(ChatName("web"), adapter.settings(), context)
    yield chat
    await chat.close()
    await library.close()
    await net.close()


@pytest_asyncio.fixture(loop_scope="session")
async def enter(chat: WebChat, serve: Serve, window: Window) -> Callable[..., Awaitable[Page]]:
    address = await serve(chat)

    async def entered(**options: object) -> Page:
        return await window(address, "/chat/c/lounge", "Ann", **options)

    return entered


async def post(chat: WebChat, site: str, html: str) -> None:
    text = markup.read(html.replace("SITE", site), "html")
    card = Card(
        CardKind.POST,
        author="ann",
        avatar=f"{site}/face.png",
        badge="OP",
        title="Kites",
        body=text,
        number="OP",
        when=at(NOON),
    )
    await chat.send(LOUNGE, chat.render(card)[0], html)


async def test_a_picture_is_drawn_within_the_page_and_comes_from_us(chat, enter, site):
    """At 390 pixels too; the other site never sees the reader."""
    await post(chat, site, '<p>Look: <img src="SITE/kite.png" alt="a red kite"> there it goes</p>')
    page = await enter(viewport={"width": 390, "height": 844})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.reload()
    image = page.get_by_role("img", name="a red kite")
    await image.scroll_into_view_if_needed()
    await expect(image).to_have_js_property("naturalWidth", 1600)
    await expect(page.locator("img.avatar")).to_have_js_property("naturalWidth", 64)
    assert not [url for url in asked if url.startswith(site)]
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await expect(page.get_by_role("link", name="a red kite")).to_have_attribute("href", f"{site}/kite.png")


async def test_where_a_picture_cannot_be_had_its_words_are_drawn(chat, enter, site):
    """A browser draws our answer in its place, with the reason; the link to the original stays."""
    await post(chat, site, '<p><img src="SITE/gone.png" alt="a lost kite"></p>')
    page = await enter()
    image = page.get_by_role("img", name="a lost kite")
    await expect(image).to_have_js_property("naturalWidth", 360)
    answer = await page.request.get(str(await image.get_attribute("src")))
    assert answer.status == 404
    assert "a lost kite" in await answer.text()
    assert "Not shown: http" in await answer.text()
