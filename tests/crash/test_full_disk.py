"""A full disk or a locked database from any moment on: nothing is begun or lost, and work goes on by itself."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from bot.app import opened
from bot.commands import carry_out
from bot.errors import StoreStopped
from bot.home import Home
from bot.model import Caller, ChatName
from bot.registry import Registry
from bot.settings import Settings
from bot.store import SQLite, run
from bot.testing.faults import Fault
from bot.testing.log import RecordingLog
from tests.crash.bench import Bench, Mortal
from tests.crash.points import CHAT_ACTS, FORUM_ACTS
from tests.crash.test_every_point import LONG, SILENT, Story, check

ROOM = 1_073_741_823
"""Pages that a database may have, where nothing limits it."""

PLENTY = 10**9
"""More commits than any story has."""

FULL = "the disk is full: free some space, work goes on by itself"


class Filling(Mortal):
    """A store whose disk is full from one commit on, until somebody makes room; obeys `bot.store.Store`."""

    def __init__(self, store: Any, life: Any) -> None:
        super().__init__(store, life)
        self.left = -1
        """Commits that there is room for; below zero there is room for all."""
        self.stopped = ""

    @property
    def trouble(self) -> str:
        return self.stopped

    async def write(self, unit: Any, /, *args: Any, **kwargs: Any) -> Any:
        if self.left == 0:
            self.stopped = f"the database takes no new work; {FULL}"
            raise StoreStopped(self.stopped)
        self.left -= self.left > 0
        value = await super().write(unit, *args, **kwargs)
        self.stopped = ""
        return value


class Cramped(Story):
    """The story, with a disk that is full for a while: its people go on, and the program tries as it does."""

    full = False
    used = 0
    """Commits that there were until the last thing that anybody did had been seen to."""

    async def begin(self, kill_at: int) -> None:
        await super().begin(0)
        assert isinstance(self.bench.store, Mortal)
        self.disk = Filling(self.bench.store._store, self.bench.life)
        self.bench.store = self.disk
        part: Any
        for part in (self.bench.poller, self.bench.sender, self.bench.sender._acting, self.bench.sender._courtesy):
            part._store = self.disk
        self.disk.left = kill_at if kill_at else -1

    async def work(self) -> None:
        await self.survive(self.bench.work)
        self.used = PLENTY - self.disk.left

    async def seen(self, text: str) -> bool:
        if any(text in message.text for message in self.bench.room.ours()):
            return True
        await self.survive(lambda: self.bench.pass_time(60))
        return any(text in message.text for message in self.bench.room.ours())

    async def survive(self, act: Callable[[], Any]) -> None:
        """Work; where the disk is full, see that nothing is begun, make room, and let some time pass."""
        with suppress(StoreStopped):
            await act()
        if self.disk.left != 0:
            return
        self.full = True
        before = list(self.bench.wire)
        for _ in range(3):
            self.bench.fake_clock.advance(10_000)
            with suppress(StoreStopped):
                await self.bench.work()
        # What is repeated without harm may be: a reaction, private words.
        begun = set(self.bench.wire[len(before) :]) & {*CHAT_ACTS, *FORUM_ACTS} - {"react", "tell"}
        assert not begun, f"begun on a full disk: {begun}"
        self.disk.left = -1
        await self.bench.pass_time(120)


async def commits(bench: Bench) -> int:
    """How many commits the story has."""
    story = Cramped(bench)
    await story.begin(PLENTY)
    await story.tell()
    check(bench)
    return story.used


async def nothing_is_lost(
    bench_of: Callable[..., Bench], network: dict[str, Any], points: Callable[[int], Any]
) -> None:
    for point in points(await commits(bench_of(**network))):
        bench = bench_of(**network)
        story = Cramped(bench)
        await story.begin(point)
        try:
            await story.tell()
            assert story.full
            check(bench)
            assert set(await bench.states()) <= {"sent", "dropped"}
        except AssertionError as error:
            error.add_note(f"full from commit {point} on")
            raise
        await bench.crash()


NETWORKS: dict[str, dict[str, Any]] = {"keys": {}, **SILENT}


@pytest.mark.parametrize("network", NETWORKS)
async def test_a_disk_that_is_full_from_any_commit_on_costs_nothing(bench_of, network):
    """Even where nothing can be read back: the process lives, and knows what it did. A sample of the slow form."""
    dice = random.Random(1)
    await nothing_is_lost(bench_of, NETWORKS[network], lambda most: sorted(dice.sample(range(1, most), 10)))


@pytest.mark.faults
@pytest.mark.timeout(0)
@pytest.mark.parametrize("network", NETWORKS)
async def test_a_disk_that_is_full_from_every_commit_on_costs_nothing(bench_of, network):
    await nothing_is_lost(bench_of, NETWORKS[network], lambda most: range(1, most))


# --------------------------------------------------------------------------------------------------- the real engine


@contextmanager
def locked(database):
    """Another program holds the lock of the database."""
    other = sqlite3.connect(database, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


async def begun(bench):
    thread = await bench.shown_thread()
    return thread, bench.store._store.writer


async def status(bench):
    return await carry_out(bench, Caller(ChatName(""), 0, "the operator", operator=True), "mirror", ["status"])


async def tried(bench, times=3):
    for _ in range(times):
        bench.fake_clock.advance(10_000)
        with suppress(StoreStopped):
            await bench.work()


async def test_a_disk_without_room_stops_new_work_says_so_and_work_goes_on_by_itself(bench_of):
    """SQLite's own word for it, SQLITE_FULL."""
    bench = bench_of()
    thread, writer = await begun(bench)
    [[pages]] = await writer.execute_fetchall("PRAGMA page_count")
    await writer.execute_fetchall(f"PRAGMA max_page_count={pages}")
    for n in range(20):
        bench.board.post(thread, "", "ben", f"post {n} {LONG}")
    await tried(bench)
    assert FULL in bench.store.trouble
    assert FULL in (await status(bench)).text
    assert FULL in str((await status(bench)).data["database"])
    assert await bench.ask("PRAGMA quick_check") == [("ok",)]
    await writer.execute_fetchall(f"PRAGMA max_page_count={ROOM}")
    await tried(bench)
    assert bench.store.trouble == ""
    assert (await status(bench)).data["database"] == "ok"
    shown = [m.text for m in bench.room.ours(bench.thread_of("op says"))]
    assert [text.split()[1] for text in shown if text.startswith("post ")] == [str(n) for n in range(20)]


async def test_a_locked_database_stops_new_work_says_so_and_work_goes_on_by_itself(bench_of):
    bench = bench_of()
    thread, writer = await begun(bench)
    await writer.execute_fetchall("PRAGMA busy_timeout=10")
    bench.board.post(thread, "", "ben", "one says")
    acts = len(bench.wire)
    with locked(bench.folder / "threadline.db"):
        await tried(bench)
        assert len(bench.wire) == acts
        assert "another program holds a lock" in bench.store.trouble
        assert "another program holds a lock" in (await status(bench)).text
    await tried(bench)
    assert bench.store.trouble == ""
    assert bench.message("one says")


async def test_a_lock_taken_while_something_is_sent_shows_nothing_twice(bench_of):
    """What was done is known as long as the process lives, and recorded as soon as the database takes it."""
    bench = bench_of(chat={"key_window": None, "read_back": "none"})
    thread, writer = await begun(bench)
    await writer.execute_fetchall("PRAGMA busy_timeout=10")
    bench.board.post(thread, "", "ben", "one says")
    others = []

    def lock():
        others.append(locked(bench.folder / "threadline.db"))
        others[-1].__enter__()

    bench.room.faults.append(_after(lock))
    await tried(bench)
    assert await bench.states() == ["sent", "sending"]
    assert any("store stopped" in line.event for line in bench.log.lines)
    others[0].__exit__(None, None, None)
    await tried(bench)
    assert await bench.states() == ["sent", "sent"]
    assert len([m for m in bench.room.ours() if "one says" in m.text]) == 1
    assert await bench.ask("SELECT id FROM delivery WHERE state='held'") == []


def _after(strikes):
    return Fault(strikes, "send", after=True)


async def test_health_says_that_nothing_can_be_written_and_finds_out_by_itself_that_it_can(tmp_path):
    """Everything can still be read then: whoever watches must not be told that all is well."""
    home = Home(tmp_path / "home")
    home.path.mkdir()
    async with opened(home, Settings(), Registry(), RecordingLog()) as app:
        engine = app.store
        assert isinstance(engine, SQLite)
        await engine.writer.execute_fetchall("PRAGMA busy_timeout=10")
        assert (await app.health())["ok"]
        with locked(home.database):
            with pytest.raises(StoreStopped):
                await app.store.write(run, "UPDATE lane SET epoch=1")
            found = await app.health()
            assert not found["ok"]
            assert "another program holds a lock" in found["parts"]["database"]
        assert (await app.health())["parts"]["database"] == "ok"
