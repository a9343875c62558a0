"""A chat in a folder of its own, served by the real web server, and a clock that tests move."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from adapters.chats.web import adapter
from adapters.chats.web.chat import WebChat
from bot.model import ChatName, UserId
from bot.ports import Context, Visitor
from bot.settings import Web
from bot.web.pages import TemplatePages
from bot.web.server import WebServer

NOON = 1_767_268_800_000  # 1 Jan 2026 12:00 UTC


class Clock:
    """Stands still until it is told to move."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> int:
        return self.at


VISITORS = {
    "ann": Visitor(UserId("matrix:@ann:example.org"), "Ann", "matrix"),
    "bot": Visitor(UserId("discord:7"), " Thread:line ", "discord"),
}
"""Who is signed in with a browser that shows this as its cookie `visitor`."""


async def visitor(request: web.Request) -> Visitor | None:
    """Who is signed in, as the house would say it."""
    return VISITORS.get(request.cookies.get("visitor", ""))


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(folder: Path, clock: Clock) -> WebChat:
    """The chat in this folder, as the program opens it."""

    async def work(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    context = Context(
        name="web",
        net=None,  # type: ignore[arg-type]
        now=clock,
        work=work,
        log=None,  # type: ignore[arg-type]
        folder=folder,
        pages=TemplatePages("adapters.chats.web", now=clock, visitor=visitor),
    )
    return adapter.open(ChatName("web"), adapter.settings(), context)


@pytest.fixture
async def chat(tmp_path: Path, clock: Clock) -> AsyncIterator[WebChat]:
    made = opened(tmp_path, clock)
    yield made
    await made.close()


@pytest.fixture
async def reopened(tmp_path: Path, clock: Clock, chat: WebChat) -> AsyncIterator[Callable[[], Awaitable[WebChat]]]:
    """Closes the chat and opens it anew from what its journal holds."""
    made: list[WebChat] = []

    async def again() -> WebChat:
        await (made[-1] if made else chat).close()
        made.append(opened(tmp_path, clock))
        return made[-1]

    yield again
    for one in made:
        await one.close()


async def well() -> dict[str, Any]:
    return {"ok": True, "parts": {}}


@pytest.fixture
async def browse(chat: WebChat) -> AsyncIterator[Callable[..., Awaitable[aiohttp.ClientSession]]]:
    """Opens a browser, as somebody by name or as nobody; `hosts` are names under which others reach the server.

    `signed` is one of `VISITORS`.
    """
    async with AsyncExitStack() as stack:

        async def browser(name: str = "", hosts: tuple[str, ...] = (), signed: str = "") -> aiohttp.ClientSession:
            server = WebServer(Web(port=0, hosts=hosts), [chat], health=well)
            address = await server.start()
            stack.push_async_callback(server.stop)
            jar = aiohttp.CookieJar(unsafe=True)  # which keeps the cookies of plain numbers, as browsers do
            session = aiohttp.ClientSession(address, headers={"Origin": address}, cookie_jar=jar)
            await stack.enter_async_context(session)
            if signed:
                jar.update_cookies({"visitor": signed})
            if name:
                answer = await session.post("/chat/door", data={"name": name}, allow_redirects=False)
                assert answer.status == 303
            return session

        yield browser
