"""What is new to somebody, how it is marked, searched and taken in, among millions of posts and marks.

Everything goes through the store as the program asks it: the hop into its thread counts, and of what is written, the
commit that waits for the disk. What is written is measured once more while the disk is not waited for. Ours is with ten
times as many marks as the baseline; their ratio is the growth.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from bot.model import (
    DAY,
    Author,
    Board,
    BoardKey,
    Body,
    BodyState,
    Parent,
    ParentState,
    Post,
    PostKey,
    Thread,
    ThreadKey,
    ThreadPage,
    at,
)
from bot.pace import Terms
from bot.reading.outline import Line, outline
from bot.store import SQLite, Unit, open_store
from bot.store.discussion import rows_of
from bot.store.ingest import ingest_thread
from bot.store.marks import mark_board, mark_thread, unread_in
from bot.store.search import search
from bot.store.sight import Sight
from bot.store.sources import ensure_source, source
from bot.store.unread import PAGE, BoardSeen, unread_threads
from tests.bench.contest import Contest, Figures, Row
from tests.bench.reading_world import BEGINNING, SEED, Forum, Size, World, about, copied, world

ROOT = Path(__file__).parents[2]

LARGE = Forum(2_000_000, 200_000, 100)
SMALL = Forum(4_000, 400, 10, words=2_000, active=60, longest=50)
SIZES = {
    "1m": Size(LARGE, 1_000, 900),
    "10m": Size(LARGE, 10_000, 900),
    "quick-1m": Size(SMALL, 10, 40),
    "quick-10m": Size(SMALL, 100, 40),
}

SIGHT = Sight(1)
READS = {"unread": 2000, "list": 1000, "outline": 300, "search": 400}
WRITES = {"thread": 1000, "board": 500, "ingest": 500, "together": 100}
"""How often each is asked of a large database."""

NAMES = {
    "unread": "unread posts of a thread",
    "list": f"a list of {PAGE} unread threads",
    "outline": "the outline of the longest thread",
    "search": "a search",
    "thread": "a thread is marked read",
    "board": "a board is marked read",
    "ingest": "a thread with one new post is read",
    "together": "a thread with 20 new posts is read, each post",
}

TOGETHER = 20
"""Posts that one reading brings."""

SHARED = {"together": TOGETHER}
"""By how many what an act takes is divided."""

Act = Callable[[], Awaitable[object]]


class Reading:
    """A store with a world in it, and everything that is asked of it, each time of another reader."""

    def __init__(self, store: SQLite, world: World) -> None:
        self._store = store
        self._world = world
        self._forum = world.size.forum
        self._random = random.Random(SEED)
        self._posts = 0

    async def furnish(self) -> None:
        """Let a few threads be read by themselves, so that posts are taken in as at every later reading."""
        self._sources = [*(await self._store.write(_sources, self._world.recent[:100])).items()]
        boards = range(1, self._forum.boards + 1)
        self._boards = [BoardSeen(board, 1, shown=self._forum.posts) for board in boards]

    def _reader(self) -> int:
        return self._random.randint(1, self._world.size.readers)

    async def unread(self) -> object:
        return await self._store.read(unread_in, self._reader(), self._random.choice(self._world.recent))

    async def list(self) -> object:
        return await self._store.read(unread_threads, self._reader(), self._random.choice(self._boards), SIGHT)

    async def outline(self) -> object:
        return await self._store.read(_drawn, self._random.choice(self._world.long))

    async def search(self) -> object:
        return await self._store.read(search, self._asked(), SIGHT, None, 10)

    def _asked(self) -> str:
        """One word, two, a rare one with its author, or the beginning of one; the most frequent ones seldom."""
        chance, words = self._random, self._forum.words
        common, rare = f"w{chance.randrange(words // 100):x}", f"w{chance.randrange(words // 100, words):x}"
        return chance.choice([common, rare, f"{common} {rare}", f"{rare} author:{chance.randrange(5000)}", f"{rare}*"])

    async def thread(self) -> object:
        thread = self._random.choice(self._world.recent)
        return await self._store.write(mark_thread, self._reader(), thread, self._forum.posts)

    async def board(self) -> object:
        board = self._random.randint(1, self._forum.boards)
        seq = self._forum.posts - self._random.randrange(self._forum.posts // 100)
        return await self._store.write(mark_board, self._reader(), board, seq)

    async def ingest(self) -> object:
        return await self._arrive(1)

    async def together(self) -> object:
        return await self._arrive(TOGETHER)

    async def _arrive(self, count: int) -> object:
        id, thread = self._random.choice(self._sources)
        replies = tuple(self._reply() for _ in range(count))
        return await self._store.write(_take_in, id, thread, replies, BEGINNING + self._posts)

    def _reply(self) -> Post:
        self._posts += 1
        return Post(
            PostKey(f"{time.time_ns()}-{self._posts}"),
            Author("Ada"),
            at(BEGINNING),
            Body(BodyState.PRESENT, "words " * 30, "plain"),
            parent=Parent(ParentState.THREAD),
            position=1_000_000 + self._posts,
        )

    async def without_disk(self) -> None:
        """From now on commits wait for nothing: what is left is the work itself."""
        await self._store.writer.execute_fetchall("PRAGMA synchronous=OFF")


def _drawn(thread: int) -> Unit[list[Line]]:
    return outline((yield from rows_of(thread)))


def _sources(threads: tuple[int, ...]) -> Unit[dict[int, Thread]]:
    """The source of each thread, which was read before, and what its page says of it."""
    found = {}
    for thread in threads:
        id = yield from ensure_source(1, None, thread, 1)
        yield "UPDATE source SET baseline_at=1, read_at=1, rated_at=1, whole_at=1, rate_slow=100 WHERE id=$1", (id,)
        [[key, title, board, name]] = yield (
            "SELECT t.key, t.title, b.key, b.name FROM thread t JOIN board b ON b.id=t.board WHERE t.id=$1",
            (thread,),
        )
        found[id] = Thread(ThreadKey(key), title, board=Board(BoardKey(board), name))
    return found


def _take_in(id: int, thread: Thread, replies: tuple[Post, ...], now: int) -> Unit[object]:
    return (yield from ingest_thread((yield from source(id)), ThreadPage(thread, replies), Terms(DAY), now))


# ------------------------------------------------------------------------------------------------------------ measuring


async def measured(act: Act, times: int, shared: int = 1) -> tuple[float, float]:
    """Median and 99th percentile of so many calls, in milliseconds, one after the other."""
    took = []
    for _ in range(times // 10):  # what was never asked is no longer in memory, or never was
        await act()
    for _ in range(times):
        before = time.perf_counter()
        await act()
        took.append((time.perf_counter() - before) * 1000 / shared)
    cuts = statistics.quantiles(took, n=100)
    return statistics.median(took), cuts[98]


async def run(path: Path, times: float) -> Figures:
    """Everything, once."""
    made = about(path)
    store = await open_store(path)
    try:
        reading = Reading(store, made)
        await reading.furnish()
        figures: Figures = {"bytes": made.marks_bytes / made.marks, "marks": made.marks}
        for name, often in (READS | WRITES).items():
            p50, p99 = await measured(getattr(reading, name), max(10, int(often * times)), SHARED.get(name, 1))
            figures |= {f"{name} p50": p50, f"{name} p99": p99}
        await reading.without_disk()
        for name, often in WRITES.items():
            p50, p99 = await measured(getattr(reading, name), max(10, int(often * times)), SHARED.get(name, 1))
            figures |= {f"{name} work p50": p50, f"{name} work p99": p99}
        return figures
    finally:
        await store.close()


def figures(name: str) -> Figures:
    """One run in a process of its own, on a copy of a database."""
    command = [sys.executable, "-m", "tests.bench.reading", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"reading ({name}) failed:\n{done.stderr.decode(errors='replace')[-4000:]}")
    return msgspec.json.decode(done.stdout, type=Figures)


def contests(quick: bool) -> Iterator[Contest]:
    """Each act at its median and at its slowest hundredth."""
    many, few = ("quick-10m", "quick-1m") if quick else ("10m", "1m")
    rows = [_row(name, "p50", 0.5, 1.3) for name in NAMES if name != "search"]
    rows += [_row(name, "p99", 3.0, None) for name in NAMES if name != "search"]
    rows += [_row("search", "p50", 20.0, 1.3), _row("search", "p99", 20.0, None)]
    rows += [_row(f"{name} work", quantile, None, None) for name in WRITES for quantile in ("p50", "p99")]
    rows += [Row("reading: a mark", "bytes", "bytes"), Row("reading: marks", "marks", "marks")]
    yield Contest(partial(figures, many), partial(figures, few), tuple(rows))


def _row(name: str, quantile: str, limit: float | None, growth: float | None) -> Row:
    act, _, work = name.partition(" ")
    how = f"{quantile}, the disk not waited for" if work else quantile
    return Row(f"reading: {NAMES[act]}, {how}", f"{name} {quantile}", "ms", goal=growth, limit=limit)


def main() -> None:
    """Make the database where it is missing, and measure on a copy of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SIZES)
    asked = parser.parse_args()
    path = world(SIZES[asked.name], asked.name)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="run-") as folder:
        found = asyncio.run(run(copied(path, Path(folder)), 0.02 if "quick" in asked.name else 1.0))
    sys.stdout.buffer.write(msgspec.json.encode(found))


if __name__ == "__main__":
    main()
