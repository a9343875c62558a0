"""Every command there is, typed on the chat's own page: answered to its giver alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from selectolax.lexbor import LexborHTMLParser

from adapters.chats.web.chat import WebChat
from adapters.forums.sandbox import SandboxForum
from bot.app import OPERATOR, App, opened
from bot.commands import carry_out
from bot.home import Home
from bot.listener import Listener
from bot.model import ChatName, Offer
from bot.registry import Registry
from bot.settings import Web, load
from bot.store import run
from bot.testing.log import RecordingLog
from bot.texts import say
from bot.web.server import WebServer
from tests.house import CHANNEL, settled
from tests.lines import COMMANDS, answered, name, needed, words

FORUM = """
[forums.sandbox]
adapter = "sandbox"
opening = false
"""
PAGE = f"/chat/c/{CHANNEL}"


class Pages:
    """The program with its pages, and people who have them open."""

    def __init__(self, app: App, stack: AsyncExitStack, address: str) -> None:
        self.app = app
        self._stack = stack
        self._address = address

    async def browser(self, somebody: str) -> aiohttp.ClientSession:
        """Somebody's, who said their name."""
        jar = aiohttp.CookieJar(unsafe=True)
        session = aiohttp.ClientSession(self._address, headers={"Origin": self._address}, cookie_jar=jar)
        await self._stack.enter_async_context(session)
        await (await session.post("/chat/door", data={"name": somebody}, allow_redirects=False)).read()
        return session

    async def types(self, browser: aiohttp.ClientSession, line: str) -> None:
        """Somebody types a line in the channel."""
        answer = await browser.post(PAGE, data={"text": line}, allow_redirects=False)
        assert answer.status == 303, await answer.text()

    async def told(self, browser: aiohttp.ClientSession) -> list[str]:
        """The lines of somebody's private pane: commands, and what was answered."""
        page = LexborHTMLParser(await (await browser.get(PAGE)).text())
        return [line.text(strip=True) for line in page.css("#private .command, #private .body")]

    async def seen(self, browser: aiohttp.ClientSession) -> str:
        """All that somebody sees who was told nothing."""
        page = LexborHTMLParser(await (await browser.get(PAGE)).text())
        return " ".join(part.text() for part in page.css("main"))


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Pages]:
    registry, log = Registry(), RecordingLog()
    settings = load(settled(tmp_path, FORUM), {}, registry.settings, registry.installed)
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(opened(Home(tmp_path / "home"), settings, registry, log, serving=True))
        sandbox, chat = (await app.forum("sandbox")).forum, await app.chat("web")
        assert isinstance(sandbox, SandboxForum)
        assert isinstance(chat, WebChat)
        address = f"sandbox:{await sandbox.board.start_thread('b1', 'Zoe', 'Talk', 'The opening words')}"
        assert (await carry_out(app, OPERATOR, "mirror", ["add", address, "--into", f"web:{CHANNEL}"])).ok
        await app.once()
        about = app.store, app.clock, log, app.callers.carry, lambda: None
        listening = asyncio.create_task(Listener(ChatName("web"), chat, *about).run())
        server = WebServer(Web(port=0), [chat], health=app.health)
        where = await server.start()
        stack.push_async_callback(server.stop)
        yield Pages(app, stack, where)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_every_command_is_answered_in_the_pane_of_its_giver_alone(pages: Pages) -> None:
    """An answer may hold what only its asker may see."""
    ann, bob = await pages.browser("Ann"), await pages.browser("Bob")
    before = await pages.seen(bob)
    for number, command in enumerate(COMMANDS, 1):
        line = f"/{Offer('', command.group, tuple(words(command, needed(command)))).line}"
        await pages.types(ann, line)
        await answered(pages.app, number)
        *_, asked, told = await pages.told(ann)
        assert asked == line
        assert told not in ("", say("commands.fault")), name(command)
        assert await pages.seen(bob) == before, name(command)


async def test_a_name_that_anybody_may_take_holds_no_account_on_a_forum(pages: Pages) -> None:
    """Who takes it next would post as its owner; how to be somebody here is said."""
    ann = await pages.browser("Ann")
    for number, line in enumerate(("/forum connect sandbox", "/forum connect sandbox my-secret"), 1):
        await pages.types(ann, line)
        await answered(pages.app, number)
        *_, told = await pages.told(ann)
        assert "forum web" in told
        assert "anybody may take" in told
    assert "my-secret" not in await pages.seen(ann)
    kept = [file.read_text("utf-8") for file in pages.app.home.path.rglob("*.jsonl")]
    assert "/forum connect sandbox …" in str(kept)
    assert "my-secret" not in str(kept), "nobody is to type it here, so it is kept nowhere"
    assert await pages.app.store.read(run, "SELECT 1 FROM invitation") == []
