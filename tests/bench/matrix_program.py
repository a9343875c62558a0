"""The whole program between the sandbox forum and a Matrix room: what mirroring costs it, and how soon a post shows."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from adapters.forums.sandbox import SandboxForum
from bot.app import OPERATOR, App, opened
from bot.commands import carry_out
from bot.home import Home
from bot.registry import Registry
from bot.settings import load
from bot.store import run as query
from bot.testing.log import RecordingLog
from tests.bench.contest import Figures
from tests.bench.posts import TITLE, texts
from tests.bench.program import peak, threadline, used
from tests.matrix.people import MESSAGE, Person

BOARD = "b1"
SETTINGS = """
[forums.sandbox]
adapter = "sandbox"
opening = false
[chats.matrix]
adapter = "matrix"
homeserver = "{address}"
token_file = "{token}"
"""

LATE = 600.0
"""Seconds within which everything has to be in the room; on an idle machine it takes about 25."""

BUSY = 1_000_000
"""Posts a day that the forum's sources are told to expect, or a measurement would be a flood and wait for an admin."""

_NUMBER = re.compile(r"no\. (\d+)")


class House:
    """A home with a sandbox forum in it, and a room of somebody's that the program may write into."""

    def __init__(self, folder: Path, bot: Person, ann: Person, room: str) -> None:
        self.bot, self.ann, self.room = bot, ann, room
        token = folder / "token"
        token.write_text(bot.login.access_token, "utf-8")
        token.chmod(0o600)
        self.settings = folder / "threadline.toml"
        self.settings.write_text(SETTINGS.format(address=bot.address, token=token), "utf-8")
        self.home = folder / "home"

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[tuple[App, SandboxForum]]:
        """The program's parts, in this process, before it is measured."""
        registry = Registry()
        settings = load(self.settings, {}, registry.settings, registry.installed)
        async with opened(Home(self.home), settings, registry, RecordingLog()) as app:
            sandbox = (await app.forum("sandbox")).forum
            assert isinstance(sandbox, SandboxForum)
            yield app, sandbox

    async def write(self, *sizes: int) -> list[str]:
        """Threads of so many posts in the forum, three of ten of which answer another one than the first."""
        threads: list[str] = []
        async with self._open() as (_, sandbox):
            for size in sizes:
                board, [first, *further] = sandbox.board, texts(size)
                thread = await board.start_thread(BOARD, "Reader 0", TITLE, first)
                keys = [(await board.state()).threads[thread].op]
                for number, text in enumerate(further, 1):
                    parent = keys[number // 2] if number % 10 < 3 else keys[0]
                    keys.append(await board.post(thread, parent, f"Reader {number % 40}", "", text))
                threads.append(thread)
        return threads

    async def mirror(self) -> None:
        """Show the forum's board in the room, and what it holds by now; it may be busy from now on."""
        async with self._open() as (app, _):
            words = ("add", f"sandbox:{BOARD}", "--into", f"matrix:{self.room}")
            answer = await carry_out(app, OPERATOR, "mirror", words)
            if not answer.ok:
                raise SystemExit(f"the board is not mirrored: {answer.text}")
            await app.once()
            await app.store.write(query, f"UPDATE source SET rate_slow={BUSY}")

    async def order(self, thread: str) -> None:
        """Have the program mirror a thread into the room, as an admin does who is at its machine."""
        command = ["threadline", "--config", str(self.settings), "--home", str(self.home), "mirror"]
        program = str(Path(sys.executable).with_name(command[0]))
        ordered = await asyncio.create_subprocess_exec(
            program, *command[1:], f"sandbox:{thread}", "--into", f"matrix:{self.room}", stdout=subprocess.DEVNULL
        )
        if await ordered.wait():
            raise SystemExit(f"the thread {thread} is not mirrored, so nothing was measured")

    async def sent(self, posts: int) -> None:
        """The program counts so many messages as sent."""
        began = time.perf_counter()
        while (count := self._count("state='sent'")) < posts:
            if time.perf_counter() - began > LATE:
                raise SystemExit(f"after {LATE:.0f} seconds {count} of {posts} posts are sent")
            await asyncio.sleep(0.05)

    def owed(self) -> int:
        """How many deliveries are not over."""
        return self._count("state NOT IN ('sent', 'dropped')")

    async def awake(self) -> None:
        """The program has begun to listen, and with that to do what it does all the time."""
        async with asyncio.timeout(LATE):
            while not self._count("1", "chat_cursor"):
                await asyncio.sleep(0.02)

    def _count(self, which: str, what: str = "delivery") -> int:
        with closing(sqlite3.connect(f"{Home(self.home).database.as_uri()}?mode=ro", uri=True)) as database:
            [[count]] = database.execute(f"SELECT count(*) FROM {what} WHERE {which}")
        return int(count)

    async def shown(self) -> list[int]:
        """The numbers of the posts that stand in the room, oldest first; one that was changed counts twice."""
        events = await self.ann.events(self.room)
        return [number(event) for event in events if event["sender"] == self.bot.id]


def number(event: dict[str, Any]) -> int:
    """Which post an event shows; -1 for none."""
    found = _NUMBER.search(str(event["content"].get("body", "")))
    return int(found[1]) if found else -1


def _running(house: House) -> AbstractContextManager[tuple[subprocess.Popen[str], str]]:
    """The program at work, as it is installed by default: without the extra for encrypted rooms."""
    return threadline("--config", str(house.settings), home=house.home, without="vodozemac")


# ---------------------------------------------------------------------------------------------------- what it costs


async def mirroring(house: House, posts: int) -> Figures:
    """Mirror a thread of so many posts: CPU s for each 1,000 and posts/s from the order on, and MiB at most.

    A small thread is mirrored before that: whatever is loaded at the first order is not measured.
    """
    small, large = await house.write(1, posts)
    with _running(house) as (process, _):
        await house.awake()
        await house.order(small)
        await house.sent(1)
        before, began = used(process.pid), time.perf_counter()
        await house.order(large)
        await house.sent(1 + posts)
        seconds, cpu, memory = time.perf_counter() - began, used(process.pid) - before, peak(process.pid)
        owed = house.owed()
    shown = await house.shown()
    if owed or shown != [0, *range(posts)]:
        missing, twice = set(range(posts)) - set(shown), len(shown) - 1 - len(set(shown))
        raise SystemExit(f"wrong in the room, so nothing was measured: {missing} missing, {twice} twice, {owed} owed")
    return {"cpu": cpu / posts * 1000, "speed": posts / seconds, "memory": memory}


# ---------------------------------------------------------------------------------------------------- how soon it shows


class Reader:
    """Another client in the room: when it was told of each post, as it came."""

    def __init__(self, person: Person, room: str) -> None:
        self._person = person
        self._since = ""
        self._told: dict[int, asyncio.Future[float]] = {}
        timeline = {"types": [MESSAGE], "limit": 50}
        nothing: dict[str, list[str]] = {"types": []}
        wanted = {"rooms": [room], "timeline": timeline, "state": nothing, "ephemeral": nothing}
        self._filter = msgspec.json.encode({"room": wanted, "presence": nothing}).decode()

    def told(self, number: int) -> asyncio.Future[float]:
        """The time at which it is told of a post."""
        return self._told.setdefault(number, asyncio.get_running_loop().create_future())

    async def begin(self) -> None:
        """Learn where the present is."""
        self._since = str((await self._sync())["next_batch"])

    async def read(self) -> None:
        """Read what comes from then on, until cancelled."""
        while True:
            said = await self._sync(since=self._since, timeout="30000")
            now = time.perf_counter()
            for joined in said.get("rooms", {}).get("join", {}).values():
                for event in joined["timeline"]["events"]:
                    if not (told := self.told(number(event))).done():
                        told.set_result(now)
            self._since = str(said["next_batch"])

    async def _sync(self, **query: str) -> Any:
        return await self._person.call("GET", "/sync", filter=self._filter, **query)


async def latencies(reader: Reader, posts: int, publish: Callable[[int], Awaitable[None]]) -> Figures:
    """Milliseconds from the beginning of publishing a post until the reader is told of it, one after the other."""
    took: list[float] = []
    await reader.begin()
    async with asyncio.timeout(LATE), asyncio.TaskGroup() as group:
        reading = group.create_task(reader.read())
        for number in range(1, posts + 1):
            began = time.perf_counter()
            await publish(number)
            took.append((await reader.told(number) - began) * 1000)
        reading.cancel()
    return {"p50": statistics.median(took), "p95": statistics.quantiles(took, n=20, method="inclusive")[-1]}


async def showing(house: House, posts: int) -> Figures:
    """Publish posts in the forum, by its own form, while the program mirrors it."""
    [thread] = await house.write(1)
    await house.mirror()
    said = texts(posts + 1)
    with _running(house) as (_, address):
        await house.awake()
        async with aiohttp.ClientSession(headers={"Origin": address.rstrip("/")}) as session:
            url = f"{address.rstrip('/')}/forum/t/{thread}"

            async def publish(number: int) -> None:
                form = {"author": "Zoe", "title": "", "text": said[number], "parent": ""}
                async with session.post(url, data=form, allow_redirects=False) as answer:
                    if answer.status != 303:
                        raise SystemExit(f"the forum does not take a post: {answer.status} {await answer.text()}")

            return await latencies(Reader(house.ann, house.room), posts, publish)


async def saying(house: House, posts: int) -> Figures:
    """Say the same in the room with nothing but aiohttp."""
    said = texts(posts + 1)
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {house.bot.login.access_token}"}) as session:
        room = f"{house.bot.address}/_matrix/client/v3/rooms/{quote(house.room, safe='')}"

        async def publish(number: int) -> None:
            words = {"msgtype": "m.text", "body": said[number], "m.mentions": {}}
            async with session.put(f"{room}/send/m.room.message/said-{number}", json=words) as answer:
                answer.raise_for_status()

        return await latencies(Reader(house.ann, house.room), posts, publish)
