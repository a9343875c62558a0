"""One run of asking once for each of very many boards in which nothing happened, on forums of several engines.

The program's poller asks at its own pace, all forums at once, and commits every answer to a real database file. With
bare aiohttp the same requests are sent as fast as they are answered, and nothing is kept. The servers, in another
process, count what comes and when.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import aiohttp
import msgspec

from bot.clock import SystemClock
from bot.lanes import OpenForum
from bot.log import configure
from bot.model import Board, BoardKey, Bookmark
from bot.poller import Poller
from bot.schedule import Schedule
from bot.store import Unit, open_store
from bot.store import run as query
from bot.store.forums import ensure_board, ensure_forum
from bot.store.sources import ensure_source
from tests.bench.engine_polling import Office, asked, known, office, quiet
from tests.bench.engine_server import Asked, Server, served

ROOT = Path(__file__).parents[2]
ENGINES = ("Discourse", "NodeBB", "Flarum", "phpBB")
"""Those whose forums have many boards."""

BUDGET = 1.0
"""Requests a second that each of their adapters makes of one forum at most, where nobody sets anything else."""

Figures = dict[str, float]

Places = dict[str, str]
"""The engine of each forum, by its address."""
Marks = dict[str, dict[str, Bookmark]]
"""What is remembered of the boards of each engine."""


async def many(who: str, hosts: int, boards: int, ours: Office) -> Figures:
    """CPU microseconds of asking once for each of so many boards on so many forums, and how fast one was asked."""
    engines = [ENGINES[number % len(ENGINES)] for number in range(hosts)]
    async with served(engines, boards) as server:
        places, marks, questions = dict(zip(server.addresses, engines, strict=True)), Marks(), {}
        for number, engine in enumerate(engines[: len(ENGINES)]):
            forum = ours.open(engine, server.addresses[number], hurry=True)
            marks[engine] = {board: await known(forum, board) for board in server.boards[engine]}
            await server.asked()
            for board, mark in marks[engine].items():
                await quiet(forum, board, mark)
            questions[engine] = (await server.asked())[number]
        if who == "ours":
            used = await polled(places, marks, server, ours)
        else:
            used = await repeated(places, questions)
        requests = await server.asked()
        if any(len(there) != boards or len({place(one) for one in there}) != boards for there in requests):
            raise SystemExit("not every board was asked for once, so nothing was measured")
        pace = max(map(fastest, requests)) if who == "ours" else BUDGET
        if pace > BUDGET:
            raise SystemExit(f"a forum was asked {pace:.3f} times a second, so nothing was measured")
        return {"cpu": used * 1e6 / (hosts * boards), "pace": pace}


async def polled(places: Places, marks: Marks, server: Server, ours: Office) -> float:
    """CPU seconds of the poller, whose answers are committed to a real database file."""
    with tempfile.TemporaryDirectory(prefix="threadline-bench-") as folder:
        store = await open_store(Path(folder) / "threadline.db")
        try:
            forums = {address: OpenForum(address, ours.open(engine, address)) for address, engine in places.items()}
            for address, engine in places.items():
                await store.write(furnish, address, marks[engine])
                board, bookmark = next(iter(marks[engine].items()))
                await quiet(forums[address].forum, board, bookmark)  # what a forum is asked once for all
            poller = Poller(store, forums, SystemClock(), Schedule(), configure("warning"), lambda: None, lambda: 0.5)
            await server.asked()
            ours.calm = True
            began = time.process_time()
            async with asyncio.TaskGroup() as group:
                for forum in forums.values():
                    group.create_task(until_done(poller, forum))
            used = time.process_time() - began
            [[failed]] = await store.read(query, "SELECT count(*) FROM source WHERE failures>0 OR error<>''")
            if failed:
                raise SystemExit(f"{failed} boards could not be read, so nothing was measured")
            return used
        finally:
            await store.close()


async def until_done(poller: Poller, forum: OpenForum) -> None:
    """Read all boards of a forum that are due, at its pace."""
    while await poller.poll_one(forum):
        pass


def furnish(address: str, marks: dict[str, Bookmark]) -> Unit[None]:
    """The boards of a forum, which were read yesterday and are due."""
    number, now = (yield from ensure_forum(address, "bench")), SystemClock().now()
    for key, mark in marks.items():
        board = yield from ensure_board(number, Board(BoardKey(key), key))
        source = yield from ensure_source(number, board, None, 1)
        yield (
            """UPDATE source SET cursor=$2, etag=$3, last_modified=$4, digest=$5, baseline_at=1, read_at=1, rated_at=$6,
                                 whole_at=$6, rate_slow=0.1 WHERE id=$1""",
            (source, mark.cursor, mark.etag, mark.last_modified, mark.digest, now),
        )


async def repeated(places: Places, questions: dict[str, list[Asked]]) -> float:
    """CPU seconds of the same requests with bare aiohttp, one at a time to each forum, and no pace."""

    async def all_of(address: str) -> None:
        for question in questions[places[address]]:
            await asked(session, address, question)

    async with aiohttp.ClientSession() as session:
        began = time.process_time()
        async with asyncio.TaskGroup() as group:
            for address in places:
                group.create_task(all_of(address))
        return time.process_time() - began


def place(what: Asked) -> str:
    """Which board was asked for: without the stamp that asks for what stands there now."""
    return what.path.partition("_=")[0]


def fastest(requests: list[Asked]) -> float:
    """How many requests a second came when they came fastest: one, after the shortest pause between two."""
    return 1 / min(after.at - before.at for before, after in pairwise(requests))


def figures(who: str, hosts: int, boards: int) -> Figures:
    """One run with so many boards on each of so many forums in a process of its own, of `ours` or `bare`."""
    size = ["--hosts", str(hosts), "--boards", str(boards)]
    command = [sys.executable, "-m", "tests.bench.engine_crowd", who, *size]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"asking many boards ({who}) failed:\n{done.stderr.decode(errors='replace')[-4000:]}")
    return msgspec.json.decode(done.stdout, type=Figures)


async def main() -> None:
    """Print the figures of one side as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("who", choices=("ours", "bare"))
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--boards", type=int, default=50)
    given = parser.parse_args()
    async with office() as ours:
        found = await many(given.who, given.hosts, given.boards, ours)
    sys.stdout.buffer.write(msgspec.json.encode(found))


if __name__ == "__main__":
    asyncio.run(main())
