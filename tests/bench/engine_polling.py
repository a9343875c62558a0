"""One run of asking boards in which nothing happened: by the adapters of the forum engines, or with bare aiohttp.

Both send the same requests to the same servers in another process, which count them. One board is asked for again and
again, by its adapter through the HTTP client of the program.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from adapters.forums.discourse import adapter as discourse
from adapters.forums.flarum import adapter as flarum
from adapters.forums.isso import adapter as isso
from adapters.forums.nodebb import adapter as nodebb
from adapters.forums.phpbb import adapter as phpbb
from adapters.forums.phpbb.parse import stable
from bot.clock import SystemClock
from bot.log import configure
from bot.model import BoardKey, Bookmark, ForumName
from bot.net import Net
from bot.ports import Context, Forum, ForumAdapter
from tests.bench.engine_server import Asked, served

ROOT = Path(__file__).parents[2]
ADAPTERS: dict[str, ForumAdapter] = {
    "Discourse": discourse,
    "NodeBB": nodebb,
    "Flarum": flarum,
    "phpBB": phpbb,
    "Isso": isso,
}
HURRY = 6e6
"""Requests a minute for those that can be told, while nobody measures the pace."""

OWN = ("host", "connection")

Figures = dict[str, float]


class Office:
    """What adapters are opened with; once it is `calm`, a page that is parsed ends the run."""

    def __init__(self, folder: Path) -> None:
        self._net = Net(allow=["127.0.0.1"])
        self._folder = folder
        self.calm = False

    def open(self, engine: str, address: str, *, hurry: bool = False) -> Forum:
        """An adapter on a forum, as a guest."""
        name, adapter = address.partition("//")[2], ADAPTERS[engine]
        more = {"requests": HURRY} if hurry and engine in ("Discourse", "Flarum") else {}
        context = Context(
            name=name,
            net=self._net,
            now=SystemClock().now,
            work=self._work,
            log=configure("warning"),
            folder=self._folder / name,
        )
        return adapter.open(ForumName(name), adapter.settings(address=address, **more), context)

    async def _work(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self.calm and function is not stable:
            raise SystemExit(f"{function} was called for a board that did not change, so nothing was measured")
        return await asyncio.to_thread(function, *args, **kwargs)

    async def close(self) -> None:
        await self._net.close()


@asynccontextmanager
async def office() -> AsyncIterator[Office]:
    """Open it, and close it afterwards."""
    with tempfile.TemporaryDirectory(prefix="threadline-bench-") as folder:
        made = Office(Path(folder))
        try:
            yield made
        finally:
            await made.close()


async def known(forum: Forum, board: str) -> Bookmark:
    """What is remembered of a board that was read once, and then looked at again."""
    listing = await forum.listing(BoardKey(board), Bookmark())
    if listing is None or not listing.threads or listing.more or listing.damaged:
        raise SystemExit(f"board {board} was not read, so nothing was measured")
    await quiet(forum, board, listing.bookmark)
    return listing.bookmark


async def quiet(forum: Forum, board: str, bookmark: Bookmark) -> None:
    """Ask for a board that did not change."""
    if await forum.listing(BoardKey(board), bookmark) is not None:
        raise SystemExit(f"board {board} was news, so nothing was measured")


async def asked(session: aiohttp.ClientSession, address: str, what: Asked) -> None:
    """The same request once more, and its answer, of which nothing is looked at."""
    fields = {name: value for name, value in what.fields.items() if name.lower() not in OWN}
    async with session.get(address + what.path, headers=fields) as answer:
        await answer.read()


async def one(who: str, engine: str, polls: int, ours: Office) -> Figures:
    """CPU microseconds of asking for one board of an engine that does not change."""
    async with served([engine], 1) as server:
        [address], board = server.addresses, server.boards[engine][0]
        forum = ours.open(engine, address, hurry=True)
        bookmark = await known(forum, board)
        [requests] = await server.asked()
        ours.calm = True
        if who == "ours":
            began = time.process_time()
            for _ in range(polls):
                await quiet(forum, board, bookmark)
            used = time.process_time() - began
        else:
            async with aiohttp.ClientSession() as session:
                await asked(session, address, requests[-1])
                await server.asked()
                began = time.process_time()
                for _ in range(polls):
                    await asked(session, address, requests[-1])
                used = time.process_time() - began
        [requests] = await server.asked()
        if len(requests) != polls:
            raise SystemExit(f"{polls} polls of {engine} made {len(requests)} requests, so nothing was measured")
        return {"cpu": used * 1e6 / polls}


def figures(who: str, engine: str, polls: int) -> Figures:
    """One run in a process of its own, of `ours` or `bare`."""
    command = [sys.executable, "-m", "tests.bench.engine_polling", who, "--engine", engine, "--polls", str(polls)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"asking {engine} ({who}) failed:\n{done.stderr.decode(errors='replace')[-4000:]}")
    return msgspec.json.decode(done.stdout, type=Figures)


async def main() -> None:
    """Print the figures of one side as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("who", choices=("ours", "bare"))
    parser.add_argument("--engine", choices=ADAPTERS, required=True)
    parser.add_argument("--polls", type=int, default=300)
    given = parser.parse_args()
    async with office() as ours:
        found = await one(given.who, given.engine, given.polls, ours)
    sys.stdout.buffer.write(msgspec.json.encode(found))


if __name__ == "__main__":
    asyncio.run(main())
