"""A proxy in front of a homeserver, on which the line and the server behind it fail as rules say."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from io import BytesIO
from typing import NamedTuple

import aiohttp
from aiohttp import web
from yarl import URL

from tests.matrix.homeserver import free_port
from tests.matrix.people import asking_once

_LARGEST = 2**27
_OF_THE_HOP = {"host", "connection", "keep-alive", "content-length", "transfer-encoding", "te", "trailer", "upgrade"}
_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"


class Drop(NamedTuple):
    """The connection ends before the homeserver was asked."""


class LoseAnswer(NamedTuple):
    """The homeserver has done it, and the connection ends before anybody hears of it."""


class Limit(NamedTuple):
    """429, and the homeserver is not asked.

    Its own says the seconds in header and body. One of a proxy before it has a page for a body, an old one no header.
    """

    seconds: int = 1
    header: bool = True
    body: bool = True


class Fail(NamedTuple):
    """An error of a proxy before the homeserver, as a page; the homeserver did it all the same if it was `asked`."""

    status: int = 502
    asked: bool = True


class Drip(NamedTuple):
    """The answer comes `size` bytes at a time, `pause` seconds apart: no byte is late, and the whole is."""

    size: int = 1
    pause: float = 0.01


class Cut(NamedTuple):
    """The connection ends in the middle of the answer."""


Fault = Drop | LoseAnswer | Limit | Fail | Drip | Cut


class Rule:
    """What becomes of the next `times` requests (None: of all) of a method ("": any) whose path matches."""

    def __init__(self, fault: Fault, method: str, path: str, times: int | None) -> None:
        self.fault = fault
        self.happened = 0
        """How often it has come to pass."""
        self._method = method
        self._path = re.compile(path)
        self._left = times

    def applies(self, method: str, path: str) -> bool:
        """Whether it is for this request."""
        return self._left != 0 and self._method in ("", method) and self._path.search(path) is not None

    def take(self) -> None:
        """Keep one of its times for a request."""
        if self._left is not None:
            self._left -= 1

    async def met(self, times: int = 1) -> None:
        """Wait until it has come to pass so often."""
        while self.happened < times:
            await asyncio.sleep(0.005)


class Asked(NamedTuple):
    """A request, what became of it by rule, and what the homeserver answered (None: nothing, or it was not asked)."""

    method: str
    path: str
    fault: Fault | None
    status: int | None


class Answer(NamedTuple):
    """What the homeserver says."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


Ask = Callable[[], Awaitable[Answer | None]]
"""Asks the homeserver; gives None where the rule keeps the request from it, or where it says nothing."""


class Proxy:
    """Stands at `address` before the homeserver at `upstream`; without rules it changes nothing."""

    def __init__(self, upstream: str) -> None:
        self.asked: list[Asked] = []
        """Every request that is done with, in that order."""
        self._upstream = upstream
        self._port = free_port()
        self._rules: list[Rule] = []
        self._open: list[web.Request] = []
        self._writes: set[asyncio.Task[Answer]] = set()
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def address(self) -> str:
        """Scheme, host and port; the same ones after it was down."""
        return f"http://127.0.0.1:{self._port}"

    def rule(self, fault: Fault, method: str = "", path: str = "", *, times: int | None = 1) -> Rule:
        """Let requests fail; `path` is a regular expression, found anywhere in path and query. Older rules go first."""
        self._rules.append(Rule(fault, method, path, times))
        return self._rules[-1]

    def mend(self) -> None:
        """Forget every rule."""
        self._rules.clear()

    def waiting(self, path: str = "") -> int:
        """How many requests are unanswered."""
        return sum(re.search(path, request.raw_path) is not None for request in self._open)

    def cut(self, path: str = "") -> int:
        """End the connections of unanswered requests now, such as a sync that waits for news; how many those were."""
        cut = [request for request in self._open if re.search(path, request.raw_path)]
        for request in cut:
            _hang_up(request)
        return len(cut)

    async def down(self) -> None:
        """Refuse connections, and end those that are there."""
        if self._runner is not None:
            self.cut()
            await self._runner.cleanup()
            self._runner = None

    async def up(self) -> None:
        """Listen, again or for the first time."""
        if self._runner is None:
            app = web.Application(client_max_size=_LARGEST)
            app.router.add_route("*", "/{path:.*}", self._handle)
            self._runner = web.AppRunner(
                app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True, auto_decompress=False
            )
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()

    @asynccontextmanager
    async def outage(self) -> AsyncIterator[None]:
        """It is down while the block lasts."""
        await self.down()
        try:
            yield
        finally:
            await self.up()

    async def __aenter__(self) -> Proxy:
        self._session = asking_once(
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            timeout=aiohttp.ClientTimeout(total=None),
        )
        await self.up()
        return self

    async def __aexit__(self, *ended: object) -> None:
        await self.down()
        for write in self._writes:
            write.cancel()
        await asyncio.gather(*self._writes, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def around(self, method: str, path: str, ask: Ask) -> Answer | None:
        """What is answered to a request, None for nothing: the place where more can happen to it than rules say."""
        return await ask()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path
        rule = next((rule for rule in self._rules if rule.applies(request.method, path)), None)
        if rule is not None:
            rule.take()
        self._open.append(request)
        status: int | None = None
        try:
            body = await request.read()
            answer = await self.around(request.method, path, lambda: self._asked(request, body, rule))
            status = answer.status if answer is not None else None
            return await _answered(request, answer, rule)
        finally:
            self._open.remove(request)
            self.asked.append(Asked(request.method, path, rule.fault if rule else None, status))
            if rule is not None:
                rule.happened += 1

    async def _asked(self, request: web.Request, body: bytes, rule: Rule | None) -> Answer | None:
        match rule.fault if rule else None:
            case Drop() | Limit() | Fail(asked=False):
                return None
        asking = asyncio.create_task(self._ask(request, body))
        with suppress(aiohttp.ClientError):
            if request.method == "GET":
                return await asking
            # What was written is written, also if whoever wrote it has gone.
            self._writes.add(asking)
            asking.add_done_callback(self._writes.discard)
            return await asyncio.shield(asking)
        return None

    async def _ask(self, request: web.Request, body: bytes) -> Answer:
        assert self._session is not None
        url = URL(self._upstream + request.raw_path, encoded=True)
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _OF_THE_HOP]
        async with self._session.request(
            request.method, url, headers=headers, data=BytesIO(body) if body else None, allow_redirects=False
        ) as answer:
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _OF_THE_HOP]
            return Answer(answer.status, kept, await answer.read())


async def _answered(request: web.Request, answer: Answer | None, rule: Rule | None) -> web.StreamResponse:
    """Say to whoever asked what the rule leaves of the answer."""
    match rule.fault if rule else None:
        case Limit() as limit:
            return _limited(limit)
        case Fail(status):
            return web.Response(status=status, text=_PAGE.format(status), content_type="text/html")
        case Drop() | LoseAnswer():
            return _hang_up(request)
    if answer is None:
        return _hang_up(request)
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    match rule.fault if rule else None:
        case Cut():
            await response.prepare(request)
            await response.write(answer.body[: len(answer.body) // 2])
            if request.transport is not None:
                request.transport.close()
        case Drip(size, pause):
            await response.prepare(request)
            for start in range(0, len(answer.body), size):
                await response.write(answer.body[start : start + size])
                await asyncio.sleep(pause)
        case _:
            return web.Response(status=answer.status, headers=answer.headers, body=answer.body)
    return response


def _limited(limit: Limit) -> web.Response:
    headers = {"Retry-After": str(limit.seconds)} if limit.header else {}
    if not limit.body:
        page = _PAGE.format("429 Too Many Requests")
        return web.Response(status=429, text=page, content_type="text/html", headers=headers)
    said = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": limit.seconds * 1000}
    return web.json_response(said, status=429, headers=headers)


def _hang_up(request: web.BaseRequest) -> web.Response:
    """End the connection; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
