"""One run of asking very many sources that have nothing new: by Threadline's poller, or by a bare loop.

Both ask the same forum for the same lists with the same bookmarks; the bare loop keeps its bookmarks in memory and
writes nothing. The forum is a stub in this process, or a server in another one that is asked through the HTTP client.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
from aiohttp import web

from bot.clock import SystemClock
from bot.lanes import OpenForum
from bot.log import configure
from bot.model import Board, BoardKey, Bookmark, ForumCapabilities, Listing, Target, ThreadKey, ThreadPage
from bot.net import Answer, Net
from bot.poller import Poller
from bot.schedule import Schedule
from bot.store import Unit, open_store
from bot.store.forums import ensure_board, ensure_forum
from bot.store.sources import ensure_source

ROOT = Path(__file__).parents[2]
BODY = b"<rss>" + b"nothing new " * 2_000 + b"</rss>"
DIGEST = hashlib.sha256(BODY).hexdigest()
ETAG = '"the same"'
KNOWN = Bookmark(etag=ETAG, digest=DIGEST)
FEW, MANY = 1_000, 10_000

Figures = dict[str, float]


class Quiet:
    """A forum of lists in which nothing ever happens; `modified` servers do not know validators and send the text."""

    caps = ForumCapabilities(min_interval=24 * 3600.0, max_interval=24 * 3600.0)

    def __init__(self, modified: bool, net: Net | None, address: str) -> None:
        self._modified = modified
        self._net = net
        self._address = address

    async def locate(self, address: str) -> Target:
        raise NotImplementedError

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        raise NotImplementedError

    async def listing(self, board: BoardKey, since: Bookmark) -> Listing | None:
        answer = await self._answer(board, since)
        if answer.status == 304 or hashlib.sha256(answer.body).hexdigest() == since.digest:
            return None
        return Listing(Board(board, board), (), KNOWN)

    async def _answer(self, board: BoardKey, since: Bookmark) -> Answer:
        if self._net is not None:
            return await self._net.get(f"{self._address}/{board}", etag=since.etag)
        return Answer(200, "", {}, BODY) if self._modified or since.etag != ETAG else Answer(304, "")

    async def close(self) -> None:
        if self._net is not None:
            await self._net.close()


# ----------------------------------------------------------------------------------------------------------- the server


def serve(modified: bool, line: Connection) -> None:
    """Serve the lists on the loopback, and say at which port."""

    async def answer(request: web.Request) -> web.Response:
        if not modified and request.headers.get("If-None-Match") == ETAG:
            return web.Response(status=304)
        return web.Response(body=BODY, headers={"ETag": ETAG}, content_type="application/rss+xml")

    async def run() -> None:
        app = web.Application()
        app.router.add_get("/{board}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        line.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


@asynccontextmanager
async def forum(modified: bool, through: str) -> AsyncIterator[Quiet]:
    """The forum that is asked, by itself or through the HTTP client."""
    if through == "stub":
        yield Quiet(modified, None, "")
        return
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("fork").Process(target=serve, args=(modified, theirs), daemon=True)
    server.start()
    try:
        port = await asyncio.to_thread(ours.recv)
        quiet = Quiet(modified, Net(allow=[f"127.0.0.1:{port}"]), f"http://127.0.0.1:{port}")
        yield quiet
        await quiet.close()
    finally:
        server.kill()
        server.join()


# -------------------------------------------------------------------------------------------------------- the two sides


async def ours(quiet: Quiet, sources: int, folder: Path) -> Figures:
    """Poll with Threadline: every answer is committed to a real database file."""
    store = await open_store(folder / "threadline.db")
    try:
        opened = OpenForum("quiet", quiet)
        poller = Poller(
            store, {"quiet": opened}, SystemClock(), Schedule(), configure("warning"), lambda: None, lambda: 0.5
        )
        await store.write(furnish, sources)
        watch = Watch()
        for _ in range(sources):
            if not await poller.poll_one(opened):
                raise SystemExit("a source was not due, so nothing was measured")
        figures = watch.figures(sources)
        if await poller.poll_one(opened):
            raise SystemExit("a source was polled twice, so nothing was measured")
        return figures
    finally:
        await store.close()


def furnish(sources: int) -> Unit[None]:
    """So many lists that were read yesterday and are due."""
    number = yield from ensure_forum("quiet", "bench")
    for index in range(sources):
        board = yield from ensure_board(number, Board(BoardKey(f"b{index}"), f"Board {index}"))
        yield from ensure_source(number, board, None, 1)
    now = SystemClock().now()
    yield (
        """UPDATE source SET etag=$1, digest=$2, baseline_at=1, read_at=1, rated_at=$3, whole_at=$3, rate_slow=0.1""",
        (ETAG, DIGEST, now),
    )


async def bare(quiet: Quiet, sources: int) -> Figures:
    """Poll with a loop that keeps nothing."""
    known = {BoardKey(f"b{index}"): KNOWN for index in range(sources)}
    watch = Watch()
    for board, bookmark in known.items():
        if await quiet.listing(board, bookmark) is not None:
            raise SystemExit("a list was news, so nothing was measured")
    return watch.figures(sources)


class Watch:
    """Measures from its beginning on."""

    def __init__(self) -> None:
        self._cpu, self._wall = time.process_time(), time.perf_counter()

    def figures(self, polls: int) -> Figures:
        """Microseconds for each poll, of this process and of the clock, and the most memory it ever had, MiB."""
        cpu, wall = time.process_time() - self._cpu, time.perf_counter() - self._wall
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"cpu": cpu * 1e6 / polls, "wall": wall * 1e6 / polls, "memory": memory}


async def run(who: str, sources: int, modified: bool, through: str, folder: Path) -> Figures:
    """One side, once."""
    async with forum(modified, through) as quiet:
        return await (ours(quiet, sources, folder) if who == "ours" else bare(quiet, sources))


# -------------------------------------------------------------------------------------------------------------- figures


def polls(who: str, sources: int, answer: str, through: str = "stub") -> Figures:
    """One run in a process of its own: by `ours` or `bare`, whose `answer` is "304" or an "equal" text."""
    words = [who, "--sources", str(sources), "--answer", answer, "--through", through]
    command = [sys.executable, "-m", "tests.bench.polling", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"polling ({' '.join(words)}) failed:\n{done.stderr.decode(errors='replace')[-4000:]}")
    return msgspec.json.decode(done.stdout, type=Figures)


def growth(who: str, answer: str, through: str = "stub", few: int = FEW, many: int = MANY) -> Figures:
    """The figures of very many sources, and how many times more a poll of them costs than one of fewer (1: linear)."""
    less, more = polls(who, few, answer, through), polls(who, many, answer, through)
    return more | {"growth": more["cpu"] / less["cpu"], "each": (more["memory"] - less["memory"]) * 1024 / (many - few)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("who", choices=["ours", "bare"])
    parser.add_argument("--sources", type=int, required=True)
    parser.add_argument("--answer", choices=["304", "equal"], required=True)
    parser.add_argument("--through", choices=["stub", "net"], default="stub")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="threadline-bench-") as home:
        found = asyncio.run(run(asked.who, asked.sources, asked.answer == "equal", asked.through, Path(home)))
    sys.stdout.buffer.write(msgspec.json.encode(found))
