"""Forums in a process of their own whose boards never change, each at a port of its own; every request is counted.

What the stand-ins of the engines answer is asked of them once, and given again as it was: what is measured waits for
nobody who draws pages.
"""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from multiprocessing.connection import Connection

import aiohttp
import msgspec
from aiohttp import web

from tests.bench.engine_worlds import FIRST, WORLDS, World, filled, isso_latest

THREADS = 25
"""Threads of a board: as many as fit on one page of every engine."""

TAGGED = ("Discourse", "NodeBB")
"""Engines whose answers carry a validator."""


class Asked(msgspec.Struct, frozen=True):
    """A request: when it came, in seconds of the clock that only rises, of which path it was, and with which fields."""

    at: float
    path: str
    fields: dict[str, str]


class Answer(msgspec.Struct, frozen=True):
    """What is given again."""

    status: int
    kind: str
    body: bytes

    @property
    def etag(self) -> str:
        return f'W/"{hashlib.sha256(self.body).hexdigest()[:32]}"'


class Copies:
    """Answers of one engine, each asked for once."""

    def __init__(self, engine: str, world: World | None) -> None:
        self._tagged = engine in TAGGED
        self._world = world
        self._known: dict[str, Answer] = {}
        self._first = asyncio.Lock()
        if world is None:
            kind, body = "application/json", msgspec.json.encode
            self._known["/latest?limit=200"] = Answer(200, kind, body(isso_latest(200)))
            self._known["/info"] = Answer(200, kind, body({"version": "0.13.0", "origin": "", "moderation": False}))

    async def answer(self, request: web.Request) -> web.Response:
        """What the engine would answer, or that it is what the asker knows."""
        query = "&".join(part for part in request.query_string.split("&") if part and part[:2] != "_=")
        path = f"{request.path}?{query}" if query else request.path
        async with self._first:
            if path not in self._known:
                self._known[path] = await self._asked(path, request)
        told = self._known[path]
        headers = {"ETag": told.etag} if self._tagged and told.status == 200 else {}
        if headers and request.headers.get("If-None-Match") == told.etag:
            return web.Response(status=304, headers=headers)
        return web.Response(status=told.status, body=told.body, headers=headers | {"Content-Type": told.kind})

    async def _asked(self, path: str, request: web.Request) -> Answer:
        if self._world is None:
            return Answer(404, "text/plain", b"not found")
        fields = {"Accept": request.headers.get("Accept", "*/*")}
        address = self._world.site.address + path
        async with aiohttp.ClientSession() as session, session.get(address, headers=fields) as told:
            return Answer(told.status, told.headers["Content-Type"], await told.read())


class Host:
    """One forum at a port."""

    def __init__(self, copies: Copies) -> None:
        self._copies = copies
        self.asked: list[Asked] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(Asked(time.monotonic(), request.path_qs, dict(request.headers)))
        return await self._copies.answer(request)


class Server:
    """The process: forums at `addresses`, whose boards have the keys `boards`, by engine."""

    def __init__(self, line: Connection, addresses: list[str], boards: dict[str, list[str]]) -> None:
        self._line = line
        self.addresses = addresses
        self.boards = boards

    async def asked(self) -> list[list[Asked]]:
        """What each forum was asked since the last time."""
        self._line.send("asked")
        told: list[list[Asked]] = await asyncio.to_thread(self._line.recv)
        return told


@asynccontextmanager
async def served(engines: list[str], boards: int) -> AsyncIterator[Server]:
    """A forum for each name of an engine, those of the same engine with the same boards."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(engines, boards, theirs), daemon=True)
    process.start()
    try:
        yield Server(ours, *await asyncio.to_thread(ours.recv))
    finally:
        process.kill()
        process.join()


def _serve(engines: list[str], boards: int, line: Connection) -> None:
    asyncio.run(_run(engines, boards, line))


async def _run(engines: list[str], boards: int, line: Connection) -> None:
    async with AsyncExitStack() as stack:
        copies, keys = {}, {}
        for engine in dict.fromkeys(engines):
            world = WORLDS[engine]() if engine in WORLDS else None
            keys[engine] = [*_boards(world, boards)] if world is not None else ["comments"]
            if world is not None:
                await stack.enter_async_context(world.site)
            copies[engine] = Copies(engine, world)
        hosts, addresses = [Host(copies[engine]) for engine in engines], []
        for host in hosts:
            app = web.Application()
            app.router.add_get("/{path:.*}", host.handle)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            addresses.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        line.send((addresses, keys))
        while await asyncio.to_thread(line.recv):
            line.send([host.asked for host in hosts])
            for host in hosts:
                host.asked = []


def _boards(world: World, boards: int) -> Iterator[str]:
    for number in range(FIRST, FIRST + boards):
        yield world.board(number)
        filled(world, number, THREADS, 1)
