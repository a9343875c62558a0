"""Beyond loopback the chat is for who signed in: by a link from another chat, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from adapters.chats.web.chat import WebChat
from bot.app import App, opened
from bot.commands import carry_out
from bot.home import Home
from bot.listener import Listener
from bot.media.port import Nothing
from bot.model import Caller, ChatName, Said, UserId
from bot.registry import Registry
from bot.settings import Web, load
from bot.store.communities import ensure_community
from bot.store.persons import person_of
from bot.testing.log import RecordingLog
from bot.web.reading.pages import ReaderPages
from bot.web.server import WebServer
from tests.e2e.conftest import Window

PUBLIC = "https://chat.example"
SETTINGS = f"""
[web]
public = "{PUBLIC}"
[chats.web]
adapter = "web"
"""

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


class Hall:
    """The program with its pages, which others can reach."""

    def __init__(self, app: App, chat: WebChat, address: str) -> None:
        self.app = app
        self.chat = chat
        self.address = address

    async def link(self) -> str:
        """What `/forum web` answers to Ann in another chat: the path of the link."""
        community = await self.app.store.write(ensure_community, "matrix", "!space", "The space")
        ann = Caller(ChatName("matrix"), community, "Ann", id=UserId("@ann:example.org"), sign="!")
        answer = await carry_out(self.app, ann, "forum", ["web"])
        assert answer.ok, answer.text
        return answer.text.partition(PUBLIC)[2].partition(")")[0]

    async def said(self) -> list[Said]:
        """What people said in the chat."""
        events, _ = (await self.chat.room.state()).events(0, 100)
        return [one for one in events if isinstance(one, Said)]


@pytest_asyncio.fixture(loop_scope="session")
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    registry, log, file = Registry(), RecordingLog(), tmp_path / "threadline.toml"
    file.write_text(SETTINGS, "utf-8")
    settings = load(file, {}, registry.settings, registry.installed)
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(opened(Home(tmp_path / "home"), settings, registry, log, serving=True))
        chat = await app.chat("web")
        assert isinstance(chat, WebChat)
        house = app.store, app.clock, app.sessions, app.pages
        reader = ReaderPages(*house, Nothing(), lambda: None)
        server = WebServer(Web(port=0, public=PUBLIC), [chat, reader], health=app.health)
        address = await server.start()
        stack.push_async_callback(server.stop)
        sender = await app.make_sender()
        listener = Listener(ChatName("web"), chat, app.store, app.clock, log, app.callers.carry, sender.wake)
        working = [asyncio.create_task(listener.run()), asyncio.create_task(sender.run())]
        yield Hall(app, chat, address)
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)


async def signed_in(page: Page, link: str) -> None:
    """Follow the link and press the button."""
    await page.goto(link)
    await page.get_by_role("button", name="Sign in as Ann").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Boards")


async def write(page: Page, text: str) -> None:
    """Write in the channel."""
    await page.get_by_label("Write in #lounge").fill(text)
    await page.get_by_role("button", name="Send").click()


async def test_who_signs_in_by_a_link_from_another_chat_speaks_as_that_login_until_they_sign_out(
    hall: Hall, window: Window
) -> None:
    """Beyond loopback nobody else does; what they read and follow is theirs on both sides."""
    page = await window(hall.address, "/chat/c/lounge")
    await expect(page.get_by_role("heading", level=1)).to_have_text("The chat is shut")
    await expect(page.locator("main")).to_contain_text("/forum web")
    await signed_in(page, await hall.link())
    await page.goto("/chat/c/lounge")
    await expect(page.locator("form.you")).to_contain_text("You are Ann, signed in with your login in matrix.")
    await write(page, "hello from here")
    await expect(page.locator("article.own .post-head")).to_contain_text("signed in")
    await write(page, "/forum connect nowhere")
    await expect(page.locator("#private .body")).to_contain_text("nowhere")
    [said] = await hall.said()
    assert (said.person.id, said.person.name) == ("matrix:@ann:example.org", "Ann")
    store = hall.app.store
    assert await store.read(person_of, "web", said.person.id) == await store.read(
        person_of, "matrix", "@ann:example.org"
    )
    other = await page.context.new_page()
    await other.goto("/chat/c/lounge")
    await other.get_by_role("button", name="Sign out").click()
    await expect(other.get_by_role("heading", level=1)).to_have_text("You are signed out")
    await other.goto("/chat/c/lounge")
    await expect(other.get_by_role("heading", level=1)).to_have_text("The chat is shut")
    await hall.chat.room.tell("lounge", said.person.id, "for Ann alone", "k1")
    await expect(page.get_by_role("heading", level=1)).to_have_text("The chat is shut")
