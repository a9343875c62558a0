"""One run of mirroring the measured board into the measured chat: by Threadline, or by a bare loop.

The bare loop fetches the same pages with the same parser, renders the same payloads with the same markup, and sends
them with the same calls to as many places at once; it keeps nothing, so that a crash loses or repeats posts.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, cast

import msgspec

from bot.app import App, opened
from bot.home import Home
from bot.jobs import Answered
from bot.log import configure
from bot.model import BoardKey, Bookmark, ChannelRef, MessageId, PostKey, ThreadKey, Where
from bot.registry import GROUPS, Registry
from bot.rendering import card, label, row
from bot.settings import Configured, Mirror, Settings, Web
from bot.store import run as query
from tests.bench.adapters import AT_ONCE, BenchChat, BenchForum, Line
from tests.bench.adapters import Settings as Place
from tests.bench.stand_in import Tally, cpu

CHANNEL = ChannelRef("measured")

MINUTES = 24 * 60
"""In a day, by which rates are counted."""


class Run(msgspec.Struct):
    """What one run took: seconds of the clock, and CPU seconds of this process and of the stand-in."""

    wall: float
    cpu: float
    stand_in: float


class Stopwatch:
    """Measures between `begin` and `end`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def begin(self) -> None:
        """The board fills, and the time begins."""
        await self._line.post("/begin", None)
        self._there = await self._tally()
        self._cpu, self._wall = cpu(), time.perf_counter()

    async def end(self, threads: int, posts: int) -> Run:
        """The time ends; what arrived must be every post once, in order, each in its place."""
        wall, used = time.perf_counter() - self._wall, cpu() - self._cpu
        tally = await self._tally()
        if (tally.messages, tally.places, tally.repeated, tally.misplaced) != (threads * posts, threads + 1, 0, 0):
            raise SystemExit(f"not every post arrived once and in order, so nothing was measured: {tally}")
        return Run(wall, used, tally.cpu - self._there.cpu)

    async def _tally(self) -> Tally:
        return msgspec.json.decode(await self._line.get("/tally"), type=Tally)


# ----------------------------------------------------------------------------------------------------- ours


async def ours(address: str, threads: int, posts: int, home: Path) -> Run:
    """Mirror with Threadline: its own composition, a real database file, every commit on disk."""
    points = [EntryPoint("bench", f"tests.bench.adapters:{kind}", group) for kind, group in GROUPS.items()]
    place = Configured("bench", Place(address))
    settings = Settings(
        web=Web(port=0),
        forums={"bench": place},
        chats={"bench": place},
        mirrors=(Mirror("bench:board", f"bench:{CHANNEL}"),),
    )
    watch = Stopwatch(line := Line(address))
    try:
        async with opened(Home(home), settings, Registry(points), configure("info")) as app:
            running = asyncio.create_task(app.run())
            await _until(app, running, "SELECT count(*)=1 FROM source WHERE baseline_at IS NOT NULL")
            forum = cast(BenchForum, app.forums["bench"].forum)
            chat = cast(BenchChat, app.chats["bench"])
            chat.expected = threads * posts
            sent = asyncio.create_task(chat.all_sent.wait())
            # As busy as this, or what comes now would wait for an admin's choice.
            await app.store.write(query, f"UPDATE source SET rate_slow={threads * posts * MINUTES}")
            await watch.begin()
            forum.begin.set()
            await asyncio.wait({running, sent}, return_when=asyncio.FIRST_COMPLETED)
            await _until(app, running, "SELECT count(*)=0 FROM delivery WHERE state IN ('pending', 'sending')")
            result = await watch.end(threads, posts)
            os.kill(os.getpid(), signal.SIGTERM)
            await running
            return result
    finally:
        await line.close()


async def _until(app: App, running: asyncio.Task[None], question: str) -> None:
    """Wait until the database says yes, or until the program ends with what stopped it."""
    while not (await app.store.read(query, question))[0][0]:
        if running.done():
            running.result()
            raise SystemExit("the program ended before the measurement did")
        await asyncio.sleep(0.005)


# ----------------------------------------------------------------------------------------------------- bare


async def bare(address: str, threads: int, posts: int, home: Path) -> Run:
    """Mirror with a loop that keeps nothing."""
    line = Line(address)
    forum, chat, watch = BenchForum(line), BenchChat(line), Stopwatch(line)
    waiting: asyncio.Queue[Any] = asyncio.Queue()
    channel = asyncio.Lock()

    async def fetch() -> None:
        listing = await forum.listing(BoardKey("board"), Bookmark())
        for listed in listing.threads if listing is not None else ():
            waiting.put_nowait(await forum.thread(ThreadKey(listed.key), Bookmark()))
        for _ in range(AT_ONCE):
            waiting.put_nowait(None)

    async def send() -> None:
        while (page := await waiting.get()) is not None:
            shown: dict[PostKey, tuple[MessageId, str]] = {}
            where = Where(CHANNEL)
            for post in page.posts:
                above, number = shown.get(post.parent.key, (MessageId(""), ""))
                answered = Answered(above if not post.op else MessageId(""), True, bool(above), number)
                [payload] = chat.render(card(row(post, page.thread), answered, bool(where.thread)))
                if post.op:
                    async with channel:
                        message = await chat.send(where, payload, post.key)
                        where = Where(CHANNEL, await chat.open_thread(where, message, page.thread.title, post.key))
                    shown[post.key] = (MessageId(""), label(True, None))
                else:
                    message = await chat.send(where, payload, post.key)
                    shown[post.key] = (message, label(False, post.number))

    try:
        await watch.begin()
        async with asyncio.TaskGroup() as group:
            group.create_task(fetch())
            for _ in range(AT_ONCE):
                group.create_task(send())
        return await watch.end(threads, posts)
    finally:
        await line.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("who", choices=["ours", "bare"])
    parser.add_argument("--address", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--posts", type=int, required=True)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="threadline-bench-") as folder:
        competitor = ours if asked.who == "ours" else bare
        measured = asyncio.run(competitor(asked.address, asked.threads, asked.posts, Path(folder) / "home"))
    sys.stdout.buffer.write(msgspec.json.encode(measured))
